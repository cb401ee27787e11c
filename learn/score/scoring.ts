/**
 * Scores of rule sets and the failures to learn from, both from kept matches: a rule runs once on each
 * example, whatever sets it is scored in.
 *
 * @module
 */
import type { DecisionOptions } from "../rules/decisions.ts";
import type { Matches } from "./matches.ts";
import { type Cluster, MAX_CLUSTER_EXAMPLES, type Scores, type Split } from "./scores.ts";
import { labelsOf } from "../data/examples.ts";
import {
  countAblations,
  findingOutcomes,
  findOutcomes,
  type Outcome,
  type OutcomeCounts,
} from "./outcomes.ts";
import type { Rule } from "../rules/rule.ts";
import { finish, type Sliced } from "../text/slices.ts";

export type { DecisionOptions } from "../rules/decisions.ts";
export { createMatches, type Match, type Matches } from "./matches.ts";
export {
  type Cluster,
  ClusterSchema,
  MAX_CLUSTER_EXAMPLES,
  type Scores,
  ScoresSchema,
  type Split,
} from "./scores.ts";

/** Scores of one rule within its set. */
export interface RuleScores {
  /** Id of the rule. */
  readonly rule: string;
  /** How many examples or spans the rule labels if it is the only one. */
  readonly matches: number;
  /** How many of the matches are correct. */
  readonly tp: number;
  /** How many of the matches are wrong. */
  readonly fp: number;
  /** `tp / matches`, 0 to 1. */
  readonly precision: number;
  /** Share of `tp` in the examples or spans with the rule's label, 0 to 1. */
  readonly recall: number;
  /** Change of the set's micro F1 if this rule alone is removed: below 0 if the rule helps. */
  readonly marginal: number;
}

/** Scores of a rule set on one label. */
export interface LabelScores {
  /** The label. */
  readonly label: string;
  /** True positives: examples or spans that rightly have the label. */
  readonly tp: number;
  /** False positives: those that wrongly have it. */
  readonly fp: number;
  /** False negatives: those that lack it. */
  readonly fn: number;
  /** `tp / (tp + fp)`, 0 to 1. */
  readonly precision: number;
  /** `tp / (tp + fn)`, 0 to 1. */
  readonly recall: number;
  /** The harmonic mean of precision and recall, 0 to 1. */
  readonly f1: number;
}

/** Failures: how many there are, and their clusters by gold and predicted label. */
export interface Failures {
  /** How many items failed. */
  readonly count: number;
  /** Largest first; clusters of one size in code unit order of labels, null first. */
  readonly clusters: Cluster[];
  /** All items of each cluster: positions of examples, or numbers of spans (see `Matches`). */
  readonly members: readonly (readonly number[])[];
}

/**
 * Scores a rule set. `macroF1` is the mean over all labels that are gold or predicted.
 *
 * @param on the name of the split that `matches` holds
 * @throws {RangeError} if the label of a rule or the default is not in `matches`, or the threshold is
 * below 0
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "../rules/rule.ts";
 * import { createMatches, score } from "./scoring.ts";
 *
 * const examples = [
 *   { id: "a", text: "What rate do I get?", label: "exchange" },
 *   { id: "b", text: "Where is my card?", label: "card" },
 * ];
 * const rule = createRule({ name: "rate", label: "exchange", patterns: [String.raw`\brates?\b`] });
 * const matches = createMatches(examples, ["card", "exchange"]);
 * const { tp, fn, f1 } = score(matches, [rule], { decide: "vote", threshold: 0 }, "train");
 * assertEquals([tp, fn, f1.toFixed(2)], [1, 1, "0.67"]);
 * ```
 */
export function score(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
  on: Split,
): Scores {
  return finish(scoring(matches, rules, options, on));
}

/** Does what {@linkcode score} does, with pauses. */
export function* scoring(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
  on: Split,
): Sliced<Scores> {
  const outcomes = yield* findingOutcomes(matches, rules, options);
  const byLabel = countLabels(matches, outcomes);
  const sum = (field: "tp" | "fp" | "fn" | "f1") =>
    byLabel.reduce((total, scores) => total + scores[field], 0);
  const examples = matches.examples.length;
  const counts = { tp: sum("tp"), fp: sum("fp"), fn: sum("fn") };
  const wrong = new Set(outcomes.filter((one) => !isCorrect(one)).map(({ example }) => example));
  return {
    on,
    examples,
    ...counts,
    ...shares(counts),
    macroF1: ratio(sum("f1"), byLabel.length),
    exact: ratio(examples - wrong.size, examples),
  };
}

/**
 * Scores a rule set on each label, in code unit order, that is gold or predicted.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "../rules/rule.ts";
 * import { createMatches, scoreLabels } from "./scoring.ts";
 *
 * const examples = [
 *   { id: "a", text: "What rate do I get?", label: "exchange" },
 *   { id: "b", text: "What about my card?", label: "card" },
 * ];
 * const rule = createRule({ name: "what", label: "exchange", patterns: [String.raw`\bwhat\b`] });
 * const matches = createMatches(examples, ["card", "exchange"]);
 * const scores = scoreLabels(matches, [rule], { decide: "vote", threshold: 0 });
 * assertEquals(scores.map(({ label, tp, fp, fn }) => [label, tp, fp, fn]), [
 *   ["card", 0, 0, 1],
 *   ["exchange", 1, 1, 0],
 * ]);
 * ```
 */
export function scoreLabels(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): LabelScores[] {
  return countLabels(matches, findOutcomes(matches, rules, options));
}

/** Counts of the outcomes of one example: true positives, false positives, false negatives. */
export type ExampleCounts = Pick<LabelScores, "tp" | "fp" | "fn">;

/**
 * Counts the outcomes of each example, in their order. An example without `fp` and `fn` is all correct.
 *
 * @throws {RangeError} as {@linkcode score} does
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "../rules/rule.ts";
 * import { countExamples, createMatches } from "./scoring.ts";
 *
 * const examples = [
 *   { id: "a", text: "What rate do I get?", label: "exchange" },
 *   { id: "b", text: "Where is my card?", label: "card" },
 * ];
 * const rule = createRule({ name: "rate", label: "exchange", patterns: [String.raw`\brates?\b`] });
 * const matches = createMatches(examples, ["card", "exchange"]);
 * assertEquals(countExamples(matches, [rule], { decide: "vote", threshold: 0 }), [
 *   { tp: 1, fp: 0, fn: 0 },
 *   { tp: 0, fp: 0, fn: 1 },
 * ]);
 * ```
 */
export function countExamples(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): ExampleCounts[] {
  const counts = matches.examples.map(() => ({ tp: 0, fp: 0, fn: 0 }));
  for (const outcome of findOutcomes(matches, rules, options)) {
    const { example, gold, predicted } = outcome;
    if (isCorrect(outcome)) counts[example].tp++;
    else {
      if (gold !== -1) counts[example].fn++;
      if (predicted !== -1) counts[example].fp++;
    }
  }
  return counts;
}

function countLabels(matches: Matches, outcomes: readonly Outcome[]): LabelScores[] {
  const counts = matches.labels.map((label) => ({ label, tp: 0, fp: 0, fn: 0 }));
  for (const outcome of outcomes) {
    const { gold, predicted } = outcome;
    if (isCorrect(outcome)) counts[gold].tp++;
    else {
      if (gold !== -1) counts[gold].fn++;
      if (predicted !== -1) counts[predicted].fp++;
    }
  }
  return counts.filter(({ tp, fp, fn }) => tp + fp + fn > 0)
    .map((count) => ({ ...count, ...shares(count) }));
}

function isCorrect({ gold, predicted }: Outcome): boolean {
  return gold === predicted;
}

/**
 * Finds the failures to learn from. In classification these are examples for which the rules predict a
 * wrong label; on which they abstain, unless the default is correct and `margin` is 0; and for which
 * they predict the gold label by less than `margin`. With spans these are missed spans, spurious spans
 * and spans of the wrong type.
 *
 * @throws {RangeError} as {@linkcode score} does
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "../rules/rule.ts";
 * import { createMatches, findFailures } from "./scoring.ts";
 *
 * const examples = [
 *   { id: "a", text: "What rate do I get?", label: "exchange" },
 *   { id: "b", text: "What about my card?", label: "card" },
 * ];
 * const rule = createRule({ name: "what", label: "exchange", patterns: [String.raw`\bwhat\b`] });
 * const matches = createMatches(examples, ["card", "exchange"]);
 * const options = { decide: "vote", threshold: 0, margin: 0 } as const;
 * assertEquals(findFailures(matches, [rule], options).clusters, [
 *   { expected: "card", predicted: "exchange", count: 1, examples: ["b"], rules: [] },
 * ]);
 * ```
 */
export function findFailures(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions & { readonly margin: number },
): Failures {
  return finish(findingFailures(matches, rules, options));
}

/** Does what {@linkcode findFailures} does, with pauses. */
export function* findingFailures(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions & { readonly margin: number },
): Sliced<Failures> {
  // If rules did not decide, the margin is 0: one comparison serves both cases.
  const failures = (yield* findingOutcomes(matches, rules, options))
    .filter((outcome) => !isCorrect(outcome) || outcome.margin < options.margin)
    .map((outcome) => outcome.isDecided ? outcome : { ...outcome, predicted: -1 });
  const size = matches.labels.length + 1;
  // Labels are in code unit order, so keys sort as pairs of gold and predicted labels do.
  const byLabels = Map.groupBy(
    failures,
    ({ gold, predicted }) => (gold + 1) * size + predicted + 1,
  );
  const clusters = [...byLabels]
    .sort(([a, one], [b, other]) => other.length - one.length || a - b)
    .map(([, members]) => members);
  const nameOf = (label: number) => label === -1 ? null : matches.labels[label];
  return {
    count: failures.length,
    clusters: clusters.map((members) => ({
      expected: nameOf(members[0].gold),
      predicted: nameOf(members[0].predicted),
      count: members.length,
      examples: [...new Set(members.map(({ example }) => matches.examples[example].id))]
        .slice(0, MAX_CLUSTER_EXAMPLES),
      rules: [],
    })),
    members: clusters.map((members) => members.map(({ item }) => item)),
  };
}

/**
 * Scores each rule, in the order given. Removing a rule can only change examples that it matches, and
 * a label only to the runner-up, so all removals together cost little more than reading the matches
 * once.
 *
 * @throws {RangeError} as {@linkcode score} does
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "../rules/rule.ts";
 * import { createMatches, scoreRules } from "./scoring.ts";
 *
 * const examples = [
 *   { id: "a", text: "What rate do I get?", label: "exchange" },
 *   { id: "b", text: "What about my card?", label: "card" },
 * ];
 * const rule = createRule({ name: "what", label: "exchange", patterns: [String.raw`\bwhat\b`] });
 * const matches = createMatches(examples, ["card", "exchange"]);
 * const [scores] = scoreRules(matches, [rule], { decide: "vote", threshold: 0 });
 * assertEquals([scores.matches, scores.precision, scores.recall, scores.marginal], [2, 0.5, 1, -0.5]);
 * ```
 */
export function scoreRules(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): RuleScores[] {
  const { all, alone, without } = countAblations(matches, rules, options);
  const gold = Map.groupBy(matches.examples.flatMap(labelsOf), (label) => label);
  const f1Of = ({ tp, predicted, gold }: OutcomeCounts) => ratio(2 * tp, predicted + gold);
  return rules.map((rule) => {
    const { tp, predicted } = alone(rule);
    return {
      rule: rule.id,
      matches: predicted,
      tp,
      fp: predicted - tp,
      precision: ratio(tp, predicted),
      recall: ratio(tp, gold.get(rule.label)?.length ?? 0),
      marginal: f1Of(without(rule)) - f1Of(all),
    };
  });
}

function shares(
  { tp, fp, fn }: Pick<LabelScores, "tp" | "fp" | "fn">,
): { precision: number; recall: number; f1: number } {
  return {
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
  };
}

/** Divides, with 0/0 as 0. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
