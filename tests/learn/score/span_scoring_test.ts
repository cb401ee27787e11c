import { assert, assertAlmostEquals, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import type { DecisionOptions } from "../../../learn/rules/decisions.ts";
import type { EntityExample, SpanExample } from "../../../learn/data/examples.ts";
import { createMatches, type Match } from "../../../learn/score/matches.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import {
  ClusterSchema,
  findFailures,
  score,
  scoreLabels,
  scoreRules,
  ScoresSchema,
} from "../../../learn/score/scoring.ts";
import { createRandom, generateExamples, generateRules, scoreNaively } from "./generate_spans.ts";

const first: DecisionOptions = { decide: "first", threshold: 0 };

/** A rule named after its pattern. */
function makeRule(pattern: string, label: string, fields: Partial<Proposal> = {}): Rule {
  return createRule({ name: pattern, label, patterns: [pattern], ...fields });
}

/** X is found twice and missed once, Y once has the wrong type, one span is spurious. */
const examples: readonly EntityExample[] = [
  { id: "e0", text: "a b", entities: [{ start: 0, end: 1, type: "X" }] },
  {
    id: "e1",
    text: "a d a",
    entities: [{ start: 0, end: 1, type: "X" }, { start: 4, end: 5, type: "Y" }],
  },
  { id: "e2", text: "x", entities: [{ start: 0, end: 1, type: "X" }] },
  { id: "e3", text: "c", entities: [] },
];
const rules = [makeRule("a", "X"), makeRule("b", "Z"), makeRule("never", "Y")];
const labels = ["X", "Y", "Z", "idle"];

Deno.test("a missed span is a false negative, a spurious one a false positive, a wrong type both", () => {
  const scores = score(createMatches(examples, labels), rules, first, "dev");
  assertEquals(ScoresSchema.parse(scores), scores);
  assertEquals([scores.on, scores.examples, scores.tp, scores.fp, scores.fn], ["dev", 4, 2, 2, 2]);
  assertAlmostEquals(scores.precision, 1 / 2);
  assertAlmostEquals(scores.recall, 1 / 2);
  assertAlmostEquals(scores.f1, 1 / 2);
  // X 4/6, Y 0, Z 0.
  assertAlmostEquals(scores.macroF1, 4 / 18);
  // Only the last example is exact: it has no spans, and the rules find none.
  assertAlmostEquals(scores.exact, 1 / 4);
});

Deno.test("types that are gold or predicted are scored one by one", () => {
  const scored = scoreLabels(createMatches(examples, labels), rules, first);
  assertEquals(scored.map(({ label, tp, fp, fn }) => [label, tp, fp, fn]), [
    ["X", 2, 1, 1],
    ["Y", 0, 0, 1],
    ["Z", 0, 1, 0],
  ]);
});

Deno.test("a span rule is scored by what it finds alone and by what its removal changes", () => {
  const [a, b, never] = scoreRules(createMatches(examples, labels), rules, first);
  assertEquals([a.rule, a.matches, a.tp, a.fp], [rules[0].id, 3, 2, 1]);
  assertAlmostEquals(a.precision, 2 / 3);
  assertAlmostEquals(a.recall, 2 / 3);
  // All: 2 of 4 correct, 4 gold; without a: 0 of 1; without b: 2 of 3.
  assertAlmostEquals(a.marginal, 0 - 1 / 2);
  assertAlmostEquals(b.marginal, 4 / 7 - 1 / 2);
  assertEquals([b.matches, b.precision, b.recall], [1, 0, 0]);
  assertEquals([never.matches, never.precision, never.recall, never.marginal], [0, 0, 0, 0]);
});

Deno.test("a rule that another one hides is scored by itself, and its removal changes nothing", () => {
  const hidden = makeRule("[a]", "X", { priority: -1 });
  const scored = scoreRules(createMatches(examples, labels), [...rules, hidden], first);
  assertEquals([scored[3].matches, scored[3].tp, scored[3].marginal], [3, 2, 0]);
  assertEquals(scored[0].marginal, 0);
});

Deno.test("failures are missed, spurious or of the wrong type", () => {
  const matches = createMatches(examples, labels);
  const { count, clusters, members } = findFailures(matches, rules, { ...first, margin: 0 });
  assertEquals(count, 3);
  assertEquals(clusters.map((one) => [one.expected, one.predicted, one.count, one.examples]), [
    [null, "Z", 1, ["e0"]],
    ["X", null, 1, ["e2"]],
    ["Y", "X", 1, ["e1"]],
  ]);
  for (const cluster of clusters) assertEquals(ClusterSchema.parse(cluster), cluster);
  assert(matches.kind === "spans");
  assertEquals(members.map(([item]) => matches.items[item].text), ["b", "x", "a"]);
});

Deno.test("a cluster of spans names each example once", () => {
  const example = { id: "e0", text: "b b b", entities: [] };
  const { clusters } = findFailures(createMatches([example], labels), rules, {
    ...first,
    margin: 0,
  });
  assertEquals([clusters[0].count, clusters[0].examples], [3, ["e0"]]);
});

Deno.test("no margin makes a found span a failure", () => {
  const matches = createMatches(examples.slice(0, 1), labels);
  assertEquals(findFailures(matches, rules.slice(0, 1), { ...first, margin: 9 }).count, 0);
});

Deno.test("spans without types have the label span", () => {
  const spans: SpanExample[] = [
    { id: "a", text: "a b", spans: [{ start: 0, end: 1 }] },
    { id: "b", text: "a a", spans: [{ start: 2, end: 3 }] },
  ];
  const matches = createMatches(spans, []);
  assertEquals(matches.labels, ["span"]);
  const scores = score(matches, [makeRule("a", "span")], first, "train");
  assertEquals([scores.tp, scores.fp, scores.fn, scores.exact], [2, 1, 0, 0.5]);
  assertEquals(scores.macroF1, scores.f1);
});

Deno.test("offsets are counted in UTF-16 code units", () => {
  const text = "😀😀 a";
  const smiles = { id: "a", text, entities: [{ start: 2, end: 4, type: "X" }] };
  const rule = makeRule("(?<=😀)😀", "X", { flags: "u" });
  const plain = makeRule("(?<=😀)😀", "X", { flags: "" });
  for (const one of [rule, plain]) {
    assertEquals(score(createMatches([smiles], labels), [one], first, "test").exact, 1);
  }
});

Deno.test("without rules all spans are missed, and 0/0 is 0", () => {
  const scores = score(createMatches(examples, labels), [], first, "test");
  assertEquals([scores.tp, scores.fp, scores.fn, scores.f1, scores.exact], [0, 0, 4, 0, 0.25]);
  const nothing = score(createMatches(examples.slice(3), labels), rules, first, "test");
  assertEquals([nothing.f1, nothing.macroF1, nothing.exact], [0, 0, 1]);
});

Deno.test("a rule for an unknown type is an error", () => {
  const matches = createMatches(examples, []);
  assertThrows(() => score(matches, [makeRule("a", "unheard")], first, "test"), RangeError);
});

Deno.test("rules for spans decide by the first match, even if the options say by vote", () => {
  const weak = [makeRule("a", "Y", { priority: 1, weight: 0 }), makeRule("a", "X", { weight: 9 })];
  const matches = createMatches(examples, labels);
  const byVote: DecisionOptions = { decide: "vote", threshold: 5, default: "Z" };
  assertEquals(score(matches, weak, byVote, "dev"), score(matches, weak, first, "dev"));
});

const variants = (["drop", "keep"] as const).flatMap((overlaps) =>
  (["exact", "text", "partial"] as const).map((match): [DecisionOptions, Match] => [
    { ...first, overlaps },
    match,
  ])
);

for (const [options, match] of variants) {
  const { overlaps } = options;
  Deno.test(`generated rules get the scores of the definitions: ${overlaps}, ${match}`, () => {
    const random = createRandom(41);
    const sums = { tp: 0, fp: 0, fn: 0, exact: 0, failures: 0, wrongTypes: 0, marginals: 0 };
    for (let round = 0; round < 60; round++) {
      const rules = generateRules(random, 6);
      const examples = generateExamples(random, rules, 4);
      const matches = createMatches(examples, ["X", "Y", "only-rules"], match);
      const naive = (some: readonly Rule[]) => scoreNaively(examples, some, overlaps!, match);
      const expected = naive(rules);

      const { on: _, examples: size, ...scores } = score(matches, rules, options, "test");
      assertEquals(size, examples.length);
      assertClose(scores, expected.set);
      const byLabel = scoreLabels(matches, rules, options);
      assertEquals(byLabel.map(({ label }) => label), expected.labels.map(({ label }) => label));
      byLabel.forEach(({ label: _, ...one }, at) => {
        const { label: _label, ...other } = expected.labels[at];
        assertClose(one, other);
      });

      scoreRules(matches, rules, options).forEach(({ rule: id, marginal, ...one }, at) => {
        const [rule, others] = [rules[at], rules.toSpliced(at, 1)];
        assertEquals(id, rule.id);
        const { tp, fp, precision } = naive([rule]).set;
        const own = examples.flatMap(({ entities }) => entities)
          .filter(({ type }) => type === rule.label).length;
        const recall = own === 0 ? 0 : tp / own;
        assertClose(one, { matches: tp + fp, tp, fp, precision, recall });
        assertAlmostEquals(marginal, naive(others).set.f1 - expected.set.f1, 1e-12);
        if (marginal !== 0) sums.marginals++;
      });

      const failures = findFailures(matches, rules, { ...options, margin: 0 });
      const counted = { fp: 0, fn: 0, failures: 0 };
      for (const { expected, predicted, count } of failures.clusters) {
        assert(expected !== predicted);
        if (predicted !== null) counted.fp += count;
        if (expected !== null) counted.fn += count;
        if (predicted !== null && expected !== null) sums.wrongTypes += count;
        counted.failures += count;
      }
      assertEquals(counted, { fp: scores.fp, fn: scores.fn, failures: failures.count });
      sums.tp += scores.tp;
      sums.fp += scores.fp;
      sums.fn += scores.fn;
      sums.exact += scores.exact;
      sums.failures += failures.count;
    }
    for (const [kind, sum] of Object.entries(sums)) assert(sum > 5, `${kind}: ${sum}`);
  });
}

/** Compares numbers by name, up to rounding. */
function assertClose<Numbers extends object>(actual: Numbers, expected: NoInfer<Numbers>): void {
  assertEquals(Object.keys(actual).sort(), Object.keys(expected).sort());
  const others = new Map(Object.entries(expected));
  for (const [name, value] of Object.entries(actual)) {
    assertAlmostEquals(value, others.get(name)!, 1e-12);
  }
}
