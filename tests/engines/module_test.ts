import { assert, assertEquals } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { exportRules } from "../../engines/export.ts";
import type { ModuleClassification, ModuleSpan } from "../../engines/export.ts";
import { createClassifier } from "../../learn/rules/classifier.ts";
import { createExtractor } from "../../learn/rules/extractor.ts";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import type { RuleSet } from "../../learn/rules/rule_set.ts";
import type { Task } from "../../learn/data/examples.ts";
import { learnRules, readRules } from "../../mod.ts";
import { drawExamples, inTempFolder, readData } from "../../bench/data.ts";
import { execute } from "../script/process.ts";
import { createRules, createTexts } from "./adversary.ts";

interface Standalone {
  classify?(text: string): ModuleClassification;
  extract?(text: string): ModuleSpan[];
}

function nameRule({ id, name, label }: Rule) {
  return { id, name, label };
}

/** What the library says of texts, as a module says it. */
function answerHere(set: RuleSet, texts: readonly string[]): string[] {
  if (set.task === "classification") {
    const classify = createClassifier(set);
    return texts.map((text) => {
      const { label, rules, votes, by } = classify(text);
      const decided = by && { by: nameRule(by) };
      return JSON.stringify({
        ...(label !== undefined && { label }),
        rules: rules.map(nameRule),
        votes,
        ...decided,
      });
    });
  }
  const extract = createExtractor(set);
  return texts.map((text) =>
    JSON.stringify(
      extract(text).map(({ start, end, text, label, rule }) => ({
        start,
        end,
        text,
        label,
        rule: nameRule(rule),
      })),
    )
  );
}

async function answerByModule(source: string, texts: readonly string[]): Promise<string[]> {
  const module: Standalone = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  return texts.map((text) => JSON.stringify((module.classify ?? module.extract)!(text)));
}

/** The bytes of a module beside those of its rules. */
function sizeBeside(source: string, { rules }: RuleSet): number {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  const code = source.replace(/^\[.*\n/gm, "");
  assert(bytes(code) <= 4_096, `${bytes(code)} bytes of code`);
  return bytes(source) - rules.reduce((sum, rule) => sum + bytes(JSON.stringify(rule)), 0);
}

const SETS: readonly (readonly [folder: string, train: string, task: Task])[] = [
  ["banking77", "train", "classification"],
  ["sms", "train", "classification"],
  ["snips", "small.train", "classification"],
  ["snips", "small.train", "ner"],
  ["tab", "train", "ner"],
  ["examples", "banking", "classification"],
  ["examples", "restaurant", "ner"],
];
for (const [folder, train, task] of SETS) {
  const root = folder === "examples" ? new URL("../../", import.meta.url) : undefined;
  const test = folder === "examples" ? `${train}_test` : "test";
  const data = await readData(folder, train, test, task, root);
  Deno.test({
    name: `a module says of ${folder} what the library says, for ${task}`,
    ignore: data === undefined,
    async fn() {
      const { train, test } = data!;
      const examples = task === "classification"
        ? drawExamples(train, folder === "banking77" ? 2 : 40, 1).examples
        : train.examples.slice(0, folder === "tab" ? 15 : 50);
      const { rules, decision } = await learnRules({ name: folder, examples } as never, {
        refit: false,
        maxIterations: 6,
      });
      const set: RuleSet = { task, labels: [], rules, decision, refused: [] };
      const { text, refused } = exportRules(set, "js");
      assertEquals(refused, []);
      assert(rules.length > 1, `${rules.length} rules`);
      assert(sizeBeside(text, set) <= 4_096, `${sizeBeside(text, set)} bytes more than the rules`);
      const texts = test.examples.slice(0, 120).map(({ text }) => text);
      assertEquals(await answerByModule(text, texts), answerHere(set, texts));
    },
  });
}

Deno.test("a module finds what the library finds in odd texts, in vote, in order and as spans", async () => {
  const rules = createRules(5, 90).filter((_, at) => at % 4 === 0);
  const texts = [...createTexts(9, 60), "\ud83d", "a\ude00b", "\ude00\ud83d s k"];
  const ways: readonly (readonly [Task, RuleSet["decision"]])[] = [
    ["classification", { decide: "vote", threshold: 1, default: "</script>" }],
    ["classification", { decide: "first", threshold: 0 }],
    ["ner", { decide: "first", threshold: 0, overlaps: "drop" }],
    ["ner", { decide: "first", threshold: 0, overlaps: "keep" }],
  ];
  for (const [task, decision] of ways) {
    const set: RuleSet = { task, labels: [], rules, decision, refused: [] };
    const { text, refused } = exportRules(set, "js");
    const left = new Set(refused.map(({ rule }) => rule));
    assert(left.size < rules.length / 8);
    const kept = { ...set, rules: rules.filter((rule) => !left.has(rule)) };
    assertEquals(await answerByModule(text, texts), answerHere(kept, texts));
    assert(!text.includes("</script>"));
  }
});

Deno.test("a span with the offsets of one that was dropped is dropped", async () => {
  const rules = [["A", "aaaaab"], ["A", "aaaaa"], ["B", "a{5}"]].map(([label, pattern], at) =>
    createRule({ name: pattern, label, patterns: [pattern], priority: -at })
  );
  const decision = { decide: "first", threshold: 0, overlaps: "keep" } as const;
  const set: RuleSet = { task: "ner", labels: [], rules, decision, refused: [] };
  const found = answerHere(set, ["aaaaab"]);
  assertEquals(found.map((one) => JSON.parse(one).length), [1]);
  assertEquals(await answerByModule(exportRules(set, "js").text, ["aaaaab"]), found);
});

Deno.test("a module tells patterns from flags", async () => {
  const rules = [["ix", ""], ["x", "i"], ["sx", ""]].map(([pattern, flags]) =>
    createRule({ name: pattern, label: pattern, patterns: [pattern], flags })
  );
  const decision = { decide: "vote", threshold: 0 } as const;
  const set: RuleSet = { task: "classification", labels: [], rules, decision, refused: [] };
  const texts = ["X", "ix", "IX", "sx"];
  assertEquals(await answerByModule(exportRules(set, "js").text, texts), answerHere(set, texts));
});

Deno.test("a module leaves out by name what only the linear engine runs", () => {
  const rules = ["(a+)+!", "a"].map((pattern) =>
    createRule({ name: `rule ${pattern}`, label: "l", patterns: [pattern] })
  );
  const { text, refused } = exportRules({
    task: "classification",
    labels: [],
    rules,
    decision: { decide: "vote", threshold: 0 },
    refused: [],
  }, "js");
  assertEquals(refused.map(({ rule, reason }) => [rule.name, reason]), [[
    "rule (a+)+!",
    'could take too long: "(a+)+" can read the same text in exponentially many ways',
  ]]);
  assert(text.startsWith("// 1 rule by ruletrace."));
});

const node = await execute("node", ["--version"], ".").then(
  ({ stdout }) => stdout.trim(),
  () => "",
);
Deno.test({
  name: "a module runs on Node",
  ignore: !/^v(?:1[89]|[2-9]\d)/.test(node),
  async fn() {
    const set = await readRules("examples/banking.trace.json");
    const texts = ["Which rate do I get?", "My payment is PENDING", "hello"];
    await inTempFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "rules.mjs"), exportRules(set, "js").text);
      const use = `import { classify } from "./rules.mjs";
        console.log(JSON.stringify(${
        JSON.stringify(texts)
      }.map((text) => JSON.stringify(classify(text)))));`;
      await Deno.writeTextFile(join(folder, "use.mjs"), use);
      const { stdout, stderr } = await execute("node", ["use.mjs"], folder);
      assertEquals(stderr, "");
      assertEquals(JSON.parse(stdout), answerHere(set, texts));
    });
  },
});
