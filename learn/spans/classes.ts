/**
 * Classes of words that stand for each other: those that fill the same place in marked spans (months,
 * units, currencies), and those that begin or end the spans of a label.
 *
 * @module
 */
import { type Corpus, NUMBER, WORD } from "./tokens.ts";

/** Most words in a class. */
const MAX_WORDS = 40;
const MAX_CLASSES = 60;
/** Longest spans whose places are looked at, in tokens. */
const MAX_TOKENS = 5;
const MIN_WORDS = 3;
const MIN_TEXTS = 5;
/** Classes that share this part of the smaller one's words become one. */
const SHARED = 0.6;
/** How often a word must begin or end the spans of a label, and in what part of its occurrences. */
const MIN_OCCURRENCES = 3;
const MIN_SHARE = 0.5;

/**
 * Words that fill one place in spans of one label whose other tokens are the same (numbers aside):
 * lists of 3 to 40 words, each sorted.
 */
export function findSlotClasses(corpus: Corpus): string[][] {
  const slots = collectSlots(corpus);
  const classes: { words: Set<string>; weight: number }[] = [];
  for (const fillers of slots.values()) {
    const all = [...fillers].map(([word, texts]) => ({ word, count: texts.size }));
    // What fills the place once only is often there by chance.
    const frequent = all.filter(({ count }) => count > 1);
    const counts = frequent.length < MIN_WORDS ? all : frequent;
    const weight = counts.reduce((sum, { count }) => sum + count, 0);
    if (counts.length < MIN_WORDS || weight < MIN_TEXTS) continue;
    counts.sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1));
    classes.push({ words: new Set(counts.slice(0, MAX_WORDS).map(({ word }) => word)), weight });
  }
  const keyOf = ({ words }: { words: Set<string> }) => [...words].sort().join();
  const keys = new Map(classes.map((one) => [one, keyOf(one)]));
  classes.sort((a, b) => b.weight - a.weight || (keys.get(a)! < keys.get(b)! ? -1 : 1));
  const merged: Set<string>[] = [];
  for (const { words } of classes) {
    const alike = merged.find((other) => {
      const shared = other.intersection(words).size;
      return shared >= 2 && shared >= SHARED * Math.min(words.size, other.size);
    });
    if (alike === undefined) merged.push(new Set(words));
    else for (const word of words) if (alike.size < MAX_WORDS) alike.add(word);
  }
  return merged.slice(0, MAX_CLASSES).map((words) => [...words].sort());
}

/** For each place in a span the words that fill it, and the texts in which they do. */
function collectSlots(corpus: Corpus): Map<string, Map<string, Set<number>>> {
  const { golds, kinds, literals, literalNames, gaps, textOf } = corpus;
  const slots = new Map<string, Map<string, Set<number>>>();
  for (const { start, end, label } of golds) {
    if (end - start < 2 || end - start > MAX_TOKENS) continue;
    for (let slot = start; slot < end; slot++) {
      if (kinds[slot] !== WORD) continue;
      let key = `${label}`;
      for (let token = start; token < end; token++) {
        const read = token === slot ? "*" : kinds[token] === NUMBER ? "#" : literals[token];
        key += ` ${gaps[token]} ${read}`;
      }
      const fillers = slots.get(key) ?? new Map<string, Set<number>>();
      slots.set(key, fillers);
      const word = literalNames[literals[slot]];
      const texts = fillers.get(word);
      if (texts) texts.add(textOf[slot]);
      else fillers.set(word, new Set([textOf[slot]]));
    }
  }
  return slots;
}

/**
 * For each literal of the corpus the words, itself among them, that begin (or end) spans of the label
 * which it begins (or ends) most often; none where it mostly does something else.
 */
export function findEdgeClasses(corpus: Corpus, side: "first" | "last"): Map<number, string[]> {
  const { golds, kinds, literals, literalNames, labels } = corpus;
  const total = new Int32Array(literalNames.length);
  for (const literal of literals) total[literal]++;
  const counts = labels.map(() => new Map<number, number>());
  for (const { start, end, label } of golds) {
    const token = side === "first" ? start : end - 1;
    if (kinds[token] !== WORD) continue;
    counts[label].set(literals[token], (counts[label].get(literals[token]) ?? 0) + 1);
  }
  const best = new Map<number, { members: string[]; count: number }>();
  for (const count of counts) {
    const chosen = [...count]
      .filter(([literal, n]) => n >= MIN_OCCURRENCES && n >= MIN_SHARE * total[literal])
      .sort(([a, m], [b, n]) => n - m || a - b).slice(0, MAX_WORDS);
    if (chosen.length < 2) continue;
    const members = chosen.map(([literal]) => literalNames[literal]);
    for (const [literal, n] of chosen) {
      if (n > (best.get(literal)?.count ?? 0)) best.set(literal, { members, count: n });
    }
  }
  return new Map([...best].map(([literal, { members }]) => [literal, members]));
}
