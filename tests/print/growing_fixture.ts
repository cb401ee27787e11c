/** A run whose rules gain alternatives: by patches, by an audit and by a refit. */
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import type { StepBody, Trace } from "../../record/schema.ts";
import { makeScores, makeTrace, run } from "./print_fixture.ts";

const raw = String.raw;

/** A rule as the embedded learner would name it. */
function learn(said: string, patterns: string[], tp: number, support: number): Rule {
  const name = `exchange/${said}`;
  return createRule({ name, label: "exchange", patterns, precision: tp / support, support });
}

const rate = learn("rate", [raw`\brate\b`], 9, 10);
const rates = learn("rate | exchange", [raw`\b(?:rate|exchange)\b`], 13, 15);
const more = learn("rate | exchange | convert*", [raw`\b(?:rate|exchange|convert\w*)\b`], 17, 19);
const wrong = learn("rate | exchange | card", [raw`\b(?:rate|exchange|card)\b`], 13, 29);
const fx = learn("fx", [raw`\bfx\b`], 3, 3);
const merged = learn(
  "rate | exchange | convert* | fx",
  [raw`\b(?:rate|exchange|convert\w*|fx)\b`],
  20,
  22,
);
const last = learn(
  "rate | exchange | convert* | fx | currency",
  [raw`\b(?:rate|exchange|convert\w*|fx|currency)\b`],
  30,
  32,
);
const fee = createRule({
  name: "costs",
  label: "fee",
  patterns: [raw`\bcards?\b`, raw`\b(?:fees?|charge)\b`],
});

/** The rules by what is new in them. */
export const grown = { rate, rates, more, wrong, fx, merged, last, fee };

const [s0, s1, s2, s3] = [20, 24, 28, 30].map((tp) => makeScores("dev", tp, 4, 40 - tp));
const nothing = { added: [], replaced: [], removed: [], refused: [] };
const failures = { count: 3, clusters: [] };
const patch = { type: "iteration" as const, failures, best: true };

const steps: readonly StepBody[] = [
  { type: "synthesis", proposed: 3, added: [rate.id, fx.id, fee.id], refused: [], scores: s0 },
  {
    ...patch,
    iteration: 1,
    patch: { ...nothing, replaced: [{ from: rate.id, to: rates.id }] },
    verdict: "accepted",
    clause: "f1",
    before: s0,
    after: s1,
  },
  {
    ...patch,
    iteration: 2,
    patch: { ...nothing, replaced: [{ from: rates.id, to: wrong.id }] },
    verdict: "rejected",
    best: false,
    before: s1,
    after: s0,
  },
  {
    ...patch,
    iteration: 3,
    patch: { ...nothing, replaced: [{ from: rates.id, to: more.id }] },
    verdict: "accepted",
    clause: "f1",
    before: s1,
    after: s2,
  },
  {
    type: "audit",
    phase: "final",
    actions: [{
      kind: "merge",
      from: [more.id, fx.id],
      to: merged.id,
      outcome: "applied",
      reason: "one alternation",
    }],
    verdict: "kept",
    before: s2,
    after: s3,
  },
  {
    type: "refit",
    proposed: 1,
    added: [last.id],
    removed: [merged.id],
    refused: [],
    scores: makeScores("all", 80, 6, 20),
  },
  {
    type: "final",
    rules: [fee.id, last.id],
    scores: { train: undefined, all: makeScores("all", 80, 6, 20) },
    stop: "stale",
  },
];

/** The run. */
export const growing: Trace = makeTrace(run, Object.values(grown), steps);
