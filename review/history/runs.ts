/**
 * The runs in the history of a folder, and what changed since the one before.
 *
 * @module
 */

import type { Split } from "../../learn/score/scoring.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import type { Parent } from "../../record/parent.ts";
import type { KnownScores, Run } from "../../trace.ts";
import type { Copy, Problem, RunFile } from "./reading.ts";
import { compareScores } from "../scores.ts";

/** One run. */
export interface HistoryRun {
  /** Name of its file within the folder. */
  readonly file: string;
  /** Name of its data set. */
  readonly dataset: string;
  /** What its rules are for. */
  readonly task: Run["dataset"]["task"];
  /** Id of the run. */
  readonly run: string;
  /** Digest of its trace, by which forks name their parent. */
  readonly digest: string;
  /** How it ended. */
  readonly status: Run["status"];
  /** ISO 8601. */
  readonly startedAt: string;
  /** What proposed its rules. */
  readonly synthesizer: string;
  /** What reviewed them. */
  readonly coordinator: string;
  /** The model that was asked, if one was. */
  readonly model?: string;
  /** Number of rules that it ended with. */
  readonly rules: number;
  /** By split; on dev (train if nothing was held out) those before a refit. */
  readonly scores: Partial<Record<Split, KnownScores>>;
  /** The run that it was made from, and what was changed, if it was. */
  readonly parent?: Parent;
  /** The tool that made an imported run. */
  readonly origin?: Run["origin"];
  /**
   * The change of F1 since the last run of the data set before it, or since its parent if it has one, if both
   * were completed.
   */
  readonly change?: HistoryChange;
}

/** The change since another run, or why it cannot be said. */
export type HistoryChange =
  & { readonly since: string }
  & (
    /** In percentage points of F1 on the same examples: on test if both have such scores. */
    | { readonly on: Split; readonly points: number }
    | { readonly why: string }
  );

/** The runs of a folder. */
export interface History {
  /** By data set, then start, then id. */
  readonly runs: readonly HistoryRun[];
  /** Files named as traces are that cannot be listed, by name. */
  readonly problems: readonly Problem[];
  /** Files that were left out, as they hold a run that is listed; by name. */
  readonly copies: readonly Copy[];
}

/**
 * Lists runs by data set, start and id, each with the change since the completed run before it, or since the run
 * that it was made from.
 */
export function listRuns(files: readonly RunFile[]): HistoryRun[] {
  const ordered = files.toSorted((a, b) =>
    compareCodeUnits(a.run.dataset.name, b.run.dataset.name) ||
    Date.parse(a.run.startedAt) - Date.parse(b.run.startedAt) ||
    compareCodeUnits(a.run.id, b.run.id) || compareCodeUnits(a.file, b.file)
  );
  const latest = new Map<string, RunFile>();
  const byDigest = new Map(ordered.map((one) => [one.digest, one]));
  return ordered.map((one) => {
    const { file, run, digest, rules, scores } = one;
    const { synthesizer, coordinator, model } = run.learner;
    // A run that was cut short does not tell how well it would have done.
    const isCompleted = run.status === "completed";
    const { parent } = run;
    const from = parent === undefined ? latest.get(run.dataset.name) : byDigest.get(parent.digest);
    const before = isCompleted ? from : undefined;
    // A run that was made from another is a trial, not the next version of the rules.
    if (isCompleted && parent === undefined) latest.set(run.dataset.name, one);
    return {
      file,
      dataset: run.dataset.name,
      task: run.dataset.task,
      run: run.id,
      digest,
      status: run.status,
      startedAt: run.startedAt,
      synthesizer,
      coordinator,
      ...(model === undefined ? {} : { model }),
      rules,
      scores,
      ...(parent && { parent }),
      ...(run.origin && { origin: run.origin }),
      ...(before && { change: describeChange(before, one) }),
    };
  });
}

/** Splits that tell how rules do on other texts, the best first. */
const COMPARED = ["test", "dev", "train"] as const;

function describeChange(before: RunFile, after: RunFile): HistoryChange {
  const since = before.run.id;
  let why = "no split has scores of both runs";
  for (const on of COMPARED) {
    const [one, other] = [before.scores[on], after.scores[on]];
    if (one === undefined || other === undefined) continue;
    const gained = compareScores(on, one, other, before.grounds, after.grounds);
    if (typeof gained === "number") return { since, on, points: gained };
    why = gained;
  }
  return { since, why };
}
