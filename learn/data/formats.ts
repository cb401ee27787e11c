/**
 * Parses the formats of a data set's file, JSON Lines, JSON and CSV, with the line of every example.
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
 * A format of a data set. `csv` has a header with `text`, `label` and optionally `id`, and holds
 * labelled texts only.
 */
export type DatasetFormat = "jsonl" | "json" | "csv";

/** A parsed document whose values are not checked yet. */
interface ParsedDocument {
  readonly input: Readonly<Record<string, unknown>>;
  /** Names the place of the example of an index in its source. */
  readonly place: (index: number) => string;
  /** Returns the line on which the example of an index begins, from 1. */
  readonly lineOf: (index: number) => number;
}

/**
 * Parses a text as a data set, without checking its values.
 *
 * @param source what errors call the text: `Cannot read <source>: line 3: …`
 * @param task the task of the examples, if it is known
 * @throws {SyntaxError | TypeError} if the text is not in that format
 * @throws {RangeError} if CSV has a lone surrogate, or the task needs spans and the format is CSV
 */
export function parseDocument(
  text: string,
  format: DatasetFormat,
  source: string,
  task?: Task,
): ParsedDocument {
  switch (format) {
    case "jsonl":
      return parseLines(text, source);
    case "json":
      return parseWhole(text, source);
    case "csv":
      if (task === "extraction" || task === "ner") {
        throw new RangeError(
          `Cannot read ${source}: CSV cannot hold spans; for the task ${task} use JSON Lines`,
        );
      }
      return parseTable(text, source);
  }
}

function parseLines(text: string, source: string): ParsedDocument {
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

function atLines(input: ParsedDocument["input"], lineOf: ParsedDocument["lineOf"]): ParsedDocument {
  return { input, place: (index) => `line ${lineOf(index)}`, lineOf };
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

function parseTable(text: string, source: string): ParsedDocument {
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
    // A row without an id has an empty cell.
    const id = cells[names.indexOf("id")] || undefined;
    return { text: cells[names.indexOf("text")], label: cells[names.indexOf("label")], id };
  });
  return atLines({ examples }, (index) => rows[index].line);
}

/** Parses the rows that are not blank, each with the line on which it begins. */
function parseRows(text: string, source: string): { cells: string[]; line: number }[] {
  if (!text.isWellFormed()) {
    // The encoder would replace it by U+FFFD.
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
    // The parser's message quotes the field: it is neither repeated nor kept as the cause.
    const problem = CSV_PROBLEMS.get(cause.code) ?? `is not CSV (${cause.code})`;
    throw new SyntaxError(`Cannot read ${source}: the row that begins on line ${line} ${problem}`);
  }
  return rows;
}

const CSV_PROBLEMS = new Map([
  ["CSV_QUOTE_NOT_CLOSED", "has a quote that is never closed"],
  [
    "CSV_INVALID_CLOSING_QUOTE",
    "has text after a closing quote, expected a comma (a quote in quotes is doubled)",
  ],
  ["INVALID_OPENING_QUOTE", "has a quote inside a field that is not in quotes"],
]);

const FORMATS = new Map<string, DatasetFormat>([
  [".jsonl", "jsonl"],
  [".ndjson", "jsonl"],
  [".json", "json"],
  [".csv", "csv"],
]);

/**
 * Returns the format of files with an extension.
 *
 * @throws {RangeError} if no format has that extension
 */
export function formatOfExtension(extension: string, source: string): DatasetFormat {
  const format = FORMATS.get(extension.toLowerCase());
  if (format) return format;
  throw new RangeError(
    `Cannot read ${source}: expected a name that ends in .jsonl, .ndjson, .json or .csv`,
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

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
