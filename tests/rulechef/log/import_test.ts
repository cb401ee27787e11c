import { assert, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { formatRuleLife } from "../../../print.ts";
import { importRuleChefLog } from "../../../rulechef/log/import.ts";
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
  lost,
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

Deno.test("a call for all rules becomes a synthesis as well", async () => {
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

Deno.test("a rule that RuleChef does not take is refused, with the reason", async () => {
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

Deno.test("a count of rules that differs from the reply is a contradiction, with its line", async () => {
  const { contradictions } = await importOne([
    synthesisLine("card", [card, rate], { num_rules_in_response: 1 }),
  ]);
  assertEquals(contradictions.map(({ line, step }) => [line, step]), [[1, 0]]);
});

Deno.test("a rule that RuleChef took and a trace cannot hold is refused, but merges as in RuleChef", async () => {
  const code = line("rule_synthesis", "", {
    rules: [
      {
        name: "card_any",
        format: "code",
        content: "def extract(x): ...",
        output_template: { label: "card" },
      },
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
  // The rule that takes its place in RuleChef is simply new here.
  assertEquals(stepOf(trace, "iteration").patch.added.map(nameOf(trace)), ["card_any"]);
  assertEquals(namesAt(trace), ["rate_any", "card_any"]);
});

Deno.test("a patch deletes by name, replaces by name and adds, and refuses names that no rule has", async () => {
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

Deno.test("a rejected patch does not change the rules, and is in the step", async () => {
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

Deno.test("doubles are found by pattern, whatever their label, and the higher priority stays", async () => {
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
  // The next patch loses the second one, whatever the patch contains.
  const { trace: patched, contradictions } = await importOne([
    synthesisLine("card", [card, twin]),
    patchLine([card, twin], [rate]),
    decisionLine(1, true, [rate], even),
    patchLine([card, rate], []),
  ]);
  assertEquals(contradictions, []);
  assertEquals(namesAt(patched), ["card_any", "rate_any"]);
});

Deno.test("an iteration has its guidance, prompt, focus and failures, and their sources", async () => {
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

Deno.test("a patch without changes is empty, a patch without a decision unknown", async () => {
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

Deno.test("a reply that breaks off has the rules that are complete", async () => {
  const reply = JSON.stringify({ rules: [proposed(card), proposed(rate)] });
  const torn = line("rule_synthesis", "", reply.slice(0, -20), {
    task_name: "cards",
    task_type: "classification",
    num_rules_in_response: 1,
  });
  const { trace, contradictions } = await importOne([torn]);
  assertEquals([namesAt(trace), contradictions], [["card_any"], []]);
});

Deno.test("a reply in a fence, or between other words, is read", async () => {
  const json = JSON.stringify({ rules: [proposed(card)] });
  for (const reply of [`\`\`\`json\n${json}\n\`\`\``, `\`\`\`\n${json}`, `Here: ${json} so.`]) {
    const whole = line("rule_synthesis", "", reply, {
      task_name: "cards",
      task_type: "classification",
    });
    assertEquals(namesAt((await importOne([whole])).trace), ["card_any"]);
  }
});

Deno.test("the scores of a set may come from a later line", async () => {
  const late = { ...card, content: "late" };
  const { trace } = await importOne([
    ...three,
    auditLine([card, cards, rate], [merge]),
    patchLine([rate, merged], [late]),
    decisionLine(2, true, [late], [0.5, 0.6, 0.7, 0.8]),
  ]);
  // RuleChef scored them before the audit, not after it.
  const scored = { on: "dev" as const, f1: 0.5, precision: 0.6 };
  assertEquals(stepOf(trace, "synthesis").scores, scored);
  const { before, after } = stepOf(trace, "audit");
  assertEquals([before, after], [scored, {}]);
});

Deno.test("scores that do not continue those before are a contradiction, and listed as unknown", async () => {
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

Deno.test("rules that no step made are taken over from the prompt, and named", async () => {
  const found = { ...rate, name: "found", content: "fees?" };
  const { trace, contradictions } = await importOne([
    ...start,
    lost,
    patchLine([card, found], []),
  ]);
  assertEquals(contradictions.length, 1);
  assertMatch(contradictions[0].text, /the rules it shows have "found" and lack "rate_any"$/);
  const { unlogged } = stepOf(trace, "iteration");
  assertEquals(unlogged?.added.map(nameOf(trace)), ["found"]);
  assertEquals(unlogged?.removed.map(nameOf(trace)), ["rate_any"]);
  assertEquals(namesAt(trace), ["card_any", "found"]);
  assertMatch(formatRuleLife(trace, "found"), /came before a call: the log does not say how/);
});

Deno.test("a coordinator that ends the run is recorded, as the reason why the run stopped", async () => {
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

Deno.test("a run without any rule ends in a failure, unless the log breaks off", async () => {
  const lines = [synthesisLine("card", []), synthesisLine("rate", [])];
  const { trace } = await importOne(lines);
  assertEquals([typesOf(trace), trace.run.status], [["synthesis", "failure"], "failed"]);
  const torn = await importRuleChefLog(bytesOf(`${lines.join("\n")}\n{"call_type": "rule_pa`));
  assertEquals(torn.runs[0].trace.run.status, "unknown");
});

Deno.test("a run without a synthesis begins with the rules that its first prompt shows", async () => {
  const fee = { id: "f", name: "fee", content: "fees?", label: "fee" };
  const { trace, contradictions } = await importOne([
    patchLine([card, rate], [fee]),
    decisionLine(1, true, [fee], even),
  ]);
  const { start, proposed } = stepOf(trace, "synthesis");
  assertEquals([start?.map(nameOf(trace)), proposed], [["card_any", "rate_any"], 0]);
  assertEquals([namesAt(trace), contradictions], [["card_any", "rate_any", "fee"], []]);
});

Deno.test("a run that begins with the rules of the run before is a separate run", async () => {
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
