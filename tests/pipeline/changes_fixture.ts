/**
 * Rules and what changes to them depend on, for tests.
 *
 * @module
 */
import { createRule, type Proposal, type Rule } from "../../learn/rules/rule.ts";
import type { ChangeContext } from "../../pipeline/changes.ts";

export const proposal = (name: string, changes: Partial<Proposal> = {}): Proposal => ({
  name,
  label: "card",
  patterns: [name],
  ...changes,
});
export const rule = (name: string, changes: Partial<Proposal> = {}): Rule =>
  createRule(proposal(name, changes));
export const [a, b, c] = [rule("a", { weight: 2 }), rule("b"), rule("c")];
export const labels = new Set(["card", "rate"]);
export const contextOf = (...known: readonly Rule[]): ChangeContext => ({
  labels,
  definitions: new Map(known.map((one) => [one.id, one])),
});
export const context = contextOf(a, b, c);
export const UNKNOWN = "r000000000000";
