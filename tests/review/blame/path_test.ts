import { assert, assertAlmostEquals, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { readDataset } from "../../../learn/data/dataset.ts";
import { createMatches } from "../../../learn/score/matches.ts";
import { score } from "../../../learn/score/scoring.ts";
import { rulesOfTrace } from "../../../record/rule_set.ts";
import { scorePath } from "../../../review/blame/path.ts";
import { testRun } from "../../../review/blame/tested.ts";
import { readTrace, rulesAt, TraceError } from "../../../trace.ts";
import {
  broad,
  dataset,
  makePatch,
  makeRun,
  makeSynthesis,
  rate,
  spanDataset,
  spanRun,
  wayward,
} from "./fixture.ts";

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

Deno.test("the path has each step that changed the rules, with the examples gained and lost", () => {
  const { examples, withoutRules, steps, wrong } = scorePath(testRun(wayward, dataset));
  assertEquals([examples, withoutRules], [6, 0]);
  assertEquals(
    steps.map((
      { step, type, iteration, rules, gained, lost },
    ) => [step, type, iteration, rules, gained, lost]),
    [
      [0, "synthesis", undefined, 2, ["e0", "e1", "e3"], []],
      [1, "iteration", 1, 3, ["e4"], ["e1"]],
      [3, "iteration", 3, 3, ["e1", "e2"], ["e4"]],
      [4, "restore", undefined, 3, ["e4"], ["e1", "e2"]],
      [5, "iteration", 4, 2, ["e1", "e2"], ["e3", "e4"]],
    ],
  );
  assertEquals(wrong, [
    { id: "e3", since: 5 },
    { id: "e4", since: 5 },
    { id: "e5", since: null },
  ]);
});

Deno.test("each F1 of the path is that of the rules at its step, and the points add up", async () => {
  const banking = await readTrace("examples/banking.trace.json");
  const test = await readDataset("examples/banking_test.jsonl");
  for (
    const [trace, data] of [[banking, test], [wayward, dataset], [spanRun, spanDataset]] as const
  ) {
    const { decision } = rulesOfTrace(trace, "the trace");
    const labels = Object.values(trace.rules).map(({ label }) => label);
    const matches = createMatches(data.examples, labels);
    const { steps, points, withoutRules, wrong } = scorePath(testRun(trace, data));
    assert(steps.length > 1);
    for (const { step, f1, rules } of steps) {
      const expected = rulesAt(trace, step);
      assertEquals([f1, rules], [score(matches, expected, decision, "test").f1, expected.length]);
    }
    assertAlmostEquals(sum(steps.map((step) => step.points)), points, 1e-12);
    assertAlmostEquals(points, 100 * (steps[steps.length - 1].f1 - withoutRules), 1e-12);
    const right = sum(steps.map(({ gained, lost }) => gained.length - lost.length));
    assertEquals(right, data.examples.length - wrong.length);
  }
});

Deno.test("without rules, a default may be right, and rules may spoil it", () => {
  const options = { decide: "vote", default: "exchange" };
  const trace = makeRun([broad], [makeSynthesis([broad])], options);
  const { withoutRules, steps, wrong } = scorePath(testRun(trace, dataset));
  assertAlmostEquals(withoutRules, 0.5, 1e-12);
  assertEquals(steps.map(({ gained, lost }) => [gained, lost]), [[["e4"], ["e1"]]]);
  assertEquals(wrong.map(({ id, since }) => [id, since]), [["e1", 0], ["e3", null], ["e5", null]]);
});

Deno.test("a run without rules has an empty path", () => {
  const { steps, points, wrong } = scorePath(testRun(makeRun([], []), dataset));
  assertEquals([steps, points, wrong.length], [[], 0, 6]);
});

Deno.test("a span is right if it is found, and an example if all its spans are", () => {
  const { steps, wrong } = scorePath(testRun(spanRun, spanDataset));
  assertEquals(steps.map(({ step, gained, lost }) => [step, gained, lost]), [
    [0, ["s1"], []],
    // The digit of the second text is spurious.
    [1, ["s0"], ["s1"]],
  ]);
  assertEquals(wrong, [{ id: "s1", since: 1 }]);
});

Deno.test("examples of another task, and steps that do not fit, are refused", () => {
  assertThrows(
    () => testRun(wayward, spanDataset),
    TypeError,
    "The examples of tables are for the task ner, and the run for classification",
  );
  const unfit = makeRun([rate], [makeSynthesis([]), makePatch(1, { removed: [rate] })]);
  assertThrows(() => testRun(unfit, dataset), TraceError, "step 1 removes rule");
});

Deno.test("the path names no text", () => {
  const path = JSON.stringify(scorePath(testRun(wayward, dataset)));
  for (const { text } of dataset.examples.slice(1)) assert(!path.includes(text), text);
});
