import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { createSimpleCoordinator } from "../../learn/audit/simple.ts";
import { createDataset, type DatasetInput } from "../../learn/data/dataset.ts";
import { evaluateRules } from "../../learn/score/evaluation.ts";
import { spansOf } from "../../learn/data/examples.ts";
import { createExtractor } from "../../learn/rules/extractor.ts";
import type { Match } from "../../learn/score/matches.ts";
import type { Proposal } from "../../learn/rules/rule.ts";
import type { PatchState, RefitState } from "../../learn/synthesizer.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { explainRule, parseTrace, renderTrace, rulesAt } from "../../trace.ts";
import { idOf, learn, names, propose, refitting, repeat, stepsOf, stub, types } from "./fixture.ts";

/** A text with `[words](type)` marked. */
function mark(text: string, id: string) {
  const entities: { start: number; end: number; type: string }[] = [];
  let plain = "";
  for (const part of text.split(/(\[[^\]]*\]\([^)]*\))/)) {
    const [, words, type] = /^\[(.*)\]\((.*)\)$/.exec(part) ?? [];
    if (words !== undefined) {
      entities.push({ start: plain.length, end: plain.length + words.length, type });
    }
    plain += words ?? part;
  }
  return { id, text: plain, entities };
}

/** Texts with cities and states, too few to hold any out: decisions are made on train. */
const towns: DatasetInput = {
  name: "towns",
  examples: [
    "from [Rome](city) to [Oslo](city)",
    "a flight to [Rome](city) please",
    "[Ohio](state) is not Rome",
    "in [Ohio](state), near [Oslo](city)",
    "nothing is marked here",
  ].map((text, place) => mark(text, `t${place}`)),
};

/** Thirty texts, of which some are held out. */
const trips: DatasetInput = {
  name: "trips",
  examples: Array.from({ length: 30 }, (_, place) => {
    const city = ["Rome", "Oslo", "Paris"][place % 3];
    return mark(`trip ${place} to [${city}](city) in [${2000 + place}](year)`, `t${place}`);
  }),
};
const rome = propose("city", "Rome");
const oslo = propose("city", "Oslo");
const ohio = propose("state", "Ohio");
const year = propose("year", String.raw`in (\d{4})`, { group: 1 });
const city = propose("city", String.raw`to (\w+)`, { group: 1 });

/** The failures that the first iteration begins with. */
async function failuresOf(
  first: Proposal[],
  options: LearnOptions = {},
  next: Proposal[] = [],
  dataset = towns,
) {
  const synthesizer = stub({ added: first }, { added: next });
  const { trace } = await learn({ synthesizer, ...options }, dataset);
  return stepsOf(trace, "iteration")[0].failures;
}

Deno.test("failures are clustered by what was missed, is spurious, or has another type", async () => {
  const { count, clusters } = await failuresOf([rome, propose("city", "Ohio")]);
  assertEquals(count, 5);
  const shown = clusters.map(({ rules: _, ...cluster }) => cluster);
  assertEquals(shown, [
    { expected: "city", predicted: null, count: 2, examples: ["t0", "t3"] },
    { expected: "state", predicted: "city", count: 2, examples: ["t2", "t3"] },
    { expected: null, predicted: "city", count: 1, examples: ["t2"] },
  ]);
});

Deno.test("an example with several failures of a kind is named once", async () => {
  const { clusters } = await failuresOf([ohio]);
  const [{ expected, count, examples }] = clusters;
  assertEquals([expected, count, examples], ["city", 4, ["t0", "t1", "t3"]]);
});

const attributed: [Match, Proposal, boolean][] = [
  ["exact", propose("city", "Oslo"), true],
  ["exact", propose("city", String.raw`\w+ (Oslo)`, { group: 1 }), true],
  ["exact", propose("city", String.raw`to Oslo`), false],
  ["exact", propose("city", String.raw`to (Oslo)`, { template: { text: "$1" } }), true],
  ["text", propose("city", String.raw`(Oslo) or`, { group: 1 }), true],
  ["exact", propose("city", String.raw`(Oslo) or`, { group: 1 }), false],
  ["partial", propose("city", String.raw`o Oslo`), true],
  ["partial", propose("city", String.raw`from Rome to Oslo`), false],
  ["exact", propose("state", "Oslo"), false],
];
const twice = {
  ...towns,
  examples: [...towns.examples, mark("Oslo or [Oslo](city)", "t5")],
};
for (const [match, rule, isNamed] of attributed) {
  const how = `${isNamed ? "" : "not "}named for the failures`;
  const found = `${rule.label}: ${rule.patterns[0]}${rule.template ? " with a template" : ""}`;
  Deno.test(`by ${match} match, a rule for ${found} is ${how} that it finds`, async () => {
    const { clusters } = await failuresOf([rome, ohio], { match }, [rule], twice);
    const cluster = clusters.find(({ expected }) => expected === "city");
    assertEquals(cluster?.rules, isNamed ? [idOf(rule)] : []);
    assertEquals(clusters.flatMap(({ rules }) => rules).length, isNamed ? 1 : 0);
  });
}

Deno.test("a rule that corrects a type is explained with the type that was predicted before", async () => {
  const first = { added: [propose("city", "Ohio"), rome, oslo] };
  const better = { ...ohio, priority: 1 };
  const { trace } = await learn({ synthesizer: stub(first, { added: [better] }) }, towns);
  const [event] = explainRule(trace, idOf(ohio)).events;
  assert(event.kind === "added");
  assertEquals(event.causes, [{ expected: "state", predicted: "city", count: 2 }]);
  assertEquals(event.decision.clause, "f1");
});

Deno.test("a group that the pattern does not have is refused with the reason, and the rest goes on", async () => {
  const missing = propose("city", "(Rome)", { group: 2 });
  const { rules, trace } = await learn({ synthesizer: stub({ added: [missing, oslo] }) }, towns);
  assertEquals(names(rules), [oslo.name]);
  const [{ refused, scores }] = stepsOf(trace, "synthesis");
  assertEquals(refused, [{
    name: missing.name,
    code: "invalid-rule",
    detail: "group 2 is wanted, and the first pattern has 1",
  }]);
  assertEquals([scores.tp, scores.fp, scores.fn, scores.exact], [2, 0, 4, 0.2]);
});

Deno.test("a synthesizer sees the task, how spans are matched, and which overlap", async () => {
  const seen: PatchState[] = [];
  const synthesizer = stub({ added: [rome] }, (state) => (seen.push(state), {}));
  await learn({ synthesizer, match: "partial", overlaps: "keep" }, towns);
  const [{ task, matches, train }] = seen;
  assertEquals([task.task, task.match, task.overlaps], ["ner", "partial", "keep"]);
  assertEquals([task.decide, task.labels], ["first", ["city", "state"]]);
  assert(matches.kind === "spans" && matches.match === "partial");
  assertEquals(train.length, 5);
});

Deno.test("how spans are matched is in the record, and changes the scores", async () => {
  const near = propose("city", "to Rome");
  const f1Of = async (match?: Match) => {
    const { trace, scores } = await learn({ synthesizer: stub({ added: [near] }), match }, towns);
    assertEquals(trace.run.config.match, match ?? "exact");
    return scores.train?.tp;
  };
  assertEquals([await f1Of(), await f1Of("exact"), await f1Of("partial")], [0, 0, 1]);
});

Deno.test("spans without types have the label span", async () => {
  const examples = towns.examples.map((example) => {
    assert("entities" in example);
    const spans = example.entities.filter((one) => "start" in one);
    return { text: example.text, spans };
  });
  const any = propose("span", "Rome|Oslo|Ohio");
  const dataset = { name: "plain", examples };
  const { trace, scores } = await learn({ synthesizer: stub({ added: [any] }) }, dataset);
  assertEquals([trace.run.dataset.task, trace.run.dataset.labels], ["extraction", ["span"]]);
  assertEquals([scores.train?.tp, scores.train?.fp, scores.train?.fn], [6, 1, 0]);
  const { clusters } = stepsOf(trace, "iteration")[0].failures;
  assertEquals(clusters.map(({ expected, predicted }) => [expected, predicted]), [[null, "span"]]);
});

Deno.test("rules that find the same become the shorter one, with its group", async () => {
  const long = propose("city", String.raw`\bto (Rome|Oslo)\b`, { group: 1 });
  const short = propose("city", String.raw`to (Rome|Oslo)`, { group: 1 });
  const { rules, trace } = await learn({
    synthesizer: stub({ added: [long, short] }),
    coordinator: createSimpleCoordinator(),
    holdout: 0,
  }, repeat(towns));
  const [{ actions, verdict, before, after }] = stepsOf(trace, "audit");
  assertEquals(actions.map(({ kind, to, reason }) => [kind, to, reason]), [
    ["merge", idOf(short), "same matches"],
  ]);
  assertEquals([verdict, after.f1! >= before.f1!], ["kept", true]);
  assertEquals(rules.map(({ patterns, group }) => [patterns[0], group]), [[short.patterns[0], 1]]);
});

Deno.test("words that differ are listed in one rule, but never inside a group", async () => {
  const dataset = {
    name: "quarters",
    examples: ["to [Paris](city)", "to [Parish](city)", "in [1999](year)", "in [1998](year)"]
      .map((text, place) => mark(text, `q${place}`)),
  };
  const word = (word: string) => propose("city", String.raw`\b${word}\b`);
  const grouped = (word: string) => propose("year", String.raw`\bin (${word})\b`, { group: 1 });
  const { rules, trace } = await learn({
    synthesizer: stub({ added: [word("Paris"), word("Parish"), grouped("1999"), grouped("1998")] }),
    coordinator: createSimpleCoordinator(),
  }, dataset);
  const [{ actions }] = stepsOf(trace, "audit");
  assertEquals(actions.map(({ from, reason }) => [from.length, reason]), [[2, "one alternation"]]);
  assertEquals(rules.map(({ patterns }) => patterns[0]).sort(), [
    String.raw`\b(?:Paris|Parish)\b`,
    String.raw`\bin (1998)\b`,
    String.raw`\bin (1999)\b`,
  ]);
});

Deno.test("a rule that finds nothing but spurious spans goes in the audit", async () => {
  const spurious = propose("city", "nothing", { priority: -1 });
  const { rules, trace } = await learn({
    synthesizer: stub({ added: [rome, spurious] }),
    coordinator: createSimpleCoordinator(),
  }, towns);
  const [{ actions }] = stepsOf(trace, "audit");
  assertEquals(actions.map(({ from, reason }) => [from, reason]), [
    [[idOf(spurious)], "no true positive"],
  ]);
  assertEquals(names(rules), [rome.name]);
});

Deno.test("a rule is pruned for one of its label that finds the same spans, not one that finds more of them", async () => {
  const both = propose("city", "Rome|Oslo", { priority: 1 });
  const wider = propose("city", "to Oslo", { priority: 1 });
  const { rules, trace } = await learn({
    synthesizer: stub({ added: [both, rome, propose("state", "Rome", { priority: -1 })] }),
    holdout: 0,
  }, repeat(towns));
  const [{ dropped, before, after }] = stepsOf(trace, "prune");
  assertEquals(dropped, [{ rule: idOf(rome), reason: "subsumed", by: idOf(both) }]);
  assertEquals([rules.length, after.f1 === before.f1], [2, true]);
  const kept = await learn(
    { synthesizer: stub({ added: [wider, oslo] }), holdout: 0 },
    repeat(towns),
  );
  assertEquals(types(kept.trace).includes("prune"), false);
});

Deno.test("over the budget, the rules that decide last go", async () => {
  const added = [{ ...rome, priority: 1 }, oslo, { ...ohio, precision: 0.9 }];
  const { rules, trace } = await learn({ synthesizer: stub({ added }), maxRules: 2 }, towns);
  assertEquals(names(rules), [rome.name, ohio.name]);
  const [{ dropped }] = stepsOf(trace, "prune");
  assertEquals(dropped, [{ rule: idOf(oslo), reason: "budget" }]);
});

Deno.test("a refit sees the spans of all examples, and its rules are scored on all", async () => {
  const seen: RefitState[] = [];
  const refit = (state: RefitState) => (seen.push(state), { added: [year] });
  const synthesizer = refitting(refit, { added: [city] });
  const { trace, scores, rules } = await learn({ synthesizer, seed: 3 }, trips);
  const [{ matches, examples }] = seen;
  assertEquals([examples.length, trace.run.split.dev.length > 0], [30, true]);
  assertEquals(matches.of(idOf(city)).length, 30);
  assertEquals([scores.all?.tp, scores.all?.fn, rules.length], [60, 0, 2]);
});

Deno.test("held-out examples are scored, and never among the failures", async () => {
  const { trace } = await learn({ synthesizer: stub({ added: [city] }) }, trips);
  const { dev } = trace.run.split;
  const [{ scores }] = stepsOf(trace, "synthesis");
  assertEquals([scores.on, scores.tp], ["dev", dev.length]);
  const { count, clusters } = stepsOf(trace, "iteration")[0].failures;
  assertEquals(count, 30 - dev.length);
  assert(clusters.every(({ examples }) => examples.every((id) => !dev.includes(id))));
});

Deno.test("an extractor finds what the rules found in the run", async () => {
  const added = [city, { ...year, priority: 2 }, propose("year", String.raw`\d+`)];
  const { rules, decision, scores } = await learn({ synthesizer: stub({ added }) }, trips);
  const dataset = createDataset(trips);
  const extract = createExtractor(rules, decision);
  let [correct, predicted, gold] = [0, 0, 0];
  for (const example of dataset.examples) {
    const spans = spansOf(example);
    const spansFound = extract(example.text);
    gold += spans.length;
    predicted += spansFound.length;
    correct += spansFound.filter((one) =>
      spans.some(({ start, end, label }) =>
        start === one.start && end === one.end && label === one.label
      )
    ).length;
  }
  const { tp, fp, fn } = evaluateRules(rules, dataset, decision).scores[0];
  assertEquals([tp, fp, fn], [correct, predicted - correct, gold - correct]);
  const sum = (field: "tp" | "fp" | "fn") => scores.train![field] + scores.dev![field];
  assertEquals([sum("tp"), sum("fp"), sum("fn")], [tp, fp, fn]);
});

Deno.test("an error that quotes a text is recorded with the example's id, the name of a span stays", async () => {
  const [{ text }] = trips.examples;
  const rule = propose("city", "Rome", { name: "city/Rome" });
  const { trace } = await learn({
    synthesizer: stub({ added: [rule] }, new Error(`what of ${text}?`)),
    patience: 1,
  }, trips);
  const [{ error }] = stepsOf(trace, "iteration");
  assertEquals(error?.message, "what of [t0]?");
  assertEquals(trace.rules[idOf(rule)].name, "city/Rome");
});

Deno.test("types that are named like members of objects are labels like any other", async () => {
  const examples = ["see [Rome](__proto__)", "[Oslo](constructor) is far"]
    .map((text, place) => mark(text, `p${place}`));
  const added = [propose("__proto__", "Rome"), propose("constructor", "Oslo")];
  const dataset = { name: "proto", examples };
  const { scores, trace } = await learn({ synthesizer: stub({ added }) }, dataset);
  assertEquals([scores.train?.f1, scores.train?.macroF1], [1, 1]);
  assertEquals(trace.run.dataset.labels, ["__proto__", "constructor"]);
});

const refused: [LearnOptions, string][] = [
  [{ decide: "vote" }, "The option decide is vote, which is for classification"],
  [{ default: "majority" }, "The option default is majority, which is for classification"],
  [{ match: "fuzzy" as Match }, 'The option match is "fuzzy", expected exact or text or partial'],
  [
    { test: { name: "test", task: "classification", examples: [{ text: "x", label: "y" }] } },
    "its task is classification, expected ner",
  ],
  [
    { rules: [{ ...rome, group: 1 }] },
    'Cannot begin with rule 1 "city/Rome": invalid-rule: group 1',
  ],
];
for (const [options, message] of refused) {
  Deno.test(`a run on spans is refused with: ${message}`, async () => {
    const error = await assertRejects(() => learnRules(towns, options), RangeError, message);
    assert(!error.message.includes("\n"));
  });
}

Deno.test("the option match is refused if texts have labels", async () => {
  const dataset = {
    name: "labels",
    examples: [{ text: "a", label: "x" }, { text: "b", label: "y" }],
  };
  await assertRejects(
    () => learnRules(dataset, { match: "text" }),
    RangeError,
    "The option match is for spans, and the task is classification",
  );
});

Deno.test("a trace of spans is read back as it was, and folds to the rules that came of it", async () => {
  const template = propose("city", "from (Rome)", { template: { text: "$1" } });
  const { trace, rules } = await learn({
    synthesizer: stub({ added: [city, ohio] }),
    rules: [template],
    match: "text",
  }, towns);
  assertEquals(parseTrace(renderTrace(trace)), trace);
  assertEquals(rulesAt(trace, trace.steps.length - 1), rules);
  assertEquals(trace.rules[idOf(template)].template, { text: "$1" });
});
