import { assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { createDataset } from "../../../learn/data/dataset.ts";
import { readInputs } from "../../../pipeline/inputs.ts";
import { parseRules } from "../../../learn/rules/rule_set.ts";
import { phraseLeaked } from "../../../pipeline/inputs.ts";
import { readTrace } from "../../../trace.ts";
import { few, inFolder, refuseArguments } from "../fixture.ts";

/** Runs a script of the project, and returns its exit code and what it wrote. */
async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--no-check", ...args],
  });
  const { code, stdout, stderr } = await command.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: decode(stdout), error: decode(stderr) };
}

Deno.test("what rules predict, with a mended label, goes in as corrections, and is replayed", () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const lines = (values: readonly object[]) =>
      values.map((one) => JSON.stringify(one)).join("\n");
    await Deno.writeTextFile(at("few.jsonl"), lines(few.examples));
    const learn = ["pipeline.ts", at("few.jsonl"), "--storage", folder];
    const learned = await run(...learn, "--out", at("rules.json"));
    assertStringIncludes(learned.out, `rules: ${at("rules.json")}`);
    const own = JSON.parse(await Deno.readTextFile(at("rules.json")));
    own.rules = [{ name: "plastic", label: "card", patterns: ["plastic"], weight: 0.5 }];
    delete own.trace;
    await Deno.writeTextFile(at("own.json"), JSON.stringify(own));
    await Deno.writeTextFile(at("new.txt"), "my plastic rate\ncard one more");
    const rules = ["--rules", at("rules.json")];
    const predicted = await run("pipeline.ts", ...rules, "--predict", at("new.txt"));
    const mended = predicted.out.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(mended.map(({ label, given }) => [label, given]), [
      ["rate", "rate"],
      ["card", "card"],
    ]);
    mended[0].label = "fee";
    await Deno.writeTextFile(at("mended.jsonl"), lines(mended));
    const rows = mended.map(({ text, label, given }) => [text, label, given].join());
    await Deno.writeTextFile(at("mended.csv"), ["text,label,given", ...rows].join("\n"));
    const inputs = { path: at("few.jsonl"), corrections: at("mended.csv") };
    assertEquals((await readInputs(inputs, {})).options.corrections?.length, 1);
    await Deno.writeTextFile(at("said.jsonl"), lines([{ text: "be careful", rule: "plastic" }]));
    const corrections = ["--corrections", at("mended.jsonl")];
    const said = ["--feedback", at("said.jsonl")];
    const again = await run(
      ...learn,
      ...rules,
      "--lock",
      at("own.json"),
      ...corrections,
      ...said,
      "--json",
    );
    assertStringIncludes(again.error, "without --model nobody reads the feedback");
    const { path } = JSON.parse(again.out);
    const { run: { split, dataset, feedback }, rules: all } = await readTrace(path);
    assertEquals([split.corrections?.length, dataset.examples], [1, few.examples.length + 1]);
    assertEquals(feedback, [{ text: "be careful", rule: "plastic" }]);
    assertEquals(Object.values(all).filter(({ locked }) => locked).map(({ name }) => name), [
      "plastic",
    ]);
    const listed = await run("print.ts", path, "--rules", "--json");
    assertEquals(parseRules(listed.out, "it").rules.some(({ locked }) => locked), true);
    const data = ["--data", at("few.jsonl")];
    const same = await run("review/replay.ts", path, ...data, ...corrections);
    assertEquals(same.code, 0, same.out + same.error);
    const other = await run("review/replay.ts", path, ...data);
    assertEquals(other.code, 1);
    assertStringIncludes(other.out, "--corrections names");
  }));

Deno.test("test texts that are learned from are told", () => {
  const make = (...texts: string[]) =>
    createDataset({
      name: "some",
      examples: texts.map((text, place) => ({ text, label: place % 2 === 0 ? "x" : "y" })),
    });
  const learned = make("a", "b", "c");
  const told = "2 of 3 test texts are learned from, so the score on test may be too high";
  assertEquals(phraseLeaked(learned, make("c", "d", "a")), told);
  assertEquals(phraseLeaked(learned, make("d", "A")), undefined);
});

Deno.test("what is wrong with rules, corrections or feedback is an error in one line", () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const files = {
      "data.jsonl": '{"text":"a","label":"x"}\n{"text":"b","label":"y"}',
      "same.jsonl": '{"text":"a","label":"x","given":"x"}',
      "null.jsonl": '{"text":"a","label":null}',
      "said.jsonl": '{"words":"a"}',
      "spans.json": '{"format":"ruletrace-rules","version":1,"task":"ner","rules":[]}',
    };
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(at(name), text);
    const cases: readonly (readonly [readonly string[], string, "usage"?])[] = [
      [["--corrections", "same.jsonl"], "nothing is corrected: no example has another label, "],
      [["--corrections", "null.jsonl"], "line 1"],
      [["--feedback", "said.jsonl"], "line 1: field text"],
      [["--lock", "spans.json", "--task", "classification"], "The rules are for ner"],
      [["--rules", "spans.json"], "(the rules are for ner)"],
      [["--incremental"], "--incremental needs --rules, --lock or --playbook", "usage"],
      [["--out", "-"], "--out is -, expected a file", "usage"],
      [["--out", "none/rules.json"], 'none/rules.json": there is no such folder'],
      [["--out", folder], "it is a folder, expected a file"],
    ];
    for (const [args, message, kind = "other"] of cases) {
      const all = ["data.jsonl", "--storage", folder, ...args];
      await refuseArguments(all, folder, message, kind);
    }
    const { code, error } = await run(
      "pipeline.ts",
      at("data.jsonl"),
      "--corrections",
      at("same.jsonl"),
    );
    assertEquals([code, error.trim().split("\n").length], [1, 1], error);
    assertStringIncludes(error, cases[0][1]);
    // They are told before anything is learned.
    assertEquals([...Deno.readDirSync(folder)].length, Object.keys(files).length);
  }));
