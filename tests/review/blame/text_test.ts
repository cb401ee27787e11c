import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import type { Dataset } from "../../../learn/data/dataset.ts";
import type { Blame, ForkTrial } from "../../../review/blame/format.ts";
import { findLeaks } from "../../../review/blame/leaks.ts";
import { scorePath } from "../../../review/blame/path.ts";
import { blamePrediction } from "../../../review/blame/prediction.ts";
import { blameRules } from "../../../review/blame/rules.ts";
import { testRun } from "../../../review/blame/tested.ts";
import { formatBlame } from "../../../review/blame/text.ts";
import type { Trace } from "../../../trace.ts";
import { dataset, spanDataset, spanRun, wayward } from "./fixture.ts";

/** Blame of what takes no other run. */
function blameOf(trace: Trace, test: Dataset): Blame {
  const run = testRun(trace, test);
  const { name, examples: { length: examples } } = test;
  const path = scorePath(run);
  return {
    format: "ruletrace-blame",
    version: 1,
    run: { dataset: trace.run.dataset.name, id: trace.run.id, digest: trace.digest },
    on: { name, digest: "", examples },
    f1: path.withoutRules + path.points / 100,
    path,
    rules: blameRules(run),
    leaks: findLeaks(test.examples, test.examples),
    left: [],
  };
}
const [labels, spans] = [blameOf(wayward, dataset), blameOf(spanRun, spanDataset)];

function formatSeeds(...others: number[]): string {
  const seeds = others.map((f1, seed) => ({ seed, digest: "", rules: 1, f1 }));
  const rank = others.filter((other) => other > 0.9).length + 1;
  const among = { seeds, mean: others[0], deviation: 0.012, rank };
  const text = formatBlame({ ...labels, f1: 0.9, seeds: among }, wayward, { width: 200 });
  return text.split("\n")[1];
}

Deno.test("a run is placed among its seeds only as far as they differ", () => {
  assertEquals(formatSeeds(0.9, 0.9), "its F1 is the same with all 3 seeds");
  assertEquals(formatSeeds(0.95), "its F1 is the lowest of 2 seeds (the other: 95.0 %)");
  const spread = "(the others: mean 80.0 %, standard deviation 1.2 points)";
  assertEquals(formatSeeds(0.8, 0.7), `its F1 is the highest of 3 seeds ${spread}`);
  assertEquals(
    formatSeeds(0.8, 0.9, 0.95),
    `its F1 is place 2 of 4 seeds from the highest, shared with 1 other ${spread}`,
  );
});

const trial: ForkTrial = {
  change: { kind: "verdict", step: 1, to: "rejected" },
  type: "iteration",
  step: 1,
  digest: "",
  rules: 1,
  f1: 0.5,
  gained: 0,
  lost: 11,
  interval: { points: -1.5, low: -2, high: -1, level: 0.95, resamples: 2_000, seed: 1 },
  evidence: "decisive",
  luck: { seeds: 10, results: 8, asMuch: 0, isBeyondLuck: true },
  isFinding: true,
};
const lucky = { ...trial, luck: { ...trial.luck!, asMuch: 2 }, isFinding: false };
const few: ForkTrial = { ...trial, evidence: "no evidence", isFinding: false };

function formatForks(width: number): string[] {
  const forks = { trials: [trial, lucky, few, { ...trial, isRepeated: true as const }] };
  const lines = formatBlame({ ...labels, forks }, wayward, { width }).split("\n");
  return lines.filter((line) => line.startsWith("step 1")).map((line) => line.slice(15).trim());
}

Deno.test("a fork says what it says at any width, and why an interval is no evidence", () => {
  const interval = "50.0  -1.5  -2.0 to -1.0       0    11  ";
  assertEquals(
    formatForks(100),
    [
      "credit: decisive",
      "2 of 8 other results as much",
      "no evidence: too few examples",
      "the same predictions as above",
    ].map((says) => interval + says),
  );
  const short = ["decisive", "luck", "no evidence", "as above"];
  assertEquals(formatForks(40), short.map((says) => `-1.5  ${says}`));
});

Deno.test("a reply that was asked for again is told by its step and its own digest", () => {
  const exchange = `sha256:${"ab12".repeat(16)}`;
  const change = { kind: "reply", exchange, response: exchange } as const;
  const forks = { trials: [{ ...trial, type: "reply" as const, change }] };
  assertMatch(formatBlame({ ...labels, forks }, wayward), /^step 1 reply ab12ab12 {2}/m);
});

Deno.test("each step keeps its difference at any width", () => {
  for (const width of [24, 40, 60, 100]) {
    const text = formatBlame(labels, wayward, { width });
    assertMatch(text, /^.*synthesis.* \+66\.7\b.*$/m);
  }
});

Deno.test("of spans, examples are an order and no evidence, and credit is in spans", () => {
  const suspect = { example: "s0", trials: 4, otherwise: 4, clearly: 0, lead: 2.5 } as const;
  const mislabels = {
    folds: 5,
    partitions: 4,
    margin: 1,
    examples: [{ ...suspect, evidence: "no evidence" as const }],
  };
  const examples = { mislabels, trainings: 20 };
  const text = formatBlame({ ...spans, examples }, spanRun, { width: 100 });
  assertMatch(text, /^s0 +4 of 4 +2\.5$/m);
  assertStringIncludes(text, "no\nevidence");
  assertStringIncludes(text, "credit: correct spans less the others");
  assert(!text.includes("suspicious"));
});

Deno.test("a standard error that rounds to 0 is not shown, and nothing is less than 0 by rounding", () => {
  const [first, ...rest] = labels.rules.rules;
  const rule = { ...first, credit: { ...first.credit, credit: -0.01, error: 0.01 } };
  const rules = { ...labels.rules, rules: [rule, ...rest] };
  const text = formatBlame({ ...labels, rules }, wayward, { width: 100 });
  assert(!/[-±] ?0\.0 /.test(text.replaceAll("±0.0", "")), text);
});

Deno.test("leaks are told as part of the test set", () => {
  assertStringIncludes(
    formatBlame(labels, wayward, { width: 100 }),
    "of 6 test texts 6 also learned",
  );
});

Deno.test("of one prediction, it is told what was predicted, and if no rule matches", () => {
  const prediction = blamePrediction(testRun(wayward, dataset), "e5", dataset);
  const text = formatBlame({ ...labels, prediction }, wayward, { width: 100 });
  assertStringIncludes(
    text,
    "e5: predicted nothing, gold fee; never correct\nno rule matches it\n",
  );
});
