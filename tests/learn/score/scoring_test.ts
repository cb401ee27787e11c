import { assert, assertAlmostEquals, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import type { LabelledExample } from "../../../learn/data/examples.ts";
import { compareRules, type DecisionOptions } from "../../../learn/rules/decisions.ts";
import { decideAll } from "../../../learn/score/deciding.ts";
import { createMatches } from "../../../learn/score/matches.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import {
  ClusterSchema,
  findFailures,
  score,
  scoreLabels,
  scoreRules,
  ScoresSchema,
} from "../../../learn/score/scoring.ts";

const vote: DecisionOptions = { decide: "vote", threshold: 0 };
const first: DecisionOptions = { decide: "first", threshold: 0 };

/** A rule named after its pattern. */
function makeRule(pattern: string, label: string, fields: Partial<Proposal> = {}): Rule {
  return createRule({ name: pattern, label, patterns: [pattern], ...fields });
}

/** Examples from `text > label`. */
function makeExamples(...lines: string[]): LabelledExample[] {
  return lines.map((line, index) => {
    const [text, label] = line.split(" > ");
    return { id: `e${index}`, text, label };
  });
}

/** The label decided for each example. */
function decideLabels(lines: string[], rules: Rule[], options: DecisionOptions): (string | null)[] {
  const matches = createMatches(makeExamples(...lines), rules.map((rule) => rule.label));
  return [...decideAll(matches, rules, options).labels].map((label) =>
    matches.labels[label] ?? null
  );
}

Deno.test("a rule runs once on each example, whatever its weight later", () => {
  const texts: string[] = [];
  const examples = makeExamples("a b > x", "b > y").map((example) => ({
    id: example.id,
    label: example.label,
    get text() {
      texts.push(example.id);
      return example.text;
    },
  }));
  const rule = makeRule("a", "x");
  const matches = createMatches(examples, []);
  matches.add([rule]);
  const read = texts.length;
  assertEquals([...matches.of(rule.id)], [0]);
  assertEquals(score(matches, [{ ...rule, weight: 3 }], vote, "train").tp, 1);
  matches.add([rule, { ...rule, priority: 5 }]);
  assertEquals(texts.length, read);
});

Deno.test("labels are the given ones and those of the examples, each once, in code unit order", () => {
  const matches = createMatches(makeExamples("a > é", "a > b", "a > __proto__"), ["z", "b", "Z"]);
  assertEquals(matches.labels, ["Z", "__proto__", "b", "z", "é"]);
  assertEquals([...matches.gold], [4, 2, 1]);
});

Deno.test("asking for the matches of a rule that was not run is an error", () => {
  assertThrows(() => createMatches([], []).of("r000000000000"), RangeError, "r000000000000");
});

Deno.test("a rule or a default for an unknown label is an error", () => {
  const matches = createMatches(makeExamples("a > x"), []);
  const rules = [makeRule("a", "unheard")];
  for (const options of [vote, first]) {
    assertThrows(() => decideAll(matches, rules, options), RangeError, '"unheard"');
    assertThrows(() => decideAll(matches, [], { ...options, default: "no" }), RangeError, '"no"');
  }
});

Deno.test("the largest sum of weights decides", () => {
  const rules = [
    makeRule("a", "x", { weight: 1.5 }),
    makeRule("b", "y", { weight: 1 }),
    makeRule("c", "y", { weight: 0.75 }),
  ];
  assertEquals(decideLabels(["a > x", "a b > x", "a b c > x"], rules, vote), ["x", "x", "y"]);
});

Deno.test("a rule without a weight counts one, a rule of weight 0 decides nothing", () => {
  const rules = [makeRule("a", "x"), makeRule("b", "y", { weight: 0 })];
  assertEquals(decideLabels(["a b > x", "b > y"], rules, vote), ["x", null]);
});

Deno.test("of labels with equal sums the first in code unit order decides", () => {
  const rules = [makeRule("a", "y"), makeRule("b", "x"), makeRule("c", "Z")];
  assertEquals(decideLabels(["a b > x", "a b c > x"], rules, vote), ["x", "Z"]);
});

Deno.test("sums that are equal in decimals are equal, in any order of the rules", () => {
  const tenths = [..."abcdefghij"].map((letter) => makeRule(letter, "b", { weight: 0.1 }));
  const rules = [...tenths, makeRule("z", "a", { weight: 1 })];
  assertEquals(decideLabels(["abcdefghijz > a"], rules, vote), ["a"]);
  assertEquals(decideLabels(["abcdefghijz > a"], rules.toReversed(), vote), ["a"]);
  const renamed = rules.map((rule) => ({ ...rule, label: rule.label === "a" ? "c" : "b" }));
  assertEquals(decideLabels(["abcdefghijz > b"], renamed, vote), ["b"]);
});

Deno.test("a sum must be over the threshold, not at it", () => {
  const rules = [makeRule("a", "x", { weight: 0.3 }), makeRule("b", "x", { weight: 0.4 })];
  const lines = ["a b > x", "a > x"];
  assertEquals(decideLabels(lines, rules, { ...vote, threshold: 0.7 }), [null, null]);
  assertEquals(decideLabels(lines, rules, { ...vote, threshold: 0.699 }), ["x", null]);
});

Deno.test("a threshold that is below zero or not a number is an error", () => {
  const matches = createMatches([], []);
  for (const threshold of [-1, NaN]) {
    assertThrows(() => decideAll(matches, [], { ...vote, threshold }), RangeError, "threshold");
  }
});

Deno.test("the default is predicted if rules do not decide", () => {
  const rules = [makeRule("a", "x")];
  const lines = ["a > x", "b > y"];
  assertEquals(decideLabels(lines, rules, { ...vote, default: "y" }), ["x", "y"]);
  assertEquals(decideLabels(lines, rules, { ...first, default: "y" }), ["x", "y"]);
});

Deno.test("rules are ordered by priority, then precision, then name, then id", () => {
  // Names are compared in folded case, as in RuleChef.
  const base = makeRule("a", "x", { name: "m" });
  const rules = [
    { ...base, priority: 1, precision: 0.1 },
    { ...base, precision: 0.6 },
    { ...base, name: "L" },
    { ...base, id: "r000000000000" },
    { ...base, id: "r000000000001", precision: 0.5 },
    { ...base, name: "n" },
    { ...base, precision: 0.4 },
  ];
  assertEquals(rules.toReversed().sort(compareRules), rules);
});

Deno.test("by first match later rules do not count, nor does the threshold", () => {
  const rules = [
    makeRule("a", "x", { priority: 2 }),
    makeRule("b", "y", { priority: 1 }),
    makeRule("c", "y", { priority: 1 }),
  ];
  assertEquals(decideLabels(["c b a > x", "b > x"], rules, { ...first, threshold: 9 }), ["x", "y"]);
});

Deno.test("a margin is the lead in weight over the next label", () => {
  const rules = [makeRule("a", "x", { weight: 1.5 }), makeRule("b", "y", { weight: 0.25 })];
  const matches = createMatches(makeExamples("a > x", "a b > x", "b > y", "c > x"), []);
  assertEquals([...decideAll(matches, rules, vote).margins], [1.5, 1.25, 0.25, 0]);
  assertEquals([...decideAll(matches, rules, vote).decided], [1, 1, 1, 0]);
  const strict = { ...vote, threshold: 1, default: "x" };
  assertEquals([...decideAll(matches, rules, strict).margins], [1.5, 1.25, 0, 0]);
  assertEquals([...decideAll(matches, rules, strict).decided], [1, 1, 0, 0]);
  assertEquals([...decideAll(matches, rules, first).margins], [Infinity, Infinity, Infinity, 0]);
});

Deno.test("an abstention is a false negative, a wrong label also a false positive", () => {
  const rules = [makeRule("a", "x"), makeRule("b", "y")];
  const matches = createMatches(makeExamples("a > x", "a > x", "a > y", "c > y", "b > x"), []);
  const scores = score(matches, rules, vote, "dev");
  assertEquals(ScoresSchema.parse(scores), scores);
  assertEquals([scores.on, scores.examples, scores.tp, scores.fp, scores.fn], ["dev", 5, 2, 2, 3]);
  assertAlmostEquals(scores.precision, 2 / 4);
  assertAlmostEquals(scores.recall, 2 / 5);
  assertAlmostEquals(scores.f1, 4 / 9);
  assertAlmostEquals(scores.exact, 2 / 5);
  // x: tp 2, fp 1, fn 1; y: tp 0, fp 1, fn 2
  assertAlmostEquals(scores.macroF1, (4 / 6 + 0) / 2);
});

Deno.test("macro F1 counts only labels that are gold or predicted", () => {
  const rules = [makeRule("a", "x"), makeRule("b", "decided")];
  const matches = createMatches(makeExamples("a > x", "b > x"), ["decided", "idle"]);
  const labels = scoreLabels(matches, rules, vote);
  assertEquals(labels.map(({ label, tp, fp, fn }) => [label, tp, fp, fn]), [
    ["decided", 0, 1, 0],
    ["x", 1, 0, 1],
  ]);
  assertAlmostEquals(labels[1].f1, 2 / 3);
  assertAlmostEquals(score(matches, rules, vote, "all").macroF1, 1 / 3);
});

Deno.test("0/0 is 0", () => {
  const { precision, recall, f1, macroF1, exact } = score(createMatches([], []), [], vote, "test");
  assertEquals([precision, recall, f1, macroF1, exact], [0, 0, 0, 0, 0]);
});

Deno.test("failures are clustered by gold and predicted label, the largest first", () => {
  const rules = [makeRule("a", "x"), makeRule("b", "y")];
  const lines = ["a > y", "c > y", "b > x", "b > x", "a > x", "c > x", "b > z"];
  const matches = createMatches(makeExamples(...lines), []);
  const { count, clusters } = findFailures(matches, rules, { ...vote, margin: 0 });
  assertEquals(count, 6);
  assertEquals(clusters.map((one) => [one.expected, one.predicted, one.count, one.examples]), [
    ["x", "y", 2, ["e2", "e3"]],
    ["x", null, 1, ["e5"]],
    ["y", null, 1, ["e1"]],
    ["y", "x", 1, ["e0"]],
    ["z", "y", 1, ["e6"]],
  ]);
  for (const cluster of clusters) assertEquals(ClusterSchema.parse(cluster), cluster);
});

Deno.test("a cluster counts all its examples and names 20", () => {
  const lines = Array.from({ length: 30 }, () => "a > x");
  const { clusters } = findFailures(createMatches(makeExamples(...lines), []), [], {
    ...vote,
    margin: 0,
  });
  assertEquals([clusters[0].count, clusters[0].examples.length], [30, 20]);
});

Deno.test("a correct decision by less than the margin is a failure of its own label", () => {
  const rules = [makeRule("a", "x", { weight: 1 }), makeRule("b", "y", { weight: 0.5 })];
  const matches = createMatches(makeExamples("a > x", "a b > x"), ["y"]);
  const failures = (margin: number, options = vote) => {
    return findFailures(matches, rules, { ...options, margin }).clusters
      .map((one) => [one.expected, one.predicted, ...one.examples]);
  };
  assertEquals(failures(0), []);
  assertEquals(failures(0.5), []);
  assertEquals(failures(0.6), [["x", "x", "e1"]]);
  assertEquals(failures(9, { ...first }), []);
});

Deno.test("a correct default is a failure only if a margin is asked for", () => {
  const matches = createMatches(makeExamples("a > x", "a > y"), []);
  const failures = (margin: number) => {
    return findFailures(matches, [], { ...vote, default: "x", margin }).clusters
      .map((one) => [one.expected, one.predicted]);
  };
  assertEquals(failures(0), [["y", null]]);
  assertEquals(failures(0.1), [["x", null], ["y", null]]);
});

Deno.test("a rule is scored by what it matches and by what its removal changes", () => {
  const rules = [makeRule("a", "x"), makeRule("b", "y", { weight: 2 }), makeRule("never", "x")];
  const matches = createMatches(makeExamples("a > x", "a b > x", "a > y", "c > x"), []);
  const [a, b, never] = scoreRules(matches, rules, vote);
  assertEquals([a.rule, a.matches, a.tp, a.fp], [rules[0].id, 3, 2, 1]);
  assertAlmostEquals(a.precision, 2 / 3);
  assertAlmostEquals(a.recall, 2 / 3);
  // With all rules: 1 of 3 correct, 4 examples; without b: 2 of 3; without a: 0 of 1.
  assertAlmostEquals(b.marginal, 4 / 7 - 2 / 7);
  assertAlmostEquals(a.marginal, 0 - 2 / 7);
  assertEquals([never.matches, never.precision, never.recall, never.marginal], [0, 0, 0, 0]);
});

Deno.test("the marginal of a generated rule is the score without it less the score with it", () => {
  const { examples, rules } = generate(200, 60);
  const matches = createMatches(examples, ["w"]);
  const variants: DecisionOptions[] = [
    vote,
    first,
    { ...vote, default: "w" },
    { ...first, default: "x" },
    { ...vote, threshold: 0.75 },
    { ...vote, threshold: 1.5, default: "y" },
  ];
  for (const options of variants) {
    const all = score(matches, rules, options, "all").f1;
    const scored = scoreRules(matches, rules, options);
    assert(new Set(scored.map((one) => one.marginal)).size > 5, "removals differ");
    rules.forEach((_, index) => {
      const without = score(matches, rules.toSpliced(index, 1), options, "all").f1;
      assertAlmostEquals(scored[index].marginal, without - all, 1e-12);
    });
  }
});

Deno.test("the order of rules changes no decision", () => {
  const { examples, rules } = generate(200, 60);
  const matches = createMatches(examples, ["w"]);
  for (const options of [vote, first, { ...vote, threshold: 1.1 }]) {
    assertEquals(
      decideAll(matches, rules.toReversed(), options),
      decideAll(matches, rules, options),
    );
  }
});

/** Rules on one or two letters, with few different weights so that sums often tie. */
function generate(texts: number, size: number): { examples: LabelledExample[]; rules: Rule[] } {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % below;
  };
  const letter = () => String.fromCharCode(97 + random(20));
  const rules = new Map<string, Rule>();
  for (let tries = 0; rules.size < size && tries < 10 * size; tries++) {
    const patterns = random(4) === 0 ? [letter()] : [letter(), letter()];
    const rule = createRule({
      name: letter(),
      label: "wxyz"[random(4)],
      patterns,
      weight: random(5) / 4,
      priority: random(3),
      precision: random(3) / 2,
    });
    rules.set(rule.id, rule);
  }
  const lines = Array.from({ length: texts }, () => {
    return `${Array.from({ length: random(8) }, letter).join("")} > ${"xyz"[random(3)]}`;
  });
  return { examples: makeExamples(...lines), rules: [...rules.values()] };
}
