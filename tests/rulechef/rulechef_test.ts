import { assert, assertAlmostEquals, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createClassifier } from "../../learn/rules/classifier.ts";
import { readDataset } from "../../learn/data/dataset.ts";
import { compareRules } from "../../learn/rules/decisions.ts";
import { evaluateRules } from "../../learn/score/evaluation.ts";
import { parseRuleChef, readRuleChef, type RuleChefRules } from "../../rulechef/rule_set.ts";
import { changeStrengths, compileRule, type Rule } from "../../learn/rules/rule.ts";
import { createMatches, score, scoreLabels, scoreRules } from "../../learn/score/scoring.ts";

const DATA = new URL("../../../shared/data/", import.meta.url);

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

Deno.test("a span may be a group, and is empty text where the group took no part", () => {
  const template = { ...entity.output_template, text: "$1" };
  const { task, rules } = parse({ ...entity, output_template: template });
  assertEquals([task, rules[0].label, rules[0].template], ["ner", "DATE", { text: "$1" }]);
  assertEquals(compileRule(rules[0]).find("born in 1999"), [{ start: 8, end: 12, text: "1999" }]);
  const content = String.raw`in (\d{4})|on \w+`;
  const { rules: [either] } = parse({ ...entity, content, output_template: template });
  assertEquals(compileRule(either).find("on Monday"), [{ start: 0, end: 9, text: "" }]);
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

Deno.test("doubles are kept under ids of their own", () => {
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

Deno.test("rules that only RuleChef's ids tell apart keep its order, by longer names", () => {
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

Deno.test("a longer name that would come after another rule is an error", () => {
  // In one of the two orders the ids here are not those of RuleChef.
  const rules = (one: string, two: string) => [
    { ...labels, id: one, content: "one" },
    { ...labels, id: two, content: "two" },
    { ...labels, name: "rate !", content: "three" },
  ];
  const results = [rules("x1", "x2"), rules("x2", "x1")].map((list) => {
    try {
      return parse(...list).rules.length;
    } catch (error) {
      return (error as Error).message;
    }
  });
  assertEquals(results.toSorted()[0], 3);
  assertEquals(
    results.toSorted()[1],
    'Cannot read rules.json: the rules "rate [x2]" and "rate !" would change places, ' +
      "give them other names",
  );
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
      "no template",
      { output_template: null },
      "invalid-rule: it has no output_template, and so no label",
    ],
    [
      "a pattern",
      { content: "(?>a)" },
      "invalid-pattern: at character 3 there is an atomic group, which JavaScript does not have",
    ],
    ["a pattern", { content: "" }, "catch-all: its pattern is empty"],
    [
      "a pattern",
      { content: "(a+)+(?!b)" },
      'backtracking: "(a+)+" can read the same text in exponentially many ways, ' +
      "and the linear-time engine has no lookaheads",
    ],
  ] as [string, Record<string, unknown>, string][]
) {
  Deno.test(`${what} that cannot be taken is refused: ${JSON.stringify(change)}`, () => {
    assertEquals(refusal({ ...entity, ...change }), expected);
  });
}

for (
  const [change, expected] of [
    [{ type: "$ent_type" }, 'its type is "$ent_type", expected a fixed one'],
    [{ type: "$1" }, 'its type is "$1", expected a fixed one'],
    [{ type: 3 }, "its type is a number, expected a string"],
    [{ text: "Mr $1" }, 'its text is "Mr $1", expected "$0" or a group'],
    [{ text: "$2" }, "its text is $2, and its pattern has 1 groups"],
    [{ text: undefined }, 'its text is missing, expected "$0" or a group'],
    [{ start: "$1.start" }, 'its start is "$1.start", expected "$start"'],
    [{ end: 4 }, 'its end is a number, expected "$end"'],
    [{ __proto__: null, score: 1 }, 'its output_template has the unknown field "score"'],
  ] as [Record<string, unknown>, string][]
) {
  Deno.test(`a template is refused for ${JSON.stringify(change)}`, () => {
    const template = { ...entity.output_template, ...change };
    assertEquals(
      refusal({ ...entity, output_template: template }),
      `invalid-rule: ${expected}`,
    );
  });
}

Deno.test("a group that Python would fill in another way is refused", () => {
  const template = { ...entity.output_template, text: "$1" };
  assertEquals(
    refusal({ ...entity, content: "(?:(a)|b)+", output_template: template }),
    "invalid-rule: its text is $1, a group that may hold another text than in Python",
  );
});

Deno.test("a pattern that could backtrack exponentially runs on the linear-time engine", () => {
  const { rules, refused } = parse({ ...labels, content: String.raw`\b(?:a+)+!` });
  assertEquals(refused, []);
  assertEquals(compileRule(rules[0]).test("a".repeat(5_000)), false);
  assertEquals(compileRule(rules[0]).test("an aaa!"), true);
});

Deno.test("names and labels may be those of object members", () => {
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
    ['[{"name":"a","content":"b"}, 5]', "rule 2: it is a number, expected an object"],
    ['[{"name":"a"}]', "rule 1: content is missing, expected a string"],
    ['[{"name":"a","content":"b","priority":"1"}]', "rule 1: priority is a string"],
    ['[{"name":"a","content":"b","output_template":[]}]', "rule 1: output_template is an array"],
    ['[{"name":"a","content":"b","validated_precision":2}]', "validated_precision is 2, expected"],
  ]
) {
  Deno.test(`${text} is no rule set`, () => {
    const error = assertThrows(() => parseRuleChef(text, "rules.json"), Error, expected);
    assert(error.message.startsWith("Cannot read rules.json: "));
  });
}

Deno.test("a file that is not there is named", async () => {
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

/** What RuleChef computed, as far as it is compared. */
interface Reference {
  readonly rules_file: string;
  readonly docs: {
    readonly id: string;
    readonly input: { readonly text: string };
    readonly expected_output: { readonly label: string };
  }[];
  readonly predictions: Readonly<Record<string, { label?: string; rule_id?: string }>>;
  readonly evaluate_dataset: { readonly text: ReferenceScores };
  readonly evaluate_rules_individually: (
    & Record<
      "precision" | "recall" | "f1" | "matches" | "true_positives" | "false_positives",
      number
    >
    & { readonly rule_id: string; readonly per_class: readonly ReferenceLabel[] }
  )[];
  readonly rank_rules_nostamp: {
    readonly rankings: { readonly rule_id: string; readonly marginal_f1: number }[];
  };
  readonly after_stamping: {
    readonly validated: Readonly<Record<string, readonly [number, number]>>;
    readonly evaluate_dataset: ReferenceScores;
  };
}

type ReferenceLabel =
  & Record<"tp" | "fp" | "fn" | "precision" | "recall" | "f1", number>
  & { readonly label: string };

type ReferenceScores =
  & Record<"micro_precision" | "micro_recall" | "micro_f1" | "macro_f1" | "exact_match", number>
  & Record<"total_tp" | "total_fp" | "total_fn" | "total_docs", number>
  & { readonly per_class: readonly ReferenceLabel[] };

const FIRST = { decide: "first", threshold: 0 } as const;

function isPresent(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, DATA)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

for (const set of ["126", "108"]) {
  const path = `rulechef/ref_banking77_${set}_test5.json`;
  const ignore = !isPresent(path);

  const read = async () => {
    const reference: Reference = JSON.parse(await Deno.readTextFile(new URL(path, DATA)));
    const file = await Deno.readTextFile(new URL(`rulechef/${reference.rules_file}`, DATA));
    const { rules, origins, refused } = parseRuleChef(file);
    assertEquals(refused, []);
    const examples = reference.docs.map(({ id, input, expected_output }) => {
      return { id, text: input.text, label: expected_output.label };
    });
    const names = [...new Set([...examples, ...rules].map(({ label }) => label))].sort();
    const matches = createMatches(examples, names);
    const byOrigin = new Map(rules.map((rule) => [origins.get(rule.id)!, rule]));
    return { reference, rules, origins, examples, matches, byOrigin };
  };
  type Read = Awaited<ReturnType<typeof read>>;

  const assertScores = ({ matches }: Read, rules: readonly Rule[], expected: ReferenceScores) => {
    const scores = score(matches, rules, FIRST, "test");
    assertEquals([scores.tp, scores.fp, scores.fn, scores.examples], [
      expected.total_tp,
      expected.total_fp,
      expected.total_fn,
      expected.total_docs,
    ]);
    assertAlmostEquals(scores.precision, expected.micro_precision, 1e-9);
    assertAlmostEquals(scores.recall, expected.micro_recall, 1e-9);
    assertAlmostEquals(scores.f1, expected.micro_f1, 1e-9);
    assertAlmostEquals(scores.macroF1, expected.macro_f1, 1e-9);
    assertAlmostEquals(scores.exact, expected.exact_match, 1e-9);
    assertLabels({ matches }, rules, expected.per_class);
  };

  const assertLabels = (
    { matches }: Pick<Read, "matches">,
    rules: readonly Rule[],
    expected: readonly ReferenceLabel[],
  ) => {
    const scores = scoreLabels(matches, rules, FIRST);
    const sorted = expected.toSorted((a, b) => a.label < b.label ? -1 : 1);
    assertEquals(scores.map(({ label }) => label), sorted.map(({ label }) => label));
    scores.forEach((one, index) => {
      const { tp, fp, fn } = one;
      assertEquals([tp, fp, fn], [sorted[index].tp, sorted[index].fp, sorted[index].fn]);
      for (const name of ["precision", "recall", "f1"] as const) {
        assertAlmostEquals(one[name], sorted[index][name], 1e-9);
      }
    });
  };

  Deno.test({
    name: `the ${set} rules for Banking77 predict what they predict in RuleChef`,
    ignore,
    async fn() {
      const { reference, rules, origins, examples } = await read();
      const classify = createClassifier(rules, FIRST);
      for (const { id, text } of examples) {
        const { label, by } = classify(text);
        const { label: expected, rule_id } = reference.predictions[id];
        assertEquals([id, label, by && origins.get(by.id)], [id, expected, rule_id]);
      }
    },
  });

  Deno.test({
    name: `the ${set} rules for Banking77 have RuleChef's scores, in all and by label`,
    ignore,
    async fn() {
      const all = await read();
      assertScores(all, all.rules, all.reference.evaluate_dataset.text);
    },
  });

  Deno.test({
    name: `the ${set} rules for Banking77 with precisions are in RuleChef's order`,
    ignore,
    async fn() {
      const all = await read();
      const { validated, evaluate_dataset } = all.reference.after_stamping;
      const stamped = all.rules.map((rule) => {
        const [precision, support] = validated[all.origins.get(rule.id)!];
        return changeStrengths(rule, { precision, support });
      });
      assertScores(all, stamped, evaluate_dataset);
    },
  });

  Deno.test({
    name: `each of the ${set} rules for Banking77 alone has RuleChef's scores`,
    ignore,
    async fn() {
      const { reference, matches, byOrigin } = await read();
      assertEquals(reference.evaluate_rules_individually.length, byOrigin.size);
      for (const expected of reference.evaluate_rules_individually) {
        const rule = byOrigin.get(expected.rule_id)!;
        const scores = score(matches, [rule], FIRST, "test");
        assertEquals([scores.tp, scores.fp, scores.tp + scores.fp], [
          expected.true_positives,
          expected.false_positives,
          expected.matches,
        ]);
        for (const name of ["precision", "recall", "f1"] as const) {
          assertAlmostEquals(scores[name], expected[name], 1e-9);
        }
        assertLabels({ matches }, [rule], expected.per_class);
      }
    },
  });

  Deno.test({
    name: `each of the ${set} rules for Banking77 contributes what it does in RuleChef`,
    ignore,
    async fn() {
      const { reference, rules, matches, origins } = await read();
      const { rankings } = reference.rank_rules_nostamp;
      const marginals = new Map(rankings.map((one) => [one.rule_id, one.marginal_f1]));
      for (const { rule, marginal } of scoreRules(matches, rules, FIRST)) {
        // RuleChef says what the rule adds, scoreRules what taking it out changes.
        assertAlmostEquals(-marginal, marginals.get(origins.get(rule)!)!, 1e-9);
      }
    },
  });
}

Deno.test({
  name: "the 22 rules for court texts are all taken",
  ignore: !isPresent("rulechef/rules_tab_22.json"),
  async fn() {
    const file = await Deno.readTextFile(new URL("rulechef/rules_tab_22.json", DATA));
    const { task, rules, refused } = parseRuleChef(file);
    assertEquals([task, rules.length, refused], ["ner", 22, []]);
  },
});

/** What RuleChef reaches with its 22 rules: micro F1 of the format types, and of the others. */
const published = [["test", 0.741, 0.496], ["peer_protocol.test", 0.794, 0.522]] as const;

for (const [name, formats, others] of published) {
  const path = `tab/${name}.jsonl`;
  Deno.test({
    name: `the rules for court text reach on ${name} what they reach in RuleChef`,
    ignore: !isPresent(path),
    async fn() {
      const { rules } = await readRuleChef(new URL("rulechef/rules_tab_22.json", DATA).pathname);
      const dataset = await readDataset(new URL(path, DATA).pathname);
      const options = { decide: "first", threshold: 0, overlaps: "keep", match: "text" } as const;
      const { labels } = evaluateRules(rules, dataset, options);
      const isFormat = (label: string) => ["CODE", "DATETIME", "QUANTITY"].includes(label);
      const f1Of = (some: typeof labels) => {
        const sum = (field: "tp" | "fp" | "fn") => some.reduce((all, one) => all + one[field], 0);
        return 2 * sum("tp") / (2 * sum("tp") + sum("fp") + sum("fn"));
      };
      assertAlmostEquals(f1Of(labels.filter(({ label }) => isFormat(label))), formats, 5e-4);
      assertAlmostEquals(f1Of(labels.filter(({ label }) => !isFormat(label))), others, 5e-4);
    },
  });
}
