/**
 * An evaluation and what rules get wrong as Markdown, for a job summary or an issue.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { escapeMarkdown, renderTable } from "./markdown.ts";
 *
 * assertEquals(escapeMarkdown("a|b <i>\n"), String.raw`a\|b \<i\>\\n`);
 * assertEquals(renderTable(["label", "F1"], [["a|b", "96.2"]], [1]), [
 *   "| label | F1 |",
 *   "| --- | ---: |",
 *   String.raw`| a\|b | 96.2 |`,
 * ]);
 * ```
 *
 * @module
 */
import type {
  LabelConfusion,
  LabelErrors,
  RuleErrors,
  SpanConfusion,
  SpanErrors,
} from "../learn/score/errors.ts";
import type { Evaluation } from "../learn/score/evaluation.ts";
import { showText } from "../learn/text/quoting.ts";
import {
  FEW_ERRORS,
  phraseErrors,
  phraseFinder,
  phraseGiven,
  phraseNeeded,
  phraseSource,
  phraseWanted,
  sortLabels,
} from "./errors.ts";
import { excerptAround, markSpan } from "./excerpts.ts";
import { count, formatCount, formatPercent, phrasePair } from "./phrases.ts";

/** Columns for a text in a cell. */
const TEXT_WIDTH = 300;

/**
 * Escapes a text so that Markdown shows it as it is, in a line of a table too: control characters and line
 * breaks as in the terminal, signs that mean something with a backslash.
 */
export function escapeMarkdown(text: string): string {
  return showText(text).replace(/[\\`*_{}[\]<>#|~$&@!]|(?<=\w):(?=\/\/)|(?<=\bwww)\./g, "\\$&");
}

/** Renders a table of texts, which are escaped. The columns in `numbers` are set to the right. */
export function renderTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): string[] {
  return renderRows(heading, rows.map((row) => row.map(escapeMarkdown)), numbers);
}

/** Renders a table whose cells are Markdown. */
function renderRows(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = heading.map((_, column) => numbers.includes(column) ? "---:" : "---");
  return [line(heading), line(rule), ...rows.map(line)];
}

/** Renders the scores of rules on a data set, and of each pair of labels `most` errors; all if it is 0. */
export function renderEvaluation(
  { scores }: Pick<Evaluation, "scores">,
  errors: RuleErrors,
  most = FEW_ERRORS,
): string {
  const percent = (value: number) => formatPercent(value);
  const names = errors.task === "classification" ? [] : ["match"];
  const set = scores.map(({ match = "", precision, recall, f1, macroF1, exact }) => [
    ...(names.length === 0 ? [] : [match]),
    ...[precision, recall, f1, macroF1, exact].map(percent),
  ]);
  const labels = sortLabels(errors.labels).map(({ label, precision, recall, f1, ...counts }) => [
    label,
    ...[precision, recall, f1].map(percent),
    ...[counts.support, counts.rules].map(formatCount),
  ]);
  const parts = [
    [`## ${capitalize(phraseErrors(errors))}`],
    renderTable([...names, "P", "R", "F1", "macro-F1", "exact"], set, [0, 1, 2, 3, 4, 5]),
    renderTable(["label", "P", "R", "F1", "support", "rules"], labels, [1, 2, 3, 4, 5]),
    ...(errors.task === "classification"
      ? errors.pairs.map((pair) => renderLabelPair(errors, pair, most))
      : errors.pairs.map((pair) => renderSpanPair(errors, pair, most))),
  ];
  return parts.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Renders the heading of a pair, its table and how many errors are left out. */
function renderPair(
  { task }: RuleErrors,
  { gold, predicted, count: total }: Pick<SpanConfusion, "gold" | "predicted" | "count">,
  table: readonly string[],
  shown: number,
): string[] {
  const pair = escapeMarkdown(phrasePair(task, gold, predicted, showText));
  const more = total - shown;
  return [
    `### ${pair}, ${count(total, task === "classification" ? "example" : "span")}`,
    "",
    ...table,
    ...(more === 0 ? [] : ["", `… ${formatCount(more)} more`]),
  ];
}

function renderLabelPair(errors: LabelErrors, pair: LabelConfusion, most: number): string[] {
  const shown = pair.examples.slice(0, most);
  const rows = shown.map((error) => {
    const places = [...error.decidedBy, ...error.needed].flatMap(({ at }) => at);
    return [
      excerptAround(error.text, places, TEXT_WIDTH),
      phraseGiven(errors, pair.predicted, error),
      phraseWanted(errors, pair.gold, error),
      phraseSource(error),
    ];
  });
  const table = renderTable(["text", "given", "wanted", "example"], rows);
  return renderPair(errors, pair, table, shown.length);
}

function renderSpanPair(errors: SpanErrors, pair: SpanConfusion, most: number): string[] {
  const shown = pair.examples.slice(0, most);
  const rows = shown.map((error) => {
    const cell = (place: typeof error.gold, reason: () => string) => {
      if (place === undefined) return "";
      const { before, span, after } = markSpan(error, place, TEXT_WIDTH / 2);
      const marked = `${escapeMarkdown(before)}<b>${escapeMarkdown(span)}</b>${
        escapeMarkdown(after)
      }`;
      return `${marked}<br>${escapeMarkdown(reason())}`;
    };
    return [
      cell(error.gold, () => phraseNeeded(errors, pair.gold!, error)),
      cell(error.predicted, () => phraseFinder(pair.predicted!, error)),
      escapeMarkdown(phraseSource(error)),
    ];
  });
  const table = renderRows(["wanted", "given", "example"], rows);
  return renderPair(errors, pair, table, shown.length);
}
