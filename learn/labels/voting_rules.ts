/**
 * Rules that vote while they are learned: their examples, weights and alternatives.
 *
 * @module
 */
import type { Syntax } from "./atoms.ts";
import { readAlternation, writeAlternation } from "./alternations.ts";
import type { Penalty, Weighted } from "./fitting.ts";
import type { LabelCandidate, Pool } from "./pool.ts";
import { type Rule, ruleId } from "../rules/rule.ts";
import type { Votes } from "./votes.ts";

/** A rule that votes, and may still change. */
export interface VotingRule extends Weighted {
  texts: Int32Array;
  /** All must be met: each a list of patterns, of which one must match. */
  conditions: readonly (readonly string[])[];
  /** The rule of the set that it is, or was made of. */
  readonly rule?: Rule;
  /** Whether it must stay as it is, but for its weight. */
  readonly isKept?: boolean;
  /** Whether its conditions say all that it matches by, so that it can be extended. */
  readonly isPlain: boolean;
}

/** The rules so far, what they vote, and what they can still be made of. */
export interface Ensemble {
  readonly pool: Pool;
  readonly syntax: Syntax;
  readonly votes: Votes;
  readonly penalty: Penalty;
  /** In the order in which they came. */
  readonly rules: VotingRule[];
  /** Ids of rules that must not come (back). */
  readonly unwanted: ReadonlySet<string>;
  /** Labels in the order of their positions. */
  readonly labels: readonly string[];
}

/** Goes on with other rules: there may be too many for the arguments of one call. */
export function setRules({ rules }: Ensemble, others: readonly VotingRule[]): void {
  rules.length = 0;
  for (const rule of others) rules.push(rule);
}

/** Returns the conditions of a rule of the set. */
export function readConditions({ patterns }: Rule, syntax: Syntax): string[][] {
  return patterns.map((pattern) => readAlternation(pattern, syntax));
}

/** Writes the patterns of a rule. */
export function writePatterns(
  { conditions }: Pick<VotingRule, "conditions">,
  syntax: Syntax,
): string[] {
  return conditions.map((alternatives) => writeAlternation(alternatives, syntax));
}

/** Lists what rules are made of, as candidates are known by: a label and one pattern for each condition. */
export function listParts(
  { rules, syntax }: Pick<Ensemble, "rules" | "syntax">,
): Set<string> {
  const parts = new Set<string>();
  for (const { label, conditions } of rules) {
    if (conditions.length > 2) continue;
    // The forms of a stem, read as alternatives, are one pattern too.
    const [first, second] = conditions.map((alternatives) => [
      ...alternatives,
      writeAlternation(alternatives, syntax),
    ]);
    for (const one of first) {
      if (second === undefined) parts.add(keyOfPatterns(label, [one]));
      else for (const other of second) parts.add(keyOfPatterns(label, [one, other]));
    }
  }
  return parts;
}

/** Returns what a candidate is known by, whatever the order of its patterns. */
export function keyOfPatterns(label: number, patterns: readonly string[]): string {
  return `${label}\n${patterns.toSorted().join("\n")}`;
}

/** Tells whether a rule must not come (back). */
export function isUnwanted(
  { labels, unwanted, syntax }: Ensemble,
  label: number,
  patterns: readonly string[],
): boolean {
  if (unwanted.size === 0) return false;
  return unwanted.has(
    ruleId({ label: labels[label], patterns: [...patterns], flags: syntax.flags }),
  );
}

/** Makes a rule of a candidate, without a vote. */
export function toVotingRule({ label, texts, feature }: LabelCandidate): VotingRule {
  const conditions = feature.patterns().map((pattern) => [pattern]);
  return { label, texts, weight: 0, conditions, isPlain: true };
}
