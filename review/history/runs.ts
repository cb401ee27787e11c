/**
 * A run as it stands in the history of its folder, and what changed since the one before.
 *
 * @module
 */

import type { Split } from "../../learn/score/scoring.ts";
import type { KnownScores, Run } from "../../trace.ts";
import type { Copy, Found, Problem } from "./reading.ts";
import { compareScores } from "../scores.ts";

/** One run. */
export interface HistoryRun {
  /** Name of its file within the folder. */
  readonly file: string;
  readonly dataset: string;
  readonly task: Run["dataset"]["task"];
  readonly run: string;
  readonly status: Run["status"];
  /** ISO 8601. */
  readonly startedAt: string;
  readonly synthesizer: string;
  readonly coordinator: string;
  readonly model?: string;
  /** How many rules it ended with. */
  readonly rules: number;
  /** By split; on dev (train where nothing was held out) those before a refit. */
  readonly scores: Partial<Record<Split, KnownScores>>;
  /** The change of F1 since the last run of the data set before it, where both were completed. */
  readonly change?: Change;
}

/** What changed since another run. */
export type Change =
  & { readonly since: string }
  & (
    /** In percentage points of F1 on the same examples: on test where both have it. */
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
export function compareFound(a: Found, b: Found): number {
  return compare(a.run.dataset.name, b.run.dataset.name) ||
    Date.parse(a.run.startedAt) - Date.parse(b.run.startedAt) ||
    compare(a.run.id, b.run.id) || compare(a.file, b.file);
}

/** By code unit: the same in every locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a run that went to no end has come to says nothing of what it would have. */
export function isCompleted({ run }: Found): boolean {
  return run.status === "completed";
}
export function toRun(one: Found, before: Found | undefined): HistoryRun {
  const { file, run, rules, scores } = one;
  const { synthesizer, coordinator, model } = run.learner;
  return {
    file,
    dataset: run.dataset.name,
    task: run.dataset.task,
    run: run.id,
    status: run.status,
    startedAt: run.startedAt,
    synthesizer,
    coordinator,
    ...(model === undefined ? {} : { model }),
    rules,
    scores,
    ...(before !== undefined && isCompleted(one) && { change: describeChange(before, one) }),
  };
}

/** Of the splits that say how rules do on other texts, the best first. */
export const TOLD = ["test", "dev", "train"] as const;
export function describeChange(before: Found, after: Found): Change {
  const since = before.run.id;
  let why = "no scores on one split";
  for (const on of TOLD) {
    const [one, other] = [before.scores[on], after.scores[on]];
    if (one === undefined || other === undefined) continue;
    const gained = compareScores(on, one, other, before.grounds, after.grounds);
    if (typeof gained === "number") return { since, on, points: gained };
    why = gained;
  }
  return { since, why };
}
