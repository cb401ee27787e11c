/**
 * Contexts: the one to three tokens before and after a span, as they are written, or with words and
 * numbers replaced by their class.
 *
 * @module
 */
import { findEdgeClasses } from "./classes.ts";
import { escapeLiteral, writeAlternatives } from "./elements.ts";
import { NAME } from "./runs.ts";
import { BEGIN, countTexts, END, Ids, NUMBER, type SpanCorpus, WORD } from "./tokens.ts";
import { getOrCreate } from "../text/maps.ts";
import type { Sliced } from "../text/slices.ts";

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

/** Tokens between two pauses. */
const TOKENS = 512;
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

/** Takes a context that a token has, given its kind. */
type TakeContext = (kind: number, context: ContextPart) => void;

/**
 * Finds the contexts of every token that gold spans have too, but for those that too few different
 * texts have.
 *
 * @param groupOf for each label the one that stands for all whose spans are much the same
 */
export function* indexContexts(
  corpus: SpanCorpus,
  groupOf: readonly number[],
): Sliced<Contexts> {
  const { size, kinds, golds, minSupport } = corpus;
  const { readLeft, readRight } = createReaders(corpus, groupOf);
  const keyOf = ({ source, isWordy }: ContextPart) => `${isWordy ? 1 : 0}${source}`;
  // Most contexts are of one token only: kept all, they would take far more room than the texts.
  const ofGolds = new Set<string>();
  for (const [index, { start, end }] of golds.entries()) {
    if (index % TOKENS === 0) yield 0.2 * index / golds.length;
    readLeft(start, (_, context) => ofGolds.add(keyOf(context)));
    readRight(end, (_, context) => ofGolds.add(keyOf(context)));
  }
  const sources: string[] = [];
  const isWordy: boolean[] = [];
  const ids = new Ids();
  const left = Array.from({ length: KINDS }, () => new Int32Array(size).fill(-1));
  const right = Array.from({ length: KINDS }, () => new Int32Array(size).fill(-1));
  const put = (columns: readonly Int32Array[], token: number): TakeContext => (kind, context) => {
    const key = keyOf(context);
    if (!ofGolds.has(key)) return;
    const id = columns[kind][token] = ids.of(key);
    if (id < sources.length) return;
    sources.push(context.source);
    isWordy.push(context.isWordy);
  };
  for (let token = 0; token < size; token++) {
    if (token % TOKENS === 0) yield 0.2 + 0.8 * token / size;
    if (kinds[token] === BEGIN) continue;
    readLeft(token, put(left, token));
    readRight(token, put(right, token));
  }
  for (const column of [...left, ...right]) {
    yield 1;
    const support = countTexts(corpus, column, sources.length);
    column.forEach((context, token) => {
      if (context >= 0 && support[context] < minSupport) column[token] = -1;
    });
  }
  return { sources, isWordy, left, right };
}

/** Creates functions that read the contexts before and after a token, which does not begin a text. */
function createReaders(
  corpus: SpanCorpus,
  groupOf: readonly number[],
): Readonly<Record<"readLeft" | "readRight", (token: number, take: TakeContext) => void>> {
  const { kinds, words, literals, literalNames, gaps, gapNames, folds, isPadded } = corpus;
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
    const classes = findEdgeClasses(corpus, side, groupOf);
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

  const readLeft = (token: number, take: TakeContext) => {
    let source = gapOf(token);
    for (let width = 1; width <= 3; width++) {
      const at = token - width;
      const { source: written, isWordy } = literal(at);
      source = written + source;
      take(width - 1, { source, isWordy });
      if (kinds[at] === BEGIN) break;
      source = gapOf(at) + source;
    }
    const previous = beforeClasses(token - 1);
    if (previous) take(3, { ...previous, source: previous.source + gapOf(token) });
    if (kinds[token - 1] === BEGIN) return;
    const second = beforeClasses(token - 2);
    if (!previous && !second) return;
    const outer = second ?? literal(token - 2);
    const inner = previous ?? literal(token - 1);
    take(4, { ...outer, source: outer.source + gapOf(token - 1) + inner.source + gapOf(token) });
  };
  const readRight = (token: number, take: TakeContext) => {
    let source = "";
    for (let width = 1; width <= 3; width++) {
      const at = token + width - 1;
      const { source: written, isWordy } = literal(at);
      source += gapOf(at) + written;
      take(width - 1, { source, isWordy });
      if (kinds[at] === END) break;
    }
    const next = afterClasses(token);
    if (next) take(3, { ...next, source: gapOf(token) + next.source });
    if (kinds[token] === END) return;
    const second = afterClasses(token + 1);
    if (!second && !next?.isWordy) return;
    // A capital letter cannot replace a word that another token follows.
    const inner = next?.isWordy ? next : literal(token);
    const outer = second ?? literal(token + 1);
    take(4, { ...outer, source: gapOf(token) + inner.source + gapOf(token + 1) + outer.source });
  };
  return { readLeft, readRight };
}
