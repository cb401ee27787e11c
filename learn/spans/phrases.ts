/**
 * Phrases: runs of words that replace each other, as they fill the same role in gold spans: all of a
 * span of one label (cities), or what stands before, after or between its numbers (currencies, units,
 * months). Roles with much the same phrases, as the city of departure and that of arrival, share one
 * class: the words around it tell which is meant.
 *
 * @module
 */
import { compareCodeUnits } from "../text/folding.ts";
import { getOrCreate } from "../text/maps.ts";
import type { Sliced } from "../text/slices.ts";
import { type GoldSpan, NUMBER, type SpanCorpus, WORD } from "./tokens.ts";

/** A class that begins at a token: its position among the classes, and the token after its longest phrase. */
export interface FoundPhrase {
  readonly phrases: number;
  readonly end: number;
}

/** The classes of phrases of a corpus. */
export interface PhraseClasses {
  /** For each class its phrases as they are written, the most frequent first. */
  readonly classes: readonly (readonly string[])[];
  /** For each token at which phrases begin, their classes. */
  readonly at: ReadonlyMap<number, readonly FoundPhrase[]>;
  /** For each label the one that stands for all labels whose spans are much the same phrases. */
  readonly groupOf: readonly number[];
}

/** Gold spans, and tokens, between two pauses. */
const GOLDS = 256;
const TOKENS = 1024;
/** Longest phrase, in tokens. */
const MAX_TOKENS = 5;
/** Least phrases of a class, and their greatest length together, in UTF-16 code units. */
const MIN_PHRASES = 3;
const MAX_SOURCE = 1_200;
/** Two roles are one if they share this part of the phrases of the smaller one. */
const SHARED = 0.5;
/** The least part of its occurrences in which a word must be a phrase: `and` of `1 and 3 May` is none. */
const MIN_SHARE = 0.1;

/** Literals of a phrase, each with the gap before it; how it is written; the texts that it fills a role in. */
interface Phrase {
  readonly tokens: readonly (readonly [gap: number, literal: number])[];
  readonly text: string;
  readonly texts: Set<number>;
  uses: number;
}

/** The phrases of one label with the same kinds of tokens around them. */
interface PhraseRole {
  readonly label: number;
  /** Whether the phrases are whole spans. */
  readonly isWhole: boolean;
  readonly phrases: Set<Phrase>;
}

/** Cuts a gold span at its numbers: the first token of each run of other tokens, and the one after it. */
export function cutAtNumbers(
  { kinds }: SpanCorpus,
  { start, end }: GoldSpan,
): ReadonlyMap<number, number> {
  const runs = new Map<number, number>();
  for (let from = start; from < end; from++) {
    if (kinds[from] === NUMBER) continue;
    let to = from + 1;
    while (to < end && kinds[to] !== NUMBER) to++;
    runs.set(from, to);
    from = to;
  }
  return runs;
}

/** Finds the classes of phrases: without phrases that too few different texts have in gold spans. */
export function* findPhrases(corpus: SpanCorpus): Sliced<PhraseClasses> {
  const { labels, literals, literalNames, minSupport } = corpus;
  const roles = yield* collectRoles(corpus);
  const total = new Int32Array(literalNames.length);
  for (const literal of literals) total[literal]++;
  const isUsed = ({ tokens, texts, uses }: Phrase) =>
    texts.size >= minSupport && (tokens.length > 1 || uses >= MIN_SHARE * total[tokens[0][1]]);
  const used = roles.map((role) => ({
    ...role,
    phrases: new Set(role.phrases.values().filter(isUsed)),
  })).filter(({ phrases }) => phrases.size >= MIN_PHRASES)
    .sort((a, b) => b.phrases.size - a.phrases.size);
  const joined: { readonly label: number; phrases: Set<Phrase> }[] = [];
  const groupOf = [...labels.keys()];
  for (const { label, isWhole, phrases } of used) {
    const alike = joined.find((other) =>
      phrases.intersection(other.phrases).size >= SHARED * phrases.size
    );
    if (alike === undefined) joined.push({ label, phrases });
    else alike.phrases = alike.phrases.union(phrases);
    if (alike !== undefined && isWhole) groupOf[label] = alike.label;
  }
  const classes = joined.map(({ phrases }) => keepFrequent(phrases))
    .filter(({ length }) => length >= MIN_PHRASES);
  return {
    classes: classes.map((phrases) => phrases.map(({ text }) => text)),
    at: yield* locate(corpus, classes),
    groupOf,
  };
}

function* collectRoles(corpus: SpanCorpus): Sliced<PhraseRole[]> {
  const { golds, kinds, literals, literalNames, gaps, gapNames, textOf, firstOf } = corpus;
  const all = new Map<string, Phrase>();
  const roles = new Map<string, PhraseRole>();
  for (const [index, gold] of golds.entries()) {
    if (index % GOLDS === 0) yield 0;
    for (const [from, to] of cutAtNumbers(corpus, gold)) {
      if (to - from > MAX_TOKENS || kinds[from] !== WORD || kinds[to - 1] !== WORD) continue;
      const tokens: [number, number][] = [];
      let text = "";
      for (let token = from; token < to; token++) {
        const gap = token === from ? 0 : gaps[token];
        tokens.push([gap, literals[token]]);
        text += (token === from ? "" : gapNames[gap]) + literalNames[literals[token]];
      }
      const phrase = getOrCreate(
        all,
        tokens.join(),
        () => ({ tokens, text, texts: new Set<number>(), uses: 0 }),
      );
      phrase.uses++;
      phrase.texts.add(firstOf[textOf[from]]);
      const { label, start, end } = gold;
      const [isFirst, isLast] = [from === start, to === end];
      const role = getOrCreate(
        roles,
        `${label} ${isFirst} ${isLast}`,
        () => ({ label, isWhole: isFirst && isLast, phrases: new Set<Phrase>() }),
      );
      role.phrases.add(phrase);
    }
  }
  return [...roles.values()];
}

/** Returns the phrases that the most texts have, as many as a pattern has room for. */
function keepFrequent(phrases: ReadonlySet<Phrase>): Phrase[] {
  let length = 0;
  return [...phrases]
    .sort((a, b) => b.texts.size - a.texts.size || compareCodeUnits(a.text, b.text))
    .filter(({ text }) => (length += text.length + 1) <= MAX_SOURCE);
}

/** Finds where phrases of each class begin: there the longest one counts. */
function* locate(
  { literals, gaps, size }: SpanCorpus,
  classes: readonly (readonly Phrase[])[],
): Sliced<Map<number, FoundPhrase[]>> {
  const byFirst = new Map<number, { phrases: number; tokens: Phrase["tokens"] }[]>();
  for (const [phrases, members] of classes.entries()) {
    for (const { tokens } of members.toSorted((a, b) => b.tokens.length - a.tokens.length)) {
      getOrCreate(byFirst, tokens[0][1], () => []).push({ phrases, tokens });
    }
  }
  const at = new Map<number, FoundPhrase[]>();
  for (let start = 0; start < size; start++) {
    if (start % TOKENS === 0) yield start / size;
    const found: FoundPhrase[] = [];
    for (const { phrases, tokens } of byFirst.get(literals[start]) ?? []) {
      if (found.at(-1)?.phrases === phrases) continue;
      const isHere = tokens.every(([gap, literal], index) =>
        literals[start + index] === literal && (index === 0 || gaps[start + index] === gap)
      );
      if (isHere) found.push({ phrases, end: start + tokens.length });
    }
    if (found.length > 0) at.set(start, found);
  }
  return at;
}
