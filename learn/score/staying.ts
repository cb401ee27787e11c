/**
 * Rules that a run begins with: which of them must stay.
 *
 * @module
 */
import type { Rule } from "../rules/rule.ts";
import type { Matches } from "./matches.ts";
import { wilsonLowerBound } from "./wilson.ts";

/** Counts the items that a rule matches, and those of them that have its label. Runs it first if need be. */
export function countCorrect(rule: Rule, matches: Matches): { tp: number; support: number } {
  matches.add([rule]);
  const items = matches.of(rule.id);
  const label = matches.indexOf(rule.label);
  let tp = 0;
  for (const item of items) if (matches.gold[item] === label) tp++;
  return { tp, support: items.length };
}

/**
 * Tells whether examples contradict a rule: it is more often wrong than right, so that the whole confidence
 * interval of its precision (Wilson 1927) is below one half. It takes two wrong matches without a correct one.
 */
export function isContradicted(rule: Rule, matches: Matches): boolean {
  const { tp, support } = countCorrect(rule, matches);
  return wilsonLowerBound(support - tp, support) > 0.5;
}

/**
 * Tells whether a rule must stay: it is locked, or it was given and the examples do not contradict it. That it
 * matches none of them says nothing.
 *
 * @param given the ids of the rules that the run began with
 */
export function mustStay(
  rule: Rule,
  given: ReadonlySet<string> | undefined,
  matches: Matches,
): boolean {
  if (rule.locked) return true;
  return given !== undefined && given.has(rule.id) && !isContradicted(rule, matches);
}
