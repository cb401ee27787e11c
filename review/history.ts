/**
 * The runs of a folder, by data set and date, each with its scores and the change since the one before.
 *
 * @module
 */
import { layOut } from "../print/layout.ts";
import type { FormatOptions } from "../script/terminal.ts";
import { readFolder } from "./history/reading.ts";
import { type History, listRuns } from "./history/runs.ts";
import { formatRows } from "./history/table.ts";

export type { Copy, Problem } from "./history/reading.ts";
export { renderHistory } from "./history/page.ts";
export type { History, HistoryChange, HistoryRun } from "./history/runs.ts";
export type { Parent } from "../trace.ts";

/**
 * Reads the traces and journals of a folder: `*.trace.json`, `*.trace.jsonl`. Each run is listed once:
 * the copy of the newest run, which has no run id in its name, is left out unless it is the only file of
 * that run. Files that cannot be read are listed with the reason. Only what is listed is checked, in its
 * shape and by its digests; earlier steps are not, and nothing is recomputed (see `history/summary.ts`).
 * Needs read permission for the folder.
 *
 * @param options.onProgress is called with how many of how many files were read
 * @throws {Error} if the folder cannot be read
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readHistory } from "./history.ts";
 *
 * const { runs } = await readHistory("examples");
 * assertEquals(runs.map(({ dataset, status }) => [dataset, status]), [["banking", "completed"]]);
 * ```
 */
export async function readHistory(
  folder: string,
  options: { readonly onProgress?: (done: number, all: number) => void } = {},
): Promise<History> {
  const { files, problems, copies } = await readFolder(folder, options);
  return { runs: listRuns(files), problems, copies };
}

/**
 * Formats a history as a table, then what was left out and what cannot be read. If it does not fit, these
 * columns go first: synthesizer, run id, rules, status. Control and escape characters are shown as text.
 * The text ends in a line break.
 *
 * @throws {RangeError} if `width` is not a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertMatch } from "jsr:@std/assert@^1";
 * import { formatHistory, readHistory } from "./history.ts";
 *
 * assertMatch(formatHistory(await readHistory("examples")), /^data set .*\nbanking /);
 * ```
 */
export function formatHistory(history: History, options: FormatOptions = {}): string {
  return layOut(options, (width) => formatRows(history, width));
}
