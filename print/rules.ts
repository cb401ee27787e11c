/**
 * A set of rules as text, label by label.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { phrasePattern } from "./rules.ts";
 *
 * const patterns = [String.raw`\bpending\b`, String.raw`\bpayment\w*`];
 * const text = phrasePattern({ patterns, not: ["fee"], flags: "i" });
 * assertEquals(text, String.raw`\bpending\b and \bpayment\w* and not fee`);
 * ```
 *
 * @module
 */
import { bold, cyan, dim } from "jsr:@std/fmt@^1/colors";
import { countGroups } from "../learn/rules/expressions.ts";
import { compareRules, type Decide } from "../learn/rules/decisions.ts";
import { compareCodeUnits } from "../learn/text/folding.ts";
import { type Rule, withoutLabel } from "../learn/rules/rule.ts";
import type { Trace } from "../record/schema.ts";
import { count, formatCount, formatPercent } from "./phrases.ts";
import { type Column, fitTable } from "./table.ts";
import { truncate, wrap } from "./text.ts";
import { showText } from "../learn/text/quoting.ts";

/** Columns that the name of a rule gets beside its patterns. */
const NAME_WIDTH = 28;
const INDENT = "  ";

/**
 * All that must match, and all that must not: `a and b and not c`. What of the first pattern is the span
 * is said where its brackets do not show it: the one group that there is, or the whole where there is
 * none.
 */
export function phrasePattern(
  rule: Pick<Rule, "patterns" | "not" | "flags" | "group" | "template">,
  findsSpans = false,
): string {
  const { patterns: [first, ...others], not = [] } = rule;
  const found = findsSpans ? `${phraseSpan(rule)}${first}` : first;
  return showText([found, ...others, ...not.map((pattern) => `not ${pattern}`)].join(" and "));
}

function phraseSpan(
  { patterns: [first], flags, group, template }: Parameters<typeof phrasePattern>[0],
): string {
  const groups = countReadable(first, flags);
  const span = group ?? (template === undefined ? undefined : Number(template.text.slice(1)));
  if (span === undefined) return groups === 0 ? "" : "all of ";
  return span === 1 && groups === 1 ? "" : `group ${span} of `;
}

/** How many groups a pattern has; none is known of one that is no regular expression here. */
function countReadable(pattern: string, flags: string): number | undefined {
  try {
    return countGroups(pattern, flags);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Rules under their labels, in lines of at most `width` columns; within a label in
 * {@linkcode listingOrder}. A decision list (`first`) shows priorities. Where room is short, support, precision and the name's own column go.
 */
export function formatRuleList(
  rules: readonly Rule[],
  decide: Decide,
  width: number,
  findsSpans = false,
): string[] {
  const byLabel = new Map<string, Rule[]>();
  for (const rule of rules) {
    const group = byLabel.get(rule.label) ?? [];
    byLabel.set(rule.label, group);
    group.push(rule);
  }
  const layouts = columns(decide, findsSpans);
  const labels = [...byLabel].sort(([one], [other]) => compareCodeUnits(one, other));
  const table = fitTable(rules, layouts.all, layouts.pattern, width - INDENT.length);
  return labels.flatMap(([label, group], place) => [
    ...(place === 0 ? [] : [""]),
    formatLabel(label, group.length, width),
    INDENT + dim(table.heading.trimEnd()),
    ...group.sort(listingOrder(decide)).flatMap((rule) => {
      const [first, ...rest] = wrap(layouts.pattern.text(rule), table.room);
      const indent = INDENT + " ".repeat(table.indent);
      return [
        (INDENT + table.format(rule, first)).trimEnd(),
        ...rest.map((line) => indent + line),
      ];
    }),
  ]);
}

function formatLabel(label: string, rules: number, width: number): string {
  const amount = `, ${count(rules, "rule")}`;
  return bold(truncate(showText(label), width - amount.length)) + amount;
}

/** How the rules of a run decide: spans are found by a list. */
export function decideOf({ run: { config, dataset } }: Trace): Decide {
  return dataset.task !== "classification" || config.decide === "first" ? "first" : "vote";
}

function columns(decide: Decide, findsSpans: boolean) {
  const right = (heading: string, text: (rule: Rule) => string): Column<Rule> => ({
    heading,
    side: "right",
    text,
  });
  const rank = decide === "vote"
    ? right("weight", (rule) => (rule.weight ?? 1).toFixed(2))
    : right("priority", (rule) => String(rule.priority));
  const precision = right(
    "precision",
    (rule) => rule.precision === undefined ? "" : `${formatPercent(rule.precision)} %`,
  );
  const support = right(
    "support",
    (rule) => rule.support === undefined ? "" : formatCount(rule.support),
  );
  const name: Column<Rule> = {
    heading: "name",
    side: "left",
    text: (rule) => truncate(showText(withoutLabel(rule)), NAME_WIDTH),
    paint: cyan,
  };
  const pattern: Column<Rule> = {
    heading: "pattern",
    side: "left",
    text: (rule) => phrasePattern(rule, findsSpans),
  };
  return {
    pattern,
    all: [
      [rank, precision, support, name, pattern],
      [rank, precision, name, pattern],
      [rank, precision, pattern],
      [rank, pattern],
    ],
  };
}

/**
 * The order in which rules are listed: in a vote the heaviest first and, at the same weight, the one
 * that matched more; in a decision list (`first`) the order in which they decide.
 */
export function listingOrder(decide: Decide): (one: Rule, other: Rule) => number {
  if (decide === "first") return compareRules;
  return (one, other) =>
    (other.weight ?? 1) - (one.weight ?? 1) || (other.support ?? 0) - (one.support ?? 0) ||
    compareCodeUnits(one.name, other.name) || compareCodeUnits(one.id, other.id);
}
