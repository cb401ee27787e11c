/**
 * Atoms: the parts that patterns are made of, each a word or all words of one stem.
 *
 * @module
 */
import { stemmer } from "npm:stemmer@^2";
import type { Alphabet } from "../text/tokens.ts";

/** Sources of regular expressions that depend on the alphabet. */
export interface Syntax {
  readonly flags: string;
  /** The edge before a word. */
  readonly left: string;
  /** The edge after a word. */
  readonly right: string;
  /** One character of a word. */
  readonly word: string;
  /** One character between words. */
  readonly other: string;
}

const ascii: Syntax = {
  flags: "i",
  left: String.raw`\b`,
  right: String.raw`\b`,
  word: String.raw`\w`,
  other: String.raw`\W`,
};

const unicode: Syntax = {
  flags: "iu",
  left: String.raw`(?<!\p{IDC})`,
  right: String.raw`(?!\p{IDC})`,
  word: String.raw`\p{IDC}`,
  other: String.raw`\P{IDC}`,
};

/** Returns the syntax of an alphabet. */
export function syntaxOf(alphabet: Alphabet): Syntax {
  return alphabet === "unicode" ? unicode : ascii;
}

/** One word, or the words of a stem, as a part of a pattern. */
export interface Atom {
  /** Source of a regular expression. */
  readonly source: string;
  /** Whether the source matches to the end of the word without an edge (`arriv\w*`). */
  readonly isOpen: boolean;
}

/** Longest word that may be part of a pattern, in UTF-16 code units. */
const MAX_WORD = 40;
/** Most forms of a stem that are listed as alternatives. */
const MAX_FORMS = 6;
/** Shortest prefix that may stand for a stem, in code points. */
const MIN_PREFIX = 4;
/** Shortest stem of an English word, in letters: `on` would join `on`, `one` and `ones`. */
const MIN_STEM = 3;
/** Length of the stems of words that are not English, in code points. */
const TRUNCATION = 5;

/** The atoms of a vocabulary. */
export interface Atoms {
  /** First the words of the vocabulary, then the stems. */
  readonly atoms: readonly Atom[];
  /** For each word the position of its stem in `atoms`, or of the word if it has no stem. */
  readonly stemOf: Int32Array;
  /** Tells whether a word is too long to be part of a pattern. */
  readonly isTooLong: (word: number) => boolean;
}

/**
 * Finds the stems of a vocabulary: Porter's for English words, the first five letters of others
 * (truncation, as strong as stemming on many languages: McNamee & Mayfield 2004). A stem is written
 * as a prefix (`arriv\w*`) if no other word of the vocabulary begins with it, else as the list of
 * its forms.
 *
 * @param isListed tells whether a word may be in such a list; by default, each may
 */
export function createAtoms(
  vocabulary: readonly string[],
  alphabet: Alphabet,
  isListed: (word: number) => boolean = () => true,
): Atoms {
  const { word } = syntaxOf(alphabet);
  const atoms: Atom[] = vocabulary.map((text) => ({ source: text, isOpen: false }));
  const stemOf = Int32Array.from(vocabulary, (_, index) => index);
  const positions = new Map(vocabulary.map((text, index) => [text, index]));
  // Words that are too long count as well: the pattern of a prefix would match them.
  const sorted = [...vocabulary].sort();
  const usable = sorted.filter((text) => text.length <= MAX_WORD);
  for (
    const [stem, forms] of Map.groupBy(usable, alphabet === "unicode" ? truncate : stemEnglish)
  ) {
    const written = writeStem(stem, forms, sorted, word) ??
      writeList(forms.filter((form) => isListed(positions.get(form)!)));
    if (written === undefined) continue;
    for (const form of written.forms) stemOf[positions.get(form)!] = atoms.length;
    atoms.push(written.atom);
  }
  const isTooLong = (index: number) => vocabulary[index]?.length > MAX_WORD;
  return { atoms, stemOf, isTooLong };
}

function truncate(text: string): string {
  return [...text].slice(0, TRUNCATION).join("");
}

/** Returns Porter's stem, or the word if the stem is so short that it joins unrelated words. */
function stemEnglish(text: string): string {
  const stem = /^[a-z]+$/.test(text) ? stemmer(text) : text;
  return stem.length < MIN_STEM ? text : stem;
}

/** The atom of a stem, and the words that it stands for. */
interface WrittenStem {
  readonly atom: Atom;
  readonly forms: readonly string[];
}

/** Writes a stem as what all its forms begin with, unless other words begin with it too. */
function writeStem(
  stem: string,
  forms: readonly string[],
  sorted: readonly string[],
  word: string,
): WrittenStem | undefined {
  const [first, last] = [forms[0], forms[forms.length - 1]];
  if (forms.length === 2 && last === `${first}s`) {
    return { atom: { source: `${first}s?`, isOpen: false }, forms };
  }
  let prefix = commonPrefix(first, last);
  if (forms.length === 1) {
    if (first.startsWith(stem)) prefix = stem;
    // A short word without an ending is more often the beginning of another word than a stem.
    if (prefix === first && first.length <= MIN_PREFIX) return undefined;
  }
  if ([...prefix].length < MIN_PREFIX || countWithPrefix(sorted, prefix) !== forms.length) {
    return undefined;
  }
  return { atom: { source: `${prefix}${word}*`, isOpen: true }, forms };
}

/** Writes the first forms of a stem as a list, if there are several. */
function writeList(all: readonly string[]): WrittenStem | undefined {
  if (all.length < 2) return undefined;
  const forms = all.slice(0, MAX_FORMS);
  return {
    atom: { source: `(?:${forms.join("|")})`, isOpen: false },
    forms,
  };
}

/** Returns the longest common prefix in whole characters. */
function commonPrefix(one: string, other: string): string {
  let prefix = "";
  for (const character of one) {
    if (!other.startsWith(prefix + character)) break;
    prefix += character;
  }
  return prefix;
}

/** Counts the words with a prefix, by binary search. */
function countWithPrefix(sorted: readonly string[], prefix: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < prefix) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < sorted.length && sorted[end].startsWith(prefix)) end++;
  return end - low;
}
