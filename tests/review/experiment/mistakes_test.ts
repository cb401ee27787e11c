import { assertEquals } from "jsr:@std/assert@^1";
import { type DescribedMistake, findRepeated } from "../../../review/experiment.ts";

function describe(descriptions: readonly string[], kind = "sql"): DescribedMistake[] {
  return descriptions.map((description, place) => ({ id: `m${place}`, class: kind, description }));
}

Deno.test("a mistake repeats an earlier one of its class that is near, whichever comes first, and no other", () => {
  const descriptions = ["no index on orders", "No index  on orders!", "tone is too formal"];
  const mistakes = [...describe(descriptions), ...describe(descriptions, "__proto__")]
    .map((one, place) => ({ ...one, id: `m${place}` }));
  assertEquals([...findRepeated(mistakes)], [["m1", "m0"], ["m4", "m3"]]);
  const symmetric = (descriptions: readonly string[]) => findRepeated(describe(descriptions)).size;
  const [short, long] = ["the index is gone", "the index is gone again"];
  assertEquals([symmetric([short, long]), symmetric([long, short])], [1, 1]);
});

Deno.test("a person can say that a mistake repeats another, and what is like it then does too", () => {
  const [first, second, third] = describe([
    "no index on orders",
    "query takes forever",
    "query takes  forever",
  ]);
  const told = { ...second, repeats: "m0" };
  assertEquals([...findRepeated([first, told, third])], [["m1", "m0"], ["m2", "m0"]]);
  assertEquals([...findRepeated([first, second, third])], [["m2", "m1"]]);
});
