import { assert, assertEquals } from "jsr:@std/assert@^1";
import { cover } from "../../../learn/labels/covering.ts";
import { wilsonLowerBound } from "../../../learn/score/wilson.ts";
import { createRandom } from "../../record/generate_run.ts";
import { finish } from "../../../learn/text/slices.ts";
import { createRandomPool, createRealPool } from "./pools.ts";

Deno.test("an example is covered if a candidate of its label that is surer than chance matches it", () => {
  const random = createRandom(27);
  for (let round = 0; round < 200; round++) {
    const pool = createRandomPool(random);
    const { candidates, gold } = pool;
    const targets = [...gold.keys()].filter(() => random() < 0.8);
    const excluded = new Set(candidates.keys().filter(() => random() < 0.2));
    const chosen = finish(cover(pool, targets, excluded, Infinity));
    const share = (label: number) => gold.filter((one) => one === label).length / gold.length;
    const covers = (candidate: number, text: number) =>
      candidates[candidate].label === gold[text] &&
      candidates[candidate].feature.texts.includes(text);
    for (const text of targets) {
      const can = [...candidates.keys()].some((candidate) => {
        const { feature: { texts }, label, tp } = candidates[candidate];
        return !excluded.has(candidate) && covers(candidate, text) &&
          wilsonLowerBound(tp, texts.length) > share(label);
      });
      assertEquals(chosen.some(({ candidate }) => covers(candidate, text)), can);
    }
  }
});

Deno.test("covering takes the surest first, each for an example that is not covered yet", () => {
  const random = createRandom(28);
  for (let round = 0; round < 200; round++) {
    const pool = createRandomPool(random);
    const { candidates, gold } = pool;
    const excluded = new Set(candidates.keys().filter(() => random() < 0.2));
    const chosen = finish(cover(pool, gold.keys(), excluded, Infinity));
    const open = new Set(gold.keys());
    let bound = 1;
    for (const { candidate, bound: own } of chosen) {
      const { feature: { texts }, label, tp } = candidates[candidate];
      assertEquals(own, wilsonLowerBound(tp, texts.length));
      assert(own <= bound && !excluded.has(candidate));
      bound = own;
      const fresh = [...texts].filter((text) => gold[text] === label && open.delete(text));
      assert(fresh.length > 0);
    }
  }
});

Deno.test("covering with a budget takes what gets the most of the open targets right, less those it gets wrong", () => {
  const random = createRandom(29);
  for (let round = 0; round < 100; round++) {
    const pool = createRandomPool(random);
    const { candidates, gold } = pool;
    const chosen = finish(cover(pool, gold.keys(), new Set(), 3));
    const open = new Set(gold.keys());
    const worthOf = (candidate: number) => {
      const { texts, label } = candidates[candidate];
      return texts.filter((text) => open.has(text))
        .reduce((sum, text) => sum + (gold[text] === label ? 1 : -1), 0);
    };
    const surer = ({ label, texts, tp }: typeof candidates[number]) =>
      wilsonLowerBound(tp, texts.length) >
        gold.filter((one) => one === label).length / gold.length;
    for (const { candidate } of chosen) {
      const most = Math.max(
        ...candidates.keys().filter((one) => surer(candidates[one])).map(worthOf),
      );
      assertEquals(worthOf(candidate), most);
      assert(most > 0);
      for (const text of candidates[candidate].texts) open.delete(text);
    }
    assert(chosen.length <= 3);
  }
});

Deno.test("covering takes no more rules than there may be, and none for no targets", () => {
  const pool = createRealPool();
  for (const maxRules of [0, 1, 7]) {
    const chosen = finish(cover(pool, pool.gold.keys(), new Set(), maxRules));
    assertEquals(chosen.length, maxRules);
  }
  assertEquals(finish(cover(pool, pool.gold.keys(), new Set(), -3)), []);
  assertEquals(finish(cover(pool, [], new Set(), Infinity)), []);
});
