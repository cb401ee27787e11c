/**
 * Reading a file, or the standard input, as text.
 *
 * @module
 */
import { decodeUtf8 } from "./json.ts";
import { escapeControls, quote } from "./quoting.ts";

/** The text of an input, and what errors call it. */
export interface Input {
  readonly text: string;
  readonly source: string;
}

/** What errors call the input at a path: `standard input` for `-`. */
export function nameInput(path: string): string {
  return path === "-" ? "standard input" : quote(path, Infinity);
}

/**
 * The text of a file, or of standard input for the path `-`.
 *
 * @throws {Error} where it cannot be read, naming it; the cause is kept
 * @throws {Deno.errors.NotCapable} where the permission is missing
 * @throws {SyntaxError} where it is not UTF-8
 */
export async function readInput(path: string): Promise<Input> {
  const source = nameInput(path);
  return { text: decodeUtf8(await readBytes(path, source), source), source };
}

/**
 * The bytes of a file, or of standard input for the path `-`.
 *
 * @param source what errors call it: `Cannot read <source>: …`
 * @throws {Error} if it cannot be read; the cause is kept
 * @throws {Deno.errors.NotCapable} if the permission is missing
 */
export async function readBytes(path: string, source: string): Promise<Uint8Array> {
  try {
    if (path === "-") return await new Response(Deno.stdin.readable).bytes();
    return await Deno.readFile(path);
  } catch (cause) {
    throw readError(source, cause);
  }
}

/** An error about something that could not be read; see {@linkcode fileError}. */
export function readError(source: string, cause: unknown, expected = "file"): Error {
  const reason = cause instanceof Deno.errors.NotFound
    ? `there is no such ${expected}`
    : cause instanceof Deno.errors.IsADirectory
    ? "it is a folder, expected a file"
    : undefined;
  return fileError(`Cannot read ${source}`, cause, reason);
}

/**
 * An error about a file in one line, `reason` or what the system says. A missing permission stays what
 * it is: its message is one line and names the flag.
 */
export function fileError(what: string, cause: unknown, reason?: string): Error {
  if (cause instanceof Deno.errors.NotCapable) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${what}: ${reason ?? escapeControls(message)}`, { cause });
}
