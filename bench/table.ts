// deno-lint-ignore-file no-console
/**
 * Runs a bench, and lays out its results as aligned text.
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

/** The result of a bench. */
export interface BenchResult {
  /** The text to print. */
  readonly text: string;
  /** Failed checks, one line for each; being slow is not a problem. */
  readonly problems: readonly string[];
}

/** Options of a bench. */
export interface BenchOptions {
  /** Whether to check only that it works, on little data. */
  readonly quick: boolean;
}

/** A function that measures something. */
export type Bench = (options: BenchOptions) => BenchResult | Promise<BenchResult>;

/**
 * Runs a bench as a script, quickly with `--quick`.
 *
 * @param child runs instead with `--child PATH`; its result is printed as JSON, for `runApart`
 */
export async function runBench(
  bench: Bench,
  child?: (path: string) => Promise<unknown>,
): Promise<void> {
  const [flag, path] = Deno.args;
  if (child !== undefined && flag === "--child") {
    console.log(JSON.stringify(await child(path)));
    return;
  }
  const { text, problems } = await bench({ quick: Deno.args.includes("--quick") });
  console.log([text, ...problems].join("\n"));
}

/** Returns the result of a bench that has no data to measure on. */
export function skipped(name: string): BenchResult {
  return { text: `${name}: skipped, as ../shared/data is missing`, problems: [] };
}

/** Returns the result of a bench whose figures must be numbers. */
export function toResult(text: string, figures: readonly number[]): BenchResult {
  return { text, problems: figures.every(Number.isFinite) ? [] : [`not a number in: ${text}`] };
}

/**
 * Formats a table under a title, with notes below it. Columns of numbers are aligned to the right,
 * others to the left.
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

/** A figure that was measured several times: its name, its values, their unit and the target. */
export type RangeRow = readonly [
  what: string,
  values: readonly number[],
  unit: string,
  target?: string,
];

/** Returns the result of a bench as a table of medians and ranges, whose figures must be numbers. */
export function formatRanges(
  title: string,
  rows: readonly RangeRow[],
  notes: readonly string[],
  digits = 0,
): BenchResult {
  const headings = ["what", "median", "least", "most", "unit", "held to"];
  const cells = rows.map(([what, values, unit, target = ""]) => {
    const range = [median(values), Math.min(...values), Math.max(...values)];
    return [what, ...range.map((value) => value.toFixed(digits)), unit, target];
  });
  return toResult(formatTable(title, headings, cells, notes), rows.flatMap(([, values]) => values));
}

/** Returns how many milliseconds a function takes. */
export function timeOf(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** Returns the median: of two middle values the higher one, of no values NaN. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
