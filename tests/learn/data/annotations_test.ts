import { assert, assertEquals, assertMatch, assertThrows } from "jsr:@std/assert@^1";
import { createDataset, type DatasetInput } from "../../../learn/data/dataset.ts";
import { labelsOf, spansOf } from "../../../learn/data/examples.ts";

const text = "a table in Osage City 🙂 today";
const city = { start: 11, end: 21, type: "city" };

/** Returns the checked entities of one example. */
function check(entities: unknown, of = text): unknown {
  const input = { name: "x", task: "ner", examples: [{ text: of, entities }] };
  const dataset = createDataset(input as DatasetInput);
  assert(dataset.task === "ner");
  return dataset.examples[0].entities;
}

/** Returns the class and the message of the error for entities, without their common part. */
function refusal(entities: unknown, of = text): string {
  const { name, message } = assertThrows(() => check(entities, of), Error);
  assert(!message.includes("Osage"), message);
  return `${name}: ${message.replace("Cannot read the data set: example 1: ", "")}`;
}

Deno.test("entities keep start, end and type and nothing else", () => {
  assertEquals(check([{ ...city, text: "Osage City", score: 1 }]), [city]);
});

Deno.test("entities are sorted by start, end and type, whatever their order", () => {
  const sorted = [
    { start: 0, end: 1, type: "b" },
    { start: 2, end: 4, type: "Z" },
    { start: 2, end: 4, type: "a" },
    { start: 2, end: 10, type: "a" },
    { start: 11, end: 12, type: "a" },
  ];
  for (const order of [[4, 3, 2, 1, 0], [2, 4, 0, 3, 1]]) {
    assertEquals(check(order.map((index) => sorted[index])), sorted);
  }
});

Deno.test("entities may be absent, overlap, be nested and have several types", () => {
  assertEquals(check([]), []);
  const overlapping = [
    { start: 0, end: 7, type: "a" },
    { start: 2, end: 5, type: "a" },
    { start: 2, end: 5, type: "b" },
    { start: 4, end: 10, type: "a" },
  ];
  assertEquals(check(overlapping), overlapping);
});

Deno.test("an entity may be the whole text, and one of its code units", () => {
  const ends = [
    { start: 0, end: 1, type: "a" },
    { start: 0, end: text.length, type: "a" },
    { start: text.length - 1, end: text.length, type: "a" },
  ];
  assertEquals(check(ends), ends);
});

Deno.test("an entity without offsets is the first occurrence of its text", () => {
  assertEquals(check([{ text: "a", type: "article" }, { text: "Osage City", type: "city" }]), [
    { start: 0, end: 1, type: "article" },
    city,
  ]);
});

Deno.test("an entity whose text does not occur is refused", () => {
  assertEquals(
    refusal([city, { text: "osage city", type: "city" }]),
    'RangeError: entity 2: its "text" does not occur in the text of the example',
  );
});

Deno.test("two entities that are the same occurrence are refused, with advice", () => {
  const found = { text: "a", type: "letter" };
  assertEquals(
    refusal([found, city, found]),
    'RangeError: entity 3 has the offsets and type of entity 1; give "start" and "end" to tell them apart',
  );
  assertMatch(refusal([{ text: "Osage City", type: "city" }, city]), /entity 2 has .*give "start"/);
  assertEquals(check([found, { ...found, type: "article" }]), [
    { start: 0, end: 1, type: "article" },
    { start: 0, end: 1, type: "letter" },
  ]);
});

Deno.test("an entity given twice is refused, naming both", () => {
  assertEquals(
    refusal([{ ...city, start: 2 }, city, { ...city, type: "a" }, city]),
    "RangeError: entity 4 has the offsets and type of entity 2",
  );
});

Deno.test("an entity whose text and offsets disagree is refused", () => {
  assertEquals(
    refusal([{ ...city, text: "Osage" }]),
    'RangeError: entity 1: its "text" is not what the example has from 11 to 21',
  );
});

Deno.test("offsets outside the text, empty and reversed ones are refused", () => {
  const cases: [number, number, string][] = [
    [-1, 3, "it starts at -1, expected 0 or more"],
    [0, text.length + 1, `it ends at 31, outside the text of 30 UTF-16 code units`],
    [40, 50, "it ends at 50, outside the text of 30 UTF-16 code units"],
    [5, 5, 'it is empty, from 5 to 5, expected "start" before "end"'],
    [7, 5, 'it goes back from 7 to 5, expected "start" before "end"'],
  ];
  for (const [start, end, message] of cases) {
    assertEquals(refusal([{ start, end, type: "a" }]), `RangeError: entity 1: ${message}`);
  }
});

Deno.test("offsets that are not whole numbers are refused", () => {
  for (const offset of [1.5, NaN, Infinity]) {
    assertEquals(
      refusal([{ ...city, start: offset }]),
      `RangeError: entity 1: "start" is ${offset}, expected a whole number`,
    );
  }
  const kinds: [unknown, string][] = [["11", "a string"], [null, "null"], [undefined, "missing"]];
  for (const [offset, kind] of kinds) {
    assertEquals(
      refusal([city, { ...city, end: offset }]),
      `TypeError: entity 2: "end" is ${kind}, expected a number`,
    );
  }
});

Deno.test("offsets in the middle of a surrogate pair are refused, those around it accepted", () => {
  const at = text.indexOf("🙂");
  const whole = [{ start: at, end: at + 2, type: "smile" }];
  assertEquals(check(whole), whole);
  assertEquals(
    refusal([{ start: at + 1, end: at + 2, type: "smile" }]),
    `RangeError: entity 1: "start" is ${at + 1}, in the middle of a character (a surrogate pair)`,
  );
  assertMatch(refusal([{ start: at, end: at + 1, type: "a" }]), /"end" is 23, in the middle of/);
  assertEquals(check([{ start: 0, end: 2, type: "smile" }], "🙂"), [
    { start: 0, end: 2, type: "smile" },
  ]);
});

Deno.test("entities that are not a list of objects are refused, naming the kind of the value", () => {
  const kinds: [unknown, string][] = [
    [undefined, '"entities" is missing, expected an array'],
    [{ length: 1 }, '"entities" is an object, expected an array'],
    [[null], 'entity 1: it is null, expected an object with "start", "end" and "type"'],
    [[city, [0, 1]], 'entity 2: it is an array, expected an object with "start", "end" and "type"'],
    [[{}], 'entity 1: "type" is missing, expected a string'],
    [[{ type: "a" }], 'entity 1: "start" is missing, expected a number'],
    [[{ type: "a", text: 7 }], 'entity 1: "text" is a number, expected a string'],
    [[{ ...city, text: null }], 'entity 1: "text" is null, expected a string'],
    [[{ start: 11, end: 21, type: 7 }], 'entity 1: "type" is a number, expected a string'],
  ];
  for (const [entities, message] of kinds) {
    assertEquals(refusal(entities), `TypeError: ${message}`);
  }
});

Deno.test("a hole in the entities is refused", () => {
  assertMatch(refusal(Object.assign([city], { length: 2 })), /^TypeError: entity 2: it is missing/);
});

Deno.test("types and texts of entities are neither empty nor broken", () => {
  const cases: [string, RegExp][] = [
    ["", /is empty, expected some text$/],
    [" \t", /is only white space, expected some text$/],
    ["a\ud83d", /has a lone surrogate, expected valid Unicode$/],
  ];
  for (const [value, problem] of cases) {
    const message = refusal([{ ...city, type: value }]);
    assert(message.startsWith('RangeError: entity 1: "type" ') && problem.test(message), message);
    assertMatch(refusal([{ type: "a", text: value }]), /entity 1: "text" (is|has)/);
  }
});

Deno.test("each field of an entity is read once, so that the checked value is kept", () => {
  let reads = 0;
  const sly = {
    ...city,
    get end() {
      return reads++ === 0 ? 21 : 1000;
    },
  };
  assertEquals(check([sly]), [city]);
});

Deno.test("entities may have types that are names of object members", () => {
  const entities = ["__proto__", "constructor", "toString"].map((type, start) => ({
    start,
    end: start + 1,
    type,
  }));
  const dataset = createDataset({ name: "x", examples: [{ text, entities }] });
  assertEquals(dataset.labels, ["__proto__", "constructor", "toString"]);
  assertEquals(labelsOf(dataset.examples[0]), ["__proto__", "constructor", "toString"]);
});

Deno.test("spans are checked as entities are, without types", () => {
  const checkSpans = (spans: unknown) =>
    createDataset({ name: "x", examples: [{ text, spans }] } as DatasetInput).examples[0];
  const spans = [{ text: "Osage City" }, { start: 2, end: 7, type: "ignored" }];
  assertEquals(spansOf(checkSpans(spans)), [
    { start: 2, end: 7, label: "span" },
    { start: 11, end: 21, label: "span" },
  ]);
  const cases: [unknown, string][] = [
    [
      [{ start: 2, end: 7 }, { start: 7, end: 2 }],
      'span 2: it goes back from 7 to 2, expected "st',
    ],
    [[{ start: 2, end: 7 }, { start: 2, end: 7 }], "span 2 has the offsets of span 1"],
    [["Osage"], 'span 1: it is a string, expected an object with "start" and "end"'],
    [{}, '"spans" is an object, expected an array'],
  ];
  for (const [value, message] of cases) {
    assertThrows(() => checkSpans(value), Error, `Cannot read the data set: example 1: ${message}`);
  }
});
