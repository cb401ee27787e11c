/**
 * Cuts texts into tokens, such that a token sequence and the regular expression written for it always
 * find the same texts.
 *
 * An alphabet is chosen from the training texts: `ascii` (words are runs of `\w`, edges are `\b`),
 * `unicode` (words are runs of `\p{IDC}`, the letters, marks, digits and connectors of identifiers;
 * edges are lookarounds), or `ideographic` for scripts that write no spaces (ASCII words as above,
 * and runs of characters of these scripts, whose parts need no edges).
 *
 * @module
 */

/** A way to cut texts into tokens. */
export type Alphabet = "ascii" | "unicode" | "ideographic";

/** Source of a character class: the scripts that write no spaces between words. */
export const UNSPACED = String
  .raw`\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}`;
const unspacedRuns = new RegExp(`[${UNSPACED}]+`, "gu");
const otherLetters = /[^\P{L}A-Za-z]/u;

/** Chooses the alphabet that at least a tenth of the texts need. */
export function chooseAlphabet(texts: readonly string[]): Alphabet {
  let unspaced = 0;
  let letters = 0;
  for (const text of texts) {
    if (text.search(unspacedRuns) >= 0) unspaced++;
    else if (otherLetters.test(text)) letters++;
  }
  if (unspaced * 10 > texts.length) return "ideographic";
  return letters * 10 > texts.length ? "unicode" : "ascii";
}

/** The tokens of one text: words in order, folded; and runs of unspaced characters. */
export interface Tokens {
  readonly words: readonly string[];
  readonly runs: readonly string[];
}

/** Cuts a text into tokens, folded so that tokens are equal if the flag `i` takes them as equal. */
export function tokenize(text: string, alphabet: Alphabet): Tokens {
  if (alphabet === "unicode") {
    return { words: fold(text).match(/\p{IDC}+/gu) ?? [], runs: [] };
  }
  // Under the flag i alone, no other letter equals an ASCII one.
  const words = text.match(/\w+/g)?.map((word) => word.toLowerCase()) ?? [];
  return { words, runs: alphabet === "ideographic" ? text.match(unspacedRuns) ?? [] : [] };
}

/**
 * Folds case one character at a time, as regular expressions with the flags `iu` do (simple case
 * folding of the Unicode standard, 5.18).
 */
export function fold(text: string): string {
  // deno-lint-ignore no-control-regex -- all that is not ASCII
  if (!/[^\x00-\x7f]/.test(text)) return text.toLowerCase();
  let folded = "";
  for (const character of text) folded += foldCharacter(character);
  return folded;
}

/**
 * Letters that Unicode has twice and whose upper case is longer than one letter: iota and upsilon with
 * dialytika and acute, the ligature of long s and t.
 */
const doubles = new Map([["\u1fd3", "\u0390"], ["\u1fe3", "\u03b0"], ["\ufb05", "\ufb06"]]);

function foldCharacter(character: string): string {
  // The dotless i has the upper case I, yet folds to itself.
  if (character === "\u0131") return character;
  const double = doubles.get(character);
  if (double !== undefined) return double;
  const upper = character.toUpperCase();
  const base = isOne(upper) ? upper : character;
  const lower = base.toLowerCase();
  return isOne(lower) ? lower : base;
}

function isOne(text: string): boolean {
  return text.length === 1 || (text.length === 2 && text.codePointAt(0)! > 0xffff);
}
