import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import type { EntityExample } from "../../../learn/data/examples.ts";
import { createMatches, joinMatches, type Match } from "../../../learn/score/matches.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import { createSpanMatches, type SpanMatches } from "../../../learn/score/span_matches.ts";
import {
  createRandom,
  findNaively,
  generateExamples,
  generateRules,
  overlapNaively,
} from "./generate_spans.ts";

const MATCHES: readonly Match[] = ["exact", "text", "partial"];

/** A rule named after its pattern. */
function makeRule(pattern: string, label: string, fields: Partial<Proposal> = {}): Rule {
  return createRule({ name: pattern, label, patterns: [pattern], ...fields });
}

const examples: readonly EntityExample[] = [
  { id: "a", text: "Osage City, 5 of 12", entities: [{ start: 0, end: 10, type: "city" }] },
  { id: "b", text: "nothing here", entities: [] },
  {
    id: "c",
    text: "12 May 12",
    entities: [{ start: 0, end: 6, type: "date" }, { start: 7, end: 9, type: "size" }],
  },
];
const digits = makeRule(String.raw`\d+`, "size");

/** Items as `example: text/label`. */
function describe(matches: SpanMatches, numbers: Iterable<number>): string[] {
  return Array.from(numbers, (number) => {
    const { example, text, label } = matches.items[number];
    return `${matches.examples[example].id}: ${text}/${matches.labels[label]}`;
  });
}

Deno.test("the items are first the spans of the examples, then those that rules find", () => {
  const matches = createSpanMatches(examples, [], "exact");
  const own = ["a: Osage City/city", "c: 12 May/date", "c: 12/size"];
  assertEquals(describe(matches, matches.items.keys()), own);
  assertEquals(matches.goldItems.map((numbers) => describe(matches, numbers)), [
    ["a: Osage City/city"],
    [],
    ["c: 12 May/date", "c: 12/size"],
  ]);
  matches.add([digits]);
  const found = ["a: 5/size", "a: 12/size", "c: 12/size"];
  assertEquals(describe(matches, matches.items.keys()), [...own, ...found]);
});

Deno.test("a gold span, or one that another rule found, is not a new item", () => {
  const matches = createSpanMatches(examples, [], "exact");
  const [same, other] = [
    makeRule(String.raw`\d\d?`, "size"),
    makeRule(String.raw`\d+`, "date"),
  ];
  matches.add([digits]);
  const known = matches.items.length;
  matches.add([same]);
  assertEquals(matches.items.length, known);
  assertEquals(matches.inOrder(same.id), matches.inOrder(digits.id));
  assert(matches.of(digits.id).includes(matches.goldItems[2][1]));
  matches.add([other]);
  assertEquals(matches.items.length, known + 4);
});

Deno.test("found items are listed from left to right and in ascending order", () => {
  const matches = createSpanMatches(examples, [], "exact");
  matches.add([digits]);
  const inOrder = ["a: 5/size", "a: 12/size", "c: 12/size", "c: 12/size"];
  assertEquals(describe(matches, matches.inOrder(digits.id)), inOrder);
  assertEquals(Array.from(matches.inOrder(digits.id), (item) => matches.items[item].start), [
    12,
    17,
    0,
    7,
  ]);
  const ascending = [...matches.of(digits.id)];
  assertEquals(ascending, ascending.toSorted((a, b) => a - b));
  assertEquals(new Set(ascending), new Set(matches.inOrder(digits.id)));
});

Deno.test("an item that a rule finds again and again is one of its items", () => {
  const matches = createSpanMatches(examples, [], "exact");
  const rule = makeRule("(?=.*(5))[A-Z]", "size", { group: 1, flags: "" });
  matches.add([rule]);
  assertEquals(describe(matches, matches.of(rule.id)), ["a: 5/size"]);
});

Deno.test("the gold label of an item is its own if it matches by offsets, text or overlap", () => {
  const rules = [
    digits,
    makeRule("Osage", "city"),
    makeRule("12 (May)", "date", { template: { text: "$1" } }),
    makeRule("12 May", "size"),
  ];
  const describeGold = (match: Match) => {
    const matches = createSpanMatches(examples, [], match);
    matches.add(rules);
    assertEquals(matches.gold.length, matches.items.length);
    const matching = [...matches.items.keys()].filter((item) => matches.gold[item] !== -1);
    for (const item of matching) assertEquals(matches.gold[item], matches.items[item].label);
    // The first three are the gold spans of the examples.
    return describe(matches, matching.slice(3));
  };
  assertEquals(describeGold("exact"), []);
  assertEquals(describeGold("text"), ["c: 12/size"]);
  assertEquals(describeGold("partial"), ["a: Osage/city", "c: May/date"]);
});

Deno.test("a rule runs once, whatever its strengths later", () => {
  const texts: string[] = [];
  const watched = examples.map(({ id, text, entities }) => ({
    id,
    entities,
    get text() {
      texts.push(id);
      return text;
    },
  }));
  const matches = createSpanMatches(watched, [], "exact");
  matches.add([digits]);
  const read = texts.length;
  matches.add([{ ...digits, priority: 3, weight: 2 }]);
  assertEquals(texts.length, read);
});

Deno.test("labels that only rules have must be given", () => {
  const rule = makeRule("Osage", "town");
  assertThrows(() => createSpanMatches(examples, [], "exact").add([rule]), RangeError, '"town"');
  const matches = createSpanMatches(examples, ["town", "__proto__"], "exact");
  matches.add([rule]);
  assertEquals(matches.labels, ["__proto__", "city", "date", "size", "town"]);
  assertEquals(describe(matches, matches.of(rule.id)), ["a: Osage/town"]);
});

Deno.test("asking for the spans of a rule that was not run is an error", () => {
  const matches = createSpanMatches(examples, [], "exact");
  assertThrows(() => matches.of(digits.id), RangeError, digits.id);
  assertThrows(() => matches.inOrder(digits.id), RangeError, digits.id);
});

Deno.test("the examples tell whether rules predict labels or spans", () => {
  assertEquals(createMatches(examples, [], "text").kind, "spans");
  assertEquals(createMatches([{ id: "a", text: "x", spans: [] }], []).kind, "spans");
  assertEquals(createMatches([{ id: "a", text: "x", label: "y" }], [], "text").kind, "labels");
});

Deno.test("joined matches hold the examples of one, then of the other", () => {
  const [one, other] = [examples.slice(0, 1), examples.slice(1)].map((some) =>
    createMatches(some, ["city", "date", "size"], "text")
  );
  for (const matches of [one, other]) matches.add([digits]);
  const joined = joinMatches(one, other);
  joined.add([digits]);
  const both = createMatches(examples, [], "text");
  both.add([digits]);
  assert(joined.kind === "spans" && both.kind === "spans");
  assertEquals([joined.examples, joined.labels, joined.match, joined.items, joined.gold], [
    both.examples,
    both.labels,
    both.match,
    both.items,
    both.gold,
  ]);
  assertEquals(joined.of(digits.id), both.of(digits.id));
});

Deno.test("spans can be joined with matches on no examples", () => {
  const one = createMatches(examples, [], "partial");
  const joined = joinMatches(one, createMatches([], one.labels, "partial"));
  assert(joined.kind === "spans");
  assertEquals([joined.examples, joined.match], [one.examples, "partial"]);
});

Deno.test("generated spans match the gold spans that the definition says", () => {
  const random = createRandom(11);
  const counts = new Map(MATCHES.map((match) => [match, 0]));
  for (let round = 0; round < 60; round++) {
    const rules = generateRules(random, 6);
    const generated = generateExamples(random, rules, 3);
    for (const match of MATCHES) {
      const matches = createSpanMatches(generated, ["X", "Y", "only-rules"], match);
      matches.add(rules);
      matches.items.forEach((item, number) => {
        const alike = matches.goldItems[item.example].filter((gold) => {
          const { start, end, text } = matches.items[gold];
          if (match === "partial") return overlapNaively(item, matches.items[gold]) >= 0.5;
          if (text !== item.text) return false;
          return match === "text" || start === item.start && end === item.end;
        });
        const own = alike.filter((gold) => matches.items[gold].label === item.label);
        assertEquals([...matches.alike(item)], alike);
        assertEquals([...matches.alike(item, item.label)], own);
        assertEquals(matches.gold[number], own.length > 0 ? item.label : -1);
        counts.set(match, counts.get(match)! + alike.length);
      });
    }
  }
  assert(counts.get("exact")! < counts.get("text")!, "the same text stands elsewhere");
  assert(counts.get("exact")! < counts.get("partial")!, "spans overlap");
});

Deno.test("generated rules find the spans that the matches of the engine give", () => {
  const random = createRandom(5);
  let total = 0;
  for (let round = 0; round < 100; round++) {
    const rules = generateRules(random, 8);
    const generated = generateExamples(random, rules, 3);
    const matches = createSpanMatches(generated, ["X", "Y", "only-rules"], "exact");
    matches.add(rules);
    for (const rule of rules) {
      const found = Array.from(matches.inOrder(rule.id), (item) => {
        const { example, start, end, text } = matches.items[item];
        return [example, start, end, text];
      });
      const expected = generated.flatMap(({ text: whole }, example) =>
        findNaively(whole, [rule]).map(({ start, end, text }) => [example, start, end, text])
      );
      assertEquals(found, expected);
      total += found.length;
    }
  }
  assert(total > 1000, `${total} spans`);
});
