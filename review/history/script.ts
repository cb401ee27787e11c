/**
 * Listing the runs of a folder as a script.
 *
 * @module
 */

import { stat } from "../../system/files.ts";
import { readError } from "../../learn/text/reading.ts";
import { quote } from "../../learn/text/quoting.ts";
import { requirePermission, UsageError, write } from "../../script/script.ts";
import { createProgressLine, type FormatOptions, terminal, toJson } from "../../script/terminal.ts";
import { formatHistory, readHistory } from "../history.ts";

/** Columns of a list of runs that does not go to a terminal. */
export const PIPED_TABLE = 140;

/** Tells whether there is a folder at a path, or throws if there is nothing. */
function isFolder(path: string): boolean {
  try {
    return stat(path).isDirectory();
  } catch (cause) {
    throw readError(quote(path), cause, "folder");
  }
}

/** Prints the runs of a folder, as a table or as JSON. */
export async function listFolder(
  folder: string,
  { json, layout }: { readonly json: boolean; readonly layout: Pick<FormatOptions, "width"> },
): Promise<void> {
  await requirePermission("read", folder);
  if (!isFolder(folder)) {
    throw new UsageError(`${quote(folder)} is not a folder: expected two traces or one folder`);
  }
  const progress = createProgressLine();
  const history = await readHistory(folder, {
    onProgress: (done, all) => progress?.show(`reading ${done} of ${all} files`),
  });
  progress?.clear();
  write(json ? toJson(history) : formatHistory(history, { ...terminal(PIPED_TABLE), ...layout }));
}
