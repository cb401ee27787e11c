import { assert, assertEquals } from "jsr:@std/assert@^1";
import { labelsOf } from "../../../learn/data/examples.ts";
import { sampleExamples } from "../../../learn/data/sampling.ts";
import { learnRules } from "../../../pipeline.ts";
import { formatTrace } from "../../../print.ts";
import { replayRun } from "../../../review/replay.ts";
import { withTrace } from "../../../trace.ts";
import { chain, refuse } from "../../record/forging.ts";

const sizes = { card: 300, cash: 90, fee: 9, rate: 1 };
const examples = Object.entries(sizes).flatMap(([label, size]) =>
  Array.from(
    { length: size },
    (_, at) => ({ id: `${label}${at}`, text: `my ${label} ${at}`, label }),
  )
);

Deno.test("a sample keeps the order, the shares of the labels, and one example of each", () => {
  const { examples: drawn, sampled } = sampleExamples(examples, { sample: 40, seed: 0 });
  assertEquals(sampled, { of: 400, learned: 40 });
  const counts = Map.groupBy(drawn, ({ label }) => label);
  assertEquals([...counts].map(([label, { length }]) => [label, length]), [
    ["card", 29],
    ["cash", 9],
    ["fee", 1],
    ["rate", 1],
  ]);
  const places = drawn.map((one) => examples.indexOf(one));
  assertEquals(places, places.toSorted((a, b) => a - b));
});

Deno.test("a sample depends on the seed, and hardly on other examples", () => {
  const idsOf = (seed: number, all = examples) =>
    new Set(sampleExamples(all, { sample: 200, seed }).examples.map(({ id }) => id));
  assertEquals(idsOf(1), idsOf(1));
  const shared = (one: Set<string>, other: Set<string>) => one.intersection(other).size;
  assert(shared(idsOf(1), idsOf(2)) < 130);
  assert(shared(idsOf(1), idsOf(1, examples.slice(1))) >= 198);
  assertEquals(sampleExamples(examples, { sample: 400, seed: 0 }), { examples });
});

Deno.test("corrections are always in a sample, and a text of spans counts for its rarest type", () => {
  const corrections = ["card7", "card8", "cash2"];
  const { examples: drawn } = sampleExamples(examples, { sample: 5, seed: 0, corrections });
  const ids = drawn.map(({ id }) => id);
  assertEquals([corrections.every((id) => ids.includes(id)), ids.length], [true, 5]);
  const marked = Array.from({ length: 30 }, (_, at) => ({
    id: `${at}`,
    text: "to Oslo in May",
    entities: at > 20 ? [] : [
      { start: 3, end: 7, type: "city" },
      ...(at === 20 ? [{ start: 11, end: 14, type: "month" }] : []),
    ],
  }));
  const found = sampleExamples(marked, { sample: 3, seed: 0 }).examples.map(labelsOf);
  assertEquals(found, [["city"], ["city", "month"], []]);
});

Deno.test("a run learns from a sample, says so, is computed again from it, and is held to it", async () => {
  const { trace } = await withTrace(learnRules)({ name: "x", examples }, { sample: 100 });
  const { config, dataset, split } = trace.run;
  assertEquals(config.sampled, { of: 400, learned: 100 });
  assertEquals([dataset.examples, split.train! + split.dev.length], [400, 100]);
  assert(split.dev.length > 15);
  const text = formatTrace(trace).replaceAll(/[\s·]+/g, " ");
  assert(text.includes("a sample of 100 of 400 examples"), text);
  const { verdict, detail } = await replayRun(trace, { data: { name: "x", examples } });
  assertEquals([verdict, detail], ["same", ""]);
  const forge = (sampled: Record<string, number>) =>
    chain({ ...trace, run: { ...trace.run, config: { ...config, sampled } } });
  refuse(forge({ of: 400, learned: 400 }), "splits 400 examples into");
  refuse(forge({ of: 500, learned: 100 }), "draws 100 of 500 examples");
  refuse(forge({ of: 400 }), "splits 400 examples into");
});
