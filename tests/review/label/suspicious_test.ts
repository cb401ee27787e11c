import { assert, assertEquals, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import {
  createDataset,
  type Dataset,
  type LabelledDataset,
  readDataset,
} from "../../../learn/data/dataset.ts";
import { createRule } from "../../../learn/rules/rule.ts";
import { createRandom } from "../../../learn/score/random.ts";
import { learnRules } from "../../../pipeline.ts";
import { planSuspicions } from "../../../review/label/suspicious.ts";
import { formatSuspicions } from "../../../review/label/text.ts";
import { readTrace, withTrace } from "../../../trace.ts";

const banking = await readDataset("examples/banking.jsonl");
assert(banking.task === "classification");

/** Gives one example of twenty another label. */
function flip(dataset: LabelledDataset) {
  const random = createRandom(7);
  const flipped = new Map<string, string>();
  const examples = dataset.examples.map((example, place) => {
    if (place % 20 !== 3) return example;
    const others = dataset.labels.filter((label) => label !== example.label);
    flipped.set(example.id, example.label);
    return { ...example, label: others[Math.floor(random() * others.length)] };
  });
  return { dataset: { ...dataset, examples }, flipped };
}

const tiny = createDataset({
  name: "tiny",
  examples: ["rate", "card"].flatMap((label) =>
    Array.from({ length: 20 }, (_, n) => ({
      id: `${label}${n}`,
      text: `my ${label} ${n}`,
      label: label === "rate" && n === 3 ? "card" : label,
    }))
  ),
});
const { trace: tinyTrace } = await withTrace(learnRules)(tiny);

Deno.test("of flipped labels, more than 85 % come within the first tenth, called what they were before", async () => {
  const half = { ...banking, examples: banking.examples.filter((_, place) => place % 2 === 0) };
  const { dataset, flipped } = flip(half);
  const { trace } = await withTrace(learnRules)(dataset);
  const plan = planSuspicions(trace, { data: dataset }, { partitions: 1 });
  assertEquals([plan.trainings, plan.learner], [5, "run"]);
  assert(plan.milliseconds! > 0);
  const { suspicious, examples } = await plan.run();
  assertEquals(examples, dataset.examples.length);
  const first = suspicious.slice(0, Math.round(0.1 * examples));
  const found = first.filter(({ id }) => flipped.has(id));
  assert(found.length >= 0.85 * flipped.size);
  const back = found.filter(({ id, called }) => flipped.get(id) === called);
  assert(back.length >= 0.9 * found.length);
  for (const one of suspicious) {
    assert(one.doubt > 0 && one.against! > one.support! && one.otherwise <= one.trials);
    assert(one.rules!.length > 0 && one.rules!.every((rule) => rule.startsWith(`${one.called}/`)));
  }
  assertEquals(first, first.toSorted((a, b) => b.doubt - a.doubt));
});

Deno.test("a rule that the run began with does not speak for the label of the example it was made for", async () => {
  const label = "card";
  const start = createRule({ name: "made", label, patterns: [String.raw`\b3\b`], weight: 9 });
  const { trace } = await withTrace(learnRules)(tiny, { rules: [{ ...start, locked: true }] });
  const { suspicious } = await planSuspicions(trace, { data: tiny }, { partitions: 1 }).run();
  assertEquals(suspicious.map(({ id, called }) => [id, called]), [["rate3", "rate"]]);
});

Deno.test("the test set of the run need not be given, and the embedded learner stands in for a model", async () => {
  const { run } = tinyTrace;
  const learner = { synthesizer: "llm", coordinator: "agentic", model: "m" };
  const config = { ...run.config, test: { examples: 3, digest: "sha256:0" } };
  const trace = { ...tinyTrace, run: { ...run, learner, config } };
  const plan = planSuspicions(trace, { data: tiny }, { partitions: 1 });
  assertEquals([plan.learner, plan.milliseconds], ["embedded", undefined]);
  assertEquals((await plan.run()).suspicious.map(({ id }) => id), ["rate3"]);
});

Deno.test("a decision by first match counts as one vote", async () => {
  const { trace } = await withTrace(learnRules)(tiny, { decide: "first" });
  const { suspicious: [one] } = await planSuspicions(trace, { data: tiny }, { partitions: 1 })
    .run();
  assertEquals([one.id, one.against, one.support, one.doubt], ["rate3", 1, 0, Math.log(2)]);
});

Deno.test("texts with spans are in the order of the spans that are missed or wrong", async () => {
  const { examples, ...rest } = await readDataset("examples/restaurant.jsonl");
  const [bare, ...others] = examples.slice(0, 40);
  assert("entities" in bare && bare.entities.length > 0);
  const found = others.filter(({ text }) => text !== bare.text);
  const moved = bare.entities.map((entity) => ({ ...entity, type: "sort" }));
  const data = { ...rest, examples: [{ ...bare, entities: moved }, ...found] } as Dataset;
  const { trace } = await withTrace(learnRules)(data);
  const { suspicious } = await planSuspicions(trace, { data }, { folds: 2, partitions: 1 }).run();
  const doubts = suspicious.map(({ doubt }) => doubt);
  assertEquals(doubts, doubts.toSorted((a, b) => b - a));
  assert(suspicious.slice(0, 20).some(({ id }) => id === bare.id));
  assert(suspicious.every(({ label, called }) => label === undefined && called === undefined));
});

Deno.test("other data, and parts that cannot be cut, are refused; an abort ends the work", async () => {
  const trace = await readTrace("examples/banking.trace.json");
  assertThrows(() => planSuspicions(trace, { data: tiny }), RangeError, "not those of the run");
  const once = planSuspicions(trace, { data: banking }, { folds: 1 });
  await assertRejects(() => once.run(), RangeError, "folds is 1");
  const reason = new Error("enough");
  const aborted = { signal: AbortSignal.abort(reason) };
  const stopped = planSuspicions(trace, { data: banking }, aborted);
  assertEquals(await stopped.run().catch((error) => error), reason);
});

Deno.test("suspicions fit the width, with line, labels and text, and no control character acts", () => {
  const one = { label: "card", called: "rate", rules: ["rate/r"], against: 3, support: 0.25 };
  const found = {
    run: { dataset: "tiny", id: "r1", digest: "sha256:00" },
    learner: "embedded",
    folds: 5,
    partitions: 2,
    examples: 40,
    suspicious: ["rate3", "rate4"].map((id) => ({
      line: 3,
      id,
      text: `my \x1b[2J ${"rate ".repeat(40)}`,
      ...one,
      trials: 2,
      otherwise: 2,
      doubt: 1,
    })),
  } as const;
  const text = formatSuspicions(found, 1, { width: 60 });
  assertEquals(
    text,
    String.raw`tiny · run r1: 2 of 40 examples suspicious to rules learned
without them, the most doubtful first
called: what these rules say instead; against: votes for the
best other label; for: for its own; by: how many rule sets
say otherwise; 5 folds, cut 2 times; learned by the embedded
learner, in place of that of the run
line  example  label  called  against  for      by
   3  rate3    card   rate        3.0  0.3  2 of 2
      my \x1b[2J rate rate rate rate rate rate rate rate ra…
+ 1 more (--limit lists more)
`,
  );
  for (const width of [20, 33, 200]) {
    const lines = formatSuspicions(found, 2, { width }).split("\n");
    assert(lines.every((line) => line.length <= width));
  }
});
