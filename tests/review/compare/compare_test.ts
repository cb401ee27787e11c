import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "jsr:@std/assert@^1";
import { getColorEnabled, setColorEnabled } from "jsr:@std/fmt@^1/colors";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import { createDataset } from "../../../learn/data/dataset.ts";
import { evaluateRules } from "../../../learn/score/evaluation.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import { displayWidth } from "../../../print/text.ts";
import type { Run, StepBody, Trace } from "../../../record/schema.ts";
import { compareTraces, formatComparison, renderComparison } from "../../../review/compare.ts";
import { alignRules } from "../../../review/compare/alignment.ts";
import { diffJson } from "../../../review/compare/differences.ts";
import { findParting } from "../../../review/compare/divergence.ts";
import { readDataset } from "../../../learn/data/dataset.ts";
import { rulesAt, withTrace } from "../../../trace.ts";
import { learn, rules, twoRuns, variant, withStep } from "./compare_fixture.ts";
import { generateScript, scriptedLearner } from "../../record/generate_run.ts";
import { inFolder, many, propose, silent, stub } from "../../pipeline/fixture.ts";
import {
  bodies,
  completed,
  failed,
  makeRule,
  makeScores,
  makeTrace,
  ruleOf,
  run,
  running,
} from "../../print/print_fixture.ts";

const root = new URL("../../..", import.meta.url);

const codes = (before: Trace, after: Trace) =>
  compareTraces(before, after).findings.map(({ severity, code }) => `${severity} ${code}`);

Deno.test("a run beside itself is identical, and nothing is said against it", () => {
  const comparison = compareTraces(completed, completed);
  const { severity, identical, findings, differences, parting, incomparable } = comparison;
  assertEquals([severity, identical, parting], ["ok", true, undefined]);
  assertEquals([findings, differences, incomparable], [[], [], []]);
  assertEquals(comparison.rules?.unchanged, 4);
  assertStringIncludes(formatComparison(comparison), "identical: same inputs, same steps");
});

Deno.test("ids and times do not make runs differ", () => {
  const other = variant({ run: { id: "other", startedAt: "2027-01-01T00:00:00.000Z" } });
  const { identical, differences } = compareTraces(completed, other);
  assertEquals([identical, differences], [true, []]);
});

Deno.test("of runs that differ in one hyper-parameter, it and the first parting step are named", async () => {
  const dataset = await readDataset(new URL("examples/banking.jsonl", root).pathname);
  const [before, after] = [
    await learn(dataset, { margin: 1, maxRules: 50 }),
    await learn(dataset, { margin: 2, maxRules: 50 }),
  ];
  const { differences, parting, identical } = compareTraces(before, after);
  assertEquals(identical, false);
  assertEquals(differences, [{ field: "config.margin", before: 1, after: 2 }]);
  const bare = ({ steps }: Trace) =>
    steps.map((step) => JSON.stringify({ ...step, at: 0, took: 0, digest: 0 }));
  const [one, other] = [bare(before), bare(after)];
  const expected = one.findIndex((step, place) => step !== other[place]);
  assert(expected > 0);
  assertEquals(parting?.step, expected);
  assertEquals(parting?.reasons[0].what, "failures");
  assertMatch(parting!.before!.phrase, /^iteration 1 patched/);
});

for (
  const [what, fields, step, text] of [
    [
      "verdict",
      { verdict: "rejected", clause: undefined },
      2,
      "different verdict: accepted → rejected",
    ],
    ["clause", { clause: "precision" }, 2, "different clause: f1 → precision"],
    ["scores", { after: makeScores("dev", 29, 4, 11) }, 2, "different scores after: F1 77.8 %"],
    [
      "failures",
      { failures: { count: 9, clusters: [] } },
      3,
      "different failures to learn from: 3 → 9",
    ],
    ["actions", { actions: [] }, 7, "different actions: 1 → 0"],
    ["dropped", { dropped: [] }, 11, "different rules dropped: 1 → 0"],
    ["refused", { refused: [] }, 0, "different rules refused: 3 → 0"],
    ["other", { analysis: "fees are missed" }, 1, "different analysis: rates are missed → fees"],
  ] as const
) {
  Deno.test(`runs that part in their ${what} are told so, with the step and both its phrases`, () => {
    const parting = findParting(completed, withStep(step, fields));
    assertEquals(parting?.step, step);
    assertEquals(parting?.reasons[0].what, what);
    assertStringIncludes(parting!.reasons[0].text, text);
    assert(parting!.before!.phrase.length > 0 && parting!.after!.phrase.length > 0);
  });
}

Deno.test("different candidates are named on each side", () => {
  const other = makeRule("rate_of_exchange", "exchange");
  const step = bodies[2] as Extract<StepBody, { type: "iteration" }>;
  const patch = { ...step.patch, added: [other.id] };
  const parting = findParting(completed, withStep(2, { patch }, [other]));
  assertEquals(parting?.reasons.map(({ what, text }) => [what, text]), [[
    "candidates",
    "different candidates: 1 only before (fx_rate); 1 only after (rate_of_exchange)",
  ]]);
});

Deno.test("failures come first of the reasons: candidates follow from them", () => {
  const other = makeRule("rate_of_exchange", "exchange");
  const step = bodies[2] as Extract<StepBody, { type: "iteration" }>;
  const patch = { ...step.patch, added: [other.id] };
  const failures = { count: 9, clusters: [] };
  const parting = findParting(completed, withStep(2, { patch, failures }, [other]));
  assertEquals(parting?.reasons.map(({ what }) => what), ["failures", "candidates"]);
});

Deno.test("a candidate of another weight is told apart from another candidate", () => {
  const heavier = rules.map((rule) => rule.name === "rate" ? { ...rule, weight: 1.75 } : rule);
  const { parting } = compareTraces(completed, makeTrace(run, heavier, bodies));
  assertEquals([parting?.step, parting?.reasons[0].what], [0, "strengths"]);
  assertStringIncludes(parting!.reasons[0].text, "rate, weight 1.5 → 1.75");
});

Deno.test("a patch that gives other weights parts there by strengths", () => {
  const step = bodies[2] as Extract<StepBody, { type: "iteration" }>;
  const patch = { ...step.patch, reweighted: [{ rule: ruleOf.fx.id, weight: 3 }] };
  const parting = findParting(completed, withStep(2, { patch }));
  assertEquals(parting?.reasons, [
    { what: "strengths", text: "different strengths proposed: none → 1" },
  ]);
});

Deno.test("how a model was asked parts runs only where nothing else does", () => {
  const learner = { ...run.learner, model: "some-model" };
  const asked = (exchanges: string[], more: Partial<StepBody> = {}) =>
    variant({
      run: { learner },
      steps: (all) =>
        all.with(0, { ...all[0], exchanges } as StepBody)
          .with(2, { ...all[2], ...more } as StepBody),
    });
  const before = asked(["one"]);
  const same = compareTraces(before, asked(["other"]));
  assertEquals([same.severity, same.identical, same.parting?.step], ["ok", false, 0]);
  assertEquals(same.parting?.reasons, [
    { what: "exchanges", text: "different requests to the model" },
  ]);
  const after = makeScores("dev", 29, 4, 11);
  const other = compareTraces(before, asked(["other"], { after } as Partial<StepBody>));
  assertEquals([other.severity, other.parting?.step], ["warn", 2]);
});

Deno.test("steps of other types and runs that end sooner part there", () => {
  const shorter = variant({ steps: (steps) => steps.slice(0, 5) });
  const early = compareTraces(completed, shorter).parting;
  assertEquals([early?.step, early?.after, early?.reasons[0].what], [5, undefined, "ended"]);
  const skipped = findParting(completed, variant({ steps: (steps) => steps.toSpliced(1, 1) }));
  assertEquals([skipped?.step, skipped?.reasons[0].what], [1, "type"]);
});

Deno.test("the same inputs with another output break determinism: an alert", () => {
  const other = withStep(2, { after: makeScores("dev", 29, 4, 11) });
  const comparison = compareTraces(completed, other);
  assertEquals(comparison.severity, "alert");
  assertEquals(comparison.before.inputs, comparison.after.inputs);
  assertEquals(comparison.findings[0].code, "determinism");
  assertStringIncludes(comparison.findings[0].text, "part at step 2");
});

Deno.test("where a model was asked or another version learned, another output is a warning", () => {
  const step = { after: makeScores("dev", 29, 4, 11) };
  const steps = (all: StepBody[]) => all.with(2, { ...all[2], ...step } as StepBody);
  const learner = { ...run.learner, model: "some-model" };
  const asked = variant({ run: { learner } });
  assertEquals(codes(asked, variant({ run: { learner }, steps })), ["warn chance"]);
  const software = { ...run.software, ruletrace: "0.2.0" };
  const newer = variant({ run: { software }, steps });
  assertEquals(codes(completed, newer), ["warn chance"]);
  const { incomparable } = compareTraces(completed, newer);
  assertEquals(incomparable[0], {
    what: "whether the learner is deterministic",
    why: "the traces were written by ruletrace 0.1.0 and 0.2.0",
  });
});

Deno.test("a step is told in the words of the story, without colours or what comes after it", () => {
  const colors = getColorEnabled();
  setColorEnabled(true);
  try {
    const shorter = variant({ steps: (steps) => steps.slice(0, -1) });
    const { before } = findParting(completed, shorter)!;
    assertMatch(before!.phrase, /^final \d+ rules/);
    const { after } = findParting(withStep(2, { clause: "precision" }), running)!;
    assertMatch(after!.phrase, /^iteration 1 .*\)$/);
  } finally {
    setColorEnabled(colors);
  }
});

Deno.test("a run that did not come to its end is an alert after, a warning before, and no break", () => {
  for (const unfinished of [failed, running]) {
    assertEquals(codes(completed, unfinished)[0], "alert status");
    assertEquals(codes(unfinished, completed)[0], "warn status");
  }
  assertEquals(compareTraces(running, running).severity, "ok");
  const empty = makeTrace({ ...run, status: "running" }, [], []);
  assertEquals(compareTraces(completed, empty).rules?.lost.length, 4);
});

Deno.test("runs of different tasks are compared in what they were given, and it says what is not", () => {
  const dataset = { ...run.dataset, task: "ner" as const, labels: ["card", "__proto__"] };
  const comparison = compareTraces(completed, variant({ run: { dataset } }));
  const { incomparable, differences, findings, rules, parting, scores, severity } = comparison;
  assertEquals([rules, parting, scores, severity], [undefined, undefined, [], "warn"]);
  assertStringIncludes(incomparable[0].what, "steps, rules and scores");
  assertEquals(differences, [
    { field: "data.task", before: "classification", after: "ner" },
    { field: "data.labels", before: ["exchange", "fee", "refund"], after: ["__proto__"] },
  ]);
  assertEquals(findings[0].code, "task");
});

Deno.test("other data are a warning, and scores on them are not set against each other", () => {
  const dataset = { ...run.dataset, digest: `sha256:${"0".repeat(64)}` };
  const { findings, scores } = compareTraces(completed, variant({ run: { dataset } }));
  assertEquals(findings.map(({ code }) => code), ["data"]);
  assertEquals(scores.map(({ on, points, why }) => [on, points, why]), [
    ["dev", undefined, "the data differ"],
    ["all", undefined, "the data differ"],
    ["test", 0, undefined],
  ]);
});

Deno.test("scores on other test examples or by another match are not set against each other", () => {
  const config = (test: string, match?: string) => ({
    test: { examples: 200, digest: test },
    match,
  });
  const why = (one: Run["config"], other: Run["config"]) =>
    compareTraces(variant({ run: { config: one } }), variant({ run: { config: other } }))
      .scores.map(({ why }) => why);
  const lean = (value: object) => JSON.parse(JSON.stringify(value));
  assertEquals(why(lean(config("a")), lean(config("b"))), [
    undefined,
    undefined,
    "the test examples differ",
  ]);
  const ways = why(lean(config("a", "text")), lean(config("a", "exact")));
  assertEquals(new Set(ways), new Set(["spans were matched in different ways"]));
});

Deno.test("where no F1 was measured on the same examples, that is a warning", () => {
  const split = { ...run.split, dev: run.split.dev.map((id) => `other-${id}`), seed: 7 };
  const steps = (all: StepBody[]) => all.with(13, { ...all[13], scores: {} } as StepBody);
  assertEquals(codes(variant({ steps }), variant({ steps, run: { split } })), ["warn scores"]);
});

Deno.test("a loss of F1 is judged by thresholds that can be set", () => {
  const ended = (tp: number, patience: number) => {
    const test = makeScores("test", tp, 20, 200 - tp);
    const scores = { ...(bodies[13] as Extract<StepBody, { type: "final" }>).scores, test };
    return variant({
      run: { config: { patience } },
      steps: (steps) => steps.with(13, { ...steps[13], scores } as StepBody),
    });
  };
  const before = ended(150, 3);
  const after = (tp: number) => ended(tp, 4);
  const severity = (tp: number, options = {}) => compareTraces(before, after(tp), options).severity;
  assertEquals([150, 149, 148, 145, 140, 160].map((tp) => severity(tp)), [
    "ok",
    "ok",
    "warn",
    "warn",
    "alert",
    "ok",
  ]);
  assertEquals(severity(149, { warnDrop: 0 }), "warn");
  // A loss of just the limit is none over it, though 100 * (0.795 - 0.8) is below -0.5.
  const even = (right: number, patience: number) => {
    const test = makeScores("test", right, 200 - right, 200 - right);
    const scores = { ...(bodies[13] as Extract<StepBody, { type: "final" }>).scores, test };
    return variant({
      run: { config: { patience } },
      steps: (steps) => steps.with(13, { ...steps[13], scores } as StepBody),
    });
  };
  assertEquals(compareTraces(even(160, 3), even(159, 4)).severity, "ok");
  assertEquals(severity(149, { warnDrop: 0, alertDrop: 0 }), "alert");
  assertEquals(severity(140, { warnDrop: 50, alertDrop: 50 }), "ok");
  const { findings, thresholds } = compareTraces(before, after(140));
  assertEquals(thresholds, { warnDrop: 0.5, alertDrop: 2 });
  assertMatch(findings[0].text, /^F1 on test fell by 3\.30 points, more than 2$/);
  const near =
    compareTraces(before, after(140), { warnDrop: 3.297, alertDrop: 9 }).findings[0].text;
  assertMatch(near, /^F1 on test fell by 3\.30 points, more than 3\.297$/);
});

Deno.test("a threshold that is no number of points is refused", () => {
  for (const warnDrop of [-1, 101, NaN]) {
    assertThrows(() => compareTraces(completed, failed, { warnDrop }), RangeError, "warnDrop");
  }
});

Deno.test("whole numbers are shown as they are, weights in four digits", () => {
  const dataset = { ...run.dataset, examples: 10_003 };
  const shown = (trace: Trace) => formatComparison(compareTraces(completed, trace));
  assertStringIncludes(shown(variant({ run: { dataset } })), "data.examples  100 → 10003");
  const steps = (all: StepBody[]) =>
    all.with(12, {
      ...all[12],
      reweighted: [{ rule: ruleOf.fx.id, weight: 2.123456 }],
    } as StepBody);
  assertMatch(shown(variant({ steps })), /fx_rate \(exchange\) {2}weight 2\.5 → 2\.123, /);
});

Deno.test("configurations differ member by member, whatever the members are called", () => {
  const before = JSON.parse('{"a": {"b": 1, "c": [1, 2]}, "constructor": 1}');
  const after = JSON.parse('{"a": {"b": 2, "c": [1, 2]}, "toString": null}');
  assertEquals(diffJson("config", before, after), [
    { field: "config.a.b", before: 1, after: 2 },
    { field: "config.constructor", before: 1 },
    { field: "config.toString", after: null },
  ]);
});

Deno.test("rules are aligned by id, then matches, then pattern, then name within the label", () => {
  const make = (name: string, label: string, pattern: string, extra: Partial<Rule> = {}) =>
    createRule({ name, label, patterns: [pattern], ...extra });
  const before = [
    make("same", "fee", "fees?"),
    make("weight", "fee", "charge", { weight: 1 }),
    make("old name", "card", "cards?"),
    make("flags", "card", "lost", { flags: "" }),
    make("__proto__", "card", "stolen"),
    make("gone", "card", "nothing"),
  ];
  const after = [
    make("new name", "card", "card|cards"),
    make("other label", "fee", "card|cards"),
    make("__proto__", "card", "stole[n]"),
    make("same", "fee", "fees?"),
    make("weight", "fee", "charge", { weight: 2 }),
    make("flags too", "card", "lost"),
    make("fresh", "card", "void"),
  ];
  const matches = new Map([["cards?", "1,2"], ["card|cards", "1,2"]]);
  const { renamed, changed, lost, added, unchanged } = alignRules(
    before,
    after,
    ({ patterns }) => matches.get(patterns[0]) ?? "",
  );
  assertEquals(unchanged, 1);
  assertEquals(renamed.map(({ before, after }) => [before.name, after.name]), [[
    "old name",
    "new name",
  ]]);
  assertEquals(changed.map(({ by, before, after }) => [by, before.name, after.name]), [
    ["id", "weight", "weight"],
    ["pattern", "flags", "flags too"],
    ["name", "__proto__", "__proto__"],
  ]);
  assertEquals(changed[0].changes, [{ field: "weight", before: 1, after: 2 }]);
  assertEquals([lost, added].map((side) => side.map(({ name }) => name)), [
    ["gone"],
    ["other label", "fresh"],
  ]);
});

Deno.test("a rule that differs in its id alone is unchanged, however it was found", () => {
  const [one, other] = [makeRule("rate", "exchange"), makeRule("rate", "exchange")];
  const twin = { ...other, id: `${other.id}-2` };
  const { unchanged, renamed, changed } = alignRules([one], [twin], () => "0,1");
  assertEquals([unchanged, renamed, changed], [1, [], []]);
});

Deno.test("a precision that one side did not measure is no change", () => {
  const { precision: _, support: __, ...unmeasured } = makeRule("rate", "exchange");
  const measured = { ...unmeasured, precision: 0.5, support: 4 };
  assertEquals(alignRules([unmeasured], [measured]).unchanged, 1);
  assertEquals(alignRules([{ ...measured, precision: 0.6 }], [measured]).changed.length, 1);
});

Deno.test("with data, examples gained and lost are those that a classifier gets right on one side only", async () => {
  const [before, after] = await twoRuns();
  const texts = [...many.examples, { id: "odd", text: "rat card", label: "fee" }];
  const dataset = createDataset({ name: "probe", examples: texts });
  const comparison = compareTraces(before, after, {
    data: { dataset, lineOf: (index) => index + 1 },
  });
  const [one, other] = [before, after].map((trace) => {
    const rules = rulesAt(trace, trace.steps.length - 1);
    const classify = createClassifier(rules, { decide: "vote", threshold: 0 });
    const { scores } = evaluateRules(rules, dataset, { decide: "vote", threshold: 0 });
    return {
      f1: scores[0].f1,
      right: dataset.task === "classification"
        ? dataset.examples.map(({ text, label }) => classify(text).label === label)
        : [],
    };
  });
  const expected = dataset.examples.flatMap(({ id }, index) =>
    other.right[index] && !one.right[index] ? [{ id, line: index + 1 }] : []
  );
  const { data, rules } = comparison;
  assert(expected.length >= 5);
  assertEquals(data?.gained, expected);
  assertEquals(data?.lost, []);
  assertEquals(data?.mcnemar, {
    gained: expected.length,
    lost: 0,
    pValue: 2 / 2 ** expected.length,
  });
  assertAlmostEquals(data!.f1.points, 100 * (other.f1 - one.f1));
  assert(data!.f1.low <= data!.f1.points && data!.f1.points <= data!.f1.high);
  assertEquals(data?.labels.map(({ label }) => label), ["card", "fee", "rate"]);
  assertEquals(rules?.renamed.map(({ by, after }) => [by, after.name]), [["matches", "r"]]);
  const without = compareTraces(before, after).rules!;
  assertEquals([without.renamed.length, without.lost.length, rules?.lost.length], [0, 2, 1]);
});

Deno.test("with data, spans are compared by offsets and type, and examples are exact or not", async () => {
  const examples = ["Rome", "Oslo", "Paris"].map((city) => ({
    id: city,
    text: `to ${city} or Bern`,
    entities: [{ text: city, type: "city" }, { text: "Bern", type: "city" }],
  }));
  const dataset = createDataset({ name: "cities", examples });
  const run = (pattern: string, match: "exact" | "text") =>
    learn({ name: "cities", examples }, {
      synthesizer: stub({ added: [propose("city", pattern)] }),
      coordinator: silent(),
      match,
    });
  const [before, after] = [await run("Rome|Bern", "exact"), await run("Oslo|Rome|Bern", "text")];
  const { data, scores } = compareTraces(before, after, { data: { dataset } });
  assertEquals(data?.match, "exact");
  assertEquals(data?.gained, [{ id: "Oslo" }]);
  assertEquals([data?.before.tp, data?.after.tp, data?.after.fn], [4, 5, 1]);
  assertEquals(data?.learnedFrom, ["before", "after"]);
  assertEquals(scores[0].why, "spans were matched in different ways");
});

Deno.test("a rule that was written in another way is shown with both its patterns", async () => {
  const [before, after] = await twoRuns();
  const comparison = compareTraces(before, after, { data: { dataset: createDataset(many) } });
  const shown = formatComparison(comparison, { width: 120 });
  assertStringIncludes(shown, "name rate/rate → r, patterns rate → rates?");
});

Deno.test("examples of another task are refused", () => {
  const dataset = createDataset({
    name: "cities",
    examples: [{ text: "to Rome", entities: [{ text: "Rome", type: "city" }] }],
  });
  assertThrows(() => compareTraces(completed, failed, { data: { dataset } }), TypeError, "ner");
});

Deno.test("a comparison is plain JSON without a word of the documents", async () => {
  const [before, after] = await twoRuns();
  const examples = many.examples.map((example) => ({
    ...example,
    text: `${example.text} unmistakable`,
  }));
  const dataset = createDataset({ name: "probe", examples });
  const comparison = compareTraces(before, after, { data: { dataset } });
  assertEquals(JSON.parse(JSON.stringify(comparison)), comparison);
  for (const text of [JSON.stringify(comparison), renderComparison(comparison)]) {
    assertEquals(text.includes("unmistakable"), false);
  }
});

Deno.test("any two runs can be compared: with itself each is identical, and what differs has a step", async () => {
  const traces = await inFolder(async (storage) => {
    const traces: Trace[] = [];
    for (let seed = 1; seed <= 12; seed++) {
      const learner = scriptedLearner(generateScript(seed, { id: `run-${seed}` }));
      traces.push((await withTrace(learner, { storage })({ examples: [] })).trace);
    }
    return traces;
  });
  for (const [place, before] of traces.entries()) {
    assertEquals(compareTraces(before, before).identical, true);
    // Every other run is of the same task.
    const after = traces[(place + 2) % traces.length];
    const comparison = compareTraces(before, after);
    assert(comparison.parting!.reasons.every(({ text }) => text !== ""));
    const { unchanged, renamed, changed, lost, added } = comparison.rules!;
    const paired = unchanged + renamed.length + changed.length;
    assertEquals(paired + lost.length, comparison.before.rules);
    assertEquals(paired + added.length, comparison.after.rules);
    for (const line of formatComparison(comparison, { width: 40 }).split("\n")) {
      assert(displayWidth(line) <= 40, line);
    }
    assertStringIncludes(renderComparison(comparison), "</html>");
  }
});
