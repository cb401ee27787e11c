/**
 * What the errors of all tasks share: labels with their scores, pairs by count, places of rules.
 *
 * @module
 */
import { compareRules } from "../../rules/decisions.ts";
import type { Rule } from "../../rules/rule.ts";
import type { LabelFacts } from "../errors.ts";
import type { LabelScores } from "../scoring.ts";

/** Tells of each scored label how many examples or spans and how many rules it has. */
export function describeLabels(
  labels: readonly LabelScores[],
  rules: readonly Rule[],
): LabelFacts[] {
  const counts = Map.groupBy(rules, ({ label }) => label);
  return labels.map((scores) => ({
    ...scores,
    support: scores.tp + scores.fn,
    rules: counts.get(scores.label)?.length ?? 0,
  }));
}

/**
 * Groups errors by their gold and predicted labels, the largest group first; then in the order of the
 * indexes, of which -1, for no label, is the first.
 */
export function groupPairs<E extends { readonly gold: number; readonly predicted: number }>(
  errors: readonly E[],
): E[][] {
  return [...Map.groupBy(errors, ({ gold, predicted }) => `${gold},${predicted}`).values()]
    .sort((one, other) =>
      other.length - one.length || one[0].gold - other[0].gold ||
      one[0].predicted - other[0].predicted
    );
}

/** Returns a function that tells the place of a rule in the order in which rules decide, from 1. */
export function placeRules(rules: readonly Rule[]): (rule: Rule) => number {
  const places = new Map(rules.toSorted(compareRules).map(({ id }, index) => [id, index + 1]));
  return ({ id }) => places.get(id)!;
}
