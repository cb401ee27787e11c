import { assert, assertAlmostEquals, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createDataset, readDataset } from "../../../learn/data/dataset.ts";
import { blamePrediction } from "../../../review/blame/prediction.ts";
import { scorePath } from "../../../review/blame/path.ts";
import { testRun } from "../../../review/blame/tested.ts";
import { readTrace } from "../../../trace.ts";
import {
  broad,
  card,
  dataset,
  makeRule,
  makeRun,
  makeSynthesis,
  rate,
  spanDataset,
  spanRules,
  spanRun,
  wayward,
} from "./fixture.ts";

const train = createDataset({
  name: "learned",
  examples: [
    { id: "t0", text: "rate", label: "exchange" },
    { id: "t1", text: "my own", label: "card" },
    { id: "t2", text: "nothing", label: "fee" },
    { id: "t3", text: "is this my rate", label: "card" },
  ],
});

Deno.test("a prediction has its path through the steps, and since when it is wrong", () => {
  const run = testRun(wayward, dataset);
  const late = blamePrediction(run, "e4", train);
  assertEquals(late.isRight, false);
  assertEquals(late.since, 5);
  assertEquals(late.outcomes, [{ gold: "card", predicted: null, isDecided: false }]);
  assertEquals(
    late.path.map((
      { step, type, isRight, outcomes },
    ) => [step, type, isRight, outcomes[0].predicted]),
    [
      [null, undefined, false, null],
      [1, "iteration", true, "card"],
      [3, "iteration", false, null],
      [4, "restore", true, "card"],
      [5, "iteration", false, null],
    ],
  );
  assertEquals([late.votes, late.rules, late.similar], [[], [], []]);
  const right = blamePrediction(run, "e1", train);
  assertEquals([right.isRight, right.since], [true, undefined]);
  assertEquals(blamePrediction(run, "e5", train).since, null);
});

Deno.test("a prediction has the votes, the parts of the rules and the examples they also fire on", () => {
  const trace = makeRun([rate, broad, card], [makeSynthesis([rate, broad, card])]);
  const { votes, rules, similar, since } = blamePrediction(testRun(trace, dataset), "e1", train);
  assertEquals(since, null);
  assertEquals(votes, [{ label: "card", votes: 3 }, { label: "exchange", votes: 1 }]);
  assertEquals(rules, [
    {
      rule: broad.id,
      label: "card",
      weight: 3,
      broughtBy: 0,
      // Right only with the other rule alone; the label that is predicted needs no other.
      credit: { correct: -0.5, predicted: 1, error: 0 },
    },
    {
      rule: rate.id,
      label: "exchange",
      weight: 1,
      broughtBy: 0,
      credit: { correct: 0.5, predicted: 0, error: 0 },
    },
  ]);
  assertEquals(similar, [
    { id: "t3", labels: ["card"], share: 1 },
    { id: "t1", labels: ["card"], share: 0.75 },
    { id: "t0", labels: ["exchange"], share: 0.25 },
  ]);
});

Deno.test("a decision list has no votes, and its rules in the order they decide in", () => {
  const later = { ...makeRule("rate", "card"), priority: -1 };
  const trace = makeRun([later, rate], [makeSynthesis([later, rate])], { decide: "first" });
  const { votes, rules, isRight } = blamePrediction(testRun(trace, dataset), "e0", train);
  assertEquals([votes, isRight], [[], true]);
  assertEquals(rules.map(({ rule, credit }) => [rule, credit.correct]), [
    [rate.id, 1],
    [later.id, 0],
  ]);
});

Deno.test("the prediction of spans has each that is gold or predicted", () => {
  const learned = createDataset({
    name: "learned",
    examples: [
      { id: "t0", text: "Osage", entities: [{ start: 0, end: 5, type: "city" }] },
      { id: "t1", text: "3 or 4 in Osage City", entities: [] },
    ],
  });
  const prediction = blamePrediction(testRun(spanRun, spanDataset), "s1", learned);
  assertEquals(prediction.outcomes, [
    { gold: "city", predicted: "city", isDecided: true, start: 8, end: 13 },
    { gold: null, predicted: "size", isDecided: true, start: 3, end: 4 },
  ]);
  assertEquals([prediction.since, prediction.path.map(({ step }) => step)], [1, [null, 0, 1]]);
  assertEquals(prediction.votes, []);
  assertEquals(prediction.rules.map(({ rule, credit }) => [rule, credit]), [
    [spanRules[2].id, { correct: -1, error: 0 }],
    [spanRules[1].id, { correct: 1, error: 0 }],
  ]);
  assertEquals(prediction.similar, [
    { id: "t1", labels: [], share: 1 },
    { id: "t0", labels: ["city"], share: 0.5 },
  ]);
});

Deno.test("every prediction of a learned run agrees with its path, and names no text", async () => {
  const [test, learned] = [
    await readDataset("examples/banking_test.jsonl"),
    await readDataset("examples/banking.jsonl"),
  ];
  const run = testRun(await readTrace("examples/banking.trace.json"), test);
  const wrong = new Map(scorePath(run).wrong.map(({ id, since }) => [id, since]));
  assert(wrong.size > 0);
  const asked = [...wrong.keys(), ...test.examples.slice(0, 5).map(({ id }) => id)];
  for (const id of asked) {
    const prediction = blamePrediction(run, id, learned);
    assertEquals([prediction.isRight, prediction.since], [!wrong.has(id), wrong.get(id)]);
    assert(prediction.similar.length <= 20);
    const { outcomes: [{ predicted, isDecided }], votes, rules } = prediction;
    if (isDecided) assertEquals(votes[0].label, predicted);
    const parts = rules.reduce((sum, { credit }) => sum + credit.predicted!, 0);
    assertAlmostEquals(parts, isDecided ? 1 : 0, 1e-9);
    const { text } = test.examples.find((example) => example.id === id)!;
    assert(!JSON.stringify(prediction).includes(text));
  }
});

Deno.test("an example that is not there is refused by its id", () => {
  assertThrows(
    () => blamePrediction(testRun(wayward, dataset), "<b>\n", train),
    RangeError,
    String.raw`No test example has the id "<b>\n"`,
  );
});
