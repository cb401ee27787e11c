import { assert, assertAlmostEquals, assertEquals } from "jsr:@std/assert@^1";
import { fitWeights, type Weighted } from "../../../learn/labels/fitting.ts";
import { Votes } from "../../../learn/labels/votes.ts";
import { finish } from "../../../learn/text/slices.ts";
import { createRandom } from "../../record/generate_run.ts";
import {
  createEnsemble,
  createRandomPool,
  likelihood,
  penalised,
  penalty,
  pickRules,
} from "./pools.ts";

Deno.test("votes turn into the probabilities of softmax, in any order and after any change", () => {
  const random = createRandom(22);
  for (let round = 0; round < 100; round++) {
    const pool = createRandomPool(random);
    const rules = pickRules(pool, random);
    const { votes } = createEnsemble(pool, rules.map((one) => ({ ...one, weight: 2 })));
    for (const rule of rules.toReversed()) votes.move(rule, rule.weight - 2);
    for (const isSettled of [false, true]) {
      if (isSettled) finish(votes.settle());
      const probabilities = Array.from(
        { length: pool.labels },
        (_, at) => votes.probabilitiesOf(at),
      );
      const sum = pool.gold.reduce((sum, label, text) => {
        assertAlmostEquals(probabilities.reduce((all, one) => all + one[text], 0), 1, 1e-7);
        return sum + Math.log(probabilities[label][text]);
      }, 0);
      assertAlmostEquals(sum, likelihood(pool, rules), 1e-7);
    }
  }
});

Deno.test("votes of any size give probabilities, also after they are taken back", () => {
  const votes = new Votes(Int32Array.of(0, 1), 2);
  const texts = Int32Array.of(0, 1);
  for (let time = 0; time < 3; time++) votes.move({ label: time % 2, texts }, 700);
  finish(votes.settle());
  for (const label of [0, 1]) {
    assert(votes.probabilitiesOf(label).every((one) => one >= 0 && one <= 1));
  }
  votes.move({ label: 1, texts }, -1e6);
  finish(votes.settle());
  assert(votes.probabilitiesOf(1).every((one) => one < 1e-9));
});

Deno.test("no sweep of fitting lowers the penalised likelihood, gives a weight below 0, or changes a locked one", () => {
  let raised = 0;
  for (let seed = 0; seed < 200; seed++) {
    const random = createRandom(seed);
    const pool = createRandomPool(random);
    const scale = [1, 4, 10][seed % 3];
    const rules = pickRules(pool, random, 0.7).map((rule) => ({
      ...rule,
      weight: rule.weight * scale,
    }));
    const { votes } = createEnsemble(pool, rules);
    const locked = rules.filter((rule) => rule.locked).map((rule) => [rule, rule.weight] as const);
    let before = penalised(pool, rules);
    for (let sweep = 0; sweep < 4; sweep++) {
      finish(fitWeights(votes, rules, 1, penalty));
      const after = penalised(pool, rules);
      assert(after >= before - 1e-9, `seed ${seed}: ${before} → ${after}`);
      if (after > before) raised++;
      before = after;
    }
    assert(rules.every(({ weight }) => weight >= 0));
    for (const [rule, weight] of locked) assertEquals(rule.weight, weight);
  }
  assert(raised > 500, `${raised}`);
});

Deno.test("votes follow the weights that are fitted", () => {
  const random = createRandom(23);
  for (let round = 0; round < 30; round++) {
    const pool = createRandomPool(random);
    const rules = pickRules(pool, random);
    const { votes } = createEnsemble(pool, rules);
    finish(fitWeights(votes, rules, 3, penalty));
    const anew = createEnsemble(pool, rules).votes;
    votes.sums.forEach((sum, text) => assertAlmostEquals(sum, anew.sums[text], 1e-9 * sum));
  }
});

Deno.test("the weight of one rule is fitted to where its gain and its penalty balance", () => {
  // Of 10 examples 8 are gold: 8 (1 - p) - 2 p = decay · w, with p = e^w / (e^w + 1).
  const gold = Int32Array.from({ length: 10 }, (_, text) => text < 8 ? 0 : 1);
  const texts = Int32Array.from(gold.keys());
  for (
    const penalty of [{ weight: 1, match: 0 }, { weight: 0, match: 0.1 }, { weight: 0, match: 0 }]
  ) {
    const rule: Weighted = { label: 0, texts, weight: 0 };
    finish(fitWeights(new Votes(gold, 2), [rule], 50, penalty));
    const share = 1 / (1 + Math.exp(-rule.weight));
    const decay = penalty.weight + 10 * penalty.match;
    assertAlmostEquals(8 - 10 * share, decay * rule.weight, 1e-3);
    if (decay === 0) assertAlmostEquals(share, 0.8, 1e-4);
  }
});

Deno.test("fitting reaches weights that no change of one of them betters", () => {
  const random = createRandom(24);
  for (let round = 0; round < 30; round++) {
    const pool = createRandomPool(random);
    const rules = pickRules(pool, random).map((rule) => ({ ...rule, locked: false }));
    const { votes } = createEnsemble(pool, rules);
    finish(fitWeights(votes, rules, 2_000, penalty));
    const best = penalised(pool, rules);
    for (const rule of rules) {
      const { weight } = rule;
      for (const by of [-0.01, 0.01]) {
        rule.weight = Math.max(0, weight + by);
        assert(penalised(pool, rules) <= best + 1e-6);
      }
      rule.weight = weight;
    }
  }
});

Deno.test("fitting changes nothing without sweeps, rules or examples", () => {
  const votes = new Votes(Int32Array.of(0, 1), 2);
  const rule = { label: 0, texts: Int32Array.of(0, 1), weight: 1 };
  votes.move(rule, 1);
  finish(fitWeights(votes, [rule], 0, penalty));
  finish(fitWeights(votes, [], 9, penalty));
  const idle = { label: 0, texts: new Int32Array(), weight: 2 };
  finish(fitWeights(votes, [idle], 9, penalty));
  assertEquals([rule.weight, idle.weight], [1, 2]);
});

Deno.test("a rule of any weight leaves no trace in the votes once they are taken back", () => {
  const gold = Int32Array.of(0, 0, 1, 1);
  const fit = (weight: number) => {
    const votes = new Votes(gold, 2);
    const others = [0, 1].map((label) => ({ label, texts: Int32Array.of(0, 1, 2, 3) }));
    for (const other of others) votes.move(other, weight);
    for (const other of others) votes.move(other, -weight);
    const rule = { label: 0, texts: Int32Array.of(0, 1), weight: 0 };
    finish(fitWeights(votes, [rule], 9, penalty));
    return rule.weight;
  };
  for (const weight of [50, 800, 1e6]) assertAlmostEquals(fit(weight), fit(0), 1e-9);
});
