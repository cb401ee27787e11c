/**
 * Covering: chooses the rules of a decision list, the surest first, so that each example is matched
 * by a rule of its label (separate and conquer: Fürnkranz 1999).
 *
 * @module
 */
import type { Pool } from "./pool.ts";
import { wilsonLowerBound } from "../score/wilson.ts";
import { countEach } from "../text/maps.ts";
import { eachSliced, type Sliced } from "../text/slices.ts";

/** A chosen candidate, and the Wilson bound of its precision, 0 to 1. */
export interface Covering {
  readonly candidate: number;
  readonly bound: number;
}

/**
 * Chooses candidates that each match an example of their label among `targets` that no earlier one matches: without a
 * budget in the order of their Wilson bounds; with one, those first that get the most targets right which no earlier one
 * matches, less those that they get wrong.
 *
 * @param targets positions of the examples to cover
 * @param excluded candidates that must not be chosen
 * @param maxRules the most candidates to choose
 */
export function* cover(
  pool: Pool,
  targets: Iterable<number>,
  excluded: ReadonlySet<number>,
  maxRules: number,
): Sliced<Covering[]> {
  const counts = countEach(pool.gold);
  const ranked = pool.candidates
    .map(({ texts, tp }, candidate) => ({
      candidate,
      tp,
      bound: wilsonLowerBound(tp, texts.length),
    }))
    .filter(({ candidate, bound }) =>
      !excluded.has(candidate) &&
      bound * pool.gold.length > counts.get(pool.candidates[candidate].label)!
    )
    .sort((a, b) => b.bound - a.bound || b.tp - a.tp || a.candidate - b.candidate);
  const open = new Set(targets);
  return maxRules === Infinity
    ? coverSurely(pool, open, ranked)
    : yield* coverWidely(pool, open, ranked, maxRules);
}

function coverSurely(
  { candidates, gold }: Pool,
  open: Set<number>,
  ranked: readonly Covering[],
): Covering[] {
  return ranked.filter(({ candidate }) => {
    const { texts, label } = candidates[candidate];
    let isNew = false;
    for (const text of texts) if (gold[text] === label && open.delete(text)) isNew = true;
    return isNew;
  });
}

function* coverWidely(
  { candidates, gold }: Pool,
  open: Set<number>,
  ranked: readonly Covering[],
  maxRules: number,
): Sliced<Covering[]> {
  /** For each example, the places in `ranked` of those that match it. */
  const matching = Array.from(gold, (): number[] => []);
  const worth = new Int32Array(ranked.length);
  const worthOf = (place: number, text: number) =>
    candidates[ranked[place].candidate].label === gold[text] ? 1 : -1;
  yield* eachSliced(ranked, ({ candidate }, place) => {
    for (const text of candidates[candidate].texts) {
      if (!open.has(text)) continue;
      matching[text].push(place);
      worth[place] += worthOf(place, text);
    }
  }, CANDIDATES);
  const chosen: Covering[] = [];
  while (chosen.length < maxRules) {
    yield chosen.length / maxRules;
    let best = 0;
    for (let place = 1; place < worth.length; place++) if (worth[place] > worth[best]) best = place;
    if (!(worth[best] > 0)) break;
    chosen.push(ranked[best]);
    for (const text of candidates[ranked[best].candidate].texts) {
      if (!open.delete(text)) continue;
      for (const place of matching[text]) worth[place] -= worthOf(place, text);
    }
  }
  return chosen;
}

/** Candidates between two pauses. */
const CANDIDATES = 256;
