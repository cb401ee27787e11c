/**
 * Bodies: the patterns of the inside of a span, generalised step by step from each gold span, and
 * the places of the corpus that each of them matches.
 *
 * @module
 */
import {
  areShared,
  END,
  type GoldSpan,
  NUMBER,
  type Place,
  placeOf,
  type SpanCorpus,
  startOf,
} from "./tokens.ts";
import { cutAtNumbers } from "./phrases.ts";
import type { Edge, Level, Readings } from "./elements.ts";
import { getOrCreate } from "../text/maps.ts";
import { part, type Sliced } from "../text/slices.ts";

/** A part of a body: one element and the gap before it, or a whole literal phrase. */
export interface BodyPart {
  /** White space before the part. */
  readonly gap: string;
  /** Sources of regular expressions, one of which matches the part. */
  readonly options: readonly string[];
  /** Whether `options` are literal texts. */
  readonly isLiteral: boolean;
  /** Whether `options` must not be matched with the flag `i`. */
  readonly isCased: boolean;
}

/** A pattern of the inside of a span. */
export interface SpanBody {
  readonly parts: readonly BodyPart[];
  readonly first: Edge;
  readonly last: Edge;
  /** The most general level of its elements. */
  readonly level: Level;
  /** The places that it matches, ascending; of those that begin at one token the longest. */
  readonly places: Place[];
}

/** Gold spans, and tokens, between two pauses. */
const GOLDS = 64;
const TOKENS = 256;
/** Longest spans that are read in two ways, in more ways, and slot by slot, in tokens. */
const MAX_LITERAL = 14;
const MAX_GENERAL = 8;
const MAX_SLOTTED = 5;
/** Most tokens that are kept before or after a run: `Court of …`, `… Administrative Court`. */
const MAX_KEPT = 3;

/** Elements in their order, each with the id of the gap before it. */
type Sequence = readonly (readonly [gap: number, element: number])[];

/**
 * Generalises all gold spans to bodies, and finds the places that these match. Leaves out bodies with
 * a word, or a run of words, that too few different texts have.
 */
export function* findBodies(corpus: SpanCorpus, readings: Readings): Sliced<SpanBody[]> {
  const root = createNode();
  const bodies: SpanBody[] = [];
  const literalsOf = new Map<SpanBody, readonly SpanBody[]>();
  const bodyOf = (sequence: Sequence): SpanBody => {
    let node = root;
    for (const [gap, element] of sequence) {
      node = getOrCreate(node.next, gap * GAP + element, createNode);
    }
    if (node.body < 0) node.body = bodies.push(createBody(corpus, readings, sequence)) - 1;
    return bodies[node.body];
  };
  for (const [index, gold] of corpus.golds.entries()) {
    if (index % GOLDS === 0) yield 0.5 * index / corpus.golds.length;
    if (gold.end - gold.start > MAX_LITERAL) continue;
    for (const sequence of findSequences(corpus, readings, gold)) {
      const body = bodyOf(sequence);
      if (literalsOf.has(body)) continue;
      literalsOf.set(body, findLiterals(readings, sequence).map(bodyOf));
    }
  }
  yield* part("", [0.5, 1], findPlaces(corpus, readings, root, bodies));
  const isShared = ({ places }: SpanBody) => areShared(corpus, places.map(startOf));
  return [...literalsOf].filter(([body, literals]) => isShared(body) || literals.every(isShared))
    .map(([body]) => body);
}

/** Returns the parts of a sequence that are runs of literals, and of letters of words. */
function findLiterals({ elements }: Readings, sequence: Sequence): Sequence[] {
  const runs: (readonly [number, number])[][] = [[]];
  for (const [gap, element] of sequence) {
    const { level, affix } = elements[element];
    // `rest\p{L}{1,30}` ends a run, `\p{L}{2,30}ian` begins one.
    if (level > 0 && affix !== "first") runs.push([]);
    if (level > 0 && affix === undefined) continue;
    const run = runs[runs.length - 1];
    run.push([run.length === 0 ? 0 : gap, element]);
    if (affix === "first") runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** Returns the sequences that one span is generalised to, without repeats. */
function findSequences(corpus: SpanCorpus, readings: Readings, gold: GoldSpan): Iterable<Sequence> {
  const { kinds, gaps, folds } = corpus;
  const { generalise, isName, classesOf, name, capitals } = readings;
  const { start, end } = gold;
  const length = end - start;
  const found = new Map<string, Sequence>();
  const add = (sequence: Sequence) => void found.set(sequence.join(" "), sequence);
  const read = (elementOf: (token: number) => number) => {
    const sequence: [number, number][] = [];
    for (let token = start; token < end; token++) {
      sequence.push([token === start ? 0 : gaps[token], elementOf(token)]);
    }
    add(sequence);
  };
  /** Reads numbers at one level, all else at another. */
  const mixed = (numbers: number, others: number) => (token: number) =>
    generalise(token, kinds[token] === NUMBER ? numbers : others);
  const ranged = mixed(2, 0);

  read(mixed(0, 0));
  read(mixed(1, 1));
  if (length <= MAX_GENERAL) {
    for (const [numbers, others] of [[2, 2], [3, 3], [4, 4], [2, 0], [3, 0], [3, 2]]) {
      read(mixed(numbers, others));
    }
    if (folds) {
      read((token) => isName(token) ? name : ranged(token));
      read((token) => readings.of[token].includes(capitals) ? capitals : generalise(token, 0));
    }
  }
  if (length === 1 && kinds[start] !== NUMBER) {
    for (const affix of readings.affixesOf(start)) add([[0, affix]]);
  }
  if (length > 1 && length <= MAX_SLOTTED) {
    for (let slot = start; slot < end; slot++) {
      if (kinds[slot] === NUMBER) continue;
      const general = [
        generalise(slot, 4),
        ...isName(slot) ? [name] : [],
        ...readings.affixesOf(slot),
      ];
      for (const element of [...general, ...classesOf(slot)]) {
        read((token) => token === slot ? element : ranged(token));
      }
      for (const element of classesOf(slot)) {
        read((token) => token === slot ? element : generalise(token, 2));
      }
    }
  }
  if (length <= MAX_GENERAL) addPhrases(corpus, readings, gold, add);
  for (const run of readings.runs) addRuns(corpus, readings, gold, run, add);
  return found.values();
}

/** Reads words as classes of phrases: one phrase, or all that numbers begin and end. */
function addPhrases(
  corpus: SpanCorpus,
  { generalise, phrasesAt }: Readings,
  gold: GoldSpan,
  add: (sequence: Sequence) => void,
): void {
  const { gaps, kinds } = corpus;
  const { start, end } = gold;
  const read = (ends: ReadonlyMap<number, { element: number; end: number }>, numbers: number) => {
    const sequence: [number, number][] = [];
    for (let token = start; token < end;) {
      const phrase = ends.get(token);
      const level = kinds[token] === NUMBER ? numbers : 0;
      sequence.push([
        token === start ? 0 : gaps[token],
        phrase?.element ?? generalise(token, level),
      ]);
      token = phrase?.end ?? token + 1;
    }
    add(sequence);
  };
  for (let token = start; token < end; token++) {
    for (const phrase of phrasesAt(token)) {
      if (phrase.end <= end) read(new Map([[token, phrase]]), 2);
    }
  }
  const all = [...cutAtNumbers(corpus, gold)].flatMap(([from, to]) =>
    phrasesAt(from).filter((phrase) => phrase.end === to).slice(0, 1)
      .map((phrase) => [from, phrase] as const)
  );
  if (all.length === 0) return;
  for (const numbers of [2, 3]) read(new Map(all), numbers);
}

/** Reads capitalised words as runs: all of them, or all but the first or last ones. */
function addRuns(
  { gaps, kinds }: SpanCorpus,
  { generalise, isName, isLink }: Readings,
  { start, end }: GoldSpan,
  { element, ends }: Readings["runs"][number],
  add: (sequence: Sequence) => void,
): void {
  const gapOf = (token: number) => token === start ? 0 : gaps[token];
  const run = (token: number): Sequence => [[gapOf(token), element]];
  const literal = (from: number, to: number): Sequence =>
    Array.from({ length: to - from }, (_, index) => {
      const token = from + index;
      return [gapOf(token), generalise(token, 0)];
    });
  const all: [number, number][] = [];
  for (let token = start; token < end;) {
    const isRun = ends[token] > 0 && ends[token] <= end;
    const read = isRun ? element : generalise(token, kinds[token] === NUMBER ? 2 : 0);
    all.push([gapOf(token), read]);
    token = isRun ? ends[token] : token + 1;
  }
  if (all.some(([, one]) => one === element)) add(all);
  for (let count = 1; count <= MAX_KEPT && count < end - start; count++) {
    const [head, tail] = [start + count, end - count];
    if (count < MAX_KEPT && ends[head] === end) add([...literal(start, head), ...run(head)]);
    if (ends[start] >= end) add([...run(start), ...literal(tail, end)]);
  }
  if (!isName(start)) return;
  for (let link = start + 1; link < end - 1; link++) {
    if (!isLink(link)) continue;
    const next = link + 1;
    const goesOn = ends[next] >= end;
    if (goesOn) add([...literal(start, next), ...run(next)]);
    add([...run(start), ...literal(link, end)]);
    if (goesOn) add([...run(start), ...literal(link, next), ...run(next)]);
    return;
  }
}

function createBody(
  { gapNames }: SpanCorpus,
  { elements }: Readings,
  sequence: Sequence,
): SpanBody {
  const read = sequence.map(([gap, id]) => ({ gap: gapNames[gap], ...elements[id] }));
  const level = Math.max(...read.map(({ level }) => level)) as Level;
  const phrase = read.map(({ gap, source }) => gap + source).join("");
  return {
    parts: level === 0
      ? [{ gap: "", options: [phrase], isLiteral: true, isCased: false }]
      : read.map(({ gap, source, isCased, level }) => ({
        gap,
        options: [source],
        isLiteral: level === 0,
        isCased,
      })),
    first: read[0].first,
    last: read[read.length - 1].last,
    level,
    places: [],
  };
}

/** A node of the trie of sequences; `body` is the position of the body that ends here, or -1. */
interface SequenceNode {
  readonly next: Map<number, SequenceNode>;
  body: number;
}

/** Keys of the trie are gaps times this, plus elements. */
const GAP = 2 ** 24;

const createNode = (): SequenceNode => ({ next: new Map(), body: -1 });

/** Adds to each body the places that it matches. */
function* findPlaces(
  corpus: SpanCorpus,
  readings: Readings,
  root: SequenceNode,
  bodies: readonly SpanBody[],
): Sliced<void> {
  const { kinds, gaps, size } = corpus;
  const { of, runs, isName } = readings;
  const addPlace = (body: number, start: number, end: number) => {
    const { places } = bodies[body];
    const last = places.at(-1);
    // Runs are tried longest first, as regular expressions do.
    if (last === undefined || startOf(last) !== start) places.push(placeOf(start, end));
  };
  const walk = (node: SequenceNode, start: number, token: number) => {
    if (kinds[token] <= END) return;
    const gap = token === start ? 0 : gaps[token] * GAP;
    for (const element of of[token]) {
      const next = node.next.get(gap + element);
      if (next === undefined) continue;
      if (next.body >= 0) addPlace(next.body, start, token + 1);
      if (next.next.size > 0) walk(next, start, token + 1);
    }
    for (const { element, end } of readings.phrasesAt(token)) {
      const next = node.next.get(gap + element);
      if (next === undefined) continue;
      if (next.body >= 0) addPlace(next.body, start, end);
      if (next.next.size > 0) walk(next, start, end);
    }
    for (const { element, ends } of runs) {
      if (ends[token] < 0) continue;
      const next = node.next.get(gap + element);
      if (next === undefined) continue;
      if (next.body >= 0) addPlace(next.body, start, ends[token]);
      if (next.next.size === 0) continue;
      for (let end = ends[token]; end > token; end--) {
        if (end === ends[token] || isName(end - 1)) walk(next, start, end);
      }
    }
  };
  for (let token = 0; token < size; token++) {
    if (token % TOKENS === 0) yield token / size;
    walk(root, token, token);
  }
}
