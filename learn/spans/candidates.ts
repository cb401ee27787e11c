/**
 * Candidates for span rules: bodies, alone and between contexts, with what they count on the corpus.
 *
 * @module
 */
import type { Body } from "./bodies.ts";
import { type Calibration, type Counts, isFirstHalf } from "./calibration.ts";
import { type Contexts, PAIRS } from "./contexts.ts";
import { type Corpus, endOf, faultOf, type Place, startOf } from "./tokens.ts";

/** A word that the text of a match must have, or must not have. */
export interface Cue {
  readonly word: string;
  readonly isWanted: boolean;
}

/** A body of spans of a label, between contexts where these are given. */
export interface Candidate extends Counts {
  readonly label: number;
  readonly body: Body;
  /** Contexts, or -1 for none. */
  readonly left: number;
  readonly right: number;
  readonly cue?: Cue;
  /** What candidates it is compared with for calibration. */
  readonly family: string;
  /** Where it matches, ascending, none over another. */
  readonly places: readonly Place[];
}

/** The least precision of a candidate; contexts may better it. */
const MIN_PRECISION = 0.25;
/** The same without contexts, where most matches may lie in longer spans that other rules find first. */
const MIN_BARE_PRECISION = 0.04;
const MIN_BARE_HITS = 5;
/** Matches of right spans that a candidate with a context or a wildcard needs. */
const MIN_CONTEXT_HITS = 2;
/** Matches of a literal body from which on contexts are tried. */
const MIN_LITERAL_PLACES = 8;
/** Bodies that are surer than this need no contexts; contexts must raise the bound by the second. */
const SURE = 0.97;
const MIN_RISE = 0.01;
/** A candidate must not match more than this part of all tokens. */
const MAX_REACH = 0.5;

/**
 * The lower end of the confidence interval of a precision, at z = 1 (Wilson 1927), for counts that need
 * not be whole.
 */
export function wilson({ hits, faults }: Counts): number {
  const total = hits + faults;
  if (total === 0) return 0;
  const precision = hits / total;
  const spread = Math.sqrt((precision * (1 - precision) + 1 / (4 * total)) / total);
  return (precision + 1 / (2 * total) - spread) / (1 + 1 / total);
}

/** The family of candidates with a body of a level, and contexts on none, one or both sides. */
export function familyOf(level: number, left: number, right: number): string {
  return `${level}${left >= 0 && right >= 0 ? "both" : left >= 0 || right >= 0 ? "one" : "none"}`;
}

/** Counts of places on both halves of the texts, for calibration. */
export class Tally {
  hits = 0;
  faults = 0;
  firstHits = 0;
  firstFaults = 0;

  add(fault: number, isFirst: boolean): void {
    if (fault === 0) {
      this.hits++;
      if (isFirst) this.firstHits++;
    } else {
      this.faults += fault;
      if (isFirst) this.firstFaults += fault;
    }
  }

  get first(): Counts {
    return { hits: this.firstHits, faults: this.firstFaults };
  }

  get second(): Counts {
    return { hits: this.hits - this.firstHits, faults: this.faults - this.firstFaults };
  }
}

/**
 * Makes a candidate, or none where it is too often wrong, in too few texts, or would match nearly
 * anything. Of places that overlap the first is kept, as a regular expression finds them.
 */
export function createCandidate(
  corpus: Corpus,
  from: Pick<Candidate, "label" | "body" | "left" | "right" | "cue" | "family">,
  places: readonly Place[],
  minTexts: number,
): Candidate | undefined {
  const kept: Place[] = [];
  const texts = new Set<number>();
  let reached = -1;
  let hits = 0;
  let faults = 0;
  for (const place of places) {
    const start = startOf(place);
    if (start < reached) continue;
    reached = endOf(place);
    kept.push(place);
    const fault = faultOf(corpus, place, from.label);
    faults += fault;
    if (fault > 0) continue;
    hits++;
    texts.add(corpus.textOf[start]);
  }
  const isBare = from.left < 0 && from.right < 0 && hits >= MIN_BARE_HITS;
  const least = isBare ? MIN_BARE_PRECISION : MIN_PRECISION;
  if (texts.size < minTexts || hits < least * (hits + faults)) return undefined;
  if (kept.length > MAX_REACH * corpus.size) return undefined;
  return { ...from, places: kept, hits, faults };
}

/** Pairs bodies with contexts that make them surer, and notes for calibration how all of them fare. */
export function findCandidates(
  corpus: Corpus,
  bodies: readonly Body[],
  contexts: Contexts,
  calibration: Calibration,
  minTexts: number,
): Candidate[] {
  const candidates: Candidate[] = [];
  const add = (
    from: Pick<Candidate, "label" | "body" | "left" | "right" | "family">,
    places: readonly Place[],
  ) => {
    const candidate = createCandidate(corpus, from, places, minTexts);
    if (candidate) candidates.push(candidate);
  };
  for (const body of bodies) {
    for (const label of labelsAt(corpus, body.places)) {
      const { places, level } = body;
      const faults = Float64Array.from(places, (place) => faultOf(corpus, place, label));
      const halves = places.map((place) =>
        isFirstHalf(corpus.textOf[startOf(place)], corpus.texts)
      );
      const all = new Tally();
      faults.forEach((fault, index) => all.add(fault, halves[index]));
      const family = familyOf(level, -1, -1);
      calibration.note(label, family, all.first, all.second);
      add({ label, body, left: -1, right: -1, family }, places);
      const bound = wilson(all);
      const isRare = level === 0 && places.length < MIN_LITERAL_PLACES;
      if (bound > SURE || isRare || all.hits < MIN_CONTEXT_HITS) continue;
      const bounds = { first: wilson(all.first), second: wilson(all.second) };
      addContexts({ label, body, faults, halves, bound, bounds });
    }
  }
  return candidates;

  function addContexts(
    { label, body, faults, halves, bound, bounds }: {
      label: number;
      body: Body;
      faults: Float64Array;
      halves: readonly boolean[];
      bound: number;
      bounds: { first: number; second: number };
    },
  ): void {
    const { places, level } = body;
    const scale = contexts.sources.length + 1;
    const known = new Map<string, number>();
    for (const [leftKind, rightKind] of PAIRS) {
      const keys = new Float64Array(places.length).fill(-1);
      const tallies = new Map<number, Tally>();
      places.forEach((place, index) => {
        const left = leftKind === 0 ? -1 : contexts.left[leftKind - 1][startOf(place)];
        const right = rightKind === 0 ? -1 : contexts.right[rightKind - 1][endOf(place)];
        if (leftKind > 0 && left < 0 || rightKind > 0 && right < 0) return;
        keys[index] = (left + 1) * scale + right + 1;
        if (faults[index] === 0 && !tallies.has(keys[index])) tallies.set(keys[index], new Tally());
      });
      places.forEach((_, index) => tallies.get(keys[index])?.add(faults[index], halves[index]));
      const family = familyOf(level, leftKind - 1, rightKind - 1);
      const chosen = new Map<number, Place[]>();
      for (const [key, tally] of tallies) {
        if (tally.hits < MIN_CONTEXT_HITS) continue;
        // Those are noted that would have been chosen by the half that they are seen from.
        const { first, second } = tally;
        if (wilson(first) > bounds.first + MIN_RISE) {
          calibration.noteOne(label, family, first, second);
        }
        if (wilson(second) > bounds.second + MIN_RISE) {
          calibration.noteOne(label, family, second, first);
        }
        const own = wilson(tally);
        const [left, right] = [Math.floor(key / scale) - 1, key % scale - 1];
        const parents = leftKind > 0 && rightKind > 0
          ? [known.get(`${left} -1`) ?? 0, known.get(`-1 ${right}`) ?? 0]
          : [];
        if (parents.length === 0) known.set(`${left} ${right}`, own);
        if (own > Math.max(bound, ...parents) + MIN_RISE) chosen.set(key, []);
      }
      if (chosen.size === 0) continue;
      places.forEach((place, index) => chosen.get(keys[index])?.push(place));
      for (const [key, found] of chosen) {
        const [left, right] = [Math.floor(key / scale) - 1, key % scale - 1];
        add({ label, body, left, right, family }, found);
      }
    }
  }
}

/** Positions of the labels that marked spans at these places have, ascending. */
function labelsAt({ goldAt, golds }: Corpus, places: readonly Place[]): number[] {
  const labels = new Set<number>();
  for (const place of places) {
    const gold = goldAt.get(place);
    if (gold !== undefined) labels.add(golds[gold].label);
  }
  return [...labels].sort((a, b) => a - b);
}
