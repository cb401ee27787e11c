/**
 * A line of RuleChef's training log as one call of its model, or one decision on a patch.
 *
 * A line is `{ messages, call_type, metadata, timestamp }`: the messages that were sent and, last, the
 * reply. `metadata` has what the caller knew, and what the user wants on every line (`run_metadata`).
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseEntry } from "./entries.ts";
 *
 * const line = { number: 1, text: '{"call_type": "trigger_decision", "messages": []}', isTorn: false };
 * assertEquals(parseEntry(line), "other");
 * ```
 *
 * @module
 */
import { isRecord, parseJson } from "../../learn/text/json.ts";
import type { Line } from "./lines.ts";
import { findQuote } from "./replies.ts";

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

/** One line of the log that tells of a run. */
export interface Entry {
  /** Number of the line, from 1. */
  readonly line: number;
  readonly call: typeof CALLS[number];
  /** Milliseconds since 1970, where the line says when it was written. */
  readonly at?: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What was sent. */
  readonly prompt: string;
  /** What came back. */
  readonly reply: string;
}

/**
 * Why a line tells nothing: a call that is no part of a run (`other`), something that is no line of a log
 * (`stray`), or no JSON, in UTF-8 and within bounds (`broken`).
 */
export type Unread = "other" | "stray" | "broken";

/** Reads a line. Numbers that JSON does not have (`NaN`, `Infinity`), which Python writes, are null. */
export function parseEntry({ number, text }: Line): Entry | Unread {
  const value = text === undefined ? undefined : parse(text);
  if (value === undefined) return "broken";
  if (!isRecord(value) || typeof value.call_type !== "string") return "stray";
  const call = CALLS.find((one) => one === value.call_type);
  if (call === undefined) return "other";
  if (!Array.isArray(value.messages)) return "stray";
  const at = readTime(value.timestamp);
  const { sent, reply } = readMessages(value.messages);
  return {
    line: number,
    call,
    ...(at === undefined ? {} : { at }),
    metadata: isRecord(value.metadata) ? value.metadata : {},
    prompt: sent,
    reply,
  };
}

function parse(text: string): unknown {
  try {
    return parseJson(text, "line");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!/NaN|Infinity/.test(text)) return undefined;
  try {
    return parseJson(mendNumbers(text), "line");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** The text with null for the numbers that JSON does not have, outside of its strings. */
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

/** What `isoformat` of Python writes: date, time, and mostly the difference from UTC. */
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?$/;
/** The first and the last time that a trace can hold: years have four digits there. */
const [FIRST_TIME, LAST_TIME] = [
  Date.parse("0000-01-01T00:00:00.000Z"),
  Date.parse("9999-12-31T23:59:59.999Z"),
];

function readTime(timestamp: unknown): number | undefined {
  const found = typeof timestamp === "string" ? TIME.exec(timestamp) : null;
  if (found === null) return undefined;
  // The zone of the machine that reads the log says nothing of the one that wrote it.
  const [, date, time, zone = "Z"] = found;
  const at = Date.parse(`${date}T${time}${zone}`);
  return at >= FIRST_TIME && at <= LAST_TIME ? at : undefined;
}

function readMessages(messages: readonly unknown[]): { sent: string; reply: string } {
  const contents = messages.filter(isRecord).map(({ role, content }) => ({
    role,
    content: typeof content === "string" ? content.toWellFormed() : "",
  }));
  const isReply = contents.at(-1)?.role === "assistant";
  const sent = isReply ? contents.slice(0, -1) : contents;
  return {
    sent: sent.map(({ content }) => content).join("\n"),
    reply: isReply ? contents[contents.length - 1].content : "",
  };
}

/** More than anything that a run counts, and few enough to go on counting from. */
const MAX_COUNT = 1e9;

/** A whole number from 0 to a billion, where the metadata have one. */
export function countOf({ metadata }: Entry, name: string): number | undefined {
  const value = metadata[name];
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  return value >= 0 && value <= MAX_COUNT ? value : undefined;
}

/** A share from 0 to 1, where the metadata have one. */
export function shareOf({ metadata }: Entry, name: string): number | undefined {
  const value = metadata[name];
  return typeof value === "number" && value >= 0 && value <= 1 ? value : undefined;
}

/** A text that is valid Unicode and not empty, where the metadata have one. */
export function textOf({ metadata }: Entry, name: string): string | undefined {
  const value = metadata[name];
  return typeof value === "string" && value !== "" ? value.toWellFormed() : undefined;
}

/** Whether the metadata say yes; nothing where they say neither. */
export function flagOf({ metadata }: Entry, name: string): boolean | undefined {
  const value = metadata[name];
  return typeof value === "boolean" ? value : undefined;
}

/** Whether a text comes after another where Python sorts them: by code points. */
export function comesAfter(one: string, other: string): boolean {
  const [points, others] = [[...one], [...other]];
  const place = points.findIndex((point, place) => point !== others[place]);
  if (place === -1) return false;
  return place >= others.length || points[place].codePointAt(0)! > others[place].codePointAt(0)!;
}
