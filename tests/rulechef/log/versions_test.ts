import { assertEquals } from "jsr:@std/assert@^1";
import { auditLine, guideLine, line, type LoggedRule, patchLine, proposed } from "./fixture.ts";
import { card, importAll, importOne, namesAt, rate, start, stepOf, typesOf } from "./importing.ts";

const late: LoggedRule = { name: "late", content: "(?i)\\blate\\b", label: "card" };
const fee: LoggedRule = { name: "fee", content: "(?i)\\bfees?\\b", label: "fee" };
const task = { task_name: "cards", task_type: "classification" };

/** Makes the call for a patch as versions up to 0.1.3 log it: there is no decision on it. */
function oldPatchLine(
  current: readonly LoggedRule[],
  rules: readonly LoggedRule[],
  metadata: object = {},
): string {
  const list = JSON.stringify(current.map((rule) => ({ ...proposed(rule), output_key: "label" })));
  const prompt = `CURRENT RULES (full details):\n${list}\n\nFAILURES TO FIX (sampled):\n[]\n`;
  const reply = { rules: rules.map(proposed), deleted_rules: ["card_any"] };
  return line("rule_patch", prompt, reply, {
    ...task,
    num_existing_rules: current.length,
    num_rules_in_response: rules.length,
    guidance: null,
    ...metadata,
  });
}

Deno.test("up to version 0.1.3, patches delete nothing and keep doubles, as the next prompt shows", async () => {
  const double = { ...late, content: card.content };
  const { trace, contradictions } = await importOne([
    ...start,
    oldPatchLine([card, rate], [double]),
    oldPatchLine([card, rate, double], [fee]),
    oldPatchLine([card, rate, double], []),
  ]);
  assertEquals(contradictions, []);
  const steps = trace.steps.flatMap((step) => step.type === "iteration" ? [step] : []);
  assertEquals(steps.map(({ verdict }) => verdict), ["accepted", "rejected", "empty"]);
  assertEquals(steps.map(({ patch }) => patch.refused), [[], [], []]);
  assertEquals(namesAt(trace), ["card_any", "rate_any", "late"]);
});

Deno.test("up to version 0.1.3, an audit ends its run", async () => {
  const audited = [
    ...start,
    oldPatchLine([card, rate], [late]),
    auditLine([card, rate, late], []),
  ];
  const { runs } = await importAll([...audited, guideLine(2, "More.")]);
  assertEquals(runs.map(({ lines }) => lines), [4, 1]);
  const [{ trace }] = runs;
  assertEquals(typesOf(trace), ["synthesis", "iteration", "audit", "final"]);
  assertEquals([stepOf(trace, "audit").phase, trace.run.status], ["final", "completed"]);
  // Later versions audit between the iterations as well.
  const later = [...start, patchLine([card, rate], []), auditLine([card, rate], [])];
  assertEquals((await importAll([...later, guideLine(2, "More.")])).runs.length, 1);
});

Deno.test("rules are read if a prompt shows in full only those with failures", async () => {
  const shown = (failing: readonly LoggedRule[], names: readonly string[], doubted: string[]) =>
    "RULES with failures (full details):\n" +
    `${JSON.stringify(failing.map(proposed), null, 2)}\n\n` +
    (doubted.length > 0
      ? `\n For these rules provide a narrower replacement.\n- ${doubted.join("\n- ")}\n\n`
      : "\n") +
    "Rules not active in current failures (do not modify)\n" +
    `${JSON.stringify(names.map((name) => ({ name, description: "" })), null, 2)}\n\n` +
    "PER-CLASS METRICS (current performance):\n  card: P=0%\n\nFAILURES TO FIX (sampled):\n[]\n";
  const patch = (prompt: string, existing: number, rules: readonly LoggedRule[]) =>
    line("rule_patch", prompt, { rules: rules.map(proposed), deleted_rules: ["rate_any"] }, {
      ...task,
      num_existing_rules: existing,
      num_rules_in_response: rules.length,
      num_deleted: 1,
    });
  const { trace, contradictions } = await importOne([
    ...start,
    patch(shown([rate], [], ["card_any"]), 2, [late]),
    patch(shown([late], ["card_any"], []), 2, [fee]),
  ]);
  assertEquals(contradictions, []);
  assertEquals(stepOf(trace, "iteration").verdict, "accepted");
  assertEquals(namesAt(trace), ["card_any", "late"]);
});

Deno.test("what Python takes for false is no template", async () => {
  for (const output_template of [[], {}, "", 0]) {
    const { output_template: _, ...plain } = proposed(card) as Record<string, unknown>;
    const rules = [{ ...plain, output_template }, proposed(rate)];
    const metadata = { ...task, num_rules_in_response: 2 };
    const { trace, contradictions } = await importOne([
      line("rule_synthesis", "", { rules }, metadata),
    ]);
    assertEquals([contradictions, stepOf(trace, "synthesis").refused.length], [[], 1]);
  }
});

Deno.test("rules that match any text were taken if RuleChef counts them", async () => {
  const rules = [proposed({ ...card, content: ".*" }), proposed(rate), { name: "x", content: "(" }];
  const refusedOf = async (amount: number) => {
    const metadata = { ...task, num_rules_in_response: amount };
    const { trace } = await importOne([line("rule_synthesis", "", { rules }, metadata)]);
    return stepOf(trace, "synthesis").refused.map(({ code }) => code);
  };
  assertEquals(await refusedOf(1), ["catch-all", "invalid-pattern"]);
  assertEquals(await refusedOf(2), ["invalid-pattern"]);
});

Deno.test("of rules in other formats, those that RuleChef took are told by their number", async () => {
  const rules = [
    { name: "coded", format: "python", content: "def extract(x): ..." },
    { name: "empty", format: "code", content: "x" },
    { name: "tokens", format: "spacy", content: '[{"LOWER": "card"}]' },
    proposed(rate),
  ];
  for (const [amount, took] of [[4, 3], [3, 2], [2, 1], [1, 0]]) {
    const { trace, contradictions } = await importOne([
      line("rule_synthesis", "", { rules }, { ...task, num_rules_in_response: amount }),
    ]);
    const { refused } = stepOf(trace, "synthesis");
    const held = refused.filter(({ detail }) => detail.startsWith("RuleChef took it"));
    assertEquals([contradictions, refused.length, held.length], [[], 3, took]);
  }
});
