import { assert, assertEquals } from "jsr:@std/assert@^1";
import { syntaxOf } from "../../../learn/labels/atoms.ts";
import { extend, MAX_ALTERNATIVES } from "../../../learn/labels/extending.ts";
import { grow } from "../../../learn/labels/growing.ts";
import { createPool } from "../../../learn/labels/pool.ts";
import {
  type Ensemble,
  toVotingRule,
  type VotingRule,
  writePatterns,
} from "../../../learn/labels/voting_rules.ts";
import { ruleId } from "../../../learn/rules/rule.ts";
import { finish } from "../../../learn/text/slices.ts";
import { createRandom } from "../../record/generate_run.ts";
import { train } from "./learning.ts";
import {
  createEnsemble,
  createRandomPool,
  feature,
  likelihood,
  pickRules,
  poolOf,
} from "./pools.ts";

/** Rules that were grown from the shipped examples. */
function createGrown(others: Partial<Ensemble> = {}, size = 40): Ensemble {
  const { pool, ...written } = poolOf(train, 3);
  const ensemble = createEnsemble(pool, [], { ...written, ...others });
  finish(grow(ensemble, size, 4, 0.3));
  return ensemble;
}

Deno.test("a rule takes the alternative that makes the labels likeliest at its weight, if that is enough", () => {
  const gold = Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1);
  // The rule has the first two; the others add two right, three right and three wrong, or nothing.
  const features = [[0, 1], [0, 2, 3], [2, 3, 4, 6, 7, 8], [0, 1, 6]].map((texts) =>
    feature(texts)
  );
  const pool = finish(createPool(features, gold, 2, () => 1));
  for (const [minGain, expected] of [[0.01, [0, 1, 2, 3]], [100, [0, 1]]] as const) {
    const rule = { ...toVotingRule(pool.candidates[0]), weight: 1 };
    const ensemble = createEnsemble(pool, [rule]);
    const before = likelihood(pool, [rule]);
    const weight = rule.weight;
    assertEquals(finish(extend(ensemble, minGain)), expected.length === 4 ? 1 : 0);
    assertEquals([...rule.texts], [...expected]);
    if (expected.length === 4) {
      assertEquals(rule.conditions, [[...features[0].patterns(), ...features[1].patterns()]]);
      assert(likelihood(pool, [{ ...rule, weight }]) > before);
    }
  }
});

Deno.test("extending makes the labels likelier by what each alternative gains", () => {
  const random = createRandom(81);
  let count = 0;
  for (let round = 0; round < 150; round++) {
    const pool = createRandomPool(random);
    const [one] = pickRules(pool, random, 1);
    if (one === undefined) continue;
    const rule = { ...one, weight: 1.5, locked: true, isKept: false };
    const before = likelihood(pool, [rule]);
    const ensemble = createEnsemble(pool, [rule]);
    // Its weight is locked, so that only the alternative changes what is likely.
    const extended = finish(extend(ensemble, 0.3));
    const after = likelihood(pool, [rule]);
    assert(after - before >= 0.3 * extended - 1e-9);
    if (extended === 0) assertEquals(after, before);
    count += extended;
  }
  assert(count > 20, `${count}`);
});

Deno.test("rules have at most so many alternatives, and conjunctions keep one condition", () => {
  const ensemble = createGrown();
  const first = ensemble.rules.map(({ conditions }) => conditions);
  let all = 0;
  for (let round = 0; round < 2 * MAX_ALTERNATIVES; round++) {
    const before = ensemble.rules.map(({ conditions }) => conditions);
    const count = finish(extend(ensemble, 1e-6));
    all += count;
    const changed = ensemble.rules.filter((rule, at) => rule.conditions !== before[at]);
    assertEquals(changed.length, count);
  }
  assert(all > 100, `${all}`);
  let longest = 0;
  ensemble.rules.forEach(({ conditions }, at) => {
    assertEquals(conditions.length, first[at].length);
    const lengths = conditions.map(({ length }) => length).sort((a, b) => a - b);
    assert(lengths.every((length) => length <= MAX_ALTERNATIVES), `${lengths}`);
    if (conditions.length === 2) {
      assertEquals(lengths[0], 1);
      // The one that stays alone was there from the beginning.
      const [alone] = conditions.find(({ length }) => length === 1)!;
      assert(first[at].flat().includes(alone));
    }
    assertEquals(new Set(conditions.flat()).size, conditions.flat().length);
    longest = Math.max(longest, ...lengths);
  });
  assertEquals(longest, MAX_ALTERNATIVES);
  assert(
    ensemble.rules.some(({ conditions }) =>
      conditions.length === 2 && conditions.flat().length > 2
    ),
  );
});

Deno.test("rules that must stay, have no weight, or match by more than their conditions are not extended", () => {
  const states: readonly Partial<VotingRule>[] = [{ isKept: true }, { isPlain: false }, {
    weight: 0,
  }];
  for (const state of states) {
    const { pool, rules, ...others } = createGrown({}, 20);
    const same = createEnsemble(pool, rules.map((rule) => ({ ...rule, ...state })), others);
    const before = same.rules.map(({ conditions, texts }) => [conditions, [...texts]]);
    assertEquals(finish(extend({ ...same, rules: same.rules }, 0)), 0);
    assertEquals(same.rules.map(({ conditions, texts }) => [conditions, [...texts]]), before);
  }
});

Deno.test("what a rule is made of is not taken by another of its label", () => {
  const ensemble = createGrown();
  for (let round = 0; round < 4; round++) finish(extend(ensemble, 0));
  const alternatives = ensemble.rules.filter(({ conditions }) => conditions.length === 1)
    .flatMap(({ label, conditions }) => conditions[0].map((pattern) => `${label} ${pattern}`));
  assertEquals(new Set(alternatives).size, alternatives.length);
  assert(alternatives.length > 60);
});

Deno.test("no rule is extended to one that is withheld", () => {
  const idsOf = ({ rules, labels, syntax: { flags } }: Ensemble) =>
    rules.map((rule) => {
      const patterns = writePatterns(rule, syntaxOf("ascii"));
      return ruleId({ label: labels[rule.label], patterns, flags });
    });
  const [ensemble, other] = [createGrown(), createGrown()];
  const before = idsOf(ensemble);
  finish(extend(ensemble, 0.3));
  const made = idsOf(ensemble).filter((id) => !before.includes(id));
  assert(made.length > 10);
  finish(extend({ ...other, unwanted: new Set(made) }, 0.3));
  assert(idsOf(other).every((id) => !made.includes(id)));
  assert(idsOf(other).some((id) => !before.includes(id)));
});

Deno.test("growing and extending pause while they look through many candidates, also for a single rule", () => {
  const random = createRandom(86);
  const gold = Int32Array.from({ length: 4_000 }, (_, text) => text % 2);
  const features = Array.from({ length: 400 }, () =>
    // Most are of the first label, so that only the last examples tell that they gain little.
    feature([...gold.keys()].filter((text) => random() < (gold[text] === 0 ? 0.5 : 0.3))));
  const pool = finish(createPool(features, gold, 2, () => 1));
  const countPauses = (work: Iterator<unknown>) => {
    let pauses = 0;
    while (!work.next().done) pauses++;
    return pauses;
  };
  const rule = { ...toVotingRule(pool.candidates[0]), weight: 0.5 };
  assert(countPauses(extend(createEnsemble(pool, [rule]), 0.1)) >= 4);
  const pairs = Array.from({ length: 10_000 }, (_, at) => {
    return feature([at % 1_000 * 2, 2_000 + 2 * (at % 997)]);
  });
  const many = createEnsemble(finish(createPool(pairs, gold, 2, () => 1)), []);
  assert(countPauses(grow(many, 1, 1, 0.1)) >= 10);
});
