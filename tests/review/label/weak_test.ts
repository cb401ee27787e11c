import { assert, assertEquals, assertMatch, assertThrows } from "jsr:@std/assert@^1";
import { readDataset } from "../../../learn/data/dataset.ts";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import { createRule } from "../../../learn/rules/rule.ts";
import { createPredictor } from "../../../pipeline/predicting.ts";
import { createLabeller, explainUnsure, makeWeakRows } from "../../../review/label/weak.ts";
import { readTrace, rulesOfTrace, type Trace } from "../../../trace.ts";

const trace = await readTrace("examples/banking.trace.json");
const data = await readDataset("examples/banking.jsonl");
const test = await readDataset("examples/banking_test.jsonl");
assert(test.task === "classification" && data.task === "classification");
const texts = test.examples.map(({ text }) => ({ text }));

Deno.test("a text gets the label that is predicted for it if the confidence is high enough, and is right", () => {
  const predict = createPredictor(rulesOfTrace(trace));
  for (const minConfidence of [undefined, 0.999]) {
    const { rows, quarantined: left } = makeWeakRows({ trace, data }, texts, { minConfidence });
    const expected = test.examples.flatMap(({ id, text, label: gold }) => {
      const prediction = predict({ text });
      assert("label" in prediction);
      const { label, confidence = 0 } = prediction;
      return confidence >= (minConfidence ?? 0.95) ? [{ id, text, label, confidence, gold }] : [];
    });
    assertEquals(rows.map(({ content }) => ({ ...content, rules: [] })), [
      ...expected.map(({ gold: _, ...rest }) => ({ ...rest, rules: [] })),
    ]);
    assertEquals(rows.length + left.length, texts.length);
    const right = expected.filter(({ label, gold }) => label === gold).length;
    assert(right >= 0.95 * expected.length);
  }
});

Deno.test("a row of a weak label names trace, examples, text and what its confidence was decided on", () => {
  const text = "Which rate do I get?";
  const { rows: [row] } = makeWeakRows({ trace, data }, [{ id: "t1", text }]);
  assert(row.kind === "weak");
  const deciding = createClassifier(rulesOfTrace(trace))(text).rules.map(({ name }) => name);
  assert(deciding.length > 0);
  assertEquals(row.content.rules, deciding);
  assertEquals(row.sources, [{ trace: trace.digest, dataset: trace.run.dataset.digest! }]);
  assertEquals(row.shown, [{ id: "t1", text }]);
  assertMatch(row.tainted!, /^dev sha256:[0-9a-f]{64}$/);
});

Deno.test("examples of the run, texts without a decision, and those below the confidence are left out by name", () => {
  const [{ text }] = data.examples;
  const some = [{ id: "a", text }, { id: "b", text: "Hello" }, { id: "c", text: "" }];
  const rare = texts.slice(0, 50);
  const { rows, quarantined: left } = makeWeakRows({ trace, data }, [...some, ...rare], {
    minConfidence: 1,
  });
  assertEquals(rows, []);
  assertEquals(left.slice(0, 3).map(({ reason, detail, shown }) => [reason, detail, ...shown]), [
    ["category", "an example of the run", "a"],
    ["category", "no rule decides", "b"],
    ["category", "no rule decides", "c"],
  ]);
  assert(left.some(({ detail }) => detail === "confidence below 1"));
  assert(!JSON.stringify(left).includes(rare[0].text));
});

Deno.test("a text on which a search was given up gets no label", () => {
  const slow = createRule({ name: "slow", label: "slow", patterns: ["(?:b?a?){300}X"] });
  const steps = trace.steps.map((step) => {
    if (step.type === "refit") return { ...step, added: [...step.added, slow.id] };
    return step.type === "final" ? { ...step, rules: [...step.rules, slow.id] } : step;
  });
  const slowed = { ...trace, steps, rules: { ...trace.rules, [slow.id]: slow } };
  const label = createLabeller({ trace: slowed, data });
  const found = label({ id: "long", text: `Which rate do I get? ${"a".repeat(60_000)}X` });
  assert("left" in found && found.left === "unfinished");
  assert("weak" in label({ text: "Which rate do I get?" }));
});

Deno.test("a run whose labels have no confidence is refused, with the reason and what to do", () => {
  const final = trace.steps.at(-1)!;
  assert(final.type === "final");
  const { confidence: _, ...unmeasured } = final;
  const without: Trace = { ...trace, steps: [...trace.steps.slice(0, -1), unmeasured] };
  const { run } = without;
  const restaurant = { ...run, dataset: { ...run.dataset, task: "ner" as const } };
  const cases: readonly [Trace, RegExp][] = [
    [{ ...without, run: restaurant }, /find spans/],
    [{ ...without, run: { ...run, status: "aborted" } }, /did not come to its end/],
    [{ ...without, run: { ...run, config: { ...run.config, decide: "first" } } }, /--decide vote/],
    [{ ...without, run: { ...run, split: { ...run.split, dev: [] } } }, /--holdout/],
    [without, /learn again/],
  ];
  for (const [unsure, reason] of cases) {
    assertMatch(explainUnsure(unsure)!, reason);
    assertThrows(() => createLabeller({ trace: unsure, data }), RangeError, explainUnsure(unsure));
    const { rows, quarantined: left } = makeWeakRows({ trace: unsure, data }, texts);
    assertEquals([rows.length, left.length], [0, 1]);
    assertMatch(left[0].detail!, reason);
  }
  assertThrows(() => createLabeller({ trace, data }, { minConfidence: 95 }), RangeError, "0 to 1");
});
