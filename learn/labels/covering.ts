/**
 * Covering: the rules of a decision list, chosen so that each example is matched by a rule of its
 * label (separate and conquer: Fürnkranz 1999), the surest rules first.
 *
 * @module
 */
import type { Pool } from "./pool.ts";
import { wilsonLowerBound } from "../score/wilson.ts";

/** A candidate chosen, and how sure it is: the Wilson bound of its precision, 0 to 1. */
export interface Covering {
  readonly candidate: number;
  readonly bound: number;
}

/**
 * Chooses candidates, surest first, that match an example of their label among `targets` that no
 * chosen one matches yet.
 *
 * @param targets positions of the examples to cover
 * @param excluded candidates that may not be chosen
 * @param maxRules how many are chosen at most
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
