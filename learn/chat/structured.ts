/**
 * Reads replies of a model as JSON: plain, in a fence, with words around it, or broken off.
 *
 * - **Found** is one object that fits a schema. Of several the last counts, as models put drafts first;
 *   objects in `<think>` do not count. At most the first 1,000 braces are tried as the beginning of an
 *   object: if a reply has more, the reading says so.
 * - **Repaired:** words and fences around the object; members that were not asked for; a backslash that
 *   begins no escape of JSON (`"\d"`), which stands for itself. If an object breaks off, or stops being
 *   JSON, its whole members are kept, and the whole items of a list in it: nothing is completed or made
 *   up. The result still has to fit the schema.
 * - **Bounds:** {@linkcode MAX_REPLY_LENGTH}, and 64 levels of nesting.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import * as z from "npm:zod@^4";
 * import { readReply } from "./structured.ts";
 *
 * const schema = z.strictObject({ rules: z.array(z.unknown()) });
 * const text = 'Here you are: {"rules": [{"name": "a"}, {"name": "b';
 * assertEquals(readReply(schema, { text }), {
 *   outcome: "repaired",
 *   value: { rules: [{ name: "a" }] },
 *   why: "it had words around it; it breaks off at line 1, column 52, and what was whole is kept",
 * });
 * ```
 *
 * @module
 */
import type * as z from "npm:zod@^4";
import type { Reply } from "./response.ts";
import type { Reading } from "./exchanges.ts";
import { describePlace, type Scan, scanValue } from "../text/json.ts";
import { cut, escapeControls, quote } from "../text/quoting.ts";

/** The longest reply that is read, in UTF-16 code units. */
export const MAX_REPLY_LENGTH = 4 * 1024 * 1024;

/** The deepest nesting of lists and objects that is read. */
const MAX_DEPTH = 64;
/** The longest number, word or escape that can be incomplete. */
const MAX_TOKEN = 400;
/** How many braces of a reply are tried as the beginning of the object. */
const MAX_TRIES = 1_000;
/** How many times the length of a reply is scanned at most, whatever braces are in it. */
const MAX_PASSES = 16;

/**
 * Reads the text of a reply as an object of `schema`. Messages (`why`) quote only names of members.
 *
 * @param schema of an object; items of a list that are `z.unknown()` are for the caller to check, so that
 *   one wrong item does not cost the others
 */
export function readReply<T>(
  schema: z.ZodType<T>,
  { text: response }: Pick<Reply, "text">,
): Reading<T> {
  const { length } = response;
  if (length > MAX_REPLY_LENGTH) {
    const why = `it is ${length} characters long, at most ${MAX_REPLY_LENGTH} are read`;
    return { outcome: "refused", why };
  }
  if (/^\s*<think>(?![^]*<\/think>)/.test(response)) {
    return { outcome: "refused", why: "it breaks off before the thinking ends" };
  }
  // Replaced by blanks, so that lines and columns stay those of the reply.
  const text = response.replace(
    /^\s*<think>[^]*?<\/think>/,
    (thought) => thought.replaceAll(/[^\n]/g, " "),
  );
  const { whole, broken, why } = search(text, schema);
  if (whole !== undefined) return conclude(whole);
  const escaped = escapeBackslashes(text);
  if (escaped !== text) {
    const again = search(escaped, schema);
    const note = "its backslashes that begin no escape stand for themselves";
    const fit = again.whole ?? again.broken;
    if (fit !== undefined) return conclude({ ...fit, notes: [...fit.notes, note] });
  }
  return broken === undefined ? { outcome: "refused", why } : conclude(broken);
}

function conclude<T>({ value, notes }: Fit<T>): Reading<T> {
  if (notes.length === 0) return { outcome: "parsed", value };
  return { outcome: "repaired", value, why: notes.join("; ") };
}

/** The result of a search. */
interface SearchResult<T> {
  /** The last whole object that fits. */
  readonly whole?: Fit<T>;
  /** The first object that breaks off and fits as far as it goes. */
  readonly broken?: Fit<T>;
  /** Why the reply is refused if it has neither. */
  readonly why: string;
}

/** An object that fits, and notes on its repairs. */
interface Fit<T> {
  readonly value: T;
  readonly notes: readonly string[];
}

/** A part of the text that begins like an object. */
interface ObjectCandidate<T> {
  readonly at: number;
  /** Where it ends, or stops being JSON. */
  readonly end: number;
  readonly scan: Scan;
  readonly members: readonly ObjectMember[];
  readonly fit?: Fit<T>;
  /** Why it does not fit. */
  readonly why?: string;
}

interface ObjectMember {
  readonly key: string | number;
  readonly start: number;
}

function search<T>(text: string, schema: z.ZodType<T>): SearchResult<T> {
  let whole: ObjectCandidate<T> | undefined;
  let broken: ObjectCandidate<T> | undefined;
  let refused: ObjectCandidate<T> | undefined;
  let count = 0;
  let scanned = 0;
  let at = text.indexOf("{");
  for (let tries = 0; at !== -1 && tries < MAX_TRIES; tries++) {
    const candidate = readCandidate(text, at, schema);
    const { scan, end, fit, members } = candidate;
    if (fit === undefined) {
      // Of several that do not fit, the longest is most likely the reply.
      if (refused === undefined || end - at > refused.end - refused.at) refused = candidate;
    } else if ("end" in scan) {
      whole = candidate;
      count++;
    } else broken ??= candidate;
    scanned += end - at;
    // What is within an object is not the reply, but a brace in a sentence does not begin an object.
    const isObject = "end" in scan || fit || (breaksOff(text, scan) && members.length > 0);
    at = text.indexOf("{", isObject ? end : at + 1);
    if (scanned > MAX_PASSES * text.length) break;
  }
  const unread = at === -1
    ? []
    : [`it has too many braces: nothing from ${describePlace(text, at)} on was read`];
  const describe = (candidate: ObjectCandidate<T> | undefined) => {
    if (candidate?.fit === undefined) return undefined;
    const several = candidate === whole && count > 1
      ? [`it holds ${count} objects that fit, of which the last counts`]
      : [];
    const { value, notes } = candidate.fit;
    return {
      value,
      notes: [...describeCandidate(text, candidate), ...notes, ...several, ...unread],
    };
  };
  const why = refused === undefined
    ? "it holds no JSON object"
    : refused.why ?? `${describeEnd(text, refused.scan)}, and nothing in it is whole`;
  return {
    whole: describe(whole),
    broken: describe(broken),
    why: [why, ...unread].join("; "),
  };
}

function readCandidate<T>(text: string, at: number, schema: z.ZodType<T>): ObjectCandidate<T> {
  const members: ObjectMember[] = [];
  const visit = (key: string | number, start: number) => members.push({ key, start });
  const scan = scanValue(text, at, { maxDepth: MAX_DEPTH, visit });
  const end = "end" in scan ? scan.end : scan.errorAt;
  const json = "end" in scan ? text.slice(at, end) : keepWhole(text, at, members);
  return { at, end, scan, members, ...(json === undefined ? {} : check(schema, json)) };
}

/** Tells whether the text ends within a value: there, or within a number, a word or an escape. */
function breaksOff(text: string, scan: Scan): boolean {
  if ("end" in scan || text.length - scan.errorAt > MAX_TOKEN) return false;
  return /^(?:[\w.+-]*|\\(?:u[0-9a-fA-F]{0,3})?)$/.test(text.slice(scan.errorAt));
}

/** Returns the JSON of the whole members of an object, and of the whole items of a list at its end. */
function keepWhole(text: string, at: number, members: readonly ObjectMember[]): string | undefined {
  const last = members.at(-1);
  if (last === undefined) return undefined;
  if (text[last.start] === "[" && findEnd(text, last.start, 1) === undefined) {
    const items: number[] = [];
    scanValue(text, last.start, {
      maxDepth: MAX_DEPTH - 1,
      visit: (_, start) => items.push(start),
    });
    const end = findLastEnd(text, items, 2);
    if (end !== undefined) return `${text.slice(at, end)}]}`;
  }
  const end = findLastEnd(text, members.map(({ start }) => start), 1);
  return end === undefined ? undefined : `${text.slice(at, end)}}`;
}

/** Finds the end of the last whole value in a row of values, of which only the last may break off. */
function findLastEnd(text: string, starts: readonly number[], depth: number): number | undefined {
  const ends = starts.slice(-2).map((start) => findEnd(text, start, depth));
  return ends.findLast((end) => end !== undefined);
}

/** Finds the end of the value at `start`, if it is whole. */
function findEnd(text: string, start: number, depth: number): number | undefined {
  const scan = scanValue(text, start, { maxDepth: MAX_DEPTH - depth });
  if (!("end" in scan)) return undefined;
  // A number or word at the very end may be incomplete.
  return scan.end === text.length && !/["{[]/.test(text[start]) ? undefined : scan.end;
}

function check<T>(schema: z.ZodType<T>, json: string): { fit: Fit<T> } | { why: string } {
  const value: unknown = JSON.parse(json);
  const first = schema.safeParse(value);
  if (first.success) return { fit: { value: first.data, notes: [] } };
  const extra = first.error.issues.filter((issue) => issue.code === "unrecognized_keys");
  for (const { path, keys } of extra) dropMembers(value, path, keys);
  const second = extra.length === 0 ? first : schema.safeParse(value);
  if (!second.success) return { why: describeIssue(second.error.issues[0]) };
  const names = [...new Set(extra.flatMap(({ keys }) => keys))].map((name) => quote(name));
  const shown = names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
  const notes = [`members that were not asked for are left out: ${shown}`];
  return { fit: { value: second.data, notes } };
}

function dropMembers(value: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  let inner = value as Record<PropertyKey, unknown>;
  for (const step of path) inner = inner[step] as Record<PropertyKey, unknown>;
  for (const key of keys) delete inner[key];
}

/** Describes what is wrong with a value, without quoting it. */
function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const where = path.length === 0 ? "" : ` at ${path.map(String).join(".")}`;
  return escapeControls(cut(`it is not what was asked for${where}: ${message}`, 300));
}

/** Describes the repairs of an object. */
function describeCandidate<T>(text: string, { at, scan, members }: ObjectCandidate<T>): string[] {
  const notes = describeSurroundings(text.slice(0, at), "end" in scan ? text.slice(scan.end) : "");
  if (!("end" in scan)) notes.push(`${describeEnd(text, scan)}, and what was whole is kept`);
  const known = new Set<string | number>();
  const repeated = members.find(({ key }) => known.size === known.add(key).size);
  if (repeated !== undefined) {
    const name = quote(String(repeated.key));
    notes.push(`it names ${name} more than once, of which the last counts`);
  }
  return notes;
}

function describeSurroundings(before: string, after: string): string[] {
  const fence = /```[\w-]*\s*$/.exec(before.slice(-200))?.[0];
  const words = fence === undefined
    ? before + after
    : before.slice(0, -fence.length) + after.replace(/^\s*```/, "");
  const hasWords = /\S/.test(words);
  if (fence !== undefined) {
    return [`it stood in a fence${hasWords ? ", with words around it" : ""}`];
  }
  return hasWords ? ["it had words around it"] : [];
}

/** Describes where an object ends that is not whole. */
function describeEnd(text: string, scan: Scan): string {
  if ("end" in scan) return "it is whole";
  const place = describePlace(text, scan.errorAt);
  return breaksOff(text, scan)
    ? `it breaks off at ${place}`
    : `it is not JSON from ${place} on: expected ${scan.expected}`;
}

/** Doubles the backslashes that begin no escape of JSON, as in `"\d+"`. */
function escapeBackslashes(text: string): string {
  return text.replaceAll(
    /\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?/g,
    (found, escape) => escape ? found : "\\\\",
  );
}
