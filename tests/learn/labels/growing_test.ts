import { assert, assertAlmostEquals, assertEquals } from "jsr:@std/assert@^1";
import { computeGains, grow } from "../../../learn/labels/growing.ts";
import { createPool } from "../../../learn/labels/pool.ts";
import { ruleId } from "../../../learn/rules/rule.ts";
import { finish } from "../../../learn/text/slices.ts";
import { createRandom } from "../../record/generate_run.ts";
import {
  createEnsemble,
  createRandomPool,
  createRealPool,
  feature,
  likelihood,
  pickRules,
} from "./pools.ts";

Deno.test("a candidate gains by how much more often it is right than the votes predict", () => {
  const random = createRandom(61);
  for (let round = 0; round < 100; round++) {
    const pool = createRandomPool(random);
    const { votes } = createEnsemble(pool, pickRules(pool, random, 0.2));
    const gains = finish(computeGains(pool, votes));
    for (const [place, { label, texts, tp, ease }] of pool.candidates.entries()) {
      const predicted = votes.probabilitiesOf(label);
      // A half is added to the counts of right and wrong.
      const [expected, observed] = [
        texts.reduce((sum, text) => sum + predicted[text], 0.5),
        tp + 0.5,
      ].map((count) => count / (texts.length + 1));
      const gain = (texts.length + 1) * (observed * Math.log(observed / expected) +
        (1 - observed) * Math.log((1 - observed) / (1 - expected)));
      assertAlmostEquals(gains[place], observed > expected ? ease * gain : 0, 1e-9);
    }
  }
});

Deno.test("growing adds rules of its candidates up to a size, and makes the labels likelier", () => {
  const random = createRandom(62);
  let count = 0;
  for (let round = 0; round < 100; round++) {
    const pool = createRandomPool(random);
    const ensemble = createEnsemble(pool, pickRules(pool, random, 0.1));
    const { rules } = ensemble;
    const present = [...rules];
    const size = Math.floor(random() * 12);
    const added = finish(grow(ensemble, size, 3, 0.3));
    assertEquals(rules.length, present.length + added);
    assert(rules.length <= Math.max(size, present.length));
    assertEquals(rules.slice(0, present.length), present);
    const written = rules.map(({ label, conditions }) => `${label} ${conditions.join(" & ")}`);
    assertEquals(new Set(written).size, written.length);
    assert(rules.every(({ weight }) => weight >= 0));
    const anew = createEnsemble(pool);
    finish(grow(anew, size, 3, 0.3));
    assert(likelihood(pool, anew.rules) >= likelihood(pool, []) - 1e-9);
    if (anew.rules.length > 0) count++;
  }
  assert(count > 50);
});

Deno.test("no two rules of one batch are right for mostly the same examples", () => {
  const pool = createRealPool();
  const ensemble = createEnsemble(pool);
  finish(grow(ensemble, 40, 1, 0.3));
  assert(ensemble.rules.length > 10);
  const taken = new Set<number>();
  for (const { label, texts } of ensemble.rules) {
    const correct = [...texts].filter((text) => pool.gold[text] === label);
    const shared = correct.filter((text) => taken.has(text));
    assert(shared.length <= correct.length / 2);
    for (const text of correct) taken.add(text);
  }
});

Deno.test("candidates of too little gain, those that are withheld, and parts of present rules do not come", () => {
  const pool = createRealPool();
  const none = createEnsemble(pool);
  assertEquals(finish(grow(none, 40, 2, 1e9)), 0);
  assertEquals(none.rules, []);
  const first = createEnsemble(pool);
  finish(grow(first, 30, 2, 0.3));
  const idOf = ({ label, conditions }: typeof first.rules[number]) =>
    ruleId({ label: `label${label}`, patterns: conditions.flat(), flags: "i" });
  const unwanted = new Set(first.rules.map(idOf));
  const others = createEnsemble(pool, [], { unwanted });
  finish(grow(others, 30, 2, 0.3));
  assertEquals(others.rules.length, 30);
  assert(others.rules.every((rule) => !unwanted.has(idOf(rule))));
});

Deno.test("growing takes what gains the most first, whatever the order of the candidates", () => {
  const gold = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1);
  const features = [feature([0, 4]), feature([0, 1, 2, 4]), feature([4, 5, 6, 7]), feature([0, 1])];
  for (const order of [features, features.toReversed()]) {
    const ensemble = createEnsemble(finish(createPool(order, gold, 2, () => 1)));
    finish(grow(ensemble, 2, 2, 0));
    assertEquals(ensemble.rules[0].texts, Int32Array.of(4, 5, 6, 7));
  }
});
