import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import {
  createDataset,
  type Dataset,
  datasetDigest,
  type DatasetInput,
  readDataset,
  requireLearnable,
} from "../../../learn/data/dataset.ts";
import { digest } from "../../../learn/text/digest.ts";
import { labelsOf } from "../../../learn/data/examples.ts";
import { hasShared, shared } from "./dataset_fixture.ts";

const labelled = { text: "off to Rome", label: "travel" };
const marked = { text: "off to Rome", spans: [{ start: 7, end: 11 }] };
const typed = { text: "off to Rome", entities: [{ start: 7, end: 11, type: "city" }] };

function create(examples: readonly unknown[], more: object = {}): Dataset {
  return createDataset({ name: "trips", ...more, examples } as DatasetInput);
}

function refusal(examples: readonly unknown[], more: object = {}): string {
  const error = assertThrows(() => create(examples, more), Error);
  return `${error.name}: ${error.message}`;
}

Deno.test("the task follows from the field that all examples have", () => {
  assertEquals(create([labelled, labelled]).task, "classification");
  assertEquals(create([typed, { ...typed, entities: [] }]).task, "ner");
  assertEquals(create([marked, { ...marked, spans: [] }]).task, "extraction");
  assertEquals(create([{ ...typed, ...labelled }, typed]).task, "ner");
  assertEquals(create([{ ...typed, ...marked }, marked]).task, "extraction");
});

Deno.test("a text with a label and entities is for classification, unless the task says otherwise", () => {
  const both = { ...typed, ...labelled };
  const classified = create([both]);
  assertEquals([classified.task, classified.labels], ["classification", ["travel"]]);
  const tagged = create([both], { task: "ner" });
  assertEquals([tagged.task, tagged.labels], ["ner", ["city"]]);
  assertEquals(Object.keys(tagged.examples[0]), ["id", "text", "entities"]);
});

Deno.test("a mixture of tasks is refused, naming the first example that does not fit", () => {
  assertEquals(
    refusal([labelled, labelled, typed, marked]),
    'TypeError: Cannot read the data set: example 3: it has "entities", expected "label" like those before it',
  );
  assertMatch(
    refusal([{ ...typed, ...labelled }, typed, labelled]),
    /example 3: it has "label", expected "entities"/,
  );
  assertMatch(refusal([typed, { text: "x" }]), /example 2: "entities" is missing, expected an arr/);
  assertMatch(refusal([marked, null]), /example 2: it is null, .* with "text" and "spans"$/);
});

Deno.test("examples without any such field are refused, naming the fields", () => {
  assertEquals(
    refusal([{ text: "x", entitys: [] }]),
    "TypeError: Cannot read the data set: example 1: " +
      'it has none of "label", "entities" and "spans"; it has "text" and "entitys"',
  );
});

Deno.test("examples without the field of the given task are refused", () => {
  assertMatch(refusal([labelled], { task: "ner" }), /example 1: "entities" is missing/);
  assertMatch(refusal([typed], { task: "extraction" }), /example 1: "spans" is missing/);
  assertMatch(refusal([typed], { task: "classification" }), /example 1: "label" is missing/);
});

Deno.test("the labels of entities are their types, sorted, or those given", () => {
  const entities = ["b", "a", "b"].map((type, start) => ({ start, end: start + 1, type }));
  assertEquals(create([{ text: "abc", entities }]).labels, ["a", "b"]);
  assertEquals(create([{ text: "abc", entities }], { labels: ["c", "b", "a"] }).labels, [
    "a",
    "b",
    "c",
  ]);
  assertEquals(create([{ text: "abc", entities: [] }]).labels, []);
});

Deno.test("a type that is not one of the given labels is refused", () => {
  assertEquals(
    refusal([{ ...typed, entities: [] }, typed], { labels: ["country"] }),
    'RangeError: Cannot read the data set: example 2: type "city" is not among "labels"',
  );
});

Deno.test("types that differ only in case are refused, naming the first example of each", () => {
  const cased = ["city", "state", "STATE", "City"].map((type) => ({
    text: "abc",
    entities: [{ start: 0, end: 1, type }],
  }));
  assertEquals(
    refusal([cased[1], cased[0], cased[0], cased[3]]),
    "RangeError: Cannot read the data set: example 4: " +
      'type "City" differs only in case from "city" of example 2',
  );
  assertMatch(refusal([typed], { labels: ["city", "CITY"] }), /"CITY" differs only in case from/);
});

Deno.test("labels that differ only in case stay two labels", () => {
  const examples = ["a", "A"].map((label) => ({ text: "x", label }));
  assertEquals(create(examples).labels, ["A", "a"]);
});

Deno.test("an extraction has one label, and other labels are refused", () => {
  assertEquals(create([marked]).labels, ["span"]);
  for (const labels of [[], ["city"], ["span", "city"]]) {
    assertEquals(
      refusal([marked], { labels }),
      'RangeError: Cannot read the data set: "labels" is given, but the spans of an extraction ' +
        "have no types",
    );
  }
});

Deno.test("createDataset accepts data sets of spans and gives equal ones", () => {
  const examples = [{ ...typed, id: "mine" }, typed, { text: "x", entities: [] }];
  const tagged = create(examples, { labels: ["city", "unused"] });
  assertEquals(createDataset(tagged), tagged);
  const found = create([marked, marked, { text: "x", spans: [] }]);
  assertEquals(createDataset(found), found);
});

Deno.test("createDataset shares no spans with its input", () => {
  const input = structuredClone(typed);
  const dataset = create([input]);
  input.entities[0].end = 8;
  assertEquals(dataset, create([typed]));
});

Deno.test("datasetDigest is the digest of id, text and spans or entities in their order", () => {
  const entities = [...typed.entities, { start: 0, end: 3, type: "way" }];
  assertEquals(
    datasetDigest(create([{ id: "i", text: typed.text, entities }])),
    digest([{ id: "i", text: typed.text, entities: [entities[1], entities[0]] }]),
  );
  assertEquals(
    datasetDigest(create([{ id: "i", ...marked }])),
    digest([{ id: "i", ...marked }]),
  );
});

Deno.test("datasetDigest is the same however a span was given", () => {
  const offsets = create([{ ...typed, id: "i" }]);
  const texts = create([{ id: "i", ...typed, entities: [{ text: "Rome", type: "city" }] }]);
  assertEquals(datasetDigest(texts), datasetDigest(offsets));
});

Deno.test("requireLearnable needs one span, and one type is enough", () => {
  requireLearnable(create([typed]));
  requireLearnable(create([{ text: "x", spans: [] }, marked]));
  const none = { ...typed, entities: [] };
  const cases: [Dataset, string][] = [
    [create([none, none], { labels: ["city"] }), "no entity is marked in all 2 examples"],
    [create([{ text: "x", spans: [] }]), "no span is marked in its only example"],
  ];
  for (const [dataset, reason] of cases) {
    assertThrows(
      () => requireLearnable(dataset),
      RangeError,
      `Cannot learn from "trips": ${reason}`,
    );
  }
});

Deno.test("readDataset takes the task given", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/trips.jsonl`;
    await Deno.writeTextFile(path, JSON.stringify({ ...typed, ...labelled }));
    assertEquals((await readDataset(path)).task, "classification");
    assertEquals((await readDataset(path, { task: "ner" })).task, "ner");
    const table = `${folder}/trips.csv`;
    await Deno.writeTextFile(table, "text,label\na,b\n");
    await assertRejects(
      () => readDataset(table, { task: "ner" }),
      RangeError,
      "CSV cannot hold spans",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (
  const [file, labels, spans] of [
    ["tab/train", 8, 5186],
    ["snips/train", 39, 35748],
    ["examples/restaurant", 14, 923],
  ] as const
) {
  Deno.test({
    name: `readDataset reads the entities of ${file}`,
    ignore: !hasShared,
    fn: async () => {
      const dataset = await readDataset(`${shared}/${file}.jsonl`, { task: "ner" });
      assert(dataset.task === "ner");
      assertEquals(dataset.labels.length, labels);
      assertEquals(dataset.examples.flatMap(labelsOf).length, spans);
    },
  });
}
