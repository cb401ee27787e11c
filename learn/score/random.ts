/**
 * Random numbers that are the same each time: for resamples and permutations.
 *
 * @module
 */

/**
 * Creates a generator of numbers from 0 to below 1 (mulberry32, Tommy Ettinger, public domain).
 *
 * @param seed a whole number; its last 32 bits count
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRandom } from "./random.ts";
 *
 * const [one, other] = [createRandom(1), createRandom(1)];
 * assertEquals([one(), one()], [other(), other()]);
 * ```
 */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
