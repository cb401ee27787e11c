/**
 * JSON and UTF-8 from outside, read within bounds and with errors that name the place, not the text.
 *
 * `JSON.parse` takes gigabytes for deep nesting, and its messages quote the document. Here depth and
 * size are bounded first, and a fault is told by line, column and what was expected there. Lines end
 * at a line feed and are counted from 1; columns count UTF-16 code units, from 1.
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
 * Parses a JSON text (RFC 8259). One byte order mark before it is passed over.
 *
 * @param source what errors call the text: `Cannot read <source>: …`
 * @throws {SyntaxError} where the text is not JSON, too deep or too long
 */
export function parseJson(text: string, source: string, options: JsonOptions = {}): unknown {
  const { maxDepth = 64, maxLength = 512 * 1024 * 1024, firstLine = 1 } = options;
  if (text.length > maxLength) {
    const found = `${text.length} characters long, at most ${maxLength} are read`;
    throw new SyntaxError(`Cannot read ${source}: it is ${found}`);
  }
  const json = text.startsWith("\ufeff") ? text.slice(1) : text;
  const deep = findTooDeep(json, maxDepth);
  if (deep !== -1) {
    const place = describePlace(json, deep, firstLine);
    throw new SyntaxError(`Cannot read ${source}: ${place}: nested deeper than ${maxDepth} levels`);
  }
  try {
    return JSON.parse(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Its message quotes the document, so it is neither repeated nor kept as the cause.
    throw new SyntaxError(`Cannot read ${source}: ${describeFault(json, firstLine)}`);
  }
}

/**
 * Decodes UTF-8. One byte order mark is passed over.
 *
 * @param source what errors call the bytes: `Cannot read <source>: …`
 * @throws {SyntaxError} naming the line of the first byte that is not UTF-8
 * @throws {RangeError} where the text is longer than a string can be
 */
export function decodeUtf8(bytes: Uint8Array, source: string): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    // No byte of a longer sequence is a line feed, so each line can be tried on its own.
    for (let start = 0, line = 1; start < bytes.length; line++) {
      const feed = bytes.indexOf(0x0a, start);
      const end = feed === -1 ? bytes.length : feed + 1;
      try {
        decoder.decode(bytes.subarray(start, end));
      } catch (error) {
        // A single line beyond the longest string fails with another message: not a fault of the bytes.
        if (end - start >= LONGEST_STRING) break;
        throw new SyntaxError(`Cannot read ${source}: line ${line} is not valid UTF-8`, {
          cause: error,
        });
      }
      start = end;
    }
    throw new RangeError(`Cannot read ${source}: ${bytes.length} bytes are too many for one text`, {
      cause,
    });
  }
}

/** V8's bound, in code units (`v8::String::kMaxLength` on 64-bit machines). */
const LONGEST_STRING = 2 ** 29 - 24;

/**
 * The lines on which the items of an array begin, in a valid JSON text.
 *
 * @param path names of the members that lead to the array, outermost first
 * @returns the lines, from 1; none where no array is there
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

/** What {@linkcode scanValue} came upon: where a whole value ends, or where it stops being JSON. */
export type Scan =
  | { readonly end: number }
  | { readonly fault: number; readonly expected: string };

/**
 * Looks through the value that begins at `at`, to its end or its first fault. The text may go on after
 * it, and break off within it: the fault is at the text's end then.
 *
 * @param options.visit hears of each direct member as it begins: its key or index, and its place
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
    if (!(error instanceof Fault)) throw error;
    return { fault: error.at, expected: error.expected };
  }
}

/** Whether a value is an object with members: neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a value is, for an error that does not quote it: `missing`, `null`, `a number`, `an array`. */
export function describeKind(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Where nesting first goes beyond `maxDepth`, or -1. Right for any text up to its first fault. */
function findTooDeep(json: string, maxDepth: number): number {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = findClosingQuote(json, at);
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      if (++depth > maxDepth) return at;
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--;
  }
  return -1;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The quote that ends the string opened at `open`: the first behind an even run of backslashes. */
function findClosingQuote(json: string, open: number): number {
  for (let end = json.indexOf('"', open + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let first = end;
    while (json.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((end - first) % 2 === 0) return end;
  }
  return json.length;
}

/** Where a text stops being JSON. Caught in this module only. */
class Fault extends Error {
  constructor(readonly at: number, readonly expected: string) {
    super(expected);
  }
}

function describeFault(json: string, firstLine: number): string {
  try {
    const end = skipSpace(json, skipValue(json, skipSpace(json, 0)));
    return end < json.length
      ? `${describePlace(json, end, firstLine)}: expected nothing after the value before it`
      : "it is not JSON";
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return describeExpected(json, error, firstLine);
  }
}

function describeExpected(json: string, { at, expected }: Fault, firstLine: number): string {
  const found = at < json.length ? "" : ", but the text ends";
  return `${describePlace(json, at, firstLine)}: expected ${expected}${found}`;
}

/** Where a place in a text is: `line 2, column 8`. */
export function describePlace(json: string, at: number, firstLine = 1): string {
  const column = at === 0 ? 1 : at - json.lastIndexOf("\n", at - 1);
  return `line ${firstLine - 1 + countLines(json, at)}, column ${column}`;
}

function countLines(json: string, at: number): number {
  let line = 1;
  for (let feed = json.indexOf("\n"); feed !== -1 && feed < at; line++) {
    feed = json.indexOf("\n", feed + 1);
  }
  return line;
}

const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The end of a match of the sticky `pattern` at `at`, or -1. */
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

/** The end of the value at `at`. `visit` hears of each direct member: its key or index, its start. */
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
    if (end === -1) throw new Fault(at, "a value");
    return end;
  }
  if (depth < 1) throw new Fault(at, "less nesting");
  const close = code === OPEN_ARRAY ? "]" : "}";
  let next = skipSpace(json, at + 1);
  if (json[next] === close) return next + 1;
  for (let index = 0;; index++) {
    let key: string | number = index;
    if (code === OPEN_OBJECT) {
      if (json.charCodeAt(next) !== QUOTE) throw new Fault(next, "a name in double quotes");
      const end = skipString(json, next);
      key = JSON.parse(json.slice(next, end)) as string;
      next = skipSpace(json, end);
      if (json[next] !== ":") throw new Fault(next, '":"');
      next = skipSpace(json, next + 1);
    }
    visit?.(key, next);
    next = skipSpace(json, skipValue(json, next, undefined, depth - 1));
    if (json[next] === close) return next + 1;
    if (json[next] !== ",") throw new Fault(next, `"," or "${close}"`);
    next = skipSpace(json, next + 1);
  }
}

function skipString(json: string, open: number): number {
  for (let at = open + 1; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code < 0x20) throw new Fault(at, "a closing quote (control characters need an escape)");
    if (code === BACKSLASH) {
      const end = matchEnd(ESCAPE, json, at);
      if (end === -1) throw new Fault(at, "a valid escape");
      at = end - 1;
    }
  }
  throw new Fault(json.length, "a closing quote");
}

/** Whether two JSON values are the same, whatever the order of their members. */
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

/** A member of the object itself: names may be those of `Object.prototype`. */
export function own(value: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
