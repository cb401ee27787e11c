/**
 * Covering: chooses the surest of all candidates, so that each gold span is found.
 *
 * @module
 */
import { compareCodeUnits } from "../text/folding.ts";
import { part, type Sliced, sortSliced } from "../text/slices.ts";
import type { Calibration } from "./calibration.ts";
import type { SpanCandidate } from "./candidates.ts";
import { endOf, fpWeight, goldOf, type Place, type SpanCorpus, startOf } from "./tokens.ts";

/** A candidate, and its estimated precision. */
export interface EstimatedCandidate {
  readonly candidate: SpanCandidate;
  readonly estimate: number;
}

/** Candidates between two pauses. */
const CANDIDATES = 256;
/** How many chosen candidates may find a span. */
const DEPTH = 1;
/** The same without contexts: one of several may hold where the surest does not. */
const GENERAL_DEPTH = 6;
/** Least estimate of a candidate, and its least precision on the corpus. */
const MIN_ESTIMATE = 0.35;
const MIN_PRECISION = 0.4;
/** Least precision in the matches that a candidate adds. */
const MIN_ADDED = 0.5;
/**
 * Least true positives of a candidate that begins with a shape, as it is tried at every word; and if
 * case says little, as shapes then must do what words do.
 */
const MIN_OPEN_TP = 12;
const MIN_FOLDED_OPEN_TP = 5;
/** Worth of twice the true positives in choosing, in estimated precision. */
const SUPPORT = 0.07;
/** Least true positives, and least estimate, of strong candidates. */
const STRONG_TP = 5;
const STRONG = 0.8;
/** The least part of its false positives that a candidate must lose to the strong ones. */
const MIN_TAKEN = 0.2;
/** The least true positives that the strong ones must leave it. */
const MIN_TP_LEFT = 3;

/** For each gold span how many chosen candidates find it; for each token whether one matches it. */
type Coverage = Readonly<Record<"depth" | "taken", Uint8Array>>;

/**
 * Chooses candidates, the surest first, in two rounds: first by all their matches, then by those
 * that the strong candidates of the first round leave. So a year, which is mostly a part of a date,
 * can become a rule that comes after those of dates. The order of the candidates does not matter.
 */
export function* coverSpans(
  corpus: SpanCorpus,
  candidates: readonly SpanCandidate[],
  calibration: Calibration,
): Sliced<EstimatedCandidate[]> {
  const createCoverage = (): Coverage => ({
    depth: new Uint8Array(corpus.golds.length),
    taken: new Uint8Array(corpus.size),
  });
  const coverage = createCoverage();
  const general = candidates.filter(({ left, right }) => left < 0 && right < 0);
  const ofBare = cover(corpus, general, calibration, createCoverage(), GENERAL_DEPTH);
  const bare = yield* part("", [0, 0.2], ofBare);
  const isBare = new Set(bare.map(({ candidate }) => candidate));
  const ofAll = cover(corpus, candidates, calibration, coverage, DEPTH);
  const first = [
    ...bare,
    ...(yield* part("", [0.2, 0.6], ofAll)).filter(({ candidate }) => !isBare.has(candidate)),
  ];
  const isChosen = new Set(first.map(({ candidate }) => candidate));
  const strong = new Uint8Array(corpus.size);
  for (const { candidate: { tp, places }, estimate } of first) {
    if (tp < STRONG_TP || estimate < STRONG) continue;
    for (const place of places) strong.fill(1, startOf(place), endOf(place));
  }
  const left: SpanCandidate[] = [];
  for (const [index, candidate] of candidates.entries()) {
    if (index % CANDIDATES === 0) yield 0.6 + 0.2 * index / candidates.length;
    if (candidate.fp === 0 || isChosen.has(candidate)) continue;
    const places = candidate.places.filter((place) => !isAnyMarked(strong, place));
    const weights = places.map((place) => fpWeight(corpus, place, candidate.label));
    const tp = weights.filter((weight) => weight === 0).length;
    const fp = weights.reduce((sum, weight) => sum + weight, 0);
    if (tp < MIN_TP_LEFT || fp > (1 - MIN_TAKEN) * candidate.fp) continue;
    const taken = candidate.places.filter((place) => isAnyMarked(strong, place));
    left.push({ ...candidate, places, taken, tp, fp });
  }
  const ofLeft = cover(corpus, left, calibration, coverage, DEPTH);
  return [...first, ...yield* part("", [0.8, 1], ofLeft)];
}

/** Tells whether neither a context nor a literal nor a number limits where a match begins. */
function isOpen({ left, body: { parts: [first], level } }: SpanCandidate): boolean {
  return left < 0 && level > 1 && !first.isLiteral && /^\\p|^\(\?:\\p/.test(first.options[0]);
}

function isAnyMarked(tokens: Uint8Array, place: Place): boolean {
  for (let token = startOf(place); token < endOf(place); token++) {
    if (tokens[token] === 1) return true;
  }
  return false;
}

/** Runs one round, and updates the coverage: a token that is taken is not matched again. */
function* cover(
  corpus: SpanCorpus,
  candidates: readonly SpanCandidate[],
  calibration: Calibration,
  { depth, taken }: Coverage,
  maxDepth: number,
): Sliced<EstimatedCandidate[]> {
  const minOpenTp = corpus.folds ? MIN_FOLDED_OPEN_TP : MIN_OPEN_TP;
  const estimated: EstimatedCandidate[] = [];
  for (const [index, candidate] of candidates.entries()) {
    if (index % CANDIDATES === 0) yield 0.3 * index / candidates.length;
    const { label, stratum, tp, fp } = candidate;
    if (tp < MIN_PRECISION * (tp + fp) || tp < minOpenTp && isOpen(candidate)) continue;
    const estimate = calibration.estimate(label, stratum, candidate);
    if (estimate >= MIN_ESTIMATE) estimated.push({ candidate, estimate });
  }
  const ranking = sortSliced(
    estimated,
    (a, b) => worthOf(b) - worthOf(a) || compareCandidates(a.candidate, b.candidate),
  );
  const ranked = yield* part("", [0.3, 0.5], ranking);
  const chosen: EstimatedCandidate[] = [];
  for (const [index, one] of ranked.entries()) {
    if (index % CANDIDATES === 0) yield 0.5 + 0.5 * index / ranked.length;
    const { label, places } = one.candidate;
    const golds = places.map((place) => goldOf(corpus, place, label));
    const added = golds.filter((gold) => gold >= 0 && depth[gold] < maxDepth).length;
    if (added === 0) continue;
    let fp = 0;
    places.forEach((place, index) => {
      if (golds[index] < 0 && !isAnyMarked(taken, place)) fp += fpWeight(corpus, place, label);
    });
    if (added + 0.5 < MIN_ADDED * (added + fp + 1)) continue;
    chosen.push(one);
    places.forEach((place, index) => {
      const gold = golds[index];
      if (gold >= 0) depth[gold]++;
      // A span inside of a span of another label does not take the tokens of that one.
      if (gold < 0 || corpus.goldOver[startOf(place)] === gold) {
        taken.fill(1, startOf(place), endOf(place));
      }
    });
  }
  return chosen;
}

/** Returns the worth of a candidate in choosing: the more true positives, the more widely it holds. */
function worthOf({ candidate: { tp }, estimate }: EstimatedCandidate): number {
  return estimate + SUPPORT * Math.log2(tp);
}

/** Compares candidates of equal worth by counts, level, number of contexts, and sources. */
function compareCandidates(a: SpanCandidate, b: SpanCandidate): number {
  const order = b.tp - a.tp || a.fp - b.fp || preferenceOf(b) - preferenceOf(a);
  if (order !== 0) return order;
  const [one, other] = [keyOf(a), keyOf(b)];
  return one.length - other.length || compareCodeUnits(one, other);
}

/** Prefers classes to shapes to runs to literals to wildcards, then few contexts. */
function preferenceOf({ body: { level }, left, right }: SpanCandidate): number {
  return 10 * [2, 5, 4, 3, 1][level] - [left, right].filter((context) => context >= 0).length;
}

function keyOf({ label, body: { parts }, left, right }: SpanCandidate): string {
  const written = parts.map(({ gap, options }) => gap + options.join("|")).join("");
  return `${written}\n${label} ${left} ${right}`;
}
