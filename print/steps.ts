/**
 * The steps of a trace as a table, in the manner of a ranking report.
 *
 * @module
 */
import { bold, dim, green, red, yellow } from "jsr:@std/fmt@^1/colors";
import { Fold } from "../record/fold.ts";
import type { KnownScores, Step, StepOf, Trace } from "../record/schema.ts";
import { phraseShared } from "./changes.ts";
import { listCorrected, phraseRightAtFirst, phraseWrongAtLast } from "./corrections.ts";
import {
  count,
  decisionSplit,
  formatCount,
  formatDuration,
  formatPercent,
  formatPoints,
  listFew,
  nameIteration,
  phraseAction,
  phraseError,
  phraseExchanges,
  phraseF1,
  phrasePatch,
  phraseRefusals,
  phraseRestored,
  phraseRules,
  showName,
} from "./phrases.ts";
import { listAsked, phraseBegun } from "./playbooks.ts";
import { isBeginningLost } from "./standing.ts";
import { type Column, fitTable, numberColumn, textColumn } from "./table.ts";
import { displayWidth, truncate, wrap } from "./text.ts";
import { showText } from "../learn/text/quoting.ts";

/** A note under a step. */
interface StepNote {
  readonly text: string;
  readonly paint: (text: string) => string;
  /** Whether it is cut to one line. */
  readonly isBrief?: boolean;
}

/** A step in the table of steps. */
export interface StepRow {
  readonly index: number;
  /** What happened, in a word or two. */
  readonly head: string;
  /** With which rules: after the head if both fit, else on a line below it. */
  readonly detail: string;
  readonly notes: readonly StepNote[];
  /** How many rules the set has after the step, if that is known. */
  readonly rules?: number;
  readonly before?: KnownScores;
  readonly after?: KnownScores;
  readonly took: number;
  readonly outcome: "done" | "undone" | "broken";
}

/** The part of a row that depends on the type of the step. */
type StepSummary = Pick<StepRow, "head"> & Partial<StepRow>;

/** At most this many skipped actions of one audit get a line each. */
const MAX_SKIPPED = 5;
/** Characters of a model's or coordinator's text that may be shown, at any width. */
const MAX_TEXT = 2_000;
/** Lines that one note under a step may take. */
const NOTE_LINES = 4;

/**
 * Formats the table of steps in lines of at most `width` columns. If room is short, columns are left out in
 * this order: time, precision and recall, the F1 before, rules, Δ, F1.
 */
export function formatSteps(trace: Trace, width: number): string[] {
  const { parent } = trace.run;
  const shared = parent && phraseShared(parent);
  // A run that was made from another is told from where they part.
  const rows = describeSteps(trace)
    .filter(({ index }) => shared === undefined || index > parent!.step!);
  const on = decisionSplit(trace);
  const number = numberColumn<StepRow>;
  const share = (heading: string, field: "f1" | "precision" | "recall") =>
    number(heading, ({ after }) => after ? formatPercent(after[field]) : "");
  const step = number("step", ({ index }) => String(index));
  const text = textColumn<StepRow>(
    "what happened",
    ({ head, detail }) => detail === "" ? head : `${head}: ${detail}`,
    (laid, { outcome }) =>
      outcome === "undone" ? dim(laid) : outcome === "broken" ? red(laid) : laid,
  );
  const rules = number("rules", ({ rules }) => rules === undefined ? "?" : formatCount(rules));
  const change = number(on === undefined ? "F1" : `${on} F1`, ({ before, after }) => {
    const to = after ? formatPercent(after.f1) : "";
    return before ? `${formatPercent(before.f1)} → ${to.padStart(4)}` : to;
  });
  const after = share("F1", "f1");
  const precision = share("P", "precision");
  const recall = share("R", "recall");
  const gain: Column<StepRow> = {
    ...number("Δ", formatGain),
    paint: (laid, row) => {
      const points = formatGain(row);
      return points.startsWith("+") ? green(laid) : points.startsWith("-") ? red(laid) : dim(laid);
    },
  };
  const time = number("time", ({ took }) => formatDuration(took));
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
  if (shared !== undefined) lines.push(dim(" ".repeat(table.indent) + shared));
  for (const row of rows) {
    const inline = text.text(row);
    const fits = displayWidth(inline) <= table.room;
    lines.push(table.format(row, fits ? inline : row.head));
    const detail = fits || row.detail === "" ? [] : [{ text: row.detail, paint: dim }];
    const indent = " ".repeat(table.indent + 2);
    for (const { text, paint, isBrief } of [...detail, ...row.notes] as readonly StepNote[]) {
      const room = width - indent.length;
      const shown = isBrief ? [truncate(text, room)] : wrapAtMost(text, room);
      for (const line of shown) lines.push(indent + paint(line));
    }
  }
  return lines;
}

/** Describes each step as a row of the table. */
export function describeSteps(trace: Trace): StepRow[] {
  const fold = new Fold(new Map(Object.entries(trace.rules)));
  const on = decisionSplit(trace);
  let areKnown = !isBeginningLost(trace);
  return trace.steps.map((step) => {
    fold.apply(step);
    // A later prompt shows those that the log did not.
    areKnown ||= "unlogged" in step && (step.unlogged?.added.length ?? 0) > 0;
    const { head, detail = "", notes = [], before, after, outcome = "done" } = describe(
      trace,
      step,
    );
    // The columns are for one split: scores on another are told beside them.
    const elsewhere = after && (after.on ?? on) !== on ? after : undefined;
    const parts = [...(detail === "" ? [] : [detail]), ...(elsewhere ? [phraseF1(elsewhere)] : [])];
    const exchanges = "exchanges" in step ? phraseExchanges(step) : "";
    const asked = exchanges === "" || parts.length === 0 ? exchanges : ` (${exchanges})`;
    return {
      index: step.index,
      head,
      detail: parts.join(", ") + asked,
      notes: [
        ...describeUnlogged(trace, step),
        ...notes,
        ...listAsked(step).map((text) => ({ text, paint: dim })),
        ...noteCorrections(trace, step),
      ],
      ...(areKnown && { rules: fold.size }),
      before: elsewhere ? undefined : before,
      after: elsewhere ? undefined : after,
      took: step.took,
      outcome,
    };
  });
}

function describe(trace: Trace, step: Step): StepSummary {
  switch (step.type) {
    case "synthesis": {
      const begun = phraseBegun(trace, step, (rules) => `${rules} at the start`);
      const nothing = isBeginningLost(trace) ? "not in the log" : "nothing";
      return {
        head: "synthesis",
        detail: [phraseRules(trace, step.added) || nothing, ...(begun === "" ? [] : [begun])]
          .join(", "),
        notes: [...noteError(step.error), ...noteRefusals(step.refused)],
        after: step.scores,
      };
    }
    case "critique": {
      const isNone = step.analysis === "" && step.advice.length === 0;
      return {
        head: step.error && isNone ? "advice failed" : "critique",
        detail: step.advice.length > 0 ? count(step.advice.length, "suggestion") : "",
        notes: [...noteText("", step.analysis), ...noteError(step.error)],
        outcome: step.error ? "broken" : "done",
      };
    }
    case "iteration":
      return describeIteration(trace, step);
    case "audit":
      return describeAudit(trace, step);
    case "restore": {
      const { before, after } = step;
      return { head: "restore", detail: phraseRestored(trace, step), before, after };
    }
    case "prune":
      return describePrune(trace, step);
    case "refit": {
      const removed = step.removed.length > 0
        ? `, ${formatCount(step.removed.length)} removed`
        : "";
      return {
        head: "refit",
        detail: `${formatCount(step.added.length)} added${removed}`,
        notes: [...noteError(step.error), ...noteRefusals(step.refused)],
        after: step.scores,
      };
    }
    case "final": {
      const { train, dev, all } = step.scores;
      const isOnDev = decisionSplit(trace) === "dev";
      return { head: "final", after: isOnDev ? dev ?? all ?? train : train ?? all };
    }
    case "failure":
      return {
        head: trace.run.status === "aborted" ? "aborted" : "failure",
        detail: showName(step.stage),
        notes: noteError(step.error),
        outcome: "broken",
      };
  }
}

function describeIteration(trace: Trace, step: StepOf<"iteration">): StepSummary {
  const { verdict, clause, prompt, before, after } = step;
  const head = `${nameIteration(step.iteration)} ${phraseVerdict(step)}`;
  const notes: StepNote[] = [
    ...(prompt === undefined || prompt === "full"
      ? []
      : [{ text: `asked with the prompt ${showName(prompt)}`, paint: dim }]),
    ...noteFocus(step),
    ...noteText("guidance: ", step.guidance ?? ""),
    ...noteError(step.error),
    ...noteRefusals(step.patch.refused),
  ];
  const { verb, what } = phrasePatch(trace, step);
  const detail = verb === "patched" ? what : `${verb} ${what}`;
  switch (verdict) {
    case "accepted": {
      if (clause === "precision") {
        const points = formatPoints(before.precision, after.precision);
        notes.unshift({ text: `for precision, ${points}`, paint: dim });
      }
      return { head, detail, notes, before, after };
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
      return { head, notes, after: before, outcome: "undone" };
    case "failed":
      return { head, notes, after: before, outcome: "broken" };
  }
}

function describeAudit(trace: Trace, step: StepOf<"audit">): StepSummary {
  const { verdict, before, after, error } = step;
  const { applied = [], skipped = [] } = Object.groupBy(step.actions, ({ outcome }) => outcome);
  const notes = [
    ...noteError(error),
    ...skipped.slice(0, MAX_SKIPPED).map((action) => ({
      text: `skipped ${phraseAction(trace, action)}, ${showText(action.reason)}`,
      paint: yellow,
    })),
  ];
  if (skipped.length > MAX_SKIPPED) {
    const text = `skipped ${formatCount(skipped.length - MAX_SKIPPED)} more`;
    notes.push({ text, paint: yellow });
  }
  const name = step.phase === "final" ? "final audit" : "audit";
  const isCompared = verdict === "kept" || verdict === "reverted";
  const isNone = verdict === "none" && !error;
  return {
    head: error ? `${name} failed` : isNone ? name : `${name} ${phraseVerdict(step)}`,
    detail: isNone ? "nothing" : listFew(applied, "; ", (action) => phraseAction(trace, action)),
    notes,
    ...(isCompared ? { before, after } : { after: before }),
    outcome: error ? "broken" : verdict === "kept" ? "done" : "undone",
  };
}

function phraseVerdict({ verdict, forced }: StepOf<"iteration" | "audit">): string {
  return verdict === "unknown" ? "(verdict unknown)" : forced ? `${verdict} as told` : verdict;
}

function describePrune(trace: Trace, step: StepOf<"prune">): StepSummary {
  const { dropped, before, after } = step;
  if (dropped.length === 0) return { head: "prune", detail: "nothing", after, outcome: "undone" };
  const { subsumed = [], budget = [] } = Object.groupBy(dropped, ({ reason }) => reason);
  const names = (drops: typeof dropped) => phraseRules(trace, drops.map(({ rule }) => rule));
  const parts = [
    ...(subsumed.length > 0 ? [`${names(subsumed)} (subsumed)`] : []),
    ...(budget.length > 0 ? [`${names(budget)} (over budget)`] : []),
  ];
  return { head: "prune", detail: parts.join("; "), before, after };
}

/** Notes the labels that an imported run was asked to look to first, and its scores on train. */
function noteFocus({ focus = [], train }: StepOf<"iteration">): StepNote[] {
  const parts = [
    ...(focus.length > 0 ? [`focus: ${listFew(focus, ", ", showName)}`] : []),
    ...(train?.f1 === undefined ? [] : [`train F1 ${formatPercent(train.f1)} %`]),
  ];
  return parts.length === 0 ? [] : [{ text: parts.join(", "), paint: dim, isBrief: true }];
}

/** Notes what became of corrections; at the end, those that are still wrong. */
function noteCorrections(trace: Trace, step: Step): StepNote[] {
  if (step.type === "final") {
    const text = phraseWrongAtLast(trace, step);
    const paint = step.wrong?.length === 0 ? dim : yellow;
    return text === "" ? [] : [{ text, paint }];
  }
  if (step.type === "synthesis") {
    const text = phraseRightAtFirst(trace, step);
    return text === "" ? [] : [{ text, paint: dim }];
  }
  const changed = "mended" in step || "broken" in step ? step : {};
  return listCorrected(changed).map((text) => ({ text, paint: dim }));
}

/** Notes changes before the step that the log of an imported run does not explain. */
function describeUnlogged(trace: Trace, step: Step): StepNote[] {
  if (!("unlogged" in step) || step.unlogged === undefined) return [];
  const { added, removed } = step.unlogged;
  const parts = [
    ...(added.length > 0 ? [`${phraseRules(trace, added)} came`] : []),
    ...(removed.length > 0 ? [`${phraseRules(trace, removed)} went`] : []),
  ];
  const what = parts.length === 0 ? "other scores" : parts.join("; ");
  return [{ text: `before it, the log does not say how: ${what}`, paint: yellow }];
}

function noteRefusals(refused: StepOf<"synthesis">["refused"]): StepNote[] {
  return phraseRefusals(refused).map((text) => ({ text, paint: yellow }));
}

function noteError(error: { name: string; message: string } | undefined): StepNote[] {
  return error === undefined ? [] : [{ text: phraseError(error), paint: red }];
}

/** Notes the text of a coordinator, in one line. */
function noteText(lead: string, text: string): StepNote[] {
  const shown = showText(text.trim().slice(0, MAX_TEXT).replaceAll(/\s+/g, " "));
  return shown === "" ? [] : [{ text: lead + shown, paint: dim, isBrief: true }];
}

function wrapAtMost(text: string, width: number): string[] {
  const lines = wrap(text, width);
  if (lines.length <= NOTE_LINES) return lines;
  return [...lines.slice(0, NOTE_LINES - 1), truncate(`${lines[NOTE_LINES - 1]} …`, width)];
}

function formatGain({ before, after }: StepRow): string {
  if (before?.f1 === undefined || after?.f1 === undefined || before.on !== after.on) return "";
  return formatPoints(before.f1, after.f1);
}
