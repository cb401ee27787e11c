import { assert, assertEquals, assertStringIncludes, assertThrows } from "jsr:@std/assert@^1";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import {
  explainRule,
  readTrace,
  type RuleEvent,
  type RuleLife,
  type StepBody,
  type Trace,
  TraceError,
} from "../../trace.ts";
import { listAlternatives } from "../../learn/rules/reading.ts";
import { findOrigins, findRule, searchRules } from "../../record/explain.ts";
import { replayRules } from "../../record/replay.ts";
import { growing, grown } from "../print/growing_fixture.ts";
import { createScores, generateScript } from "./generate_run.ts";

const word = (name: string, pattern = name) =>
  createRule({ name, label: "x", patterns: [`\\b${pattern}\\b`], weight: 1 });
const [fee, fees, rate, wide, late, twin] = [
  word("fee"),
  word("fees"),
  word("rate"),
  word("wide"),
  word("late"),
  word("fee", "twin"),
];
const low = createScores("dev", 4, 1, 6);
const high = createScores("dev", 7, 1, 3);
const patch = { added: [], replaced: [], removed: [], refused: [] };
const iteration = {
  type: "iteration" as const,
  iteration: 1,
  failures: { count: 3, clusters: [] },
  patch,
  verdict: "accepted" as const,
  clause: "f1" as const,
  before: low,
  after: high,
  best: true,
};
const bodies: StepBody[] = [
  {
    type: "synthesis",
    start: [wide.id],
    proposed: 2,
    added: [fee.id, rate.id],
    refused: [],
    scores: low,
  },
  {
    ...iteration,
    failures: {
      count: 3,
      clusters: [{ expected: "x", predicted: null, count: 3, examples: ["e1"], rules: [fees.id] }],
    },
    patch: { ...patch, replaced: [{ from: fee.id, to: fees.id }] },
    reweighted: [{ rule: rate.id, weight: 2 }],
  },
  {
    ...iteration,
    iteration: 2,
    verdict: "rejected",
    clause: undefined,
    patch: { ...patch, added: [twin.id], removed: [rate.id] },
    before: high,
    after: low,
  },
  {
    type: "audit",
    phase: "final",
    actions: [
      {
        kind: "merge",
        from: [fees.id, rate.id],
        to: late.id,
        outcome: "applied",
        reason: "alike: 2",
      },
      { kind: "remove", from: [wide.id], outcome: "skipped", reason: "needed" },
    ],
    verdict: "kept",
    before: high,
    after: high,
  },
  {
    type: "prune",
    dropped: [{ rule: wide.id, reason: "subsumed", by: late.id }],
    before: high,
    after: high,
  },
  { type: "final", rules: [late.id], scores: { dev: high }, stop: "stale" },
];

function traceOf(steps: readonly StepBody[], rules: readonly Rule[]): Trace {
  return {
    steps: steps.map((step, index) => ({ index, ...step })),
    rules: Object.fromEntries(rules.map((rule) => [rule.id, rule])),
  } as unknown as Trace;
}
const trace = traceOf(bodies, [wide, fee, rate, fees, twin, late]);
const brief = ({ events }: { events: readonly RuleEvent[] }) =>
  events.map(({ step, kind }) => `${step} ${kind}`);

Deno.test("the life of a rule names the patch that added it, its failures and its gain", () => {
  const { events, final } = explainRule(trace, "fees");
  const [added, merged] = events;
  assert(added.kind === "added");
  assertEquals([added.step, added.type, added.iteration, added.instead], [
    1,
    "iteration",
    1,
    fee.id,
  ]);
  assertEquals(added.causes, [{ expected: "x", predicted: null, count: 3 }]);
  assertEquals(added.decision, {
    verdict: "accepted",
    clause: "f1",
    before: low,
    after: high,
    gain: high.f1 - low.f1,
  });
  assert(merged.kind === "merged");
  assertEquals([merged.into, merged.reason, final], [late.id, "alike: 2", false]);
});

Deno.test("the ancestors of a merged rule are its sources and the rules they replaced", () => {
  const life = explainRule(trace, late.id);
  assertEquals(brief(life), ["3 created"]);
  assertEquals(life.final, true);
  assertEquals(life.ancestors.map(({ rule }) => rule.name), ["fees", "rate", "fee"]);
  assertEquals(life.ancestors.map(brief), [
    ["1 added", "3 merged"],
    ["0 synthesized", "2 spared", "3 merged"],
    ["0 synthesized", "1 replaced"],
  ]);
});

Deno.test("a rule that was pruned says for which, one of a rejected patch that it never was in", () => {
  const life = explainRule(trace, "wide");
  assertEquals(brief(life), ["0 started", "3 spared", "4 pruned"]);
  const pruned = life.events[2];
  assert(pruned.kind === "pruned");
  assertEquals([pruned.reason, pruned.by], ["subsumed", late.id]);
  const rejected = explainRule(trace, twin.id);
  assertEquals([brief(rejected), rejected.weights, rejected.final], [["2 rejected"], [], false]);
});

Deno.test("each change of a weight is listed once", () => {
  assertEquals(explainRule(trace, "rate").weights, [
    { step: 0, priority: 0, weight: 1 },
    { step: 1, priority: 0, weight: 2 },
  ]);
});

Deno.test("a restore says which rules came back and which went", () => {
  const restored = traceOf(
    [...bodies.slice(0, 2), { type: "restore", to: 0, before: high, after: low }],
    [wide, fee, rate, fees],
  );
  assertEquals(brief(explainRule(restored, "fee")), ["0 synthesized", "1 replaced", "2 restored"]);
  assertEquals(brief(explainRule(restored, "fees")), ["1 added", "2 undone"]);
  assertEquals(brief(explainRule(restored, "rate")), ["0 synthesized"]);
  assertEquals(explainRule(restored, "rate").weights.at(-1), { step: 2, priority: 0, weight: 1 });
});

Deno.test("a name that several rules share is refused with their ids, an unknown one with its like", () => {
  const error = assertThrows(
    () => explainRule(trace, "fee"),
    TraceError,
    '2 rules are named "fee"',
  );
  assertStringIncludes(error.message, `${fee.id}, ${twin.id}`);
  assertEquals(explainRule(trace, twin.id).rule, twin);
  assertThrows(() => explainRule(trace, "FEE"), TraceError, 'near it are "fee", "fees"');
  const none = assertThrows(() => explainRule(trace, "\u001b[31m"), TraceError);
  assertEquals(none.message, 'No rule of the trace has the id, name or pattern "\\u001b[31m"');
  assertThrows(() => explainRule(trace, "__proto__"), TraceError, "No rule of the trace");
});

Deno.test("a name may be asked for as it is shown: under its label, or cut off", () => {
  const long = createRule({ name: "x/a long name", label: "x", patterns: ["a"], weight: 1 });
  const other = createRule({ name: "x/another", label: "x", patterns: ["b"], weight: 1 });
  const shown = traceOf(bodies, [wide, fee, rate, fees, twin, late, long, other]);
  for (const asked of ["a long name", "x/a lo…", "a l…"]) {
    assertEquals([asked, explainRule(shown, asked).rule], [asked, long]);
  }
  assertThrows(() => explainRule(shown, "x/a…"), TraceError, "2 rules are named");
  assertThrows(() => explainRule(shown, "…"), TraceError, "No rule of the trace");
});

Deno.test("a rule is found by its pattern, and those that may be meant by a part of name or pattern", () => {
  const not = createRule({ name: "x/both", label: "x", patterns: ["a", "b"], not: ["c"] });
  const shown = traceOf(bodies, [wide, fee, rate, fees, twin, late, not]);
  const find = (asked: string) => searchRules(shown, asked).map(({ id }) => id);
  for (const asked of ["b", "a and b and not c"]) {
    assertEquals([explainRule(shown, asked).rule, find(asked)], [not, [not.id]]);
  }
  assertEquals(find(String.raw`\brate\b`), [rate.id]);
  const one = createRule({ name: "x/one", label: "x", patterns: ["b"] });
  const beside = traceOf(bodies, [not, one, wide, fee, rate, fees, twin, late]);
  assertEquals(searchRules(beside, "b").map(({ id }) => id), [one.id]);
  assertEquals(find("FEE"), [fee.id, fees.id, twin.id]);
  // A name without its label comes first, then names with it, then patterns.
  assertEquals([find("BOT"), find("x/"), find("win")], [[not.id], [not.id], [twin.id]]);
  assertEquals([find(""), find("nowhere")], [[], []]);
  assertThrows(() => findRule(shown, "lat"), TraceError, 'near it are "late"');
  assertThrows(() => findRule(shown, "ltae"), TraceError, 'did you mean "late"?');
});

Deno.test("over any run, lives agree with the rule sets", () => {
  for (let seed = 0; seed < 60; seed++) {
    const { reports, sets } = generateScript(seed);
    const rules = [
      ...new Map(reports.flatMap((report) => report.rules).reverse().map((rule) => [rule.id, rule]))
        .values(),
    ];
    const any = traceOf(reports.map(({ step }) => step), rules);
    for (const { id } of rules) {
      const life: RuleLife = explainRule(any, id);
      const last = sets.at(-1)?.find((rule) => rule.id === id);
      assertEquals(life.final, last !== undefined);
      assert(life.events.length > 0);
      if (last !== undefined) {
        const { weight, priority } = life.weights.at(-1)!;
        assertEquals([weight, priority], [last.weight, last.priority]);
      }
      const entered = life.events.filter(({ kind }) =>
        ["started", "synthesized", "added", "created", "refitted", "restored"].includes(kind)
      );
      assertEquals(entered.length > 0, sets.some((set) => set.some((rule) => rule.id === id)));
    }
  }
});

Deno.test("each alternative of a rule came with the first rule it was made of that has it", () => {
  const { rate, rates, more, fx, last } = grown;
  const { alternatives } = explainRule(growing, last.id);
  assertEquals(alternatives, [
    { alternatives: ["rate"], step: 0, type: "synthesis", rule: rate.id },
    { alternatives: ["fx"], step: 0, type: "synthesis", rule: fx.id },
    {
      alternatives: ["exchange"],
      step: 1,
      type: "iteration",
      iteration: 1,
      rule: rates.id,
      gained: { right: 4, wrong: 1 },
    },
    {
      alternatives: ["convert*"],
      step: 3,
      type: "iteration",
      iteration: 3,
      rule: more.id,
      gained: { right: 4, wrong: 0 },
    },
    { alternatives: ["currency"], step: 5, type: "refit", rule: last.id },
  ]);
});

Deno.test("rules without an alternation, and rules that never came, have no times of alternatives", () => {
  for (const rule of [grown.rate, grown.fx, grown.wrong]) {
    assertEquals(explainRule(growing, rule.id).alternatives, undefined);
  }
  const [all, , together] = explainRule(growing, grown.fee.id).alternatives!;
  assertEquals(all.alternatives, ["card(s)", "fee(s)", "charge"]);
  assertEquals(together, undefined);
});

Deno.test("what rules gained is left out if it is not known in whole examples", () => {
  const rules = { ...growing.rules };
  rules[grown.rates.id] = { ...grown.rates, precision: 0.9 };
  const { alternatives } = explainRule({ ...growing, rules }, grown.more.id);
  assertEquals(alternatives!.map(({ gained }) => gained), [undefined, undefined, undefined]);
});

Deno.test("a rule is found by what it says", () => {
  assertEquals(findRule(growing, "card(s) + (fee(s) | charge)").id, grown.fee.id);
  assertEquals(searchRules(growing, "FEE(S) | charge").map(({ id }) => id), [grown.fee.id]);
});

Deno.test("in a trace of any version, each alternative came once, in a step that brought a rule with it", async () => {
  const paths = ["v1", "v2", "v3", "v3_playbook"].map((name) =>
    new URL(`../fixtures/${name}.trace.json`, import.meta.url).pathname
  );
  const banking = new URL("../../examples/banking.trace.json", import.meta.url).pathname;
  const traces = await Promise.all([...paths, banking].map((path) => readTrace(path)));
  let count = 0;
  for (const trace of [...traces, growing]) {
    const stories = replayRules(trace);
    for (const [id, origins] of findOrigins(trace)) {
      count++;
      const came = origins.flatMap(({ alternatives }) => alternatives);
      assertEquals(came.sort(), listAlternatives(trace.rules[id]).flat().sort());
      for (const { alternatives, step, rule } of origins) {
        const has = listAlternatives(trace.rules[rule]).flat();
        assert(alternatives.every((alternative) => has.includes(alternative)));
        assert(stories.get(rule)!.events.some((event) => event.step === step));
      }
      assertEquals(explainRule(trace, id).alternatives, origins);
    }
  }
  assert(count > 8, String(count));
});
