/**
 * How rules do on a data set, as text: the set, its labels, its rules, and what was refused.
 *
 * @module
 */
import { bold, cyan, dim } from "jsr:@std/fmt@^1/colors";
import type { Evaluation } from "../learn/score/evaluation.ts";
import type { Refusal, Rule } from "../learn/rules/rule.ts";
import type { LabelScores, RuleScores, Scores } from "../learn/score/scoring.ts";
import { count, formatCount, formatPercent, formatPoints, phraseRefusals } from "./phrases.ts";
import { phrasePattern } from "./rules.ts";
import { type Column, fitTable } from "./table.ts";
import { truncate, wrap } from "./text.ts";
import { showText } from "../learn/text/quoting.ts";

/** Columns that the names and the labels of rules get beside what stretches. */
const NAME_WIDTH = 40;
const LABEL_WIDTH = 28;
/** With more columns than these there is room for patterns. */
const WITHOUT_PATTERNS = 110;

/** An evaluation in lines of at most `width` columns. Rules are listed as they were given. */
export function formatEvaluated(
  rules: readonly Rule[],
  evaluation: Evaluation,
  refused: readonly Refusal[],
  width: number,
): string[] {
  const [{ examples, match }] = evaluation.scores;
  const size = `${count(rules.length, "rule")} on ${count(examples, "example")}`;
  const parts = [
    wrap(match === undefined ? size : `${size}, labels and rules by ${match} match`, width),
    formatSet(evaluation.scores, width),
    formatLabels(evaluation.labels, width),
    formatEach(rules, evaluation.rules, match !== undefined, width),
    phraseRefusals(refused).flatMap((line) => wrap(line, width)),
  ].filter((lines) => lines.length > 0);
  return parts.flatMap((lines, place) => place === 0 ? lines : ["", ...lines]);
}

function right<Row>(heading: string, text: (row: Row) => string): Column<Row> {
  return { heading, side: "right", text };
}

function formatSet(scores: Evaluation["scores"], width: number): string[] {
  type Row = Scores & { match?: string };
  const match: Column<Row> = {
    heading: "match",
    side: "left",
    text: ({ match = "label" }) => match,
  };
  const share = (heading: string, of: (row: Row) => number) =>
    right<Row>(heading, (row) => formatPercent(of(row)));
  const f1 = share("F1", (row) => row.f1);
  const shares = [share("P", (row) => row.precision), share("R", (row) => row.recall), f1];
  const macro = share("macro-F1", (row) => row.macroF1);
  const exact = share("exact", (row) => row.exact);
  const counts = [
    right<Row>("tp", ({ tp }) => formatCount(tp)),
    right<Row>("fp", ({ fp }) => formatCount(fp)),
    right<Row>("fn", ({ fn }) => formatCount(fn)),
  ];
  const layouts = [
    [match, ...shares, macro, exact, ...counts],
    [match, ...shares, macro, exact],
    [match, ...shares],
    [match, f1],
  ];
  return formatTable(scores, layouts, match, width);
}

function formatLabels(labels: readonly LabelScores[], width: number): string[] {
  type Row = LabelScores;
  const label: Column<Row> = {
    heading: "label",
    side: "left",
    text: ({ label }) => showText(label),
    paint: cyan,
  };
  const f1 = right<Row>("F1", ({ f1 }) => formatPercent(f1));
  const shares = [
    right<Row>("P", ({ precision }) => formatPercent(precision)),
    right<Row>("R", ({ recall }) => formatPercent(recall)),
    f1,
  ];
  const counts = [
    right<Row>("tp", ({ tp }) => formatCount(tp)),
    right<Row>("fp", ({ fp }) => formatCount(fp)),
    right<Row>("fn", ({ fn }) => formatCount(fn)),
  ];
  return formatTable(
    labels,
    [[label, ...shares, ...counts], [label, ...shares], [label, f1]],
    label,
    width,
  );
}

function formatEach(
  rules: readonly Rule[],
  scores: readonly RuleScores[],
  findsSpans: boolean,
  width: number,
): string[] {
  type Row = RuleScores & { readonly of: Rule };
  const rows = scores.map((row, place): Row => ({ ...row, of: rules[place] }));
  const name: Column<Row> = {
    heading: "rule",
    side: "left",
    text: ({ of }) => truncate(showText(of.name), NAME_WIDTH),
    paint: cyan,
  };
  const label: Column<Row> = {
    heading: "label",
    side: "left",
    text: ({ of }) => truncate(showText(of.label), LABEL_WIDTH),
  };
  const pattern: Column<Row> = {
    heading: "pattern",
    side: "left",
    text: ({ of }) => phrasePattern(of, findsSpans),
    paint: dim,
  };
  const counts = [
    right<Row>("tp", ({ tp }) => formatCount(tp)),
    right<Row>("fp", ({ fp }) => formatCount(fp)),
  ];
  const precision = right<Row>("P", ({ precision }) => formatPercent(precision));
  const recall = right<Row>("R", ({ recall }) => formatPercent(recall));
  // What the set gains by the rule: what it would lose without it.
  const gain = right<Row>("gain", ({ marginal }) => formatPoints(marginal, 0));
  const layouts = [
    [name, label, ...counts, precision, recall, gain, pattern],
    [name, label, ...counts, precision, recall, gain],
    [name, ...counts, precision, gain],
    [name, ...counts],
  ];
  return formatTable(rows, layouts, width > WITHOUT_PATTERNS ? pattern : name, width);
}

function formatTable<Row>(
  rows: readonly Row[],
  layouts: readonly (readonly Column<Row>[])[],
  stretch: Column<Row>,
  width: number,
): string[] {
  if (rows.length === 0) return [];
  const table = fitTable(rows, layouts, stretch, width);
  return [bold(table.heading.trimEnd()), ...rows.map((row) => table.format(row).trimEnd())];
}
