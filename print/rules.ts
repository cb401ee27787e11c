/**
 * A rule set as text, label by label.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { phrasePattern, phraseReading } from "./rules.ts";
 *
 * const patterns = [String.raw`\bpending\b`, String.raw`\bpayment\w*`];
 * const rule = { patterns, not: ["fee"], flags: "i" };
 * assertEquals(phrasePattern(rule), String.raw`\bpending\b and \bpayment\w* and not fee`);
 * assertEquals(phraseReading(rule), "pending + payment* but not *fee*");
 * ```
 *
 * @module
 */
import { bold, cyan, dim } from "jsr:@std/fmt@^1/colors";
import { compareRules, type Decide } from "../learn/rules/decisions.ts";
import { countGroups, groupOf } from "../learn/rules/form.ts";
import { isNamedAsSaid, isReadable, sayRule } from "../learn/rules/reading.ts";
import { type Rule, withoutLabel } from "../learn/rules/rule.ts";
import { compareCodeUnits } from "../learn/text/folding.ts";
import { quote, showText } from "../learn/text/quoting.ts";
import type { Trace } from "../record/schema.ts";
import { phraseLocked } from "./corrections.ts";
import { separate } from "./layout.ts";
import { count, formatCount, formatPercent } from "./phrases.ts";
import { fitTable, numberColumn, textColumn } from "./table.ts";
import { truncate, wrap } from "./text.ts";

/** Columns that the name of a label should have at least. */
const LEAST_LABEL = 8;
/** Columns for the name of a rule beside what it says. */
const NAME_WIDTH = 28;
const INDENT = "  ";

/**
 * Formats the patterns of a rule: `a and b and not c`. For spans it says which part of the first pattern is
 * the span, unless the brackets show it: the only group, or all of a pattern without groups.
 */
export function phrasePattern(
  rule: Pick<Rule, "patterns" | "not" | "flags" | "group" | "template">,
  findsSpans = false,
): string {
  const { patterns: [first, ...others], not = [] } = rule;
  const found = findsSpans ? `${phraseSpan(rule)}${first}` : first;
  return showText([found, ...others, ...not.map((pattern) => `not ${pattern}`)].join(" and "));
}

/**
 * Formats a rule in the words of its readers, see `sayRule`. A rule for spans is said so only if all of it can be
 * and the span is all that the first pattern matches; else its patterns are shown.
 */
export function phraseReading(
  rule: Pick<Rule, "patterns" | "not" | "flags" | "group" | "template">,
  findsSpans = false,
): string {
  const isSaid = !findsSpans ||
    rule.template === undefined && countReadable(rule.patterns[0], rule.flags) === 0 &&
      isReadable(rule);
  return isSaid ? showText(sayRule(rule)) : phrasePattern(rule, findsSpans);
}

function phraseSpan(
  { patterns: [first], flags, group, template }: Parameters<typeof phrasePattern>[0],
): string {
  const groups = countReadable(first, flags);
  const span = template === undefined ? group : groupOf(template);
  if (span === undefined && template !== undefined && template.text !== "$0") {
    return `${quote(template.text)} of `;
  }
  if (span === undefined) return groups === 0 ? "" : "all of ";
  return span === 1 && groups === 1 ? "" : `group ${span} of `;
}

/** Counts the groups of a pattern; `undefined` if it is not a regular expression here. */
function countReadable(pattern: string, flags: string): number | undefined {
  try {
    return countGroups(pattern, flags);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Formats rules under their labels, in lines of at most `width` columns, in {@linkcode listingOrder}. A
 * decision list (`first`) shows priorities. Names are shown if they say something else than the rules do, and locked
 * rules are marked if there are any. If room is short, the columns of support, precision and names are left out, in
 * this order.
 */
export function formatRuleList(
  rules: readonly Rule[],
  decide: Decide,
  width: number,
  findsSpans = false,
): string[] {
  const { reading, layouts } = listColumns(rules, decide, findsSpans);
  const labels = [...Map.groupBy(rules, ({ label }) => label)]
    .sort(([one], [other]) => compareCodeUnits(one, other));
  const table = fitTable(rules, layouts, reading, width - INDENT.length);
  return separate(labels.map(([label, group]) => [
    formatLabel(label, group, width),
    INDENT + dim(table.heading.trimEnd()),
    ...group.sort(listingOrder(decide)).flatMap((rule) => {
      const [first, ...rest] = wrap(reading.text(rule), table.room);
      const indent = INDENT + " ".repeat(table.indent);
      return [
        (INDENT + table.format(rule, first)).trimEnd(),
        ...rest.map((line) => indent + line),
      ];
    }),
  ]));
}

function formatLabel(label: string, rules: readonly Rule[], width: number): string {
  const amount = `, ${count(rules.length, "rule")}`;
  const locked = phraseLocked(rules);
  // The name of the label goes before how many rules are locked.
  const most = width - amount.length - locked.length;
  const [room, rest] = most < LEAST_LABEL
    ? [width - amount.length, amount]
    : [most, amount + locked];
  return bold(truncate(showText(label), room)) + rest;
}

/** Tells how the rules of a run decide: rules for spans are a decision list. */
export function decideOf({ run: { config, dataset } }: Trace): Decide {
  return dataset.task !== "classification" || config.decide === "first" ? "first" : "vote";
}

function listColumns(rules: readonly Rule[], decide: Decide, findsSpans: boolean) {
  const rank = decide === "vote"
    ? numberColumn<Rule>("weight", ({ weight = 1 }) => weight.toFixed(2))
    : numberColumn<Rule>("priority", ({ priority }) => String(priority));
  const precision = numberColumn<Rule>(
    "precision",
    ({ precision }) => precision === undefined ? "" : `${formatPercent(precision)} %`,
  );
  const support = numberColumn<Rule>(
    "support",
    ({ support }) => support === undefined ? "" : formatCount(support),
  );
  const isNamed = (rule: Rule) => !isNamedAsSaid(rule);
  const name = textColumn<Rule>(
    "name",
    (rule) => isNamed(rule) ? truncate(showText(withoutLabel(rule)), NAME_WIDTH) : "",
    cyan,
  );
  const reading = textColumn<Rule>("rule", (rule) => phraseReading(rule, findsSpans));
  const names = rules.some(isNamed) ? [name] : [];
  const locked = rules.some((rule) => rule.locked)
    ? [textColumn<Rule>("", (rule) => rule.locked ? "locked" : "", dim)]
    : [];
  const layouts = [
    [rank, precision, support, ...locked, ...names, reading],
    [rank, precision, ...locked, ...names, reading],
    [rank, precision, ...locked, reading],
    [rank, ...locked, reading],
    [rank, reading],
  ];
  return { reading, layouts };
}

/**
 * Returns the order in which rules are listed: in a vote the heaviest first and, at the same weight, the one
 * with more support; in a decision list (`first`) the order in which they decide.
 */
export function listingOrder(decide: Decide): (one: Rule, other: Rule) => number {
  if (decide === "first") return compareRules;
  return (one, other) =>
    (other.weight ?? 1) - (one.weight ?? 1) || (other.support ?? 0) - (one.support ?? 0) ||
    compareCodeUnits(one.name, other.name) || compareCodeUnits(one.id, other.id);
}
