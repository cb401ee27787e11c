import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import type { DecisionOptions } from "../../../learn/rules/decisions.ts";
import { createExtractor, type ExtractorOptions } from "../../../learn/rules/extractor.ts";
import { createMatches } from "../../../learn/score/matches.ts";
import { findOutcomes } from "../../../learn/score/outcomes.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import {
  createRandom,
  findNaively,
  generateExamples,
  generateRules,
  keepNaively,
} from "../score/generate_spans.ts";

/** A rule named after its pattern. */
function makeRule(pattern: string, label: string, fields: Partial<Proposal> = {}): Rule {
  return createRule({ name: pattern, label, patterns: [pattern], ...fields });
}

/** Describes the spans found as `text/label`. */
function extract(text: string, rules: readonly Rule[], options?: ExtractorOptions): string[] {
  return createExtractor(rules, options)(text).map(({ text, label }) => `${text}/${label}`);
}

const size = makeRule(String.raw`\d+`, "size");
const date = makeRule(String.raw`\d+ May`, "date", { priority: 1 });

Deno.test("spans are found with their text, label and rule, by start", () => {
  const city = makeRule("Osage City", "city", { priority: -1 });
  const found = createExtractor([size, city])("5 in osage city, 12 for me");
  assertEquals(found, [
    { start: 0, end: 1, text: "5", label: "size", rule: size },
    { start: 5, end: 15, text: "osage city", label: "city", rule: city },
    { start: 17, end: 19, text: "12", label: "size", rule: size },
  ]);
});

Deno.test("of overlapping spans the one of the earlier rule stays, with keep both do", () => {
  const text = "5 on 12 May";
  assertEquals(extract(text, [size, date]), ["5/size", "12 May/date"]);
  assertEquals(extract(text, [size, date], { overlaps: "keep" }), [
    "5/size",
    "12/size",
    "12 May/date",
  ]);
});

Deno.test("of spans with the same offsets the one of the earlier rule stays", () => {
  const age = makeRule("[0-9]+", "age", { precision: 0.9 });
  for (const overlaps of ["drop", "keep"] as const) {
    assertEquals(extract("5", [size, age], { overlaps }), ["5/age"]);
    assertEquals(extract("5", [age, size], { overlaps }), ["5/age"]);
  }
});

Deno.test("a group is the span, and its label is that of the rule", () => {
  const rule = makeRule(String.raw`no\. (\d+)`, "CODE", { group: 1 });
  assertEquals(extract("No. 12, no. 13", [rule]), ["12/CODE", "13/CODE"]);
});

Deno.test("offsets are those of the text, and no character is split", () => {
  const text = "😀 a😀b";
  const [found] = createExtractor([makeRule("a(.)", "X", { group: 1, flags: "u" })])(text);
  assertEquals([found.text, found.start, text.slice(found.start, found.end)], ["😀", 4, "😀"]);
});

Deno.test("without rules, or in an empty text, nothing is found", () => {
  assertEquals(extract("5", []), []);
  assertEquals(extract("", [size, date]), []);
});

Deno.test("labels may have the names of object members", () => {
  const rules = ["__proto__", "constructor"].map((label) => makeRule(label, label));
  assertEquals(extract("constructor __proto__", rules), [
    "constructor/constructor",
    "__proto__/__proto__",
  ]);
});

Deno.test("an unknown way to treat overlaps is refused at once", () => {
  const overlaps = "dropped" as ExtractorOptions["overlaps"];
  assertThrows(() => createExtractor([], { overlaps }), RangeError, "overlaps is dropped");
});

Deno.test("a rule whose group does not exist is refused at once", () => {
  const rule = makeRule("(a)b", "X", { group: 2 });
  assertThrows(() => createExtractor([rule]), SyntaxError, `Rule ${rule.id} cannot run`);
});

const endless = ["(a+)+$", "(a|a)*$", String.raw`(\w+\s?)*$`];

Deno.test("patterns that could take for ever end on a long run of one letter", () => {
  const text = "a".repeat(100_000);
  for (const pattern of endless) {
    const rule = makeRule(pattern, "X");
    const [found, ...others] = createExtractor([rule])(text);
    assertEquals([found.start, found.end, others.length], [0, text.length, 0]);
    assertEquals(createExtractor([rule])(`${text}!`), []);
    assertEquals(createClassifier([rule])(text).label, "X");
    const group = makeRule(`b${pattern.replace("$", "!")}`, "X", { group: 1 });
    assertEquals(createExtractor([group])(`b${text}`), []);
  }
});

Deno.test("patterns that could take for ever and refer back are refused, even if they never run", () => {
  for (const pattern of endless.filter((one) => /\((?!\?)/.test(one))) {
    const back = `^${pattern}\\1`;
    for (const rule of [makeRule(back, "X"), makeRule("c", "X", { not: [back] })]) {
      assertThrows(
        () => createExtractor([rule]),
        SyntaxError,
        `${rule.id} cannot run: backtracking`,
      );
      assertThrows(
        () => createClassifier([rule]),
        SyntaxError,
        `${rule.id} cannot run: backtracking`,
      );
    }
  }
});

Deno.test("the extractor finds the spans that scores count and the definition says", () => {
  const random = createRandom(17);
  let total = 0;
  for (let round = 0; round < 100; round++) {
    const rules = generateRules(random, 8);
    const examples = generateExamples(random, rules, 4);
    const overlaps = (["drop", "keep"] as const)[round % 2];
    const extractor = createExtractor(rules, { overlaps });
    const options: DecisionOptions = { decide: "first", threshold: 0, overlaps };
    const found = examples.map(({ text }) => extractor(text));

    const definition = examples.map(({ text }) => {
      return keepNaively(findNaively(text, rules), overlaps)
        .sort((a, b) => a.start - b.start || a.end - b.end);
    });
    assertEquals(
      found.map((some) => some.map((one) => ({ ...one, rule: one.rule.id }))),
      definition,
    );

    // On texts without gold spans, all spans are spurious.
    const bare = examples.map(({ id, text }) => ({ id, text, entities: [] }));
    const matches = createMatches(bare, ["X", "Y", "only-rules"]);
    assert(matches.kind === "spans");
    const scored = examples.map((_, position) => {
      return findOutcomes(matches, rules, options)
        .filter(({ example }) => example === position)
        .map(({ item, predicted }) => ({
          ...matches.items[item],
          label: matches.labels[predicted],
        }))
        .map(({ start, end, text, label }) => ({ start, end, text, label }))
        .sort((a, b) => a.start - b.start || a.end - b.end);
    });
    assertEquals(found.map((some) => some.map(({ rule: _, ...one }) => one)), scored);
    total += found.flat().length;
  }
  assert(total > 1000, `${total} spans`);
});
