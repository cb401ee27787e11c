/**
 * Results as aligned text, and the medians in them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { formatTable, median } from "./table.ts";
 *
 * assertEquals(
 *   formatTable("reading", ["what", "ms"], [["parse", "8.1"], ["print", "12.0"]], ["medians of 5"]),
 *   "reading\n\n  what     ms\n  parse   8.1\n  print  12.0\n\n  medians of 5",
 * );
 * assertEquals(median([3, 1, 2]), 2);
 * ```
 *
 * @module
 */

/** What a bench found: text to print, and what of it is not as it must be. */
export interface BenchResult {
  readonly text: string;
  /** One line for each; a slow run is none. */
  readonly faults: readonly string[];
}

/** How a bench is run. */
export interface BenchOptions {
  /** Whether to see only that it works, on little data. */
  readonly quick: boolean;
}

/** What is told where there is nothing to measure on. */
export function skipped(name: string): BenchResult {
  return { text: `${name}: skipped, there is no ../shared/data to read`, faults: [] };
}

/** A text in which each figure must be one. */
export function toResult(text: string): BenchResult {
  return {
    text,
    faults: /\b(NaN|Infinity|undefined)\b/.exec(text) ? [`no number in: ${text}`] : [],
  };
}

/**
 * A table under a title, with notes below it. Columns of numbers are aligned to the right, others to
 * the left; the last is not filled up.
 */
export function formatTable(
  title: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  notes: readonly string[] = [],
): string {
  const columns = headings.map((heading, column) => {
    const cells = rows.map((row) => row[column]);
    const width = Math.max(heading.length, ...cells.map(({ length }) => length));
    return { width, isNumeric: cells.every((cell) => /^([+-]?[\d.,]+( [a-zµ%]+)?)?$/.test(cell)) };
  });
  const lines = [headings, ...rows].map((row) => {
    const cells = row.map((cell, column) => {
      const { width, isNumeric } = columns[column];
      return isNumeric ? cell.padStart(width) : cell.padEnd(width);
    });
    return `  ${cells.join("  ")}`.trimEnd();
  });
  const below = notes.length > 0 ? ["", ...notes.map((note) => `  ${note}`)] : [];
  return [title, "", ...lines, ...below].join("\n");
}

/** The middle of some values, the higher one where there are two; NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
