import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createRandom } from "../../learn/score/random.ts";
import { type CategoryCounts, chiSquareTail, compareCounts } from "../../review/drift.ts";

/** Draws things of four categories; a share of them is moved to the last one. */
function drawCounts(random: () => number, count: number, moved = 0): Record<string, number> {
  const counts = { accepted: 0, partial: 0, rejected: 0, review: 0 };
  for (let n = 0; n < count; n++) {
    const at = random();
    if (random() < moved) counts.review++;
    else if (at < 0.26) counts.accepted++;
    else if (at < 0.82) counts.partial++;
    else if (at < 0.9) counts.rejected++;
    else counts.review++;
  }
  return counts;
}

Deno.test("tails of the chi-square distribution are those of tables, in both directions", () => {
  // Abramowitz & Stegun (1964), table 26.8.
  const table = [
    [3.84146, 1, 0.05],
    [10.828, 1, 0.001],
    [0.0157908, 1, 0.9],
    [5.99146, 2, 0.05],
    [18.3070, 10, 0.05],
    [29.588, 10, 0.001],
    [16.791, 30, 0.975],
    [124.342, 100, 0.05],
    [149.449, 100, 0.001],
  ];
  for (const [statistic, degrees, expected] of table) {
    const found = chiSquareTail(statistic, degrees);
    assert(Math.abs(found / expected - 1) < 3e-4, `${statistic}, ${degrees}: ${found}`);
  }
  assertEquals([chiSquareTail(0, 1), chiSquareTail(0, 2), chiSquareTail(1e6, 3)], [1, 1, 0]);
  // Where exp(-x) alone would be 0: half lie above the median, about n - 2/3.
  assert(Math.abs(chiSquareTail(3_000 - 2 / 3, 3_000) - 0.5) < 1e-4);
  // Both ways to compute the first term meet.
  assert(Math.abs(chiSquareTail(2 - 1e-9, 1) - chiSquareTail(2 + 1e-9, 1)) < 1e-9);
});

Deno.test("equal shares are no drift, and what was counted is compared by hand", () => {
  const drift = compareCounts({ a: 30, b: 70 }, { a: 50, b: 50 });
  // Expected are 40 and 60: 4 times 100, over 40 and over 60, twice each.
  assert(Math.abs(drift!.statistic - (200 / 40 + 200 / 60)) < 1e-12);
  assertEquals([drift!.degrees, drift!.isDrift], [1, false]);
  assertEquals(compareCounts({ a: 300, b: 700 }, { a: 500, b: 500 })?.isDrift, true);
  const same = compareCounts({ a: 10, b: 20 }, { b: 400, a: 200 });
  assertEquals(same, { isDrift: false, pValue: 1, statistic: 0, degrees: 1 });
});

Deno.test("rare categories are compared as one, and too few of them join the rarest other one", () => {
  const degrees = (before: Record<string, number>, after: Record<string, number>) =>
    compareCounts(before, after)?.degrees;
  assertEquals(degrees({ a: 50, b: 60, c: 70 }, { a: 50, b: 60, c: 70 }), 2);
  // Of d and e, 4 are expected each, and 8 together.
  assertEquals(degrees({ a: 50, b: 60, d: 4, e: 4 }, { a: 50, b: 60, d: 4, e: 4 }), 2);
  // Of d alone 4 are expected: it joins a.
  assertEquals(degrees({ a: 50, b: 60, d: 8 }, { a: 50, b: 60 }), 1);
  assertEquals(
    compareCounts({ a: 50, b: 60, d: 8 }, { b: 60, a: 50 }),
    compareCounts(
      { x: 58, y: 60 },
      { x: 50, y: 60 },
    ),
  );
  // A new category that was never counted before.
  assertEquals(compareCounts({ a: 500, b: 500 }, { a: 480, b: 480, new: 40 })?.isDrift, true);
});

Deno.test("too little data says nothing", () => {
  const nothing: [CategoryCounts, CategoryCounts][] = [
    [{}, {}],
    [{ a: 100 }, { a: 50 }],
    [{ a: 100, b: 100 }, {}],
    [{ a: 100, b: 100 }, { a: 0, b: 0 }],
    [{ a: 4, b: 4 }, { a: 4, b: 4 }],
    [{ a: 1_000, b: 4 }, { a: 1_000 }],
    [{ a: 1_000, b: 1_000 }, { a: 3, b: 3 }],
  ];
  for (const [before, after] of nothing) assertEquals(compareCounts(before, after), undefined);
});

Deno.test("about one reseed in a thousand is called drift, and 15 % moved to a category are found", () => {
  const random = createRandom(5);
  const flagged = Array.from({ length: 3_000 }, () => {
    return compareCounts(drawCounts(random, 200), drawCounts(random, 300))!.isDrift;
  }).filter(Boolean).length;
  assert(flagged <= 8, `${flagged} of 3,000`);
  const found = Array.from({ length: 50 }, () => {
    return compareCounts(drawCounts(random, 1_000), drawCounts(random, 1_000, 0.15))!.isDrift;
  }).filter(Boolean).length;
  assertEquals(found, 50);
});

Deno.test("names of categories mean nothing, and what is not a count is refused", () => {
  const before = JSON.parse('{"__proto__": 300, "toString": 700}');
  const after = JSON.parse('{"toString": 500, "__proto__": 500}');
  assertEquals(compareCounts(before, after), compareCounts({ a: 300, b: 700 }, { a: 500, b: 500 }));
  for (const count of [-1, 0.5, NaN, Infinity]) {
    assertThrows(() => compareCounts({ a: count }, { a: 1 }), RangeError, `A count is ${count}`);
  }
});
