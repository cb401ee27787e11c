/**
 * Two rule sets on the same examples: matches, scores, gained and lost examples.
 *
 * @module
 */
import { type Dataset, datasetDigest } from "../../learn/data/dataset.ts";
import { createMatches, type Match } from "../../learn/score/matches.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import {
  countExamples,
  type ExampleCounts,
  type LabelScores,
  score,
  scoreLabels,
} from "../../learn/score/scoring.ts";
import { rulesOfTrace } from "../../record/rule_set.ts";
import type { Trace } from "../../trace.ts";
import { bootstrapF1, testMcNemar } from "../significance.ts";
import type { DataComparison, ExampleReference, LabelPair } from "./comparison.ts";

/** Examples on which rule sets are compared. */
export interface ComparedData {
  /** Of the task of both traces. */
  readonly dataset: Dataset;
  /** Returns the line of the example at an index, if it is known. */
  readonly lineOf?: (index: number) => number | undefined;
}

/**
 * Runs the rules that both traces end with on `data`, each set deciding as its run did. Predicted spans
 * are matched with gold ones in the way that both runs say, or else by offsets and label.
 *
 * @returns the comparison, and what a rule of either set matches, as a key; empty if it matches nothing
 * @throws {SyntaxError | RangeError} if a rule cannot run, or a config does not say how rules decide
 */
export function judge(before: Trace, after: Trace, { dataset, lineOf }: ComparedData): {
  readonly comparison: DataComparison;
  readonly matchesOf: (rule: Rule) => string;
} {
  const sides = [rulesOfTrace(before, "the run before"), rulesOfTrace(after, "the run after")];
  const match = commonMatch(before, after);
  const labels = sides.flatMap(({ rules, decision }) => [
    ...rules.map(({ label }) => label),
    ...decision.default === undefined ? [] : [decision.default],
  ]);
  const matches = createMatches(dataset.examples, [...dataset.labels, ...labels], match);
  const [one, other] = sides.map(({ rules, decision }) => ({
    scores: score(matches, rules, decision, "test"),
    labels: scoreLabels(matches, rules, decision),
    counts: countExamples(matches, rules, decision),
  }));
  const isExact = ({ fp, fn }: ExampleCounts) => fp + fn === 0;
  const gained: ExampleReference[] = [];
  const lost: ExampleReference[] = [];
  dataset.examples.forEach(({ id }, index) => {
    const [was, is] = [isExact(one.counts[index]), isExact(other.counts[index])];
    if (was === is) return;
    const line = lineOf?.(index);
    (is ? gained : lost).push({ id, ...(line === undefined ? {} : { line }) });
  });
  const amounts = { gained: gained.length, lost: lost.length };
  const digest = datasetDigest(dataset);
  const traces = { before, after };
  return {
    comparison: {
      name: dataset.name,
      digest,
      examples: dataset.examples.length,
      ...(dataset.task === "classification" ? {} : { match }),
      learnedFrom: (["before", "after"] as const)
        .filter((side) => traces[side].run.dataset.digest === digest),
      before: one.scores,
      after: other.scores,
      labels: pairLabels(one.labels, other.labels),
      gained,
      lost,
      mcnemar: { ...amounts, pValue: testMcNemar(amounts.gained, amounts.lost) },
      f1: bootstrapF1(one.counts, other.counts),
    },
    matchesOf: ({ id }) => matches.of(id).join(","),
  };
}

/** Returns how spans are matched: as both runs say, else by offsets and label. */
function commonMatch(before: Trace, after: Trace): Match {
  const [one, other] = [before, after].map(({ run }) => run.config.match);
  return one === other && (one === "text" || one === "partial") ? one : "exact";
}

/** Pairs the scores of two sides by label, in code unit order. */
function pairLabels(before: readonly LabelScores[], after: readonly LabelScores[]): LabelPair[] {
  const [was, is] = [before, after].map((all) => new Map(all.map((one) => [one.label, one])));
  const labels = [...new Set([...was.keys(), ...is.keys()])].sort();
  return labels.map((label) => {
    const [before, after] = [was.get(label), is.get(label)];
    return { label, ...(before && { before }), ...(after && { after }) };
  });
}
