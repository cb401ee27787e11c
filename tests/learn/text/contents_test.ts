import { assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { readDataset } from "../../../learn/data/dataset.ts";
import { describeContent, type FileContent } from "../../../learn/text/contents.ts";
import { readPlaybook, readRules } from "../../../pipeline/rule_files.ts";
import { readTape } from "../../../record/tape.ts";
import { readTrace } from "../../../trace.ts";

const pretty = (value: unknown) => JSON.stringify(value, null, 2);
const example = { text: "my card", label: "card" };
const rule = { name: "card", label: "card", patterns: ["card"] };
const rules = { format: "ruletrace-rules", version: 1, task: "classification", rules: [rule] };
const failure = { expected: "card", predicted: null, count: 1 };
const entry = { task: "classification", failure, rules: [rule], support: 1 };
const nested = { input: { text: "my card" }, expected_output: { label: "card" } };
const chef = { name: "card", content: "card", output_template: { label: "card" } };
const trace = await Deno.readTextFile(
  new URL("../../../examples/banking.trace.json", import.meta.url),
);

const contents: [FileContent | undefined, string, string][] = [
  ["examples", "a.jsonl", `${JSON.stringify(example)}\n`],
  ["examples", "a.json", pretty([example])],
  ["examples", "b.json", pretty({ name: "few", examples: [example] })],
  ["examples", "a.csv", "id,label,text\n1,card,my card\n"],
  ["examples", "h.jsonl", `${JSON.stringify(nested)}\n`],
  [
    "examples",
    "k.json",
    pretty({ task: { type: "classification" }, examples: [nested], rules: [] }),
  ],
  ["a trace", "c.json", trace],
  ["a trace", "d.json", JSON.stringify(JSON.parse(trace))],
  ["the journal of a run", "b.jsonl", '{"version":2,"run":{}}\n{"step":{}}\n'],
  ["the exchanges of a run", "c.jsonl", '{"purpose":"patch","prompt":"p","outcome":"failed"}\n'],
  ["rules", "e.json", pretty(rules)],
  ["rules", "f.json", JSON.stringify([rule])],
  ["a playbook", "f.jsonl", `${JSON.stringify(entry)}\n${JSON.stringify(entry)}\n`],
  ["rules of RuleChef", "g.json", pretty([chef])],
  ["rules of RuleChef", "h.json", JSON.stringify({ rules: [chef] })],
  ["a log of RuleChef", "d.jsonl", '{"messages":[],"call_type":"synthesis"}\n'],
  ["the log of an experiment", "g.jsonl", '{"format":"ruletrace experiment","version":1}\n'],
  [undefined, "i.json", "{}"],
  [undefined, "j.json", '{"a":'],
  [undefined, "b.csv", "Dear all,\n"],
  [undefined, "e.jsonl", ""],
];

Deno.test("what a text holds is told by its beginning", () => {
  for (const [content, name, text] of contents) {
    assertEquals([name, describeContent(text)], [name, content]);
    assertEquals(describeContent(`\ufeff\n${text}`), content);
  }
  assertEquals(describeContent(pretty({ examples: [nested], rules: [chef] })), undefined);
});

Deno.test("a file that is given for another is said to be what it is, by every reader", async () => {
  const folder = await Deno.makeTempDir();
  const readers: [string, (path: string) => Promise<unknown>, RegExp][] = [
    ["examples", (path) => readDataset(path), /^examples$/],
    ["a trace", readTrace, /^(a trace|the journal of a run)$/],
    ["rules", readRules, /^(a trace|the journal.*|rules.*)$/],
    ["a playbook", readPlaybook, /^a playbook$/],
    ["the exchanges of a run", readTape, /^the exchanges of a run$/],
  ];
  try {
    for (const [content, name, text] of contents) {
      const path = join(folder, name);
      await Deno.writeTextFile(path, text);
      if (content === undefined) continue;
      for (const [expected, read, fits] of readers) {
        if (fits.test(content)) continue;
        const { message } = await assertRejects(() => read(path), TypeError);
        const problem = message.slice(message.indexOf(name) + name.length + 1);
        assertEquals(problem, `: it holds ${content}, expected ${expected}`);
      }
    }
    const rules = [{ name: "rate", label: "rate", patterns: ["rate"] }];
    const heads: [unknown, string][] = [
      [{ task: "classification", rules }, '"format" is missing'],
      [{ format: "rules", rules }, '"format" is "rules"'],
      [rules, "it is an array of rules"],
    ];
    for (const [document, problem] of heads) {
      const path = join(folder, "head.json");
      await Deno.writeTextFile(path, JSON.stringify(document));
      const expected = `${problem}, expected an object with "format": "ruletrace-rules"`;
      await assertRejects(() => readRules(path), TypeError, expected);
    }
    const broken = join(folder, "broken.json");
    await Deno.writeTextFile(broken, trace.slice(0, 2_000));
    await assertRejects(() => readTrace(broken), SyntaxError, 'broken.json": line');
    for (const [, read] of readers) {
      await assertRejects(() => read(folder), Error, "it is a folder, expected a file");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
