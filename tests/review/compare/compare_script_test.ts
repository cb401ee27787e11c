import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { renderTrace, withTrace } from "../../../trace.ts";
import { learnRules } from "../../../pipeline.ts";
import type { LearnOptions } from "../../../pipeline.ts";
import type { DatasetInput } from "../../../learn/data/dataset.ts";
import { all, card, few, many, propose, rate, silent, stub } from "../../pipeline/fixture.ts";
import { executeScript } from "../../script/process.ts";

/** Runs `review/compare.ts` in a folder; by default it may read that folder and nothing else. */
async function compare(
  cwd: string,
  args: readonly string[],
  { flags = ["--allow-read=."], input }: { flags?: readonly string[]; input?: string } = {},
): Promise<{ code: number; out: string; err: string }> {
  const options = { flags, input, env: {} };
  const { code, stdout, stderr } = await executeScript("review/compare.ts", args, cwd, options);
  return { code, out: stdout, err: stderr };
}

const options: LearnOptions = { coordinator: silent(), refit: false };
const three = () => stub({ added: all });

/** A folder with traces by name: `good`, the `same` again, one that lost rules, and others. */
async function inRuns(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const record = async (name: string, options: LearnOptions, dataset: DatasetInput = many) => {
    const storage = join(folder, "runs");
    const { trace, path } = await withTrace(learnRules, { storage })(dataset, options);
    await Deno.writeTextFile(join(folder, `${name}.json`), renderTrace(trace));
    return path;
  };
  try {
    await record("good", { ...options, synthesizer: three(), patience: 2 });
    await record("same", { ...options, synthesizer: three(), patience: 2 });
    await record("patient", { ...options, synthesizer: three(), patience: 3 });
    await record("worse", { ...options, synthesizer: stub({ added: [card, rate] }), patience: 4 });
    await record("broken", { ...options, synthesizer: stub({ added: [card, rate] }), patience: 2 });
    await record("few", { ...options, synthesizer: three() }, few);
    await record("spans", { ...options, synthesizer: stub({ added: [propose("city", "Rome")] }) }, {
      name: "cities",
      examples: [{ text: "to Rome", entities: [{ text: "Rome", type: "city" }] }],
    });
    const lines = many.examples.map((example) => `${JSON.stringify(example)}\n`);
    await Deno.writeTextFile(join(folder, "data.jsonl"), `\n${lines.join("")}`);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the same run twice is identical and ends with 0, even where warnings would fail", () =>
  inRuns(async (folder) => {
    for (const other of ["good.json", "same.json"]) {
      const { code, out, err } = await compare(folder, ["good.json", other, "--fail-on", "warn"]);
      assertEquals([code, err], [0, ""]);
      assert(out.startsWith("identical: same inputs, same steps, same rules\n"), out);
    }
  }));

Deno.test("one changed hyper-parameter is named, with what it changed or did not", () =>
  inRuns(async (folder) => {
    const { code, out } = await compare(folder, ["good.json", "patient.json"]);
    assertEquals(code, 0);
    assertMatch(out, /what the runs were given\n {2}config\.patience {2}2 → 3\n\n/);
    assertStringIncludes(out, "both runs took the same steps");
  }));

Deno.test("the severity decides the exit code by --fail-on", () =>
  inRuns(async (folder) => {
    const run = async (...args: string[]) => (await compare(folder, args)).code;
    assertEquals(
      await Promise.all([
        run("patient.json", "worse.json"),
        run("patient.json", "worse.json", "--fail-on=never"),
        run("patient.json", "worse.json", "--alert-drop=100"),
        run("patient.json", "worse.json", "--alert-drop=100", "--fail-on=warn"),
        run("patient.json", "worse.json", "--alert-drop=100", "--warn-drop=100", "--fail-on=warn"),
        run("good.json", "few.json"),
        run("good.json", "few.json", "--fail-on=warn"),
      ]),
      [1, 0, 0, 1, 0, 0, 1],
    );
  }));

Deno.test("the same inputs with another output fail as a break of determinism", () =>
  inRuns(async (folder) => {
    const { code, out, err } = await compare(folder, [
      "good.json",
      "broken.json",
      "--alert-drop=100",
    ]);
    // The stubs have one name and settings: to the record they are one learner.
    assertEquals([code, err], [1, ""]);
    assertMatch(out, /^alert: the same inputs gave another output: determinism is broken/);
  }));

Deno.test("runs of different tasks say what cannot be compared", () =>
  inRuns(async (folder) => {
    const args = ["good.json", "spans.json", "--data", "data.jsonl"];
    const { code, out } = await compare(folder, args);
    assertEquals(code, 0);
    assertMatch(out, /cannot be compared\n {2}steps, rules and scores/);
    assertStringIncludes(out, "one run is classification, the other ner");
  }));

Deno.test("a trace of a newer format version is refused by that version", () =>
  inRuns(async (folder) => {
    const path = join(folder, "newer.json");
    const text = await Deno.readTextFile(join(folder, "good.json"));
    await Deno.writeTextFile(path, text.replace('"version":1', '"version":2'));
    const { code, out, err } = await compare(folder, ["good.json", "newer.json"]);
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /^compare\.ts: [^\n]*newer\.json[^\n]*format version 2, and this[^\n]*\n$/);
  }));

Deno.test("--data lists examples by id and line, --json has it all and no text", () =>
  inRuns(async (folder) => {
    const args = [
      "patient.json",
      "worse.json",
      "--data",
      "data.jsonl",
      "--json",
      "--fail-on=never",
    ];
    const { code, out, err } = await compare(folder, args);
    assertEquals([code, err], [0, ""]);
    const { data, severity, differences } = JSON.parse(out);
    assertEquals(severity, "alert");
    assertEquals(differences, [{ field: "config.patience", before: 3, after: 4 }]);
    const lost = many.examples.flatMap(({ label }, index) =>
      label === "fee" ? [{ id: `fee-${index - 10}`, line: index + 2 }] : []
    );
    assertEquals(data.lost, lost);
    assertEquals(data.mcnemar, { gained: 0, lost: 10, pValue: 2 / 1024 });
    assertEquals(data.learnedFrom, ["before", "after"]);
    for (const { text } of many.examples) assertEquals(out.includes(text), false);
  }));

Deno.test("one of the traces, or the data, can come from the standard input", () =>
  inRuns(async (folder) => {
    const read = (name: string) => Deno.readTextFile(join(folder, name));
    const trace = { input: await read("good.json") };
    const first = await compare(folder, ["-", "good.json"], trace);
    assertEquals([first.code, first.out.split(":")[0]], [0, "identical"]);
    const flags = ["--allow-read=good.json,same.json"];
    const data = { input: (await read("data.jsonl")).trimStart(), flags };
    const other = await compare(folder, ["good.json", "same.json", "--data", "-"], data);
    assertEquals([other.code, other.err], [0, ""]);
    assertStringIncludes(other.out, "on 30 examples of stdin");
  }));

Deno.test("--html writes a page, given permission for its folder, and names the flag without it", () =>
  inRuns(async (folder) => {
    const args = ["good.json", "patient.json", "--html", "out.html"];
    const refused = await compare(folder, args);
    assertEquals([refused.code, refused.out], [1, ""]);
    assertStringIncludes(refused.err, "--allow-write=.");
    const flags = ["--allow-read=.", "--allow-write=."];
    const { code, err } = await compare(folder, args, { flags });
    assertEquals([code, err], [0, ""]);
    const page = await Deno.readTextFile(join(folder, "out.html"));
    assert(page.startsWith("<!doctype html>"));
    assertStringIncludes(page, "<dt>config.patience</dt><dd>2 → 3</dd>");
  }));

Deno.test("--html writes to the file that a link leads to, and leaves the link", () =>
  inRuns(async (folder) => {
    await Deno.writeTextFile(join(folder, "real.html"), "old");
    await Deno.symlink("real.html", join(folder, "link.html"));
    const args = ["good.json", "patient.json", "--html", "link.html"];
    const { code, err } = await compare(folder, args, { flags: ["-A"] });
    assertEquals([code, err], [0, ""]);
    assert((await Deno.lstat(join(folder, "link.html"))).isSymlink);
    assertStringIncludes(await Deno.readTextFile(join(folder, "real.html")), "<!doctype html>");
  }));

Deno.test("--html does not write over what is read, under whatever name", () =>
  inRuns(async (folder) => {
    const trace = await Deno.readTextFile(join(folder, "good.json"));
    await Deno.symlink("good.json", join(folder, "link.json"));
    for (const html of ["good.json", "./good.json", "link.json", join(folder, "good.json")]) {
      const { code, err } = await compare(folder, ["good.json", "same.json", "--html", html], {
        flags: ["-A"],
      });
      assertEquals(code, 2, html);
      assertStringIncludes(err, "which is an input");
    }
    assertEquals(await Deno.readTextFile(join(folder, "good.json")), trace);
  }));

Deno.test("bad arguments end with 2 and one line", () =>
  inRuns(async (folder) => {
    const cases = [
      [],
      ["a", "b", "c"],
      ["-", "-"],
      ["-"],
      ["good.json"],
      ["", "good.json"],
      ["good.json", "same.json", "--fail-on", "error"],
      ["good.json", "same.json", "--warn-drop", "-1"],
      ["good.json", "same.json", "--warn-drop=x"],
      ["good.json", "same.json", "--alert-drop=101"],
      ["good.json", "same.json", "--width=5"],
      ["good.json", "same.json", "--unknown"],
      ["good.json", "-", "--data", "-"],
      ["good.json", "same.json", "--html", ""],
      ["runs", "--data", "data.jsonl"],
      ["runs", "--fail-on", "warn"],
    ];
    for (const args of cases) {
      const { code, out, err } = await compare(folder, args);
      assertEquals([code, out], [2, ""], args.join(" "));
      assertMatch(err, /^compare\.ts: [^\n]+ \(see --help\)\n$/);
    }
  }));

Deno.test("files that are missing, folders, or no traces are told in one line", () =>
  inRuns(async (folder) => {
    for (
      const [args, part] of [
        [["good.json", "nowhere.json"], "there is no such file"],
        [["good.json", "runs"], "it is a folder"],
        [["good.json", "data.jsonl"], "Cannot read trace"],
        [["good.json", "same.json", "--data", "good.json"], "Cannot read"],
        [["nowhere"], "there is no such folder"],
      ] as const
    ) {
      const { code, out, err } = await compare(folder, args);
      assertEquals([code, out], [1, ""]);
      assertMatch(err, /^compare\.ts: [^\n]+\n$/);
      assertStringIncludes(err, part);
    }
  }));

Deno.test("what may not be read is told with the flag", () =>
  inRuns(async (folder) => {
    for (const args of [["good.json", "same.json"], ["runs"]]) {
      const { code, out, err } = await compare(folder, args, { flags: [] });
      assertEquals([code, out], [1, ""]);
      assertStringIncludes(err, `--allow-read=${args[0]}`);
    }
  }));

Deno.test("a folder is listed as a table or as JSON, with read permission for it alone", () =>
  inRuns(async (folder) => {
    const flags = ["--allow-read=runs"];
    await Deno.writeTextFile(join(folder, "runs", "half.trace.json"), "{");
    await Deno.symlink(join(folder, "good.json"), join(folder, "runs", "outside.trace.json"));
    const { code, out, err } = await compare(folder, ["runs"], { flags });
    assertEquals([code, err], [0, ""]);
    assertMatch(
      out,
      /^data set +date \(UTC\) +run +synthesizer +rules +dev F1 +test F1 +Δ +status\n/,
    );
    assertStringIncludes(out, "half.trace.json");
    const json = await compare(folder, ["runs", "--json"], { flags });
    const { runs, problems, copies } = JSON.parse(json.out);
    assertEquals(runs.length, 7);
    assertEquals(problems[0].file, "half.trace.json");
    assertEquals(copies.map(({ file }: { file: string }) => file).slice(0, 3), [
      "cities.trace.json",
      "few.trace.json",
      "many.trace.json",
    ]);
  }));

Deno.test("--help tells what there is and ends with 0", async () => {
  const { code, out, err } = await compare(".", ["--help"], { flags: [] });
  assertEquals([code, err], [0, ""]);
  assertStringIncludes(out, "--fail-on SEVERITY");
  for (const line of out.split("\n")) assert(line.length <= 100, line);
});
