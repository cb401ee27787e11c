/**
 * Families: kinds of candidates that not all texts need. Wildcards match any words between two
 * contexts. Cues are conditions on a word elsewhere in the text. Rare candidates, which are right in
 * one text only, are a family too, but need no search.
 *
 * @module
 */
import type { SpanBody } from "./bodies.ts";
import { type Calibration, isFirstHalf, stratumOf } from "./calibration.ts";
import { createCandidate, HalfCounts, type SpanCandidate } from "./candidates.ts";
import type { Contexts } from "./contexts.ts";
import {
  countTexts,
  END,
  fpWeight,
  isUnspaced,
  NUMBER,
  type Place,
  placeOf,
  type SpanCorpus,
  startOf,
  WORD,
} from "./tokens.ts";
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

/** The least and the greatest part of the texts that a cue is in, and the least number of texts. */
const SHARE = [0.002, 0.6] as const;
const MIN_CUE_TEXTS = 3;
/** Least true positives, least places and greatest estimate of candidates that get cues. */
const MIN_TP = 4;
const MIN_PLACES = 6;
const SURE = 0.93;
/** Least rise of the estimate by a cue, and least true positives that are left. */
const MIN_RISE = 0.03;
const MIN_TP_LEFT = 3;
const MIN_SHARE_LEFT = 0.6;
/** Worth of more true positives in choosing among cues. */
const SUPPORT = 0.02;
/** How many variants of a candidate require a cue, and how many exclude one. */
const MAX_REQUIRED = 3;
const MAX_EXCLUDED = 1;

/** Creates variants of candidates, each with a cue that makes it surer. */
export function* findCues(
  corpus: SpanCorpus,
  candidates: readonly SpanCandidate[],
  calibration: Calibration,
): Sliced<SpanCandidate[]> {
  const { literalNames, textOf } = corpus;
  const cuesOf = findCueWords(corpus);
  const tpWith = new Float64Array(literalNames.length);
  const fpWith = new Float64Array(literalNames.length);
  const found: SpanCandidate[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const { label, stratum, places, tp, fp } = candidate;
    if (tp < MIN_TP || places.length < MIN_PLACES) continue;
    yield index / candidates.length;
    const estimate = calibration.estimate(label, stratum, candidate);
    if (estimate > SURE) continue;
    const words: number[] = [];
    for (const place of places) {
      const weight = fpWeight(corpus, place, label);
      for (const word of cuesOf[textOf[startOf(place)]]) {
        if (tpWith[word] === 0 && fpWith[word] === 0) words.push(word);
        if (weight === 0) tpWith[word]++;
        else fpWith[word] += weight;
      }
    }
    const options: { word: number; isRequired: boolean; worth: number }[] = [];
    for (const word of words) {
      const [tpIn, fpIn] = [tpWith[word], fpWith[word]];
      tpWith[word] = fpWith[word] = 0;
      const consider = (isRequired: boolean, tp: number, fp: number, leastTp: number) => {
        if (tp < leastTp) return;
        const raised = calibration.estimate(label, stratum, { tp, fp: Math.max(0, fp) });
        if (raised <= estimate + MIN_RISE) return;
        options.push({ word, isRequired, worth: raised * (1 + SUPPORT * Math.log(tp)) });
      };
      consider(true, tpIn, fpIn, MIN_TP_LEFT);
      consider(false, tp - tpIn, fp - fpIn, MIN_SHARE_LEFT * tp);
    }
    options.sort((a, b) => b.worth - a.worth || a.word - b.word);
    const best = [
      ...options.filter(({ isRequired }) => isRequired).slice(0, MAX_REQUIRED),
      ...options.filter(({ isRequired }) => !isRequired).slice(0, MAX_EXCLUDED),
    ];
    for (const { word, isRequired } of best) {
      const cue = { word: literalNames[word], isRequired };
      const matching = places.filter((place) =>
        cuesOf[textOf[startOf(place)]].has(word) === isRequired
      );
      const variant = createCandidate(corpus, { ...candidate, cue }, matching);
      if (variant) found.push(variant);
    }
  }
  return found;
}

/** Finds for each text the words that may be cues: neither rare nor in most texts. */
function findCueWords(corpus: SpanCorpus): Set<number>[] {
  const { size, kinds, literals, literalNames, words, textOf, texts, minSupport } = corpus;
  const sets = Array.from({ length: texts }, () => new Set<number>());
  for (let token = 0; token < size; token++) {
    if (kinds[token] === WORD && !isUnspaced(words[token])) {
      sets[textOf[token]].add(literals[token]);
    }
  }
  const frequency = new Int32Array(literalNames.length);
  for (const set of sets) for (const word of set) frequency[word]++;
  const [least, most] = [Math.max(MIN_CUE_TEXTS, SHARE[0] * texts), SHARE[1] * texts];
  const support = countTexts(corpus, literals, literalNames.length);
  const isCue = (word: number) =>
    frequency[word] >= least && frequency[word] <= most && support[word] >= minSupport;
  return sets.map((set) => new Set([...set].filter(isCue)));
}
