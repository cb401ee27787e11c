/**
 * The columns that a text takes on a terminal.
 *
 * As `npm:string-width` counts them, which the tests compare with; but nothing is made ready before a text
 * needs it, as its tables of emoji and of graphemes take longer to load than a trace takes to print.
 *
 * @module
 */
import { eastAsianWidth } from "npm:get-east-asian-width@^1";

/** What is needed for text that is not plain. */
interface Tables {
  readonly graphemes: Intl.Segmenter;
  readonly emoji: RegExp;
}

let tables: Tables | undefined;

function load(): Tables {
  return tables ??= {
    // Grapheme boundaries do not depend on the locale; naming one keeps the environment out.
    graphemes: new Intl.Segmenter("en", { granularity: "grapheme" }),
    // Made from a string, as the sets are read when the expression is made. A digit with U+FE0F is a key.
    emoji: new RegExp(String.raw`^(?:\p{RGI_Emoji}|\p{RI}{1,2}|[\d#*]\ufe0f)`, "v"),
  };
}

/** Returns the graphemes of a text: what is seen as one character. */
export function splitGraphemes(text: string): Iterable<Intl.SegmentData> {
  return load().graphemes.segment(text);
}

/** Characters of one column each: ASCII, Latin letters, and others that the printer writes. */
const narrow = /^[ -~\u00a1-\u00ac\u00ae-\u02ff→…·±Δ]*$/;
/** What sets the style of text, and is not seen. */
// deno-lint-ignore no-control-regex -- escape sequences begin so
const style = /\u001b\[[\d;]*m/g;
/** Signs that go before the digits that they enclose: of the class Format, but seen. */
const SIGNS = String.raw`\u{600}-\u{605}\u{6dd}\u{890}\u{891}\u{8e2}\u{110bd}\u{110cd}`;

/** Counts the columns of `text`: 2 for a wide character or an emoji, 0 for a combining mark. */
export function displayWidth(text: string): number {
  if (narrow.test(text)) return text.length;
  const shown = text.replace(style, "");
  let width = 0;
  for (const { segment } of splitGraphemes(shown)) width += graphemeWidth(segment);
  return width;
}

let hidden: RegExp | undefined;
let zeroWidth: RegExp | undefined;

function graphemeWidth(grapheme: string): number {
  if (narrow.test(grapheme)) return grapheme.length;
  hidden ??= new RegExp(
    String.raw`[\p{DI}\p{Control}\p{Me}\p{Mn}[\p{Format}--[${SIGNS}]]]`,
    "v",
  );
  zeroWidth ??= new RegExp(`^(?:${hidden.source})*$`, "v");
  if (zeroWidth.test(grapheme)) return 0;
  // A sign that has a text form in one column: U+FE0E asks for it.
  if (/^(?=[\0-\uffff])\p{Emoji_Presentation}\ufe0e/u.test(grapheme)) return 1;
  if (load().emoji.test(grapheme) || /\u200d\p{Extended_Pictographic}/u.test(grapheme)) return 2;
  let width = 0;
  for (const character of grapheme.toWellFormed()) {
    if (character === "\u200d") break;
    if (hidden.test(character)) continue;
    width += eastAsianWidth(character.codePointAt(0)!);
    // Jamo join to one syllable.
    if (/[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\uac00-\ud7a3]/.test(character)) break;
  }
  return width;
}
