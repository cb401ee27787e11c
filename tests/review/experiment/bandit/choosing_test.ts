import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import {
  chooseArms,
  type ChoosingOptions,
  propensitiesOf,
} from "../../../../review/experiment/bandit/choosing.ts";
import type { ArmCredit } from "../../../../review/experiment/format.ts";

const arms = ["a", "b", "c", "d", "__proto__"];
/** Each arm tried as often, the later ones with more success. */
const credits: readonly ArmCredit[] = Array.from({ length: 60 }, (_, place) => ({
  context: "sql",
  arm: arms[place % 5],
  reward: place % 12 < 3 + place % 5 ? 1 : 0,
  weight: 1,
}));
const options = { arms, context: "sql", size: 2, credits, seed: 1 };

const isNear = (one: number, other: number, within = 1e-9) => Math.abs(one - other) <= within;
const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

Deno.test("choices are identical on replay, in any order of arms and credits, and other with another seed", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    for (const policy of ["thompson", "uniform"] as const) {
      const one = chooseArms({ ...options, seed, policy, explore: 0.3 });
      const other = chooseArms({
        ...{ ...options, seed, policy, explore: 0.3 },
        ...{ arms: arms.toReversed(), credits: credits.toReversed() },
      });
      assertEquals({ ...other, inclusion: other.inclusion.toReversed() }, one);
      seen.add(one.chosen.join());
    }
  }
  assert(seen.size > 3);
});

Deno.test("the probability of a set is how often it is among those that one is taken of", () => {
  // With few draws, each seed shows all there is: what is told of a choice must be in it.
  for (let seed = 0; seed < 50; seed++) {
    const { chosen, propensity, inclusion } = chooseArms({ ...options, seed, draws: 4 });
    assertEquals(propensity * 4, Math.round(propensity * 4));
    assert(propensity > 0 && propensity <= 1);
    assert(isNear(sumOf(inclusion), 2));
    for (const arm of chosen) assert(inclusion[arms.indexOf(arm)] >= propensity);
    assertEquals(propensitiesOf({ ...options, seed, draws: 4 }, ["a"]).propensity, 0);
  }
  // Over seeds, sets come as often as many draws say.
  const amount = 3_000;
  const sets = new Map<string, number>();
  for (let seed = 0; seed < amount; seed++) {
    const key = chooseArms({ ...options, seed, draws: 1 }).chosen.join();
    sets.set(key, (sets.get(key) ?? 0) + 1);
  }
  const drawn = { ...options, seed: 123_456, draws: 3_000 };
  for (const [key, times] of sets) {
    const { propensity } = propensitiesOf(drawn, key.split(","));
    const reach = 5 * Math.sqrt(2 * propensity * (1 - propensity) / amount) + 2 / amount;
    assert(isNear(times / amount, propensity, reach), `${key}: ${times / amount}, ${propensity}`);
  }
});

Deno.test("what goes well is chosen more often, and boosted arms and unknown ones have their chance", () => {
  const { inclusion } = chooseArms(options);
  assert(inclusion[0] < inclusion[2] && inclusion[2] < inclusion[4], inclusion.join());
  const [plain, boosted] = [[], ["a"]].map((boosted) =>
    propensitiesOf({ ...options, boosted }, ["a", "b"]).inclusion[0]
  );
  assert(boosted > plain, `${boosted}, ${plain}`);
  const fresh = propensitiesOf({ ...options, arms: [...arms, "fresh"] }, []).inclusion[5];
  assert(fresh > 0.2, `${fresh}`);
});

Deno.test("without preference all sets are alike, and a part to explore leaves each of them possible", () => {
  const uniform = chooseArms({ ...options, policy: "uniform" });
  assert(isNear(uniform.propensity, 1 / 10) && uniform.inclusion.every((one) => isNear(one, 0.4)));
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 2_000; seed++) {
    const key = chooseArms({ ...options, policy: "uniform", seed }).chosen.join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assertEquals(counts.size, 10);
  for (const count of counts.values()) assert(isNear(count, 200, 5 * Math.sqrt(180)), `${count}`);
  const sure = Array.from({ length: 400 }, (_, place): ArmCredit => ({
    ...{ context: "sql", arm: arms[place % 5], weight: 1 },
    reward: place % 5 < 2 ? 1 : 0,
  }));
  const known = { ...options, credits: sure };
  assertEquals(chooseArms(known).inclusion, [1, 1, 0, 0, 0]);
  const { propensity, inclusion } = propensitiesOf({ ...known, explore: 0.1 }, ["a", "b"]);
  assert(isNear(propensity, 0.91) && isNear(inclusion[0], 0.94) && isNear(inclusion[4], 0.04));
  const explored = Array.from(
    { length: 300 },
    (_, seed) => chooseArms({ ...known, explore: 0.1, seed, draws: 1 }),
  )
    .filter(({ chosen }) => chosen.join() !== "a,b");
  assert(isNear(explored.length, 27, 5 * Math.sqrt(27)), `${explored.length}`);
  assert(explored.every(({ propensity }) => isNear(propensity, 0.01)));
});

Deno.test("as many are chosen as there are, and what cannot be is refused", () => {
  const all = chooseArms({ ...options, size: 9 });
  assertEquals(all, { chosen: arms.toSorted(), propensity: 1, inclusion: [1, 1, 1, 1, 1] });
  assertEquals(chooseArms({ ...options, size: 9, policy: "uniform" }), all);
  assertEquals(chooseArms({ ...options, arms: [] }), { chosen: [], propensity: 1, inclusion: [] });
  const many = Array.from({ length: 3_000 }, (_, place) => String(place));
  const { propensity } = chooseArms({ ...options, arms: many, size: 1_500, policy: "uniform" });
  assert(propensity > 0);
  const refused = (changes: Partial<ChoosingOptions>) => () =>
    chooseArms({ ...options, ...changes });
  assertThrows(refused({ arms: ["a", "b", "a"] }), RangeError, "twice");
  for (const size of [0, 1.5, NaN]) assertThrows(refused({ size }), RangeError, "The size is ");
  for (const draws of [0, 0.5]) assertThrows(refused({ draws }), RangeError, "number of draws is ");
  for (const explore of [-1, 2, NaN]) {
    assertThrows(refused({ explore }), RangeError, "to explore is ");
    assertThrows(refused({ explore, policy: "uniform" }), RangeError, "to explore is ");
  }
  assertEquals(chooseArms({ ...options, seed: 2 ** 40 + 7 }).chosen.length, 2);
});
