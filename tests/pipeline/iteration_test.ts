import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import { findFailures } from "../../learn/score/scoring.ts";
import type { Patch, PatchState } from "../../learn/synthesizer.ts";
import { rulesAt } from "../../trace.ts";
import {
  card,
  fee,
  idOf,
  learn,
  lone,
  many,
  names,
  propose,
  rate,
  stepsOf,
  stub,
  wide,
} from "./fixture.ts";

Deno.test("a patch that raises F1 is accepted by that clause, with its cluster named", async () => {
  const { trace, stop, rules } = await learn({
    synthesizer: stub({ added: [card, fee] }, { added: [rate] }),
  });
  const [{ verdict, clause, before, after, best, failures }] = stepsOf(trace, "iteration");
  assertEquals({ verdict, clause, best }, { verdict: "accepted", clause: "f1", best: true });
  assertEquals([before.on, before.tp, after.tp], ["train", 6, 10]);
  assertEquals(failures.count, 4);
  const [{ expected, predicted, count, rules: added }] = failures.clusters;
  assertEquals([expected, predicted, count], ["rate", null, 4]);
  assertEquals(added, [idOf(rate)]);
  assertEquals([stop, rules.length], ["no-failures", 3]);
});

Deno.test("a patch that keeps F1 and raises precision is accepted by that clause", async () => {
  const { trace, rules } = await learn({
    synthesizer: stub({ added: [rate, lone, wide] }, { removed: [idOf(wide)] }),
    tolerance: 0,
  });
  const [{ verdict, clause, before, after }] = stepsOf(trace, "iteration");
  assertEquals([verdict, clause], ["accepted", "precision"]);
  assertEquals(before.f1, after.f1);
  assert(before.precision! < after.precision!);
  assertEquals(names(rules), ["rate/rate", "card/card one"]);
});

Deno.test("a patch that raises precision may cost F1 up to the tolerance, and no more", async () => {
  const synthesizer = stub(
    { added: [rate, propose("card", "one|two", { weight: 0.5 })] },
    ({ rules }) => ({ removed: [rules[1].id] }),
  );
  const verdicts = async (tolerance: number) => {
    const [{ verdict, clause }] = stepsOf(
      (await learn({ synthesizer, tolerance })).trace,
      "iteration",
    );
    return [verdict, clause];
  };
  // F1 falls from 12/18 to 8/14.
  const loss = 12 / 18 - 8 / 14;
  assertEquals(await verdicts(loss + 0.001), ["accepted", "precision"]);
  assertEquals(await verdicts(loss - 0.001), ["rejected", undefined]);
});

Deno.test("a patch that raises precision at the price of F1 is rejected by default", async () => {
  const { trace, rules } = await learn({
    synthesizer: stub({ added: [card, rate, wide] }, { removed: [idOf(rate), idOf(wide)] }),
  });
  const [{ verdict, before, after }] = stepsOf(trace, "iteration");
  assertEquals(verdict, "rejected");
  assert(after.precision! > before.precision! && after.f1! < before.f1!);
  assertEquals(rules.length, 3);
});

Deno.test("a patch that changes no decision is rejected", async () => {
  const reweighted = [{ rule: idOf(card), weight: 3 }];
  const { trace, rules } = await learn({ synthesizer: stub({ added: [card] }, { reweighted }) });
  const [step] = stepsOf(trace, "iteration");
  assertEquals([step.verdict, step.patch.reweighted, step.reweighted], ["rejected", 1, undefined]);
  assertEquals(rules, [createRule(card)]);
});

Deno.test("a patch that is rejected leaves the rules as they were", async () => {
  const changes: Patch = {
    added: [propose("fee", "card", { weight: 5 })],
    removed: [idOf(rate)],
    reweighted: [{ rule: idOf(card), weight: 2 }],
  };
  const shown: (readonly Rule[])[] = [];
  const { trace, rules } = await learn({
    synthesizer: stub({ added: [card, rate] }, changes, ({ rules }) => {
      shown.push(rules);
      return {};
    }),
  });
  assertEquals(stepsOf(trace, "iteration")[0].verdict, "rejected");
  const before = [card, rate].map(createRule);
  assertEquals(shown, [before]);
  assertEquals(rulesAt(trace, 1), before);
  assertEquals(rules, before);
});

Deno.test("a patch with nothing in it is empty, one that throws has failed; the run goes on", async () => {
  const { trace, stop } = await learn({
    synthesizer: stub({ added: [card] }, {}, new RangeError("no answer"), { added: [rate] }),
    patience: 3,
  });
  const [empty, failed, accepted] = stepsOf(trace, "iteration");
  assertEquals([empty.verdict, empty.error], ["empty", undefined]);
  assertEquals([failed.verdict, failed.error], [
    "failed",
    { name: "RangeError", message: "no answer" },
  ]);
  assertEquals(accepted.verdict, "accepted");
  assertEquals(stop, "stale");
});

Deno.test("a patch whose changes are all refused is empty, and an answer that is not a patch has failed", async () => {
  const { trace } = await learn({
    synthesizer: stub({ added: [card] }, { removed: ["r000000000000"] }, () => 5 as Patch),
  });
  const [empty, failed] = stepsOf(trace, "iteration");
  assertEquals([empty.verdict, empty.patch.refused.map(({ code }) => code)], [
    "empty",
    ["unknown-rule"],
  ]);
  assertEquals([failed.verdict, failed.error?.name], ["failed", "TypeError"]);
});

Deno.test("a synthesizer sees the rules of the patches that were rejected since the last accepted one", async () => {
  const seen: string[][][] = [];
  const answer = (patch: Patch) => ({ rejected }: PatchState) => {
    seen.push(rejected.map(names));
    return patch;
  };
  const [bad, worse] = [
    propose("fee", "card", { weight: 5 }),
    propose("fee", "rate", { weight: 5 }),
  ];
  await learn({
    synthesizer: stub(
      { added: [card, rate] },
      answer({ added: [bad] }),
      answer({ replaced: [{ from: idOf(rate), to: worse }] }),
      answer({ added: [propose("fee", "fee one")] }),
      answer({ added: [bad, fee] }),
    ),
    patience: 3,
    maxIterations: 4,
  });
  assertEquals(seen, [[], [["fee/card"]], [["fee/card"], ["fee/rate"]], []]);
});

Deno.test("a synthesizer sees the failures of the rules as it would find them itself", async () => {
  const seen: [PatchState["failures"], PatchState["failures"]][] = [];
  const look = ({ failures, matches, rules, task }: PatchState): Patch => {
    seen.push([failures, findFailures(matches, rules, task)]);
    return { added: [fee] };
  };
  for (const options of [{ margin: 2 }, { decide: "first", default: "majority" }] as const) {
    await learn({ synthesizer: stub({ added: [card, wide] }, look, look), ...options }, many);
  }
  assert(seen.length > 2);
  for (const [failures, expected] of seen) assertEquals(failures, expected);
});
