/**
 * Scores of rule sets: a rule runs once on each example, its matches are kept, and any set of rules is
 * decided and scored from what was kept.
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
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { DecisionOptions } from "../rules/decisions.ts";
import type { Matches } from "./matches.ts";
import { labelsOf } from "../data/examples.ts";
import { countAblations, findOutcomes, type Outcome, type OutcomeCounts } from "./outcomes.ts";
import { type Rule, RuleId } from "../rules/rule.ts";

export type { DecisionOptions } from "../rules/decisions.ts";
export { createMatches, type Match, type Matches } from "./matches.ts";

/** The examples a score was taken on: `all` is train and dev together, after a refit. */
export const Split = z.enum(["train", "dev", "test", "all"]);
/** See the schema of the same name. */
export type Split = z.infer<typeof Split>;

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/**
 * How well a rule set does. `f1`, `precision` and `recall` are micro-averaged over labels, `macroF1`
 * is the mean over labels, `exact` the share of examples without a mistake; all from 0 to 1, and
 * 0/0 is 0. An abstention and a missed span are a false negative, a spurious span a false positive, a
 * wrong label or type both.
 */
export const Scores = z.strictObject({
  on: Split,
  examples: count,
  tp: count,
  fp: count,
  fn: count,
  precision: share,
  recall: share,
  f1: share,
  macroF1: share,
  exact: share,
});

/** See the schema of the same name. */
export type Scores = Readonly<z.infer<typeof Scores>>;

/**
 * Failures of one kind: `predicted` is null where no rule decided or found anything, `expected` where
 * rules found a span that none should be. Texts count, or spans where those are looked for.
 */
export const Cluster = z.strictObject({
  expected: z.string().nullable(),
  predicted: z.string().nullable(),
  count: z.int().min(1),
  /** Ids of the first examples of the cluster. */
  examples: z.array(z.string()).max(20),
  /** Ids of the rules that were added for it. */
  rules: z.array(RuleId),
});

/** See the schema of the same name. */
export type Cluster = Readonly<z.infer<typeof Cluster>>;

/** How one rule does within its set. */
export interface RuleScores {
  /** Id of the rule. */
  readonly rule: string;
  /**
   * What the rule gives where it is the only one: to how many examples its label, or how many spans;
   * and how many of these are right (`tp`) and wrong (`fp`).
   */
  readonly matches: number;
  readonly tp: number;
  readonly fp: number;
  /** `tp` of `matches`, 0 to 1. */
  readonly precision: number;
  /** `tp` of the examples or spans that have the rule's label, 0 to 1. */
  readonly recall: number;
  /** Change of the set's micro F1 if this rule alone is taken out: below 0 where the rule helps. */
  readonly marginal: number;
}

/** How a rule set does on one label. */
export interface LabelScores {
  readonly label: string;
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Failures: how many, and by expected and decided label. */
export interface Failures {
  readonly count: number;
  /** Largest first; of equal ones in code unit order, abstentions before labels. */
  readonly clusters: Cluster[];
  /** For each cluster all its items: positions of examples, or numbers of spans (see `Matches`). */
  readonly members: readonly (readonly number[])[];
}

/**
 * Scores what `rules` decide. `macroF1` is the mean over the labels that an example has or was given.
 *
 * @param on the name of the split that `matches` holds
 * @throws {RangeError} as {@linkcode decideAll}
 */
export function score(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
  on: Split,
): Scores {
  const outcomes = findOutcomes(matches, rules, options);
  const perLabel = countLabels(matches, outcomes);
  const sum = (field: "tp" | "fp" | "fn") => {
    return perLabel.reduce((total, scores) => total + scores[field], 0);
  };
  const examples = matches.examples.length;
  const counts = { tp: sum("tp"), fp: sum("fp"), fn: sum("fn") };
  const wrong = new Set(outcomes.filter((one) => !isCorrect(one)).map(({ example }) => example));
  return {
    on,
    examples,
    ...counts,
    ...shares(counts),
    macroF1: ratio(perLabel.reduce((total, scores) => total + scores.f1, 0), perLabel.length),
    exact: ratio(examples - wrong.size, examples),
  };
}

/** Scores by label, in code unit order, of the labels that an example has or was given. */
export function scoreLabels(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): LabelScores[] {
  return countLabels(matches, findOutcomes(matches, rules, options));
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
 * Failures to learn from. In classification: examples that rules decided wrong; that they did not
 * decide, unless the default is right and `margin` is 0; that they decided right by less than
 * `margin`, which are filed as decided for the right label. Spans: those that were missed, that are
 * spurious, or that have the wrong type.
 */
export function findFailures(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions & { readonly margin: number },
): Failures {
  const clusters = new Map<number, { gold: number; predicted: number; members: Outcome[] }>();
  let count = 0;
  for (const outcome of findOutcomes(matches, rules, options)) {
    const { gold, isDecided, margin } = outcome;
    // Where rules did not decide the margin is 0, so one comparison serves both cases.
    if (isCorrect(outcome) && margin >= options.margin) continue;
    const predicted = isDecided ? outcome.predicted : -1;
    const key = (gold + 1) * (matches.labels.length + 1) + predicted + 1;
    const cluster = clusters.get(key) ?? { gold, predicted, members: [] };
    clusters.set(key, cluster);
    cluster.members.push(outcome);
    count++;
  }
  // Labels are in code unit order, so their indexes are too.
  const sorted = [...clusters.values()].sort((a, b) =>
    b.members.length - a.members.length || a.gold - b.gold || a.predicted - b.predicted
  );
  const nameOf = (label: number) => label === -1 ? null : matches.labels[label];
  return {
    count,
    clusters: sorted.map(({ gold, predicted, members }) => ({
      expected: nameOf(gold),
      predicted: nameOf(predicted),
      count: members.length,
      examples: nameFew(matches, members),
      rules: [],
    })),
    members: sorted.map(({ members }) => members.map(({ item }) => item)),
  };
}

/** Ids of the first examples that `outcomes` are of. */
function nameFew({ examples }: Matches, outcomes: readonly Outcome[]): string[] {
  const ids = new Set<string>();
  for (const { example } of outcomes) {
    if (ids.size === MAX_CLUSTER_EXAMPLES) break;
    ids.add(examples[example].id);
  }
  return [...ids];
}

/**
 * Scores of each rule, in the order given. Taking out a rule can only change examples that it matches,
 * and a label only to the runner-up, so all removals together cost little more than reading the
 * matches once.
 *
 * @throws {RangeError} as {@linkcode decideAll}
 */
export function scoreRules(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): RuleScores[] {
  const { all, alone, without } = countAblations(matches, rules, options);
  const sizes = new Map<string, number>();
  for (const label of matches.examples.flatMap(labelsOf)) {
    sizes.set(label, (sizes.get(label) ?? 0) + 1);
  }
  const f1Of = ({ tp, predicted, gold }: OutcomeCounts) => ratio(2 * tp, predicted + gold);
  return rules.map((rule) => {
    const { tp, predicted } = alone(rule);
    return {
      rule: rule.id,
      matches: predicted,
      tp,
      fp: predicted - tp,
      precision: ratio(tp, predicted),
      recall: ratio(tp, sizes.get(rule.label) ?? 0),
      marginal: f1Of(without(rule)) - f1Of(all),
    };
  });
}

/** How many examples of a cluster are named. */
const MAX_CLUSTER_EXAMPLES = 20;

interface ConfusionCounts {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
}

function shares(
  { tp, fp, fn }: ConfusionCounts,
): { precision: number; recall: number; f1: number } {
  return {
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
  };
}

/** 0/0 is 0. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
