/**
 * Data sets of all tasks: examples from memory, JSON Lines, JSON or CSV, checked and digested.
 *
 * For every source:
 *
 * - An example has a `text`, may have an `id`, and has the field of its task: a `label`
 *   (`classification`), `entities` of several types (`ner`) or `spans` (`extraction`). Its other fields
 *   are ignored.
 * - If the task is not given, it is the first of these three whose field every example has: examples
 *   with a label and entities are for classification, unless `task` says otherwise. If the examples
 *   share no such field, the first that differs from those before it is refused.
 * - Equal texts are kept, both with the same label (they weigh more) and with different ones (no rule
 *   set can be right on both).
 * - Texts and labels that are empty or only white space are refused; so are lone surrogates, invalid
 *   UTF-8, missing fields, fields of a wrong type, an id given twice, and a data set without examples.
 *   NUL and other control characters are text like any other.
 * - `checks.ts` says which spans and entities are refused. A text may be without them. The types of
 *   entities are the labels of their data set; two that differ only in case are refused. All spans of
 *   an extraction have the label `span`.
 * - A data set may have a single label, or no span; {@linkcode requireLearnable} refuses it.
 * - `text` and `label` may be called otherwise in a file: {@linkcode FieldNames}.
 * - CSV holds labelled texts only. Every format may have a byte order mark and CRLF; JSON Lines and CSV
 *   may have blank lines.
 * - Errors name the source and the line, or the number of the example, and never quote a text.
 *
 * @module
 */
import { basename, extname } from "jsr:@std/path@^1";
import { DatasetName } from "./names.ts";
import { checkExample, checkString, checkTask, findTask, nameExamples } from "./checks.ts";
import { digestList, shortDigest } from "../text/digest.ts";
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
import { FIELD_NAMES, type FieldNames, nameFields } from "./fields.ts";
import {
  type DatasetFormat,
  formatOfExtension,
  guessFormat,
  keepReviewed,
  parseExamples,
} from "./formats.ts";
import { nameOther } from "../text/contents.ts";
import { describeKind, isRecord } from "../text/json.ts";
import { quote } from "../text/quoting.ts";
import { nameInput, readInput, requireFile } from "../text/reading.ts";

/** Fields of data sets of every task. */
export interface DatasetFields {
  /** Becomes the name of files: 1 to 100 letters, digits, `.`, `_` and `-`, neither `.` nor `..`. */
  readonly name: string;
  /** Distinct, sorted by code unit. May hold labels that no example has. */
  readonly labels: readonly string[];
}

/** Texts with one label each. */
export interface LabelledDataset extends DatasetFields {
  /** To label a text. */
  readonly task: "classification";
  /** At least one, in the order given. */
  readonly examples: readonly LabelledExample[];
}

/** Texts with spans. The only label is that of all spans. */
export interface SpanDataset extends DatasetFields {
  /** To find spans. */
  readonly task: "extraction";
  /** At least one, in the order given. */
  readonly examples: readonly SpanExample[];
}

/** Texts with spans of several types. The types are the labels. */
export interface EntityDataset extends DatasetFields {
  /** To find spans of several types. */
  readonly task: "ner";
  /** At least one, in the order given. */
  readonly examples: readonly EntityExample[];
}

/** A checked data set. */
export type Dataset = LabelledDataset | SpanDataset | EntityDataset;

/** A data set to be checked. A {@linkcode Dataset} is also one. */
export interface DatasetInput {
  /** Becomes the name of files: 1 to 100 letters, digits, `.`, `_` and `-`, neither `.` nor `..`. */
  readonly name: string;
  /**
   * What is learned from it: a {@linkcode Task}. TypeScript takes the field of a variable for any string, so
   * the value is checked when the data set is.
   *
   * @default {the task whose field the examples have}
   */
  readonly task?: Task | (string & Record<never, never>);
  /**
   * All labels, or types of entities, that may occur.
   *
   * @default {those of the examples}
   */
  readonly labels?: readonly string[];
  /** At least one, all of the same task. */
  readonly examples: readonly ExampleInput[];
}

/**
 * Creates a data set from memory. Checks every value, so that `input` may come from anywhere.
 *
 * @param source what errors call it: `Cannot read <source>: example 3: …`
 * @throws {TypeError} if a field is missing or has the wrong type
 * @throws {RangeError} if a field has a value that is not allowed, or the data set has no examples
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "jsr:@std/assert@^1";
 * import { createDataset } from "./dataset.ts";
 *
 * const dataset = createDataset({
 *   name: "cities",
 *   examples: [{ text: "off to Rome", entities: [{ text: "Rome", type: "city" }] }],
 * });
 * assert(dataset.task === "ner");
 * assertEquals(dataset.labels, ["city"]);
 * assertEquals(dataset.examples[0].entities, [{ start: 7, end: 11, type: "city" }]);
 * ```
 */
export function createDataset(input: DatasetInput, source = "the data set"): Dataset {
  return checkDataset(input, source, (index) => `example ${index + 1}`);
}

/**
 * Parses the text of a file as a data set.
 *
 * JSON is an array of examples, an object `{ name?, task?, labels?, examples }`, or a data set that RuleChef saved.
 *
 * @param options.name name of the data set; may be left out if a JSON text has one
 * @param options.task the task, whatever the text says
 * @param options.fields what the fields with the text and the label are called
 * @param options.source what errors call the text: `Cannot read <source>: line 3: …`
 * @throws {SyntaxError} if the text is not in that format
 * @throws {TypeError | RangeError} as {@linkcode createDataset}
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseDataset } from "./dataset.ts";
 *
 * const csv = 'text,label\n"rates, please",exchange\n';
 * const { labels, examples } = parseDataset(csv, { name: "rates", format: "csv" });
 * assertEquals([labels, examples[0].text], [["exchange"], "rates, please"]);
 * ```
 */
export function parseDataset(
  text: string,
  options: {
    readonly name?: string;
    readonly format: DatasetFormat;
    readonly task?: Task;
    readonly fields?: FieldNames;
    readonly source?: string;
  },
): Dataset {
  const { name, format, task, source = "the data set" } = options;
  const names = nameFields(options.fields);
  const { input, place } = parseExamples(text, format, source, task, names);
  return checkDataset(
    { ...input, name: name ?? input.name, task: task ?? input.task },
    source,
    place,
    names,
  );
}

/**
 * Reads a data set from a file, or from standard input for the path `-`.
 *
 * The format follows from the extension (`.jsonl`, `.ndjson`, `.json`, `.csv`); for standard input,
 * from the first characters. The name is by default that in a JSON text, else that of the file without
 * its extension (with `-` for characters that are not allowed), else `stdin`. Needs read permission for a
 * file.
 *
 * @param options.name name of the data set, before any other
 * @param options.format the format, whatever the name or the content says
 * @param options.task the task, whatever the content says
 * @param options.fields what the fields with the text and the label are called
 * @throws {Error} if the file cannot be read, naming it; the cause is kept
 * @throws {Deno.errors.NotCapable} if the permission is missing
 * @throws {SyntaxError | TypeError | RangeError} as {@linkcode parseDataset}
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset } from "./dataset.ts";
 *
 * const { name, task } = await readDataset("examples/restaurant.jsonl");
 * assertEquals([name, task], ["restaurant", "ner"]);
 * ```
 */
export async function readDataset(path: string, options: ReadOptions = {}): Promise<Dataset> {
  return (await readExamples(path, options)).dataset;
}

/** Options of {@linkcode readDataset}. */
export interface ReadOptions {
  /** Name of the data set, before any other. */
  readonly name?: string;
  /** The format, whatever the name or the content says. */
  readonly format?: DatasetFormat;
  /** The task, whatever the content says. */
  readonly task?: Task;
  /** What the fields with the text and the label are called. */
  readonly fields?: FieldNames;
  /** Whether to leave out examples that say what was `given` for them, unless a person corrected or accepted it. */
  readonly onlyReviewed?: boolean;
}

/** A data set that was read, and where each of its examples was. */
export interface ReadExamples {
  readonly dataset: Dataset;
  /** Returns the line of the file on which the example of an index begins. */
  readonly lineOf: (index: number) => number;
  /** Tells whether a person only accepted the example of an index; of a log of feedback. */
  readonly isAccepted: (index: number) => boolean;
}

/** Reads a data set, and where each example was. */
export async function readExamples(path: string, options: ReadOptions = {}): Promise<ReadExamples> {
  const source = nameInput(path);
  const names = nameFields(options.fields);
  const extension = extname(path);
  requireFile(path, source);
  const known = options.format ??
    (path === "-" ? undefined : formatOfExtension(extension, source));
  const { text } = await readInput(path);
  try {
    const format = known ?? guessFormat(text);
    const parsed = parseExamples(text, format, source, options.task, names);
    const { input, place, lineOf, isAccepted } = options.onlyReviewed
      ? keepReviewed(parsed, names, source)
      : { ...parsed, isAccepted: () => false };
    const fallback = path === "-" ? "stdin" : nameAfter(basename(path, extension));
    const { name = fallback, task } = input;
    const given = { ...input, name: options.name ?? name, task: options.task ?? task };
    return { dataset: checkDataset(given, source, place, names), lineOf, isAccepted };
  } catch (error) {
    throw nameOther(error, text, source, "examples", ["examples"]);
  }
}

/**
 * Derives a name for a data set from a text: replaces each character that is not allowed by `-`. If the
 * text has letters or symbols outside ASCII, adds its digest, so that different texts have different
 * names.
 */
export function nameAfter(text: string): string {
  const name = text.normalize().replace(/[^A-Za-z0-9._-]/gu, "-").slice(0, 100);
  const isForeign = /[^\p{ASCII}\p{P}\p{Z}]/u.test(text);
  return isForeign ? `${name.slice(0, 91)}-${shortDigest(text.normalize(), 8)}` : name;
}

/**
 * Returns the digest of the examples in order: of `[{ id, text, label }, …]`, with `spans` or `entities`
 * instead of `label` for the other tasks.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createDataset, datasetDigest } from "./dataset.ts";
 *
 * const examples = [{ id: "a", text: "my card", label: "card" }];
 * const digest = datasetDigest(createDataset({ name: "cards", examples }));
 * assertEquals(digest, datasetDigest({ examples })); // the name does not count
 * ```
 */
export function datasetDigest(dataset: { readonly examples: readonly Example[] }): string {
  return digestList(dataset.examples, (example) => {
    const { id, text } = example;
    if ("label" in example) return { id, text, label: example.label };
    if ("spans" in example) {
      return { id, text, spans: example.spans.map(({ start, end }) => ({ start, end })) };
    }
    const entities = example.entities.map(({ start, end, type }) => ({ start, end, type }));
    return { id, text, entities };
  });
}

/**
 * Throws unless the data set has something to learn: two labels for classification, otherwise one span.
 *
 * @throws {RangeError} if all examples have the same label, or no example has a span
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

/** Checks a value as a data set. `place` names the example of an index. */
function checkDataset(
  input: unknown,
  source: string,
  place: (index: number) => string,
  names = FIELD_NAMES,
): Dataset {
  const prefix = `Cannot read ${source}:`;
  if (!isRecord(input)) {
    throw new TypeError(`${prefix} it is ${describeKind(input)}, expected an object`);
  }
  const { name, task: givenTask, labels: givenLabels, examples: given } = input;
  if (typeof name !== "string") {
    throw new TypeError(`${prefix} "name" is ${describeKind(name)}, expected a string`);
  }
  const { error } = DatasetName.safeParse(name);
  if (error) throw new RangeError(`${prefix} name ${quote(name)}: ${error.issues[0].message}`);
  const checkedTask = givenTask === undefined ? undefined : checkTask(givenTask, prefix);
  if (!Array.isArray(given)) {
    throw new TypeError(`${prefix} "examples" is ${describeKind(given)}, expected an array`);
  }
  if (given.length === 0) throw new RangeError(`${prefix} it has no examples`);
  const task = checkedTask ?? findTask(given, prefix, place, names);
  if (names.label !== FIELD_NAMES.label && task !== "classification") {
    throw new RangeError(
      `${prefix} ${quote(names.label)} is named as the field of labels, and the task is ${task}`,
    );
  }
  const allowed = givenLabels === undefined ? undefined : checkLabels(givenLabels, task, prefix);
  /** The first example of each label. */
  const seen = new Map<string, number>();
  const checked = Array.from(given, (one: unknown, index) => {
    const example = checkExample(one, task, () => `${prefix} ${place(index)}:`, names);
    for (const label of labelsOf(example)) {
      if (allowed && !allowed.has(label)) {
        const noun = task === "ner" ? "type" : "label";
        throw new RangeError(
          `${prefix} ${place(index)}: ${noun} ${quote(label)} is not among "labels"`,
        );
      }
      if (!seen.has(label)) seen.set(label, index);
    }
    return example;
  });
  if (task === "ner" && !allowed) {
    refuseCaseVariants(seen.keys(), (type) => place(seen.get(type)!), prefix);
  }
  const ids = nameExamples(checked, prefix, place);
  const examples = checked.map((example, index) => ({ id: ids[index], ...example }));
  const labels = task === "extraction" ? [SPAN_LABEL] : [...allowed ?? seen.keys()].sort();
  // checkExample made each an example of the task.
  return { name, task, labels, examples } as Dataset;
}

function checkLabels(labels: unknown, task: Task, prefix: string): Set<string> {
  if (!Array.isArray(labels)) {
    throw new TypeError(`${prefix} "labels" is ${describeKind(labels)}, expected an array`);
  }
  const checked = new Set<string>();
  for (let index = 0; index < labels.length; index++) {
    checked.add(checkString(labels[index], `label ${index + 1} of "labels"`, () => prefix));
  }
  if (task === "ner") refuseCaseVariants(checked, () => '"labels"', prefix);
  if (task === "extraction" && !(checked.size === 1 && checked.has(SPAN_LABEL))) {
    throw new RangeError(
      `${prefix} "labels" is given, but the spans of an extraction have no types`,
    );
  }
  return checked;
}

/** Throws if two types differ only in case. `where` names the place of a type. */
function refuseCaseVariants(
  types: Iterable<string>,
  where: (type: string) => string,
  prefix: string,
): void {
  const met = new Map<string, string>();
  for (const type of types) {
    const other = met.get(type.toLowerCase());
    if (other !== undefined) {
      throw new RangeError(
        `${prefix} ${where(type)}: type ${quote(type)} differs only in case from ${quote(other)} ` +
          `of ${where(other)}`,
      );
    }
    met.set(type.toLowerCase(), type);
  }
}
