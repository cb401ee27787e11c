import { assertEquals } from "jsr:@std/assert@^1";
import { auditLine, guideLine, line, patchLine, synthesisLine } from "./fixture.ts";
import {
  card,
  cards,
  importOne,
  merge,
  merged,
  nameOf,
  namesAt,
  rate,
  stepOf,
  three,
} from "./importing.ts";

const all = [card, cards, rate];

Deno.test("an empty id does not name the rules whose id is not known", async () => {
  const actions = [
    { action: "remove", rule_ids: [""], reason: "noise" },
    { ...merge, rule_ids: ["", "gone"] },
  ];
  // The prompt does not show ids.
  const { trace } = await importOne([
    ...three,
    line("audit_rules", "RULES:\n", { actions }, { num_rules: 3 }),
  ]);
  const { verdict, actions: told } = stepOf(trace, "audit");
  assertEquals([verdict, told.map(({ outcome }) => outcome)], ["none", ["skipped", "skipped"]]);
});

Deno.test("a merged rule has the output of the rule that was named first", async () => {
  const ids = ["r1", "c1"];
  const { trace } = await importOne([
    ...three,
    auditLine(all, [{ ...merge, rule_ids: ids }]),
    patchLine([cards, { ...rate, name: "card_merged", content: merge.merged_pattern }], []),
  ]);
  const { actions: [{ from, to }], verdict } = stepOf(trace, "audit");
  assertEquals([verdict, from.map(nameOf(trace))], ["kept", ["rate_any", "card_any"]]);
  assertEquals(trace.rules[to!].label, "rate");
});

Deno.test("a merged rule has the output of the one of highest priority", async () => {
  const high = { ...cards, priority: 9, label: "fee" };
  const { trace } = await importOne([
    synthesisLine("card", [card, high]),
    auditLine([card, high], [merge]),
  ]);
  const [{ to }] = stepOf(trace, "audit").actions;
  const { label, priority } = trace.rules[to!];
  assertEquals([label, priority], ["fee", 9]);
});

Deno.test("an id that is named twice is one rule, removed and merged as in RuleChef", async () => {
  const actions = [
    { action: "remove", rule_ids: ["r1", "r1"], reason: "noise" },
    { ...merge, rule_ids: ["c1", "c1"] },
  ];
  const { trace } = await importOne([...three, auditLine(all, actions)]);
  const { actions: told } = stepOf(trace, "audit");
  assertEquals(told.map(({ kind, outcome, from }) => [kind, outcome, from.map(nameOf(trace))]), [
    ["remove", "applied", ["rate_any"]],
    ["tighten", "applied", ["card_any"]],
  ]);
});

Deno.test("a rule that an action removed is missing for later actions", async () => {
  const actions = [
    { action: "remove", rule_ids: ["c1"], reason: "noise" },
    merge,
    { action: "remove", rule_ids: ["c1"], reason: "noise" },
  ];
  const { trace } = await importOne([
    ...three,
    auditLine(all, actions),
    patchLine([cards, rate], []),
  ]);
  const { actions: told, verdict } = stepOf(trace, "audit");
  assertEquals(told.map(({ kind, outcome }) => [kind, outcome]), [
    ["remove", "applied"],
    ["merge", "skipped"],
    ["remove", "skipped"],
  ]);
  assertEquals([verdict, namesAt(trace)], ["kept", ["cards", "rate_any"]]);
});

Deno.test("of many rules with one id that is named many times, the last one is removed once", async () => {
  const rules = Array.from({ length: 1_000 }, (_, place) => ({
    ...card,
    name: `card_${place}`,
    content: `card ${place}`,
  }));
  const remove = { action: "remove", rule_ids: Array(10_000).fill("c1"), reason: "noise" };
  const { trace } = await importOne([
    synthesisLine("card", rules, { max_rules: 1_000 }),
    auditLine(rules, [remove]),
  ]);
  const [{ outcome, from }] = stepOf(trace, "audit").actions;
  assertEquals([outcome, from.map(nameOf(trace))], ["applied", ["card_999"]]);
});

Deno.test("an action that RuleChef does not have is a skipped change", async () => {
  const split = { action: "split", rule_ids: ["c1"], reason: "too long" };
  const { trace } = await importOne([...three, auditLine(all, [split])]);
  const [{ kind, outcome }] = stepOf(trace, "audit").actions;
  assertEquals([kind, outcome], ["change", "skipped"]);
});

Deno.test("an audit ends the run after the last iteration, and before it may not be the last one", async () => {
  const at = async (iteration: number) => {
    const { trace } = await importOne([
      ...three,
      guideLine(iteration, "More.", { max_iterations: 2 }),
      patchLine(all, []),
      auditLine(all, []),
    ]);
    const last = trace.steps.at(-1)!;
    return [
      stepOf(trace, "audit").phase,
      trace.run.status,
      last.type === "final" ? last.stop : last.type,
    ];
  };
  assertEquals(await at(2), ["final", "completed", "max-iterations"]);
  assertEquals(await at(1), ["final", "unknown", "audit"]);
});

Deno.test("a merge whose pattern Python does not compile is skipped", async () => {
  const { trace } = await importOne([
    ...three,
    auditLine([card, cards, rate], [{ ...merge, merged_pattern: String.raw`(?<=a|bc)cards` }]),
  ]);
  const [{ outcome, reason }] = stepOf(trace, "audit").actions;
  assertEquals([outcome, reason.replace(/:.*/, "")], ["skipped", "invalid-pattern"]);
});

Deno.test("a rule merged with itself is tightened", async () => {
  const tight = { ...merge, rule_ids: ["c1", "c1"] };
  const { trace, contradictions } = await importOne([
    ...three,
    auditLine([card, cards, rate], [tight]),
    patchLine([cards, rate, merged], []),
  ]);
  const { verdict, actions: [action] } = stepOf(trace, "audit");
  assertEquals([verdict, action.kind, action.outcome], ["kept", "tighten", "applied"]);
  assertEquals(action.from.map(nameOf(trace)), ["card_any"]);
  assertEquals([namesAt(trace), contradictions], [["cards", "rate_any", "card_merged"], []]);
});

Deno.test("a rule that is named twice is enough for a merge, even if another one is missing", async () => {
  const action = { ...merge, rule_ids: ["gone", "c1"] };
  const broken = { ...merge, rule_ids: ["c1", "c1"], merged_pattern: "(card" };
  const alone = { ...merge, rule_ids: ["c1", "gone", "c1"] };
  const { trace } = await importOne([
    ...three,
    auditLine([card, cards, rate], [action, broken, alone]),
  ]);
  const { actions } = stepOf(trace, "audit");
  assertEquals(actions.map(({ kind, outcome }) => [kind, outcome]), [
    ["merge", "skipped"],
    ["tighten", "skipped"],
    ["tighten", "applied"],
  ]);
});
