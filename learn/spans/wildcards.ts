/**
 * Wildcards: candidates that match any words between two contexts.
 *
 * @module
 */
import type { SpanBody } from "./bodies.ts";
import { type Calibration, isFirstHalf, stratumOf } from "./calibration.ts";
import { createCandidate, HalfCounts, type SpanCandidate } from "./candidates.ts";
import type { Contexts } from "./contexts.ts";
import { END, fpWeight, NUMBER, type Place, placeOf, type SpanCorpus, startOf } from "./tokens.ts";
import { getOrCreate } from "../text/maps.ts";
import type { Sliced } from "../text/slices.ts";

/** Tokens, and pairs of contexts, between two pauses. */
const TOKENS = 256;
const CONTEXTS = 64;
/** Most words, and most tokens, that a wildcard matches. */
const MAX_WORDS = 8;
const MAX_TOKENS = 20;
/** Least number of gold spans between both contexts of a wildcard. */
const MIN_WILDCARD_TP = 2;
/** Kinds of contexts that are tried with a wildcard: one to three tokens, and with classes. */
const LEFT_KINDS = [0, 1, 2, 3, 4];
const RIGHT_KINDS = [0, 1, 3, 4];

/** The body of a wildcard: up to eight words, as few as possible. */
const WILDCARD: SpanBody = {
  parts: [{
    gap: "",
    options: [String.raw`\S{1,40}(?: \S{1,40}){0,7}?`],
    isLiteral: false,
    isCased: false,
  }],
  first: "none",
  last: "none",
  level: 4,
  places: [],
};

/** Finds pairs of contexts with gold spans of a label between them. */
export function* findWildcards(
  corpus: SpanCorpus,
  contexts: Contexts,
  calibration: Calibration,
): Sliced<SpanCandidate[]> {
  const scale = contexts.sources.length;
  const { golds, kinds, gaps, gapNames, size, textOf, texts } = corpus;
  /** For each pair of contexts the number of spans by label. */
  const pairs = new Map<number, Map<number, number>>();
  for (const { start, end, label } of golds) {
    for (const left of contextsAt(contexts.left, LEFT_KINDS, start)) {
      for (const right of contextsAt(contexts.right, RIGHT_KINDS, end)) {
        const counts = getOrCreate(pairs, left * scale + right, () => new Map());
        counts.set(label, (counts.get(label) ?? 0) + 1);
      }
    }
  }
  const found = new Map<number, Place[]>();
  const lefts = new Set<number>();
  for (const [key, counts] of pairs) {
    if (Math.max(...counts.values()) < MIN_WILDCARD_TP) continue;
    lefts.add(Math.floor(key / scale));
    found.set(key, []);
  }
  for (let start = 0; start < size; start++) {
    if (start % TOKENS === 0) yield 0.5 * start / size;
    if (kinds[start] < NUMBER) continue;
    for (const left of contextsAt(contexts.left, LEFT_KINDS, start)) {
      if (!lefts.has(left)) continue;
      const seen = new Set<number>();
      let words = 1;
      for (let end = start + 1; end - start < MAX_TOKENS; end++) {
        const gap = end - 1 > start ? gapNames[gaps[end - 1]] : "";
        if (gap !== "" && (gap !== " " || ++words > MAX_WORDS)) break;
        // Only the first place before a right context counts: wildcards are lazy.
        for (const right of contextsAt(contexts.right, RIGHT_KINDS, end)) {
          if (seen.has(right)) continue;
          const places = found.get(left * scale + right);
          if (places === undefined) continue;
          seen.add(right);
          places.push(placeOf(start, end));
        }
        if (kinds[end] === END) break;
      }
    }
  }
  const candidates: SpanCandidate[] = [];
  const stratum = stratumOf(WILDCARD.level, 0, 0);
  let done = 0;
  for (const [key, places] of found) {
    if (done++ % CONTEXTS === 0) yield 0.5 + 0.5 * done / found.size;
    for (const [label, tp] of pairs.get(key)!) {
      const counts = new HalfCounts();
      for (const place of places) {
        const isFirst = isFirstHalf(textOf[startOf(place)], texts);
        counts.add(fpWeight(corpus, place, label), isFirst);
      }
      calibration.addBoth(label, stratum, counts.first, counts.second);
      if (tp < MIN_WILDCARD_TP) continue;
      const [left, right] = [Math.floor(key / scale), key % scale];
      const from = { label, body: WILDCARD, left, right, stratum };
      const candidate = createCandidate(corpus, from, places);
      if (candidate) candidates.push(candidate);
    }
  }
  return candidates;
}

/** Returns the contexts of some kinds at a token, each once. */
function contextsAt(
  columns: readonly Int32Array[],
  kinds: readonly number[],
  token: number,
): Set<number> {
  const found = new Set<number>();
  for (const kind of kinds) if (columns[kind][token] >= 0) found.add(columns[kind][token]);
  return found;
}
