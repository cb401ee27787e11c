/**
 * CSV with a header: the rows of a whole text or of a stream, each with the line on which it begins.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseTable } from "./csv.ts";
 *
 * const rows = parseTable('text,label\n"rates, please",exchange\n', "a.csv", ["text", "label"]);
 * const fields = { text: "rates, please", label: "exchange", id: undefined };
 * assertEquals(rows, [{ fields, line: 2 }]);
 * ```
 *
 * @module
 */
import { CsvError, type Options, parse as createParser } from "npm:csv-parse@^7";
import { parse as parseCsv } from "npm:csv-parse@^7/sync";
import { listNames } from "./fields.ts";
import { type LineBlock, MAX_LINE_BYTES } from "../text/lines.ts";

/** The fields of a row that were asked for, its `id`, and what was `given`, by the names of their columns. */
export interface TableRow {
  readonly fields: Readonly<Record<string, string | undefined>>;
  /** The line on which it begins, from 1. */
  readonly line: number;
}

/**
 * Parses a whole text.
 *
 * @param columns the columns that the header must have
 * @throws {SyntaxError} if it is not CSV, a column is missing, or a row has more or fewer fields than the
 * header
 * @throws {RangeError} if it has a lone surrogate
 */
export function parseTable(text: string, source: string, columns: readonly string[]): TableRow[] {
  if (!text.isWellFormed()) {
    // The encoder would replace it by U+FFFD.
    const line = text.split("\n").findIndex((content) => !content.isWellFormed()) + 1;
    throw new RangeError(
      `Cannot read ${source}: line ${line} has a lone surrogate, expected valid Unicode`,
    );
  }
  const table = new Table(source, columns);
  const bytes = new TextEncoder().encode(text.startsWith("\ufeff") ? text.slice(1) : text);
  table.expect(bytes);
  try {
    parseCsv(bytes, table.options);
  } catch (cause) {
    throw table.explain(cause);
  }
  return [...table.take()];
}

/**
 * Parses a stream, block by block. The rows before a broken one come before its error.
 *
 * @param columns the columns that the header must have
 * @param most the most bytes of a row
 * @throws {SyntaxError} as {@linkcode parseTable} does, and if a row has more bytes
 */
export async function* streamTable(
  blocks: AsyncIterable<LineBlock>,
  source: string,
  columns: readonly string[],
  most = MAX_LINE_BYTES,
): AsyncGenerator<Iterable<TableRow>> {
  const table = new Table(source, columns);
  const parser = createParser({ ...table.options, max_record_size: most });
  // What is written and ended gets the error as well.
  parser.on("error", () => {});
  const settle = (act: (done: (problem?: Error | null) => void) => void) =>
    new Promise<Error | undefined>((resolve) => act((problem) => resolve(problem ?? undefined)));
  try {
    for await (const { bytes } of blocks) {
      table.expect(bytes);
      let problem = await settle((done) => parser.write(bytes, done));
      if (problem === undefined && table.isBetweenRows) {
        // The parser looks ahead: blank lines, which are not rows, let it see that the last row has ended.
        table.expect(BLANK_LINES, false);
        problem = await settle((done) => parser.write(BLANK_LINES, done));
      }
      yield table.take();
      if (problem !== undefined) throw table.explain(problem);
    }
    const problem = await settle((done) => parser.end(done));
    yield table.take();
    if (problem !== undefined) throw table.explain(problem);
  } finally {
    parser.destroy();
  }
}

/** The cells of a row. */
interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
}

/** Takes rows from the parser, counts their lines, and reads them by the header. */
class Table {
  readonly #source: string;
  readonly #columns: readonly string[];
  #header: readonly string[] | undefined;
  #rows: CsvRow[] = [];
  /** The line on which the next row begins. */
  #line = 1;
  /** How many bytes the parser was given. */
  #size = 0;
  /** Places of the line feeds in them, and how many of these the next row comes after. */
  #feeds: number[] = [];
  #passed = 0;
  /** How many quotes there were: an odd number if one is open, as a quote in quotes is doubled. */
  #quotes = 0;
  #isFeedLast = false;

  constructor(source: string, columns: readonly string[]) {
    this.#source = source;
    this.#columns = columns;
  }

  /** What the parser is to be created with. */
  get options(): Options {
    return {
      record_delimiter: ["\r\n", "\n"],
      relax_column_count: true,
      on_record: (cells: string[], { bytes: end }) => {
        if (cells.length > 1 || /\S/.test(cells[0])) this.#rows.push({ cells, line: this.#line });
        // The parser counts a CRLF in quotes as two lines, so lines are counted here.
        for (; this.#feeds[this.#passed] < end; this.#passed++) this.#line++;
        return null;
      },
    };
  }

  /** Tells whether a row ended where the bytes did: with a line feed that is not in quotes. */
  get isBetweenRows(): boolean {
    return this.#isFeedLast && this.#quotes % 2 === 0;
  }

  /**
   * Tells which bytes the parser is given next.
   *
   * @param areOfFile whether they are in the file, so that their lines count
   */
  expect(bytes: Uint8Array, areOfFile = true): void {
    // A row of many blocks passes none.
    if (this.#passed > 0) this.#feeds = this.#feeds.slice(this.#passed);
    this.#passed = 0;
    if (areOfFile) {
      for (const feed of placesOf(FEED, bytes)) this.#feeds.push(this.#size + feed);
      for (const _ of placesOf(QUOTE, bytes)) this.#quotes++;
      this.#isFeedLast = bytes.at(-1) === FEED;
    }
    this.#size += bytes.length;
  }

  /** Returns the rows that the parser has found since the last call. */
  *take(): Generator<TableRow> {
    const rows = this.#rows;
    this.#rows = [];
    for (const { cells, line } of rows) {
      const { length } = this.#header ?? [];
      if (this.#header === undefined) this.#header = this.#readHeader({ cells, line });
      else if (cells.length === length) yield { fields: this.#pick(cells, this.#header), line };
      else {
        throw new SyntaxError(
          `Cannot read ${this.#source}: line ${line} has ${count(cells.length, "field")}, ` +
            `expected ${length} as in the header (a field with commas needs quotes)`,
        );
      }
    }
  }

  #pick(cells: readonly string[], header: readonly string[]): TableRow["fields"] {
    const names = this.#columns.map((name) => [name, cells[header.indexOf(name)]] as const);
    const given = header.indexOf("given");
    return Object.fromEntries([
      // A row without an id has an empty cell.
      ["id", cells[header.indexOf("id")] || undefined],
      ...given === -1 ? [] : [["given", cells[given]] as const],
      ...names,
    ]);
  }

  #readHeader({ cells, line }: CsvRow): string[] {
    const header = cells.map((cell) => cell.trim());
    const twice = [...this.#columns, "id"].find((name) =>
      header.indexOf(name) < header.lastIndexOf(name)
    );
    const found = this.#columns.filter((name) => header.includes(name));
    if (twice === undefined && found.length === this.#columns.length) return header;
    const isOne = this.#columns.length === 1;
    const expected = `the column${isOne ? "" : "s"} ${this.#columns.join(" and ")}`;
    const advice = isOne
      ? "--text-column names another"
      : "--text-column and --label-column name others";
    const problem = twice === undefined
      ? `${listHeader(header, found.length > 0)} (${advice})`
      : `${listNames([twice])} twice`;
    throw new SyntaxError(
      `Cannot read ${this.#source}: line ${line}: expected a header with ${expected}, got ${problem}`,
    );
  }

  /** Returns the error to throw for one of the parser, whose message quotes the row. */
  explain(cause: unknown): unknown {
    if (!(cause instanceof CsvError)) return cause;
    const problem = PROBLEMS.get(cause.code) ?? `is not CSV (${cause.code})`;
    // It is not kept as the cause either.
    return new SyntaxError(
      `Cannot read ${this.#source}: the row that begins on line ${this.#line} ${problem}`,
    );
  }
}

const FEED = 0x0a;
const QUOTE = 0x22;

/** More bytes than the parser looks ahead: a quote, an escape and the end of a line. */
const BLANK_LINES = new Uint8Array(8).fill(FEED);

function* placesOf(byte: number, bytes: Uint8Array): Generator<number> {
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) yield at;
}

const PROBLEMS = new Map([
  ["CSV_QUOTE_NOT_CLOSED", "has a quote that is never closed"],
  [
    "CSV_INVALID_CLOSING_QUOTE",
    "has text after a closing quote, expected a comma (a quote in quotes is doubled)",
  ],
  ["INVALID_OPENING_QUOTE", "has a quote inside a field that is not in quotes"],
  [
    "CSV_MAX_RECORD_SIZE",
    "has too many bytes, or a quote that is never closed",
  ],
]);

/**
 * Lists the columns of a header. A file may be without one, and its first row is a text then: unless a column
 * is as expected, only single words are listed, as columns are called.
 */
function listHeader(header: readonly string[], isHeader: boolean): string {
  const names = header.filter((name) => isHeader || /^[\p{L}_][\p{L}\p{N}_.-]{0,39}$/u.test(name));
  const others = header.length - names.length;
  if (names.length === 0) return `${count(others, "column")} with other names`;
  return listNames(names) + (others === 0 ? "" : ` beside ${count(others, "other")}`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
