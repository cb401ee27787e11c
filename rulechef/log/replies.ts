/**
 * What a model replied, read as RuleChef reads it: JSON, in a fence or with words around it; of rules that
 * break off, those that are whole.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readReply } from "./replies.ts";
 *
 * const reply = readReply('{"rules": [{"name": "a"}, {"name": "b", "conte');
 * assertEquals(reply, { value: { rules: [{ name: "a" }], deleted_rules: [] }, isTorn: true });
 * ```
 *
 * @module
 */
import { isRecord, parseJson } from "../../learn/text/json.ts";

/** A reply that could be read. */
export interface Reply {
  readonly value: Readonly<Record<string, unknown>>;
  /** Whether it broke off, and only the rules that were whole are there. */
  readonly isTorn: boolean;
}

/** A reply's object, or nothing where it has none. */
export function readReply(text: string): Reply | undefined {
  const body = unfence(text).trim();
  const whole = parse(body) ?? parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1));
  if (whole !== undefined) return { value: whole, isTorn: false };
  const rules = readWhole(body);
  if (rules.length === 0) return undefined;
  return { value: { rules, deleted_rules: readDeleted(body) }, isTorn: true };
}

/** The list of rules to delete in a reply that broke off: as RuleChef, to the first bracket that closes. */
function readDeleted(body: string): unknown[] {
  const found = /"deleted_rules"\s*:\s*\[/.exec(body);
  if (found === null) return [];
  const open = found.index + found[0].length - 1;
  const list = parse(`{"list":${body.slice(open, body.indexOf("]", open) + 1)}}`)?.list;
  return Array.isArray(list) ? list : [];
}

/** The strings of a list, as far as it is one. */
export function stringsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((one) => typeof one === "string").map((one) => one.toWellFormed());
}

/** A text, or an empty one for anything else. */
export function textOr(value: unknown): string {
  return typeof value === "string" ? value.toWellFormed() : "";
}

function unfence(text: string): string {
  const open = text.indexOf("```json");
  const start = open === -1 ? text.indexOf("```") : open;
  if (start === -1) return text;
  const from = start + (open === -1 ? 3 : 7);
  const end = text.indexOf("```", from);
  return text.slice(from, end === -1 ? undefined : end);
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value = parseJson(text, "reply");
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The objects of a list `rules` that does not end. */
function readWhole(text: string): Record<string, unknown>[] {
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
      const value = parse(text.slice(start, at + 1));
      if (value !== undefined) found.push(value);
    } else if (character === "]" && depth === 0) break;
  }
  return found;
}

/** The quote that ends the string opened at `open`, or the end of the text where there is none. */
export function findQuote(text: string, open: number): number {
  for (let end = text.indexOf('"', open + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text[first - 1] === "\\") first--;
    // An even run of backslashes stands for backslashes, the last of an odd one for the quote.
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}
