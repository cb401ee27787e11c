import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createDataset } from "../../../learn/data/dataset.ts";
import { evaluateRules, type EvaluationOptions } from "../../../learn/score/evaluation.ts";
import { createMatches } from "../../../learn/score/matches.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import { score, scoreLabels, scoreRules, ScoresSchema } from "../../../learn/score/scoring.ts";

const first: EvaluationOptions = { decide: "first", threshold: 0 };

/** A rule named after its pattern. */
function makeRule(pattern: string, label: string, fields: Partial<Proposal> = {}): Rule {
  return createRule({ name: pattern, label, patterns: [pattern], ...fields });
}

const entities = createDataset({
  name: "tables",
  examples: [
    { text: "for 5 in Osage City", entities: [{ text: "5", type: "size" }] },
    { text: "12 in Rome, 2", entities: [{ start: 0, end: 2, type: "size" }] },
    { text: "hello", entities: [] },
    { text: "Osage City", entities: [{ text: "Osage City", type: "city" }] },
  ],
});
const rules = [
  makeRule(String.raw`\d+`, "size"),
  makeRule("Osage", "city"),
  makeRule("hell", "mood"),
];

Deno.test("spans are scored by each way to match, the requested one first", () => {
  const { scores } = evaluateRules(rules, entities, { ...first, match: "text" });
  assertEquals(scores.map(({ match, on, tp, fp, fn }) => [match, on, tp, fp, fn]), [
    ["text", "test", 2, 4, 1],
    ["exact", "test", 2, 4, 1],
    ["partial", "test", 3, 3, 0],
  ]);
  for (const { match: _, ...one } of scores) assertEquals(ScoresSchema.parse(one), one);
});

Deno.test("by default spans match by their offsets", () => {
  const { scores } = evaluateRules(rules, entities, first);
  assertEquals(scores.map(({ match }) => match), ["exact", "text", "partial"]);
});

Deno.test("labels and rules are scored by the requested way to match", () => {
  for (const match of ["exact", "text", "partial"] as const) {
    const evaluation = evaluateRules(rules, entities, { ...first, match });
    const matches = createMatches(entities.examples, ["mood"], match);
    const { match: _, ...scores } = evaluation.scores[0];
    assertEquals(scores, score(matches, rules, first, "test"));
    assertEquals(evaluation.labels, scoreLabels(matches, rules, first));
    assertEquals(evaluation.rules, scoreRules(matches, rules, first));
  }
});

Deno.test("rules may stand for labels that no example has", () => {
  const { labels, rules: scored } = evaluateRules(rules, entities, first);
  assertEquals(labels.map(({ label, tp, fp, fn }) => [label, tp, fp, fn]), [
    ["city", 0, 2, 1],
    ["mood", 0, 1, 0],
    ["size", 2, 1, 0],
  ]);
  const [, , mood] = scored;
  assertEquals([mood.matches, mood.tp, mood.recall], [1, 0, 0]);
  assert(mood.marginal > 0, "the set is better without it");
});

Deno.test("overlaps are treated as the options say", () => {
  const more = [...rules, makeRule(String.raw`\d+ in`, "size", { priority: 1 })];
  const tp = (overlaps?: "drop" | "keep") =>
    evaluateRules(more, entities, { ...first, overlaps }).scores[0].tp;
  assertEquals([tp(), tp("drop"), tp("keep")], [0, 0, 2]);
});

Deno.test("spans without types are scored too", () => {
  const dataset = createDataset({ name: "x", examples: [{ text: "a b", spans: [{ text: "a" }] }] });
  const { scores, labels } = evaluateRules([makeRule("[ab]", "span")], dataset, first);
  assertEquals([scores.length, scores[0].tp, scores[0].fp], [3, 1, 1]);
  assertEquals(labels.map(({ label }) => label), ["span"]);
});

Deno.test("texts with labels are scored once", () => {
  const examples = [{ text: "my card", label: "card" }, { text: "a rate", label: "exchange" }];
  const dataset = createDataset({ name: "x", examples });
  const options: EvaluationOptions = { decide: "vote", threshold: 0, default: "other" };
  const evaluation = evaluateRules([makeRule("card", "card")], dataset, options);
  assertEquals(evaluation.scores.length, 1);
  assert(!("match" in evaluation.scores[0]));
  assertEquals(evaluation.labels.map(({ label }) => label), ["card", "exchange", "other"]);
  assertEquals(evaluation.scores[0].tp, 1);
});

Deno.test("without rules everything is missed", () => {
  const { scores, labels, rules: scored } = evaluateRules([], entities, first);
  assertEquals(scores.map(({ tp, fp, fn, exact }) => [tp, fp, fn, exact]), [
    [0, 0, 3, 0.25],
    [0, 0, 3, 0.25],
    [0, 0, 3, 0.25],
  ]);
  assertEquals([labels.length, scored.length], [2, 0]);
});

Deno.test("an unknown way to match is refused", () => {
  const match = "fuzzy" as EvaluationOptions["match"];
  assertThrows(() => evaluateRules(rules, entities, { ...first, match }), RangeError, "fuzzy");
});

Deno.test("rules that cannot run are refused, even if no text would need them", () => {
  const defects: readonly Partial<Proposal>[] = [
    { patterns: ["xyz("] },
    { patterns: ["xyz(a)"], group: 2 },
    { patterns: ["xyz(a)"], template: { text: "$2" } },
    { patterns: [String.raw`xyz(a)(\1+)+$`] },
  ];
  for (const defect of defects) {
    const rule = makeRule("x", "size", defect);
    assertThrows(() => evaluateRules([rule], entities, first), SyntaxError, `Rule ${rule.id}`);
  }
});

Deno.test("patterns that could take for ever end on a long run of one letter", () => {
  const text = "a".repeat(100_000);
  const examples = [{ text: `${text}!`, entities: [{ start: 0, end: 100_000, type: "X" }] }];
  const labelled = createDataset({ name: "x", examples: [{ text: `${text}!`, label: "X" }] });
  for (const pattern of ["(a+)+$", "(a|a)*$", String.raw`(\w+\s?)*$`]) {
    const [rule, other] = [pattern, pattern.replace("$", "!")].map((one) => makeRule(one, "X"));
    const found = evaluateRules([rule, other], createDataset({ name: "x", examples }), first);
    assertEquals(found.scores.map(({ match, tp, fp }) => [match, tp, fp]), [
      ["exact", 0, 1],
      ["text", 0, 1],
      ["partial", 1, 0],
    ]);
    assertEquals(evaluateRules([rule, other], labelled, first).scores[0].tp, 1);
  }
});

Deno.test("a text of millions of characters with thousands of entities is scored", () => {
  const filler = "the applicant complained of the length of the proceedings. ".repeat(16);
  const marked: { start: number; end: number; type: string }[] = [];
  let text = "";
  for (let number = 0; number < 2_500; number++) {
    // All have the same text, so that by text each matches any other.
    text += `${filler}no. `;
    const type = number % 5 === 0 ? "DATE" : "CODE";
    marked.push({ start: text.length, end: text.length + 8, type });
    text += "18403/91 of 1991. ";
  }
  assert(text.length > 2_400_000);
  const dataset = createDataset({ name: "long", examples: [{ text, entities: marked }] });
  const codes = [
    makeRule(String.raw`no\. (\d{1,6}\/\d{2})`, "CODE", { group: 1, priority: 2 }),
    makeRule(String.raw`\d{5}`, "CODE", { priority: 1 }),
    makeRule(String.raw`\b(?:19|20)\d{2}\b`, "DATE"),
  ];
  const { scores } = evaluateRules(codes, dataset, { ...first, overlaps: "keep" });
  assertEquals(scores.map(({ match, tp, fp, fn }) => [match, tp, fp, fn]), [
    ["exact", 2_000, 5_500, 500],
    ["text", 2_000, 5_500, 500],
    ["partial", 2_000, 5_500, 500],
  ]);
});

Deno.test("it is told for which rules a search was given up, and on how many texts", () => {
  const long = "a".repeat(90_000);
  const texts = createDataset({
    name: "long",
    examples: [{ text: long, label: "x" }, { text: `b${long}`, label: "x" }, {
      text: "aX",
      label: "y",
    }],
  });
  const rules = [makeRule("(?:b?a?){300}X", "y"), makeRule("(?:aX)+", "y")];
  const { unfinished, scores } = evaluateRules(rules, texts, first);
  assertEquals(unfinished, undefined, "no text has the letter that the rule needs");
  assertEquals(scores[0].tp, 1);
  const loose = [makeRule("(?:b?a?){300}[^ab]", "y"), ...rules];
  assertEquals(evaluateRules(loose, texts, first).unfinished, [{ rule: loose[0].id, texts: 2 }]);
});
