import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createRandom } from "../../../learn/score/random.ts";
import { gramsOf, indexSets, type SimilarSet } from "../../../learn/text/similarity.ts";

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, n) => total + n, 0);

/** Compares a set with each other one. */
function compareAll(
  sets: readonly ReadonlySet<string>[],
  members: ReadonlySet<string>,
  threshold: number,
): SimilarSet[] {
  return sets.map((set, position) => {
    const shared = set.intersection(members).size;
    return { position, similarity: shared / set.union(members).size };
  }).filter(({ similarity }) => similarity >= threshold)
    .sort((a, b) => b.similarity - a.similarity || a.position - b.position);
}

/** Sets of words, most of which have near twins, as have the words: common ones, rare ones, and empty sets. */
function drawSets(seed: number, count: number): Set<string>[] {
  const random = createRandom(seed);
  const draw = (below: number) => Math.floor(random() * below);
  const sets: Set<string>[] = [new Set(), new Set()];
  while (sets.length < count) {
    const set = new Set(random() < 0.6 ? sets[draw(sets.length)] : []);
    const changes = set.size > 0 ? draw(4) : 1 + draw(24);
    // Squared, so that some words are frequent.
    for (let n = 0; n < changes; n++) set.add(`w${Math.floor(random() ** 2 * 120)}`);
    for (const word of [...set].slice(0, draw(3))) set.delete(word);
    sets.push(set);
  }
  return sets;
}

Deno.test("the same sets are found as by comparing each with every other, at any threshold", () => {
  const sets = drawSets(7, 180);
  const strangers = drawSets(8, 60);
  for (const threshold of [0.01, 0.3, 1 / 3, 0.5, 0.6, 2 / 3, 0.7, 0.8, 0.9, 0.95, 1]) {
    const find = indexSets(sets, threshold);
    const found = [...sets, ...strangers].map((set) => find(set));
    assertEquals(
      found,
      [...sets, ...strangers].map((set) => compareAll(sets, set, threshold)),
      `threshold ${threshold}`,
    );
    const atThreshold = sum(
      found.map((similar) => similar.filter(({ similarity }) => similarity === threshold).length),
    );
    if ([0.5, 0.6, 0.8, 1].includes(threshold)) assert(atThreshold > 3, `${atThreshold}`);
  }
});

Deno.test("sets exactly at the threshold are found whatever their size, those just below it are not", () => {
  const shares = [[4, 5], [3, 5], [7, 10], [9, 10], [2, 3], [29, 50], [1, 10], [7, 25], [11, 20]];
  for (const [shared, all] of shares) {
    for (const times of [1, 2, 3, 7, 11, 20]) {
      const set = Array.from({ length: times * all }, (_, n) => `w${n}`);
      // The reverse order and a repetition change nothing, nor does which of the two is in the index.
      const part = [...set.slice(-times * shared).reverse(), set.at(-1)!];
      for (const [one, other] of [[set, part], [part, set]]) {
        const match = [{ position: 0, similarity: shared / all }];
        assertEquals(indexSets([one], shared / all)(other), match, `${shared} of ${all}`);
      }
      assertEquals(indexSets([set], shared / all)(part.slice(1, -1)), []);
    }
  }
});

Deno.test("no set is like the empty one, and a set of which nothing is known is like no other", () => {
  const find = indexSets([[], ["a"]], 0.5);
  assertEquals([find([]), find(["z"]), find(["a", "a"]).length], [[], [], 1]);
  assertEquals(indexSets([], 0.5)(["a"]), []);
});

Deno.test("no more of a set is read than could be like one of the index", () => {
  const find = indexSets([["a", "b", "c", "d"]], 0.8);
  let read = 0;
  function* members() {
    for (; read < 1_000; read++) yield `${read}`;
  }
  assertEquals(find(members()), []);
  assertEquals(read, 5);
});

Deno.test("a threshold that is not over 0 and at most 1 is refused", () => {
  for (const threshold of [0, -0.1, 1.01, NaN]) {
    assertThrows(() => indexSets([], threshold), RangeError, `threshold is ${threshold}`);
  }
});

Deno.test("a text is cut into its parts of a length, in characters; a shorter one is whole", () => {
  const grams = (text: string) => [...gramsOf(text, 5)];
  assertEquals(["", "a", "card", "cards"].map(grams), [[], ["a"], ["card"], ["cards"]]);
  assertEquals(grams("my card"), ["my ca", "y car", " card"]);
  assertEquals(grams("👍👍𠮷e\u0301\ud83d!"), [
    "👍👍𠮷e\u0301",
    "👍𠮷e\u0301\ud83d",
    "𠮷e\u0301\ud83d!",
  ]);
});
