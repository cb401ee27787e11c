import { assertAlmostEquals, assertEquals } from "jsr:@std/assert@^1";
import { bootstrapF1, testMcNemar } from "../../review/significance.ts";

/** The two-sided exact test in whole numbers. */
function countMcNemar(gained: number, lost: number): number {
  const trials = BigInt(gained + lost);
  let [term, tail] = [1n, 1n];
  for (let k = 1n; k <= BigInt(Math.min(gained, lost)); k++) {
    term = term * (trials - k + 1n) / k;
    tail += term;
  }
  const scale = 10n ** 40n;
  return Math.min(1, Number(2n * tail * scale / 2n ** trials) / 1e40);
}

Deno.test("McNemar's exact test has the known values", () => {
  assertEquals(testMcNemar(0, 0), 1);
  assertEquals(testMcNemar(5, 5), 1);
  assertEquals(testMcNemar(1, 0), 1);
  assertEquals(testMcNemar(0, 6), 0.03125);
  // R: binom.test(2, 12)$p.value
  assertAlmostEquals(testMcNemar(10, 2), 0.03857421875, 1e-12);
  // The example of statsmodels' mcnemar: [[101, 121], [59, 33]]
  assertAlmostEquals(testMcNemar(121, 59), 4.434e-6, 1e-9);
});

Deno.test("McNemar's exact test agrees with whole numbers, however many examples differ", () => {
  for (
    const [gained, lost] of [[3, 1], [25, 25], [30, 20], [26, 25], [40, 11], [200, 260], [
      900,
      1100,
    ]]
  ) {
    const expected = countMcNemar(gained, lost);
    assertAlmostEquals(testMcNemar(gained, lost) / expected, 1, 1e-9);
    assertEquals(testMcNemar(gained, lost), testMcNemar(lost, gained));
  }
  // SciPy: binomtest(50000, 100500).pvalue
  assertAlmostEquals(testMcNemar(50_000, 50_500), 0.11547629006868594, 1e-8);
});

const right = { tp: 1, fp: 0, fn: 0 };
const wrong = { tp: 0, fp: 1, fn: 1 };

Deno.test("the bootstrap interval has the known quantiles of a binomial distribution", () => {
  // From nothing right to 50 of 100: each resample has a binomial number right, and F1 is their share.
  const before = Array.from({ length: 100 }, () => wrong);
  const after = before.map((_, place) => place % 2 === 0 ? right : wrong);
  const { points, low, high, level, resamples } = bootstrapF1(before, after);
  assertEquals([points, level, resamples], [50, 0.95, 2000]);
  // R: qbinom(c(0.025, 0.975), 100, 0.5) is 40 and 60.
  assertAlmostEquals(low, 40, 1);
  assertAlmostEquals(high, 60, 1);
});

Deno.test("the bootstrap is paired and repeats itself", () => {
  const before = Array.from({ length: 60 }, (_, place) => place % 3 === 0 ? right : wrong);
  const { points, low, high } = bootstrapF1(before, before);
  // Unpaired draws of the same side would differ.
  assertEquals([points, low, high], [0, 0, 0]);
  const after = before.toReversed();
  assertEquals(bootstrapF1(before, after), bootstrapF1(before, after));
  const none = { tp: 0, fp: 0, fn: 0 };
  assertEquals(bootstrapF1([none], [none]).high, 0);
});
