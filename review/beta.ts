/**
 * The Beta distribution: what is known of a share, such as how often a rule is right, after counting.
 *
 * From no knowledge (all shares equally likely), `right` and `wrong` cases lead to the distribution with
 * `a = 1 + right` and `b = 1 + wrong`.
 *
 * @module
 */

/** What is known of a share. Both numbers are over 0; counts and prior knowledge add up. */
export interface Beta {
  /** Grows by 1 with each case that is counted for the share. */
  readonly a: number;
  /** Grows by 1 with each case against it. */
  readonly b: number;
}

/** A credible interval of a share, 0 to 1. */
export interface CredibleInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * Returns the probability that a share is at most `x`: the regularised incomplete beta function, by its continued
 * fraction (modified Lentz).
 *
 * NIST Digital Library of Mathematical Functions, 8.17.4, 8.17.22.
 * Lentz, W. J. (1976). Generating Bessel functions in Mie scattering calculations using continued fractions.
 * Applied Optics 15(3), 668-671.
 *
 * @param x 0 to 1; what is less or more counts as 0 or 1
 * @returns 0 to 1, to at least twelve digits after the point for numbers up to 10⁵
 * @throws {RangeError} if `a` or `b` is not a finite number over 0
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { probabilityBelow } from "./beta.ts";
 *
 * // After 8 right and 2 wrong cases, the rule is more often wrong than right with 3.3 %.
 * assertEquals(probabilityBelow(0.5, { a: 9, b: 3 }).toFixed(4), "0.0327");
 * ```
 */
export function probabilityBelow(x: number, { a, b }: Beta): number {
  requireNumbers({ a, b });
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // On this side of the mean the fraction is short.
  return x <= (a + 1) / (a + b + 2) ? tail(x, a, b) : 1 - tail(1 - x, b, a);
}

/**
 * Returns the share that is not exceeded with a probability: by Newton's method, halving the interval instead
 * if a step leaves it.
 *
 * @param probability 0 to 1
 * @returns 0 to 1, to at least eleven digits after the point for numbers up to 10⁵
 * @throws {RangeError} if the probability is not in its range, or `a` or `b` is not a finite number over 0
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { betaQuantile } from "./beta.ts";
 *
 * assertEquals([0.025, 0.5, 0.975].map((at) => betaQuantile(at, { a: 9, b: 3 }).toFixed(3)), [
 *   "0.482",
 *   "0.764",
 *   "0.940",
 * ]);
 * ```
 */
export function betaQuantile(probability: number, beta: Beta): number {
  requireNumbers(beta);
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`The probability is ${probability}, expected 0 to 1`);
  }
  if (probability === 0 || probability === 1) return probability;
  const { a, b } = beta;
  let [low, high] = [0, 1];
  let x = a / (a + b);
  for (let step = 0; step < MOST_STEPS && high - low > Number.EPSILON * high; step++) {
    const over = probabilityBelow(x, beta) - probability;
    if (over === 0) return x;
    if (over > 0) high = x;
    else low = x;
    const next = x - over / Math.exp(logDensity(x, a, b));
    const isInside = next > low && next < high;
    if (isInside && Math.abs(next - x) <= Number.EPSILON * x) return next;
    x = isInside ? next : (low + high) / 2;
  }
  return x;
}

/** So many halvings come to any number of floating point that can matter. */
const MOST_STEPS = 1_100;

/**
 * Returns the interval that holds a share with a probability, and leaves out as much on either side.
 *
 * @param level over 0 and below 1
 * @throws {RangeError} as {@linkcode betaQuantile} does
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { credibleInterval } from "./beta.ts";
 *
 * const { low, high } = credibleInterval({ a: 9, b: 3 });
 * assertEquals([low.toFixed(3), high.toFixed(3)], ["0.482", "0.940"]);
 * ```
 */
export function credibleInterval(beta: Beta, level = 0.95): CredibleInterval {
  const out = (1 - level) / 2;
  return { low: betaQuantile(out, beta), high: betaQuantile(1 - out, beta) };
}

/**
 * Draws a share, as two numbers of Gamma distributions.
 *
 * Marsaglia, G. & Tsang, W. W. (2000). A simple method for generating gamma variables. ACM Transactions on
 * Mathematical Software 26(3), 363-372.
 *
 * @param random returns numbers from 0 to below 1, such as `createRandom(seed)`
 * @returns 0 to 1
 * @throws {RangeError} if `a` or `b` is not a finite number over 0
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRandom } from "../learn/score/random.ts";
 * import { drawShare } from "./beta.ts";
 *
 * const random = createRandom(0);
 * const drawn = Array.from({ length: 2_000 }, () => drawShare(random, { a: 9, b: 3 }));
 * assertEquals((drawn.reduce((sum, share) => sum + share) / 2_000).toFixed(2), "0.75");
 * ```
 */
export function drawShare(random: () => number, { a, b }: Beta): number {
  requireNumbers({ a, b });
  const [one, other] = [drawLogGamma(random, a), drawLogGamma(random, b)];
  return 1 / (1 + Math.exp(other - one));
}

/**
 * Returns the logarithm of the Gamma function: Stirling's series, from 10 on exact to the last digits, and below by
 * Γ(x + 1) = x Γ(x).
 *
 * NIST Digital Library of Mathematical Functions, 5.5.1, 5.11.1.
 *
 * @param x over 0
 */
export function logGamma(x: number): number {
  let [shifted, factor] = [x, 1];
  for (; shifted < 10; shifted++) factor *= shifted;
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series = STIRLING.reduceRight((sum, term) => sum * square + term, 0) * inverse;
  return (shifted - 0.5) * Math.log(shifted) - shifted + LOG_ROOT_TAU + series - Math.log(factor);
}

/** B₂ₖ / (2k (2k - 1)) of the Bernoulli numbers. */
const STIRLING = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
  -3617 / 122400,
];
const LOG_ROOT_TAU = Math.log(2 * Math.PI) / 2;

/** Returns the logarithm of the Beta function of two numbers over 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

function logDensity(x: number, a: number, b: number): number {
  return (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logBeta(a, b);
}

/** The regularised incomplete beta function for an x of at most about the mean. */
function tail(x: number, a: number, b: number): number {
  const first = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a;
  if (first === 0) return 0;
  let c = 1;
  let d = 1 / nonZero(1 - (a + b) * x / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MOST_LEVELS; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) <= Number.EPSILON) break;
  }
  return Math.min(1, first * fraction);
}

/** The fraction needs about √max(a, b) levels: this is enough for counts of 10⁹. */
const MOST_LEVELS = 100_000;

/** Keeps the fraction from dividing by 0. */
function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

const TINY = 1e-300;

/** Draws the logarithm of a number of the Gamma distribution of a shape; so small shapes do not come to 0. */
function drawLogGamma(random: () => number, shape: number): number {
  if (shape < 1) {
    return drawLogGamma(random, shape + 1) + Math.log(1 - random()) / shape;
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  while (true) {
    const normal = drawNormal(random);
    const v = (1 + c * normal) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) {
      return Math.log(d * v);
    }
  }
}

/**
 * Draws a standard normal number.
 *
 * Box, G. E. P. & Muller, M. E. (1958). A note on the generation of random normal deviates. The Annals of
 * Mathematical Statistics 29(2), 610-611.
 */
function drawNormal(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

function requireNumbers({ a, b }: Beta): void {
  const [name, value] = a > 0 && a < Infinity ? ["b", b] as const : ["a", a] as const;
  if (!(value > 0 && value < Infinity)) {
    throw new RangeError(`${name} is ${value}, expected a finite number over 0`);
  }
}
