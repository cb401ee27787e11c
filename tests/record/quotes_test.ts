import { assertEquals } from "jsr:@std/assert@^1";
import { createQuoteFinder } from "../../record/quotes.ts";
import { createRandom } from "./generate_run.ts";

const random = createRandom(3);
const letters = (length: number) =>
  Array.from({ length }, () => "abcdefgh  "[Math.floor(random() * 10)]).join("");

Deno.test("twenty characters of an example in a row are found from any place, nineteen are not", () => {
  const text = "abcdefghijklmnopqrstuvwxyz0123456789";
  const findQuote = createQuoteFinder([{ id: "other", text: text.slice(0, 19) }, {
    id: "e",
    text,
  }]);
  for (let start = 0; start + 20 <= text.length; start++) {
    assertEquals(findQuote(["", `<${text.slice(start, start + 20)}>`]), "e");
    assertEquals(findQuote([`<${text.slice(start, start + 19)}>`, "x".repeat(50)]), undefined);
  }
});

Deno.test("the example is the first that has the words, and may be without an id", () => {
  const texts = [
    "where is my card",
    "Please tell me where is my new card",
    "tell me where is my new card",
  ];
  const findQuote = createQuoteFinder(texts.map((text, at) => ({ id: `e${at}`, text })));
  assertEquals(findQuote(["TELL me\n\nwhere  is my new"]), "e1");
  const unnamed = createQuoteFinder([{ text: texts[1] }]);
  assertEquals(unnamed([texts[1]])?.length, 11);
  assertEquals(createQuoteFinder([])([texts[1]]), undefined);
});

Deno.test("words that enough examples with different texts share are not a quote", () => {
  const phrase = "within walking distance";
  const texts = ["a pub", "a bar", "a pub"].map((place) => `${place} ${phrase} of me`);
  const find = (count: number, minSupport?: number) =>
    createQuoteFinder(
      texts.slice(0, count).map((text, at) => ({ id: `e${at}`, text })),
      minSupport,
    )(
      [phrase],
    );
  assertEquals([find(1, 2), find(2, 2), find(2, 3)], ["e0", undefined, "e0"]);
  assertEquals([find(3, 3), find(3)], ["e0", "e0"], "equal texts count once");
  const whole = createQuoteFinder(
    [...texts.slice(0, 2), `${phrase} of my other house`]
      .map((text, at) => ({ id: `e${at}`, text })),
    2,
  );
  assertEquals([whole([`${phrase} of m`]), whole([`${phrase} of my other`])], [undefined, "e2"]);
});

Deno.test("twenty letters of an example in a row are found whatever stands between them", () => {
  const text = "Hello, Zoë Müller (aunt), it is A-12, B 9";
  const findQuote = createQuoteFinder([{ id: "other", text: "it is A-12" }, { id: "e", text }]);
  const words = "Hello Zoë Müller aunt it is A 12".split(" ");
  for (
    const gap of ["", " ", ", ", " → ", String.raw`\W+`, String.raw`[^\p{L}\p{N}]+`, "[^a-z]+"]
  ) {
    assertEquals(findQuote([words.join(gap)]), "e", gap);
    assertEquals(findQuote([words.slice(0, 4).join(gap)]), undefined, gap);
  }
  for (
    const said of [
      "hello zoe muller aunt it is",
      "Ｈｅｌｌｏ Zoë Müller, aunt: it is".normalize("NFD"),
    ]
  ) {
    assertEquals(findQuote([said]), "e");
  }
  for (const gap of ["|", " | ", ".*", ".*?", ".{0,9}", String.raw`\w+`, "[a-z ]*"]) {
    assertEquals(findQuote([words.join(gap)]), undefined, gap);
  }
});

Deno.test("no words are quoted of two examples at once", () => {
  const findQuote = createQuoteFinder([{ id: "a", text: "it is my card" }, {
    id: "b",
    text: "that is lost",
  }]);
  for (const gap of ["\n", " ", "", "\\n"]) {
    assertEquals(findQuote([`it is my card${gap}that is lost`]), undefined);
  }
});

Deno.test("what is found in ten thousand examples is what a search of each finds", () => {
  const examples = Array.from({ length: 10_000 }, (_, at) => ({ id: `${at}`, text: letters(100) }));
  const folded = examples.map(({ text }) => text.replaceAll(/ +/g, " ").trim());
  const findQuote = createQuoteFinder(examples);
  for (let round = 0; round < 400; round++) {
    const { text } = examples[Math.floor(random() * examples.length)];
    const start = Math.floor(random() * 70);
    const said = text.slice(start, start + 17 + Math.floor(random() * 8)).replaceAll(/ +/g, " ");
    const runs = Array.from(
      { length: Math.max(0, said.length - 19) },
      (_, at) => said.slice(at, at + 20),
    );
    const found = runs.map((run) => folded.findIndex((one) => one.includes(run))).find((at) =>
      at >= 0
    );
    assertEquals(
      findQuote([said.replaceAll(" ", "\\s+")]),
      found === undefined ? undefined : `${found}`,
    );
  }
});
