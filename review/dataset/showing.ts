/**
 * Which texts a row of training data shows, told from its JSON alone.
 *
 * @module
 */
import { isRecord, parseJson } from "../../learn/text/json.ts";

/** From so many UTF-16 code units on, a string counts as a text whatever it is. */
const LEAST_TEXT = 20;

/** The members whose value is a span, or a list of them: its text is a part of that of its example. */
const SPAN_MEMBERS: ReadonlySet<string> = new Set(["span", "spans"]);

/**
 * Returns the texts that a JSON value shows: each `text` that is not that of a span, at any depth, and each other
 * string, or name of a member, of at least 20 characters.
 *
 * A string may hold texts in turn. One that is a JSON array or object, as the message of a prompt and most replies
 * are, is looked into instead, a `text` besides. Of another one, the parts between double quotes count as well: a
 * reply may have words around its JSON, or break off, and lines of a prompt may be JSON. The work is bounded by the
 * length of the JSON: to quote a string within a string takes twice as many backslashes each time.
 *
 * @returns each text once, in an order that depends on the value alone
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { findShownTexts } from "./showing.ts";
 *
 * const prompt = [{ role: "user", content: '{"examples":[{"text":"my card","label":"card"}]}' }];
 * assertEquals(findShownTexts({ prompt, completion: '{"rules": []}' }), ["my card"]);
 * ```
 */
export function findShownTexts(value: unknown): string[] {
  const texts = new Set<string>();
  const open: ShownValue[] = [{ value, isText: false, isSpan: false }];
  // Without recursion: a value may be nested as deeply as it likes. The list grows as it is read.
  for (const { value, isText, isSpan } of open) {
    if (Array.isArray(value)) {
      for (const item of value) open.push({ value: item, isText: false, isSpan });
    } else if (isRecord(value)) {
      for (const [name, member] of Object.entries(value)) {
        open.push({ value: name, isText: false, isSpan: false });
        open.push({
          value: member,
          isText: name === "text" && !isSpan,
          isSpan: SPAN_MEMBERS.has(name),
        });
      }
    } else if (typeof value === "string") {
      const inner = parseContainer(value);
      if (isText || inner === undefined && value.length >= LEAST_TEXT) texts.add(value);
      const parts = inner === undefined ? splitAtQuotes(value) : [inner];
      for (const part of parts) open.push({ value: part, isText: false, isSpan: false });
    }
  }
  return [...texts];
}

/** A value that is still to be looked at. */
interface ShownValue {
  readonly value: unknown;
  /** Whether it is the `text` of an example. */
  readonly isText: boolean;
  /** Whether it is a span, or a list of spans. */
  readonly isSpan: boolean;
}

/** Parses a string that is a JSON array or object. */
function parseContainer(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return parseJson(text, "");
  } catch {
    // Another string, or one that breaks off, or is nested too deeply to be read.
    return undefined;
  }
}

/** Returns the parts of a string before, between and after double quotes that no backslash escapes. */
function splitAtQuotes(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) {
    let first = at;
    while (first > start && text[first - 1] === "\\") first--;
    if ((at - first) % 2 === 1) continue;
    parts.push(text.slice(start, at));
    start = at + 1;
  }
  // Without a quote, the string is no part of itself.
  if (start === 0) return [];
  parts.push(text.slice(start));
  return parts.filter(({ length }) => length >= LEAST_TEXT).map(readEscapes);
}

/** Reads the escapes of a part of a JSON text as JSON does; a part that has others stays as it is. */
function readEscapes(part: string): string {
  if (!part.includes("\\")) return part;
  try {
    return JSON.parse(`"${part}"`) as string;
  } catch {
    return part;
  }
}
