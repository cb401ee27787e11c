/**
 * What RuleChef's prompts tell of a run: the rules as they were then, the failures, the texts.
 *
 * The prompt of a patch lists the rules in full, that of an audit with their ids and patterns of up to 300
 * characters, that of a critique their names and ids. So each says what had become of the rules by then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import type { Entry } from "./entries.ts";
 * import { readRules } from "./prompts.ts";
 *
 * const prompt = 'RULES:\n[{"id": "5f", "name": "fx", "pattern": "rate", "priority": 5}]\n';
 * const entry: Entry = { line: 1, call: "audit_rules", metadata: {}, prompt, reply: "" };
 * assertEquals(readRules(entry)?.map(({ id, name }) => [id, name]), [["5f", "fx"]]);
 * ```
 *
 * @module
 */
import { shortDigest } from "../../learn/text/digest.ts";
import type { Task } from "../../learn/data/examples.ts";
import { isRecord, parseJson } from "../../learn/text/json.ts";
import type { Cluster } from "../../learn/score/scoring.ts";
import type { Entry } from "./entries.ts";
import { findQuote } from "./replies.ts";

/** A rule as a prompt shows it. */
export interface SeenRule {
  /** The id that RuleChef gave it. */
  readonly id?: string;
  readonly name: string;
  /** What it matches by, or the beginning of that. */
  readonly content?: string;
  /** Whether `content` may go on. */
  readonly isCut: boolean;
  /** All that the prompt says of it. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Where prompts cut patterns, in code points. */
const CUT = 300;

/** As much of a pattern as a prompt that cuts patterns shows. */
export function beginningOf(content: string): string {
  if (content.length <= CUT) return content;
  return [...content.slice(0, 2 * CUT)].slice(0, CUT).join("");
}

/** What prompts show, as it is asked for more than once. */
const shown = new WeakMap<Entry, SeenRule[] | "nothing">();
const failed = new WeakMap<Entry, readonly Record<string, unknown>[]>();

/** The rules that a prompt shows as those in use, or nothing where it shows none as a list. */
export function readRules(entry: Entry): SeenRule[] | undefined {
  const known = shown.get(entry);
  if (known !== undefined) return known === "nothing" ? undefined : known;
  const rules = findRules(entry.prompt);
  shown.set(entry, rules ?? "nothing");
  return rules;
}

function findRules(prompt: string): SeenRule[] | undefined {
  const current = readList(prompt, "CURRENT RULES (");
  if (current !== undefined) {
    const others = readList(prompt, "OTHER CURRENT RULES (") ?? [];
    return [...current, ...others].map(see);
  }
  const audited = readList(prompt, "RULES:\n");
  if (audited !== undefined) return audited.map(see);
  const criticized = findCriticized(prompt);
  return criticized.length === 0 ? undefined : criticized;
}

const CRITICIZED = '  Rule: "';
const CRITICIZED_ID = '" (id=';

/** The rules that stand on a line each, with their name and id. */
function findCriticized(prompt: string): SeenRule[] {
  const rules: SeenRule[] = [];
  for (let start = findHeading(prompt, CRITICIZED); start !== -1;) {
    const end = endOfLine(prompt, start);
    const line = prompt.slice(start + CRITICIZED.length, end);
    // A name may have in it what comes before an id.
    const mark = line.lastIndexOf(CRITICIZED_ID);
    if (mark !== -1 && line.endsWith(")")) {
      const id = line.slice(mark + CRITICIZED_ID.length, -1);
      rules.push({ id, name: line.slice(0, mark), isCut: true, fields: {} });
    }
    start = findHeading(prompt, CRITICIZED, end);
  }
  return rules;
}

function see(fields: Record<string, unknown>): SeenRule {
  const content = fields.content ?? fields.pattern;
  const isText = typeof content === "string";
  return {
    name: typeof fields.name === "string" ? fields.name : "",
    ...(typeof fields.id === "string" ? { id: fields.id } : {}),
    ...(isText ? { content } : {}),
    isCut: !isText || content.length >= CUT && content === beginningOf(content),
    fields,
  };
}

/** Where the first line from `from` on begins that begins with `heading`, or -1. */
function findHeading(prompt: string, heading: string, from = 0): number {
  if (from === 0 && prompt.startsWith(heading)) return 0;
  const feed = prompt.indexOf(`\n${heading}`, from);
  return feed === -1 ? -1 : feed + 1;
}

/** The line that begins with `heading`, if there is one. */
function readHeading(prompt: string, heading: string): string | undefined {
  const start = findHeading(prompt, heading);
  return start === -1 ? undefined : prompt.slice(start, endOfLine(prompt, start));
}

function endOfLine(prompt: string, start: number): number {
  const feed = prompt.indexOf("\n", start);
  return feed === -1 ? prompt.length : feed;
}

/** The objects of the list that follows a heading. */
function readList(prompt: string, heading: string): Record<string, unknown>[] | undefined {
  const found = findHeading(prompt, heading);
  if (found === -1) return undefined;
  const start = endOfLine(prompt, found) + 1;
  if (prompt[start] !== "[") return undefined;
  const list = parseOr(prompt.slice(start, endOfList(prompt, start)));
  return Array.isArray(list) && list.every(isRecord) ? list : undefined;
}

/** Where the list that opens at `start` ends, if it is JSON. */
function endOfList(prompt: string, start: number): number {
  let depth = 0;
  for (let at = start; at < prompt.length; at++) {
    const character = prompt[at];
    if (character === '"') at = findQuote(prompt, at);
    else if (character === "[") depth++;
    else if (character === "]" && --depth === 0) return at + 1;
  }
  return prompt.length;
}

/** The failures that a patch was asked for. */
export interface SeenFailures {
  /** How many there were, where the prompt says so. */
  readonly count?: number;
  readonly clusters: Cluster[];
}

/** How many examples of a cluster are named. */
const MAX_EXAMPLES = 20;

/** The failures by kind, with the ids of the examples that were shown. */
export function readFailures(entry: Entry, task: Task): SeenFailures {
  const { prompt } = entry;
  const heading = readHeading(prompt, "FAILURE MODE SUMMARY (all ");
  const total = /^.*\(all (\d{1,9}) failures/.exec(heading ?? "");
  if (heading === undefined || total === null) return { clusters: [] };
  const count = Number(total[1]);
  const clusters = new Map<string, Cluster>();
  const lines = prompt.slice(prompt.indexOf(heading) + heading.length + 1).split("\n", MAX_KINDS);
  let counted = 0;
  for (const line of lines) {
    const found = /^ {2}(.+) — ([^—]+): (\d{1,9})$/.exec(line);
    if (found === null) break;
    const kind = readKind(found[1], found[2], task);
    const amount = Number(found[3]);
    if (kind === undefined || amount === 0 || clusters.has(keyOf(kind))) continue;
    counted += amount;
    clusters.set(keyOf(kind), { ...kind, count: amount, examples: [], rules: [] });
  }
  // Kinds that do not add up say nothing.
  if (counted > count) return { count, clusters: [] };
  if (task === "classification") nameExamples(entry, clusters);
  return { count, clusters: [...clusters.values()] };
}

/** Kinds that a prompt lists, and some more. */
const MAX_KINDS = 64;

type Kind = Pick<Cluster, "expected" | "predicted">;

function keyOf({ expected, predicted }: Kind): string {
  return JSON.stringify([expected, predicted]);
}

function readKind(label: string, kind: string, task: Task): Kind | undefined {
  if (task === "classification") {
    if (kind === "no_prediction") return { expected: label, predicted: null };
    const found = /^predicted_as:(.+)$/.exec(kind);
    return found === null ? undefined : { expected: label, predicted: found[1] };
  }
  // Types that are missed or spurious together are not told one by one.
  const found = /^(?:missed:([^+|]+))?\|?(?:spurious:([^+|]+))?$/.exec(kind);
  if (found === null || found[1] === found[2]) return undefined;
  return { expected: found[1] ?? null, predicted: found[2] ?? null };
}

/** Adds the ids of the failures that are shown to the clusters that they are of. */
function nameExamples(entry: Entry, clusters: ReadonlyMap<string, Cluster>): void {
  for (const { input, expected, got } of listFailures(entry)) {
    const label = isRecord(expected) ? expected.label : undefined;
    const given = isRecord(got) ? got.label ?? null : null;
    const text = textsOf(input)[0];
    if (typeof label !== "string" || text === undefined) continue;
    const predicted = typeof given === "string" ? given : null;
    const { examples = [], count = 0 } = clusters.get(keyOf({ expected: label, predicted })) ?? {};
    const id = `e${shortDigest(text.toWellFormed(), 10)}`;
    if (examples.length < Math.min(count, MAX_EXAMPLES) && !examples.includes(id)) {
      examples.push(id);
    }
  }
}

/** The failures that a prompt shows in full. */
function listFailures(entry: Entry): readonly Record<string, unknown>[] {
  const known = failed.get(entry);
  if (known !== undefined) return known;
  const list = readList(entry.prompt, "FAILURES TO FIX") ?? [];
  failed.set(entry, list);
  return list;
}

/** The texts of an input, the one that is called so first. */
function textsOf(input: unknown): string[] {
  if (typeof input === "string") return [input];
  if (!isRecord(input)) return [];
  const { text, ...others } = input;
  return [text, ...Object.values(others)].filter((value) => typeof value === "string");
}

/** Hands every text of an example in a prompt to `add`: whole ones, and the beginnings that are shown. */
export function readTexts(entry: Entry, add: (text: string, isWhole: boolean) => void): void {
  const { prompt } = entry;
  for (const { input } of listFailures(entry)) {
    for (const text of textsOf(input)) add(text, true);
  }
  // Prompts are long, and few of their lines show a text.
  for (const mark of MARKS) {
    for (let at = prompt.indexOf(mark); at !== -1;) {
      const end = endOfLine(prompt, at);
      readLine(prompt.slice(prompt.lastIndexOf("\n", at) + 1, end), add);
      at = prompt.indexOf(mark, end);
    }
  }
}

/** What only lines with a text have. */
const MARKS = ["Input: ", "INPUT: ", ' examples): "', ' unique): "', '(context: "'];

function readLine(line: string, add: (text: string, isWhole: boolean) => void): void {
  if (/^Input: \{/i.test(line)) {
    for (const text of textsOf(parseOr(line.slice("Input: ".length)))) add(text, true);
  } else if (line.startsWith("- ")) {
    const list = / \(\d+ (?:examples|unique)\): "/.exec(line);
    if (list === null) return;
    for (const raw of line.slice(list.index + list[0].length).split('", "')) {
      add(trimEnd(raw), false);
    }
  } else if (line.startsWith("I") || line.startsWith(" ")) {
    const raw = /^ *Input: "/.test(line)
      ? readQuoted(line, 'Input: "', '"')
      : readQuoted(line, '(context: "', '")');
    if (raw !== undefined) add(raw, false);
  }
}

/** What is between the first `opening` in a line and the `closing` at its end, if both are there. */
function readQuoted(line: string, opening: string, closing: string): string | undefined {
  const start = line.indexOf(opening);
  if (start === -1 || !line.endsWith(closing)) return undefined;
  return line.slice(start + opening.length, line.length - closing.length);
}

/** A text of a list without the quote behind it, and the dots where it was cut. */
function trimEnd(raw: string): string {
  const text = raw.endsWith('"...') ? raw.slice(0, -3) : raw;
  return text.endsWith('"') ? text.slice(0, -1) : text;
}

function parseOr(json: string): unknown {
  try {
    return parseJson(json, "prompt");
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** How many rules a prompt asks for at most; RuleChef drops those beyond. */
export function readLimit(prompt: string): number | undefined {
  const line = readHeading(prompt, "- Generate up to ") ??
    readHeading(prompt, "- Keep total new/updated rules <= ");
  const found = /^- (?:Generate up to|Keep total new\/updated rules <=) (\d{1,6})\b/.exec(
    line ?? "",
  );
  return found === null ? undefined : Number(found[1]);
}
