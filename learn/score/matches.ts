/**
 * Kept matches: each rule runs once on each example, and what it matches is kept.
 *
 * @module
 */
import type { EntityExample, Example, LabelledExample, SpanExample } from "../data/examples.ts";
import { createLabelMatches, joinLabelMatches, type LabelMatches } from "./label_matches.ts";
import type { Match } from "../rules/overlaps.ts";
import { createSpanMatches, type SpanMatches } from "./span_matches.ts";

export type { LabelMatches } from "./label_matches.ts";
export type { Match } from "../rules/overlaps.ts";
export type { SpanItem, SpanMatches } from "./span_matches.ts";

/** The kept matches of rules on examples of one task. */
export type Matches = LabelMatches | SpanMatches;

/**
 * Least number of items for which it tells something that two rules match the same ones. Of fewer, more than a quarter of
 * their other matches could still differ, at 95 % confidence (rule of three).
 */
export const SAME_MATCHES = 10;

/**
 * Creates matches that no rule has run on yet.
 *
 * @param examples examples of one task; at least one, unless they have labels
 * @param labels labels that rules may stand for, besides those of the examples
 * @param match what makes a predicted span correct
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createMatches } from "./matches.ts";
 * import { createRule } from "../rules/rule.ts";
 *
 * const examples = [
 *   { id: "a", text: "What rate do I get?", label: "exchange" },
 *   { id: "b", text: "Where is my card?", label: "card" },
 * ];
 * const rule = createRule({ name: "what", label: "exchange", patterns: [String.raw`\bwhat\b`] });
 * const matches = createMatches(examples, ["card", "exchange"]);
 * matches.add([rule]);
 * assertEquals([...matches.of(rule.id)], [0]);
 * ```
 */
export function createMatches(
  examples: readonly LabelledExample[],
  labels: readonly string[],
): LabelMatches;
/** Creates matches on examples of any one task. */
export function createMatches(
  examples: readonly Example[],
  labels: readonly string[],
  match?: Match,
): Matches;
export function createMatches(
  examples: readonly Example[],
  labels: readonly string[],
  match: Match = "exact",
): Matches {
  return examples.length === 0 || "label" in examples[0]
    ? createLabelMatches(examples as readonly LabelledExample[], labels)
    : createSpanMatches(examples as readonly (SpanExample | EntityExample)[], labels, match);
}

/** Joins the matches on the examples of `one` and of `other`, which must have the same labels. */
export function joinMatches(one: Matches, other: Matches): Matches {
  if (one.kind === "spans") {
    // Items are numbered as rules find them, so their numbers cannot be shifted: the rules run again.
    return createMatches([...one.examples, ...other.examples], one.labels, one.match);
  }
  return joinLabelMatches(one, requireLabels(other));
}

/**
 * Returns `matches` as those on labelled texts.
 *
 * @throws {TypeError} if they are on texts with spans
 */
export function requireLabels(matches: Matches): LabelMatches {
  if (matches.kind === "labels") return matches;
  throw new TypeError("The examples have spans, expected texts with labels");
}
