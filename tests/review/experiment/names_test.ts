import { assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { entryId, type PlaybookEntry } from "../../../learn/rules/playbook.ts";
import { readNames } from "../../../review/experiment/names.ts";
import { readTrace, rulesOfTrace } from "../../../trace.ts";

Deno.test("arms are lines, the entries of a playbook or the rules of a trace, each once", async () => {
  const folder = await Deno.makeTempDir();
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(join(folder, name), text);
    return join(folder, name);
  };
  const rule = { name: "card", label: "card", patterns: ["card"], flags: "i", priority: 0 };
  const failure = { expected: "card", predicted: null, count: 2 };
  const entry: PlaybookEntry = { task: "classification", failure, rules: [rule], support: 3 };
  const entries = [entry, { ...entry, support: 4 }, entry];
  const lines = entries.map((one) => JSON.stringify(one));
  try {
    assertEquals(await readNames(await write("a.txt", "plan\n\n tests \nplan\n")), [
      "plan",
      "tests",
    ]);
    const playbook = await write("playbook.jsonl", lines.join("\n"));
    assertEquals(await readNames(playbook), entries.slice(0, 2).map(entryId));
    const trace = "examples/banking.trace.json";
    const { rules } = rulesOfTrace(await readTrace(trace));
    assertEquals(await readNames(trace), rules.map(({ id }) => id));
    const torn = await write("torn.jsonl", `${lines[0]}\n{"failure":{},"rules":[]}\n`);
    await assertRejects(() => readNames(torn), TypeError, "line 2: not an entry of a playbook");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
