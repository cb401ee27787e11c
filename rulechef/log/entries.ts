/**
 * Reads the lines of RuleChef's training log, each a call of its model or a decision on a patch.
 *
 * A line is `{ messages, call_type, metadata, timestamp }`: the messages that were sent and, last, the
 * reply. `metadata` holds what the caller knew, and what the user adds to every line (`run_metadata`).
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseEntry, readLines } from "./entries.ts";
 *
 * const text = '{"call_type": "trigger_decision", "messages": []}\n{"call';
 * const lines = await Array.fromAsync(readLines(new Blob([text]).stream()));
 * assertEquals(lines.map(({ isTorn }) => isTorn), [false, true]);
 * assertEquals(lines.map(parseEntry), ["other", "broken"]);
 * ```
 *
 * @module
 */
import { Buffer, isUtf8 } from "node:buffer";
import type { Message } from "../../learn/chat/client.ts";
import { isRecord } from "../../learn/text/json.ts";
import { findQuote, isFalsy, parseOptional, textOr } from "./replies.ts";

/** One line of a file. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line feed; missing if it is not UTF-8 or too long to keep. */
  readonly text?: string;
  /** Whether the file ends before the line does. */
  readonly isTorn: boolean;
}

/** The longest line that is kept, in bytes. */
const MAX_LINE = 64 * 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * Reads the lines of a file, and keeps no more of it than one line. Skips blank lines and the byte order
 * mark at the beginning.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const keep = (part: Uint8Array) => {
    length += part.length;
    if (length <= MAX_LINE) parts.push(part);
    else parts = [];
  };
  const take = (last: Uint8Array, isTorn: boolean): Line[] => {
    keep(last);
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    const text = length <= MAX_LINE && isUtf8(bytes) ? decoder.decode(bytes) : undefined;
    const line = { number, isTorn, ...(text === undefined ? {} : { text }) };
    [parts, length, number] = [[], 0, number + 1];
    return text?.trim() === "" ? [] : [line];
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let feed = chunk.indexOf(LINE_FEED); feed !== -1;) {
      yield* take(chunk.subarray(start, feed), false);
      start = feed + 1;
      feed = chunk.indexOf(LINE_FEED, start);
    }
    // The source may use the memory of the chunk for the next one.
    if (start < chunk.length) keep(new Uint8Array(chunk.subarray(start)));
  }
  if (length > 0) yield* take(new Uint8Array(), true);
}

/** The calls that a learning run is made of. */
const CALLS = [
  "rule_synthesis",
  "rule_synthesis_per_class",
  "rule_patch",
  "patch_decision",
  "guide_refinement",
  "critique_rules",
  "audit_rules",
] as const;

/** One line of the log that belongs to a run. */
export interface LogEntry {
  /** Number of the line, from 1. */
  readonly line: number;
  readonly call: typeof CALLS[number];
  /** When the line was written, in milliseconds since 1970, if it says so. */
  readonly at?: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The messages that were sent, as one text. */
  readonly prompt: string;
  /** The messages that were sent, each for itself. */
  readonly messages?: readonly Message[];
  readonly reply: string;
}

/**
 * Why a line is not an entry: it is a call that is not part of a run (`other`), JSON that is not a line
 * of a log (`stray`), or not JSON in UTF-8 and within bounds (`broken`).
 */
export type Unread = "other" | "stray" | "broken";

/** Parses a line. Numbers that JSON does not have (`NaN`, `Infinity`), which Python writes, become null. */
export function parseEntry({ number, text }: Line): LogEntry | Unread {
  const value = text === undefined ? undefined : parse(text);
  if (value === undefined) return "broken";
  if (!isRecord(value) || typeof value.call_type !== "string") return "stray";
  const call = CALLS.find((one) => one === value.call_type);
  if (call === undefined) return "other";
  if (!Array.isArray(value.messages)) return "stray";
  const messages = value.messages.filter(isRecord)
    .map(({ role, content }) => ({ role: readRole(role), content: textOr(content) }));
  const reply = messages.at(-1)?.role === "assistant" ? messages.pop()!.content : "";
  return {
    line: number,
    call,
    at: readTime(value.timestamp),
    metadata: isRecord(value.metadata) ? value.metadata : {},
    prompt: messages.map(({ content }) => content).join("\n"),
    messages,
    reply,
  };
}

/** Returns the role of a message; that of another one is the user's. */
function readRole(role: unknown): Message["role"] {
  return role === "system" || role === "assistant" ? role : "user";
}

function parse(text: string): unknown {
  const value = parseOptional(text);
  if (value !== undefined || !/NaN|Infinity/.test(text)) return value;
  return parseOptional(mendNumbers(text));
}

/** Returns the text with null for the numbers that JSON does not have, except within strings. */
function mendNumbers(text: string): string {
  const token = /"|-?(?:NaN|Infinity)\b/g;
  let mended = "";
  let done = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === '"') token.lastIndex = findQuote(text, found.index) + 1;
    else {
      mended += `${text.slice(done, found.index)}null`;
      done = token.lastIndex;
    }
  }
  return mended + text.slice(done);
}

/** The format of Python's `isoformat`: date, time, and mostly the difference from UTC. */
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?$/;
/** The first and the last time that a trace can hold: its years have four digits. */
const FIRST_TIME = Date.parse("0000-01-01T00:00:00.000Z");
const LAST_TIME = Date.parse("9999-12-31T23:59:59.999Z");

function readTime(timestamp: unknown): number | undefined {
  const found = typeof timestamp === "string" ? TIME.exec(timestamp) : null;
  if (found === null) return undefined;
  // The log may come from a machine in another zone than this one.
  const [, date, time, zone = "Z"] = found;
  const at = Date.parse(`${date}T${time}${zone}`);
  return at >= FIRST_TIME && at <= LAST_TIME ? at : undefined;
}

/** More than any count of a run, and small enough to count on from. */
const MAX_COUNT = 1e9;

/** Returns a whole number from 0 to a billion from the metadata, if it is one. */
export function countOf({ metadata }: LogEntry, name: string): number | undefined {
  const value = metadata[name];
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  return value >= 0 && value <= MAX_COUNT ? value : undefined;
}

/** Returns a share from 0 to 1 from the metadata, if it is one. */
export function shareOf({ metadata }: LogEntry, name: string): number | undefined {
  const value = metadata[name];
  return typeof value === "number" && value >= 0 && value <= 1 ? value : undefined;
}

/** Returns a text from the metadata as valid Unicode, unless it is empty. */
export function textOf({ metadata }: LogEntry, name: string): string | undefined {
  return textOr(metadata[name]) || undefined;
}

/** Returns a boolean from the metadata, if it is one. */
export function flagOf({ metadata }: LogEntry, name: string): boolean | undefined {
  const value = metadata[name];
  return typeof value === "boolean" ? value : undefined;
}

/** Tells whether a guide ends the refinement. */
export function isStop({ metadata: { should_continue: goesOn } }: LogEntry): boolean {
  return goesOn !== undefined && isFalsy(goesOn);
}

/** Tells whether Python sorts a text after another: it compares code points, as UTF-8 does. */
export function comesAfter(one: string, other: string): boolean {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) > 0;
}
