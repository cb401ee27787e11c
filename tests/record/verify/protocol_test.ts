import { assertEquals } from "jsr:@std/assert@^1";
import { type Standing, standingOf, Standings } from "../../../record/protocol.ts";
import { createRandom } from "../generate_run.ts";

Deno.test("within some F1 of the highest, the smallest set is the best, also if it was not when it came", () => {
  const standings = new Standings<string>(0.01);
  const sets = [["a", 0.9, 5], ["b", 0.909, 20], ["c", 0.915, 100]] as const;
  const best = sets.map(([name, f1, size]) => {
    standings.take({ f1, size, items: 1e6 }, name);
    return standings.best;
  });
  assertEquals(best, ["a", "a", "b"]);
});

Deno.test("the best set is the one that a search through all of them finds", () => {
  const random = createRandom(7);
  for (const within of [undefined, 0, 0.05]) {
    for (let round = 0; round < 50; round++) {
      const standings = new Standings<number>(within);
      const all: { f1: number; size: number; items: number }[] = [];
      for (let place = 0; place < 12; place++) {
        const one = {
          f1: Math.floor(random() * 20) / 20,
          size: Math.floor(random() * 8),
          items: 40,
        };
        all.push(one);
        const highest = Math.max(...all.map(({ f1 }) => f1));
        const error = Math.sqrt(highest * (1 - highest) / 40);
        const least = highest - (within === undefined ? 0 : Math.max(within, error));
        let best = -1;
        for (const [at, { f1, size }] of all.entries()) {
          if (f1 < least) continue;
          const before = all[best];
          const isBest = best < 0 || size < before.size || size === before.size && f1 >= before.f1;
          if (isBest) best = at;
        }
        assertEquals(standings.isBetter(one), best === place);
        standings.take(one, place);
        assertEquals(standings.best, best);
      }
    }
  }
});

/** How many gold items the sets of these tests are scored on. */
const ITEMS = 100;

/** Which of the sets were the best when they were taken. */
function takeAll(sets: readonly (readonly [f1: number, size: number])[], within?: number) {
  return takeEach(new Standings(within), sets.map(([f1, size]) => ({ f1, size, items: ITEMS })));
}

function takeEach(standings: Standings<void>, sets: readonly Standing[]): boolean[] {
  return sets.map((one) => {
    const isBest = standings.isBetter(one);
    standings.take(one);
    return isBest;
  });
}

Deno.test("without within, the best set has the highest F1, and of these it is the smallest, of these the last", () => {
  assertEquals(takeAll([[0.9, 9], [0.8, 1], [0.91, 20]]), [true, false, true]);
  assertEquals(takeAll([[0.9, 9], [0.9, 10], [0.9, 8], [0.9, 8]]), [true, false, true, true]);
});

Deno.test("with within, the best set is the smallest that loses no more than that", () => {
  assertEquals(takeAll([[0.9, 5], [0.99, 9], [0.85, 3]], 0.1), [true, false, false]);
  assertEquals(takeAll([[0.9, 5], [0.99, 9], [0.89, 3]], 0.1), [true, false, true]);
  // What is as small has to be as good.
  assertEquals(takeAll([[0.9, 5], [0.91, 5], [0.9, 5]], 0.1), [true, true, false]);
});

Deno.test("a loss within one standard error of the highest F1 counts for nothing, if that is more", () => {
  // The error of 0.9 on 100 items is 0.03; there is none of a perfect set, nor of nothing.
  assertEquals(takeAll([[0.875, 5], [0.9, 9]], 0), [true, false]);
  assertEquals(takeAll([[0.865, 5], [0.9, 9]], 0), [true, true]);
  assertEquals(takeAll([[0.99, 5], [1, 9]], 0), [true, true]);
  const empty = new Standings<void>(0);
  const sets = [9, 5, 7].map((size) => ({ f1: 0, size, items: 0 }));
  assertEquals(takeEach(empty, sets), [true, true, false]);
});

Deno.test("a standing has the F1 of its scores, and counts their gold items", () => {
  assertEquals(standingOf({ f1: 0.5, tp: 3, fn: 4 }, 2), { f1: 0.5, size: 2, items: 7 });
});
