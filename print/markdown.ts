/**
 * An evaluation and what rules get wrong as Markdown, for a job summary or an issue.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { renderTable } from "./markdown.ts";
 *
 * assertEquals(renderTable(["label", "F1"], [["a|b", "96.2"]], [1]), [
 *   "| label | F1 |",
 *   "| --- | ---: |",
 *   "| a&#124;b | 96.2 |",
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
import { describeLabels } from "../learn/score/errors/grouping.ts";
import { measureReadability } from "../learn/rules/reading.ts";
import type { Refusal, Rule } from "../learn/rules/rule.ts";
import type { AnswerCoverage } from "../learn/score/coverage.ts";
import type { Evaluation } from "../learn/score/evaluation.ts";
import { escapeMarkdown } from "../learn/text/markdown.ts";
import { showText } from "../learn/text/quoting.ts";
import { COVERAGE_HEADINGS, listCells, phraseTrust } from "./coverage.ts";
import {
  phraseErrors,
  phraseFinder,
  phraseGiven,
  phraseNeeded,
  phraseSource,
  phraseWanted,
  sortLabels,
} from "./errors.ts";
import { excerptAround, markSpan } from "./excerpts.ts";
import { phraseSize } from "./evaluation.ts";
import {
  count,
  formatCount,
  formatPercent,
  phrasePair,
  phraseReadability,
  phraseRefusals,
} from "./phrases.ts";

/** Columns for a text in a cell. */
const TEXT_WIDTH = 300;

/** Renders a table of texts, which are escaped. The columns in `numbers` are set to the right. */
export function renderTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): string[] {
  return renderRows(heading, rows.map((row) => row.map(escapeMarkdown)), numbers);
}

/** Renders a table whose cells are Markdown. The columns in `numbers` are set to the right. */
export function renderRows(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = heading.map((_, column) => numbers.includes(column) ? "---:" : "---");
  return [line(heading), line(rule), ...rows.map(line)];
}

/** Renders the scores of rules on a data set, and what they get wrong if that is given. */
export function renderEvaluation(
  rules: readonly Rule[],
  evaluation: Evaluation,
  errors: RuleErrors | undefined,
  refused: readonly Refusal[],
): string {
  const names = evaluation.scores[0].match === undefined ? [] : ["match"];
  const set = evaluation.scores.map(({ match, precision, recall, f1, macroF1, exact }) => [
    ...(match === undefined ? [] : [match]),
    ...[precision, recall, f1, macroF1, exact].map(formatPercent),
  ]);
  const facts = errors?.labels ?? describeLabels(evaluation.labels, rules);
  const labels = sortLabels(facts).map(({ label, precision, recall, f1, ...counts }) => [
    label,
    ...[precision, recall, f1].map(formatPercent),
    ...[counts.support, counts.rules].map(formatCount),
  ]);
  const numbers = [0, 1, 2, 3, 4].map((column) => names.length + column);
  const parts = [
    [`## ${errors === undefined ? phraseSize(rules, evaluation) : phraseErrors(errors)}`],
    errors === undefined && rules.length > 0 ? [phraseReadability(measureReadability(rules))] : [],
    renderTable([...names, "P", "R", "F1", "macro-F1", "exact"], set, numbers),
    renderTable(["label", "P", "R", "F1", "support", "rules"], labels, [1, 2, 3, 4, 5]),
    ...(errors === undefined
      ? evaluation.coverage === undefined ? [] : renderCoverage(evaluation.coverage)
      : errors.task === "classification"
      ? errors.pairs.map((pair) => renderLabelPair(errors, pair))
      : errors.pairs.map((pair) => renderSpanPair(errors, pair))),
    phraseRefusals(refused).map((line) => `- ${escapeMarkdown(line)}`),
  ];
  return parts.filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`).join("\n");
}

/** Renders how many answers stay, and are right, by the trust that is asked for. */
function renderCoverage(coverage: AnswerCoverage): string[][] {
  const rows = coverage.points.map((point) => listCells(point, coverage));
  return [[phraseTrust(coverage)], renderTable(COVERAGE_HEADINGS, rows, [1, 2, 3, 4, 5])];
}

/** Renders the heading of a pair, its table and how many errors are left out. */
function renderPair(
  { task }: RuleErrors,
  { gold, predicted, count: total, examples }: LabelConfusion | SpanConfusion,
  table: readonly string[],
): string[] {
  const pair = escapeMarkdown(phrasePair(task, gold, predicted, showText));
  const more = total - examples.length;
  return [
    `### ${pair}, ${count(total, task === "classification" ? "example" : "span")}`,
    "",
    ...(examples.length === 0 ? [] : table),
    ...(more === 0 ? [] : ["", `… ${formatCount(more)} more`]),
  ];
}

function renderLabelPair(errors: LabelErrors, pair: LabelConfusion): string[] {
  const rows = pair.examples.map((error) => {
    const places = [...error.decidedBy, ...error.needed].flatMap(({ at }) => at);
    return [
      excerptAround(error.text, places, TEXT_WIDTH),
      phraseGiven(errors, pair.predicted, error),
      phraseWanted(errors, pair.gold, error),
      phraseSource(error),
    ];
  });
  const table = renderTable(["text", "given", "wanted", "example"], rows);
  return renderPair(errors, pair, table);
}

function renderSpanPair(errors: SpanErrors, pair: SpanConfusion): string[] {
  const rows = pair.examples.map((error) => {
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
  return renderPair(errors, pair, table);
}
