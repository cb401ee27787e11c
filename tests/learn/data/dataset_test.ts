import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "jsr:@std/assert@^1";
import {
  createDataset,
  datasetDigest,
  type DatasetInput,
  requireLearnable,
} from "../../../learn/data/dataset.ts";
import { DatasetName } from "../../../learn/data/names.ts";
import { digest, shortDigest } from "../../../learn/text/digest.ts";
import { intents, pairs } from "./dataset_fixture.ts";

/** Returns the class and the message of the error for a value as a data set. */
function refusal(input: unknown): string {
  const error = assertThrows(() => createDataset(input as DatasetInput), Error);
  return `${error.name}: ${error.message}`;
}

/** Returns the same for a value as third example. */
function exampleRefusal(example: unknown): string {
  const [first, second] = intents.examples;
  return refusal({ ...intents, examples: [first, second, example] });
}

Deno.test("createDataset keeps the order of the examples and sorts the labels", () => {
  const dataset = createDataset(intents);
  assertEquals(dataset.name, "intents");
  assertEquals(dataset.task, "classification");
  assertEquals(dataset.labels, ["card", "exchange"]);
  assertEquals(pairs(dataset), intents.examples.map(({ text, label }) => [text, label]));
});

Deno.test("createDataset sorts labels by code unit, in every locale", () => {
  const labels = ["é", "a", "Z", "🙂", "\uffee", "B"];
  const examples = labels.map((label) => ({ text: "x", label }));
  assertEquals(createDataset({ ...intents, examples }).labels, [
    "B",
    "Z",
    "a",
    "é",
    "🙂",
    "\uffee",
  ]);
});

Deno.test("createDataset derives an id from the text alone", () => {
  const [first] = createDataset(intents).examples;
  assertEquals(first.id, `e${shortDigest("where is my card", 10)}`);
  assertMatch(first.id, /^e[0-9a-f]{10}$/);
});

Deno.test("createDataset numbers the ids of repeated texts", () => {
  const example = { text: "again", label: "a" };
  const dataset = createDataset({ ...intents, examples: [example, example, example] });
  const id = `e${shortDigest("again", 10)}`;
  assertEquals(dataset.examples.map((one) => one.id), [id, `${id}-2`, `${id}-3`]);
});

Deno.test("createDataset does not derive an id that another example has", () => {
  const id = `e${shortDigest("again", 10)}`;
  const examples = [
    { text: "again", label: "a" },
    { text: "again", label: "a" },
    { text: "other", label: "a", id: `${id}-2` },
    { text: "more", label: "a", id },
  ];
  const dataset = createDataset({ ...intents, examples });
  assertEquals(dataset.examples.map((one) => one.id), [`${id}-3`, `${id}-4`, `${id}-2`, id]);
});

Deno.test("createDataset accepts a data set and gives an equal one", () => {
  const examples = [...intents.examples, intents.examples[0], {
    text: "x",
    label: "card",
    id: "mine",
  }];
  const dataset = createDataset({ ...intents, labels: ["unused", "card", "exchange"], examples });
  assertEquals(createDataset(dataset), dataset);
});

Deno.test("createDataset keeps only id, text and label", () => {
  const extra = { text: "x", label: "a", doc: "d1", entities: [{ start: 0 }] };
  assertEquals(Object.keys(createDataset({ ...intents, examples: [extra] }).examples[0]).sort(), [
    "id",
    "label",
    "text",
  ]);
});

Deno.test("createDataset leaves the input as it is and shares nothing with it", () => {
  const input = { ...intents, labels: ["exchange", "card"], examples: [...intents.examples] };
  const before = structuredClone(input);
  const dataset = createDataset(input);
  assertEquals(input, before);
  assert(dataset.labels !== input.labels);
  assert(dataset.examples[0] !== input.examples[0]);
});

Deno.test("createDataset reads each field once, so that the checked value is kept", () => {
  let reads = 0;
  const sly = {
    label: "a",
    get text() {
      return reads++ === 0 ? "good" : "\ud800";
    },
  };
  assertEquals(createDataset({ ...intents, examples: [sly] }).examples[0].text, "good");
});

Deno.test("createDataset keeps equal texts, with the same label and with different ones", () => {
  const examples = ["a", "a", "b"].map((label) => ({ text: "same", label }));
  assertEquals(pairs(createDataset({ ...intents, examples })), [
    ["same", "a"],
    ["same", "a"],
    ["same", "b"],
  ]);
});

Deno.test("createDataset keeps texts and labels to the character, control characters too", () => {
  const examples = [{ text: " \0a\u001b[31m\u2028 ", label: " __proto__ " }];
  assertEquals(pairs(createDataset({ ...intents, examples })), [[
    " \0a\u001b[31m\u2028 ",
    " __proto__ ",
  ]]);
});

Deno.test("createDataset accepts labels that are names of object members", () => {
  const labels = ["__proto__", "constructor", "hasOwnProperty", "toString"];
  const examples = labels.map((label) => ({ text: "x", label }));
  assertEquals(createDataset({ ...intents, examples }).labels, labels);
});

Deno.test("createDataset accepts a label for each of 10,000 examples", () => {
  const examples = Array.from({ length: 10_000 }, (_, index) => ({ text: "x", label: `${index}` }));
  assertEquals(createDataset({ ...intents, examples }).labels.length, 10_000);
});

Deno.test("createDataset keeps given labels that no example has, once each", () => {
  const labels = ["unused", "exchange", "card", "unused"];
  assertEquals(createDataset({ ...intents, labels }).labels, ["card", "exchange", "unused"]);
});

Deno.test("createDataset refuses a label that is not one of the given labels, naming the example", () => {
  assertEquals(
    refusal({ ...intents, labels: ["card"] }),
    'RangeError: Cannot read the data set: example 2: label "exchange" is not among "labels"',
  );
});

Deno.test("createDataset refuses labels that are not a list of labels", () => {
  assertMatch(
    refusal({ ...intents, labels: "card" }),
    /^TypeError: .*"labels" is a string, expected/,
  );
  assertMatch(
    refusal({ ...intents, labels: ["a", 1] }),
    /^TypeError: .*label 2 of "labels" is a numb/,
  );
  assertMatch(refusal({ ...intents, labels: [""] }), /^RangeError: .*label 1 of "labels" is empty/);
  assertMatch(
    refusal({ ...intents, labels: ["\udc00"] }),
    /label 1 of "labels" has a lone surrogate/,
  );
});

Deno.test("createDataset refuses an unknown task, naming the known ones", () => {
  assertEquals(
    refusal({ ...intents, task: "spans" }),
    'RangeError: Cannot read the data set: task is "spans", ' +
      'expected "classification", "ner" or "extraction"',
  );
  assertMatch(refusal({ ...intents, task: null }), /task is null, expected "classification"/);
});

Deno.test("createDataset refuses values that are not a data set, naming the kind of the value", () => {
  const kinds: [unknown, string][] = [
    [undefined, "it is missing, expected an object"],
    [null, "it is null, expected an object"],
    [[], "it is an array, expected an object"],
    ["x", "it is a string, expected an object"],
    [{}, '"name" is missing, expected a string'],
    [{ ...intents, name: 7 }, '"name" is a number, expected a string'],
    [{ name: "x" }, '"examples" is missing, expected an array'],
    [{ name: "x", examples: { length: 1 } }, '"examples" is an object, expected an array'],
  ];
  for (const [input, message] of kinds) {
    assertEquals(refusal(input), `TypeError: Cannot read the data set: ${message}`);
  }
});

Deno.test("createDataset refuses a data set without examples", () => {
  assertEquals(
    refusal({ ...intents, examples: [] }),
    "RangeError: Cannot read the data set: it has no examples",
  );
});

Deno.test("createDataset refuses examples with missing fields or wrong types, naming the example", () => {
  const kinds: [unknown, string][] = [
    [undefined, 'it is missing, expected an object with "text" and "label"'],
    ["text", 'it is a string, expected an object with "text" and "label"'],
    [["a", "b"], 'it is an array, expected an object with "text" and "label"'],
    [{ label: "a" }, '"text" is missing, expected a string; it has "label"'],
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
  const examples = Object.assign([...intents.examples], { length: 4 });
  assertMatch(refusal({ ...intents, examples }), /example 4: it is missing/);
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
  assertEquals(pairs(createDataset({ ...intents, examples: [good] })), [["🙂", "🙂"]]);
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
  assertEquals(createDataset({ ...intents, examples: [example] }).examples[0].id, example.id);
  assertMatch(
    exampleRefusal({ ...example, id: "i".repeat(201) }),
    /^RangeError: .*example 3: "id" is 201 characters long, expected at most 200$/,
  );
});

Deno.test("createDataset refuses an id given twice, naming both examples", () => {
  const [first, second, third] = intents.examples;
  const examples = [{ ...first, id: "one" }, second, { ...third, id: "one" }];
  assertEquals(
    refusal({ ...intents, examples }),
    'RangeError: Cannot read the data set: example 3: id "one" is already that of example 1',
  );
});

Deno.test("createDataset quotes labels safely, at most 60 characters of each", () => {
  const label = `\u001b\u009b${"🙂".repeat(100)}`;
  const message = refusal({ ...intents, labels: ["b"], examples: [{ text: "x", label }] });
  assertStringIncludes(message, `label "\\u001b\\u009b${"🙂".repeat(58)}…" is not among`);
});

Deno.test("createDataset names its source in errors", () => {
  assertThrows(
    () => createDataset({ ...intents, examples: [] }, 'data set "x"'),
    RangeError,
    'Cannot read data set "x": it has no examples',
  );
});

Deno.test("DatasetName accepts only names that can be file names", () => {
  for (const name of ["a", "a.b-c_D9", "...", ".hidden", "-", "x".repeat(100)]) {
    assert(DatasetName.safeParse(name).success, name);
    assertEquals(createDataset({ ...intents, name }).name, name);
  }
  for (const name of ["", ".", "..", "a/b", "a\\b", "a b", "é", "a\n", "a\0", "x".repeat(101)]) {
    assertEquals(DatasetName.safeParse(name).success, false, name);
    assertMatch(refusal({ ...intents, name }), /^RangeError: .*expected 1 to 100 of A-Z a-z 0-9 /);
  }
});

Deno.test("requireLearnable refuses texts with one label, and no others", () => {
  requireLearnable(createDataset(intents));
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

Deno.test("datasetDigest is the digest of id, text and label in order", () => {
  const dataset = createDataset({ ...intents, examples: [{ text: "é", label: "a", id: "i" }] });
  assertEquals(datasetDigest(dataset), digest([{ id: "i", text: "é", label: "a" }]));
  assertEquals(
    datasetDigest(createDataset(intents)),
    "sha256:6b1a0ae56b305e793664b627f1321a67503ae3f528cde9ec21a0eb458c82c27a",
  );
});

Deno.test("datasetDigest changes with the order, a label, an id, and not with the name", () => {
  const dataset = createDataset(intents);
  assert(dataset.task === "classification");
  const [first, ...others] = dataset.examples;
  const same = datasetDigest(dataset);
  assertEquals(datasetDigest(createDataset({ ...intents, name: "other" })), same);
  assertNotEquals(datasetDigest({ examples: [...others, first] }), same);
  assertNotEquals(datasetDigest({ examples: [{ ...first, label: "x" }, ...others] }), same);
  assertNotEquals(datasetDigest({ examples: [{ ...first, id: "x" }, ...others] }), same);
});
