import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createRandom } from "../../../learn/score/random.ts";
import { gramsOf } from "../../../learn/text/similarity.ts";
import { type DescribedMistake, findRepeats } from "../../../review/experiment.ts";

function describe(descriptions: readonly string[], kind = "sql"): DescribedMistake[] {
  return descriptions.map((description, place) => ({ id: `m${place}`, class: kind, description }));
}

/** Tells by each pair whether a mistake is near an earlier one. */
function compareAll(mistakes: readonly DescribedMistake[]): string[] {
  const sets = mistakes.map(({ description }) => new Set(gramsOf(description, 5)));
  return mistakes.filter((one, place) =>
    mistakes.slice(0, place).some((other, before) => {
      const shared = sets[place].intersection(sets[before]).size;
      return one.class === other.class &&
        shared / (sets[place].size + sets[before].size - shared) >= 0.6;
    })
  ).map(({ id }) => id);
}

Deno.test("a mistake repeats an earlier one of its class that is near, whichever comes first, and no other", () => {
  const words = ["index", "orders", "forgot", "slow", "query", "join"];
  const random = createRandom(3);
  const pick = () => words[Math.floor(random() * words.length)];
  const mistakes = Array.from({ length: 400 }, (_, place): DescribedMistake => ({
    id: `m${place}`,
    class: random() < 0.7 ? "sql" : "__proto__",
    description: Array.from({ length: 2 + Math.floor(random() * 4) }, pick).join(" "),
  }));
  const repeats = findRepeats(mistakes);
  assertEquals([...repeats.keys()], compareAll(mistakes));
  assert(repeats.size > 100 && repeats.size < 390);
  const places = new Map(mistakes.map(({ id }, place) => [id, place]));
  for (const [id, first] of repeats) {
    assert(!repeats.has(first) && places.get(first)! < places.get(id)!);
    assertEquals(mistakes[places.get(first)!].class, mistakes[places.get(id)!].class);
  }
  // What is told of a mistake stays so, whatever comes after it.
  for (const length of [0, 1, 57, 200]) {
    const before = [...repeats].filter(([id]) => places.get(id)! < length);
    assertEquals([...findRepeats(mistakes.slice(0, length))], before);
  }
  const symmetric = (descriptions: readonly string[]) => findRepeats(describe(descriptions)).size;
  const [short, long] = ["the index is gone", "the index is gone again"];
  assertEquals([symmetric([short, long]), symmetric([long, short])], [1, 1]);
});

Deno.test("case, spaces and width do not matter, and short or long ones and those of other letters are compared", () => {
  const repeats = findRepeats(describe([
    "No",
    " nO\n",
    "Nö",
    "ＮＯ  ",
    "日本語の請求書が二重に送られた",
    "日本語の請求書が二重に送られました",
    "x".repeat(4_000),
    "x".repeat(3_999),
  ]));
  assertEquals([...repeats], [["m1", "m0"], ["m3", "m0"], ["m5", "m4"], ["m7", "m6"]]);
});

Deno.test("a person can say that a mistake repeats another, and what is like it then does too", () => {
  const [first, second, third] = describe([
    "no index on orders",
    "query takes forever",
    "query takes  forever",
  ]);
  const told = { ...second, repeats: "m0" };
  assertEquals([...findRepeats([first, told, third])], [["m1", "m0"], ["m2", "m0"]]);
  assertEquals([...findRepeats([first, second, third])], [["m2", "m1"]]);
});

Deno.test("of very many different mistakes near ones are found among the first, and equal ones among all", () => {
  // Long descriptions with few different parts.
  const many = Array.from({ length: 200 }, (_, place) => `${10_000 + 137 * place} `.repeat(600));
  const last = many.at(-1)!;
  const repeats = findRepeats(describe([many[0], `${many[0]}!`, ...many, last, `${last}!`]));
  assertEquals([...repeats], [["m1", "m0"], ["m2", "m0"], ["m202", "m201"]]);
});
