import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { readTrace, writeTrace } from "../../../trace.ts";
import { executeScript } from "../../script/process.ts";
import { fewBanking, otherBanking, record } from "./fork_fixture.ts";

const trace = await record(fewBanking, { test: otherBanking });
const kept = trace.steps.findIndex((step) => step.type === "audit" && step.verdict === "kept");

/** Runs a script in a folder with a trace, its data and its test set; it may read and write nothing else. */
async function withFiles(
  use: (
    run: (script: string, ...args: string[]) => ReturnType<typeof executeScript>,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await writeTrace(join(folder, "banking.trace.json"), trace);
    for (const [name, { examples }] of Object.entries({ data: fewBanking, test: otherBanking })) {
      const lines = examples.map((example) => `${JSON.stringify(example)}\n`).join("");
      await Deno.writeTextFile(join(folder, `${name}.jsonl`), lines);
    }
    await use(
      (script, ...args) =>
        executeScript(script, args, folder, { flags: ["--allow-read=.", "--allow-write=."] }),
      folder,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const files = ["banking.trace.json", "--data", "data.jsonl", "--test", "test.jsonl"];

Deno.test("fork.ts writes the fork beside the run, tells it from the change on, and what it did", () =>
  withFiles(async (run, folder) => {
    const before = await Deno.readTextFile(join(folder, "banking.trace.json"));
    const { code, stdout, stderr } = await run(
      "review/fork.ts",
      ...files,
      "--verdict",
      `${kept}=reverted`,
    );
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, `steps 0 to ${kept - 1} as in the parent`);
    assertStringIncludes(stdout, "as told");
    assertMatch(stdout, /on \d+ examples of test: F1 [\d.]+ → [\d.]+ % \(/);
    assertMatch(stdout, /\d+\slost\s\(p\s=\s[\d.e-]+,\sMcNemar\)\n/);
    const [, path] = /\ntrace: (.+)\n$/.exec(stdout)!;
    const fork = await readTrace(join(folder, path));
    assertEquals(fork.run.parent?.digest, trace.digest);
    // The run itself stays, under all its names.
    assertEquals(await Deno.readTextFile(join(folder, "banking.trace.json")), before);
    const list = await run("review/compare.ts", ".");
    assertStringIncludes(list.stdout, "(fork)");
    const compared = await run(
      "review/compare.ts",
      "banking.trace.json",
      path,
      "--fail-on",
      "never",
    );
    assertMatch(compared.stdout, /parent {2}none → made from sha256:\w+…: step \d reverted/);
  }));

Deno.test("fork.ts takes options, examples and rules, and prints JSON", () =>
  withFiles(async (run) => {
    const { id, ...example } = fewBanking.examples[0];
    assert("label" in example);
    const label = fewBanking.labels.find((one) => one !== example.label)!;
    const [rule] = Object.values(trace.rules);
    const args = [
      ...["--option", "max-rules=12", "--option", "no-refit", "--seed", "2", "--json"],
      ...[
        "--drop",
        fewBanking.examples[1].id,
        "--relabel",
        `${id}=${label}`,
        "--without",
        rule.name,
      ],
    ];
    const { code, stdout } = await run("review/fork.ts", ...files, ...args);
    assertEquals(code, 0);
    const { rules, effect } = JSON.parse(stdout);
    assert(rules <= 12 && effect.examples === otherBanking.examples.length);
  }));

const wrong: [string[], number, string][] = [
  [["banking.trace.json"], 2, "nothing is to be changed"],
  [[...files, "--verdict", "x"], 2, "--verdict is x"],
  [["banking.trace.json", "--seed", "1"], 2, "--data is missing"],
  [["banking.trace.json", "--data", "test.jsonl", "--seed", "1"], 1, "not those of the run"],
  [[...files, "--without", "nothing"], 1, "No rule"],
  [[...files, "--seed", "1", "--storage", "/"], 1, "--allow-read=/"],
];
Deno.test("fork.ts names what is wrong in one line, and writes nothing", () =>
  withFiles(async (run, folder) => {
    const results = await Promise.all(
      wrong.map(([args]) => run("review/fork.ts", ...args)),
    );
    results.forEach(({ code, stdout, stderr }, place) => {
      const [args, expected, message] = wrong[place];
      assertEquals([code, stdout], [expected, ""], args.join(" "));
      assertMatch(stderr, /^fork\.ts: [^\n]+\n$/);
      assertStringIncludes(stderr, message);
    });
    assertEquals([...Deno.readDirSync(folder)].length, 3);
  }));

Deno.test("blame.ts tells what it takes before it begins, and writes what it found", () =>
  withFiles(async (run, folder) => {
    const estimate = await run("review/blame.ts", ...files, "--estimate");
    assertEquals([estimate.code, estimate.stdout], [0, ""]);
    assertMatch(estimate.stderr, /^blame\.ts: about \d+ runs, [\d.]+ m?s\n$/);
    const args = [
      "--only",
      "forks",
      "-o",
      "x.blame.json",
      "--example",
      otherBanking.examples[0].id,
    ];
    const { code, stdout } = await run("review/blame.ts", ...files, ...args);
    assertEquals(code, 0);
    for (const section of ["path ", "forks ", "rules ", "example "]) {
      assertStringIncludes(stdout, `\n${section}`);
    }
    const blame = JSON.parse(await Deno.readTextFile(join(folder, "x.blame.json")));
    assertEquals([blame.format, blame.run.digest], ["ruletrace-blame", trace.digest]);
    const other = ["banking.trace.json", "--data", "data.jsonl", "--test", "data.jsonl"];
    const { stderr } = await run("review/blame.ts", ...other, "--only", "seeds");
    assertMatch(stderr, /^blame\.ts: The test set is not that of the run: [^\n]+\n$/);
    const bad = await run("review/blame.ts", ...files, "--budget", "soon");
    assertEquals(bad.code, 2);
    assertMatch(bad.stderr, /^blame\.ts: --budget is soon[^\n]+\n$/);
  }));
