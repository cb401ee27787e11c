/**
 * What is known of arms in each context, with exact intervals.
 *
 * @module
 */
import { credibleInterval } from "../../beta.ts";
import type { ArmCredit, ArmPosterior } from "../format.ts";
import { poolCredits, type PooledArms } from "./pooling.ts";

/** Which arms and contexts are asked for. */
export interface PosteriorOptions {
  /** The arms to tell of, in the order to tell them. Credits of others count for what arms are like. */
  readonly arms: readonly string[];
  /**
   * The contexts to tell of, in the order to tell them; new ones too.
   *
   * @default those that have credits, in the order of their names
   */
  readonly contexts?: readonly string[];
  /**
   * Arms that begin with two rewards more.
   *
   * @default []
   */
  readonly boosted?: Iterable<string>;
}

/**
 * Returns what is known of each arm in each context, by its own trials and, as a prior, by those in other contexts
 * and of other arms. One arm in one context begins with all shares equally likely.
 *
 * @returns an entry for each context and arm: the arms of the first context first
 * @throws {RangeError} if a reward or a weight is not a number from 0 to 1
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { posteriorsOf } from "./posteriors.ts";
 *
 * const rewards = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0];
 * const credits = rewards.map((reward) => ({ context: "sql", arm: "plan", reward, weight: 1 }));
 * const [{ a, b, low, high }] = posteriorsOf(credits, { arms: ["plan"] });
 * assertEquals([a, b, low.toFixed(3), high.toFixed(3)], [9, 3, "0.482", "0.940"]);
 *
 * // What is known in one context is where another begins.
 * const [other] = posteriorsOf(credits, { arms: ["plan"], contexts: ["css"] });
 * assertEquals([other.trials, other.mean.toFixed(2)], [0, "0.73"]);
 * ```
 */
export function posteriorsOf(
  credits: readonly ArmCredit[],
  { arms, contexts, boosted }: PosteriorOptions,
): ArmPosterior[] {
  const pooled = poolCredits(credits, boosted);
  return (contexts ?? pooled.contexts).flatMap((context) => posteriorsIn(pooled, context, arms));
}

/** Is {@linkcode posteriorsOf} for one context, of credits that were pooled: that takes long, for all contexts once. */
export function posteriorsIn(
  pooled: PooledArms,
  context: string,
  arms: readonly string[],
): ArmPosterior[] {
  return arms.map((arm) => {
    const { a, b } = pooled.posteriorOf(context, arm);
    const bounds = credibleInterval({ a, b });
    return {
      arm,
      context,
      a,
      b,
      mean: a / (a + b),
      ...bounds,
      trials: pooled.trialsOf(context, arm),
    };
  });
}
