import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import type { EvaluationJson } from "../../../pipeline/evaluating.ts";
import { execute } from "../../script/process.ts";

const { pathname: root } = new URL("../../..", import.meta.url);
const trace = join(root, "examples/banking.trace.json");
const test = join(root, "examples/banking_test.jsonl");

/** Evaluates the rules of the example on its test set. */
async function evaluate(...args: string[]): Promise<string> {
  const flags = ["run", "--no-check", "--no-prompt", `--config=${root}deno.json`, "--allow-read"];
  const files = ["--rules", trace, "--evaluate", test];
  const all = [...flags, join(root, "pipeline.ts"), ...files, ...args];
  const { code, stdout, stderr } = await execute(Deno.execPath(), all, root);
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

const text = "what does pending mean?";

Deno.test("--errors shows texts, what was given and wanted, as text, JSON and Markdown", async () => {
  const [plain, few, json, scores, markdown] = await Promise.all([
    evaluate("--errors"),
    evaluate("--errors", "--max-errors", "2"),
    evaluate("--errors", "--format", "json"),
    evaluate("--json"),
    evaluate("--errors", "--format=markdown"),
  ]);
  assert(plain.startsWith("28 rules, wrong on 11 of 200 examples\n"));
  assertStringIncludes(plain, `\n  ${text}  line 144, edd6178a33b\n`);
  assert(!few.includes(text) && few.includes("\n  … 2 more\n"));
  const { errors, ...evaluation }: EvaluationJson = JSON.parse(json);
  assertEquals(evaluation, JSON.parse(scores));
  assertEquals(json.split("\n").length, 2);
  assert(errors?.task === "classification");
  const [{ gold, predicted, count, examples }] = errors.pairs;
  assertEquals([gold, predicted, count, examples.length], ["pending_card_payment", null, 4, 4]);
  assertEquals([examples[2].text, examples[2].line], [text, 144]);
  assertStringIncludes(
    markdown,
    `\n| ${text} | nothing, as no rule matches | pending_card_payment`,
  );
});
