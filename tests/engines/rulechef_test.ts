/**
 * Rules written for RuleChef: read again here, and run by Python as RuleChef runs them.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "jsr:@std/assert@^1";
import { exportRules } from "../../engines/export.ts";
import { createClassifier } from "../../learn/rules/classifier.ts";
import type { DecisionOptions } from "../../learn/rules/decisions.ts";
import { createExtractor } from "../../learn/rules/extractor.ts";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import type { RuleSet } from "../../learn/rules/rule_set.ts";
import { learnRules, readDataset, readRules } from "../../mod.ts";
import { parseRuleChef } from "../../rulechef/rule_set.ts";
import { execute, executeScript } from "../script/process.ts";
import { createRules, createTexts } from "./adversary.ts";
import { assertSameAnswers } from "./rulechef.ts";

const { raw } = String;

function setOf(
  rules: readonly Rule[],
  decision: Partial<DecisionOptions>,
  task: RuleSet["task"] = "classification",
): RuleSet {
  const labels = [...new Set(rules.map(({ label }) => label))].sort();
  return {
    task,
    labels,
    rules,
    decision: { decide: "first", threshold: 0, ...decision },
    refused: [],
  };
}

/** Returns the rules that are written, parsed. */
function write(set: RuleSet, column?: string) {
  return JSON.parse(exportRules(set, "rulechef", { column }).text);
}

Deno.test("a rule of a list is an expression with flags, in the order in which it decides", () => {
  const rules = [
    createRule({ name: "b", label: "x", patterns: [raw`\bcards?\b`], precision: 0.9, support: 4 }),
    createRule({
      name: "a",
      label: "y",
      patterns: ["lost", raw`my\W+card`],
      not: ["^no"],
      precision: 0.9,
    }),
    createRule({ name: "c", label: "x", patterns: ["Card"], flags: "u", priority: 3 }),
  ];
  const list = write(setOf(rules, { default: "z" }));
  const [c, a, b] = [rules[2].id, rules[1].id, rules[0].id];
  const shared = { format: "regex", output_key: "label" };
  const x = { ...shared, output_template: { label: "x" } };
  const condition = (sign: string, pattern: string) => `(?${sign}(?s:.)*?(?:${pattern}))`;
  const all = condition("=", "lost") + condition("=", "my[^0-9_a-z]+card");
  assertEquals(list, [
    { id: c, name: "c", ...x, content: "(?a)Card", priority: 3 },
    {
      id: a,
      name: "a",
      ...shared,
      content: raw`(?ai)\A${all}${condition("!", raw`\Ano`)}`,
      output_template: { label: "y" },
      priority: 0,
      confidence: 0.9,
    },
    {
      id: b,
      name: "b",
      ...x,
      content: raw`(?ai)\bcards?\b`,
      priority: 0,
      validated_precision: 0.9,
      validated_support: 4,
    },
    {
      id: "default",
      name: "default",
      ...shared,
      content: raw`\A`,
      output_template: { label: "z" },
      priority: -1,
    },
  ]);
});

Deno.test("names that Python may fold in another way do not decide the order, and all is written in ASCII", () => {
  const named = (name: string) => createRule({ name, label: "x", patterns: [name], priority: 5 });
  const priorities = (...names: string[]) =>
    write(setOf(names.map(named), {})).map((one: { priority: number }) => one.priority);
  assertEquals(priorities("b", "A", "c"), [5, 5, 5]);
  assertEquals(priorities("b", "ß", "c"), [3, 2, 1]);
  const set = setOf([createRule({ name: "n😀", label: "für", patterns: ["\u00e9"] })], {});
  const { text } = exportRules(set, "rulechef");
  assertMatch(text, /^[ -~\n]+$/);
  const [{ name, output_template }] = JSON.parse(text);
  assertEquals([name, output_template], ["n😀", { label: "für" }]);
});

Deno.test("expressions that are read again here give the same rules and answers", async () => {
  const { examples } = await readDataset("examples/banking_test.jsonl");
  const texts = [...examples.map(({ text }) => text), ...createTexts(13, 20)];
  const patterns = [raw`\b[Rr]ates?\b`, raw`\bcash\W+with`, raw`\b\w+ing\b`, raw`^Why.*\?$`];
  const rules = patterns.map((pattern, at) =>
    createRule({
      name: pattern,
      label: `l${at % 3}`,
      patterns: at === 2 ? [pattern, "card"] : [pattern],
      not: at === 0 ? ["today"] : undefined,
      flags: at < 2 ? "" : "i",
      precision: at === 1 ? 0.8 : undefined,
      support: at === 1 ? 9 : undefined,
      priority: at % 2,
    })
  );
  const set = setOf(rules, { default: "l9" });
  const read = parseRuleChef(exportRules(set, "rulechef").text);
  assertEquals([read.refused, read.task, read.rules.length], [[], "classification", 5]);
  assertEquals(
    read.rules.slice(0, 4).map(({ name }) => name),
    [1, 3, 0, 2].map((at) => patterns[at]),
  );
  assertEquals(read.rules.find(({ precision }) => precision === 0.8)?.support, 9);
  const answer = (rules: readonly Rule[], fallback?: string) => {
    const classify = createClassifier(setOf(rules, { default: fallback }));
    return texts.map((text) => classify(text).label);
  };
  const answers = answer(read.rules);
  assertEquals(answers, answer(rules, "l9"));
  assertEquals(new Set(answers).size, 4);
  const { rules: learned } = await readRules("examples/banking.trace.json");
  const again = parseRuleChef(exportRules(setOf(learned, {}), "rulechef").text);
  assertEquals([again.refused, again.rules.length], [[], learned.length]);
  assertEquals(answer(again.rules), answer(learned));

  const spans = patterns.slice(0, 3).map((pattern, at) =>
    createRule({
      name: pattern,
      label: `l${at}`,
      patterns: [pattern],
      flags: ["", "i", "iu"][at],
      priority: at,
    })
  );
  for (const task of ["ner", "extraction"] as const) {
    const rules = task === "ner" ? spans : spans.map((rule) => ({ ...rule, label: "span" }));
    const set = setOf(rules, { overlaps: "keep" }, task);
    const read = parseRuleChef(exportRules(set, "rulechef").text);
    assertEquals([read.refused, read.task], [[], task]);
    const [before, after] = [set, setOf(read.rules, { overlaps: "keep" }, task)]
      .map((one) => createExtractor(one));
    const found = (extract: typeof before) =>
      texts.map((text) => extract(text).map(({ start, end, label }) => [start, end, label]));
    assertEquals(found(after), found(before));
  }
});

Deno.test("templates of several groups and constants stay as they are, with the groups that they name", () => {
  const rule = (pattern: string, template: Rule["template"]) =>
    createRule({ name: pattern, label: "T", patterns: [pattern], flags: "", template });
  const rules = [
    rule(raw`(\w) (o)(?:n(e)?)?`, { text: "$2 $1$3" }),
    rule("(s)((?:b|c) d)e", { text: "$1.", groups: [2] }),
    rule("f(g)", { text: "$0!" }),
  ];
  const set = setOf(rules, { overlaps: "keep" }, "ner");
  const text = exportRules(set, "rulechef").text;
  const written = JSON.parse(text).map((
    one: { content: string; output_template: { text: string } },
  ) => [one.content, one.output_template.text]);
  assertEquals(written.sort(), [
    ["(?a)([0-9A-Z_a-z]) (o)(?:n(e)?)?", "$2 $1$3"],
    ["(?a)f(g)", "$0!"],
    ["(?a)s((?:b|c) d)e", "$1."],
  ]);
  const [before, after] = [set.rules, parseRuleChef(text).rules].map((rules) =>
    createExtractor(setOf(rules, { overlaps: "keep" }, "ner"))
  );
  for (const one of ["a one b on c o o $1", "sb de sc de fg fg!", "😀 one"]) {
    const found = (extract: typeof before) =>
      extract(one).map(({ start, end, text }) => [start, end, text]);
    assertEquals(found(after), found(before));
    assert(found(before).length > 0 || one === "😀 one");
  }
  const refused = [
    rule("(a)(b)", { text: "$1 $2", groups: [2, 1] }),
    rule("(a)(b)", { text: "c", span: { start: 0, end: 1 } }),
    rule("(a){0}b", { text: "$1" }),
  ].map((one) => exportRules(setOf([one], { overlaps: "keep" }, "ner"), "rulechef").refused);
  assertEquals(refused.map(([{ reason }]) => reason), [
    'has the template "$1 $2", expected a group',
    'has the template "c", expected a group',
    "has its group in a repetition or a lookaround",
  ]);
});

Deno.test("what RuleChef cannot say is refused by name", () => {
  const rules = [
    createRule({ name: "back", label: "x", patterns: [raw`(a)\1`] }),
    createRule({ name: "space", label: "x ", patterns: ["a"] }),
    createRule({ name: "kept", label: "$0", patterns: ["b"] }),
    createRule({ name: "half", label: "x", patterns: [raw`\ud83d`] }),
  ];
  const templated = createRule({
    name: "t",
    label: "x",
    patterns: ["(a)b"],
    template: { text: "$1" },
  });
  for (const rule of [templated, { ...templated, not: ["c"] }]) {
    const overlaps = rule.not === undefined ? "drop" : "keep";
    const { refused: [{ reason }] } = exportRules(setOf([rule], { overlaps }, "ner"), "rulechef");
    assertEquals(reason, "has a template, which RuleChef fills in for an expression alone");
  }
  for (const decide of ["first", "vote"] as const) {
    const { refused, text } = exportRules(setOf(rules, { decide }), "rulechef");
    assertEquals(refused.map(({ rule, reason }) => `${rule.name}: ${reason}`).sort(), [
      "back: refers back to a group",
      "half: says half of a character",
      "space: its label begins or ends with white space, which RuleChef takes off",
    ]);
    // A template would have the text for $0.
    assertEquals(JSON.parse(text).map((one: { format: string }) => one.format), ["code"]);
  }
  for (const fallback of ["x ", "$1"]) {
    assertThrows(
      () => exportRules(setOf(rules, { default: fallback }), "rulechef"),
      RangeError,
      "RuleChef would change the default label",
    );
  }
  assertEquals(write(setOf([], {})), []);
});

Deno.test("code reads the longest text of an input, or the field that is named", async () => {
  const { stdout, stderr } = await executeScript("engines/export.ts", [
    ...["examples/banking.trace.json", "--to", "rulechef", "--column", `it"s`],
  ], ".");
  assertEquals(stderr, "");
  const [{ id, name, format, content, priority, ...rest }] = JSON.parse(stdout);
  assertEquals([id, name, format, priority, rest], [
    "ruletrace-1",
    "votes of 30 rules",
    "code",
    1,
    { output_key: "label" },
  ]);
  assert(content.includes('text = input_data.get("it\\"s")\n'));
  const [{ content: plain }] = write(await readRules("examples/banking.trace.json"));
  assert(!plain.includes("input_data.get"));
});

const hasPython = await execute("python3", ["--version"], ".")
  .then(({ code }) => code === 0, () => false);

Deno.test({
  name: "Python, as RuleChef runs it, gives the labels that the library gives",
  ignore: !hasPython,
  async fn() {
    const odd = createRules(9, 120).filter((_, at) => at % 4 === 0);
    const texts = createTexts(10, 20);
    const alone = odd.map((rule) => [setOf([rule], {}), texts] as const);
    const joined = odd.filter(({ flags }) => flags === "i").map((rule, at, list) =>
      createRule({
        name: rule.name,
        label: `l${at % 3}`,
        patterns: [...rule.patterns, ...list[(at + 7) % list.length].patterns],
        not: list[(at + 20) % list.length].patterns,
        weight: 1 + at % 4,
        precision: (at % 7) / 7,
      })
    );
    const banking = await readRules("examples/banking.trace.json");
    const { examples } = await readDataset("examples/banking_test.jsonl");
    const real = examples.map(({ text }) => text);
    const written = await assertSameAnswers([
      ...alone,
      ...joined.map((rule) => [setOf([rule], {}), texts] as const),
      [setOf(joined, {}), texts],
      [setOf(joined, { decide: "vote", threshold: 3, default: "l5" }), texts],
      [banking, real],
      [{ ...banking, decision: { decide: "first", threshold: 0 } }, real],
    ]);
    const formats = written.slice(0, alone.length).flatMap(({ rules }) =>
      rules.map(({ format }) => format)
    );
    const codes = formats.filter((one) => one === "code").length;
    const left = alone.length - formats.length;
    assert(codes < formats.length / 3, `${codes} of ${formats.length} are code`);
    assert(left < alone.length / 4, `${left} of ${alone.length} are refused`);
  },
});

Deno.test({
  name: "Python, as RuleChef runs it, finds the spans that the library finds",
  ignore: !hasPython,
  async fn() {
    const data = await readDataset("examples/restaurant.jsonl");
    assert(data.task === "ner");
    const few = { ...data, examples: data.examples.slice(0, 60) };
    const { rules } = await learnRules(few, { refit: false, maxIterations: 1 });
    const real = data.examples.slice(40, 100).map(({ text }) => text);
    const texts = [...createTexts(11, 15), ...real.slice(0, 9)];
    const odd = createRules(12, 60).filter(({ flags }, at) => at % 2 === 0 && /[uv]/.test(flags));
    const grouped = createRule({
      name: "g",
      label: "G",
      patterns: [raw`(?<=s)(.)(?=k)|a`],
      flags: "u",
      group: 1,
    });
    const templated = createRule({
      name: "t",
      label: "T",
      patterns: ["(b)?s"],
      template: { text: "$1" },
    });
    const halves = createRule({
      name: "h",
      label: "H",
      patterns: ["a.{2}"],
      flags: "i",
      priority: 1,
    });
    const mixed = [...odd.filter((_, at) => at % 9 === 0), grouped, templated];
    await assertSameAnswers([
      ...odd.map((rule) => [setOf([rule], { overlaps: "keep" }, "ner"), texts] as const),
      [setOf([halves], { overlaps: "keep" }, "ner"), texts],
      ...(["drop", "keep"] as const).flatMap((overlaps) => [
        [setOf(mixed, { overlaps }, "ner"), texts] as const,
        [setOf(rules, { overlaps }, "ner"), real] as const,
      ]),
      [setOf([...odd.slice(0, 30), halves], {}, "ner"), texts],
      [
        setOf([createRule({ name: "e", label: "span", patterns: ["a."] })], {}, "extraction"),
        texts,
      ],
    ]);
  },
});
