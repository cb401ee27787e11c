import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createDataset } from "../../../learn/data/dataset.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { replayChat } from "../../../learn/chat/replay.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { formatRules, formatTrace } from "../../../print.ts";
import { places, replies, scriptChat } from "./synthesizer_fixture.ts";
import { fail, few, learn, many, names, stepsOf, types } from "../../pipeline/fixture.ts";

/** Learns with a model that gives these replies in turn, and then repeats the last. */
async function learnFrom(
  answers: readonly string[],
  options: LearnOptions = {},
  dataset: Parameters<typeof learn>[1] = few,
) {
  const tape: Exchange[] = [];
  const chat = scriptChat((_, index) => answers[Math.min(index, answers.length - 1)]);
  const learned = await learn({
    synthesizer: createLlmSynthesizer({ chat, concurrency: 1 }),
    onExchange: (exchange) => tape.push(exchange),
    ...options,
  }, dataset);
  return { ...learned, tape };
}

const none = '{"rules": []}';

Deno.test("a run learns the rules of a model, and its steps name the exchanges that led to them", async () => {
  const { rules, scores, trace, tape } = await learnFrom([replies.plain, none], {}, many);
  assertEquals(names(rules), ["cards", "rates", "fees"]);
  assertEquals(scores.dev?.f1, 1);
  assertEquals(trace.run.learner, { synthesizer: "llm", coordinator: "silent", model: "scripted" });
  const [{ exchanges }] = stepsOf(trace, "synthesis");
  assertEquals(exchanges, tape.map(({ id }) => id));
});

Deno.test("every hostile rule is refused with a code, and the others stay", async () => {
  const rules = [
    { name: "long", label: "card", patterns: ["x".repeat(100_000)], not: [], flags: "i" },
    ...JSON.parse(replies.hostile).rules,
  ];
  const { trace, rules: learned } = await learnFrom([JSON.stringify({ rules }), none]);
  const [{ refused, added, proposed }] = stepsOf(trace, "synthesis");
  assertEquals(refused.map(({ name, code }) => [name, code]), [
    ["long", "invalid-pattern"],
    ["nested", "backtracking"],
    ["everything", "catch-all"],
    ["broken", "invalid-pattern"],
    ["unknown", "unknown-label"],
    ["proto", "unknown-label"],
    ["cards again", "duplicate"],
    ["", "invalid-rule"],
    ["", "invalid-rule"],
    ["", "invalid-rule"],
    ["", "invalid-rule"],
    ["bare", "invalid-rule"],
  ]);
  assertEquals(proposed, added.length + refused.length);
  assertEquals(names(learned), ["cards", "\u001b[2J\u202ecard\n"]);
  // A name may contain control characters, but printed text may not.
  // deno-lint-ignore no-control-regex -- the output must not have it
  assert(!/\u001b|\u202e/.test(`${formatTrace(trace)}${formatRules(trace)}`));
});

Deno.test("a step accounts for all of ten thousand rules in a reply", async () => {
  const rules = Array.from({ length: 10_000 }, (_, index) => ({
    name: `n${index}`,
    label: "card",
    patterns: [`card ${index}`],
  }));
  const { trace } = await learnFrom([JSON.stringify({ rules }), none]);
  const [{ proposed, added, refused }] = stepsOf(trace, "synthesis");
  assertEquals([proposed, added.length, refused.length], [10_000, 200, 9_800]);
});

Deno.test("a label may be called __proto__", async () => {
  const labels = ["__proto__", "constructor", "toString"];
  const dataset = {
    name: "few",
    examples: labels.flatMap((label) =>
      [1, 2, 3].map((number) => ({ text: `${label} ${number}`, label }))
    ),
  };
  const rules = labels.map((label) => ({ name: label, label, patterns: [label] }));
  const { rules: learned, scores } = await learnFrom(
    [JSON.stringify({ rules }), none],
    {},
    dataset,
  );
  assertEquals(names(learned), labels);
  assertEquals(scores.train?.f1, 1);
});

Deno.test("the model is asked for patches until no failures remain", async () => {
  const rule = (label: string) => ({ name: label, label, patterns: [label] });
  const first = JSON.stringify({ rules: [rule("card"), rule("rate")] });
  const patch = JSON.stringify({ rules: [{ ...rule("fee"), replaces: null }], remove: [] });
  const { trace, rules } = await learnFrom([first, none, none, patch]);
  assertEquals(types(trace), ["synthesis", "iteration", "final"]);
  assertEquals(stepsOf(trace, "iteration").map(({ verdict }) => verdict), ["accepted"]);
  assertEquals(names(rules), ["card", "rate", "fee"]);
});

Deno.test("an iteration fails if the reply for its patch cannot be used, and the run goes on", async () => {
  const first = JSON.stringify({ rules: [{ name: "c", label: "card", patterns: ["card"] }] });
  const { trace, tape } = await learnFrom([first, none, none, replies.prose], { patience: 2 });
  assertEquals(stepsOf(trace, "iteration").map(({ verdict }) => verdict), ["failed", "failed"]);
  assertEquals(tape.map(({ outcome }) => outcome).slice(3), ["refused", "refused"]);
});

Deno.test("a run fails and says why if no reply of the synthesis can be used", async () => {
  const chat = scriptChat(() => replies.prose);
  const { trace } = await fail({ synthesizer: createLlmSynthesizer({ chat }) });
  const [{ error }] = stepsOf(trace, "failure");
  assertEquals(
    error.message,
    "All 3 calls for rules failed; the first with: " +
      "The reply was refused: it holds no JSON object",
  );
});

Deno.test("a run learns rules for spans from the replies of a model", async () => {
  const dataset = { name: "few", task: "ner" as const, examples: places };
  const { rules, scores } = await learnFrom([replies.cities, none], {}, dataset as never);
  assertEquals(names(rules), ["city after in", "state", "year"]);
  assertEquals(scores.train?.f1, 1);
});

Deno.test("a run learns an extraction from one call", async () => {
  const examples = ["code ABC-12 is it", "try XYZ-7 now", "none here"].map((text) => {
    const match = /[A-Z]{3}-\d+/.exec(text);
    const spans = match === null
      ? []
      : [{ start: match.index, end: match.index + match[0].length }];
    return { text, spans };
  });
  const dataset = { name: "few", task: "extraction" as const, examples };
  const { scores, tape } = await learnFrom([replies.span, none], {}, dataset as never);
  assertEquals([scores.train?.f1, tape.length], [1, 1]);
});

Deno.test("a run that is replayed from its tape has the same digest", async () => {
  for (const dataset of [few, { name: "few", task: "ner", examples: places }]) {
    const { hostile, truncated, prose, cities } = replies;
    const answers = [hostile, none, none, truncated, prose, cities];
    const { trace, tape } = await learnFrom(answers, {}, dataset as never);
    const synthesizer = createLlmSynthesizer({ chat: replayChat(tape), concurrency: 7 });
    const again = await learn({ synthesizer }, dataset as never);
    assertEquals(again.trace.digest, trace.digest);
    assert(tape.length > 4);
  }
});

Deno.test("prompts do not have held-out examples", async () => {
  const prompts: string[] = [];
  const chat = scriptChat(({ messages }) => {
    prompts.push(messages[1].content);
    return JSON.stringify({ rules: [{ name: "c", label: "card", patterns: ["card"] }] });
  });
  let dev: readonly string[] = [];
  await learnRules(many, {
    synthesizer: createLlmSynthesizer({ chat, maxExamples: 100 }),
    onStart: ({ split }) => dev = split.dev,
  });
  assertEquals(dev.length, 6);
  const { examples } = createDataset(many);
  const held = examples.filter(({ id }) => dev.includes(id)).map(({ text }) => text);
  assert(prompts.length > 3);
  const shown = JSON.stringify(prompts);
  assertEquals(held.filter((text) => shown.includes(text)), []);
  assert(examples.some(({ text }) => shown.includes(text)));
});
