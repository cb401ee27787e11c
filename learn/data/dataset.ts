/**
 * Data sets of all tasks: examples from memory, JSON Lines, JSON or CSV, checked and digested.
 *
 * What is stated here holds for every way in:
 *
 * - An example has a `text`, may have an `id`, and has what its task asks for: a `label`
 *   (`classification`), `entities` of several types (`ner`) or `spans` (`extraction`). Its other fields
 *   are ignored.
 * - The task, where it is not given, is the first of these three that every example has the field of:
 *   a text with a label and entities is one to classify, unless `task` says otherwise. Where none is,
 *   the first example that does not go with those before it is refused.
 * - Equal texts are kept, with the same label (they weigh more) and with different ones (no rule set
 *   can then be right on both).
 * - Texts and labels that are empty or only white space are refused; so are lone surrogates, invalid
 *   UTF-8, missing fields, fields of a wrong type, an id given twice, and a data set without examples.
 *   NUL and other control characters are text like any other.
 * - What spans and entities may be is said in `annotations.ts`. A text may have none of them. The types
 *   of entities are the labels of their data set; two that differ only in case are refused. The spans
 *   of an extraction all have the label `span`.
 * - A single label makes a data set, but nothing to learn, and so does a lack of spans:
 *   {@linkcode requireLearnable}.
 * - CSV holds labelled texts only. A byte order mark and CRLF are accepted everywhere. JSON Lines may have blank lines, CSV too.
 * - Errors name the source and the line, or the number of the example, and never quote a text.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "jsr:@std/assert@^1";
 * import { createDataset, parseDataset } from "./dataset.ts";
 *
 * const dataset = createDataset({
 *   name: "intents",
 *   examples: [{ text: "where is my card", label: "card" }],
 * });
 * assertEquals(dataset.labels, ["card"]);
 *
 * const csv = 'text,label\n"rates, please",exchange\n';
 * assertEquals(parseDataset(csv, { name: "rates", format: "csv" }).examples[0].text, "rates, please");
 *
 * const cities = createDataset({
 *   name: "cities",
 *   examples: [{ text: "off to Rome", entities: [{ text: "Rome", type: "city" }] }],
 * });
 * assert(cities.task === "ner");
 * assertEquals(cities.examples[0].entities, [{ start: 7, end: 11, type: "city" }]);
 * ```
 *
 * @module
 */
import { basename, extname } from "jsr:@std/path@^1";
import * as z from "npm:zod@^4";
import { checkString } from "./annotations.ts";
import { type Checked, checkExample, checkTask, findTask, nameExamples } from "./checks.ts";
import { digest, shortDigest } from "../text/digest.ts";
import {
  type EntityExample,
  type Example,
  type ExampleInput,
  type LabelledExample,
  labelsOf,
  SPAN_LABEL,
  type SpanExample,
  type Task,
} from "./examples.ts";
import { type DatasetFormat, formatOfExtension, guessFormat, parseDocument } from "./formats.ts";
import { describeKind, isRecord } from "../text/json.ts";
import { quote } from "../text/quoting.ts";
import { nameInput, readInput } from "../text/reading.ts";

export type {
  Entity,
  EntityExample,
  Example,
  ExampleInput,
  LabelledExample,
  LabelledSpan,
  Span,
  SpanExample,
  SpanInput,
  Task,
} from "./examples.ts";
export type { DatasetFormat } from "./formats.ts";

interface Named {
  /** See {@linkcode DatasetName}. */
  readonly name: string;
  /** Distinct, sorted by code unit. May hold labels that no example has. */
  readonly labels: readonly string[];
}

/** Texts that have a label each. */
export interface LabelledDataset extends Named {
  readonly task: "classification";
  /** At least one, in the order given. */
  readonly examples: readonly LabelledExample[];
}

/** Texts in which spans are marked. The one label is that of all spans. */
export interface SpanDataset extends Named {
  readonly task: "extraction";
  /** At least one, in the order given. */
  readonly examples: readonly SpanExample[];
}

/** Texts in which spans of several types are marked. The types are the labels. */
export interface EntityDataset extends Named {
  readonly task: "ner";
  /** At least one, in the order given. */
  readonly examples: readonly EntityExample[];
}

/** A checked data set. */
export type Dataset = LabelledDataset | SpanDataset | EntityDataset;

/** A data set to be checked. A {@linkcode Dataset} is one too. */
export interface DatasetInput {
  /** See {@linkcode DatasetName}. */
  readonly name: string;
  /** @default {what the fields of the examples say} */
  readonly task?: Task;
  /**
   * All labels, or types of entities, that may occur.
   *
   * @default {those of the examples}
   */
  readonly labels?: readonly string[];
  readonly examples: readonly ExampleInput[];
}

/**
 * Names of data sets become names of files: letters, digits, `.`, `_` and `-`, at most 100 of them,
 * and neither `.` nor `..`.
 */
export const DatasetName = z.string().regex(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
  "expected 1 to 100 of A-Z a-z 0-9 . _ - (it becomes a file name)",
);

/**
 * A data set from memory. Every value is checked, so that `input` may come from anywhere.
 *
 * @param source what errors call it: `Cannot read <source>: example 3: …`
 * @throws {TypeError} where a field is missing or has the wrong type
 * @throws {RangeError} where a field has a value that is not allowed, or there is no example
 */
export function createDataset(input: DatasetInput, source = "the data set"): Dataset {
  return checkDataset(input, source, (index) => `example ${index + 1}`);
}

/**
 * A data set from the text of a file.
 *
 * JSON is an array of examples, or an object `{ name?, task?, labels?, examples }`.
 *
 * @param options.name name of the data set; may be left out where a JSON text has one
 * @param options.task the task, whatever the text says
 * @param options.source what errors call the text: `Cannot read <source>: line 3: …`
 * @throws {SyntaxError} where the text is not in that format
 * @throws {TypeError | RangeError} as {@linkcode createDataset}
 */
export function parseDataset(
  text: string,
  options: {
    readonly name?: string;
    readonly format: DatasetFormat;
    readonly task?: Task;
    readonly source?: string;
  },
): Dataset {
  const { name, format, task, source = "the data set" } = options;
  const { input, place } = parseDocument(text, format, source, task);
  return checkDataset(
    { ...input, name: name ?? input.name, task: task ?? input.task },
    source,
    place,
  );
}

/**
 * A data set from a file, or from standard input for the path `-`.
 *
 * The format follows from the name (`.jsonl`, `.ndjson`, `.json`, `.csv`), for standard input from
 * the first characters. The name is by default the one in a JSON text, else one after that of the file
 * without its extension (see {@linkcode nameAfter}), else `stdin`. Needs read
 * permission for the file, none for standard input.
 *
 * @param options.name name of the data set, before any other
 * @param options.format the format, whatever the name or the content says
 * @param options.task the task, whatever the content says
 * @throws {Error} where the file cannot be read, naming it; the cause is kept
 * @throws {Deno.errors.NotCapable} where the permission is missing
 * @throws {SyntaxError | TypeError | RangeError} as {@linkcode parseDataset}
 */
export async function readDataset(path: string, options: ReadOptions = {}): Promise<Dataset> {
  return (await readExamples(path, options)).dataset;
}

/** How a file of examples is read. */
interface ReadOptions {
  readonly name?: string;
  readonly format?: DatasetFormat;
  readonly task?: Task;
}

/** {@linkcode readDataset}, and the line on which the example of an index begins. */
export async function readExamples(
  path: string,
  options: ReadOptions = {},
): Promise<{ dataset: Dataset; lineOf: (index: number) => number }> {
  const { name, task } = options;
  const fromStdin = path === "-";
  const source = nameInput(path);
  const extension = extname(path);
  const known = options.format ?? (fromStdin ? undefined : formatOfExtension(extension, source));
  const { text } = await readInput(path);
  const { input, place, lineOf } = parseDocument(text, known ?? guessFormat(text), source, task);
  const named = { name: fromStdin ? "stdin" : nameAfter(basename(path, extension)), ...input };
  const given = { ...named, name: name ?? named.name, task: task ?? input.task };
  return { dataset: checkDataset(given, source, place), lineOf };
}

/**
 * A name for a data set, after a text: `-` for each character that is not allowed, and where those are
 * letters or symbols that ASCII lacks a digest of the text, so that other texts give other names.
 */
export function nameAfter(text: string): string {
  const name = text.normalize().replace(/[^A-Za-z0-9._-]/gu, "-").slice(0, 100);
  const isForeign = /[^\p{ASCII}\p{P}\p{Z}]/u.test(text);
  return isForeign ? `${name.slice(0, 91)}-${shortDigest(text.normalize(), 8)}` : name;
}

/**
 * The digest of the examples in order: `[{ id, text, label }, …]`, or with `spans` or `entities` in the
 * place of `label`.
 */
export function datasetDigest(dataset: { readonly examples: readonly Example[] }): string {
  return digest(dataset.examples.map((example) => {
    const { id, text } = example;
    if ("label" in example) return { id, text, label: example.label };
    if ("spans" in example) {
      return { id, text, spans: example.spans.map(({ start, end }) => ({ start, end })) };
    }
    const entities = example.entities.map(({ start, end, type }) => ({ start, end, type }));
    return { id, text, entities };
  }));
}

/**
 * Nothing, where there is something to learn: two labels or more of texts, or at least one span.
 *
 * @throws {RangeError} where all examples have the same label, or none has a span
 */
export function requireLearnable(dataset: Dataset): void {
  const examples: readonly Example[] = dataset.examples;
  const found = new Set(examples.flatMap(labelsOf));
  if (found.size > (dataset.task === "classification" ? 1 : 0)) return;
  const count = examples.length;
  const whole = count === 1 ? "its only example" : `all ${count} examples`;
  const verb = count === 1 ? "is" : "are";
  const reason = dataset.task === "classification"
    ? `${whole} ${verb} labelled ${quote([...found][0])}, and classification needs two labels`
    : `no ${dataset.task === "ner" ? "entity" : "span"} is marked in ${whole}`;
  throw new RangeError(`Cannot learn from ${quote(dataset.name)}: ${reason}`);
}

/** Checks any value. `place` names the example of an index. */
function checkDataset(input: unknown, source: string, place: (index: number) => string): Dataset {
  const fail = `Cannot read ${source}:`;
  if (!isRecord(input)) {
    throw new TypeError(`${fail} it is ${describeKind(input)}, expected an object`);
  }
  const { name, task: givenTask, labels: givenLabels, examples } = input;
  if (typeof name !== "string") {
    throw new TypeError(`${fail} "name" is ${describeKind(name)}, expected a string`);
  }
  const checkedName = DatasetName.safeParse(name);
  if (!checkedName.success) {
    throw new RangeError(`${fail} name ${quote(name)}: ${checkedName.error.issues[0].message}`);
  }
  const checkedTask = givenTask === undefined ? undefined : checkTask(givenTask, fail);
  if (!Array.isArray(examples)) {
    throw new TypeError(`${fail} "examples" is ${describeKind(examples)}, expected an array`);
  }
  if (examples.length === 0) throw new RangeError(`${fail} it has no examples`);
  const task = checkedTask ?? findTask(examples, fail, place);
  const given = givenLabels === undefined ? undefined : checkLabels(givenLabels, task, fail);
  const checked: Checked[] = [];
  /** The first example of each label. */
  const seen = new Map<string, number>();
  for (let index = 0; index < examples.length; index++) {
    const example = checkExample(examples[index], task, () => `${fail} ${place(index)}:`);
    for (const label of example.labels) {
      if (given && !given.has(label)) {
        const noun = task === "ner" ? "type" : "label";
        throw new RangeError(
          `${fail} ${place(index)}: ${noun} ${quote(label)} is not among "labels"`,
        );
      }
      if (!seen.has(label)) seen.set(label, index);
    }
    checked.push(example);
  }
  if (task === "ner" && !given) {
    refuseCaseVariants(seen.keys(), (type) => place(seen.get(type)!), fail);
  }
  const ids = nameExamples(checked, fail, place);
  const labels = [...given ?? seen.keys()].sort();
  switch (task) {
    case "classification": {
      const examples = checked.map(({ text, labels: [label] }, index) => ({
        id: ids[index],
        text,
        label,
      }));
      return { name, task, labels, examples };
    }
    case "extraction": {
      const examples = checked.map(({ text, spans }, index) => ({ id: ids[index], text, spans }));
      return { name, task, labels: [SPAN_LABEL], examples };
    }
    case "ner": {
      const examples = checked.map(({ text, entities }, index) => ({
        id: ids[index],
        text,
        entities,
      }));
      return { name, task, labels, examples };
    }
  }
}

function checkLabels(labels: unknown, task: Task, fail: string): Set<string> {
  if (!Array.isArray(labels)) {
    throw new TypeError(`${fail} "labels" is ${describeKind(labels)}, expected an array`);
  }
  const checked = new Set<string>();
  for (let index = 0; index < labels.length; index++) {
    checked.add(checkString(labels[index], `label ${index + 1} of "labels"`, () => fail));
  }
  if (task === "ner") refuseCaseVariants(checked, () => '"labels"', fail);
  if (task === "extraction" && !(checked.size === 1 && checked.has(SPAN_LABEL))) {
    throw new RangeError(
      `${fail} "labels" is given, and the spans of an extraction have no types`,
    );
  }
  return checked;
}

/** Refuses types that a reader would take for one. `where` says where a type is first met. */
function refuseCaseVariants(
  types: Iterable<string>,
  where: (type: string) => string,
  fail: string,
): void {
  const met = new Map<string, string>();
  for (const type of types) {
    const other = met.get(type.toLowerCase());
    if (other !== undefined) {
      throw new RangeError(
        `${fail} ${where(type)}: type ${quote(type)} differs only in case from ${quote(other)} ` +
          `of ${where(other)}`,
      );
    }
    met.set(type.toLowerCase(), type);
  }
}
