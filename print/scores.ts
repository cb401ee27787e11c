/**
 * The scores that a run ended with, as a table.
 *
 * @module
 */
import { bold } from "jsr:@std/fmt@^1/colors";
import type { Scores } from "../learn/score/scoring.ts";
import type { StepOf, Trace } from "../record/schema.ts";
import { formatCount, formatPercent } from "./phrases.ts";
import { type Column, fitTable } from "./table.ts";
import { wrap } from "./text.ts";

const stops: Record<StepOf<"final">["stop"], string> = {
  "no-failures": "no failure was left to learn from",
  "target": "the target was reached",
  "max-iterations": "every iteration was used",
  "coordinator": "the coordinator ended the run",
  "stale": "patches were no longer accepted",
  "unknown": "the log does not say why",
};
/** For `stale`, where each of the last patches has failed, as many as the run had patience for. */
const NO_PATCH = "no patch could be had";

/** The scores at the end and why the run stopped, in lines of at most `width` columns. */
export function formatScores(trace: Trace, width: number): string[] {
  const final = trace.steps.findLast((step) => step.type === "final");
  if (!final) return [];
  const { train, dev, all, test } = final.scores;
  const rows = [train, dev, all, test].filter((scores) => scores !== undefined);
  const split: Column<Scores> = { heading: "scores", side: "left", text: ({ on }) => on };
  const share = (heading: string, of: (scores: Scores) => number): Column<Scores> => ({
    heading,
    side: "right",
    text: (scores) => formatPercent(of(scores)),
  });
  const precision = share("P", (scores) => scores.precision);
  const recall = share("R", (scores) => scores.recall);
  const f1 = share("F1", (scores) => scores.f1);
  const macro = share("macro-F1", (scores) => scores.macroF1);
  const exact = share("exact", (scores) => scores.exact);
  const examples: Column<Scores> = {
    heading: "examples",
    side: "right",
    text: (scores) => formatCount(scores.examples),
  };
  const table = fitTable(
    rows,
    [
      [split, precision, recall, f1, macro, exact, examples],
      [split, precision, recall, f1, macro, exact],
      [split, precision, recall, f1, exact],
      [split, precision, recall, f1],
      [split, f1],
    ],
    split,
    width,
  );
  const scores = rows.length === 0
    ? []
    : [bold(table.heading), ...rows.map((row) => table.format(row))];
  return [...scores, ...wrap(phraseStop(trace), width)];
}

/** Why a run stopped: `stopped (stale): patches were no longer accepted`; nothing of one without an end. */
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
