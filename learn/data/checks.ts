/**
 * Checks examples from outside: their task, their fields, their spans, their ids.
 *
 * For spans and entities:
 *
 * - Offsets are UTF-16 code units, from 0: a span goes from `start` to before `end`, is not empty, and
 *   stays within the text. An offset in the middle of a surrogate pair is refused.
 * - A span without offsets, `{ text }` or `{ text, type }`, is the first occurrence of that text; a text
 *   that does not occur is refused. If a span has offsets and a text, they must agree.
 * - Spans may overlap and lie within each other, and the same offsets may have several types. The same
 *   offsets and type twice are refused.
 * - Checked spans are sorted by start, end and type, types by code unit.
 * - Errors name a span by its number in the example, and never quote a text.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
 * import { checkExample, findTask } from "./checks.ts";
 *
 * const text = "off to Rome";
 * const examples = [{ text, spans: [{ text: "Rome" }] }];
 * const task = findTask(examples, "Cannot read it:", (index) => `line ${index + 1}`);
 * assertEquals(task, "extraction");
 * const checked = checkExample(examples[0], task, () => "line 1:");
 * assertEquals(checked, { text, spans: [{ start: 7, end: 11 }] });
 * assertThrows(
 *   () => checkExample({ text, spans: [{ start: 7, end: 12 }] }, task, () => "line 1:"),
 *   RangeError,
 *   "line 1: span 1: it ends at 12, outside the text of 11 UTF-16 code units",
 * );
 * ```
 *
 * @module
 */
import {
  type Annotation,
  compareEntities,
  type Entity,
  type Span,
  SPAN_LABEL,
  type Task,
} from "./examples.ts";
import { FIELD_NAMES, type FieldNames, listFields } from "./fields.ts";
import { shortDigest } from "../text/digest.ts";
import { describeKind, isRecord } from "../text/json.ts";
import { quote } from "../text/quoting.ts";

/** Returns the field that the examples of a task have. */
function fieldOf(task: Task, { label }: Required<FieldNames>): string {
  return task === "classification" ? label : task === "ner" ? "entities" : "spans";
}

/** The tasks in the order in which they are tried. */
const TASKS = ["classification", "ner", "extraction"] as const;

const MAX_ID_LENGTH = 200;

/**
 * Checks the name of a task.
 *
 * @param prefix how errors begin: the source
 * @throws {RangeError} if it is not the name of a task
 */
export function checkTask(task: unknown, prefix: string): Task {
  const known = TASKS.find((one) => one === task);
  if (known) return known;
  const found = typeof task === "string" ? quote(task) : describeKind(task);
  const expected = 'expected "classification", "ner" or "extraction"';
  throw new RangeError(`${prefix} task is ${found}, ${expected}`);
}

/**
 * Finds the first task whose field each example has: classification, ner, extraction.
 *
 * @param prefix how errors begin: the source
 * @param place names the example of an index
 * @param names what the fields with the text and the label are called
 * @throws {TypeError} naming the first example whose fields differ from those of the examples before it
 */
export function findTask(
  examples: readonly unknown[],
  prefix: string,
  place: (index: number) => string,
  names = FIELD_NAMES,
): Task {
  let tasks: readonly Task[] = TASKS;
  for (const [index, example] of examples.entries()) {
    // The check of the example refuses it, and one without any of the fields.
    if (!isRecord(example)) break;
    const own = TASKS.filter((task) => example[fieldOf(task, names)] !== undefined);
    const shared = tasks.filter((task) => own.includes(task));
    if (shared.length > 0) tasks = shared;
    else if (own.length > 0) {
      const [found, expected] = [own, tasks].map(([first]) => fieldOf(first, names));
      throw new TypeError(
        `${prefix} ${place(index)}: it has ${quote(found)}, expected ${
          quote(expected)
        } like those ` +
          "before it",
      );
    } else if (index > 0) break;
    else {
      throw new TypeError(
        `${prefix} ${place(index)}: it has none of ${
          quote(names.label)
        }, "entities" and "spans"; ` +
          `it has ${listFields(example)}`,
      );
    }
  }
  return tasks[0];
}

/** A checked example, with or without an id. */
export type CheckedExample = { readonly id?: string; readonly text: string } & Annotation;

/**
 * Checks an example.
 *
 * @param prefix how errors begin: the source and the place in it
 * @param names what the fields with the text and the label are called
 * @throws {TypeError} if a field is missing or has the wrong type
 * @throws {RangeError} if a field has a value that is not allowed, or a span is given twice
 */
export function checkExample(
  example: unknown,
  task: Task,
  prefix: () => string,
  names = FIELD_NAMES,
): CheckedExample {
  const field = fieldOf(task, names);
  const record = checkRecord(example, prefix, `${quote(names.text)} and ${quote(field)}`);
  // Each field is read once: what is checked is what is kept.
  const { id } = record;
  const text = checkFilled(checkText(record, prefix, names), quote(names.text), prefix);
  const checked = { text, ...checkAnnotation(record[field], task, field, text, prefix) };
  return id === undefined ? checked : { id: checkId(id, prefix), ...checked };
}

/** A text without its label, with or without an id. */
export interface UnlabelledText {
  /** As given. */
  readonly id?: string;
  /** The text itself, which may be empty. */
  readonly text: string;
}

/**
 * Checks a text that is to be labelled, which may be empty. Its label and other fields are ignored.
 *
 * @param prefix how errors begin: the source and the place in it
 * @param names what the field with the text is called
 * @throws {TypeError} if a field is missing or has the wrong type
 * @throws {RangeError} if a field has a value that is not allowed
 */
export function checkUnlabelled(
  example: unknown,
  prefix: () => string,
  names = FIELD_NAMES,
): UnlabelledText {
  const record = checkRecord(example, prefix, quote(names.text));
  const { id } = record;
  const text = checkText(record, prefix, names);
  return id === undefined ? { text } : { id: checkId(id, prefix), text };
}

function checkRecord(
  example: unknown,
  prefix: () => string,
  expected: string,
): Record<string, unknown> {
  if (isRecord(example)) return example;
  const found = describeKind(example);
  throw new TypeError(`${prefix()} it is ${found}, expected an object with ${expected}`);
}

function checkText(
  record: Record<string, unknown>,
  prefix: () => string,
  names: Required<FieldNames>,
): string {
  const text = record[names.text];
  if (text !== undefined) return checkUnicode(text, quote(names.text), prefix);
  throw new TypeError(
    `${prefix()} ${quote(names.text)} is missing, expected a string; it has ${listFields(record)}`,
  );
}

function checkId(id: unknown, prefix: () => string): string {
  const checked = checkString(id, '"id"', prefix);
  if (checked.length <= MAX_ID_LENGTH) return checked;
  const found = `${checked.length} characters long`;
  throw new RangeError(`${prefix()} "id" is ${found}, expected at most ${MAX_ID_LENGTH}`);
}

/** Derives the id of a text that has none: `e` and 10 hexadecimal digits of its digest. */
export function nameText(text: string): string {
  return `e${shortDigest(text, 10)}`;
}

/**
 * Returns an id for each example: its own, or one that is derived from its text and differs from all
 * others.
 *
 * @param prefix how errors begin: the source
 * @param place names the example of an index
 * @throws {RangeError} if two examples have the same id
 */
export function nameExamples(
  examples: readonly CheckedExample[],
  prefix: string,
  place: (index: number) => string,
): string[] {
  const owners = new Map<string, number>();
  for (const [index, { id }] of examples.entries()) {
    if (id === undefined) continue;
    const owner = owners.get(id);
    if (owner !== undefined) {
      throw new RangeError(
        `${prefix} ${place(index)}: id ${quote(id)} is already that of ${place(owner)}`,
      );
    }
    owners.set(id, index);
  }
  const repeats = new Map<string, number>();
  return examples.map(({ id, text }) => {
    if (id !== undefined) return id;
    const base = nameText(text);
    for (let repeat = (repeats.get(base) ?? 0) + 1;; repeat++) {
      const derived = repeat === 1 ? base : `${base}-${repeat}`;
      if (owners.has(derived)) continue;
      repeats.set(base, repeat);
      return derived;
    }
  });
}

/**
 * Checks a string: valid Unicode with something other than white space.
 *
 * @param what what errors call it
 * @param prefix how errors begin: the source and the place in it
 * @throws {TypeError} if it is not a string
 * @throws {RangeError} if it is empty, only white space, or has a lone surrogate
 */
export function checkString(value: unknown, what: string, prefix: () => string): string {
  return checkFilled(checkUnicode(value, what, prefix), what, prefix);
}

function checkFilled(value: string, what: string, prefix: () => string): string {
  if (/\S/.test(value)) return value;
  const found = value === "" ? "empty" : "only white space";
  throw new RangeError(`${prefix()} ${what} is ${found}, expected some text`);
}

function checkUnicode(value: unknown, what: string, prefix: () => string): string {
  if (typeof value !== "string") {
    throw new TypeError(`${prefix()} ${what} is ${describeKind(value)}, expected a string`);
  }
  if (!value.isWellFormed()) {
    throw new RangeError(`${prefix()} ${what} has a lone surrogate, expected valid Unicode`);
  }
  return value;
}

function checkAnnotation(
  value: unknown,
  task: Task,
  field: string,
  text: string,
  prefix: () => string,
): Annotation {
  if (task === "classification") return { label: checkString(value, quote(field), prefix) };
  const spans = checkSpans(value, task, text, prefix);
  return task === "ner"
    ? { entities: spans.map(({ start, end, type }) => ({ start, end, type })) }
    : { spans: spans.map(({ start, end }) => ({ start, end })) };
}

/** Checks and sorts the spans of a text. Those of an extraction get one type. */
function checkSpans(
  value: unknown,
  task: "ner" | "extraction",
  text: string,
  prefix: () => string,
): Entity[] {
  const [noun, members, same] = task === "ner"
    ? ["entity", '"start", "end" and "type"', "offsets and type"]
    : ["span", '"start" and "end"', "offsets"];
  if (!Array.isArray(value)) {
    const found = describeKind(value);
    throw new TypeError(
      `${prefix()} "${fieldOf(task, FIELD_NAMES)}" is ${found}, expected an array`,
    );
  }
  // Holes are checked as well.
  const spans = Array.from(value, (span: unknown, index) => {
    const name = () => `${prefix()} ${noun} ${index + 1}:`;
    if (!isRecord(span)) {
      throw new TypeError(
        `${name()} it is ${describeKind(span)}, expected an object with ${members}`,
      );
    }
    const { start, end, text: part, type } = span;
    const checkedType = task === "ner" ? checkString(type, '"type"', name) : SPAN_LABEL;
    const offsets = part === undefined
      ? checkOffsets(start, end, text, name)
      : locate(part, start, end, text, name);
    const hasOffsets = start !== undefined || end !== undefined;
    return { index, hasOffsets, ...offsets, type: checkedType };
  });
  // Equal spans stay in the order given, so that an error names the later one.
  spans.sort(compareEntities);
  for (const [at, second] of spans.entries()) {
    const first = spans[at - 1];
    if (at === 0 || compareEntities(first, second) !== 0) continue;
    const advice = first.hasOffsets && second.hasOffsets
      ? ""
      : '; give "start" and "end" to tell them apart';
    throw new RangeError(
      `${prefix()} ${noun} ${second.index + 1} has the ${same} of ${noun} ${
        first.index + 1
      }${advice}`,
    );
  }
  return spans;
}

/** Finds a part of a text, or checks that it is at its offsets. `prefix` names the span. */
function locate(
  value: unknown,
  start: unknown,
  end: unknown,
  text: string,
  prefix: () => string,
): Span {
  const part = checkString(value, '"text"', prefix);
  if (start === undefined && end === undefined) {
    const first = text.indexOf(part);
    if (first !== -1) return { start: first, end: first + part.length };
    throw new RangeError(`${prefix()} its "text" does not occur in the text of the example`);
  }
  const span = checkOffsets(start, end, text, prefix);
  if (part === text.slice(span.start, span.end)) return span;
  throw new RangeError(
    `${prefix()} its "text" is not what the example has from ${span.start} to ${span.end}`,
  );
}

function checkOffsets(start: unknown, end: unknown, text: string, prefix: () => string): Span {
  const [from, to] = [checkOffset(start, "start", prefix), checkOffset(end, "end", prefix)];
  if (from < 0) throw new RangeError(`${prefix()} it starts at ${from}, expected 0 or more`);
  if (to > text.length) {
    const outside = `outside the text of ${text.length} UTF-16 code units`;
    throw new RangeError(`${prefix()} it ends at ${to}, ${outside}`);
  }
  if (from >= to) {
    const found = from === to
      ? `is empty, from ${from} to ${to}`
      : `goes back from ${from} to ${to}`;
    throw new RangeError(`${prefix()} it ${found}, expected "start" before "end"`);
  }
  for (const [field, offset] of [["start", from], ["end", to]] as const) {
    // The last code unit of valid Unicode does not begin a pair.
    if (offset > 0 && text.codePointAt(offset - 1)! > 0xffff) {
      throw new RangeError(
        `${prefix()} "${field}" is ${offset}, in the middle of a character (a surrogate pair)`,
      );
    }
  }
  return { start: from, end: to };
}

function checkOffset(value: unknown, field: string, prefix: () => string): number {
  if (typeof value !== "number") {
    throw new TypeError(`${prefix()} "${field}" is ${describeKind(value)}, expected a number`);
  }
  if (!Number.isInteger(value)) {
    throw new RangeError(`${prefix()} "${field}" is ${value}, expected a whole number`);
  }
  return value;
}
