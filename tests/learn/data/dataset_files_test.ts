import { assertEquals, assertMatch, assertRejects } from "jsr:@std/assert@^1";
import {
  type Dataset,
  parseDataset,
  readDataset,
  readExamples,
} from "../../../learn/data/dataset.ts";
import { type Example, labelsOf } from "../../../learn/data/examples.ts";
import type { DatasetFormat } from "../../../learn/data/formats.ts";
import { splitDataset } from "../../../learn/data/split.ts";
import { intents, pairs } from "./dataset_fixture.ts";

async function withFile<T>(
  name: string,
  content: string | Uint8Array,
  run: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/${name}`;
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(path, bytes);
    return await run(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `readDataset("-")` on standard input, in a process without permissions. */
async function readStdin(content: string): Promise<{ code: number; out: string; error: string }> {
  const module = new URL("../../../learn/data/dataset.ts", import.meta.url).href;
  const folder = await Deno.makeTempDir();
  try {
    const script = `${folder}/read.ts`;
    const code = `import { readDataset } from ${JSON.stringify(module)};
      try { console.log(JSON.stringify(await readDataset("-"))); }
      catch (error) { console.error((error as Error).message); Deno.exit(1); }`;
    await Deno.writeTextFile(script, code);
    const config = `${import.meta.dirname}/../../../deno.json`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--config", config, script],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(content));
    await writer.close();
    const result = await child.output();
    const decoder = new TextDecoder();
    const [out, error] = [decoder.decode(result.stdout), decoder.decode(result.stderr)];
    return { code: result.code, out, error };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const written = [["one", "a"], ["two, too", "b"]];
const documents: Record<DatasetFormat, string> = {
  jsonl: '{"text":"one","label":"a"}\n{"text":"two, too","label":"b","doc":1}\n',
  json: '[\n{"text":"one","label":"a"},\n{"text":"two, too","label":"b","doc":{}}\n]\n',
  csv: 'text,label\none,a\n"two, too",b\n',
};

Deno.test("readDataset takes format and name from the file's name", async () => {
  const files: [string, DatasetFormat, string][] = [
    ["banking.jsonl", "jsonl", "banking"],
    ["banking.test.ndjson", "jsonl", "banking.test"],
    ["my data (1).JSON", "json", "my-data--1-"],
    [`${"x".repeat(120)}.csv`, "csv", "x".repeat(100)],
  ];
  for (const [file, format, name] of files) {
    const dataset = await withFile(file, documents[format], (path) => readDataset(path));
    assertEquals(dataset, parseDataset(documents[format], { name, format }));
  }
});

Deno.test("names of files in other scripts give names that differ", async () => {
  const names = await Promise.all(
    ["日本", "中国", "🙂", "😎", "gr\u00f6\u00dfe", "gro\u0308\u00dfe"].map((file) =>
      withFile(`${file}.csv`, documents.csv, (path) => readDataset(path)).then(({ name }) => name)
    ),
  );
  assertEquals(new Set(names).size, 5);
  assertEquals(names[4], names[5]);
  assertMatch(names[4], /^gr--e-[0-9a-f]{8}$/);
});

Deno.test("readDataset prefers the name given, then the document's, then the file's", async () => {
  const text = JSON.stringify({ ...intents, name: "own" });
  assertEquals((await withFile("file.json", text, (path) => readDataset(path))).name, "own");
  const named = await withFile("file.json", text, (path) => readDataset(path, { name: "given" }));
  assertEquals(named.name, "given");
});

Deno.test("readDataset takes the format given, whatever the file's name", async () => {
  const dataset = await withFile(
    "data.txt",
    documents.csv,
    (path) => readDataset(path, { format: "csv" }),
  );
  assertEquals(pairs(dataset), written);
});

Deno.test("readDataset refuses a file name without a known extension before reading the file", async () => {
  const path = await Deno.makeTempFile({ suffix: ".txt" });
  // What is not UTF-8 would be refused as such.
  await Deno.writeFile(path, Uint8Array.of(0xff));
  const error = await assertRejects(() => readDataset(path), RangeError);
  await Deno.remove(path);
  assertEquals(
    error.message,
    `Cannot read "${path}": expected a name that ends in .jsonl, .ndjson, .json or .csv`,
  );
});

Deno.test("readDataset names a missing file in one line and keeps the cause", async () => {
  const error = await assertRejects(() => readDataset("no\nwhere.jsonl"), Error);
  assertEquals(error.message, 'Cannot read "no\\nwhere.jsonl": there is no such file');
  assertEquals((error.cause as { code?: unknown }).code, "ENOENT");
});

Deno.test("readDataset refuses a directory", async () => {
  const folder = await Deno.makeTempDir({ suffix: ".json" });
  try {
    await assertRejects(() => readDataset(folder), Error, "it is a folder");
  } finally {
    await Deno.remove(folder);
  }
});

Deno.test("readDataset names file and line of invalid UTF-8", async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode(documents.jsonl), 0xe9, 0x0a]);
  await withFile("latin.jsonl", bytes, async (path) => {
    const error = await assertRejects(() => readDataset(path), SyntaxError);
    assertEquals(error.message, `Cannot read ${JSON.stringify(path)}: line 3 is not valid UTF-8`);
  });
});

Deno.test("readDataset reads standard input, without permissions, in each format", async () => {
  const whole = JSON.stringify({ examples: written.map(([text, label]) => ({ text, label })) });
  const spread = JSON.stringify(JSON.parse(whole), null, 2);
  const inputs = [...Object.values(documents), `\ufeff \n${documents.json}`, whole, spread];
  for (const { code, out, error } of await Promise.all(inputs.map(readStdin))) {
    assertEquals([code, error], [0, ""]);
    const dataset = JSON.parse(out) as Dataset;
    assertEquals(dataset.name, "stdin");
    assertEquals(pairs(dataset), written);
  }
});

Deno.test("readDataset takes one line with one example on standard input for JSON Lines", async () => {
  const { out } = await readStdin('{"text":"x","label":"a"}');
  assertEquals(pairs(JSON.parse(out) as Dataset), [["x", "a"]]);
});

Deno.test("readDataset names standard input in its errors", async () => {
  const nothing = await readStdin("");
  assertEquals([nothing.code, nothing.error], [
    1,
    "Cannot read standard input: it has no examples\n",
  ]);
  const broken = await readStdin('{\n "examples": [\n oops]}');
  assertEquals(
    broken.error,
    "Cannot read standard input: line 3, column 2: expected a value\n",
  );
});

Deno.test("the shipped examples load and split", async () => {
  const dataset = await readDataset(`${import.meta.dirname}/../../../examples/banking.jsonl`);
  assertEquals([dataset.name, dataset.labels.length, dataset.examples.length], ["banking", 5, 691]);
  const { train, dev } = splitDataset(dataset, { holdout: 0.2, seed: 42 });
  assertEquals(train.length + dev.length, 691);
  assertEquals(new Set(dev.flatMap(labelsOf)).size, 5);
});

Deno.test("of a log of feedback what people set right or accepted is read, as they said it last", async () => {
  const spans = [{ start: 3, end: 4, type: "n" }];
  const logs = {
    ner: [
      { text: "at 5", given: spans, outcome: "accepted" },
      { text: "at 6", given: spans, entities: [] },
      { text: "at 7", given: spans, entities: spans },
      { text: "at 8", given: spans, entities: spans, outcome: "rejected" },
    ],
    classification: [
      { text: "a", given: "x", outcome: "accepted" },
      { text: "b", given: "x", label: "y", id: "1" },
      { text: "b", given: "y", outcome: "accepted", id: "1" },
      { text: "c", given: "x", label: null },
      { text: "d", given: null, outcome: "accepted" },
      { text: "e", label: "z" },
    ],
  } as const;
  const found: unknown[] = [];
  for (const task of ["ner", "classification"] as const) {
    const content = logs[task].map((line) => JSON.stringify(line)).join("\n");
    const { dataset, lineOf, isAccepted } = await withFile(
      "log.jsonl",
      content,
      (path) => readExamples(path, { task, onlyReviewed: true }),
    );
    dataset.examples.forEach((example: Example, index) => {
      const said = "label" in example ? example.label : "entities" in example && example.entities;
      found.push([lineOf(index), said, isAccepted(index)]);
    });
  }
  assertEquals(found, [
    [1, spans, true],
    [2, [], false],
    [1, "x", true],
    [3, "y", true],
    [6, "z", false],
  ]);
});
