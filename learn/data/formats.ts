/**
 * The formats of a data set's file: JSON Lines, JSON and CSV, read with the line of every example.
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
import { CsvError, parse as parseCsv } from "npm:csv-parse@^7/sync";
import type { Task } from "./examples.ts";
import { describeKind, findItemLines, isRecord, parseJson } from "../text/json.ts";

/**
 * The formats a data set is read from. `csv` has a header with `text`, `label` and maybe `id`, and
 * holds labelled texts only.
 */
export type DatasetFormat = "jsonl" | "json" | "csv";

/** A document as read. */
export interface Document {
  readonly input: Readonly<Record<string, unknown>>;
  /** Where in its source the example of an index stands, in words. */
  readonly place: (index: number) => string;
  /** The line on which it begins, from 1. */
  readonly lineOf: (index: number) => number;
}

/**
 * Reads a text as a data set that is still to be checked.
 *
 * @param source what errors call the text: `Cannot read <source>: line 3: …`
 * @param task what the examples are for, where that is known
 * @throws {SyntaxError | TypeError} where the text is not in that format
 * @throws {RangeError} where CSV has a lone surrogate, or is asked for spans
 */
export function parseDocument(
  text: string,
  format: DatasetFormat,
  source: string,
  task?: Task,
): Document {
  switch (format) {
    case "jsonl":
      return parseLines(text, source);
    case "json":
      return parseWhole(text, source);
    case "csv":
      if (task === "extraction" || task === "ner") {
        throw new RangeError(
          `Cannot read ${source}: CSV has no place for spans; for the task ${task} use JSON Lines`,
        );
      }
      return parseTable(text, source);
  }
}

function parseLines(text: string, source: string): Document {
  const examples: unknown[] = [];
  const lines: number[] = [];
  for (let start = 0, line = 1; start < text.length; line++) {
    const feed = text.indexOf("\n", start);
    const end = feed === -1 ? text.length : feed;
    const content = text.slice(start, end);
    if (/\S/.test(content)) {
      examples.push(parseJson(content, source, { firstLine: line }));
      lines.push(line);
    }
    start = end + 1;
  }
  return atLines({ examples }, (index) => lines[index]);
}

function atLines(input: Document["input"], lineOf: Document["lineOf"]): Document {
  return { input, place: (index) => `line ${lineOf(index)}`, lineOf };
}

function parseWhole(text: string, source: string): Document {
  const document = parseJson(text, source);
  const isList = Array.isArray(document);
  if (!isList && !isRecord(document)) {
    throw new TypeError(
      `Cannot read ${source}: it is ${describeKind(document)}, ` +
        'expected an array of examples or an object with "examples"',
    );
  }
  let lines: readonly number[] | undefined;
  const lineOf = (index: number) => {
    lines ??= findItemLines(text, isList ? [] : ["examples"]);
    return lines[index];
  };
  return {
    input: isList ? { examples: document } : document,
    place: (index) => `example ${index + 1} (line ${lineOf(index)})`,
    lineOf,
  };
}

function parseTable(text: string, source: string): Document {
  const [header, ...rows] = parseRows(text, source);
  if (!header) return atLines({ examples: [] }, () => 1);
  const names = header.cells.map((cell) => cell.trim());
  const twice = ["text", "label", "id"].find((name) =>
    names.indexOf(name) < names.lastIndexOf(name)
  );
  if (!names.includes("text") || !names.includes("label") || twice) {
    const found = twice ? `"${twice}" twice` : `${count(names.length, "column")} without them`;
    throw new SyntaxError(
      `Cannot read ${source}: line ${header.line}: ` +
        `expected a header with the columns text and label, got ${found}`,
    );
  }
  const examples = rows.map(({ cells, line }) => {
    if (cells.length !== names.length) {
      throw new SyntaxError(
        `Cannot read ${source}: line ${line} has ${count(cells.length, "field")}, ` +
          `expected ${names.length} as in the header (a field with commas needs quotes)`,
      );
    }
    // An empty cell is the only way for a row to have no id.
    const id = cells[names.indexOf("id")] || undefined;
    return { text: cells[names.indexOf("text")], label: cells[names.indexOf("label")], id };
  });
  return atLines({ examples }, (index) => rows[index].line);
}

/** The rows that are not blank, each with the line it begins on. */
function parseRows(text: string, source: string): { cells: string[]; line: number }[] {
  if (!text.isWellFormed()) {
    // The encoder would turn them into U+FFFD without a word.
    const line = text.split("\n").findIndex((content) => !content.isWellFormed()) + 1;
    throw new RangeError(
      `Cannot read ${source}: line ${line} has a lone surrogate, expected valid Unicode`,
    );
  }
  const bytes = new TextEncoder().encode(text.startsWith("\ufeff") ? text.slice(1) : text);
  const rows: { cells: string[]; line: number }[] = [];
  let line = 1;
  let start = 0;
  try {
    parseCsv(bytes, {
      record_delimiter: ["\r\n", "\n"],
      relax_column_count: true,
      // The parser counts a CRLF in quotes as two lines, so lines are counted here.
      on_record: (cells: string[], { bytes: end }) => {
        if (cells.length > 1 || /\S/.test(cells[0])) rows.push({ cells, line });
        for (; start < end; start++) if (bytes[start] === 0x0a) line++;
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    // Neither the parser's message nor the error as a cause: both quote the field.
    throw new SyntaxError(
      `Cannot read ${source}: the row that begins on line ${line} ${csvFault(cause.code)}`,
    );
  }
  return rows;
}

function csvFault(code: string): string {
  switch (code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return "has a quote that is never closed";
    case "CSV_INVALID_CLOSING_QUOTE":
      return "has text after a closing quote, expected a comma (a quote in quotes is doubled)";
    case "INVALID_OPENING_QUOTE":
      return "has a quote inside a field that is not in quotes";
    default:
      return `is not CSV (${code})`;
  }
}

/**
 * The format that the extension of a file name stands for.
 *
 * @throws {RangeError} where it stands for none
 */
export function formatOfExtension(extension: string, source: string): DatasetFormat {
  switch (extension.toLowerCase()) {
    case ".jsonl":
    case ".ndjson":
      return "jsonl";
    case ".json":
      return "json";
    case ".csv":
      return "csv";
    default:
      throw new RangeError(
        `Cannot read ${source}: expected a name that ends in .jsonl, .ndjson, .json or .csv`,
      );
  }
}

/**
 * The format of a text without a file name: CSV unless it begins with a bracket or a brace; then JSON,
 * unless its first line is a whole object without `examples`, and so one example of JSON Lines.
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

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
