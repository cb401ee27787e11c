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
import { layOut } from "../print/layout.ts";
import type { FormatOptions } from "../script/terminal.ts";
import { readFolder } from "./history/reading.ts";
import { formatRows } from "./history/table.ts";
import { compareFound, type History, isCompleted, toRun } from "./history/runs.ts";

export type { Copy, Problem } from "./history/reading.ts";
export type { Change, History, HistoryRun } from "./history/runs.ts";

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
