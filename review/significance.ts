/**
 * Whether a difference between two rule sets on the same examples could be chance.
 *
 * @module
 */
import type { LabelScores } from "../learn/score/scoring.ts";

/**
 * Computes the exact form of McNemar's test: the probability that the examples that only one of two
 * sides gets right split at least as unevenly, if either side is as likely to be the one. Two-sided:
 * twice the tail of the binomial distribution with p = 1/2, at most 1. Without such examples it is 1.
 *
 * McNemar, Q. (1947). Note on the sampling error of the difference between correlated proportions or
 * percentages. Psychometrika 12(2), 153-157.
 *
 * @param gained number of examples that only one side gets right, at least 0
 * @param lost number of those that only the other side gets right
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { testMcNemar } from "./significance.ts";
 *
 * // All of ten examples that differ speak for one side: 2 / 2^10.
 * assertEquals(testMcNemar(10, 0), 2 / 1024);
 * ```
 */
export function testMcNemar(gained: number, lost: number): number {
  const trials = gained + lost;
  const fewer = Math.min(gained, lost);
  if (gained === lost) return 1;
  // In logarithms: 2^-trials underflows from 1,075 examples on.
  let logTerm = -trials * Math.LN2;
  let logTail = logTerm;
  for (let k = 1; k <= fewer; k++) {
    logTerm += Math.log(trials - k + 1) - Math.log(k);
    logTail = Math.max(logTail, logTerm) + Math.log1p(Math.exp(-Math.abs(logTail - logTerm)));
  }
  const pValue = 2 * Math.exp(logTail);
  // Logarithms are rounded in the last places; few examples are counted without them.
  return Math.min(1, trials <= EXACT_TRIALS ? countTail(trials, fewer) : pValue);
}

/** Up to here every binomial coefficient and their sums are exact in floating point. */
const EXACT_TRIALS = 50;

function countTail(trials: number, fewer: number): number {
  let [term, tail] = [1, 1];
  for (let k = 1; k <= fewer; k++) {
    term = term * (trials - k + 1) / k;
    tail += term;
  }
  return 2 * tail / 2 ** trials;
}

/** Counts of the outcomes of one example: true positives, false positives, false negatives. */
export type ExampleCounts = Pick<LabelScores, "tp" | "fp" | "fn">;

/** A percentile interval of paired bootstrap resamples, in percentage points. */
export interface Interval {
  /** The difference itself. */
  readonly points: number;
  /** Its lower end. */
  readonly low: number;
  /** Its upper end. */
  readonly high: number;
  /** Share of the resamples that lies within, 0 to 1. */
  readonly level: number;
  /** How many resamples were drawn. */
  readonly resamples: number;
  /** Seed of the resamples. */
  readonly seed: number;
}

const RESAMPLES = 2_000;
const SEED = 1;
/** Share of the resamples that an interval holds. */
const LEVEL = 0.95;

/**
 * Computes the percentile interval of the difference in micro F1 between two sides by a paired
 * bootstrap: 2,000 times, it draws as many examples as there are, with replacement, and scores both sides
 * on the same draw. The 50th and the 1,950th of the sorted differences bound 95 % of them. In percentage
 * points; 0/0 is 0. The same input gives the same interval.
 *
 * Efron, B. & Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall. Chapter 13.
 *
 * @param before the counts of each example before; `after` has the same examples in the same order
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { bootstrapF1 } from "./significance.ts";
 *
 * const right = { tp: 1, fp: 0, fn: 0 };
 * const wrong = { tp: 0, fp: 1, fn: 1 };
 * const { points, low, high } = bootstrapF1([right, wrong, wrong], [right, right, wrong]);
 * assertEquals([points.toFixed(1), low <= points, points <= high], ["33.3", true, true]);
 * ```
 */
export function bootstrapF1(
  before: readonly ExampleCounts[],
  after: readonly ExampleCounts[],
): Interval {
  const size = before.length;
  const columns = [before, after].flatMap((side) => [
    Int32Array.from(side, ({ tp }) => tp),
    Int32Array.from(side, ({ fp, fn }) => fp + fn),
  ]);
  const [tpBefore, errorsBefore, tpAfter, errorsAfter] = columns;
  const random = createRandom(SEED);
  const differences = new Float64Array(RESAMPLES);
  for (let draw = 0; draw < RESAMPLES; draw++) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let left = size; left > 0; left--) {
      const at = Math.floor(random() * size);
      a += tpBefore[at];
      b += errorsBefore[at];
      c += tpAfter[at];
      d += errorsAfter[at];
    }
    differences[draw] = f1Of(c, d) - f1Of(a, b);
  }
  differences.sort();
  const sum = (values: Int32Array) => values.reduce((total, value) => total + value, 0);
  const tail = (1 - LEVEL) / 2 * RESAMPLES;
  return {
    points: 100 * (f1Of(sum(tpAfter), sum(errorsAfter)) - f1Of(sum(tpBefore), sum(errorsBefore))),
    low: 100 * differences[Math.round(tail) - 1],
    high: 100 * differences[Math.round(RESAMPLES - tail) - 1],
    level: LEVEL,
    resamples: RESAMPLES,
    seed: SEED,
  };
}

function f1Of(tp: number, errors: number): number {
  return tp === 0 ? 0 : 2 * tp / (2 * tp + errors);
}

/** Creates a generator of numbers from 0 to below 1 (mulberry32, Tommy Ettinger, public domain). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
