import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fieldUsage, parseFields } from "../../script/fields.ts";
import { inFolder } from "../pipeline/fixture.ts";
import { executeScript } from "./process.ts";

Deno.test("the options for fields give names, and are refused if they do not go together", () => {
  assertEquals(parseFields({}), {});
  const named = { fields: { text: "q" } };
  assertEquals(parseFields({ field: "q" }), named);
  assertEquals(parseFields({ field: "q", "text-column": "q" }), named);
  assertEquals(parseFields({ "label-column": "q" }), { fields: { label: "q" } });
  const refused: [Parameters<typeof parseFields>[0], string][] = [
    [{ field: "a", "text-column": "b" }, "--text-column is b and --field is a: they mean the same"],
    [{ "label-column": "text" }, '"text" cannot be both the text and the label'],
    [{ field: "" }, "the name of a field is empty, expected some text"],
  ];
  for (const [values, message] of refused) {
    assertThrows(() => parseFields(values), TypeError, message);
  }
  assertEquals(fieldUsage.split("\n").filter((line) => line.length > 100), []);
});

Deno.test("names of fields reach all scripts that read examples", () =>
  inFolder(async (folder) => {
    const rows = ["a", "b", "c"].flatMap((end) => [`the rate ${end},fx`, `my card ${end},card`]);
    await Deno.writeTextFile(join(folder, "a.csv"), `v2,v1\n${rows.join("\n")}\n`);
    const others = rows.map((row) => `so ${row}`);
    await Deno.writeTextFile(join(folder, "b.csv"), `v2,v1\n${others.join("\n")}\n`);
    const names = ["--text-column", "v2", "--label-column", "v1"];
    const run = async (script: string, ...args: string[]) => {
      const { code, stdout, stderr } = await executeScript(
        script,
        [...args, ...names, "--json"],
        folder,
      );
      assertEquals([code, stderr], [0, ""], script);
      return JSON.parse(stdout);
    };
    const { scores } = await run("pipeline.ts", "a.csv", "--test", "b.csv");
    assertEquals([scores.train.examples, scores.test.examples], [6, 6]);
    const trace = join("runs", "a.trace.json");
    const given = ["--data", "a.csv", "--test", "b.csv"];
    const [evaluation, comparison] = await Promise.all([
      run("pipeline.ts", "--rules", trace, "--evaluate", "a.csv"),
      run("review/compare.ts", trace, trace, "--data", "a.csv"),
      run("review/replay.ts", trace, ...given),
      run("review/fork.ts", trace, ...given, "--seed", "2"),
    ]);
    assertEquals([evaluation.scores[0].examples, comparison.severity], [6, "ok"]);
  }));
