/**
 * The runs of a folder, by data set and date, each with its scores and what changed since the one
 * before.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { formatHistory, readHistory } from "./history.ts";
 *
 * const history = await readHistory("examples");
 * assertEquals(history.runs[0].dataset, "banking");
 * assertEquals(formatHistory(history).startsWith("data set"), true);
 * ```
 *
 * @module
 */
import type { KnownScores, Run } from "../trace.ts";
import type { Split } from "../learn/score/scoring.ts";
import { type FormatOptions, layOut } from "../print/layout.ts";
import { compareScores } from "./compare/scores.ts";
import { type Copy, type Found, type Problem, readFolder } from "./history/reading.ts";
import { formatRows } from "./history/table.ts";

export type { Copy, Problem } from "./history/reading.ts";

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

/**
 * Reads the traces and journals of a folder: `*.trace.json`, `*.trace.jsonl`. Each run is listed once,
 * so the copy of the newest run that has no run id in its name is left out, unless it is all there is.
 * What cannot be read is listed with the reason. Shapes and digests of what is told are checked; earlier
 * steps are not, and nothing is recomputed (see `history/summary.ts`). Needs read permission for the folder.
 *
 * @param options.onProgress hears how many of how many files were read
 * @throws {Error} where the folder cannot be read
 */
export async function readHistory(
  folder: string,
  options: { readonly onProgress?: (done: number, all: number) => void } = {},
): Promise<History> {
  const { found, problems, copies } = await readFolder(folder, options.onProgress);
  const ordered = [...found].sort(compareFound);
  const runs = ordered.map((one, place) => {
    const before = ordered.slice(0, place).findLast((other) =>
      other.run.dataset.name === one.run.dataset.name && isCompleted(other)
    );
    return toRun(one, before);
  });
  return { runs, problems, copies };
}

/**
 * A history as a table, then what was left out and what cannot be read. Where columns are short, these
 * go first: synthesizer, run id, rules, status. Control and escape characters are shown as text. Ends in
 * a line break.
 *
 * @throws {RangeError} where `width` is no whole number from 20 to 1000
 */
export function formatHistory(history: History, options: FormatOptions = {}): string {
  return layOut(options, (width) => formatRows(history, width));
}

function compareFound(a: Found, b: Found): number {
  return compare(a.run.dataset.name, b.run.dataset.name) ||
    Date.parse(a.run.startedAt) - Date.parse(b.run.startedAt) ||
    compare(a.run.id, b.run.id) || compare(a.file, b.file);
}

/** By code unit: the same in every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a run that went to no end has come to says nothing of what it would have. */
function isCompleted({ run }: Found): boolean {
  return run.status === "completed";
}

function toRun(one: Found, before: Found | undefined): HistoryRun {
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
const TOLD = ["test", "dev", "train"] as const;

function describeChange(before: Found, after: Found): Change {
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
