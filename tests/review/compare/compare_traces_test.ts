import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "jsr:@std/assert@^1";
import type { Rule } from "../../../learn/rules/rule.ts";
import { displayWidth } from "../../../print/text.ts";
import type { Run, StepBody, Trace } from "../../../record/schema.ts";
import { compareTraces, formatComparison, renderComparison } from "../../../review/compare.ts";
import { diffJson, diffRules, diffRuns } from "../../../review/compare/differences.ts";
import { readDataset } from "../../../learn/data/dataset.ts";
import { withTrace } from "../../../trace.ts";
import { learn, variant, withStep } from "./fixture.ts";
import { generateScript, scriptedLearner } from "../../record/generate_run.ts";
import { inFolder } from "../../pipeline/fixture.ts";
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

Deno.test("a run compared with itself is identical, without findings", () => {
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

Deno.test("runs differ if one declares a protocol and the other none", () => {
  const declared = { ...run, protocol: "ruletrace-1" } as const;
  assertEquals(diffRuns(run, declared).map(({ field }) => field), ["protocol"]);
  assertEquals(diffRuns(declared, declared), []);
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
  assertMatch(parting!.before!.phrase, /^iteration \d patched/);
});

Deno.test("the same inputs with another output break determinism: an alert", () => {
  const other = withStep(2, { after: makeScores("dev", 29, 4, 11) });
  const comparison = compareTraces(completed, other);
  assertEquals(comparison.severity, "alert");
  assertEquals(comparison.before.inputs, comparison.after.inputs);
  assertEquals(comparison.findings[0].code, "determinism");
  assertStringIncludes(comparison.findings[0].text, "part at step 2");
});

Deno.test("another output is a warning if a model was asked or another version learned", () => {
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

Deno.test("a run that did not finish is an alert after, a warning before, and not a break", () => {
  for (const unfinished of [failed, running]) {
    assertEquals(codes(completed, unfinished)[0], "alert status");
    assertEquals(codes(unfinished, completed)[0], "warn status");
  }
  assertEquals(compareTraces(running, running).severity, "ok");
  const empty = makeTrace({ ...run, status: "running" }, [], []);
  assertEquals(compareTraces(completed, empty).rules?.lost.length, 4);
});

Deno.test("runs of different tasks are compared in what they were given, and the rest is named", () => {
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

Deno.test("other data are a warning, and scores on them are not compared", () => {
  const dataset = { ...run.dataset, digest: `sha256:${"0".repeat(64)}` };
  const { findings, scores } = compareTraces(completed, variant({ run: { dataset } }));
  assertEquals(findings.map(({ code }) => code), ["data"]);
  assertEquals(scores.map(({ on, points, why }) => [on, points, why]), [
    ["test", 0, undefined],
    ["dev", undefined, "the data differ"],
    ["all", undefined, "the data differ"],
  ]);
});

Deno.test("scores on other test examples or by another match are not compared", () => {
  const config = (test: string, match?: string) => ({
    test: { examples: 200, digest: test },
    match,
  });
  const why = (one: Run["config"], other: Run["config"]) =>
    compareTraces(variant({ run: { config: one } }), variant({ run: { config: other } }))
      .scores.map(({ why }) => why);
  const lean = (value: object) => JSON.parse(JSON.stringify(value));
  assertEquals(why(lean(config("a")), lean(config("b"))), [
    "the test examples differ",
    undefined,
    undefined,
  ]);
  const ways = why(lean(config("a", "text")), lean(config("a", "exact")));
  assertEquals(new Set(ways), new Set(["spans were matched in different ways"]));
});

Deno.test("it is a warning if no F1 was measured on the same examples", () => {
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
  assertEquals([150, 149, 144, 140, 160].map((tp) => severity(tp)), [
    "ok",
    "ok",
    "warn",
    "alert",
    "ok",
  ]);
  // A loss of just the limit is not over it, though 100 * (0.795 - 0.8) is below -0.5.
  const even = (right: number, patience: number) => {
    const test = makeScores("test", right, 200 - right, 200 - right);
    const scores = { ...(bodies[13] as Extract<StepBody, { type: "final" }>).scores, test };
    return variant({
      run: { config: { patience } },
      steps: (steps) => steps.with(13, { ...steps[13], scores } as StepBody),
    });
  };
  assertEquals(compareTraces(even(160, 3), even(159, 4)).severity, "ok");
  assertEquals(severity(144, { warnDrop: 0, alertDrop: 0 }), "alert");
  // Fewer than six examples may be chance: two in 2^5 are more than 5 %.
  assertEquals([148, 145].map((tp) => severity(tp)), ["ok", "ok"]);
  assertEquals(severity(145, { warnDrop: 0, alertDrop: 0 }), "warn");
  const [note] = compareTraces(before, after(145)).findings;
  assertEquals([note.severity, note.code], ["note", "drop"]);
  assertMatch(note.text, /^F1 on test fell by 1\.\d+ points, .* at most 5 examples make the diff/);
  assertEquals(severity(140, { warnDrop: 50, alertDrop: 50 }), "ok");
  const { findings, thresholds } = compareTraces(before, after(140));
  assertEquals(thresholds, { warnDrop: 0.5, alertDrop: 2, failOn: "alert" });
  assertMatch(findings[0].text, /^F1 on test fell by 3\.30 points, more than 2$/);
  const near =
    compareTraces(before, after(140), { warnDrop: 3.297, alertDrop: 9 }).findings[0].text;
  assertMatch(near, /^F1 on test fell by 3\.30 points, more than 3\.297$/);
});

Deno.test("a threshold that is not a number of points is refused", () => {
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

Deno.test("corrections and feedback are inputs, and a lock is a field of a rule", () => {
  const corrected = variant({
    run: {
      split: { ...run.split, corrections: ["a", "b"] },
      feedback: [{ label: "exchange", text: "Look at currencies." }],
    },
  });
  const fewer = variant({ run: { split: { ...run.split, corrections: ["b", "c", "d"] } } });
  const { differences } = compareTraces(corrected, fewer);
  assertEquals(differences, [
    {
      field: "split.corrections",
      before: "2 corrections",
      after: "3 corrections, 1 of them the same",
    },
    { field: "feedback", before: "1 remark", after: "0 remarks" },
  ]);
  assertEquals(diffRules(ruleOf.fx, { ...ruleOf.fx, locked: true }), [
    { field: "locked", after: true },
  ]);
});

Deno.test("configurations are compared member by member, whatever the members are called", () => {
  const before = JSON.parse('{"a": {"b": 1, "c": [1, 2]}, "constructor": 1}');
  const after = JSON.parse('{"a": {"b": 2, "c": [1, 2]}, "toString": null}');
  assertEquals(diffJson("config", before, after), [
    { field: "config.a.b", before: 1, after: 2 },
    { field: "config.constructor", before: 1 },
    { field: "config.toString", after: null },
  ]);
});

Deno.test("any two runs can be compared: each is identical to itself, and differences have a step", async () => {
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

Deno.test("lost rules are listed by label, then as they decide: in a list by priority, else by weight", () => {
  const listed = (fields: readonly Partial<Rule>[]) => {
    const rules = fields.map((field, place) => ({
      ...makeRule(`rule_${place}`, place === 0 ? "z" : "a"),
      weight: 1,
      ...field,
    }));
    const ids = rules.map(({ id }) => id);
    const { scores: _, ...final } = bodies[13] as Extract<StepBody, { type: "final" }>;
    const steps: StepBody[] = [
      { ...bodies[0], added: ids } as StepBody,
      { ...final, rules: ids, scores: {} },
    ];
    const empty = makeTrace({ ...run, status: "running" }, [], []);
    const shown = formatComparison(compareTraces(makeTrace(run, rules, steps), empty));
    return shown.split("\n  lost\n").at(-1)!.match(/rule_\d/g);
  };
  const byWeight = [{ weight: 9 }, { weight: 1 }, { weight: 3 }, { weight: 2 }];
  assertEquals(listed(byWeight), ["rule_2", "rule_3", "rule_1", "rule_0"]);
  const byPriority = [{ priority: 9 }, { weight: 3 }, { priority: 2 }, { priority: 1 }];
  assertEquals(listed(byPriority), ["rule_2", "rule_3", "rule_1", "rule_0"]);
});
