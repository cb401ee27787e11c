/**
 * The two ways in which a set of rules decides: by the first rule that matches, or by weighted votes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { compareRules } from "./decisions.ts";
 * import { createRule } from "./rule.ts";
 *
 * const [sure, unsure] = [0.9, 0.4].map((precision) =>
 *   createRule({ name: "rate", label: "exchange", patterns: ["rate"], precision })
 * );
 * assertEquals([unsure, sure].sort(compareRules), [sure, unsure]);
 * ```
 *
 * @module
 */
import { compareCodeUnits } from "../text/folding.ts";
import type { Overlaps } from "./overlaps.ts";
import type { Rule } from "./rule.ts";

/**
 * A way to decide on a text: by the first rule that matches, or by weighted votes. Rules that find
 * spans decide by the first.
 */
export type Decide = "first" | "vote";

/** Options of decisions. */
export interface DecisionOptions {
  /**
   * `vote`: the label with the largest sum of weights of matching rules (1 for a rule without a
   * weight), if it is over the threshold; of labels with equal sums the first in code unit order.
   * `first`: the label of the first matching rule: by priority and precision, highest first, then by name.
   */
  readonly decide: Decide;
  /** The sum of weights that a label must exceed, 0 or more; ignored by `first`. */
  readonly threshold: number;
  /** The label if rules do not decide; without it they abstain. */
  readonly default?: string;
  /**
   * The treatment of overlapping spans; ignored in classification.
   *
   * @default "drop"
   */
  readonly overlaps?: Overlaps;
}

/**
 * Compares rules by the order in which they decide by first match, which is RuleChef's: priority
 * descending, precision descending (0.5 for a rule without one), name in folded case, id; names and ids
 * by code unit.
 */
export function compareRules(a: Rule, b: Rule): number {
  return b.priority - a.priority || (b.precision ?? 0.5) - (a.precision ?? 0.5) ||
    compareCodeUnits(foldName(a.name), foldName(b.name)) || compareCodeUnits(a.id, b.id);
}

/** Folds the case of each character: `ß` becomes `ss`, `ς` becomes `σ`, and `ı` stays. */
function foldName(name: string): string {
  const isAscii = /^[\0-\x7f]*$/.test(name);
  if (isAscii) return name.toLowerCase();
  return Array.from(
    name,
    (character) => character === "ı" ? character : character.toUpperCase().toLowerCase(),
  ).join("");
}

/** Returns the vote of a rule in millionths: whole numbers add up to the same sum in any order. */
export function microVote(rule: Rule): number {
  return Math.round((rule.weight ?? 1) * MICRO);
}

/**
 * Counts the votes of rules in millionths for each of their labels, most first; labels with equal votes are in
 * code unit order.
 */
export function countVotes(rules: readonly Rule[]): { label: string; votes: number }[] {
  const sums = new Map<string, number>();
  for (const rule of rules) sums.set(rule.label, (sums.get(rule.label) ?? 0) + microVote(rule));
  return [...sums].map(([label, votes]) => ({ label, votes }))
    .sort((a, b) => b.votes - a.votes || compareCodeUnits(a.label, b.label));
}

/**
 * Returns a threshold in millionths, as {@linkcode microVote} does.
 *
 * @throws {RangeError} if it is below 0 or not a number
 */
export function microThreshold(threshold: number): number {
  if (!(threshold >= 0)) throw new RangeError(`The threshold is ${threshold}, expected 0 or more`);
  return Math.round(threshold * MICRO);
}

/** A weight of 1 in millionths. */
export const MICRO = 1e6;
