import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import fs from "node:fs";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import type { DatasetInput } from "../../../learn/data/dataset.ts";
import { runCompare } from "../../../review/compare/script.ts";
import { UsageError } from "../../../script/script.ts";
import { renderTrace, withTrace } from "../../../trace.ts";
import { ComparisonShape, HistoryShape } from "../json_shapes.ts";
import {
  all,
  card,
  few,
  inFolder,
  many,
  propose,
  rate,
  silent,
  stub,
} from "../../pipeline/fixture.ts";
import { executeScript } from "../../script/process.ts";

/** Runs `review/compare.ts` in a folder; by default it may read that folder and nothing else. */
async function spawn(
  cwd: string,
  args: readonly string[],
  { flags = ["--allow-read=."], input }: { flags?: readonly string[]; input?: string } = {},
): Promise<{ code: number; out: string; err: string }> {
  const options = { flags, input, env: {} };
  const { code, stdout, stderr } = await executeScript("review/compare.ts", args, cwd, options);
  return { code, out: stdout, err: stderr };
}

/** Runs the script in this process, on the files of a folder: its exit code, and what it printed. */
async function compare(
  folder: string,
  files: readonly string[],
  ...options: readonly string[]
): Promise<{ code: number; out: string }> {
  let out = "";
  const { writeSync } = fs;
  fs.writeSync = (file: number, bytes: NodeJS.ArrayBufferView | string) => {
    if (file !== 1) return writeSync(file, bytes as Uint8Array);
    out += new TextDecoder().decode(bytes as Uint8Array);
    return (bytes as Uint8Array).length;
  };
  try {
    const code = await runCompare([...files.map((name) => join(folder, name)), ...options]);
    return { code, out };
  } finally {
    fs.writeSync = writeSync;
  }
}

const options: LearnOptions = { coordinator: silent(), refit: false };
const three = () => stub({ added: all });
const cities: DatasetInput = {
  name: "cities",
  examples: [{ text: "to Rome", entities: [{ text: "Rome", type: "city" }] }],
};

/** Traces by name: `good`, the `same` again, one that lost rules, and others; `runs` has them all. */
async function recordRuns(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  await inFolder(async (storage) => {
    const record = async (name: string, options: LearnOptions, dataset: DatasetInput = many) => {
      const { trace } = await withTrace(learnRules, { storage })(dataset, options);
      files.set(`${name}.json`, renderTrace(trace));
    };
    await record("good", { ...options, synthesizer: three(), patience: 2 });
    await record("same", { ...options, synthesizer: three(), patience: 2 });
    await record("patient", { ...options, synthesizer: three(), patience: 3 });
    await record("worse", { ...options, synthesizer: stub({ added: [card, rate] }), patience: 4 });
    await record("broken", { ...options, synthesizer: stub({ added: [card, rate] }), patience: 2 });
    await record("few", { ...options, synthesizer: three() }, few);
    await record("spans", { ...options, synthesizer: stub({ added: [propose("city", "Rome")] }) }, {
      ...cities,
    });
    for await (const { name } of Deno.readDir(storage)) {
      files.set(`runs/${name}`, await Deno.readTextFile(join(storage, name)));
    }
  });
  const lines = many.examples.map((example) => `${JSON.stringify(example)}\n`);
  // Texts that no run learned from.
  const others = many.examples.map((example) =>
    `${JSON.stringify({ ...example, text: `${example.text} please` })}\n`
  );
  return files.set("data.jsonl", `\n${lines.join("")}`).set("other.jsonl", others.join(""));
}

let recorded: Promise<Map<string, string>> | undefined;

/** Calls `use` with a folder of its own that holds the recorded runs. */
async function inRuns(use: (folder: string) => Promise<void>): Promise<void> {
  const files = await (recorded ??= recordRuns());
  await inFolder(async (temporary) => {
    const folder = await Deno.realPath(temporary);
    await Deno.mkdir(join(folder, "runs"));
    for (const [name, text] of files) await Deno.writeTextFile(join(folder, name), text);
    await use(folder);
  });
}

Deno.test("the same run twice is identical and ends with 0, even where warnings would fail", () =>
  inRuns(async (folder) => {
    const other = await spawn(folder, ["good.json", "same.json", "--fail-on", "warn"]);
    assertEquals([other.code, other.err], [0, ""]);
    assert(other.out.startsWith("identical: same inputs, same steps, same rules\n"), other.out);
    const itself = await compare(folder, ["good.json", "good.json"], "--json", "--fail-on=warn");
    assertEquals([itself.code, JSON.parse(itself.out).identical], [0, true]);
  }));

Deno.test("one changed hyper-parameter is named, with what it changed or did not", () =>
  inRuns(async (folder) => {
    const { code, out } = await spawn(folder, ["good.json", "patient.json"]);
    assertEquals(code, 0);
    assertMatch(out, /what the runs were given\n {2}config\.patience {2}2 → 3\n\n/);
    assertStringIncludes(out, "both runs took the same steps");
  }));

Deno.test("worse ends with 1, what could not be compared with 2, by what was asked for", () =>
  inRuns(async (folder) => {
    const data = `--data=${join(folder, "other.jsonl")}`;
    const learned = `--data=${join(folder, "data.jsonl")}`;
    for (
      const [expected, other, ...options] of [
        [1, "worse.json", data],
        [0, "worse.json", data, "--fail-on=never"],
        [0, "worse.json", data, "--alert-drop=100"],
        [1, "worse.json", data, "--alert-drop=100", "--fail-on=warn"],
        [0, "worse.json", data, "--alert-drop=100", "--warn-drop=100", "--fail-on=warn"],
        // On dev alone, two examples may be chance.
        [0, "worse.json"],
        [1, "worse.json", "--fail-on=warn"],
        // No F1 on the same examples, or none at all.
        [2, "few.json"],
        [2, "few.json", "--fail-on=warn"],
        [0, "few.json", "--fail-on=never"],
        [0, "few.json", data, "--alert-drop=100"],
        [1, "few.json", data, "--alert-drop=100", "--fail-on=warn"],
        [2, "spans.json"],
        // A minimum holds whatever else does.
        [0, "patient.json", data, "--min-f1=100", "--min-f1-label=100"],
        [0, "worse.json", data, "--fail-on=never", "--min-f1=79.9"],
        [1, "worse.json", data, "--fail-on=never", "--min-f1=80.1"],
        [1, "worse.json", data, "--fail-on=never", "--min-f1-label=2"],
        [0, "patient.json", "--min-f1=100"],
        [1, "worse.json", "--min-f1=95"],
        [2, "patient.json", learned, "--min-f1=50"],
        [2, "patient.json", learned, "--min-f1-label=50", "--fail-on=never"],
      ] as const
    ) {
      const { code } = await compare(folder, ["patient.json", other], ...options);
      assertEquals([code, other, ...options], [expected, other, ...options]);
    }
  }));

Deno.test("the same inputs with another output fail as a break of determinism", () =>
  inRuns(async (folder) => {
    const args = ["good.json", "broken.json", "--alert-drop=100"];
    const { code, out, err } = await spawn(folder, args);
    // The stubs have one name and settings: to the record they are one learner.
    assertEquals([code, err], [1, ""]);
    assertMatch(out, /^alert: the same inputs gave another output: determinism is broken/);
  }));

Deno.test("runs of different tasks say what cannot be compared", () =>
  inRuns(async (folder) => {
    const data = `--data=${join(folder, "data.jsonl")}`;
    const { code, out } = await compare(folder, ["good.json", "spans.json"], data, "--json");
    assertEquals(code, 2);
    assertEquals(JSON.parse(out).incomparable, [{
      what: "steps, rules and scores",
      why: "one run is classification, the other ner: their rules do different things",
    }]);
    const text = await compare(folder, ["good.json", "spans.json"], data);
    assertMatch(
      text.out,
      /cannot be compared\n {2}steps, rules and scores +one run is classificat/,
    );
  }));

Deno.test("a trace of a newer format version is refused by that version", () =>
  inRuns(async (folder) => {
    const path = join(folder, "newer.json");
    const text = await Deno.readTextFile(join(folder, "good.json"));
    await Deno.writeTextFile(path, text.replace(/"version":\d/, '"version":4'));
    const { code, out, err } = await spawn(folder, ["good.json", "newer.json"]);
    assertEquals([code, out], [2, ""]);
    assertMatch(err, /^compare\.ts: [^\n]*newer\.json[^\n]*format version 4, and this[^\n]*\n$/);
  }));

Deno.test("--data lists examples by id and line, --json has it all and no text", () =>
  inRuns(async (folder) => {
    const files = ["patient.json", "worse.json"];
    const options = ["--data", join(folder, "data.jsonl"), "--json", "--fail-on=never"];
    const { code, out } = await compare(folder, files, ...options);
    assertEquals(code, 0);
    const { data, severity, differences } = ComparisonShape.parse(JSON.parse(out));
    // They learned from these very examples, so only dev is judged.
    assertEquals(severity, "warn");
    assertEquals(differences, [{ field: "config.patience", before: 3, after: 4 }]);
    const lost = many.examples.flatMap(({ label }, index) =>
      label === "fee" ? [{ id: `fee-${index - 10}`, line: index + 2 }] : []
    );
    assertEquals(data?.lost, lost);
    assertEquals(data?.mcnemar, { gained: 0, lost: 10, pValue: 2 / 1024 });
    assertEquals(data?.learnedFrom, ["before", "after"]);
    for (const { text } of many.examples) assertEquals(out.includes(text), false);
  }));

Deno.test("one of the traces, or the data, can come from the standard input", () =>
  inRuns(async (folder) => {
    const read = (name: string) => Deno.readTextFile(join(folder, name));
    const trace = { input: await read("good.json") };
    const first = await spawn(folder, ["-", "good.json"], trace);
    assertEquals([first.code, first.out.split(":")[0]], [0, "identical"]);
    const flags = ["--allow-read=good.json,same.json"];
    const data = { input: (await read("data.jsonl")).trimStart(), flags };
    const other = await spawn(folder, ["good.json", "same.json", "--data", "-"], data);
    assertEquals([other.code, other.err], [0, ""]);
    assertStringIncludes(other.out, "on 30 examples of stdin");
  }));

Deno.test("--html writes a page, given permission for its folder, and names the flag without it", () =>
  inRuns(async (folder) => {
    const args = ["good.json", "patient.json", "--html", "out.html"];
    const refused = await spawn(folder, args);
    assertEquals([refused.code, refused.out], [2, ""]);
    assertStringIncludes(refused.err, "--allow-write=.");
    const flags = ["--allow-read=.", "--allow-write=."];
    const { code, err } = await spawn(folder, args, { flags });
    assertEquals([code, err], [0, ""]);
    const page = await Deno.readTextFile(join(folder, "out.html"));
    assert(page.startsWith("<!doctype html>"));
    assertStringIncludes(page, "<dt>config.patience</dt><dd>2 → 3</dd>");
  }));

Deno.test("--html writes to the file that a link leads to, and leaves the link", () =>
  inRuns(async (folder) => {
    const link = join(folder, "link.html");
    await Deno.writeTextFile(join(folder, "real.html"), "old");
    await Deno.symlink("real.html", link);
    const { code } = await compare(folder, ["good.json", "patient.json"], "--html", link);
    assertEquals(code, 0);
    assert((await Deno.lstat(link)).isSymlink);
    assertStringIncludes(await Deno.readTextFile(join(folder, "real.html")), "<!doctype html>");
  }));

Deno.test("--html does not write over what is read, under whatever name", () =>
  inRuns(async (folder) => {
    const trace = await Deno.readTextFile(join(folder, "good.json"));
    await Deno.symlink("good.json", join(folder, "link.json"));
    const args = ["good.json", "same.json", "--html", "./good.json"];
    const { code, err } = await spawn(folder, args, { flags: ["-A"] });
    assertEquals(code, 2);
    assertStringIncludes(err, "which is an input");
    for (const html of ["good.json", "same.json", "link.json", "runs/../good.json"]) {
      const path = `${folder}/${html}`;
      await assertRejects(
        () => compare(folder, ["good.json", "same.json"], "--html", path),
        UsageError,
        "which is an input",
      );
    }
    assertEquals(await Deno.readTextFile(join(folder, "good.json")), trace);
  }));

Deno.test("bad arguments end with 2 and one line", async () => {
  const { code, out, err } = await spawn(".", ["a", "b", "--fail-on", "error"], { flags: [] });
  assertEquals([code, out], [2, ""]);
  assertMatch(err, /^compare\.ts: [^\n]+ \(see --help\)\n$/);
  for (
    const [message, ...args] of [
      ["expected two traces or one folder, got 0"],
      ["expected two traces or one folder, got 3", "a", "b", "c"],
      ["only one input can be the standard input", "-", "-"],
      ["only one input can be the standard input", "a", "-", "--data", "-"],
      ["expected a second trace beside -", "-"],
      ["is not a folder", import.meta.filename!],
      ["a path is empty", "", "b"],
      ["--fail-on is error, expected warn, alert or never", "a", "b", "--fail-on", "error"],
      ["a value that begins with a dash", "a", "b", "--warn-drop", "-1"],
      ["--warn-drop is x, expected 0 to 100", "a", "b", "--warn-drop=x"],
      ["--alert-drop is 101, expected 0 to 100", "a", "b", "--alert-drop=101"],
      ["--width is 5, expected", "a", "b", "--width=5"],
      ["unknown option --unknown", "a", "b", "--unknown"],
      ["--html is empty", "a", "b", "--html", ""],
      ["--data is for two traces", "runs", "--data", "data.jsonl"],
      ["--fail-on is for two traces", "runs", "--fail-on", "warn"],
      ["--min-f1 is for two traces", "runs", "--min-f1", "90"],
      ["--min-f1 is 0.9, expected per cent", "a", "b", "--min-f1=0.9"],
      ["--min-f1-label is 101, expected 0 to 100 per cent", "a", "b", "--min-f1-label=101"],
      ["--min-f1-label needs --data", "a", "b", "--min-f1-label=90"],
      ["--format is xml, expected text, json, markdown or github", "a", "b", "--format=xml"],
      ["--json and --format github do not go together", "a", "b", "--json", "--format=github"],
      ["--format markdown is for two traces", "runs", "--format=markdown"],
    ]
  ) {
    const { message: found } = await assertRejects(() => runCompare(args), UsageError);
    assertStringIncludes(found, message);
    assertEquals(found.includes("\n"), false);
  }
});

Deno.test("files that are missing, folders, or not traces are named in one line", () =>
  inRuns(async (folder) => {
    const { code, out, err } = await spawn(folder, ["good.json", "nowhere.json"]);
    assertEquals([code, out], [2, ""]);
    assertMatch(err, /^compare\.ts: [^\n]+there is no such file\n$/);
    for (
      const [files, part, ...options] of [
        [["good.json", "runs"], "it is a folder"],
        [["good.json", "data.jsonl"], "Cannot read trace"],
        [["good.json", "same.json"], "Cannot read", "--data", join(folder, "good.json")],
        [["nowhere"], "there is no such folder"],
      ] as const
    ) {
      const { message } = await assertRejects(() => compare(folder, files, ...options), Error);
      assertStringIncludes(message, part);
      assertEquals(message.includes("\n"), false);
    }
  }));

Deno.test("a missing read permission is named with its flag", () =>
  inRuns(async (folder) => {
    for (const args of [["good.json", "same.json"], ["runs"]]) {
      const { code, out, err } = await spawn(folder, args, { flags: [] });
      assertEquals([code, out], [2, ""]);
      assertStringIncludes(err, `--allow-read=${args[0]}`);
    }
  }));

Deno.test("a folder is listed as a table or as JSON, with read permission for it alone", () =>
  inRuns(async (folder) => {
    const flags = ["--allow-read=runs"];
    await Deno.writeTextFile(join(folder, "runs", "half.trace.json"), "{");
    await Deno.symlink(join(folder, "good.json"), join(folder, "runs", "outside.trace.json"));
    const { code, out, err } = await spawn(folder, ["runs"], { flags });
    assertEquals([code, err], [0, ""]);
    assertMatch(
      out,
      /^data set +date \(UTC\) +run +synthesizer +rules +dev F1 +test F1 +Δ +status\n/,
    );
    assertStringIncludes(out, "half.trace.json");
    const json = await spawn(folder, ["runs", "--json"], { flags });
    const { runs, problems, copies } = HistoryShape.parse(JSON.parse(json.out));
    assertEquals(runs.length, 7);
    assertEquals(problems[0].file, "half.trace.json");
    assertEquals(copies.map(({ file }) => file).slice(0, 3), [
      "cities.trace.json",
      "few.trace.json",
      "many.trace.json",
    ]);
  }));

Deno.test("--help lists the options and ends with 0", async () => {
  const { code, out, err } = await spawn(".", ["--help"], { flags: [] });
  assertEquals([code, err], [0, ""]);
  assertStringIncludes(out, "--fail-on SEVERITY");
  for (const line of out.split("\n")) assert(line.length <= 100, line);
});
