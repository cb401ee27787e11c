/**
 * An evaluation of rules as text: the whole set, each label, each rule, and the refused rules.
 *
 * @module
 */
import { cyan, dim } from "jsr:@std/fmt@^1/colors";
import { measureReadability } from "../learn/rules/reading.ts";
import type { Refusal, Rule } from "../learn/rules/rule.ts";
import type { Evaluation } from "../learn/score/evaluation.ts";
import type { LabelScores } from "../learn/score/scoring.ts";
import { showText } from "../learn/text/quoting.ts";
import type { RuleErrors } from "../learn/score/errors.ts";
import { formatCoverage } from "./coverage.ts";
import { formatLabelFacts, formatPairs, phraseErrors } from "./errors.ts";
import { separate } from "./layout.ts";
import {
  count,
  formatPercent,
  formatPoints,
  phraseReadability,
  phraseRefusals,
} from "./phrases.ts";
import { phraseReading } from "./rules.ts";
import { columns } from "./scores.ts";
import { formatTable, numberColumn, textColumn } from "./table.ts";
import { truncate, wrap } from "./text.ts";

/** Columns for the name and the label of a rule, unless they may take all that is left. */
const NAME_WIDTH = 40;
const LABEL_WIDTH = 28;
/** With more columns than these there is room for what rules say. */
const WITHOUT_READINGS = 110;

const { precision, recall, f1, macroF1, exact, tp, fp, fn } = columns;

/**
 * Formats an evaluation in lines of at most `width` columns. Rules keep their order; what they get wrong takes
 * the place of their scores if it is given.
 */
export function formatEvaluated(
  rules: readonly Rule[],
  evaluation: Evaluation,
  errors: RuleErrors | undefined,
  refused: readonly Refusal[],
  width: number,
): string[] {
  const { scores, labels, coverage } = evaluation;
  const parts = errors === undefined
    ? [
      [phraseSize(rules, evaluation), phraseReadability(measureReadability(rules))]
        .flatMap((line) => line === "" ? [] : wrap(line, width)),
      formatSet(scores, width),
      formatLabels(labels, width),
      formatEach(rules, evaluation, width),
      coverage === undefined ? [] : formatCoverage(coverage, width),
    ]
    : [
      wrap(phraseErrors(errors), width),
      formatSet(scores, width),
      formatLabelFacts(errors.labels, width),
      formatPairs(errors, width),
    ];
  return separate([...parts, phraseRefusals(refused).flatMap((line) => wrap(line, width))]);
}

/** Tells how many rules and examples there are, and what makes a span correct. */
export function phraseSize(
  rules: readonly Rule[],
  { scores: [{ examples, match }] }: Pick<Evaluation, "scores">,
): string {
  const size = `${count(rules.length, "rule")} on ${count(examples, "example")}`;
  return match === undefined ? size : `${size}, labels and rules by ${match} match`;
}

function formatSet(scores: Evaluation["scores"], width: number): string[] {
  const match = textColumn<typeof scores[number]>("match", ({ match = "label" }) => match);
  const layouts = [
    [match, precision, recall, f1, macroF1, exact, tp, fp, fn],
    [match, precision, recall, f1, macroF1, exact],
    [match, precision, recall, f1],
    [match, f1],
  ];
  return formatTable(scores, layouts, match, width);
}

function formatLabels(labels: readonly LabelScores[], width: number): string[] {
  const name = textColumn<LabelScores>("label", ({ label }) => showText(label), cyan);
  const layouts = [
    [name, precision, recall, f1, tp, fp, fn],
    [name, precision, recall, f1],
    [name, f1],
  ];
  return formatTable(labels, layouts, name, width);
}

function formatEach(
  rules: readonly Rule[],
  { scores: [{ match }], rules: scores, coverage }: Evaluation,
  width: number,
): string[] {
  const trusts = coverage?.rules;
  const rows = scores.map((row, place) => ({ ...row, of: rules[place], trust: trusts?.[place] }));
  type Row = typeof rows[number];
  const name = textColumn<Row>(
    "rule",
    ({ of }) => truncate(showText(of.name), NAME_WIDTH),
    cyan,
  );
  const label = textColumn<Row>("label", ({ of }) => truncate(showText(of.label), LABEL_WIDTH));
  const reading = textColumn<Row>("says", ({ of }) => phraseReading(of, match !== undefined), dim);
  // The set loses as much without the rule.
  const gain = numberColumn<Row>("gain", ({ marginal }) => formatPoints(marginal, 0));
  const trust = trusts === undefined
    ? []
    : [numberColumn<Row>("trust", ({ trust }) => formatPercent(trust))];
  const layouts = [
    [name, label, tp, fp, precision, recall, gain, ...trust, reading],
    [name, label, tp, fp, precision, recall, gain, ...trust],
    [name, tp, fp, precision, gain, ...trust],
    [name, tp, fp, ...trust],
    [name, tp, fp],
  ];
  return formatTable(rows, layouts, width > WITHOUT_READINGS ? reading : name, width);
}
