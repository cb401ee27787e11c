/**
 * Texts in messages: what data or files say is shown on one line and cannot act on a terminal.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { cut, quote, showText } from "./quoting.ts";
 *
 * assertEquals(quote("a\u001b[2J\n"), String.raw`"a\u001b[2J\n"`);
 * assertEquals(showText("a\u001b[2J\n"), String.raw`a\x1b[2J\n`);
 * assertEquals(cut("exchange", 5), "exch…");
 * assertEquals(cut("exchange", 5, ""), "excha");
 * ```
 *
 * @module
 */

/**
 * Characters that act on a terminal or that a reader cannot see in order: C0, DEL and C1 controls, marks
 * and overrides of direction, line and paragraph separators, the byte order mark, annotation anchors,
 * lone surrogates.
 */
export const UNSAFE: RegExp =
  // deno-lint-ignore no-control-regex -- these are the characters to find
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/**
 * Replaces each unsafe character by a space, which makes one safe line. `foldQuote` finds quotes of the
 * text in it as in the text itself.
 */
export function toLine(text: string): string {
  return text.replace(UNSAFE, " ");
}

/** Writes unsafe characters as JSON does, `\u001b`: a JSON text keeps its meaning. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${toHex(character, 4)}`);
}

/** Writes all characters but printable ones of ASCII as JSON does: the text is read alike in any encoding. */
export function escapeBeyondAscii(text: string): string {
  return text.replace(/[^ -~]/g, (character) => `\\u${toHex(character, 4)}`);
}

/** Writes unsafe characters as short as code does: `\n`, `\x1b`, `\u202e`. */
export function showText(text: string): string {
  return text.replace(
    UNSAFE,
    (character) =>
      SHORT.get(character) ??
        (character <= "\xff" ? `\\x${toHex(character, 2)}` : `\\u${toHex(character, 4)}`),
  );
}

const SHORT = new Map([["\t", "\\t"], ["\n", "\\n"], ["\r", "\\r"]]);

function toHex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}

/** Cuts a text to at most `length` UTF-16 code units, `end` included. Cuts no character in two. */
export function cut(text: string, length: number, end = "…"): string {
  if (text.length <= length) return text;
  return text.slice(0, length - end.length).replace(/[\ud800-\udbff]$/, "") + end;
}

/** Puts a text in double quotes, escaped, and cut after `length` characters. */
export function quote(text: string, length = 60): string {
  // Cut in code units first: a label may be as long as a file.
  const characters = [...text.slice(0, 2 * length + 2)];
  const shown = characters.length > length ? `${characters.slice(0, length).join("")}…` : text;
  return escapeControls(JSON.stringify(shown));
}
