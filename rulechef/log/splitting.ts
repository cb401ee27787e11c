/**
 * The runs that the lines of one log are of.
 *
 * A log is appended to, so one file may hold several runs, one after the other or mixed. A line tells its
 * run by what it has of it: the task and what the user put on all lines of it; then the labels, which are
 * asked for in order, the number of the iteration, the rules that its prompt shows. Where that leaves
 * several runs, the line is taken for the one that had a line last, and counted as ambiguous if the other
 * was still going on.
 *
 * @module
 */
import type { Task } from "../../learn/data/examples.ts";
import { type Entry, textOf } from "./entries.ts";
import { RunLog } from "./run.ts";

/** What RuleChef itself says on a line; all else the user put there. */
const OWN = new Set([
  ..."task_name task_type dataset_size target_class num_counter_examples max_rules".split(" "),
  ..."num_rules_in_response response_valid num_failures num_existing_rules num_deleted".split(" "),
  ..."guidance prompt_variant failure_limit include_data_evidence rules_mode".split(" "),
  ..."variant_name estimated_input_tokens reserved_output_tokens safety_margin_tokens".split(" "),
  ..."context_window estimated_total_tokens fits_context variant_estimates".split(" "),
  ..."iteration max_iterations accepted decided_on_dev prev_micro_f1 f1_delta".split(" "),
  ..."prev_micro_precision candidate_micro_f1 candidate_micro_precision".split(" "),
  ..."exact_match micro_f1 macro_f1 focus_classes should_continue".split(" "),
  ..."num_rules analysis num_rule_feedback num_actions action_types".split(" "),
  ..."num_classes eval_before finish_reason usage attempts retries error".split(" "),
]);

const TASKS = ["classification", "ner", "extraction"] as const;

interface Open {
  readonly run: RunLog;
  readonly task: string;
  /** What the user put on its lines, as JSON by name, and on how many lines it was seen. */
  readonly marks: Map<string, { readonly value: string; seen: number }>;
  /** The lines of its that came first and last. */
  readonly first: number;
  last: number;
  /** Lines that would have fitted another run, if that had still been going on. */
  tacit: number;
}

/** Lines that belong to no run: of a task that a trace does not have, or before any run. */
export type Unplaced = "task" | "orphan";

/** Gives each line to its run. */
export class Splitter {
  /** The runs, in the order in which they began. */
  readonly runs: RunLog[] = [];
  /** Lines that would fit several runs. */
  ambiguous = 0;
  /** The last one that had a line first. */
  #open: Open[] = [];

  /** Takes up the next line; why it is of no run, where it is not. */
  add(entry: Entry): Unplaced | undefined {
    const marks = readMarks(entry);
    const task = textOf(entry, "task_name");
    const type = textOf(entry, "task_type");
    const known = TASKS.find((one) => one === type);
    if (type !== undefined && known === undefined) return "task";
    const alike = this.#open.filter((open) =>
      (task === undefined || open.task === task) &&
      (known === undefined || open.run.task === known)
    );
    const candidates = findMarked(alike, marks);
    const open = this.#chooseFitting(entry, candidates) ??
      alike.find((open) => mayVary(open, marks) && open.run.fits(entry)) ??
      chooseLast(entry, candidates) ??
      this.#begin(
        entry,
        known ?? candidates[0]?.run.task,
        task ?? candidates[0]?.task ?? "",
        marks,
        candidates,
      );
    if (open === undefined) return "orphan";
    if (candidates.length > 1 && candidates[0] !== open && candidates.includes(open)) {
      // So runs are mixed, and what was taken for the end of one was none.
      for (const other of candidates) {
        this.ambiguous += other.tacit;
        other.tacit = 0;
      }
    }
    this.#open = [open, ...this.#open.filter((other) => other !== open)].slice(0, MAX_OPEN);
    open.last = entry.line;
    noteMarks(open.marks, marks);
    open.run.add(entry);
    return undefined;
  }

  /** The run among several that a line goes on. */
  #chooseFitting(entry: Entry, candidates: readonly Open[]): Open | undefined {
    const fitting = candidates.filter(({ run }) => run.fits(entry));
    // Nothing else is likely to follow a patch but the decision on it.
    const ready = fitting.filter(({ run }) => entry.call === "patch_decision" || !run.isUndecided);
    const [open, ...others] = ready.length > 0 ? ready : fitting;
    if (others.some(({ last }) => last > open.first)) this.ambiguous++;
    else if (others.length > 0) open.tacit++;
    return open;
  }

  #begin(
    entry: Entry,
    task: Task | undefined,
    name: string,
    marks: ReadonlyMap<string, string>,
    candidates: readonly Open[],
  ): Open | undefined {
    if (task === undefined) return undefined;
    // A patch that this line belongs to was given to the run before.
    const patch = entry.call === "patch_decision" ? candidates[0]?.run.takePatch() : undefined;
    const run = new RunLog(patch ?? entry, task, name);
    if (patch !== undefined) run.add(patch);
    this.runs.push(run);
    const { line } = run.first;
    const own = [...marks].map(([name, value]) => [name, { value, seen: 0 }] as const);
    return { run, task: name, marks: new Map(own), first: line, last: line, tacit: 0 };
  }
}

/** The last run, for what is no beginning: what does not go together there is told. */
function chooseLast(entry: Entry, [last]: readonly Open[]): Open | undefined {
  if (last === undefined || entry.call.startsWith("rule_synthesis")) return undefined;
  return last.run.isBefore(entry) ? undefined : last;
}

/** How many runs may be going on at the same time. */
const MAX_OPEN = 64;

/** What the user put on the line, as JSON by name. */
function readMarks({ metadata }: Entry): Map<string, string> {
  const own = Object.entries(metadata).filter(([name]) => !OWN.has(name));
  return new Map(own.map(([name, value]) => [name, JSON.stringify(value)]));
}

/**
 * The runs that a line is marked as one of: of those with no mark that differs, the ones with which it has
 * most in common. A mark that the first line of a run lacks says nothing.
 */
function findMarked(open: readonly Open[], line: ReadonlyMap<string, string>): Open[] {
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

/** Whether what differs may be different on each line of the run: no two lines of it had the same. */
function mayVary({ marks }: Open, line: ReadonlyMap<string, string>): boolean {
  return marks.entries().every(([name, { value, seen }]) => {
    const found = line.get(name);
    return found === undefined || found === value || seen < 2;
  });
}

/** Counts the marks that a line has of its run, and drops those that differ. */
function noteMarks(marks: Open["marks"], line: ReadonlyMap<string, string>): void {
  for (const [name, mark] of marks) {
    const found = line.get(name);
    if (found === mark.value) mark.seen++;
    else if (found !== undefined) marks.delete(name);
  }
}
