/**
 * Classes: words that replace each other, as they fill the same slot of gold spans (months, units,
 * currencies), or begin or end the spans of one label. A slot is one token of a span whose other
 * tokens are given.
 *
 * @module
 */
import { compareCodeUnits } from "../text/folding.ts";
import { countTexts, NUMBER, type SpanCorpus, WORD } from "./tokens.ts";
import { getOrCreate } from "../text/maps.ts";

/** Most words in a class, and most classes. */
const MAX_WORDS = 40;
const MAX_CLASSES = 60;
/** Longest spans whose slots are looked at, in tokens. */
const MAX_TOKENS = 5;
/** Least words of a class, and the least sum of the texts that they are found in. */
const MIN_WORDS = 3;
const MIN_TEXTS = 5;
/** Two classes are joined if they share this part of the words of the smaller one. */
const SHARED = 0.6;
/** How often a word must begin or end the spans of like labels, and in what part of its occurrences. */
const MIN_OCCURRENCES = 3;
const MIN_SHARE = 0.3;

/** Finds the words that fill one slot in spans of one label: sorted lists of 3 to 40 words. */
export function findSlotClasses(corpus: SpanCorpus): string[][] {
  const classes = collectSlots(corpus).flatMap((fillers) => {
    const all = [...fillers].map(([word, texts]) => ({ word, count: texts.size }));
    // Words that fill the slot in one text only are often there by chance.
    const frequent = all.filter(({ count }) => count > 1);
    const counts = frequent.length < MIN_WORDS ? all : frequent;
    const weight = counts.reduce((sum, { count }) => sum + count, 0);
    if (counts.length < MIN_WORDS || weight < MIN_TEXTS) return [];
    counts.sort((a, b) => b.count - a.count || compareCodeUnits(a.word, b.word));
    const words = counts.slice(0, MAX_WORDS).map(({ word }) => word);
    return [{ words, weight, key: words.toSorted().join() }];
  }).sort((a, b) => b.weight - a.weight || compareCodeUnits(a.key, b.key));
  const joined: Set<string>[] = [];
  for (const { words } of classes) {
    const alike = joined.find((other) => {
      const shared = words.filter((word) => other.has(word)).length;
      return shared >= 2 && shared >= SHARED * Math.min(words.length, other.size);
    });
    if (alike === undefined) joined.push(new Set(words));
    else for (const word of words) if (alike.size < MAX_WORDS) alike.add(word);
  }
  return joined.slice(0, MAX_CLASSES).map((words) => [...words].sort());
}

/**
 * Collects for each slot its words, and for each word its texts. All numbers are alike. Leaves out
 * words that too few different texts have.
 */
function collectSlots(corpus: SpanCorpus): Map<string, Set<number>>[] {
  const { golds, kinds, literals, literalNames, gaps, textOf, minSupport } = corpus;
  const support = countTexts(corpus, literals, literalNames.length);
  const slots = new Map<string, Map<string, Set<number>>>();
  for (const { start, end, label } of golds) {
    if (end - start < 2 || end - start > MAX_TOKENS) continue;
    for (let slot = start; slot < end; slot++) {
      if (kinds[slot] !== WORD || support[literals[slot]] < minSupport) continue;
      let key = `${label}`;
      for (let token = start; token < end; token++) {
        const read = token === slot ? "*" : kinds[token] === NUMBER ? "#" : literals[token];
        key += ` ${gaps[token]} ${read}`;
      }
      getOrCreate(
        getOrCreate(slots, key, () => new Map()),
        literalNames[literals[slot]],
        () => new Set(),
      ).add(textOf[slot]);
    }
  }
  return [...slots.values()];
}

/**
 * Finds, for each literal, the words that begin (or end) spans of the same labels: of the labels
 * whose spans the literal begins (or ends) most often. Literals that too rarely begin (or end) such
 * spans have no class.
 *
 * @param groupOf for each label the one that stands for all that are alike
 */
export function findEdgeClasses(
  corpus: SpanCorpus,
  side: "first" | "last",
  groupOf: readonly number[],
): Map<number, string[]> {
  const { golds, kinds, literals, literalNames, labels, minSupport } = corpus;
  const support = countTexts(corpus, literals, literalNames.length);
  const total = new Int32Array(literalNames.length);
  for (const literal of literals) total[literal]++;
  const counts = labels.map(() => new Map<number, number>());
  for (const { start, end, label } of golds) {
    const token = side === "first" ? start : end - 1;
    if (kinds[token] !== WORD) continue;
    const countOf = counts[groupOf[label]];
    countOf.set(literals[token], (countOf.get(literals[token]) ?? 0) + 1);
  }
  const best = new Map<number, { members: string[]; count: number }>();
  for (const countOf of counts) {
    const chosen = [...countOf]
      .filter(([literal, count]) =>
        count >= MIN_OCCURRENCES && count >= MIN_SHARE * total[literal] &&
        support[literal] >= minSupport
      )
      .sort(([a, m], [b, n]) => n - m || a - b).slice(0, MAX_WORDS);
    if (chosen.length < 2) continue;
    const members = chosen.map(([literal]) => literalNames[literal]);
    for (const [literal, count] of chosen) {
      if (count > (best.get(literal)?.count ?? 0)) best.set(literal, { members, count });
    }
  }
  return new Map([...best].map(([literal, { members }]) => [literal, members]));
}
