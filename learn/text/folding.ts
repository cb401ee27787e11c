/**
 * Folds the case of texts and marks their word boundaries, to look up literals of regular expressions.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { BOUNDARY, foldText } from "./folding.ts";
 *
 * const symbols = foldText("Hi!").map((symbol) => symbol === BOUNDARY ? 0x7c : symbol);
 * assertEquals(String.fromCharCode(...symbols), "|hi|!");
 * ```
 *
 * @module
 */
import { toLine } from "./quoting.ts";

/** The symbol of a word boundary; all other symbols are UTF-16 code units. */
export const BOUNDARY = 0x10000;

const DOTLESS_I = 0x131;

/**
 * Returns the representative of all code units that a regular expression may take for `unit` under flag
 * `i`, with or without `u` or `v`. That of an ASCII letter is its lower case.
 */
export function foldUnit(unit: number): number {
  if (unit < 0x80) return unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
  return (foldTable ??= createFoldTable())[unit];
}

/**
 * Folds a text to look for quotes in it: folds each code unit, and replaces each run of white space and
 * control characters by one space.
 *
 * @returns the folded text, and a function from an index in it (its length included) to one in `text`
 */
export function foldQuote(text: string): { folded: string; placeOf: (index: number) => number } {
  // Replaces single code units by single code units, so that indexes stay.
  const spaced = foldCase(toLine(text).replace(/[^\S ]/g, " "));
  if (!spaced.includes("  ")) return { folded: spaced, placeOf: (index) => index };
  const places: number[] = [];
  let folded = "";
  for (const { 0: part, index } of spaced.matchAll(/ +|[^ ]+/g)) {
    const length = part[0] === " " ? 1 : part.length;
    for (let at = 0; at < length; at++) places.push(index + at);
    folded += part.slice(0, length);
  }
  return { folded, placeOf: (index) => places[index] ?? text.length };
}

function foldCase(text: string): string {
  // For ASCII the built-in function does the same.
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  let folded = "";
  for (let at = 0; at < text.length; at++) {
    folded += String.fromCharCode(foldUnit(text.charCodeAt(at)));
  }
  return folded;
}

/** Tells whether `\b` and `\w` take a folded code unit for a word character: ASCII letter or digit, `_`. */
export function isWordUnit(folded: number): boolean {
  return folded >= 0x61 && folded <= 0x7a || folded >= 0x30 && folded <= 0x39 || folded === 0x5f;
}

/**
 * Tells whether the text has U+017F (long s) or U+212A (kelvin). Patterns with flags `i` and `u` (or
 * `v`) take them for `s` and `k` and for word characters, other patterns do not.
 * {@linkcode foldText} returns what the former see.
 */
export function isAmbiguous(text: string): boolean {
  return text.includes("\u017f") || text.includes("\u212a");
}

/**
 * Returns a text as symbols: each code unit folded, and {@linkcode BOUNDARY} on each side of a run of
 * word characters.
 */
export function foldText(text: string): number[] {
  const symbols: number[] = [];
  let inWord = false;
  for (let index = 0; index < text.length; index++) {
    const unit = foldUnit(text.charCodeAt(index));
    const word = isWordUnit(unit);
    if (word !== inWord) symbols.push(BOUNDARY);
    symbols.push(unit);
    inWord = word;
  }
  if (inWord) symbols.push(BOUNDARY);
  return symbols;
}

/** Built for the first character outside ASCII: most data never needs it. */
let foldTable: Uint16Array | undefined;

/** Tells whether to skip a code unit, as most are: ideographs, Hangul, surrogates, private use. */
function isCaseless(unit: number): boolean {
  return unit >= 0x3400 && unit < 0xa000 || unit >= 0xac00 && unit < 0xf900;
}

/**
 * Joins the code units that share an upper or a lower case form. This is coarser than both ways in
 * which ECMAScript canonicalizes (22.2.2.7.3: upper case without `u`, simple case folding with it),
 * which is safe: a literal may be found where it does not match, but is never missed. Dotless i is left
 * out: it upper-cases to `I`, but it neither matches `i` nor is a word character.
 */
function createFoldTable(): Uint16Array {
  const table = Uint16Array.from({ length: 0x10000 }, (_, unit) => unit);
  const find = (unit: number): number => {
    while (table[unit] !== unit) unit = table[unit];
    return unit;
  };
  const byForm = new Map<string, number>();
  for (let unit = 0; unit < 0x10000; unit++) {
    if (unit === DOTLESS_I || isCaseless(unit)) continue;
    const character = String.fromCharCode(unit);
    const upper = character.toUpperCase();
    const lower = character.toLowerCase();
    if (upper === character && lower === character) continue;
    for (const form of [upper, lower]) {
      const known = byForm.get(form);
      if (known === undefined) byForm.set(form, find(unit));
      else {
        const [low, high] = [find(known), find(unit)].sort((a, b) => a - b);
        table[high] = low;
      }
    }
  }
  // A root is the lowest code unit; for an ASCII letter that is the upper case.
  return table.map((_, unit) => {
    const root = find(unit);
    return root < 0x80 ? foldUnit(root) : root;
  });
}

/** Compares strings by UTF-16 code units: the same in every locale. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
