import { assert, assertEquals } from "jsr:@std/assert@^1";
import { type Dataset, readDataset } from "../../../learn/data/dataset.ts";
import { createExtractor } from "../../../learn/rules/extractor.ts";
import { createMatches, findFailures } from "../../../learn/score/scoring.ts";
import { learnRules } from "../../../pipeline.ts";
import { rulesAt } from "../../../record/fold.ts";
import { makeHardRows } from "../../../review/label/hard.ts";
import { rulesOfTrace, type Trace, withTrace } from "../../../trace.ts";

const banking = await learnFew("examples/banking.jsonl");
const { examples: [...examples], ...rest } = await readDataset("examples/restaurant.jsonl");
const data = { ...rest, examples: examples.slice(0, 60) } as Dataset;
const learned = await withTrace(learnRules)(data, { refit: false });
const restaurant = { path: "", trace: learned.trace, data, tape: [] };

/** Learns few rules, so that many examples are failures, some of them without a prediction. */
async function learnFew(path: string) {
  const data = await readDataset(path);
  const { trace } = await withTrace(learnRules)(data, { maxRules: 8, maxIterations: 2 });
  return { path: "", trace, data, tape: [] };
}

function hardContents(source: Parameters<typeof makeHardRows>[0]) {
  return makeHardRows(source).rows.map((row) => {
    assert(row.kind === "hard");
    return row.content;
  });
}

Deno.test("hard examples are the failures of the rules before the refit, the worst first", () => {
  const { trace, data } = banking;
  const refit = trace.steps.findIndex(({ type }) => type === "refit");
  const rules = rulesAt(trace, refit - 1);
  const { decision } = rulesOfTrace(trace);
  const matches = createMatches(data.examples, data.labels);
  const failures = findFailures(matches, rules, { ...decision, margin: 0 });
  const rows = hardContents(banking);
  const ids = failures.members.flat().map((position) => data.examples[position].id);
  assertEquals(rows.map(({ id }) => id).sort(), ids.sort());
  const margins = rows.map(({ margin }) => Number(margin));
  assertEquals(margins, margins.toSorted((a, b) => b - a));
  assert(margins[0] > 1 && margins.at(-1) === 0);
  const wrong = failures.clusters.filter(({ predicted }) => predicted === null);
  const abstained = rows.filter(({ predicted }) => predicted === null).length;
  assert(abstained > 0);
  assertEquals(abstained, wrong.reduce((sum, { count }) => sum + count, 0));
});

Deno.test("a hard example says whether it was held out, and its row names the step of the rules", () => {
  const { trace } = banking;
  const dev = new Set(trace.run.split.dev);
  const { rows, quarantined: left } = makeHardRows(banking);
  assertEquals(left, []);
  for (const row of rows) {
    assert(row.kind === "hard");
    const isHeldOut = dev.has(String(row.content.id));
    assertEquals(row.content.split, isHeldOut ? "dev" : "train");
    assertEquals(row.tainted !== undefined, isHeldOut);
    assertEquals(row.shown, [{ id: String(row.content.id), text: String(row.content.text) }]);
    const [{ step, stepDigest }] = row.sources;
    assertEquals(trace.steps[step!].digest, stepDigest);
    assert(trace.steps[step! + 1].type === "refit");
  }
  assert(rows.some(({ tainted }) => tainted !== undefined));
});

Deno.test("a hard text with spans has those that the rules find, and the most wrong comes first", () => {
  const rows = hardContents(restaurant);
  const extract = createExtractor(rulesOfTrace(restaurant.trace));
  for (const { text, entities, predictedSpans, ...rest } of rows) {
    // Another type under the name that rows of labels have breaks readers of columns.
    assert(!("predicted" in rest));
    const found = extract(String(text)).map(({ start, end, label }) => ({
      start,
      end,
      type: label,
    }));
    assertEquals(predictedSpans, found);
    assert(JSON.stringify(predictedSpans) !== JSON.stringify(entities));
  }
  const wrong = rows.map((row) => Number(row.wrong));
  assert(wrong.length > 5 && wrong.at(-1)! >= 1);
  assertEquals(wrong, wrong.toSorted((a, b) => b - a));
});

Deno.test("a run that did not come to its end gives no hard rows, and says so once", () => {
  const trace: Trace = { ...banking.trace, run: { ...banking.trace.run, status: "aborted" } };
  const { rows, quarantined: left } = makeHardRows({ ...banking, trace });
  assertEquals([rows.length, left.map(({ kind, reason }) => [kind, reason])], [
    0,
    [["hard", "run-not-completed"]],
  ]);
});
