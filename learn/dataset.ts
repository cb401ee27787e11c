/**
 * Data sets: labelled texts from memory, JSON Lines, JSON or CSV, checked, digested and split.
 *
 * What is stated here holds for every way in:
 *
 * - An example has a `text`, a `label` and may have an `id`; its other fields are ignored.
 * - Equal texts are kept, with the same label (they weigh more) and with different ones (no rule set
 *   can then be right on both).
 * - Texts and labels that are empty or only white space are refused; so are lone surrogates, invalid
 *   UTF-8, missing fields, fields of a wrong type, an id given twice, and a data set without examples.
 *   NUL and other control characters are text like any other.
 * - A single label makes a data set, but nothing to learn: {@linkcode requireTwoLabels}.
 * - A byte order mark and CRLF are accepted everywhere. JSON Lines may have blank lines, CSV too.
 * - Errors name the source and the line, or the number of the example, and never quote a text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
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
 * ```
 *
 * @module
 */
import { basename, extname } from "jsr:@std/path@^1";
import * as z from "npm:zod@^4";
import { digest, shortDigest } from "./digest.ts";
import { type DatasetFormat, formatOfExtension, guessFormat, parseDocument } from "./formats.ts";
import { decodeUtf8, describeKind, isRecord } from "./json.ts";
import { quote } from "./quoting.ts";

export type { DatasetFormat } from "./formats.ts";

/** One labelled text. */
export interface Example {
  /** As given, or `e` and 10 hexadecimal digits of the text's digest, with `-2` … for repeats. */
  readonly id: string;
  readonly text: string;
  readonly label: string;
}

/** A checked data set. */
export interface Dataset {
  /** See {@linkcode DatasetName}. */
  readonly name: string;
  readonly task: "classification";
  /** Distinct, sorted by code unit. May hold labels that no example has. */
  readonly labels: readonly string[];
  /** At least one, in the order given. */
  readonly examples: readonly Example[];
}

/** A data set to be checked. A {@linkcode Dataset} is one too. */
export interface DatasetInput {
  /** See {@linkcode DatasetName}. */
  readonly name: string;
  readonly task?: "classification";
  /**
   * All labels that may occur.
   *
   * @default {those of the examples}
   */
  readonly labels?: readonly string[];
  readonly examples: readonly {
    readonly text: string;
    readonly label: string;
    /**
     * Unique, 1 to 200 characters.
     *
     * @default {derived from the text}
     */
    readonly id?: string;
  }[];
}

/**
 * Names of data sets become names of files: letters, digits, `.`, `_` and `-`, at most 100 of them,
 * and neither `.` nor `..`.
 */
export const DatasetName = z.string().regex(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
  "expected 1 to 100 of A-Z a-z 0-9 . _ - (it becomes a file name)",
);

const MAX_ID_LENGTH = 200;

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
 * @param options.source what errors call the text: `Cannot read <source>: line 3: …`
 * @throws {SyntaxError} where the text is not in that format
 * @throws {TypeError | RangeError} as {@linkcode createDataset}
 */
export function parseDataset(
  text: string,
  options: { readonly name?: string; readonly format: DatasetFormat; readonly source?: string },
): Dataset {
  const { name, format, source = "the data set" } = options;
  const document = parseDocument(text, format, source);
  const input = name === undefined ? document.input : { ...document.input, name };
  return checkDataset(input, source, document.place);
}

/**
 * A data set from a file, or from standard input for the path `-`.
 *
 * The format follows from the name (`.jsonl`, `.ndjson`, `.json`, `.csv`), for standard input from
 * the first characters. The name is by default the one in a JSON text, else that of the file without
 * its extension and with `-` for each character that is not allowed, else `stdin`. Needs read
 * permission for the file, none for standard input.
 *
 * @param options.name name of the data set, before any other
 * @param options.format the format, whatever the name or the content says
 * @throws {Error} where the file cannot be read, naming it; the cause is kept
 * @throws {Deno.errors.NotCapable} where the permission is missing
 * @throws {SyntaxError | TypeError | RangeError} as {@linkcode parseDataset}
 */
export async function readDataset(
  path: string,
  options: { readonly name?: string; readonly format?: DatasetFormat } = {},
): Promise<Dataset> {
  const fromStdin = path === "-";
  const source = fromStdin ? "standard input" : quote(path, Infinity);
  const extension = extname(path);
  const known = options.format ?? (fromStdin ? undefined : formatOfExtension(extension, source));
  const text = decodeUtf8(await readBytes(path, source), source);
  const { input, place } = parseDocument(text, known ?? guessFormat(text), source);
  const ownName = fromStdin
    ? "stdin"
    : basename(path, extension).replace(/[^A-Za-z0-9._-]/gu, "-").slice(0, 100);
  const named = { name: ownName, ...input };
  const { name = named.name } = options;
  return checkDataset({ ...named, name }, source, place);
}

/** The digest of the examples in order: `[{ id, text, label }, …]`. */
export function datasetDigest(dataset: Pick<Dataset, "examples">): string {
  return digest(dataset.examples.map(({ id, text, label }) => ({ id, text, label })));
}

/**
 * Nothing, where the examples have two labels or more.
 *
 * @throws {RangeError} where they all have the same label: there is nothing to tell apart
 */
export function requireTwoLabels(dataset: Dataset): void {
  const [first, ...others] = dataset.examples;
  if (others.some((example) => example.label !== first.label)) return;
  const all = others.length === 0 ? "its only example is" : `all ${others.length + 1} examples are`;
  throw new RangeError(
    `Cannot learn from ${quote(dataset.name)}: ${all} labelled ${quote(first.label)}, ` +
      "and classification needs two labels",
  );
}

async function readBytes(path: string, source: string): Promise<Uint8Array> {
  try {
    if (path === "-") return await new Response(Deno.stdin.readable).bytes();
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    let reason = (cause as Error).message;
    if (cause instanceof Deno.errors.NotFound) reason = "there is no such file";
    if (cause instanceof Deno.errors.IsADirectory) reason = "it is a directory";
    throw new Error(`Cannot read ${source}: ${reason}`, { cause });
  }
}

/** Checks any value. `place` names the example of an index. */
function checkDataset(input: unknown, source: string, place: (index: number) => string): Dataset {
  const fail = `Cannot read ${source}:`;
  if (!isRecord(input)) {
    throw new TypeError(`${fail} it is ${describeKind(input)}, expected an object`);
  }
  const { name, task = "classification", labels, examples } = input;
  if (typeof name !== "string") {
    throw new TypeError(`${fail} "name" is ${describeKind(name)}, expected a string`);
  }
  const checkedName = DatasetName.safeParse(name);
  if (!checkedName.success) {
    throw new RangeError(`${fail} name ${quote(name)}: ${checkedName.error.issues[0].message}`);
  }
  if (task !== "classification") {
    const found = typeof task === "string" ? quote(task) : describeKind(task);
    throw new RangeError(
      `${fail} task is ${found}, and only "classification" is supported in this version`,
    );
  }
  if (!Array.isArray(examples)) {
    throw new TypeError(`${fail} "examples" is ${describeKind(examples)}, expected an array`);
  }
  if (examples.length === 0) throw new RangeError(`${fail} it has no examples`);
  const given = labels === undefined ? undefined : checkLabels(labels, fail);
  const checked: Checked[] = [];
  for (let index = 0; index < examples.length; index++) {
    const example = checkExample(examples[index], () => `${fail} ${place(index)}:`);
    if (given && !given.has(example.label)) {
      throw new RangeError(
        `${fail} ${place(index)}: label ${quote(example.label)} is not among "labels"`,
      );
    }
    checked.push(example);
  }
  return {
    name,
    task,
    labels: [...given ?? new Set(checked.map((example) => example.label))].sort(),
    examples: nameExamples(checked, fail, place),
  };
}

type Checked = Omit<Example, "id"> & { readonly id?: string };

function checkLabels(labels: unknown, fail: string): Set<string> {
  if (!Array.isArray(labels)) {
    throw new TypeError(`${fail} "labels" is ${describeKind(labels)}, expected an array`);
  }
  const checked = new Set<string>();
  for (let index = 0; index < labels.length; index++) {
    checked.add(checkString(labels[index], `label ${index + 1} of "labels"`, () => fail));
  }
  return checked;
}

function checkExample(example: unknown, fail: () => string): Checked {
  if (!isRecord(example)) {
    const found = describeKind(example);
    throw new TypeError(`${fail()} it is ${found}, expected an object with "text" and "label"`);
  }
  // Each field is read once: what was checked is what is kept.
  const id = example.id;
  const text = checkString(example.text, '"text"', fail);
  const label = checkString(example.label, '"label"', fail);
  if (id === undefined) return { text, label };
  const checkedId = checkString(id, '"id"', fail);
  if (checkedId.length > MAX_ID_LENGTH) {
    const found = `${checkedId.length} characters long`;
    throw new RangeError(`${fail()} "id" is ${found}, expected at most ${MAX_ID_LENGTH}`);
  }
  return { id: checkedId, text, label };
}

function checkString(value: unknown, what: string, fail: () => string): string {
  if (typeof value !== "string") {
    throw new TypeError(`${fail()} ${what} is ${describeKind(value)}, expected a string`);
  }
  if (!/\S/.test(value)) {
    const found = value === "" ? "empty" : "only white space";
    throw new RangeError(`${fail()} ${what} is ${found}, expected some text`);
  }
  if (!value.isWellFormed()) {
    throw new RangeError(`${fail()} ${what} has a lone surrogate, expected valid Unicode`);
  }
  return value;
}

/** Gives an id to each example that has none, unlike any other id. */
function nameExamples(
  examples: readonly Checked[],
  fail: string,
  place: (index: number) => string,
): Example[] {
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
  return examples.map(({ id, text, label }) => {
    if (id !== undefined) return { id, text, label };
    const base = `e${shortDigest(text, 10)}`;
    let repeat = repeats.get(base) ?? 0;
    let derived: string;
    do {
      repeat++;
      derived = repeat === 1 ? base : `${base}-${repeat}`;
    } while (owners.has(derived));
    repeats.set(base, repeat);
    return { id: derived, text, label };
  });
}
