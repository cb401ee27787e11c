import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import type { EvaluationJson } from "../../../pipeline/evaluating.ts";
import { readTrace, rulesOfTrace } from "../../../trace.ts";
import { execute } from "../../script/process.ts";

const { pathname: root } = new URL("../../..", import.meta.url);
const trace = join(root, "examples/banking.trace.json");
const test = join(root, "examples/banking_test.jsonl");

/** Texts that no rule matches, which are more than any other kind of error. */
const undecided = Array.from({ length: 9 }, (_, n) => `Hello number ${n}`);
const text = undecided[2];
/** The test set of the example, with those texts at its end. */
const given = [
  (await Deno.readTextFile(test)).trimEnd(),
  ...undecided.map((text) => JSON.stringify({ text, label: "pending_card_payment" })),
].join("\n");

/** Evaluates the rules of the example on its test set and these texts. */
async function evaluate(...args: string[]): Promise<string> {
  const flags = ["run", "--no-check", "--no-prompt", `--config=${root}deno.json`, "--allow-read"];
  const files = ["--rules", trace, "--evaluate", "-"];
  const all = [...flags, join(root, "pipeline.ts"), ...files, ...args];
  const { code, stdout, stderr } = await execute(Deno.execPath(), all, root, { input: given });
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

Deno.test("--errors shows texts, what was given and wanted, as text, JSON and Markdown", async () => {
  const [plain, few, json, scores, markdown] = await Promise.all([
    evaluate("--errors"),
    evaluate("--errors", "--max-errors", "2"),
    evaluate("--errors", "--format", "json"),
    evaluate("--json"),
    evaluate("--errors", "--format=markdown"),
  ]);
  const { rules, decision } = rulesOfTrace(await readTrace(trace));
  const classify = createClassifier(rules, decision);
  const wrong = given.split("\n").map((line) => JSON.parse(line))
    .filter(({ text, label }) => classify(text).label !== label).length;
  assert(plain.startsWith(`${rules.length} rules, wrong on ${wrong} of 209 examples\n`));
  assertStringIncludes(plain, `\n  ${text}  line 203, e`);
  assert(!few.includes(text) && few.includes("\n  … 7 more\n"));
  const { errors, ...evaluation }: EvaluationJson = JSON.parse(json);
  assertEquals(evaluation, JSON.parse(scores));
  assertEquals(json.split("\n").length, 2);
  assert(errors?.task === "classification");
  const [{ gold, predicted, count, examples }] = errors.pairs;
  assertEquals([gold, predicted, count, examples.length], ["pending_card_payment", null, 9, 9]);
  assertEquals([examples[2].text, examples[2].line], [text, 203]);
  assertStringIncludes(
    markdown,
    `\n| ${text} | nothing, as no rule matches | pending_card_payment`,
  );
});
