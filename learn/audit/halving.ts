/**
 * Halving: tries many changes at once, and by halves if they do harm together.
 *
 * @module
 */
import { part, type Sliced } from "../text/slices.ts";

/**
 * Finds items that can all be applied. `tryAll` applies a batch in addition to those before it
 * unless that does harm, and returns whether it did. A batch that does harm is tried in two halves,
 * and so on down to single items, with at most `limit` trials.
 *
 * @returns the items that were applied, in order
 */
export function* applyByHalves<T>(
  items: readonly T[],
  tryAll: (batch: readonly T[]) => Sliced<boolean>,
  limit = 30,
): Sliced<T[]> {
  let trials = 0;
  function* applyBatch(batch: readonly T[]): Sliced<T[]> {
    if (batch.length === 0 || trials >= limit) return [];
    const range = [trials / limit, ++trials / limit] as const;
    if (yield* part("", range, tryAll(batch))) return [...batch];
    if (batch.length === 1) return [];
    const half = batch.length >> 1;
    return [...yield* applyBatch(batch.slice(0, half)), ...yield* applyBatch(batch.slice(half))];
  }
  return yield* applyBatch(items);
}
