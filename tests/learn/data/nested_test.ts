import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { inTempFolder } from "../../../bench/data.ts";
import { parseDataset, readExamples } from "../../../learn/data/dataset.ts";
import type { Example, Task } from "../../../learn/data/examples.ts";
import { readTexts } from "../../../learn/data/texts.ts";
import { executeScript } from "../../script/process.ts";

/** A task as RuleChef saves it. */
function taskOf(type: string, textField: string | null = null) {
  return {
    name: "any",
    description: "",
    input_schema: {},
    output_schema: {},
    type,
    matching_mode: "text",
    text_field: textField,
  };
}

function parseSaved(saved: Record<string, unknown>, task?: Task) {
  return parseDataset(JSON.stringify(saved, null, 2), { name: "saved", format: "json", task });
}

/** Returns the spans of the one example of these entities. */
function placesOf(text: string, list: readonly unknown[], field = "entities") {
  const line = JSON.stringify({ input: { text }, expected_output: { [field]: list } });
  const [example]: readonly Example[] =
    parseDataset(line, { name: "x", format: "jsonl", task: "ner" }).examples;
  return "entities" in example
    ? example.entities.map(({ start, end, type }) => [start, end, type])
    : [];
}

Deno.test("a data set of RuleChef gives corrections and examples, with lines, ids and the text of its task", async () => {
  const saved = {
    name: "my intents, v2",
    task: taskOf("classification", "question"),
    description: "",
    examples: [
      {
        id: "e1",
        input: { context: "a longer text", question: "which rate" },
        expected_output: { label: " rate " },
        source: "human_labeled",
        confidence: 0.8,
      },
      { id: "e2", input: { question: 7, context: "my card" }, expected_output: { label: "card" } },
    ],
    corrections: [{
      id: "c1",
      input: { context: "", question: "lost it" },
      model_output: { label: "rate" },
      expected_output: { label: "card" },
      feedback: null,
    }],
    feedback: [],
    structured_feedback: [],
    rules: [],
    version: 1,
  };
  await inTempFolder(async (folder) => {
    const path = join(folder, "saved.json");
    await Deno.writeTextFile(path, JSON.stringify(saved, null, 2));
    const { dataset, lineOf } = await readExamples(path);
    assertEquals([dataset.name, dataset.task], ["saved", "classification"]);
    assertEquals(dataset.examples.map((one: Example) => one.id), ["c1", "e1", "e2"]);
    assertEquals(dataset.examples.map((one: Example) => one.text), [
      "lost it",
      "which rate",
      "my card",
    ]);
    assertEquals(dataset.labels, ["card", "rate"]);
    const lines = JSON.stringify(saved, null, 2).split("\n");
    assertEquals(
      dataset.examples.map((one: Example, index) => lines[lineOf(index)].includes(`"${one.id}"`)),
      [true, true, true],
    );
    const corrected = await readExamples(path, { onlyReviewed: true, task: "classification" });
    assertEquals(corrected.dataset.examples.map((one: Example) => one.id), ["c1"]);
    const named = await readExamples(path, { fields: { text: "context" } }).catch(String);
    assertEquals(
      named,
      `RangeError: Cannot read "${path}": correction 1 (line 38): "context" is empty, expected some text`,
    );
    const texts = [];
    for await (const some of readTexts(path)) texts.push(...some);
    assertEquals(texts.map(({ text }) => text), ["lost it", "which rate", "my card"]);
  });
});

Deno.test("without a named field the longest text of an input counts, in characters, and of such the first", () => {
  const lines = [
    { a: "12345", b: "😀😀😀", c: 1 },
    { a: "123", b: "abc" },
    { a: "12", text: "1" },
  ].map((input) => JSON.stringify({ input, expected_output: { label: "x" } })).join("\n");
  const read = (fields?: { text: string }) =>
    parseDataset(lines, { name: "x", format: "jsonl", fields }).examples
      .map(({ text }: Example) => text);
  assertEquals(read(), ["12345", "123", "12"]);
  assertThrows(
    () => read({ text: "b" }),
    TypeError,
    'line 3: "input" has no text, expected a string as "b"; it has "a" and "text"',
  );
  assertThrows(() => read({ text: "text" }), TypeError, "line 1");
});

Deno.test("entities of RuleChef are where Python counts them, or else where their text is", () => {
  const text = "🏛 Rome and 🏛 Rome and Oslo";
  const rome = { text: "Rome", type: "city" };
  // By characters: Rome begins at 2 and 13, in UTF-16 at 3 and 15.
  assertEquals(placesOf(text, [{ ...rome, start: 13, end: 17 }]), [[15, 19, "city"]]);
  assertEquals(placesOf(text, [{ start: 2, end: 6, label: "city" }]), [[3, 7, "city"]]);
  assertEquals(placesOf(text, [{ text: "Oslo", label: "x", type: "" }], "spans"), [[24, 28, "x"]]);
  const both = [[3, 7, "city"], [15, 19, "city"]];
  assertEquals(placesOf(text, [rome, rome], "ner"), both);
  assertEquals(placesOf(text, [rome, { ...rome, start: 2, end: 6 }]), both);
  assertEquals(
    placesOf(text, [{ ...rome, start: 12, end: 16 }, { ...rome, start: 9, end: 11 }]),
    both,
  );
  for (const start of [null, "15", { toString: 1, valueOf: 1 }]) {
    assertEquals(placesOf(text, [{ ...rome, start, end: start }]), both.slice(0, 1));
  }
  // The earlier of two as near, and the only one that is free, far before its offsets or after them.
  const places = (...starts: number[]) =>
    placesOf("a-a-a-a", starts.map((start) => ({ text: "a", type: "x", start, end: start + 2 })))
      .map(([start]) => start);
  assertEquals([places(3), places(6, 6, 6), places(0, 0, 0)], [[2], [2, 4, 6], [0, 2, 4]]);
  assertEquals([places(-9, 99), places(4, 4, 4, 4)], [[0, 6], [0, 2, 4, 6]]);
  // Spans of one text are placed in no more than a few steps each.
  const count = 50_000;
  const many = Array.from({ length: count }, () => ({ text: "a", type: "x" }));
  assertEquals(placesOf("a ".repeat(count), many).at(-1), [2 * count - 2, 2 * count - 1, "x"]);
  for (
    const [list, message] of [
      [[rome, rome, rome], "entity 3 has the offsets and type of entity 1"],
      [[{ text: "Paris", type: "city" }], 'entity 1: its "text" does not occur in the text'],
      [[{ text: "Rome" }], 'entity 1: "type" is missing, expected a string'],
      [[{ start: 2, end: 99, type: "x" }], "outside the text of 28 UTF-16 code units"],
      [["Rome"], "entity 1: it is a string, expected an object"],
      [[{ text: "", type: "x" }], 'entity 1: "text" is empty, expected some text'],
    ] as const
  ) {
    assertThrows(() => placesOf(text, list), Error, message);
  }
});

Deno.test("each task finds its output where RuleChef finds it, and an output without it has no spans", () => {
  const cases: [string, unknown, number][] = [
    ["ner", { entities: null, spans: [{ text: "b", type: "x" }] }, 0],
    ["ner", { ner: [{ text: "b", type: "x" }] }, 1],
    ["ner", {}, 0],
    ["extraction", { results: [{ text: "b" }] }, 1],
    ["extraction", { answers: [{ text: "b" }, { text: "a" }] }, 2],
    ["extraction", { answer: "b" }, 0],
  ];
  for (const [type, output, count] of cases) {
    const input = { text: "a b" };
    const examples = [{ input, expected_output: output }, { input, output }];
    const { task, examples: read } = parseSaved({ task: taskOf(type), examples });
    const found = read.map((one: Example) =>
      "entities" in one ? one.entities.length : "spans" in one && one.spans.length
    );
    assertEquals([task, found], [type, [count, count]]);
  }
});

Deno.test("lines with inputs and outputs tell their task", () => {
  const read = (...outputs: unknown[]) =>
    parseDataset(
      outputs.map((output, at) => JSON.stringify({ input: { text: `a ${at}` }, output })).join(
        "\n",
      ),
      { name: "x", format: "jsonl" },
    ).task;
  assertEquals(read({ label: "x" }), "classification");
  assertEquals(read({}, { entities: [] }), "ner");
  assertEquals(read({ spans: [] }, { spans: [{ text: "a", type: "x" }] }), "ner");
  assertEquals(read({ spans: [] }, { spans: [{ text: "a" }] }), "extraction");
  assertThrows(
    () => read({ company: "a" }),
    TypeError,
    'line 1: it has none of "label", "entities" and "spans"; it has "company" and "text"',
  );
  assertThrows(() => read({ label: "x" }, {}), TypeError, 'line 2: "label" is missing');
  assertThrows(() => read({ label: "x" }, null), TypeError, '"output" is null, expected an object');
});

Deno.test("a transformation and an input without a text are refused in a line", () => {
  const examples = [{ input: { text: "a" }, expected_output: { company: "a" } }];
  for (const task of [undefined, "ner"] as const) {
    assertThrows(
      () => parseSaved({ task: taskOf("transformation"), examples }, task),
      RangeError,
      'Cannot read the data set: task is "transformation", expected "classification", "ner"',
    );
  }
  assertThrows(
    () => parseSaved({ examples: [{ input: { n: 1 }, expected_output: { label: "x" } }] }),
    TypeError,
    'example 1 (line 3): "input" has no text, expected a field with a string; it has "n"',
  );
  const label = { input: { text: "a" }, expected_output: { label: "x" } };
  const classification = { task: taskOf("classification") };
  for (
    const [saved, message] of [
      [{ examples: [], corrections: [] }, "Cannot read the data set: it has no examples"],
      [{ examples: 7, corrections: [label] }, '"examples" is a number, expected an array'],
      [{ examples: [label], corrections: [null] }, "correction 1 (line 22): it is null"],
      [{ examples: [{ ...label, input: null }] }, 'example 1 (line 12): "text" is missing'],
      [
        { task: taskOf("extraction"), examples: [{ ...label, expected_output: { spans: "a" } }] },
        'example 1 (line 12): "spans" is a string, expected an array',
      ],
    ] as const
  ) {
    assertThrows(() => parseSaved({ ...classification, ...saved }), Error, message);
  }
  assertThrows(
    () => parseSaved({ task: taskOf("transformation"), examples: [] }),
    RangeError,
    'task is "transformation"',
  );
});

Deno.test("a field that is called input, or examples with texts beside inputs, are read as ever", () => {
  const lines = '{"input":"my card","output":"card"}\n{"input":"a rate","output":"rate"}';
  const fields = { text: "input", label: "output" };
  assertEquals(
    parseDataset(lines, { name: "x", format: "jsonl", fields }).labels,
    ["card", "rate"],
  );
  const [example] = parseDataset('{"text":"a","label":"b","input":{"text":"c"}}', {
    name: "x",
    format: "jsonl",
  }).examples;
  assertEquals(example.text, "a");
});

Deno.test("the rules in a data set of RuleChef are scored on its examples", async () => {
  await inTempFolder(async (folder) => {
    const path = join(folder, "saved.json");
    const saved = {
      task: taskOf("ner", "body"),
      examples: [{
        id: "e",
        input: { title: "x".repeat(99), body: "😀 in 1991" },
        expected_output: { entities: [{ text: "1991", start: 5, end: 9, type: "DATE" }] },
      }],
      rules: [{
        name: "year",
        content: "\\d{4}",
        output_template: { text: "$0", start: "$start", end: "$end", type: "DATE" },
        output_key: "entities",
      }],
    };
    await Deno.writeTextFile(path, JSON.stringify(saved));
    const args = ["--rules", path, "--evaluate", path, "--match", "exact", "--json"];
    const { stdout, stderr } = await executeScript("pipeline.ts", args, ".");
    assertEquals(stderr, "");
    const [{ match, tp, fp, fn }] = JSON.parse(stdout).scores;
    assertEquals({ match, tp, fp, fn }, { match: "exact", tp: 1, fp: 0, fn: 0 });
  });
});
