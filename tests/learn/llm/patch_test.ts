import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { createMatches } from "../../../learn/score/matches.ts";
import { createRule } from "../../../learn/rules/rule.ts";
import {
  card,
  createTape,
  fee,
  places,
  placesTask,
  rate,
  replies,
  scriptChat,
  stateOf,
  task,
  train,
  wrong,
} from "./synthesizer_fixture.ts";

Deno.test("of a patch two hundred removals are read, and the rest are refused", async () => {
  const remove = Array.from({ length: 202 }, (_, index) => index + 1);
  const chat = scriptChat(() => JSON.stringify({ rules: [], remove }));
  const { removed = [], refused = [] } = await createLlmSynthesizer({ chat })
    .patch(stateOf([rate, fee, wrong]));
  assertEquals([removed.length, refused.length], [200, 2]);
  assertEquals(refused[1], {
    name: "202",
    code: "over-limit",
    detail: "at most 200 removals of a reply are looked at",
  });
});

Deno.test("a prompt for a patch counts all failures, and shows examples and the rules that misfire", async () => {
  const chat = scriptChat(() => '{"remove": [], "rules": []}');
  const rejected = createRule({ name: "tried", label: "fee", patterns: ["e"], weight: 1 });
  await createLlmSynthesizer({ chat, maxExamples: 3 }).patch(
    stateOf([rate, fee, wrong], { guidance: "Mind the fees.", rejected: [[rejected]] }),
  );
  const { data, title } = chat.requests[0];
  assertEquals(title, "patch-1");
  assertEquals(data.failures, 7);
  assertEquals(data.clusters, [
    { cluster: 1, expected: "fee", given: "card", failures: 4 },
    { cluster: 2, expected: "card", given: null, failures: 3 },
  ]);
  assertEquals(
    data.examples.map((one: Record<string, unknown>) => [one.cluster, one.label, one.misfired]),
    [[1, "fee", [1]], [2, "card", undefined], [1, "fee", [1]]],
  );
  assertEquals(
    data.rules.map((one: Record<string, unknown>) => [one.number, one.name, one.right, one.wrong]),
    [[1, "wrong", 1, 4], [2, "fees", 4, 0]],
  );
  assertEquals(data.rejected.map(({ name }: { name: string }) => name), ["tried"]);
  assertEquals(data.guidance, "Mind the fees.");
});

Deno.test("another iteration shows other examples of failures", async () => {
  const many = Array.from({ length: 50 }, (_, index) => ({
    id: `${index}`,
    text: `text ${index}`,
    label: "card",
  }));
  const chat = scriptChat(() => '{"remove": [], "rules": []}');
  const synthesizer = createLlmSynthesizer({ chat, maxExamples: 5 });
  for (const iteration of [1, 1, 2]) await synthesizer.patch(stateOf([], { iteration }, many));
  const [first, again, other] = chat.requests.map(({ data }) => JSON.stringify(data.examples));
  assertEquals(again, first);
  assert(other !== first);
});

Deno.test("a patch replaces and removes rules by their numbers in the prompt", async () => {
  const chat = scriptChat(() => replies.patch);
  const { added, replaced, removed } = await createLlmSynthesizer({ chat })
    .patch(stateOf([rate, fee, wrong]));
  // Number 1 is the rule that misfires, 2 the rule of the expected label.
  assertEquals(replaced?.map(({ from, to }) => [from, to.name]), [
    [wrong.id, "cards only"],
    ["77", "lost"],
  ]);
  assertEquals(replaced?.[0].to.support, 4);
  assertEquals(added?.map(({ name, support }) => [name, support]), [["fees", 4]]);
  // The run refuses numbers without a rule.
  assertEquals(removed, [fee.id, "99"]);
});

Deno.test("a patch may name a rule by its id or its name", async () => {
  const rule = { name: "x", label: "card", patterns: ["card"] };
  const rules = [{ ...rule, replaces: wrong.id }, { ...rule, replaces: "fees" }];
  const chat = scriptChat(() => JSON.stringify({ rules }));
  const { replaced } = await createLlmSynthesizer({ chat }).patch(stateOf([rate, fee, wrong]));
  assertEquals(replaced?.map(({ from }) => from), [wrong.id, fee.id]);
});

Deno.test("a patch whose reply cannot be used is an error", async () => {
  const synthesizer = createLlmSynthesizer({ chat: scriptChat(() => replies.prose) });
  await assertRejects(
    async () => await synthesizer.patch(stateOf([card])),
    Error,
    "The reply was refused",
  );
});

Deno.test("a prompt that is too long leaves out examples first, then clusters, then rules", async () => {
  const rules = Array.from(
    { length: 30 },
    (_, index) =>
      createRule({
        name: `rule ${index}`,
        label: "card",
        patterns: [`fee|rate|${index}`],
        weight: 3,
      }),
  );
  const budget = async (maxTokens: number) => {
    const sink = createTape();
    await createLlmSynthesizer({ chat: scriptChat(() => '{"rules": []}'), maxTokens })
      .patch(stateOf(rules, { task: { ...task, exchanges: sink } }));
    const { tokens, leftOut } = sink.tape[0].metadata.budget as {
      tokens: number;
      leftOut: Record<string, number>;
    };
    assert(tokens <= maxTokens);
    return leftOut;
  };
  const sink = createTape();
  await createLlmSynthesizer({ chat: scriptChat(() => '{"rules": []}') })
    .patch(stateOf(rules, { task: { ...task, exchanges: sink } }));
  const { tokens } = sink.tape[0].metadata.budget as { tokens: number };
  assertEquals(await budget(tokens), {});
  assertEquals(Object.keys(await budget(tokens - 20)), ["examples"]);
  assertEquals(Object.keys(await budget(tokens - 400)), ["examples", "clusters", "rules"]);
  await assertRejects(
    () => budget(100),
    RangeError,
    "Cannot ask for a patch: the shortest prompt takes about",
  );
});

Deno.test("a prompt for spans shows missed and spurious spans", async () => {
  const chat = scriptChat(() => '{"remove": [], "rules": []}');
  const wide = createRule({ name: "wide", label: "city", patterns: ["in \\w+"] });
  await createLlmSynthesizer({ chat }).patch(stateOf([wide], { task: placesTask }, places));
  const { data, title } = chat.requests[0];
  assertEquals(title, "span-patch-1");
  assertEquals(data.clusters.slice(0, 2), [
    { cluster: 1, expected: null, given: "city", failures: 3 },
    { cluster: 2, expected: "city", given: null, failures: 3 },
  ]);
  const spurious = data.examples.find(({ cluster }: { cluster: number }) => cluster === 1);
  assert(spurious.span.text.startsWith("in "));
  assertEquals(spurious.misfired, [1]);
});

Deno.test("a rule does not misfire if it is correct where another finds too much", async () => {
  const chat = scriptChat(() => '{"remove": [], "rules": []}');
  const patterns = [String.raw`in \w+`, String.raw`\bin ([A-Z]\w+)`];
  const [wide, exact] = patterns.map((pattern, group) =>
    createRule({
      name: pattern,
      label: "city",
      patterns: [pattern],
      ...(group === 0 ? {} : { group }),
      priority: 1 - group,
    })
  );
  await createLlmSynthesizer({ chat }).patch(stateOf([wide, exact], { task: placesTask }, places));
  const { examples, rules } = chat.requests[0].data;
  const { name } = rules.find(({ number }: { number: number }) => number === 1);
  assertEquals(name, wide.name);
  const misfired = examples.flatMap(({ misfired = [] }: { misfired?: number[] }) => misfired);
  assertEquals(new Set(misfired), new Set([1]));
});

Deno.test("a patch does not change the examples and matches of a run", async () => {
  const state = stateOf([rate, fee, wrong], { train: Object.freeze([...train]) });
  const before = JSON.stringify(state.failures);
  await createLlmSynthesizer({ chat: scriptChat(() => replies.patch) }).patch(state);
  assertEquals(JSON.stringify(state.failures), before);
  assertEquals(state.matches.examples.length, createMatches(train, task.labels).examples.length);
});

Deno.test("a span of 30,000 characters is shown in part, and marked so", async () => {
  const text = `see ${"long ".repeat(6_000)}`;
  const examples = [{ id: "a", text, entities: [{ start: 4, end: 30_004, type: "city" }] }];
  const chat = scriptChat(() => '{"remove": [], "rules": []}');
  await createLlmSynthesizer({ chat }).patch(stateOf([], { task: placesTask }, examples));
  const [{ text: shown, cut, span }] = chat.requests[0].data.examples;
  assertEquals([shown.length, cut], [2_000, true]);
  assertEquals(span, { text: text.slice(4, 2_000), cut: true });
});

Deno.test("a patch may name a rule by R and its number", async () => {
  const rule = { name: "x", label: "card", patterns: ["card"] };
  const chat = scriptChat(() => JSON.stringify({ rules: [{ ...rule, replaces: "R1" }] }));
  const { replaced } = await createLlmSynthesizer({ chat }).patch(stateOf([rate, fee, wrong]));
  assertEquals(replaced?.map(({ from }) => from), [wrong.id]);
});

Deno.test("a reference to a rule is cut, and on one line", async () => {
  const remove = [`\u001b[2J${"x".repeat(900)}`, { rule: 1 }];
  const chat = scriptChat(() => JSON.stringify({ rules: [], remove }));
  const { removed } = await createLlmSynthesizer({ chat }).patch(stateOf([card]));
  assertEquals(removed, [`[2J${"x".repeat(396)}…`, ""]);
});

Deno.test("a name that two rules have refers to neither", async () => {
  const twins = ["card", "card one"].map((pattern) =>
    createRule({ name: "twin", label: "fee", patterns: [pattern] })
  );
  const chat = scriptChat(() => JSON.stringify({ rules: [], remove: ["twin"] }));
  const { removed } = await createLlmSynthesizer({ chat }).patch(stateOf(twins));
  assertEquals(chat.requests[0].data.rules.length, 2);
  assertEquals(removed, ["twin"]);
});

Deno.test("a prompt shows the failures that the run found", async () => {
  const chat = scriptChat(() => '{"remove": [], "rules": []}');
  const { failures } = stateOf([]);
  await createLlmSynthesizer({ chat }).patch(stateOf([card, fee, rate], { failures }));
  assertEquals(chat.requests[0].data.failures, 12);
});

Deno.test("rules of the last rejected patch come first", async () => {
  const rejected = ["first", "second", "third"].map((name) => [
    createRule({ name, label: "fee", patterns: [name] }),
    createRule({ name: `${name} too`, label: "fee", patterns: [`${name} too`] }),
  ]);
  const chat = scriptChat(() => '{"remove": [], "rules": []}');
  await createLlmSynthesizer({ chat }).patch(stateOf([card], { rejected }));
  const shown = chat.requests[0].data.rejected.map(({ name }: { name: string }) => name);
  assertEquals(shown, ["third", "third too", "second", "second too", "first", "first too"]);
});

Deno.test("a rule does not misfire at a place where it finds nothing", async () => {
  const chat = scriptChat(() => '{"remove": [], "rules": []}');
  const since = createRule({ name: "since", label: "city", patterns: ["since"] });
  await createLlmSynthesizer({ chat })
    .patch(stateOf([since], { task: placesTask }, places.slice(0, 2)));
  const shown: { span: { text: string }; misfired?: number[] }[] = chat.requests[0].data.examples;
  assertEquals(
    shown.map(({ span, misfired }) => [span.text, misfired]).sort(),
    [
      ["1999", undefined],
      ["2005", undefined],
      ["Boston", undefined],
      ["Denver", undefined],
      ["MA", undefined],
      ["since", [1]],
      ["since", [1]],
    ],
  );
});
