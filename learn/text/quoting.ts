/**
 * Text in messages: what data or files say is quoted so that it stays on one line and cannot act on a
 * terminal.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { quote } from "./quoting.ts";
 *
 * assertEquals(quote("a\u001b[2J\n"), String.raw`"a\u001b[2J\n"`);
 * ```
 *
 * @module
 */

/**
 * What a terminal would act on or a reader could not see in order: C0, DEL and C1 controls, marks and
 * overrides of direction, line and paragraph separators, the byte order mark, annotation anchors, lone
 * surrogates.
 */
export const UNSAFE =
  // deno-lint-ignore no-control-regex -- these are what has to be found
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/**
 * `text` with a space for each control character: one safe line in which quotes of a text can still be found,
 * as `foldQuote` reads both alike.
 */
export function toLine(text: string): string {
  return text.replace(UNSAFE, " ");
}

/** `text` with its control characters written as `\uXXXX`, so that a message stays one safe line. */
export function escapeControls(text: string): string {
  return text.replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `text` as it is, or cut to `length` code units, of which the last is `…`; no character is cut in two. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** `text` in double quotes for a message: escaped, and cut after `length` characters. */
export function quote(text: string, length = 60): string {
  // Cut in code units first: a label may be as long as a file.
  const characters = [...text.slice(0, 2 * length + 2)];
  const shown = characters.length > length ? `${characters.slice(0, length).join("")}…` : text;
  return escapeControls(JSON.stringify(shown));
}

const PLAIN = /^[ -~]*$/;
const SHORT = new Map([["\t", "\\t"], ["\n", "\\n"], ["\r", "\\r"]]);

/** `text` with control, escape and direction characters written out: `\n`, `\x1b`, `\u202e`. */
export function showText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return SHORT.get(character) ??
      (code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`);
  });
}
