/**
 * Text for terminals: its width, and text that is cut, aligned or broken to fit a width.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { displayWidth, truncate } from "./text.ts";
 *
 * assertEquals(displayWidth("日本語"), 6);
 * assertEquals(truncate("日本語", 5), "日本…");
 * ```
 *
 * @module
 */
import { displayWidth, splitGraphemes } from "./width.ts";

export { displayWidth };

/** Cuts `text` to `width` columns, of which the last is `…`, if it is wider. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return `${splitAt(text, width - 1)[0]}…`;
}

/** Fills `text` up to `width` columns with spaces before it (`right`) or after it (`left`). */
export function align(text: string, width: number, side: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return side === "right" ? space + text : text + space;
}

/**
 * Breaks `text` into lines of at most `width` columns: at spaces, and inside a word only if the word is
 * longer than a line.
 *
 * @param first columns of the first line that are taken already
 */
export function wrap(text: string, width: number, first = 0): string[] {
  const lines: string[] = [];
  let line = "";
  let used = first;
  let empty = first === 0;
  const flush = () => {
    lines.push(line);
    [line, used, empty] = ["", 0, true];
  };
  // A unit stays with its number.
  for (let word of text.split(/(?<! not) (?!%|F1\b)/)) {
    if (!empty && used + (line === "" ? 0 : 1) + displayWidth(word) > width) flush();
    while (empty) {
      const [head, tail] = splitAt(word, width);
      if (tail === "") break;
      line = head;
      flush();
      word = tail;
    }
    const gap = line === "" ? "" : " ";
    line += gap + word;
    used += gap.length + displayWidth(word);
    empty = false;
  }
  lines.push(line);
  return lines;
}

/**
 * Splits `text` after the longest start that fits `width` columns, at least one character. Looks only at that
 * start, and so takes no longer for a long text.
 */
function splitAt(text: string, width: number): [string, string] {
  // One more, as a combining mark belongs to the character before it.
  const isAscii = /^[ -~]*$/.test(text.slice(0, width + 1));
  if (isAscii) return [text.slice(0, width), text.slice(width)];
  let used = 0;
  for (const { segment, index } of splitGraphemes(text)) {
    used += displayWidth(segment);
    if (used > width && index > 0) return [text.slice(0, index), text.slice(index)];
  }
  return [text, ""];
}
