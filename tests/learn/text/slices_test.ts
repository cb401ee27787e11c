import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { eachSliced, finish, inSlices, part, sortSliced } from "../../../learn/text/slices.ts";
import { createRandom } from "../../record/generate_run.ts";

Deno.test("parts of work count as parts of the whole, and the innermost name is told", async () => {
  function* whole() {
    yield* part("first", [0, 0.5], eachSliced([1, 2], () => {}));
    const inner = part("", [0, 1], part("deep", [0, 0.5], eachSliced([1], () => {})));
    yield* part("second", [0.5, 1], inner);
    yield* part("second", [0.5, 1], part("", [0, 1], eachSliced([1], () => {})));
    return "result";
  }
  const told: (readonly [number, string])[] = [];
  assertEquals(await inSlices(whole(), (...one) => void told.push(one)), "result");
  assertEquals(told, [[0, "first"], [0.25, "first"], [0.5, "deep"], [0.5, "second"]]);
  assertEquals([finish(whole()), await inSlices(whole(), undefined)], ["result", "result"]);
});

Deno.test("work ends where it is given up, and waits for a pause", async () => {
  const done: number[] = [];
  const work = eachSliced([0, 1, 2, 3], (one) => void done.push(one));
  let isPausing = false;
  const breathe = async () => {
    assert(!isPausing);
    isPausing = true;
    await new Promise((resolve) => setTimeout(resolve));
    isPausing = false;
    if (done.length === 2) throw new Error("enough");
  };
  await assertRejects(() => inSlices(work, breathe), Error, "enough");
  assertEquals(done, [0, 1]);
});

Deno.test("sorting with pauses gives what sorting gives, equal members in their order", () => {
  for (const length of [0, 1, 2, 2_048, 2_049, 9_001]) {
    const random = createRandom(length);
    const list = Array.from({ length }, (_, place) => ({ key: Math.floor(random() * 50), place }));
    const compare = (one: typeof list[number], other: typeof list[number]) => one.key - other.key;
    let pauses = 0;
    const sorting = sortSliced(list, compare);
    const counted = function* () {
      for (;;) {
        const { done, value } = sorting.next();
        if (done) return value;
        pauses++;
        yield value;
      }
    };
    assertEquals(finish(counted()), list.toSorted(compare));
    assert(pauses >= length / 2_048);
  }
});
