/**
 * Reads replies of a model as RuleChef does: JSON in a fence or between other words, and of a reply that
 * breaks off the rules that are complete.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readReply } from "./replies.ts";
 *
 * const reply = readReply('{"rules": [{"name": "a"}, {"name": "b", "conte');
 * assertEquals(reply, { rules: [{ name: "a" }], deleted_rules: [] });
 * ```
 *
 * @module
 */
import { isRecord, parseJson } from "../../learn/text/json.ts";

/** The object that a reply holds. */
export type ReplyFields = Readonly<Record<string, unknown>>;

/** Returns the object of a reply; undefined if none can be read. */
export function readReply(text: string): ReplyFields | undefined {
  const body = unfence(text).trim();
  const whole = parseRecord(body) ??
    parseRecord(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1));
  if (whole !== undefined) return whole;
  const rules = readCompleteRules(body);
  return rules.length === 0 ? undefined : { rules, deleted_rules: readDeleted(body) };
}

/** Tells whether a reply is an object as it came, if something is around it or it breaks off, or if none can be read. */
export function judgeReading(text: string): "parsed" | "repaired" | "refused" {
  if (parseRecord(text.trim()) !== undefined) return "parsed";
  return readReply(text) === undefined ? "refused" : "repaired";
}

/** Reads the list of rules to delete as RuleChef does, up to the first bracket that closes. */
function readDeleted(body: string): unknown[] {
  const found = /"deleted_rules"\s*:\s*\[/.exec(body);
  if (found === null) return [];
  const open = found.index + found[0].length - 1;
  const list = parseOptional(body.slice(open, body.indexOf("]", open) + 1));
  return Array.isArray(list) ? list : [];
}

/** Returns the strings of a list as valid Unicode; an empty list for anything else. */
export function stringsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((one) => typeof one === "string").map((one) => one.toWellFormed());
}

/** Tells whether Python takes a value for false: nothing, zero, or an empty text, list or object. */
export function isFalsy(value: unknown): boolean {
  return !value || typeof value === "object" && Object.keys(value).length === 0;
}

/** Returns a text as valid Unicode; an empty one for anything else. */
export function textOr(value: unknown): string {
  return typeof value === "string" ? value.toWellFormed() : "";
}

/** Parses JSON; undefined if the text is not JSON, or too deep or too long. */
export function parseOptional(json: string): unknown {
  try {
    return parseJson(json, "text");
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function parseRecord(json: string): Record<string, unknown> | undefined {
  const value = parseOptional(json);
  return isRecord(value) ? value : undefined;
}

function unfence(text: string): string {
  const open = text.indexOf("```json");
  const start = open === -1 ? text.indexOf("```") : open;
  if (start === -1) return text;
  const from = start + (open === -1 ? 3 : 7);
  const end = text.indexOf("```", from);
  return text.slice(from, end === -1 ? undefined : end);
}

/** Returns the complete objects of a list `rules` that breaks off. */
function readCompleteRules(text: string): Record<string, unknown>[] {
  const list = text.indexOf("[", text.indexOf('"rules"'));
  if (list === -1 || !text.includes('"rules"')) return [];
  const found: Record<string, unknown>[] = [];
  let depth = 0;
  let start = 0;
  for (let at = list + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = findQuote(text, at);
    else if (character === "{" && depth++ === 0) start = at;
    else if (character === "}" && --depth === 0) {
      const value = parseRecord(text.slice(start, at + 1));
      if (value !== undefined) found.push(value);
    } else if (character === "]" && depth === 0) break;
  }
  return found;
}

/** Returns the place of the quote that ends the string opened at `open`, or the end of the text. */
export function findQuote(text: string, open: number): number {
  for (let end = text.indexOf('"', open + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text[first - 1] === "\\") first--;
    // In an odd run of backslashes, the last one escapes the quote.
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}
