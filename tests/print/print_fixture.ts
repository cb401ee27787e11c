/** Traces for the tests of the printer, written by hand and sealed with the digests of the format. */
import { digest } from "../../learn/text/digest.ts";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import type { Scores, Split } from "../../learn/score/scoring.ts";
import type { Run, StepBody, Trace } from "../../record/schema.ts";

/** A rule with a pattern of its name. */
export function makeRule(name: string, label: string, extra: Partial<Rule> = {}): Rule {
  return createRule({ name, label, patterns: [String.raw`\b${name}\b`], ...extra });
}

/** Scores with the given counts. */
export function makeScores(on: Split, tp: number, fp: number, fn: number): Scores {
  const precision = tp / (tp + fp);
  const recall = tp / (tp + fn);
  const f1 = 2 * tp / (2 * tp + fp + fn);
  const examples = tp + fn;
  return { on, examples, tp, fp, fn, precision, recall, f1, macroF1: f1 - 0.01, exact: recall };
}

/** A run of 100 examples, 40 of them held out. */
export const run: Run = {
  id: "20250102-abc",
  status: "completed",
  dataset: {
    name: "banking",
    task: "classification",
    labels: ["card", "exchange", "fee", "refund"],
    examples: 100,
    digest: digest("examples"),
  },
  split: {
    seed: 42,
    holdout: 0.4,
    train: 60,
    dev: Array.from({ length: 40 }, (_, index) => `e${index}`),
  },
  learner: { synthesizer: "patterns", coordinator: "simple" },
  config: { decide: "vote", patience: 3 },
  software: { ruletrace: "0.1.0", runtime: "deno" },
  startedAt: "2025-01-02T03:04:05.000Z",
  finishedAt: "2025-01-02T03:04:09.000Z",
};

/** A trace of these steps, `took` milliseconds each, with every digest in place. */
export function makeTrace(
  run: Run,
  rules: readonly Rule[],
  bodies: readonly StepBody[],
  took: (index: number) => number = (index) => 12 + 340 * index,
): Trace {
  const { dataset, split, learner, config, parent } = run;
  const runDigest = digest({ dataset, split, learner, config, parent });
  let last = runDigest;
  const steps = bodies.map((body, index) => {
    last = digest({ previous: last, step: { index, ...body } });
    return { index, at: "2025-01-02T03:04:06.000Z", took: took(index), digest: last, ...body };
  });
  const table = Object.fromEntries(rules.map((rule) => [rule.id, rule]));
  return {
    format: "ruletrace",
    version: 2,
    run,
    rules: table,
    steps,
    digest: digest({ run: runDigest, rules: table, last }),
  };
}

const first = ["card_lost", "card_late", "rate", "fees", "refund_a", "refund_b"].map((name) =>
  makeRule(name, name.split("_")[0].replace("rate", "exchange").replace("fees", "fee"), {
    weight: 1.5,
    precision: 0.9,
    support: 12,
  })
);
const [lost, late, rate, fees, refundA, refundB] = first;
const fx = makeRule("fx_rate", "exchange", {
  patterns: [String.raw`\brates?\b`, String.raw`\bexchang\w*`],
  not: [String.raw`\bfees?\b`],
  weight: 2.25,
  precision: 0.96,
  support: 25,
});
const charge = makeRule("charge", "fee");
const guesses = ["a", "b", "c", "d", "e", "f"].map((name) => makeRule(`guess_${name}`, "card"));
const refund = makeRule("refund", "refund", { patterns: [String.raw`\brefund(?:_a|_b)\b`] });
const learned = makeRule("statement", "card");

/** The rules of {@linkcode completed}, by name. */
export const ruleOf = { lost, late, rate, fees, refundA, refundB, fx, charge, refund, learned };

const s0 = makeScores("dev", 25, 5, 15);
const s1 = makeScores("dev", 28, 4, 12);
const worse = makeScores("dev", 27, 9, 13);
const s2 = makeScores("dev", 28, 3, 12);
const s3 = makeScores("dev", 29, 3, 11);
const low = makeScores("dev", 20, 3, 20);
const all = makeScores("all", 80, 6, 20);
const nothing = { added: [], replaced: [], removed: [], refused: [] };
const cluster = {
  expected: "exchange",
  predicted: null,
  count: 4,
  examples: ["e50", "e51", "e52", "e53"],
  rules: [fx.id],
};
const none = { count: 3, clusters: [] };

/** Every type of step, and every verdict. */
export const bodies: readonly StepBody[] = [
  {
    type: "synthesis",
    proposed: 9,
    added: first.map(({ id }) => id),
    refused: [
      { name: "evil", code: "backtracking", detail: "(a+)+ can backtrack exponentially" },
      { name: "", code: "invalid-rule", detail: "no name" },
      { name: "evil_2", code: "backtracking", detail: "(b+)+ can backtrack exponentially" },
    ],
    scores: s0,
  },
  { type: "critique", analysis: "rates are missed", advice: [{ rule: rate.id, text: "widen it" }] },
  {
    type: "iteration",
    iteration: 1,
    failures: { count: 7, clusters: [cluster] },
    patch: { ...nothing, added: [fx.id], replaced: [{ from: fees.id, to: charge.id }] },
    verdict: "accepted",
    clause: "f1",
    before: s0,
    after: s1,
    best: true,
  },
  {
    type: "iteration",
    iteration: 2,
    failures: none,
    patch: {
      ...nothing,
      added: guesses.map(({ id }) => id),
      removed: [rate.id],
      refused: [{ name: "catch", code: "catch-all", detail: "matches the empty text" }],
    },
    verdict: "rejected",
    before: s1,
    after: worse,
    best: false,
  },
  {
    type: "iteration",
    iteration: 3,
    failures: none,
    patch: nothing,
    verdict: "empty",
    before: s1,
    after: s1,
    best: false,
  },
  {
    type: "iteration",
    iteration: 4,
    failures: none,
    patch: { ...nothing, removed: [rate.id] },
    verdict: "accepted",
    clause: "precision",
    before: s1,
    after: s2,
    best: true,
  },
  {
    type: "iteration",
    iteration: 5,
    failures: none,
    patch: nothing,
    verdict: "failed",
    error: { name: "TypeError", message: "the model answered with\nno JSON" },
    before: s2,
    after: s2,
    best: false,
  },
  {
    type: "audit",
    phase: "refine",
    actions: [
      { kind: "remove", from: [fx.id], outcome: "applied", reason: "no-hit: matched nothing" },
    ],
    verdict: "reverted",
    before: s2,
    after: low,
  },
  { type: "audit", phase: "refine", actions: [], verdict: "none", before: s2, after: s2 },
  {
    type: "audit",
    phase: "final",
    actions: [
      {
        kind: "merge",
        from: [refundA.id, refundB.id],
        to: refund.id,
        outcome: "applied",
        reason: "alternation: one pattern says both",
      },
      { kind: "merge", from: ["nosuch"], outcome: "skipped", reason: "unknown-rule: nosuch" },
    ],
    verdict: "kept",
    before: s2,
    after: s3,
  },
  { type: "restore", to: 9, before: s3, after: s3 },
  {
    type: "prune",
    dropped: [{ rule: late.id, reason: "subsumed", by: lost.id }],
    before: s3,
    after: s3,
  },
  {
    type: "refit",
    proposed: 1,
    added: [learned.id],
    removed: [charge.id],
    refused: [],
    scores: all,
    reweighted: [{ rule: fx.id, weight: 2.5, precision: 0.97, support: 40 }],
  },
  {
    type: "final",
    rules: [lost.id, fx.id, refund.id, learned.id],
    scores: { train: undefined, all, test: makeScores("test", 150, 20, 50) },
    stop: "stale",
  },
];

const rules = [...first, fx, charge, ...guesses, refund, learned];

/** A run that went to its end. */
export const completed = makeTrace(run, rules, bodies);

/** A run that failed after its first iteration. */
export const failed = makeTrace(
  { ...run, status: "failed" },
  [...first, fx, charge],
  [...bodies.slice(0, 3), {
    type: "failure",
    stage: "iteration 2",
    error: { name: "Error", message: "connection reset" },
  }],
);

/** A run that is still going on, or was killed. */
export const running = makeTrace(
  { ...run, status: "running", finishedAt: undefined },
  [...first, fx, charge],
  bodies.slice(0, 3),
);

/** The lines of a text that ends in a line break. */
export const lines = (text: string): string[] => text.replace(/\n$/, "").split("\n");

/** The lines of a formatted trace from the heading of the steps up to the next empty line. */
export const tableOf = (text: string): string[] => {
  const all = lines(text);
  const from = all.findIndex((line) => line.startsWith("step"));
  const to = all.indexOf("", from);
  return all.slice(from, to < 0 ? undefined : to);
};

/** Matches control and direction characters, except for the line break. */
export const unsafe =
  // deno-lint-ignore no-control-regex -- they must not be there
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u;
