/**
 * Confidence of rules, from what they predict on held-out examples.
 *
 * @module
 */
import { calibrate, type Confidence } from "../rules/confidence.ts";
import type { DecisionOptions } from "../rules/decisions.ts";
import type { Rule } from "../rules/rule.ts";
import type { Matches } from "./matches.ts";
import { findOutcomes } from "./outcomes.ts";

/**
 * Learns what the margins of rules mean.
 *
 * @param matches the kept matches on examples that the rules were not learned from
 * @returns `undefined` unless rules vote for labels, and predict one
 */
export function calibrateOn(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Confidence | undefined {
  if (matches.kind !== "labels" || options.decide !== "vote") return undefined;
  const predicted = findOutcomes(matches, rules, options).filter((one) => one.predicted !== -1);
  return calibrate(
    predicted.map(({ margin, gold, predicted }) => ({ margin, isCorrect: gold === predicted })),
  );
}
