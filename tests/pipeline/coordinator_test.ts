import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import type { Coordinator } from "../../learn/coordinator.ts";
import { createRule } from "../../learn/rules/rule.ts";
import { rulesAt } from "../../trace.ts";
import {
  all,
  auditing,
  card,
  fail,
  fee,
  few,
  idOf,
  learn,
  names,
  propose,
  rate,
  silent,
  stepsOf,
  stub,
  types,
} from "./fixture.ts";

Deno.test("a critique is recorded, and guidance reaches the synthesizer and the record", async () => {
  const guided: (string | undefined)[] = [];
  const { trace } = await learn({
    synthesizer: stub({ added: [card] }, ({ guidance }) => {
      guided.push(guidance);
      return {};
    }),
    coordinator: silent({
      critique: () => ({ analysis: "thin", advice: [{ rule: idOf(card), text: "tighten" }] }),
      guide: () => Promise.resolve({ guidance: "look at rates" }),
    }),
    patience: 1,
  });
  assertEquals(guided, ["look at rates"]);
  const [critique] = stepsOf(trace, "critique");
  assertEquals([critique.analysis, critique.advice, critique.error], [
    "thin",
    [{ rule: idOf(card), text: "tighten" }],
    undefined,
  ]);
  assertEquals(stepsOf(trace, "iteration")[0].guidance, "look at rates");
});

Deno.test("what a coordinator throws or says wrong is recorded, and the run goes on", async () => {
  const broken = (value: unknown) => () => value as undefined;
  const thrown = () => {
    throw new RangeError("no answer");
  };
  const failing: [Omit<Coordinator, "name">, string][] = [
    [{ critique: thrown }, "RangeError"],
    [{ critique: broken({ analysis: 1, advice: [] }) }, "TypeError"],
    [{ critique: broken("well") }, "TypeError"],
    [{ guide: thrown }, "RangeError"],
    [{ guide: broken({ guidance: 5 }) }, "TypeError"],
    [{ guide: () => Promise.reject("just text") }, "Error"],
  ];
  for (const [methods, name] of failing) {
    const { trace, rules } = await learn({
      synthesizer: stub({ added: [card] }, { added: [rate, fee] }),
      coordinator: silent(methods),
    });
    assertEquals(types(trace), ["synthesis", "critique", "iteration", "final"]);
    assertEquals(stepsOf(trace, "critique")[0].error?.name, name);
    assertEquals(rules.length, 3);
  }
  for (const audit of [thrown, broken([{ kind: "split" }]), broken(5)]) {
    const { trace, rules } = await learn({
      synthesizer: stub({ added: all }),
      coordinator: silent({ audit }),
    });
    const [{ verdict, actions, error }] = stepsOf(trace, "audit");
    assertEquals([verdict, actions, error !== undefined], ["none", [], true]);
    assertEquals(rules.length, 3);
  }
  for (const nothing of [undefined, null]) {
    const quiet = broken(nothing);
    const coordinator = silent({ critique: quiet, guide: quiet, audit: quiet });
    const { trace } = await learn({
      synthesizer: stub({ added: [card] }),
      coordinator,
      patience: 2,
    });
    assertEquals(types(trace), ["synthesis", "iteration", "iteration", "final"]);
  }
});

for (const phase of ["refine", "final"] as const) {
  const base = {
    synthesizer: stub({ added: [card] }, { added: [rate, propose("rate", "rate o")] }),
  };

  Deno.test(`a ${phase} audit that keeps F1 is kept`, async () => {
    const coordinator = auditing(([, rate, other]) => [
      { kind: "merge", from: [rate.id, other.id], to: propose("rate", "rates?"), reason: "alike" },
    ], phase);
    const { trace, rules } = await learn({ ...base, coordinator });
    const [audit, ...others] = stepsOf(trace, "audit");
    assertEquals([audit.phase, audit.verdict, others.length], [phase, "kept", 0]);
    assertEquals(audit.actions[0].to, idOf(propose("rate", "rates?")));
    assertEquals(names(rules), ["card/card", "rate/rates?"]);
  });

  Deno.test(`a ${phase} audit that lowers F1 is reverted`, async () => {
    const coordinator = auditing(([card]) => [
      { kind: "remove", from: [card.id], reason: "old" },
      { kind: "tighten", from: ["r000000000000"], to: fee, reason: "wide" },
    ], phase);
    const { trace, rules } = await learn({ ...base, coordinator });
    const [{ verdict, before, after, actions, index }] = stepsOf(trace, "audit");
    assertEquals([verdict, after.f1! < before.f1!], ["reverted", true]);
    assertEquals(actions.map(({ outcome }) => outcome), ["applied", "skipped"]);
    assertEquals(rulesAt(trace, index), rulesAt(trace, index - 1));
    assert(names(rules).includes("card/card"));
  });

  Deno.test(`a ${phase} audit that can do nothing has no verdict`, async () => {
    const coordinator = auditing(() => [
      { kind: "remove", from: ["whatever"], reason: "old" },
    ], phase);
    const { trace } = await learn({ ...base, coordinator });
    const [{ verdict, before, after, actions }] = stepsOf(trace, "audit");
    assertEquals([verdict, after], ["none", before]);
    assertEquals(actions[0].reason, "unknown-rule: whatever");
  });
}

Deno.test("an audit may make a rule and take it out again", async () => {
  const merged = propose("rate", "rate [ot]");
  const coordinator = auditing(([, one, other]) => [
    { kind: "merge", from: [one.id, other.id], to: merged, reason: "alike" },
    { kind: "remove", from: [idOf(merged)], reason: "needless" },
  ]);
  const { trace, rules } = await learn({
    synthesizer: stub({
      added: [rate, propose("rate", "rate o"), propose("rate", "rate t"), card, fee],
    }),
    coordinator,
  });
  assertEquals(stepsOf(trace, "audit")[0].verdict, "kept");
  assertEquals(trace.rules[idOf(merged)], createRule(merged));
  assertEquals(names(rules), ["rate/rate", "card/card", "fee/fee"]);
});

Deno.test("what critique, guidance, audit, refusals and errors quote of an example is its id", async () => {
  const text = "Where is the parcel with my new card?";
  const later = "Why was a fee charged on my statement?";
  const examples = [{ id: "parcel", text, label: "card" }, ...few.examples];
  const test = { name: "test", examples: [{ id: "statement", text: later, label: "fee" }] };
  const { trace } = await learn({
    synthesizer: stub(
      { added: [card, propose("card", `${text}(`), propose(text)] },
      new Error(`cannot place "${text}" and ${later}`),
      { removed: [text] },
    ),
    coordinator: silent({
      critique: () => ({ analysis: `see ${text}`, advice: [{ rule: text, text: later }] }),
      guide: () => ({ guidance: `more like "${text}"` }),
      audit: ({ phase }) =>
        phase === "refine" ? undefined : [
          { kind: "remove", from: [later], reason: "" },
          { kind: "tighten", from: [idOf(card)], to: propose("card", "car"), reason: `as ${text}` },
        ],
    }),
    test,
  }, { ...few, examples });
  const written = JSON.stringify(trace);
  assert(!written.includes(text) && !written.includes(later));
  const [critique] = stepsOf(trace, "critique");
  assertEquals([critique.analysis, critique.advice], [
    "see [parcel]",
    [{ rule: "[parcel]", text: "[statement]" }],
  ]);
  const [failed, empty] = stepsOf(trace, "iteration");
  assertEquals(failed.error?.message, 'cannot place "[parcel]" and [statement]');
  assertEquals(failed.guidance, 'more like "[parcel]"');
  assertEquals(empty.patch.refused[0].name, "[parcel]");
  for (const { code, detail } of stepsOf(trace, "synthesis")[0].refused) {
    assertEquals(code, "quote");
    assertStringIncludes(detail, '"parcel"');
  }
  const [{ actions }] = stepsOf(trace, "audit");
  assertEquals(actions.map(({ from, reason }) => [from, reason]), [
    [["[statement]"], "unknown-rule: [statement]"],
    [[idOf(card)], "as [parcel]"],
  ]);
});

Deno.test("a refused label that is the text of an example is recorded with its id", async () => {
  for (const gap of [" ", "\u202e", "\u2028", "\u0085", "\n"]) {
    const parcel = { id: "parcel", text: `where${gap}parcel`, label: "card" };
    const { trace } = await learn(
      { synthesizer: stub({ added: [card, { ...rate, label: parcel.text }] }), patience: 1 },
      { ...few, examples: [...few.examples, parcel] },
    );
    const [{ code, detail }] = stepsOf(trace, "synthesis")[0].refused;
    assertEquals([code, detail], ["unknown-label", 'no example has the label "[parcel]"']);
  }
});

Deno.test("guidance reaches the synthesizer as it is, quotes and all", async () => {
  const guidance = `look at "${few.examples[0].text}"`;
  let given: string | undefined;
  await learn({
    synthesizer: stub({ added: [card] }, (state) => {
      given = state.guidance;
      return {};
    }),
    coordinator: silent({ guide: () => ({ guidance }) }),
    patience: 1,
  });
  assertEquals(given, guidance);
});

Deno.test("an error of the synthesis that quotes an example is recorded with its id", async () => {
  const [{ text }] = few.examples;
  const examples = [
    { text: `${text}, said the customer`, label: "card", id: "e1" },
    ...few.examples,
  ];
  const thrown = new Error(`no rule for "${examples[0].text}"`);
  const { error, trace } = await fail({ synthesizer: stub(thrown) }, { ...few, examples });
  assert(error === thrown);
  assertEquals(stepsOf(trace, "failure")[0].error.message, 'no rule for "[e1]"');
});
