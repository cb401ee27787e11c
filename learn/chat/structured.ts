/**
 * Replies of a model, read as JSON: plain, in a fence, with words around it, or broken off.
 *
 * - **What is looked for** is one object that fits a schema. Of several the last counts, as models put
 *   drafts first; one in `<think>` never does. At most the first 1,000 braces are tried as the beginning
 *   of one: where there are more, the reading says so.
 * - **What is mended:** words and fences around the object; members that were not asked for; a backslash
 *   that begins no escape of JSON (`"\d"`), which stands for itself. Of an object that breaks off, or
 *   stops being JSON, the members that are whole are kept, and of a list in it the items that are whole:
 *   nothing is completed or made up. The result still has to fit the schema.
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
import { escapeControls, quote } from "../text/quoting.ts";

/** The longest reply that is read, in UTF-16 code units. */
export const MAX_REPLY_LENGTH = 4 * 1024 * 1024;

/** The deepest nesting of lists and objects that is read. */
const MAX_DEPTH = 64;
/** The longest number, word or escape that can be a part of one. */
const MAX_TOKEN = 400;
/** How many braces of a reply are tried as the beginning of the object. */
const MAX_TRIES = 1_000;
/** How many times its length a reply is looked through at most, whatever braces are in it. */
const MAX_PASSES = 16;

/**
 * Reads the text of a reply as an object of `schema`. Messages (`why`) quote names of members at most.
 *
 * @param schema of an object; items of a list that are `z.unknown()` are for the caller to check, so that
 *   one that is wrong does not cost the others
 */
export function readReply<T>(
  schema: z.ZodType<T>,
  { text: given }: Pick<Reply, "text">,
): Reading<T> {
  const { length } = given;
  if (length > MAX_REPLY_LENGTH) {
    const why = `it is ${length} characters long, at most ${MAX_REPLY_LENGTH} are read`;
    return { outcome: "refused", why };
  }
  if (/^\s*<think>(?![^]*<\/think>)/.test(given)) {
    return { outcome: "refused", why: "it breaks off before the thinking ends" };
  }
  // Blanks in its place, so that lines and columns stay those of the reply.
  const text = given.replace(
    /^\s*<think>[^]*?<\/think>/,
    (thought) => thought.replaceAll(/[^\n]/g, " "),
  );
  const found = search(text, schema);
  if (found.whole !== undefined) return conclude(found.whole);
  const mended = mendEscapes(text);
  if (mended !== text) {
    const again = search(mended, schema);
    const note = "its backslashes that begin no escape stand for themselves";
    const fit = again.whole ?? again.broken;
    if (fit !== undefined) return conclude({ ...fit, notes: [...fit.notes, note] });
  }
  if (found.broken !== undefined) return conclude(found.broken);
  return { outcome: "refused", why: found.why };
}

function conclude<T>({ value, notes }: Fit<T>): Reading<T> {
  if (notes.length === 0) return { outcome: "parsed", value };
  return { outcome: "repaired", value, why: notes.join("; ") };
}

/** What a search came to. */
interface Found<T> {
  /** The last object that is whole and fits. */
  readonly whole?: Fit<T>;
  /** The first that is not whole, and fits as far as it goes. */
  readonly broken?: Fit<T>;
  /** Why there is neither. */
  readonly why: string;
}

/** An object that fits, and what had to be done for it. */
interface Fit<T> {
  readonly value: T;
  readonly notes: readonly string[];
}

/** A part of the text that begins like an object. */
interface Candidate {
  readonly at: number;
  readonly scan: Scan;
  readonly members: readonly Member[];
}

function search<T>(text: string, schema: z.ZodType<T>): Found<T> {
  let whole: { readonly candidate: Candidate; readonly fit: Fit<T> } | undefined;
  let broken: typeof whole;
  let refused: { readonly candidate: Candidate; readonly why?: string } | undefined;
  let count = 0;
  let passed = 0;
  let at = text.indexOf("{");
  for (let tries = 0; at !== -1 && tries < MAX_TRIES; tries++) {
    const members: Member[] = [];
    const visit = (key: string | number, start: number) => members.push({ key, start });
    const scan = scanValue(text, at, { maxDepth: MAX_DEPTH, visit });
    const end = endOf(scan);
    const candidate = { at, scan, members };
    const json = "end" in scan ? text.slice(at, end) : keepWhole(text, at, members);
    const checked = json === undefined ? {} : check(schema, json);
    const isFit = "value" in checked;
    if (!isFit) {
      // Of several that do not fit, the longest is most likely what was meant.
      const isLonger = refused === undefined || end - at > lengthOf(refused.candidate);
      if (isLonger) refused = { candidate, ...checked };
    } else if ("end" in scan) {
      whole = { candidate, fit: checked };
      count++;
    } else broken ??= { candidate, fit: checked };
    passed += end - at;
    // What lies within an object is not the reply, but a brace in a sentence begins no object.
    const isObject = "end" in scan || isFit || (breaksOff(text, scan) && members.length > 0);
    at = text.indexOf("{", isObject ? end : at + 1);
    if (passed > MAX_PASSES * text.length) break;
  }
  const unread = at === -1 ? [] : [
    `it holds more braces than are tried, so that nothing from ${
      describePlace(text, at)
    } on counts`,
  ];
  const describe = ({ candidate, fit }: NonNullable<typeof whole>): Fit<T> => {
    const several = count > 1 && "end" in candidate.scan
      ? [`it holds ${count} objects that fit, of which the last counts`]
      : [];
    const notes = [...describeCandidate(text, candidate), ...fit.notes, ...several, ...unread];
    return { ...fit, notes };
  };
  return {
    ...(whole === undefined ? {} : { whole: describe(whole) }),
    ...(broken === undefined ? {} : { broken: describe(broken) }),
    why: [
      refused === undefined ? "it holds no JSON object" : refused.why ??
        `${describeFault(text, refused.candidate.scan)}, and nothing in it is whole`,
      ...unread,
    ].join("; "),
  };
}

/** Whether the text ends within a value: there, or within a number, a word or an escape that has begun. */
function breaksOff(text: string, scan: Scan): boolean {
  if ("end" in scan || text.length - scan.errorAt > MAX_TOKEN) return false;
  return /^(?:[\w.+-]*|\\(?:u[0-9a-fA-F]{0,3})?)$/.test(text.slice(scan.errorAt));
}

function endOf(scan: Scan): number {
  return "end" in scan ? scan.end : scan.errorAt;
}

function lengthOf({ at, scan }: Candidate): number {
  return endOf(scan) - at;
}

interface Member {
  readonly key: string | number;
  readonly start: number;
}

/** The JSON of an object as far as it is whole: its members, and the items of a list that breaks off. */
function keepWhole(text: string, at: number, members: readonly Member[]): string | undefined {
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

/** Where the last whole one of values ends that follow each other, of which all but the last are whole. */
function findLastEnd(text: string, starts: readonly number[], depth: number): number | undefined {
  for (const start of starts.slice(-2).reverse()) {
    const end = findEnd(text, start, depth);
    if (end !== undefined) return end;
  }
  return undefined;
}

/** Where the value at `start` ends, if it is whole. */
function findEnd(text: string, start: number, depth: number): number | undefined {
  const scan = scanValue(text, start, { maxDepth: MAX_DEPTH - depth });
  if (!("end" in scan)) return undefined;
  // A number or word at the very end may lack the rest.
  return scan.end === text.length && !/["{[]/.test(text[start]) ? undefined : scan.end;
}

function check<T>(schema: z.ZodType<T>, json: string): Fit<T> | { readonly why?: string } {
  const value: unknown = JSON.parse(json);
  const first = schema.safeParse(value);
  if (first.success) return { value: first.data, notes: [] };
  const extra = first.error.issues.filter((issue) => issue.code === "unrecognized_keys");
  for (const { path, keys } of extra) dropMembers(value, path, keys);
  const second = extra.length === 0 ? first : schema.safeParse(value);
  if (!second.success) return { why: describeIssue(second.error.issues[0]) };
  const names = [...new Set(extra.flatMap(({ keys }) => keys))].map((name) => quote(name));
  const shown = names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
  return { value: second.data, notes: [`members that were not asked for are left out: ${shown}`] };
}

function dropMembers(value: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  let inner = value as Record<PropertyKey, unknown>;
  for (const step of path) inner = inner[step] as Record<PropertyKey, unknown>;
  for (const key of keys) delete inner[key];
}

/** What is wrong with a value, without quoting it. */
function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const where = path.length === 0 ? "" : ` at ${path.map(String).join(".")}`;
  return escapeControls(`it is not what was asked for${where}: ${message}`.slice(0, 300));
}

/** What had to be done for an object. */
function describeCandidate(text: string, { at, scan, members }: Candidate): string[] {
  const notes = describeSurroundings(text.slice(0, at), "end" in scan ? text.slice(scan.end) : "");
  if (!("end" in scan)) notes.push(`${describeFault(text, scan)}, and what was whole is kept`);
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
  const hasWords = fence === undefined
    ? /\S/.test(before.replace(/^\ufeff/, "")) || /\S/.test(after)
    : /\S/.test(before.slice(0, -fence.length)) || /\S/.test(after.replace(/^\s*```/, ""));
  if (fence !== undefined) {
    return [`it stood in a fence${hasWords ? ", with words around it" : ""}`];
  }
  return hasWords ? ["it had words around it"] : [];
}

function describeFault(text: string, scan: Scan): string {
  if ("end" in scan) return "it is whole";
  const place = describePlace(text, scan.errorAt);
  return breaksOff(text, scan)
    ? `it breaks off at ${place}`
    : `it is not JSON from ${place} on: expected ${scan.expected}`;
}

/** Doubles the backslashes that begin no escape of JSON, as in `"\d+"`. */
function mendEscapes(text: string): string {
  return text.replaceAll(
    /\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|)/g,
    (found, escape) => escape === undefined ? "\\\\" : found,
  );
}
