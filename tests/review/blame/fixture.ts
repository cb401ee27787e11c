/** Runs for the tests of blame, written by hand. */
import { createDataset } from "../../../learn/data/dataset.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import type { IterationStep, Run, StepBody, Trace } from "../../../trace.ts";
import { makeTrace, run } from "../../print/print_fixture.ts";

/** A rule for a word, named after it. */
export function makeRule(word: string, label: string, weight?: number): Rule {
  return createRule({ name: word, label, patterns: [String.raw`\b${word}\b`], weight });
}

/** A patch that adds and removes rules. */
export function makePatch(
  iteration: number,
  { added = [], removed = [] }: {
    readonly added?: readonly Rule[];
    readonly removed?: readonly Rule[];
  },
  verdict: IterationStep["verdict"] = "accepted",
): StepBody {
  const idsOf = (rules: readonly Rule[]) => rules.map(({ id }) => id);
  return {
    type: "iteration",
    iteration,
    failures: { clusters: [] },
    patch: { added: idsOf(added), replaced: [], removed: idsOf(removed), refused: [] },
    before: {},
    after: {},
    verdict,
    best: false,
  };
}

/** The first rules of a run. */
export function makeSynthesis(added: readonly Rule[]): StepBody {
  const ids = added.map(({ id }) => id);
  return { type: "synthesis", proposed: ids.length, added: ids, refused: [], scores: {} };
}

/** A run with these rules and steps. */
export function makeRun(
  rules: readonly Rule[],
  steps: readonly StepBody[],
  config: Run["config"] = { decide: "vote", threshold: 0 },
  task: Run["dataset"]["task"] = "classification",
): Trace {
  return makeTrace({ ...run, dataset: { ...run.dataset, task }, config }, rules, steps);
}

export const rate = makeRule("rate", "exchange");
export const rates = makeRule("rates", "exchange", 0.5);
export const card = makeRule("card", "card");
/** A rule that is right on one example and spoils two. */
export const broad = makeRule("my", "card", 3);
export const rejected = makeRule("the", "fee", 9);

/** A run that adds a broad rule and removes it, restores it, and ends without it. */
export const wayward = makeRun([rate, rates, card, broad, rejected], [
  makeSynthesis([rate, card]),
  makePatch(1, { added: [broad] }),
  makePatch(2, { added: [rejected] }, "rejected"),
  makePatch(3, { added: [rates], removed: [broad] }),
  { type: "restore", to: 1, before: {}, after: {} },
  makePatch(4, { added: [rates], removed: [broad, card] }),
  {
    type: "final",
    rules: [rate, rates].map(({ id }) => id),
    scores: {},
    stop: "stale",
  },
]);

/** Examples on which the steps of `wayward` differ. */
export const dataset = createDataset({
  name: "asked",
  examples: [
    { id: "e0", text: "the rate", label: "exchange" },
    { id: "e1", text: "my rate", label: "exchange" },
    { id: "e2", text: "all rates", label: "exchange" },
    { id: "e3", text: "card", label: "card" },
    { id: "e4", text: "is my credit late", label: "card" },
    { id: "e5", text: "zilch", label: "fee" },
  ],
});

/** Rules that find spans, the second of which finds a part of what the first finds. */
export const spanRules = [
  createRule({ name: "city", label: "city", patterns: [String.raw`\bOsage City\b`], priority: 1 }),
  createRule({ name: "word", label: "city", patterns: [String.raw`\bOsage\b`] }),
  createRule({ name: "digit", label: "size", patterns: [String.raw`\b\d\b`] }),
];

/** A run whose second step brings rules that find more. */
export const spanRun = makeRun(
  spanRules,
  [
    makeSynthesis([spanRules[1]]),
    makePatch(1, { added: [spanRules[0], spanRules[2]] }),
    { type: "final", rules: [1, 0, 2].map((at) => spanRules[at].id), scores: {}, stop: "stale" },
  ],
  { decide: "first" },
  "ner",
);

/** Texts with spans for `spanRun`. */
export const spanDataset = createDataset({
  name: "tables",
  examples: [
    {
      id: "s0",
      text: "for 5 in Osage City",
      entities: [
        { start: 4, end: 5, type: "size" },
        { start: 9, end: 19, type: "city" },
      ],
    },
    { id: "s1", text: "at 7 in Osage", entities: [{ start: 8, end: 13, type: "city" }] },
  ],
});
