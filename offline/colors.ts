/**
 * Stands in for `jsr:@std/fmt/colors` if JSR cannot be reached: the few styles that the printer uses, as
 * the same bytes. Styling is off if `NO_COLOR` is in the environment.
 *
 * @module
 */
import { wantsNoColor } from "../system/process.ts";

let enabled = !wantsNoColor();

/** Switches styling on or off for the whole process, as `@std/fmt/colors` does. */
export function setColorEnabled(value: boolean): void {
  if (!wantsNoColor()) enabled = value;
}

/** Tells whether styling is on. */
export function getColorEnabled(): boolean {
  return enabled;
}

/**
 * Writes a text between two codes (ECMA-48, 8.3.117). A style within it that ends by the same code begins
 * this one again.
 */
function paint(begin: number, end: number, text: string): string {
  if (!enabled) return text;
  const [opening, closing] = [`\x1b[${begin}m`, `\x1b[${end}m`];
  return opening + text.replaceAll(closing, opening) + closing;
}

/** Returns bold text. */
export const bold = (text: string): string => paint(1, 22, text);
/** Returns dim text. */
export const dim = (text: string): string => paint(2, 22, text);
/** Returns red text. */
export const red = (text: string): string => paint(31, 39, text);
/** Returns green text. */
export const green = (text: string): string => paint(32, 39, text);
/** Returns yellow text. */
export const yellow = (text: string): string => paint(33, 39, text);
/** Returns cyan text. */
export const cyan = (text: string): string => paint(36, 39, text);
