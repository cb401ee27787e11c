/**
 * Decides the label of each example by a set of rules, from kept matches.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "../rules/rule.ts";
 * import { decideAll } from "./deciding.ts";
 * import { createMatches } from "./matches.ts";
 *
 * const examples = [{ id: "a", text: "What rate do I get?", label: "exchange" }];
 * const rules = [
 *   createRule({ name: "rate", label: "exchange", patterns: ["rate"], weight: 2 }),
 *   createRule({ name: "get", label: "card", patterns: ["get"], weight: 0.5 }),
 * ];
 * const matches = createMatches(examples, ["card", "exchange"]);
 * const { labels, margins } = decideAll(matches, rules, { decide: "vote", threshold: 0 });
 * assertEquals([matches.labels[labels[0]], margins[0]], ["exchange", 1.5]);
 * ```
 *
 * @module
 */

import { type Example, labelsOf } from "../data/examples.ts";
import {
  compareRules,
  type DecisionOptions,
  MICRO,
  microThreshold,
  microVote,
} from "../rules/decisions.ts";
import type { Rule } from "../rules/rule.ts";
import { compareCodeUnits } from "../text/folding.ts";
import type { LabelMatches } from "./label_matches.ts";

/** The labels that rules decide on, in the order of the examples. */
export interface Decisions {
  /** Index of the label, which may be the default, or -1 for no label. */
  readonly labels: Int32Array;
  /** 1 if rules decided, 0 if they left it to the default. */
  readonly decided: Uint8Array;
  /**
   * By vote, the label's sum of weights less that of the next label; by first match, Infinity. 0 if
   * rules did not decide.
   */
  readonly margins: Float64Array;
}

/**
 * Decides every example. Runs those rules first that were not run yet.
 *
 * @throws {RangeError} if the label of a rule or the default is not in `matches`, or the threshold is
 * below 0
 */
export function decideAll(
  matches: LabelMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Decisions {
  const { labels, margins } = rankAll(matches, rules, options);
  const fallback = options.default === undefined ? -1 : matches.indexOf(options.default);
  return {
    labels: labels.map((label) => label === -1 ? fallback : label),
    decided: Uint8Array.from(labels, (label) => label === -1 ? 0 : 1),
    margins,
  };
}

/** Decisions without the default, which also tell what the rules would decide if one were missing. */
export interface Ranking {
  /** Index of the label, or -1 if rules do not decide. */
  readonly labels: Int32Array;
  /** See {@linkcode Decisions}. */
  readonly margins: Float64Array;
  /** Returns the rule that decides the example at `position`, if one does; by first match only. */
  readonly by?: (position: number) => Rule | undefined;
  /** Returns the label of the example at `position`, or -1, without a rule that matches it. */
  without(rule: Rule, position: number): number;
}

/**
 * Decides every example, and keeps what removals of single rules need.
 *
 * @throws {RangeError} as {@linkcode decideAll} does
 */
export function rankAll(
  matches: LabelMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Ranking {
  matches.add(rules);
  switch (options.decide) {
    case "vote":
      return rankByVote(matches, rules, options.threshold);
    case "first":
      return rankByFirst(matches, rules);
  }
}

/**
 * Adds up one label after the other, and so holds one sum for each example, however many labels there
 * are. Keeps the best two labels of each example: removing a rule can only bring up the second.
 */
function rankByVote(
  matches: LabelMatches,
  rules: readonly Rule[],
  threshold: number,
): Ranking {
  const least = microThreshold(threshold);
  const size = matches.examples.length;
  const best = new Int32Array(size).fill(-1);
  const bestVotes = new Float64Array(size);
  const second = new Int32Array(size).fill(-1);
  const secondVotes = new Float64Array(size);
  const sums = new Float64Array(size);
  const touched = new Int32Array(size);
  const byLabel = [...Map.groupBy(rules, ({ label }) => matches.indexOf(label))];
  for (const [label, members] of byLabel.sort(([a], [b]) => a - b)) {
    let count = 0;
    for (const rule of members) {
      const vote = microVote(rule);
      // A sum of 0 means that no rule has touched it yet, as rules without a vote are left out.
      if (vote === 0) continue;
      for (const position of matches.of(rule.id)) {
        if (sums[position] === 0) touched[count++] = position;
        sums[position] += vote;
      }
    }
    for (const position of touched.subarray(0, count)) {
      const votes = sums[position];
      sums[position] = 0;
      // Labels come in code unit order: of those with equal votes the first stays ahead.
      if (votes > bestVotes[position]) {
        second[position] = best[position];
        secondVotes[position] = bestVotes[position];
        best[position] = label;
        bestVotes[position] = votes;
      } else if (votes > secondVotes[position]) {
        second[position] = label;
        secondVotes[position] = votes;
      }
    }
  }
  const labels = best.map((label, position) => bestVotes[position] > least ? label : -1);
  const margins = Float64Array.from(labels, (label, position) => {
    return label === -1 ? 0 : (bestVotes[position] - secondVotes[position]) / MICRO;
  });
  return {
    labels,
    margins,
    without(rule, position) {
      const label = best[position];
      if (label === -1 || matches.labels[label] !== rule.label) return labels[position];
      const votes = bestVotes[position] - microVote(rule);
      const other = secondVotes[position];
      if (Math.max(votes, other) <= least) return -1;
      const stays = votes > other || votes === other && label < second[position];
      return stays ? label : second[position];
    },
  };
}

function rankByFirst(matches: LabelMatches, rules: readonly Rule[]): Ranking {
  const size = matches.examples.length;
  const ordered = rules.toSorted(compareRules);
  const labels = new Int32Array(size).fill(-1);
  const by = new Int32Array(size).fill(-1);
  const second = new Int32Array(size).fill(-1);
  ordered.forEach((rule, index) => {
    const label = matches.indexOf(rule.label);
    for (const position of matches.of(rule.id)) {
      if (by[position] === -1) {
        by[position] = index;
        labels[position] = label;
      } else if (second[position] === -1) second[position] = label;
    }
  });
  return {
    labels,
    margins: Float64Array.from(labels, (label) => label === -1 ? 0 : Infinity),
    by: (position) => ordered[by[position]],
    without: (rule, position) =>
      ordered[by[position]]?.id === rule.id ? second[position] : labels[position],
  };
}

/** Finds the most frequent label of examples; of equally frequent ones the first in code unit order. */
export function findMajority(examples: readonly Example[]): string {
  const byLabel = Map.groupBy(examples.flatMap(labelsOf), (label) => label);
  return [...byLabel].sort(([a, m], [b, n]) => n.length - m.length || compareCodeUnits(a, b))[0][0];
}
