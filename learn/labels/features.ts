/**
 * Features: finds the candidate patterns of a corpus through postings lists of words, stems,
 * sequences, anchors, shapes and pairs of these. Only the few shapes run as regular
 * expressions, but each feature can be written as regular expressions that match exactly its texts.
 *
 * @module
 */
import { createRegExp } from "../rules/modifiers.ts";
import { SHAPES } from "../rules/reading/shapes.ts";
import { type Atoms, createAtoms, type Syntax, syntaxOf } from "./atoms.ts";
import { collectPostings, filterPostings, intersect, type Postings } from "./postings.ts";
import { type Alphabet, chooseAlphabet, tokenize } from "../text/tokens.ts";
import { getOrCreate } from "../text/maps.ts";
import { eachSliced, part, type Sliced } from "../text/slices.ts";

/** A condition on texts, and the texts that meet it. */
export interface Feature {
  /** Ascending positions of the texts that meet the condition. */
  readonly texts: Int32Array;
  /** Writes the condition as regular expressions: all of them match exactly those texts. */
  patterns(): string[];
  /** Of a conjunction the positions of the two features that it joins. */
  readonly parts?: readonly [number, number];
}

/** All features of a corpus. */
export interface FeatureIndex {
  /** How the patterns are written. */
  readonly syntax: Syntax;
  readonly features: readonly Feature[];
}

/** Options of {@linkcode indexFeatures}. */
export interface FeatureOptions {
  /** Least number of texts that a feature matches, ≥ 1. */
  readonly minSupport: number;
  /**
   * Least number of different texts that a word, or a sequence of words, must be found in to be
   * written in a pattern, ≥ 1; by default 1.
   */
  readonly literalSupport?: number;
  /** Measures how telling a feature is; the most telling ones of each text are joined. */
  readonly worth: (texts: Int32Array) => number;
  /** Most features of one text that are joined, so that long texts stay affordable; by default 32. */
  readonly maxJoined?: number;
}

/** Longest run of unspaced characters that is one feature, in characters. */
const MAX_RUN = 4;
/** Texts, and pairs, between two pauses. */
const TEXTS = 64;
const PAIRS = 256;

/** A corpus as sequences of atoms, and the features found in it so far. */
interface AtomCorpus {
  readonly features: Feature[];
  readonly minSupport: number;
  /** Collects the keys that enough texts, and enough different ones, hold. */
  readonly collectShared: <T>(
    items: readonly T[],
    visit: (item: T, emit: (key: number) => void) => void,
  ) => Sliced<Postings>;
  readonly syntax: Syntax;
  readonly atoms: Atoms["atoms"];
  /** The words of each text, as positions of atoms; -1 for a word that must not be in a pattern. */
  readonly words: readonly Int32Array[];
  /** The same with stems for words. */
  readonly stems: readonly Int32Array[];
  /** Words that follow an apostrophe, as the t of can't: no pattern begins with one. */
  readonly tails: ReadonlySet<number>;
  /** The runs of unspaced characters of each text. */
  readonly runs: readonly (readonly string[])[];
}

/** Finds all features that match at least `minSupport` of the texts. */
export function* indexFeatures(
  texts: readonly string[],
  options: FeatureOptions,
): Sliced<FeatureIndex> {
  const corpus = yield* part("reading texts", [0, 0.1], readCorpus(texts, options));
  const { features, words, stems, syntax } = corpus;
  // Stems come before words: of features that match the same texts the first, most general stays.
  const units = [
    ...yield* part("collecting words", [0.1, 0.2], addGrams(corpus, stems)),
    ...yield* part("collecting words", [0.2, 0.25], addRuns(corpus)),
    ...yield* part("collecting words", [0.25, 0.3], addShapes(corpus, texts)),
  ];
  yield* part("collecting words", [0.3, 0.4], addGrams(corpus, words));
  yield* part("collecting words", [0.4, 0.55], addAnchors(corpus));
  yield* part("pairing words", [0.55, 1], addPairs(corpus, units, options));
  return { syntax, features };
}

/** Reads the texts. Atoms in too few texts are left out: no feature needs them. */
function* readCorpus(
  texts: readonly string[],
  { minSupport, literalSupport = 1 }: FeatureOptions,
): Sliced<AtomCorpus> {
  const alphabet: Alphabet = chooseAlphabet(texts);
  const ids = new Map<string, number>();
  const runs: (readonly string[])[] = [];
  const read: Int32Array[] = [];
  yield* eachSliced(texts, (text) => {
    const tokens = tokenize(text, alphabet);
    runs.push(tokens.runs);
    read.push(Int32Array.from(tokens.words, (word) => getOrCreate(ids, word, () => ids.size)));
  }, TEXTS);
  yield 1;
  const isFirst = findFirsts(texts);
  yield 1;
  const countDifferent = (texts: Int32Array) =>
    texts.reduce((count, text) => count + (isFirst[text] ? 1 : 0), 0);
  const textsWith = new Int32Array(ids.size);
  read.forEach((text, position) => {
    if (isFirst[position]) { for (const word of new Set(text)) textsWith[word]++; }
  });
  yield 1;
  const isShared = (word: number) => textsWith[word] >= literalSupport;
  const { atoms, stemOf, isTooLong } = createAtoms([...ids.keys()], alphabet, isShared);
  yield 1;
  const support = new Int32Array(atoms.length);
  const shared = new Int32Array(atoms.length);
  yield* eachSliced(read, (text, position) => {
    for (const atom of new Set([...text, ...text.map((word) => stemOf[word])])) {
      support[atom]++;
      if (isFirst[position]) shared[atom]++;
    }
  }, TEXTS);
  const kept = [...atoms.keys()].filter((atom) =>
    support[atom] >= minSupport && shared[atom] >= literalSupport && !isTooLong(atom)
  );
  const numbers = new Int32Array(atoms.length).fill(-1);
  kept.forEach((atom, number) => numbers[atom] = number);
  yield 1;
  const tails = findTails(texts, read, ids).map((word) => numbers[word]);
  yield 1;
  return {
    features: [],
    minSupport,
    *collectShared(items, visit) {
      const least = Math.max(minSupport, literalSupport);
      const postings = yield* collectPostings(items, least, visit);
      return filterPostings(postings, (texts) => countDifferent(texts) >= literalSupport);
    },
    syntax: syntaxOf(alphabet),
    atoms: kept.map((atom) => atoms[atom]),
    words: read.map((text) => text.map((word) => numbers[word])),
    stems: read.map((text) => text.map((word) => numbers[stemOf[word]])),
    tails: new Set(tails.filter((number) => number >= 0)),
    runs,
  };
}

/** Tells of each text whether it is the first of those that are equal to it. */
function findFirsts(texts: readonly string[]): boolean[] {
  const seen = new Set<string>();
  return texts.map((text) => seen.size < seen.add(text).size);
}

/** Finds the words that follow an apostrophe in at least nine of ten places. */
function findTails(
  texts: readonly string[],
  read: readonly Int32Array[],
  ids: ReadonlyMap<string, number>,
): number[] {
  const total = new Int32Array(ids.size);
  for (const words of read) for (const word of words) total[word]++;
  const following = new Int32Array(ids.size);
  for (const text of texts) {
    for (const [, tail] of text.matchAll(/\w['’](\w+)/g)) {
      const word = ids.get(tail.toLowerCase());
      if (word !== undefined) following[word]++;
    }
  }
  return [...ids.values()].filter((word) => following[word] * 10 >= total[word] * 9);
}

/** Adds a feature for each key of the postings; returns their positions. */
function addFeatures(
  { features }: AtomCorpus,
  { keys, texts }: Postings,
  write: (key: number) => string,
): number[] {
  return keys.map((key, index) =>
    features.push({ texts: texts[index], patterns: () => [write(key)] }) - 1
  );
}

/** How a sequence of atoms is written. */
interface SequenceStyle {
  readonly begin: string;
  readonly separator: string;
}

/** Adds a sequence of atoms for each key of the postings; returns their positions. */
function addSequences(
  corpus: AtomCorpus,
  postings: Postings,
  atomsOf: (key: number) => readonly number[],
  { begin, separator }: SequenceStyle,
): number[] {
  return addFeatures(corpus, postings, (key) => {
    const sequence = atomsOf(key).map((atom) => corpus.atoms[atom]);
    const end = sequence.at(-1)!.isOpen ? "" : corpus.syntax.right;
    return begin + sequence.map(({ source }) => source).join(separator) + end;
  });
}

/** Adds single atoms and sequences of two and three; returns the positions of the single ones. */
function* addGrams(corpus: AtomCorpus, texts: readonly Int32Array[]): Sliced<number[]> {
  const { atoms, tails, syntax, minSupport, collectShared } = corpus;
  const base = atoms.length;
  const unpack = (pair: number) => [Math.floor(pair / base), pair % base];
  const style = { begin: syntax.left, separator: `${syntax.other}+` };
  const singles = yield* collectPostings(texts, minSupport, (atoms, emit) => {
    for (const atom of atoms) if (atom >= 0 && !tails.has(atom)) emit(atom);
  });
  const positions = addSequences(corpus, singles, (atom) => [atom], style);
  const pairs = yield* collectShared(texts, (atoms, emit) => {
    for (let at = 1; at < atoms.length; at++) {
      const [first, second] = [atoms[at - 1], atoms[at]];
      if (first >= 0 && second >= 0 && !tails.has(first)) emit(first * base + second);
    }
  });
  addSequences(corpus, pairs, unpack, style);
  // A sequence of three needs its first two to be frequent: their positions make smaller keys.
  const numbering = new Map(pairs.keys.map((key, index) => [key, index]));
  const triples = yield* collectShared(texts, (atoms, emit) => {
    for (let at = 2; at < atoms.length; at++) {
      if (Math.min(atoms[at - 2], atoms[at - 1], atoms[at]) < 0) continue;
      const pair = numbering.get(atoms[at - 2] * base + atoms[at - 1]);
      if (pair !== undefined) emit(pair * base + atoms[at]);
    }
  });
  const unpackTriple = (key: number) => {
    const [pair, last] = unpack(key);
    return [...unpack(pairs.keys[pair]), last];
  };
  addSequences(corpus, triples, unpackTriple, style);
  return positions;
}

/** Adds the first stem and the first two, anchored at the start of the text. */
function* addAnchors(corpus: AtomCorpus): Sliced<void> {
  const { atoms, stems, syntax: { other }, minSupport, collectShared } = corpus;
  const base = atoms.length;
  const style = { begin: `^${other}*`, separator: `${other}+` };
  const first = yield* collectPostings(stems, minSupport, ([one], emit) => {
    if (one >= 0) emit(one);
  });
  addSequences(corpus, first, (stem) => [stem], style);
  const firstTwo = yield* collectShared(stems, ([one, two], emit) => {
    if (one >= 0 && two >= 0) emit(one * base + two);
  });
  addSequences(corpus, firstTwo, (key) => [Math.floor(key / base), key % base], style);
}

/** Adds runs of one to four characters of scripts that write no spaces. */
function* addRuns(corpus: AtomCorpus): Sliced<number[]> {
  const { runs, collectShared } = corpus;
  const ids = new Map<string, number>();
  const postings = yield* collectShared(runs, (runs, emit) => {
    for (const run of runs) {
      const characters = [...run];
      for (let start = 0; start < characters.length; start++) {
        let part = "";
        for (const character of characters.slice(start, start + MAX_RUN)) {
          part += character;
          emit(getOrCreate(ids, part, () => ids.size));
        }
      }
    }
  });
  const parts = [...ids.keys()];
  return addFeatures(corpus, postings, (id) => parts[id]);
}

/** Adds the shapes; returns their positions. */
function* addShapes(
  { features, syntax, minSupport }: AtomCorpus,
  texts: readonly string[],
): Sliced<number[]> {
  const positions: number[] = [];
  yield* eachSliced(SHAPES, ([, pattern]) => {
    const expression = createRegExp(pattern, syntax.flags);
    const matched = [...texts.keys()].filter((text) => expression.test(texts[text]));
    if (matched.length < minSupport) return;
    const feature = { texts: Int32Array.from(matched), patterns: () => [pattern] };
    positions.push(features.push(feature) - 1);
  });
  return positions;
}

/** Adds conjunctions of two of the features at the positions `units`. */
function* addPairs(
  { features, runs, minSupport }: AtomCorpus,
  units: readonly number[],
  { worth, maxJoined = 32 }: FeatureOptions,
): Sliced<void> {
  /** For each text, positions in `units`: they make smaller keys than positions of features. */
  const unitsOf = runs.map((): number[] => []);
  /** Units that some text holds, but does not join. */
  const cut = new Set<number>();
  // The most telling first, so that each text gets its own most telling ones.
  const ranked = units.map((feature, unit) => ({ unit, worth: worth(features[feature].texts) }))
    .sort((a, b) => b.worth - a.worth || a.unit - b.unit);
  for (const { unit } of ranked) {
    for (const text of features[units[unit]].texts) {
      if (unitsOf[text].length < maxJoined) unitsOf[text].push(unit);
      else cut.add(unit);
    }
  }
  const base = units.length;
  const join = (units: number[], emit: (key: number) => void) => {
    units.sort((a, b) => a - b);
    for (let i = 0; i < units.length; i++) {
      for (let j = i + 1; j < units.length; j++) emit(units[i] * base + units[j]);
    }
  };
  const pairs = yield* part("pairing words", [0, 0.6], collectPostings(unitsOf, minSupport, join));
  const add = (key: number, index: number) => {
    const pair = [Math.floor(key / base), key % base];
    const parts = [units[pair[0]], units[pair[1]]] as const;
    const [one, other] = parts.map((part) => features[part]);
    features.push({
      // The postings lack texts that hold both units, but do not join one of them.
      texts: pair.some((unit) => cut.has(unit))
        ? intersect(one.texts, other.texts)
        : pairs.texts[index],
      patterns: () => [...one.patterns(), ...other.patterns()],
      parts,
    });
  };
  yield* part("pairing words", [0.6, 1], eachSliced(pairs.keys, add, PAIRS));
}
