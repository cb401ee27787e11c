/**
 * Output for a terminal: its width and colours, a progress line, and JSON that is safe to print.
 *
 * @module
 */
import { escapeControls } from "../learn/text/quoting.ts";
import { isTerminal, readVariable, terminalColumns, wantsNoColor } from "../system/process.ts";
import { write } from "./script.ts";

/** Options of the layout of text. */
export interface FormatOptions {
  /**
   * Most columns of a line, from 20 to 1000.
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

/** Least width in columns. */
export const MIN_WIDTH = 20;
/** Greatest width in columns. */
export const MAX_WIDTH = 1_000;

/** Returns the layout for the standard output: the size and colours of a terminal, else `piped` columns. */
export function terminal(piped = 100): Required<FormatOptions> {
  if (!isTerminal("stdout")) return { width: piped, color: wantsColor(false) };
  const columns = terminalColumns();
  // Some terminals do not know their size and report 0.
  const width = columns === 0 ? 80 : Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns));
  return { width, color: wantsColor(true) };
}

/**
 * Tells whether to colour: on a terminal but a dumb one (`TERM=dumb`), or if `FORCE_COLOR` says so; not with
 * `NO_COLOR`, over which Deno lets `FORCE_COLOR` win. Variables that may not be read count as unset, but for
 * `NO_COLOR`, which needs no permission.
 */
function wantsColor(onTerminal: boolean): boolean {
  if (wantsNoColor()) return false;
  const forced = readVariable("FORCE_COLOR") ?? "";
  if (forced !== "") return forced !== "0" && forced !== "false";
  return onTerminal && readVariable("TERM") !== "dumb";
}

/**
 * Parses the value of a `--width` option as the `width` of {@linkcode FormatOptions}; without a value,
 * sets nothing.
 *
 * @throws {TypeError} unless the value is a whole number from 20 to 1000
 */
export function parseWidth(value: string | undefined): Pick<FormatOptions, "width"> {
  if (value === undefined) return {};
  const width = Number(value);
  if (/^\d{2,4}$/.test(value) && width >= MIN_WIDTH && width <= MAX_WIDTH) return { width };
  const range = `a whole number from ${MIN_WIDTH} to ${MAX_WIDTH}`;
  throw new TypeError(`--width is ${value}, expected ${range}`);
}

/**
 * Returns `value` as indented JSON that ends in a line break. Control and direction characters that JSON
 * allows are escaped, as they would act on a terminal.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2).split("\n").map(escapeControls).join("\n") + "\n";
}

/** One line on the standard error that is overwritten as the work goes on. */
export interface ProgressLine {
  show(text: string): void;
  clear(): void;
}

/** Creates a progress line if the standard error is a terminal. */
export function createProgressLine(): ProgressLine | undefined {
  if (!isTerminal("stderr")) return undefined;
  const clear = "\r\x1b[K";
  return {
    show: (text) => write(clear + text, "stderr"),
    clear: () => write(clear, "stderr"),
  };
}
