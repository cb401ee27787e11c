/**
 * A trace as a story of a few lines, one clause for what each step did.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { setColorEnabled } from "jsr:@std/fmt@^1/colors";
 * import { joinClauses } from "./story.ts";
 *
 * setColorEnabled(false);
 * const clauses = ["synthesized 18 rules", "pruned d", "final 17 rules"].map((text) => ({ text }));
 * assertEquals(joinClauses(clauses, 30), ["synthesized 18 rules", "→ pruned d → final 17 rules"]);
 * ```
 *
 * @module
 */
import { bold, cyan, dim, green, red } from "jsr:@std/fmt@^1/colors";
import type { KnownScores, Run, Step, StepOf, Trace } from "../record/schema.ts";
import { phraseParent, phraseShared } from "./changes.ts";
import { phraseCorrected, phraseRightAtFirst, phraseWrongAtLast } from "./corrections.ts";
import {
  count,
  decisionSplit,
  f1On,
  formatCount,
  formatPoints,
  listFew,
  nameIteration,
  phraseAction,
  phraseError,
  phraseF1,
  phraseF1Change,
  phrasePatch,
  phraseQuiet,
  phraseRestored,
  phraseRules,
  phraseStage,
  phraseUnfinished,
  showName,
} from "./phrases.ts";
import { countLeft, phraseBegun, phraseEscalated } from "./playbooks.ts";
import { lastScores, phraseSynthesized, scoresBeforeRefit } from "./standing.ts";
import { displayWidth, wrap } from "./text.ts";
import { showText } from "../learn/text/quoting.ts";

/** A part of a story, and how it is painted. */
export interface Clause {
  readonly text: string;
  readonly paint?: (text: string) => string;
  /** Index of the step that it tells; missing if it tells none, or several. */
  readonly step?: number;
}

/** A clause about one step or several. */
interface StepClause extends Clause {
  /** Whether the step left the rules as they were. */
  readonly isQuiet?: boolean;
  /** Index of the (last) step in the trace. */
  readonly last: number;
}

/** Columns for an error in the story. */
const ERROR_WIDTH = 160;
/** This many quiet iterations in a row become one clause. */
const QUIET = 4;
/** Clauses at the start and at the end of a long run; those in between become one. */
const HEAD = 6;
const TAIL = 5;

/** Formats what was run on which data, in lines of at most `width` columns. */
export function formatHeader(trace: Trace, width: number): string[] {
  const { data, run } = describeRun(trace);
  return [...joinClauses(data, width, "·"), ...joinClauses(run, width, "·")];
}

/** Describes the data of a run, beginning with their name, and the run. */
export function describeRun(trace: Trace): { data: Clause[]; run: Clause[] } {
  const { dataset, learner, id, status, parent, origin } = trace.run;
  const parts = [
    { text: showText(dataset.name), paint: bold },
    { text: phraseTask(trace) },
    ...phraseLabels(trace).map((text) => ({ text })),
    { text: phraseExamples(trace) },
  ];
  const { corrections = [] } = trace.run.split;
  if (corrections.length > 0) parts.push({ text: count(corrections.length, "correction") });
  const shortened = phraseShortened(trace.run);
  if (shortened !== undefined) parts.push({ text: shortened });
  const paints = { completed: green, running: cyan, failed: red, aborted: red, unknown: dim };
  const paint = paints[status];
  const about = [
    { text: `run ${showText(id)}` },
    { text: status === "unknown" ? "end unknown" : status, paint },
    { text: `synthesizer ${showName(learner.synthesizer)}` },
    { text: `coordinator ${showName(learner.coordinator)}` },
  ];
  if (learner.model !== undefined) about.push({ text: `model ${showName(learner.model)}` });
  if (parent) about.push({ text: phraseParent(parent) });
  if (origin) about.push({ text: `from a log of ${phraseOrigin(origin)}` });
  return { data: parts, run: about };
}

/** Names the tool that logged a run, with its version if the log says it. */
export function phraseOrigin({ tool, version }: { tool: string; version: string }): string {
  return version === "unknown" ? showName(tool) : `${showName(tool)} ${showName(version)}`;
}

/** Tells the number of examples and their split, as far as they are known. */
function phraseExamples({ run }: Trace): string {
  const { dataset: { examples }, split: { train, dev } } = run;
  if (examples === undefined) return "examples unknown";
  const all = phraseSampled(run) ?? count(examples, "example");
  if (train === undefined) return `${all}, split unknown`;
  return dev.length > 0
    ? `${all}: ${formatCount(train)} train, ${formatCount(dev.length)} dev`
    : `${all}, none held out`;
}

/** Tells how many examples were drawn to learn from and to decide on, if the record says not all were. */
export function phraseSampled({ config }: Pick<Run, "config">): string | undefined {
  const { of, learned } = Object(config.sampled);
  if (typeof of !== "number" || typeof learned !== "number") return undefined;
  return `a sample of ${formatCount(learned)} of ${count(of, "example")}`;
}

/** Tells how many texts were cut before rules were learned from them, if the record says any were. */
export function phraseShortened(
  { config: { shortened } }: Pick<Run, "config">,
): string | undefined {
  const { texts, tokens } = Object(shortened);
  if (typeof texts !== "number" || typeof tokens !== "number") return undefined;
  return `${count(texts, "long text")} learned from up to token ${formatCount(tokens)}`;
}

/** Names the task, and how spans are matched if the record says it. */
function phraseTask({ run: { dataset: { task }, config: { match } } }: Trace): string {
  const isKnown = task !== "classification" && typeof match === "string";
  return isKnown ? `${task}, ${showName(match)} match` : task;
}

/** Lists labels or types of entities; nothing for spans without types. */
function phraseLabels({ run: { dataset: { task, labels } } }: Trace): string[] {
  if (task === "extraction") return [];
  const amount = count(labels.length, task === "ner" ? "type" : "label");
  return [`${amount}: ${listFew(labels, ", ", showName)}`];
}

/** Formats the story of a trace in lines of at most `width` columns. */
export function formatStory(trace: Trace, width: number): string[] {
  return joinClauses(tellStory(trace), width);
}

/**
 * Tells the story of a trace in clauses: one for the steps that it shares with its parent, one for the middle of a long run, and one for many quiet iterations
 * in a row.
 */
export function tellStory(trace: Trace): readonly Clause[] {
  const { parent } = trace.run;
  const shared = parent && phraseShared(parent);
  const fork = shared === undefined ? 0 : Math.min(parent!.step! + 1, trace.steps.length);
  const clauses: StepClause[] = trace.steps.slice(fork).flatMap((step, place) => {
    const clause = tellStep(trace, step, fork + place);
    return clause === undefined ? [] : [{ ...clause, step: fork + place, last: fork + place }];
  });
  if (shared !== undefined) clauses.unshift({ text: shared, paint: dim, last: fork - 1 });
  const last = trace.steps.length - 1;
  if (trace.run.status === "running") {
    const place = last < 0 ? "before the first step" : `after step ${last}`;
    clauses.push({ text: `still running, or killed, ${place}`, paint: cyan, last });
  }
  if (trace.run.status === "unknown") {
    const text = "the log ends here, and does not say which rules were returned";
    clauses.push({ text, paint: dim, last });
  }
  return foldMiddle(trace, foldQuiet(trace, clauses));
}

/**
 * Joins clauses by an arrow (or another `mark`) in lines of at most `width` columns. A line ends before a
 * clause that does not fit it; only a clause longer than a line is broken.
 */
export function joinClauses(clauses: readonly Clause[], width: number, mark = "→"): string[] {
  const lines: string[] = [];
  let line = "";
  let used = 0;
  let broken = false;
  for (const [place, { text, paint = (part: string) => part }] of clauses.entries()) {
    const lead = place === 0 ? "" : `${mark} `;
    const gap = used === 0 ? "" : " ";
    const fits = used + gap.length + lead.length + displayWidth(text) <= width;
    if (used > 0 && (broken || !fits)) {
      lines.push(line);
      [line, used] = ["", 0];
    } else {
      line += gap;
      used += gap.length;
    }
    const indent = "  ";
    const [first, ...rest] = used + lead.length + displayWidth(text) <= width
      ? [text]
      : wrap(text, width - indent.length, Math.max(0, used + lead.length - indent.length));
    line += (lead === "" ? "" : dim(lead)) + paint(first);
    broken = rest.length > 0;
    used += lead.length + displayWidth(first);
    for (const part of rest) {
      lines.push(line);
      line = indent + paint(part);
      used = indent.length + displayWidth(part);
    }
  }
  return line === "" ? lines : [...lines, line];
}

/** Tells a step; `undefined` for one that neither did nor tried anything. */
function tellStep(
  trace: Trace,
  step: Step,
  place: number,
): Omit<StepClause, "last"> | undefined {
  switch (step.type) {
    case "synthesis": {
      const begun = phraseBegun(trace, step, (rules) => `with ${rules}`);
      const from = begun === "" ? "" : `began ${begun}, `;
      const right = phraseRightAtFirst(trace, step);
      const notes = [
        ...countOf(step.refused.slice(countLeft(trace, step)), "refused"),
        ...noteOf(right),
        ...noteOf(phraseEscalated(step)),
      ];
      const synthesized = phraseSynthesized(trace, step);
      return { text: `${from}${synthesized}${inBrackets(notes)}` };
    }
    case "critique":
      return step.error && tellError("advice", step.error);
    case "iteration":
      return tellIteration(trace, step);
    case "audit":
      return tellAudit(trace, step);
    case "restore": {
      const notes = inBrackets([phraseGain(step), ...noteOf(phraseCorrected(step))]);
      return { text: `went back to ${phraseRestored(trace, step)}${notes}` };
    }
    case "prune": {
      if (step.dropped.length === 0) return undefined;
      const names = phraseRules(trace, step.dropped.map(({ rule }) => rule));
      return { text: `pruned ${names}${inBrackets(noteOf(phraseCorrected(step)))}` };
    }
    case "refit": {
      const notes = [
        ...countOf(step.added, "added"),
        ...countOf(step.removed, "removed"),
        ...countOf(step.refused, "refused"),
        ...noteOf(phraseCorrected(step)),
      ];
      return { text: `refit on train and dev${inBrackets(notes)}` };
    }
    case "final":
      return { text: tellFinal(trace, step, place), paint: bold };
    case "failure": {
      const verb = trace.run.status === "aborted" ? "aborted" : "failed";
      const error = phraseError(step.error, ERROR_WIDTH);
      return { text: `${verb} ${phraseStage(step)}: ${error}`, paint: red };
    }
  }
}

function tellIteration(trace: Trace, step: StepOf<"iteration">): Omit<StepClause, "last"> {
  const { verdict, clause, before, after, error } = step;
  const name = nameIteration(step.iteration);
  const escalated = phraseEscalated(step);
  const refused = [...countOf(step.patch.refused, "refused"), ...noteOf(escalated)];
  switch (verdict) {
    case "failed": {
      const unknown = { name: "Error", message: "no reason was recorded" };
      const what = escalated === "" ? name : `${name}, ${escalated},`;
      return { ...tellError(what, error ?? unknown), isQuiet: true };
    }
    case "empty":
      return { text: `${name} found nothing to add${inBrackets(refused)}`, isQuiet: true };
    case "accepted":
    case "rejected":
    case "unknown": {
      const { verb, what } = phrasePatch(trace, step);
      const isUnknown = verdict === "unknown";
      if (isUnknown && what === "nothing" && refused.length === 0) {
        return { text: `${name}: the log does not say what came of it`, isQuiet: true };
      }
      const told = step.forced ? `${verdict}, as told` : verdict;
      const notes = isUnknown ? ["verdict unknown"] : [told, phraseGain(step)];
      if (clause === "precision") {
        notes.push(`${formatPoints(before.precision, after.precision)} precision`);
      }
      notes.push(...noteOf(phraseCorrected(step)), ...refused);
      return {
        text: `${name} ${verb} ${what}${inBrackets(notes)}`,
        isQuiet: verdict !== "accepted",
      };
    }
  }
}

function tellAudit(trace: Trace, step: StepOf<"audit">): Clause | undefined {
  if (step.error) return tellError("audit", step.error);
  const { applied = [], skipped = [] } = Object.groupBy(step.actions, ({ outcome }) => outcome);
  if (step.verdict === "none" || applied.length === 0) return undefined;
  const gain = formatPoints(step.before.f1, step.after.f1);
  const notes = [
    ...(step.verdict === "reverted" ? ["reverted"] : step.forced ? ["kept"] : []),
    ...(step.forced ? ["as told"] : []),
    ...(step.verdict === "unknown" ? ["whether it was kept is unknown"] : []),
    ...(gain === "±0.0" || gain === "?" ? [] : [phraseGain(step)]),
    ...noteOf(phraseCorrected(step)),
    ...countOf(skipped, "skipped"),
  ];
  const actions = listFew(applied, "; ", (action) => phraseAction(trace, action));
  return { text: `audit ${actions}${inBrackets(notes)}` };
}

function tellFinal(trace: Trace, step: StepOf<"final">, place: number): string {
  const { dev, train, test } = step.scores;
  const changed = step.unlogged === undefined ? "" : "changes that the log does not explain, then ";
  const parts = [`${changed}final ${count(step.rules.length, "rule")}`];
  const before = scoresBeforeRefit(trace, place);
  if (before) {
    parts.push(`${phraseF1(before)} before the refit`);
  } else {
    const decided = trace.run.origin
      ? lastScores(trace.steps.slice(0, place + 1))
      : decisionSplit(trace) === "dev"
      ? dev ?? train
      : train ?? dev;
    if (decided?.f1 !== undefined) parts.push(phraseF1(decided));
  }
  if (test) parts.push(phraseF1(test));
  parts.push(...noteOf(phraseWrongAtLast(trace, step)));
  const unfinished = phraseUnfinished(step.unfinished, (id) => trace.rules[id].name);
  if (unfinished !== undefined) parts.push(unfinished);
  return parts.join(", ");
}

/** Puts many quiet iterations in a row into one clause. */
function foldQuiet(trace: Trace, clauses: readonly StepClause[]): StepClause[] {
  const folded: StepClause[] = [];
  for (let from = 0; from < clauses.length;) {
    let to = from;
    while (to < clauses.length && clauses[to].isQuiet) to++;
    if (to - from < QUIET) {
      to = Math.max(to, from + 1);
      folded.push(...clauses.slice(from, to));
    } else {
      const steps = clauses.slice(from, to).map(({ last }) => trace.steps[last])
        .filter((step) => step.type === "iteration");
      const verdicts = (["rejected", "empty", "failed", "unknown"] as const).flatMap((verdict) =>
        countOf(steps.filter((step) => step.verdict === verdict), verdict)
      );
      folded.push({
        text: `${phraseQuiet(steps)}${inBrackets(verdicts)}`,
        last: clauses[to - 1].last,
      });
    }
    from = to;
  }
  return folded;
}

/** Puts the middle of a long run into one clause. */
function foldMiddle(trace: Trace, clauses: readonly StepClause[]): readonly StepClause[] {
  if (clauses.length <= HEAD + TAIL + 1) return clauses;
  const first = clauses[HEAD - 1].last;
  const last = clauses[clauses.length - TAIL - 1].last;
  const before = lastScores(trace.steps.slice(0, first + 1));
  const after = lastScores(trace.steps.slice(first + 1, last + 1));
  const change = before && after && before.on === after.on
    ? ` (${before.on} F1 ${phraseF1Change(before, after)})`
    : "";
  const text = `… ${count(last - first, "more step")}${change} …`;
  return [...clauses.slice(0, HEAD), { text, last, paint: dim }, ...clauses.slice(-TAIL)];
}

function phraseGain({ before, after }: { before: KnownScores; after: KnownScores }): string {
  return `${formatPoints(before.f1, after.f1)} ${f1On(after)}`;
}

function tellError(what: string, error: { name: string; message: string }): Clause {
  return { text: `${what} failed: ${phraseError(error, ERROR_WIDTH)}`, paint: red };
}

/** Counts items as a note, if there are any. */
function countOf(items: readonly unknown[], what: string): string[] {
  return items.length === 0 ? [] : [`${formatCount(items.length)} ${what}`];
}

/** Makes a note of a text, unless it is empty. */
function noteOf(text: string): string[] {
  return text === "" ? [] : [text];
}

function inBrackets(notes: readonly string[]): string {
  return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}
