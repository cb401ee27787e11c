/**
 * Which rules of one set are which of another: by id, by what they match, by pattern, by name.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "../../learn/rules/rule.ts";
 * import { alignRules } from "./alignment.ts";
 *
 * const before = [createRule({ name: "a", label: "fee", patterns: ["fees?"] })];
 * const after = [createRule({ name: "b", label: "fee", patterns: ["fee|fees"] })];
 * assertEquals(alignRules(before, after).lost, before);
 * const { renamed } = alignRules(before, after, () => "0,3,7");
 * assertEquals(renamed[0].by, "matches");
 * ```
 *
 * @module
 */
import { measureReadability } from "../../learn/rules/reading.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { RuleComparison, RulePair } from "./comparison.ts";
import { diffRules } from "./differences.ts";

/**
 * Pairs the rules of two sets: first those with the same id, which match the same whatever they run on;
 * then, given `matchesOf`, those with the same label that match the same and match anything; then those
 * with the same patterns, preferably of one label; then those with the same name and label. If several
 * rules fit, the first in the order of the sets is taken, preferably one with the same name.
 *
 * @param matchesOf returns what a rule matches on some examples, as a key; empty if it matches nothing
 */
export function alignRules(
  before: readonly Rule[],
  after: readonly Rule[],
  matchesOf?: (rule: Rule) => string,
): RuleComparison {
  const keyOfMatches = (rule: Rule, ...more: string[]) => {
    const matches = matchesOf?.(rule) ?? "";
    return matches === "" ? undefined : JSON.stringify([rule.label, ...more, matches]);
  };
  const keys: [RulePair["by"], (rule: Rule) => string | undefined][] = [
    ["id", ({ id }) => id],
    ["matches", (rule) => keyOfMatches(rule, rule.name)],
    ["matches", (rule) => keyOfMatches(rule)],
    ["pattern", ({ label, patterns, not }) => JSON.stringify([label, patterns, not])],
    ["pattern", ({ patterns, not }) => JSON.stringify([patterns, not])],
    ["name", ({ label, name }) => JSON.stringify([label, name])],
  ];
  let [lost, added] = [before, after];
  const pairs: RulePair[] = [];
  for (const [by, keyOf] of keys) {
    const open = Map.groupBy(added, keyOf);
    open.delete(undefined);
    const taken = new Set<Rule>();
    lost = lost.filter((rule) => {
      const other = open.get(keyOf(rule))?.shift();
      if (other === undefined) return true;
      taken.add(other);
      pairs.push({ by, before: rule, after: other, changes: diffRules(rule, other) });
      return false;
    });
    added = added.filter((rule) => !taken.has(rule));
  }
  const changed = pairs.filter(({ changes }) => changes.length > 0);
  return {
    before: before.length,
    after: after.length,
    readability: { before: measureReadability(before), after: measureReadability(after) },
    onData: matchesOf !== undefined,
    unchanged: pairs.length - changed.length,
    renamed: changed.filter(({ by }) => by === "matches"),
    changed: changed.filter(({ by }) => by !== "matches"),
    lost,
    added,
  };
}
