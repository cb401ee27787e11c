import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createSampler } from "../../../learn/llm/sampling.ts";

const lost = ["my card is lost", "card was lost", "the card got lost"]
  .map((text, place) => ({ id: `lost${place}`, text, label: "lost" }));
/** The first five share words with the label `lost`, the others do not. */
const late = [
  "is my card late",
  "card late",
  "the card is late",
  "my lost card",
  "the card",
  ...["one", "two", "three", "four", "five"].map((word) => `waiting ${word} weeks`),
].map((text, place) => ({ id: `late${place}`, text, label: "late" }));

Deno.test("a text that occurs several times is shown once", () => {
  const train = [...lost, ...lost, ...late, ...late].map((one, place) => ({
    ...one,
    id: `e${place}`,
  }));
  const sampler = createSampler(train, 0);
  const textsOf = (positions: number[]) => positions.map((position) => train[position].text).sort();
  const all = [...lost, ...late].map(({ text }) => text).sort();
  assertEquals(textsOf(sampler.balanced(["lost", "late"], 100)), all);
  assertEquals(textsOf(sampler.around("lost", 100)), all);
});

Deno.test("the seed chooses among the five most similar examples of another label", () => {
  const train = [...lost, ...late];
  const seconds = Array.from({ length: 30 }, (_, seed) => createSampler(train, seed))
    .map((sampler) => train[sampler.around("lost", 2)[1]].id);
  const chosen = new Set(seconds);
  assert(chosen.size > 1);
  assertEquals([...chosen].filter((id) => !/^late[0-4]$/.test(id)), []);
});
