/**
 * Covering for spans: of all candidates those that are surest, so that each marked span is found.
 *
 * @module
 */
import type { Calibration } from "./calibration.ts";
import type { Candidate } from "./candidates.ts";
import { type Corpus, endOf, faultOf, type Place, startOf } from "./tokens.ts";

/** A candidate, and the precision that is expected of it. */
export interface Scored {
  readonly candidate: Candidate;
  readonly expected: number;
}

/** How many candidates may find a span, as the surest may fail on other texts. */
const DEPTH = 1;
/** The same for candidates without contexts or cues, which hold most widely. */
const GENERAL_DEPTH = 6;
/** The least precision that is expected of a candidate, and that it has on the corpus. */
const MIN_EXPECTED = 0.35;
const MIN_PRECISION = 0.4;
/** The least share of right ones in what a candidate adds. */
const MIN_ADDED = 0.5;

/** Right matches of a candidate that begins with a shape: it is tried at every word of a text. */
const MIN_OPEN_HITS = 12;
/** What twice the right matches are worth in choosing, in expected precision. */
const SUPPORT = 0.07;
/** Right matches and expected precision of candidates that leave the rest to others. */
const STRONG_HITS = 5;
const STRONG = 0.8;
/** The least part of a candidate's faults that strong ones must take for it to be looked at again. */
const MIN_TAKEN = 0.2;
/** Right matches that must be left to it. */
const MIN_HITS_LEFT = 3;

/**
 * Chooses candidates, surest first, in two rounds: first by all that they match, then by what the strong
 * ones of the first round leave. So a year by itself, mostly a part of a date, can become a rule that
 * comes after the dates. The order of the candidates does not matter.
 */
export function coverSpans(
  corpus: Corpus,
  candidates: readonly Candidate[],
  calibration: Calibration,
): Scored[] {
  const depth = new Uint8Array(corpus.golds.length);
  const taken = new Uint8Array(corpus.size);
  const general = candidates.filter(({ left, right, cue }) =>
    left < 0 && right < 0 && cue === undefined
  );
  const bare = coverOnce(
    corpus,
    general,
    calibration,
    new Uint8Array(depth.length),
    new Uint8Array(taken.length),
    GENERAL_DEPTH,
  );
  const isBare = new Set(bare.map(({ candidate }) => candidate));
  const first = [
    ...bare,
    ...coverOnce(corpus, candidates, calibration, depth, taken)
      .filter(({ candidate }) => !isBare.has(candidate)),
  ];
  const chosen = new Set(first.map(({ candidate }) => candidate));
  const strong = new Uint8Array(corpus.size);
  for (const { candidate: { hits, places }, expected } of first) {
    if (hits < STRONG_HITS || expected < STRONG) continue;
    for (const place of places) {
      strong.fill(1, startOf(place), endOf(place));
    }
  }
  const left = candidates.flatMap((candidate) => {
    const { label, places, faults } = candidate;
    if (faults === 0 || chosen.has(candidate)) return [];
    const open = places.filter((place) => !overlaps(strong, place));
    const wrong = open.map((place) => faultOf(corpus, place, label));
    const hitsLeft = wrong.filter((fault) => fault === 0).length;
    const faultsLeft = wrong.reduce((sum, fault) => sum + fault, 0);
    if (hitsLeft < MIN_HITS_LEFT || faultsLeft > (1 - MIN_TAKEN) * faults) return [];
    return [{ ...candidate, places: open, hits: hitsLeft, faults: faultsLeft }];
  });
  return [...first, ...coverOnce(corpus, left, calibration, depth, taken)];
}

/** Whether neither a context nor a literal nor a number says where a match begins. */
function isOpen({ left, body: { parts: [first], level } }: Candidate): boolean {
  return left < 0 && level > 1 && !first.isLiteral && /^\\p|^\(\?:\\p/.test(first.options[0]);
}

/** Surer is better, but what one context makes a little surer says less than what holds everywhere. */
function worthOf({ candidate: { hits }, expected }: Scored): number {
  return expected + SUPPORT * Math.log2(hits);
}

function overlaps(tokens: Uint8Array, place: Place): boolean {
  for (let token = startOf(place); token < endOf(place); token++) {
    if (tokens[token] === 1) return true;
  }
  return false;
}

/**
 * One round. `depth` says how many of the chosen find each span, `taken` which tokens matches of the
 * chosen have, that a later one does not get; both are updated.
 */
function coverOnce(
  corpus: Corpus,
  candidates: readonly Candidate[],
  calibration: Calibration,
  depth: Uint8Array,
  taken: Uint8Array,
  maxDepth = DEPTH,
): Scored[] {
  const { golds, goldAt, goldOver } = corpus;
  const ranked = candidates
    .filter((candidate) => {
      const { hits, faults } = candidate;
      return hits >= MIN_PRECISION * (hits + faults) &&
        (hits >= MIN_OPEN_HITS || !isOpen(candidate));
    })
    .map((candidate) => {
      const { label, family } = candidate;
      return { candidate, expected: calibration.estimate(label, family, candidate) };
    })
    .filter(({ expected }) => expected >= MIN_EXPECTED)
    .sort((a, b) => worthOf(b) - worthOf(a) || compareCandidates(a.candidate, b.candidate));
  const chosen: Scored[] = [];
  for (const scored of ranked) {
    const { label, places } = scored.candidate;
    const isHit = (place: Place) => {
      const gold = goldAt.get(place);
      return gold !== undefined && golds[gold].label === label;
    };
    const added = places.filter((place) =>
      isHit(place) && depth[goldAt.get(place)!] < maxDepth
    ).length;
    if (added === 0) continue;
    let faults = 0;
    for (const place of places) {
      if (!isHit(place) && !overlaps(taken, place)) faults += faultOf(corpus, place, label);
    }
    if (added + 0.5 < MIN_ADDED * (added + faults + 1)) continue;
    chosen.push(scored);
    for (const place of places) {
      const gold = goldAt.get(place);
      if (isHit(place)) depth[gold!]++;
      // A span in a span of another label is found all the same.
      if (!isHit(place) || goldOver[startOf(place)] === gold) {
        taken.fill(1, startOf(place), endOf(place));
      }
    }
  }
  return chosen;
}

/** Before others: more right matches, classes before shapes before literals, fewer contexts, the order of sources. */
function compareCandidates(a: Candidate, b: Candidate): number {
  return b.hits - a.hits || a.faults - b.faults || preference(b) - preference(a) ||
    compareKeys(keyOf(a), keyOf(b));
}

function preference({ body: { level }, left, right, cue }: Candidate): number {
  const conditions = [left >= 0, right >= 0, cue !== undefined].filter(Boolean).length;
  return 10 * [2, 5, 4, 3, 1][level] - conditions;
}

function keyOf({ label, body: { parts }, left, right, cue }: Candidate): string {
  const written = parts.map(({ gap, options }) => gap + options.join("|")).join("");
  return `${written}\n${label} ${left} ${right} ${cue?.isWanted ?? ""} ${cue?.word ?? ""}`;
}

function compareKeys(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
