import { assert, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { readDataset } from "../../../learn/data/dataset.ts";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import { learnRules } from "../../../pipeline.ts";
import { readRules } from "../../../pipeline/rule_files.ts";
import { main } from "../../../review/label/script.ts";
import { withTrace } from "../../../trace.ts";
import { inFolder } from "../../pipeline/fixture.ts";
import { executeScript } from "../../script/process.ts";

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));
const flags = [`--allow-read=${examples}`];
const run = [join(examples, "banking.trace.json"), "--data", join(examples, "banking.jsonl")];

Deno.test("--texts writes a line for each text that is sure, and tells how many are not", async () => {
  const input = '{"text":"Which rate\\u001b[2J do I get?","id":"a"}\n{"text":"Hello </script>"}\n';
  const args = [...run, "--texts", "-"];
  const { code, stdout, stderr } = await executeScript("review/label.ts", args, ".", {
    flags,
    input,
  });
  assertEquals(code, 0);
  const text = "Which rate\x1b[2J do I get?";
  const { confidence, ...label } = JSON.parse(stdout);
  const rules = createClassifier(await readRules(run[0]))(text).rules.map(({ name }) => name);
  assert(rules.length > 0);
  assertEquals(label, { id: "a", text, label: "exchange_rate", rules });
  assert(confidence > 0.95 && !stdout.includes("\x1b"));
  assertEquals(stderr, "label.ts: labelled 1 of 2 texts; left out: 1 no rule decides\n");
});

Deno.test("--suspicious prints the most doubtful examples as JSON, with the lines of their file", () =>
  inFolder(async (folder) => {
    const lines = ["rate", "card"].flatMap((word) =>
      Array.from({ length: 20 }, (_, n) => {
        const label = word === "rate" && n % 9 === 3 ? "card" : word;
        return JSON.stringify({ text: `my ${word} ${n}`, label });
      })
    );
    const path = join(folder, "tiny.jsonl");
    await Deno.writeTextFile(path, `\n${lines.join("\n")}\n`);
    const { path: trace } = await withTrace(learnRules, { storage: folder })(
      await readDataset(path),
    );
    const args = [trace!, "--data", "tiny.jsonl", "--suspicious", "--json", "--limit", "1"];
    const { code, stdout, stderr } = await executeScript("review/label.ts", args, folder, {
      flags: [`--allow-read=${folder}`],
    });
    assertEquals([code, stderr], [0, ""]);
    const { suspicious, ...found } = JSON.parse(stdout);
    assertEquals([found.learner, found.partitions, found.examples], ["run", 2, 40]);
    const [{ line, text, label, called }] = suspicious;
    assertEquals([suspicious.length, label, called], [1, "card", "rate"]);
    assertEquals(JSON.parse(lines[line - 2]), { text, label });
  }));

Deno.test("arguments that do not go together, and other data, are refused in one line", async () => {
  const messageOf = (...args: string[]) => main(args).then(() => "", ({ message }) => message);
  assertMatch(await messageOf(...run), /either --texts or --suspicious/);
  assertMatch(await messageOf(...run, "--suspicious", "--texts", "x"), /either --texts or/);
  assertMatch(await messageOf(run[0], "--suspicious"), /--data is missing/);
  assertMatch(
    await messageOf(...run, "--texts", "x", "--limit", "3"),
    /--limit needs --suspicious/,
  );
  assertMatch(await messageOf(...run, "--texts", "x", "--min-confidence", "95"), /from 0 to 1/);
  assertMatch(await messageOf("-", "--data", "-", "--suspicious"), /only one of/);
  const other = join(examples, "banking_test.jsonl");
  for (const work of [["--suspicious"], ["--texts", other]]) {
    const message = await messageOf(run[0], "--data", other, ...work);
    assertMatch(message, /^The data are not those of the run: 200 examples, 691 in the run/);
  }
});
