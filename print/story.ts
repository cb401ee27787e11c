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
import type { KnownScores, Step, StepOf, Trace } from "../record/schema.ts";
import {
  count,
  decisionSplit,
  f1On,
  formatCount,
  formatPercent,
  formatPoints,
  listFew,
  phraseAction,
  phraseError,
  phrasePatch,
  phraseRules,
  showName,
} from "./phrases.ts";
import { displayWidth, wrap } from "./text.ts";
import { showText } from "../learn/text/quoting.ts";

/** A part of a story, and how it is painted. */
export interface Clause {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** A clause of a step: `quiet` where the step left the rules as they were. */
interface Told extends Clause {
  readonly quiet?: boolean;
  /** Place of the step (the last one, where it stands for several) in the trace. */
  readonly last: number;
}

/** Columns that an error gets in the story. */
const ERROR_WIDTH = 160;
/** This many quiet iterations in a row become one clause. */
const QUIET = 4;
/** Clauses told of the start and of the end of a long run; what is between becomes one. */
const HEAD = 6;
const TAIL = 5;

/** What was run on what, in lines of at most `width` columns. */
export function formatHeader(trace: Trace, width: number): string[] {
  const { data, run } = describeRun(trace);
  return [...joinClauses(data, width, "·"), ...joinClauses(run, width, "·")];
}

/** What was learned from, beginning with its name, and by which run. */
export function describeRun(trace: Trace): { data: Clause[]; run: Clause[] } {
  const { dataset, learner, id, status, parent, origin } = trace.run;
  const parts = [
    { text: showText(dataset.name), paint: bold },
    { text: phraseTask(trace) },
    ...phraseLabels(trace).map((text) => ({ text })),
    { text: phraseExamples(trace) },
  ];
  const paints = { completed: green, running: cyan, failed: red, aborted: red, unknown: dim };
  const paint = paints[status];
  const about = [
    { text: `run ${showText(id)}` },
    { text: status === "unknown" ? "ended in a way unknown" : status, paint },
    { text: `synthesizer ${showName(learner.synthesizer)}` },
    { text: `coordinator ${showName(learner.coordinator)}` },
  ];
  if (learner.model !== undefined) about.push({ text: `model ${showName(learner.model)}` });
  if (parent) {
    about.push({ text: `goes on from step ${parent.step} of ${parent.digest.slice(0, 19)}…` });
  }
  if (origin) about.push({ text: `from a log of ${phraseOrigin(origin)}` });
  return { data: parts, run: about };
}

/** The tool that a run was logged by, and its version where the log says it. */
export function phraseOrigin({ tool, version }: { tool: string; version: string }): string {
  return version === "unknown" ? showName(tool) : `${showName(tool)} ${showName(version)}`;
}

/** How many examples there were, and how they were split, as far as it is known. */
function phraseExamples({ run: { dataset: { examples }, split: { train, dev } } }: Trace): string {
  if (examples === undefined) return "examples unknown";
  if (train === undefined) return `${count(examples, "example")}, split unknown`;
  return dev.length > 0
    ? `${count(examples, "example")}: ${formatCount(train)} train, ${formatCount(dev.length)} dev`
    : `${count(examples, "example")}, none held out`;
}

/** The task, and what made a found span right where the record says it. */
function phraseTask({ run: { dataset: { task }, config: { match } } }: Trace): string {
  const isKnown = task !== "classification" && typeof match === "string";
  return isKnown ? `${task}, ${showName(match)} match` : task;
}

/** What there is to tell apart: labels, types of entities, or nothing where spans have no types. */
function phraseLabels({ run: { dataset: { task, labels } } }: Trace): string[] {
  if (task === "extraction") return [];
  const few = listFew(labels.slice(0, 3).map(showName));
  const more = labels.length > 3 ? ` + ${formatCount(labels.length - 3)} more` : "";
  return [`${count(labels.length, task === "ner" ? "type" : "label")}: ${few}${more}`];
}

/** The story of a trace, in lines of at most `width` columns. */
export function formatStory(trace: Trace, width: number): string[] {
  return joinClauses(tellStory(trace), width);
}

/** The story of a trace in clauses: a long run's middle, and quiet iterations in a row, in one each. */
export function tellStory(trace: Trace): Clause[] {
  const told: Told[] = [];
  for (const [place, step] of trace.steps.entries()) {
    const clause = tell(trace, step, place);
    if (clause) told.push({ ...clause, last: place });
  }
  if (trace.run.status === "running") {
    const last = trace.steps.length - 1;
    const text = last < 0
      ? "still running, or killed, before the first step"
      : `still running, or killed, after step ${last}`;
    told.push({ text, paint: cyan, last });
  }
  if (trace.run.status === "unknown") {
    const text = "the log ends here, and does not say which rules were returned";
    told.push({ text, paint: dim, last: trace.steps.length - 1 });
  }
  return foldMiddle(trace, foldQuiet(trace, told));
}

/**
 * Clauses with an arrow (or another `mark`) between them, in lines of at most `width` columns. A line
 * ends before a clause that does not fit it; only a clause longer than a line is broken.
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

/** What the story says of a step; nothing of one that neither did nor tried anything. */
function tell(trace: Trace, step: Step, place: number): Omit<Told, "last"> | undefined {
  switch (step.type) {
    case "synthesis": {
      const start = step.start?.length ?? 0;
      const from = start > 0 ? `began with ${count(start, "rule")}, ` : "";
      const refused = noted(step.refused.length, "refused");
      return {
        text: `${from}synthesized ${count(step.added.length, "rule")}${inBrackets(refused)}`,
      };
    }
    case "critique":
      return step.error && failed("advice", step.error);
    case "iteration":
      return tellIteration(trace, step);
    case "audit":
      return tellAudit(trace, step);
    case "restore": {
      const gain = `${formatPoints(step.before.f1, step.after.f1)} ${f1On(step.after)}`;
      return { text: `went back to the rules of step ${step.to} (${gain})` };
    }
    case "prune":
      if (step.dropped.length === 0) return undefined;
      return { text: `pruned ${phraseRules(trace, step.dropped.map(({ rule }) => rule))}` };
    case "refit": {
      const notes = [
        ...noted(step.added.length, "added"),
        ...noted(step.removed.length, "removed"),
        ...noted(step.refused.length, "refused"),
      ];
      return { text: `refit on train and dev${inBrackets(notes)}` };
    }
    case "final":
      return { text: tellFinal(trace, step, place), paint: bold };
    case "failure": {
      const verb = trace.run.status === "aborted" ? "aborted" : "failed";
      const error = phraseError(step.error, ERROR_WIDTH);
      // Learners of other makes may name a stage as they like: "iteration 3", "after iteration 3".
      const where = step.stage.startsWith("after ") ? "" : "in ";
      return { text: `${verb} ${where}${showName(step.stage)}: ${error}`, paint: red };
    }
  }
}

function tellIteration(trace: Trace, step: StepOf<"iteration">): Omit<Told, "last"> {
  const name = `iteration ${step.iteration}`;
  const refused = noted(step.patch.refused.length, "refused");
  switch (step.verdict) {
    case "failed":
      return {
        ...failed(name, step.error ?? { name: "Error", message: "no reason was recorded" }),
        quiet: true,
      };
    case "empty":
      return { text: `${name} found nothing to add${inBrackets(refused)}`, quiet: true };
    case "accepted":
    case "rejected":
    case "unknown": {
      const patch = phrasePatch(trace, step);
      const isUnknown = step.verdict === "unknown";
      if (isUnknown && patch.what === "nothing" && refused.length === 0) {
        return { text: `${name}: the log does not say what came of it`, quiet: true };
      }
      const notes = [
        isUnknown ? "verdict unknown" : step.verdict,
        ...(isUnknown
          ? []
          : [`${formatPoints(step.before.f1, step.after.f1)} ${f1On(step.after)}`]),
      ];
      if (step.clause === "precision") {
        notes.push(`${formatPoints(step.before.precision, step.after.precision)} precision`);
      }
      return {
        text: `${name} ${patch.verb} ${patch.what}${inBrackets([...notes, ...refused])}`,
        quiet: step.verdict !== "accepted",
      };
    }
  }
}

function tellAudit(trace: Trace, step: StepOf<"audit">): Omit<Told, "last"> | undefined {
  if (step.error) return failed("audit", step.error);
  const applied = step.actions.filter(({ outcome }) => outcome === "applied");
  if (step.verdict === "none" || applied.length === 0) return undefined;
  const gain = formatPoints(step.before.f1, step.after.f1);
  const notes = [
    ...(step.verdict === "reverted" ? ["reverted"] : []),
    ...(step.verdict === "unknown" ? ["whether it was kept is unknown"] : []),
    ...(gain === "±0.0" || gain === "?" ? [] : [`${gain} ${f1On(step.after)}`]),
    ...noted(step.actions.length - applied.length, "skipped"),
  ];
  const actions = listFew(applied.map((action) => phraseAction(trace, action)), "; ");
  return { text: `audit ${actions}${inBrackets(notes)}` };
}

function tellFinal(trace: Trace, step: StepOf<"final">, place: number): string {
  const { dev, train, test } = step.scores;
  const changed = step.unlogged === undefined ? "" : "changes that the log does not tell, and so ";
  const parts = [`${changed}final ${count(step.rules.length, "rule")}`];
  const refit = trace.steps.findLastIndex(({ type }, index) => type === "refit" && index < place);
  const before = refit < 0 ? undefined : lastScores(trace.steps.slice(0, refit));
  if (before) {
    parts.push(`${before.on} F1 ${formatPercent(before.f1)} % before the refit`);
  } else {
    const decided = trace.run.origin
      ? lastScores(trace.steps.slice(0, place + 1))
      : decisionSplit(trace) === "dev"
      ? dev ?? train
      : train ?? dev;
    if (decided?.f1 !== undefined) parts.push(`${decided.on} F1 ${formatPercent(decided.f1)} %`);
  }
  if (test) parts.push(`test F1 ${formatPercent(test.f1)} %`);
  return parts.join(", ");
}

/** The score of the rule set that the steps end with. */
export function lastScores(steps: readonly Step[]): KnownScores | undefined {
  for (const step of steps.toReversed()) {
    const scores = standing(step);
    if (scores) return scores;
    // The set before this step was another one.
    if (isUnlogged(step)) return undefined;
  }
}

/** Whether rules changed before a step, and nothing says how. */
export function isUnlogged(step: Step): boolean {
  return "unlogged" in step && step.unlogged !== undefined;
}

/** The score of the rule set after a step, where the step says it. */
export function standing(step: Step): KnownScores | undefined {
  switch (step.type) {
    case "synthesis":
    case "refit":
      return step.scores;
    case "iteration":
      return step.verdict === "accepted" ? step.after : step.before;
    case "audit":
      return step.verdict === "reverted" || step.verdict === "unknown" ? step.before : step.after;
    case "restore":
    case "prune":
      return step.after;
    case "critique":
    case "final":
    case "failure":
      return undefined;
  }
}

/** Puts many quiet iterations in a row into one clause. */
function foldQuiet(trace: Trace, clauses: readonly Told[]): Told[] {
  const folded: Told[] = [];
  for (let from = 0; from < clauses.length;) {
    let to = from;
    while (to < clauses.length && clauses[to].quiet) to++;
    if (to - from < QUIET) {
      to = Math.max(to, from + 1);
      folded.push(...clauses.slice(from, to));
    } else {
      const steps = clauses.slice(from, to).map(({ last }) => trace.steps[last])
        .filter((step) => step.type === "iteration");
      const verdicts = (["rejected", "empty", "failed", "unknown"] as const).flatMap((verdict) =>
        noted(steps.filter((step) => step.verdict === verdict).length, verdict)
      );
      const range = `iterations ${steps[0].iteration} to ${steps[steps.length - 1].iteration}`;
      folded.push({
        text: `${range} changed nothing${inBrackets(verdicts)}`,
        last: clauses[to - 1].last,
      });
    }
    from = to;
  }
  return folded;
}

/** Puts the middle of a long run into one clause. */
function foldMiddle(trace: Trace, clauses: readonly Told[]): Told[] {
  if (clauses.length <= HEAD + TAIL + 1) return [...clauses];
  const first = clauses[HEAD - 1].last;
  const last = clauses[clauses.length - TAIL - 1].last;
  const before = lastScores(trace.steps.slice(0, first + 1));
  const after = lastScores(trace.steps.slice(first + 1, last + 1));
  const change = before && after && before.on === after.on
    ? ` (${before.on} F1 ${formatPercent(before.f1)} → ${formatPercent(after.f1)} %)`
    : "";
  const text = `… ${count(last - first, "more step")}${change} …`;
  return [...clauses.slice(0, HEAD), { text, last, paint: dim }, ...clauses.slice(-TAIL)];
}

function failed(what: string, error: { name: string; message: string }): Clause {
  return { text: `${what} failed: ${phraseError(error, ERROR_WIDTH)}`, paint: red };
}

function noted(amount: number, what: string): string[] {
  return amount === 0 ? [] : [`${formatCount(amount)} ${what}`];
}

function inBrackets(notes: readonly string[]): string {
  return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}
