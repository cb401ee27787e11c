import { assertEquals } from "jsr:@std/assert@^1";
import { applyByHalves } from "../../../learn/audit/halving.ts";

Deno.test("changes that do no harm are made at once", () => {
  const batches: number[][] = [];
  const applied = applyByHalves([1, 2, 3, 4, 5], (batch) => batches.push([...batch]) > 0);
  assertEquals([applied, batches], [[1, 2, 3, 4, 5], [[1, 2, 3, 4, 5]]]);
});

Deno.test("the one change that does harm is found, and all others are made", () => {
  for (let size = 1; size <= 40; size++) {
    const items = [...Array(size).keys()];
    for (const harmful of items) {
      const made = new Set<number>();
      const applied = applyByHalves(items, (batch) => {
        if (batch.includes(harmful)) return false;
        for (const item of batch) made.add(item);
        return true;
      });
      assertEquals(applied, items.filter((item) => item !== harmful));
      assertEquals([...made].sort((a, b) => a - b), applied);
    }
  }
});

Deno.test("trials end at the limit, and changes that were made before stay", () => {
  for (const limit of [0, 1, 2, 5, 30]) {
    let trials = 0;
    const made: number[] = [];
    const applied = applyByHalves([...Array(1000).keys()], (batch) => {
      trials++;
      if (batch.some((item) => item % 3 === 0)) return false;
      made.push(...batch);
      return true;
    }, limit);
    assertEquals(trials, limit);
    assertEquals(applied, made);
  }
});

Deno.test("no changes need no trial", () => {
  assertEquals(
    applyByHalves([], () => {
      throw new Error("tried");
    }),
    [],
  );
});
