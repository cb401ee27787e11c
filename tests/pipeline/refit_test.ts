import { assertEquals } from "jsr:@std/assert@^1";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import type { RefitState } from "../../learn/synthesizer.ts";
import {
  all,
  auditing,
  card,
  fee,
  idOf,
  learn,
  many,
  names,
  propose,
  rate,
  refitting,
  stepsOf,
  stub,
  types,
} from "./fixture.ts";

Deno.test("a refit learns on all examples, and is recorded and scored on them", async () => {
  const states: RefitState[] = [];
  const { trace, rules, scores } = await learn({
    synthesizer: refitting((state) => {
      states.push(state);
      return {
        added: [propose("card", "card a")],
        removed: [idOf(fee)],
        reweighted: [{ rule: idOf(rate), weight: 2 }],
      };
    }),
  }, many);
  assertEquals(types(trace), ["synthesis", "refit", "final"]);
  const [{ added, removed, reweighted, scores: refitted, proposed }] = stepsOf(trace, "refit");
  assertEquals([proposed, added, removed], [1, [idOf(propose("card", "card a"))], [idOf(fee)]]);
  assertEquals(reweighted, [{ rule: idOf(rate), weight: 2 }]);
  assertEquals([refitted.on, refitted.examples, refitted.tp], ["all", 30, 20]);
  assertEquals(Object.keys(scores), ["all"]);
  assertEquals(scores.all, refitted);
  assertEquals(names(rules), ["card/card", "rate/rate", "card/card a"]);
  const [{ examples, rules: shown, matches }] = states;
  assertEquals(new Set(examples.map(({ id }) => id)).size, 30);
  assertEquals([names(shown), matches.of(idOf(card)).length], [names(all.map(createRule)), 10]);
});

Deno.test("a refit sees what was accepted, and which rules audit and pruning took out", async () => {
  const states: RefitState[] = [];
  const needless = propose("rate", "rate a", { weight: 0.1 });
  const useless = propose("rate", "zebra");
  await learn({
    synthesizer: {
      ...stub({ added: [card, needless, useless] }, { added: [rate, fee] }),
      refit(state) {
        states.push(state);
        return {};
      },
    },
    coordinator: auditing(() => [{ kind: "remove", from: [idOf(useless)], reason: "" }]),
    maxRules: 3,
  }, many);
  assertEquals(states[0].accepted, [{ added: 2, reweighted: 0 }]);
  assertEquals(names(states[0].dropped), ["rate/zebra", "rate/rate a"]);
});

Deno.test("the budget holds after a refit that adds", async () => {
  const { rules, trace, scores } = await learn({
    synthesizer: refitting(() => ({ added: [propose("card", "card a", { weight: 0.1 })] })),
    maxRules: 3,
  }, many);
  assertEquals(types(trace), ["synthesis", "refit", "prune", "final"]);
  const [{ dropped, after }] = stepsOf(trace, "prune");
  assertEquals(dropped.map(({ reason }) => reason), ["budget"]);
  assertEquals([names(rules), scores.all], [names(all.map(createRule)), after]);
  assertEquals(after.on, "all");
});

Deno.test("no refit happens if no example is held out, or with refit: false", async () => {
  const synthesizer = refitting(() => {
    throw new Error("asked");
  });
  assertEquals(types((await learn({ synthesizer })).trace), ["synthesis", "final"]);
  const { trace, scores } = await learn({ synthesizer, refit: false }, many);
  assertEquals(types(trace), ["synthesis", "final"]);
  assertEquals([Object.keys(scores), scores.train!.examples, scores.dev!.examples], [
    ["train", "dev"],
    24,
    6,
  ]);
});

Deno.test("a first patch or a refit cannot do what its step cannot record", async () => {
  const { trace, rules } = await learn({
    synthesizer: refitting(
      () => ({ replaced: [{ from: idOf(card), to: propose("card", "car") }] }),
      { removed: [idOf(card)], replaced: [{ from: idOf(rate), to: fee }], added: [rate] },
    ),
    rules: [card, fee],
  }, many);
  const [{ start, added, refused, proposed }] = stepsOf(trace, "synthesis");
  assertEquals([start, added, proposed], [[idOf(card), idOf(fee)], [idOf(rate)], 3]);
  assertEquals(refused.map(({ name, code }) => [name, code]), [
    [idOf(card), "invalid-rule"],
    ["fee/fee", "invalid-rule"],
  ]);
  assertEquals(stepsOf(trace, "refit")[0].refused.map(({ name }) => name), ["card/car"]);
  assertEquals(names(rules), ["card/card", "fee/fee", "rate/rate"]);
});

Deno.test("an incremental run goes on from its rules without a synthesis", async () => {
  const { trace, rules } = await learn({
    synthesizer: stub(new Error("asked"), { added: [fee] }),
    rules: [card, rate, card],
    incremental: true,
  });
  const [{ start, proposed, added }] = stepsOf(trace, "synthesis");
  assertEquals([start, proposed, added], [
    [idOf(card), idOf(rate), `${idOf(card)}-2`],
    0,
    [],
  ]);
  assertEquals(trace.run.config.incremental, true);
  assertEquals(names(rules).filter((name) => name === "card/card").length, 2);
});

Deno.test("a synthesizer gets the rules that a run begins with, and may reweight them", async () => {
  const received: (readonly Rule[])[] = [];
  const { trace, rules } = await learn({
    synthesizer: {
      ...stub({}),
      synthesize(_task, _train, start) {
        received.push(start);
        return { added: [rate, card], reweighted: [{ rule: idOf(card), weight: 4 }] };
      },
    },
    rules: [card],
  });
  assertEquals(received, [[createRule(card)]]);
  const [{ reweighted, refused }] = stepsOf(trace, "synthesis");
  assertEquals(reweighted, [{ rule: idOf(card), weight: 4 }]);
  assertEquals(refused.map(({ code }) => code), ["duplicate"]);
  assertEquals(rules[0], { ...createRule(card), weight: 4 });
  assertEquals(trace.rules[idOf(card)], createRule(card));
});
