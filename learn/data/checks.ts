/**
 * Examples from outside, checked one by one: their task, their fields, their ids.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { checkExample, findTask } from "./checks.ts";
 *
 * const examples = [{ text: "off to Rome", spans: [{ text: "Rome" }] }];
 * const task = findTask(examples, "Cannot read it:", (index) => `line ${index + 1}`);
 * assertEquals(task, "extraction");
 * assertEquals(checkExample(examples[0], task, () => "line 1:").spans, [{ start: 7, end: 11 }]);
 * ```
 *
 * @module
 */
import { checkEntities, checkSpans, checkString } from "./annotations.ts";
import { shortDigest } from "../text/digest.ts";
import type { Entity, Span, Task } from "./examples.ts";
import { describeKind, isRecord } from "../text/json.ts";
import { quote } from "../text/quoting.ts";

/** The tasks, each with the field that its examples have, in the order in which they are tried. */
const FIELDS = { classification: "label", ner: "entities", extraction: "spans" } as const;
const TASKS = ["classification", "ner", "extraction"] as const;

const MAX_ID_LENGTH = 200;

/**
 * The task of that name.
 *
 * @param fail how errors begin: the source
 * @throws {RangeError} where there is none
 */
export function checkTask(task: unknown, fail: string): Task {
  const known = TASKS.find((one) => one === task);
  if (known) return known;
  const found = typeof task === "string" ? quote(task) : describeKind(task);
  const expected = 'expected "classification", "ner" or "extraction"';
  throw new RangeError(`${fail} task is ${found}, ${expected}`);
}

/**
 * The first task that each example has the field of: classification, ner, extraction.
 *
 * @param place names the example of an index
 * @throws {TypeError} naming the first example that has another field than those before it, or none
 */
export function findTask(
  examples: readonly unknown[],
  fail: string,
  place: (index: number) => string,
): Task {
  let fitting: readonly Task[] = TASKS;
  for (const [index, example] of examples.entries()) {
    // That it is no object is for the check of the example to say.
    if (!isRecord(example)) break;
    const own = TASKS.filter((task) => example[FIELDS[task]] !== undefined);
    const both = fitting.filter((task) => own.includes(task));
    if (both.length > 0) {
      fitting = both;
      continue;
    }
    if (own.length > 0) {
      const [found, expected] = [FIELDS[own[0]], FIELDS[fitting[0]]];
      throw new TypeError(
        `${fail} ${place(index)}: it has "${found}", expected "${expected}" as before it`,
      );
    }
    if (index > 0) break;
    throw new TypeError(
      `${fail} ${place(index)}: it has none of "label", "entities" and "spans"`,
    );
  }
  return fitting[0];
}

/** A checked example of any task: what the task does not ask for is empty. */
export interface Checked {
  readonly id?: string;
  readonly text: string;
  /** The label, or the types of the entities. */
  readonly labels: readonly string[];
  readonly spans: readonly Span[];
  readonly entities: readonly Entity[];
}

/**
 * Checks what may be an example.
 *
 * @param fail how errors begin: the source and the place in it
 * @throws {TypeError} where a field is missing or has the wrong type
 * @throws {RangeError} where a field has a value that is not allowed
 */
export function checkExample(example: unknown, task: Task, fail: () => string): Checked {
  if (!isRecord(example)) {
    const found = describeKind(example);
    throw new TypeError(
      `${fail()} it is ${found}, expected an object with "text" and "${FIELDS[task]}"`,
    );
  }
  // Each field is read once: what was checked is what is kept.
  const id = example.id;
  const text = checkString(example.text, '"text"', fail);
  const label = task === "classification" ? checkString(example.label, '"label"', fail) : undefined;
  const spans = task === "extraction" ? checkSpans(example.spans, text, fail) : [];
  const entities = task === "ner" ? checkEntities(example.entities, text, fail) : [];
  const labels = label === undefined ? entities.map(({ type }) => type) : [label];
  if (id === undefined) return { text, labels, spans, entities };
  const checkedId = checkString(id, '"id"', fail);
  if (checkedId.length > MAX_ID_LENGTH) {
    const found = `${checkedId.length} characters long`;
    throw new RangeError(`${fail()} "id" is ${found}, expected at most ${MAX_ID_LENGTH}`);
  }
  return { id: checkedId, text, labels, spans, entities };
}

/**
 * An id for each example: its own, or one that is derived from its text and unlike any other.
 *
 * @param fail how errors begin: the source
 * @param place names the example of an index
 * @throws {RangeError} where an id is given twice
 */
export function nameExamples(
  examples: readonly Checked[],
  fail: string,
  place: (index: number) => string,
): string[] {
  const owners = new Map<string, number>();
  for (const [index, { id }] of examples.entries()) {
    if (id === undefined) continue;
    const owner = owners.get(id);
    if (owner !== undefined) {
      throw new RangeError(
        `${fail} ${place(index)}: id ${quote(id)} is that of ${place(owner)} too`,
      );
    }
    owners.set(id, index);
  }
  const repeats = new Map<string, number>();
  return examples.map(({ id, text }) => {
    if (id !== undefined) return id;
    const base = `e${shortDigest(text, 10)}`;
    let repeat = repeats.get(base) ?? 0;
    let derived: string;
    do {
      repeat++;
      derived = repeat === 1 ? base : `${base}-${repeat}`;
    } while (owners.has(derived));
    repeats.set(base, repeat);
    return derived;
  });
}
