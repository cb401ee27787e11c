/**
 * Tokens: cuts texts into tokens for learning spans, and finds the gold spans among the tokens.
 *
 * A token is a number (`12,345.50` is one), a word (a run of `\p{IDC}`), one character of a script
 * that writes no spaces, or any other single character. The gap of a token is the white space
 * before it, as it is written. Each text begins and ends with an empty token. A place is a part of
 * a text, by its first token and its number of tokens.
 *
 * @module
 */
import { type Example, spansOf } from "../data/examples.ts";
import { fold, UNSPACED } from "../text/tokens.ts";
import { getOrCreate } from "../text/maps.ts";
import type { Sliced } from "../text/slices.ts";

/** Kinds of tokens: the begin or end of a text, a number, a word, any other character. */
export const BEGIN = 0;
export const END = 1;
export const NUMBER = 2;
export const WORD = 3;
const MARK = 4;

/** Most tokens of a span that is learned from. */
const MAX_SPAN = 40;
/** A place is one number: its first token times this, plus its number of tokens. */
const PLACE = 64;
/** Weight of a false positive inside a longer gold span of its label; others weigh 1. */
const INSIDE = 0.3;

const tokens = new RegExp(
  String.raw`\p{Nd}+(?:[.,]\p{Nd}+)*(?!\p{IDC})|[${UNSPACED}]|[\p{IDC}--[${UNSPACED}]]+|[^\s]`,
  "gv",
);
const oneUnspaced = new RegExp(`^[${UNSPACED}]$`, "v");
const number = /^\p{Nd}+(?:[.,]\p{Nd}+)*$/u;
const word = /^\p{IDC}/u;

/** Consecutive tokens: a match, or a gold span. See {@linkcode placeOf}. */
export type Place = number;

/** Returns the place of the tokens from `start` to before `end`, at most 63. */
export function placeOf(start: number, end: number): Place {
  return start * PLACE + Math.min(PLACE - 1, end - start);
}

/** Returns the first token of a place. */
export function startOf(place: Place): number {
  return Math.floor(place / PLACE);
}

/** Returns the token after a place. */
export function endOf(place: Place): number {
  return Math.floor(place / PLACE) + place % PLACE;
}

/** A gold span: its tokens, and the position of its label. */
export interface GoldSpan {
  readonly start: number;
  readonly end: number;
  readonly label: number;
}

/** The tokens of all texts, one text after the other, and the gold spans. */
export interface SpanCorpus {
  /** Number of texts. */
  readonly texts: number;
  /** Whether upper and lower case are treated as the same. */
  readonly folds: boolean;
  /** Number of tokens. */
  readonly size: number;
  /** Each token as it is written. */
  readonly words: readonly string[];
  readonly kinds: Uint8Array;
  /** For each token the id of its literal: the token as it is written, or folded if `folds`. */
  readonly literals: Int32Array;
  readonly literalNames: readonly string[];
  /** For each token the id of its gap. */
  readonly gaps: Int32Array;
  readonly gapNames: readonly string[];
  /** For each token the text that it is in. */
  readonly textOf: Int32Array;
  /** For each text the first text that is equal to it. */
  readonly firstOf: Int32Array;
  /** Least number of different texts that a literal must be found in to be in a pattern. */
  readonly minSupport: number;
  readonly labels: readonly string[];
  /** The gold spans that begin and end with a token. */
  readonly golds: readonly GoldSpan[];
  /** For each place of a gold span its position in `golds`. */
  readonly goldAt: ReadonlyMap<Place, number>;
  /** For each token the position of a gold span that holds it, or -1. */
  readonly goldOver: Int32Array;
  /** Number of gold spans that are not in `golds`. */
  readonly lost: number;
  /** Whether any text begins, or ends, with white space. */
  readonly isPadded: { readonly first: boolean; readonly last: boolean };
}

/** Numbers names in the order in which they are first seen. */
export class Ids {
  readonly #ids = new Map<string, number>();

  /** Returns the id of a name, a new one if the name was not seen before. */
  of(name: string): number {
    return getOrCreate(this.#ids, name, () => this.#ids.size);
  }

  /** Returns all names by id. */
  names(): string[] {
    return [...this.#ids.keys()];
  }
}

/**
 * Tells whether case says so little in these texts that rules should ignore it: of the texts that
 * begin with a cased letter, at least a tenth begin with a small one, or no text begins with a
 * cased letter.
 */
export function isCaseLoose(texts: readonly string[]): boolean {
  let small = 0;
  let cased = 0;
  for (const text of texts) {
    const first = /^\P{L}*(\p{L})/u.exec(text)?.[1];
    if (first === undefined || !/[\p{Lu}\p{Ll}]/u.test(first)) continue;
    cased++;
    if (/\p{Ll}/u.test(first)) small++;
  }
  return small * 10 >= cased;
}

/** Tells whether a token is a character of a script that writes no spaces: it needs no edges. */
export function isUnspaced(token: string): boolean {
  return oneUnspaced.test(token);
}

/** Texts between two pauses. */
const TEXTS = 64;

/**
 * Cuts the texts of examples into tokens and finds their gold spans.
 *
 * @param minSupport least number of different texts that a literal must be found in, ≥ 1
 */
export function* createCorpus(
  examples: readonly Example[],
  labels: readonly string[],
  folds: boolean,
  minSupport = 1,
): Sliced<SpanCorpus> {
  const words: string[] = [];
  const kinds: number[] = [];
  const literals: number[] = [];
  const gaps: number[] = [];
  const textOf: number[] = [];
  const literalIds = new Ids();
  const gapIds = new Ids();
  const golds: GoldSpan[] = [];
  const goldAt = new Map<Place, number>();
  const firstIds = new Map<string, number>();
  const labelIds = new Map(labels.map((label, position) => [label, position]));
  let lost = 0;

  const push = (text: number, written: string, kind: number, gap: string) => {
    words.push(written);
    kinds.push(kind);
    literals.push(literalIds.of(kind <= END ? `\n${kind}` : folds ? fold(written) : written));
    gaps.push(gapIds.of(gap));
    textOf.push(text);
  };
  for (const [position, example] of examples.entries()) {
    if (position % TEXTS === 0) yield position / examples.length;
    const { text } = example;
    const byStart = new Map<number, number>();
    const byEnd = new Map<number, number>();
    push(position, "", BEGIN, "");
    let last = 0;
    for (const { 0: written, index } of text.matchAll(tokens)) {
      const kind = number.test(written) ? NUMBER : word.test(written) ? WORD : MARK;
      byStart.set(index, words.length);
      // White space before the first and after the last token is not a gap.
      push(position, written, kind, last === 0 ? "" : text.slice(last, index));
      last = index + written.length;
      byEnd.set(last, words.length);
    }
    push(position, "", END, "");
    for (const span of spansOf(example)) {
      const start = byStart.get(span.start);
      const end = byEnd.get(span.end);
      const label = labelIds.get(span.label);
      const isKnown = start !== undefined && end !== undefined && label !== undefined;
      if (!isKnown || end - start > MAX_SPAN || goldAt.has(placeOf(start, end))) lost++;
      else goldAt.set(placeOf(start, end), golds.push({ start, end, label }) - 1);
    }
  }

  const goldOver = new Int32Array(words.length).fill(-1);
  golds.forEach(({ start, end }, gold) => goldOver.fill(gold, start, end));
  return {
    texts: examples.length,
    folds,
    size: words.length,
    words,
    kinds: Uint8Array.from(kinds),
    literals: Int32Array.from(literals),
    literalNames: literalIds.names(),
    gaps: Int32Array.from(gaps),
    gapNames: gapIds.names(),
    textOf: Int32Array.from(textOf),
    firstOf: Int32Array.from(
      examples,
      ({ text }, position) => getOrCreate(firstIds, text, () => position),
    ),
    minSupport,
    labels,
    golds,
    goldAt,
    goldOver,
    lost,
    isPadded: {
      first: examples.some(({ text }) => /^\s/.test(text)),
      last: examples.some(({ text }) => /\s$/.test(text)),
    },
  };
}

/** Tells whether some tokens, ascending, are in enough different texts. */
export function areShared(
  { textOf, firstOf, minSupport }: SpanCorpus,
  tokens: Iterable<number>,
): boolean {
  const texts = new Set<number>();
  for (const token of tokens) {
    if (texts.add(firstOf[textOf[token]]).size >= minSupport) return true;
  }
  return false;
}

/** Counts for each of `ids`, one of every token or -1, the different texts that it is found in. */
export function countTexts(
  { textOf, firstOf }: SpanCorpus,
  ids: Int32Array,
  size: number,
): Int32Array {
  const counts = new Int32Array(size);
  const last = new Int32Array(size).fill(-1);
  ids.forEach((id, token) => {
    const text = textOf[token];
    if (id < 0 || firstOf[text] !== text || last[id] === text) return;
    last[id] = text;
    counts[id]++;
  });
  return counts;
}

/** Returns the position of the gold span of a label at exactly this place, or -1. */
export function goldOf({ golds, goldAt }: SpanCorpus, place: Place, label: number): number {
  const gold = goldAt.get(place) ?? -1;
  return gold >= 0 && golds[gold].label === label ? gold : -1;
}

/**
 * Returns the weight of a match as a false positive: 0 if it is a gold span of the label, 0.3 if it
 * lies inside of one, else 1.
 */
export function fpWeight(corpus: SpanCorpus, place: Place, label: number): number {
  if (goldOf(corpus, place, label) >= 0) return 0;
  const { golds, goldOver } = corpus;
  const over = goldOver[startOf(place)];
  return over >= 0 && golds[over].label === label && golds[over].end >= endOf(place) ? INSIDE : 1;
}
