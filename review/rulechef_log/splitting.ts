/**
 * The runs that the lines of one log are of.
 *
 * A log is appended to, so one file may hold several runs, one after the other or mixed. A line tells its
 * run by what it has of it: the task and what the user put on every line; then the labels that were asked
 * for, the number of the iteration, the rules that its prompt shows. Where that leaves several runs, the
 * line is taken for the one that had a line last, and counted as ambiguous if the other was still going on.
 *
 * @module
 */
import type { Task } from "../../learn/examples.ts";
import { type Entry, textOf } from "./entries.ts";
import { RunLog } from "./run.ts";

/** What RuleChef itself says on a line; all else the user put there, on every line of a run. */
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
  readonly marks: string;
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
    const candidates = this.#open.filter((open) =>
      open.marks === marks && (task === undefined || open.task === task) &&
      (known === undefined || open.run.task === known)
    );
    const open = this.#choose(entry, candidates) ??
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
    open.run.add(entry);
    return undefined;
  }

  /** The run among several that a line is of, or nothing where it begins one. */
  #choose(entry: Entry, candidates: readonly Open[]): Open | undefined {
    const fitting = candidates.filter(({ run }) => run.fits(entry));
    if (fitting.length > 0) {
      const [open, ...others] = fitting;
      if (others.some(({ last }) => last > open.first)) this.ambiguous++;
      else if (others.length > 0) open.tacit++;
      return open;
    }
    const [last] = candidates;
    if (last === undefined || entry.call.startsWith("rule_synthesis")) return undefined;
    // What is no beginning belongs to the last run, and what does not go together there is told.
    return last.run.isBefore(entry) ? undefined : last;
  }

  #begin(
    entry: Entry,
    task: Task | undefined,
    name: string,
    marks: string,
    candidates: readonly Open[],
  ): Open | undefined {
    if (task === undefined) return undefined;
    // A patch that this line belongs to was given to the run before.
    const patch = entry.call === "patch_decision" ? candidates[0]?.run.takePatch() : undefined;
    const run = new RunLog(patch ?? entry, task, name);
    if (patch !== undefined) run.add(patch);
    this.runs.push(run);
    const { line } = run.first;
    return { run, task: name, marks, first: line, last: line, tacit: 0 };
  }
}

/** How many runs may be going on at the same time. */
const MAX_OPEN = 64;

/** What the user put on the line. */
function readMarks({ metadata }: Entry): string {
  const own = Object.entries(metadata).filter(([name]) => !OWN.has(name));
  return own.length === 0 ? "" : JSON.stringify(own.sort(([a], [b]) => a < b ? -1 : 1));
}
