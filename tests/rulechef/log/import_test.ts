import { assert, assertEquals, assertMatch, assertRejects } from "jsr:@std/assert@^1";
import { parseRuleChef } from "../../../rulechef/rule_set.ts";
import { formatRuleLife, formatTrace } from "../../../print.ts";
import { importRuleChefLog } from "../../../rulechef/log/import.ts";
import type { ImportedRun } from "../../../rulechef/log/import.ts";
import { rulesAt } from "../../../trace.ts";
import {
  auditLine,
  critiqueLine,
  decisionLine,
  guideLine,
  line,
  patchLine,
  proposed,
  synthesisLine,
} from "./fixture.ts";
import {
  bytesOf,
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
  returnedOf,
  start,
  stepOf,
  three,
  typesOf,
} from "./importing.ts";

Deno.test("calls for the rules of each label become one synthesis, in the order of the lines", async () => {
  const { trace, lines } = await importOne(start);
  assertEquals([typesOf(trace), lines], [["synthesis"], 2]);
  assertEquals(namesAt(trace), ["card_any", "rate_any"]);
  assertEquals(trace.run.dataset, {
    name: "cards",
    task: "classification",
    labels: ["card", "rate"],
    examples: 20,
  });
  assertEquals(trace.run.origin, { tool: "RuleChef", version: "unknown" });
  assertEquals([trace.run.status, trace.run.split], ["unknown", { dev: [] }]);
});

Deno.test("a call for all rules becomes a synthesis too", async () => {
  const whole = line("rule_synthesis", "Task: cards\n", { rules: [card, rate].map(proposed) }, {
    task_name: "My cards, all of them",
    task_type: "classification",
    max_rules: 10,
  });
  const { trace } = await importOne([whole]);
  assertEquals(namesAt(trace), ["card_any", "rate_any"]);
  assertEquals(trace.run.dataset.name, "My-cards-all-of-them");
  assertEquals(trace.run.dataset.examples, undefined);
});

Deno.test("what RuleChef does not take is refused, with the reason", async () => {
  const rules = [
    card,
    { ...card, name: "all", content: "^.{1,}$" },
    { ...card, name: "open", content: "(card" },
    { ...card, name: "nothing", content: ".*" },
  ];
  const { trace, contradictions } = await importOne([
    synthesisLine("card", rules, { num_rules_in_response: 1 }),
  ]);
  const { added, refused, proposed } = stepOf(trace, "synthesis");
  assertEquals([added.length, proposed, contradictions], [1, 4, []]);
  assertEquals(refused.map(({ name, code }) => [name, code]), [
    ["all", "catch-all"],
    ["open", "invalid-pattern"],
    ["nothing", "catch-all"],
  ]);
});

Deno.test("rules beyond those asked for are refused, as RuleChef drops them", async () => {
  const rules = Array.from({ length: 7 }, (_, place) => ({
    ...card,
    name: `card_${place}`,
    content: `card ${place}`,
  }));
  const { trace, contradictions } = await importOne([
    synthesisLine("card", rules, { num_rules_in_response: 5 }),
  ]);
  const { added, refused } = stepOf(trace, "synthesis");
  assertEquals([added.length, refused.map(({ name }) => name)], [5, ["card_5", "card_6"]]);
  assertEquals(contradictions, []);
});

Deno.test("a count of rules that the reply does not have is a contradiction with its line", async () => {
  const { contradictions } = await importOne([
    synthesisLine("card", [card, rate], { num_rules_in_response: 1 }),
  ]);
  assertEquals(contradictions.map(({ line, step }) => [line, step]), [[1, 0]]);
});

Deno.test("a rule that RuleChef took and no trace can hold is refused, and merges there as it does", async () => {
  const code = line("rule_synthesis", "", {
    rules: [
      { name: "card_any", format: "code", content: "def extract(x): ...", output_template: {} },
      proposed(rate),
    ],
  }, { task_name: "cards", task_type: "classification", num_rules_in_response: 2 });
  const shown = [{ ...card, content: "def extract(x): ..." }, rate];
  const { trace, contradictions } = await importOne([
    code,
    patchLine(shown, [card]),
    decisionLine(1, true, [card], even),
  ]);
  assertEquals(contradictions, []);
  assertMatch(stepOf(trace, "synthesis").refused[0].detail, /RuleChef took it, but .* code/);
  // What takes its place in RuleChef is simply new here.
  assertEquals(stepOf(trace, "iteration").patch.added.map(nameOf(trace)), ["card_any"]);
  assertEquals(namesAt(trace), ["rate_any", "card_any"]);
});

Deno.test("a patch deletes by name, replaces by name and adds, and says which names no rule has", async () => {
  const better = { ...card, id: "c2", content: "(?i)\\bcards?\\b" };
  const fresh = { id: "f1", name: "fee", content: "(?i)\\bfees?\\b", label: "fee" };
  const deleted = ["rate_any", "no_such"];
  const { trace } = await importOne([
    ...start,
    patchLine([card, rate], [better, fresh], { deleted }),
    decisionLine(1, true, [better, fresh], [0.5, 0.6, 0.7, 0.8], { deleted: deleted.toSorted() }),
  ]);
  const { patch, verdict, clause, before, after, best } = stepOf(trace, "iteration");
  assertEquals([verdict, clause, best], ["accepted", "f1", true]);
  assertEquals([before, after], [{ on: "dev", f1: 0.5, precision: 0.6 }, {
    on: "dev",
    f1: 0.7,
    precision: 0.8,
  }]);
  assertEquals(patch.added.map(nameOf(trace)), ["fee"]);
  assertEquals(patch.removed.map(nameOf(trace)), ["rate_any"]);
  assertEquals(patch.replaced.map(({ from, to }) => [from, to].map(nameOf(trace))), [
    ["card_any", "card_any"],
  ]);
  assertEquals(patch.refused.map(({ name, code }) => [name, code]), [["no_such", "unknown-rule"]]);
  assertEquals(namesAt(trace), ["card_any", "fee"]);
});

Deno.test("what is rejected leaves the rules, and all of it is in the step", async () => {
  const { trace } = await importOne([
    ...start,
    patchLine([card, rate], [{ ...card, content: "x" }], { deleted: ["rate_any"] }),
    decisionLine(1, false, [{ ...card, content: "x" }], [0.5, 0.5, 0.1, 0.1], {
      deleted: ["rate_any"],
    }),
  ]);
  const { patch, verdict } = stepOf(trace, "iteration");
  assertEquals([verdict, patch.replaced.length, patch.removed.length], ["rejected", 1, 1]);
  assertEquals(namesAt(trace), ["card_any", "rate_any"]);
});

Deno.test("doubles are told by pattern, whatever their label: the higher priority stays", async () => {
  const other = { ...card, id: "x1", name: "other", label: "rate" };
  const { trace } = await importOne([
    ...start,
    patchLine([card, rate], [other]),
    decisionLine(1, true, [other], even),
    patchLine([card, rate], [{ ...other, priority: 9 }]),
    decisionLine(2, true, [{ ...other, priority: 9 }], even),
  ]);
  const [low, high] = [stepOf(trace, "iteration"), stepOf(trace, "iteration", 1)];
  assertEquals(low.patch.refused.map(({ name, code }) => [name, code]), [["other", "duplicate"]]);
  assertEquals([low.patch.added, low.verdict, low.clause], [[], "accepted", undefined]);
  assertEquals(high.patch.removed.map(nameOf(trace)), ["card_any"]);
  assertEquals(namesAt(trace), ["rate_any", "other"]);
});

Deno.test("the same rule with another priority is the same rule, reweighted", async () => {
  const { trace } = await importOne([
    ...start,
    patchLine([card, rate], [{ ...card, priority: 8 }]),
    decisionLine(1, true, [{ ...card, priority: 8 }], even),
  ]);
  const { patch, reweighted } = stepOf(trace, "iteration");
  assertEquals([patch.added, patch.replaced, patch.reweighted], [[], [], 1]);
  assertEquals(reweighted?.map(({ priority }) => priority), [8]);
  assertEquals(rulesAt(trace, 1).map(({ priority }) => priority), [8, 5]);
});

Deno.test("two rules that match the same under two names have two ids", async () => {
  const twin = { ...card, name: "card_twin" };
  const { trace } = await importOne([synthesisLine("card", [card, twin])]);
  const [first, second] = Object.keys(trace.rules);
  assertEquals(second, `${first}-2`);
  // The next patch loses the second, whatever is in it.
  const { trace: patched, contradictions } = await importOne([
    synthesisLine("card", [card, twin]),
    patchLine([card, twin], [rate]),
    decisionLine(1, true, [rate], even),
    patchLine([card, rate], []),
  ]);
  assertEquals(contradictions, []);
  assertEquals(namesAt(patched), ["card_any", "rate_any"]);
});

Deno.test("an iteration has its guidance, prompt, focus and failures, and where each is from", async () => {
  const failures = [
    { text: "where is it", label: "card" },
    { text: "is it there yet", label: "card" },
    { text: "the rate of my card", label: "rate", got: "card" },
  ];
  const { trace } = await importOne([
    ...start,
    guideLine(1, "Look at late cards."),
    patchLine([card, rate], [{ ...card, content: "late" }], {
      failures,
      prompt_variant: "fewer_failures",
    }),
    decisionLine(1, true, [{ ...card, content: "late" }], even),
  ]);
  const step = stepOf(trace, "iteration");
  assertEquals([step.guidance, step.prompt, step.focus], [
    "Look at late cards.",
    "fewer_failures",
    ["card"],
  ]);
  assertEquals(step.train, { on: "train", f1: 0.6, macroF1: 0.55, exact: 0.5 });
  assertEquals(step.failures.count, 3);
  assertEquals(
    step.failures.clusters.map(({ expected, predicted, count, examples }) => [
      expected,
      predicted,
      count,
      examples.length,
    ]),
    [["card", null, 2, 2], ["rate", "card", 1, 1]],
  );
});

Deno.test("a patch with nothing in it is empty, one without a decision unknown", async () => {
  const { trace, unknown } = await importOne([
    ...start,
    patchLine([card, rate], []),
    patchLine([card, rate], [{ ...card, content: "late" }]),
    guideLine(3, "More."),
  ]);
  const verdicts = trace.steps.flatMap((step) => step.type === "iteration" ? step.verdict : []);
  assertEquals(verdicts, ["empty", "unknown", "unknown"]);
  assertEquals(
    unknown.filter(({ what }) => what === "what came of it").map(({ step }) => step),
    [2, 3],
  );
  assertEquals(namesAt(trace), ["card_any", "rate_any"]);
});

Deno.test("a reply that breaks off has the rules that were whole", async () => {
  const reply = JSON.stringify({ rules: [proposed(card), proposed(rate)] });
  const torn = line("rule_synthesis", "", reply.slice(0, -20), {
    task_name: "cards",
    task_type: "classification",
    num_rules_in_response: 1,
  });
  const { trace, contradictions } = await importOne([torn]);
  assertEquals([namesAt(trace), contradictions], [["card_any"], []]);
});

Deno.test("a reply in a fence, or with words around it, is read", async () => {
  const json = JSON.stringify({ rules: [proposed(card)] });
  for (const reply of [`\`\`\`json\n${json}\n\`\`\``, `\`\`\`\n${json}`, `Here: ${json} so.`]) {
    const whole = line("rule_synthesis", "", reply, {
      task_name: "cards",
      task_type: "classification",
    });
    assertEquals(namesAt((await importOne([whole])).trace), ["card_any"]);
  }
});

Deno.test("whether an audit was kept is told by the rules that the next prompt shows", async () => {
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

Deno.test("the returned rules tell whether the last audit was kept", async () => {
  const audited = [...three, auditLine([card, cards, rate], [merge])];
  const kept = await importOne(audited, returnedOf([rate, merged]));
  assertEquals(
    [stepOf(kept.trace, "audit").verdict, kept.trace.run.status],
    ["kept", "completed"],
  );
  const reverted = await importOne(audited, returnedOf([card, cards, rate]));
  assertEquals(stepOf(reverted.trace, "audit").verdict, "reverted");
  for (const { contradictions } of [kept, reverted]) assertEquals(contradictions, []);
});

Deno.test("actions of an audit that RuleChef passes over are skipped, with the reason", async () => {
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

Deno.test("an audit removes the rules that are there, and says which are not", async () => {
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

Deno.test("the scores of a set are those that a later line begins with", async () => {
  const late = { ...card, content: "late" };
  const { trace } = await importOne([
    ...three,
    auditLine([card, cards, rate], [merge]),
    patchLine([rate, merged], [late]),
    decisionLine(1, true, [late], [0.5, 0.6, 0.7, 0.8]),
  ]);
  // RuleChef scored them before the audit, and not after it.
  const scored = { on: "dev" as const, f1: 0.5, precision: 0.6 };
  assertEquals(stepOf(trace, "synthesis").scores, scored);
  const { before, after } = stepOf(trace, "audit");
  assertEquals([before, after], [scored, {}]);
});

Deno.test("scores that do not go on from those before are a contradiction, and named unknown", async () => {
  const late = { ...card, id: "l", name: "late", content: "late" };
  const { trace, contradictions, unknown } = await importOne([
    ...start,
    patchLine([card, rate], [late]),
    decisionLine(1, true, [late], [0.5, 0.5, 0.6, 0.6]),
    patchLine([card, rate, late], [late]),
    decisionLine(2, false, [late], [0.9, 0.9, 0.1, 0.1]),
  ]);
  assertEquals(contradictions.map(({ step, line }) => [step, line]), [[2, 6]]);
  assertEquals(stepOf(trace, "iteration", 1).unlogged, { added: [], removed: [] });
  assert(unknown.some(({ step, what }) => step === 2 && what.startsWith("how the rules changed")));
});

Deno.test("rules that no step gives are taken over from the prompt, and named", async () => {
  const found = { ...rate, name: "found", content: "fees?" };
  const { trace, contradictions } = await importOne([
    ...start,
    patchLine([card, found], []),
  ]);
  assertEquals(contradictions.length, 1);
  assertMatch(contradictions[0].text, /the rules it shows have "found" and lack "rate_any"$/);
  const { unlogged } = stepOf(trace, "iteration");
  assertEquals(unlogged?.added.map(nameOf(trace)), ["found"]);
  assertEquals(unlogged?.removed.map(nameOf(trace)), ["rate_any"]);
  assertEquals(namesAt(trace), ["card_any", "found"]);
  assertMatch(formatRuleLife(trace, "found"), /came before iteration 1: the log does not say how/);
});

Deno.test("returned rules that an earlier step had are those of that step", async () => {
  const late = { ...card, id: "l", name: "late", content: "late" };
  const lines = [
    ...start,
    patchLine([card, rate], [late]),
    decisionLine(1, true, [late], [0.5, 0.5, 0.4, 0.9]),
  ];
  const { trace, contradictions } = await importOne(lines, returnedOf([card, rate]));
  assertEquals(typesOf(trace), ["synthesis", "iteration", "restore", "final"]);
  const { to, before, after } = stepOf(trace, "restore");
  assertEquals([to, before.f1, after.f1, contradictions], [0, 0.4, 0.5, []]);
  assertEquals(namesAt(trace), ["card_any", "rate_any"]);
});

Deno.test("returned rules that no step had are explained by what came and went", async () => {
  const fee = { name: "fee", content: "fees?", label: "fee" };
  const { trace, contradictions } = await importOne(start, returnedOf([card, fee]));
  assertEquals(contradictions.map(({ step, line }) => [step, line]), [[1, undefined]]);
  assertEquals(namesAt(trace), ["card_any", "fee"]);
  assertEquals(stepOf(trace, "final").rules.map(nameOf(trace)), ["card_any", "fee"]);
  assertMatch(formatTrace(trace), /fee came; rate_any went/);
});

Deno.test("returned rules that a trace cannot hold are named, unless the steps have them", async () => {
  const plain = [card, rate].map((rule) => ({ ...proposed(rule), output_key: "label" }));
  const coded = { ...plain[0], name: "coded", format: "code", content: "return 1" };
  const returned = parseRuleChef(JSON.stringify([...plain, coded]));
  const { contradictions } = await importOne(start, returned);
  assertEquals(contradictions.map(({ step, text }) => [step, text]), [
    [1, 'they have "coded", which no step has and a trace cannot hold'],
  ]);
  const had = line("rule_synthesis", "Task: cards\n", { rules: [...plain, coded] }, {
    task_name: "cards",
    task_type: "classification",
  });
  assertEquals((await importOne([had], returned)).contradictions, []);
});

Deno.test("strengths that returned rules have are in the final step", async () => {
  const { output_template, ...rule } = proposed(card) as Record<string, unknown>;
  const rules = [{ ...rule, output_template, validated_precision: 0.75, validated_support: 8 }];
  const returned = parseRuleChef(JSON.stringify(rules));
  const { trace } = await importOne([synthesisLine("card", [card])], returned);
  const [{ precision, support }] = rulesAt(trace, trace.steps.length - 1);
  assertEquals([precision, support], [0.75, 8]);
});

Deno.test("rules for another task are refused", async () => {
  const spans = parseRuleChef(JSON.stringify([{ name: "x", content: "y", output_key: "spans" }]));
  await assertRejects(() => importAll(start, spans), RangeError, "the rules are for extraction");
});

Deno.test("a coordinator that ends the run is told, and why the run stopped", async () => {
  const { trace } = await importOne(
    [...start, guideLine(1, "Good enough.", { should_continue: false })],
    returnedOf([card, rate]),
  );
  assertEquals(typesOf(trace), ["synthesis", "critique", "final"]);
  assertEquals(stepOf(trace, "final").stop, "coordinator");
});

Deno.test("a critique names rules by the ids of the trace", async () => {
  const reply = {
    analysis: "too broad",
    rule_feedback: { c1: "narrow it", zz: "drop it" },
    task_guidance: "fewer rules",
  };
  const { trace } = await importOne([...start, critiqueLine([card, rate], reply)]);
  const { analysis, advice } = stepOf(trace, "critique");
  const [id] = Object.keys(trace.rules);
  assertEquals([analysis, advice], ["too broad", [
    { rule: id, text: "narrow it" },
    { rule: "zz", text: "drop it" },
    { text: "fewer rules" },
  ]]);
});

Deno.test("a log whose run brings no rule ends in a failure, unless it breaks off", async () => {
  const lines = [synthesisLine("card", []), synthesisLine("rate", [])];
  const { trace } = await importOne(lines);
  assertEquals([typesOf(trace), trace.run.status], [["synthesis", "failure"], "failed"]);
  const torn = await importRuleChefLog(bytesOf(`${lines.join("\n")}\n{"call_type": "rule_pa`));
  assertEquals(torn.runs[0].trace.run.status, "unknown");
});

Deno.test("a run that goes on from rules begins with those that its first prompt shows", async () => {
  const fee = { id: "f", name: "fee", content: "fees?", label: "fee" };
  const { trace, contradictions } = await importOne([
    patchLine([card, rate], [fee]),
    decisionLine(1, true, [fee], even),
  ]);
  const { start, proposed } = stepOf(trace, "synthesis");
  assertEquals([start?.map(nameOf(trace)), proposed], [["card_any", "rate_any"], 0]);
  assertEquals([namesAt(trace), contradictions], [["card_any", "rate_any", "fee"], []]);
});

Deno.test("a run that goes on from the rules of one before it is a run of its own", async () => {
  const late = { ...card, id: "l", name: "late", content: "late" };
  const fee = { id: "f", name: "fee", content: "fees?", label: "fee" };
  const one = [
    ...start,
    patchLine([card, rate], [late]),
    decisionLine(1, true, [late], even),
  ];
  const plain = [patchLine([card, rate, late], [fee]), decisionLine(1, true, [fee], even)];
  const guided = [guideLine(1, "More."), ...plain];
  for (const more of [plain, guided]) {
    const { runs, counts } = await importAll([...one, ...more]);
    assertEquals([counts.used, counts.orphan], [4 + more.length, 0]);
    assertEquals(runs.map(({ lines, trace }) => [lines, typesOf(trace)]), [
      [4, ["synthesis", "iteration"]],
      [more.length, ["synthesis", "iteration"]],
    ]);
    const [first, second] = runs;
    assertEquals([first.contradictions, second.contradictions], [[], []]);
    assertEquals(namesAt(second.trace), ["card_any", "rate_any", "late", "fee"]);
    assertEquals(second.trace.run.dataset.name, "cards");
  }
});
