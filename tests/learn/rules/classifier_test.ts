import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import type { DecisionOptions } from "../../../learn/rules/decisions.ts";
import { decideAll } from "../../../learn/score/deciding.ts";
import { createMatches } from "../../../learn/score/matches.ts";

/** A rule named after its pattern. */
function makeRule(pattern: string, label: string, fields: Partial<Proposal> = {}): Rule {
  return createRule({ name: pattern, label, patterns: [pattern], ...fields });
}

const rules = [
  makeRule("rate", "exchange", { weight: 2, priority: 1 }),
  makeRule("card", "card", { weight: 1.5, priority: 2 }),
  makeRule("get", "card", { weight: 0.25 }),
];

Deno.test("votes are counted by label, the most first, with the matching rules", () => {
  const { label, rules: matching, votes, by } = createClassifier(rules)("get a rate for my card");
  assertEquals(label, "exchange");
  assertEquals(matching.map((rule) => rule.name), ["rate", "card", "get"]);
  assertEquals(votes, [{ label: "exchange", votes: 2 }, { label: "card", votes: 1.75 }]);
  assertEquals(by, undefined);
});

Deno.test("by first match the result names the deciding rule and has no votes", () => {
  const classify = createClassifier(rules, { decide: "first" });
  const { label, rules: matching, votes, by } = classify("get a rate for my card");
  assertEquals([label, by?.name], ["card", "card"]);
  assertEquals(matching.length, 3);
  assertEquals(votes, []);
});

Deno.test("if no rule matches, the label is absent or the default", () => {
  for (const decide of ["vote", "first"] as const) {
    const none = { rules: [], votes: [], ...(decide === "vote" && { margin: 0 }) };
    assertEquals(createClassifier(rules, { decide })("hello"), none);
    const decided = createClassifier(rules, { decide, default: "other" })("hello");
    assertEquals(decided, { label: "other", ...none });
  }
});

Deno.test("votes that do not exceed the threshold are shown but do not decide", () => {
  const { label, votes } = createClassifier(rules, { threshold: 0.25 })("get");
  assertEquals(label, undefined);
  assertEquals(votes, [{ label: "card", votes: 0.25 }]);
});

Deno.test("labels may have the names of object members", () => {
  const named = ["__proto__", "constructor"].map((label) => makeRule("a", label));
  assertEquals(createClassifier(named)("a").label, "__proto__");
});

Deno.test("a threshold below zero is an error at once", () => {
  assertThrows(() => createClassifier(rules, { threshold: -1 }), RangeError, "threshold");
});

Deno.test("the classifier decides as scores assume", () => {
  const letters = [..."abcdefghijkl"];
  const generated = letters.flatMap((one, index) => {
    return letters.slice(index).map((other, step) => {
      return createRule({
        name: `${other}${one}`,
        label: "zyx"[(index * 5 + step * 7) % 3],
        patterns: [one, other],
        weight: (index * 3 + step) % 6 / 5,
        priority: (index + step) % 3,
        precision: step % 2,
      });
    });
  });
  const examples = Array.from({ length: 400 }, (_, index) => {
    const text = letters.filter((_, at) => (index * 2_654_435 >> at) % 3 === 0).join("");
    return { id: `e${index}`, text, label: "x" };
  });
  const matches = createMatches(examples, ["x", "y", "z", "rest"]);
  const variants: DecisionOptions[] = [
    { decide: "vote", threshold: 0 },
    { decide: "vote", threshold: 1.2 },
    { decide: "vote", threshold: 2, default: "rest" },
    { decide: "first", threshold: 0 },
    { decide: "first", threshold: 3, default: "rest" },
  ];
  for (const options of variants) {
    const classify = createClassifier(generated, options);
    const expected = [...decideAll(matches, generated, options).labels]
      .map((label) => matches.labels[label]);
    assert(new Set(expected).size >= 3, "decisions differ");
    assertEquals(examples.map((example) => classify(example.text).label), expected);
  }
});

Deno.test("a rule that could run for ever and an unknown way to decide are refused", () => {
  // The engine that takes linear time has no backreferences.
  const endless = makeRule(String.raw`^(a+)+\1$`, "card");
  assertThrows(() => createClassifier([endless]), SyntaxError, `Rule ${endless.id} cannot run`);
  const decide = "votes" as DecisionOptions["decide"];
  assertThrows(() => createClassifier(rules, { decide }), RangeError, "decide is votes");
});
