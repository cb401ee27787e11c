import { assert, assertAlmostEquals, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import {
  describeRule,
  indexExamples,
  measure,
  supportOf,
} from "../../../learn/labels/label_index.ts";
import { finish } from "../../../learn/text/slices.ts";
import { labels, train, vote } from "./learning.ts";

Deno.test("candidates are counted on the examples of their label, and each example once", () => {
  const corrections = new Set(train.slice(0, 40).map(({ id }) => id));
  const index = finish(indexExamples({ ...vote, corrections }, train));
  assertEquals(index.count, train.length);
  assert(index.pool.gold.length > train.length);
  for (const candidate of index.pool.candidates.filter((_, place) => place % 50 === 0)) {
    const { precision, support } = measure(index, candidate);
    const texts = [...candidate.texts].filter((text) => text < train.length);
    const correct = texts.filter((text) => train[text].label === labels[candidate.label]);
    assertEquals(support, texts.length);
    assertAlmostEquals(precision, correct.length / texts.length);
    // What matches a corrected example matches its copies.
    assertEquals(index.withCopies(Int32Array.from(texts)), candidate.texts);
  }
  assertEquals(measure(index, { label: 0, texts: new Int32Array() }), { precision: 0, support: 0 });
});

Deno.test("a candidate needs more examples of a label that has more", () => {
  const needed = [1, 5, 20, 50, 200, 1_000, 100_000].map(supportOf);
  assertEquals(needed, needed.toSorted((a, b) => a - b));
  assertEquals(needed[0], 1);
  assert(needed.at(-1)! > 1);
  // Labels of many and of few examples in one data set.
  const many = train.filter(({ label }) => label === labels[0]);
  const few = train.filter(({ label }) => label === labels[1]).slice(0, 5);
  const both = [...many, ...few];
  const task = { ...vote, labels: labels.slice(0, 2), minSupport: 1 };
  const { pool: { candidates } } = finish(indexExamples(task, both));
  for (const [label, size] of [many.length, few.length].entries()) {
    const counts = candidates.filter((one) => one.label === label).map(({ tp }) => tp);
    assert(counts.length > 0 && Math.min(...counts) >= supportOf(size));
  }
});

Deno.test("a rule is called by its label and what it says, without any limit exceeded", () => {
  const index = finish(indexExamples(vote, train));
  const patterns = [String.raw`\b(?:rates?|exchang\w*)\b`, String.raw`\bcard\b`];
  const described = describeRule(vote, index, 1, patterns);
  assertEquals(described.label, labels[1]);
  assertEquals([described.patterns, described.flags], [patterns, "i"]);
  assert(described.name.startsWith(`${labels[1]}/`));
  assert(described.name.includes("exchang") && described.name.includes("card"));
  const long = { ...vote, labels: [`${"x".repeat(398)}👍`, ...labels] };
  const { name } = describeRule(long, index, 0, ["card"]);
  assert(name.length <= 400 && name.isWellFormed());
});

Deno.test("examples with spans are an error", () => {
  const spans = [{ id: "a", text: "text", spans: [] }];
  assertThrows(() => finish(indexExamples(vote, spans)), TypeError, "spans");
});
