/**
 * Reading a file, or the standard input, as text.
 *
 * @module
 */
import { decodeUtf8 } from "./json.ts";
import { quote } from "./quoting.ts";

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

async function readBytes(path: string, source: string): Promise<Uint8Array> {
  try {
    if (path === "-") return await new Response(Deno.stdin.readable).bytes();
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    let reason = (cause as Error).message;
    if (cause instanceof Deno.errors.NotFound) reason = "there is no such file";
    if (cause instanceof Deno.errors.IsADirectory) reason = "it is a directory";
    throw new Error(`Cannot read ${source}: ${reason}`, { cause });
  }
}
