import { assert, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { decisionLine, line, patchLine, proposed, synthesisLine } from "./fixture.ts";
import { card, cards, even, importOne, lost, namesAt, rate, start, stepOf } from "./importing.ts";

const task = { task_name: "cards", task_type: "classification" };

for (
  const content of [
    String.raw`(?i)(?<!\bno\s*)beneficiary`,
    String.raw`\p{L}`,
    "(?<a>x)",
    String.raw`x\z`,
    String.raw`\h`,
    String.raw`\R`,
    String.raw`[\w-a]`,
    String.raw`(x)\2`,
    String.raw`\1(x)`,
    String.raw`(?i)(x)\1\z`,
    "(?(1)x|y)",
    "(x)(?(1)x|y|z)",
    "(?(0)x)",
    "x++?",
    "x{4294967295}",
  ]
) {
  Deno.test(`RuleChef does not take ${content}, which Python does not compile`, async () => {
    const { trace, contradictions } = await importOne([
      synthesisLine("card", [{ ...card, content }, cards], { num_rules_in_response: 1 }),
      patchLine([cards], []),
    ]);
    const { refused } = stepOf(trace, "synthesis");
    assertEquals(refused.map(({ code }) => code), ["invalid-pattern"]);
    assertEquals([namesAt(trace), contradictions], [["cards"], []]);
  });
}

for (
  const content of [
    "(?:(x)|y(?(1)z|w))+z",
    "x{e<=1}y",
    "[[:alpha:]]y",
    String.raw`(?i)(?a:\w)x`,
    String.raw`\N{EM DASH}`,
    String.raw`\ud800`,
    "x{2147483648}y",
    String.raw`(x)(?<=\1)y`,
  ]
) {
  Deno.test(`RuleChef takes ${content}, which compiles in Python, and a trace cannot hold it`, async () => {
    const { trace, contradictions } = await importOne([
      synthesisLine("card", [{ ...card, content }, cards]),
      patchLine([{ ...card, content }, cards], []),
    ]);
    const { refused } = stepOf(trace, "synthesis");
    assertMatch(refused[0].detail, /^RuleChef took it, but /);
    assertEquals([refused.length, contradictions], [1, []]);
  });
}

Deno.test("a pattern is a catch-all if it matches texts of all kinds, short and long", async () => {
  const contents = ["^.{1,40}$", "[a-m0-9!@é]", "^.{1,43}$", "[a-zé]", "[0-9a-z!]"];
  const rules = contents.map((content) => ({ ...card, name: content, content }));
  const { trace } = await importOne([
    synthesisLine("card", rules, { num_rules_in_response: 2 }),
  ]);
  assertEquals(namesAt(trace), ["^.{1,40}$", "[a-zé]"]);
  const { refused } = stepOf(trace, "synthesis");
  assertEquals(new Set(refused.map(({ code }) => code)), new Set(["catch-all"]));
});

Deno.test("a rule without a name gets the one that RuleChef gives it, by its place in the reply", async () => {
  const { name: _, ...unnamed } = proposed({ ...rate, name: "" }) as Record<string, unknown>;
  const named = { ...rate, name: "Rule 2" };
  const { trace, contradictions } = await importOne([
    line("rule_synthesis", "", { rules: [proposed(card), unnamed] }, {
      ...task,
      num_rules_in_response: 2,
    }),
    patchLine([card, named], []),
  ]);
  assertEquals([namesAt(trace), contradictions], [["card_any", "Rule 2"], []]);
  assertEquals(stepOf(trace, "synthesis").refused, []);
});

Deno.test("a rule without a priority has RuleChef's default, which is 5", async () => {
  const { priority: _, ...plain } = proposed(card) as Record<string, unknown>;
  const lower = { ...card, name: "lower", priority: 4 };
  const { trace } = await importOne([
    line("rule_synthesis", "", { rules: [plain] }, task),
    patchLine([card], [lower]),
    decisionLine(1, true, [lower], even),
  ]);
  assertEquals(Object.values(trace.rules).map(({ priority }) => priority), [5]);
  assertEquals(namesAt(trace), ["card_any"]);
  // In merging, the same holds for a priority that is not a number.
  const { trace: odd } = await importOne([
    line("rule_synthesis", "", { rules: [{ ...plain, priority: "high" }] }, task),
    patchLine([card], [lower]),
    decisionLine(1, true, [lower], even),
  ]);
  assertEquals(stepOf(odd, "iteration").patch.refused.map(({ code }) => code), ["duplicate"]);
});

Deno.test("a rule of another format is refused if RuleChef says that it took one fewer", async () => {
  const code = { ...proposed(card), name: "coded", format: "code", content: "def extract(x): ..." };
  const synthesis = (amount: number) =>
    line("rule_synthesis", "", { rules: [code, proposed(rate), { name: "coded" }] }, {
      ...task,
      num_rules_in_response: amount,
    });
  const without = await importOne([synthesis(1), patchLine([rate], [])]);
  assertEquals(without.contradictions, []);
  const [{ name, detail }, none] = stepOf(without.trace, "synthesis").refused;
  assertEquals([name, detail], ["coded", "RuleChef did not take this rule of format code"]);
  assertEquals(none.detail, "it matches any text");
  for (const amount of [0, 2]) {
    const coded = { ...card, name: "coded", content: code.content };
    const shown = patchLine([coded, rate], []);
    const { trace, contradictions } = await importOne([synthesis(amount), shown]);
    assertMatch(stepOf(trace, "synthesis").refused[0].detail, /^RuleChef took it, but/);
    assertEquals(contradictions.length, amount === 2 ? 0 : 1);
  }
});

Deno.test("guidance that the metadata cut off is taken from the prompt", async () => {
  const guidance = `Look at these:\n\n- ${"late cards, ".repeat(30)}and fees.`;
  const patchOf = (told: string, cut: string, next = "") => {
    const patch = JSON.parse(patchLine([card, rate], [], { guidance: cut }));
    const heading =
      `\nCOORDINATOR GUIDANCE (prioritize this):\n${told}\n\n${next}\nCURRENT RULES (`;
    const [message] = patch.messages;
    message.content = message.content.replace("\nCURRENT RULES (", () => heading);
    return JSON.stringify(patch);
  };
  const guidanceOf = async (patch: string) =>
    stepOf((await importOne([...start, patch])).trace, "iteration").guidance;
  assertEquals(await guidanceOf(patchOf(guidance, guidance.slice(0, 200))), guidance);
  const metrics = "\nPER-CLASS METRICS (current performance):\n  card: P=1%\n";
  assertEquals(await guidanceOf(patchOf(guidance, guidance.slice(0, 200), metrics)), guidance);
  assertEquals(await guidanceOf(patchOf(guidance, "Other words.")), "Other words.");
});

Deno.test("contradictions do not quote texts of examples", async () => {
  const text = "I have waited three weeks for my new card to come";
  const named = { ...rate, name: text };
  const { contradictions } = await importOne([
    synthesisLine("card", [card], { texts: [text] }),
    lost,
    patchLine([card, named], []),
  ]);
  assertEquals(contradictions.length, 1);
  assert(!contradictions[0].text.includes("three weeks"), contradictions[0].text);
  assertMatch(contradictions[0].text, /have "\[e[0-9a-f]{10}\]/);
});
