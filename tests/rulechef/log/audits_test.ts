import { assert, assertEquals, assertMatch, assertThrows } from "jsr:@std/assert@^1";
import { formatTrace } from "../../../print.ts";
import type { ImportedRun } from "../../../rulechef/log/import.ts";
import {
  runDigest,
  type Step,
  stepDigest,
  type Trace,
  traceDigest,
  TraceError,
  verifyTrace,
} from "../../../trace.ts";
import { auditLine, decisionLine, line, type LoggedRule, patchLine } from "./fixture.ts";
import {
  card,
  cards,
  even,
  importAll,
  importOne,
  merge,
  merged,
  nameOf,
  namesAt,
  rate,
  start,
  stepOf,
  three,
  typesOf,
} from "./importing.ts";

const late: LoggedRule = { id: "l1", name: "late", content: "(?i)\\blate\\b", label: "card" };
const fee: LoggedRule = { id: "f1", name: "fee", content: "(?i)\\bfees?\\b", label: "fee" };

/** A run whose audit was kept, and whose next two decisions have the scores before and after it. */
const scored = [
  ...three,
  auditLine([card, cards, rate], [merge]),
  patchLine([rate, merged], [late]),
  decisionLine(2, false, [late], [0.8, 0.8, 0.6, 0.6]),
  patchLine([rate, merged], [fee]),
  decisionLine(3, true, [fee], [0.75, 0.7, 0.9, 0.9]),
];

Deno.test("the scores that a decision begins with are from before the audit of its iteration", async () => {
  const { trace, contradictions } = await importOne(scored.slice(0, -2));
  assertEquals(contradictions, []);
  const before = { on: "dev" as const, f1: 0.8, precision: 0.8 };
  const audit = stepOf(trace, "audit");
  assertEquals([audit.verdict, audit.before, audit.after], ["kept", before, {}]);
  assertEquals(stepOf(trace, "iteration").before, before);
  assertEquals(stepOf(trace, "synthesis").scores, before);
});

Deno.test("the decision after the next one begins with the scores after an audit", async () => {
  const { trace, contradictions } = await importOne(scored);
  assertEquals(contradictions, []);
  assert(trace.steps.every((step) => !("unlogged" in step)));
  const audit = stepOf(trace, "audit");
  assertEquals([audit.before.f1, audit.after.f1], [0.8, 0.75]);
  const begun = [stepOf(trace, "iteration").before.f1, stepOf(trace, "iteration", 1).before.f1];
  assertEquals(begun, [0.8, 0.75]);
});

Deno.test("steps after an audit that turns out to have been kept have the scores after it", async () => {
  const { trace, contradictions } = await importOne([
    ...three,
    patchLine([card, cards, rate], [late]),
    decisionLine(1, false, [late], [0.8, 0.8, 0.6, 0.6]),
    auditLine([card, cards, rate], [merge]),
    line("guide_refinement", "", { guidance: "More." }, { iteration: 2 }),
    line("guide_refinement", "", { guidance: "More." }, { iteration: 3 }),
    patchLine([rate, merged], [fee]),
    decisionLine(3, true, [fee], [0.75, 0.7, 0.9, 0.9]),
  ]);
  assertEquals(contradictions, []);
  const { before, after, verdict } = stepOf(trace, "audit");
  assertEquals([before.f1, after.f1, verdict], [0.8, 0.75, "kept"]);
  const open = stepOf(trace, "iteration", 1);
  assertEquals([open.iteration, open.verdict, open.before.f1], [2, "unknown", 0.75]);
});

Deno.test("scores that do not continue those before an audit are a contradiction", async () => {
  const { trace, contradictions } = await importOne([
    ...three,
    patchLine([card, cards, rate], [late]),
    decisionLine(1, false, [late], [0.7, 0.7, 0.6, 0.6]),
    auditLine([card, cards, rate], [merge]),
    patchLine([rate, merged], [late]),
    decisionLine(2, false, [late], [0.8, 0.8, 0.6, 0.6]),
  ]);
  assertEquals(contradictions.map(({ step, line }) => [step, line]), [[3, 7]]);
  assertEquals(stepOf(trace, "iteration", 1).unlogged, { added: [], removed: [] });
});

Deno.test("scores of an audit that were taken on different examples are not compared", async () => {
  const { trace } = await importOne([
    ...three,
    patchLine([card, cards, rate], [late]),
    decisionLine(1, false, [late], even, { decided_on_dev: false }),
    auditLine([card, cards, rate], [merge]),
    patchLine([rate, merged], [late]),
    decisionLine(2, false, [late], even),
    patchLine([rate, merged], [fee]),
    decisionLine(3, true, [fee], even),
  ]);
  const { before, after } = stepOf(trace, "audit");
  assertEquals([before, after.on], [{}, "dev"]);
});

Deno.test("an audit that shows the rules before another audit leaves open whether that one was kept", async () => {
  const { trace, unknown } = await importOne([
    ...three,
    auditLine([card, cards, rate], [merge]),
    auditLine([card, cards, rate], []),
  ]);
  assertEquals(stepOf(trace, "audit").verdict, "unknown");
  assert(unknown.some(({ step, what }) => step === 1 && what === "whether it was kept"));
});

Deno.test("an audit that shows the rules after another audit tells that that one was kept", async () => {
  const { trace } = await importOne([
    ...three,
    auditLine([card, cards, rate], [merge]),
    auditLine([rate, { ...merged, id: "m1" }], []),
  ]);
  assertEquals(stepOf(trace, "audit").verdict, "kept");
  assertEquals(namesAt(trace), ["rate_any", "card_merged"]);
});

Deno.test("a patch whose prompt shows the rules of an earlier step begins another run", async () => {
  const { runs } = await importAll([
    ...start,
    patchLine([card, rate], [late]),
    decisionLine(1, true, [late], even),
    patchLine([card, rate], []),
  ]);
  assertEquals(runs.map(({ trace }) => typesOf(trace)), [
    ["synthesis", "iteration"],
    ["synthesis", "iteration"],
  ]);
  assertEquals(runs.map(({ contradictions }) => contradictions), [[], []]);
  assertEquals(stepOf(runs[1].trace, "synthesis").start?.length, 2);
});

Deno.test("an audit that shows only the number of rules tells neither a restore nor the end", async () => {
  const counted = (amount: number) =>
    line("audit_rules", "Audit these.", { analysis: "", actions: [] }, { num_rules: amount });
  const run = [
    ...start,
    patchLine([card, rate], [late], { max_iterations: 1 }),
    decisionLine(1, true, [late], even),
    line("guide_refinement", "", { guidance: "Enough." }, {
      iteration: 2,
      max_iterations: 2,
      should_continue: false,
    }),
  ];
  const fewer = await importOne([...run, counted(2)]);
  assertEquals(typesOf(fewer.trace), ["synthesis", "iteration", "critique", "audit"]);
  assertEquals([fewer.contradictions.length, fewer.trace.run.status], [1, "unknown"]);
  const same = await importOne([...run, counted(3)]);
  assertEquals([same.contradictions.length, same.trace.run.status], [0, "unknown"]);
  const shown = await importOne([...run, auditLine([card, rate, late], [])]);
  assertEquals(shown.trace.run.status, "completed");
});

/** Returns the trace with one step changed, and all digests computed again. */
function forge(trace: Trace, index: number, change: object): Trace {
  const first = runDigest(trace.run);
  let last = first;
  const steps = trace.steps.map((step, at) => {
    const changed = at === index ? { ...step, ...change } as Step : step;
    return { ...changed, digest: last = stepDigest(last, changed) };
  });
  return { ...trace, steps, digest: traceDigest(first, trace.rules, last) };
}

Deno.test("known scores of an imported run must follow from each other, even if others are not known", async () => {
  const { trace } = await importOne([
    ...start,
    patchLine([card, rate], [late]),
    decisionLine(1, false, [late], [0.8, 0.8, 0.6, 0.6]),
    patchLine([card, rate], [fee]),
    decisionLine(2, true, [fee], [0.8, 0.8, 0.9, 0.9]),
  ]);
  const open = forge(trace, 0, { scores: {} });
  verifyTrace(open);
  const refuse = (from: Trace, index: number, change: object, message: string) => {
    const error = assertThrows(() => verifyTrace(forge(from, index, change)), TraceError);
    assertEquals(error.message, message);
  };
  const { before, after } = stepOf(trace, "iteration", 1);
  refuse(
    open,
    2,
    { before: { ...before, f1: 0.5 } },
    "step 2 begins with other scores than the step before left",
  );
  verifyTrace(
    forge(open, 2, { before: { ...before, f1: 0.5 }, unlogged: { added: [], removed: [] } }),
  );
  refuse(
    open,
    2,
    { before: {} },
    "step 2 accepts its patch by the clause f1, which did not rise",
  );
  refuse(open, 2, { after: { ...after, on: "train" } }, "step 2 compares dev with train");
  refuse(open, 2, { iteration: 1 }, "step 2 is iteration 1, after iteration 1");
  verifyTrace(forge(open, 2, { iteration: 7 }));
});

Deno.test("only the iteration after a kept audit may begin with the scores before the audit", async () => {
  const { trace } = await importOne(scored);
  assertEquals(typesOf(trace), ["synthesis", "audit", "iteration", "iteration"]);
  const stale = { before: { on: "dev", f1: 0.8, precision: 0.8 } };
  assertThrows(() => verifyTrace(forge(trace, 3, stale)), TraceError, "begins with other scores");
  const other = { before: { on: "dev", f1: 0.7, precision: 0.8 } };
  assertThrows(() => verifyTrace(forge(trace, 2, other)), TraceError, "begins with other scores");
  assertMatch(formatTrace(trace), /audit merged card_any, cards → card_merged \(-5\.0 F1\)/);
});

Deno.test("the rules that the next prompt shows tell whether an audit was kept", async () => {
  const audited = [...three, auditLine([card, cards, rate], [merge])];
  const kept = await importOne([...audited, patchLine([rate, merged], [])]);
  const reverted = await importOne([...audited, patchLine([card, cards, rate], [])]);
  const open = await importOne(audited);
  const auditOf = ({ trace }: ImportedRun) => stepOf(trace, "audit");
  assertEquals(auditOf(kept).verdict, "kept");
  assertEquals(namesAt(kept.trace), ["rate_any", "card_merged"]);
  assertEquals(auditOf(reverted).verdict, "reverted");
  assertEquals(namesAt(reverted.trace), ["card_any", "cards", "rate_any"]);
  assertEquals(auditOf(open).verdict, "unknown");
  assertEquals(
    open.unknown.map(({ what }) => what).slice(1),
    ["whether it was kept", "which rules were returned"],
  );
  for (const { contradictions } of [kept, reverted, open]) assertEquals(contradictions, []);
  const [action] = auditOf(kept).actions;
  assertEquals([action.kind, action.outcome, action.reason], ["merge", "applied", merge.reason]);
  assertEquals(action.from.map(nameOf(kept.trace)), ["card_any", "cards"]);
});

Deno.test("actions of an audit that RuleChef ignores are skipped, with the reason", async () => {
  const actions = [
    { ...merge, rule_ids: ["c1", "gone"] },
    { ...merge, rule_ids: ["c1"] },
    { ...merge, merged_pattern: "(card" },
    { action: "remove", rule_ids: ["gone"], reason: "noise" },
    { action: "split", rule_ids: ["c1"], reason: "too long" },
  ];
  const { trace } = await importOne([...three, auditLine([card, cards, rate], actions)]);
  const { verdict, actions: told } = stepOf(trace, "audit");
  assertEquals([verdict, new Set(told.map(({ outcome }) => outcome))], [
    "none",
    new Set(["skipped"]),
  ]);
  assertEquals(told.map(({ reason }) => reason.replace(/:.*/, "")), [
    "unknown-rule",
    "one rule only",
    "invalid-pattern",
    "unknown-rule",
    "unknown-action",
  ]);
});

Deno.test("an audit removes the rules that exist, and names those that do not", async () => {
  const remove = { action: "remove", rule_ids: ["c3", "gone"], reason: "noise" };
  const { trace } = await importOne([
    ...three,
    auditLine([card, cards, rate], [remove]),
    patchLine([card, rate], []),
  ]);
  const { actions, verdict } = stepOf(trace, "audit");
  assertEquals(actions.map(({ outcome, from }) => [outcome, from.length]), [
    ["skipped", 1],
    ["applied", 1],
  ]);
  assertEquals([verdict, namesAt(trace)], ["kept", ["card_any", "rate_any"]]);
});
