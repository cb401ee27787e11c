/**
 * Tables that fit the terminal: numbers to the right, one column of text that takes the rest, and fewer
 * columns if there is no room for all.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { fitTable } from "./table.ts";
 *
 * const name = { heading: "name", side: "left", text: (row: [string, number]) => row[0] } as const;
 * const size = { heading: "size", side: "right", text: (row: [string, number]) => `${row[1]}` } as const;
 * const table = fitTable([["日本", 7]], [[name, size]], name, 20);
 * assertEquals(table.heading, "name  size");
 * assertEquals(table.format(["日本", 7]), "日本     7");
 * ```
 *
 * @module
 */
import { bold } from "jsr:@std/fmt@^1/colors";
import { align, displayWidth, truncate } from "./text.ts";

/** A column of a table. */
export interface Column<Row> {
  readonly heading: string;
  readonly side: "left" | "right";
  /** Returns the text of a row. */
  text(row: Row): string;
  /** Colours a text that is laid out already. */
  paint?(text: string, row: Row): string;
}

/** A table whose columns have their widths. */
export interface FittedTable<Row> {
  /** The heading, as wide as every row. */
  readonly heading: string;
  /** The width of all that is to the left of the text column. */
  readonly indent: number;
  /** The width of the text column. */
  readonly room: number;
  /** Formats a row as one line, with `text` in the text column if it is given. */
  format(row: Row, text?: string): string;
}

const GAP = "  ";
/** The text column gets this many columns before another column is left out. */
const TEXT_WIDTH = 21;

/** Returns a column of text. */
export function textColumn<Row>(
  heading: string,
  text: (row: Row) => string,
  paint?: Column<Row>["paint"],
): Column<Row> {
  return { heading, side: "left", text, paint };
}

/** Returns a column of numbers. */
export function numberColumn<Row>(heading: string, text: (row: Row) => string): Column<Row> {
  return { heading, side: "right", text };
}

/** Formats a table as lines, the heading first; no lines if it has no rows. See {@linkcode fitTable}. */
export function formatTable<Row>(
  rows: readonly Row[],
  layouts: readonly (readonly NoInfer<Column<Row>>[])[],
  stretch: NoInfer<Column<Row>>,
  width: number,
): string[] {
  if (rows.length === 0) return [];
  const table = fitTable(rows, layouts, stretch, width);
  return [bold(table.heading.trimEnd()), ...rows.map((row) => table.format(row).trimEnd())];
}

/**
 * Fits a table into `width` columns: with the first of `layouts` that leaves the column `stretch`
 * enough room, or else with the last.
 */
export function fitTable<Row>(
  rows: readonly Row[],
  layouts: readonly (readonly NoInfer<Column<Row>>[])[],
  stretch: NoInfer<Column<Row>>,
  width: number,
): FittedTable<Row> {
  const widths = new Map<Column<Row>, number>();
  const measure = (column: Column<Row>) => {
    let widest = widths.get(column);
    if (widest !== undefined) return widest;
    widest = displayWidth(column.heading);
    for (const row of rows) widest = Math.max(widest, displayWidth(column.text(row)));
    widths.set(column, widest);
    return widest;
  };
  const room = (layout: readonly Column<Row>[]) =>
    layout.reduce(
      (left, column) => left - (column === stretch ? 0 : measure(column)),
      width - GAP.length * (layout.length - 1),
    );
  const wanted = Math.min(TEXT_WIDTH, measure(stretch));
  const chosen = layouts.find((layout) => room(layout) >= wanted) ?? layouts[layouts.length - 1];
  const textWidth = Math.max(1, Math.min(measure(stretch), room(chosen)));
  const widthOf = (column: Column<Row>) => column === stretch ? textWidth : measure(column);
  const cell = (column: Column<Row>, text: string) =>
    align(truncate(text, widthOf(column)), widthOf(column), column.side);
  const before = chosen.slice(0, chosen.indexOf(stretch));
  return {
    heading: chosen.map((column) => cell(column, column.heading)).join(GAP),
    indent: before.reduce((sum, column) => sum + widthOf(column) + GAP.length, 0),
    room: textWidth,
    format: (row, text) =>
      chosen.map((column) => {
        const laid = cell(
          column,
          column === stretch && text !== undefined ? text : column.text(row),
        );
        return column.paint && laid.trim() !== "" ? column.paint(laid, row) : laid;
      }).join(GAP),
  };
}
