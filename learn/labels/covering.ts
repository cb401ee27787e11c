/**
 * Covering: chooses the rules of a decision list, the surest first, so that each example is matched
 * by a rule of its label (separate and conquer: Fürnkranz 1999).
 *
 * @module
 */
import type { Pool } from "./pool.ts";
import { wilsonLowerBound } from "../score/wilson.ts";

/** A chosen candidate, and the Wilson bound of its precision, 0 to 1. */
export interface Covering {
  readonly candidate: number;
  readonly bound: number;
}

/**
 * Chooses candidates in the order of their Wilson bounds, each if it matches an example of its
 * label among `targets` that no earlier one matches.
 *
 * @param targets positions of the examples to cover
 * @param excluded candidates that must not be chosen
 * @param maxRules the most candidates to choose
 */
export function cover(
  pool: Pool,
  targets: Iterable<number>,
  excluded: ReadonlySet<number>,
  maxRules: number,
): Covering[] {
  const open = new Set(targets);
  const counts = new Float64Array(pool.labels);
  for (const label of pool.gold) counts[label]++;
  const share = counts.map((count) => count / pool.gold.length);
  const ranked = pool.candidates
    .map(({ feature, tp }, candidate) => ({
      candidate,
      tp,
      bound: wilsonLowerBound(tp, feature.texts.length),
    }))
    .filter(({ candidate, bound }) =>
      !excluded.has(candidate) && bound > share[pool.candidates[candidate].label]
    )
    .sort((a, b) => b.bound - a.bound || b.tp - a.tp || a.candidate - b.candidate);
  const chosen: Covering[] = [];
  for (const { candidate, bound } of ranked) {
    if (chosen.length >= maxRules || open.size === 0) break;
    const { feature, label } = pool.candidates[candidate];
    let isNew = false;
    for (const text of feature.texts) {
      if (pool.gold[text] === label && open.delete(text)) isNew = true;
    }
    if (isNew) chosen.push({ candidate, bound });
  }
  return chosen;
}
