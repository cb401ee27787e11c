/**
 * Scores of rule sets: a rule runs once on each example, its matches are kept, and any set of rules is
 * decided and scored from what was kept.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "./rules.ts";
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
import { decideAll, type DecisionOptions, rankAll } from "./decisions.ts";
import type { Matches } from "./matches.ts";
import { type Rule, RuleId } from "./rules.ts";

export { decideAll, type DecisionOptions, type Decisions } from "./decisions.ts";
export { createMatches, type Matches } from "./matches.ts";

/** The examples a score was taken on: `all` is train and dev together, after a refit. */
export const Split = z.enum(["train", "dev", "test", "all"]);
/** See the schema of the same name. */
export type Split = z.infer<typeof Split>;

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/**
 * How well a rule set does. `f1`, `precision` and `recall` are micro-averaged over labels, `macroF1`
 * is the mean over labels, `exact` the share of examples decided exactly right; all from 0 to 1, and
 * 0/0 is 0. An abstention is a false negative, a wrong label a false positive and a false negative.
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

/** Failures of one kind: `predicted` is null where no rule decided. */
export const Cluster = z.strictObject({
  expected: z.string(),
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
  /** Examples matched, and those of them with the rule's label (`tp`) and without it (`fp`). */
  readonly matches: number;
  readonly tp: number;
  readonly fp: number;
  /** `tp` of the examples matched, 0 to 1. */
  readonly precision: number;
  /** `tp` of the examples with the rule's label, 0 to 1. */
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
  /** For each cluster the positions of all its examples, ascending. */
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
  const perLabel = scoreLabels(matches, rules, options);
  const sum = (field: "tp" | "fp" | "fn") => {
    return perLabel.reduce((total, scores) => total + scores[field], 0);
  };
  const examples = matches.examples.length;
  const counts = { tp: sum("tp"), fp: sum("fp"), fn: sum("fn") };
  return {
    on,
    examples,
    ...counts,
    ...shares(counts),
    macroF1: ratio(perLabel.reduce((total, scores) => total + scores.f1, 0), perLabel.length),
    exact: ratio(counts.tp, examples),
  };
}

/** Scores by label, in code unit order, of the labels that an example has or was given. */
export function scoreLabels(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): LabelScores[] {
  const { labels } = decideAll(matches, rules, options);
  const counts = matches.labels.map((label) => ({ label, tp: 0, fp: 0, fn: 0 }));
  matches.gold.forEach((gold, position) => {
    const given = labels[position];
    if (given === gold) counts[gold].tp++;
    else {
      counts[gold].fn++;
      if (given !== -1) counts[given].fp++;
    }
  });
  return counts.filter(({ tp, fp, fn }) => tp + fp + fn > 0)
    .map((count) => ({ ...count, ...shares(count) }));
}

/**
 * Failures to learn from: examples that rules decided wrong; that they did not decide, unless the
 * default is right and `margin` is 0; that they decided right by less than `margin`, which are filed
 * as decided for the right label.
 */
export function findFailures(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions & { readonly margin: number },
): Failures {
  const { labels, decided, margins } = decideAll(matches, rules, options);
  const clusters = new Map<number, { expected: number; predicted: number; members: number[] }>();
  let count = 0;
  matches.gold.forEach((expected, position) => {
    const isRight = labels[position] === expected;
    // Where rules did not decide the margin is 0, so one comparison serves both cases.
    if (isRight && margins[position] >= options.margin) return;
    const predicted = decided[position] === 1 ? labels[position] : -1;
    const key = expected * (matches.labels.length + 1) + predicted + 1;
    const cluster = clusters.get(key) ?? { expected, predicted, members: [] };
    clusters.set(key, cluster);
    cluster.members.push(position);
    count++;
  });
  // Labels are in code unit order, so their indexes are too.
  const sorted = [...clusters.values()].sort((a, b) =>
    b.members.length - a.members.length || a.expected - b.expected || a.predicted - b.predicted
  );
  return {
    count,
    clusters: sorted.map(({ expected, predicted, members }) => ({
      expected: matches.labels[expected],
      predicted: predicted === -1 ? null : matches.labels[predicted],
      count: members.length,
      examples: members.slice(0, MAX_CLUSTER_EXAMPLES).map((at) => matches.examples[at].id),
      rules: [],
    })),
    members: sorted.map(({ members }) => members),
  };
}

/**
 * Scores of each rule, in the order given. Taking out a rule can only change examples that it matches
 * and whose label it stands for, and only to the runner-up, so all removals together cost no more
 * than reading the matches once.
 *
 * @throws {RangeError} as {@linkcode decideAll}
 */
export function scoreRules(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): RuleScores[] {
  const ranking = rankAll(matches, rules, options);
  const { gold } = matches;
  const fallback = options.default === undefined ? -1 : matches.indexOf(options.default);
  const sizes = new Int32Array(matches.labels.length);
  let right = 0;
  let given = 0;
  gold.forEach((expected, position) => {
    const label = ranking.labels[position] === -1 ? fallback : ranking.labels[position];
    sizes[expected]++;
    if (label !== -1) given++;
    if (label === expected) right++;
  });
  const f1 = ratio(2 * right, given + gold.length);

  return rules.map((rule) => {
    const label = matches.indexOf(rule.label);
    const positions = matches.of(rule.id);
    let tp = 0;
    let rightLeft = right;
    let givenLeft = given;
    for (const position of positions) {
      const expected = gold[position];
      if (expected === label) tp++;
      const before = ranking.labels[position];
      const without = ranking.without(rule, position);
      if (without === before) continue;
      const after = without === -1 ? fallback : without;
      if (before === expected) rightLeft--;
      if (after === expected) rightLeft++;
      if (after === -1) givenLeft--;
    }
    return {
      rule: rule.id,
      matches: positions.length,
      tp,
      fp: positions.length - tp,
      precision: ratio(tp, positions.length),
      recall: ratio(tp, sizes[label]),
      marginal: ratio(2 * rightLeft, givenLeft + gold.length) - f1,
    };
  });
}

/** How many examples of a cluster are named. */
const MAX_CLUSTER_EXAMPLES = 20;

interface Counts {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
}

function shares({ tp, fp, fn }: Counts): { precision: number; recall: number; f1: number } {
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
