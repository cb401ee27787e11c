import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { compareAnswers } from "../../../../review/observe/between/answering.ts";
import {
  countReviews,
  extendQueue,
  readReviews,
} from "../../../../review/observe/between/queue.ts";
import { fillIn, setOf } from "./fixture.ts";

const sets = [
  setOf("classification", { card: "card" }),
  setOf("classification", { card: "card", lost: "lost" }),
] as const;
const texts = Array.from({ length: 6 }, (_, n) => ({ text: `lost \x1b ${n}` }));
const comparison = compareAnswers(...sets, texts);
const empty = extendQueue("", comparison, readReviews("", comparison), 20);
const linesOf = (queue: string) => queue.split("\n").filter((line) => line !== "");

Deno.test("a queue is filled up to a batch, within its budget, and what people wrote stays as it is", () => {
  const extend = (text: string, batch: number, budget?: number) =>
    extendQueue(text, comparison, readReviews(text, comparison), batch, budget);
  const two = extend("", 2);
  assertEquals(two, `${linesOf(empty).slice(0, 2).join("\n")}\n`);
  assertEquals(two.includes("\x1b"), false);
  assertEquals(extend(two, 2), two);
  // Written by an editor that ends lines otherwise and leaves the last one open, with a note.
  const mended = two.replace('"label":""', '"label" : null, "note":"?"').replaceAll("\n", "\r\n")
    .trimEnd();
  const three = extend(mended, 2);
  assertEquals(three.startsWith(`${mended}\n`), true);
  assertEquals(linesOf(three).length, 3);
  assertEquals(extend(three, 5, 4), `${three}${linesOf(empty)[3]}\n`);
  assertEquals(linesOf(extend(three, 100)).length, comparison.queue.length);
  // A line that was deleted comes again.
  const [first, second] = linesOf(two);
  assertEquals(extend(second, 2), `${second}\n${first}\n`);
});

Deno.test("a label or the better answer is a review, and an empty string is none", () => {
  const outcomeOf = (fields: Record<string, unknown>) => {
    const [line] = linesOf(empty);
    const filled = JSON.stringify({ ...JSON.parse(line), ...fields });
    return readReviews(filled, comparison).outcomes[0];
  };
  const { a } = JSON.parse(linesOf(empty)[0]);
  const [right, wrong] = a === "lost" ? ["a", "b"] : ["b", "a"];
  for (const none of ["", undefined]) assertEquals(outcomeOf({ label: none }), undefined);
  assertEquals(outcomeOf({ label: "lost" }), "new");
  assertEquals(outcomeOf({ label: null }), "old");
  assertEquals(outcomeOf({ label: "card" }), "neither");
  assertEquals(outcomeOf({ better: right }), "new");
  assertEquals(outcomeOf({ better: wrong, label: "" }), "old");
  assertEquals(outcomeOf({ better: "neither" }), "neither");
  assertEquals(outcomeOf({ better: right, label: "lost" }), "new");
  assertThrows(
    () => outcomeOf({ better: wrong, label: "lost" }),
    RangeError,
    "do not say the same",
  );
  assertThrows(
    () => outcomeOf({ label: "lots" }),
    RangeError,
    'line 1: "label" is "lots", expected a label of the sets, or null if none of them fits: did you mean "lost"?',
  );
  assertThrows(() => outcomeOf({ label: 3 }), TypeError, '"label" is a number');
  assertThrows(() => outcomeOf({ better: "c" }), RangeError, '"better" is "c", expected "a", "b"');
});

Deno.test("lines that are not of this queue, or were changed, are errors that name them", () => {
  const lines = linesOf(empty);
  const messageOf = (at: number, change: (fields: Record<string, unknown>) => unknown) => {
    const changed = lines.with(at, JSON.stringify(change(JSON.parse(lines[at]))));
    return assertThrows(() => readReviews(changed.join("\n"), comparison, "q"), Error).message;
  };
  const [third, secret] = [2, "a secret text"];
  const expect = (message: string, change: (fields: Record<string, unknown>) => unknown) => {
    const found = messageOf(third, change);
    assertEquals(found.slice(0, message.length), message);
    assertEquals(found.includes(secret), false);
  };
  expect('Cannot read q: line 3: its "text" was changed', (one) => ({ ...one, text: secret }));
  expect('Cannot read q: line 3: its "a" or "b" was changed', (one) => ({ ...one, a: "card" }));
  expect("Cannot read q: line 3: its text is that of line 2", () => JSON.parse(lines[1]));
  expect("Cannot read q: line 3: it is of a queue for other", (one) => ({ ...one, queue: "0" }));
  expect("Cannot read q: line 3: it is not of a queue", () => ({ text: secret, label: "lost" }));
  expect("Cannot read q: line 3: it is not of a queue", () => [secret]);
  const cut = `${lines[0]}\n${lines[1].slice(0, 40)}`;
  assertThrows(
    () => readReviews(cut, comparison, "q"),
    SyntaxError,
    "Cannot read q: line 2, column",
  );
});

Deno.test("reviews count up to the first text without one, as often as the texts come", () => {
  const often = compareAnswers(...sets, [...texts, ...texts.slice(0, 3), ...texts]);
  const queue = extendQueue("", often, readReviews("", often), 20);
  const count = (filled: string) => countReviews(often, readReviews(filled, often));
  const none = { newOnly: 0, oldOnly: 0, neither: 0 };
  assertEquals(count(queue), { counts: none, reviewed: 0, held: 0 });
  const all = fillIn(queue, "label", (text) => text.endsWith("5") ? "card" : "lost");
  assertEquals(count(all), {
    counts: { newOnly: 13, oldOnly: 0, neither: 2 },
    reviewed: 6,
    held: 0,
  });
  const gap = count(fillIn(queue, "label", (_, line) => line === 4 ? undefined : null));
  assertEquals([gap.reviewed, gap.held], [3, 2]);
  // What counts is all that is drawn before the text without a review comes.
  assertEquals(gap.counts.oldOnly, often.drawn.indexOf(3));
});

Deno.test("spans are shown with their texts, and the better of them is told", () => {
  const found = compareAnswers(
    setOf("ner", { city: "Rome" }),
    setOf("ner", { city: "Rome|Oslo" }),
    [{ text: "Rome, Oslo" }],
  );
  const queue = extendQueue("", found, readReviews("", found), 20);
  const { a, b, better, label } = JSON.parse(queue);
  const longer = a.length > b.length ? "a" : "b";
  const oslo = { start: 6, end: 10, type: "city", text: "Oslo" };
  assertEquals([(longer === "a" ? a : b)[1], better, label], [oslo, "", undefined]);
  assertEquals(readReviews(fillIn(queue, "better", () => longer), found).outcomes, ["new"]);
});
