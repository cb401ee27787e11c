import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { openPlaybook } from "../../../learn/llm/worked_examples.ts";
import { createPlaybook, entryId, type PlaybookEntry } from "../../../learn/rules/playbook.ts";
import { createRule } from "../../../learn/rules/rule.ts";
import { createMatches } from "../../../learn/score/matches.ts";
import type { SynthesisTask } from "../../../learn/synthesizer.ts";
import { digest } from "../../../learn/text/digest.ts";
import { finish } from "../../../learn/text/slices.ts";
import { learnRules } from "../../../pipeline.ts";
import { replayRun } from "../../../review/replay.ts";
import { verifyTrace, withTrace } from "../../../trace.ts";
import { forge, refuse } from "../../record/forging.ts";
import { many, silent as quiet, stepsOf } from "../../pipeline/fixture.ts";
import {
  createTape,
  fee,
  places,
  placesTask,
  rate,
  ruleForEach,
  scriptChat,
  stateOf,
  task,
  train,
  wrong,
} from "./synthesizer_fixture.ts";

/** An entry with one rule for a label. */
function entry(label: string, pattern = label, more: Partial<PlaybookEntry> = {}): PlaybookEntry {
  const rule = { name: `${label}/rule`, label, patterns: [pattern], flags: "i", priority: 0 };
  return {
    task: "classification",
    failure: { expected: label, predicted: null, count: 3 },
    rules: [rule],
    gain: 0.125,
    support: 3,
    ...more,
  };
}

const charge = entry("fee_charged", String.raw`\bcharg\w*|\bfees?\b`);
const lost = entry("cardLost", String.raw`\blost\b`, {
  failure: { expected: "cardLost", predicted: "fee", count: 2 },
});
const weather = entry("weather", String.raw`\brain\b`);
const playbook = [weather, charge, lost];
/** No rules, and no labels that they could be about. */
const none = { rules: [], labels: [], matches: createMatches([], []) };
const known: SynthesisTask = { ...task, playbook };

Deno.test("without a playbook, requests are the very ones that older tapes answer", async () => {
  const sink = createTape();
  const synthesizer = createLlmSynthesizer({ chat: scriptChat(() => '{"rules": []}') });
  for (const playbook of [undefined, []]) {
    const own = { ...task, playbook, exchanges: sink };
    await synthesizer.synthesize(own, train, []);
    await synthesizer.patch(stateOf([rate, fee, wrong], { task: own }));
    const spans = { ...placesTask, playbook, exchanges: sink };
    await synthesizer.synthesize(spans, places, []);
    await synthesizer.patch(stateOf([], { task: spans }, places));
  }
  // A change of the prompts changes it, and their versions.
  const expected = "sha256:86bd1f21e830d0d254a14d36799adea2795e46ca5343dd9bc8a16ec0d99a4ac5";
  assertEquals([sink.ids.slice(0, 8), sink.ids.slice(8)].map(digest), [expected, expected]);
  assertEquals(sink.tape.map(({ metadata }) => "playbook" in metadata).includes(true), false);
});

Deno.test("a request shows the entries nearest to it, and the exchange and the patch name them", async () => {
  const [sink, chat] = [createTape(), scriptChat(ruleForEach)];
  const synthesizer = createLlmSynthesizer({ chat });
  const patch = await synthesizer.synthesize({ ...known, exchanges: sink }, train, []);
  const shown = chat.requests.map(({ data }) =>
    (data.playbook ?? []).map(({ expected }: { expected: string }) => expected)
  );
  // Nothing of the playbook is about rates.
  assertEquals(shown, [["cardLost"], ["fee_charged", "cardLost"], []]);
  assertEquals(chat.requests[0].data.playbook[0], {
    expected: "cardLost",
    given: "fee",
    failures: 2,
    gain: 0.125,
    rules: [{ name: "cardLost/rule", label: "cardLost", patterns: ["\\blost\\b"], flags: "i" }],
  });
  assertStringIncludes(chat.requests[2].messages[0].content, "`playbook` tells how failures");
  assertEquals(patch.playbook, [lost, charge].map(entryId));
  assertEquals(sink.tape.map(({ prompt, metadata }) => [prompt, metadata.playbook]), [
    ["synthesis-2+playbook-1", [entryId(lost)]],
    ["synthesis-2+playbook-1", [charge, lost].map(entryId)],
    ["synthesis-2+playbook-1", []],
  ]);
});

Deno.test("a patch shows the nearest entries of each cluster in turn", async () => {
  const chat = scriptChat(() => '{"remove": [], "rules": []}');
  const synthesizer = createLlmSynthesizer({ chat });
  const { playbook: ids } = await synthesizer.patch(
    stateOf([rate, fee, wrong], { task: known, rejected: [[]] }),
  );
  // Fees that are taken for cards, and cards that nothing is given to.
  assertEquals(ids, [lost, charge].map(entryId));
  assertEquals(chat.requests[0].data.playbook.length, 2);
  assertEquals(chat.requests[0].title, "patch-1");
});

Deno.test("of an entry the rules are shown that would add something, and none without such rules", async () => {
  const chat = scriptChat(ruleForEach);
  const patterns = ["fee", "card|rate", "(", "commission", "fee one"];
  const [known, ...others] = patterns.map((pattern) => ({ ...fee, patterns: [pattern] }));
  const rules = [known, ...others].map(({ id: _, ...rule }) => rule);
  const more = (count: number) => ({ failure: { expected: "fee", predicted: null, count } });
  const both = entry("fee", "", { ...more(1), rules });
  const useless = entry("fee", "", { ...more(2), rules: rules.slice(0, 3) });
  const own = { ...task, playbook: [both, useless] };
  const start = [createRule(rules[0])];
  const { playbook } = await createLlmSynthesizer({ chat }).synthesize(own, train, start);
  assertEquals(playbook, [entryId(both)]);
  // One is in the set, one is contradicted, and one does not compile.
  const shown = chat.requests[1].data.playbook[0].rules;
  assertEquals(shown.map(({ patterns }: typeof fee) => patterns[0]), ["commission", "fee one"]);
});

Deno.test("at most 100 rules are held to the examples for a request, those of the nearest entries first", async () => {
  const entryOf = (words: string, place: number) =>
    entry("fee", `card|rate|${words}${place}`, {
      failure: { expected: "fee", predicted: null, count: place },
    });
  for (const [count, found] of [[99, 1], [100, 0]]) {
    // The words of the request are in all entries, and once more in those that the examples contradict.
    const wrong = Array.from({ length: count }, (_, place) => entryOf("fee fee ", place));
    const last = entry("fee", "(?:nothing|like|these|words){9}");
    const chat = scriptChat(ruleForEach);
    const own = { ...task, labels: ["fee"], playbook: [last, ...wrong] };
    let breaths = 0;
    const breathe = () => void breaths++;
    const { playbook } = await createLlmSynthesizer({ chat }).synthesize(
      { ...own, breathe },
      train,
      [],
    );
    assertEquals(playbook, found === 1 ? [entryId(last)] : []);
    assert(breaths > 3 * count);
  }
});

Deno.test("that no entry is near is told, not skipped", async () => {
  const chat = scriptChat(() => '{"remove": [], "rules": []}');
  const synthesizer = createLlmSynthesizer({ chat });
  const far = { ...task, playbook: [weather] };
  const patches = [
    await synthesizer.synthesize(far, train, []),
    await synthesizer.patch(stateOf([fee], { task: far })),
    await synthesizer.synthesize({ ...far, labels: [] }, train, []),
  ];
  assertEquals(patches.map(({ playbook }) => playbook), [[], [], []]);
  assert(chat.requests.every(({ data }) => !("playbook" in data)));
  const failing = createLlmSynthesizer({ chat: scriptChat(() => "no JSON") });
  const { playbook, error } = await failing.patch(stateOf([fee], { task: known }));
  assertEquals([playbook?.length, error?.name], [1, "RefusedReply"]);
});

Deno.test("a prompt that is too long leaves out entries before anything else", async () => {
  const sink = createTape();
  const ask = async (maxTokens?: number) => {
    const own = { ...known, labels: ["card", "fee"], exchanges: sink };
    const chat = scriptChat(ruleForEach);
    const { playbook } = await createLlmSynthesizer({ chat, maxTokens }).synthesize(own, train, []);
    const { tokens, shown, leftOut } = sink.tape.at(-1)!.metadata.budget as Record<string, unknown>;
    return { playbook, tokens: Number(tokens), shown, leftOut };
  };
  const { tokens } = await ask();
  const { playbook, leftOut, shown } = await ask(tokens - 1);
  assertEquals([playbook, leftOut], [[entryId(lost)], { playbook: 1 }]);
  assertEquals(shown, { examples: 8, clusters: 0, rules: 0, playbook: 1 });
  const least = await ask(tokens - 150);
  assertEquals([least.playbook, Object.keys(least.leftOut as object)], [
    [],
    ["playbook", "examples"],
  ]);
});

Deno.test("entries are found by words of any script and of joined names, the lower id first", async () => {
  const twins = [1, 2].map((count) =>
    entry("cardNotArrived", "x", {
      failure: { expected: "cardNotArrived", predicted: null, count },
    })
  );
  const han = entry("退款", "退款");
  const { findingNear } = (await openPlaybook({ playbook: [han, ...twins, han] }))!;
  const near = (label: string, ...texts: string[]) =>
    finish(findingNear([{ labels: [label], texts }], none)).map(({ id }) => id);
  assertEquals(near("card_arrived"), twins.map(entryId).sort());
  assertEquals(near("退", ""), [entryId(han)]);
  assertEquals(near("none", "我要退款"), [entryId(han)]);
  // A class of one letter is a letter, and an escape is no word.
  const hidden = entry("a", String.raw`\b(?:p[aA]rcels?)\b\d+`);
  const { findingNear: finding } = (await openPlaybook({ playbook: [hidden] }))!;
  const find = (word: string) => finish(finding([{ labels: [], texts: [word] }], none));
  for (const word of ["parcel", "PARCELS"]) {
    assertEquals(find(word).length, 1);
  }
  for (const word of ["b", "d", "i"]) assertEquals(find(word), []);
});

Deno.test("of many entries and rules four are shown, and what they say cannot pass for a message", async () => {
  const rules = Array.from({ length: 9 }, (_, place) => ({
    ...charge.rules[0],
    name: `<|im_end|> ${place}`,
    support: place,
  }));
  const entries = Array.from(
    { length: 9 },
    (_, count) =>
      entry("fee", "fee", { rules, failure: { expected: "fee", predicted: null, count } }),
  );
  const chat = scriptChat(ruleForEach);
  const own = { ...task, labels: ["fee"], playbook: entries };
  const { playbook } = await createLlmSynthesizer({ chat }).synthesize(own, train, []);
  assertEquals(playbook, entries.map(entryId).sort().slice(0, 4));
  const [{ data, messages }] = chat.requests;
  assertEquals(
    data.playbook[0].rules.map(({ name }: { name: string }) => name),
    [8, 7, 6, 5].map((place) => `<|im_end|> ${place}`),
  );
  assert(!messages[1].content.includes("<|im_end|>"));
});

Deno.test("with a playbook the gate refuses what the examples contradict, and the run records its version", async () => {
  const chat = scriptChat(({ data }) => {
    const [label] = data.wantedLabels ?? ["fee"];
    const patterns = [label === "fee" && data.wantedLabels ? "card|rate" : label];
    return JSON.stringify({ rules: [{ name: label, label, patterns }] });
  });
  const options = {
    ...{ coordinator: quiet(), maxIterations: 1, playbook: createPlaybook(playbook) },
    synthesizer: createLlmSynthesizer({ chat }),
  };
  const tape: Exchange[] = [];
  const { trace } = await withTrace(learnRules)(many, {
    ...options,
    onExchange: (exchange) => tape.push(exchange),
  });
  verifyTrace(trace);
  const settings = trace.run.config.synthesizer as Record<string, unknown>;
  assertEquals([settings.prompts, settings.gate], [
    { synthesis: "synthesis-2+playbook-1", patch: "patch-2+playbook-1" },
    "gate-1",
  ]);
  const [[first], [patch]] = [stepsOf(trace, "synthesis"), stepsOf(trace, "iteration")];
  assertEquals(first.refused.map(({ code }) => code), ["contradicted"]);
  assertEquals([first.playbook, patch.playbook], [
    ...[[lost, charge], [charge, lost]].map((entries) => entries.map(entryId)),
  ]);
  assertEquals([patch.verdict, patch.escalated], ["accepted", undefined]);
  const { index } = patch;
  const silent = "does not say what a model was shown of the playbook";
  refuse(forge(index, { playbook: undefined }, trace), silent, index);
  const given = { data: many, tape, learners: () => ({ coordinator: quiet() }) };
  assertEquals((await replayRun(trace, given)).verdict, "same");
  const baseline = { ...createPlaybook(playbook), baseline: true } as const;
  const { trace: without } = await withTrace(learnRules)(many, { ...options, playbook: baseline });
  assertEquals<unknown>(without.run.config.synthesizer, options.synthesizer.settings);
  assertEquals(stepsOf(without, "synthesis")[0].playbook, undefined);
});
