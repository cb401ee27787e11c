/**
 * Atoms: what one token of a pattern may be, a word or all words of one stem.
 *
 * @module
 */
import { stemmer } from "npm:stemmer@^2";
import type { Alphabet } from "../text/tokens.ts";

/** How patterns are written for an alphabet. */
export interface Syntax {
  readonly flags: string;
  /** What stands before and after a word. */
  readonly left: string;
  readonly right: string;
  /** One character of a word, one of what lies between words. */
  readonly word: string;
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

/** The syntax of an alphabet. */
export function syntaxOf(alphabet: Alphabet): Syntax {
  return alphabet === "unicode" ? unicode : ascii;
}

/** One word, or the words of a stem, as a part of a pattern. */
export interface Atom {
  /** As part of a regular expression. */
  readonly source: string;
  readonly name: string;
  /** Whether the source runs to the end of the word by itself (`arriv\w*`). */
  readonly open: boolean;
}

/** Longest word that may be part of a pattern, in UTF-16 code units. */
const MAX_WORD = 40;
/** Most forms of a stem that are listed as alternatives. */
const MAX_FORMS = 6;
/** Shortest prefix that may stand for a stem, in code points. */
const MIN_PREFIX = 4;
/** Shortest stem of an English word: `on` would join `on`, `one` and `ones`. */
const MIN_STEM = 3;
/** Length at which words of other languages than English are cut to a stem, in code points. */
const TRUNCATION = 5;

/** The atoms of a vocabulary. */
export interface Atoms {
  /** By position: first the words of the vocabulary, then the stems. */
  readonly atoms: readonly Atom[];
  /** For each word the position of its stem, or of itself where it has none. */
  readonly stemOf: Int32Array;
  /** Whether a word is too long to be part of a pattern. */
  readonly tooLong: (word: number) => boolean;
}

/**
 * Finds the stems of a vocabulary: Porter's for English words, the first five letters otherwise
 * (truncation, as strong as stemming on many languages: McNamee & Mayfield 2004). A stem becomes a
 * prefix (`arriv\w*`) only where no other word of the vocabulary shares it, else the list of its
 * forms.
 */
export function createAtoms(vocabulary: readonly string[], alphabet: Alphabet): Atoms {
  const { word } = syntaxOf(alphabet);
  const atoms: Atom[] = vocabulary.map((text) => ({ source: text, name: text, open: false }));
  const stemOf = Int32Array.from(vocabulary, (_, index) => index);
  const positions = new Map(vocabulary.map((text, index) => [text, index]));
  // A prefix must not be shared by a word that is too long either: the pattern would match it.
  const sorted = [...vocabulary].sort();
  const usable = sorted.filter((text) => text.length <= MAX_WORD);
  for (const [stem, forms] of groupByStem(usable, alphabet)) {
    const atom = writeStem(stem, forms, sorted, word);
    if (atom === undefined) continue;
    for (const form of forms.slice(0, atom.open ? forms.length : MAX_FORMS)) {
      stemOf[positions.get(form)!] = atoms.length;
    }
    atoms.push(atom);
  }
  const tooLong = (index: number) => vocabulary[index]?.length > MAX_WORD;
  return { atoms, stemOf, tooLong };
}

function groupByStem(sorted: readonly string[], alphabet: Alphabet): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const text of sorted) {
    const stem = alphabet === "unicode" ? truncate(text) : stemEnglish(text);
    const forms = groups.get(stem);
    if (forms) forms.push(text);
    else groups.set(stem, [text]);
  }
  return groups;
}

function truncate(text: string): string {
  return [...text].slice(0, TRUNCATION).join("");
}

/** Porter's stem; the word itself where the stem is so short that it joins unrelated words. */
function stemEnglish(text: string): string {
  const stem = /^[a-z]+$/.test(text) ? stemmer(text) : text;
  return stem.length < MIN_STEM ? text : stem;
}

function writeStem(
  stem: string,
  forms: readonly string[],
  sorted: readonly string[],
  word: string,
): Atom | undefined {
  const [first, last] = [forms[0], forms[forms.length - 1]];
  if (forms.length === 2 && last === `${first}s`) {
    return { source: `${first}s?`, name: `${first}(s)`, open: false };
  }
  let prefix = commonPrefix(first, last);
  if (forms.length === 1) {
    if (first.startsWith(stem)) prefix = stem;
    // A short word without an ending is more likely another word's beginning than a stem.
    if (prefix === first && first.length <= MIN_PREFIX) return undefined;
  }
  if ([...prefix].length >= MIN_PREFIX && countWithPrefix(sorted, prefix) === forms.length) {
    return { source: `${prefix}${word}*`, name: `${prefix}*`, open: true };
  }
  if (forms.length === 1) return undefined;
  const listed = forms.slice(0, MAX_FORMS);
  return { source: `(?:${listed.join("|")})`, name: listed.join("|"), open: false };
}

/** The longest common prefix, never cutting a surrogate pair. */
function commonPrefix(one: string, other: string): string {
  let prefix = "";
  for (const character of one) {
    if (!other.startsWith(prefix + character)) break;
    prefix += character;
  }
  return prefix;
}

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
