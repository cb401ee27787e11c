import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import { rulesAt, type StepBody, type Trace, TraceError } from "../../trace.ts";
import { createScores, generateScript } from "./generate_run.ts";

const [a, b, c, d] = ["a", "b", "c", "d"].map((word) =>
  createRule({ name: word, label: "x", patterns: [`\\b${word}\\b`], weight: 1 })
);
const definitions = Object.fromEntries([a, b, c, d].map((rule) => [rule.id, rule]));
const scores = createScores("train", 1, 0, 1);
const pair = { before: scores, after: scores };

const synthesis: StepBody = {
  type: "synthesis",
  proposed: 3,
  added: [a.id, b.id, c.id],
  refused: [],
  scores,
};
const iteration = {
  type: "iteration",
  iteration: 1,
  failures: { count: 0, clusters: [] },
  patch: { added: [], replaced: [], removed: [], refused: [] },
  verdict: "accepted",
  clause: "f1",
  ...pair,
  best: true,
} satisfies StepBody;
const merge = {
  kind: "merge" as const,
  from: [a.id, b.id],
  to: d.id,
  outcome: "applied" as const,
  reason: "alike",
};

function after(...bodies: StepBody[]): Rule[] {
  const steps = bodies.map((body, index) => ({
    index,
    at: "2026-01-02T03:04:05.000Z",
    took: 0,
    digest: `sha256:${"0".repeat(64)}`,
    ...body,
  })) as Trace["steps"];
  return rulesAt({ rules: definitions, steps }, steps.length - 1);
}
const ids = (rules: readonly Rule[]) => rules.map((rule) => rule.name).join("");

Deno.test("rulesAt gives the rule set after every step of any run", () => {
  for (let seed = 0; seed < 200; seed++) {
    const { reports, sets } = generateScript(seed);
    const rules: Record<string, Rule> = {};
    for (const rule of reports.flatMap((report) => report.rules)) rules[rule.id] ??= rule;
    const steps = reports.map(({ step }) => step) as unknown as Trace["steps"];
    sets.forEach((set, index) => assertEquals(rulesAt({ rules, steps }, index), [...set]));
  }
});

Deno.test("a rule that replaces another takes its place", () => {
  const replaced = [{ from: b.id, to: d.id }];
  assertEquals(
    ids(after(synthesis, { ...iteration, patch: { ...iteration.patch, replaced } })),
    "adc",
  );
});

Deno.test("a rule that an audit made comes last", () => {
  const audit: StepBody = {
    type: "audit",
    phase: "final",
    actions: [merge],
    verdict: "kept",
    ...pair,
  };
  assertEquals(ids(after(synthesis, audit)), "cd");
});

Deno.test("removals come before additions, so a rule can be taken out and put back at the end", () => {
  const patch = { ...iteration.patch, removed: [a.id], added: [a.id] };
  assertEquals(ids(after(synthesis, { ...iteration, patch })), "bca");
});

Deno.test("a rule that comes back has the weight it was first proposed with", () => {
  const out: StepBody = {
    ...iteration,
    reweighted: [{ rule: b.id, weight: 5 }],
    patch: { ...iteration.patch, removed: [a.id] },
  };
  const back: StepBody = { ...iteration, patch: { ...iteration.patch, added: [a.id] } };
  const heavy: StepBody = { ...iteration, reweighted: [{ rule: a.id, weight: 7 }] };
  const rules = after(synthesis, heavy, out, back);
  assertEquals(rules.map(({ name, weight }) => [name, weight]), [["b", 5], ["c", 1], ["a", 1]]);
});

Deno.test("a patch or audit that was not accepted or kept changes neither rules nor weights", () => {
  const reweighted = [{ rule: c.id, weight: 9 }];
  const rejected: StepBody = {
    ...iteration,
    verdict: "rejected",
    patch: { ...iteration.patch, removed: [a.id], replaced: [{ from: b.id, to: d.id }] },
    reweighted,
  };
  const reverted: StepBody = {
    type: "audit",
    phase: "final",
    actions: [merge],
    verdict: "reverted",
    ...pair,
    reweighted,
  };
  assertEquals(after(synthesis, rejected, reverted), [a, b, c]);
});

Deno.test("restore brings back the rules with the weights they had then", () => {
  const first: StepBody = { ...iteration, reweighted: [{ rule: a.id, weight: 2, priority: 3 }] };
  const second: StepBody = {
    ...iteration,
    patch: { ...iteration.patch, removed: [b.id] },
    reweighted: [{ rule: a.id, weight: 4 }],
  };
  const restore: StepBody = { type: "restore", to: 1, ...pair };
  const rules = after(synthesis, first, second, restore);
  assertEquals(rules, [{ ...a, weight: 2, priority: 3 }, b, c]);
});

const faults: [string, StepBody, string][] = [
  [
    "adds a rule twice",
    { ...iteration, patch: { ...iteration.patch, added: [a.id] } },
    "in the set already",
  ],
  [
    "removes a rule never added",
    { ...iteration, patch: { ...iteration.patch, removed: [d.id] } },
    "which no earlier step added",
  ],
  ["adds an unknown rule", {
    ...iteration,
    patch: { ...iteration.patch, added: ["r000000000000"] },
  }, "does not define"],
  [
    "reweights an absent rule",
    { ...iteration, reweighted: [{ rule: d.id, weight: 1 }] },
    "reweights rule",
  ],
  ["rejects a patch that does not fit", {
    ...iteration,
    verdict: "rejected",
    patch: { ...iteration.patch, removed: [d.id] },
  }, "which no earlier step added"],
  ["restores itself", { type: "restore", to: 1, ...pair }, "not before it"],
  ["merges into nothing", {
    type: "audit",
    phase: "final",
    actions: [{ ...merge, to: undefined }],
    verdict: "kept",
    ...pair,
  }, "without saying what came of it"],
  ["merges what is not there", {
    type: "audit",
    phase: "final",
    actions: [{ ...merge, from: ["\u001b[31m"] }],
    verdict: "kept",
    ...pair,
  }, '"\\u001b[31m"'],
  ["drops a rule for an absent one", {
    type: "prune",
    dropped: [{ rule: a.id, reason: "subsumed", by: d.id }],
    ...pair,
  }, "drops"],
  ["lists another final set", {
    type: "final",
    rules: [b.id, a.id, c.id],
    scores: {},
    stop: "stale",
  }, "as rule 1"],
  ["lists a final set that is too short", {
    type: "final",
    rules: [a.id, b.id],
    scores: {},
    stop: "stale",
  }, "no more as rule 3"],
];
for (const [what, step, message] of faults) {
  Deno.test(`a step that ${what} is named`, () => {
    const error = assertThrows(() => after(synthesis, step), TraceError, message);
    assertEquals(error.step, 1);
    assert(error.message.startsWith("step 1 "), error.message);
  });
}

Deno.test("rulesAt refuses an index that no step has", () => {
  for (const index of [-1, 1, 0.5, NaN]) {
    assertThrows(
      () => rulesAt({ rules: definitions, steps: [{ ...synthesis } as Trace["steps"][0]] }, index),
      RangeError,
      "the trace has 1 steps",
    );
  }
});
