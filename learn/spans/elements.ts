/**
 * Elements: regular expressions that tokens, or runs of tokens, can be read as, such as the token
 * itself, digits of some length, a class of words, a shape or a run of capitalised words.
 *
 * @module
 */
import { compareCodeUnits } from "../text/folding.ts";
import type { PhraseClasses } from "./phrases.ts";
import { findRuns, NAME, type NameRun, type NameRuns } from "./runs.ts";
import { countTexts, END, Ids, isUnspaced, NUMBER, type SpanCorpus, WORD } from "./tokens.ts";
import { getOrCreate } from "../text/maps.ts";

/** Kinds of the ends of an element, which decide the edges that a pattern needs around it. */
export type Edge = "word" | "number" | "none";

/** How general an element is: a literal, a class or digits, a shape, a run, anything. */
export type Level = 0 | 1 | 2 | 3 | 4;

/** One thing that a token, or a run of tokens, can be read as. */
export interface Element {
  /** Source of the regular expression. */
  readonly source: string;
  readonly first: Edge;
  readonly last: Edge;
  readonly level: Level;
  /** Whether the source must not be matched with the flag `i`. */
  readonly isCased: boolean;
  /** Which letters of a word the source has, if it leaves the others open. */
  readonly affix?: "first" | "last";
}

const YEAR = /^(?:19|20)\d\d$/;
const GROUPED = /^\d{1,3}(?:[.,]\d{3}){1,5}$/;

/** Writes text so that a regular expression with the flag `u` finds it literally. */
export function escapeLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
    .replaceAll("\n", "\\n").replaceAll("\t", "\\t").replaceAll("\r", "\\r")
    .replace(
      /[^\S ]|[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

/** Writes alternatives, longest first so that none hides another; a single one stays as it is. */
export function writeAlternatives(sources: readonly string[]): string {
  if (sources.length === 1) return sources[0];
  const sorted = [...new Set(sources)].sort((a, b) =>
    b.length - a.length || compareCodeUnits(a, b)
  );
  return `(?:${sorted.join("|")})`;
}

/** Letters that have no case, and marks on letters. */
const OTHER_LETTERS = String.raw`[\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const LETTER_RUNS = new RegExp(
  String.raw`\p{Lu}+|\p{Ll}+|\d+|\p{N}+|${OTHER_LETTERS}+|[^\p{L}\p{M}\p{N}]+`,
  "gu",
);

/** Writes the shape of a word by runs of character classes: `\p{Lu}\p{Ll}{1,30}` for `Paris`. */
function writeShape(word: string): string {
  return word.replace(LETTER_RUNS, (run) => {
    if (/^\p{Lu}/u.test(run)) return [...run].length === 1 ? "\\p{Lu}" : "\\p{Lu}{2,20}";
    if (/^\p{Ll}/u.test(run)) return "\\p{Ll}{1,30}";
    if (/^\d/.test(run)) return "\\d{1,20}";
    if (/^\p{N}/u.test(run)) return "\\p{N}{1,20}";
    return /^[\p{L}\p{M}]/u.test(run) ? `${OTHER_LETTERS}{1,30}` : escapeLiteral(run);
  });
}

/** How a word is written by its last or first letters: `\p{L}{2,30}ian`, `rest\p{L}{1,30}`. */
const AFFIXES: Readonly<Record<"first" | "last", (letters: readonly string[]) => string>> = {
  last: (letters) => String.raw`\p{L}{2,30}${letters.slice(-3).join("")}`,
  first: (letters) => String.raw`${letters.slice(0, 4).join("")}\p{L}{1,30}`,
};
/** Fewest and most letters of a word that is written so. */
const AFFIXED = [5, 30] as const;

/** Finds for each token the source of its affix, or -1 if it has none that enough texts have. */
function readAffixes(
  corpus: SpanCorpus,
  affix: "first" | "last",
): Pick<Element, "affix"> & { readonly sources: readonly string[]; readonly of: Int32Array } {
  const { kinds, literals, literalNames, minSupport } = corpus;
  const ids = new Ids();
  const affixOf = literalNames.map((name) => {
    const letters = [...name];
    const [fewest, most] = AFFIXED;
    const isAffixed = letters.length >= fewest && letters.length <= most && /^\p{L}+$/u.test(name);
    return isAffixed ? ids.of(AFFIXES[affix](letters)) : -1;
  });
  const of = literals.map((literal, token) => kinds[token] === WORD ? affixOf[literal] : -1);
  const sources = ids.names();
  const support = countTexts(corpus, of, sources.length);
  return { affix, sources, of: of.map((affix) => support[affix] >= minSupport ? affix : -1) };
}

/** All elements, and those that each token can be read as. */
export interface Readings extends Pick<NameRuns, "isName" | "isLink"> {
  readonly elements: readonly Element[];
  /** For each token its elements, its literal first. */
  readonly of: readonly (readonly number[])[];
  /** The runs, each with the element that they are read as. */
  readonly runs: readonly (Pick<NameRun, "ends"> & { readonly element: number })[];
  /** Returns the element of a token at a generality from 0 (its literal) to 4 (its shape). */
  generalise(token: number, level: number): number;
  /** Returns the classes of phrases that begin at a token, each with the token after it. */
  phrasesAt(token: number): readonly { readonly element: number; readonly end: number }[];
  /** Returns the elements of the first and the last letters of a word. */
  affixesOf(token: number): readonly number[];
  /** Returns the classes that a token is in. */
  classesOf(token: number): readonly number[];
  /** The element of capitalised words. */
  readonly name: number;
  /** The element of words in capitals. */
  readonly capitals: number;
}

/**
 * Finds what each token of the corpus can be read as.
 *
 * @param classes lists of words
 * @param phrases classes of runs of words, if there are any
 */
export function readTokens(
  corpus: SpanCorpus,
  classes: readonly (readonly string[])[],
  phrases?: PhraseClasses,
): Readings {
  const { folds, kinds, words, literals, literalNames } = corpus;
  const elements: Element[] = [];
  const ids = new Ids();
  const idOf = (source: string, first: Edge, level: Level, more: Partial<Element> = {}): number => {
    const element = { source, first, last: first, level, isCased: false, ...more };
    const id = ids.of(`${source}\n${first}\n${element.last}`);
    if (id === elements.length) elements.push(element);
    return id;
  };
  const { runs, isName, isLink } = findRuns(corpus);
  const runElements = runs.map(({ source, level, last, ends }) => ({
    element: idOf(source, "word", level, { isCased: true, last }),
    ends,
  }));
  const name = idOf(NAME, "word", 2, { isCased: true });
  const capitals = idOf(String.raw`\p{Lu}{2,20}`, "word", 2, { isCased: true });
  const anyWord = idOf(String.raw`\p{IDC}{1,30}`, "word", 3);
  const anyNumber = idOf(String.raw`\d{1,20}(?:[.,]\d{1,9}){0,6}`, "number", 2);
  const grouped = idOf(String.raw`\d{1,3}(?:[.,]\d{3}){1,5}`, "number", 1);
  const year = idOf(String.raw`(?:19|20)\d{2}`, "number", 1);
  const oneOrTwo = idOf(String.raw`\d{1,2}`, "number", 1);
  const upToSix = idOf(String.raw`\d{1,6}`, "number", 1);

  const classElements = new Map<string, Set<number>>();
  for (const list of classes) {
    const id = idOf(writeAlternatives(list.map(escapeLiteral)), "word", 1);
    for (const member of list) {
      getOrCreate(classElements, member, () => new Set()).add(id);
    }
  }
  const classesOf = (token: number) => [...classElements.get(literalNames[literals[token]]) ?? []];

  const phraseElements =
    phrases?.classes.map((written) =>
      idOf(writeAlternatives(written.map(escapeLiteral)), "word", 1)
    ) ?? [];

  const literalOf = (token: number): number => {
    const isWord = kinds[token] === WORD && !isUnspaced(words[token]);
    const edge = kinds[token] === NUMBER ? "number" : isWord ? "word" : "none";
    return idOf(escapeLiteral(literalNames[literals[token]]), edge, 0);
  };
  /** Digits of any script are numbers, but `\d` finds only those of ASCII. */
  const isAscii = (token: number) => /^\d/.test(words[token]);
  const isPlain = (token: number) => /^\d+$/.test(words[token]);
  const digits = (token: number) => idOf(`\\d{${words[token].length}}`, "number", 1);
  const shape = (token: number) => idOf(writeShape(words[token]), "word", 2, { isCased: true });

  const readNumber = (token: number): number[] => {
    const written = words[token];
    const read = [literalOf(token)];
    if (!isAscii(token)) return read;
    if (isPlain(token)) {
      read.push(digits(token));
      if (written.length <= 2) read.push(oneOrTwo);
      if (written.length <= 6) read.push(upToSix);
      if (YEAR.test(written)) read.push(year);
    } else if (GROUPED.test(written)) read.push(grouped);
    return [...read, anyNumber];
  };
  // Words with capitals have better shapes.
  const affixes = folds
    ? (["last", "first"] as const).map((affix) => readAffixes(corpus, affix))
    : [];
  const affixesOf = (token: number) =>
    affixes.flatMap(({ affix, sources, of }) =>
      of[token] < 0 ? [] : idOf(sources[of[token]], "word", 2, { affix })
    );
  const readWord = (token: number): number[] => {
    const written = words[token];
    const read = [literalOf(token), ...classesOf(token)];
    if (isUnspaced(written)) return read;
    if (isName(token)) read.push(name);
    read.push(...affixesOf(token));
    if (/^\p{Lu}{2,20}$/u.test(written)) read.push(capitals);
    if (!folds || /\p{Nd}/u.test(written)) read.push(shape(token));
    if (folds || /\p{Lo}/u.test(written)) read.push(anyWord);
    return read;
  };
  const read = (token: number): number[] => {
    if (kinds[token] <= END) return [];
    if (kinds[token] === NUMBER) return readNumber(token);
    return kinds[token] === WORD ? readWord(token) : [literalOf(token)];
  };
  const known = new Map<string, number[]>();

  const generaliseNumber = (token: number, level: number): number => {
    const written = words[token];
    if (level === 0 || !isAscii(token)) return literalOf(token);
    if (level >= 3) return anyNumber;
    if (!isPlain(token)) return level === 2 && GROUPED.test(written) ? grouped : anyNumber;
    if (level === 1) return digits(token);
    if (written.length <= 2) return oneOrTwo;
    return YEAR.test(written) ? year : written.length <= 6 ? upToSix : anyNumber;
  };

  return {
    elements,
    of: words.map((written, token) => getOrCreate(known, written, () => [...new Set(read(token))])),
    runs: runElements,
    isName,
    isLink,
    generalise(token, level) {
      if (kinds[token] === NUMBER) return generaliseNumber(token, level);
      if (kinds[token] !== WORD || level <= 1 || isUnspaced(words[token])) return literalOf(token);
      if (level === 2) return classesOf(token)[0] ?? literalOf(token);
      if (folds) return level === 3 ? literalOf(token) : anyWord;
      if (level === 3) return isName(token) ? name : literalOf(token);
      return shape(token);
    },
    classesOf,
    phrasesAt: (token) =>
      phrases?.at.get(token)?.map(({ phrases, end }) => ({
        element: phraseElements[phrases],
        end,
      })) ?? [],
    affixesOf,
    name,
    capitals,
  };
}
