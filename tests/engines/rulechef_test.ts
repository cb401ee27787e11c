/**
 * Rules written for RuleChef: read again here, and run by Python as RuleChef runs them.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { inTempFolder } from "../../bench/data.ts";
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

Deno.test("names that Python may fold in another way do not decide the order", () => {
  const named = (name: string) => createRule({ name, label: "x", patterns: [name], priority: 5 });
  const priorities = (...names: string[]) =>
    write(setOf(names.map(named), {})).map((one: { priority: number }) => one.priority);
  assertEquals(priorities("b", "A", "c"), [5, 5, 5]);
  assertEquals(priorities("b", "ß", "c"), [3, 2, 1]);
});

Deno.test("expressions that are read again here give the same rules and answers", async () => {
  const { examples } = await readDataset("examples/banking_test.jsonl");
  const patterns = [raw`\b[Rr]ates?\b`, raw`\bcash\W+with`, raw`\b\w+ing\b`, raw`^Why.*\?$`];
  const rules = patterns.map((pattern, at) =>
    createRule({
      name: pattern,
      label: `l${at % 3}`,
      patterns: at === 2 ? [pattern, "card"] : [pattern],
      not: at === 0 ? ["today"] : undefined,
      flags: "",
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
  const [before, after] = [set, setOf(read.rules, {})].map((one) => createClassifier(one));
  const answers = examples.map(({ text }) => after(text).label);
  assertEquals(answers, examples.map(({ text }) => before(text).label));
  assertEquals(new Set(answers).size, 4);

  const spans = patterns.slice(0, 3).map((pattern, at) =>
    createRule({ name: pattern, label: `l${at}`, patterns: [pattern], flags: "", priority: at })
  );
  for (const task of ["ner", "extraction"] as const) {
    const rules = task === "ner" ? spans : spans.map((rule) => ({ ...rule, label: "span" }));
    const set = setOf(rules, { overlaps: "keep" }, task);
    const read = parseRuleChef(exportRules(set, "rulechef").text);
    assertEquals([read.refused, read.task], [[], task]);
    const [before, after] = [set, setOf(read.rules, { overlaps: "keep" }, task)]
      .map((one) => createExtractor(one));
    const found = (extract: typeof before) =>
      examples.map(({ text }) => extract(text).map(({ start, end, label }) => [start, end, label]));
    assertEquals(found(after), found(before));
  }
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
  assert(plain.includes("text = None\n"));
});

/** Runs sets of rules as RuleChef does: expressions by `regex` if it is there, code with few builtins. */
const PYTHON = `
import builtins, json, re
try:
    import regex
except ImportError:
    regex = re

NAMES = "all any bool enumerate int isinstance len list max min range reversed sorted str".split()
SAFE = {name: getattr(builtins, name) for name in NAMES}

def run(rule, data):
    if rule["format"] == "code":
        namespace = {"__builtins__": SAFE, "re": re}
        exec(rule["content"], namespace)
        return namespace["extract"](data)
    re.compile(rule["content"])
    spans = []
    for match in regex.compile(rule["content"]).finditer(max(data.values(), key=len)):
        span = {"text": match.group(), "start": match.start(), "end": match.end()}
        template = rule.get("output_template", {})
        if template.get("text") == "$1":
            # The first place that has the text of the group in any case.
            span["text"] = match.group(1) or ""
            at = match.group().lower().find(span["text"].lower())
            if span["text"]:
                span["start"] += at
                span["end"] = span["start"] + len(span["text"])
        spans.append({**template, **span})
    return spans

def order(rule):
    sure = rule.get("validated_precision", rule.get("confidence", 0.5))
    return (-rule["priority"], -sure, rule["name"].casefold(), rule["id"])

def alike(a, b):
    shared = max(0, min(a["end"], b["end"]) - max(a["start"], b["start"]))
    union = a["end"] - a["start"] + b["end"] - b["start"] - shared
    return a.get("type") == b.get("type") and union > 0 and shared / union > 0.7

def answer(rules, task, data):
    spans = []
    for rule in rules:
        found = run(rule, data)
        if not found:
            continue
        if task == "classification":
            return found.strip() if isinstance(found, str) else found[0]["label"].strip()
        for one in found:
            if not any((one["start"], one["end"]) == (other["start"], other["end"]) for other in spans):
                spans.append(one)
    kept = []
    for one in spans:
        if not any(alike(one, other) for other in kept):
            kept.append(one)
    if task == "classification":
        return None
    return sorted([one["start"], one["end"], one.get("type", "span"), one["text"]] for one in kept)

with open("sets.json", encoding="utf-8") as file:
    for one in json.load(file):
        rules = sorted(one["rules"], key=order)
        print(json.dumps([answer(rules, one["task"], {"n": "", "t": text}) for text in one["texts"]]))
`;

/** Asserts that Python answers on texts as the library does by the rules that are written. */
async function assertSameAnswers(cases: readonly (readonly [RuleSet, readonly string[]])[]) {
  const written = cases.map(([set, texts]) => {
    const { text, refused } = exportRules(set, "rulechef");
    const left = new Set<Rule>(refused.map(({ rule }) => rule));
    const said = { ...set, rules: set.rules.filter((rule) => !left.has(rule)) };
    return { said, texts, rules: JSON.parse(text) };
  });
  const answers = await inTempFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "run.py"), PYTHON);
    const sets = written.map(({ said: { task }, texts, rules }) => ({ task, texts, rules }));
    await Deno.writeTextFile(join(folder, "sets.json"), JSON.stringify(sets));
    const { stdout, stderr } = await execute("python3", ["run.py"], folder);
    assertEquals(stderr, "");
    return stdout.trim().split("\n").map((line) => JSON.parse(line));
  });
  const wrong = written.flatMap(({ said, texts, rules }, at) => {
    const expected = expect(said, texts);
    return texts.flatMap((text, index) => {
      const [found, right] = [answers[at][index], expected[index]];
      if (JSON.stringify(found) === JSON.stringify(right)) return [];
      const { patterns, flags } = said.rules[0] ?? {};
      return [{ text, found, right, patterns, flags, content: rules[0].content.slice(0, 200) }];
    });
  });
  assertEquals(wrong.slice(0, 3), []);
  return written;
}

function expect(set: RuleSet, texts: readonly string[]): unknown[] {
  if (set.task === "classification") {
    const classify = createClassifier(set);
    return texts.map((text) => classify(text).label ?? null);
  }
  const extract = createExtractor(set);
  return texts.map((text) => {
    const points = (end: number) => [...text.slice(0, end)].length;
    // Half of a character counts as the character.
    return extract(text).map(({ start, end, label, text: words }) => {
      const [from, to] = [points(start + 1) - 1, points(end)];
      return [from, to, label, words && [...text].slice(from, to).join("")];
    }).sort((a, b) => Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]));
  });
}

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
      rules.map((one: { format: string }) => one.format)
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
