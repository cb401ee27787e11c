/**
 * Dialects of SQL: how each engine writes what a classifier needs.
 *
 * @module
 */
import type { EngineSyntax } from "./writing.ts";

/** The engines with SQL. */
export type SqlTarget = "duckdb" | "bigquery" | "clickhouse" | "trino" | "spark";

/** How an engine writes an expression. Arguments are SQL already, but for those of `text` and `name`. */
export interface SqlDialect {
  /** The regular expressions of the engine. */
  readonly syntax: EngineSyntax;
  /** Writes a string of characters as a literal. */
  text(value: string): string;
  /** Writes the name of a column. */
  name(value: string): string;
  /** Tells whether a column matches an expression. */
  matches(column: string, expression: string): string;
  /** Tells whether a column contains a literal. */
  contains(column: string, literal: string): string;
  /** Replaces all matches of an expression in a column. */
  replaces(column: string, expression: string, replacement: string): string;
  /** The function that replaces characters one by one. */
  readonly translate: string;
  /** U+FFFF twice, which stands for the halves of a character. */
  readonly halves: string;
}

/** Writes a string as standard SQL does: only the quote is doubled. */
function standard(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** Writes a string with backslash escapes, in one line. */
function escaped(value: string): string {
  return `'${
    value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n").replaceAll(
      "\r",
      "\\r",
    )
  }'`;
}

function doubleQuoted(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}

/** Writes a name between back quotes, in which BigQuery and ClickHouse escape by a backslash. */
function backQuoted(value: string): string {
  return `\`${value.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}

/** All dialects. */
export const DIALECTS: Readonly<Record<SqlTarget, SqlDialect>> = {
  duckdb: {
    syntax: "re2",
    text: standard,
    name: doubleQuoted,
    matches: (column, expression) => `regexp_matches(${column}, ${expression})`,
    contains: (column, literal) => `contains(${column}, ${literal})`,
    replaces: (column, expression, replacement) =>
      `regexp_replace(${column}, ${expression}, ${replacement}, 'g')`,
    translate: "translate",
    halves: "chr(65535) || chr(65535)",
  },
  bigquery: {
    syntax: "re2",
    text: escaped,
    name: backQuoted,
    matches: (column, expression) => `REGEXP_CONTAINS(${column}, ${expression})`,
    contains: (column, literal) => `STRPOS(${column}, ${literal}) > 0`,
    replaces: (column, expression, replacement) =>
      `REGEXP_REPLACE(${column}, ${expression}, ${replacement})`,
    translate: "TRANSLATE",
    halves: String.raw`'\uffff\uffff'`,
  },
  clickhouse: {
    syntax: "re2",
    text: escaped,
    name: backQuoted,
    matches: (column, expression) => `match(${column}, ${expression})`,
    contains: (column, literal) => `position(${column}, ${literal}) > 0`,
    replaces: (column, expression, replacement) =>
      `replaceRegexpAll(${column}, ${expression}, ${replacement})`,
    translate: "translateUTF8",
    halves: String.raw`'\xEF\xBF\xBF\xEF\xBF\xBF'`,
  },
  trino: {
    syntax: "joni",
    text: standard,
    name: doubleQuoted,
    matches: (column, expression) => `regexp_like(${column}, ${expression})`,
    contains: (column, literal) => `strpos(${column}, ${literal}) > 0`,
    replaces: (column, expression, replacement) =>
      `regexp_replace(${column}, ${expression}, ${replacement})`,
    translate: "translate",
    halves: String.raw`U&'\FFFF\FFFF'`,
  },
  spark: {
    syntax: "java",
    text: escaped,
    name: (value) => `\`${value.replaceAll("`", "``")}\``,
    matches: (column, expression) => `regexp_like(${column}, ${expression})`,
    contains: (column, literal) => `instr(${column}, ${literal}) > 0`,
    replaces: (column, expression, replacement) =>
      `regexp_replace(${column}, ${expression}, ${replacement})`,
    translate: "translate",
    halves: String.raw`'\uffff\uffff'`,
  },
};
