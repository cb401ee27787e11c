/**
 * Text for terminals: how wide it is, made to fit, and made safe to show.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { showText } from "../learn/text/quoting.ts";
 * import { displayWidth, truncate } from "./text.ts";
 *
 * assertEquals(displayWidth("日本語"), 6);
 * assertEquals(truncate("日本語", 5), "日本…");
 * assertEquals(showText("\u001b[2J"), String.raw`\x1b[2J`);
 * ```
 *
 * @module
 */
import stringWidth from "npm:string-width@^8";

// Grapheme boundaries do not depend on the locale; naming one keeps the environment out.
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Text whose characters take one column each: ASCII, and what the printer itself writes. */
const narrow = /^[ -~→…·±Δ]*$/;

/** How many columns `text` takes: 2 for a wide character or an emoji, 0 for a combining mark. */
export function displayWidth(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

/** `text`, or as many of its characters as leave room for the `…` that ends it in `width` columns. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return `${splitAt(text, width - 1)[0]}…`;
}

/** `text` with spaces before it (`right`) or after it (`left`) to fill `width` columns. */
export function align(text: string, width: number, side: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return side === "right" ? space + text : text + space;
}

/**
 * `text` in lines of at most `width` columns, broken at spaces and inside a word only where the word
 * is longer than a line. `first` columns of the first line are taken already.
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
    while (displayWidth(word) > width - used && empty) {
      const [head, tail] = splitAt(word, width);
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

/** The longest start of `text` that fits `width` columns (one character at least), and the rest. */
function splitAt(text: string, width: number): [string, string] {
  if (narrow.test(text)) return [text.slice(0, width), text.slice(width)];
  let used = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += displayWidth(segment);
    if (used > width && index > 0) return [text.slice(0, index), text.slice(index)];
  }
  return [text, ""];
}
