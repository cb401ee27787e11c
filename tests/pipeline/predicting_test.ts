import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createDataset } from "../../learn/data/dataset.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { parseRules } from "../../learn/rules/rule_set.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { phrasePrediction } from "../../pipeline/predict_file.ts";
import { createPredictor, type LabelPrediction } from "../../pipeline/predicting.ts";
import { type Trace, withTrace } from "../../trace.ts";
import { forge, refuse } from "../record/forging.ts";
import { many } from "./fixture.ts";

/** Returns a rule set, as a file of rules has it. */
function setOf(task: string, rules: readonly object[], more: object = {}) {
  const file = { format: "ruletrace-rules", version: 1, task, ...more, rules };
  return parseRules(JSON.stringify(file), "a test");
}

const rules = [
  { name: "rate", label: "exchange", patterns: ["rate"], weight: 2.5 },
  { name: "my", label: "card", patterns: ["\\bmy\\b"] },
  { name: "card", label: "card", patterns: ["card"], weight: 0.25, priority: 3 },
];

Deno.test("a trace may say what margins mean only if rules vote, and of held-out examples", async () => {
  const forged = (trace: Trace, confidence: object) =>
    refuse(
      forge(trace.steps.length - 1, { confidence }, trace),
      "has a confidence",
      trace.steps.length - 1,
    );
  const learn = async (options: LearnOptions) => (await withTrace(learnRules)(many, options)).trace;
  const voting = await learn({});
  const { confidence } = voting.steps.findLast((step) => step.type === "final")!;
  const { length: held } = voting.run.split.dev;
  assert(confidence !== undefined && confidence.examples <= held);
  forged(voting, { ...confidence, examples: held + 1 });
  forged(await learn({ decide: "first" }), confidence);
  forged(await learn({ holdout: 0 }), confidence);
});

Deno.test("a prediction by vote has margin and votes, and the confidence if there is a curve", () => {
  const confidence = {
    examples: 9,
    curve: [{ margin: 0, confidence: 0.2 }, { margin: 1, confidence: 0.9 }],
  };
  const predict = createPredictor(setOf("classification", rules, { confidence }));
  assertEquals(predict({ id: "t", text: "my card rate" }), {
    id: "t",
    text: "my card rate",
    label: "exchange",
    given: "exchange",
    confidence: 0.9,
    margin: 1.25,
    votes: [{ label: "exchange", votes: 2.5 }, { label: "card", votes: 1.25 }],
    rules: ["rate", "my", "card"],
  });
  const none = { text: "", label: null, given: null, margin: 0, votes: [], rules: [] };
  assertEquals(predict({ text: "" }), none);
  // Below the threshold, rules are told that did not decide.
  const decision = { threshold: 3, default: "card" };
  const unsure = createPredictor(setOf("classification", rules, { decision }))({ text: "rate" });
  assertEquals(unsure, {
    text: "rate",
    label: "card",
    given: "card",
    margin: 0,
    votes: [{ label: "exchange", votes: 2.5 }],
    rules: ["rate"],
  });
});

Deno.test("a prediction by first match has the rule that decided, and no votes", () => {
  const decision = { decide: "first" };
  const predict = createPredictor(setOf("classification", rules, { decision }));
  assertEquals(predict({ text: "my card rate" }), {
    text: "my card rate",
    label: "card",
    given: "card",
    by: "card",
    rules: ["rate", "my", "card"],
  });
  assertEquals(predict({ text: "x" }), { text: "x", label: null, given: null, rules: [] });
});

Deno.test("answers that cannot be trusted enough are deferred, and told", () => {
  const known = rules.map((rule, place) => ({ ...rule, precision: 1, support: 10 ** place }));
  const list = setOf("classification", known, { decision: { decide: "first", default: "card" } });
  const answer = (text: string, trust?: number) => {
    const { label, given, deferred, trust: known } = createPredictor(list, { trust })({
      text,
    }) as LabelPrediction;
    return [label, given, deferred, known];
  };
  assertEquals(answer("my card"), ["card", "card", undefined, 0.963007]);
  assertEquals(answer("my card", 0.9), ["card", "card", undefined, 0.963007]);
  assertEquals(answer("my rate", 0.9), [null, null, "card", 0.722467]);
  // No rule stands behind a default.
  assertEquals(answer("x", 0.1), [null, null, "card", undefined]);
  const confidence = { examples: 9, curve: [{ margin: 0, confidence: 0.2 }] };
  const votes = setOf("classification", rules, { confidence });
  const { label, deferred } = createPredictor(votes, { trust: 0.5 })({
    text: "rate",
  }) as LabelPrediction;
  assertEquals([label, deferred], [null, "exchange"]);
});

Deno.test("spans that cannot be trusted enough are deferred, after overlaps were settled", () => {
  const found = (name: string, pattern: string, support?: number) => ({
    ...{ name, label: "city", patterns: [pattern] },
    ...(support !== undefined && { precision: 1, support }),
  });
  const set = setOf("ner", [found("oslo", "Oslo", 96), found("rome", "Rome")]);
  const rome = { start: 6, end: 10, type: "city", text: "Rome", rule: "rome" };
  const oslo = { start: 0, end: 4, type: "city", text: "Oslo", rule: "oslo", trust: 0.961524 };
  const { text: _, ...all } = createPredictor(set)({ text: "Oslo, Rome" });
  const given = [oslo, rome].map(({ start, end, type }) => ({ start, end, type }));
  assertEquals(all, { entities: [oslo, rome], given });
  const { text: __, ...some } = createPredictor(set, { trust: 0.9 })({ text: "Oslo, Rome" });
  assertEquals(some, { entities: [oslo], deferred: [rome], given: given.slice(0, 1) });
});

Deno.test("rules that do not tell how far they can be trusted are not asked for it", () => {
  for (
    const [decide, why] of [
      ["vote", "they vote, and have no confidence"],
      ["first", "none has both a precision and a support"],
    ]
  ) {
    const set = setOf("classification", rules, { decision: { decide } });
    assertThrows(() => createPredictor(set, { trust: 0.9 }), RangeError, why);
  }
});

Deno.test("predictions are examples: labels that were changed, and spans, go in as they are", () => {
  const predict = createPredictor(setOf("classification", rules));
  const mended = { ...(predict({ text: "my rate" }) as LabelPrediction), label: "card" };
  const { task, examples } = createDataset({ name: "mended", examples: [mended] });
  assertEquals([task, mended.given], ["classification", "exchange"]);
  assert("label" in examples[0] && examples[0].label === "card");

  const spans = [
    { name: "in (Name)", label: "city", patterns: ["in (\\p{Lu}\\w+)"], group: 1, flags: "u" },
    // The rule gives another text for the span than it has.
    { name: "at", label: "time", patterns: ["at (\\d+)?"], template: { text: "$1" } },
    // Its spans are empty, or beyond the end.
    { name: "nothing", label: "time", patterns: ["x*"], template: { text: "$0" } },
    {
      name: "far",
      label: "time",
      patterns: ["Oslo"],
      template: { text: "$0", span: { start: 24, end: 99 } },
    },
  ];
  const text = "in Rome at noon, in Oslo";
  const found = [
    { start: 3, end: 7, type: "city", text: "Rome", rule: "in (Name)" },
    { start: 8, end: 11, type: "time", text: "at ", rule: "at" },
    { start: 20, end: 24, type: "city", text: "Oslo", rule: "in (Name)" },
  ];
  const entities = createPredictor(setOf("ner", spans))({ id: "t", text });
  const given = found.map(({ start, end, type }) => ({ start, end, type }));
  assertEquals(entities, { id: "t", text, entities: found, given });
  const read = createDataset({ name: "spans", examples: [entities as never] });
  assertEquals(
    [read.task, read.examples[0]],
    [
      "ner",
      { id: "t", text, entities: given },
    ],
  );
  const untyped = setOf("extraction", [{ ...spans[0], label: "span" }]);
  const extracted = createPredictor(untyped)({ text });
  const [rome, , oslo] = found.map(({ type: _, ...span }) => span);
  const outlines = [rome, oslo].map(({ start, end }) => ({ start, end }));
  assertEquals(extracted, { text, spans: [rome, oslo], given: outlines });
  assertEquals(createDataset({ name: "x", examples: [extracted as never] }).task, "extraction");
});

Deno.test("a predictor tells for which rules a search was given up", () => {
  // V8 may run it on a short text, and on a long one it is given up.
  const slow = { name: "slow", label: "a", patterns: [".{0,900}a.{0,900}[^a-~]"] };
  const told: string[] = [];
  const onUnfinished = ({ name }: Rule) => void told.push(name);
  const predict = createPredictor(setOf("classification", [slow]), { onUnfinished });
  predict({ text: "a" });
  assertEquals(told, []);
  predict({ text: "a".repeat(9_000) });
  assertEquals(new Set(told), new Set(["slow"]));
});

Deno.test("progress has the share read and the time left if the size is known", () => {
  const state = { texts: 12_345, read: 250_000, size: 1_000_000, elapsed: 10_000 };
  assertEquals(phrasePrediction(state), "25 % · 12,345 texts · 1,235 a second · about 30 s left");
  const piped = phrasePrediction({ ...state, size: 0 });
  assertEquals(piped, "0.3 MB · 12,345 texts · 1,235 a second");
});
