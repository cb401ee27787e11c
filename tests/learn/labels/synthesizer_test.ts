import { assert, assertEquals, assertNotEquals } from "jsr:@std/assert@^1";
import { createPatternSynthesizer } from "../../../learn/labels/synthesizer.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import { compileRule } from "../../../learn/rules/running.ts";
import { createMatches, findFailures } from "../../../learn/score/scoring.ts";
import { apply, first, labels, learn, patch, train, vote } from "./learning.ts";

/** With a budget, rules are alternations. */
const budget = { ...vote, maxRules: 40 };

Deno.test("synthesis by vote adds measured rules with weights", async () => {
  for (const task of [vote, budget]) {
    const proposed = await createPatternSynthesizer().synthesize(task, train, []);
    assertEquals(Object.keys(proposed).sort(), ["added", "reweighted"]);
    assertEquals(proposed.reweighted, []);
    const added = proposed.added!;
    assert(added.length >= labels.length);
    assertEquals([...new Set(added.map(({ label }) => label))].sort(), labels);
    for (const { weight, priority, flags, precision, support } of added) {
      assert(weight! > 0 && priority === undefined && flags === "i");
      assert(precision! > 0 && support! > 0);
    }
  }
});

Deno.test("synthesis of a list adds rules with priorities and without weights, the surest first", async () => {
  const { added = [] } = await createPatternSynthesizer().synthesize(first, train, []);
  assert(added.length > 20);
  added.forEach(({ weight, priority }, at) => {
    assert(weight === undefined && priority! > 0 && priority! <= 1000);
    if (at > 0) assert(priority! <= added[at - 1].priority!);
  });
});

Deno.test("patches by vote add rules up to the budget, and leave fewer failures", async () => {
  const { sets: [begun, ...others], matches } = await learn(budget, train, 3);
  const count = (rules: readonly Rule[]) => findFailures(matches, rules, budget).count;
  for (const rules of others) {
    assert(rules.length > begun.length && rules.length <= budget.maxRules!);
    assert(count(rules) < count(begun), `${count(rules)} after ${count(begun)} failures`);
  }
});

Deno.test("a patch by vote after rejected ones is another", async () => {
  const { rules, matches, synthesizer } = await learn(budget, train, 1);
  const patches = await Promise.all(
    [0, 1, 2].map((count) =>
      patch(synthesizer, budget, train, rules, matches, Array(count).fill([]))
    ),
  );
  for (const [count, change] of patches.entries()) {
    assert(apply(rules, change).length <= budget.maxRules!);
    if (count === 2) assertNotEquals(change, patches[0]);
  }
});

Deno.test("a patch of a list covers failures, but not with rules that were rejected", async () => {
  const { rules, matches, synthesizer } = await learn({ ...first, maxRules: 6 }, train, 0);
  const change = await patch(synthesizer, first, train, rules, matches);
  assertEquals(Object.keys(change), ["added"]);
  const rejected = change.added!.map(createRule);
  assert(rejected.length > 0);
  const failed = new Set(findFailures(matches, rules, first).members.flat());
  for (const rule of rejected) {
    const { test } = compileRule(rule);
    const isNeeded = [...failed].some((at) =>
      train[at].label === rule.label && test(train[at].text)
    );
    assert(isNeeded, rule.name);
  }
  const next = await patch(synthesizer, first, train, rules, matches, [rejected]);
  matches.add(rejected);
  const matchedBefore = new Set(rejected.map(({ id, label }) => `${label}:${matches.of(id)}`));
  const others = next.added!.map(createRule);
  assert(others.length > 0);
  matches.add(others);
  assert(others.every(({ id, label }) => !matchedBefore.has(`${label}:${matches.of(id)}`)));
});

Deno.test("present rules are kept, and not proposed again", async () => {
  const start = [
    createRule({ name: "mine", label: labels[0], patterns: ["card"], weight: 0.1 }),
    createRule({ name: "none", label: labels[1], patterns: ["nowhere to be found"] }),
  ];
  const { added = [] } = await createPatternSynthesizer().synthesize(vote, train, []);
  const known = added.slice(0, 5).map(createRule);
  for (const task of [vote, first]) {
    const patch = await createPatternSynthesizer().synthesize(task, train, [...start, ...known]);
    assertEquals(patch.removed, undefined);
    const rules = apply([...start, ...known], patch);
    assertEquals(rules.slice(0, 7).map(({ id }) => id), [...start, ...known].map(({ id }) => id));
    assert(rules.length > 7);
    assert(rules.every(({ precision = 0 }) => !Number.isNaN(precision)));
  }
});

for (const task of [vote, first]) {
  Deno.test(`learning never proposes more rules than allowed: ${task.decide}`, async () => {
    for (const maxRules of [1, 7, 40]) {
      const { sets } = await learn({ ...task, maxRules }, train, 4);
      assert(sets.every((rules) => rules.length <= maxRules));
      assert(sets[4].length > maxRules / 2, `${sets[4].length} of ${maxRules}`);
    }
  });

  Deno.test(`a used and a new synthesizer learn the same: ${task.decide}`, async () => {
    const { rules, matches, synthesizer } = await learn(task, train, 1);
    const fresh = createPatternSynthesizer();
    const again = createMatches(train, labels);
    assertEquals(
      await synthesizer.synthesize(task, train, []),
      await fresh.synthesize(task, [...train], []),
    );
    for (const rejected of [[], [rules.slice(0, 3)]]) {
      const expected = await patch(synthesizer, task, train, rules, matches, rejected);
      assertEquals(await patch(synthesizer, task, train, rules, matches, rejected), expected);
      const other = createPatternSynthesizer();
      assertEquals(await patch(other, task, [...train], rules, again, rejected), expected);
    }
  });

  Deno.test(`a refit keeps or removes each rule, and does not bring back dropped rules: ${task.decide}`, async () => {
    const part = train.filter((_, index) => index % 3 > 0);
    const learned = await learn(task, part, 2);
    const dropped = learned.rules.filter((_, index) => index % 4 === 0);
    const rules = learned.rules.filter((_, index) => index % 4 > 0);
    const matches = createMatches(train, labels);
    const state = {
      task,
      examples: train,
      rules,
      matches,
      accepted: [{ added: 5, reweighted: 3 }, { added: 0, reweighted: 9 }],
      dropped,
    };
    const change = await learned.synthesizer.refit!(state);
    assertEquals(Object.keys(change).sort(), ["added", "removed", "reweighted"]);
    const { added = [], removed = [], reweighted = [] } = change;
    const touched = [...removed, ...reweighted.map(({ rule }) => rule)].sort();
    assertEquals(touched, rules.map(({ id }) => id).sort());
    const after = apply(rules, change);
    const gone = new Set(dropped.map(({ id }) => id));
    assert(after.every(({ id }) => !gone.has(id)));
    matches.add([...dropped, ...after]);
    // An alternation may match what a rule that was dropped matched.
    if (task === first) {
      const keyOf = ({ id, label }: Rule) => `${label}:${matches.of(id)}`;
      const unwanted = new Set(dropped.map(keyOf));
      assert(added.map(createRule).every((rule) => !unwanted.has(keyOf(rule))));
    }
    for (const { id, precision, support, weight = 1 } of after) {
      assertEquals(support, matches.of(id).length);
      assert(precision! > 0 && weight > 0);
    }
    assertEquals(await createPatternSynthesizer().refit!(state), change);
  });
}

Deno.test("rules with the weight 0 count when rules are limited", async () => {
  const { rules, matches, synthesizer } = await learn({ ...vote, maxRules: 12 }, train, 0);
  const task = { ...vote, maxRules: rules.length };
  const idle = rules.map((rule, at) => at % 2 === 0 ? { ...rule, weight: 0 } : rule);
  const change = await patch(synthesizer, task, train, idle, matches);
  assert(apply(idle, change).length <= rules.length);
});
