import { assert, assertAlmostEquals, assertEquals } from "jsr:@std/assert@^1";
import { readDataset } from "../../../learn/data/dataset.ts";
import { scoreRules } from "../../../learn/score/scoring.ts";
import { blameRules } from "../../../review/blame/rules.ts";
import { endRules, testRun } from "../../../review/blame/tested.ts";
import { readTrace } from "../../../trace.ts";
import {
  broad,
  card,
  dataset,
  makePatch,
  makeRule,
  makeRun,
  makeSynthesis,
  rate,
  spanDataset,
  spanRun,
} from "./fixture.ts";

Deno.test("each rule has what it does alone and together, and the step that brought it", () => {
  const again = makeRule("rat.", "exchange");
  const trace = makeRun([rate, again, card, broad], [
    makeSynthesis([rate, card]),
    makePatch(1, { added: [again, broad] }),
    makePatch(2, { removed: [again] }),
    { type: "restore", to: 1, before: {}, after: {} },
  ]);
  const { rules, shared } = blameRules(testRun(trace, dataset));
  const [first, second, third, fourth] = [rate, card, again, broad].map(({ id }, at) => {
    assertEquals(rules[at].rule, id);
    return rules[at];
  });
  assertEquals(rules.map(({ broughtBy, label }) => [broughtBy, label]), [
    [0, "exchange"],
    [0, "card"],
    [1, "exchange"],
    [1, "card"],
  ]);
  assertEquals(first.right, { count: 2, examples: ["e0", "e1"] });
  assertEquals(first.wrong, { count: 0, examples: [] });
  assertEquals(fourth.right, { count: 1, examples: ["e4"] });
  assertEquals(fourth.wrong, { count: 1, examples: ["e1"] });
  // Either of two rules alike can be left out, and both share what they do.
  assertEquals([first.without, third.without], [0, 0]);
  // Half of e0; of e1 a third, as the first of three rules.
  assertAlmostEquals(first.credit.credit, 1 / 2 + 1 / 3, 1e-12);
  assertAlmostEquals(third.credit.credit, first.credit.credit, 1e-12);
  assertAlmostEquals(second.credit.credit, 1, 1e-12);
  assertEquals(fourth.credit.helped, 1);
  assertAlmostEquals(fourth.credit.harmed, 2 / 3, 1e-12);
  assert(second.without < 0);
  assertEquals(shared, { exact: 6, sampled: 0, permutations: 500, seed: 1 });
});

Deno.test("credit adds up to the examples that are right, and leaving out is that of the scores", async () => {
  const test = await readDataset("examples/banking_test.jsonl");
  const run = testRun(await readTrace("examples/banking.trace.json"), test);
  const { rules } = blameRules(run, { permutations: 50, seed: 3 });
  const members = endRules(run);
  assertEquals(rules.map(({ rule }) => rule), members.map(({ id }) => id));
  const scores = scoreRules(run.matches, members, run.decision);
  assertEquals(rules.map(({ without }) => without), scores.map(({ marginal }) => 100 * marginal));
  rules.forEach(({ right, wrong, credit }, at) => {
    assertEquals([right.count, wrong.count], [scores[at].tp, scores[at].fp]);
    assert(right.examples.length === Math.min(20, right.count));
    assert(credit.helped <= right.count && credit.harmed <= wrong.count);
  });
});

Deno.test("rules that find spans are credited with the correct ones, less the spurious ones", () => {
  const { rules } = blameRules(testRun(spanRun, spanDataset));
  assertEquals(rules.map(({ broughtBy }) => broughtBy), [0, 1, 1]);
  assertEquals(rules.map(({ right, wrong }) => [right.examples, wrong.examples]), [
    [["s1"], ["s0"]],
    [["s0"], []],
    [["s0"], ["s1"]],
  ]);
  // The rule for a word stands in for nothing: without it, one of three gold spans is missed.
  assertAlmostEquals(rules[0].without, 100 * (4 / 6 - 6 / 7), 1e-12);
  // It spoils the first text in half of all orders: it finds a part of a name until the rule for the name comes.
  assertEquals(rules.map(({ credit }) => [credit.helped, credit.harmed]), [
    [1, 0.5],
    [1.5, 0],
    [1, 1],
  ]);
});

Deno.test("of no rules nothing is told", () => {
  assertEquals(blameRules(testRun(makeRun([], []), dataset)).rules, []);
});
