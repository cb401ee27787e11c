/**
 * Reads from RuleChef's prompts what they show of a run: the rules at the time, the failures, the texts.
 *
 * The prompt of a patch lists the rules in full, that of an audit with their ids and patterns of up to 300
 * characters, that of a critique their names and ids.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import type { LogEntry } from "./entries.ts";
 * import { readRules } from "./prompts.ts";
 *
 * const prompt = 'RULES:\n[{"id": "5f", "name": "fx", "pattern": "rate", "priority": 5}]\n';
 * const entry: LogEntry = { line: 1, call: "audit_rules", metadata: {}, prompt, reply: "" };
 * assertEquals(readRules(entry)?.map(({ id, name }) => [id, name]), [["5f", "fx"]]);
 * ```
 *
 * @module
 */
import { shortDigest } from "../../learn/text/digest.ts";
import type { Task } from "../../learn/data/examples.ts";
import { isRecord, scanValue } from "../../learn/text/json.ts";
import type { Cluster } from "../../learn/score/scoring.ts";
import { countOf, type LogEntry } from "./entries.ts";
import { findQuote, parseOptional } from "./replies.ts";

/** A rule as a prompt shows it. */
export interface SeenRule {
  /** The id that RuleChef gave it. */
  readonly id?: string;
  readonly name: string;
  /** Its pattern, or the beginning of it. */
  readonly content?: string;
  /** Whether `content` may go on. */
  readonly isCut: boolean;
  /** All fields that the prompt shows. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How many code points of a pattern prompts show. */
const CUT = 300;

/** Returns the part of a pattern that a prompt shows if it cuts patterns. */
export function beginningOf(content: string): string {
  if (content.length <= CUT) return content;
  return [...content.slice(0, 2 * CUT)].slice(0, CUT).join("");
}

/** The rules and failures of prompts, cached as they are asked for more than once. */
const rulesShown = new WeakMap<LogEntry, { readonly rules?: SeenRule[] }>();
const failuresShown = new WeakMap<LogEntry, readonly Record<string, unknown>[]>();

/** Returns the rules in use that a prompt shows; undefined if it does not list all of them. */
export function readRules(entry: LogEntry): SeenRule[] | undefined {
  const { rules } = rulesShown.get(entry) ?? { rules: findAll(entry) };
  rulesShown.set(entry, { rules });
  return rules;
}

function findAll(entry: LogEntry): SeenRule[] | undefined {
  const rules = findRules(entry.prompt);
  return rules?.length === (countRules(entry) ?? rules?.length) ? rules : undefined;
}

/** Returns the number of rules that a call was about, if its line tells it. */
export function countRules(entry: LogEntry): number | undefined {
  return countOf(entry, entry.call === "rule_patch" ? "num_existing_rules" : "num_rules");
}

function findRules(prompt: string): SeenRule[] | undefined {
  const current = readList(prompt, "CURRENT RULES (");
  if (current !== undefined) {
    const others = readList(prompt, "OTHER CURRENT RULES (") ?? [];
    return [...current, ...others].map(toSeenRule);
  }
  const failing = readList(prompt, "RULES with failures (");
  if (failing !== undefined) {
    const others = readList(prompt, "Rules not active in current failures") ?? [];
    const names = readBullets(prompt, " For these rules provide a narrower replacement");
    return [...failing, ...others, ...names.map((name) => ({ name }))].map(toSeenRule);
  }
  const audited = readList(prompt, "RULES:\n");
  if (audited !== undefined) return audited.map(toSeenRule);
  const criticized = findCriticized(prompt);
  return criticized.length === 0 ? undefined : criticized;
}

const CRITICIZED = '  Rule: "';
const CRITICIZED_ID = '" (id=';

/** Finds the rules that stand on a line each, with their name and id. */
function findCriticized(prompt: string): SeenRule[] {
  const rules: SeenRule[] = [];
  for (let start = findHeading(prompt, CRITICIZED); start !== -1;) {
    const end = endOfLine(prompt, start);
    const line = prompt.slice(start + CRITICIZED.length, end);
    // A name may contain the text that comes before an id.
    const mark = line.lastIndexOf(CRITICIZED_ID);
    if (mark !== -1 && line.endsWith(")")) {
      const id = line.slice(mark + CRITICIZED_ID.length, -1);
      rules.push({ id, name: line.slice(0, mark), isCut: true, fields: {} });
    }
    start = findHeading(prompt, CRITICIZED, end);
  }
  return rules;
}

function toSeenRule(fields: Record<string, unknown>): SeenRule {
  const content = fields.content ?? fields.pattern;
  const isText = typeof content === "string";
  return {
    name: typeof fields.name === "string" ? fields.name : "",
    id: typeof fields.id === "string" ? fields.id : undefined,
    content: isText ? content : undefined,
    isCut: !isText || content.length >= CUT && content === beginningOf(content),
    fields,
  };
}

/** Returns the place of the first line from `from` on that begins with `heading`, or -1. */
function findHeading(prompt: string, heading: string, from = 0): number {
  if (from === 0 && prompt.startsWith(heading)) return 0;
  const feed = prompt.indexOf(`\n${heading}`, from);
  return feed === -1 ? -1 : feed + 1;
}

/** Returns the place of the last line that begins with `heading`, at most `to`, or -1. */
function findLast(prompt: string, heading: string, to = prompt.length): number {
  const feed = to < 0 ? -1 : prompt.lastIndexOf(`\n${heading}`, to);
  return feed !== -1 ? feed + 1 : prompt.startsWith(heading) ? 0 : -1;
}

function endOfLine(prompt: string, start: number): number {
  const feed = prompt.indexOf("\n", start);
  return feed === -1 ? prompt.length : feed;
}

/** Reads the lines after a heading that begin with a dash. */
function readBullets(prompt: string, heading: string): string[] {
  const found = findHeading(prompt, heading);
  if (found === -1) return [];
  const [, ...lines] = prompt.slice(found).split("\n", MAX_BULLETS);
  const end = lines.findIndex((line) => !line.startsWith("- "));
  return lines.slice(0, end === -1 ? lines.length : end).map((line) => line.slice(2));
}

/**
 * Reads the list of objects that follows a heading. Guidance and feedback, which come before it, may hold the
 * words of the heading as well.
 */
function readList(prompt: string, heading: string): Record<string, unknown>[] | undefined {
  let found = findLast(prompt, heading);
  for (let tries = 0; found !== -1 && tries < MAX_TRIES; tries++) {
    const start = endOfLine(prompt, found) + 1;
    const scan = prompt[start] === "[" ? scanValue(prompt, start) : undefined;
    const list = scan !== undefined && "end" in scan
      ? parseOptional(prompt.slice(start, scan.end))
      : undefined;
    if (Array.isArray(list) && list.every(isRecord)) return list;
    found = found === 0 ? -1 : findLast(prompt, heading, found - 2);
  }
  return undefined;
}

/** How many places with the words of a heading are looked at. */
const MAX_TRIES = 8;
/** More lines than any list of names has. */
const MAX_BULLETS = 10_000;

/** The failures that a prompt shows. */
export interface SeenFailures {
  /** How many failures the rules have, if the prompt says so. */
  readonly count?: number;
  readonly clusters: Cluster[];
}

/** How many examples of a cluster are listed. */
const MAX_EXAMPLES = 20;

/** Reads the clusters of failures, with the ids of the examples that are shown. */
export function readFailures(entry: LogEntry, task: Task): SeenFailures {
  const start = findLast(entry.prompt, "FAILURE MODE SUMMARY (all ");
  if (start === -1) return { clusters: [] };
  const [heading, ...lines] = entry.prompt.slice(start).split("\n", MAX_CLUSTERS);
  const total = /^.*\(all (\d{1,9}) failures/.exec(heading);
  if (total === null) return { clusters: [] };
  const count = Number(total[1]);
  const clusters = new Map<string, Cluster>();
  let counted = 0;
  for (const line of lines) {
    const found = /^ {2}(.+) — ([^—]+): (\d{1,9})$/.exec(line);
    if (found === null) break;
    const labels = readLabels(found[1], found[2], task);
    const amount = Number(found[3]);
    if (labels === undefined || amount === 0 || clusters.has(keyOf(labels))) continue;
    counted += amount;
    clusters.set(keyOf(labels), { ...labels, count: amount, examples: [], rules: [] });
  }
  // Clusters that do not add up cannot be relied on.
  if (counted > count) return { count, clusters: [] };
  if (task === "classification") addExamples(entry, clusters);
  return { count, clusters: [...clusters.values()] };
}

/** More lines than a prompt has clusters. */
const MAX_CLUSTERS = 65;

type ClusterLabels = Pick<Cluster, "expected" | "predicted">;

function keyOf({ expected, predicted }: ClusterLabels): string {
  return JSON.stringify([expected, predicted]);
}

function readLabels(label: string, failure: string, task: Task): ClusterLabels | undefined {
  if (task === "classification") {
    if (failure === "no_prediction") return { expected: label, predicted: null };
    const found = /^predicted_as:(.+)$/.exec(failure);
    return found === null ? undefined : { expected: label, predicted: found[1] };
  }
  // Several types that are missed or spurious together do not make one cluster.
  const found = /^(?:missed:([^+|]+))?\|?(?:spurious:([^+|]+))?$/.exec(failure);
  if (found === null || found[1] === found[2]) return undefined;
  return { expected: found[1] ?? null, predicted: found[2] ?? null };
}

/** Adds the ids of the failures that are shown to their clusters. */
function addExamples(entry: LogEntry, clusters: Map<string, Cluster>): void {
  for (const { input, expected, got } of listFailures(entry)) {
    const label = isRecord(expected) ? expected.label : undefined;
    const gotLabel = isRecord(got) ? got.label : undefined;
    const text = textsOf(input)[0];
    if (typeof label !== "string" || text === undefined) continue;
    const predicted = typeof gotLabel === "string" ? gotLabel : null;
    const key = keyOf({ expected: label, predicted });
    const cluster = clusters.get(key);
    if (cluster === undefined) continue;
    const { examples, count } = cluster;
    const id = `e${shortDigest(text.toWellFormed(), 10)}`;
    if (examples.length < Math.min(count, MAX_EXAMPLES) && !examples.includes(id)) {
      clusters.set(key, { ...cluster, examples: [...examples, id] });
    }
  }
}

/** Returns the failures that a prompt shows in full. */
function listFailures(entry: LogEntry): readonly Record<string, unknown>[] {
  const list = failuresShown.get(entry) ?? readList(entry.prompt, "FAILURES TO FIX") ?? [];
  failuresShown.set(entry, list);
  return list;
}

/** Returns the texts of an input, the field `text` first. */
function textsOf(input: unknown): string[] {
  if (typeof input === "string") return [input];
  if (!isRecord(input)) return [];
  const { text, ...others } = input;
  return [text, ...Object.values(others)].filter((value) => typeof value === "string");
}

/** Calls `add` with every text of an example in a prompt, whole or cut. */
export function readTexts(entry: LogEntry, add: (text: string, isWhole: boolean) => void): void {
  readInputs(entry, (texts, isWhole) => texts.forEach((text) => add(text, isWhole)));
}

/** Calls `add` with the texts of every example in a prompt, whole or cut: one of them is that of the example. */
export function readInputs(
  entry: LogEntry,
  add: (texts: readonly string[], isWhole: boolean) => void,
): void {
  const { prompt } = entry;
  for (const { input } of listFailures(entry)) add(textsOf(input), true);
  // Prompts are long, and few of their lines show a text.
  for (const mark of MARKS) {
    for (let at = prompt.indexOf(mark); at !== -1;) {
      const end = endOfLine(prompt, at);
      readLine(prompt.slice(prompt.lastIndexOf("\n", at) + 1, end), add);
      at = prompt.indexOf(mark, end);
    }
  }
}

/** Marks of the lines that show a text. */
const MARKS = [
  "Input: ",
  "INPUT: ",
  ' examples): "',
  ' unique): "',
  '(context: "',
];

function readLine(line: string, add: (texts: readonly string[], isWhole: boolean) => void): void {
  if (/^Input: \{/i.test(line)) {
    add(textsOf(parseOptional(line.slice("Input: ".length))), true);
    return;
  }
  if (line.startsWith("- ")) {
    const list = / \(\d+ (?:examples|unique)\): (?=")/.exec(line);
    if (list === null) return;
    const start = list.index + list[0].length;
    for (const text of readStrings(line, start)) add(readingsOf(text), false);
  } else if (line.startsWith("I") || line.startsWith(" ")) {
    const raw = /^ *Input: "/.test(line)
      ? readQuoted(line, 'Input: "', '"')
      : readQuoted(line, '(context: "', '")');
    if (raw !== undefined) add(readingsOf(raw), false);
  }
}

/** Returns the texts that a cut one may be a part of: three dots may be those of the text, or stand for the rest of it. */
function readingsOf(text: string): string[] {
  const dots = text.indexOf("...");
  return dots < 1 ? [text] : [text, text.slice(0, dots)];
}

/** Reads a list of JSON strings; the last one may break off with three dots, and other text go on after them. */
function* readStrings(line: string, start: number): Generator<string> {
  for (let open = start; line[open] === '"';) {
    const end = findQuote(line, open);
    const text = parseOptional(
      end === line.length ? `"${readBroken(line, open + 1)}"` : line.slice(open, end + 1),
    );
    if (typeof text === "string" && text !== "") yield text;
    open = line.startsWith(", ", end + 1) ? end + 3 : -1;
  }
}

/** Returns the part of a string of JSON before it breaks off, without half an escape. */
function readBroken(line: string, start: number): string {
  const dots = line.indexOf("...", start);
  const broken = line.slice(start, dots === -1 ? undefined : dots);
  return broken.replace(/((?:^|[^\\])(?:\\\\)*)\\(?:u[\da-f]{0,3})?$/i, "$1");
}

/** Returns the text between the first `opening` in a line and the `closing` at its end. */
function readQuoted(line: string, opening: string, closing: string): string | undefined {
  const start = line.indexOf(opening);
  if (start === -1 || !line.endsWith(closing)) return undefined;
  return line.slice(start + opening.length, line.length - closing.length);
}

/** Reads how many rules a prompt asks for at most; RuleChef drops those beyond. */
export function readLimit(prompt: string): number | undefined {
  const limit = /^- (?:Generate up to|Keep total new\/updated rules <=) (\d{1,6})\b/m.exec(prompt);
  return limit === null ? undefined : Number(limit[1]);
}
