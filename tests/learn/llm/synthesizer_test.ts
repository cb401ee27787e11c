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

Deno.test("with three labels or more each has a call, and their rules come in the order of labels", async () => {
  const chat = scriptChat(ruleForEach);
  const { added } = await createLlmSynthesizer({ chat }).synthesize(task, train, []);
  assertEquals(chat.asked.map(({ data }) => data.wantedLabels), [["card"], ["fee"], ["rate"]]);
  assertEquals(chat.asked[1].data.otherLabels, ["card", "rate"]);
  assertEquals(added?.map(({ label }) => label), ["card", "fee", "rate"]);
});

Deno.test("up to two labels share a call", async () => {
  const two = train.filter((example) => "label" in example && example.label !== "rate");
  const chat = scriptChat(ruleForEach);
  const { added } = await createLlmSynthesizer({ chat })
    .synthesize({ ...task, labels: ["card", "fee"] }, two, []);
  assertEquals(chat.asked.map(({ data }) => data.wantedLabels), [["card", "fee"]]);
  assertEquals(added?.map(({ label }) => label), ["card", "fee"]);
});

Deno.test("at most so many calls are under way as are allowed, and timing changes nothing", async () => {
  const runs = [];
  for (const concurrency of [1, 3, 10]) {
    let [now, most] = [0, 0];
    const chat = scriptChat(async (asked, index) => {
      most = Math.max(most, ++now);
      // The later ones are the faster ones.
      await new Promise((resolve) => setTimeout(resolve, 20 - 2 * index));
      now--;
      return ruleForEach(asked);
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

Deno.test("an exchange says what was asked for and which examples went out", async () => {
  const sink = createTape();
  await createLlmSynthesizer({ chat: scriptChat(ruleForEach), maxExamples: 3 })
    .synthesize({ ...task, exchanges: sink }, train, []);
  const [{ purpose, prompt, schema, outcome, metadata }] = sink.tape;
  assertEquals([purpose, prompt, schema, outcome], [
    "synthesis",
    "synthesis-1",
    "rules-1",
    "parsed",
  ]);
  assertEquals(metadata.labels, ["card"]);
  const ids = metadata.examples as string[];
  assertEquals([ids.length, ids.filter((id) => id.startsWith("card")).length], [3, 2]);
});

Deno.test("no more examples go out than are allowed, and the seed chooses them", async () => {
  const shown = async (seed: number) => {
    const chat = scriptChat(ruleForEach);
    await createLlmSynthesizer({ chat, maxExamples: 4 })
      .synthesize({ ...task, seed }, train, []);
    return chat.asked.map(({ data }) => data.examples.map(({ text }: { text: string }) => text));
  };
  const first = await shown(0);
  assertEquals(first.map(({ length }) => length), [4, 4, 4]);
  assertEquals(await shown(0), first);
  assert(JSON.stringify(await shown(1)) !== JSON.stringify(first));
});

Deno.test("of other labels those examples go out first that are most easily taken for the label", async () => {
  const texts = ["my card is lost", "card was lost", "the card got lost"];
  const data = [
    ...texts.map((text, index) => ({ id: `a${index}`, text, label: "lost" })),
    { id: "b", text: "is my card arriving", label: "arrival" },
    { id: "c", text: "exchange money abroad", label: "exchange" },
    { id: "d", text: "top up by cheque", label: "top-up" },
  ];
  const chat = scriptChat(ruleForEach);
  const wanted = ["arrival", "exchange", "lost", "top-up"];
  await createLlmSynthesizer({ chat, maxExamples: 2 }).synthesize(
    { ...task, labels: wanted },
    data,
    [],
  );
  assertEquals(chat.asked[2].data.examples[1].label, "arrival");
});

Deno.test("rules that are there already are shown", async () => {
  const chat = scriptChat(ruleForEach);
  await createLlmSynthesizer({ chat }).synthesize(task, train, [card]);
  assertEquals(chat.asked.map(({ data }) => data.rules?.length), [1, undefined, undefined]);
  assertEquals(chat.asked[0].data.rules[0].patterns, ["card"]);
});

Deno.test("the vote of a rule, its precision and its support come from the examples", async () => {
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

Deno.test("a rule that matches nothing, or mostly the wrong, still has a small vote", async () => {
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

Deno.test("in a decision list the surer rule has the higher priority", async () => {
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

Deno.test("a fenced reply and one that breaks off give the rules that are whole, and say so", async () => {
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

/** What two labels' synthesis gives for a reply. */
function synthesizeFrom(reply: string) {
  const two = { ...task, labels: ["card", "rate"] };
  return createLlmSynthesizer({ chat: scriptChat(() => reply) }).synthesize(two, train, []);
}

Deno.test("backslashes that JSON took for something else, and the flag g, are mended", async () => {
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

Deno.test("a reply with __proto__ gives what it says otherwise", async () => {
  const { added = [] } = await synthesizeFrom(replies.proto);
  assertEquals(added.map(({ name, label }) => [name, label]), [["cards", "card"]]);
});

Deno.test("of ten thousand rules two hundred are looked at, and the rest are refused", async () => {
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

Deno.test("one call that fails ends the synthesis with its error", async () => {
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

Deno.test("where some labels' calls fail the others' rules stay, and it says which failed", async () => {
  const chat = scriptChat((asked) => {
    const [label] = asked.data.wantedLabels;
    if (label === "fee") throw new ChatError("status 500", "status");
    return label === "rate" ? replies.prose : ruleForEach(asked);
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

Deno.test("where nobody answers the first four calls are the last", async () => {
  const chat = scriptChat(() => {
    throw new ChatError("no whole reply", "timeout");
  });
  const ten = { ...task, labels };
  await assertRejects(
    async () => await createLlmSynthesizer({ chat, concurrency: 8 }).synthesize(ten, tenLabels, []),
    Error,
    "The first 4 of 10 calls for rules failed, and no more were made; the first with: no whole reply",
  );
  assertEquals(chat.asked.length, 4);
});

Deno.test("replies that cannot be used do not keep the other labels from being asked for", async () => {
  const chat = scriptChat((asked, index) => index < 4 ? "{}" : ruleForEach(asked));
  const { added, error } = await createLlmSynthesizer({ chat })
    .synthesize({ ...task, labels }, tenLabels, []);
  assertEquals(added?.length, 6);
  assert(error?.message.startsWith("4 of 10 calls for rules failed"));
});

Deno.test("a request that is not on the tape ends the synthesis", async () => {
  const chat = scriptChat(() => {
    throw new ReplayError("not on the tape");
  });
  await assertRejects(
    async () => await createLlmSynthesizer({ chat, concurrency: 1 }).synthesize(task, train, []),
    ReplayError,
  );
  assertEquals(chat.asked.length, 1);
});

Deno.test("a run that is given up asks no more", async () => {
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
  assertEquals(chat.asked.length, 1);
});

Deno.test("the group 0 is the whole match", async () => {
  const rule = { name: "x", label: "city", patterns: ["Boston"], group: 0 };
  const chat = scriptChat(() => JSON.stringify({ rules: [rule] }));
  const { added } = await createLlmSynthesizer({ chat }).synthesize(placesTask, places, []);
  assertEquals(added?.[0].group, undefined);
  assertEquals(added?.[0].support, 1);
});

Deno.test("where there is no label nothing is asked", async () => {
  const chat = scriptChat(() => "{}");
  const none = [{ id: "a", text: "nothing", entities: [] }];
  const patch = await createLlmSynthesizer({ chat })
    .synthesize({ ...placesTask, labels: [] }, none, []);
  assertEquals([patch, chat.asked.length], [{}, 0]);
});

Deno.test("limits that cannot be used are refused", () => {
  const chat = scriptChat(() => "{}");
  for (const name of ["maxExamples", "maxTokens", "concurrency"]) {
    for (const value of [0, 1.5, NaN, "3" as unknown as number]) {
      assertThrows(() => createLlmSynthesizer({ chat, [name]: value }), RangeError, name);
    }
  }
});
