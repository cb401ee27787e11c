/**
 * The scores at the end of a run, as a table.
 *
 * @module
 */
import type { KnownScores, StepOf, Trace } from "../record/schema.ts";
import { measureReadability } from "../learn/rules/reading.ts";
import { lastRules } from "../record/fold.ts";
import { formatCount, formatPercent, isLearnedFrom, phraseReadability } from "./phrases.ts";
import { scoresBeforeRefit } from "./standing.ts";
import { type Column, formatTable, numberColumn, textColumn } from "./table.ts";
import { wrap } from "./text.ts";

const stops: Record<StepOf<"final">["stop"], string> = {
  "no-failures": "no failure was left to learn from",
  "target": "the target was reached",
  "max-iterations": "every iteration was used",
  "coordinator": "the coordinator ended the run",
  "stale": "patches were no longer accepted",
  "unknown": "the log does not say why",
};
/** For `stale`, if each of the last patches failed, as many as the run had patience for. */
const NO_PATCH = "every patch failed";

function fieldColumn<Field extends string>(
  heading: string,
  field: Field,
  format: (value: number) => string = formatPercent,
): Column<{ readonly [field in Field]?: number }> {
  return numberColumn(heading, (row) => {
    const value: number | undefined = row[field];
    return value === undefined ? "?" : format(value);
  });
}

/** Columns of scores, by field. */
export const columns = {
  precision: fieldColumn("P", "precision"),
  recall: fieldColumn("R", "recall"),
  f1: fieldColumn("F1", "f1"),
  macroF1: fieldColumn("macro-F1", "macroF1"),
  exact: fieldColumn("exact", "exact"),
  examples: fieldColumn("examples", "examples", formatCount),
  tp: fieldColumn("tp", "tp", formatCount),
  fp: fieldColumn("fp", "fp", formatCount),
  fn: fieldColumn("fn", "fn", formatCount),
} as const;

/**
 * Formats the scores at the end, what the rules cost to read and why the run stopped, in lines of at most `width`
 * columns. Scores on examples that rules were not learned from come first.
 */
export function formatScores(trace: Trace, width: number): string[] {
  const final = trace.steps.findLast((step) => step.type === "final");
  if (!final) return [];
  const { train, dev, all, test } = final.scores;
  const before = dev === undefined ? scoresBeforeRefit(trace) : undefined;
  const rows = [test, dev, before?.on === "dev" ? before : undefined, train, all]
    .filter((scores) => scores !== undefined);
  const split = textColumn<KnownScores>("scores", (scores) => {
    if (scores === before) return `${scores.on}, before the refit`;
    return isLearnedFrom(scores.on) ? `${scores.on}, learned from` : scores.on ?? "?";
  });
  const { precision, recall, f1, macroF1, exact, examples } = columns;
  const layouts = [
    [split, precision, recall, f1, macroF1, exact, examples],
    [split, precision, recall, f1, macroF1, exact],
    [split, precision, recall, f1, exact],
    [split, precision, recall, f1],
    [split, f1],
  ];
  const lines = [phraseReadability(measureReadability(lastRules(trace))), phraseStop(trace)];
  return [
    ...formatTable(rows, layouts, split, width),
    ...lines.flatMap((line) => line === "" ? [] : wrap(line, width)),
  ];
}

/** Tells why a run stopped: `stopped (stale): patches were no longer accepted`; empty if it did not end. */
export function phraseStop({ run, steps }: Trace): string {
  const final = steps.findLast((step) => step.type === "final");
  if (final === undefined) return "";
  const { stop } = final;
  const { patience } = run.config;
  const iterations = steps.filter((step) => step.type === "iteration");
  const isFailing = typeof patience === "number" && patience > 0 && iterations.length >= patience &&
    iterations.slice(-patience).every(({ verdict }) => verdict === "failed");
  return `stopped (${stop}): ${stop === "stale" && isFailing ? NO_PATCH : stops[stop]}`;
}
