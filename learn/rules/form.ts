/**
 * The form of a rule: whether its patterns compile and have its group.
 *
 * @module
 */
import { checkSyntax, countGroups } from "./expressions.ts";
import type { MatchField, Refusal, Rule } from "./rule.ts";

/** The longest pattern that is accepted, in UTF-16 code units. */
const MAX_PATTERN_LENGTH = 4_000;

/**
 * Returns why no engine can run a rule, without a look at the time that it takes: a pattern is too long or does
 * not compile, or the first one does not have the group. Takes time linear in the length of the patterns.
 */
export function findFormDefect(rule: Pick<Rule, MatchField>): Omit<Refusal, "name"> | undefined {
  for (const pattern of [...rule.patterns, ...rule.not ?? []]) {
    const defect = findSyntaxDefect(pattern, rule.flags);
    if (defect !== undefined) return defect;
  }
  return findGroupDefect(rule);
}

/** Returns why a pattern is none, if so. */
export function findSyntaxDefect(
  pattern: string,
  flags: string,
): Omit<Refusal, "name"> | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    const detail = `pattern of ${pattern.length} characters, at most ${MAX_PATTERN_LENGTH}`;
    return { code: "invalid-pattern", detail };
  }
  try {
    checkSyntax(pattern, flags);
  } catch (error) {
    return { code: "invalid-pattern", detail: (error as Error).message };
  }
}

/** Returns that the first pattern of a rule does not have its group, if so. */
export function findGroupDefect(
  { patterns, flags, group = 0, template }: Pick<Rule, MatchField>,
): Omit<Refusal, "name"> | undefined {
  const last = Math.max(group, groupOf(template) ?? 0);
  const groups = last === 0 ? 0 : countGroups(patterns[0], flags);
  if (last <= groups) return undefined;
  const detail = `group ${last} is wanted, and the first pattern has ${groups || "none"}`;
  return { code: "invalid-rule", detail };
}

/** Returns the number of the group that a template names. */
export function groupOf(template: Rule["template"]): number | undefined {
  return template && Number(template.text.slice(1));
}
