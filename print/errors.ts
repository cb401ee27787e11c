/**
 * What rules get wrong as text: each pair of labels with its texts, what was given and what was wanted.
 *
 * @module
 */
import { bold, cyan, dim, green, red } from "jsr:@std/fmt@^1/colors";
import type {
  LabelConfusion,
  LabelError,
  LabelErrors,
  LabelFacts,
  MatchedRule,
  RuleErrors,
  SpanConfusion,
  SpanError,
  SpanErrors,
} from "../learn/score/errors.ts";
import { withoutLabel } from "../learn/rules/rule.ts";
import { showText } from "../learn/text/quoting.ts";
import { excerptAround, markSpan } from "./excerpts.ts";
import { separate } from "./layout.ts";
import { count, formatCount, listFew, phrasePair } from "./phrases.ts";
import { columns } from "./scores.ts";
import { formatTable, numberColumn, textColumn } from "./table.ts";
import { displayWidth, truncate, wrap } from "./text.ts";

/** A text gets this many lines before its middle is left out. */
const LINES = 3;
/** Columns for the name of a rule among several. */
const NAME_WIDTH = 40;
/** Columns before what was wanted or given, and before the words for it. */
const INDENT = "    ";
const WANTED = "wanted  ";
const GIVEN = "given   ";

/** Formats each pair of labels with its errors, in lines of at most `width` columns. */
export function formatPairs(errors: RuleErrors, width: number): string[] {
  return separate(
    errors.task === "classification"
      ? errors.pairs.map((pair) =>
        formatPair(errors, pair, width, (error) => formatLabelError(errors, pair, error, width))
      )
      : errors.pairs.map((pair) =>
        formatPair(errors, pair, width, (error) => formatSpanError(errors, pair, error, width))
      ),
  );
}

/** Tells how many examples are wrong: `28 rules, wrong on 11 of 200 examples`. */
export function phraseErrors(errors: RuleErrors): string {
  const { rules, examples, wrong } = errors;
  const of = wrong === 0 ? "wrong on none" : `wrong on ${formatCount(wrong)}`;
  const match = errors.task === "classification" ? "" : `, by ${errors.match} match`;
  return `${count(rules, "rule")}, ${of} of ${count(examples, "example")}${match}`;
}

/** Lists labels with the lowest F1 first, as these are looked for. */
export function sortLabels(labels: readonly LabelFacts[]): LabelFacts[] {
  return labels.toSorted((a, b) => a.f1 - b.f1 || b.support - a.support);
}

/** Formats the scores of each label, with how many examples and rules it has. */
export function formatLabelFacts(labels: readonly LabelFacts[], width: number): string[] {
  const name = textColumn<LabelFacts>("label", ({ label }) => showText(label), cyan);
  const support = numberColumn<LabelFacts>("support", ({ support }) => formatCount(support));
  const rules = numberColumn<LabelFacts>("rules", ({ rules }) => formatCount(rules));
  const { precision, recall, f1 } = columns;
  const layouts = [
    [name, precision, recall, f1, support, rules],
    [name, precision, recall, f1, support],
    [name, f1, support],
    [name, f1],
  ];
  return formatTable(sortLabels(labels), layouts, name, width);
}

function formatPair<E>(
  { task }: RuleErrors,
  { gold, predicted, count: total, examples }: {
    readonly gold: string | null;
    readonly predicted: string | null;
    readonly count: number;
    readonly examples: readonly E[];
  },
  width: number,
  format: (error: E) => string[],
): string[] {
  const amount = `, ${count(total, task === "classification" ? "example" : "span")}`;
  const pair = phrasePair(task, gold, predicted, showText);
  const more = total - examples.length;
  return [
    ...wrap(truncate(pair, LINES * width) + amount, width).map(bold),
    ...examples.flatMap(format),
    ...(more === 0 ? [] : [dim(`  … ${formatCount(more)} more`)]),
  ];
}

function formatLabelError(
  errors: LabelErrors,
  { gold, predicted }: LabelConfusion,
  error: LabelError,
  width: number,
): string[] {
  const places = [...error.decidedBy, ...error.needed].flatMap(({ at }) => at);
  const text = excerptAround(error.text, places, LINES * (width - 2));
  const lines = wrap(text, width - 2).map((line) => `  ${line}`);
  const source = phraseSource(error);
  const last = lines.length - 1;
  if (displayWidth(lines[last]) + 2 + displayWidth(source) <= width) {
    lines[last] += `  ${dim(source)}`;
  } else lines.push(dim(INDENT + truncate(source, width - INDENT.length)));
  return [
    ...lines,
    ...formatReason(GIVEN, phraseGiven(errors, predicted, error), red, width),
    ...formatReason(WANTED, phraseWanted(errors, gold, error), green, width),
  ];
}

/** Lays out a reason in lines beside a word, of which only the word is painted. */
function formatReason(
  lead: string,
  reason: string,
  paint: (text: string) => string,
  width: number,
): string[] {
  const [first, ...rest] = wrap(reason, width - INDENT.length - lead.length);
  const indent = INDENT + " ".repeat(lead.length);
  return [INDENT + paint(lead) + first, ...rest.map((line) => indent + line)];
}

/** Tells where an example is: `line 136, eed2145e31d`. */
export function phraseSource({ id, line }: Pick<LabelError, "id" | "line">): string {
  return `${line === undefined ? "" : `line ${line}, `}${showText(id)}`;
}

/** Tells what was predicted for a text, and by which rules; or why nothing was. */
export function phraseGiven(
  { decide, threshold }: Pick<LabelErrors, "decide" | "threshold">,
  predicted: string | null,
  { isDefault, votes = [], decidedBy }: LabelError,
): string {
  const best = votes.at(0);
  const reason = decide === "first" || best === undefined
    ? "no rule matches"
    : `${showText(best.label)} has ${phraseVotes(best.votes)}, not over ${threshold}`;
  if (predicted === null) return `nothing, as ${reason}`;
  if (isDefault) return `${showText(predicted)}, the default, as ${reason}`;
  const rules = phraseMatched(predicted, decidedBy);
  return decide === "first"
    ? `${showText(predicted)} by ${rules}`
    : `${showText(predicted)} ${formatVotes(best?.votes ?? 0)}: ${rules}`;
}

/** Tells which rules of the gold label match a text, and what they lack. */
export function phraseWanted(
  { labels, decide }: Pick<LabelErrors, "labels" | "decide">,
  gold: string,
  { votes = [], lacked = 0, needed }: LabelError,
): string {
  if (needed.length === 0) return phraseNone(labels, gold, "matches");
  const rules = phraseMatched(gold, needed);
  if (decide === "first") return `${showText(gold)} by ${rules}, but later`;
  const own = votes.find(({ label }) => label === gold)?.votes ?? 0;
  const lack = lacked === 0 ? "as many, but later by name" : `${formatVotes(lacked)} short`;
  return `${showText(gold)} ${formatVotes(own)}, ${lack}: ${rules}`;
}

/** Tells that no rule of a label does something, or that there is none. */
function phraseNone(labels: RuleErrors["labels"], gold: string, verb: string): string {
  const facts = labels.find(({ label }) => label === gold);
  const none = facts?.rules === 0 ? "no rule stands for it" : `no rule of it ${verb}`;
  return `${showText(gold)}: ${none}`;
}

/** Lists rules with their votes or places, those that decide most first. */
function phraseMatched(label: string, rules: readonly MatchedRule[]): string {
  return listFew(rules, ", ", (rule) => phraseRule(withoutLabel({ ...rule, label }), rule));
}

function phraseRule(name: string, { votes, place }: MatchedRule): string {
  const shown = truncate(showText(name), NAME_WIDTH);
  return votes === undefined
    ? `${shown} (rule ${formatCount(place!)})`
    : `${shown} ${formatVotes(votes)}`;
}

function phraseVotes(votes: number): string {
  return `${formatVotes(votes)} ${votes === 1 ? "vote" : "votes"}`;
}

function formatVotes(votes: number): string {
  return votes.toFixed(2);
}

function formatSpanError(
  errors: SpanErrors,
  { gold, predicted }: SpanConfusion,
  error: SpanError,
  width: number,
): string[] {
  const source = `${phraseSource(error)} · `;
  const wanted = error.gold === undefined ? [] : [
    formatMarked(WANTED, error, error.gold, green, width),
    ...formatUnder(source + phraseNeeded(errors, gold!, error), width),
  ];
  if (error.predicted === undefined) return wanted;
  const finder = phraseFinder(predicted!, error);
  return [
    ...wanted,
    formatMarked(GIVEN, error, error.predicted, red, width),
    ...formatUnder(wanted.length === 0 ? source + finder : finder, width),
  ];
}

/** Lays out a reason in lines under a text. */
function formatUnder(reason: string, width: number): string[] {
  const indent = INDENT + " ".repeat(WANTED.length);
  return wrap(reason, width - indent.length).map((line) => indent + dim(line));
}

function formatMarked(
  lead: string,
  error: SpanError,
  place: NonNullable<SpanError["gold"]>,
  paint: (text: string) => string,
  width: number,
): string {
  const { before, span, after } = markSpan(error, place, width - INDENT.length - lead.length);
  return `${INDENT}${paint(lead)}${before}${paint(`[${span}]`)}${after}`.trimEnd();
}

/** Tells which rule found a span. */
export function phraseFinder(predicted: string, { decidedBy }: SpanError): string {
  return `${showText(predicted)} by ${phraseMatched(predicted, decidedBy)}`;
}

/** Tells which rules of the gold type find a span, and why it was dropped. */
export function phraseNeeded(
  { labels }: Pick<SpanErrors, "labels">,
  gold: string,
  { needed }: SpanError,
): string {
  if (needed.length === 0) return phraseNone(labels, gold, "finds it");
  const [{ lostTo }] = needed;
  const winner = phraseRule(lostTo.name, lostTo);
  return `${showText(gold)} by ${phraseMatched(gold, needed)}, but after ${winner}`;
}
