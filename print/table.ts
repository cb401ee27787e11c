/**
 * Tables that fit the terminal: numbers to the right, one column of text that takes what is left,
 * and fewer columns where there is no room.
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
import { align, displayWidth, truncate } from "./text.ts";

/** A column: what it says of a row, and how that is painted once it is laid out. */
export interface Column<Row> {
  readonly heading: string;
  readonly side: "left" | "right";
  text(row: Row): string;
  paint?(text: string, row: Row): string;
}

/** A table laid out. */
export interface Table<Row> {
  /** The heading, as wide as every row. */
  readonly heading: string;
  /** Columns to the left of the text column, and the columns that it has. */
  readonly indent: number;
  readonly room: number;
  /** A row in one line; `text` stands in for what the text column would say. */
  format(row: Row, text?: string): string;
}

const GAP = "  ";
/** The text column gets this many columns before another column is given up. */
const TEXT_WIDTH = 21;

/**
 * Lays out a table in at most `width` columns: with the first of `layouts` that leaves the column
 * `stretch` enough room, else with the last.
 */
export function fitTable<Row>(
  rows: readonly Row[],
  layouts: readonly (readonly Column<Row>[])[],
  stretch: Column<Row>,
  width: number,
): Table<Row> {
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
