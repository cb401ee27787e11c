import { assert, assertEquals, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import { createClassifier } from "../../learn/rules/classifier.ts";
import { compareRules } from "../../learn/rules/decisions.ts";
import { readRules } from "../../pipeline/rule_files.ts";
import { parseRuleChef, readRuleChef, type RuleChefRules } from "../../rulechef/rule_set.ts";
import { compileRule } from "../../learn/rules/running.ts";

/** A rule of each task, as RuleChef writes them. */
const labels = {
  id: "r1",
  name: "rate",
  format: "regex",
  content: String.raw`(?i)\brates?\b`,
  priority: 5,
  output_template: { label: "exchange" },
  output_key: "label",
};
const entity = {
  ...labels,
  content: String.raw`in (\d{4})`,
  output_template: { text: "$0", start: "$start", end: "$end", type: "DATE" } as Record<
    string,
    unknown
  >,
  output_key: "entities",
};

function parse(...rules: unknown[]): RuleChefRules {
  return parseRuleChef(JSON.stringify(rules), "rules.json");
}

function refusal(rule: Record<string, unknown>): string {
  const { refused } = parse(entity, entity, rule);
  assertEquals(refused.length, 1);
  return `${refused[0].code}: ${refused[0].detail}`;
}

Deno.test("a rule for a label keeps name, label, priority and what it matches", () => {
  const { task, rules, origins, refused } = parse(labels);
  assertEquals([task, refused.length], ["classification", 0]);
  const [{ id, name, label, priority, flags }] = rules;
  assertEquals({ name, label, priority, flags }, {
    name: "rate",
    label: "exchange",
    priority: 5,
    flags: "iu",
  });
  assertEquals([...origins], [[id, "r1"]]);
  assertEquals(compileRule(rules[0]).test("Which RATE?"), true);
  assertEquals(compileRule(rules[0]).test("ératesé"), false);
});

Deno.test("a file may say that its rules run on re of Python", () => {
  const rules = [{ ...labels, content: String.raw`\bx\w\b` }];
  const testOf = (document: Record<string, unknown>) =>
    compileRule(parseRuleChef(JSON.stringify(document)).rules[0]).test("x²");
  assertEquals([testOf({ rules }), testOf({ rules, engine: "regex" })], [false, false]);
  assertEquals(testOf({ rules, engine: "re" }), true);
  assertThrows(() => testOf({ rules, engine: "re2" }), RangeError, 'engine is "re2", expected "re');
});

Deno.test("a long pattern is taken like others, and one that is too large refuses its rule only", () => {
  const phrases = (count: number) =>
    Array.from({ length: count }, (_, at) => String.raw`\ba\s+b\s+c${at}\b`).join("|");
  const { rules, refused } = parse(
    { ...labels, content: phrases(200) },
    { ...labels, name: "letters", content: "a".repeat(9_999) },
    { ...labels, name: "too long", content: phrases(700) },
    { ...labels, name: "classes", content: distinctClasses(1_500) },
  );
  const many = { text: "$1 x", start: "$start", end: "$end", type: "DATE" };
  const content = `(?>n+nb?)${"(a)".repeat(1_001)}`;
  assertEquals(
    refusal({ ...entity, content, output_template: many }),
    "invalid-rule: its pattern has 1001 groups, expected at most 1000",
  );
  assert(rules[0].patterns[0].length > 4_000);
  assertEquals(compileRule(rules[0]).test("x a b c199"), true);
  assertEquals(refused.map(({ name }) => name), ["too long", "classes"]);
});

function distinctClasses(count: number): string {
  return Array.from({ length: count }, (_, at) => `[a${String.fromCodePoint(0x4e00 + at)}]`).join(
    "",
  );
}

Deno.test("in classification, only whether a pattern matches has to be as in RuleChef", () => {
  const content = "(?:|rate)*s|x??";
  assertEquals(parse({ ...labels, content }).refused, []);
  assertEquals(parse({ ...entity, content }).refused.length, 1);
});

Deno.test("a text is that of the group of Python, though the translation has others", () => {
  const template = { ...entity.output_template, text: "$1" };
  const { rules: [rule] } = parse({
    ...entity,
    content: "(?>n+nb?)(b)",
    output_template: template,
  });
  assertEquals(rule.template, { text: "$2" });
  // The text of the group stands first in what is kept whole.
  assertEquals(compileRule(rule).find("annb annbb"), [{ start: 8, end: 9, text: "b" }]);
});

Deno.test("a span may be a group, and has an empty text if the group took no part", () => {
  const template = { ...entity.output_template, text: "$1" };
  const { task, rules } = parse({ ...entity, output_template: template });
  assertEquals([task, rules[0].label, rules[0].template], ["ner", "DATE", { text: "$1" }]);
  assertEquals(compileRule(rules[0]).find("born in 1999"), [{ start: 8, end: 12, text: "1999" }]);
  const content = String.raw`in (\d{4})|on \w+`;
  const { rules: [either] } = parse({ ...entity, content, output_template: template });
  assertEquals(compileRule(either).find("on Monday"), [{ start: 0, end: 9, text: "" }]);
});

Deno.test("a group that never matches has an empty text", () => {
  const template = { ...entity.output_template, text: "$2-$1." };
  const { rules: [rule] } = parse({
    ...entity,
    content: "(?(2)(b)|(c))",
    output_template: template,
  });
  assertEquals(compileRule(rule).find("c"), [{ start: 0, end: 1, text: "c-." }]);
});

Deno.test("a rule without a template may have a plain label", () => {
  const { output_template: _template, output_key: _key, ...plain } = labels;
  for (const [output, label] of [[null, "fee"], [{ label: "exchange" }, "exchange"]] as const) {
    const { task, rules } = parse({ ...plain, output_template: output, label: "fee" });
    assertEquals([task, rules.map((rule) => rule.label)], ["classification", [label]]);
  }
});

Deno.test("a rule without template finds spans", () => {
  const { output_template: _template, output_key: _key, ...plain } = entity;
  const { task, rules } = parse(plain);
  assertEquals([task, rules[0].label, rules[0].template], ["extraction", "span", undefined]);
});

Deno.test("a rule for a label is refused without a template", () => {
  const { refused } = parse(labels, labels, { ...labels, output_template: {} });
  assertEquals(refused[0].detail, "it has no output_template, and so no label");
});

Deno.test("rules that are not regular expressions do not tell the task", () => {
  const code = { name: "c", format: "code", content: "def extract(x): ..." };
  const { task, rules, formats } = parse(code, labels, code);
  assertEquals([task, rules.length, formats], ["classification", 1, ["code", "regex"]]);
  assertEquals(parse(code).rules, []);
});

Deno.test("a set without regular expressions is not run, and told as such", async () => {
  const path = await Deno.makeTempFile();
  try {
    const set = ["code", "spacy"].map((format) => ({ name: format, format, content: "[]" }));
    await Deno.writeTextFile(path, JSON.stringify(set));
    await assertRejects(
      () => readRules(path),
      RangeError,
      'it has no rules of the format "regex", which alone run here, but "code" and "spacy"',
    );
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a text has one label, whatever the key of its rules", () => {
  const document = {
    task: { type: "classification" },
    rules: [{ ...labels, output_key: "other" }],
  };
  assertEquals(parseRuleChef(JSON.stringify(document)).rules.length, 1);
  assertEquals(parse(labels, ...document.rules).refused, []);
});

Deno.test("names are in the order of their folded case, in which ı is no i", () => {
  const names = ["ırmak", "Zx", "jot", "İx", "irmak"];
  const { rules } = parse(...names.map((name, at) => ({ ...labels, name, content: `${at}` })));
  const ordered = rules.toSorted(compareRules).map(({ name }) => name);
  assertEquals(ordered, ["irmak", "İx", "jot", "Zx", "ırmak"]);
});

Deno.test("rules are found in a saved data set, which says the task", () => {
  const { output_template: _template, output_key: _key, ...plain } = entity;
  const document = { name: "d", task: { type: "extraction" }, examples: [], rules: [plain] };
  assertEquals(parseRuleChef(JSON.stringify(document)).task, "extraction");
});

Deno.test("rules are found inside the result of a benchmark, the outermost first", () => {
  const inner = JSON.stringify({ config: { n: 1 }, meta: { rulechef: { rules: [entity] } } });
  assertEquals(parseRuleChef(inner).rules.length, 1);
  const outer = JSON.stringify({ best_rules: { rules: [labels, labels] }, rules: [entity] });
  assertEquals(parseRuleChef(outer).task, "ner");
});

Deno.test("doubles are kept under different ids", () => {
  const { rules, origins } = parse(labels, { ...labels, id: "r2", name: "again", priority: 9 });
  assertEquals(rules[1].id, `${rules[0].id}-2`);
  assertEquals([...origins.values()], ["r1", "r2"]);
  const by = createClassifier(rules, { decide: "first" })("rates").by;
  assertEquals(by?.name, "again");
});

Deno.test("order follows validated precision, or else confidence", () => {
  const { rules } = parse(
    { ...labels, name: "a", confidence: 0.4 },
    { ...labels, name: "b", validated_precision: null },
    { ...labels, name: "c", validated_precision: 0.6, validated_support: 3, confidence: 0.1 },
  );
  assertEquals(rules.toSorted(compareRules).map(({ name }) => name), ["c", "b", "a"]);
  assertEquals(rules.map(({ precision }) => precision), [0.4, undefined, 0.6]);
  assertEquals(rules[2].support, 3);
});

Deno.test("rules that only RuleChef's ids tell apart get longer names to keep its order", () => {
  for (const [first, second] of [["x1", "x2"], ["x2", "x1"]]) {
    const { rules } = parse(
      { ...labels, id: first, content: "one" },
      { ...labels, id: second, content: "two" },
      { ...labels, id: "x3", content: "three" },
    );
    const ordered = rules.toSorted(compareRules).map(({ patterns: [pattern] }) => pattern);
    assertEquals(ordered, first === "x1" ? ["one", "two", "three"] : ["two", "one", "three"]);
    for (const { name } of rules) assert(/^rate( \[x[23]\])?$/.test(name));
  }
});

Deno.test("rules of one name keep their order by numbers if it is not that of their ids in names", () => {
  for (const ids of [["x1", "x10", "x2"], ["A", "B", "a"], [undefined, undefined, undefined]]) {
    const { rules, refused } = parse(
      ...ids.map((id, at) => ({ ...labels, id, content: `word${at}` })),
      ...Array.from({ length: 9 }, (_, at) => ({ ...labels, id: `y${at}`, content: `more${at}` })),
    );
    assertEquals(refused, []);
    const ordered = rules.toSorted(compareRules).map(({ patterns: [pattern] }) => pattern);
    assertEquals(ordered.slice(0, 3), ["word0", "word1", "word2"]);
  }
});

Deno.test("a rule whose longer name would come after another rule is refused", () => {
  // In one of the two orders the ids differ from those of RuleChef.
  const results = [["x1", "x2"], ["x2", "x1"]].map(([one, two]) =>
    parse(
      { ...labels, id: one, content: "one" },
      { ...labels, id: two, content: "two" },
      { ...labels, name: "rate !", content: "three" },
    )
  ).sort((a, b) => a.refused.length - b.refused.length);
  assertEquals(results.map(({ rules }) => rules.length), [3, 2]);
  assertEquals(results[1].refused.map(({ detail }) => detail), [
    'another rule has its name, and under a new one it would change places with "rate !"',
  ]);
});

Deno.test("an odd rule is refused by itself, in its place in the file", () => {
  const { rules, refused } = parse(
    5,
    labels,
    { ...labels, name: undefined },
    { ...labels, name: "no content", content: null },
    { ...labels, name: "code", format: "code" },
    { ...labels, name: "priority", priority: "1" },
    { ...labels, name: "sure", confidence: 2 },
    { ...labels, name: "precise", validated_precision: -1 },
    { ...labels, name: "template", output_template: "fee" },
  );
  assertEquals(rules.length, 1);
  assertEquals(refused.map(({ name, detail }) => `${name}: ${detail}`), [
    ": it is a number, expected an object",
    ": its name is missing, expected a string",
    "no content: its content is null, expected a string",
    'code: its format is "code", expected "regex"',
    "priority: its priority is a string, expected a number",
    "sure: its confidence is 2, expected 0 to 1",
    "precise: its validated_precision is -1, expected 0 to 1",
    "template: its output_template is a string, expected an object",
  ]);
});

Deno.test("a template that Python takes for false is none", () => {
  const { output_key: _key, ...plain } = entity;
  for (const output_template of [[], {}, "", 0, false, null]) {
    const { rules, refused } = parse({ ...plain, output_template });
    assertEquals([rules[0].label, refused], ["span", []]);
  }
});

for (
  const [what, change, expected] of [
    ["a format", { format: "code" }, 'invalid-rule: its format is "code", expected "regex"'],
    ["a format", { format: "spacy" }, 'invalid-rule: its format is "spacy", expected "regex"'],
    ["a name", { name: "" }, "invalid-rule: its name is empty, over 400 long or not valid Unicode"],
    ["a priority", { priority: 1.5 }, "invalid-rule: its priority is 1.5, expected a whole number"],
    [
      "a task",
      { output_key: "label" },
      "invalid-rule: it is for classification, the others are for ner",
    ],
    [
      "a key",
      { output_key: "dates" },
      'invalid-rule: it is for output "dates", the others are for ner',
    ],
    [
      "a pattern",
      { content: "[[:alpha:]]" },
      "invalid-pattern: at character 3 regex reads [: as the beginning of a POSIX class",
    ],
    ["a pattern", { content: "" }, "catch-all: its pattern is empty"],
    [
      "a pattern",
      { content: String.raw`(a+)+b\1` },
      'backtracking: "(a+)+" can read the same text in exponentially many ways, ' +
      "and the linear-time engine has no backreferences",
    ],
  ] as [string, Record<string, unknown>, string][]
) {
  Deno.test(`a rule is refused for ${what}: ${JSON.stringify(change)}`, () => {
    assertEquals(refusal({ ...entity, ...change }), expected);
  });
}

Deno.test("a pattern that could backtrack exponentially runs on the linear-time engine", () => {
  const { rules, refused } = parse({ ...labels, content: String.raw`\b(?:a+)+!` });
  assertEquals(refused, []);
  assertEquals(compileRule(rules[0]).test("a".repeat(5_000)), false);
  assertEquals(compileRule(rules[0]).test("an aaa!"), true);
});

Deno.test("names and labels may be those of members of objects", () => {
  const { rules } = parse({
    ...labels,
    id: "__proto__",
    name: "constructor",
    output_template: { label: "__proto__" },
  });
  assertEquals([rules[0].name, rules[0].label], ["constructor", "__proto__"]);
});

for (
  const [text, expected] of [
    ["{", "line 1, column 2"],
    ["[]", "its list of rules is empty"],
    ["{}", "it has no list of rules"],
    ["3", "it is a number, expected a list of rules"],
    ['{"a":{"rules":[1]},"b":{"rules":[1]}}', "it has 2 lists of rules, expected one"],
    ['{"task":{"type":"transformation"},"rules":[1]}', 'its task is "transformation"'],
    ['[{"name":"a"}, 5]', "rule 1: its content is missing, expected a string"],
    ['[{"name":"a","content":"b","priority":"1"}]', "rule 1: its priority is a string"],
    ['[{"name":"a","content":"b","output_template":[1]}]', "its output_template is an array"],
    ['[{"name":"a","content":"b","validated_precision":2}]', "validated_precision is 2, expected"],
  ]
) {
  Deno.test(`${text} is not a rule set`, () => {
    const error = assertThrows(() => parseRuleChef(text, "rules.json"), Error, expected);
    assert(error.message.startsWith("Cannot read rules.json: "));
  });
}

Deno.test("a missing file is named", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const error = await readRuleChef(`${folder}/none.json`).catch((error) => error);
    assert(/Cannot read ".*none\.json": there is no such file/.test(error.message));
    await Deno.writeTextFile(`${folder}/rules.json`, JSON.stringify([labels]));
    assertEquals((await readRuleChef(`${folder}/rules.json`)).rules.length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
