/**
 * How a set of rules decides: by the first rule that matches, or by weighted votes.
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
 * How a set of rules decides on a text: by the first rule that matches, or by weighted votes. Rules
 * that find spans decide by the first.
 */
export type Decide = "first" | "vote";

/** How rules decide. */
export interface DecisionOptions {
  /**
   * `vote`: the label with the largest sum of weights (1 where a rule has none) of matching rules, if
   * it is over the threshold; of equal labels the first in code unit order. `first`: the label of the
   * first matching rule in the order of {@linkcode compareRules}.
   */
  readonly decide: Decide;
  /** What a sum of weights must be over, ≥ 0. Of no account to `first`. */
  readonly threshold: number;
  /** The label where rules do not decide. Without it there is none. */
  readonly default?: string;
  /**
   * What becomes of spans that overlap. Of no account to labels.
   *
   * @default "drop"
   */
  readonly overlaps?: Overlaps;
}

/**
 * The order in which rules decide by first match: priority descending, precision descending (0.5
 * where a rule has none), name in folded case, id; names and ids by code unit. It is RuleChef's order.
 */
export function compareRules(a: Rule, b: Rule): number {
  return b.priority - a.priority || (b.precision ?? 0.5) - (a.precision ?? 0.5) ||
    compareCodeUnits(foldName(a.name), foldName(b.name)) || compareCodeUnits(a.id, b.id);
}

/** A name without regard to case, one character after the other: `ß` is `ss`, `ς` is `σ`. */
function foldName(name: string): string {
  const isAscii = /^[\0-\x7f]*$/.test(name);
  if (isAscii) return name.toLowerCase();
  return Array.from(name, (character) => character.toUpperCase().toLowerCase()).join("");
}

/** The vote of a rule in millionths: whole numbers add up to the same sum in any order. */
export function microVote(rule: Rule): number {
  return Math.round((rule.weight ?? 1) * MICRO);
}

/**
 * A threshold in millionths, as {@linkcode microVote}.
 *
 * @throws {RangeError} where it is below 0 or not a number
 */
export function microThreshold(threshold: number): number {
  if (!(threshold >= 0)) throw new RangeError(`The threshold is ${threshold}, expected 0 or more`);
  return Math.round(threshold * MICRO);
}

/** How many millionths a weight of 1 has. */
export const MICRO = 1e6;
