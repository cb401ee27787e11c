import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "jsr:@std/assert@^1";
import {
  createDataset,
  type Dataset,
  datasetDigest,
  type DatasetInput,
  DatasetName,
  parseDataset,
  readDataset,
  requireLearnable,
} from "../../../learn/data/dataset.ts";
import type { DatasetFormat } from "../../../learn/data/formats.ts";
import type { Example } from "../../../learn/data/examples.ts";
import { splitDataset } from "../../../learn/data/split.ts";
import { digest, shortDigest } from "../../../learn/text/digest.ts";
import { labelsOf } from "../../../learn/data/examples.ts";

const base = {
  name: "intents",
  examples: [
    { text: "where is my card", label: "card" },
    { text: "what is the rate", label: "exchange" },
    { text: "my card is late", label: "card" },
  ],
};

/** What came of any value given as a data set: an error's class and message. */
function refusal(input: unknown): string {
  const error = assertThrows(() => createDataset(input as DatasetInput), Error);
  return `${error.name}: ${error.message}`;
}

/** The same for a value given as third example. */
function exampleRefusal(example: unknown): string {
  const [first, second] = base.examples;
  return refusal({ ...base, examples: [first, second, example] });
}

function pairs(dataset: { readonly examples: readonly Example[] }): string[][] {
  return dataset.examples.map((example) => [example.text, "label" in example ? example.label : ""]);
}

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

/** What `readDataset("-")` makes of standard input, in a process without permissions. */
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

Deno.test("createDataset keeps the order of the examples and sorts the labels", () => {
  const dataset = createDataset(base);
  assertEquals(dataset.name, "intents");
  assertEquals(dataset.task, "classification");
  assertEquals(dataset.labels, ["card", "exchange"]);
  assertEquals(pairs(dataset), base.examples.map(({ text, label }) => [text, label]));
});

Deno.test("createDataset sorts labels by code unit, in no language's order", () => {
  const labels = ["é", "a", "Z", "🙂", "\uffee", "B"];
  const examples = labels.map((label) => ({ text: "x", label }));
  assertEquals(createDataset({ ...base, examples }).labels, ["B", "Z", "a", "é", "🙂", "\uffee"]);
});

Deno.test("createDataset derives an id from the text alone", () => {
  const [first] = createDataset(base).examples;
  assertEquals(first.id, `e${shortDigest("where is my card", 10)}`);
  assertMatch(first.id, /^e[0-9a-f]{10}$/);
});

Deno.test("createDataset numbers the ids of repeated texts", () => {
  const example = { text: "again", label: "a" };
  const dataset = createDataset({ ...base, examples: [example, example, example] });
  const id = `e${shortDigest("again", 10)}`;
  assertEquals(dataset.examples.map((one) => one.id), [id, `${id}-2`, `${id}-3`]);
});

Deno.test("createDataset derives no id that another example was given", () => {
  const id = `e${shortDigest("again", 10)}`;
  const examples = [
    { text: "again", label: "a" },
    { text: "again", label: "a" },
    { text: "other", label: "a", id: `${id}-2` },
    { text: "more", label: "a", id },
  ];
  const dataset = createDataset({ ...base, examples });
  assertEquals(dataset.examples.map((one) => one.id), [`${id}-3`, `${id}-4`, `${id}-2`, id]);
});

Deno.test("createDataset accepts a data set and gives an equal one", () => {
  const examples = [...base.examples, base.examples[0], { text: "x", label: "card", id: "mine" }];
  const dataset = createDataset({ ...base, labels: ["unused", "card", "exchange"], examples });
  assertEquals(createDataset(dataset), dataset);
});

Deno.test("createDataset takes over nothing but id, text and label", () => {
  const extra = { text: "x", label: "a", doc: "d1", entities: [{ start: 0 }] };
  assertEquals(Object.keys(createDataset({ ...base, examples: [extra] }).examples[0]).sort(), [
    "id",
    "label",
    "text",
  ]);
});

Deno.test("createDataset leaves the input as it is and shares nothing with it", () => {
  const input = { ...base, labels: ["exchange", "card"], examples: [...base.examples] };
  const before = structuredClone(input);
  const dataset = createDataset(input);
  assertEquals(input, before);
  assert(dataset.labels !== input.labels);
  assert(dataset.examples[0] !== input.examples[0]);
});

Deno.test("createDataset reads each field once, so that what was checked is what is kept", () => {
  let reads = 0;
  const sly = {
    label: "a",
    get text() {
      return reads++ === 0 ? "good" : "\ud800";
    },
  };
  assertEquals(createDataset({ ...base, examples: [sly] }).examples[0].text, "good");
});

Deno.test("createDataset keeps equal texts, with the same label and with different ones", () => {
  const examples = ["a", "a", "b"].map((label) => ({ text: "same", label }));
  assertEquals(pairs(createDataset({ ...base, examples })), [
    ["same", "a"],
    ["same", "a"],
    ["same", "b"],
  ]);
});

Deno.test("createDataset keeps texts and labels to the character, control characters too", () => {
  const examples = [{ text: " \0a\u001b[31m\u2028 ", label: " __proto__ " }];
  assertEquals(pairs(createDataset({ ...base, examples })), [[
    " \0a\u001b[31m\u2028 ",
    " __proto__ ",
  ]]);
});

Deno.test("createDataset takes labels that are names of object members for what they are", () => {
  const labels = ["__proto__", "constructor", "hasOwnProperty", "toString"];
  const examples = labels.map((label) => ({ text: "x", label }));
  assertEquals(createDataset({ ...base, examples }).labels, labels);
});

Deno.test("createDataset accepts a label for each of 10,000 examples", () => {
  const examples = Array.from({ length: 10_000 }, (_, index) => ({ text: "x", label: `${index}` }));
  assertEquals(createDataset({ ...base, examples }).labels.length, 10_000);
});

Deno.test("createDataset keeps given labels that no example has, once each", () => {
  const labels = ["unused", "exchange", "card", "unused"];
  assertEquals(createDataset({ ...base, labels }).labels, ["card", "exchange", "unused"]);
});

Deno.test("createDataset refuses a label that is not among those given, by example", () => {
  assertEquals(
    refusal({ ...base, labels: ["card"] }),
    'RangeError: Cannot read the data set: example 2: label "exchange" is not among "labels"',
  );
});

Deno.test("createDataset refuses labels that are no list of labels", () => {
  assertMatch(refusal({ ...base, labels: "card" }), /^TypeError: .*"labels" is a string, expected/);
  assertMatch(
    refusal({ ...base, labels: ["a", 1] }),
    /^TypeError: .*label 2 of "labels" is a numb/,
  );
  assertMatch(refusal({ ...base, labels: [""] }), /^RangeError: .*label 1 of "labels" is empty/);
  assertMatch(refusal({ ...base, labels: ["\udc00"] }), /label 1 of "labels" has a lone surrogate/);
});

Deno.test("createDataset refuses a task that there is not, and says which there are", () => {
  assertEquals(
    refusal({ ...base, task: "spans" }),
    'RangeError: Cannot read the data set: task is "spans", ' +
      'expected "classification", "ner" or "extraction"',
  );
  assertMatch(refusal({ ...base, task: null }), /task is null, expected "classification"/);
});

Deno.test("createDataset refuses values that are no data set, naming what came", () => {
  const kinds: [unknown, string][] = [
    [undefined, "it is missing, expected an object"],
    [null, "it is null, expected an object"],
    [[], "it is an array, expected an object"],
    ["x", "it is a string, expected an object"],
    [{}, '"name" is missing, expected a string'],
    [{ ...base, name: 7 }, '"name" is a number, expected a string'],
    [{ name: "x" }, '"examples" is missing, expected an array'],
    [{ name: "x", examples: { length: 1 } }, '"examples" is an object, expected an array'],
  ];
  for (const [input, message] of kinds) {
    assertEquals(refusal(input), `TypeError: Cannot read the data set: ${message}`);
  }
});

Deno.test("createDataset refuses a data set without examples", () => {
  assertEquals(
    refusal({ ...base, examples: [] }),
    "RangeError: Cannot read the data set: it has no examples",
  );
});

Deno.test("createDataset refuses examples with missing fields or wrong types, by number", () => {
  const kinds: [unknown, string][] = [
    [undefined, 'it is missing, expected an object with "text" and "label"'],
    ["text", 'it is a string, expected an object with "text" and "label"'],
    [["a", "b"], 'it is an array, expected an object with "text" and "label"'],
    [{ label: "a" }, '"text" is missing, expected a string'],
    [{ text: "x" }, '"label" is missing, expected a string'],
    [{ text: 7, label: "a" }, '"text" is a number, expected a string'],
    [{ text: "x", label: null }, '"label" is null, expected a string'],
    [{ text: "x", label: ["a"] }, '"label" is an array, expected a string'],
    [{ text: "x", label: "a", id: 7 }, '"id" is a number, expected a string'],
  ];
  for (const [example, message] of kinds) {
    assertEquals(
      exampleRefusal(example),
      `TypeError: Cannot read the data set: example 3: ${message}`,
    );
  }
});

Deno.test("createDataset refuses a hole in the examples", () => {
  const examples = Object.assign([...base.examples], { length: 4 });
  assertMatch(refusal({ ...base, examples }), /example 4: it is missing/);
});

Deno.test("createDataset refuses empty and white-space texts, labels and ids", () => {
  const good = { text: "x", label: "a", id: "i" };
  for (const field of ["text", "label", "id"]) {
    assertEquals(
      exampleRefusal({ ...good, [field]: "" }),
      `RangeError: Cannot read the data set: example 3: "${field}" is empty, expected some text`,
    );
    assertMatch(
      exampleRefusal({ ...good, [field]: " \t\n\u00a0\u3000" }),
      new RegExp(`^RangeError: .*example 3: "${field}" is only white space, expected some text$`),
    );
  }
});

Deno.test("createDataset refuses lone surrogates in text, label and id, and accepts pairs", () => {
  const good = { text: "🙂", label: "🙂", id: "🙂" };
  assertEquals(pairs(createDataset({ ...base, examples: [good] })), [["🙂", "🙂"]]);
  for (const field of ["text", "label", "id"]) {
    for (const lone of ["a\ud83d", "\ude42a"]) {
      assertMatch(
        exampleRefusal({ ...good, [field]: lone }),
        new RegExp(`^RangeError: .*example 3: "${field}" has a lone surrogate`),
      );
    }
  }
});

Deno.test("createDataset accepts an id of 200 characters and refuses one more", () => {
  const example = { text: "x", label: "a", id: "i".repeat(200) };
  assertEquals(createDataset({ ...base, examples: [example] }).examples[0].id, example.id);
  assertMatch(
    exampleRefusal({ ...example, id: "i".repeat(201) }),
    /^RangeError: .*example 3: "id" is 201 characters long, expected at most 200$/,
  );
});

Deno.test("createDataset refuses an id given twice, naming both examples", () => {
  const [first, second, third] = base.examples;
  const examples = [{ ...first, id: "one" }, second, { ...third, id: "one" }];
  assertEquals(
    refusal({ ...base, examples }),
    'RangeError: Cannot read the data set: example 3: id "one" is already that of example 1',
  );
});

Deno.test("createDataset quotes labels safely and at most 60 characters of them", () => {
  const label = `\u001b\u009b${"🙂".repeat(100)}`;
  const message = refusal({ ...base, labels: ["b"], examples: [{ text: "x", label }] });
  assertStringIncludes(message, `label "\\u001b\\u009b${"🙂".repeat(58)}…" is not among`);
});

Deno.test("createDataset names its source in errors", () => {
  assertThrows(
    () => createDataset({ ...base, examples: [] }, 'data set "x"'),
    RangeError,
    'Cannot read data set "x": it has no examples',
  );
});

Deno.test("DatasetName is a name that can be a file's", () => {
  for (const name of ["a", "a.b-c_D9", "...", ".hidden", "-", "x".repeat(100)]) {
    assert(DatasetName.safeParse(name).success, name);
    assertEquals(createDataset({ ...base, name }).name, name);
  }
  for (const name of ["", ".", "..", "a/b", "a\\b", "a b", "é", "a\n", "a\0", "x".repeat(101)]) {
    assertEquals(DatasetName.safeParse(name).success, false, name);
    assertMatch(refusal({ ...base, name }), /^RangeError: .*expected 1 to 100 of A-Z a-z 0-9 /);
  }
});

Deno.test("requireLearnable refuses texts with one label, and only that", () => {
  requireLearnable(createDataset(base));
  const examples = Array.from({ length: 12 }, (_, index) => ({ text: `${index}`, label: "a" }));
  const error = assertThrows(
    () => requireLearnable(createDataset({ name: "x", labels: ["a", "b"], examples })),
    RangeError,
  );
  assertEquals(
    error.message,
    'Cannot learn from "x": all 12 examples are labelled "a", and classification needs two labels',
  );
});

Deno.test("datasetDigest is that of id, text and label in order", () => {
  const dataset = createDataset({ ...base, examples: [{ text: "é", label: "a", id: "i" }] });
  assertEquals(datasetDigest(dataset), digest([{ id: "i", text: "é", label: "a" }]));
  assertEquals(
    datasetDigest(createDataset(base)),
    "sha256:6b1a0ae56b305e793664b627f1321a67503ae3f528cde9ec21a0eb458c82c27a",
  );
});

Deno.test("datasetDigest changes with the order, a label, an id, and not with the name", () => {
  const dataset = createDataset(base);
  assert(dataset.task === "classification");
  const [first, ...others] = dataset.examples;
  const same = datasetDigest(dataset);
  assertEquals(datasetDigest(createDataset({ ...base, name: "other" })), same);
  assertNotEquals(datasetDigest({ examples: [...others, first] }), same);
  assertNotEquals(datasetDigest({ examples: [{ ...first, label: "x" }, ...others] }), same);
  assertNotEquals(datasetDigest({ examples: [{ ...first, id: "x" }, ...others] }), same);
});

const written = [["one", "a"], ["two, too", "b"]];
const documents: Record<DatasetFormat, string> = {
  jsonl: '{"text":"one","label":"a"}\n{"text":"two, too","label":"b","doc":1}\n',
  json: '[\n{"text":"one","label":"a"},\n{"text":"two, too","label":"b","doc":{}}\n]\n',
  csv: 'text,label\none,a\n"two, too",b\n',
};

Deno.test("readDataset tells format and name from the file's name", async () => {
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
  const text = JSON.stringify({ ...base, name: "own" });
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

Deno.test("readDataset refuses a file whose name tells no format, before reading it", async () => {
  const error = await assertRejects(() => readDataset("nowhere/data.txt"), RangeError);
  assertEquals(
    error.message,
    'Cannot read "nowhere/data.txt": expected a name that ends in .jsonl, .ndjson, .json or .csv',
  );
});

Deno.test("readDataset names a missing file in one line and keeps the cause", async () => {
  const error = await assertRejects(() => readDataset("no\nwhere.jsonl"), Error);
  assertEquals(error.message, 'Cannot read "no\\nwhere.jsonl": there is no such file');
  assert(error.cause instanceof Deno.errors.NotFound);
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
  for (const input of inputs) {
    const { code, out, error } = await readStdin(input);
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
