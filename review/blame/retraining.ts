/**
 * Learning again without some of the examples, each time once.
 *
 * @module
 */
import type { LearnResult } from "../../pipeline.ts";

/** Rules, and how they decide. */
export type LearnedRules = Pick<LearnResult, "rules" | "decision">;

/**
 * Learns again what a run learned, by the same options, without the examples of these ids.
 *
 * @param dropped distinct ids, in the order of the data
 */
export type LearnWithout = (dropped: readonly string[]) => Promise<LearnedRules>;

/** Learns without examples, and counts how often. */
export interface Retraining {
  /** Learns without the examples, unless it did before: the same trial gives the same rules and counts once. */
  readonly learn: LearnWithout;
  /** How many times it has learned. */
  readonly trainings: number;
}

/**
 * Creates a retraining that remembers the rules of every trial.
 *
 * @param learn learns without examples
 * @param onTraining called before each training with its number, from 1
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRetraining } from "./retraining.ts";
 *
 * const decision = { decide: "vote", threshold: 0 } as const;
 * const retraining = createRetraining(() => Promise.resolve({ rules: [], decision }));
 * for (const dropped of [["a"], ["a"], ["a", "b"]]) await retraining.learn(dropped);
 * assertEquals(retraining.trainings, 2);
 * ```
 */
export function createRetraining(
  learn: LearnWithout,
  onTraining?: (number: number) => void,
): Retraining {
  const known = new Map<string, Promise<LearnedRules>>();
  return {
    learn(dropped) {
      const key = JSON.stringify(dropped);
      let learned = known.get(key);
      if (learned === undefined) {
        onTraining?.(known.size + 1);
        learned = learn(dropped);
        known.set(key, learned);
      }
      return learned;
    },
    get trainings() {
      return known.size;
    },
  };
}
