/**
 * The lines of a file as it is read: no more of it is kept than one line.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readLines } from "./lines.ts";
 *
 * const chunks = (async function* () {
 *   yield new TextEncoder().encode('{"a": 1}\n{"a"');
 * })();
 * const lines = await Array.fromAsync(readLines(chunks));
 * assertEquals(lines.map(({ text, isTorn }) => [text, isTorn]), [['{"a": 1}', false], ['{"a"', true]]);
 * ```
 *
 * @module
 */

/** One line of a file. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line feed; missing where it is not UTF-8 or too long to keep. */
  readonly text?: string;
  /** Whether the file ends before the line does. */
  readonly isTorn: boolean;
}

/** The longest line that is kept, in bytes. */
const MAX_LINE = 64 * 1024 * 1024;
const LINE_FEED = 0x0a;

/** Lines from the bytes of a file. Blank ones are passed over, and a byte order mark before the first. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const take = (last: Uint8Array, isTorn: boolean): Line | undefined => {
    keep(last);
    const line = length > MAX_LINE ? undefined : decode(decoder, join(parts, length));
    const taken = { number, isTorn, ...(line === undefined ? {} : { text: line }) };
    [parts, length, number] = [[], 0, number + 1];
    return line?.trim() === "" ? undefined : taken;
  };
  const keep = (part: Uint8Array) => {
    length += part.length;
    if (length <= MAX_LINE) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let feed = chunk.indexOf(LINE_FEED); feed !== -1;) {
      const line = take(chunk.subarray(start, feed), false);
      if (line !== undefined) yield line;
      start = feed + 1;
      feed = chunk.indexOf(LINE_FEED, start);
    }
    // What gave the chunk may use its memory for the next one.
    if (start < chunk.length) keep(new Uint8Array(chunk.subarray(start)));
  }
  if (length === 0) return;
  const line = take(new Uint8Array(), true);
  if (line !== undefined) yield line;
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
