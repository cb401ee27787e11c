import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { logGamma } from "../../../../review/beta.ts";
import type { ReviewCounts } from "../../../../review/observe/between/format.ts";
import {
  bayesFactorOf,
  DECISIVE_FACTOR,
  judgeReviews,
} from "../../../../review/observe/between/judging.ts";

const counted = (newOnly: number, oldOnly: number, neither = 0) => ({ newOnly, oldOnly, neither });
const isDecisive = (counts: ReviewCounts) => bayesFactorOf(counts) >= DECISIVE_FACTOR;

Deno.test("the Bayes factor is the mean likelihood over Beta(5, 5), as a share of that at one half", () => {
  for (const [newOnly, oldOnly] of [[0, 0], [1, 0], [3, 9], [25, 10], [60, 61]]) {
    // Simpson's rule on 630 p^4 (1 - p)^4.
    const steps = 2_000;
    let sum = 0;
    for (let step = 0; step <= steps; step++) {
      const p = step / steps;
      const weight = step % steps === 0 ? 1 : step % 2 === 1 ? 4 : 2;
      sum += weight * 630 * (p * (1 - p)) ** 4 * (2 * p) ** newOnly * (2 * (1 - p)) ** oldOnly;
    }
    const expected = sum / steps / 3;
    const found = bayesFactorOf(counted(newOnly, oldOnly, 7));
    assert(Math.abs(found / expected - 1) < 1e-9, `${newOnly}, ${oldOnly}: ${found}, ${expected}`);
  }
});

/** Returns how often each set is told to be better, with a look after each of so many texts. */
function follow(reviews: number, shareOf: (newOnly: number, oldOnly: number) => number) {
  const told = { new: 0, old: 0 };
  let open = new Map([[0, 1]]);
  for (let done = 0; done < reviews; done++) {
    const next = new Map<number, number>();
    for (const [newOnly, probability] of open) {
      const share = shareOf(newOnly, done - newOnly);
      for (const [more, part] of [[1, share], [0, 1 - share]]) {
        if (part <= 0) continue;
        const counts = counted(newOnly + more, done - newOnly + 1 - more);
        const chance = probability * part;
        if (!isDecisive(counts)) next.set(newOnly + more, (next.get(newOnly + more) ?? 0) + chance);
        else told[counts.newOnly > counts.oldOnly ? "new" : "old"] += chance;
      }
    }
    open = next;
  }
  return told;
}

Deno.test("with a look after each review, chance decides at most 1 of 20 times, and 1 of 40 for the worse set", () => {
  const even = follow(1_000, () => 0.5);
  assert(even.new + even.old < 1 / 20 && even.new > 0.01, JSON.stringify(even));
  for (const share of [0.45, 0.4, 0.3]) {
    const { new: wrong, old: right } = follow(400, () => share);
    assert(wrong < 1 / 40 && right > wrong, `${share}: ${wrong}`);
  }
  // Of texts that are all reviewed in the end, and of which as many, or one fewer, speak for the new set.
  for (const fewer of [0, 1]) {
    for (const each of [20, 150]) {
      const [all, ofNew] = [2 * each + fewer, each];
      const drawn = follow(
        all,
        (newOnly, oldOnly) => (ofNew - newOnly) / (all - newOnly - oldOnly),
      );
      assert(drawn.new < 1 / 40, `${ofNew} of ${all}: ${drawn.new}`);
    }
  }
});

Deno.test("reviews decide by a factor of 20, or as all are in", () => {
  const of = { texts: 1_000, differing: 200 };
  const verdictOf = (counts: ReviewCounts, all = of) => {
    const { verdict, isExact } = judgeReviews(counts, all);
    return [verdict, isExact];
  };
  assertEquals(verdictOf(counted(0, 0)), ["undecided", false]);
  assertEquals(verdictOf(counted(40, 18, 30)), ["undecided", false]);
  assertEquals(verdictOf(counted(40, 17, 30)), ["new", false]);
  assertEquals(verdictOf(counted(17, 40, 30)), ["old", false]);
  assertEquals(verdictOf(counted(3, 2, 5), { texts: 50, differing: 10 }), ["new", true]);
  assertEquals(verdictOf(counted(2, 2, 6), { texts: 50, differing: 10 }), ["same", true]);
  assertEquals(verdictOf(counted(0, 0), { texts: 0, differing: 0 }), ["same", true]);
  const { points, low, high } =
    judgeReviews(counted(3, 2, 5), { texts: 50, differing: 10 }).difference;
  assertEquals([points, low, high], [2, 2, 2]);
  assertEquals(judgeReviews(counted(40, 17, 30), of).more, undefined);
  const close = judgeReviews(counted(40, 18, 30), of).more!;
  const far = judgeReviews(counted(4, 2, 3), of).more!;
  assert(close > 0 && close < 15 && far > close, `${close}, ${far}`);
  assertEquals(judgeReviews(counted(40, 18, 30), of), judgeReviews(counted(40, 18, 30), of));
});

Deno.test("the interval holds 95 % of what the other texts can say, added up one by one", () => {
  const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b);
  /** The probability of `k` of `n` if the share is of Beta(a, b). */
  const mass = (k: number, n: number, a: number, b: number) =>
    Math.exp(
      logBeta(k + a, n - k + b) - logBeta(a, b) - logBeta(k + 1, n - k + 1) - Math.log(n + 1),
    );
  for (const [counts, left] of [[counted(9, 4, 6), 40], [counted(0, 2, 1), 60]] as const) {
    const { newOnly, oldOnly, neither } = counts;
    const chances = new Map<number, number>();
    for (let right = 0; right <= left; right++) {
      const told = mass(right, left, newOnly + oldOnly + 1, neither + 1);
      for (let ofNew = 0; ofNew <= right; ofNew++) {
        const ahead = newOnly - oldOnly + 2 * ofNew - right;
        const chance = told * mass(ofNew, right, newOnly + 5, oldOnly + 5);
        chances.set(ahead, (chances.get(ahead) ?? 0) + chance);
      }
    }
    const differing = newOnly + oldOnly + neither + left;
    const { points, low, high } = judgeReviews(counts, { texts: 100, differing }).difference;
    const below = (end: number) =>
      chances.entries().reduce((sum, [ahead, chance]) => sum + (ahead <= end ? chance : 0), 0);
    const mean = chances.entries().reduce((sum, [ahead, chance]) => sum + ahead * chance, 0);
    assert(Math.abs(mean - points) < 1e-9, `${mean}, ${points}`);
    assert(Math.abs(below(low) - 0.025) < 0.02, `${below(low)}`);
    assert(below(high) > 0.97 && below(high - 2) < 0.98, `${below(high)}`);
  }
});

Deno.test("counts that cannot be are refused", () => {
  const of = { texts: 10, differing: 5 };
  const expect = (counts: ReviewCounts, message: string, all = of) =>
    assertThrows(() => judgeReviews(counts, all), RangeError, message);
  expect(counted(-1, 0), "newOnly is -1, expected a whole number from 0");
  expect(counted(0, 0, NaN), "neither is NaN");
  expect(counted(3, 2, 1), "6 texts are counted, expected at most 5");
  expect(counted(0, 0), "differing is 5, expected at most 4", { texts: 4, differing: 5 });
});
