import { assert, assertEquals, assertMatch, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { auditDataset } from "../../../review/dataset/auditing.ts";
import { exportDataset } from "../../../review/dataset/exporting.ts";
import { hashBytes } from "../../../review/dataset/files/formats.ts";
import type { FileProblem } from "../../../review/dataset/making.ts";
import { proveRow } from "../../../review/dataset/proving.ts";
import { DATASET_STAGES, planKey, receiptPath } from "../../../review/dataset/receipts.ts";
import { type Trace, traceDigest } from "../../../trace.ts";
import { runDigest, stepDigest } from "../../../record/chain.ts";
import {
  options,
  prepareRun,
  readAll,
  SECRET,
  temporaryFolder,
  writeFiles,
} from "./dataset_fixture.ts";

/** A data set with its inputs: files by path. */
const whole = await (async () => {
  await using folder = await temporaryFolder();
  await exportDataset(join(folder.path, "out"), await prepareRun(folder.path), options);
  return await readAll(folder.path);
})();
const [trace, tape] = [/-\w+\.trace\.json$/, /\.exchanges\.jsonl$/].map((name) =>
  [...whole.keys()].find((path) => name.test(path))!
);

/** Replaces the first occurrence of a part, which must be there. */
function replacePart(part: string | RegExp, by: string): (text: string) => string {
  return (text) => {
    const changed = text.replace(part, by);
    assert(changed !== text, `there is no ${part}`);
    return changed;
  };
}

/** Changes what a run was told, and brings the digests of the trace up to date. */
function forgeTrace(text: string): string {
  const read = JSON.parse(text) as Trace;
  const run = { ...read.run, dataset: { ...read.run.dataset, name: "other" } };
  let last = runDigest(run);
  const steps = read.steps.map((step) => ({ ...step, digest: last = stepDigest(last, step) }));
  return JSON.stringify({
    ...read,
    run,
    steps,
    digest: traceDigest(runDigest(run), read.rules, last),
  });
}

/** Changes the reply of the first exchange, which has one. */
function respaceReply(text: string): string {
  const [first, ...others] = text.split("\n");
  const exchange = JSON.parse(first);
  return [JSON.stringify({ ...exchange, response: `${exchange.response} ` }), ...others].join("\n");
}

const tamperings: Readonly<
  Record<string, [file: string, tamper: (text: string) => string]>
> = {
  "a row": ["out/sft.jsonl", replacePart("assistant", "user")],
  "a row's lineage": ["out/sft.lineage.jsonl", replacePart('"verbatim"', '"curated"')],
  "the order of lineage": [
    "out/hard.lineage.jsonl",
    (text) => text.trimEnd().split("\n").reverse().join("\n") + "\n",
  ],
  "evidence": ["out/evidence.jsonl", replacePart(/"survived"(?=[^\n]*\n$)/, '"f1"')],
  "a trace": [trace, replacePart('"completed"', '"failed"')],
  "a trace with its digests": [trace, forgeTrace],
  "a request on the tape": [tape, replacePart("user", "system")],
  "the white space of a response on the tape": [tape, respaceReply],
  "an outcome on the tape": [tape, replacePart('"outcome":"parsed"', '"outcome":"repaired"')],
  "a text of the data": ["train.jsonl", replacePart('"text":"', '"text":"so ')],
  "a label of the data": ["train.jsonl", replacePart(/"label":"[^"]*"/, '"label":"other"')],
  "quarantine": ["out/quarantine.jsonl", replacePart('"category"', '"tie"')],
  "the card": ["out/README.md", replacePart("29 rows", "30 rows")],
  "a schema": ["out/sft.schema.json", replacePart("messages", "message")],
  "the summary": ["out/summary.json", replacePart('"judge-1"', '"judge-2"')],
  "a receipt": ["out/receipts/rows.json", replacePart('"hard": 14', '"hard": 15')],
  "a protected file": ["test.jsonl", replacePart("nobody", "no secret")],
  "a byte order mark": ["out/hard.jsonl", (text) => `\ufeff${text}`],
};

/** Returns the first line that tampering changes, from 1. */
function firstChanged(text: string, tamper: (text: string) => string): number {
  const lines = tamper(text).split("\n");
  return text.split("\n").findIndex((line, place) => line !== lines[place]) + 1;
}

/** Brings all digests of receipts up to date with the files. */
async function forgeReceipts(folder: string): Promise<void> {
  let before: string | undefined;
  for (const stage of DATASET_STAGES) {
    const path = join(folder, "out", receiptPath(stage));
    const receipt = JSON.parse(await Deno.readTextFile(path));
    for (const file of [...receipt.inputs, ...receipt.outputs]) {
      if (file.path === undefined) continue;
      file.sha256 = hashBytes(await Deno.readFile(join(folder, "out", file.path)));
    }
    const after = before === undefined ? {} : { after: before };
    before = planKey({ ...receipt, ...after });
    await Deno.writeTextFile(
      path,
      JSON.stringify({ ...receipt, ...after, key: before }, null, 2) + "\n",
    );
  }
}

Deno.test("a data set holds, and still does if it is moved together with its inputs", async () => {
  await using folder = await temporaryFolder();
  await writeFiles(join(folder.path, "elsewhere"), whole);
  const audit = await auditDataset(join(folder.path, "elsewhere/out"));
  assertEquals(audit, {
    checked: { files: 22, rows: 29, inputs: 4 },
    isRemade: true,
    problems: [],
  });
});

for (const [name, [path, tamper]] of Object.entries(tamperings)) {
  Deno.test(`tampering with ${name} is found and named, also by who forges receipts`, async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, whole);
    await Deno.writeTextFile(join(folder.path, path), tamper(whole.get(path)!));
    const out = join(folder.path, "out");
    const named = path.startsWith("out/") ? path.slice("out/".length) : join("..", path);
    const { problems } = await auditDataset(out);
    // Of a row and its lineage, it cannot be told which one was changed.
    const pathsOf = (paths: readonly string[]) => paths.map((path) => path.replace(".lineage", ""));
    assertEquals([...new Set(pathsOf(problems.map(({ path }) => path)))], pathsOf([named]));
    const line = path.startsWith("out/") ? firstChanged(whole.get(path)!, tamper) : undefined;
    const isNamed = (found: readonly FileProblem[]) =>
      found.some((one) => one.path === named && (line === undefined || one.line === line));
    assert(isNamed(problems), JSON.stringify(problems));
    await forgeReceipts(folder.path);
    const forged = await auditDataset(out);
    assert(forged.problems.length > 0);
    if (line !== undefined) assert(isNamed(forged.problems), JSON.stringify(forged.problems));
  });
}

Deno.test("files that are gone, that nobody wrote, and files that are not receipts are named", async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, "out");
  const audit = async (changes: Readonly<Record<string, string | undefined>>) => {
    const files = new Map(whole);
    for (const [path, text] of Object.entries(changes)) {
      if (text === undefined) files.delete(path);
      else files.set(path, text);
    }
    await Deno.remove(folder.path, { recursive: true });
    await writeFiles(folder.path, files);
    const { problems } = await auditDataset(out);
    return problems.map(({ path, problem }) => `${path}: ${problem}`);
  };
  assertEquals(await audit({ "out/sft.jsonl": undefined }), [
    "sft.jsonl: it is missing; it is missing, its lineage is not",
  ]);
  assertEquals(await audit({ "test.jsonl": undefined }), [
    "../test.jsonl: this protected file is missing",
  ]);
  assertEquals(await audit({ "out/weak.jsonl": "{}\n" }), ["weak.jsonl: no receipt lists it"]);
  assertEquals(await audit({ "out/receipts/rows.json": undefined }), [
    "receipts/rows.json: it is missing: the export was cut short, or it was removed",
  ]);
  assertEquals(await audit({ "out/receipts/rows.json": '{"stage":\n' }), [
    "receipts/rows.json: line 2, column 1: expected a value, but the text ends",
  ]);
  const index = whole.get("out/receipts/index.json")!;
  const elsewhere = replacePart(/"path": "[^"]*\.trace\.json"/, '"path": "/etc/passwd"')(index);
  assertEquals(await audit({ "out/receipts/index.json": elsewhere }), [
    "receipts/index.json: its key is not that of its inputs and options",
    "receipts: Cannot read the receipts: expected paths from the folder of the data set on",
  ]);
  const older = index.replaceAll('"judge-1"', '"judge-0"');
  assertMatch(
    (await audit({ "out/receipts/index.json": older }))[0],
    /with judge-0, and this is .* judge-1$/,
  );
  await assertRejects(
    () => auditDataset(join(folder.path, "runs")),
    Error,
    "it holds no receipt of an export",
  );
});

Deno.test("a row is proved from its bytes to the exchange, the step and the data", async () => {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, whole);
  const out = join(folder.path, "out");
  const prove = async (name: string, line: number) => {
    const { links } = await proveRow(out, name, line);
    return [links.map(({ of }) => of), links.filter(({ holds }) => !holds).map(({ of }) => of)];
  };
  const source = ["trace", "data", "step"];
  const asked = ["exchange", "response", "answer"];
  assertEquals(await prove("unpaired", 2), [
    ["row", "inputs", "evidence", ...source, ...asked, "shown", "protected", "remade"],
    [],
  ]);
  assertEquals(await prove("playbook", 1), [
    ["row", "inputs", ...source, "shown", "protected", "remade"],
    [],
  ]);
  await assertRejects(
    () => proveRow(out, "sft", 7),
    RangeError,
    "There is no row sft:7: sft.jsonl has 6 lines",
  );
  await assertRejects(
    () => proveRow(out, "weak", 1),
    RangeError,
    'There are no rows "weak": expected sft, unpaired, playbook, hard',
  );
});

Deno.test("the link of a proof that tampering breaks is named", async () => {
  await using folder = await temporaryFolder();
  const broken = async (path: string, tamper: (text: string) => string) => {
    await writeFiles(folder.path, whole);
    await Deno.writeTextFile(join(folder.path, path), tamper(whole.get(path)!));
    const name = path.includes("hard") ? "hard" : "unpaired";
    const { links } = await proveRow(join(folder.path, "out"), name, 1);
    return links.filter(({ holds }) => !holds).map(({ of }) => of);
  };
  const isOf = (name: string, by: string) => replacePart(`"${name}":"`, `$&${by}`);
  assertEquals(await broken("out/hard.jsonl", isOf("text", "so ")), ["row", "remade"]);
  assertEquals(await broken("out/unpaired.jsonl", isOf("content", "so ")), [
    "row",
    "answer",
    "remade",
  ]);
  assertEquals(await broken("out/evidence.jsonl", replacePart(/"accepted"/g, '"rejected"')), [
    "evidence",
  ]);
  assertEquals(await broken(trace, forgeTrace), ["inputs", "trace", "shown", "remade"]);
  assertEquals(await broken(tape, respaceReply), ["inputs", "exchange", "remade"]);
  assertEquals(await broken("train.jsonl", isOf("label", "x")), [
    "inputs",
    "trace",
    "shown",
    "remade",
  ]);
  const secret = { text: SECRET };
  assertEquals(await broken("out/hard.jsonl", (text) => `${JSON.stringify(secret)}\n${text}`), [
    "row",
    "protected",
    "remade",
  ]);
  // Digests can be brought up to date, and no digest of the inputs is about these.
  for (
    const [name, part, by] of [["hard", '"label":"', '"label":"x'], ["unpaired", ":true", ":false"]]
  ) {
    await writeFiles(folder.path, whole);
    const [row, ...rows] = whole.get(`out/${name}.jsonl`)!.split("\n");
    const forged = replacePart(part, by)(row);
    const lineage = whole.get(`out/${name}.lineage.jsonl`)!.replace(
      hashBytes(row),
      hashBytes(forged),
    );
    await Deno.writeTextFile(join(folder.path, `out/${name}.jsonl`), [forged, ...rows].join("\n"));
    await Deno.writeTextFile(join(folder.path, `out/${name}.lineage.jsonl`), lineage);
    await forgeReceipts(folder.path);
    const { links } = await proveRow(join(folder.path, "out"), name, 1);
    assertEquals(links.filter(({ holds }) => !holds).map(({ of }) => of), ["remade"], name);
  }
});
