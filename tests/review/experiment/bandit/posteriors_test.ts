import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createRandom } from "../../../../learn/score/random.ts";
import { posteriorsOf } from "../../../../review/experiment/bandit/posteriors.ts";
import type { ArmCredit } from "../../../../review/experiment/format.ts";

/** Credits of one arm in one context: so much won and lost, a trial at a time. */
function trials(context: string, arm: string, won: number, lost: number): ArmCredit[] {
  return [...split(won, 1), ...split(lost, 0)]
    .map(({ reward, weight }) => ({ context, arm, reward, weight }));
}

function split(amount: number, reward: number) {
  const whole = Array.from({ length: Math.floor(amount) }, () => ({ reward, weight: 1 }));
  const rest = amount - Math.floor(amount);
  return rest === 0 ? whole : [...whole, { reward, weight: rest }];
}

const only = (credits: readonly ArmCredit[], context: string, arm: string, boosted?: string[]) =>
  posteriorsOf(credits, { arms: [arm], contexts: [context], boosted })[0];

/** What was won and lost from Beta(1, 1), and bounds of 95 % by mpmath 1.2.1 with 40 digits. */
const references: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 0.025, 0.975],
  [8, 2, 0.482244147639827291, 0.939782265827093362],
  [0, 7, 0.00315972353125190637, 0.369416647552819285],
  [3, 300, 0.00359640808864810714, 0.028567279683698869],
  [1200, 800, 0.578352847177478493, 0.621258295954250016],
  [2.5, 0.75, 0.260282092946644838, 0.956960551718087347],
  [0.3, 11.7, 0.0052716833573269103, 0.284170109937643974],
];

Deno.test("one arm in one context begins with all shares alike, and has the intervals of a reference to 1e-9", () => {
  for (const [won, lost, low, high] of references) {
    const found = only(trials("sql", "plan", won, lost), "sql", "plan");
    const isNear = (value: number, expected: number) => Math.abs(value - expected) < 1e-9;
    assert(isNear(found.a, 1 + won) && isNear(found.b, 1 + lost), `${found.a}, ${found.b}`);
    assert(isNear(found.low, low) && isNear(found.high, high), `${found.low} to ${found.high}`);
    assert(isNear(found.trials, won + lost));
    assertEquals(found.mean, found.a / (found.a + found.b));
  }
  // A half counts as one, and a revision as both.
  const credits = [0.7, 0.2].map((reward) => ({
    context: "sql",
    arm: "plan",
    reward,
    weight: 0.5,
  }));
  const { a, b } = only(credits, "sql", "plan");
  assertEquals([a.toFixed(9), b.toFixed(9)], ["1.450000000", "1.550000000"]);
});

Deno.test("what contexts say of an arm in a new one counts for more the more they agree", () => {
  const arms = Array.from({ length: 8 }, (_, place) => `arm ${place}`);
  const alike = arms.flatMap((arm, place) =>
    [0, 1, 2].flatMap((context) => trials(`c${context}`, arm, 10 + 10 * place, 90 - 10 * place))
  );
  const apart = arms.flatMap((arm, place) =>
    [0, 1, 2].flatMap((context) => {
      const won = 10 + 10 * ((3 * place * (context + 1) + context) % 8);
      return trials(`c${context}`, arm, won, 100 - won);
    })
  );
  const strengthIn = (credits: readonly ArmCredit[]) =>
    posteriorsOf(credits, { arms, contexts: ["new"] }).map(({ a, b, trials }) => {
      assertEquals(trials, 0);
      return a + b;
    });
  const [near, far] = [alike, apart].map(strengthIn);
  assert(near.every((strength) => strength > 40), near.join());
  assert(far.every((strength) => strength < 6 && strength >= 2), far.join());
  const means = posteriorsOf(alike, { arms, contexts: ["new"] }).map(({ mean }) => mean);
  means.forEach((mean, place) => assert(Math.abs(mean - 0.1 - 0.1 * place) < 0.02, `${mean}`));
  // Contexts that contradict each other leave as much unknown as none would, and not more.
  const opposed = arms.flatMap((arm) => [...trials("c0", arm, 30, 0), ...trials("c1", arm, 0, 30)]);
  assertEquals(
    strengthIn(opposed).map((strength) => strength.toFixed(6)),
    arms.map(() => "2.000000"),
  );
  // Own trials outweigh any prior.
  const own = only([...alike, ...trials("c3", "arm 0", 2_700, 300)], "c3", "arm 0");
  assert(own.mean > 0.85, `${own.mean}`);
});

Deno.test("an arm that is new everywhere begins at the mean of the others, and a boosted one a little higher", () => {
  const credits = ["a", "b", "c"].flatMap((arm) => trials("sql", arm, 80, 20));
  const fresh = only(credits, "sql", "fresh");
  assertEquals((fresh.a + fresh.b).toFixed(6), "2.000000");
  assert(fresh.mean > 0.7 && fresh.mean < 0.8, `${fresh.mean}`);
  const boosted = only(credits, "sql", "fresh", ["fresh"]);
  assertEquals([(boosted.a - fresh.a).toFixed(9), boosted.b - fresh.b], ["2.000000000", 0]);
  // Trials outweigh it, in this context and in a new one.
  const tried = [...credits, ...["sql", "css"].flatMap((one) => trials(one, "fresh", 10, 90))];
  for (const context of ["sql", "new"]) {
    const [plain, lifted] = [[], ["fresh"]].map((boosted) =>
      only(tried, context, "fresh", boosted)
    );
    assert(lifted.mean > plain.mean && lifted.mean < plain.mean + 0.05, `${lifted.mean}`);
  }
  assertEquals(only([], "", "any", ["any"]).a, 3);
});

Deno.test("posteriors stay as they are in any order of the credits, and what is not from 0 to 1 is refused", () => {
  const random = createRandom(3);
  const credits = Array.from({ length: 400 }, (): ArmCredit => ({
    context: ["__proto__", "b", "c"][Math.floor(random() * 3)],
    arm: ["constructor", "y", ""][Math.floor(random() * 3)],
    reward: random(),
    weight: random(),
  }));
  const arms = ["y", "constructor", "", "never"];
  const found = posteriorsOf(credits, { arms, boosted: ["y"] });
  assertEquals(posteriorsOf(credits.toReversed(), { arms, boosted: ["y"] }), found);
  assertEquals(found.slice(0, 5).map(({ context, arm }) => [context, arm]), [
    ...arms.map((arm) => ["__proto__", arm]),
    ["b", "y"],
  ]);
  // Credits without weight do not name a context.
  const none = { context: "z", arm: "y", reward: 1, weight: 0 };
  assertEquals(posteriorsOf([...credits, none], { arms, boosted: ["y"] }), found);
  for (const wrong of [-0.1, 1.1, NaN]) {
    const [credit] = trials("sql", "plan", 1, 0);
    const ask = (credit: ArmCredit) => () => posteriorsOf([credit], { arms: ["plan"] });
    assertThrows(ask({ ...credit, reward: wrong }), RangeError, "The reward of credit 0 is ");
    assertThrows(ask({ ...credit, weight: wrong }), RangeError, "The weight of credit 0 is ");
  }
});
