import { assert, assertEquals, assertNotEquals, assertThrows } from "jsr:@std/assert@^1";
import { compareAnswers } from "../../../../review/observe/between/answering.ts";
import { setOf } from "./fixture.ts";

const both = [
  setOf("classification", { card: "card", rate: "rate" }),
  setOf("classification", { card: "card", rate: "rates?", lost: "lost" }),
] as const;
const say = (...texts: string[]) => texts.map((text, at) => ({ id: `t${at}`, text }));

Deno.test("a text on which sets differ is queued once, and counts as often as it comes", () => {
  const texts = say("my card", "it is lost", "hello", "it is lost", "lost it", "it is lost");
  const found = compareAnswers(...both, texts);
  assertEquals([found.texts, found.answeredByOld, found.answeredByNew, found.differing], [
    6,
    1,
    5,
    4,
  ]);
  assertEquals(found.queue.map(({ text }) => text).sort(), ["it is lost", "lost it"]);
  for (const [rank, { text, answers, ofNew, count }] of found.queue.entries()) {
    assertEquals([answers[ofNew], answers[1 - ofNew]], ["lost", null]);
    assertEquals(count, text === "lost it" ? 1 : 3);
    assertEquals(found.drawn.filter((one) => one === rank).length, count);
  }
  // A text is reviewed where it first comes.
  assertEquals([...new Set(found.drawn)], [0, 1]);
  assertEquals(found.labels, ["card", "lost", "rate"]);
});

Deno.test("the order is random by its seed, and neither it nor the place of an answer tells the set", () => {
  const texts = say(...Array.from({ length: 60 }, (_, n) => `lost ${n}`));
  const found = compareAnswers(...both, texts);
  assertEquals(compareAnswers(...both, texts), found);
  const order = found.queue.map(({ text }) => text);
  assertNotEquals(order, texts.map(({ text }) => text));
  const other = compareAnswers(...both, texts, { seed: 1 });
  assertNotEquals(other.queue.map(({ text }) => text), order);
  assertNotEquals(other.id, found.id);
  const first = found.queue.filter(({ ofNew }) => ofNew === 0).length;
  assert(first > 15 && first < 45, `the new set comes first in ${first} of 60`);
  // Sets that change places keep their queue, and so their reviews.
  const turned = compareAnswers(both[1], both[0], texts);
  assertEquals(turned.id, found.id);
  assertEquals(
    turned.queue,
    found.queue.map((one) => ({ ...one, ofNew: one.ofNew === 0 ? 1 : 0 })),
  );
});

Deno.test("other texts, answers or numbers of texts make another queue, other rules with equal answers do not", () => {
  const texts = say("it is lost", "my card");
  const { id } = compareAnswers(...both, texts);
  const same = setOf("classification", { card: "cards?", rate: "rate", lost: "(?:lost)" });
  assertEquals(compareAnswers(both[0], same, texts).id, id);
  const ids = [
    compareAnswers(...both, say("it is lost", "my card", "hello")).id,
    compareAnswers(...both, say("it was lost", "my card")).id,
    compareAnswers(both[0], setOf("classification", { card: "card", gone: "lost" }), texts).id,
  ];
  assertEquals(new Set([id, ...ids]).size, 4);
});

Deno.test("spans differ as sets: in bounds or types, not in their order or the rules that find them", () => {
  const ner = (patterns: Record<string, string>) => setOf("ner", patterns);
  const texts = say("Rome and Oslo");
  const differing = (...sets: [Record<string, string>, Record<string, string>]) =>
    compareAnswers(ner(sets[0]), ner(sets[1]), texts).queue.map(({ answers, ofNew }) =>
      answers[ofNew]
    );
  assertEquals(differing({ city: "Rome|Oslo" }, { city: "(?:Oslo|Rome)" }), []);
  assertEquals(differing({ city: "Rome" }, { city: "Rome|Oslo" }), [[
    { start: 0, end: 4, type: "city" },
    { start: 9, end: 13, type: "city" },
  ]]);
  assertEquals(differing({ city: "Rome" }, { town: "Rome" }), [[{
    start: 0,
    end: 4,
    type: "town",
  }]]);
  assertEquals(differing({ city: "Rome" }, { city: "Paris" }), [[]]);
  const error = () => compareAnswers(both[0], ner({ city: "Rome" }), texts);
  assertThrows(error, RangeError, "classification and the new ones for ner");
});
