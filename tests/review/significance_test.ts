import { assert, assertAlmostEquals, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createRandom } from "../../learn/score/random.ts";
import type { ExampleCounts } from "../../learn/score/scoring.ts";
import {
  bootstrapF1,
  bootstrapTogether,
  boundShare,
  compareWithSeeds,
  type Interval,
  leastDiffering,
  rateEvidence,
  testMcNemar,
} from "../../review/significance.ts";

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

/** Half of 400 examples are right; each side turns as many right as wrong, of 40 that are its own. */
const halves: ExampleCounts[] = Array.from(
  { length: 400 },
  (_, at) => at % 2 === 0 ? right : wrong,
);
const turned = Array.from(
  { length: 10 },
  (_, side): ExampleCounts[] =>
    halves.map((one, at) => Math.floor(at / 40) !== side ? one : one === right ? wrong : right),
);
const reachOf = ({ low, high }: Interval) => (high - low) / 2;

Deno.test("intervals that hold together are as long as the normal distribution says", () => {
  const [alone] = bootstrapTogether(halves, [turned[0]]);
  const together = bootstrapTogether(halves, turned);
  assertEquals(together.map(({ points }) => points), turned.map(() => 0));
  // The F1 of one draw varies by the square root of 40 / 400 / 400: 1.58 points.
  assertAlmostEquals(reachOf(alone), 1.96 * 1.58, 0.15);
  // Ten independent differences: qnorm((1 + 0.95^(1 / 10)) / 2) is 2.80.
  for (const one of together) assertAlmostEquals(reachOf(one), 2.8 * 1.58, 0.35);
  const percentiles = bootstrapF1(halves, turned[0]);
  assertAlmostEquals(reachOf(percentiles), reachOf(alone), 0.15);
});

Deno.test("a side that is there twice, or the base itself, makes no interval longer", () => {
  const plain = bootstrapTogether(halves, turned.slice(0, 2));
  const [one, none, other, again] = bootstrapTogether(halves, [
    turned[0],
    halves,
    turned[1],
    [...turned[0]],
  ]);
  assertEquals([one, other], plain);
  assertEquals(again, one);
  assertEquals([none.points, none.low, none.high], [0, 0, 0]);
  assertEquals(bootstrapTogether(halves, []), []);
  assertEquals(bootstrapTogether(halves, [halves])[0].high, 0);
  assertThrows(
    () => bootstrapTogether(halves, [halves.slice(1)]),
    RangeError,
    "A side has 399 examples, expected 400",
  );
});

Deno.test("intervals together are seldom wrong about any of many sides that do not differ", () => {
  const random = createRandom(3);
  const draw = (): ExampleCounts[] =>
    Array.from({ length: 40 }, () => random() < 0.5 ? right : wrong);
  const [trials, sides] = [60, 8];
  let [together, apart] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const base = draw();
    const others = Array.from({ length: sides }, draw);
    const excludes = ({ low, high }: Interval) => low > 0 || high < 0;
    if (bootstrapTogether(base, others).some(excludes)) together++;
    if (others.slice(0, 4).some((other) => excludes(bootstrapF1(base, other)))) apart++;
  }
  // Of 60, 5 % are 3.
  assert(together <= 7, `${together} of ${trials}`);
  assert(apart > together, `${apart} of ${trials}`);
});

Deno.test("evidence follows the bound of an interval that is nearest to 0", () => {
  const rate = (low: number, high: number) => rateEvidence({ low, high });
  assertEquals(rate(0.51, 3), "decisive");
  assertEquals(rate(-3, -0.51), "decisive");
  assertEquals(rate(0.5, 3), "suggestive");
  assertEquals(rate(-3, -0.01), "suggestive");
  assertEquals([rate(0, 3), rate(-3, 0), rate(-1, 9), rate(0, 0)], Array(4).fill("no evidence"));
});

Deno.test("a difference is beyond luck if no result of ten seeds is like it", () => {
  const seeds = (...points: number[]) =>
    Array.from(
      { length: 10 },
      (_, at) => ({ key: `${points[at % points.length]}`, points: points[at % points.length] }),
    );
  const tell = (points: number, results: ReturnType<typeof seeds>) => {
    const { asMuch, results: different, isBeyondLuck } = compareWithSeeds(points, results);
    return [asMuch, different, isBeyondLuck];
  };
  assertEquals(tell(0.5, seeds(0.1, -0.2, 0.4)), [0, 3, true]);
  assertEquals(tell(0.4, seeds(0.1, -0.2, 0.4)), [1, 3, false]);
  assertEquals(tell(-0.2, seeds(0.1, -0.2, 0.4)), [2, 3, false]);
  // The worst of its seeds: to lose as much as others gain is no more than luck.
  assertEquals(tell(-0.3, seeds(0.1, 0.2, 0.4)), [1, 3, false]);
  assertEquals(tell(-0.5, seeds(0.1, -0.2, 0.4)), [0, 3, true]);
  // Seeds that change nothing: one result, which is that of the run.
  assertEquals(tell(0.1, seeds(0)), [0, 1, true]);
  assertEquals(tell(0, seeds(0)), [1, 1, false]);
  assertEquals(tell(0.5, seeds(0.1).slice(1)), [0, 1, false]);
});

Deno.test("the bound of a share is where the share would be too far off by chance", () => {
  for (const [count, n, candidates] of [[8, 10, 1], [8, 10, 20], [3, 40, 5], [12, 12, 3]]) {
    const bound = boundShare(count, n, candidates);
    const deviations = (count / n - bound) / Math.sqrt(bound * (1 - bound) / n);
    // R: qnorm(1 - 0.05 / c(1, 3, 5, 20))
    const expected = { 1: 1.644854, 3: 2.128045, 5: 2.326348, 20: 2.807034 }[candidates]!;
    assertAlmostEquals(deviations, expected, 1e-6);
  }
  assertEquals(boundShare(0, 0, 3), 0);
  assertAlmostEquals(boundShare(0, 9, 3), 0, 1e-15);
  assertThrows(() => boundShare(1, 2, 0), RangeError, "candidates is 0");
});

Deno.test("a difference is evidence only if as many examples, all for one side, would be unlikely by chance", () => {
  for (const comparisons of [1, 2, 7, 300]) {
    const least = leastDiffering(comparisons);
    assert(testMcNemar(least, 0) <= 0.05 / comparisons);
    assert(testMcNemar(least - 1, 0) > 0.05 / comparisons);
  }
});
