import { assertEquals, assertMatch, assertThrows } from "jsr:@std/assert@^1";
import { createRule, type Proposal, RuleSchema } from "../../../learn/rules/rule.ts";
import { admit, compileRule, findDefect, requireRunnable } from "../../../learn/rules/running.ts";

const base: Proposal = { name: "code", label: "CODE", patterns: [String.raw`no\. (\d+)(\/\d\d)?`] };

/** Describes the spans of a rule as `start-end text`. */
function find(change: Partial<Proposal>, text: string): string[] {
  return compileRule(createRule({ ...base, ...change })).find(text)
    .map(({ start, end, text }) => `${start}-${end} ${text}`);
}

Deno.test("every match of the first pattern is a span, from left to right", () => {
  assertEquals(find({}, "No. 12/91, no. 3 and no."), ["0-9 No. 12/91", "11-16 no. 3"]);
  assertEquals(find({ patterns: ["aa"] }, "aaaaa"), ["0-2 aa", "2-4 aa"]);
});

Deno.test("the group is the span", () => {
  assertEquals(find({ group: 1 }, "No. 12/91, no. 3"), ["4-6 12", "15-16 3"]);
});

Deno.test("a group that takes no part or is empty gives no span", () => {
  assertEquals(find({ group: 2 }, "No. 12/91, no. 3"), ["6-9 /91"]);
  assertEquals(find({ patterns: ["a(b*)"], group: 1 }, "a ab a"), ["3-4 b"]);
});

Deno.test("a group may lie outside its match", () => {
  assertEquals(find({ patterns: [String.raw`\d+(?= (May))`], group: 1 }, "12 May"), ["3-6 May"]);
  assertEquals(find({ patterns: [String.raw`(?<=(no\. ))\d+`], group: 1 }, "no. 12"), ["0-4 no. "]);
});

Deno.test("the other patterns and the not patterns are conditions on the text", () => {
  const rule = { patterns: ["b+", "^a", "c$"], not: ["d"] };
  assertEquals(find(rule, "a b c"), ["2-3 b"]);
  assertEquals(find(rule, "b c"), []);
  assertEquals(find(rule, "a b"), []);
  assertEquals(find(rule, "a b d c"), []);
});

Deno.test("a template names the group that is the span", () => {
  const template = { text: "$1" };
  assertEquals(find({ template }, "No. 12/91, no. 3"), ["4-6 12", "15-16 3"]);
});

Deno.test("a template whose group takes no part gives the whole match an empty text", () => {
  assertEquals(find({ template: { text: "$2" } }, "No. 12/91, no. 3"), ["6-9 /91", "11-16 "]);
});

Deno.test("empty matches give no spans", () => {
  assertEquals(find({ patterns: ["a*"] }, "baab"), ["1-3 aa"]);
  assertEquals(find({ patterns: ["(?=a)"] }, "aa"), []);
});

Deno.test("offsets count code units, and with flag u no character is split", () => {
  assertEquals(find({ patterns: ["."], flags: "u" }, "a😀b"), ["0-1 a", "1-3 😀", "3-4 b"]);
  assertEquals(find({ patterns: ["😀(.)"], flags: "u", group: 1 }, "x😀😀y"), ["3-5 😀"]);
});

Deno.test("both engines find the same groups", () => {
  const texts = ["no 12-34 x", "no 1", "😀no 1-2-3!no 4-5", "no no 12-"];
  for (const text of texts) {
    for (const group of [undefined, 1]) {
      // The first can backtrack exponentially, the second not, and they match the same.
      const [nested, plain] = [String.raw`no ((?:\d+-?)+)`, String.raw`no (\d[\d-]*)`];
      const one = find({ patterns: [nested], group }, text);
      assertEquals(one, find({ patterns: [plain], group }, text));
    }
  }
  assertEquals(find({ patterns: [String.raw`no ((?:\d+-?)+)`], group: 1 }, texts[2]), [
    "5-10 1-2-3",
    "14-17 4-5",
  ]);
});

Deno.test("a rule finds the same spans each time", () => {
  const { find } = compileRule(createRule(base));
  assertEquals(find("no. 1 no. 2"), find("no. 1 no. 2"));
  assertEquals(find("no. 1").length, 1);
});

Deno.test("an invalid group or template is refused as an invalid rule", () => {
  const changes: readonly Record<string, unknown>[] = [
    { group: 0 },
    { group: -1 },
    { group: 1.5 },
    { group: 100 },
    { group: "1" },
    { group: null },
    { group: 3 },
    { template: "$1" },
    { template: {} },
    { template: { text: "x".repeat(1_001) } },
    { template: { text: "\ud800" } },
    { template: { text: "$100" } },
    { template: { text: "$1", groups: [3] } },
    { template: { text: "$1", groups: [0] } },
    { template: { text: "$1", span: { start: 2, end: 1 } } },
    { template: { text: "$1", span: { start: -1, end: 1 } } },
    { template: { text: "$1", start: "$start" } },
    { template: { text: "$3" } },
  ];
  for (const change of changes) {
    const admitted = admit({ ...base, ...change }, new Set(["CODE"]), new Set());
    const name = JSON.stringify(change);
    assertEquals("refused" in admitted ? admitted.refused.code : "none", "invalid-rule", name);
  }
});

Deno.test("the refusal of a group says how many groups the pattern has", () => {
  assertMatch(findDefect(createRule({ ...base, group: 3 }))!.detail, /group 3 .* has 2$/);
  const none = createRule({ ...base, patterns: ["a", "(b)"], group: 1 });
  assertMatch(findDefect(none)!.detail, /group 1 .* has none$/);
});

Deno.test("a group of the first pattern is accepted, named, nested or in a lookbehind", () => {
  for (const pattern of ["(?<x>a)", "((a))", "(?<=(a))b", "(a)|b", String.raw`\((a)`]) {
    assertEquals(findDefect(createRule({ ...base, patterns: [pattern], group: 1 })), undefined);
  }
});

Deno.test("rules with a group or a template are admitted unchanged", () => {
  const proposal = { ...base, group: 2, template: { text: "$1" } };
  const admitted = admit(proposal, new Set(["CODE"]), new Set());
  const rule = "rule" in admitted ? admitted.rule : undefined;
  assertEquals(RuleSchema.parse(rule), rule);
  assertEquals([rule?.group, rule?.template], [2, { text: "$1" }]);
});

Deno.test("the id of a rule depends on its group and its template", () => {
  const variants: readonly Partial<Proposal>[] = [
    {},
    { group: 1 },
    { group: 2 },
    { template: { text: "$1" } },
    { template: { text: "$2" } },
    { group: 1, template: { text: "$1" } },
  ];
  const ids = variants.map((variant) => createRule({ ...base, ...variant }).id);
  assertEquals(new Set(ids).size, variants.length);
  assertEquals(createRule({ ...base, group: undefined, template: undefined }).id, ids[0]);
});

Deno.test("the id of a rule with a group is the same on any machine", () => {
  // printf '%s' '{"flags":"i","group":1,"label":"CODE","patterns":["a(b)"]}' | sha256sum
  assertEquals(createRule({ ...base, patterns: ["a(b)"], group: 1 }).id, "r81f64a7dc264");
  // printf '%s' '{"flags":"i","label":"CODE","patterns":["a(b)"],"template":{"text":"$1"}}' | sha256sum
  const template = { text: "$1" };
  assertEquals(createRule({ ...base, patterns: ["a(b)"], template }).id, "r3b76a5e9e979");
});

Deno.test("a pattern that can backtrack exponentially is refused, or runs in linear time if allowed", () => {
  for (const pattern of ["(a+)+!", "(a|a)*!", String.raw`(\w+\s?)*!`]) {
    const rule = createRule({ ...base, patterns: [pattern] });
    assertEquals(findDefect(rule)?.code, "backtracking");
    assertEquals(findDefect(rule, { linear: true }), undefined);
    requireRunnable([rule]);
    for (const change of [{ patterns: [`${pattern}\\1`] }, { not: [`${pattern}\\1`] }]) {
      const back = createRule({ ...base, ...change });
      assertEquals(findDefect(back, { linear: true })?.code, "backtracking");
      assertThrows(() => requireRunnable([back]), SyntaxError, back.id);
    }
  }
});

Deno.test("nested groups that are too deep are refused, and the rule is named", () => {
  for (const depth of [98, 1_900]) {
    const patterns = ["(".repeat(depth) + "a" + ")".repeat(depth)];
    const rule = createRule({ ...base, patterns });
    const { code, detail } = findDefect(rule, { linear: true })!;
    assertEquals([code, detail], [
      "invalid-pattern",
      "too deeply nested, expected groups at most 64 deep",
    ]);
    assertThrows(() => requireRunnable([rule]), SyntaxError, `Rule ${rule.id} cannot run`);
  }
});

Deno.test("a proposal is admitted for the linear engine only if the options say so", () => {
  const proposal = { ...base, patterns: ["(a+)+!"] };
  const admitted = (options?: { linear: boolean }) =>
    "rule" in admit(proposal, new Set(["CODE"]), new Set(), options);
  assertEquals([admitted(), admitted({ linear: false }), admitted({ linear: true })], [
    false,
    false,
    true,
  ]);
});
