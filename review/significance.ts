/**
 * Whether differences between rule sets on the same examples could be chance, or luck of the seed.
 *
 * @module
 */
import { createRandom } from "../learn/score/random.ts";
import type { ExampleCounts } from "../learn/score/scoring.ts";
import { normalQuantile, wilsonLowerBound } from "../learn/score/wilson.ts";

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

/** An interval from paired bootstrap resamples, in percentage points. */
export interface Interval {
  /** The difference itself. */
  readonly points: number;
  /** Its lower end. */
  readonly low: number;
  /** Its upper end. */
  readonly high: number;
  /** Share of the resamples that lies within, or within all intervals that hold together; 0 to 1. */
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
  const [{ difference, resampled }] = resample(before, [after]);
  resampled.sort();
  const tail = (1 - LEVEL) / 2 * RESAMPLES;
  return toInterval(
    difference,
    resampled[Math.round(tail) - 1],
    resampled[Math.round(RESAMPLES - tail) - 1],
  );
}

/**
 * Computes intervals of the differences in micro F1 between one side and several others that hold together:
 * in 95 % of 2,000 paired resamples, all differences lie within. All are scored on the same draws. A difference
 * is divided by its standard deviation over the draws; the interval goes as many deviations to either side as the
 * largest of these studentized differences reaches in 95 % of the draws (max-t). A side that changes no count of
 * the base has the interval 0 to 0, and the others are none the longer for it, nor for a side that is there
 * twice. The same input gives the same intervals.
 *
 * Westfall, P. H. & Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley. Chapter 2.
 * Romano, J. P. & Wolf, M. (2005). Exact and approximate stepdown methods for multiple hypothesis testing.
 * Journal of the American Statistical Association 100(469), 94-108.
 *
 * @param base the counts of each example
 * @param others for each other side the counts of the same examples in the same order
 * @returns an interval for each of `others`, in percentage points: what it has more than `base`
 * @throws {RangeError} if a side has more or fewer examples than `base`
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { bootstrapTogether } from "./significance.ts";
 *
 * const right = { tp: 1, fp: 0, fn: 0 };
 * const wrong = { tp: 0, fp: 1, fn: 1 };
 * const base = Array.from({ length: 40 }, (_, place) => place < 20 ? right : wrong);
 * const better = base.map((one, place) => place < 32 ? right : one);
 * const [gain, none] = bootstrapTogether(base, [better, base]);
 * assertEquals([gain.points.toFixed(1), gain.low > 0], ["30.0", true]);
 * assertEquals([none.low, none.high], [0, 0]);
 * ```
 */
export function bootstrapTogether(
  base: readonly ExampleCounts[],
  others: readonly (readonly ExampleCounts[])[],
): Interval[] {
  const byKey = new Map(others.map((side) => [keyOfCounts(side), side]));
  const differences = resample(base, [...byKey.values()]);
  const largest = new Float64Array(RESAMPLES);
  const deviations = differences.map(({ difference, resampled }) => {
    const deviation = standardDeviation(resampled);
    // Without a deviation all draws agree: nothing differs, or the same does for every example.
    if (deviation > 0) {
      resampled.forEach((value, draw) => {
        largest[draw] = Math.max(largest[draw], Math.abs(value - difference) / deviation);
      });
    }
    return deviation;
  });
  const quantile = largest.sort()[Math.ceil(LEVEL * RESAMPLES) - 1];
  const intervals = new Map([...byKey.keys()].map((key, place) => {
    const { difference } = differences[place];
    const reach = quantile * deviations[place];
    return [key, toInterval(difference, difference - reach, difference + reach)];
  }));
  return others.map((side) => intervals.get(keyOfCounts(side))!);
}

/** Returns the same for sides whose F1 is the same in every resample. */
export function keyOfCounts(side: readonly ExampleCounts[]): string {
  return side.map(({ tp, fp, fn }) => `${tp},${fp + fn}`).join(" ");
}

function toInterval(difference: number, low: number, high: number): Interval {
  return {
    points: 100 * difference,
    low: 100 * low,
    high: 100 * high,
    level: LEVEL,
    resamples: RESAMPLES,
    seed: SEED,
  };
}

/** A difference in F1, 0 to 1, and the same in each resample. */
interface ResampledDifference {
  readonly difference: number;
  readonly resampled: Float64Array;
}

/** Draws examples with replacement, and takes the difference in F1 between `base` and each of `others`. */
function resample(
  base: readonly ExampleCounts[],
  others: readonly (readonly ExampleCounts[])[],
): ResampledDifference[] {
  const size = base.length;
  const columnsOf = (side: readonly ExampleCounts[]) => {
    if (side.length !== size) {
      throw new RangeError(`A side has ${side.length} examples, expected ${size}`);
    }
    return {
      tp: Int32Array.from(side, ({ tp }) => tp),
      errors: Int32Array.from(side, ({ fp, fn }) => fp + fn),
    };
  };
  const own = columnsOf(base);
  const sides = others.map((side) => {
    const { tp, errors } = columnsOf(side);
    // Most examples are the same on both sides: only the others are added up.
    const places = Int32Array.from(
      tp.keys().filter((place) =>
        tp[place] !== own.tp[place] || errors[place] !== own.errors[place]
      ),
    );
    return {
      places,
      tp: places.map((place) => tp[place] - own.tp[place]),
      errors: places.map((place) => errors[place] - own.errors[place]),
      resampled: new Float64Array(RESAMPLES),
    };
  });
  /** The differences if each example counts so many times. */
  const compare = (times: Int32Array, keep: (side: number, difference: number) => void) => {
    let [tp, errors] = [0, 0];
    for (let place = 0; place < size; place++) {
      tp += times[place] * own.tp[place];
      errors += times[place] * own.errors[place];
    }
    const before = f1Of(tp, errors);
    sides.forEach((side, at) => {
      let [more, moreErrors] = [tp, errors];
      side.places.forEach((place, change) => {
        more += times[place] * side.tp[change];
        moreErrors += times[place] * side.errors[change];
      });
      keep(at, f1Of(more, moreErrors) - before);
    });
  };
  const differences: number[] = [];
  const times = new Int32Array(size).fill(1);
  compare(times, (side, difference) => differences[side] = difference);
  const random = createRandom(SEED);
  for (let draw = 0; draw < RESAMPLES; draw++) {
    times.fill(0);
    for (let left = size; left > 0; left--) times[Math.floor(random() * size)]++;
    compare(times, (side, difference) => sides[side].resampled[draw] = difference);
  }
  return sides.map(({ resampled }, side) => ({ difference: differences[side], resampled }));
}

export function standardDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

function f1Of(tp: number, errors: number): number {
  return tp === 0 ? 0 : 2 * tp / (2 * tp + errors);
}

/** How much an interval says of a difference. */
export type EvidenceRating = "decisive" | "suggestive" | "no evidence";

/** Percentage points that a decisive difference must exceed. */
const DECISIVE_POINTS = 0.5;

/**
 * Says how much an interval says of a difference: `decisive` if the whole interval is more than half a point of F1
 * away from 0, so that even the least difference within it is worth to act on; `suggestive` if it lies on one
 * side of 0, but not that far; `no evidence` if it holds 0.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { rateEvidence } from "./significance.ts";
 *
 * assertEquals(rateEvidence({ low: 0.6, high: 2 }), "decisive");
 * assertEquals(rateEvidence({ low: -2, high: -0.1 }), "suggestive");
 * assertEquals(rateEvidence({ low: -0.1, high: 2 }), "no evidence");
 * ```
 */
export function rateEvidence({ low, high }: Pick<Interval, "low" | "high">): EvidenceRating {
  const nearest = Math.max(low, -high);
  if (nearest > DECISIVE_POINTS) return "decisive";
  return nearest > 0 ? "suggestive" : "no evidence";
}

/**
 * Returns how many examples must differ between two sides, at the least, for a difference to be evidence: with fewer,
 * even if all of them spoke for one side, chance would do so in more than 5 % of cases (the sign test, two-sided,
 * with Bonferroni's correction). Resamples of so few examples are all too much alike, and their intervals too short.
 *
 * Dixon, W. J. & Mood, A. M. (1946). The statistical sign test. Journal of the American Statistical Association
 * 41(236), 557-566.
 *
 * @param comparisons how many differences are looked at, from 1
 * @returns the least n with 2 / 2^n of at most 5 % / `comparisons`
 * @throws {RangeError} if `comparisons` is not a whole number from 1
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { leastDiffering } from "./significance.ts";
 *
 * assertEquals([1, 2, 10].map(leastDiffering), [6, 7, 9]);
 * ```
 */
export function leastDiffering(comparisons: number): number {
  if (!Number.isInteger(comparisons) || comparisons < 1) {
    throw new RangeError(`comparisons is ${comparisons}, expected a whole number from 1`);
  }
  let least = 1;
  while (2 / 2 ** least > (1 - LEVEL) / comparisons) least++;
  return least;
}

/** The result of a run that only differs in its seed. */
export interface SeedResult {
  /** The same for results that are the same, such as the digest of the rules or the predictions. */
  readonly key: string;
  /** F1 less that of the run that is explained, in percentage points. */
  readonly points: number;
}

/** How a difference compares with those that other seeds make. */
export interface SeedComparison {
  /** How many other seeds were run. */
  readonly seeds: number;
  /** How many different results they had. */
  readonly results: number;
  /** How many of those differ as much or more, to either side. */
  readonly asMuch: number;
  /** Whether no result of at least ten seeds differs as much. */
  readonly isBeyondLuck: boolean;
}

/** With fewer seeds, nothing is beyond luck. */
const LEAST_SEEDS = 10;

/**
 * Compares a difference in F1 with what other seeds of the same run gain or lose by luck. Identical results
 * count once: a run that takes nothing from its seed has one result, however many seeds are tried.
 *
 * Gains and losses count alike: a run that is the worst of its seeds by luck has none that loses, and losing
 * would always seem to be more than luck.
 *
 * @param points the difference, in percentage points
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { compareWithSeeds } from "./significance.ts";
 *
 * const seeds = Array.from({ length: 12 }, (_, seed) => ({ key: `${seed % 6}`, points: seed % 6 / 10 }));
 * assertEquals(compareWithSeeds(0.4, seeds), {
 *   seeds: 12,
 *   results: 6,
 *   asMuch: 2,
 *   isBeyondLuck: false,
 * });
 * assertEquals(compareWithSeeds(0.9, seeds).isBeyondLuck, true);
 * ```
 */
export function compareWithSeeds(points: number, seeds: readonly SeedResult[]): SeedComparison {
  const results = new Map(seeds.map(({ key, points }) => [key, points]));
  const asMuch = results.values().toArray()
    .filter((other) => Math.abs(other) >= Math.abs(points)).length;
  const isBeyondLuck = asMuch === 0 && seeds.length >= LEAST_SEEDS;
  return { seeds: seeds.length, results: results.size, asMuch, isBeyondLuck };
}

/**
 * Returns a lower bound of a share that holds for all of several candidates at once: the one-sided 95 % bound of
 * Wilson with Bonferroni's correction, so that in at most 5 % of cases any of them is over its true share.
 *
 * Dunn, O. J. (1961). Multiple comparisons among means. Journal of the American Statistical Association
 * 56(293), 52-64.
 *
 * @param count how many of `n` have what is counted
 * @param candidates how many shares are looked at, from 1
 * @returns 0 to 1; 0 if `n` is 0
 * @throws {RangeError} if `candidates` is not a whole number from 1
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { boundShare } from "./significance.ts";
 *
 * assertEquals([1, 20].map((candidates) => boundShare(8, 10, candidates).toFixed(2)), ["0.54", "0.37"]);
 * ```
 */
export function boundShare(count: number, n: number, candidates: number): number {
  if (!Number.isInteger(candidates) || candidates < 1) {
    throw new RangeError(`candidates is ${candidates}, expected a whole number from 1`);
  }
  return wilsonLowerBound(count, n, normalQuantile(1 - (1 - LEVEL) / candidates));
}
