/**
 * Contexts: the one to three tokens before and after a span, as they are written, or with words and
 * numbers replaced by the class they are in.
 *
 * @module
 */
import { findEdgeClasses } from "./classes.ts";
import { escapeLiteral, writeAlternatives } from "./elements.ts";
import { BEGIN, type Corpus, END, NUMBER, WORD } from "./tokens.ts";

/** Contexts on both sides of every token. */
export interface Contexts {
  /** Source of the regular expression for each context. */
  readonly sources: readonly string[];
  /** Whether each begins (left ones) or ends (right ones) with a word character. */
  readonly isWordy: readonly boolean[];
  /** By kind of context, for each token the context that ends before it, or -1. */
  readonly left: readonly Int32Array[];
  /** By kind of context, for each token the context that begins with it, or -1. */
  readonly right: readonly Int32Array[];
}

/** Kinds of contexts: one, two or three tokens; one or two with classes. */
const KINDS = 5;
/** Pairs of kinds (1 to 5, 0 for none) that are tried around a span, the simplest first. */
export const PAIRS: readonly (readonly [left: number, right: number])[] = [
  [1, 0],
  [0, 1],
  [2, 0],
  [0, 2],
  [1, 1],
  [2, 1],
  [1, 2],
  [3, 0],
  [2, 2],
  [4, 0],
  [0, 4],
  [5, 0],
  [0, 5],
  [4, 1],
  [1, 4],
  [4, 4],
  [2, 4],
  [4, 2],
  [5, 1],
  [1, 5],
];

interface Piece {
  readonly source: string;
  readonly isWordy: boolean;
}

/** Finds the contexts of every token. */
export function indexContexts(corpus: Corpus): Contexts {
  const { size, kinds, words, literals, literalNames, gaps, gapNames, folds } = corpus;
  const sources: string[] = [];
  const isWordy: boolean[] = [];
  const ids = new Map<string, number>();
  const idOf = (source: string, wordy: boolean): number => {
    const key = `${wordy ? 1 : 0}${source}`;
    let id = ids.get(key);
    if (id === undefined) {
      ids.set(key, id = sources.push(source) - 1);
      isWordy.push(wordy);
    }
    return id;
  };
  const literal = (token: number): Piece => {
    if (kinds[token] === BEGIN) return { source: "^", isWordy: false };
    if (kinds[token] === END) return { source: "$", isWordy: false };
    const source = escapeLiteral(literalNames[literals[token]]);
    return { source, isWordy: kinds[token] === WORD || kinds[token] === NUMBER };
  };
  const before = corpus.isPadded.first ? String.raw`\s{0,9}` : "";
  const after = corpus.isPadded.last ? String.raw`\s{0,9}` : "";
  const gapOf = (token: number) => {
    if (kinds[token] === END) return after;
    return kinds[token - 1] === BEGIN ? before : escapeLiteral(gapNames[gaps[token]]);
  };
  const [afterClasses, beforeClasses] = (["first", "last"] as const).map((side) => {
    const written = new Map<readonly string[], Piece>();
    const classes = findEdgeClasses(corpus, side);
    return (token: number): Piece | undefined => {
      if (kinds[token] === NUMBER && /^\d/.test(words[token])) {
        return { source: String.raw`\d{1,9}`, isWordy: true };
      }
      if (kinds[token] !== WORD) return undefined;
      const members = classes.get(literals[token]);
      if (members !== undefined) {
        const piece = written.get(members) ??
          { source: writeAlternatives(members.map(escapeLiteral)), isWordy: true };
        written.set(members, piece);
        return piece;
      }
      if (folds || !/^\p{Lu}/u.test(words[token])) return undefined;
      return side === "first"
        ? { source: String.raw`\p{Lu}`, isWordy: false }
        : { source: String.raw`\p{Lu}\p{IDC}{0,30}`, isWordy: true };
    };
  });

  const left = Array.from({ length: KINDS }, () => new Int32Array(size).fill(-1));
  const right = Array.from({ length: KINDS }, () => new Int32Array(size).fill(-1));
  for (let token = 0; token < size; token++) {
    if (kinds[token] === BEGIN) continue;
    let source = gapOf(token);
    for (let width = 1; width <= 3; width++) {
      const at = token - width;
      const piece = literal(at);
      source = piece.source + source;
      left[width - 1][token] = idOf(source, piece.isWordy);
      if (kinds[at] === BEGIN) break;
      source = gapOf(at) + source;
    }
    source = "";
    for (let width = 1; width <= 3; width++) {
      const at = token + width - 1;
      const piece = literal(at);
      source += gapOf(at) + piece.source;
      right[width - 1][token] = idOf(source, piece.isWordy);
      if (kinds[at] === END) break;
    }
    const inner = beforeClasses(token - 1);
    if (inner) left[3][token] = idOf(inner.source + gapOf(token), inner.isWordy);
    if (kinds[token - 1] !== BEGIN) {
      const second = beforeClasses(token - 2);
      if (inner || second) {
        const outer = second ?? literal(token - 2);
        const next = inner ?? literal(token - 1);
        const written = outer.source + gapOf(token - 1) + next.source + gapOf(token);
        left[4][token] = idOf(written, outer.isWordy);
      }
    }
    const next = afterClasses(token);
    if (next) right[3][token] = idOf(gapOf(token) + next.source, next.isWordy);
    if (kinds[token] === END) continue;
    const second = afterClasses(token + 1);
    // A capital letter stands for the rest of a word only where nothing follows.
    const first = next?.isWordy ? next : literal(token);
    if (second || next?.isWordy) {
      const outer = second ?? literal(token + 1);
      const written = gapOf(token) + first.source + gapOf(token + 1) + outer.source;
      right[4][token] = idOf(written, outer.isWordy);
    }
  }
  return { sources, isWordy, left, right };
}
