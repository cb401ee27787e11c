/**
 * Reads files, or the standard input, with errors of one line that name the file.
 *
 * @module
 */
import { isNotCapable } from "../../system/permissions.ts";
import { codeOf, describeCause, stat, streamFile } from "../../system/files.ts";
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
    throw readError(source, cause);
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
