/**
 * Gives each line of a log to its run.
 *
 * A log is appended to, so one file may hold several runs, one after the other or mixed. A line belongs to
 * a run by what the two have in common: the task and what the user put on all lines of the run; then the
 * labels, which are asked for in order, the number of the iteration, and the rules that its prompt shows.
 * If several runs are left, the line goes to the one that had a line last, and counts as ambiguous if the
 * other was still going on.
 *
 * @module
 */
import type { Task } from "../../learn/data/examples.ts";
import { TASKS } from "../rule_set.ts";
import { type LogEntry, textOf } from "./entries.ts";
import { fits, mayFollow } from "./splitting/fitting.ts";
import { beginsAnother } from "./splitting/looking.ts";
import { RunLog } from "./run.ts";

/** The metadata that RuleChef itself puts on a line; all others are the user's. */
const OWN_FIELDS = new Set(
  `
  task_name task_type dataset_size target_class num_counter_examples max_rules
  num_rules_in_response response_valid num_failures num_existing_rules num_deleted guidance
  prompt_variant failure_limit include_data_evidence rules_mode variant_name
  estimated_input_tokens reserved_output_tokens safety_margin_tokens context_window
  estimated_total_tokens fits_context variant_estimates iteration max_iterations accepted
  decided_on_dev prev_micro_f1 f1_delta prev_micro_precision candidate_micro_f1
  candidate_micro_precision exact_match micro_f1 macro_f1 focus_classes should_continue num_rules
  analysis num_rule_feedback num_actions action_types num_classes eval_before finish_reason usage
  attempts retries error
`.trim().split(/\s+/),
);

/** A run that goes on. */
interface OpenRun {
  readonly run: RunLog;
  /** The user's metadata on its lines, as JSON by name, and on how many lines each was seen. */
  readonly marks: Map<string, { readonly value: string; seen: number }>;
  /** Its last line. */
  last: number;
  /** Its lines that also fit another run, which seems to have ended before. */
  doubtful: number;
}

/** Why a line does not belong to a run: a trace does not have its task, or it comes before any run. */
export type Unplaced = "task" | "orphan";

/** Gives each line to its run. */
export class Splitter {
  /** The runs, in the order in which they began. */
  readonly runs: RunLog[] = [];
  /** How many lines fit several runs. */
  ambiguous = 0;
  /** How many lines do not belong to a run. */
  readonly unplaced = { task: 0, orphan: 0 };
  /** Lines that are not given to a run so far. */
  readonly #waiting: LogEntry[] = [];
  /** The last lost line before each of them. */
  readonly #lost = new WeakMap<LogEntry, number>();
  #lastLost = 0;
  /** Whether the last line that names its task is of one that a trace does not have. */
  #isForeign = false;
  /** The runs that go on, the one that had a line last first. */
  #open: OpenRun[] = [];

  /** Gives the next line to its run, once the lines after it are known. */
  add(entry: LogEntry): void {
    this.#waiting.push(entry);
    this.#lost.set(entry, this.#lastLost);
    if (this.#waiting.length > AHEAD) this.#next();
  }

  /** Notes a line that could not be read, and may have been one of a run. */
  lose(line: number): void {
    this.#lastLost = line;
  }

  /** Gives the lines that are left to their runs. */
  end(): void {
    while (this.#waiting.length > 0) this.#next();
  }

  #next(): void {
    const why = this.#place(this.#waiting.shift()!);
    if (why !== undefined) this.unplaced[why]++;
  }

  /** Gives a line to its run; returns why not if it does not belong to one. */
  #place(entry: LogEntry): Unplaced | undefined {
    const marks = readMarks(entry);
    const task = textOf(entry, "task_name");
    const type = textOf(entry, "task_type");
    const known = TASKS.find((one) => one === type);
    if (type !== undefined) this.#isForeign = known === undefined;
    if (this.#isForeign && type !== undefined) return "task";
    const alike = this.#open.filter((open) =>
      (task === undefined || open.run.name === task) &&
      (known === undefined || open.run.task === known)
    );
    const candidates = findMarked(alike, marks);
    // Lines of a coordinator do not name their task. Guidance shows no rules to tell them by.
    const isForeign = this.#isForeign &&
      (entry.call === "guide_refinement" || !candidates.some(({ run }) => fits(run, entry)));
    if (isForeign) return "task";
    const fitting = this.#chooseFitting(entry, candidates) ??
      alike.find((open) =>
        !candidates.includes(open) && mayVary(open, marks) && fits(open.run, entry)
      ) ??
      this.#chooseLast(entry, candidates);
    const isFirst = fitting !== undefined && MAY_BEGIN.has(entry.call) &&
      beginsAnother(fitting.run, [entry, ...this.#after(task, marks)]);
    const open = isFirst || fitting === undefined
      ? this.#begin(
        entry,
        known ?? candidates[0]?.run.task,
        task ?? candidates[0]?.run.name ?? "",
        marks,
      )
      : fitting;
    if (open === undefined) return "orphan";
    if (candidates.length > 1 && candidates[0] !== open && candidates.includes(open)) {
      // So runs are mixed, and the other run has not ended.
      for (const other of candidates) {
        this.ambiguous += other.doubtful;
        other.doubtful = 0;
      }
    }
    this.#open = [open, ...this.#open.filter((other) => other !== open)].slice(0, MAX_OPEN);
    open.last = entry.line;
    noteMarks(open.marks, marks);
    open.run.add(entry);
    return undefined;
  }

  /** Returns the lines that wait and may belong to the same run as one with a task and marks. */
  #after(task: string | undefined, marks: ReadonlyMap<string, string>): LogEntry[] {
    return this.#waiting.filter((entry) => {
      const name = textOf(entry, "task_name") ?? task;
      const own = readMarks(entry);
      return name === (task ?? name) &&
        marks.entries().every(([mark, value]) => (own.get(mark) ?? value) === value);
    });
  }

  /** Chooses the run among several that a line fits. */
  #chooseFitting(entry: LogEntry, candidates: readonly OpenRun[]): OpenRun | undefined {
    const fitting = candidates.filter((open) =>
      fits(open.run, entry) && !candidates.some((other) => endsEarlier(entry, open, other))
    );
    // Little but the decision on it is likely to follow a patch.
    const ready = fitting.filter(({ run }) => entry.call === "patch_decision" || !run.isUndecided);
    const [open, ...others] = ready.length > 0 ? ready : fitting;
    if (others.some(({ last }) => last > open.run.first.line)) this.ambiguous++;
    else if (others.length > 0) open.doubtful++;
    return open;
  }

  /** Chooses the last run for a line that does not begin one, which may then contradict the run. */
  #chooseLast(entry: LogEntry, [open]: readonly OpenRun[]): OpenRun | undefined {
    if (open === undefined) return undefined;
    return mayFollow(open.run, entry, this.#lost.get(entry)! > open.last) ? open : undefined;
  }

  #begin(
    entry: LogEntry,
    task: Task | undefined,
    name: string,
    marks: ReadonlyMap<string, string>,
  ): OpenRun | undefined {
    if (task === undefined) return undefined;
    const run = new RunLog(entry, task, name);
    this.runs.push(run);
    const own = [...marks].map(([name, value]) => [name, { value, seen: 0 }] as const);
    return { run, marks: new Map(own), last: run.first.line, doubtful: 0 };
  }
}

/** Calls that may begin a run whose own beginning left no line. */
const MAY_BEGIN: ReadonlySet<LogEntry["call"]> = new Set([
  "critique_rules",
  "guide_refinement",
  "rule_patch",
]);

/** How many lines after one are looked at. */
const AHEAD = 8;

/** How many runs may go on at the same time. */
const MAX_OPEN = 64;

/**
 * Tells whether a run that began after the last line of another one tells that the other has ended: one process
 * makes one run after the other. Lines that show rules, or decide on a patch, tell their run themselves.
 */
function endsEarlier(entry: LogEntry, { last }: OpenRun, { run }: OpenRun): boolean {
  if (run.first.line <= last) return false;
  return entry.call === "guide_refinement" ||
    entry.call === "rule_synthesis_per_class" && run.synthesis === undefined;
}

const marksRead = new WeakMap<LogEntry, ReadonlyMap<string, string>>();

/** Returns the user's metadata on a line, as JSON by name. */
function readMarks(entry: LogEntry): ReadonlyMap<string, string> {
  const known = marksRead.get(entry);
  if (known !== undefined) return known;
  const own = Object.entries(entry.metadata).filter(([name]) => !OWN_FIELDS.has(name));
  const marks = new Map(own.map(([name, value]) => [name, JSON.stringify(value)]));
  marksRead.set(entry, marks);
  return marks;
}

/**
 * Finds the runs with the same marks as a line: of those without a mark that differs, the ones that share
 * most. Marks that the first line of a run lacks do not count.
 */
function findMarked(open: readonly OpenRun[], line: ReadonlyMap<string, string>): OpenRun[] {
  const rated = open.flatMap((one) => {
    let rating = 0;
    for (const [name, { value }] of one.marks) {
      const found = line.get(name);
      if (found !== undefined && found !== value) return [];
      rating += found === undefined ? -1 : 1;
    }
    return [{ one, rating }];
  });
  const best = Math.max(...rated.map(({ rating }) => rating));
  return rated.filter(({ rating }) => rating === best).map(({ one }) => one);
}

/** Tells whether the marks that differ may differ on each line of the run: no two lines had the same. */
function mayVary({ marks }: OpenRun, line: ReadonlyMap<string, string>): boolean {
  return marks.entries().every(([name, { value, seen }]) => {
    const found = line.get(name);
    return found === undefined || found === value || seen < 2;
  });
}

/** Counts the marks that a line shares with its run, and drops those that differ. */
function noteMarks(marks: OpenRun["marks"], line: ReadonlyMap<string, string>): void {
  for (const [name, mark] of marks) {
    const found = line.get(name);
    if (found === mark.value) mark.seen++;
    else if (found !== undefined) marks.delete(name);
  }
}
