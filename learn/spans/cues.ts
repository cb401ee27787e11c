/**
 * Cues: a word elsewhere in the text that makes a candidate surer where it stands, or where it does not.
 *
 * @module
 */
import type { Calibration } from "./calibration.ts";
import { type Candidate, createCandidate, type Cue } from "./candidates.ts";
import { type Corpus, faultOf, isUnspaced, startOf, WORD } from "./tokens.ts";

/** Part of the texts that a cue stands in, and how many it must at least. */
const SHARE = [0.002, 0.6] as const;
const MIN_TEXTS = 3;
/** Candidates that are tried: with so many right and all matches, and not sure already. */
const MIN_HITS = 4;
const MIN_PLACES = 6;
const SURE = 0.93;
/** What a cue must add to the expected precision, and leave of the right matches. */
const MIN_RISE = 0.03;
const MIN_LEFT = 3;
const MIN_LEFT_SHARE = 0.6;
/** How much larger support counts for, in choosing among cues. */
const SUPPORT = 0.02;
/** How many variants of a candidate are made with a cue, and how many without one. */
const MAX_WANTED = 3;

/** Variants of the candidates with a cue. */
export function findCues(
  corpus: Corpus,
  candidates: readonly Candidate[],
  calibration: Calibration,
  minTexts: number,
): Candidate[] {
  const { literalNames, textOf } = corpus;
  const cuesOf = wordsOfTexts(corpus);
  const hitsWith = new Float64Array(literalNames.length);
  const faultsWith = new Float64Array(literalNames.length);
  const found: Candidate[] = [];
  for (const candidate of candidates) {
    const { label, family, places, hits, faults } = candidate;
    if (hits < MIN_HITS || places.length < MIN_PLACES) continue;
    const expected = calibration.estimate(label, family, candidate);
    if (expected > SURE) continue;
    const touched: number[] = [];
    for (const place of places) {
      const fault = faultOf(corpus, place, label);
      for (const word of cuesOf[textOf[startOf(place)]]) {
        if (hitsWith[word] === 0 && faultsWith[word] === 0) touched.push(word);
        if (fault === 0) hitsWith[word]++;
        else faultsWith[word] += fault;
      }
    }
    const options: { word: number; isWanted: boolean; worth: number }[] = [];
    for (const word of touched) {
      const counts = { hits: hitsWith[word], faults: faultsWith[word] };
      const others = { hits: hits - counts.hits, faults: faults - counts.faults };
      hitsWith[word] = 0;
      faultsWith[word] = 0;
      const consider = (isWanted: boolean, { hits, faults }: typeof counts, least: number) => {
        if (hits < least) return;
        const bettered = calibration.estimate(label, family, { hits, faults: Math.max(0, faults) });
        if (bettered <= expected + MIN_RISE) return;
        options.push({ word, isWanted, worth: bettered * (1 + SUPPORT * Math.log(hits)) });
      };
      consider(true, counts, MIN_LEFT);
      consider(false, others, MIN_LEFT_SHARE * hits);
    }
    options.sort((a, b) => b.worth - a.worth || a.word - b.word);
    const chosen = [
      ...options.filter(({ isWanted }) => isWanted).slice(0, MAX_WANTED),
      ...options.filter(({ isWanted }) => !isWanted).slice(0, 1),
    ];
    for (const { word, isWanted } of chosen) {
      const cue: Cue = { word: literalNames[word], isWanted };
      const matching = places.filter((place) =>
        cuesOf[textOf[startOf(place)]].has(word) === isWanted
      );
      const variant = createCandidate(corpus, { ...candidate, cue }, matching, minTexts);
      if (variant) found.push(variant);
    }
  }
  return found;
}

/** For each text the words that may be cues: neither rare nor in most texts. */
function wordsOfTexts({ size, kinds, literals, literalNames, words, textOf, texts }: Corpus) {
  const sets = Array.from({ length: texts }, () => new Set<number>());
  for (let token = 0; token < size; token++) {
    if (kinds[token] !== WORD || isUnspaced(words[token])) continue;
    sets[textOf[token]].add(literals[token]);
  }
  const frequency = new Int32Array(literalNames.length);
  for (const set of sets) for (const word of set) frequency[word]++;
  const [least, most] = SHARE;
  return sets.map((set) =>
    new Set(
      [...set].filter((word) =>
        frequency[word] >= Math.max(MIN_TEXTS, least * texts) && frequency[word] <= most * texts
      ),
    )
  );
}
