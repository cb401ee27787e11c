import { assertEquals, assertMatch, assertRejects } from "jsr:@std/assert@^1";
import { parseRuleChef } from "../../../rulechef/rule_set.ts";
import { formatTrace } from "../../../print.ts";
import { rulesAt } from "../../../trace.ts";
import { auditLine, decisionLine, line, patchLine, proposed, synthesisLine } from "./fixture.ts";
import {
  card,
  cards,
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

Deno.test("returned rules that an earlier step had are restored", async () => {
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

Deno.test("returned rules that no step had are explained by rules that came and went", async () => {
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
