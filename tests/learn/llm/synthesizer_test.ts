import { assert, assertEquals, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import { ChatError } from "../../../learn/chat/response.ts";
import { ReplayError } from "../../../learn/chat/replay.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import {
  card,
  createTape,
  labels,
  places,
  placesTask,
  replies,
  ruleForEach,
  scriptChat,
  task,
  tenLabels,
  train,
} from "./synthesizer_fixture.ts";

Deno.test("each of three labels or more has a call, and the rules come in the order of labels", async () => {
  const chat = scriptChat(ruleForEach);
  const { added } = await createLlmSynthesizer({ chat }).synthesize(task, train, []);
  assertEquals(chat.requests.map(({ data }) => data.wantedLabels), [["card"], ["fee"], ["rate"]]);
  assertEquals(chat.requests[1].data.otherLabels, ["card", "rate"]);
  assertEquals(added?.map(({ label }) => label), ["card", "fee", "rate"]);
});

Deno.test("up to two labels share a call", async () => {
  const two = train.filter((example) => "label" in example && example.label !== "rate");
  const chat = scriptChat(ruleForEach);
  const { added } = await createLlmSynthesizer({ chat })
    .synthesize({ ...task, labels: ["card", "fee"] }, two, []);
  assertEquals(chat.requests.map(({ data }) => data.wantedLabels), [["card", "fee"]]);
  assertEquals(added?.map(({ label }) => label), ["card", "fee"]);
});

Deno.test("no more calls are under way than concurrency allows, and timing changes nothing", async () => {
  const runs = [];
  for (const concurrency of [1, 3, 10]) {
    let [now, most] = [0, 0];
    const chat = scriptChat(async (request, index) => {
      most = Math.max(most, ++now);
      // Later calls are faster.
      await new Promise((resolve) => setTimeout(resolve, 20 - 2 * index));
      now--;
      return ruleForEach(request);
    });
    const sink = createTape();
    const patch = await createLlmSynthesizer({ chat, concurrency })
      .synthesize({ ...task, labels, exchanges: sink }, tenLabels, []);
    assert(most <= concurrency, `${most} calls under way`);
    assert(concurrency === 1 || most > 1, "no calls were under way together");
    runs.push({ patch, ids: sink.ids });
  }
  assertEquals(runs[1], runs[0]);
  assertEquals(runs[2], runs[0]);
  assertEquals(runs[0].patch.added?.map(({ label }) => label), labels);
});

Deno.test("an exchange names the request and the examples that went out", async () => {
  const sink = createTape();
  await createLlmSynthesizer({ chat: scriptChat(ruleForEach), maxExamples: 3 })
    .synthesize({ ...task, exchanges: sink }, train, []);
  const [{ purpose, prompt, schema, outcome, metadata }] = sink.tape;
  assertEquals([purpose, prompt, schema, outcome], [
    "synthesis",
    "synthesis-2",
    "rules-1",
    "parsed",
  ]);
  assertEquals(metadata.labels, ["card"]);
  const ids = metadata.examples as string[];
  assertEquals([ids.length, ids.filter((id) => id.startsWith("card")).length], [3, 2]);
});

Deno.test("a prompt has at most maxExamples examples, chosen by the seed", async () => {
  const shown = async (seed: number) => {
    const chat = scriptChat(ruleForEach);
    await createLlmSynthesizer({ chat, maxExamples: 4 })
      .synthesize({ ...task, seed }, train, []);
    return chat.requests.map(({ data }) => data.examples.map(({ text }: { text: string }) => text));
  };
  const first = await shown(0);
  assertEquals(first.map(({ length }) => length), [4, 4, 4]);
  assertEquals(await shown(0), first);
  assert(JSON.stringify(await shown(1)) !== JSON.stringify(first));
});

Deno.test("the examples of other labels that are most similar to the label go out first", async () => {
  const texts = ["my card is lost", "card was lost", "the card got lost"];
  const data = [
    ...texts.map((text, index) => ({ id: `a${index}`, text, label: "lost" })),
    { id: "b", text: "is my card arriving", label: "arrival" },
    { id: "c", text: "exchange money abroad", label: "exchange" },
    { id: "d", text: "top up by cheque", label: "top-up" },
  ];
  const chat = scriptChat(ruleForEach);
  const names = ["arrival", "exchange", "lost", "top-up"];
  await createLlmSynthesizer({ chat, maxExamples: 2 }).synthesize(
    { ...task, labels: names },
    data,
    [],
  );
  assertEquals(chat.requests[2].data.examples[1].label, "arrival");
});

Deno.test("a prompt shows the rules in the set", async () => {
  const chat = scriptChat(ruleForEach);
  await createLlmSynthesizer({ chat }).synthesize(task, train, [card]);
  assertEquals(chat.requests.map(({ data }) => data.rules?.length), [1, undefined, undefined]);
  assertEquals(chat.requests[0].data.rules[0].patterns, ["card"]);
});

Deno.test("the weight, precision and support of a rule come from the examples", async () => {
  const rule = { name: "x", label: "card", patterns: ["card|fee one"], weight: 99, priority: 5 };
  const chat = scriptChat(() => JSON.stringify({ rules: [rule] }));
  const two = { ...task, labels: ["card", "fee"] };
  const { added } = await createLlmSynthesizer({ chat }).synthesize(two, train.slice(0, 8), []);
  const { name, label, patterns } = rule;
  // ln(4.5 / 1.5)
  assertEquals(added, [{
    name,
    label,
    patterns,
    weight: 1.098612,
    precision: 0.8,
    support: 5,
  }]);
});

Deno.test("a rule that matches nothing, or mostly other labels, has a small weight", async () => {
  const rules = ["nothing", "fee"].map((pattern) => ({
    name: pattern,
    label: "card",
    patterns: [pattern],
  }));
  const chat = scriptChat(() => JSON.stringify({ rules }));
  const two = { ...task, labels: ["card", "fee"] };
  const { added } = await createLlmSynthesizer({ chat }).synthesize(two, train.slice(0, 8), []);
  assertEquals(added?.map(({ weight, precision, support }) => [weight, precision, support]), [
    [0.1, undefined, 0],
    [0.1, 0, 4],
  ]);
});

Deno.test("in a decision list the rule with more evidence has the higher priority", async () => {
  const rules = ["card one", "card", "card|fee"].map((pattern) => ({
    name: pattern,
    label: "card",
    patterns: [pattern],
  }));
  const chat = scriptChat(() => JSON.stringify({ rules }));
  const list = { ...task, decide: "first" as const, labels: ["card", "fee"] };
  const { added = [] } = await createLlmSynthesizer({ chat })
    .synthesize(list, train.slice(0, 8), []);
  const [one, all, mixed] = added.map(({ priority = 0 }) => priority);
  assert(all > one && all > mixed && mixed > 0, `${[one, all, mixed]}`);
  assertEquals(added.map(({ weight }) => weight), [undefined, undefined, undefined]);
});

Deno.test("fenced and truncated replies give their complete rules, and are marked as repaired", async () => {
  const two = { ...task, labels: ["card", "rate"] };
  const learn = async (reply: string) => {
    const sink = createTape();
    const { added } = await createLlmSynthesizer({ chat: scriptChat(() => reply) })
      .synthesize({ ...two, exchanges: sink }, train, []);
    return [sink.tape[0].outcome, added?.map(({ name }) => name)];
  };
  assertEquals(await learn(replies.plain), ["parsed", ["cards", "rates", "fees"]]);
  assertEquals(await learn(replies.fenced), ["repaired", ["cards", "rates", "fees"]]);
  assertEquals(await learn(replies.truncated), ["repaired", ["cards", "rates"]]);
});

/** Synthesizes rules for two labels from one reply. */
function synthesizeFrom(reply: string) {
  const two = { ...task, labels: ["card", "rate"] };
  return createLlmSynthesizer({ chat: scriptChat(() => reply) }).synthesize(two, train, []);
}

Deno.test("single backslashes and the flag g are repaired", async () => {
  const { added = [] } = await synthesizeFrom(replies.singleBackslashes);
  assertEquals(added.map(({ patterns, flags, support }) => [patterns, flags, support]), [
    [[String.raw`\brates?\b`, String.raw`\w+`], "i", 4],
  ]);
});

Deno.test("members that a model may not set are left out", async () => {
  const { added = [] } = await synthesizeFrom(replies.extraMembers);
  const { weight = 0, ...rest } = added[0];
  assertEquals(rest, {
    name: "cards",
    label: "card",
    patterns: [String.raw`\bcards?\b`],
    flags: "i",
    precision: 1,
    support: 4,
  });
  assert(weight < 10);
});

Deno.test("a member __proto__ of a reply is ignored", async () => {
  const { added = [] } = await synthesizeFrom(replies.proto);
  assertEquals(added.map(({ name, label }) => [name, label]), [["cards", "card"]]);
});

Deno.test("of ten thousand rules two hundred are read, and the rest are refused", async () => {
  const rules = Array.from({ length: 10_000 }, (_, index) => ({
    name: `n${index}`,
    label: "card",
    patterns: [`card ${index}`],
  }));
  const { added = [], refused = [] } = await synthesizeFrom(JSON.stringify({ rules }));
  assertEquals([added.length, refused.length], [200, 9_800]);
  assertEquals(refused[0], {
    name: "n200",
    code: "over-limit",
    detail: "at most 200 rules of a reply are looked at",
  });
});

Deno.test("the synthesis fails with the error of its only call", async () => {
  const failing = createLlmSynthesizer({
    chat: scriptChat(() => {
      throw new ChatError("status 500", "status", { status: 500 });
    }),
  });
  const one = { ...task, labels: ["card"] };
  await assertRejects(
    async () => await failing.synthesize(one, train, []),
    ChatError,
    "status 500",
  );
  await assertRejects(
    async () => await synthesizeFrom(replies.prose),
    Error,
    "The reply was refused: it holds no JSON object",
  );
});

Deno.test("if the calls for some labels fail, the rules of the others stay, and the error names those labels", async () => {
  const chat = scriptChat((request) => {
    const [label] = request.data.wantedLabels;
    if (label === "fee") throw new ChatError("status 500", "status");
    return label === "rate" ? replies.prose : ruleForEach(request);
  });
  const { added, error } = await createLlmSynthesizer({ chat }).synthesize(task, train, []);
  assertEquals(added?.map(({ label }) => label), ["card"]);
  assertEquals(error?.name, "ChatError");
  assertEquals(
    error?.message,
    '2 of 3 calls for rules failed: for "fee": status 500; ' +
      'for "rate": The reply was refused: it holds no JSON object',
  );
});

Deno.test("if nobody answers the first four calls, no more are made", async () => {
  const chat = scriptChat(() => {
    throw new ChatError("no whole reply", "timeout");
  });
  const ten = { ...task, labels };
  await assertRejects(
    async () => await createLlmSynthesizer({ chat, concurrency: 8 }).synthesize(ten, tenLabels, []),
    Error,
    "The first 4 of 10 calls for rules failed, and no more were made; the first with: no whole reply",
  );
  assertEquals(chat.requests.length, 4);
});

Deno.test("replies that cannot be used do not stop the calls for other labels", async () => {
  const chat = scriptChat((request, index) => index < 4 ? "{}" : ruleForEach(request));
  const { added, error } = await createLlmSynthesizer({ chat })
    .synthesize({ ...task, labels }, tenLabels, []);
  assertEquals(added?.length, 6);
  assert(error?.message.startsWith("4 of 10 calls for rules failed"));
});

Deno.test("the synthesis fails if a request is not on the tape", async () => {
  const chat = scriptChat(() => {
    throw new ReplayError("not on the tape");
  });
  await assertRejects(
    async () => await createLlmSynthesizer({ chat, concurrency: 1 }).synthesize(task, train, []),
    ReplayError,
  );
  assertEquals(chat.requests.length, 1);
});

Deno.test("an aborted run makes no more calls", async () => {
  const controller = new AbortController();
  const chat = scriptChat(() => {
    controller.abort(new Error("enough"));
    throw new ChatError("gone", "network");
  });
  const synthesizer = createLlmSynthesizer({ chat, concurrency: 1 });
  await assertRejects(
    async () => await synthesizer.synthesize({ ...task, signal: controller.signal }, train, []),
    Error,
    "enough",
  );
  assertEquals(chat.requests.length, 1);
});

Deno.test("group 0 means the whole match", async () => {
  const rule = { name: "x", label: "city", patterns: ["Boston"], group: 0 };
  const chat = scriptChat(() => JSON.stringify({ rules: [rule] }));
  const { added } = await createLlmSynthesizer({ chat }).synthesize(placesTask, places, []);
  assertEquals(added?.[0].group, undefined);
  assertEquals(added?.[0].support, 1);
});

Deno.test("a task without labels makes no calls", async () => {
  const chat = scriptChat(() => "{}");
  const none = [{ id: "a", text: "nothing", entities: [] }];
  const patch = await createLlmSynthesizer({ chat })
    .synthesize({ ...placesTask, labels: [] }, none, []);
  assertEquals([patch, chat.requests.length], [{}, 0]);
});

Deno.test("limits out of their range are refused", () => {
  const chat = scriptChat(() => "{}");
  for (const name of ["maxExamples", "maxTokens", "concurrency"]) {
    for (const value of [0, 1.5, NaN, "3" as unknown as number]) {
      assertThrows(() => createLlmSynthesizer({ chat, [name]: value }), RangeError, name);
    }
  }
});
