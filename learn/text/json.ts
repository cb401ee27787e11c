/**
 * Reads JSON and UTF-8 from outside within bounds, with errors that name the place and do not quote the
 * text.
 *
 * `JSON.parse` takes gigabytes for deep nesting, and its messages quote the document. Here depth and
 * size are checked first, and an error says line, column and what was expected there. Lines end at a
 * line feed and are counted from 1; columns count UTF-16 code units, from 1.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
 * import { parseJson } from "./json.ts";
 *
 * assertEquals(parseJson('{"a": [1, 2]}', "settings.json"), { a: [1, 2] });
 * assertThrows(
 *   () => parseJson('{\n  "a": oops\n}', "settings.json"),
 *   SyntaxError,
 *   "Cannot read settings.json: line 2, column 8: expected a value",
 * );
 * ```
 *
 * @module
 */
import { isUtf8 } from "node:buffer";

/** Bounds of {@linkcode parseJson}. */
export interface JsonOptions {
  /**
   * The deepest nesting of arrays and objects; `[]` has depth 1.
   *
   * @default {64}
   */
  readonly maxDepth?: number;
  /**
   * The longest text, in UTF-16 code units.
   *
   * @default {536870912}
   */
  readonly maxLength?: number;
  /**
   * Number of the text's first line in its file, for JSON Lines.
   *
   * @default {1}
   */
  readonly firstLine?: number;
}

/**
 * Parses a JSON text (RFC 8259). Skips one byte order mark before it.
 *
 * @param source what errors call the text: `Cannot read <source>: …`
 * @throws {SyntaxError} if the text is not JSON, too deep or too long
 */
export function parseJson(text: string, source: string, options: JsonOptions = {}): unknown {
  const { maxDepth = 64, maxLength = 512 * 1024 * 1024, firstLine = 1 } = options;
  if (text.length > maxLength) {
    const found = `${text.length} characters long, at most ${maxLength} are read`;
    throw new SyntaxError(`Cannot read ${source}: it is ${found}`);
  }
  const json = text.startsWith("\ufeff") ? text.slice(1) : text;
  const { deepAt, isOpen } = scanNesting(json, maxDepth);
  if (deepAt !== -1) {
    const place = describePlace(json, deepAt, firstLine);
    throw new SyntaxError(`Cannot read ${source}: ${place}: nested deeper than ${maxDepth} levels`);
  }
  try {
    // Of a text that was cut off, JSON.parse would make all values before it comes to the end.
    if (!isOpen) return JSON.parse(json);
    throw new SyntaxError();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The message quotes the document: it is neither repeated nor kept as the cause.
    throw new SyntaxError(`Cannot read ${source}: ${describeError(json, firstLine)}`);
  }
}

/**
 * Decodes UTF-8. Skips one byte order mark.
 *
 * @param source what errors call the bytes: `Cannot read <source>: …`
 * @param firstLine the number of their first line in its file
 * @throws {SyntaxError} if a byte is not UTF-8, naming the first line with one
 * @throws {RangeError} if the text is longer than a string can be
 */
export function decodeUtf8(bytes: Uint8Array, source: string, firstLine = 1): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    // No byte of a longer sequence is a line feed, so each line can be checked alone.
    for (let start = 0, line = firstLine; start < bytes.length; line++) {
      const feed = bytes.indexOf(0x0a, start);
      const end = feed === -1 ? bytes.length : feed + 1;
      if (!isUtf8(bytes.subarray(start, end))) {
        throw new SyntaxError(`Cannot read ${source}: line ${line} is not valid UTF-8`, { cause });
      }
      start = end;
    }
    throw new RangeError(`Cannot read ${source}: ${bytes.length} bytes are too many for one text`, {
      cause,
    });
  }
}

/**
 * Finds the lines on which the items of an array begin, in a valid JSON text.
 *
 * @param path names of the members that lead to the array, outermost first
 * @returns the lines, from 1; empty if the path leads to no array
 */
export function findItemLines(text: string, path: readonly string[]): number[] {
  const json = text.startsWith("\ufeff") ? text.slice(1) : text;
  let at = skipSpace(json, 0);
  for (const name of path) {
    let found = -1;
    // The last member of a name counts, as in JSON.parse.
    skipValue(json, at, (key, start) => {
      if (key === name) found = start;
    });
    if (found === -1) return [];
    at = found;
  }
  const lines: number[] = [];
  let [line, feed] = [1, json.indexOf("\n")];
  skipValue(json, at, (key, start) => {
    if (typeof key === "string") return;
    for (; feed !== -1 && feed < start; line++) feed = json.indexOf("\n", feed + 1);
    lines.push(line);
  });
  return lines;
}

/** The result of {@linkcode scanValue}: the end of a whole value, or the place of its first error. */
export type Scan =
  | { readonly end: number }
  | { readonly errorAt: number; readonly expected: string };

/**
 * Scans the value that begins at `at`, up to its end or its first error. The text may go on after the
 * value. If the text ends within it, that is the error.
 *
 * @param options.visit called as each direct member begins, with its key or index and its place
 * @param options.maxDepth the deepest nesting, by default 64
 */
export function scanValue(
  json: string,
  at: number,
  options: {
    readonly visit?: (key: string | number, start: number) => void;
    readonly maxDepth?: number;
  } = {},
): Scan {
  const { visit, maxDepth = 64 } = options;
  try {
    return { end: skipValue(json, at, visit, maxDepth) };
  } catch (error) {
    if (!(error instanceof ScanError)) throw error;
    return { errorAt: error.at, expected: error.expected };
  }
}

/** Tells whether a value is an object with members: neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Names the kind of a value for an error: `missing`, `null`, `a number`, `an array`, `an object`. */
export function describeKind(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/**
 * Finds where nesting first exceeds `maxDepth`, or -1, and tells whether the text ends within an array, an
 * object or a string; in invalid JSON, up to the first error.
 */
function scanNesting(json: string, maxDepth: number): { deepAt: number; isOpen: boolean } {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = findClosingQuote(json, at);
      if (at === json.length) return { deepAt: -1, isOpen: true };
    } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      if (++depth > maxDepth) return { deepAt: at, isOpen: true };
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--;
  }
  return { deepAt: -1, isOpen: depth > 0 };
}

/**
 * Throws if the bytes of a JSON text end within an array, an object or a string, as those of a file that was
 * cut off do. Takes no memory: for files too large to look at them as text first.
 *
 * @param source what errors call the bytes: `Cannot read <source>: …`
 * @throws {SyntaxError} if they do, naming the place
 */
export function refuseCutBytes(bytes: Uint8Array, source: string): void {
  const open = new Uint8Array(MAX_OPEN);
  let depth = 0;
  let isString = false;
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at];
    if (code === QUOTE) {
      at = findClosingByte(bytes, at);
      isString = at === bytes.length;
    } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      // Deeper nesting is refused in another place.
      if (depth === MAX_OPEN) return;
      open[depth++] = code;
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--;
  }
  if (depth <= 0 && !isString) return;
  const what = isString ? "string" : open[depth - 1] === OPEN_ARRAY ? "array" : "object";
  const problem = `${describeEnd(bytes)}: expected the end of the ${what}, but the text ends`;
  throw new SyntaxError(`Cannot read ${source}: ${problem}`);
}

const MAX_OPEN = 1_000;

/** Does what {@linkcode findClosingQuote} does. */
function findClosingByte(bytes: Uint8Array, open: number): number {
  for (let end = bytes.indexOf(QUOTE, open + 1); end !== -1; end = bytes.indexOf(QUOTE, end + 1)) {
    let first = end;
    while (bytes[first - 1] === BACKSLASH) first--;
    if ((end - first) % 2 === 0) return end;
  }
  return bytes.length;
}

/** Describes the place after the last byte of a text in UTF-8, as {@linkcode describePlace} does. */
function describeEnd(bytes: Uint8Array): string {
  let line = 1;
  let start = 0;
  for (let feed = bytes.indexOf(FEED); feed !== -1; line++) {
    start = feed + 1;
    feed = bytes.indexOf(FEED, start);
  }
  let column = 1;
  for (let at = start; at < bytes.length; at++) {
    // A continuation byte is of no code unit of its own; four bytes are of two.
    if ((bytes[at] & 0xc0) !== 0x80) column += bytes[at] >= 0xf0 ? 2 : 1;
  }
  return `line ${line}, column ${column}`;
}

const FEED = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Finds the quote that ends the string opened at `open`: the first after an even run of backslashes. */
function findClosingQuote(json: string, open: number): number {
  for (let end = json.indexOf('"', open + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let first = end;
    while (json.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((end - first) % 2 === 0) return end;
  }
  return json.length;
}

/** Thrown where a text stops being JSON, and caught in this module. */
class ScanError extends Error {
  constructor(readonly at: number, readonly expected: string) {
    super(expected);
  }
}

/** Describes the first error of a text that is not JSON. */
function describeError(json: string, firstLine: number): string {
  const scan = scanValue(json, skipSpace(json, 0), { maxDepth: Infinity });
  if ("errorAt" in scan) {
    const end = scan.errorAt < json.length ? "" : ", but the text ends";
    return `${describePlace(json, scan.errorAt, firstLine)}: expected ${scan.expected}${end}`;
  }
  const end = skipSpace(json, scan.end);
  return `${describePlace(json, end, firstLine)}: expected the end of the text`;
}

/** Describes a place in a text: `line 2, column 8`. */
export function describePlace(json: string, at: number, firstLine = 1): string {
  let line = firstLine;
  let start = 0;
  for (let feed = json.indexOf("\n"); feed !== -1 && feed < at; line++) {
    start = feed + 1;
    feed = json.indexOf("\n", start);
  }
  return `line ${line}, column ${at - start + 1}`;
}

const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Returns the end of the match of a sticky pattern at `at`, or -1. */
function matchEnd(pattern: RegExp, json: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(json) ? pattern.lastIndex : -1;
}

function skipSpace(json: string, at: number): number {
  for (;; at++) {
    const code = json.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
  }
}

/** Returns the end of the value at `at`; see {@linkcode scanValue}. */
function skipValue(
  json: string,
  at: number,
  visit?: (key: string | number, start: number) => void,
  depth = Infinity,
): number {
  const code = json.charCodeAt(at);
  if (code === QUOTE) return skipString(json, at);
  if (code !== OPEN_ARRAY && code !== OPEN_OBJECT) {
    const end = matchEnd(SCALAR, json, at);
    if (end === -1) throw new ScanError(at, "a value");
    return end;
  }
  if (depth < 1) throw new ScanError(at, "less nesting");
  const close = code === OPEN_ARRAY ? "]" : "}";
  let next = skipSpace(json, at + 1);
  if (json[next] === close) return next + 1;
  for (let index = 0;; index++) {
    let key: string | number = index;
    if (code === OPEN_OBJECT) {
      if (json.charCodeAt(next) !== QUOTE) throw new ScanError(next, "a name in double quotes");
      const end = skipString(json, next);
      key = JSON.parse(json.slice(next, end)) as string;
      next = skipSpace(json, end);
      if (json[next] !== ":") throw new ScanError(next, '":"');
      next = skipSpace(json, next + 1);
    }
    visit?.(key, next);
    next = skipSpace(json, skipValue(json, next, undefined, depth - 1));
    if (json[next] === close) return next + 1;
    if (json[next] !== ",") throw new ScanError(next, `"," or "${close}"`);
    next = skipSpace(json, next + 1);
  }
}

function skipString(json: string, open: number): number {
  for (let at = open + 1; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code < 0x20) throw new ScanError(at, "a closing quote (control characters need an escape)");
    if (code === BACKSLASH) {
      const end = matchEnd(ESCAPE, json, at);
      if (end === -1) throw new ScanError(at, "a valid escape");
      at = end - 1;
    }
  }
  throw new ScanError(json.length, "a closing quote");
}

/** Tells whether two JSON values are the same, whatever the order of their members. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length &&
      one.every((item, place) => isSame(item, other[place]));
  }
  if (isRecord(one)) {
    if (!isRecord(other)) return false;
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...names].every((name) => isSame(own(one, name), own(other, name)));
  }
  return one === other;
}

/** Returns a member of the object itself: `name` may be one of `Object.prototype`. */
export function own(value: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
