/**
 * How sure a precision is, given on how many cases it was measured.
 *
 * @module
 */

/**
 * The lower end of the confidence interval of a precision: `tp` of `n`, at z = 1 (Wilson 1927).
 * From 0 to 1; 0 where `n` is 0.
 */
export function wilsonLowerBound(tp: number, n: number): number {
  if (n === 0) return 0;
  const precision = tp / n;
  const spread = Math.sqrt((precision * (1 - precision) + 1 / (4 * n)) / n);
  return (precision + 1 / (2 * n) - spread) / (1 + 1 / n);
}
