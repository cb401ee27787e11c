import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { addCorrections, weighCorrections } from "../../learn/data/corrections.ts";
import { createDataset } from "../../learn/data/dataset.ts";
import { splitDataset, splitWithout } from "../../learn/data/split.ts";
import { learnRules } from "../../pipeline.ts";
import { type Step, withTrace } from "../../trace.ts";
import { chain, refuse } from "../record/forging.ts";
import { card, fee, few, many, rate, stub } from "./fixture.ts";

const changed = (steps: readonly Step[]) =>
  steps.flatMap((step) =>
    "mended" in step || "broken" in step ? [[step.index, step.mended ?? [], step.broken ?? []]] : []
  );

Deno.test("a correction takes the place of examples with its text, and their id", () => {
  const data = createDataset({
    name: "x",
    examples: [
      { id: "1", text: "my card", label: "rate" },
      { id: "2", text: "a rate", label: "rate" },
      { id: "3", text: "my card", label: "card" },
    ],
  });
  const right = createDataset({
    name: "x",
    examples: [
      { id: "2", text: "his fee", label: "fee" },
      { id: "x", text: "my card", label: "fee" },
      { id: "y", text: "my card", label: "card" },
    ],
  });
  const { dataset, corrections } = addCorrections(data, right);
  assertEquals(dataset.examples, [
    { id: "2", text: "a rate", label: "rate" },
    { id: "2-2", text: "his fee", label: "fee" },
    { id: "1", text: "my card", label: "card" },
  ]);
  assertEquals([corrections, dataset.labels], [["2-2", "1"], ["card", "fee", "rate"]]);
  // The last of one text says whether it is only accepted.
  const accepted = addCorrections(data, right, (index) => index !== 1);
  assertEquals([accepted.dataset, accepted.corrections], [dataset, []]);
  assertEquals(addCorrections(data, right, (index) => index === 1).corrections, ["2-2", "1"]);
  const spans = createDataset({
    name: "x",
    examples: [{ text: "a", spans: [{ start: 0, end: 1 }] }],
  });
  assertThrows(() => addCorrections(data, spans), RangeError, "of the task extraction");
});

Deno.test("corrections are never held out, and the others are split as without them", () => {
  const { examples } = createDataset(many);
  const options = { holdout: 0.2, seed: 3 };
  const { dev } = splitDataset({ examples }, options);
  const added = { id: "c", text: "a new card", label: "card" };
  const split = splitWithout(["c"], { examples: [...examples, added] }, options);
  assertEquals(split.dev, dev);
  assert(split.train.includes(added));
  assertThrows(() => splitWithout(["d"], { examples }, options), RangeError, '"d"');
});

Deno.test("a correction counts twice, in the synthesizer alone", () => {
  const { examples, withCopies } = weighCorrections([{ id: "a" }, { id: "b" }], new Set(["b"]));
  assertEquals(examples.map(({ id }) => id), ["a", "b", "b"]);
  assertEquals([...withCopies(Int32Array.of(0, 1))], [0, 1, 2]);
  assertEquals([...withCopies(Int32Array.of(0))], [0]);
});

Deno.test("corrections outweigh other examples that contradict them", async () => {
  const repeated = (count: number, label: string, word: string) =>
    Array.from(
      { length: count },
      (_, n) => ({ id: `${label}${word}${n}`, text: `${word} ${n}`, label }),
    );
  const examples = [
    ...repeated(4, "card", "blue"),
    ...repeated(3, "rate", "blue").map((one) => ({ ...one, text: `${one.text}!` })),
    ...repeated(5, "rate", "red"),
  ];
  const corrections = examples.filter(({ id }) => id.startsWith("rateblue")).map(({ id }) => id);
  const labelOf = async (corrections: readonly string[]) => {
    const { trace } = await withTrace(learnRules)({ name: "few", examples }, { corrections });
    const final = trace.steps.at(-1);
    return final?.type === "final" ? final.wrong : undefined;
  };
  assertEquals(await labelOf([]), undefined);
  assertEquals(await labelOf(corrections), []);
});

Deno.test("the trace says which step mends or breaks a correction, and which are wrong at the end", async () => {
  const examples = few.examples.map((one, index) => ({ ...one, id: `e${index}` }));
  const { trace } = await withTrace(learnRules)({ name: "few", examples }, {
    synthesizer: stub({ added: [card] }, { added: [rate] }, { added: [fee], removed: [] }),
    corrections: ["e0", "e4", "e9"],
    maxIterations: 1,
  });
  assertEquals(trace.run.split.corrections, ["e0", "e4", "e9"]);
  assertEquals(changed(trace.steps), [[0, ["e0"], []], [1, ["e4"], []]]);
  const last = trace.steps.length - 1;
  const final = trace.steps[last];
  assertEquals(final.type === "final" && final.wrong, ["e9"]);
  const change = (index: number, fields: object) =>
    chain({
      ...trace,
      steps: trace.steps.map((step, at) => at === index ? { ...step, ...fields } as Step : step),
    });
  refuse(change(last, { wrong: [] }), "has 0 corrections wrong, expected 1", last);
  refuse(change(last, { wrong: undefined }), "does not say which corrections are wrong", last);
  refuse(change(1, { mended: ["e0"] }), 'mends "e0", which is not a correction that was wrong', 1);
  refuse(change(1, { broken: ["e9"] }), 'breaks "e9", which is not a correction that was right', 1);
  const { split } = trace.run;
  const forged = {
    ...trace,
    run: { ...trace.run, split: { ...split, corrections: ["e0", "e0"] } },
  };
  refuse(chain(forged), "the run names a correction twice");
});
