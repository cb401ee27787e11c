/**
 * What tokens can be read as: themselves, digits of some length, one of a class of words, a shape, a
 * part of a run of capitalised words. Each such element has the source of a regular expression.
 *
 * @module
 */
import { BEGIN, type Corpus, END, isUnspaced, NUMBER, WORD } from "./tokens.ts";

/** What an element begins or ends with: a word character, a number, or what needs no edge. */
export type Edge = "word" | "number" | "none";

/** How general an element is: itself, a class or digits, a shape, a run, anything. */
export type Level = 0 | 1 | 2 | 3 | 4;

/** One thing that a token, or a run of tokens, can be read as. */
export interface Element {
  /** Source of the regular expression. */
  readonly source: string;
  readonly first: Edge;
  readonly last: Edge;
  readonly level: Level;
  /** Whether the source holds where case counts only. */
  readonly isCased: boolean;
  /** Of a class the words. */
  readonly members?: ReadonlySet<string>;
}

const NAME = String.raw`\p{Lu}\p{IDC}{0,30}`;
const MORE_NAMES = `[-'’ ]${NAME}`;
/** How many of the words that stand inside of names are known, and in how many texts they must. */
const MAX_LINKS = 8;
const MIN_LINK_TEXTS = 4;
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

/** Lists alternatives, longest first so that none hides another; one of them stands by itself. */
export function writeAlternatives(sources: readonly string[]): string {
  if (sources.length === 1) return sources[0];
  const sorted = [...new Set(sources)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return `(?:${sorted.join("|")})`;
}

/** The shape of a word by runs of character classes: `\p{Lu}\p{Ll}{1,30}` for `Paris`. */
export function shapeOf(word: string): string {
  return word.replace(/\p{Lu}+|\p{Ll}+|\p{Nd}+|[^\p{Lu}\p{Ll}\p{Nd}]+/gu, (run) => {
    if (/^\p{Lu}/u.test(run)) return [...run].length === 1 ? "\\p{Lu}" : "\\p{Lu}{2,20}";
    if (/^\p{Ll}/u.test(run)) return "\\p{Ll}{1,30}";
    return /^\p{Nd}/u.test(run) ? "\\d{1,20}" : escapeLiteral(run);
  });
}

/** A run of tokens read as one element, and where it ends at the latest. */
export interface Run {
  readonly element: number;
  /** For each token the token after the run that begins there, or -1. */
  readonly ends: Int32Array;
}

/** All elements, and which of them each token can be read as. */
export interface Readings {
  readonly elements: readonly Element[];
  /** For each token its elements, itself first. */
  readonly of: readonly (readonly number[])[];
  readonly runs: readonly Run[];
  /** Whether a token is a capitalised word. */
  isName(token: number): boolean;
  /** Whether a token is one of the small words that stand inside of names, such as `of`. */
  isLink(token: number): boolean;
  /** The element of a token at a level of generality, from itself (0) to its shape (4). */
  generalise(token: number, level: number): number;
  /** The classes that a token is in. */
  classesOf(token: number): readonly number[];
  /** The shape of capitalised words, and of words in capitals. */
  readonly name: number;
  readonly capitals: number;
  /** Any number. */
  readonly number: number;
}

/** Finds what each token of the corpus can be read as; `classes` are lists of words. */
export function readTokens(corpus: Corpus, classes: readonly (readonly string[])[]): Readings {
  const { folds, kinds, words, literals, gaps, gapNames, size } = corpus;
  const elements: Element[] = [];
  const ids = new Map<string, number>();
  const idOf = (
    source: string,
    edge: Edge,
    level: Level,
    isCased = false,
    last = edge,
    members?: ReadonlySet<string>,
  ): number => {
    const key = `${source}\n${edge}\n${last}`;
    let id = ids.get(key);
    if (id === undefined) {
      ids.set(key, id = elements.push({ source, first: edge, last, level, isCased, members }) - 1);
    }
    return id;
  };
  const isName = (token: number) => kinds[token] === WORD && /^\p{Lu}/u.test(words[token]);
  const links = findLinks(corpus, isName);
  const isLink = (token: number) => kinds[token] === WORD && links.includes(words[token]);

  const namesElement = idOf(`${NAME}(?:${MORE_NAMES}){0,7}`, "word", 3, true);
  const link = `(?:${links.join("|")})`;
  // Five rounds at most: where case is loose, a name cannot be told from a link.
  const linkedElement = links.length === 0
    ? -1
    : idOf(`${NAME}(?:[-'’ ](?:${link} (?:${link} )?)?${NAME}){0,5}`, "word", 3, true);
  const personElement = idOf(
    String.raw`(?:\p{Lu}\. ?){1,4}${NAME}(?:${MORE_NAMES}){0,4}`,
    "word",
    2,
    true,
  );
  const initialsElement = idOf(String.raw`(?:\p{Lu}\. ?){0,3}\p{Lu}\.`, "word", 2, true, "none");
  const name = idOf(NAME, "word", 2, true);
  const capitals = idOf(String.raw`\p{Lu}{2,20}`, "word", 2, true);
  const anyWord = idOf(String.raw`\p{IDC}{1,30}`, "word", 3);
  const anyNumber = idOf(String.raw`\d{1,20}(?:[.,]\d{1,9}){0,6}`, "number", 2);
  const grouped = idOf(String.raw`\d{1,3}(?:[.,]\d{3}){1,5}`, "number", 1);
  const year = idOf(String.raw`(?:19|20)\d{2}`, "number", 1);
  const oneOrTwo = idOf(String.raw`\d{1,2}`, "number", 1);
  const upToSix = idOf(String.raw`\d{1,6}`, "number", 1);

  const classElements = new Map<number, number[]>();
  const literalIds = new Map(corpus.literalNames.map((literal, id) => [literal, id]));
  for (const members of classes) {
    const source = writeAlternatives(members.map(escapeLiteral));
    const id = idOf(source, "word", 1, false, "word", new Set(members));
    for (const member of members) {
      const literal = literalIds.get(member);
      if (literal === undefined) continue;
      const known = classElements.get(literal);
      if (known === undefined) classElements.set(literal, [id]);
      else if (!known.includes(id)) known.push(id);
    }
  }

  const literalOf = (token: number): number => {
    const written = corpus.literalNames[literals[token]];
    const edge = kinds[token] === NUMBER
      ? "number"
      : kinds[token] === WORD && !isUnspaced(words[token])
      ? "word"
      : "none";
    return idOf(escapeLiteral(written), edge, 0);
  };
  /** Digits of any script count as numbers, but only those that `\d` finds have their lengths told. */
  const isPlain = (token: number) => /^\d+$/.test(words[token]);
  const digits = (token: number) => idOf(`\\d{${words[token].length}}`, "number", 1);
  const shape = (token: number) => idOf(shapeOf(words[token]), "word", 2, true);

  const readNumber = (token: number): number[] => {
    const written = words[token];
    if (!/^\d/.test(written)) return [literalOf(token)];
    const read = [literalOf(token)];
    if (isPlain(token)) {
      read.push(digits(token));
      if (written.length <= 2) read.push(oneOrTwo);
      if (written.length <= 6) read.push(upToSix);
      if (YEAR.test(written)) read.push(year);
    } else if (GROUPED.test(written)) read.push(grouped);
    return [...read, anyNumber];
  };
  const readWord = (token: number): number[] => {
    const written = words[token];
    const read = [literalOf(token), ...classElements.get(literals[token]) ?? []];
    if (isUnspaced(written)) return read;
    if (isName(token)) read.push(name);
    if (/^\p{Lu}{2,20}$/u.test(written)) read.push(capitals);
    const isShaped = folds ? /\p{Nd}/u.test(written) : true;
    if (isShaped) read.push(shape(token));
    if (folds || /\p{Lo}/u.test(written)) read.push(anyWord);
    return read;
  };
  const known = new Map<string, number[]>();
  const of = words.map((written, token) => {
    if (kinds[token] === BEGIN || kinds[token] === END) return [];
    let read = known.get(written);
    if (read === undefined) {
      read = kinds[token] === NUMBER
        ? readNumber(token)
        : kinds[token] === WORD
        ? readWord(token)
        : [literalOf(token)];
      known.set(written, read = [...new Set(read)]);
    }
    return read;
  });

  const generaliseNumber = (token: number, level: number): number => {
    const written = words[token];
    if (level === 0 || !/^\d/.test(written)) return literalOf(token);
    if (level >= 3) return anyNumber;
    if (!isPlain(token)) return level === 2 && GROUPED.test(written) ? grouped : anyNumber;
    if (level === 1) return digits(token);
    if (written.length <= 2) return oneOrTwo;
    return YEAR.test(written) ? year : written.length <= 6 ? upToSix : anyNumber;
  };

  return {
    elements,
    of,
    runs: [
      ...findRuns(corpus, isName, links).map((ends, index) => ({
        element: [namesElement, linkedElement, personElement, initialsElement][index],
        ends,
      })),
    ].filter(({ element }) => element >= 0),
    isName,
    isLink,
    generalise(token, level) {
      if (kinds[token] === NUMBER) return generaliseNumber(token, level);
      if (kinds[token] !== WORD || level <= 1 || isUnspaced(words[token])) return literalOf(token);
      if (level === 2) return classElements.get(literals[token])?.[0] ?? literalOf(token);
      if (folds) return level === 3 ? literalOf(token) : anyWord;
      if (level === 3) return isName(token) ? name : literalOf(token);
      return shape(token);
    },
    classesOf: (token) => classElements.get(literals[token]) ?? [],
    name,
    capitals,
    number: anyNumber,
  };

  /** Ends of runs of names, of names with links, of initials and names, of initials. */
  function findRuns(
    _: Corpus,
    isName: (token: number) => boolean,
    links: readonly string[],
  ): Int32Array[] {
    const [plain, linkedEnds, person, initials] = [0, 1, 2, 3].map(() =>
      new Int32Array(size + 2).fill(-1)
    );
    const isSpaced = (token: number) => gapNames[gaps[token]] === " ";
    const isJoined = (token: number) => gapNames[gaps[token]] === "";
    const isInitial = (token: number) =>
      /^\p{Lu}$/u.test(words[token]) && words[token + 1] === "." && isJoined(token + 1);
    for (let token = size - 1; token >= 0; token--) {
      if (!isName(token)) continue;
      const next = token + 1;
      const isHyphened = /^[-'’]$/.test(words[next]) && isJoined(next) &&
        next + 1 < size && isJoined(next + 1) && isName(next + 1);
      for (const ends of [plain, linkedEnds]) {
        ends[token] = next;
        if (isName(next) && isSpaced(next)) ends[token] = ends[next];
        else if (isHyphened) ends[token] = ends[next + 1];
      }
      if (linkedEnds[token] === next) {
        let link = next;
        while (link < next + 2 && isSpaced(link) && links.includes(words[link])) link++;
        if (link > next && isName(link) && isSpaced(link)) linkedEnds[token] = linkedEnds[link];
      }
      if (!isInitial(token)) continue;
      const after = token + 2;
      const isClose = isName(after) && (isSpaced(after) || isJoined(after));
      initials[token] = isClose && isInitial(after) ? initials[after] : after;
      if (isClose) person[token] = isInitial(after) ? person[after] : plain[after];
    }
    return [plain, linkedEnds, person, initials];
  }
}

/** The small words that stand inside of marked names in most texts. */
function findLinks(corpus: Corpus, isName: (token: number) => boolean): string[] {
  const { golds, kinds, words, textOf } = corpus;
  const texts = new Map<string, Set<number>>();
  for (const { start, end } of golds) {
    if (!isName(start) || !isName(end - 1)) continue;
    for (let token = start + 1; token < end - 1; token++) {
      if (kinds[token] !== WORD || !/^\p{Ll}+$/u.test(words[token])) continue;
      const known = texts.get(words[token]);
      if (known) known.add(textOf[token]);
      else texts.set(words[token], new Set([textOf[token]]));
    }
  }
  return [...texts].filter(([, { size }]) => size >= MIN_LINK_TEXTS)
    .sort(([a, m], [b, n]) => n.size - m.size || (a < b ? -1 : 1))
    .slice(0, MAX_LINKS).map(([word]) => word).sort();
}
