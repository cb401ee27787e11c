/**
 * What scripts show on a terminal: how wide, in which colours, progress, and JSON that is safe there.
 *
 * @module
 */
import { escapeControls } from "../learn/text/quoting.ts";
import { write } from "./script.ts";

/** How text is laid out. */
export interface FormatOptions {
  /**
   * Columns that no line is wider than, from 20 to 1000.
   *
   * @default 80
   */
  readonly width?: number;
  /**
   * Whether to colour, with escape sequences. Never with `NO_COLOR` in the environment.
   *
   * @default false
   */
  readonly color?: boolean;
}

/** Columns at least. */
export const MIN_WIDTH = 20;
/** Columns at most. */
export const MAX_WIDTH = 1_000;

/** What suits the standard output: on a terminal its size and colours, elsewhere `piped` columns. */
export function terminal(piped = 100): Required<FormatOptions> {
  if (!Deno.stdout.isTerminal()) return { width: piped, color: false };
  const { columns } = Deno.consoleSize();
  // Some terminals do not know their size and say 0.
  const width = columns === 0 ? 80 : Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns));
  return { width, color: !Deno.noColor };
}

/**
 * Reads the value of a `--width` option as the `width` of {@linkcode FormatOptions}; without a value,
 * nothing is set.
 *
 * @throws {TypeError} unless the value is a whole number from 20 to 1000
 */
export function parseWidth(given: string | undefined): Pick<FormatOptions, "width"> {
  if (given === undefined) return {};
  const width = Number(given);
  if (/^\d{2,4}$/.test(given) && width >= MIN_WIDTH && width <= MAX_WIDTH) return { width };
  const range = `a whole number from ${MIN_WIDTH} to ${MAX_WIDTH}`;
  throw new TypeError(`--width is ${given}, expected ${range}`);
}

/**
 * `value` as indented JSON that ends in a line break. Control and direction characters are escaped:
 * JSON leaves some as they are, and they would act on a terminal.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2).split("\n").map(escapeControls).join("\n") + "\n";
}

/** One line on the standard error that is written over as the work goes on. */
export interface ProgressLine {
  show(text: string): void;
  clear(): void;
}

/** Creates a progress line if the standard error is a terminal. */
export function createProgressLine(): ProgressLine | undefined {
  if (!Deno.stderr.isTerminal()) return undefined;
  const clear = "\r\x1b[K";
  return {
    show: (text) => write(clear + text, Deno.stderr),
    clear: () => write(clear, Deno.stderr),
  };
}
