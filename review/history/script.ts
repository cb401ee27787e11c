/**
 * Listing the runs of a folder as a script.
 *
 * @module
 */

import { basename, join } from "jsr:@std/path@^1";
import { refuseInputs, requireOutput, writeOutput } from "../../script/outputs.ts";
import { realPath, stat } from "../../system/files.ts";
import { readError } from "../../learn/text/reading.ts";
import { quote } from "../../learn/text/quoting.ts";
import { requirePermission, UsageError, write } from "../../script/script.ts";
import { createProgressLine, type FormatOptions, terminal, toJson } from "../../script/terminal.ts";
import { formatHistory, readHistory, renderHistory } from "../history.ts";

/** Columns of a list of runs that does not go to a terminal. */
export const PIPED_TABLE = 140;

/** Tells whether there is a folder at a path, or throws if there is nothing. */
function isFolder(path: string): boolean {
  try {
    return stat(path).isDirectory();
  } catch (cause) {
    throw readError(quote(path), cause, { path, expected: "folder" });
  }
}

/** How the runs of a folder are printed. */
export interface ListOptions {
  /** Whether as JSON. */
  readonly json: boolean;
  /** The columns of a table. */
  readonly layout: Pick<FormatOptions, "width">;
  /** A page to write as well. */
  readonly html?: string;
}

/** Prints the runs of a folder, as a table or as JSON, and writes their page if that is asked for. */
export async function listFolder(
  folder: string,
  { json, layout, html }: ListOptions,
): Promise<void> {
  await requirePermission("read", folder);
  if (html !== undefined) await requireOutput("--html", html, []);
  if (!isFolder(folder)) {
    throw new UsageError(`${quote(folder)} is not a folder: expected two traces or one folder`);
  }
  const progress = createProgressLine();
  const history = await readHistory(folder, {
    onProgress: (done, all) => progress?.show([`reading ${done} of ${all} files`]),
  });
  progress?.clear();
  if (html !== undefined) {
    const files = [...history.runs, ...history.copies, ...history.problems];
    refuseInputs("--html", html, files.map(({ file }) => join(folder, file)));
    const page = renderHistory(history, basename(realPath(folder)));
    // Lists that are written at the same time do not share a temporary file unless they are the same.
    writeOutput(html, page);
  }
  write(json ? toJson(history) : formatHistory(history, { ...terminal(PIPED_TABLE), ...layout }));
}
