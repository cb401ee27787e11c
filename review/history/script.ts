/**
 * The runs of a folder, listed by a script.
 *
 * @module
 */

import { readError } from "../../learn/text/reading.ts";
import { quote } from "../../learn/text/quoting.ts";
import { requirePermission, UsageError, write } from "../../script/script.ts";
import { createProgressLine, type FormatOptions, terminal, toJson } from "../../script/terminal.ts";
import { formatHistory, readHistory } from "../history.ts";

/** Columns of a list of runs where it does not go to a terminal. */
export const PIPED_TABLE = 140;

/** Prints the runs of a folder, as a table or as JSON. */
export async function listFolder(
  folder: string,
  { json, layout }: { readonly json: boolean; readonly layout: Pick<FormatOptions, "width"> },
): Promise<void> {
  await requirePermission("read", folder);
  await requireFolder(folder);
  const progress = createProgressLine();
  const history = await readHistory(folder, {
    onProgress: (done, all) => progress?.show(`reading ${done} of ${all} files`),
  });
  progress?.clear();
  write(json ? toJson(history) : formatHistory(history, { ...terminal(PIPED_TABLE), ...layout }));
}

async function requireFolder(path: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (cause) {
    throw readError(quote(path), cause, "folder");
  }
  if (info.isDirectory) return;
  throw new UsageError(`${quote(path)} is no folder: expected two traces or one folder`);
}
