import { assert, assertEquals, assertMatch, assertThrows } from "jsr:@std/assert@^1";
import { createDataset, type Dataset, parseDataset } from "../../../learn/data/dataset.ts";
import type { DatasetFormat } from "../../../learn/data/formats.ts";
import { type Example, spansOf } from "../../../learn/data/examples.ts";
import { shortDigest } from "../../../learn/text/digest.ts";

function parse(text: string, format: DatasetFormat): Dataset {
  return parseDataset(text, { name: "intents", format, source: "a file" });
}

function textRefusal(text: string, format: DatasetFormat): string {
  const error = assertThrows(() => parse(text, format), Error);
  return `${error.name}: ${error.message}`;
}

function pairs(dataset: { readonly examples: readonly Example[] }): string[][] {
  return dataset.examples.map((example) => [example.text, "label" in example ? example.label : ""]);
}

const written = [["one", "a"], ["two, too", "b"]];
const documents: Record<DatasetFormat, string> = {
  jsonl: '{"text":"one","label":"a"}\n{"text":"two, too","label":"b","doc":1}\n',
  json: '[\n{"text":"one","label":"a"},\n{"text":"two, too","label":"b","doc":{}}\n]\n',
  csv: 'text,label\none,a\n"two, too",b\n',
};

for (const format of ["jsonl", "json", "csv"] as const) {
  Deno.test(`parseDataset reads ${format}`, () => {
    assertEquals(pairs(parse(documents[format], format)), written);
  });

  Deno.test(`parseDataset reads ${format} with a byte order mark, CRLF, and no last line end`, () => {
    const text = "\ufeff" + documents[format].trimEnd().replaceAll("\n", "\r\n");
    assertEquals(pairs(parse(text, format)), written);
  });

  Deno.test(`parseDataset gives the same data set from ${format} as from memory`, () => {
    const examples = written.map(([text, label]) => ({ text, label }));
    assertEquals(parse(documents[format], format), createDataset({ name: "intents", examples }));
  });
}

Deno.test("parseDataset refuses texts without examples in every format", () => {
  const none: [string, DatasetFormat][] = [
    ["", "jsonl"],
    [" \r\n\n", "jsonl"],
    ["[]", "json"],
    ["", "csv"],
    ["text,label\n", "csv"],
  ];
  for (const [text, format] of none) {
    assertEquals(textRefusal(text, format), "RangeError: Cannot read a file: it has no examples");
  }
});

Deno.test("parseDataset names the line of a JSON Lines example, blank lines counted", () => {
  const text = '\n{"text":"x","label":"a"}\r\n \t\r\n\n{"text":"x"}\n';
  assertEquals(
    textRefusal(text, "jsonl"),
    'TypeError: Cannot read a file: line 5: "label" is missing, expected a string',
  );
});

Deno.test("parseDataset names line and column if JSON Lines are not JSON", () => {
  assertEquals(
    textRefusal('{"text":"x","label":"a"}\n\n{"text":"my secret" "label":"a"}\n', "jsonl"),
    'SyntaxError: Cannot read a file: line 3, column 21: expected "," or "}"',
  );
});

Deno.test("parseDataset refuses a lone surrogate that JSON escapes, naming the line", () => {
  assertEquals(
    textRefusal('{"text":"x","label":"a"}\n{"text":"\\ud83d","label":"a"}', "jsonl"),
    'RangeError: Cannot read a file: line 2: "text" has a lone surrogate, expected valid Unicode',
  );
});

Deno.test("parseDataset names both lines of an id given twice", () => {
  const lines = ['{"id":"i","text":"x","label":"a"}', "", '{"id":"i","text":"y","label":"a"}'];
  assertEquals(
    textRefusal(lines.join("\n"), "jsonl"),
    'RangeError: Cannot read a file: line 3: id "i" is already that of line 1',
  );
});

Deno.test("parseDataset refuses JSON Lines nested too deep", () => {
  const deep = `{"text":"x","label":"a","doc":${"[".repeat(1e6)}`;
  assertMatch(
    textRefusal(`\n${deep}`, "jsonl"),
    /line 2, column \d+: nested deeper than 64 levels/,
  );
});

Deno.test("parseDataset reads a JSON object with labels and a name", () => {
  const { examples } = createDataset({
    name: "any",
    examples: [{ text: "where is my card", label: "card" }],
  });
  const text = JSON.stringify({ name: "own", task: "classification", labels: ["z"], examples });
  assertMatch(
    textRefusal(text, "json"),
    /example 1 \(line 1\): label "card" is not among "labels"/,
  );
  const labels = ["z", "exchange", "card"];
  const good = JSON.stringify({ name: "own", labels, examples });
  assertEquals(parseDataset(good, { format: "json" }).name, "own");
  assertEquals(parseDataset(good, { format: "json", name: "given" }).name, "given");
  assertEquals(parse(good, "json").labels, ["card", "exchange", "z"]);
});

Deno.test("parseDataset refuses a document without a name if the options have no name", () => {
  assertThrows(
    () => parseDataset(documents.jsonl, { format: "jsonl" }),
    TypeError,
    '"name" is missing, expected a string',
  );
});

Deno.test("parseDataset names number and line of a JSON example", () => {
  assertEquals(
    textRefusal('[{"text":"x",\n"label":"a"},\r\n\n  {"text":"","label":"a"}]', "json"),
    'RangeError: Cannot read a file: example 2 (line 4): "text" is empty, expected some text',
  );
  assertMatch(
    textRefusal('{"examples":\n[\n{"text":"x"}]}', "json"),
    /example 1 \(line 3\): it has none of "label", "entities" and "spans"/,
  );
});

Deno.test("parseDataset refuses JSON that is neither a list nor an object", () => {
  assertEquals(
    textRefusal('"text"', "json"),
    "TypeError: Cannot read a file: it is a string, " +
      'expected an array of examples or an object with "examples"',
  );
});

Deno.test("parseDataset treats __proto__ in JSON as any other field", () => {
  assertMatch(
    textRefusal('[{"__proto__":{"text":"x","label":"a"}}]', "json"),
    /example 1 \(line 1\): it has none of "label"/,
  );
  assertMatch(textRefusal('{"__proto__":{"examples":[]}}', "json"), /"examples" is missing/);
});

Deno.test("parseDataset finds the columns of CSV in any order, with an id and others", () => {
  const text = "note,label, id ,text\nn,a,i1,one\n,b,,two\n";
  const { examples } = parse(text, "csv");
  assertEquals(examples, [
    { id: "i1", text: "one", label: "a" },
    { id: `e${shortDigest("two", 10)}`, text: "two", label: "b" },
  ]);
});

Deno.test("parseDataset reads quotes, line ends and NUL in CSV fields as they are", () => {
  const text = 'text,label\r\n"a ""b""\r\n\nc",x\r\n a\0 ,y\r\n';
  assertEquals(pairs(parse(text, "csv")), [['a "b"\r\n\nc', "x"], [" a\0 ", "y"]]);
});

Deno.test("parseDataset reads CSV whose lines end in both ways", () => {
  assertEquals(pairs(parse("text,label\none,a\r\ntwo,b\nthree,c", "csv")), [
    ["one", "a"],
    ["two", "b"],
    ["three", "c"],
  ]);
});

Deno.test("parseDataset names the right line of CSV after blank lines and line ends in quotes", () => {
  const rows = ["", "text,label", '"a\r\n\r\nb",x', "", '"é\nb",x', " ,x"];
  assertEquals(
    textRefusal(rows.join("\r\n"), "csv"),
    'RangeError: Cannot read a file: line 9: "text" is only white space, expected some text',
  );
});

Deno.test("parseDataset refuses CSV without the header, and lists the columns but no texts", () => {
  const refusals: [string, string][] = [
    ["my secret,a\n", 'text and label, got "a" beside 1 other'],
    ["my secret;label\n", "text and label, got 1 column with other names"],
    ["my secret,your secret\n", "text and label, got 2 columns with other names"],
    ["Message,Class\nmy secret,a\n", 'text and label, got "Message" and "Class"'],
    // A header for sure, as one column is as expected.
    ["Your message,label,\nmy secret,a,\n", 'text and label, got "Your message", "label" and ""'],
    [`${"a,".repeat(20)}b\n`, `text and label, got ${'"a", '.repeat(7)}"a" and 13 more`],
  ];
  for (const [text, problem] of refusals) {
    assertEquals(
      textRefusal(text, "csv"),
      "SyntaxError: Cannot read a file: line 1: expected a header with the columns " +
        `${problem} (--text-column and --label-column name others)`,
    );
  }
  assertMatch(textRefusal("text,label,text\na,b,c\n", "csv"), /line 1: .*, got "text" twice$/);
});

Deno.test("parseDataset reads fields that have other names, and names them in errors", () => {
  const named = (text: string, format: DatasetFormat, fields = { text: "label", label: "Class" }) =>
    parseDataset(text, { name: "intents", format, fields, source: "a file" });
  const texts: [string, DatasetFormat][] = [
    ['{"label":"one","Class":"a","text":7}\n{"Class":"b","label":"two, too"}', "jsonl"],
    ['[{"label":"one","Class":"a"},{"Class":"b","label":"two, too"}]', "json"],
    ['Class,text,label\na,,one\nb,,"two, too"\n', "csv"],
  ];
  for (const [text, format] of texts) assertEquals(pairs(named(text, format)), written);
  const refusals: [string, DatasetFormat, string][] = [
    [
      '{"text":"x","Class":"a"}',
      "jsonl",
      'line 1: "label" is missing, expected a string; it has "text" and "Class"',
    ],
    ['{"label":"x","Class":7}', "jsonl", 'line 1: "Class" is a number, expected a string'],
    [
      '{"label":"x"}',
      "jsonl",
      'line 1: it has none of "Class", "entities" and "spans"; it has "label"',
    ],
    ["Class,label\n ,x\n", "csv", 'line 2: "Class" is only white space, expected some text'],
    [
      '{"label":"x","spans":[]}',
      "jsonl",
      '"Class" is named as the field of labels, and the task is extraction',
    ],
  ];
  for (const [text, format, problem] of refusals) {
    const error = assertThrows(() => named(text, format), Error);
    assertEquals(error.message, `Cannot read a file: ${problem}`);
  }
  const same = { text: "a", label: "a" };
  assertThrows(
    () => named("", "csv", same),
    TypeError,
    '"a" cannot be both the text and the label',
  );
  // A name that every object has is no field.
  const inherited = { text: "toString", label: "__proto__" };
  assertEquals(pairs(named("toString,__proto__\nx,a\n", "csv", inherited)), [["x", "a"]]);
});

Deno.test("parseDataset refuses a CSV row with more or fewer fields than the header", () => {
  assertEquals(
    textRefusal("text,label\n\none, two,a\n", "csv"),
    "SyntaxError: Cannot read a file: line 3 has 3 fields, " +
      "expected 2 as in the header (a field with commas needs quotes)",
  );
  assertMatch(textRefusal("text,label\none\n", "csv"), /line 2 has 1 field, expected 2/);
});

Deno.test("parseDataset describes broken quotes in CSV in one line, without the text", () => {
  const start = 'text,label\r\n"a\r\nb",x\r\n';
  const cases: [string, string][] = [
    ['"my secret,a\r\nb,c\r\n', "has a quote that is never closed"],
    [
      '"my" secret,a\n',
      "has text after a closing quote, expected a comma (a quote in quotes is doubled)",
    ],
    ['my "secret",a\n', "has a quote inside a field that is not in quotes"],
  ];
  for (const [row, problem] of cases) {
    const error = assertThrows(() => parse(start + row, "csv"), SyntaxError);
    assertEquals(error.message, `Cannot read a file: the row that begins on line 4 ${problem}`);
    assert(!Deno.inspect(error).includes("secret"), Deno.inspect(error));
  }
});

Deno.test("parseDataset refuses a lone surrogate in CSV, naming the line", () => {
  assertEquals(
    textRefusal("text,label\na,b\n\ud800,b\n", "csv"),
    "RangeError: Cannot read a file: line 3 has a lone surrogate, expected valid Unicode",
  );
});

Deno.test("parseDataset quotes no text in its errors", () => {
  const texts: [string, DatasetFormat][] = [
    ['{"text":"my secret","label":7}', "jsonl"],
    ['[{"text":"my secret"}]', "json"],
    ["text,label\nmy secret,\n", "csv"],
  ];
  for (const [text, format] of texts) assert(!textRefusal(text, format).includes("secret"));
});

Deno.test("parseDataset reads spans and entities from JSON Lines and JSON", () => {
  const entities = [{ start: 4, end: 8, type: "city" }];
  const example = { id: "i", text: "the city", entities };
  for (const text of [JSON.stringify(example), JSON.stringify([example])]) {
    const dataset = parse(text, text.startsWith("[") ? "json" : "jsonl");
    assertEquals([dataset.task, dataset.examples], ["ner", [example]]);
  }
  const spans = parse('{"id":"i","text":"the city","spans":[{"start":4,"end":8}]}', "jsonl");
  assertEquals(spans.task, "extraction");
  assertEquals(spans.examples, [{ id: "i", text: "the city", spans: [{ start: 4, end: 8 }] }]);
});

Deno.test("parseDataset takes the task from the options, else from a JSON object", () => {
  const example = { text: "the city", label: "a", entities: [{ text: "city", type: "place" }] };
  const text = JSON.stringify({ task: "ner", labels: ["place"], examples: [example] });
  assertEquals(parse(text, "json").task, "ner");
  const options = { name: "x", format: "json", task: "classification" } as const;
  assertThrows(() => parseDataset(text, options), RangeError, 'label "a" is not among "labels"');
  assertMatch(textRefusal('{"task":"NER","examples":[]}', "json"), /task is "NER", expected/);
});

Deno.test("parseDataset names the line of a span that is refused", () => {
  const lines = ['{"text":"x","spans":[]}', "", '{"text":"my secret","spans":[{"start":3}]}'];
  assertEquals(
    textRefusal(lines.join("\n"), "jsonl"),
    'TypeError: Cannot read a file: line 3: span 1: "end" is missing, expected a number',
  );
  assertMatch(
    textRefusal(`[\n${lines[0]},\n${lines[2]}]`, "json"),
    /example 2 \(line 3\): span 1: "end" is missing/,
  );
});

Deno.test("parseDataset names both lines of types that differ in case", () => {
  const lines = ["city", "City"].map((type) =>
    JSON.stringify({ text: "a b", entities: [{ start: 0, end: 1, type }] })
  );
  assertEquals(
    textRefusal(lines.join("\n\n"), "jsonl"),
    'RangeError: Cannot read a file: line 3: type "City" differs only in case from "city" of line 1',
  );
});

for (const task of ["ner", "extraction"] as const) {
  Deno.test(`parseDataset refuses CSV for ${task}, and names a format that works`, () => {
    assertThrows(
      () => parseDataset(documents.csv, { name: "x", format: "csv", task, source: "a file" }),
      RangeError,
      `Cannot read a file: CSV cannot hold spans; for the task ${task} use JSON Lines`,
    );
  });
}

Deno.test("parseDataset reads a text of 5 MB with a few entities in seconds", () => {
  const text = "a line of some words\n".repeat(250_000) + "Rome";
  const entities = [{ text: "Rome", type: "city" }, { start: 2, end: 6, type: "noun" }];
  const began = performance.now();
  const dataset = parse(JSON.stringify([{ text, entities }]), "json");
  assert(performance.now() - began < 5000);
  assertEquals(spansOf(dataset.examples[0]).map(({ start, label }) => [start, label]), [
    [2, "noun"],
    [text.length - 4, "city"],
  ]);
});
