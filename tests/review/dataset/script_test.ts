import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { runDataset } from "../../../review/dataset/script.ts";
import { UsageError } from "../../../script/script.ts";
import { executeScript } from "../../script/process.ts";
import { prepareRun, temporaryFolder } from "./dataset_fixture.ts";

const given = ["runs", "--data", "train.jsonl", "--protect", "test.jsonl", "--format", "trl"];

Deno.test("dataset.ts exports, checks, audits, and proves a row", async () => {
  await using folder = await temporaryFolder();
  await prepareRun(folder.path);
  const run = async (...args: string[]) => {
    const flags = ["--allow-read=.", "--allow-write=out"];
    const { code, stdout, stderr } = await executeScript("review/dataset.ts", args, folder.path, {
      flags,
    });
    return { code, stdout, stderr };
  };
  await Deno.copyFile(join(folder.path, "train.jsonl"), join(folder.path, "right.jsonl"));
  const more = ["--corrections", "right.jsonl", "--html", "--min-rows=sft=7"];
  const first = await run(...given, "-o", "out", ...more);
  assertEquals([first.code, first.stderr], [1, ""]);
  assertMatch(first.stdout, /^29 rows out of 1 run in out\n {2}rows {9}6 sft, /);
  assertMatch(first.stdout, /\n {2}stages {7}index ran, rows ran, firewall ran, export ran\n/);
  assertMatch(first.stdout, /\n {2}✗ There are 6 rows of sft, expected at least 7\.\n/);
  assert((await Deno.stat(join(folder.path, "out/page.html"))).isFile);

  const audit = await run("--audit", "out");
  assertEquals([audit.code, audit.stderr], [0, ""]);
  assertMatch(audit.stdout, /^holds: 2\d files, 29 rows and 5 inputs; /);
  const proof = await run("--audit", "out", "--row", "unpaired:1");
  assertEquals([proof.code, proof.stdout.split("\n")[0]], [0, "unpaired.jsonl, line 1: proved"]);
  await Deno.writeTextFile(join(folder.path, "out/unpaired.jsonl"), "{}\n", { append: true });
  const found = await run("--audit", "out");
  assertEquals(found.code, 1);
  assertStringIncludes(found.stdout, "\n  unpaired.jsonl, line 3: ");
  const missing = await run("--audit", "out", "--row", "sft:7");
  assertEquals([missing.code, missing.stderr], [
    1,
    "dataset.ts: There is no row sft:7: sft.jsonl has 6 lines\n",
  ]);
});

Deno.test("dataset.ts says which argument is wrong, before it reads anything", async () => {
  const wrong: [string[], string][] = [
    [[], "expected one folder of runs, got 0"],
    [["runs"], "--data is missing"],
    [["runs", "--data", "a"], "--protect is missing"],
    [["runs", "--data", "a", "--test", "b"], "--output is missing"],
    [["runs", "--data", "-", "--test", "b", "-o", "c"], "- is not for data sets"],
    [
      ["runs", "--data", "a", "--test", "b", "-o", "c"],
      "--format is missing, expected trl or openai",
    ],
    [["runs", "--data", "a", "--test", ""], "a path is empty"],
    [
      [...given, "-o", "c", "--kinds", "sft,dpo"],
      "--kinds is sft,dpo, expected some of sft, teacher",
    ],
    [[...given, "-o", "c", "--split", "1"], "--split is 1, expected a share such as 0.9"],
    [[...given, "-o", "c", "--split", ".000"], "--split is .000"],
    [[...given, "-o", "c", "--seed", "1"], "--seed needs --split"],
    [[...given, "-o", "c", "--cap", "0"], "--cap is 0, expected a whole number from 1"],
    [[...given, "-o", "c", "--license", "a\nb"], "--license is not a name"],
    [[...given, "-o", "c", "--row", "sft:1"], "--row needs --audit"],
    [["--audit", "c", "--row", "sft"], "--row is sft, expected such as sft:12"],
    [["--audit", "c", "--data", "a"], "--data is not for --audit"],
    [["--audit", "c", "runs"], "--audit takes no other folder"],
    [["--audit", "c", "--row", "sft:1", "--check"], "thresholds are about all"],
    [["--udit", "c"], "did you mean --audit?"],
  ];
  for (const [args, message] of wrong) {
    await assertRejects(() => runDataset(args), UsageError, message);
  }
});
