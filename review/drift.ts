/**
 * Whether the shares of categories differ between two counts by more than chance.
 *
 * @module
 */

/** How often each category was counted. */
export type CategoryCounts = Readonly<Record<string, number>>;

/** What a comparison of two counts tells. */
export interface Drift {
  /** Whether differences as great would be chance in less than one case of 1,000. */
  readonly isDrift: boolean;
  /** The probability of differences as great if both are drawn from the same shares, 0 to 1. */
  readonly pValue: number;
  /** Pearson's chi-square. */
  readonly statistic: number;
  /** Its degrees of freedom: categories compared, less one. */
  readonly degrees: number;
}

/** The probability below which a difference is drift. */
const LEVEL = 0.001;
/** The least count that is expected in a category that is compared alone (Cochran). */
const LEAST_EXPECTED = 5;

/**
 * Compares the shares of categories in two counts by the chi-square test of homogeneity. Categories of which fewer
 * than 5 are expected in either count are compared as one; if these are too few together, the rarest other category
 * joins them. The test takes each thing that was counted as drawn on its own: where one brings others with it, chance
 * differs by more than it assumes.
 *
 * Pearson, K. (1900). On the criterion that a given system of deviations … is such that it can be reasonably supposed
 * to have arisen from random sampling. Philosophical Magazine 50(302), 157-175.
 * Cochran, W. G. (1954). Some methods for strengthening the common χ² tests. Biometrics 10(4), 417-451.
 *
 * @param before whole numbers from 0 by category; a category that one of the two does not name was counted 0 times
 * @returns undefined if there are not two categories with enough counts to compare
 * @throws {RangeError} if a count is not a whole number from 0
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { compareCounts } from "./drift.ts";
 *
 * const before = { accepted: 400, rejected: 600 };
 * assertEquals(compareCounts(before, { accepted: 190, rejected: 310 })?.isDrift, false);
 * assertEquals(compareCounts(before, { accepted: 260, rejected: 240 })?.isDrift, true);
 * assertEquals(compareCounts(before, { accepted: 2, rejected: 1 }), undefined);
 * ```
 */
export function compareCounts(before: CategoryCounts, after: CategoryCounts): Drift | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const pairs = names.map((name): CountPair => [countOf(before, name), countOf(after, name)]);
  const [all, allAfter] = pairs.reduce(addPairs, [0, 0]);
  if (all === 0 || allAfter === 0) return undefined;
  /** The least of what is expected in the two counts. */
  const leastExpected = ([a, b]: CountPair) => (a + b) * Math.min(all, allAfter) / (all + allAfter);
  // Rare ones first. The order of equally frequent ones can change which are pooled, not how they were named.
  pairs.sort((one, other) => leastExpected(one) - leastExpected(other) || one[0] - other[0]);
  const compared: CountPair[] = [];
  let pooled: CountPair = [0, 0];
  for (const pair of pairs) {
    const isPooling = leastExpected(pooled) < LEAST_EXPECTED && leastExpected(pooled) > 0;
    if (isPooling || leastExpected(pair) < LEAST_EXPECTED) pooled = addPairs(pooled, pair);
    else compared.push(pair);
  }
  if (leastExpected(pooled) > 0) compared.push(pooled);
  if (compared.length < 2) return undefined;
  const statistic = compared.reduce((sum, [a, b]) => {
    const expected = (a + b) * all / (all + allAfter);
    const expectedAfter = (a + b) * allAfter / (all + allAfter);
    return sum + (a - expected) ** 2 / expected + (b - expectedAfter) ** 2 / expectedAfter;
  }, 0);
  const degrees = compared.length - 1;
  const pValue = chiSquareTail(statistic, degrees);
  return { isDrift: pValue < LEVEL, pValue, statistic, degrees };
}

/** How often something was counted before and after. */
type CountPair = readonly [before: number, after: number];

function addPairs(one: CountPair, other: CountPair): CountPair {
  return [one[0] + other[0], one[1] + other[1]];
}

function countOf(counts: CategoryCounts, name: string): number {
  const count = Object.hasOwn(counts, name) ? counts[name] : 0;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new RangeError(`A count is ${count}, expected a whole number from 0`);
}

/**
 * Returns the probability that a chi-square number is at least as great as a statistic: Q(degrees / 2, statistic / 2),
 * the regularised incomplete gamma function. Q(1, x) = exp(-x) and Q(1/2, x) = erfc(√x), and from there
 * Q(a + 1, x) = Q(a, x) + x^a exp(-x) / Γ(a + 1), a sum without a difference.
 *
 * NIST Digital Library of Mathematical Functions, 8.4.6, 8.8.6.
 *
 * @param statistic from 0
 * @param degrees a whole number from 1
 * @returns 0 to 1, to at least ten digits
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { chiSquareTail } from "./drift.ts";
 *
 * assertEquals([chiSquareTail(3.841, 1), chiSquareTail(18.307, 10)].map((p) => p.toFixed(4)), [
 *   "0.0500",
 *   "0.0500",
 * ]);
 * ```
 */
export function chiSquareTail(statistic: number, degrees: number): number {
  const x = statistic / 2;
  if (x <= 0) return 1;
  const isEven = degrees % 2 === 0;
  let a = isEven ? 1 : 0.5;
  let tail = isEven ? Math.exp(-x) : halfGammaTail(x);
  // In logarithms: exp(-x) is 0 from 746 on, which many categories reach by chance.
  let logTerm = a * Math.log(x) - x - (isEven ? 0 : LOG_GAMMA_3_2);
  for (; a < degrees / 2; a++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(x) - Math.log(a + 1);
  }
  return Math.min(1, tail);
}

/** The logarithm of Γ(3/2), which is √π / 2. */
const LOG_GAMMA_3_2 = Math.log(Math.PI) / 2 - Math.LN2;

/** So many levels of the fraction give all digits from 1 on. */
const LEVELS = 200;

/**
 * Returns Q(1/2, x): for small x by the series of its complement, else by a continued fraction.
 *
 * NIST Digital Library of Mathematical Functions, 8.11.4, 8.9.2.
 */
function halfGammaTail(x: number): number {
  const scale = Math.exp(-x) * Math.sqrt(x / Math.PI);
  if (x < 1) {
    let [term, sum] = [2 * scale, 0];
    for (let n = 1; sum + term !== sum; n++) {
      sum += term;
      term *= x / (n + 0.5);
    }
    return 1 - sum;
  }
  let fraction = x;
  for (let level = LEVELS; level >= 1; level--) {
    fraction = x + (level - 0.5) / (1 + level / fraction);
  }
  return scale / fraction;
}
