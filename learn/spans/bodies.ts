/**
 * Bodies: what the inside of a span can look like, generalised step by step from each marked span, and
 * where in the corpus each of them is found.
 *
 * @module
 */
import { type Corpus, END, type Gold, NUMBER, type Place, placeOf, startOf } from "./tokens.ts";
import type { Edge, Level, Readings } from "./elements.ts";

/** A part of a body: one element and the gap before it, or a whole literal phrase. */
export interface Part {
  /** White space before the part. */
  readonly gap: string;
  /** What the part can be: literal texts, or sources of regular expressions with them. */
  readonly options: readonly string[];
  /** Whether `options` are literal texts. */
  readonly isLiteral: boolean;
  /** Whether `options` hold where case counts only. */
  readonly isCased: boolean;
  /** Where the part is a class, its words. */
  readonly members?: ReadonlySet<string>;
}

/** What the inside of a span can look like. */
export interface Body {
  readonly parts: readonly Part[];
  readonly first: Edge;
  readonly last: Edge;
  /** The most general level of its elements. */
  readonly level: Level;
  /** Where it is found, ascending; of those that begin at one token the longest. */
  readonly places: Place[];
}

/** Longest spans that are generalised, and those of which every way is tried, in tokens. */
const MAX_LITERAL = 14;
const MAX_GENERAL = 8;
const MAX_SLOTTED = 5;
/** Names and links kept before or after a run: `Court of …`, `… Administrative Court`. */
const MAX_KEPT = 3;

/** Elements one after the other, each with the id of the gap before it. */
type Sequence = readonly (readonly [gap: number, element: number])[];

/** Generalises all marked spans and finds the bodies that come of it in the corpus. */
export function findBodies(corpus: Corpus, readings: Readings): Body[] {
  const root = createNode();
  const bodies: Body[] = [];
  for (const gold of corpus.golds) {
    if (gold.end - gold.start > MAX_LITERAL) continue;
    for (const sequence of generalisations(corpus, readings, gold)) {
      const node = insert(root, sequence);
      if (node.body >= 0) continue;
      node.body = bodies.push(describe(corpus, readings, sequence)) - 1;
    }
  }
  scan(corpus, readings, root, bodies);
  return bodies;
}

/** The sequences that one span is generalised to, without repeats. */
function generalisations(corpus: Corpus, readings: Readings, gold: Gold): Iterable<Sequence> {
  const { kinds, gaps, folds } = corpus;
  const { generalise, isName, classesOf } = readings;
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
  const literal = (token: number) => generalise(token, 0);
  /** Numbers by range, all else as it is. */
  const ranged = (token: number) => generalise(token, kinds[token] === NUMBER ? 2 : 0);
  const anyNumber = (token: number) => generalise(token, 3);

  read(literal);
  read((token) => generalise(token, 1));
  if (length <= MAX_GENERAL) {
    read((token) => generalise(token, 2));
    read((token) => generalise(token, 3));
    read((token) => generalise(token, 4));
    read(ranged);
    read((token) => kinds[token] === NUMBER ? anyNumber(token) : literal(token));
    read((token) => kinds[token] === NUMBER ? anyNumber(token) : generalise(token, 2));
    if (folds) {
      read((token) => isName(token) ? readings.name : ranged(token));
      read((token) =>
        readings.of[token].includes(readings.capitals) ? readings.capitals : literal(token)
      );
    }
  }
  if (length > 1 && length <= MAX_SLOTTED) {
    for (let slot = start; slot < end; slot++) {
      if (kinds[slot] === NUMBER) continue;
      const general = [generalise(slot, 4), ...isName(slot) ? [readings.name] : []];
      for (const element of [...general, ...classesOf(slot)]) {
        read((token) => token === slot ? element : ranged(token));
      }
      for (const element of classesOf(slot)) {
        read((token) => token === slot ? element : generalise(token, 2));
      }
    }
  }
  for (const run of readings.runs) addRuns(corpus, readings, gold, run, add);
  return found.values();
}

/** Reads capitalised words as runs: all of them, or all but the first or last ones. */
function addRuns(
  { gaps, kinds }: Corpus,
  { generalise, isName, isLink }: Readings,
  { start, end }: Gold,
  { element, ends }: Readings["runs"][number],
  add: (sequence: Sequence) => void,
): void {
  const gapOf = (token: number) => token === start ? 0 : gaps[token];
  const kept = (from: number, to: number) => {
    const sequence: [number, number][] = [];
    for (let token = from; token < to; token++) sequence.push([gapOf(token), generalise(token, 0)]);
    return sequence;
  };
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
    if (count < MAX_KEPT && ends[head] === end) {
      add([...kept(start, head), [gapOf(head), element]]);
    }
    if (ends[start] >= end) add([[0, element], ...kept(tail, end)]);
  }
  if (!isName(start)) return;
  for (let link = start + 1; link < end - 1; link++) {
    if (!isLink(link)) continue;
    const goesOn = ends[link + 1] >= end;
    if (goesOn) add([...kept(start, link + 1), [gapOf(link + 1), element]]);
    add([[0, element], ...kept(link, end)]);
    if (goesOn) add([[0, element], ...kept(link, link + 1), [gapOf(link + 1), element]]);
    return;
  }
}

function describe({ gapNames }: Corpus, { elements }: Readings, sequence: Sequence): Body {
  const read = sequence.map(([gap, id]) => ({ gap: gapNames[gap], element: elements[id] }));
  const level = Math.max(...read.map(({ element }) => element.level)) as Level;
  const parts = level === 0
    ? [{
      gap: "",
      options: [read.map(({ gap, element }) => gap + element.source).join("")],
      isLiteral: true,
      isCased: false,
    }]
    : read.map(({ gap, element: { source, isCased, level, members } }) => ({
      gap,
      options: [source],
      isLiteral: level === 0,
      isCased,
      ...(members ? { members } : {}),
    }));
  return {
    parts,
    first: read[0].element.first,
    last: read[read.length - 1].element.last,
    level,
    places: [],
  };
}

/** A node of the trie of sequences; `body` is the position of the body that ends here, or -1. */
interface Node {
  readonly next: Map<number, Node>;
  body: number;
}

/** Gaps times this, plus elements, are the keys of the trie. */
const GAP = 2 ** 24;

function createNode(): Node {
  return { next: new Map(), body: -1 };
}

function insert(root: Node, sequence: Sequence): Node {
  let node = root;
  for (const [gap, element] of sequence) {
    const key = gap * GAP + element;
    let next = node.next.get(key);
    if (next === undefined) node.next.set(key, next = createNode());
    node = next;
  }
  return node;
}

/** Notes for each body the places where it is found. */
function scan(corpus: Corpus, readings: Readings, root: Node, bodies: readonly Body[]): void {
  const { kinds, gaps, size } = corpus;
  const { of, runs, isName } = readings;
  const note = (body: number, start: number, end: number) => {
    const { places } = bodies[body];
    const last = places.at(-1);
    // Runs are tried longest first, as regular expressions do.
    if (last === undefined || startOf(last) !== start) places.push(placeOf(start, end));
  };
  const walk = (node: Node, start: number, token: number) => {
    if (kinds[token] <= END) return;
    const gap = token === start ? 0 : gaps[token] * GAP;
    for (const element of of[token]) {
      const next = node.next.get(gap + element);
      if (next === undefined) continue;
      if (next.body >= 0) note(next.body, start, token + 1);
      if (next.next.size > 0) walk(next, start, token + 1);
    }
    for (const { element, ends } of runs) {
      if (ends[token] < 0) continue;
      const next = node.next.get(gap + element);
      if (next === undefined) continue;
      if (next.body >= 0) note(next.body, start, ends[token]);
      if (next.next.size === 0) continue;
      for (let end = ends[token]; end > token; end--) {
        if (end === ends[token] || isName(end - 1)) walk(next, start, end);
      }
    }
  };
  for (let token = 0; token < size; token++) walk(root, token, token);
}
