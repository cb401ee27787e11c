// deno-lint-ignore-file no-explicit-any -- what is changed is blame that no longer holds
import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { parseBlame } from "../../../review/blame/reading.ts";
import { planBlame } from "../../../review/blame/blaming.ts";
import { blame } from "../report/blame_fixture.ts";
import { fewBanking, otherBanking, record } from "../fork/fork_fixture.ts";

Deno.test("blame is the same after it was written and read", async () => {
  assertEquals(parseBlame(`${JSON.stringify(blame)}\n`, "it"), blame);
  const trace = await record(fewBanking, { maxIterations: 1 });
  const [{ id }] = otherBanking.examples;
  const options = { seeds: 0, budget: 0, example: id };
  const plan = await planBlame(trace, { data: fewBanking, test: otherBanking }, options);
  const computed = await plan.run();
  assertEquals(parseBlame(JSON.stringify(computed), "it"), computed);
});

Deno.test("each field is checked, and what is wrong is named", () => {
  const refuse = (change: (blame: Record<string, any>) => void, expected: string) => {
    const changed = structuredClone(blame) as Record<string, any>;
    change(changed);
    const text = JSON.stringify(changed);
    assertThrows(() => parseBlame(text, "it"), TypeError, `Cannot read it: ${expected}`);
  };
  refuse((one) => one.format = "ruletrace", "it is not a blame file");
  refuse((one) => one.version = 2, "field version: ");
  refuse((one) => one.seeds.rank = 1e300, "field seeds.rank: ");
  refuse((one) => one.seeds.seeds = [], "field seeds.seeds: ");
  refuse((one) => one.f1 = 1.5, "field f1: ");
  refuse((one) => one.path.steps[1].gained[0] = {}, "field path.steps[1].gained[0]: ");
  refuse((one) => one.forks.trials[0].evidence = "proof", "field forks.trials[0].evidence: ");
  refuse((one) => one.forks.trials[0].change.to = "maybe", "field forks.trials[0].change.to: ");
  refuse((one) => one.forks.trials[2].isRepeated = false, "field forks.trials[2].isRepeated: ");
  refuse((one) => one.rules.rules[0].credit.error = -1e99, "field rules.rules[0].credit.error: ");
  refuse((one) => one.prediction.extra = 1, "field prediction: ");
  refuse((one) => one.run.id = "../up", "field run.id: ");
  refuse((one) => delete one.left, "field left: ");
});

Deno.test("a text that is too long or too deep is not looked at", () => {
  assertThrows(() => parseBlame(" ".repeat(50_000_001), "it"), SyntaxError, "at most 50000000");
  assertThrows(() => parseBlame("[".repeat(99), "it"), SyntaxError, "nested deeper");
  assertThrows(() => parseBlame("[]", "it"), TypeError, "it is not a blame file");
});
