import { assert, assertEquals } from "jsr:@std/assert@^1";
import { broaden, thin } from "../../../learn/labels/thinning.ts";
import type { VotingRule } from "../../../learn/labels/voting_rules.ts";
import { finish } from "../../../learn/text/slices.ts";
import { createRandom } from "../../record/generate_run.ts";
import {
  createEnsemble,
  createRandomPool,
  createRealPool,
  likelihood,
  penalty,
  pickRules,
} from "./pools.ts";

const isFree = ({ isKept, locked }: VotingRule) => !isKept && !locked;

/** Pools with rules, in some of which some must stay. */
function* createCases(seed: number) {
  const random = createRandom(seed);
  for (let round = 0; round < 60; round++) {
    const pool = createRandomPool(random);
    yield { pool, rules: pickRules(pool, random), random };
  }
}

Deno.test("the rule goes without which the labels are as likely as can be", () => {
  let count = 0;
  for (const { pool, rules } of createCases(71)) {
    const free = rules.filter(isFree);
    if (free.length === 0) continue;
    const left = free.map((rule) => likelihood(pool, rules.filter((one) => one !== rule)));
    const ensemble = createEnsemble(pool, rules);
    finish(thin(ensemble, { size: rules.length - 1, minLoss: -Infinity }));
    assertEquals(ensemble.rules.length, rules.length - 1);
    const [gone] = rules.filter((rule) => !ensemble.rules.includes(rule));
    assert(left[free.indexOf(gone)] >= Math.max(...left) - 1e-9);
    count++;
  }
  assert(count > 30);
});

Deno.test("thinning keeps to the size, but for rules that are locked or must stay", () => {
  for (const { pool, rules, random } of createCases(72)) {
    const ensemble = createEnsemble(pool, rules);
    const size = Math.floor(random() * 8);
    const stay = rules.filter((rule) => !isFree(rule));
    finish(thin(ensemble, { size, minLoss: -Infinity }));
    assertEquals(ensemble.rules.length, Math.max(stay.length, Math.min(size, rules.length)));
    assert(stay.every((rule) => ensemble.rules.includes(rule)));
    assertEquals(ensemble.rules, rules.filter((rule) => ensemble.rules.includes(rule)));
    const { sums } = createEnsemble(pool, ensemble.rules).votes;
    sums.forEach((sum, text) => assert(Math.abs(sum - ensemble.votes.sums[text]) < 1e-9 * sum));
  }
});

Deno.test("thinning goes on until each free rule would be missed by the least loss", () => {
  for (const { pool, rules } of createCases(73)) {
    const ensemble = createEnsemble(pool, rules);
    finish(thin(ensemble, { size: Infinity, minLoss: 0.2 }));
    const whole = likelihood(pool, ensemble.rules);
    for (const rule of ensemble.rules.filter(isFree)) {
      const without = likelihood(pool, ensemble.rules.filter((one) => one !== rule));
      assert(whole - without >= 0.2 - 1e-9);
    }
  }
});

Deno.test("broadening takes candidates in, keeps what must stay, and what is withheld out", () => {
  for (const { pool, rules, random } of createCases(74)) {
    const most = random() < 0.5 ? Infinity : Math.floor(random() * 8);
    const stay = rules.filter((rule) => !isFree(rule));
    const ensemble = createEnsemble(pool, rules);
    finish(broaden(ensemble, penalty, { size: most }));
    assert(ensemble.rules.length <= Math.max(most, stay.length));
    assert(stay.every((rule) => ensemble.rules.includes(rule)));
    const written = ensemble.rules.map(({ label, conditions }) =>
      `${label} ${conditions.join(" & ")}`
    );
    assertEquals(new Set(written).size, written.length);
  }
  const ensemble = createEnsemble(createRealPool());
  finish(broaden(ensemble, penalty, { size: 300 }));
  assert(ensemble.rules.length > 100 && ensemble.rules.length <= 300);
});
