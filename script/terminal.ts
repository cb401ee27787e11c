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
  /**
   * Shows parts of a line, the most important first: those that do not fit are left out. A function is called
   * again twice a second, with the milliseconds since it was given, as a line that stands looks dead.
   */
  show(parts: readonly string[] | ((since: number) => readonly string[])): void;
  /** Shows a last line, which nothing but `clear` takes away. */
  end(text: string): void;
  /** Takes the line away. */
  clear(): void;
}

/** Milliseconds between two looks of a line that moves by itself. */
const TICK = 500;

/** Creates a progress line if the standard error is a terminal. */
export function createProgressLine(): ProgressLine | undefined {
  if (!isTerminal("stderr")) return undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let hasEnded = false;
  const draw = (parts: readonly string[]) =>
    write(CLEAR + fitLine(parts, terminalColumns("stderr") || 80), "stderr");
  const stop = () => clearInterval(timer);
  return {
    show(parts) {
      if (hasEnded) return;
      stop();
      if (typeof parts !== "function") return draw(parts);
      const start = performance.now();
      draw(parts(0));
      timer = setInterval(() => draw(parts(performance.now() - start)), TICK);
    },
    end(text) {
      stop();
      hasEnded = true;
      draw([text]);
    },
    clear() {
      stop();
      write(CLEAR, "stderr");
    },
  };
}

const CLEAR = "\r\x1b[K";

/**
 * Joins the parts of a line that fit into so many columns, but for the last one, in which terminals would
 * go to the next line; a part that is too long alone is cut.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { fitLine } from "./terminal.ts";
 *
 * assertEquals(fitLine(["synthesis", "reading texts", "31 s"], 80), "synthesis · reading texts · 31 s");
 * assertEquals(fitLine(["synthesis", "reading texts", "31 s"], 20), "synthesis · 31 s");
 * assertEquals(fitLine(["synthesis"], 8), "synthe…");
 * ```
 */
export function fitLine(parts: readonly string[], columns: number): string {
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line} · ${part}`;
    if (line === "" || [...longer].length < columns) line = longer;
  }
  const characters = [...line];
  if (characters.length < columns) return line;
  return `${characters.slice(0, Math.max(0, columns - 2)).join("")}…`;
}
