/**
 * How wide a text is and whether it is coloured: checked, and what suits the standard output.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { layOut } from "./layout.ts";
 *
 * assertEquals(layOut({ width: 40 }, (width) => [`at most ${width}`, "columns"]), "at most 40\ncolumns\n");
 * ```
 *
 * @module
 */
import { getColorEnabled, setColorEnabled } from "jsr:@std/fmt@^1/colors";

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

/**
 * The lines that `render` gives for a width, each with its line break. Colours are on only while it
 * runs, and only where asked for.
 *
 * @throws {RangeError} where `width` is no whole number from 20 to 1000
 */
export function layOut(
  { width = 80, color = false }: FormatOptions = {},
  render: (width: number) => readonly string[],
): string {
  if (!Number.isInteger(width) || width < MIN_WIDTH || width > MAX_WIDTH) {
    throw new RangeError(
      `Cannot print ${width} columns wide: expected a whole number from ${MIN_WIDTH} to ${MAX_WIDTH}`,
    );
  }
  const before = getColorEnabled();
  setColorEnabled(color);
  try {
    return render(width).map((line) => `${line}\n`).join("");
  } finally {
    setColorEnabled(before);
  }
}

/** What suits the standard output: on a terminal its size and colours, elsewhere `piped` columns. */
export function terminal(piped = 100): Required<FormatOptions> {
  if (!Deno.stdout.isTerminal()) return { width: piped, color: false };
  const { columns } = Deno.consoleSize();
  // Some terminals do not know their size and say 0.
  const width = columns === 0 ? 80 : Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns));
  return { width, color: !Deno.noColor };
}
