/**
 * Reads files, or the standard input, with errors of one line that name the file.
 *
 * @module
 */
import { basename, dirname, join } from "jsr:@std/path@^1";
import { isNotCapable } from "../../system/permissions.ts";
import { codeOf, describeCause, listPermitted, stat, streamFile } from "../../system/files.ts";
import { streamInput } from "../../system/process.ts";
import { decodeUtf8 } from "./json.ts";
import { askNearest } from "./nearest.ts";
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

/** The most bytes that are read of a file or of standard input: as many as a text can have. */
export const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Reads the bytes of a file, or of standard input for the path `-`. Does not begin to read a file of more
 * than {@linkcode MAX_BYTES}, and ends reading anything else after as many.
 *
 * @param source what errors call it: `Cannot read <source>: …`
 * @throws {Error} if it cannot be read or is too large; the cause is kept
 * @throws {Deno.errors.NotCapable} if the permission is missing
 */
export async function readBytes(path: string, source: string): Promise<Uint8Array> {
  try {
    if (path === "-") return await readAtMost(streamInput(), MAX_BYTES);
    const facts = stat(path);
    const size = facts.isFile() ? facts.size : 0;
    if (size > MAX_BYTES) {
      throw new RangeError(`it has ${size} bytes, at most ${MAX_BYTES} are read`);
    }
    return await readAtMost(streamFile(path), MAX_BYTES, size);
  } catch (cause) {
    throw readError(source, cause, { path });
  }
}

/**
 * Checks that there is a file at a path, before more is asked of its name. The standard input (`-`) is one.
 *
 * @throws {Error} if there is none, or a folder
 * @throws {Deno.errors.NotCapable} if the permission is missing
 */
export function requireFile(path: string, source: string): void {
  if (path === "-") return;
  try {
    if (stat(path).isDirectory()) throw new Error(A_FOLDER);
  } catch (cause) {
    throw readError(source, cause, { path });
  }
}

/**
 * Reads all chunks of a stream.
 *
 * @param expected how many bytes it is likely to have
 * @throws {RangeError} as soon as it has more than `limit` bytes
 */
export async function readAtMost(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  expected = 0,
): Promise<Uint8Array> {
  let bytes = new Uint8Array(expected);
  let size = 0;
  for await (const chunk of chunks) {
    const next = size + chunk.length;
    if (next > limit) throw new RangeError(`it has over ${limit} bytes, which is the limit`);
    if (next > bytes.length) {
      const larger = new Uint8Array(Math.min(limit, Math.max(next, 2 * bytes.length)));
      larger.set(bytes.subarray(0, size));
      bytes = larger;
    }
    bytes.set(chunk, size);
    size = next;
  }
  return bytes.subarray(0, size);
}

const A_FOLDER = "it is a folder, expected a file";

/**
 * Creates an error for something that cannot be read; see {@linkcode fileError}.
 *
 * @param options.path its path: if nothing is there, asks for the nearest name that is
 */
export function readError(
  source: string,
  cause: unknown,
  { path, expected = "file" }: {
    readonly path?: string;
    readonly expected?: "file" | "folder";
  } = {},
): Error {
  const code = codeOf(cause);
  const reason = code === "ENOENT"
    ? `there is no such ${expected}${path === undefined ? "" : askNearPath(path, expected)}`
    : code === "EISDIR"
    ? A_FOLDER
    : undefined;
  return fileError(`Cannot read ${source}`, cause, reason);
}

/** Asks for the nearest name in the folder of a path, or for that of the folder if there is none. */
function askNearPath(path: string, expected: "file" | "folder"): string {
  const name = basename(path);
  const folder = dirname(path);
  const show = (near: string) => quote(path.slice(0, path.lastIndexOf(name)) + near, Infinity);
  const asked = askNearest(name, listPermitted(folder, expected), show);
  const siblings = listPermitted(dirname(folder), "folder");
  if (asked !== "" || folder === dirname(folder) || siblings.includes(basename(folder))) {
    return asked;
  }
  return askNearest(
    basename(folder),
    siblings,
    (near) => `the folder ${quote(join(dirname(folder), near), Infinity)}`,
  );
}

/**
 * Creates an error of one line about a file, which gives `reason` or the message of `cause`. Returns a
 * missing permission as it is: its message is one line and names the flag.
 */
export function fileError(what: string, cause: unknown, reason?: string): Error {
  if (isNotCapable(cause)) return cause;
  return new Error(`${what}: ${reason ?? escapeControls(describeCause(cause))}`, { cause });
}
