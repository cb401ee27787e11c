import { assert, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { readDataset } from "../../../learn/data/dataset.ts";
import { readTexts } from "../../../learn/data/texts.ts";
import { createPredictor } from "../../../pipeline/predicting.ts";
import { readRules, writeRules } from "../../../pipeline/rule_files.ts";
import { execute, executeScript, type Output } from "../../script/process.ts";
import { inFolder, refuseArguments } from "../fixture.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const examples = join(root, "examples");
const trace = join(examples, "banking.trace.json");
const flags = ["--allow-read"];

/** Runs the script with nothing but permission to read. */
function predict(args: readonly string[], folder: string, input?: string): Promise<Output> {
  const all = ["--rules", trace, ...args];
  return executeScript("pipeline.ts", all, folder, {
    flags,
    ...(input === undefined ? {} : { input }),
  });
}

/** Returns the texts, labels and ids of lines. */
function parse(stdout: string): unknown[][] {
  return stdout.trimEnd().split("\n").map((line) => {
    const { text, label, id } = JSON.parse(line);
    return [text, label, ...(id === undefined ? [] : [id])];
  });
}

Deno.test("--predict writes what a predictor says, of rules that a file brought, as they stood", () =>
  inFolder(async (folder) => {
    const path = join(examples, "banking_test.jsonl");
    const set = await readRules(trace);
    await writeRules(join(folder, "rules.json"), set);
    const args = ["--rules", "rules.json", "--predict", path];
    const { code, stdout, stderr } = await executeScript("pipeline.ts", args, folder, { flags });
    assertEquals([code, stderr], [0, ""]);
    const say = createPredictor(set);
    const expected: string[] = [];
    for await (const texts of readTexts(path)) {
      expected.push(...texts.map((text) => `${JSON.stringify(say(text))}\n`));
    }
    assertEquals(stdout, expected.join(""));
    // Predictions are read as examples are.
    await Deno.writeTextFile(join(folder, "out.jsonl"), expected.slice(0, 9).join(""));
    assertEquals((await readDataset(join(folder, "out.jsonl"))).task, "classification");
  }));

Deno.test("--trust leaves out labels that are too unsure, as many as the evaluation says", () =>
  inFolder(async (folder) => {
    const path = join(examples, "banking_test.jsonl");
    const { stdout } = await predict(["--predict", path, "--trust", "0.7"], folder);
    const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    const deferred = lines.filter((line) => "deferred" in line);
    assert(deferred.length > 0 && deferred.every(({ label }) => label === null));
    const evaluate = ["--evaluate", path, "--trust", "0.71", "--json"];
    const { coverage } = JSON.parse((await predict(evaluate, folder)).stdout);
    const points: { trust: number; deferred: number }[] = coverage.points;
    const counts = new Map(points.map(({ trust, deferred }) => [trust, deferred]));
    assertEquals([coverage.basis, counts.has(0.71)], ["confidence", true]);
    assertEquals(lines.filter(({ label }) => label === null).length, counts.get(0.7));
  }));

const texts = ["Which rate do I get?", "a disposable card, please"];
const labels = ["exchange_rate", "disposable_card_limits"];

Deno.test("standard input may be JSON Lines, JSON, CSV or plain text, whatever its fields are called", () =>
  inFolder(async (folder) => {
    const inputs: [readonly string[], string][] = [
      [[], `\n${texts.map((text) => JSON.stringify({ text })).join("\n")}`],
      [["--field", "q"], JSON.stringify(texts.map((q) => ({ q })))],
      [["--text-column=q"], `Class,"q"\n,${texts[0]}\n,"${texts[1]}"\n`],
      [[], texts.join("\r\n")],
    ];
    const outputs = inputs.map(([args, input]) =>
      predict(["--predict", "-", ...args], folder, input)
    );
    for (const { code, stdout, stderr } of await Promise.all(outputs)) {
      assertEquals([code, stderr], [0, ""]);
      assertEquals(parse(stdout), texts.map((text, place) => [text, labels[place]]));
    }
  }));

Deno.test("a line that is broken ends the output there, with an error in one line", () =>
  inFolder(async (folder) => {
    const lines = texts.map((text, place) => JSON.stringify({ text, id: `t${place}` }));
    await Deno.writeTextFile(
      join(folder, "a.jsonl"),
      `${lines.join("\n\n")}\n{"text"\n${lines[0]}`,
    );
    const { code, stdout, stderr } = await predict(["--predict", "a.jsonl"], folder);
    assertEquals(parse(stdout), texts.map((text, place) => [text, labels[place], `t${place}`]));
    const problem = 'expected ":", but the text ends';
    assertEquals(
      [code, stderr],
      [1, `pipeline.ts: Cannot read "a.jsonl": line 4, column 8: ${problem}\n`],
    );
  }));

Deno.test({
  name: "a reader that goes away ends --predict without an error, and Ctrl-C at once",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const command = [Deno.execPath(), "run", "--no-check", `--config=${root}deno.json`, ...flags];
      const args = [...command, join(root, "pipeline.ts"), "--rules", trace, "--predict", "-"];
      const line = `yes rate | "$@" | head -n 2; exit \${PIPESTATUS[1]}`;
      const { code, stdout, stderr } = await execute("bash", ["-c", line, "bash", ...args], folder);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(parse(stdout), [["rate", "exchange_rate"], ["rate", "exchange_rate"]]);

      const child = new Deno.Command(args[0], {
        args: args.slice(1),
        cwd: folder,
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode("rate\n"));
      // The line is said as soon as it comes.
      const reader = child.stdout.getReader();
      const { value } = await reader.read();
      assertEquals(parse(new TextDecoder().decode(value)), [["rate", "exchange_rate"]]);
      child.kill("SIGINT");
      assertEquals((await child.status).code, 130);
      await reader.cancel();
      await writer.close().catch(() => {});
    }),
});

Deno.test({
  name: "a terminal is told how far it is, unless it is shown the lines themselves",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const lines = `${JSON.stringify({ text: "rate ".repeat(99) })}\n`.repeat(20_000);
      await Deno.writeTextFile(join(folder, "a.jsonl"), lines);
      const command = `${Deno.execPath()} run --no-check --config=${root}deno.json --allow-read ` +
        `${root}pipeline.ts --rules ${trace} --predict a.jsonl`;
      const run = (line: string) => execute("script", ["-qec", line, "/dev/null"], folder);
      const { code, stdout } = await run(`${command} > out`);
      assertEquals(code, 0);
      const shown = stdout.split("\r\x1b[K");
      assert(shown.length > 2, stdout);
      assertMatch(shown[1], /^\d+ % · [\d,]+ texts · [\d,]+ a second · about \d+ (?:s|min) left$/);
      assertEquals([shown.at(-1), (await Deno.readTextFile(join(folder, "out"))).length > 1e6], [
        "",
        true,
      ]);
    }),
});

const misused: [string[], string][] = [
  [["--predict", "a.txt"], "--predict needs --rules"],
  [
    ["--rules", "t.json", "--predict", "a.txt", "--seed", "1"],
    "--seed and --predict do not go together",
  ],
  [
    ["--rules", "t.json", "--predict", "a.txt", "--label-column", "x"],
    "--label-column and --predict",
  ],
  [
    ["--rules", "t.json", "--predict", "a.txt", "b.jsonl"],
    "--predict learns nothing: expected no FILE",
  ],
  [
    ["--rules", "t.json", "--predict", "a.txt", "--evaluate", "b.jsonl"],
    "--evaluate and --predict do",
  ],
  [["--rules", "-", "--predict", "-"], "RULES and --predict cannot both be the standard input"],
  [
    ["--rules", "t.json", "--predict", "a.txt", "--overlaps", "keep"],
    "--overlaps is keep, which is",
  ],
  [["--rules", "t.json", "--predict", "a.txt", "--field", ""], "--field is empty, expected a name"],
  [
    ["--rules", "t.json", "--predict", "a.txt", "--field", "a", "--text-column", "b"],
    "--text-column is b and --field is a: they mean the same",
  ],
  [["a.jsonl", "--trust", "0.5"], "--trust goes with --evaluate or --predict"],
  [
    ["--rules", "t.json", "--predict", "a.txt", "--trust", "90"],
    "--trust is 90, expected a number from 0 to 1",
  ],
  [["a.jsonl", "--text-column", "label"], '"label" cannot be both the text and the label'],
];
Deno.test("arguments that do not go with --predict are refused as usage", () =>
  inFolder(async (folder) => {
    await Deno.copyFile(trace, join(folder, "t.json"));
    for (const [args, message] of misused) await refuseArguments(args, folder, message, "usage");
  }));
