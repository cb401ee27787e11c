/**
 * The steps of a trace as a table, in the manner of a ranking report.
 *
 * @module
 */
import { bold, dim, green, red, yellow } from "jsr:@std/fmt@^1/colors";
import { Fold, restoredSteps } from "../record/fold.ts";
import type { KnownScores, Step, StepOf, Trace } from "../record/schema.ts";
import {
  count,
  decisionSplit,
  formatCount,
  formatDuration,
  formatPercent,
  formatPoints,
  listFew,
  phraseAction,
  phraseError,
  phraseExchanges,
  phrasePatch,
  phraseRefusals,
  phraseRules,
  showName,
} from "./phrases.ts";
import { type Column, fitTable } from "./table.ts";
import { displayWidth, truncate, wrap } from "./text.ts";
import { showText } from "../learn/text/quoting.ts";

/** A line under a step. */
export interface Note {
  readonly text: string;
  readonly paint: (text: string) => string;
  /** Whether it is cut to one line. */
  readonly isBrief?: boolean;
}

/** What is told of a step. */
export interface Row {
  readonly index: number;
  /** What happened, in a word or two. */
  readonly head: string;
  /** With which rules: after the head where both fit, else on a line of its own. */
  readonly detail: string;
  readonly notes: readonly Note[];
  /** How many rules there are after the step. */
  readonly rules: number;
  readonly before?: KnownScores;
  readonly after?: KnownScores;
  readonly took: number;
  readonly outcome: "done" | "undone" | "broken";
}

/** At most this many skipped actions of one audit get a line each. */
const SKIPPED = 5;
/** Characters of what was said that may be shown, at any width. */
const MAX_SAID = 2_000;
/** Lines that one note under a step may take. */
const NOTE_LINES = 4;

/**
 * The table of steps, in lines of at most `width` columns. Where room is short, these go first: time,
 * precision and recall, F1 before, rules, Δ, F1.
 */
export function formatSteps(trace: Trace, width: number): string[] {
  const rows = describeSteps(trace);
  const on = decisionSplit(trace);
  const step = right("step", (row) => String(row.index));
  const text: Column<Row> = {
    heading: "what happened",
    side: "left",
    text: ({ head, detail }) => detail === "" ? head : `${head}: ${detail}`,
    paint: (laid, { outcome }) =>
      outcome === "undone" ? dim(laid) : outcome === "broken" ? red(laid) : laid,
  };
  const rules = right("rules", (row) => formatCount(row.rules));
  const change = right(on === undefined ? "F1" : `${on} F1`, ({ before, after }) => {
    const to = after ? formatPercent(after.f1) : "";
    return before ? `${formatPercent(before.f1)} → ${to.padStart(4)}` : to;
  });
  const after = right("F1", (row) => row.after ? formatPercent(row.after.f1) : "");
  const precision = right("P", (row) => row.after ? formatPercent(row.after.precision) : "");
  const recall = right("R", (row) => row.after ? formatPercent(row.after.recall) : "");
  const gain: Column<Row> = {
    ...right("Δ", difference),
    paint: (laid, row) => {
      const points = difference(row);
      return points.startsWith("+") ? green(laid) : points.startsWith("-") ? red(laid) : dim(laid);
    },
  };
  const time = right("time", (row) => formatDuration(row.took));
  const table = fitTable(
    rows,
    [
      [step, text, rules, change, precision, recall, gain, time],
      [step, text, rules, change, precision, recall, gain],
      [step, text, rules, change, gain],
      [step, text, rules, after, gain],
      [step, text, after, gain],
      [step, text, after],
      [step, text],
    ],
    text,
    width,
  );
  const lines = [bold(table.heading)];
  for (const row of rows) {
    const inline = text.text(row);
    const fits = displayWidth(inline) <= table.room;
    lines.push(table.format(row, fits ? inline : row.head));
    const detail = fits || row.detail === "" ? [] : [{ text: row.detail, paint: dim }];
    const indent = " ".repeat(table.indent + 2);
    const notes: readonly Note[] = [...detail, ...row.notes];
    for (const { text, paint, isBrief } of notes) {
      const room = width - indent.length;
      const shown = isBrief ? [truncate(text, room)] : wrapAtMost(text, room);
      for (const line of shown) lines.push(indent + paint(line));
    }
  }
  return lines;
}

/** What is told of each step. */
export function describeSteps(trace: Trace): Row[] {
  const sizes = countRules(trace);
  const on = decisionSplit(trace);
  return trace.steps.map((step, place) => {
    const row = describe(trace, step);
    // The columns are for one split: what was scored on another is told beside them.
    const split = row.after?.on ?? on;
    const elsewhere = row.after && split !== on ? row.after : undefined;
    const told = elsewhere ? [`${elsewhere.on} F1 ${formatPercent(elsewhere.f1)} %`] : [];
    const detail = [...(row.detail === "" ? [] : [row.detail]), ...told].join(", ");
    const asked = "exchanges" in step ? phraseExchanges(step) : "";
    return {
      outcome: "done",
      ...row,
      notes: [...unlogged(trace, step), ...row.notes],
      before: elsewhere ? undefined : row.before,
      after: elsewhere ? undefined : row.after,
      detail: detail === "" || asked === "" ? detail + asked : `${detail} (${asked})`,
      index: step.index,
      rules: sizes[place],
      took: step.took,
    };
  });
}

type Told = Pick<Row, "head" | "detail" | "notes" | "before" | "after"> & Partial<Row>;

function describe(trace: Trace, step: Step): Told {
  switch (step.type) {
    case "synthesis": {
      const start = step.start?.length ?? 0;
      const from = start > 0 ? `, ${count(start, "rule")} at the start` : "";
      return {
        head: "synthesis",
        detail: `${phraseRules(trace, step.added) || "nothing"}${from}`,
        notes: [...errors(step.error), ...refusals(step.refused)],
        after: step.scores,
      };
    }
    case "critique": {
      const isNone = step.analysis === "" && step.advice.length === 0;
      return {
        head: step.error && isNone ? "advice failed" : "critique",
        detail: step.advice.length > 0 ? count(step.advice.length, "suggestion") : "",
        notes: [...says("", step.analysis), ...errors(step.error)],
        outcome: step.error ? "broken" : "done",
      };
    }
    case "iteration":
      return describeIteration(trace, step);
    case "audit":
      return describeAudit(trace, step);
    case "restore":
      return {
        head: "restore",
        detail: `the rules of step ${step.to}`,
        notes: [],
        before: step.before,
        after: step.after,
      };
    case "prune":
      return describePrune(trace, step);
    case "refit": {
      const removed = step.removed.length > 0
        ? `, ${formatCount(step.removed.length)} removed`
        : "";
      return {
        head: "refit",
        detail: `${formatCount(step.added.length)} added${removed}`,
        notes: [...errors(step.error), ...refusals(step.refused)],
        after: step.scores,
      };
    }
    case "final": {
      const { train, dev, all } = step.scores;
      const split = decisionSplit(trace);
      const after = split === "dev" ? dev ?? all ?? train : train ?? all;
      return { head: "final", detail: "", notes: [], after };
    }
    case "failure":
      return {
        head: trace.run.status === "aborted" ? "aborted" : "failure",
        detail: showName(step.stage),
        notes: errors(step.error),
        outcome: "broken",
      };
  }
}

function describeIteration(trace: Trace, step: StepOf<"iteration">): Told {
  const isUnknown = step.verdict === "unknown";
  const head = `iteration ${step.iteration} ${isUnknown ? "(verdict unknown)" : step.verdict}`;
  const notes = [
    ...(step.prompt === undefined || step.prompt === "full"
      ? []
      : [{ text: `asked with the prompt ${showName(step.prompt)}`, paint: dim }]),
    ...asked(step),
    ...says("guidance: ", step.guidance ?? ""),
    ...errors(step.error),
    ...refusals(step.patch.refused),
  ];
  const { before, after } = step;
  const { verb, what } = phrasePatch(trace, step);
  const detail = verb === "patched" ? what : `${verb} ${what}`;
  switch (step.verdict) {
    case "accepted": {
      const why = step.clause === "precision"
        ? [{
          text: `for precision, ${formatPoints(before.precision, after.precision)}`,
          paint: dim,
        }]
        : [];
      return { head, detail, notes: [...why, ...notes], before, after };
    }
    case "rejected":
      return { head, detail, notes, before, after, outcome: "undone" };
    case "unknown":
      return {
        head,
        detail: what === "nothing" ? "" : detail,
        notes,
        after: before,
        outcome: "undone",
      };
    case "empty":
      return { head, detail: "", notes, after: before, outcome: "undone" };
    case "failed":
      return { head, detail: "", notes, after: before, outcome: "broken" };
  }
}

function describeAudit(trace: Trace, step: StepOf<"audit">): Told {
  const applied = step.actions.filter(({ outcome }) => outcome === "applied");
  const skipped = step.actions.filter(({ outcome }) => outcome === "skipped");
  const name = step.phase === "final" ? "final audit" : "audit";
  const notes = [
    ...errors(step.error),
    ...skipped.slice(0, SKIPPED).map((action) => ({
      text: `skipped ${phraseAction(trace, action)}, ${showText(action.reason)}`,
      paint: yellow,
    })),
  ];
  if (skipped.length > SKIPPED) {
    notes.push({ text: `skipped ${formatCount(skipped.length - SKIPPED)} more`, paint: yellow });
  }
  const detail = listFew(applied.map((action) => phraseAction(trace, action)), "; ");
  const compared = step.verdict === "none" || step.verdict === "unknown"
    ? { after: step.before }
    : { before: step.before, after: step.after };
  const outcome = step.error ? "broken" : step.verdict === "kept" ? "done" : "undone";
  return {
    head: `${name} ${
      step.error ? "failed" : step.verdict === "unknown" ? "(verdict unknown)" : step.verdict
    }`,
    detail,
    notes,
    ...compared,
    outcome,
  };
}

function describePrune(trace: Trace, step: StepOf<"prune">): Told {
  const { dropped, before, after } = step;
  const subsumed = dropped.filter(({ reason }) => reason === "subsumed");
  const budget = dropped.filter(({ reason }) => reason === "budget");
  const names = (drops: typeof dropped) => phraseRules(trace, drops.map(({ rule }) => rule));
  const parts = [
    ...(subsumed.length > 0 ? [`${names(subsumed)} (subsumed)`] : []),
    ...(budget.length > 0 ? [`${names(budget)} (over budget)`] : []),
  ];
  return dropped.length === 0
    ? { head: "prune none", detail: "", notes: [], after, outcome: "undone" }
    : { head: "prune", detail: parts.join("; "), notes: [], before, after };
}

/** What an imported run was asked to look to first, and how it did on what it learned from. */
function asked({ focus = [], train }: StepOf<"iteration">): Note[] {
  const parts = [
    ...(focus.length > 0 ? [`focus: ${listFew(focus.map(showName))}`] : []),
    ...(train?.f1 === undefined ? [] : [`train F1 ${formatPercent(train.f1)} %`]),
  ];
  return parts.length === 0 ? [] : [{ text: parts.join(", "), paint: dim, isBrief: true }];
}

/** What changed before the step, where the log of an imported run does not tell how. */
function unlogged(trace: Trace, step: Step): Note[] {
  if (!("unlogged" in step) || step.unlogged === undefined) return [];
  const { added, removed } = step.unlogged;
  const parts = [
    ...(added.length > 0 ? [`${phraseRules(trace, added)} came`] : []),
    ...(removed.length > 0 ? [`${phraseRules(trace, removed)} went`] : []),
  ];
  const what = parts.length === 0 ? "the scores are others" : parts.join("; ");
  return [{ text: `before it, and the log does not tell how: ${what}`, paint: yellow }];
}

function refusals(refused: StepOf<"synthesis">["refused"]): Note[] {
  return phraseRefusals(refused).map((text) => ({ text, paint: yellow }));
}

function errors(error: { name: string; message: string } | undefined): Note[] {
  return error === undefined ? [] : [{ text: phraseError(error), paint: red }];
}

/** What a coordinator said, in one line. */
function says(lead: string, text: string): Note[] {
  const shown = showText(text.trim().slice(0, MAX_SAID).replaceAll(/\s+/g, " "));
  return shown === "" ? [] : [{ text: lead + shown, paint: dim, isBrief: true }];
}

function wrapAtMost(text: string, width: number): string[] {
  const lines = wrap(text, width);
  if (lines.length <= NOTE_LINES) return lines;
  return [...lines.slice(0, NOTE_LINES - 1), truncate(`${lines[NOTE_LINES - 1]} …`, width)];
}

function right(heading: string, text: (row: Row) => string): Column<Row> {
  return { heading, side: "right", text };
}

function difference({ before, after }: Row): string {
  if (before?.f1 === undefined || after?.f1 === undefined || before.on !== after.on) return "";
  return formatPoints(before.f1, after.f1);
}

/** How many rules there are after each step, in one pass. */
function countRules(trace: Trace): number[] {
  const fold = new Fold(new Map(Object.entries(trace.rules)), restoredSteps(trace.steps));
  return trace.steps.map((step) => {
    fold.apply(step);
    return fold.size;
  });
}
