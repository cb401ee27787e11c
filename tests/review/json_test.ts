import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createDataset } from "../../learn/data/dataset.ts";
import { compareTraces } from "../../review/compare.ts";
import { readHistory } from "../../review/history.ts";
import { toJson } from "../../script/terminal.ts";
import { explainRule, readTrace } from "../../trace.ts";
import { many } from "../pipeline/fixture.ts";
import { completed, failed, running } from "../print/print_fixture.ts";
import { importOne, start } from "../rulechef/log/importing.ts";
import { hostileTraces, twoRuns } from "./compare/fixture.ts";
import { ComparisonShape, HistoryShape, RuleLifeShape } from "./json_shapes.ts";

/** Every trace here, of runs that ended in all ways. */
const traces = [
  completed,
  failed,
  running,
  ...hostileTraces(),
  ...await twoRuns(),
  (await importOne(start)).trace,
  await readTrace("examples/banking.trace.json"),
];

const print = (value: unknown): unknown => JSON.parse(toJson(value));

Deno.test("a comparison is printed in its documented shape, whatever the runs and what is asked", () => {
  const dataset = createDataset({ ...many, name: "probe" });
  const gates = new Set<string>();
  for (const [place, before] of traces.entries()) {
    // Itself, a run of the same kind, and one of another.
    for (const after of [0, 1, 4].map((step) => traces[(place + step) % traces.length])) {
      const isOfLabels = before.run.dataset.task === "classification" &&
        after.run.dataset.task === "classification";
      const asked = {
        minF1: 50,
        minLabelF1: 50,
        failOn: "warn",
        ...isOfLabels && { data: { dataset } },
      } as const;
      for (const options of [{}, asked]) {
        const comparison = compareTraces(before, after, options);
        assertEquals(ComparisonShape.parse(print(comparison)), print(comparison));
        gates.add(comparison.gate);
      }
    }
  }
  assertEquals([...gates].sort(), ["fine", "incomparable", "worse"]);
  const [trace] = traces;
  const more = { ...compareTraces(trace, trace), more: 1 };
  assertThrows(() => ComparisonShape.parse(print(more)), Error, "more");
});

Deno.test("the life of any rule is printed in its documented shape", () => {
  const kinds = new Set<string>();
  for (const trace of traces) {
    for (const id of Object.keys(trace.rules)) {
      const life = explainRule(trace, id);
      assertEquals(RuleLifeShape.parse(print(life)), print(life));
      for (const { kind } of life.events) kinds.add(kind);
    }
  }
  assert(kinds.size >= 10, [...kinds].join());
});

Deno.test("a list of runs is printed in its documented shape", async () => {
  const history = await readHistory("examples");
  assertEquals(HistoryShape.parse(print(history)), print(history));
});
