import { assert, assertEquals, assertNotEquals, assertThrows } from "jsr:@std/assert@^1";
import {
  createDataset,
  type Dataset,
  type DatasetInput,
  type LabelledDataset,
  readDataset,
} from "../../../learn/data/dataset.ts";
import { type Example, labelsOf } from "../../../learn/data/examples.ts";
import { splitDataset } from "../../../learn/data/split.ts";
import { hasShared, shared } from "./dataset_fixture.ts";

/** Generates `counts[i]` examples of the label `l<i>`, interleaved, all texts different. */
function generate(counts: readonly number[]): LabelledDataset {
  const examples: { text: string; label: string }[] = [];
  for (let index = 0; index < Math.max(...counts); index++) {
    for (const [label, count] of counts.entries()) {
      if (index < count) examples.push({ text: `text ${index} of ${label}`, label: `l${label}` });
    }
  }
  const dataset = createDataset({ name: "generated", examples });
  assert(dataset.task === "classification");
  return dataset;
}

/** Generates `count` texts with spans of the types that `typesOf` returns, all texts different. */
function generateSpans(count: number, typesOf: (index: number) => string[]): Dataset {
  const examples = Array.from({ length: count }, (_, index) => ({
    text: `the text with the number ${index}`,
    entities: typesOf(index).map((type, start) => ({ start, end: start + 1, type })),
  }));
  return createDataset({ name: "spans", examples });
}

/** Counts how often each label occurs; texts without labels count as `none`. */
function countLabels(examples: readonly Example[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const example of examples) {
    const labels = labelsOf(example);
    for (const label of labels.length === 0 ? ["none"] : labels) {
      counts[label] = (counts[label] ?? 0) + 1;
    }
  }
  return counts;
}

Deno.test("splitDataset holds out round(n × holdout) of each label", () => {
  const { train, dev, holdout } = splitDataset(generate([40, 23, 12]), { holdout: 0.2, seed: 42 });
  assertEquals(holdout, 0.2);
  assertEquals(countLabels(dev), { l0: 8, l1: 5, l2: 2 });
  assertEquals(countLabels(train), { l0: 32, l1: 18, l2: 10 });
});

Deno.test("splitDataset divides the examples, each part in the order of the data set", () => {
  const dataset = generate([40, 23, 12]);
  const { train, dev } = splitDataset(dataset, { holdout: 0.3, seed: 1 });
  const held = new Set(dev.map(({ id }) => id));
  assertEquals(train, dataset.examples.filter(({ id }) => !held.has(id)));
  assertEquals(dev, dataset.examples.filter(({ id }) => held.has(id)));
});

Deno.test("splitDataset leaves every label in train, however much is held out", () => {
  const dataset = generate([60, 2, 1]);
  const { train, dev } = splitDataset(dataset, { holdout: 0.99, seed: 3 });
  assertEquals(countLabels(train), { l0: 1, l1: 1, l2: 1 });
  assertEquals(countLabels(dev), { l0: 59, l1: 1 });
});

Deno.test("splitDataset gives the same split on any machine, and a different one for another seed", () => {
  const dataset = generate([20, 20]);
  const held = (seed: number): string[] =>
    splitDataset(dataset, { holdout: 0.1, seed }).dev.map(({ text }) => text);
  assertEquals(held(42), ["text 5 of 0", "text 6 of 0", "text 6 of 1", "text 12 of 1"]);
  assertNotEquals(held(42), held(43));
  assertNotEquals(held(1), held(-1));
});

Deno.test("splitDataset depends on neither the order of the examples nor their ids", () => {
  const dataset = generate([30, 20]);
  const reversed = createDataset({
    name: "reversed",
    examples: dataset.examples.map(({ text, label }, index) => ({ text, label, id: `${index}` }))
      .reverse(),
  });
  const options = { holdout: 0.2, seed: 7 };
  assertEquals(
    splitDataset(reversed, options).dev.map(({ text }) => text).sort(),
    splitDataset(dataset, options).dev.map(({ text }) => text).sort(),
  );
});

Deno.test("splitDataset moves at most one example when one is added", () => {
  const dataset = generate([50, 50]);
  const options = { holdout: 0.2, seed: 7 };
  const before = new Set(splitDataset(dataset, options).dev.map(({ text }) => text));
  for (let index = 0; index < 20; index++) {
    const examples = [{ text: `new ${index}`, label: "l0" }, ...dataset.examples];
    const { dev } = splitDataset(createDataset({ name: "more", examples }), options);
    const after = new Set(dev.map(({ text }) => text));
    assert(before.symmetricDifference(after).size <= 2);
  }
});

Deno.test("splitDataset keeps equal texts together, whatever their labels", () => {
  const examples = Array.from({ length: 200 }, (_, index) => ({
    text: `text ${index % 80}`,
    label: index % 3 === 0 ? "a" : "b",
  }));
  const dataset = createDataset({ name: "repeats", examples });
  for (let seed = 0; seed < 20; seed++) {
    const { train, dev } = splitDataset(dataset, { holdout: 0.25, seed });
    const texts = new Set(train.map(({ text }) => text));
    assert(dev.length > 0 && dev.every(({ text }) => !texts.has(text)));
    assertEquals(new Set(train.flatMap(labelsOf)), new Set(["a", "b"]));
    assertEquals(train.length + dev.length, 200);
    assert(Math.abs(dev.length - 50) <= 4, `${dev.length} held out`);
  }
});

Deno.test("splitDataset comes as near as groups of equal texts allow", () => {
  const repeat = (text: string, times: number): DatasetInput["examples"] =>
    Array.from({ length: times }, () => ({ text, label: "a" }));
  // To hold out 3 of 12, 4 are nearer than 0. To hold out 2 of 10, 5 are further than 0.
  const fours = ["a", "b", "c"].flatMap((text) => repeat(text, 4));
  const near = splitDataset(createDataset({ name: "x", examples: fours }), {
    holdout: 0.25,
    seed: 1,
  });
  assertEquals([near.dev.length, near.holdout], [4, 0.25]);
  const fives = ["a", "b"].flatMap((text) => repeat(text, 5));
  const far = splitDataset(createDataset({ name: "x", examples: fives }), {
    holdout: 0.2,
    seed: 1,
  });
  assertEquals([far.dev.length, far.holdout], [0, 0]);
});

Deno.test("splitDataset never holds out the only text of a label, however often it is repeated", () => {
  const examples = Array.from({ length: 40 }, (_, index) => ({
    text: index < 20 ? "same" : `text ${index}`,
    label: index < 20 ? "a" : "b",
  }));
  const { dev } = splitDataset(createDataset({ name: "x", examples }), { holdout: 0.9, seed: 5 });
  assertEquals(countLabels(dev), { b: 18 });
});

Deno.test("splitDataset holds nothing out under 10 examples a label on average", () => {
  const few = generate([12, 7]);
  const split = splitDataset(few, { holdout: 0.2, seed: 1 });
  assertEquals([split.train, split.dev, split.holdout], [[...few.examples], [], 0]);
  assertEquals(splitDataset(generate([13, 7]), { holdout: 0.2, seed: 1 }).dev.length, 4);
});

Deno.test("splitDataset counts only labels that have examples towards that average", () => {
  const { examples } = generate([13, 7]);
  const dataset = createDataset({ name: "x", labels: ["l0", "l1", "l2"], examples });
  assertEquals(splitDataset(dataset, { holdout: 0.2, seed: 1 }).dev.length, 4);
});

Deno.test("splitDataset returns holdout 0 if 0 was asked for or nothing was held out", () => {
  for (const holdout of [0, 0.01]) {
    const split = splitDataset(generate([20, 20]), { holdout, seed: 1 });
    assertEquals([split.train.length, split.dev.length, split.holdout], [40, 0, 0]);
  }
});

Deno.test("splitDataset refuses a holdout outside 0 to below 1 and a seed that is not an integer", () => {
  const dataset = generate([20, 20]);
  for (const holdout of [-0.1, 1, NaN, Infinity, "0.2" as unknown as number]) {
    assertThrows(
      () => splitDataset(dataset, { holdout, seed: 1 }),
      RangeError,
      "expected a number",
    );
  }
  for (const seed of [0.5, NaN, 2 ** 53, "1" as unknown as number]) {
    assertThrows(
      () => splitDataset(dataset, { holdout: 0.2, seed }),
      RangeError,
      "expected an integer",
    );
  }
});

Deno.test("splitDataset holds out a share of each type of span, and of texts without any", () => {
  const dataset = generateSpans(200, (index) => {
    if (index % 4 === 3) return [];
    return ["often", "often", ...(index % 4 === 0 ? ["sometimes"] : [])];
  });
  const { train, dev } = splitDataset(dataset, { holdout: 0.2, seed: 42 });
  const { often, sometimes, none } = countLabels(dev);
  assertEquals([sometimes, none], [10, 10]);
  assert(often >= 54 && often <= 66, `${often} of 300 held out`);
  assertEquals(countLabels(train), { often: 300 - often, sometimes: 40, none: 40 });
});

Deno.test("splitDataset splits an extraction, and texts without spans", () => {
  const examples = Array.from({ length: 50 }, (_, index) => ({
    text: `the text with the number ${index}`,
    spans: index % 2 === 0 ? [] : [{ start: 0, end: 3 }],
  }));
  const half = splitDataset(createDataset({ name: "x", examples }), { holdout: 0.2, seed: 1 });
  assertEquals(countLabels(half.dev), { span: 5, none: 5 });
  const empty = splitDataset(generateSpans(50, () => []), { holdout: 0.2, seed: 1 });
  assertEquals(countLabels(empty.dev), { none: 10 });
});

Deno.test("splitDataset leaves a span of every type in train, however much is held out", () => {
  const dataset = generateSpans(
    60,
    (index) => ["often", ...(index < 2 ? ["rare"] : []), ...(index === 2 ? ["single"] : [])],
  );
  for (let seed = 0; seed < 20; seed++) {
    const { train, dev } = splitDataset(dataset, { holdout: 0.95, seed });
    const counts = countLabels(train);
    assertEquals([counts.rare, counts.single], [1, 1]);
    assert(counts.often >= 1 && dev.length >= 50, `${dev.length} held out`);
  }
});

Deno.test("splitDataset holds nothing out under 10 spans a type on average, or 10 examples", () => {
  const held = (count: number, types: string[]) =>
    splitDataset(generateSpans(count, () => types), { holdout: 0.2, seed: 1 }).dev.length;
  assertEquals(held(9, ["a", "a", "a"]), 0);
  assertEquals(held(10, ["a", "a", "a"]), 2);
  const some = (count: number) =>
    splitDataset(generateSpans(40, (index) => index < count ? ["a", "b"] : []), {
      holdout: 0.2,
      seed: 1,
    }).dev.length;
  assertEquals(some(9), 0);
  assertEquals(some(10), 8);
});

Deno.test("splitDataset splits spans alike whatever the order of the examples", () => {
  const dataset = generateSpans(
    150,
    (index) => ["a", "b", "c", "d", "e"].filter((_, bit) => ((index * 37) >> bit) % 2 === 1),
  );
  const held = (examples: readonly Example[]) =>
    splitDataset({ examples }, { holdout: 0.3, seed: 5 }).dev.map(({ text }) => text).sort();
  assertEquals(held([...dataset.examples].reverse()), held(dataset.examples));
});

for (const file of ["tab/train", "snips/train", "examples/restaurant"]) {
  Deno.test({
    name: `splitDataset holds out near 20 % of ${file} and of each of its types`,
    ignore: !hasShared,
    fn: async () => {
      const dataset = await readDataset(`${shared}/${file}.jsonl`, { task: "ner" });
      const all = countLabels(dataset.examples);
      for (const seed of [0, 1, 42]) {
        const { train, dev } = splitDataset(dataset, { holdout: 0.2, seed });
        const share = dev.length / dataset.examples.length;
        assert(share > 0.18 && share < 0.23, `${share} of the examples`);
        const held = countLabels(dev);
        for (const [type, count] of Object.entries(all).filter(([, count]) => count >= 20)) {
          const part = held[type] / count;
          assert(part > 0.15 && part < 0.25, `${held[type]} of ${count} ${type} at seed ${seed}`);
        }
        assertEquals(Object.keys(countLabels(train)).length, Object.keys(all).length);
      }
    },
  });
}
