import { assert, assertEquals } from "jsr:@std/assert@^1";
import { writeConditions } from "../../engines/conditions.ts";
import { exportRules } from "../../engines/export.ts";
import { createClassifier } from "../../learn/rules/classifier.ts";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import type { RuleSet } from "../../learn/rules/rule_set.ts";
import { compileRule } from "../../learn/rules/running.ts";
import { learnRules } from "../../mod.ts";
import { drawExamples, readData } from "../../bench/data.ts";
import { createRules, createTexts } from "./adversary.ts";
import { readRows, withTexts } from "./duckdb.ts";

function setOf(rules: readonly Rule[], decision: Partial<RuleSet["decision"]> = {}): RuleSet {
  const labels = [...new Set(rules.map(({ label }) => label))].sort();
  const decided = { decide: "vote", threshold: 0, ...decision } as const;
  return { task: "classification", labels, rules, decision: decided, refused: [] };
}

/** Labels texts by DuckDB, and by `createClassifier`. */
async function labelBoth(set: RuleSet, texts: readonly string[]) {
  const { text: statement, refused } = exportRules(set, "duckdb", { id: "id" });
  const rows = await withTexts(texts, (connection) => readRows(connection, statement));
  const classify = createClassifier(set);
  return {
    refused,
    labels: rows.map(([, , label]) => label),
    expected: texts.map((text) => classify(text).label ?? null),
  };
}

Deno.test("DuckDB finds what each pattern finds in odd texts, or the rule is refused by name", async () => {
  const rules = createRules(3, 400).filter((_, at) => at % 2 === 0);
  const texts = createTexts(7, 80);
  const { text: statement, refused } = exportRules(setOf(rules), "duckdb", { id: "id" });
  const reasons = Map.groupBy(refused, ({ reason }) => reason);
  assertEquals(
    [...reasons.keys()].filter((reason) =>
      !/\b(?:looks?|lookaround|halves|half|refers|strings|U\+FFFF|nothing)/.test(reason)
    ),
    [],
  );
  assert(refused.length < rules.length / 6, `${refused.length} of ${rules.length} are refused`);
  // The conditions are columns, by number.
  const { rules: said, conditions } = writeConditions(rules, "re2");
  assertEquals(said.length + refused.length, rules.length);
  const columns = statement.slice(0, statement.indexOf(",\nrt_sums AS"));
  const rows = await withTexts(
    texts,
    (connection) => readRows(connection, `${columns}\nSELECT * FROM rt_patterns`),
  );
  assertEquals(rows[0].length, 2 + conditions.length);
  const wrong = said.flatMap(({ rule, all, none }) =>
    rows.filter(([, text, ...found]) =>
      (all.every((one) => found[one]) && !none.some((one) => found[one])) !==
        compileRule(rule).test(text as string)
    ).map(([, text]) => `${rule.patterns} ${rule.flags} on ${JSON.stringify(text)}`)
  );
  assertEquals(wrong, []);
});

Deno.test("DuckDB labels all of the test set as the classifier does, whatever the way to decide", async () => {
  const all = await readData("banking77", "train", "test");
  const data = all ??
    await readData(
      "examples",
      "banking",
      "banking_test",
      "classification",
      new URL("../../", import.meta.url),
    );
  const examples = drawExamples(data!.train, all === undefined ? 40 : 3, 1).examples;
  const { rules } = await learnRules({ name: "few", examples }, { refit: false, maxIterations: 1 });
  const texts = data!.test.examples.map(({ text }) => text);
  const decisions = [
    {},
    { threshold: 1.5, default: "it's \\ this" },
    { decide: "first", default: "none" },
  ] as const;
  for (const decision of decisions) {
    const { labels, expected, refused } = await labelBoth(setOf(rules, decision), texts);
    assertEquals(refused, []);
    assert(new Set(expected).size > 4);
    assertEquals(labels, expected);
  }
});

Deno.test("DuckDB breaks ties by code unit, not by its collation, and takes hostile names", async () => {
  const labels = [
    "é",
    "z",
    "Z",
    "\ud83d\ude00",
    "\uff5e",
    "a'b\\",
    '"',
    "a\nb",
    "-- x",
    "__proto__",
  ];
  const rules = labels.map((label) =>
    createRule({
      name: `${label}*/\n'; DROP TABLE texts; --`,
      label,
      patterns: ["a", label.slice(0, 1) === "z" ? "b" : "a"],
      weight: 1.000001,
    })
  );
  const { labels: found, expected } = await labelBoth(setOf(rules.toReversed()), ["a", "ab", "c"]);
  assertEquals(found, expected);
  assertEquals(expected, ['"', '"', null]);
  const two = setOf(rules.filter(({ label }) => label === "\uff5e" || label === "\ud83d\ude00"));
  assertEquals((await labelBoth(two, ["a"])).labels, ["\ud83d\ude00"]);
});

Deno.test("DuckDB takes thousands of rules of one label, whose votes are past 32 bits, in a view", async () => {
  const rules = Array.from(
    { length: 2_000 },
    (_, at) =>
      createRule({
        name: `${at}`,
        label: at % 1_000 === 0 ? "few" : "many",
        patterns: [`\\bw${at % 97}x?\\b`],
        weight: at % 1_000 === 0 ? 900_000 : 1000,
      }),
  );
  const not = createRule({
    name: "not",
    label: "few",
    patterns: ["w1"],
    not: ["w2", "w3"],
    weight: 9e5,
  });
  for (const decide of ["vote", "first"] as const) {
    const set = setOf([...rules, not], { decide });
    const { text } = exportRules(set, "duckdb", {
      id: "id",
      view: "labelled",
      table: "(SELECT * FROM texts)",
    });
    const texts = ["w0 w1", "w1", "w1 w2", "w30 w60", "", "W96"];
    const rows = await withTexts([...texts, null], async (connection) => {
      await connection.run(text);
      return await readRows(connection, "SELECT * FROM labelled");
    });
    const classify = createClassifier(set);
    assertEquals(rows.map(([, , label]) => label), [
      ...texts.map((one) => classify(one).label ?? null),
      null,
    ]);
  }
});
