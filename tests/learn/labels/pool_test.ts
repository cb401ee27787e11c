import { assert, assertAlmostEquals, assertEquals } from "jsr:@std/assert@^1";
import { createLabelCandidate, createPool, createWorth } from "../../../learn/labels/pool.ts";
import { wilsonLowerBound } from "../../../learn/score/wilson.ts";
import { finish } from "../../../learn/text/slices.ts";
import { createRandom } from "../../record/generate_run.ts";
import { createRandomPool, createRealPool, feature } from "./pools.ts";

Deno.test("the Wilson bound is below the precision and rises with the number of examples", () => {
  assertEquals(wilsonLowerBound(0, 0), 0);
  assertAlmostEquals(wilsonLowerBound(0, 5), 0);
  // (1 + 0.5 - √(0.25)) / 2, by hand.
  assertAlmostEquals(wilsonLowerBound(1, 1), 0.5);
  assertAlmostEquals(wilsonLowerBound(5, 10), (0.5 + 0.05 - Math.sqrt(0.0275)) / 1.1);
  for (let size = 1; size < 200; size++) {
    assert(wilsonLowerBound(size, size) < 1);
    assert(wilsonLowerBound(size, size) < wilsonLowerBound(size + 1, size + 1));
    assert(wilsonLowerBound(size, 2 * size) < wilsonLowerBound(size + 1, 2 * size + 2));
    assert(wilsonLowerBound(size - 1, 2 * size) < wilsonLowerBound(size, 2 * size));
  }
});

Deno.test("worth is 0 for a feature that tells nothing, and greatest for one that tells everything", () => {
  const worth = createWorth(Int32Array.of(0, 0, 1, 1), 2);
  assertAlmostEquals(worth(Int32Array.of(0, 2)), 0);
  assertAlmostEquals(worth(Int32Array.of(0, 1)), 2 * Math.log(2));
  assert(worth(Int32Array.of(0, 1, 2)) < worth(Int32Array.of(0, 1)));
});

Deno.test("of features that match the same examples only the first is a candidate", () => {
  const gold = Int32Array.of(0, 0, 1, 1);
  const [one, other, third] = [feature([0, 1]), feature([0, 1]), feature([2])];
  const { candidates } = finish(createPool([one, other, third], gold, 2, () => 1));
  assertEquals(candidates.map(({ feature }) => feature), [one, third]);
});

Deno.test("a feature is paired with at most four labels, which it makes likelier and which are frequent", () => {
  const gold = Int32Array.from({ length: 60 }, (_, text) => text % 6);
  const five = feature([...gold.keys()].filter((text) => text % 6 < 5));
  const candidates = finish(createPool([five], gold, 6, () => 1)).candidates;
  assertEquals(candidates.map(({ label, tp }) => [label, tp]), [[0, 10], [1, 10], [2, 10], [
    3,
    10,
  ]]);
  const often = finish(createPool([five], gold, 6, (label) => label === 2 ? 10 : 11)).candidates;
  assertEquals(often.map(({ label }) => label), [2]);
  assertEquals(finish(createPool([feature([...gold.keys()])], gold, 6, () => 1)).candidates, []);
});

Deno.test("a conjunction is a candidate only if it is surer than both its parts", () => {
  const gold = Int32Array.of(0, 0, 0, 1, 1, 1, 1, 1);
  const parts = [feature([0, 1, 2, 3]), feature([0, 1, 2, 4, 5])];
  const sure = feature([0, 1, 2], [0, 1]);
  const kept = finish(createPool([...parts, sure], gold, 2, () => 1)).candidates;
  assert(kept.some(({ feature }) => feature === sure));
  const unsure = feature([0, 3], [0, 1]);
  const left = finish(createPool([...parts, unsure], gold, 2, () => 1)).candidates;
  assert(!left.some(({ feature }) => feature === unsure));
});

Deno.test("candidates count their examples, and have equal keys if they match the same", () => {
  const random = createRandom(21);
  for (let round = 0; round < 100; round++) {
    const pool = createRandomPool(random);
    for (const candidate of pool.candidates) {
      const { feature, label, tp } = candidate;
      assertEquals(tp, feature.texts.filter((text) => pool.gold[text] === label).length);
      assert(tp > 0);
      const { ease } = candidate;
      assertEquals({ ...createLabelCandidate(pool, feature, label), ease }, candidate);
      assert(ease > 0 && ease <= 1);
    }
    const keys = new Set(pool.candidates.map(({ key }) => key));
    assertEquals(keys.size, pool.candidates.length);
  }
});

Deno.test("a pool finds the candidates of one condition, and the conjunctions of a pattern, by label", () => {
  const { candidates, singles, pairsWith, labels } = createRealPool();
  assertEquals(singles.length, labels);
  const places = [...candidates.keys()];
  singles.forEach((found, label) =>
    assertEquals(
      found,
      places.filter((one) =>
        candidates[one].label === label && candidates[one].feature.parts === undefined
      ),
    )
  );
  const pairs = places.filter((one) => candidates[one].feature.parts !== undefined);
  assert(pairs.length > 100);
  for (const { label, feature } of pairs.slice(0, 50).map((one) => candidates[one])) {
    for (const pattern of feature.patterns()) {
      const expected = pairs.filter((one) =>
        candidates[one].label === label && candidates[one].feature.patterns().includes(pattern)
      );
      assertEquals(pairsWith(label, pattern), expected, pattern);
    }
  }
  assertEquals(pairsWith(0, "nowhere to be found"), []);
});
