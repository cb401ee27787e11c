/**
 * Trying many changes at once, and by halves where they do harm together.
 *
 * @module
 */

/**
 * Finds items that can all be applied. `tryAll` applies a batch to what was applied before, unless that
 * does harm, and says whether it did. A batch that does harm is tried in two halves, down to single
 * items as long as there have been no more than `limit` trials.
 *
 * @returns the items applied, in order
 */
export function applyByHalves<T>(
  items: readonly T[],
  tryAll: (batch: readonly T[]) => boolean,
  limit = 30,
): T[] {
  let trials = 0;
  const applyBatch = (batch: readonly T[]): T[] => {
    if (batch.length === 0 || trials++ >= limit) return [];
    if (tryAll(batch)) return [...batch];
    if (batch.length === 1) return [];
    const half = batch.length >> 1;
    return [...applyBatch(batch.slice(0, half)), ...applyBatch(batch.slice(half))];
  };
  return applyBatch(items);
}
