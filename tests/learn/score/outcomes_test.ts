import { assert, assertEquals } from "jsr:@std/assert@^1";
import type { DecisionOptions } from "../../../learn/rules/decisions.ts";
import type { EntityExample } from "../../../learn/data/examples.ts";
import { createMatches, type Match } from "../../../learn/score/matches.ts";
import {
  countAblations,
  findOutcomes,
  type Outcome,
  type OutcomeCounts,
} from "../../../learn/score/outcomes.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import { createSpanMatches } from "../../../learn/score/span_matches.ts";
import { createRandom, generateExamples, generateRules, pairNaively } from "./generate_spans.ts";

const first: DecisionOptions = { decide: "first", threshold: 0 };
const labels = ["X", "Y", "only-rules"];

/** A rule named after its pattern. */
function makeRule(pattern: string, label: string, fields: Partial<Proposal> = {}): Rule {
  return createRule({ name: pattern, label, patterns: [pattern], ...fields });
}

/** An example of entities `start-end:type`. */
function makeExample(text: string, ...marks: string[]): EntityExample {
  const entities = marks.map((mark) => {
    const [, start, end, type] = /(\d+)-(\d+):(.+)/.exec(mark)!;
    return { start: Number(start), end: Number(end), type };
  });
  return { id: text, text, entities };
}

/** Describes outcomes as `gold>predicted` and the text of the item. */
function describe(
  examples: readonly EntityExample[],
  rules: readonly Rule[],
  match: Match = "exact",
  options = first,
): string[] {
  const matches = createSpanMatches(examples, labels, match);
  return findOutcomes(matches, rules, options).map(({ example, item, gold, predicted }) => {
    assertEquals(matches.items[item].example, example);
    const nameOf = (label: number) => matches.labels[label] ?? "";
    return `${nameOf(gold)}>${nameOf(predicted)} ${matches.items[item].text}`;
  });
}

Deno.test("a span is found, missed, spurious or of the wrong type", () => {
  const example = makeExample("a b c d", "0-1:X", "2-3:Y", "4-5:X");
  const rules = [makeRule("[ab]", "X"), makeRule("d", "Y")];
  assertEquals(describe([example], rules), ["X>X a", "Y>X b", "X> c", ">Y d"]);
});

Deno.test("a found span is decided with an infinite margin, a missed one is not decided", () => {
  const matches = createSpanMatches([makeExample("a b c", "0-1:X", "2-3:Y")], labels, "exact");
  const outcomes = findOutcomes(matches, [makeRule("[ac]", "X")], first);
  assertEquals(outcomes.map(({ isDecided, margin }) => [isDecided, margin]), [
    [true, Infinity],
    [false, 0],
    [true, 0],
  ]);
});

Deno.test("a span is paired with a gold one of its type, not with an earlier one of another", () => {
  const example = makeExample("a b", "0-1:X", "0-1:Y", "2-3:X");
  assertEquals(describe([example], [makeRule("a", "Y")]), ["X> a", "Y>Y a", "X> b"]);
});

Deno.test("by text a span is correct wherever it stands, and each gold span counts once", () => {
  const rules = [makeRule("a", "X")];
  assertEquals(describe([makeExample("a b a", "4-5:X")], rules, "text"), ["X>X a", ">X a"]);
  assertEquals(describe([makeExample("a b a", "4-5:X")], rules, "exact"), ["X>X a", ">X a"]);
  const matches = createSpanMatches([makeExample("a b a", "4-5:X")], labels, "text");
  const [, spurious] = findOutcomes(matches, rules, first);
  assertEquals(matches.items[spurious.item].start, 4);
});

Deno.test("by overlap half is enough, less is not", () => {
  const rules = [makeRule("ab", "X")];
  assertEquals(describe([makeExample("abcd", "0-4:X")], rules, "partial"), ["X>X abcd"]);
  assertEquals(describe([makeExample("abcde", "0-5:X")], rules, "partial"), ["X> abcde", ">X ab"]);
  assertEquals(describe([makeExample("abcd", "0-4:Y")], rules, "partial"), ["Y>X abcd"]);
});

Deno.test("by overlap the spans that share most are pairs, in whatever order they come", () => {
  // RuleChef 0.2.2 pairs these so.
  const rules = [makeRule("abcdef", "X", { priority: 1 }), makeRule("abcd", "X")];
  const options = { ...first, overlaps: "keep" } as const;
  const example = makeExample("abcdefghij", "0-4:X", "0-10:X");
  assertEquals(describe([example], rules, "partial", options), ["X>X abcd", "X>X abcdefghij"]);
  const one = makeExample("abcdefghij", "0-4:X");
  assertEquals(describe([one], rules, "partial", options), ["X>X abcd", ">X abcdef"]);
  // Of equal overlaps the first rule comes first.
  const equal = [makeRule("abc", "X", { priority: 1 }), makeRule("cde", "X")];
  const shared = makeExample("abcde", "0-5:X");
  assertEquals(describe([shared], equal, "partial", options), ["X>X abcde", ">X cde"]);
});

Deno.test("gold spans of other examples do not count", () => {
  const examples = [makeExample("a", "0-1:X"), makeExample("a b")];
  for (const match of ["exact", "text", "partial"] as const) {
    assertEquals(describe(examples, [makeRule("b", "X")], match), ["X> a", ">X b"]);
  }
});

Deno.test("overlapping spans are dropped unless the options keep them", () => {
  const example = makeExample("a b", "0-1:X");
  const rules = [makeRule("a b", "Y", { priority: 1 }), makeRule("a", "X")];
  assertEquals(describe([example], rules), ["X> a", ">Y a b"]);
  assertEquals(describe([example], rules, "exact", { ...first, overlaps: "drop" }), [
    "X> a",
    ">Y a b",
  ]);
  assertEquals(describe([example], rules, "exact", { ...first, overlaps: "keep" }), [
    "X>X a",
    ">Y a b",
  ]);
});

Deno.test("a span whose text differs from its offsets is not correct by offsets", () => {
  const example = makeExample("ab", "0-2:X");
  const rule = makeRule("a(c)?b", "X", { template: { text: "$1" } });
  assertEquals(describe([example], [rule], "exact"), ["X> ab", ">X "]);
  assertEquals(describe([example], [rule], "text"), ["X> ab", ">X "]);
  assertEquals(describe([example], [rule], "partial"), ["X>X ab"]);
});

Deno.test("without rules all spans are missed, without spans and rules there are no outcomes", () => {
  assertEquals(describe([makeExample("a b", "0-1:X", "2-3:Y")], []), ["X> a", "Y> b"]);
  assertEquals(describe([makeExample("a"), makeExample("")], [makeRule("b", "X")]), []);
});

Deno.test("texts with a label have one outcome each", () => {
  const examples = [{ id: "a", text: "a", label: "X" }, { id: "b", text: "b", label: "Y" }];
  const matches = createMatches(examples, []);
  const outcomes = findOutcomes(matches, [makeRule("a", "Y")], { ...first, default: "Y" });
  const expected: Outcome[] = [
    { example: 0, item: 0, gold: 0, predicted: 1, isDecided: true, margin: Infinity },
    { example: 1, item: 1, gold: 1, predicted: 1, isDecided: false, margin: 0 },
  ];
  assertEquals(outcomes, expected);
});

Deno.test("generated outcomes and ablations are those of the definition", () => {
  const random = createRandom(23);
  const seen = { correct: 0, spurious: 0, missed: 0, wrongType: 0, changed: 0 };
  for (let round = 0; round < 120; round++) {
    const rules = generateRules(random, 7);
    const examples = generateExamples(random, rules, 4);
    const overlaps = (["drop", "keep"] as const)[round % 2];
    const match = (["exact", "text", "partial"] as const)[round % 3];
    const options = { ...first, overlaps };
    const matches = createMatches(examples, labels, match);
    const countsOf = (some: readonly Rule[]): OutcomeCounts => {
      const pairs = examples.map((example) => pairNaively(example, some, overlaps, match));
      const tp = pairs.flatMap((one) => one.correct).length;
      const predicted = tp + pairs.flatMap((one) => one.spurious).length;
      return { tp, predicted, gold: tp + pairs.flatMap((one) => one.missed).length };
    };

    const outcomes = findOutcomes(matches, rules, options);
    const [all, correct] = [countsOf(rules), outcomes.filter((one) => one.gold === one.predicted)];
    assertEquals(correct.length, all.tp);
    assertEquals(outcomes.filter(({ predicted }) => predicted !== -1).length, all.predicted);
    assertEquals(outcomes.filter(({ gold }) => gold !== -1).length, all.gold);
    seen.correct += correct.length;
    seen.missed += outcomes.filter(({ predicted }) => predicted === -1).length;
    seen.spurious += outcomes.filter(({ gold }) => gold === -1).length;
    seen.wrongType += outcomes.filter(({ gold, predicted }) => {
      return gold !== -1 && predicted !== -1 && gold !== predicted;
    }).length;

    const ablations = countAblations(matches, rules, options);
    assertEquals(ablations.all, all);
    for (const rule of rules) {
      assertEquals(ablations.alone(rule), countsOf([rule]));
      const without = countsOf(rules.filter((other) => other !== rule));
      assertEquals(ablations.without(rule), without);
      if (without.tp !== all.tp) seen.changed++;
    }
  }
  for (const [kind, count] of Object.entries(seen)) assert(count > 60, `${kind}: ${count}`);
});

Deno.test("the order of the rules changes no outcome", () => {
  const random = createRandom(31);
  for (let round = 0; round < 30; round++) {
    const rules = generateRules(random, 8);
    const examples = generateExamples(random, rules, 3);
    for (const overlaps of ["drop", "keep"] as const) {
      // Items are numbered in the order in which rules run.
      const matches = createMatches(examples, labels);
      const options = { ...first, overlaps };
      const outcomes = findOutcomes(matches, rules, options);
      assertEquals(findOutcomes(matches, rules.toReversed(), options), outcomes);
    }
  }
});
