/**
 * Texts in a form in which case does not matter and word boundaries can be seen, for looking up
 * literals of regular expressions.
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

/** The symbol that stands at every word boundary; all other symbols are UTF-16 code units. */
export const BOUNDARY = 0x10000;

const DOTLESS_I = 0x131;

/**
 * The representative of all code units that a regular expression may take for `unit` under flag `i`,
 * with or without `u` or `v`. Letters of ASCII are represented by their lower case.
 */
export function foldUnit(unit: number): number {
  if (unit < 0x80) return unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
  return (foldTable ??= createFoldTable())[unit];
}

/**
 * A text as quotes are looked for in it: each code unit folded, and white space of any kind and control
 * characters, however many in a row, one space.
 *
 * @returns the text, and where the code unit of an index stood, also the one after the last
 */
export function foldQuote(text: string): { folded: string; placeOf: (index: number) => number } {
  // All that is replaced here is one code unit long.
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
  // Of ASCII the built-in function does the same.
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  let folded = "";
  for (let at = 0; at < text.length; at++) {
    folded += String.fromCharCode(foldUnit(text.charCodeAt(at)));
  }
  return folded;
}

/** Whether a folded code unit is a word character to `\b` and `\w`: a letter or digit of ASCII, `_`. */
export function isWordUnit(folded: number): boolean {
  return folded >= 0x61 && folded <= 0x7a || folded >= 0x30 && folded <= 0x39 || folded === 0x5f;
}

/**
 * Whether the text holds U+017F (long s) or U+212A (kelvin), which patterns take for `s` and `k` and
 * for word characters under flags `i` and `u` (or `v`), and otherwise not: of such a text
 * {@linkcode foldText} says what the former see.
 */
export function isAmbiguous(text: string): boolean {
  return text.includes("\u017f") || text.includes("\u212a");
}

/**
 * The text as symbols: each code unit folded, {@linkcode BOUNDARY} between a word character and
 * another one, and between a word character and either end of the text.
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

/** Built when the first character outside of ASCII turns up: most data never needs it. */
let foldTable: Uint16Array | undefined;

/** Ideographs, Hangul syllables, surrogates, private use: skipped, as most of the work is there. */
function isCaseless(unit: number): boolean {
  return unit >= 0x3400 && unit < 0xa000 || unit >= 0xac00 && unit < 0xf900;
}

/**
 * Joins the code units that share an upper or a lower case form. This is coarser than both ways in
 * which ECMAScript canonicalizes (22.2.2.7.3: upper case without `u`, simple case folding with it),
 * which is safe: a literal is then found where it could be, never missed. Dotless i alone is left
 * out, which upper-cases to `I` but matches no `i` and is no word character either.
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
  // Roots are the lowest code units; for letters of ASCII that is the upper case.
  return table.map((_, unit) => {
    const root = find(unit);
    return root < 0x80 ? foldUnit(root) : root;
  });
}

/** Compares strings by UTF-16 code units: the same in every locale. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
