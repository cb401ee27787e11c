import { assert, assertEquals, assertStringIncludes, assertThrows } from "jsr:@std/assert@^1";
import { fileURLToPath } from "node:url";
import {
  parseTrace,
  readTrace,
  renderTrace,
  type Step,
  type StepOf,
  type Trace,
  TraceError,
  verifyTrace,
} from "../../trace.ts";
import { createRule } from "../../learn/rules/rule.ts";
import { ScoresSchema } from "../../learn/score/scoring.ts";
import { createScores, generateScript } from "./generate_run.ts";
import { base, chain, fixture, forge, indexOf, refuse, stepOf, text } from "./forging.ts";

Deno.test("the trace of format version 1 reads, verifies and renders as one of version 2", async () => {
  const trace = await readTrace(fileURLToPath(fixture));
  verifyTrace(trace);
  assertEquals(renderTrace(trace), text.replace('"version":1', '"version":2'));
  const types = [
    "synthesis",
    "critique",
    "iteration",
    "audit",
    "restore",
    "prune",
    "refit",
    "final",
  ];
  assertEquals(new Set(trace.steps.map((step) => step.type)), new Set(types) as Set<Step["type"]>);
});

Deno.test("the trace of format version 2, of a fork, reads, verifies and renders as it was written", async () => {
  const path = fileURLToPath(new URL("../fixtures/v2.trace.json", import.meta.url));
  const trace = await readTrace(path);
  assertEquals(renderTrace(trace), await Deno.readTextFile(path));
  const kinds = trace.run.parent?.change?.map(({ kind }) => kind);
  assertEquals(kinds, ["verdict", "without", "examples"]);
  assertEquals(trace.steps.filter((step) => "forced" in step).length, 1);
});

Deno.test("the trace of format version 3, of a run that asked a model, reads, verifies and renders as it was written", async () => {
  const path = fileURLToPath(new URL("../fixtures/v3.trace.json", import.meta.url));
  const trace = await readTrace(path);
  assertEquals(renderTrace(trace), await Deno.readTextFile(path));
  const named = trace.steps.flatMap((step) => "responses" in step ? step.responses ?? [] : []);
  assertEquals([named.length, named.filter((digest) => digest === null).length], [11, 1]);
});

Deno.test("verifyTrace accepts a trace whose digests were all made anew", () => {
  verifyTrace(chain(base));
});

Deno.test("a number edited in any step names that step", () => {
  base.steps.forEach((step, index) => {
    const edited = JSON.parse(
      JSON.stringify(step).replace(
        /"(count|proposed|tp|took)":(\d+)/,
        (all, name, found) => name === "took" ? all : `"${name}":${Number(found) + 1}`,
      ),
    );
    if (JSON.stringify(edited) === JSON.stringify(step)) return;
    const steps = base.steps.with(index, edited);
    refuse({ ...base, steps }, "does not fit its digest", index);
  });
});

Deno.test("clocks and ids may differ without the digest", () => {
  const run = {
    ...base.run,
    id: "other",
    status: "running" as const,
    startedAt: "2030-01-01T00:00:00.000Z",
    software: { ruletrace: "9", runtime: "other" },
  };
  const steps = base.steps.map((step) => ({ ...step, took: 1, at: "2030-01-01T00:00:00.000Z" }));
  verifyTrace({ ...base, run, steps });
});

Deno.test("settings or a seed edited in the run name the first step", () => {
  refuse({ ...base, run: { ...base.run, config: { decide: "first" } } }, "the run was changed", 0);
});

Deno.test("steps in another order are refused at the first that moved", () => {
  const [first, second, third, ...rest] = base.steps;
  refuse({ ...base, steps: [first, third, second, ...rest] }, "out of order", 1);
});

Deno.test("a trace that lost its last steps or changed a rule does not fit its digest", () => {
  refuse(
    { ...base, steps: base.steps.slice(0, -1), run: { ...base.run, status: "running" } },
    "its digest",
  );
  const [id, rule] = Object.entries(base.rules)[0];
  refuse(
    { ...base, rules: { ...base.rules, [id]: { ...rule, weight: 9 } } },
    "its digest",
  );
});

Deno.test("a rule under another id and a rule that no step mentions are refused", () => {
  const [[first, rule], [second]] = Object.entries(base.rules);
  refuse(chain({ ...base, rules: { ...base.rules, [second]: rule } }), `has the id ${first}`);
  const stray = createRule({ name: "stray", label: rule.label, patterns: ["stray"] });
  refuse(chain({ ...base, rules: { ...base.rules, [stray.id]: stray } }), "no step mentions it");
});

Deno.test("a rule that does not fit its id, or whose label is not in the data set, is refused", () => {
  const [[id, rule], ...rest] = Object.entries(base.rules);
  const patterns = [...rule.patterns, "more"];
  const changed = { ...base.rules, [id]: { ...rule, patterns } };
  refuse(chain({ ...base, rules: changed }), `rule ${id} does not fit its id`);
  const { dataset } = base.run;
  const labels = dataset.labels.filter((label) => rest.every(([, one]) => one.label !== label));
  const run = { ...base.run, dataset: { ...dataset, labels } };
  refuse(chain({ ...base, run }), "which is not in the data set");
});

Deno.test("a status that the last step contradicts is refused", () => {
  const last = base.steps.length - 1;
  const failed = { ...base, run: { ...base.run, status: "failed" as const } };
  const error = assertThrows(() => verifyTrace(failed), TraceError, "failed, but ends in a final");
  assertEquals(error.step, last);
  const cut = chain({ ...base, steps: base.steps.slice(0, 2) });
  assertThrows(() => verifyTrace(cut), TraceError, "the run is completed, but");
});

Deno.test("scores that do not add up are refused", () => {
  const scores = ScoresSchema.parse(stepOf("synthesis").scores);
  refuse(
    forge(0, { scores: { ...scores, precision: scores.precision + 1e-6 } }),
    "has precision",
    0,
  );
  refuse(forge(0, { scores: { ...scores, exact: 0.123 } }), "has exact", 0);
  refuse(forge(0, { scores: { ...scores, fp: scores.fn + 1 } }), "counts", 0);
  refuse(forge(0, { scores: createScores(scores.on, 3, 0, 3) }), "is scored on 6 examples", 0);
  refuse(forge(0, { scores: { ...scores, on: "test" } }), "has scores on test", 0);
});

Deno.test("scores that do not follow from those before are refused", () => {
  const index = indexOf("iteration");
  const { on, tp, fp, fn } = ScoresSchema.parse(stepOf("iteration").before);
  const before = createScores(on, tp - 1, 0, fn + 1);
  assert(tp > 0 && fp >= 0);
  refuse(forge(index, { before }), "begins with other scores", index);
  const restore = indexOf("restore");
  const other = ScoresSchema.parse(stepOf("restore").after);
  const after = createScores(
    other.on,
    (other.tp + 1) % other.examples,
    0,
    other.examples - ((other.tp + 1) % other.examples),
  );
  refuse(forge(restore, { after }), "but not the scores after it", restore);
});

Deno.test("a verdict that its step contradicts is refused", () => {
  const accepted = base.steps.findIndex((step) =>
    step.type === "iteration" && step.verdict === "accepted"
  );
  const step = base.steps[accepted] as StepOf<"iteration">;
  refuse(forge(accepted, { clause: undefined }), "without a clause", accepted);
  refuse(forge(accepted, { after: step.before }), "which did not rise", accepted);
  refuse(forge(accepted, { verdict: "empty", clause: undefined }), "changes rules", accepted);
  refuse(forge(accepted, { verdict: "rejected" }), "but a clause", accepted);
  const patch = { added: [], replaced: [], removed: [], refused: [] };
  const failures = { count: 0, clusters: [] };
  refuse(forge(accepted, { patch, failures, reweighted: undefined }), "changes nothing", accepted);
});

Deno.test("a step of a run that was not imported may leave nothing open", () => {
  const iteration = indexOf("iteration");
  const cases = [
    [iteration, { verdict: "unknown" }, "has an unknown verdict"],
    [indexOf("audit"), { verdict: "unknown" }, "has an unknown verdict"],
    [indexOf("final"), { stop: "unknown" }, "has an unknown stop"],
    [iteration, { failures: { clusters: [] } }, "has an unknown failures"],
    [iteration, { unlogged: { added: [], removed: [] } }, "has an unknown change"],
    [0, { scores: { on: "dev", f1: 0.5 } }, "leaves scores unknown"],
    [iteration, { before: {} }, "leaves scores unknown"],
  ] as const;
  for (const [index, change, message] of cases) {
    refuse(forge(index, change), `${message}, but was not imported`, index);
  }
});

Deno.test("a rule that was proposed, but neither added nor refused, is missed", () => {
  refuse(forge(0, { proposed: stepOf("synthesis").proposed + 1 }), "was proposed", 0);
});

Deno.test("a step that repaired more replies than it asked for is refused", () => {
  const [first, ...rest] = base.steps;
  const asked = { exchanges: ["sha256:0"], repaired: 1 };
  const make = (fields: object) => chain({ ...base, steps: [{ ...first, ...fields }, ...rest] });
  verifyTrace(make(asked));
  refuse(make({ ...asked, repaired: 2 }), "has 2 repaired replies", 0);
});

Deno.test("a held-out example among the failures shown to a synthesizer is refused", () => {
  const index = indexOf("iteration");
  const { failures } = stepOf("iteration");
  const leak = base.run.split.dev[0];
  const clusters = failures.clusters.map((cluster) => ({ ...cluster, examples: [leak] }));
  refuse(
    forge(index, { failures: { ...failures, clusters } }),
    `held-out example "${leak}"`,
    index,
  );
});

Deno.test("iterations are numbered one after the other", () => {
  const second = base.steps.findLastIndex((step) => step.type === "iteration");
  refuse(forge(second, { iteration: 99 }), "is iteration 99", second);
});

Deno.test("a run begins with its one synthesis and ends with its one end", () => {
  const reorder = (steps: readonly Step[]) =>
    chain({ ...base, steps: steps.map((step, index) => ({ ...step, index })) });
  const [first, ...rest] = base.steps;
  const last = base.steps.length - 1;
  refuse(reorder(rest), "begins with its one synthesis", 0);
  refuse(reorder([first, first]), "begins with its one synthesis", 1);
  refuse(reorder([...base.steps, base.steps[last]]), "comes after the final step", last + 1);
  const failure = {
    ...first,
    type: "failure",
    stage: "x",
    error: { name: "E", message: "" },
  } as const;
  const { index, at, took, digest, type, stage, error } = failure;
  const bare: Step = { index, at, took, digest, type, stage, error };
  refuse(reorder([bare, first]), "comes after the failure", 1);
});

Deno.test("a run that does not hold in itself is refused", () => {
  const split = { ...base.run.split, dev: [...base.run.split.dev.slice(1), base.run.split.dev[1]] };
  refuse(chain({ ...base, run: { ...base.run, split } }), "holds an example out twice");
  const dataset = { ...base.run.dataset, examples: 41 };
  refuse(chain({ ...base, run: { ...base.run, dataset } }), "the run splits 41 examples");
  const labels = { ...base.run.dataset, labels: ["x", "x"] };
  refuse(chain({ ...base, run: { ...base.run, dataset: labels } }), "lists a label twice");
});

Deno.test("a broken trace is refused with the step and field, and nothing that steers a terminal", () => {
  const edit = (from: string | RegExp, to: string) => {
    const edited = text.replace(from, to);
    assert(edited !== text, String(from));
    return edited;
  };
  const cases: [string, string][] = [
    [text.slice(0, text.length / 2), "line"],
    [text.slice(0, -3), "but the text ends"],
    ["", "it is empty"],
    ["[]", "it is not a trace"],
    ["{}", "it is not a trace"],
    [
      edit('"version":1', '"version":7'),
      "it is format version 7, and this ruletrace 0.1.0 reads up to 3; get a newer ruletrace",
    ],
    [edit('"version":1', '"version":"1"'), "it has no format version"],
    [edit('"type":"audit"', '"type":"\\u001b[31m"'), "step "],
    [edit('"verdict":"accepted"', '"verdict":"\\u001b[31m"'), "field verdict"],
    [edit('"stop":', '"\\u001b]0;x\\u0007":1,"stop":'), '"\\u001b]0;x\\u0007"'],
    [
      edit('"config":{', '"config":{"__proto__":{"polluted":1},'),
      "field run.config: a member may not be named __proto__",
    ],
    [
      edit('"rules":{', '"rules":{"__proto__":{},'),
      "field rules: a member may not be named __proto__",
    ],
    [edit('"stop":', '"__proto__":{},"stop":'), "__proto__"],
    [
      edit('"threshold":0', `"threshold":${"[".repeat(100)}${"]".repeat(100)}`),
      "nested deeper than 64",
    ],
    [
      edit('"threshold":0', `"threshold":${"[".repeat(50)}${"]".repeat(50)}`),
      "nested deeper than 32",
    ],
    [edit('"stop":', '"stop":1e999,"stop2":'), "field stop"],
    [edit(/"digest":"sha256:[0-9a-f]{64}"\n/, '"digest":"md5:1"\n'), "field digest"],
    [edit('"steps":[', '"steps":{},"x":['), "field steps"],
  ];
  for (const [broken, message] of cases) {
    const error = assertThrows(() => parseTrace(broken, 'trace "x"'), Error, message);
    assertStringIncludes(error.message, 'Cannot read trace "x": ');
    // deno-lint-ignore no-control-regex -- the test looks for them
    assert(!/[\u0000-\u001f\u007f-\u009f]/.test(error.message), JSON.stringify(error.message));
    assert(error.message.length < 600, error.message);
  }
  assertEquals((Object.prototype as { polluted?: unknown }).polluted, undefined);
});

Deno.test("a field that is wrong in a step names the step", () => {
  for (const index of base.steps.keys()) {
    const steps = base.steps.with(index, { ...base.steps[index], took: -1 });
    const error = assertThrows(() => parseTrace(renderTrace({ ...base, steps })), TraceError);
    assertEquals(error.step, index);
    assertStringIncludes(error.message, `step ${index}: field took`);
  }
});

Deno.test("half a character in a trace is refused with the step", () => {
  const index = indexOf("critique");
  const steps = base.steps.with(index, { ...stepOf("critique"), analysis: "\ud83d" });
  const error = assertThrows(() => parseTrace(renderTrace({ ...base, steps })), TraceError);
  assertEquals(error.step, index);
});

Deno.test("ten thousand steps with thousands of rules are read and verified in time", () => {
  const script = generateScript(5, { iterations: 7_000, rules: 2_500, sets: false, growth: 0.05 });
  const rules: Record<string, Trace["rules"][string]> = {};
  for (const rule of script.reports.flatMap((report) => report.rules)) rules[rule.id] ??= rule;
  const steps = script.reports.map(({ step }, index) => ({
    index,
    at: "2026-01-02T03:04:05.000Z",
    took: 0,
    digest: "",
    ...step,
  })) as Trace["steps"];
  const big = renderTrace(
    chain({ ...base, run: { ...script.run, status: "completed" }, rules, steps }),
  );
  assert(steps.length >= 10_000 && Object.keys(rules).length >= 3_000);
  assertEquals(parseTrace(big).steps.length, steps.length);
});

Deno.test("only rules at the end can have been given up, each once, on texts that there are", () => {
  const index = indexOf("final");
  const [rule] = stepOf("final").rules;
  const stray = Object.keys(base.rules).find((id) => !stepOf("final").rules.includes(id))!;
  const forgeUnfinished = (...unfinished: object[]) => forge(index, { unfinished });
  verifyTrace(forgeUnfinished({ rule, texts: 1 }));
  refuse(forgeUnfinished({ rule: stray, texts: 1 }), "not among its rules", index);
  refuse(forgeUnfinished({ rule, texts: 1 }, { rule, texts: 1 }), "names a rule twice", index);
  refuse(forgeUnfinished({ rule, texts: 9_999_999 }), "gave up on 9999999 of", index);
});
