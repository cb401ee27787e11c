/**
 * Wilson's lower bound: how far a precision can be trusted, given how many cases it was measured on.
 *
 * @module
 */

/**
 * Returns the lower end of the confidence interval of the precision `tp / n` (Wilson 1927): from 0 to 1, and
 * 0 if `n` is 0.
 *
 * @param z how many standard deviations the interval goes to either side; see {@linkcode normalQuantile}
 */
export function wilsonLowerBound(tp: number, n: number, z = 1): number {
  if (n === 0) return 0;
  const precision = tp / n;
  const spread = z * Math.sqrt((precision * (1 - precision) + z * z / (4 * n)) / n);
  return (precision + z * z / (2 * n) - spread) / (1 + z * z / n);
}

/**
 * Returns the standard deviations below which a standard normal number lies with a probability: 1.645 for 0.95.
 * Newton's method from 0 on the series for the normal distribution; as the distribution bends one way from
 * there on, no step goes too far.
 *
 * Abramowitz, M. & Stegun, I. A. (1964). Handbook of Mathematical Functions, 26.2.11.
 *
 * @param probability from 0.5 to below 1
 * @returns from 0; to ten digits up to 1 - 1e-6
 * @throws {RangeError} if the probability is not in its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { normalQuantile } from "./wilson.ts";
 *
 * assertEquals([0.5, 0.95, 0.975].map((at) => normalQuantile(at).toFixed(3)), ["0.000", "1.645", "1.960"]);
 * ```
 */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0.5 && probability < 1)) {
    throw new RangeError(`The probability is ${probability}, expected 0.5 to below 1`);
  }
  let z = 0;
  for (let step = 0; step < 100; step++) {
    const density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    let [term, sum] = [z, 0];
    for (let odd = 3; sum + term !== sum; odd += 2) {
      sum += term;
      term *= z * z / odd;
    }
    const change = (probability - 0.5) / density - sum;
    z += change;
    // Rounding moves the last places back and forth.
    if (change < 1e-12) break;
  }
  return z;
}
