/**
 * Text in lines of a checked width, with or without colours.
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
import { type FormatOptions, MAX_WIDTH, MIN_WIDTH } from "../script/terminal.ts";

/**
 * Returns the lines that `render` returns for a width, each with its line break. Colours are on only while
 * it runs, and only if asked for.
 *
 * @throws {RangeError} unless `width` is a whole number from 20 to 1000
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

/** Puts an empty line between parts that have lines. */
export function separate(parts: readonly (readonly string[])[]): string[] {
  return parts.filter((lines) => lines.length > 0)
    .flatMap((lines, place) => place === 0 ? lines : ["", ...lines]);
}
