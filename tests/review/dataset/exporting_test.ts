import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { dirname, join } from "jsr:@std/path@^1";
import { createMakers } from "../../../review/dataset/makers.ts";
import { auditDataset } from "../../../review/dataset/auditing.ts";
import { exportDataset } from "../../../review/dataset/exporting.ts";
import type { DatasetMakers } from "../../../review/dataset/making.ts";
import type { DatasetPaths } from "../../../review/dataset/options.ts";
import { readTrace } from "../../../trace.ts";
import { copyFixtures } from "../evidence/evidence_fixture.ts";
import type { Evidence } from "../../../review/evidence/format.ts";
import { judge } from "../../../review/evidence/judging.ts";
import {
  options,
  prepareRun,
  readAll,
  SECRET,
  temporaryFolder,
  writeFiles,
} from "./dataset_fixture.ts";

const [given, names] = await (async () => {
  await using folder = await temporaryFolder();
  const { folder: runs, data, protect } = await prepareRun(folder.path);
  const from = (path: string) => path.slice(folder.path.length);
  return [await readAll(folder.path), [runs, data[0], protect[0]].map(from)];
})();

/** Puts the inputs into a folder of their own. */
async function prepare(
  under = "",
): Promise<{ out: string; paths: DatasetPaths } & AsyncDisposable> {
  const folder = await temporaryFolder();
  const root = join(folder.path, under);
  await writeFiles(root, given);
  const [runs, data, protect] = names.map((name) => join(root, name));
  const paths = { folder: runs, data: [data], protect: [protect] };
  return {
    out: join(root, "out"),
    paths,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** Makers that count how often each is called. */
function counting(
  changed: Partial<DatasetMakers> = {},
): { makers: DatasetMakers; calls: string[] } {
  const calls: string[] = [];
  const entries = Object.entries({ ...createMakers(), ...changed }).map(([name, make]) => [
    name,
    (...args: unknown[]) => {
      calls.push(name);
      return (make as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return { makers: Object.fromEntries(entries) as unknown as DatasetMakers, calls };
}

const statusesOf = ({ stages }: Awaited<ReturnType<typeof exportDataset>>) =>
  stages.map(({ status }) => status);

Deno.test("the same inputs give the same bytes, in another place and at another time", async () => {
  await using one = await prepare();
  await using other = await prepare("deep/".repeat(12));
  const tape = [...given.keys()].find((path) => path.endsWith(".exchanges.jsonl"))!;
  for (const { out } of [one, other]) {
    await Deno.writeTextFile(join(dirname(out), tape), "{}\n", { append: true });
  }
  const first = await exportDataset(one.out, one.paths, options);
  const second = await exportDataset(other.out, other.paths, options);
  assertEquals(second, first);
  assertEquals(first.summary.skipped, [{ reason: "broken-tape", count: 1 }]);
  const files = await readAll(one.out);
  assertEquals(await readAll(other.out), files);
  for (const text of files.values()) assert(!text.includes(one.paths.folder));
});

Deno.test("what is there is not made again; judging not even if other rows are asked for", async () => {
  await using folder = await prepare();
  const { out, paths } = folder;
  const first = await exportDataset(out, paths, options);
  const files = await readAll(out);
  const again = counting();
  const second = await exportDataset(out, paths, options, again.makers);
  assertEquals([again.calls, statusesOf(second)], [[], Array(4).fill("skipped")]);
  assertEquals([second.summary, await readAll(out)], [first.summary, files]);

  const fewer = counting();
  const third = await exportDataset(out, paths, { ...options, kinds: ["hard"] }, fewer.makers);
  assertEquals(statusesOf(third), ["skipped", "ran", "ran", "ran"]);
  assertEquals(fewer.calls, ["readSources", "makeRows", "guardRows", "recheck"]);
  assertEquals([...(await readAll(out)).keys()], [
    "README.md",
    "evidence.jsonl",
    "hard.jsonl",
    "hard.lineage.jsonl",
    "hard.schema.json",
    "lineage.schema.json",
    "quarantine.jsonl",
    "receipts/export.json",
    "receipts/firewall.json",
    "receipts/index.json",
    "receipts/rows.json",
    "summary.json",
    "summary.md",
  ]);

  await Deno.writeTextFile(join(out, "evidence.jsonl"), "{}\n");
  const mended = await exportDataset(out, paths, options);
  assertEquals([statusesOf(mended), await readAll(out)], [Array(4).fill("ran"), files]);
});

Deno.test("another output of the same inputs is an alert, and changes nothing", async () => {
  await using folder = await prepare();
  const { out, paths } = folder;
  await exportDataset(out, paths, options);
  await Deno.remove(join(out, "sft.jsonl"));
  const files = await readAll(out);
  const guardRows: DatasetMakers["guardRows"] = (rows) =>
    Promise.resolve({ rows: rows.slice(2), quarantined: [] });
  await assertRejects(
    () => exportDataset(out, paths, options, { ...createMakers(), guardRows }),
    Error,
    "alert: stage firewall makes something else of the same inputs and options than receipts/firewall.json",
  );
  assertEquals(await readAll(out), files);
});

Deno.test("a stage that fails stops the others, and what is there stays as it was", async () => {
  await using folder = await prepare();
  const { out, paths } = folder;
  const failing = counting({ makeRows: () => Promise.reject(new Error("no memory")) });
  const run = () => exportDataset(out, paths, { ...options, cap: 3 }, failing.makers);
  await assertRejects(run, Error, "Stage rows failed: no memory");
  await assertRejects(() => Deno.stat(out), Deno.errors.NotFound);
  assertEquals(failing.calls, ["readSources", "judge", "makeRows"]);
  await exportDataset(out, paths, options);
  const files = await readAll(out);
  await assertRejects(() => exportDataset(out, paths, { ...options, kinds: [] }, failing.makers));
  assertEquals(await readAll(out), files);
});

Deno.test("a row that the second check finds fails the export, naming its line", async () => {
  await using folder = await prepare();
  const { out, paths } = folder;
  const guardRows: DatasetMakers["guardRows"] = (rows) => {
    const content = { id: "e1", text: SECRET, label: "x", predicted: null, split: "dev" };
    const row = { ...rows[3], kind: "hard" as const, content };
    return Promise.resolve({ rows: [...rows, row], quarantined: [] });
  };
  await assertRejects(
    () => exportDataset(out, paths, options, { ...createMakers(), guardRows }),
    Error,
    "The data set is not put in place: hard.jsonl, line 15: it shows protected text t1 of file 0 (protected-exact)",
  );
  await assertRejects(() => Deno.stat(out), Deno.errors.NotFound);
});

Deno.test("rows are split into files, which the card names; OpenAI gets no unpaired ones", async () => {
  await using folder = await prepare();
  const { out, paths } = folder;
  const splitRows: DatasetMakers["splitRows"] = (rows) =>
    rows.map((_, place) => place % 3 === 0 ? "test" : "train");
  const { summary } = await exportDataset(out, paths, {
    ...options,
    kinds: ["sft", "unpaired", "hard"],
    format: "openai",
    split: { share: 0.7, seed: 1 },
  }, { ...createMakers(), splitRows });
  assertEquals(summary.kinds.map(({ kind, train, test }) => [kind, train, test]), [
    ["sft", 4, 2],
    ["hard", 9, 5],
  ]);
  assertEquals(summary.unwritten, [{ kind: "unpaired", count: 2 }]);
  const card = await Deno.readTextFile(join(out, "README.md"));
  assertStringIncludes(
    card,
    `configs:
  - config_name: sft
    data_files:
      - split: train
        path: sft.train.jsonl
      - split: test
        path: sft.test.jsonl
  - config_name: hard
`,
  );
});

Deno.test("a run whose examples are not given is left out with its digests, by kind", async () => {
  await using folder = await prepare();
  const { out, paths } = folder;
  await copyFixtures(paths.folder, ["v3.trace.json"]);
  const { digest, run } = await readTrace(join(paths.folder, "v3.trace.json"));
  const { summary } = await exportDataset(out, paths, { ...options, kinds: ["teacher", "hard"] });
  assertEquals(summary.skipped.find(({ reason }) => reason === "no-data")?.count, 1);
  const lines = (await Deno.readTextFile(join(out, "quarantine.jsonl"))).trimEnd().split("\n");
  const left = lines.map((line) => JSON.parse(line)).filter(({ reason }) => reason === "no-data");
  assertEquals(left.map(({ kind, sources }) => [kind, sources[0]]), [
    ["teacher", { trace: digest, dataset: run.dataset.digest }],
    ["hard", { trace: digest, dataset: run.dataset.digest }],
  ]);
});

Deno.test("drift of what rules get right is told, by shares and not by amounts", async () => {
  await using folder = await prepare();
  const { out, paths } = folder;
  const judging = (right: number, wrong: number): DatasetMakers => ({
    ...createMakers(),
    judge(source) {
      const [rule] = judge(source).filter((one) => one.kind === "rule");
      const times = (count: number, tp: number): Evidence[] =>
        Array(count).fill({ ...rule, dev: { tp, fp: 10 - tp } });
      return [...times(right, 9), ...times(wrong, 1)];
    },
  });
  await exportDataset(out, paths, options, judging(40, 60));
  const driftsOf = async (changed: typeof options, ...amounts: Parameters<typeof judging>) => {
    // The same examples in another file.
    await Deno.writeTextFile(paths.data[0], "\n", { append: true });
    const { stages } = await exportDataset(out, paths, changed, judging(...amounts));
    return stages.map(({ drifts }) => drifts.map(({ of, p }) => [of, p < .001]));
  };
  assertEquals(await driftsOf(options, 80, 120), [[], [], [], []]);
  const drifts = [["precision on held-out examples", true]];
  assertEquals(await driftsOf(options, 120, 80), [drifts, [], [], []]);
  assertEquals(await driftsOf({ ...options, cap: 9 }, 80, 120), [drifts, [], [], []]);
});

Deno.test("what is killed while files are put in place is found by an audit, and mended", async () => {
  await using one = await prepare();
  const { out, paths } = one;
  const last = join(dirname(out), "last");
  const fewer = { ...options, kinds: ["hard"] as const };
  await exportDataset(out, paths, options);
  await exportDataset(last, paths, fewer);
  const [before, after] = [await readAll(out), await readAll(last)];
  const isLate = (path: string) => /receipts\/(?!index)/.test(path);
  const order = [...after.keys()].sort((a, b) => Number(isLate(a)) - Number(isLate(b)));
  for (const placed of [1, 4, order.length - 1, order.length]) {
    await Deno.remove(out, { recursive: true });
    await writeFiles(out, before);
    await writeFiles(out, new Map(order.slice(0, placed).map((path) => [path, after.get(path)!])));
    assert((await auditDataset(out)).problems.length > 0, `after ${placed} files`);
    await exportDataset(out, paths, fewer);
    assertEquals(await readAll(out), after);
  }
});

Deno.test("an export replaces neither inputs nor files of others, and finishes what was killed", async () => {
  await using folder = await prepare();
  const { out, paths } = folder;
  await Deno.mkdir(out);
  await Deno.writeTextFile(join(out, "README.md"), "mine");
  await assertRejects(
    () => exportDataset(out, paths, options),
    Error,
    "it holds README.md, and no receipt: expected an empty folder, or one that an export wrote",
  );
  assertEquals([...await readAll(out)], [["README.md", "mine"]]);
  await Deno.remove(join(out, "README.md"));

  await writeFiles(out, new Map([["sft.jsonl.tmp", "half"], ["weak.jsonl.tmp", "half"]]));
  await exportDataset(out, paths, options);
  const files = await readAll(out);
  assert(![...files.keys()].some((path) => path.endsWith(".tmp")));

  await Deno.remove(join(out, "summary.json"));
  await Deno.mkdir(join(out, "summary.json"));
  await assertRejects(
    () => exportDataset(out, paths, options),
    Error,
    `Cannot write "${out}/summary.json": it is a folder`,
  );
  await Deno.remove(join(out, "summary.json"));
  await exportDataset(out, paths, options);
  assertEquals(await readAll(out), files);

  const data = [join(out, "sft.jsonl")];
  await Deno.copyFile(paths.data[0], data[0]);
  await assertRejects(
    () => exportDataset(out, { ...paths, data }, options),
    Error,
    "which is an input",
  );
});

Deno.test("protected files without a text and inputs that have no end are refused, before anything is written", async () => {
  await using run = await prepare();
  const { out, paths } = run;
  const { protect: [protect], data: [data] } = paths;
  const empty = join(dirname(out), "empty.jsonl");
  await Deno.writeTextFile(empty, "");
  const endless = join(dirname(out), "endless.jsonl");
  await Deno.symlink("/dev/zero", endless);
  const wrong: [Partial<DatasetPaths>, string][] = [
    [{ protect: [protect, empty] }, `Cannot protect the texts of "${empty}": it has none`],
    [{ protect: [endless] }, `Cannot read "${endless}": it is not a regular file`],
    [{ data: [data, endless] }, `Cannot read "${endless}": it is not a regular file`],
  ];
  for (const [changed, message] of wrong) {
    await assertRejects(
      () => exportDataset(out, { ...paths, ...changed }, options),
      Error,
      message,
    );
  }
  // A folder below a file is not there.
  await assertRejects(
    () => exportDataset(join(empty, "out"), paths, options),
    Error,
    "Cannot write the data set to ",
  );
  assertEquals(await Deno.stat(out).then(() => true, () => false), false);
});

Deno.test("of two exports into one folder at the same time, one is there as a whole", async () => {
  await using run = await prepare();
  const { out, paths } = run;
  const caps = [1, 2, 3];
  await Promise.all(caps.map((cap) => exportDataset(out, paths, { ...options, cap })));
  const { problems } = await auditDataset(out);
  assertEquals(problems, []);
});
