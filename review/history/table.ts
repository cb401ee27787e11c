/**
 * A history as a table.
 *
 * @module
 */
import { bold, cyan, dim, green, red, yellow } from "jsr:@std/fmt@^1/colors";
import { count, formatCount, formatPercent, listFew, showName } from "../../print/phrases.ts";
import { type Column, fitTable } from "../../print/table.ts";
import { wrap } from "../../print/text.ts";
import { showText } from "../../learn/text/quoting.ts";
import { phraseGain } from "../compare/sections.ts";
import type { History } from "./runs.ts";
import type { HistoryRun } from "./runs.ts";

const paints = { completed: green, running: cyan, failed: red, aborted: red, unknown: dim };

/** The lines of a history, none of them wider than `width` columns. */
export function formatRows({ runs, problems, copies }: History, width: number): string[] {
  const parts = [
    runs.length === 0 ? ["no runs"] : formatRuns(runs, width),
    problems.length === 0 ? [] : [
      ...wrap(`${count(problems.length, "file")} that cannot be listed`, width).map(yellow),
      ...problems.flatMap(({ file, reason }) => [
        ...wrap(showText(file), width - 2).map((line) => `  ${line}`),
        ...wrap(showText(reason), width - 4).map((line) => `    ${dim(line)}`),
      ]),
    ],
    formatNotes(runs, copies, width),
  ];
  return parts.filter((lines) => lines.length > 0)
    .flatMap((lines, place) => place === 0 ? lines : ["", ...lines]);
}

function formatRuns(runs: readonly HistoryRun[], width: number): string[] {
  const left = (heading: string, text: (run: HistoryRun) => string): Column<HistoryRun> => ({
    heading,
    side: "left",
    text,
  });
  const right = (heading: string, text: (run: HistoryRun) => string): Column<HistoryRun> => ({
    ...left(heading, text),
    side: "right",
  });
  const dataset = left("data set", ({ dataset }) => showText(dataset));
  const run = left("run", ({ run }) => showText(run));
  const date = left("date (UTC)", ({ startedAt }) => startedAt.slice(0, 16).replace("T", " "));
  const day = left("date", ({ startedAt }) => startedAt.slice(0, 10));
  const learner = left(
    "synthesizer",
    ({ synthesizer, model }) =>
      showName(model === undefined ? synthesizer : `${synthesizer}: ${model}`),
  );
  const rules = right("rules", ({ rules }) => formatCount(rules));
  const dev = right("dev F1", phraseDecided);
  const test = right("test F1", ({ scores: { test } }) => test ? formatPercent(test.f1) : "");
  const change = right("Δ", phraseChange);
  const painted: Column<HistoryRun> = {
    ...change,
    paint: (text) => text.includes("+") ? green(text) : text.includes("-") ? red(text) : dim(text),
  };
  const status: Column<HistoryRun> = {
    ...left("status", ({ status }) => status),
    paint: (text, { status }) => paints[status](text),
  };
  // What is left of a run where there is hardly room: its score, or why it has none.
  const brief = right("F1", (run) => {
    if (run.status !== "completed") return run.status;
    const { test, dev } = run.scores;
    if (test !== undefined) return `${formatPercent(test.f1)} test`;
    return dev === undefined ? phraseDecided(run) : `${formatPercent(dev.f1)} dev`;
  });
  const layouts = [
    [dataset, date, run, learner, rules, dev, test, painted, status],
    [dataset, date, run, rules, dev, test, painted, status],
    [dataset, run, rules, dev, test, painted, status],
    [dataset, run, dev, test, painted, status],
    [dataset, run, brief, painted],
    [dataset, run, brief],
    [dataset, day, brief, painted],
    [dataset, brief, painted],
    [dataset, brief],
  ];
  const table = fitTable(runs, layouts, dataset, width);
  return [bold(table.heading.trimEnd()), ...runs.map((row) => table.format(row).trimEnd())];
}

/** F1 on the examples that decided: starred where those were the ones learned from. */
function phraseDecided({ scores: { dev, train } }: HistoryRun): string {
  if (dev !== undefined) return formatPercent(dev.f1);
  return train === undefined ? "" : `${formatPercent(train.f1)}*`;
}

function phraseChange({ change }: HistoryRun): string {
  if (change === undefined) return "";
  return "why" in change ? "–" : `${phraseGain(change.points).text} ${change.on}`;
}

function formatNotes(
  runs: readonly HistoryRun[],
  copies: History["copies"],
  width: number,
): string[] {
  const notes = [
    ...runs.some(({ change }) => change !== undefined)
      ? [
        "Δ: points of F1 since the completed run of the data set before it; " +
        "–: not measured on the same examples, or not in the same way",
      ]
      : [],
    ...runs.some(({ scores: { dev, train } }) => dev === undefined && train !== undefined)
      ? ["*: on train, as there are no scores on dev"]
      : [],
    ...runs.some(({ status }) => status === "running") ? ["running: going on, or killed"] : [],
    ...copies.length === 0
      ? []
      : [`left out, as they hold a run listed above: ${
        listFew(copies.map(({ file }) => showText(file)))
      }`],
    ...runs.length === 0
      ? []
      : ["checked are the digests of what is shown; print.ts FILE verifies all of a trace"],
  ];
  return notes.flatMap((note) => wrap(note, width).map(dim));
}
