/**
 * What became of the rules, as a section.
 *
 * @module
 */
import type { Rule } from "../../learn/rules/rule.ts";
import { count, formatCount, showName } from "../../print/phrases.ts";
import { phrasePattern } from "../../print/rules.ts";
import type { RuleComparison, RulePair } from "./comparison.ts";
import { andMore, type Part, phraseStrength, say, type Section } from "./sections.ts";

/** Fields that do not change what a rule matches, nor what it is called. */
const STRENGTHS = new Set(["weight", "priority", "precision", "support"]);

/**
 * @param limit how many rules one list names
 * @param findsSpans whether patterns are to say what of them is the span
 */
export function describeRules(
  rules: RuleComparison,
  limit: number,
  findsSpans: boolean,
): Section {
  const { before, after, onData, unchanged, renamed, changed, lost, added } = rules;
  const isReweighted = ({ changes }: RulePair) =>
    changes.every(({ field }) => STRENGTHS.has(field));
  const reweighted = changed.filter(isReweighted);
  const rewritten = changed.filter((pair) => !isReweighted(pair));
  const parts = [
    ...told(unchanged, "unchanged"),
    ...told(reweighted.length, "with another weight, priority or precision"),
    ...told(renamed.length, "matching the same under another name or pattern"),
    ...told(rewritten.length, "changed"),
    ...told(lost.length, "lost"),
    ...told(added.length, "added"),
  ];
  const how = onData ? "id, what they match on the data, pattern, name" : "id, pattern, name";
  const size = `${count(before, "rule")} → ${formatCount(after)}`;
  const sections: Part[] = [
    say(parts.length === 0 ? size : `${size}: ${parts.join(", ")}`),
    say(`aligned by ${how}`, "quiet"),
    ...listRules("lost", lost, limit, findsSpans),
    ...listRules("added", added, limit, findsSpans),
    ...listPairs("match the same", renamed, limit),
    ...listPairs("changed", rewritten, limit),
    ...listPairs("with other strengths", reweighted, limit),
  ];
  return { heading: "rules", parts: sections };
}

function told(amount: number, what: string): string[] {
  return amount === 0 ? [] : [`${formatCount(amount)} ${what}`];
}

function listRules(
  title: string,
  rules: readonly Rule[],
  limit: number,
  findsSpans: boolean,
): Part[] {
  if (rules.length === 0) return [];
  const entries = [...rules].sort(byLabel).slice(0, limit).map((rule) => ({
    name: nameRule(rule),
    text: phrasePattern(rule, findsSpans),
    isPattern: true,
  }));
  return [say(title, "heading"), { kind: "entries", entries }, ...andMore(rules.length, limit)];
}

/** The name of a rule, with its label where the name does not say it. */
function nameRule({ name, label }: Rule): string {
  return name.startsWith(`${label}/`) ? showName(name) : `${showName(name)} (${showName(label)})`;
}

/** By label, then the weightiest, so that a cut list names what counts. */
function byLabel(a: Rule, b: Rule): number {
  if (a.label !== b.label) return a.label < b.label ? -1 : 1;
  return b.priority - a.priority || (b.weight ?? 1) - (a.weight ?? 1) || (a.id < b.id ? -1 : 1);
}

function listPairs(title: string, pairs: readonly RulePair[], limit: number): Part[] {
  if (pairs.length === 0) return [];
  const entries = pairs.slice(0, limit).map(({ before, changes }) => ({
    name: nameRule(before),
    text: changes.map((change) => `${change.field} ${phraseStrength(change)}`).join(", "),
  }));
  return [say(title, "heading"), { kind: "entries", entries }, ...andMore(pairs.length, limit)];
}
