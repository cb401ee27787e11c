import { assert, assertAlmostEquals, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import type { LabelledExample } from "../../../learn/data/examples.ts";
import { SHAPES } from "../../../learn/rules/reading/shapes.ts";
import { MICRO, microVote } from "../../../learn/rules/decisions.ts";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { extend } from "../../../learn/labels/extending.ts";
import { indexFeatures } from "../../../learn/labels/features.ts";
import { grow } from "../../../learn/labels/growing.ts";
import { createPool, createWorth } from "../../../learn/labels/pool.ts";
import { writePatterns } from "../../../learn/labels/voting_rules.ts";
import { createRule, roundWeight } from "../../../learn/rules/rule.ts";
import { admit, compileRule, findDefect } from "../../../learn/rules/running.ts";
import { createMatches, score } from "../../../learn/score/scoring.ts";
import { finish } from "../../../learn/text/slices.ts";
import { corpora, createNastyCorpora, labelsOf, readExamples, readShipped } from "./corpora.ts";
import { createRandom } from "../../record/generate_run.ts";
import { createEnsemble } from "./pools.ts";
import { labels, learn, taskOf, train, vote } from "./learning.ts";

/** Names of the shapes, which may hold no letter or digit. */
const SHAPE_NAMES = new Set(SHAPES.map(([name]) => name));

for (const { name, path, ignore } of corpora) {
  Deno.test({
    name: `rules compile, are admitted, short, well named and measured: ${name}`,
    ignore,
    async fn() {
      const examples = readExamples(path).slice(0, 1500);
      const labels = new Set(labelsOf(examples));
      const { rules } = await learn(taskOf(examples), examples, 1);
      const list = await learn(taskOf(examples, "first"), examples, 1);
      const few = await learn({ ...taskOf(examples), maxRules: 30 }, examples, 2);
      assert(Math.min(rules.length, few.rules.length, list.rules.length) > 3);
      for (const rule of [...rules, ...few.rules, ...list.rules]) {
        assertEquals(findDefect(rule), undefined);
        const { id: _, ...proposal } = rule;
        assert("rule" in admit(proposal, labels, new Set()));
        const kind = rule.name.slice(rule.label.length + 1);
        assert(rule.name.startsWith(`${rule.label}/`) && kind.length > 0);
        assert(
          rule.name.isWellFormed() && rule.name.length <= 400 && !/[\n\r\t\\]/.test(rule.name),
        );
        assert(rule.patterns.length <= 2 && rule.patterns.every(({ length }) => length <= 1_000));
        const text = rule.patterns.join("").replaceAll(/\\[bdsWw]/g, "");
        const isNamed = kind.split(" + ").every((part) => SHAPE_NAMES.has(part));
        assert(/[\p{L}\p{N}]|\\d/u.test(text) || isNamed, `${rule.name} is punctuation`);
        // The learner counts what the regular expressions match.
        const { test } = compileRule(rule);
        const found = examples.filter(({ text }) => test(text));
        assertEquals(rule.support, found.length);
        const tp = found.filter(({ label }) => label === rule.label).length;
        assertAlmostEquals(rule.precision!, tp / found.length, 1e-12);
      }
    },
  });
}

/** Labels texts by what they are, but for a tenth of them. */
function labelTexts(texts: readonly string[], random: () => number): LabelledExample[] {
  return texts.map((text, index) => ({
    id: `${index}`,
    text,
    label: random() < 0.1 ? "c" : text.length % 2 === 0 ? "a" : text.includes("card") ? "b" : "c",
  }));
}

/**
 * Learns from the postings of the first `size` examples, and checks on all examples that the postings
 * decide as the classifier of the written rules does. Returns the number of rules.
 */
function checkDecisions(examples: readonly LabelledExample[], size: number): number {
  const labels = labelsOf(examples);
  const texts = examples.map(({ text }) => text);
  const gold = Int32Array.from(examples.slice(0, size), ({ label }) => labels.indexOf(label));
  const worth = createWorth(gold, labels.length);
  const isKnown = (text: number) => text < size;
  const { syntax, features } = finish(indexFeatures(texts, {
    minSupport: 2,
    worth: (texts) => worth(texts.filter(isKnown)),
  }));
  /** By pattern, all texts that it matches, as its postings have them. */
  const whole = new Map(
    features.filter(({ parts }) => parts === undefined)
      .map((feature) => [feature.patterns()[0], new Set(feature.texts)]),
  );
  const known = features.map((feature) => ({ ...feature, texts: feature.texts.filter(isKnown) }));
  const pool = finish(createPool(known, gold, labels.length, () => 1));
  const ensemble = createEnsemble(pool, [], { syntax, labels });
  finish(grow(ensemble, 12 * labels.length, 4, 0));
  for (let round = 0; round < 2; round++) finish(extend(ensemble, 0));

  const votes = texts.map(() => new Map<string, number>());
  const rules = ensemble.rules.flatMap((one) => {
    const weight = roundWeight(one.weight);
    if (weight === 0) return [];
    const rule = createRule({
      name: "name",
      label: labels[one.label],
      patterns: writePatterns(one, syntax),
      flags: syntax.flags,
      weight,
    });
    for (const text of texts.keys()) {
      const isMatched = one.conditions.every((alternatives) =>
        alternatives.some((pattern) => whole.get(pattern)!.has(text))
      );
      if (isMatched) {
        votes[text].set(rule.label, (votes[text].get(rule.label) ?? 0) + microVote(rule));
      }
    }
    return rule;
  });
  const classify = createClassifier(rules);
  texts.forEach((text, index) => {
    const expected = [...votes[index]].map(([label, votes]) => ({ label, votes }))
      .sort((a, b) => b.votes - a.votes || compareCodeUnits(a.label, b.label));
    const found = classify(text);
    assertEquals(found.label, expected[0]?.label);
    assertEquals(found.votes, expected.map((vote) => ({ ...vote, votes: vote.votes / MICRO })));
  });
  return rules.length;
}

for (const { name, path, ignore } of corpora) {
  Deno.test({
    name: `rules decide as their postings do, on known and unknown texts: ${name}`,
    ignore,
    fn() {
      const examples = readExamples(path).slice(0, 1500);
      const random = createRandom(41);
      const shuffled = examples.map((example) => ({ example, at: random() }))
        .sort((a, b) => a.at - b.at).map(({ example }) => example);
      assert(checkDecisions(shuffled, Math.round(shuffled.length * 0.7)) >= 10);
    },
  });
}

for (const { name, texts } of createNastyCorpora(createRandom(42), 120)) {
  Deno.test(`rules decide as their postings do, on known and unknown texts: ${name}`, () => {
    assert(checkDecisions(labelTexts(texts, createRandom(43)), 80) >= 10);
  });
}

Deno.test("rules of nasty texts compile and are well named", async () => {
  for (const { texts } of createNastyCorpora(createRandom(44), 80)) {
    const examples = labelTexts(texts, createRandom(45));
    const { rules } = await learn(taskOf(examples), examples, 2);
    for (const rule of rules) {
      assertEquals(findDefect(rule), undefined);
      assert(rule.name.isWellFormed() && rule.patterns.every(({ length }) => length <= 1_000));
    }
  }
});

Deno.test("a label as long as the longest name can have rules", async () => {
  const long = `${"x".repeat(399)}👍`;
  const examples = train.map((example, index) => ({ ...example, label: index % 2 ? long : "b" }));
  const { rules } = await learn(taskOf(examples), examples, 0);
  assert(rules.some(({ label }) => label === long));
  assert(rules.every(({ name }) => name.length <= 400 && name.isWellFormed()));
});

Deno.test("words, stems, sequences and conjunctions of the sample corpus read as a person would write them", async () => {
  const { rules } = await learn({ ...vote, maxRules: 60 }, train, 5);
  const written = rules.map(({ patterns }) => patterns.join(" & "));
  for (
    const [kind, form] of [
      ["an alternation", /^\\b\(\?:[\w?]+\|[^&]+\)\\b$/],
      ["a word and its plural", /\w+s\?/],
      ["a stem as a prefix", /\w+\\w\*/],
      ["a sequence", /\w+\\W\+\w+/],
      ["a conjunction", / & /],
    ] as const
  ) assert(written.some((text) => form.test(text)), `${kind} in ${written.join("  ")}`);
  for (const { name, patterns } of rules) {
    assertMatch(name, /^[a-z_]+\/\S/);
    for (const pattern of patterns) assert(!/[(|](?:on|one)\|/.test(pattern), pattern);
  }
});

for (const [decide, least] of [["vote", 0.9], ["first", 0.9]] as const) {
  Deno.test(`rules hold on texts that they were not learned from: ${decide}`, async () => {
    const task = { ...vote, decide };
    const { rules } = await learn(task, train, 3);
    const test = createMatches(readShipped("banking_test.jsonl"), labels);
    const { f1 } = score(test, rules, task, "test");
    assert(f1 > least, `F1 ${f1}`);
  });
}

Deno.test("no rule is learned from texts without words or equal texts", async () => {
  for (const text of ["", "...", "my card"]) {
    const examples = ["a", "b", "a", "b"].map((label, index) => ({ id: `${index}`, text, label }));
    for (const decide of ["vote", "first"] as const) {
      const { rules } = await learn(taskOf(examples, decide), examples, 1);
      assertEquals(rules, []);
    }
  }
});
