/**
 * Reads files, or the standard input, with errors of one line that name the file.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isNotCapable } from "../../system/permissions.ts";
import { codeOf, describeCause, readFile } from "../../system/files.ts";
import { streamInput } from "../../system/process.ts";
import { decodeUtf8 } from "./json.ts";
import { escapeControls, quote } from "./quoting.ts";

/** Returns what errors call the input at a path: `standard input` for `-`, else the path in quotes. */
export function nameInput(path: string): string {
  return path === "-" ? "standard input" : quote(path, Infinity);
}

/**
 * Reads the text of a file, or of standard input for the path `-`.
 *
 * @throws {Error} as {@linkcode readBytes}
 * @throws {SyntaxError} if it is not UTF-8
 */
export async function readInput(path: string): Promise<{ text: string; source: string }> {
  const source = nameInput(path);
  return { text: decodeUtf8(await readBytes(path, source), source), source };
}

/**
 * Reads the bytes of a file, or of standard input for the path `-`.
 *
 * @param source what errors call it: `Cannot read <source>: …`
 * @throws {Error} if it cannot be read; the cause is kept
 * @throws {Deno.errors.NotCapable} if the permission is missing
 */
export async function readBytes(path: string, source: string): Promise<Uint8Array> {
  try {
    if (path === "-") return Buffer.concat(await Array.fromAsync(streamInput()));
    return await readFile(path);
  } catch (cause) {
    throw readError(source, cause);
  }
}

/** Creates an error for something that cannot be read; see {@linkcode fileError}. */
export function readError(source: string, cause: unknown, expected = "file"): Error {
  const code = codeOf(cause);
  const reason = code === "ENOENT"
    ? `there is no such ${expected}`
    : code === "EISDIR"
    ? "it is a folder, expected a file"
    : undefined;
  return fileError(`Cannot read ${source}`, cause, reason);
}

/**
 * Creates an error of one line about a file, which gives `reason` or the message of `cause`. Returns a
 * missing permission as it is: its message is one line and names the flag.
 */
export function fileError(what: string, cause: unknown, reason?: string): Error {
  if (isNotCapable(cause)) return cause;
  return new Error(`${what}: ${reason ?? escapeControls(describeCause(cause))}`, { cause });
}
