/**
 * A history as a table.
 *
 * @module
 */
import { bold, cyan, dim, green, red, yellow } from "jsr:@std/fmt@^1/colors";
import {
  count,
  formatCount,
  formatPercent,
  formatPoints,
  listFew,
  showName,
} from "../../print/phrases.ts";
import { type Column, fitTable } from "../../print/table.ts";
import { wrap } from "../../print/text.ts";
import { showText } from "../../learn/text/quoting.ts";
import type { History, HistoryRun } from "./runs.ts";

const paints = { completed: green, running: cyan, failed: red, aborted: red, unknown: dim };

/** Formats a history in lines of at most `width` columns. */
export function formatRows(history: History, width: number): string[] {
  const { runs, problems } = history;
  const parts = [
    runs.length === 0 ? ["no runs"] : formatRuns(runs, width),
    problems.length === 0 ? [] : [
      ...wrap(`${count(problems.length, "file")} that cannot be listed`, width).map(yellow),
      ...problems.flatMap(({ file, reason }) => [
        ...wrap(showText(file), width - 2).map((line) => `  ${line}`),
        ...wrap(showText(reason), width - 4).map((line) => `    ${dim(line)}`),
      ]),
    ],
    formatNotes(history).flatMap((note) => wrap(note, width).map(dim)),
  ];
  return parts.filter((lines) => lines.length > 0)
    .flatMap((lines, place) => place === 0 ? lines : ["", ...lines]);
}

function formatRuns(runs: readonly HistoryRun[], width: number): string[] {
  type RunText = Column<HistoryRun>["text"];
  const left = (heading: string, text: RunText) => ({ heading, side: "left" as const, text });
  const right = (heading: string, text: RunText) => ({ heading, side: "right" as const, text });
  const dataset = left("data set", ({ dataset }) => showText(dataset));
  const run = left("run", ({ run, parent }) => showText(run) + (parent ? " (fork)" : ""));
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
  const change: Column<HistoryRun> = {
    ...right("Δ", phraseChange),
    paint: (text) => text.includes("+") ? green(text) : text.includes("-") ? red(text) : dim(text),
  };
  const status: Column<HistoryRun> = {
    ...left("status", ({ status }) => status),
    paint: (text, { status }) => paints[status](text),
  };
  // Shown if there is hardly any room: the score of a run, or why it has none.
  const brief = right("F1", (run) => {
    if (run.status !== "completed") return run.status;
    const { test, dev } = run.scores;
    if (test !== undefined) return `${formatPercent(test.f1)} test`;
    return dev === undefined ? phraseDecided(run) : `${formatPercent(dev.f1)} dev`;
  });
  const layouts = [
    [dataset, date, run, learner, rules, dev, test, change, status],
    [dataset, date, run, rules, dev, test, change, status],
    [dataset, run, rules, dev, test, change, status],
    [dataset, run, dev, test, change, status],
    [dataset, run, brief, change],
    [dataset, run, brief],
    [dataset, day, brief, change],
    [dataset, brief, change],
    [dataset, brief],
  ];
  const table = fitTable(runs, layouts, dataset, width);
  return [bold(table.heading.trimEnd()), ...runs.map((row) => table.format(row).trimEnd())];
}

/** Formats F1 on the examples that decided, starred if the run learned from them. */
export function phraseDecided({ scores: { dev, train } }: HistoryRun): string {
  if (dev !== undefined) return formatPercent(dev.f1);
  return train === undefined ? "" : `${formatPercent(train.f1)}*`;
}

/** Formats the change since the run before, with its split; a dash if it cannot be said. */
export function phraseChange({ change }: HistoryRun): string {
  if (change === undefined) return "";
  return "why" in change ? "–" : `${formatPoints(0, change.points / 100)} ${change.on}`;
}

/**
 * Explains the signs of a list, and says what it leaves out.
 *
 * @param verifier what verifies a whole trace
 */
export function formatNotes(
  { runs, copies }: History,
  verifier = "print.ts FILE",
): string[] {
  const names = listFew(copies.map(({ file }) => showText(file)));
  const notes: readonly (readonly [boolean, string])[] = [
    [
      runs.some(({ change }) => change !== undefined),
      "Δ: points of F1 gained since the completed run before it on the same data set; " +
      "–: not measured on the same examples, or not in the same way",
    ],
    [
      runs.some(({ scores: { dev, train } }) => dev === undefined && train !== undefined),
      "*: on train, which the rules were learned from, as there are no scores on dev",
    ],
    [
      runs.some(({ parent }) => parent !== undefined),
      "fork: made from another run by changing something about it; Δ is the change since that run",
    ],
    [runs.some(({ status }) => status === "running"), "running: still going on, or killed"],
    [copies.length > 0, `left out, as they hold a run listed above: ${names}`],
    [
      runs.length > 0,
      `only the digests of what is shown are checked; ${verifier} verifies the whole trace`,
    ],
  ];
  return notes.flatMap(([applies, note]) => applies ? [note] : []);
}
