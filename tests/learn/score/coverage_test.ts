import { assertAlmostEquals, assertEquals } from "jsr:@std/assert@^1";
import { createDataset } from "../../../learn/data/dataset.ts";
import { createRule, type Proposal } from "../../../learn/rules/rule.ts";
import {
  type AnswerCoverage,
  type CoverageOptions,
  measureCoverage,
  trustOf,
} from "../../../learn/score/coverage.ts";
import { evaluateRules } from "../../../learn/score/evaluation.ts";
import { createMatches } from "../../../learn/score/matches.ts";

const make = (name: string, label: string, known: Partial<Proposal> = {}) =>
  createRule({ name, label, patterns: [`\\b${name}\\b`], ...known });
const first = { decide: "first", threshold: 0 } as const;

/** Ten texts: `sure` is right on 4 of 4, `new` on 2 of 3; one has both, two have neither. */
const examples = [
  ...["sure a", "sure b", "sure c", "sure new d", "new e", "new f"]
    .map((text) => ({ text, label: "yes" })),
  ...["new g", "other h", "none i", "none j"].map((text) => ({ text, label: "no" })),
];
const data = createDataset({ name: "ten", examples });
const measure = (
  rules: Parameters<typeof measureCoverage>[1],
  options: CoverageOptions = first,
) => measureCoverage(createMatches(data.examples, data.labels), rules, options);
const countsOf = ({ points }: AnswerCoverage, trusts: readonly number[]) =>
  points.filter(({ trust }) => trusts.includes(trust))
    .map(({ routed, correct, deferred }) => [routed, correct, deferred]);

const sure = make("sure", "yes", { precision: 1, support: 50, priority: 2 });
const fresh = make("new", "yes", { precision: 1, support: 5, priority: 1 });

Deno.test("a rule is trusted less the fewer cases its precision was measured on", () => {
  const trusts = [[1, 1], [1, 5], [1, 50], [0.9, 50], [0, 9], [1, 0]].map(([precision, support]) =>
    trustOf(make("x", "yes", { precision, support }))!.toFixed(3)
  );
  // Of n matches without an error it is n / (n + 1.96²).
  assertEquals(trusts, ["0.207", "0.566", "0.929", "0.786", "0.000", "0.000"]);
  assertEquals(trustOf(make("x", "yes", { precision: 1 })), undefined);
  assertEquals(trustOf(make("x", "yes")), undefined);
});

Deno.test("of a decision list, an answer is trusted as the rule that decides it", () => {
  const coverage = measure([fresh, sure])!;
  assertEquals([coverage.basis, coverage.gold], ["rules", 10]);
  assertEquals(coverage.rules!.map((trust) => trust!.toFixed(2)), ["0.57", "0.93"]);
  assertEquals(countsOf(coverage, [0, 0.5, 0.6, 0.9, 0.95]), [
    [7, 6, 3],
    [7, 6, 3],
    [4, 4, 6],
    [4, 4, 6],
    [0, 0, 10],
  ]);
  const { precision, interval: [low, high] } = coverage.points[0];
  assertAlmostEquals(precision!, 6 / 7);
  assertAlmostEquals(low, 0.4869, 1e-4);
  assertAlmostEquals(high, 0.9743, 1e-4);
  assertEquals("precision" in coverage.points.at(-1)!, false);
});

Deno.test("a trust that is asked for is measured at as well, once", () => {
  const trusts = (trust?: number) =>
    measure([sure], { ...first, trust })!.points.map(({ trust }) => trust);
  assertEquals(trusts(0.92), [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.92, 0.95, 0.99]);
  assertEquals(trusts(0.9), trusts());
  // What predictions tell, to six digits, keeps the answer.
  const told = Number(trustOf(fresh)!.toFixed(6));
  assertEquals([
    trustOf(fresh),
    countsOf(measure([fresh], { ...first, trust: told })!, [told])[0][0],
  ], [
    told,
    measure([fresh])!.points[0].routed,
  ]);
});

Deno.test("a rule that does not say how often it was right only answers if nothing is asked", () => {
  const coverage = measure([make("new", "yes"), sure])!;
  assertEquals(coverage.rules![0], undefined);
  assertEquals(countsOf(coverage, [0, 0.5]), [[7, 6, 3], [4, 4, 6]]);
});

Deno.test("if no rule says how often it was right, these examples do, and it is said", () => {
  const coverage = measure([make("new", "yes"), make("sure", "yes", { precision: 1 })])!;
  assertEquals(coverage.basis, "examples");
  // 3 of 4 and 4 of 4.
  assertEquals(coverage.rules!.map((trust) => trust!.toFixed(3)), ["0.301", "0.510"]);
});

Deno.test("a default is no answer of a rule", () => {
  const coverage = measure([sure], { ...first, default: "no" })!;
  assertEquals(countsOf(coverage, [0]), [[4, 4, 6]]);
});

Deno.test("of votes, an answer is trusted as its margin was on held-out examples", () => {
  const confidence = {
    examples: 50,
    curve: [{ margin: 0, confidence: 0.55 }, { margin: 2, confidence: 0.96 }],
  };
  const vote = { decide: "vote", threshold: 0 } as const;
  const rules = [make("sure", "yes", { weight: 3 }), make("new", "yes")];
  const coverage = measure(rules, { ...vote, confidence })!;
  assertEquals([coverage.basis, coverage.rules], ["confidence", undefined]);
  assertEquals(countsOf(coverage, [0, 0.5, 0.6, 0.95, 0.99]), [
    [7, 6, 3],
    [7, 6, 3],
    [4, 4, 6],
    [4, 4, 6],
    [0, 0, 10],
  ]);
  assertEquals(measure(rules, vote), undefined);
});

Deno.test("spans of rules with less trust are left out after overlaps were settled", () => {
  const dataset = createDataset({
    name: "spans",
    examples: [
      {
        text: "Oslo, Rome",
        entities: [{ start: 0, end: 4, type: "city" }, { start: 6, end: 10, type: "city" }],
      },
      { text: "Rome", entities: [] },
    ],
  });
  const rules = [
    createRule({
      name: "all",
      label: "city",
      patterns: ["[A-Z].*"],
      priority: 2,
      precision: 0.5,
      support: 9,
    }),
    createRule({ name: "oslo", label: "city", patterns: ["Oslo"], precision: 1, support: 40 }),
    createRule({
      name: "rome",
      label: "city",
      patterns: ["Rome"],
      priority: 3,
      precision: 1,
      support: 8,
    }),
  ];
  const { coverage } = evaluateRules(rules, dataset, { ...first, overlaps: "drop" });
  assertEquals(coverage!.gold, 2);
  // The first rule loses to that for Rome in both texts, and hides that for Oslo in none.
  assertEquals(countsOf(coverage!, [0, 0.5, 0.7, 0.9]), [[3, 2, 0], [3, 2, 0], [1, 1, 2], [
    1,
    1,
    2,
  ]]);
  const hidden = evaluateRules(rules.slice(0, 2), dataset, first).coverage!;
  // Dropped is dropped, also by a rule that is not trusted.
  assertEquals(countsOf(hidden, [0, 0.5]), [[2, 0, 0], [0, 0, 2]]);
});
