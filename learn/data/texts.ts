/**
 * Texts to be labelled, read as they come: JSON Lines, CSV with a header, and plain text with one text a line
 * take constant memory; a JSON document is read whole.
 *
 * Texts are checked as those of examples are, but may be empty, and have no label. Blank lines are left out.
 * Of texts that hold an error, those before it come first.
 *
 * @module
 */
import { extname } from "jsr:@std/path@^1";
import { checkUnlabelled, type UnlabelledText } from "./checks.ts";
import { streamTable } from "./csv.ts";
import { type FieldNames, nameFields } from "./fields.ts";
import {
  type DatasetFormat,
  formatOfExtension,
  FORMATS,
  guessFormat,
  linesOf,
  parseDocument,
  parseLines,
} from "./formats.ts";
import { flattenText } from "./nested.ts";
import { nameOther } from "../text/contents.ts";
import { decodeUtf8, describeKind, isRecord } from "../text/json.ts";
import { MAX_LINE_BYTES, splitLines, streamBytes, textOf } from "../text/lines.ts";
import { MAX_BYTES, nameInput, readAtMost, readError, requireFile } from "../text/reading.ts";

/** Options of {@linkcode readTexts}. */
export interface TextOptions {
  /** What the field with the text is called. */
  readonly fields?: FieldNames;
  /** Called with how many bytes were read, each time that some were. */
  readonly onRead?: (bytes: number) => void;
}

/** A format of texts: one of data sets, or plain text with one text a line. */
type TextFormat = DatasetFormat | "txt";

/**
 * Reads texts from a file, or from standard input for the path `-`: as many at a time as come at once.
 *
 * The format follows from the extension (`.jsonl`, `.ndjson`, `.json`, `.csv`, `.txt`). That of standard input
 * is guessed from its first line: JSON as in data sets, CSV if a column is called as the field with the text,
 * else plain text.
 *
 * @throws {Error} if the file cannot be read, naming it; the cause is kept
 * @throws {Deno.errors.NotCapable} if the permission is missing
 * @throws {SyntaxError} if it is not in its format, not UTF-8, or a line is too long, naming the line
 * @throws {TypeError | RangeError} if a text or an id is not as expected, naming the line
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTexts } from "./texts.ts";
 *
 * let first;
 * for await (const texts of readTexts("examples/banking_test.jsonl")) first ??= texts[0];
 * assertEquals(first, { text: "I need to know your exchange rates." });
 * ```
 */
export async function* readTexts(
  path: string,
  { fields, onRead }: TextOptions = {},
): AsyncGenerator<UnlabelledText[]> {
  const source = nameInput(path);
  const names = nameFields(fields);
  requireFile(path, source);
  const known = path === "-" ? undefined : formatOfExtension(extname(path), source, TEXT_FORMATS);
  const parts = countRead(streamBytes(path, source), onRead);
  const { head, chunks } = known === undefined ? await peek(parts) : { head: "", chunks: parts };
  const check = (value: unknown, place: string, textField?: unknown) => {
    const prefix = () => `Cannot read ${source}: ${place}:`;
    return checkUnlabelled(flattenText(value, prefix, { textField, names }), prefix, names);
  };
  switch (known ?? guessTexts(head, names.text)) {
    case "jsonl":
      for await (const block of splitLines(chunks, source)) {
        const text = textOf(block);
        const lines = parseLines(text, source, block.firstLine);
        const texts = collect(lines, ({ value, line }) => check(value, `line ${line}`));
        yield* block.firstLine === 1 ? naming(texts, text, source) : texts;
      }
      return;
    case "csv":
      for await (const rows of streamTable(splitLines(chunks, source), source, [names.text])) {
        yield* collect(rows, ({ fields, line }) => check(fields, `line ${line}`));
      }
      return;
    case "txt":
      for await (const block of splitLines(chunks, source)) {
        const lines = linesOf(textOf(block), block.firstLine);
        yield* collect(lines, ({ content }) => ({ text: content.replace(/\r$/, "") }));
      }
      return;
    case "json": {
      const text = await readAll(chunks, source);
      yield* naming(parseTexts(text, source, check), text, source);
    }
  }
}

/** Returns the texts of a JSON document. */
function* parseTexts(
  text: string,
  source: string,
  check: (value: unknown, place: string, textField?: unknown) => UnlabelledText,
): Generator<UnlabelledText[]> {
  const { input: { examples, task }, place } = parseDocument(text, "json", source);
  if (!Array.isArray(examples)) {
    const found = describeKind(examples);
    throw new TypeError(`Cannot read ${source}: "examples" is ${found}, expected an array`);
  }
  const textField = isRecord(task) ? task.text_field : undefined;
  yield* collect(examples.entries(), ([index, value]) => check(value, place(index), textField));
}

/** Returns texts. An error of the first of them says what `text`, which they are from, holds instead. */
function* naming(
  texts: Iterable<UnlabelledText[]>,
  text: string,
  source: string,
): Generator<UnlabelledText[]> {
  let isFirst = true;
  try {
    for (const some of texts) {
      isFirst = false;
      yield some;
    }
  } catch (error) {
    throw isFirst ? nameOther(error, text, source, "texts", ["examples"]) : error;
  }
}

const TEXT_FORMATS = new Map<string, TextFormat>([...FORMATS, [".txt", "txt"]]);

/** Guesses the format of texts from their beginning, which has the first line that is not blank. */
function guessTexts(head: string, name: string): TextFormat {
  // A plain text may begin with a bracket or a brace too.
  if (/^\s*(?:\[\s*(?:[{\]]|$)|\{\s*(?:["}]|$))/.test(head)) {
    return guessFormat(head) === "jsonl" ? "jsonl" : "json";
  }
  const [first] = head.trimStart().split("\n", 1);
  const columns = first.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  return columns.includes(name) ? "csv" : "txt";
}

/** Reads parts up to the end of the first line that is not blank; returns their text, and all parts. */
async function peek(
  parts: AsyncGenerator<Uint8Array>,
): Promise<{ head: string; chunks: AsyncIterable<Uint8Array> }> {
  const read: Uint8Array[] = [];
  const decoder = new TextDecoder();
  let head = "";
  while (head.length <= MAX_LINE_BYTES && !head.trimStart().includes("\n")) {
    const { value, done } = await parts.next();
    if (done) break;
    // A copy: the source may use the memory of the part for the next one.
    read.push(new Uint8Array(value));
    head += decoder.decode(value, { stream: true });
  }
  async function* all() {
    yield* read;
    yield* parts;
  }
  return { head, chunks: all() };
}

/** Tells of each part how many bytes it has. */
async function* countRead(
  parts: AsyncIterable<Uint8Array>,
  onRead: TextOptions["onRead"],
): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    onRead?.(part.length);
    yield part;
  }
}

async function readAll(parts: AsyncIterable<Uint8Array>, source: string): Promise<string> {
  let bytes;
  try {
    bytes = await readAtMost(parts, MAX_BYTES);
  } catch (cause) {
    throw cause instanceof RangeError ? readError(source, cause) : cause;
  }
  return decodeUtf8(bytes, source);
}

/** Returns the checked texts of items. Those before one that is refused come before its error. */
function* collect<Item>(
  items: Iterable<Item>,
  check: (item: Item) => UnlabelledText,
): Generator<UnlabelledText[]> {
  const texts: UnlabelledText[] = [];
  try {
    for (const item of items) texts.push(check(item));
  } catch (error) {
    if (texts.length > 0) yield texts;
    throw error;
  }
  if (texts.length > 0) yield texts;
}
