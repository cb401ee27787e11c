/**
 * Texts cut into tokens for learning spans, and the marked spans as stretches of tokens.
 *
 * A token is a number (`12,345.50` is one), a word (a run of `\p{IDC}`), one character of a script
 * that writes no spaces, or any other single character. White space is kept as the gap before a token,
 * exactly as it is written. Before the first and after the last token of each text stands an empty one.
 *
 * @module
 */
import { type Example, spansOf } from "../data/examples.ts";
import { fold, UNSPACED } from "../text/tokens.ts";

/** What a token is: the begin or end of a text, a number, a word, any other character. */
export const BEGIN = 0;
/** See {@linkcode BEGIN}. */
export const END = 1;
/** See {@linkcode BEGIN}. */
export const NUMBER = 2;
/** See {@linkcode BEGIN}. */
export const WORD = 3;
/** See {@linkcode BEGIN}. */
export const MARK = 4;

/** The most tokens of a span that is learned from. */
export const MAX_SPAN = 40;
/** Places are numbers: the first token times this, plus how many tokens there are. */
const PLACE = 64;
/** What a match inside a longer span of its label counts as, when another wrong one counts 1. */
const INSIDE = 0.3;

const tokens = new RegExp(
  String.raw`\p{Nd}+(?:[.,]\p{Nd}+)*(?!\p{IDC})|[${UNSPACED}]|[\p{IDC}--[${UNSPACED}]]+|[^\s]`,
  "gv",
);
const oneUnspaced = new RegExp(`^[${UNSPACED}]$`, "v");
const number = /^\p{Nd}+(?:[.,]\p{Nd}+)*$/u;
const word = /^\p{IDC}/u;

/** A stretch of tokens: a match, or a marked span. See {@linkcode placeOf}. */
export type Place = number;

/** The place of the tokens from `start` to before `end`, at most 63. */
export function placeOf(start: number, end: number): Place {
  return start * PLACE + Math.min(PLACE - 1, end - start);
}

/** The first token of a place. */
export function startOf(place: Place): number {
  return Math.floor(place / PLACE);
}

/** The token after a place. */
export function endOf(place: Place): number {
  return Math.floor(place / PLACE) + place % PLACE;
}

/** A marked span: its tokens, and the position of its label. */
export interface Gold {
  readonly start: number;
  readonly end: number;
  readonly label: number;
}

/** The tokens of all texts one after the other, and the marked spans. */
export interface Corpus {
  /** How many texts. */
  readonly texts: number;
  /** Whether upper and lower case are taken as the same. */
  readonly folds: boolean;
  /** How many tokens. */
  readonly size: number;
  /** Each token as it is written. */
  readonly words: readonly string[];
  readonly kinds: Uint8Array;
  /** For each token an id that tokens of the same text share, case aside where that is folded. */
  readonly literals: Int32Array;
  readonly literalNames: readonly string[];
  /** Id of the white space before each token. */
  readonly gaps: Int32Array;
  readonly gapNames: readonly string[];
  /** The text that each token is in. */
  readonly textOf: Int32Array;
  readonly labels: readonly string[];
  /** The spans whose ends are ends of tokens. */
  readonly golds: readonly Gold[];
  /** The marked span of a place, by its position in `golds`. */
  readonly goldAt: ReadonlyMap<Place, number>;
  /** For each token a marked span that holds it, or -1. */
  readonly goldOver: Int32Array;
  /** How many spans are not in `golds`. */
  readonly lost: number;
  /** Whether any text begins, or ends, with white space. */
  readonly isPadded: { readonly first: boolean; readonly last: boolean };
}

/** Ids in the order in which names are first seen. */
export class Ids {
  readonly names: string[] = [];
  readonly #ids = new Map<string, number>();
  /** The id of a name, a new one where it was not seen before. */
  of(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) this.#ids.set(name, id = this.names.push(name) - 1);
    return id;
  }
}

/**
 * Whether case says little in these texts, so that rules should take both cases as the same: over a
 * tenth of the texts that begin with a cased letter begin with a small one, or none begins with one.
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

/** Whether a token is one character of a script that writes no spaces, and so needs no edges. */
export function isUnspaced(token: string): boolean {
  return oneUnspaced.test(token);
}

/** Cuts the texts of examples into tokens and finds the marked spans in them. */
export function createCorpus(
  examples: readonly Example[],
  labels: readonly string[],
  folds: boolean,
): Corpus {
  const words: string[] = [];
  const kinds: number[] = [];
  const literals: number[] = [];
  const gaps: number[] = [];
  const textOf: number[] = [];
  const literalIds = new Ids();
  const gapIds = new Ids();
  const golds: Gold[] = [];
  const goldAt = new Map<Place, number>();
  const labelIds = new Map(labels.map((label, position) => [label, position]));
  let lost = 0;

  const push = (text: number, written: string, kind: number, gap: string) => {
    words.push(written);
    kinds.push(kind);
    literals.push(literalIds.of(kind <= END ? `\n${kind}` : folds ? fold(written) : written));
    gaps.push(gapIds.of(gap));
    textOf.push(text);
  };
  examples.forEach((example, position) => {
    const { text } = example;
    const byStart = new Map<number, number>();
    const byEnd = new Map<number, number>();
    push(position, "", BEGIN, "");
    let last = 0;
    for (const { 0: written, index } of text.matchAll(tokens)) {
      const kind = number.test(written) ? NUMBER : word.test(written) ? WORD : MARK;
      byStart.set(index, words.length);
      // White space before the first and after the last token is no part of any pattern.
      push(position, written, kind, last === 0 ? "" : text.slice(last, index));
      last = index + written.length;
      byEnd.set(last, words.length);
    }
    push(position, "", END, "");
    for (const span of spansOf(example)) {
      const start = byStart.get(span.start);
      const end = byEnd.get(span.end);
      const label = labelIds.get(span.label);
      if (
        start === undefined || end === undefined || label === undefined || end - start > MAX_SPAN
      ) {
        lost++;
        continue;
      }
      const place = placeOf(start, end);
      if (goldAt.has(place)) lost++;
      else goldAt.set(place, golds.push({ start, end, label }) - 1);
    }
  });

  const goldOver = new Int32Array(words.length).fill(-1);
  golds.forEach(({ start, end }, gold) => goldOver.fill(gold, start, end));
  return {
    texts: examples.length,
    folds,
    size: words.length,
    words,
    kinds: Uint8Array.from(kinds),
    literals: Int32Array.from(literals),
    literalNames: literalIds.names,
    gaps: Int32Array.from(gaps),
    gapNames: gapIds.names,
    textOf: Int32Array.from(textOf),
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

/** How wrong it is to give `label` to a place: 0 where that is right, 0.3 inside such a span, else 1. */
export function faultOf(corpus: Corpus, place: Place, label: number): number {
  const { golds, goldAt, goldOver } = corpus;
  const gold = goldAt.get(place);
  if (gold !== undefined && golds[gold].label === label) return 0;
  const over = goldOver[startOf(place)];
  return over >= 0 && golds[over].label === label && golds[over].end >= endOf(place) ? INSIDE : 1;
}
