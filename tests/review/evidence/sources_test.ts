import { assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { type Rule, ruleId } from "../../../learn/rules/rule.ts";
import { runDigest, stepDigest } from "../../../record/chain.ts";
import { judge } from "../../../review/evidence/judging.ts";
import { type EvidenceFolder, readSources } from "../../../review/evidence/sources.ts";
import { main } from "../../../review/evidence/script.ts";
import { DatasetFiles } from "../../../review/replay/dataset_files.ts";
import { UsageError } from "../../../script/script.ts";
import { type Run, type Trace, traceDigest } from "../../../trace.ts";
import { copyFixtures, FIXTURE_DATA, recordRun } from "./evidence_fixture.ts";
import { inFolder } from "../../pipeline/fixture.ts";

/** Reads a folder with the data of its runs. */
function read(folder: string, data: readonly string[] = [`${folder}/${FIXTURE_DATA}`]) {
  return readSources(folder, new DatasetFiles({ data, test: [], isOfMany: true }));
}

/** The reasons for files, by their names. */
function reasons({ skipped }: EvidenceFolder, folder: string): Record<string, string> {
  return Object.fromEntries(
    skipped.map(({ path, reason }) => [path.slice(folder.length + 1), reason]),
  );
}

Deno.test("each run of a folder is read once, and every file that is not used has its reason", async () => {
  await inFolder(async (folder) => {
    const good = await recordRun(folder, "good");
    const alone = await read(folder);
    assertEquals(alone.sources.map(({ path }) => path), [good.path]);
    assertEquals(reasons(alone, folder), { "many.trace.json": "copy" });
    assertEquals(alone.sources[0].tape.length, 4);

    // The same learning under another id is the same evidence, and the one without a tape is left out.
    const again = await recordRun(folder, "again");
    await Deno.remove(good.tape!);
    const other = await recordRun(folder, "other", ["nothing to say"]);
    await Deno.writeTextFile(`${folder}/broken.trace.json`, '{"format":"ruletrace","version":9}');
    await Deno.writeTextFile(`${folder}/lost.run.exchanges.jsonl`, "");
    await copyFixtures(folder, ["v1.trace.json"]);
    const full = await read(folder);
    // A run that failed has evidence as well.
    assertEquals(full.sources.map(({ path }) => path), [again.path, other.path]);
    assertEquals(judge(full.sources[1]).map(({ reason }) => reason), Array(3).fill("refused"));
    assertEquals(reasons(full, folder), {
      "broken.trace.json": "broken-trace",
      "lost.run.exchanges.jsonl": "tape-without-trace",
      "many.good.trace.json": "copy",
      "many.trace.json": "copy",
      "v1.trace.json": "no-data",
    });
    assertEquals(other.trace.run.status, "failed");
    assertEquals(judge(full.sources[0]), judge(alone.sources[0]));
  });
});

Deno.test("a tape that is not the one of its run is refused, and its rules are judged without it", async () => {
  await inFolder(async (folder) => {
    const { tape } = await recordRun(folder, "good");
    const text = await Deno.readTextFile(tape!);
    const rulesOnly = (all: EvidenceFolder) => judge(all.sources[0]).map(({ kind }) => kind);
    for (
      const [from, to] of [
        // White space alone.
        ['{\\"rules\\":[', '{\\"rules\\": ['],
        ['"response":"{', '"response":" {'],
        ["wantedLabels", "wantedLabel"],
      ]
    ) {
      await Deno.writeTextFile(tape!, text.replace(from, to));
      const found = await read(folder);
      assertEquals(reasons(found, folder)["many.good.exchanges.jsonl"], "broken-tape", from);
      assertEquals(rulesOnly(found).includes("reply"), false);
    }
    await Deno.writeTextFile(tape!, "");
    assertEquals(reasons(await read(folder), folder)["many.good.exchanges.jsonl"], "broken-tape");
    await Deno.remove(tape!);
    assertEquals(reasons(await read(folder), folder)["many.good.trace.json"], "no-tape");
    // It has no end.
    await Deno.symlink("/dev/zero", tape!);
    assertEquals(reasons(await read(folder), folder)["many.good.exchanges.jsonl"], "broken-tape");
  });
});

/** Changes a run and one of its rules, and brings the ids and digests up to date. */
function forge(trace: Trace, run: Partial<Run>, rule: Partial<Rule>): string {
  const [first] = Object.values(trace.rules);
  const id = ruleId({ ...first, ...rule });
  const text = JSON.stringify({ ...trace, run: { ...trace.run, protocol: undefined, ...run } });
  const forged = JSON.parse(text.replaceAll(first.id, id)) as Trace;
  const rules = { ...forged.rules, [id]: { ...first, ...rule, id } };
  let last = runDigest(forged.run);
  const steps = forged.steps.map((step) => ({ ...step, digest: last = stepDigest(last, step) }));
  const digest = traceDigest(runDigest(forged.run), rules, last);
  return JSON.stringify({ ...forged, rules, steps, digest });
}

Deno.test("a run whose rules cannot run here is told, and does not stop the others", async () => {
  await inFolder(async (folder) => {
    const { path, trace } = await recordRun(folder, "good");
    const other = await recordRun(folder, "other", ["nothing to say"]);
    const changes: [string, Partial<Run>, Partial<Rule>][] = [
      ["cannot run: backtracking", {}, { patterns: ["(a\\w*)(\\w+\\s?)*\\1x"] }],
      ["cannot run: invalid-pattern", {}, { patterns: ["\\1x("] }],
      ["config: field decide", { config: { decide: "ask" } }, {}],
    ];
    for (const [expected, run, rule] of changes) {
      await Deno.writeTextFile(path, forge(trace, run, rule));
      const found = await read(folder);
      assertEquals(found.sources.map(({ path }) => path), [other.path]);
      const [{ detail }] = found.skipped.filter(({ reason }) => reason === "cannot-run");
      assertStringIncludes(detail, expected);
      // A pattern may be a protected text.
      assertEquals(detail.includes("1x"), false);
    }
  });
});

Deno.test("examples that are not those of the run are no data for it", async () => {
  await inFolder(async (folder) => {
    await recordRun(folder, "good");
    const data = `${folder}/${FIXTURE_DATA}`;
    const text = await Deno.readTextFile(data);
    await Deno.writeTextFile(data, text.replace("card a", "card A"));
    assertEquals(reasons(await read(folder), folder)["many.good.trace.json"], "no-data");
    await Deno.writeTextFile(data, "not examples");
    assertEquals(reasons(await read(folder), folder)["many.good.trace.json"], "no-data");
    await assertRejects(() => read(`${folder}/missing`), Error, "Cannot read the folder");
  });
});

Deno.test("the script prints counts and writes the evidence, the same each time", async () => {
  await inFolder(async (folder) => {
    await recordRun(folder, "good");
    const data = ["--data", `${folder}/${FIXTURE_DATA}`];
    await assertRejects(() => main([folder]), UsageError, "--data is missing");
    await assertRejects(() => main([folder, "other", ...data]), UsageError, "expected one folder");
    await assertRejects(() => main([`${folder}/no`, ...data]), Error, "Cannot read the folder");
    const output = `${folder}/evidence.jsonl`;
    const texts: string[] = [];
    for (let time = 0; time < 2; time++) {
      await main([folder, ...data, "-o", output, "--json"]);
      texts.push(await Deno.readTextFile(output));
    }
    assertEquals(texts[0], texts[1]);
    const lines = texts[0].trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ kind }) => kind), [
      ...["rule", "rule", "rule"],
      ...["reply", "reply", "reply", "reply"],
    ]);
    await assertRejects(
      () => main([folder, "--data", "examples/restaurant.jsonl"]),
      Error,
      "no run of the folder can be judged",
    );
  });
});
