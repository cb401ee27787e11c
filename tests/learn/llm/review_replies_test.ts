import { resolveRule } from "../../../learn/llm/replies.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { createAgenticCoordinator } from "../../../learn/llm/coordinator.ts";
import { RefusedReply } from "../../../learn/llm/calls.ts";
import { createRule } from "../../../learn/rules/rule.ts";
import { createSituation, fixture, rules, scripted, train } from "./coordinator_fixture.ts";

Deno.test("a critique has ids and names in place of the numbers of rules", async () => {
  const coordinator = createAgenticCoordinator({ chat: scripted(fixture) });
  const { review, tape } = createSituation();
  const critique = await coordinator.critique!(review(1));
  assertEquals(critique, {
    analysis:
      '"any card" takes every card for one that is late: see where is my card, it was due on monday.',
    advice: [
      { rule: rules[0].id, text: "Ask for a word of waiting." },
      { text: "No rule looks for fees." },
      { rule: "R77", text: "Too broad." },
    ],
    error: {
      name: "RefusedAdvice",
      message: "Of 4 pieces of advice 1 are not what was asked for",
    },
  });
  const [{ purpose, prompt, schema, outcome }] = tape;
  assertEquals({ purpose, prompt, schema, outcome }, {
    purpose: "critique",
    prompt: "critique-1",
    schema: "critique-1",
    outcome: "parsed",
  });
});

Deno.test("an empty guidance counts as no guidance", async () => {
  const chat = scripted({ "guidance-1": [{ guidance: "  ", stop: false }] });
  const { review } = createSituation();
  assertEquals(await createAgenticCoordinator({ chat }).guide!(review(1)), { stop: false });
});

Deno.test("an audit maps numbers to rules, and keeps unknown references", async () => {
  const chat = scripted(fixture);
  const { audit } = createSituation();
  const actions = await createAgenticCoordinator({ chat }).audit!(audit("final"));
  assertEquals(actions, [
    {
      kind: "merge",
      from: [rules[0].id, rules[1].id],
      to: {
        name: "card waiting",
        label: "card",
        flags: "i",
        patterns: [String.raw`\bcards?\b|\bwaiting\b`],
        weight: 1.5,
        priority: 3,
        precision: 0.75,
        support: 4,
      },
      reason: '"waiting" says what "any card" says',
    },
    { kind: "remove", from: ["R99"], reason: "useless" },
    {
      kind: "tighten",
      from: [rules[2].id],
      to: {
        name: "broken",
        label: "rate",
        flags: "i",
        patterns: [String.raw`(\brates`],
        priority: 0,
      },
      reason: "too broad",
    },
    {
      kind: "change",
      from: [rules[2].id],
      reason: 'invalid-action: "split": kind: Invalid option: ' +
        'expected one of "merge"|"remove"|"tighten"',
    },
  ]);
});

Deno.test("an action may name rules by number, id or name", async () => {
  const names = ["R1", "r2", "3", 3, rules[0].id, "waiting", "R0", "R4", "constructor"];
  const actions = names.map((name) => ({ kind: "remove", rules: [name], rule: null, reason: "" }));
  const chat = scripted({ "audit-1": [{ actions }] });
  const { audit } = createSituation();
  const proposals = await createAgenticCoordinator({ chat }).audit!(audit("final"));
  const [card, waiting, rates] = rules.map(({ id }) => id);
  const expected = [card, waiting, rates, rates, card, waiting, "R0", "R4", "constructor"];
  assertEquals(proposals!.flatMap(({ from }) => from), expected);
  assertEquals(proposals![0].reason, "no reason given");
});

Deno.test("R1 means the rule of that name, if there is one, but a bare 1 means the first rule", () => {
  const listed = ["x", "R1", "1"].map((name) => ({ ...rules[0], id: `id-${name}`, name }));
  const resolved = ["R1", "R2", "1", "R9"].map((reference) => resolveRule(reference, listed));
  assertEquals(resolved, ["id-R1", "id-R1", "id-x", "R9"]);
});

Deno.test("the texts of a reply are cut, well-formed and without control characters", async () => {
  const text = `\u001b[2J\ud83d ${"😀".repeat(3_000)}`;
  const advice = Array.from({ length: 21 }, () => ({ rule: `\u202e${"x".repeat(900)}`, text }));
  const action = { kind: "remove", rules: ["R1"], rule: null, reason: text };
  const chat = scripted({
    "critique-1": [{ analysis: text, advice }],
    "guidance-1": [{ guidance: text, stop: false }],
    "audit-1": [{ actions: Array.from({ length: 51 }, () => action) }],
  });
  const coordinator = createAgenticCoordinator({ chat });
  const { review, audit } = createSituation();
  const critique = await coordinator.critique!(review(1));
  const guidance = await coordinator.guide!(review(1));
  const actions = await coordinator.audit!(audit("final"));
  assertEquals(critique!.advice.length, 20);
  const texts = [
    critique!.analysis,
    critique!.advice[0].text,
    guidance!.guidance!,
    actions![0].reason,
  ];
  for (const text of [...texts, critique!.advice[0].rule!]) {
    assert(text.isWellFormed() && text.length <= 2_000 && !/\p{Cc}|\u202e/u.test(text));
    assert(text.endsWith("…"));
  }
  assertEquals(
    critique!.error?.message,
    "Of 21 pieces of advice 1 are over the limit of 20",
  );
  assertEquals(actions!.map(({ kind }) => kind), [...Array(50).fill("remove"), "change"]);
  assertEquals(actions!.at(-1), {
    kind: "change",
    from: [rules[0].id],
    reason: 'over-limit: "remove": at most 50 actions are looked at',
  });
});

for (
  const [method, reply, why] of [
    ["critique", { advice: [] }, "it is not what was asked for at analysis"],
    ["critique", "I'd rather not.", "it holds no JSON object"],
    ["guide", {}, "expected guidance or stop"],
    ["guide", { stop: "yes" }, "it is not what was asked for at stop"],
    ["audit", { actions: "none" }, "it is not what was asked for at actions"],
    ["audit", { __proto__: null, rules: [] }, "it is not what was asked for at actions"],
  ] as const
) {
  Deno.test(`a ${method} of another form is refused: ${JSON.stringify(reply)}`, async () => {
    const kind = method === "guide" ? "guidance-1" : `${method}-1`;
    const coordinator = createAgenticCoordinator({ chat: scripted({ [kind]: [reply] }) });
    const { review, audit, tape } = createSituation();
    const ask = async () => {
      await (method === "audit"
        ? coordinator.audit!(audit("final"))
        : coordinator[method]!(review(1)));
    };
    const { message } = await assertRejects(ask, RefusedReply);
    assertStringIncludes(message, why);
    assertEquals(tape.map(({ outcome }) => outcome), ["refused"]);
    assertStringIncludes(tape[0].why!, why);
  });
}

Deno.test("an audit that breaks off keeps its complete actions", async () => {
  const text = JSON.stringify(fixture["audit-1"][0]);
  const chat = scripted({ "audit-1": [text.slice(0, text.indexOf('{"kind":"tighten"') + 40)] });
  const { audit, tape } = createSituation();
  const actions = await createAgenticCoordinator({ chat }).audit!(audit("final"));
  assertEquals(actions!.map(({ kind }) => kind), ["merge", "remove"]);
  assertEquals(tape[0].outcome, "repaired");
});

Deno.test("actions of another form are recorded with the rules that they name, and the reason", async () => {
  const actions = [
    { kind: "split", rules: ["R3", "R99"], rule: { name: "\u001b[2Jhalf" }, reason: "x" },
    { kind: "remove", rules: Array(201).fill("R1"), rule: null, reason: "x" },
    { kind: "remove", rules: "R1", rule: null, reason: "x" },
    "remove R1",
    null,
  ];
  const chat = scripted({ "audit-1": [{ actions }] });
  const { audit, tape } = createSituation();
  const proposals = (await createAgenticCoordinator({ chat }).audit!(audit("final")))!;
  assertEquals(proposals.map(({ kind }) => kind), Array(5).fill("change"));
  assertEquals(proposals.map(({ from }) => [...new Set(from)]), [
    [rules[2].id, "R99"],
    [rules[0].id],
    [],
    [],
    [],
  ]);
  assertStringIncludes(proposals[0].reason, 'invalid-action: "split": " [2Jhalf": kind: ');
  for (const { reason } of proposals) assertStringIncludes(reason, "invalid-action: ");
  assertEquals(tape[0].outcome, "parsed");
});

Deno.test("the weight of a merged rule is rounded", async () => {
  const set = [1, 1, 2].map((weight, place) =>
    createRule({ name: `n${place}`, label: "card", patterns: [`card ${place}`], weight })
  );
  const rule = { name: "all", patterns: ["card"], not: [], flags: "" };
  const actions = [{ kind: "merge", rules: ["R1", "R2", "R3"], rule, reason: "x" }];
  const { audit } = createSituation(train, set);
  const [action] = (await createAgenticCoordinator({ chat: scripted({ "audit-1": [{ actions }] }) })
    .audit!(audit("final")))!;
  assertEquals(action.kind === "merge" && action.to.weight, 1.333333);
});
