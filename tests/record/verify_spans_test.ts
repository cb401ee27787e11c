import { assert, assertEquals } from "jsr:@std/assert@^1";
import { verifyTrace } from "../../trace.ts";
import { idOf, learn, propose, stub } from "../pipeline/fixture.ts";
import { chain, forge, indexOf, refuse, stepOf } from "./forging.ts";
import { createScores } from "./generate_run.ts";

const cityAt = (start: number) => ({ start, end: start + 4, type: "city" });
const toCity = propose("city", "to (Rome|Oslo|Ohio)", { group: 1 });
/** A run on spans: it finds three of four spans, and one that is not gold. */
const { trace: spans } = await learn({
  synthesizer: stub({ added: [toCity] }, { added: [propose("city", "York")] }),
}, {
  name: "spans",
  examples: [
    { id: "a", text: "to Rome, to Oslo", entities: [cityAt(3), cityAt(12)] },
    { id: "b", text: "or Rome to Ohio", entities: [cityAt(3)] },
    { id: "c", text: "to Oslo again", entities: [cityAt(3)] },
  ],
});

Deno.test("a trace of spans verifies", () => {
  verifyTrace(chain(spans));
  const [synthesis, iteration] = spans.steps;
  assert(synthesis.type === "synthesis" && iteration.type === "iteration");
  const { tp, fp, fn, exact } = synthesis.scores;
  assertEquals([tp, fp, fn, exact], [3, 1, 1, 2 / 3]);
  assertEquals(iteration.failures.clusters.length, 2);
});

Deno.test("scores of spans that do not add up are refused", () => {
  const [synthesis] = spans.steps;
  assert(synthesis.type === "synthesis");
  const { scores } = synthesis;
  const cases: [object, string][] = [
    [{ exact: 0.5 }, "has exact 0.5, but its counts give 0.66"],
    [{ exact: 1 }, "counts fp 1 and fn 1, but 0 wrong examples"],
    [{ exact: 0 }, "counts fp 1 and fn 1, but 3 wrong examples"],
    [{ fp: 2 }, "has precision 0.75, but its counts give 0.6"],
    [{ fn: 0 }, "has recall 0.75, but its counts give 1"],
    [{ examples: 4 }, "is scored on 4 examples of train, which has 3"],
    [{ ...createScores("train", 3, 0, 0), exact: 2 / 3 }, "but 1 wrong examples"],
  ];
  for (const [change, message] of cases) {
    refuse(forge(0, { scores: { ...scores, ...change } }, spans), message, 0);
  }
});

Deno.test("failures that cannot be are refused", () => {
  const [, iteration] = spans.steps;
  assert(iteration.type === "iteration");
  const { failures } = iteration;
  const [first, ...others] = failures.clusters;
  const forged = (change: object) => {
    return forge(
      1,
      { failures: { ...failures, clusters: [{ ...first, ...change }, ...others] } },
      spans,
    );
  };
  refuse(forged({ expected: null, predicted: null }), "that expects and predicts nothing", 1);
  refuse(forged({ expected: "city", predicted: "city" }), "that predicts what it expects", 1);
  const twice = forge(1, {
    failures: { count: 3, clusters: [{ ...first, count: 2, examples: ["b", "b"] }] },
  }, spans);
  refuse(twice, "lists an example of a cluster twice", 1);
  const index = indexOf("iteration");
  const labelled = stepOf("iteration").failures;
  const clusters = labelled.clusters.map((cluster) => ({ ...cluster, expected: null }));
  const message = "has a cluster of failures without an expected label";
  refuse(forge(index, { failures: { ...labelled, clusters } }), message, index);
});

Deno.test("a rule whose group or template was changed does not fit its id", () => {
  const id = idOf(toCity);
  const { group: _, ...whole } = spans.rules[id];
  const template = { text: "$1" };
  for (const rule of [{ ...whole, group: 2 }, whole, { ...whole, template }]) {
    const changed = chain({ ...spans, rules: { ...spans.rules, [id]: rule } });
    refuse(changed, `rule ${id} does not fit its id: it was changed`);
  }
});
