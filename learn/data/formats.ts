/**
 * Parses the formats of a data set's file, JSON Lines, JSON and CSV, with the line of every example. Examples of
 * RuleChef are flattened.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseDocument } from "./formats.ts";
 *
 * const { input, place } = parseDocument('\n{"text": "hi", "label": "greeting"}\n', "jsonl", "a.jsonl");
 * assertEquals(input, { examples: [{ text: "hi", label: "greeting" }] });
 * assertEquals(place(0), "line 2");
 * ```
 *
 * @module
 */
import { parseTable } from "./csv.ts";
import type { Task } from "./examples.ts";
import { checkTask } from "./checks.ts";
import { FIELD_NAMES, type FieldNames, outcomeOf, type ReadFields } from "./fields.ts";
import { DatasetName } from "./names.ts";
import { findNestedTask, flattenExample, isNested } from "./nested.ts";
import { describeKind, findItemLines, isRecord, parseJson } from "../text/json.ts";

/**
 * A format of a data set. `csv` has a header with `text`, `label` and optionally `id`, and holds
 * labelled texts only.
 */
export type DatasetFormat = "jsonl" | "json" | "csv";

/** A parsed document whose values are not checked yet. */
export interface ParsedDocument {
  readonly input: Readonly<Record<string, unknown>>;
  /** Names the place of the example of an index in its source. */
  readonly place: (index: number) => string;
  /** Returns the line on which the example of an index begins, from 1. */
  readonly lineOf: (index: number) => number;
  /**
   * How many of the first examples are corrections of RuleChef.
   *
   * @default 0
   */
  readonly corrections?: number;
}

/**
 * Parses a text as a data set, without checking its values.
 *
 * @param source what errors call the text: `Cannot read <source>: line 3: …`
 * @param task the task of the examples, if it is known
 * @param names the columns of CSV that hold text and label
 * @throws {SyntaxError | TypeError} if the text is not in that format
 * @throws {RangeError} if CSV has a lone surrogate, or the task needs spans and the format is CSV
 */
export function parseDocument(
  text: string,
  format: DatasetFormat,
  source: string,
  task?: Task,
  names = FIELD_NAMES,
): ParsedDocument {
  switch (format) {
    case "jsonl":
      return atLines([...parseLines(text, source)], ({ value }) => value);
    case "json":
      return parseWhole(text, source);
    case "csv":
      if (task === "extraction" || task === "ner") {
        throw new RangeError(
          `Cannot read ${source}: CSV cannot hold spans; for the task ${task} use JSON Lines`,
        );
      }
      return atLines(parseTable(text, source, [names.text, names.label]), ({ fields }) => fields);
  }
}

/** Places `items` of a file by their lines. */
function atLines<Item extends { readonly line: number }>(
  items: readonly Item[],
  exampleOf: (item: Item) => unknown,
): ParsedDocument {
  const lineOf = (index: number) => items[index].line;
  return {
    input: { examples: items.map(exampleOf) },
    place: (index) => `line ${lineOf(index)}`,
    lineOf,
  };
}

/** A value of JSON Lines, and its line. */
export interface JsonLine {
  readonly value: unknown;
  readonly line: number;
}

/**
 * Parses JSON Lines, one after the other. Skips blank lines.
 *
 * @param firstLine the number of the first line in its file
 * @throws {SyntaxError} if a line is not JSON
 */
export function* parseLines(text: string, source: string, firstLine = 1): Generator<JsonLine> {
  for (const { content, line } of linesOf(text, firstLine)) {
    yield { value: parseJson(content, source, { firstLine: line }), line };
  }
}

/** Returns the lines of a text that are not blank, without their line feeds. */
export function* linesOf(
  text: string,
  firstLine = 1,
): Generator<{ readonly content: string; readonly line: number }> {
  for (let start = 0, line = firstLine; start < text.length; line++) {
    const feed = text.indexOf("\n", start);
    const end = feed === -1 ? text.length : feed;
    const content = text.slice(start, end);
    if (/\S/.test(content)) yield { content, line };
    start = end + 1;
  }
}

function parseWhole(text: string, source: string): ParsedDocument {
  const document = parseJson(text, source);
  const isList = Array.isArray(document);
  if (!isList && !isRecord(document)) {
    throw new TypeError(
      `Cannot read ${source}: it is ${describeKind(document)}, ` +
        'expected an array of examples or an object with "examples"',
    );
  }
  const input = isList ? { examples: document } : document;
  // RuleChef learns from corrections first. What is in the place of examples but no list is left to the check.
  const corrections = Array.isArray(input.examples ?? []) ? correctionsOf(input) : [];
  const count = corrections.length;
  let lines: readonly number[] | undefined;
  const lineOf = (index: number) => {
    lines ??= [
      ...count > 0 ? findItemLines(text, ["corrections"]) : [],
      ...findItemLines(text, isList ? [] : ["examples"]),
    ];
    return lines[index];
  };
  return {
    input: count === 0 ? input : { ...input, examples: [...corrections, ...examplesOf(input)] },
    place: (index) =>
      `${index < count ? `correction ${index + 1}` : `example ${index - count + 1}`} (line ${
        lineOf(index)
      })`,
    lineOf,
    corrections: count,
  };
}

/** Returns the corrections that a data set of RuleChef has beside its examples. */
function correctionsOf(input: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { corrections } = input;
  if (!Array.isArray(corrections)) return [];
  return isRecord(input.task) || corrections.some((one) => isNested(one)) ? corrections : [];
}

/**
 * Parses a text as {@linkcode parseDocument} does, and flattens the examples that RuleChef saved or exported, see
 * {@linkcode flattenExample}. What its task says becomes the task of the document.
 *
 * @throws {SyntaxError | TypeError | RangeError} as {@linkcode parseDocument}
 * @throws {TypeError} naming the first example whose input has no text, or whose output is not an object
 * @throws {RangeError} if the task of the document is none of those known here
 */
export function parseExamples(
  text: string,
  format: DatasetFormat,
  source: string,
  task?: Task,
  names: ReadFields = FIELD_NAMES,
): ParsedDocument {
  const parsed = parseDocument(text, format, source, task, names);
  const { input, place } = parsed;
  const examples = examplesOf(input);
  // Without examples, a task of RuleChef still tells whose data set it is.
  if (!isRecord(input.task) && !examples.some((one) => isNested(one, names))) return parsed;
  const prefix = `Cannot read ${source}:`;
  const { type, text_field: textField } = isRecord(input.task) ? input.task : { type: input.task };
  const declared = type === undefined ? findNestedTask(examples, names) : checkTask(type, prefix);
  const options = { task: task ?? declared, textField, names };
  return {
    ...parsed,
    input: {
      ...input,
      task: declared,
      // RuleChef names data sets as it likes.
      name: DatasetName.safeParse(input.name).data,
      // What is no list is left to the check.
      examples: examples === input.examples
        ? examples.map((one, index) =>
          flattenExample(one, () => `${prefix} ${place(index)}:`, options)
        )
        : input.examples,
    },
  };
}

function examplesOf(input: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Array.isArray(input.examples) ? input.examples : [];
}

/** The formats of extensions. */
export const FORMATS: ReadonlyMap<string, DatasetFormat> = new Map([
  [".jsonl", "jsonl"],
  [".ndjson", "jsonl"],
  [".json", "json"],
  [".csv", "csv"],
]);

/**
 * Returns the format of files with an extension.
 *
 * @param formats the formats of extensions in lower case, which begin with a dot
 * @throws {RangeError} if no format has that extension
 */
export function formatOfExtension<Format = DatasetFormat>(
  extension: string,
  source: string,
  formats: ReadonlyMap<string, Format | DatasetFormat> = FORMATS,
): Format | DatasetFormat {
  const format = formats.get(extension.toLowerCase());
  if (format !== undefined) return format;
  const names = [...formats.keys()];
  const last = names.pop();
  throw new RangeError(
    `Cannot read ${source}: expected a name that ends in ${names.join(", ")} or ${last}`,
  );
}

/**
 * Guesses the format of a text without a file name: CSV unless it begins with a bracket or a brace, then
 * JSON, unless its first line is a whole object without `examples`, which is an example of JSON Lines.
 */
export function guessFormat(text: string): DatasetFormat {
  const content = text.trimStart();
  if (content.startsWith("[")) return "json";
  if (!content.startsWith("{")) return "csv";
  try {
    const first = parseJson(content.split("\n", 1)[0], "the first line");
    return isRecord(first) && "examples" in first ? "json" : "jsonl";
  } catch (error) {
    if (error instanceof SyntaxError) return "json";
    throw error;
  }
}

/** What people reviewed of a document. */
export interface ReviewedDocument extends ParsedDocument {
  /** Tells whether the example of an index is only an answer that a person accepted, no correction. */
  readonly isAccepted: (index: number) => boolean;
}

/**
 * Keeps the examples of a document that people set right or accepted: those that do not say what was given for them, and
 * those whose outcome is a correction, or an acceptance of a label or spans. Of several with one text that people
 * reviewed, the last counts. If a data set of RuleChef has corrections, they alone are kept.
 *
 * @throws {RangeError} if nothing is set right
 */
export function keepReviewed(
  { input, place, lineOf, corrections = 0 }: ParsedDocument,
  names: Required<FieldNames>,
  source: string,
): ReviewedDocument {
  if (!Array.isArray(input.examples)) return { input, place, lineOf, isAccepted: () => false };
  const all: readonly unknown[] = input.examples.slice(0, corrections || undefined);
  /** Texts that a later example reviews. */
  const reviewed = new Set<unknown>();
  const accepted = new Set<number>();
  const left = [...all.keys()].reverse().filter((index) => {
    const example = all[index];
    if (!isRecord(example) || example.given === undefined) return true;
    const outcome = outcomeOf(example, names);
    const text = example[names.text];
    if (outcome === undefined || reviewed.has(text)) return false;
    reviewed.add(text);
    if (outcome !== "accepted") return outcome === "corrected";
    accepted.add(index);
    return example.given !== null;
  }).reverse();
  if (left.every((index) => accepted.has(index)) && all.length > 0) {
    const what = "no example has another label, or other spans, than those that were given";
    throw new RangeError(`Cannot read ${source}: nothing is corrected: ${what}`);
  }
  const examples = left.map((index) => {
    const example = all[index];
    if (!accepted.has(index) || !isRecord(example)) return example;
    // What is accepted is what was given: its line need not say it again.
    const { given } = example;
    return Array.isArray(given)
      ? { entities: given, spans: given, ...example }
      : { [names.label]: given, ...example };
  });
  return {
    input: { ...input, examples },
    place: (index) => place(left[index]),
    lineOf: (index) => lineOf(left[index]),
    isAccepted: (index) => accepted.has(left[index]),
  };
}
