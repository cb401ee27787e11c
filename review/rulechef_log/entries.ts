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
import { isRecord, parseJson } from "../../learn/json.ts";
import type { Line } from "./lines.ts";

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
  const time = typeof value.timestamp === "string" ? Date.parse(value.timestamp) : NaN;
  const { sent, reply } = readMessages(value.messages);
  return {
    line: number,
    call,
    ...(Number.isFinite(time) ? { at: time } : {}),
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
  const mended = text.replace(
    /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)\b/g,
    (token) => token.startsWith('"') ? token : "null",
  );
  try {
    return parseJson(mended, "line");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function readMessages(messages: readonly unknown[]): { sent: string; reply: string } {
  const contents = messages.filter(isRecord).map(({ role, content }) => ({
    role,
    content: typeof content === "string" ? content : "",
  }));
  const isReply = contents.at(-1)?.role === "assistant";
  const sent = isReply ? contents.slice(0, -1) : contents;
  return {
    sent: sent.map(({ content }) => content).join("\n"),
    reply: isReply ? contents[contents.length - 1].content : "",
  };
}

/** A whole number from 0, where the metadata have one. */
export function countOf({ metadata }: Entry, name: string): number | undefined {
  const value = metadata[name];
  return Number.isSafeInteger(value) && (value as number) >= 0 ? value as number : undefined;
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
