/**
 * Candidate patterns for a corpus, found through postings lists: which texts hold which words,
 * stems, n-grams, gaps, anchors, shapes and pairs. Only the few shapes run as regular expressions;
 * each candidate can be written as regular expressions that match the very same texts.
 *
 * @module
 */
import { type Atoms, createAtoms, type Syntax, syntaxOf } from "./atoms.ts";
import { collectPostings, intersect, type Postings } from "./postings.ts";
import { type Alphabet, chooseAlphabet, tokenize } from "../text/tokens.ts";

/** One candidate: a condition on texts, and the texts that meet it. */
export interface Feature {
  /** Ascending positions of the texts that meet the condition. */
  readonly texts: Int32Array;
  /** The condition as regular expressions: those texts match all of them, no other text does. */
  patterns(): string[];
  /** The condition in a few words. */
  name(): string;
  /** Positions of the two features whose conjunction this is. */
  readonly parts?: readonly [number, number];
}

/** All candidates of a corpus. */
export interface FeatureIndex {
  /** Flags of the patterns. */
  readonly flags: string;
  readonly features: readonly Feature[];
}

/** Options of {@linkcode indexFeatures}. */
export interface FeatureOptions {
  /** Texts that a candidate must match at least, ≥ 1. */
  readonly minSupport: number;
  /** How telling a feature is; a text's most telling ones are paired into conjunctions. */
  readonly worth: (texts: Int32Array) => number;
}

/** How many features of one text are paired at most, so that long texts stay affordable. */
const PAIRED = 32;
/** Longest run of unspaced characters taken as one feature, in characters. */
const MAX_RUN = 4;

/** Finds all candidates that match at least `minSupport` of the texts. */
export function indexFeatures(texts: readonly string[], options: FeatureOptions): FeatureIndex {
  const { minSupport, worth } = options;
  const alphabet = chooseAlphabet(texts);
  const syntax = syntaxOf(alphabet);
  const corpus = readCorpus(texts, alphabet, minSupport);
  const features: Feature[] = [];
  // Stems come before words: of features that match the same texts the first, most general stays.
  const units = [
    ...addGrams(features, corpus, corpus.stems, syntax, minSupport),
    ...addRuns(features, corpus, minSupport),
    ...addShapes(features, texts, syntax, minSupport),
  ];
  addGrams(features, corpus, corpus.words, syntax, minSupport);
  addGaps(features, corpus, syntax, minSupport);
  addAnchors(features, corpus, syntax, minSupport);
  addPairs(features, units, texts.length, minSupport, worth);
  return { flags: syntax.flags, features };
}

interface Corpus {
  readonly atoms: Atoms["atoms"];
  /** The words of each text, as positions of atoms; -1 for one that no pattern may hold. */
  readonly words: readonly Int32Array[];
  /** The same with stems for words. */
  readonly stems: readonly Int32Array[];
  /** Words that are what follows an apostrophe, as the t of can't: no pattern begins with one. */
  readonly tails: ReadonlySet<number>;
  /** Runs of unspaced characters of each text. */
  readonly runs: readonly (readonly string[])[];
}

/** Reads the texts. Atoms that too few of them hold are in no pattern, and so need no number. */
function readCorpus(texts: readonly string[], alphabet: Alphabet, minSupport: number): Corpus {
  const ids = new Map<string, number>();
  const runs: (readonly string[])[] = [];
  const read = texts.map((text) => {
    const tokens = tokenize(text, alphabet);
    runs.push(tokens.runs);
    return Int32Array.from(tokens.words, (word) => {
      const id = ids.get(word) ?? ids.size;
      ids.set(word, id);
      return id;
    });
  });
  const { atoms, stemOf, tooLong } = createAtoms([...ids.keys()], alphabet);
  const support = new Int32Array(atoms.length);
  for (const text of read) {
    for (const atom of new Set([...text, ...text.map((word) => stemOf[word])])) support[atom]++;
  }
  const kept = [...atoms.keys()].filter((atom) => support[atom] >= minSupport && !tooLong(atom));
  const numbers = new Int32Array(atoms.length).fill(-1);
  kept.forEach((atom, number) => numbers[atom] = number);
  const tails = [...findTails(texts, read, ids)].map((word) => numbers[word]);
  return {
    atoms: kept.map((atom) => atoms[atom]),
    words: read.map((text) => text.map((word) => numbers[word])),
    stems: read.map((text) => text.map((word) => numbers[stemOf[word]])),
    tails: new Set(tails.filter((number) => number >= 0)),
    runs,
  };
}

/** Words of which nine in ten follow an apostrophe. */
function findTails(
  texts: readonly string[],
  read: readonly Int32Array[],
  ids: ReadonlyMap<string, number>,
): Set<number> {
  const total = new Int32Array(ids.size);
  for (const words of read) for (const word of words) total[word]++;
  const following = new Int32Array(ids.size);
  for (const text of texts) {
    for (const [, tail] of text.matchAll(/\w['’](\w+)/g)) {
      const word = ids.get(tail.toLowerCase());
      if (word !== undefined) following[word]++;
    }
  }
  return new Set([...ids.values()].filter((word) => following[word] * 10 >= total[word] * 9));
}

/** Adds a feature for each key of the postings; returns their positions. */
function addFeatures(
  features: Feature[],
  postings: Postings,
  write: (key: number) => { patterns: string[]; name: string },
): number[] {
  return postings.keys.map((key, index) =>
    features.push({
      texts: postings.texts[index],
      patterns: () => write(key).patterns,
      name: () => write(key).name,
    }) - 1
  );
}

/** Writes a sequence of atoms as one pattern. */
function writeSequence(
  atoms: Atoms["atoms"],
  keys: readonly number[],
  { left, right }: Pick<Syntax, "left" | "right">,
  separator: string,
): string {
  const end = atoms[keys[keys.length - 1]].open ? "" : right;
  return left + keys.map((key) => atoms[key].source).join(separator) + end;
}

/** Adds single atoms and sequences of two and three; returns the positions of the single ones. */
function addGrams(
  features: Feature[],
  { atoms, tails }: Corpus,
  texts: readonly Int32Array[],
  syntax: Syntax,
  minSupport: number,
): number[] {
  const separator = `${syntax.other}+`;
  const base = atoms.length;
  const write = (keys: readonly number[]) => ({
    patterns: [writeSequence(atoms, keys, syntax, separator)],
    name: keys.map((key) => atoms[key].name).join(" "),
  });
  const singles = collectPostings(texts.length, minSupport, (text, emit) => {
    for (const atom of texts[text]) if (atom >= 0 && !tails.has(atom)) emit(atom);
  });
  const positions = addFeatures(features, singles, (atom) => write([atom]));
  const pairs = collectPostings(texts.length, minSupport, (text, emit) => {
    const atoms = texts[text];
    for (let at = 1; at < atoms.length; at++) {
      const [first, second] = [atoms[at - 1], atoms[at]];
      if (first >= 0 && second >= 0 && !tails.has(first)) emit(first * base + second);
    }
  });
  const unpack = (pair: number) => [Math.floor(pair / base), pair % base];
  addFeatures(features, pairs, (pair) => write(unpack(pair)));
  // A sequence of three is as frequent as its first two at most, so their numbering serves as key.
  const numbering = new Map(pairs.keys.map((key, index) => [key, index]));
  const triples = collectPostings(texts.length, minSupport, (text, emit) => {
    const atoms = texts[text];
    for (let at = 2; at < atoms.length; at++) {
      if (Math.min(atoms[at - 2], atoms[at - 1], atoms[at]) < 0) continue;
      const pair = numbering.get(atoms[at - 2] * base + atoms[at - 1]);
      if (pair !== undefined) emit(pair * base + atoms[at]);
    }
  });
  addFeatures(
    features,
    triples,
    (key) => write([...unpack(pairs.keys[Math.floor(key / base)]), key % base]),
  );
  return positions;
}

/** Adds two stems with one or two words between them. */
function addGaps(features: Feature[], corpus: Corpus, syntax: Syntax, minSupport: number): void {
  const { atoms, stems, tails } = corpus;
  const base = atoms.length;
  const isWord = (stem: number) => stem >= 0 && !tails.has(stem);
  const gap = `${syntax.other}+(?:${syntax.word}+${syntax.other}+){1,2}`;
  const postings = collectPostings(stems.length, minSupport, (text, emit) => {
    const stemsOf = stems[text];
    for (let at = 2; at < stemsOf.length; at++) {
      if (!isWord(stemsOf[at])) continue;
      if (isWord(stemsOf[at - 2])) emit(stemsOf[at - 2] * base + stemsOf[at]);
      if (at > 2 && isWord(stemsOf[at - 3])) emit(stemsOf[at - 3] * base + stemsOf[at]);
    }
  });
  addFeatures(features, postings, (key) => {
    const keys = [Math.floor(key / base), key % base];
    return {
      patterns: [writeSequence(atoms, keys, syntax, gap)],
      name: keys.map((key) => atoms[key].name).join(" … "),
    };
  });
}

/** Adds the first stem and the first two, anchored at the start of the text. */
function addAnchors(features: Feature[], corpus: Corpus, syntax: Syntax, minSupport: number): void {
  const { atoms, stems } = corpus;
  const base = atoms.length;
  const anchored = { left: `^${syntax.other}*`, right: syntax.right };
  const write = (keys: readonly number[]) => ({
    patterns: [writeSequence(atoms, keys, anchored, `${syntax.other}+`)],
    name: `^${keys.map((key) => atoms[key].name).join(" ")}`,
  });
  const first = collectPostings(stems.length, minSupport, (text, emit) => {
    if (stems[text].length > 0 && stems[text][0] >= 0) emit(stems[text][0]);
  });
  addFeatures(features, first, (stem) => write([stem]));
  const firstTwo = collectPostings(stems.length, minSupport, (text, emit) => {
    const [one, two] = stems[text];
    if (one >= 0 && two >= 0) emit(one * base + two);
  });
  addFeatures(features, firstTwo, (key) => write([Math.floor(key / base), key % base]));
}

/** Adds what unspaced scripts have for words: runs of one to four characters. */
function addRuns(features: Feature[], { runs }: Corpus, minSupport: number): number[] {
  const ids = new Map<string, number>();
  const postings = collectPostings(runs.length, minSupport, (text, emit) => {
    for (const run of runs[text]) {
      const characters = [...run];
      for (let start = 0; start < characters.length; start++) {
        let part = "";
        for (const character of characters.slice(start, start + MAX_RUN)) {
          part += character;
          const id = ids.get(part) ?? ids.size;
          ids.set(part, id);
          emit(id);
        }
      }
    }
  });
  const parts = [...ids.keys()];
  return addFeatures(features, postings, (id) => ({ patterns: [parts[id]], name: parts[id] }));
}

/** What a text may look like, whatever its words: name and pattern, for the flag `i`. */
const SHAPES: readonly (readonly [string, string])[] = [
  ["digit", String.raw`\d`],
  ["number", String.raw`\b\d+\b`],
  ["2-digit number", String.raw`\b\d{2}\b`],
  ["3-digit number", String.raw`\b\d{3}\b`],
  ["4-digit number", String.raw`\b\d{4}\b`],
  ["5-digit number", String.raw`\b\d{5}\b`],
  ["6-digit number or longer", String.raw`\b\d{6,20}\b`],
  ["10-digit number or longer", String.raw`\b\d{10,20}\b`],
  ["8 digits in a row", String.raw`\d{8}`],
  ["decimals", String.raw`\b\d{1,9}[.,]\d\d\b`],
  ["money", String.raw`[£$€¥]\s?\d`],
  ["pence", String.raw`\b\d{1,4}p\b`],
  ["letters, then digits", String.raw`\b[a-z]{1,20}\d`],
  ["digits, then letters", String.raw`\b\d{1,20}[a-z]`],
  ["URL", String.raw`\bhttps?://|\bwww\.`],
  ["domain name", String.raw`\w\.(?:com|net|org|co|info|tv)\b`],
  ["e-mail address", String.raw`\w@\w`],
  ["capitals", String.raw`(?-i:\b[A-Z]{3,20}\b)`],
  ["capitals twice", String.raw`(?-i:\b[A-Z]{3,20}\b.*\b[A-Z]{3,20}\b)`],
  ["n't", String.raw`n['’]t\b`],
  ["!", "!"],
  ["?", String.raw`\?`],
  ["..", String.raw`\.\.`],
  ["smiley", String.raw`[:;]-?[()]`],
];

function addShapes(
  features: Feature[],
  texts: readonly string[],
  { flags }: Syntax,
  minSupport: number,
): number[] {
  const positions: number[] = [];
  for (const [name, pattern] of SHAPES) {
    const expression = new RegExp(pattern, flags);
    const matched: number[] = [];
    texts.forEach((text, position) => {
      if (expression.test(text)) matched.push(position);
    });
    if (matched.length < minSupport) continue;
    positions.push(features.length);
    features.push({
      texts: Int32Array.from(matched),
      patterns: () => [pattern],
      name: () => name,
    });
  }
  return positions;
}

/** Adds conjunctions of two of the features `units`. */
function addPairs(
  features: Feature[],
  units: readonly number[],
  count: number,
  minSupport: number,
  worth: (texts: Int32Array) => number,
): void {
  /** By text, positions in `units`: keys made of them are smaller than of positions of features. */
  const unitsOf: number[][] = Array.from({ length: count }, () => []);
  /** Units that some text holds, but does not pair. */
  const cut = new Set<number>();
  // Most telling first, so that each text gets its own most telling ones.
  const ranked = units.map((feature, unit) => ({ unit, worth: worth(features[feature].texts) }))
    .sort((a, b) => b.worth - a.worth || a.unit - b.unit);
  for (const { unit } of ranked) {
    for (const text of features[units[unit]].texts) {
      if (unitsOf[text].length < PAIRED) unitsOf[text].push(unit);
      else cut.add(unit);
    }
  }
  const base = units.length;
  const pairs = collectPostings(count, minSupport, (text, emit) => {
    const units = unitsOf[text].sort((a, b) => a - b);
    for (let i = 0; i < units.length; i++) {
      for (let j = i + 1; j < units.length; j++) emit(units[i] * base + units[j]);
    }
  });
  pairs.keys.forEach((key, index) => {
    const pair = [Math.floor(key / base), key % base];
    const parts = [units[pair[0]], units[pair[1]]] as const;
    const [one, other] = parts.map((part) => features[part]);
    features.push({
      // What was found lacks the texts that hold both, but do not pair one of them.
      texts: pair.some((unit) => cut.has(unit))
        ? intersect(one.texts, other.texts)
        : pairs.texts[index],
      patterns: () => [...one.patterns(), ...other.patterns()],
      name: () => `${one.name()} + ${other.name()}`,
      parts,
    });
  });
}
