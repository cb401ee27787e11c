/**
 * Rows as trainers read them, and as lines of a file.
 *
 * - `trl`: the conversational formats of TRL, which are named language modeling, preference and unpaired preference
 *   there (https://huggingface.co/docs/trl/dataset_formats).
 * - `openai`: chat fine-tuning and direct preference optimization
 *   (https://platform.openai.com/docs/guides/direct-preference-optimization). It has no form for unpaired rows.
 *
 * Playbooks, weak labels and hard examples are not conversations: they are the same in both.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Message } from "../../../learn/chat/client.ts";
import { escapeControls } from "../../../learn/text/quoting.ts";
import type { Json } from "../../../learn/text/schemas.ts";
import type { RowContent } from "../format.ts";

/** The formats of rows. */
export const ROW_FORMATS = ["trl", "openai"] as const;

/** Whose trainer is to read the rows. */
export type RowFormat = (typeof ROW_FORMATS)[number];

/** What a format is called. */
export const FORMAT_NAMES: Readonly<Record<RowFormat, string>> = { trl: "TRL", openai: "OpenAI" };

/** Returns what the line of a row says; `undefined` if the format has no form for it. */
export function formatRow(row: RowContent, format: RowFormat): Json | undefined {
  switch (row.kind) {
    case "sft":
    case "teacher":
      return { messages: [...sendable(row.content.prompt), answer(row.content.completion)] };
    case "preference": {
      const { prompt, chosen, rejected } = row.content;
      const [input, better, worse] = [sendable(prompt), [answer(chosen)], [answer(rejected)]];
      return format === "trl"
        ? { prompt: input, chosen: better, rejected: worse }
        : { input: { messages: input }, preferred_output: better, non_preferred_output: worse };
    }
    case "unpaired": {
      if (format === "openai") return undefined;
      const { prompt, completion, label } = row.content;
      return { prompt: sendable(prompt), completion: [answer(completion)], label };
    }
    case "playbook":
    case "weak":
    case "hard":
      return row.content;
  }
}

/** Returns messages with no other members, and those in one order. */
function sendable(
  messages: readonly Message[],
): { readonly role: string; readonly content: string }[] {
  return messages.map(({ role, content }) => ({ role, content }));
}

function answer(content: string): { readonly role: string; readonly content: string } {
  return { role: "assistant", content };
}

/** Returns the prompt and the answers that the line of a row holds, in either format; none if it is not a conversation. */
export function readConversation(
  row: unknown,
): { readonly prompt: unknown; readonly answers: readonly unknown[] } {
  const { messages, prompt, input, ...rest } = row as Readonly<Record<string, unknown>>;
  if (Array.isArray(messages)) {
    return { prompt: messages.slice(0, -1), answers: [messages.at(-1)?.content] };
  }
  const lists = [
    rest.chosen ?? rest.preferred_output ?? rest.completion,
    rest.rejected ?? rest.non_preferred_output,
  ];
  return {
    prompt: prompt ?? (input as { readonly messages?: unknown } | undefined)?.messages,
    answers: lists.map((list) => (list as readonly { readonly content?: unknown }[])?.[0]?.content),
  };
}

/**
 * Returns a value as one line of JSON, without its line feed, that does no harm wherever it is shown: characters that
 * act on a terminal, and `<` before `/` and `!`, are escaped. Lone surrogates, which UTF-8 has not, become U+FFFD.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { renderLine } from "./formats.ts";
 *
 * assertEquals(renderLine({ text: "</script>\u2028" }), String.raw`{"text":"\u003c/script>\u2028"}`);
 * ```
 */
export function renderLine(value: unknown): string {
  const json = JSON.stringify(wellFormed(value));
  return escapeControls(json).replace(/<(?=[/!])/g, "\\u003c");
}

function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, one]) => [key.toWellFormed(), wellFormed(one)]);
  return Object.fromEntries(members);
}

/** Returns lines as the text of a file. */
export function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** Returns the lines of a file, of which the last may lack its line feed. */
export function splitText(text: string): string[] {
  const lines = text.split("\n");
  return lines[lines.length - 1] === "" ? lines.slice(0, -1) : lines;
}

/** Returns `sha256:` and the SHA-256 of bytes, or of the UTF-8 of a text. */
export function hashBytes(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
