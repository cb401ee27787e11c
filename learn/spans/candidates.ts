/**
 * Candidates: bodies alone and between contexts, with their counts on the corpus.
 *
 * @module
 */
import { wilsonLowerBound } from "../score/wilson.ts";
import type { SpanBody } from "./bodies.ts";
import { type Calibration, isFirstHalf, type MatchCounts, stratumOf } from "./calibration.ts";
import { type Contexts, PAIRS } from "./contexts.ts";
import { areShared, endOf, fpWeight, type Place, type SpanCorpus, startOf } from "./tokens.ts";
import { getOrCreate } from "../text/maps.ts";
import { part, type Sliced } from "../text/slices.ts";

/** A body of spans of a label, between contexts if these are given. */
export interface SpanCandidate extends MatchCounts {
  readonly label: number;
  readonly body: SpanBody;
  /** Contexts, or -1 for none. */
  readonly left: number;
  readonly right: number;
  /** The candidates that it is compared with; see `calibration`. */
  readonly stratum: string;
  /** The places that it matches, ascending and without overlaps. */
  readonly places: readonly Place[];
  /** Places that it matches too, but that surer candidates should take first: they do not count. */
  readonly taken?: readonly Place[];
}

/** Least precision of a candidate with a context, or with few true positives. */
const MIN_PRECISION = 0.25;
/** The same without contexts: rules for longer spans may take most of its false positives away. */
const MIN_BARE_PRECISION = 0.04;
const MIN_BARE_TP = 5;
/** Least true positives of a candidate with a context. */
const MIN_CONTEXT_TP = 2;
/** Least number of places of a literal body that is tried with contexts. */
const MIN_LITERAL_PLACES = 8;
/** Bodies with a higher bound need no contexts; others gain at least the second number. */
const SURE = 0.97;
const MIN_RISE = 0.01;
/** With more places, looking at one pair of contexts takes long. */
const MANY_PLACES = 1_000;
/** A candidate must not match more than this part of all tokens. */
const MAX_REACH = 0.5;

/** Counts of places on all texts and on the first half of the texts. */
export class HalfCounts {
  tp = 0;
  fp = 0;
  #firstTp = 0;
  #firstFp = 0;

  /** Adds a match, given its weight as a false positive. */
  add(fp: number, isFirst: boolean): void {
    const tp = fp === 0 ? 1 : 0;
    this.tp += tp;
    this.fp += fp;
    if (!isFirst) return;
    this.#firstTp += tp;
    this.#firstFp += fp;
  }

  /** The counts on the first half. */
  get first(): MatchCounts {
    return { tp: this.#firstTp, fp: this.#firstFp };
  }

  /** The counts on the second half. */
  get second(): MatchCounts {
    return { tp: this.tp - this.#firstTp, fp: this.fp - this.#firstFp };
  }
}

/** Tells whether a candidate has a word that only stays in it if enough texts hold them together. */
export function isBound(
  { body: { level }, left, right }: Pick<SpanCandidate, "body" | "left" | "right">,
): boolean {
  return level === 0 || left >= 0 || right >= 0;
}

function boundOf({ tp, fp }: MatchCounts): number {
  return wilsonLowerBound(tp, tp + fp);
}

/**
 * Creates a candidate, unless it is wrong too often, or matches nearly anything, or has a condition
 * and matches in too few different texts. Of places that overlap the first is kept, as a regular
 * expression finds them.
 */
export function createCandidate(
  corpus: SpanCorpus,
  from: Omit<SpanCandidate, "places" | keyof MatchCounts>,
  places: readonly Place[],
): SpanCandidate | undefined {
  const kept: Place[] = [];
  let reached = -1;
  let tp = 0;
  let fp = 0;
  for (const place of places) {
    if (startOf(place) < reached) continue;
    reached = endOf(place);
    kept.push(place);
    const weight = fpWeight(corpus, place, from.label);
    fp += weight;
    if (weight === 0) tp++;
  }
  const isBare = from.left < 0 && from.right < 0 && tp >= MIN_BARE_TP;
  const least = isBare ? MIN_BARE_PRECISION : MIN_PRECISION;
  if (tp === 0 || tp < least * (tp + fp) || kept.length > MAX_REACH * corpus.size) return undefined;
  if (isBound(from) && !areShared(corpus, kept.map(startOf))) return undefined;
  return { ...from, places: kept, tp, fp };
}

/** Pairs bodies with contexts that raise their precision, and calibrates by the counts of all. */
export function* findCandidates(
  corpus: SpanCorpus,
  bodies: readonly SpanBody[],
  contexts: Contexts,
  calibration: Calibration,
): Sliced<SpanCandidate[]> {
  const { golds, goldAt, textOf, texts } = corpus;
  const candidates: SpanCandidate[] = [];
  const total = bodies.reduce((sum, { places }) => sum + places.length, 0);
  let looked = 0;
  for (const body of bodies) {
    const { places, level } = body;
    yield looked / total;
    const halves = places.map((place) => isFirstHalf(textOf[startOf(place)], texts));
    const found = places.map((place) => goldAt.get(place)).filter((gold) => gold !== undefined);
    const labels = [...new Set(found.map((gold) => golds[gold].label))].sort((a, b) => a - b);
    for (const [index, label] of labels.entries()) {
      const weights = Float64Array.from(places, (place) => fpWeight(corpus, place, label));
      const all = new HalfCounts();
      weights.forEach((weight, index) => all.add(weight, halves[index]));
      const stratum = stratumOf(level, -1, -1);
      calibration.addBoth(label, stratum, all.first, all.second);
      const bare = createCandidate(corpus, { label, body, left: -1, right: -1, stratum }, places);
      const isRare = level === 0 && places.length < MIN_LITERAL_PLACES;
      const isDone = boundOf(all) > SURE || isRare || all.tp < MIN_CONTEXT_TP;
      if (bare) candidates.push(bare);
      if (isDone) continue;
      const labelled = { label, body, weights, halves, all };
      const from = looked + places.length * index / labels.length;
      const range = [from / total, (from + places.length / labels.length) / total] as const;
      const adding = addContexts(corpus, contexts, calibration, labelled);
      for (const candidate of yield* part("", range, adding)) candidates.push(candidate);
    }
    looked += places.length;
  }
  return candidates;
}

/** A body and a label; for each place of the body its weight as a false positive, and its half. */
interface LabelledBody {
  readonly label: number;
  readonly body: SpanBody;
  readonly weights: Float64Array;
  readonly halves: readonly boolean[];
  readonly all: HalfCounts;
}

/** Creates the candidates of a body between those contexts that raise its Wilson bound. */
function* addContexts(
  corpus: SpanCorpus,
  contexts: Contexts,
  calibration: Calibration,
  { label, body, weights, halves, all }: LabelledBody,
): Sliced<SpanCandidate[]> {
  const { places, level } = body;
  const [bound, firstBound, secondBound] = [all, all.first, all.second].map(boundOf);
  const scale = contexts.sources.length + 1;
  /** Bounds with one context, by the key of the pair. */
  const known = new Map<number, number>();
  const candidates: SpanCandidate[] = [];
  for (const [pair, [leftKind, rightKind]] of PAIRS.entries()) {
    if (places.length > MANY_PLACES) yield pair / PAIRS.length;
    // The key of a pair is one number, in which 0 means that a side is not looked at.
    const keys = new Float64Array(places.length).fill(-1);
    const counts = new Map<number, HalfCounts>();
    places.forEach((place, index) => {
      const left = leftKind === 0 ? 0 : contexts.left[leftKind - 1][startOf(place)] + 1;
      const right = rightKind === 0 ? 0 : contexts.right[rightKind - 1][endOf(place)] + 1;
      if (leftKind > 0 && left === 0 || rightKind > 0 && right === 0) return;
      keys[index] = left * scale + right;
      if (weights[index] === 0) getOrCreate(counts, keys[index], () => new HalfCounts());
    });
    places.forEach((_, index) => counts.get(keys[index])?.add(weights[index], halves[index]));
    const stratum = stratumOf(level, leftKind - 1, rightKind - 1);
    const chosen = new Map<number, Place[]>();
    for (const [key, count] of counts) {
      if (count.tp < MIN_CONTEXT_TP) continue;
      // The calibration counts those that one half alone would have chosen.
      const { first, second } = count;
      if (boundOf(first) > firstBound + MIN_RISE) calibration.add(label, stratum, first, second);
      if (boundOf(second) > secondBound + MIN_RISE) calibration.add(label, stratum, second, first);
      const own = boundOf(count);
      const right = key % scale;
      const isPair = leftKind > 0 && rightKind > 0;
      const parents = isPair ? [known.get(key - right) ?? 0, known.get(right) ?? 0] : [];
      if (!isPair) known.set(key, own);
      if (own > Math.max(bound, ...parents) + MIN_RISE) chosen.set(key, []);
    }
    if (chosen.size === 0) continue;
    places.forEach((place, index) => chosen.get(keys[index])?.push(place));
    for (const [key, found] of chosen) {
      const [left, right] = [Math.floor(key / scale) - 1, key % scale - 1];
      const candidate = createCandidate(corpus, { label, body, left, right, stratum }, found);
      if (candidate) candidates.push(candidate);
    }
  }
  return candidates;
}
