/**
 * Keeps rules of RuleChef in the order in which they decide there.
 *
 * @module
 */
import { compareRules } from "../learn/rules/decisions.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { compareCodeUnits } from "../learn/text/folding.ts";
import { quote } from "../learn/text/quoting.ts";

/** The longest name of a rule. */
export const MAX_NAME = 400;

/** A rule that was taken from a file. */
export interface TakenRule {
  readonly rule: Rule;
  /** Its id in RuleChef, if the file gives one. */
  readonly source: string | undefined;
  /** Its place in the file, from 0. */
  readonly index: number;
}

/**
 * Returns the rules, renamed if they would decide in another order than in RuleChef.
 *
 * @throws {RangeError} if new names do not help
 */
export function keepOrder(taken: readonly TakenRule[], fail: string): Rule[] {
  const compareByName = (a: Rule, b: Rule) => compareRules({ ...a, id: "" }, { ...b, id: "" });
  // RuleChef gives rules without an id a random one, so they stay in the order of the file.
  const ordered = taken.toSorted((a, b) =>
    compareByName(a.rule, b.rule) || compareCodeUnits(a.source ?? "", b.source ?? "") ||
    a.index - b.index
  );
  const renamed = new Map<Rule, Rule>();
  ordered.forEach(({ rule, source, index: place }, index) => {
    const before = ordered[index - 1]?.rule;
    if (before === undefined || compareByName(before, rule) !== 0) return;
    // Once one of them is renamed, all that follow must be.
    if (!renamed.has(before) && compareRules(before, rule) < 0) return;
    const mark = source || String(place + 1);
    const name = `${rule.name} [${mark.toWellFormed()}]`;
    if (name.length <= MAX_NAME) renamed.set(rule, { ...rule, name });
  });
  const rename = ({ rule }: TakenRule) => renamed.get(rule) ?? rule;
  const result = ordered.map(rename);
  result.forEach((rule, index) => {
    if (index === 0 || compareRules(result[index - 1], rule) < 0) return;
    const names = `${quote(result[index - 1].name)} and ${quote(rule.name)}`;
    throw new RangeError(`${fail} the rules ${names} would change places, give them other names`);
  });
  return taken.map(rename);
}
