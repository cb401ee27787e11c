import { assertEquals } from "jsr:@std/assert@^1";
import { applyByHalves } from "../../../learn/audit/halving.ts";
import { finish } from "../../../learn/text/slices.ts";

/** Applies items by halves, without a pause. */
function halve<T>(items: readonly T[], tryAll: (batch: readonly T[]) => boolean, limit?: number) {
  function* tryAllSliced(batch: readonly T[]) {
    yield 0;
    return tryAll(batch);
  }
  return finish(applyByHalves(items, tryAllSliced, limit));
}

Deno.test("changes that do no harm are made at once", () => {
  const batches: number[][] = [];
  const applied = halve([1, 2, 3, 4, 5], (batch) => batches.push([...batch]) > 0);
  assertEquals([applied, batches], [[1, 2, 3, 4, 5], [[1, 2, 3, 4, 5]]]);
});

Deno.test("the one change that does harm is found, and all others are made", () => {
  for (let size = 1; size <= 40; size++) {
    const items = [...Array(size).keys()];
    for (const harmful of items) {
      const made = new Set<number>();
      const applied = halve(items, (batch) => {
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
    const applied = halve([...Array(1000).keys()], (batch) => {
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
    halve([], () => {
      throw new Error("tried");
    }),
    [],
  );
});
