import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createDataset } from "../../../../learn/data/dataset.ts";
import { createClassifier } from "../../../../learn/rules/classifier.ts";
import { createRule, type Proposal, type Rule } from "../../../../learn/rules/rule.ts";
import {
  type ErrorsOptions,
  findErrors,
  type LabelErrors,
} from "../../../../learn/score/errors.ts";
import { evaluateRules } from "../../../../learn/score/evaluation.ts";
import { createRandom } from "../../../../learn/score/random.ts";

const vote: ErrorsOptions = { decide: "vote", threshold: 0 };

/** A rule named after its pattern. */
function makeRule(pattern: string, label: string, fields: Partial<Proposal> = {}): Rule {
  return createRule({ name: pattern, label, patterns: [pattern], ...fields });
}

const rules = [
  makeRule("get", "rate", { weight: 2 }),
  makeRule("i", "rate", { weight: 0.25 }),
  makeRule("cards?", "card", { weight: 0.5 }),
  makeRule("my", "card", { weight: 0.125 }),
];
const dataset = createDataset({
  name: "few",
  examples: [
    { id: "right", text: "Which rate do I get?", label: "rate" },
    { id: "near", text: "Do I get my card?", label: "card" },
    { id: "far", text: "Get me out", label: "card" },
    { id: "none", text: "Hello there", label: "card" },
    { id: "fee", text: "Why the card fee?", label: "fee" },
  ],
});

function find(options: ErrorsOptions, by = rules): LabelErrors {
  const errors = findErrors(by, dataset, options);
  assert(errors.task === "classification");
  return errors;
}

/** The pairs of labels with the ids of their examples. */
const listPairs = ({ pairs }: LabelErrors) =>
  pairs.map(({ gold, predicted, count, examples }) => [
    gold,
    predicted,
    count,
    examples.map(({ id }) => id).join(),
  ]);

Deno.test("pairs of labels come by count, then in code unit order, with their examples in order", () => {
  const errors = find(vote);
  assertEquals(listPairs(errors), [
    ["card", "rate", 2, "near,far"],
    ["card", null, 1, "none"],
    ["fee", "card", 1, "fee"],
  ]);
  assertEquals([errors.rules, errors.examples, errors.wrong], [4, 5, 4]);
  const limited = find({ ...vote, limit: 1 });
  assertEquals(listPairs(limited)[0], ["card", "rate", 2, "near"]);
  assertEquals(find({ ...vote, limit: 0 }).pairs.map(({ examples }) => examples), [[], [], []]);
});

Deno.test("an error tells the votes, the rules that decided and those that were not enough", () => {
  const [{ examples: [near, far] }, { examples: [none] }] = find(vote).pairs;
  assertEquals(near, {
    id: "near",
    text: "Do I get my card?",
    votes: [{ label: "rate", votes: 2.25 }, { label: "card", votes: 0.625 }],
    margin: 1.625,
    lacked: 1.625,
    decidedBy: [
      { rule: rules[0].id, name: "get", votes: 2, at: [{ start: 5, end: 8 }] },
      { rule: rules[1].id, name: "i", votes: 0.25, at: [{ start: 3, end: 4 }] },
    ],
    needed: [
      { rule: rules[2].id, name: "cards?", votes: 0.5, at: [{ start: 12, end: 16 }] },
      { rule: rules[3].id, name: "my", votes: 0.125, at: [{ start: 9, end: 11 }] },
    ],
  });
  assertEquals([far.needed, far.lacked], [[], 2]);
  const { id: _, text: _text, ...rest } = none;
  assertEquals(rest, { votes: [], margin: 0, lacked: 0, decidedBy: [], needed: [] });
});

Deno.test("a label that no rule stands for is told by its number of rules", () => {
  const facts = find(vote).labels.map(({ label, support, rules }) => [label, support, rules]);
  assertEquals(facts, [["card", 3, 2], ["fee", 1, 0], ["rate", 1, 2]]);
});

Deno.test("under a threshold nothing decides, and the gold label lacks what it needs", () => {
  const errors = find({ ...vote, threshold: 3 });
  const [{ predicted, examples: [near, far, none] }] = errors.pairs;
  assertEquals([predicted, far.id, none.id, far.decidedBy], [null, "far", "none", []]);
  assertEquals([near.lacked, near.margin, near.votes?.[0].label], [2.375, 0, "rate"]);
  assertEquals(near.needed.map(({ name }) => name), ["cards?", "my"]);
  assertEquals(errors.threshold, 3);
});

Deno.test("equal votes lack nothing, a default is told, and a rule of weight 0 decides nothing", () => {
  const even = [
    makeRule("card", "card"),
    makeRule("fee", "fee"),
    makeRule("why", "card", { weight: 0 }),
  ];
  const { pairs } = find({ ...vote, default: "rate" }, even);
  const fee = pairs.find(({ gold }) => gold === "fee")!;
  assertEquals([fee.predicted, fee.examples[0].lacked, fee.examples[0].margin], ["card", 0, 0]);
  assertEquals(fee.examples[0].decidedBy.map(({ name }) => name), ["card"]);
  const fallback = pairs.find(({ predicted }) => predicted === "rate")!;
  assertEquals(fallback.examples.map(({ id, isDefault }) => [id, isDefault]), [["far", true], [
    "none",
    true,
  ]]);
});

Deno.test("a decision list names the one rule that decided and the later ones of the gold label", () => {
  const [{ examples: [near] }] = find({ decide: "first", threshold: 0 }, [
    makeRule("card", "card", { priority: 1 }),
    makeRule("my", "card", { priority: 2 }),
    makeRule("get", "rate", { priority: 3 }),
  ]).pairs;
  const shown = [...near.decidedBy, ...near.needed].map((
    { name, place, votes },
  ) => [name, place, votes]);
  assertEquals(shown, [["get", 1, undefined], ["my", 2, undefined], ["card", 3, undefined]]);
  assertEquals([near.votes, near.margin, near.lacked], [undefined, undefined, undefined]);
});

Deno.test("all patterns of a rule are located, and lines are those of the file", () => {
  const rule = createRule({ name: "both", label: "rate", patterns: ["card", "do", "x*"] });
  const { pairs } = find({ ...vote, lineOf: (index) => 10 * index }, [rule]);
  const { examples } = pairs.find(({ predicted }) => predicted === "rate")!;
  const shown = examples.map(({ id, line, decidedBy: [{ at }] }) => ({ id, line, at }));
  const at = [{ start: 0, end: 2 }, { start: 12, end: 16 }];
  assertEquals(shown, [{ id: "near", line: 10, at }]);
});

Deno.test("errors agree with evaluations and classifiers, whatever the rules", () => {
  const random = createRandom(7);
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  const words = ["a", "b", "c", "d", "e"];
  for (let round = 0; round < 60; round++) {
    const examples = Array.from({ length: 12 }, () => ({
      text: Array.from({ length: 3 }, () => pick(words)).join(" "),
      label: pick(["x", "y", "z"]),
    }));
    const data = createDataset({ name: "random", labels: ["x", "y", "z"], examples });
    const made = words.flatMap((word) =>
      random() < 0.7
        ? [
          makeRule(word, pick(["x", "y", "z"]), {
            weight: pick([0, 0.5, 1, 2]),
            priority: pick([0, 1]),
          }),
        ]
        : []
    );
    const options = {
      decide: pick(["vote", "first"] as const),
      threshold: pick([0, 1]),
      ...(random() < 0.5 ? { default: "z" } : {}),
    };
    const errors = findErrors(made, data, options);
    assert(errors.task === "classification");
    const evaluation = evaluateRules(made, data, options);
    assertEquals(errors.wrong, 12 - evaluation.scores[0].tp);
    assertEquals(
      errors.labels.map(({ support: _, rules: _rules, ...scores }) => scores),
      evaluation.labels,
    );
    const classify = createClassifier(made, options);
    for (const { gold, predicted, count, examples } of errors.pairs) {
      assertEquals(examples.length, count);
      for (const { text, votes, decidedBy, lacked } of examples) {
        const decision = classify(text);
        assertEquals(decision.label ?? null, predicted);
        assert(gold !== predicted);
        if (options.decide === "first") assertEquals(decidedBy[0]?.rule, decision.by?.id);
        else {
          assertEquals(votes, decision.votes.filter(({ votes }) => votes > 0));
          const [own, sum] = [gold, predicted].map((label) =>
            votes?.find((one) => one.label === label)?.votes ?? 0
          );
          assert(lacked! >= 0 && lacked! >= sum - own);
        }
      }
    }
  }
});
