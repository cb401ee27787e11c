import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { learnRules } from "../../pipeline.ts";
import type { Proposal } from "../../learn/rules/rule.ts";
import { rulesOfTrace, verifyTrace, withTrace } from "../../trace.ts";
import { chain, refuse } from "../record/forging.ts";
import { auditing, card, fee, few, idOf, many, propose, rate, stub } from "./fixture.ts";

const own = propose("card", String.raw`\bplastic\b`, { weight: 2 });
const ACCEPTED = { kind: "verdict", step: 1, to: "accepted" } as const;
const lockedRule = { ...own, locked: true } as const;

Deno.test("a rule of one's own stays though no example has its word, and a locked one as it is", async () => {
  for (const rule of [own, lockedRule]) {
    for (const decide of ["vote", "first"] as const) {
      const { rules, trace } = await withTrace(learnRules)(many, { rules: [rule], decide });
      const found = rules.find(({ id }) => id === idOf(own));
      assertEquals(found?.weight, 2);
      assertEquals(trace.rules[idOf(own)].locked, rule.locked);
      assert(trace.steps.some(({ type }) => type === "refit"));
    }
  }
});

Deno.test("a span rule of one's own stays too", async () => {
  const examples = ["in Paris", "in Rome", "in Oslo", "at home", "in Bern", "in Kiel", "of late"]
    .map((text) => ({ text, spans: [...text.matchAll(/[A-Z]\w+/g)].map(([text]) => ({ text })) }));
  const rules = [{ name: "own", label: "span", patterns: ["Zanzibar"] }];
  const { trace } = await withTrace(learnRules)({ name: "few", examples }, { rules });
  assert(rulesOfTrace(trace).rules.some(({ name }) => name === "own"));
});

Deno.test("a rule that a run begins with goes if the examples contradict it, unless it is locked", async () => {
  const wrong = propose("fee", "card", { weight: 0.1 });
  const { rules } = await learnRules(many, { rules: [wrong] });
  assertEquals(rules.some(({ id }) => id === idOf(wrong)), false);
  const kept = await learnRules(many, { rules: [{ ...wrong, locked: true }] });
  assertEquals(kept.rules.find(({ id }) => id === idOf(wrong))?.weight, 0.1);
});

Deno.test("nothing that a synthesizer or an audit proposes changes a locked rule", async () => {
  const id = idOf(card);
  const reason = "because";
  const { rules, trace } = await withTrace(learnRules)(few, {
    synthesizer: stub(
      { added: [rate] },
      {
        added: [fee, { ...propose("fee", "fees"), locked: true }],
        removed: [id],
        replaced: [{ from: id, to: propose("card", "cards") }],
        reweighted: [{ rule: id, weight: 9 }],
      },
    ),
    coordinator: auditing(() => [
      { kind: "remove", from: [id], reason },
      { kind: "merge", from: [id, idOf(rate)], to: propose("card", "card|rate"), reason },
    ]),
    rules: [{ ...card, weight: 3, locked: true }],
    maxRules: 1,
  });
  const step = trace.steps.find((step) => step.type === "iteration")!;
  assertEquals(step.patch.refused.map(({ code }) => code), [
    "locked",
    "locked",
    "locked",
    "locked",
  ]);
  const audit = trace.steps.find((step) => step.type === "audit")!;
  assertEquals(audit.actions.map(({ reason }) => reason), [`locked: ${id}`, `locked: ${id}`]);
  assertEquals(rules.map(({ id, weight, locked }) => [id, weight, locked]), [[id, 3, true]]);
});

Deno.test("locked rules over the budget stay, and no others do", async () => {
  const rules = [card, fee].map((rule) => ({ ...rule, locked: true as const }));
  const { rules: left, trace } = await withTrace(learnRules)(many, { rules, maxRules: 1 });
  assertEquals(left.map(({ id }) => id), [idOf(card), idOf(fee)]);
  verifyTrace(trace);
  // No prune is due for them, so a run that is told to leave out its refit leaves out nothing else.
  const { index: step } = trace.steps.find(({ type }) => type === "refit")!;
  const change = [{ kind: "verdict", step, to: "skipped" }] as const;
  const parent = { digest: trace.digest, change };
  const told = await withTrace(learnRules)(many, { rules, maxRules: 1, parent });
  assertEquals(told.trace.steps.some(({ type }) => type === "refit"), false);
});

Deno.test("a trace that changes a locked rule, or brings one in, is refused", async () => {
  const { trace } = await withTrace(learnRules)(few, {
    synthesizer: stub({ added: [rate] }, {
      added: [fee],
      removed: [idOf(card)],
      reweighted: [{ rule: idOf(own), weight: 3 }],
    }),
    rules: [card, own],
    // The patch lowers F1.
    parent: { digest: `sha256:${"0".repeat(64)}`, step: 0, change: [ACCEPTED] },
  });
  const lock = (rule: Proposal) => {
    const id = idOf(rule);
    return chain({
      ...trace,
      rules: { ...trace.rules, [id]: { ...trace.rules[id], locked: true } },
    });
  };
  refuse(lock(rate), `brings in ${idOf(rate)}, which is locked`, 0);
  refuse(lock(card), `removes ${idOf(card)}, which is locked`, 1);
  refuse(lock(own), `changes the strengths of ${idOf(own)}, which is locked`, 1);
});

Deno.test("feedback is in the trace, and may not quote an example", async () => {
  const feedback = [{ text: "look for plastic", label: "card" }];
  const { trace } = await withTrace(learnRules)(few, { feedback });
  assertEquals(trace.run.feedback, feedback);
  const text = "I cannot find my plastic card";
  const examples = [...few.examples, { text, label: "card" }];
  for (
    const [one, problem] of [
      [{ text: `He wrote: ${text}` }, "Feedback 1 has 20 characters or more of the example"],
      [{ text: "fine", label: "other" }, 'Feedback 1 is about "other", which is not a label'],
    ] as const
  ) {
    await assertRejects(
      () => learnRules({ name: "few", examples }, { feedback: [one] }),
      RangeError,
      problem,
    );
  }
});
