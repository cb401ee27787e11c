/**
 * Stands in for `jsr:@std/fmt/colors` where JSR cannot be reached: the few styles the printer uses,
 * over `styleText` of `node:util`, off when `Deno.noColor`.
 *
 * @module
 */
import { styleText } from "node:util";

let enabled = !Deno.noColor;

/** Switches styling on or off for the whole process, as `@std/fmt/colors` does. */
export function setColorEnabled(value: boolean): void {
  if (!Deno.noColor) enabled = value;
}

/** Whether styling is on. */
export function getColorEnabled(): boolean {
  return enabled;
}

type Style = Parameters<typeof styleText>[0];

function paint(style: Style, text: string): string {
  return enabled ? styleText(style, text, { validateStream: false }) : text;
}

/** Bold text. */
export function bold(text: string): string {
  return paint("bold", text);
}

/** Dim text. */
export function dim(text: string): string {
  return paint("dim", text);
}

/** Red text. */
export function red(text: string): string {
  return paint("red", text);
}

/** Green text. */
export function green(text: string): string {
  return paint("green", text);
}

/** Yellow text. */
export function yellow(text: string): string {
  return paint("yellow", text);
}

/** Cyan text. */
export function cyan(text: string): string {
  return paint("cyan", text);
}
