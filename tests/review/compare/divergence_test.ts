import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { getColorEnabled, setColorEnabled } from "jsr:@std/fmt@^1/colors";
import type { StepBody } from "../../../record/schema.ts";
import { compareTraces } from "../../../review/compare.ts";
import { findParting } from "../../../review/compare/divergence.ts";
import { rules, variant, withStep } from "./fixture.ts";
import {
  bodies,
  completed,
  makeRule,
  makeScores,
  makeTrace,
  ruleOf,
  run,
  running,
} from "../../print/print_fixture.ts";

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
  Deno.test(`runs that part in their ${what} say so, with the step and both its phrases`, () => {
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

Deno.test("a candidate with another weight is not taken for another candidate", () => {
  const heavier = rules.map((rule) => rule.name === "rate" ? { ...rule, weight: 1.75 } : rule);
  const { parting } = compareTraces(completed, makeTrace(run, heavier, bodies));
  assertEquals([parting?.step, parting?.reasons[0].what], [0, "strengths"]);
  assertStringIncludes(parting!.reasons[0].text, "rate, weight 1.5 → 1.75");
});

Deno.test("runs part by strengths if a patch gives other weights", () => {
  const step = bodies[2] as Extract<StepBody, { type: "iteration" }>;
  const patch = { ...step.patch, reweighted: [{ rule: ruleOf.fx.id, weight: 3 }] };
  const parting = findParting(completed, withStep(2, { patch }));
  assertEquals(parting?.reasons, [
    { what: "strengths", text: "different strengths proposed: none → 1" },
  ]);
});

Deno.test("exchanges with a model part runs only if nothing else does", () => {
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
  const proved = (response: string) =>
    variant({
      run: { learner },
      steps: (all) =>
        all.with(0, { ...all[0], exchanges: ["one"], responses: [response] } as StepBody),
    });
  const replied = compareTraces(proved("one"), proved("other"));
  assertEquals([replied.severity, replied.parting?.reasons[0].text], [
    "ok",
    "different replies of the model",
  ]);
  // An older trace proves none.
  assertEquals(compareTraces(before, proved("one")).parting, undefined);
  const after = makeScores("dev", 29, 4, 11);
  const other = compareTraces(before, asked(["other"], { after } as Partial<StepBody>));
  assertEquals([other.severity, other.parting?.step], ["warn", 2]);
});

Deno.test("runs part at a step of another type, and where one ends sooner", () => {
  const shorter = variant({ steps: (steps) => steps.slice(0, 5) });
  const early = compareTraces(completed, shorter).parting;
  assertEquals([early?.step, early?.after, early?.reasons[0].what], [5, undefined, "ended"]);
  const skipped = findParting(completed, variant({ steps: (steps) => steps.toSpliced(1, 1) }));
  assertEquals([skipped?.step, skipped?.reasons[0].what], [1, "type"]);
});

Deno.test("a step is phrased as in the story, without colours or what comes after it", () => {
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
