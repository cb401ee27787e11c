import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createRandom } from "../../learn/score/random.ts";
import { gramsOf, normaliseText } from "../../learn/text/similarity.ts";
import { findRepeats } from "../../review/repeats.ts";

Deno.test("repeats are those that comparing each text with each first one finds, in any number", () => {
  const random = createRandom(5);
  const words = ["card", "rate", "fee", "lost", "today", "please", "money", "bank", "where", "is"];
  const texts = Array.from({ length: 700 }, () => {
    const length = 3 + Math.floor(4 * random());
    return Array.from({ length }, () => words[Math.floor(random() ** 2 * words.length)]).join(" ");
  });
  texts.push("", "?!", "?!", "…", "my ".repeat(2_000), "MY ".repeat(3_000));
  const sets = texts.map((text) => new Set(gramsOf(normaliseText(text).slice(0, 300), 5)));
  const isFirst: boolean[] = [];
  sets.forEach((set, place) => {
    const near = sets.slice(0, place).some((other, at) => {
      const shared = set.intersection(other).size;
      const all = set.size + other.size - shared;
      return isFirst[at] && (all === 0 ? texts[at] === texts[place] : shared / all >= 0.6);
    });
    isFirst.push(!near);
  });
  const found = findRepeats(texts);
  assertEquals(found.map((one) => one === undefined), isFirst);
  assert(isFirst.filter((one) => one).length > 256);
  // Of several first texts that one is near, the earliest is named.
  const earliest = sets.map((set, place) =>
    isFirst[place] ? undefined : sets.findIndex((other, at) => {
      const shared = set.intersection(other).size;
      const all = set.size + other.size - shared;
      return isFirst[at] && (all === 0 ? texts[at] === texts[place] : shared / all >= 0.6);
    })
  );
  assertEquals(found.map((one) => one?.place), earliest);
  // What is told of a text stays so, whatever comes after it.
  for (const length of [0, 1, 57, 255, 256, 257, 400]) {
    assertEquals(findRepeats(texts.slice(0, length)), found.slice(0, length));
  }
});

Deno.test("of very many different texts near ones are found among the first, and equal ones among all", () => {
  const many = Array.from({ length: 4_000 }, (_, place) => `${10_000 + 137 * place} `.repeat(60));
  const last = many.at(-1)!;
  const found = findRepeats([many[0], `x ${many[0]}`, ...many, `${last}!`, `x ${last}`]);
  assertEquals([1, 2, 4_002, 4_003].map((place) => found[place]?.place), [0, 0, 4_001, undefined]);
});
