/**
 * The section about the rules that two runs ended with.
 *
 * @module
 */
import { isNamedAsSaid } from "../../learn/rules/reading.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import { count, formatCount, phraseReadability, showName } from "../../print/phrases.ts";
import { listingOrder, phrasePattern, phraseReading } from "../../print/rules.ts";
import type { RuleComparison, RulePair } from "./comparison.ts";
import {
  type ComparisonSection,
  phraseStrength,
  say,
  type SectionEntry,
  type SectionPart,
} from "./sections.ts";

/** Fields that change neither what a rule matches nor its name. */
const STRENGTHS = new Set(["weight", "priority", "precision", "support"]);

/**
 * Lays out which rules were lost, added and changed.
 *
 * @param limit how many rules one list names
 * @param findsSpans whether to say which part of a pattern is the span
 */
export function describeRules(
  rules: RuleComparison,
  limit: number,
  findsSpans: boolean,
): ComparisonSection {
  const { before, after, readability, onData, unchanged, renamed, changed, lost, added } = rules;
  const { reweighted = [], rewritten = [] } = Object.groupBy(
    changed,
    ({ changes }) =>
      changes.every(({ field }) => STRENGTHS.has(field)) ? "reweighted" : "rewritten",
  );
  const amounts = ([
    [unchanged, "unchanged"],
    [reweighted.length, "with another weight, priority or precision"],
    [renamed.length, "matching the same under another name or pattern"],
    [rewritten.length, "changed"],
    [lost.length, "lost"],
    [added.length, "added"],
  ] as const).flatMap(([amount, what]) => amount === 0 ? [] : `${formatCount(amount)} ${what}`);
  const how = onData ? "id, what they match on the data, pattern, name" : "id, pattern, name";
  const size = `${count(before, "rule")} → ${formatCount(after)}`;
  const cost = phraseReadability(readability.before, readability.after);
  const list = (title: string, entries: readonly SectionEntry[]): SectionPart[] =>
    entries.length === 0
      ? []
      : [{ kind: "list", title, entries: entries.slice(0, limit), amount: entries.length }];
  return {
    id: "rules",
    heading: "rules",
    parts: [
      say(amounts.length === 0 ? size : `${size}: ${amounts.join(", ")}`),
      ...(cost === "" ? [] : [say(cost)]),
      say(`aligned by ${how}`, "quiet"),
      ...list("lost", describeSide("before", lost, findsSpans)),
      ...list("added", describeSide("after", added, findsSpans)),
      ...list("same matches, another name or pattern", renamed.map(describePair)),
      ...list("changed", rewritten.map(describePair)),
      ...list("another weight, priority or precision", reweighted.map(describePair)),
    ],
  };
}

/** Describes rules by label, in the order in which they count, so that a cut list names the first. */
function describeSide(
  side: "before" | "after",
  rules: readonly Rule[],
  findsSpans: boolean,
): SectionEntry[] {
  // A comparison does not say how rules decide, but in a vote they have no priorities.
  const isList = findsSpans || rules.some(({ priority }) => priority !== 0);
  const order = listingOrder(isList ? "first" : "vote");
  return rules.toSorted((a, b) => compareCodeUnits(a.label, b.label) || order(a, b))
    .map((rule) => ({
      name: isNamedAsSaid(rule) ? showName(rule.label) : nameRule(rule),
      text: phraseReading(rule, findsSpans),
      pattern: phrasePattern(rule, findsSpans),
      rules: { [side]: rule.id },
      label: rule.label,
    }));
}

function describePair({ before, after, changes }: RulePair): SectionEntry {
  return {
    name: nameRule(before),
    text: changes.map(phraseStrength).join(", "),
    rules: { before: before.id, after: after.id },
    label: before.label,
  };
}

/** Returns the name of a rule, with its label unless the name begins with that. */
function nameRule({ name, label }: Rule): string {
  return name.startsWith(`${label}/`) ? showName(name) : `${showName(name)} (${showName(label)})`;
}
