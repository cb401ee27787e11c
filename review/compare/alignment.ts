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
import type { Rule } from "../../learn/rules/rule.ts";
import type { RuleComparison, RulePair } from "./comparison.ts";
import { diffRules } from "./differences.ts";

/**
 * Pairs the rules of two sets: first those of one id, which match the same whatever they are run on;
 * then, where `matchesOf` says what a rule matches, those of one label that match the same and at least
 * something; then those with the same patterns, of one label before others; then those of one name
 * within a label. Of several that would do, the first in the order of the sets is taken, one of the
 * same name before others.
 *
 * @param matchesOf what a rule matches on some examples, as a key; empty where it matches nothing
 */
export function alignRules(
  before: readonly Rule[],
  after: readonly Rule[],
  matchesOf?: (rule: Rule) => string,
): RuleComparison {
  const keys: [RulePair["by"], (rule: Rule) => string | undefined][] = [
    ["id", ({ id }) => id],
    ...matchesOf === undefined ? [] : matchingKeys(matchesOf),
    ["pattern", ({ label, patterns, not }) => JSON.stringify([label, patterns, not])],
    ["pattern", ({ patterns, not }) => JSON.stringify([patterns, not])],
    ["name", ({ label, name }) => JSON.stringify([label, name])],
  ];
  let [lost, added] = [before, after];
  const pairs: RulePair[] = [];
  for (const [by, keyOf] of keys) {
    const open = new Map<string, Rule[]>();
    for (const rule of added) {
      const key = keyOf(rule);
      if (key === undefined) continue;
      const alike = open.get(key);
      if (alike) alike.push(rule);
      else open.set(key, [rule]);
    }
    const taken = new Set<Rule>();
    lost = lost.filter((rule) => {
      const key = keyOf(rule);
      const other = key === undefined ? undefined : open.get(key)?.shift();
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
    onData: matchesOf !== undefined,
    unchanged: pairs.length - changed.length,
    renamed: changed.filter(({ by }) => by === "matches"),
    changed: changed.filter(({ by }) => by !== "matches"),
    lost,
    added,
  };
}

/** By label and matches: with the name first, so that of several the like-named are paired. */
function matchingKeys(
  matchesOf: (rule: Rule) => string,
): ["matches", (rule: Rule) => string | undefined][] {
  const keyOf = (rule: Rule, ...more: string[]) => {
    const found = matchesOf(rule);
    return found === "" ? undefined : JSON.stringify([rule.label, ...more, found]);
  };
  return [
    ["matches", (rule) => keyOf(rule, rule.name)],
    ["matches", (rule) => keyOf(rule)],
  ];
}
