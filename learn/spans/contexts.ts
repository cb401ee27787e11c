/**
 * Contexts: the one to three tokens before and after a span, as they are written, or with words and
 * numbers replaced by their class.
 *
 * @module
 */
import { findEdgeClasses } from "./classes.ts";
import { escapeLiteral, writeAlternatives } from "./elements.ts";
import { NAME } from "./runs.ts";
import { BEGIN, END, Ids, NUMBER, type SpanCorpus, WORD } from "./tokens.ts";
import { getOrCreate } from "../text/maps.ts";

/** The contexts on both sides of every token. */
export interface Contexts {
  /** Source of the regular expression of each context. */
  readonly sources: readonly string[];
  /** Whether each context begins (on the left) or ends (on the right) with a word character. */
  readonly isWordy: readonly boolean[];
  /** By kind of context, for each token the context that ends before it, or -1. */
  readonly left: readonly Int32Array[];
  /** By kind of context, for each token the context that begins with it, or -1. */
  readonly right: readonly Int32Array[];
}

/** Number of kinds of contexts: one, two or three tokens; one or two with classes. */
const KINDS = 5;
/** Pairs of a left and a right kind that are tried, a digit each, 0 for none; the simplest first. */
export const PAIRS: readonly (readonly [left: number, right: number])[] =
  "10 01 20 02 11 21 12 30 22 40 04 50 05 41 14 44 24 42 51 15".split(" ")
    .map(([left, right]) => [Number(left), Number(right)]);

/** The source of one token of a context, and whether its outer side is a word character. */
interface ContextPart {
  readonly source: string;
  readonly isWordy: boolean;
}

/** Finds the contexts of every token. */
export function indexContexts(corpus: SpanCorpus): Contexts {
  const { size, kinds, words, literals, literalNames, gaps, gapNames, folds, isPadded } = corpus;
  const sources: string[] = [];
  const isWordy: boolean[] = [];
  const ids = new Ids();
  const idOf = (source: string, wordy: boolean): number => {
    const id = ids.of(`${wordy ? 1 : 0}${source}`);
    if (id === sources.length) {
      sources.push(source);
      isWordy.push(wordy);
    }
    return id;
  };
  const literal = (token: number): ContextPart => {
    if (kinds[token] === BEGIN) return { source: "^", isWordy: false };
    if (kinds[token] === END) return { source: "$", isWordy: false };
    const source = escapeLiteral(literalNames[literals[token]]);
    return { source, isWordy: kinds[token] === WORD || kinds[token] === NUMBER };
  };
  const before = isPadded.first ? String.raw`\s{0,9}` : "";
  const after = isPadded.last ? String.raw`\s{0,9}` : "";
  const gapOf = (token: number) => {
    if (kinds[token] === END) return after;
    return kinds[token - 1] === BEGIN ? before : escapeLiteral(gapNames[gaps[token]]);
  };
  const [afterClasses, beforeClasses] = (["first", "last"] as const).map((side) => {
    const written = new Map<readonly string[], ContextPart>();
    const classes = findEdgeClasses(corpus, side);
    return (token: number): ContextPart | undefined => {
      if (kinds[token] === NUMBER && /^\d/.test(words[token])) {
        return { source: String.raw`\d{1,9}`, isWordy: true };
      }
      if (kinds[token] !== WORD) return undefined;
      const members = classes.get(literals[token]);
      if (members !== undefined) {
        return getOrCreate(written, members, () => ({
          source: writeAlternatives(members.map(escapeLiteral)),
          isWordy: true,
        }));
      }
      if (folds || !/^\p{Lu}/u.test(words[token])) return undefined;
      return side === "first"
        ? { source: String.raw`\p{Lu}`, isWordy: false }
        : { source: NAME, isWordy: true };
    };
  });

  const left = Array.from({ length: KINDS }, () => new Int32Array(size).fill(-1));
  const right = Array.from({ length: KINDS }, () => new Int32Array(size).fill(-1));
  for (let token = 0; token < size; token++) {
    if (kinds[token] === BEGIN) continue;
    let source = gapOf(token);
    for (let width = 1; width <= 3; width++) {
      const at = token - width;
      const part = literal(at);
      source = part.source + source;
      left[width - 1][token] = idOf(source, part.isWordy);
      if (kinds[at] === BEGIN) break;
      source = gapOf(at) + source;
    }
    source = "";
    for (let width = 1; width <= 3; width++) {
      const at = token + width - 1;
      const part = literal(at);
      source += gapOf(at) + part.source;
      right[width - 1][token] = idOf(source, part.isWordy);
      if (kinds[at] === END) break;
    }
    const previous = beforeClasses(token - 1);
    if (previous) left[3][token] = idOf(previous.source + gapOf(token), previous.isWordy);
    if (kinds[token - 1] !== BEGIN) {
      const second = beforeClasses(token - 2);
      if (previous || second) {
        const outer = second ?? literal(token - 2);
        const inner = previous ?? literal(token - 1);
        const written = outer.source + gapOf(token - 1) + inner.source + gapOf(token);
        left[4][token] = idOf(written, outer.isWordy);
      }
    }
    const next = afterClasses(token);
    if (next) right[3][token] = idOf(gapOf(token) + next.source, next.isWordy);
    if (kinds[token] === END) continue;
    const second = afterClasses(token + 1);
    if (second || next?.isWordy) {
      // A capital letter cannot replace a word that another token follows.
      const inner = next?.isWordy ? next : literal(token);
      const outer = second ?? literal(token + 1);
      const written = gapOf(token) + inner.source + gapOf(token + 1) + outer.source;
      right[4][token] = idOf(written, outer.isWordy);
    }
  }
  return { sources, isWordy, left, right };
}
