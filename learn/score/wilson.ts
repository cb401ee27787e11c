/**
 * Wilson's lower bound: how far a precision can be trusted, given how many cases it was measured on.
 *
 * @module
 */

/**
 * Returns the lower end of the confidence interval of the precision `tp / n`, at z = 1 (Wilson 1927):
 * from 0 to 1, and 0 if `n` is 0.
 */
export function wilsonLowerBound(tp: number, n: number): number {
  if (n === 0) return 0;
  const precision = tp / n;
  const spread = Math.sqrt((precision * (1 - precision) + 1 / (4 * n)) / n);
  return (precision + 1 / (2 * n) - spread) / (1 + 1 / n);
}
