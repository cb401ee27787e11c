import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createRule, type Proposal, type Rule } from "../../learn/rules/rule.ts";
import { SAME_MATCHES } from "../../learn/score/matches.ts";
import { createMatches, scoring } from "../../learn/score/scoring.ts";
import { finish } from "../../learn/text/slices.ts";
import { dropWeakest, prune, type PruneOptions } from "../../pipeline/prune.ts";
import { createRandom } from "../record/generate_run.ts";

const texts: [string, string][] = [
  ["my card is lost", "card"],
  ["the card is late", "card"],
  ["a card please", "card"],
  ["which rate do I get", "rate"],
  ["the rate of today", "rate"],
];
/** As many of each as it takes to tell that two rules match the same. */
const examples = Array(SAME_MATCHES).fill(texts).flat()
  .map(([text, label], place) => ({ id: `e${place}`, text, label }));
const rule = (pattern: string, changes: Partial<Proposal> = {}): Rule =>
  createRule({ name: pattern, label: "card", patterns: [pattern], ...changes });
const card = rule("card", { weight: 3 });
const lost = rule("lost", { weight: 1 });
const rate = rule("rate", { label: "rate", weight: 2 });

/** Prunes by the matches on `train`, and F1 on `on`, which are by default the same examples. */
function run(
  rules: readonly Rule[],
  options: Partial<PruneOptions> = {},
  on = examples,
  train = examples,
) {
  const matches = createMatches(train, ["card", "rate"]);
  const deciding = createMatches(on, ["card", "rate"]);
  const { decide = "vote" } = options;
  function* evaluate(rules: readonly Rule[]) {
    return [(yield* scoring(deciding, rules, { decide, threshold: 0 }, "dev")).f1];
  }
  return finish(prune(rules, matches, { decide, evaluate, ...options }));
}

Deno.test("a rule whose matches lie within those of another of its label is dropped for it", () => {
  const { rules, dropped } = run([lost, card, rate]);
  assertEquals(rules, [card, rate]);
  assertEquals(dropped, [{ rule: lost.id, reason: "subsumed", by: card.id }]);
});

Deno.test("a rule whose matches lie within those of another label stays", () => {
  const wide = rule("a", { label: "rate", weight: 1 });
  assertEquals(run([lost, wide]).dropped, []);
});

Deno.test("of fewer matches than tell something, no rule is subsumed", () => {
  const some = examples.filter(({ text }, place) => place < 5 || !text.includes("lost"));
  const { dropped } = run([lost, card, rate], {}, examples, some);
  assertEquals(dropped, []);
});

Deno.test("of two rules with the same matches the weaker is dropped", () => {
  const same = rule("car", { weight: 0.5 });
  assertEquals(run([same, card]).dropped, [{ rule: same.id, reason: "subsumed", by: card.id }]);
  assertEquals(run([{ ...same, weight: 9 }, card]).dropped, [
    { rule: card.id, reason: "subsumed", by: same.id },
  ]);
});

Deno.test("a rule within a weaker one stays: only a stronger one makes it superfluous", () => {
  assertEquals(run([{ ...lost, weight: 9 }, card]).dropped, []);
});

Deno.test("a rule that matches nothing is not subsumed by anything", () => {
  assertEquals(run([rule("never"), card]).dropped, []);
});

Deno.test("nothing is dropped as subsumed that F1 on the deciding split would miss", () => {
  const dev = [{ id: "d", text: "it is lost", label: "card" }];
  const options = { decide: "vote" } as const;
  assertEquals(run([lost, card, rate], options, dev).dropped, []);
});

Deno.test("if dropping all lowers F1, those that do not are dropped", () => {
  const late = rule("late", { weight: 1 });
  const dev = [{ id: "d", text: "it is lost", label: "card" }];
  const { dropped } = run([lost, late, card], {}, dev);
  assertEquals(dropped.map(({ rule }) => rule), [late.id]);
});

Deno.test("over the budget the lowest weights go, a rule without one counting 1", () => {
  const bare = rule("please");
  const heavy = { ...lost, weight: 1.5 };
  const evaluate = function* () {
    yield 0;
    return [0];
  };
  const { rules, dropped } = run([bare, heavy, card, rate], { maxRules: 2, evaluate });
  assertEquals(rules, [card, rate]);
  assertEquals(dropped.map(({ reason }) => reason), ["subsumed", "subsumed"]);
  assertEquals(run([card, rate], { maxRules: 1 }).dropped, [{ rule: rate.id, reason: "budget" }]);
  assertEquals(dropWeakest([heavy, bare, rate], { decide: "vote", maxRules: 2 }).dropped, [
    { rule: bare.id, reason: "budget" },
  ]);
});

Deno.test("in a decision list over the budget the last go, whatever they weigh", () => {
  const list = [
    rule("x", { priority: 1, weight: 9 }),
    rule("y", { priority: 3, weight: 1 }),
    rule("z", { priority: 2, precision: 0.9 }),
  ];
  const { rules, dropped } = dropWeakest(list, { decide: "first", maxRules: 2 });
  assertEquals(rules, [list[1], list[2]]);
  assertEquals(dropped, [{ rule: list[0].id, reason: "budget" }]);
});

Deno.test("within the budget, or without one, nothing goes", () => {
  const list = [card, rate];
  assertEquals(dropWeakest(list, { decide: "vote", maxRules: 2 }), { rules: list, dropped: [] });
  assertEquals(dropWeakest(list, { decide: "vote" }), { rules: list, dropped: [] });
  assertEquals(run([]), { rules: [], dropped: [] });
});

Deno.test("whatever the rules, pruning keeps the order, the budget and what may not fall", () => {
  const words = ["card", "rate", "lost", "late", "the", "which", "a", "is", "please"];
  for (let seed = 0; seed < 200; seed++) {
    const random = createRandom(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
    const made = Array.from({ length: 12 }, () =>
      rule(pick(words), {
        label: pick(["card", "rate"]),
        weight: Math.floor(random() * 4),
        priority: Math.floor(random() * 3),
      }));
    const rules = [...new Map(made.map((one) => [one.id, one])).values()];
    const decide = pick(["vote", "first"] as const);
    const maxRules = pick([undefined, 1, 4]);
    const matches = createMatches(examples, ["card", "rate"]);
    const evaluate = function* (rules: readonly Rule[]) {
      return [(yield* scoring(matches, rules, { decide, threshold: 0 }, "train")).f1];
    };
    const { rules: left, dropped } = finish(prune(rules, matches, { decide, maxRules, evaluate }));
    const gone = new Map(dropped.map((one) => [one.rule, one]));
    assertEquals(left, rules.filter(({ id }) => !gone.has(id)));
    assertEquals(left.length + gone.size, rules.length);
    assert(left.length <= (maxRules ?? Infinity));
    const subsumed = dropped.filter(({ reason }) => reason === "subsumed");
    const without = rules.filter(({ id }) => gone.get(id)?.reason !== "subsumed");
    assert(finish(evaluate(without))[0] >= finish(evaluate(rules))[0]);
    for (const { rule, by } of subsumed) {
      const texts = new Set(matches.of(by!));
      assert(by !== rule && [...matches.of(rule)].every((text) => texts.has(text)));
    }
    // The budget drops no more than it must.
    const budget = dropped.length - subsumed.length;
    assertEquals(budget, Math.max(0, without.length - (maxRules ?? Infinity)));
  }
});
