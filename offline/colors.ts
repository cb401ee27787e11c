/**
 * Stands in for `jsr:@std/fmt/colors` if JSR cannot be reached: the few styles that the printer uses,
 * over `styleText` of `node:util`. Styling is off if `Deno.noColor` is set.
 *
 * @module
 */
import { styleText } from "node:util";

let enabled = !Deno.noColor;

/** Switches styling on or off for the whole process, as `@std/fmt/colors` does. */
export function setColorEnabled(value: boolean): void {
  if (!Deno.noColor) enabled = value;
}

/** Tells whether styling is on. */
export function getColorEnabled(): boolean {
  return enabled;
}

type Style = Parameters<typeof styleText>[0];

function paint(style: Style, text: string): string {
  return enabled ? styleText(style, text, { validateStream: false }) : text;
}

/** Returns bold text. */
export const bold = (text: string): string => paint("bold", text);
/** Returns dim text. */
export const dim = (text: string): string => paint("dim", text);
/** Returns red text. */
export const red = (text: string): string => paint("red", text);
/** Returns green text. */
export const green = (text: string): string => paint("green", text);
/** Returns yellow text. */
export const yellow = (text: string): string => paint("yellow", text);
/** Returns cyan text. */
export const cyan = (text: string): string => paint("cyan", text);
