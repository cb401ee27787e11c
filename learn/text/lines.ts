/**
 * Streams of lines: a file or the standard input in blocks of whole lines, of which few are in memory.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { splitLines, textOf } from "./lines.ts";
 *
 * async function* chunks() {
 *   for (const chunk of ["one\ntw", "o\nthree"]) yield new TextEncoder().encode(chunk);
 * }
 * const blocks = await Array.fromAsync(splitLines(chunks(), "a file"));
 * assertEquals(
 *   blocks.map((block) => [textOf(block), block.firstLine]),
 *   [["one\n", 1], ["two\n", 2], ["three", 3]],
 * );
 * ```
 *
 * @module
 */
import { Buffer, isUtf8 } from "node:buffer";
import { streamFile } from "../../system/files.ts";
import { streamInput } from "../../system/process.ts";
import { decodeUtf8 } from "./json.ts";
import { readError } from "./reading.ts";

/** Whole lines, of which the last one of a file may lack its line feed. Valid UTF-8. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  /** The number of its first line, from 1. */
  readonly firstLine: number;
}

/** Returns the text of a block. */
export function textOf({ bytes }: LineBlock): string {
  return decoder.decode(bytes);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The most bytes of a line. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const FEED = 0x0a;

/**
 * Reads a file, or standard input for the path `-`, in parts as they come.
 *
 * @param source what errors call it: `Cannot read <source>: …`
 * @throws {Error} if it cannot be read; the cause is kept
 * @throws {Deno.errors.NotCapable} if the permission is missing
 */
export async function* streamBytes(path: string, source: string): AsyncGenerator<Uint8Array> {
  try {
    yield* path === "-" ? streamInput() : streamFile(path);
  } catch (cause) {
    throw readError(source, cause);
  }
}

/**
 * Splits parts of a file into blocks of whole lines, one for each part that ends a line. Lines before one that
 * is refused come before its error. Skips a byte order mark at the beginning.
 *
 * @throws {SyntaxError} if a line is not UTF-8, or longer than `most` bytes, naming it
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  source: string,
  most = MAX_LINE_BYTES,
): AsyncGenerator<LineBlock> {
  let firstLine = 1;
  /** What there is of a line that has not ended. */
  let parts: Uint8Array[] = [];
  let held = 0;
  function* take(bytes: Uint8Array): Generator<LineBlock> {
    const { valid, lines } = findValid(bytes, most);
    const from = firstLine === 1 && hasMark(bytes) ? 3 : 0;
    if (valid > from) yield { bytes: bytes.subarray(from, valid), firstLine };
    firstLine += lines;
    if (valid === bytes.length) return;
    // The line is decoded for the error; if it is valid, it is too long.
    const end = bytes.indexOf(FEED, valid);
    const line = bytes.subarray(valid, end === -1 ? bytes.length : end);
    if (line.length <= most) decodeUtf8(line, source, firstLine);
    throw tooLong(source, firstLine, most);
  }
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(FEED) + 1;
    if (end > 0) {
      // A copy: the source may use the memory of the chunk for the next one.
      yield* take(Buffer.concat([...parts, chunk.subarray(0, end)]));
      [parts, held] = [[], 0];
    }
    if (end === chunk.length) continue;
    parts.push(new Uint8Array(chunk.subarray(end)));
    held += chunk.length - end;
    if (held > most) throw tooLong(source, firstLine, most);
  }
  if (held > 0) yield* take(Buffer.concat(parts));
}

/** Returns how many bytes, and lines, come before the first line that is too long or not UTF-8. */
function findValid(bytes: Uint8Array, most: number): { valid: number; lines: number } {
  const isValid = isUtf8(bytes);
  let start = 0;
  let lines = 0;
  while (start < bytes.length) {
    const feed = bytes.indexOf(FEED, start);
    const end = feed === -1 ? bytes.length : feed + 1;
    if (end - start > most + 1 || !isValid && !isUtf8(bytes.subarray(start, end))) break;
    [start, lines] = [end, lines + 1];
  }
  return { valid: start, lines };
}

function hasMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function tooLong(source: string, line: number, most: number): SyntaxError {
  return new SyntaxError(
    `Cannot read ${source}: line ${line} has over ${most} bytes, which is the limit`,
  );
}
