import { assert, assertAlmostEquals, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import type { LabelledExample } from "../../../learn/data/examples.ts";
import type { DecisionOptions } from "../../../learn/rules/decisions.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import { type RuleCredit, shareCredit } from "../../../learn/score/credit.ts";
import { decideAll } from "../../../learn/score/deciding.ts";
import { createMatches, type LabelMatches } from "../../../learn/score/matches.ts";
import { createRandom } from "../../../learn/score/random.ts";

/** A set of rules on examples, and how it decides. */
interface Game {
  readonly matches: LabelMatches;
  readonly rules: readonly Rule[];
  readonly options: DecisionOptions;
}

const LABELS = ["a", "b", "c", "d"];

/** Draws texts of letters, and a rule for each letter. */
function drawGame(seed: number, { rules: size = 8, examples: count = 5 } = {}): Game {
  const random = createRandom(seed);
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  const letters = Array.from({ length: size }, (_, at) => String.fromCharCode(0x61 + at));
  const examples = Array.from({ length: count }, (_, at): LabelledExample => {
    return {
      id: `e${at}`,
      text: letters.filter(() => random() < 0.8).join(""),
      label: pick(LABELS),
    };
  });
  const labels = LABELS.slice(0, 1 + Math.floor(random() * LABELS.length));
  // Many equal votes, and votes that add up to others: ties are frequent.
  const weights = pick([[1], [0, 0.5, 1, 1.5], [0.25, 0.5, 1, 2], [0.1, 0.2, 0.3, 1.7, 2.31]]);
  const rules = letters.map((letter) =>
    createRule({
      name: letter,
      label: pick(labels),
      patterns: [letter],
      weight: random() < 0.1 ? undefined : pick(weights),
      priority: pick([0, 0, 1]),
      precision: pick([0.5, 0.9]),
    })
  );
  const fallback = pick([undefined, ...LABELS]);
  return {
    matches: createMatches(examples, LABELS),
    rules,
    options: {
      decide: random() < 0.25 ? "first" : "vote",
      threshold: pick([0, 0, 0.5, 1, 2.31]),
      ...(fallback === undefined ? {} : { default: fallback }),
    },
  };
}

/** For each example whether it is correct with some of the rules. */
function judge({ matches, options }: Game, rules: readonly Rule[]): number[] {
  const { labels } = decideAll(matches, rules, options);
  return Array.from(labels, (label, at) => Number(label === matches.gold[at]));
}

/** Shapley values by their definition: over all sets of rules, whose decisions are made one by one. */
function enumerateCredit(game: Game): Pick<RuleCredit, "helped" | "harmed">[] {
  const size = game.rules.length;
  const values = Array.from(
    { length: 2 ** size },
    (_, set) => judge(game, game.rules.filter((_, at) => (set >> at & 1) === 1)),
  );
  const weights = [1 / size];
  for (let others = 1; others < size; others++) {
    weights.push(weights[others - 1] * others / (size - others));
  }
  return game.rules.map((_, at) => {
    let [helped, harmed] = [0, 0];
    for (const example of game.matches.examples.keys()) {
      let share = 0;
      for (let set = 0; set < 2 ** size; set++) {
        if ((set >> at & 1) === 1) continue;
        const others = set.toString(2).replaceAll("0", "").length;
        share += weights[others] * (values[set | 1 << at][example] - values[set][example]);
      }
      if (share > 0) helped += share;
      else harmed -= share;
    }
    return { helped, harmed };
  });
}

const exactly = { effort: Infinity };
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

Deno.test("exact credit is that of all sets of rules, with ties, thresholds and defaults", () => {
  let decidedByFirst = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const game = drawGame(seed, { rules: 2 + seed % 7 });
    if (game.options.decide === "first") decidedByFirst++;
    const { rules, exact, sampled } = shareCredit(game.matches, game.rules, game.options, exactly);
    assertEquals([exact, sampled], [5, 0]);
    const expected = enumerateCredit(game);
    rules.forEach(({ credit, helped, harmed, error }, at) => {
      assertAlmostEquals(helped, expected[at].helped, 1e-12, `seed ${seed}`);
      assertAlmostEquals(harmed, expected[at].harmed, 1e-12, `seed ${seed}`);
      assertAlmostEquals(credit, expected[at].helped - expected[at].harmed, 1e-12);
      assertEquals(error, 0);
    });
  }
  assert(decidedByFirst > 5);
});

Deno.test("credit adds up to what all rules together change on each example", () => {
  for (let seed = 100; seed < 120; seed++) {
    const game = drawGame(seed, { rules: 20, examples: 4 });
    const [all, none] = [judge(game, game.rules), judge(game, [])];
    for (const options of [exactly, { effort: 0, permutations: 7 }]) {
      for (const example of game.matches.examples.keys()) {
        const { rules } = shareCredit(game.matches, game.rules, game.options, {
          ...options,
          examples: [example],
        });
        const total = sum(rules.map(({ credit }) => credit));
        assertAlmostEquals(total, all[example] - none[example], 1e-12, `seed ${seed}`);
      }
    }
  }
});

Deno.test("credit by random orders is within a few standard errors, which are not too large", () => {
  let [squares, rulesWithError] = [0, 0];
  for (let seed = 200; seed < 215; seed++) {
    const game = drawGame(seed, { rules: 12, examples: 8 });
    const exact = shareCredit(game.matches, game.rules, game.options, exactly).rules;
    const drawn = shareCredit(game.matches, game.rules, game.options, { effort: 0, seed });
    drawn.rules.forEach(({ credit, error }, at) => {
      const miss = credit - exact[at].credit;
      if (error === 0) return assertAlmostEquals(miss, 0, 0.02);
      assert(Math.abs(miss) < 5 * error, `seed ${seed}: off by ${miss}, error ${error}`);
      squares += (miss / error) ** 2;
      rulesWithError++;
    });
  }
  assert(rulesWithError > 60);
  // The mean of squares of standard normal numbers is 1.
  assert(squares / rulesWithError > 0.7 && squares / rulesWithError < 1.4, `${squares}`);
});

Deno.test("credit repeats itself, and another seed draws other orders", () => {
  const game = drawGame(6, { rules: 14, examples: 6 });
  const options: DecisionOptions = { decide: "vote", threshold: 0 };
  const [one, again, other] = [1, 1, 2].map((seed) =>
    shareCredit(game.matches, game.rules, options, { effort: 0, seed })
  );
  assertEquals(one, again);
  assert(one.sampled > 0);
  assert(JSON.stringify(one.rules) !== JSON.stringify(other.rules));
});

Deno.test("rules that stand in for each other share the credit that leaving one out denies them", () => {
  const matches = createMatches([{ id: "e", text: "rate", label: "b" }], LABELS);
  const rules = ["r", "a", "t", "e"].map((letter) =>
    createRule({ name: letter, label: "b", patterns: [letter] })
  );
  for (const decide of ["vote", "first"] as const) {
    const { rules: shares } = shareCredit(matches, rules, { decide, threshold: 0 });
    shares.forEach(({ credit, helped }) => {
      // In a list, too, every rule is as likely to come first: all have the gold label.
      assertAlmostEquals(credit, 0.25, 1e-15);
      assertAlmostEquals(helped, 0.25, 1e-15);
    });
  }
});

Deno.test("many rules with different votes are drawn, and are exact with enough effort", () => {
  const text = "abcdefghijklmnopqrst";
  const matches = createMatches([{ id: "e", text, label: "a" }], LABELS);
  const rules = [...text].map((letter, at) =>
    createRule({
      name: letter,
      label: LABELS[at % 2],
      patterns: [letter],
      weight: 1 + Math.sqrt(at),
    })
  );
  const options: DecisionOptions = { decide: "vote", threshold: 0 };
  const drawn = shareCredit(matches, rules, options);
  assertEquals([drawn.exact, drawn.sampled], [0, 1]);
  const exact = shareCredit(matches, rules, options, exactly);
  assertEquals([exact.exact, exact.sampled], [1, 0]);
  drawn.rules.forEach(({ credit, error }, at) => {
    assertAlmostEquals(credit, exact.rules[at].credit, 5 * error);
  });
});

Deno.test("credit needs labels and examples that are known, and at least two orders", () => {
  const { matches, rules } = drawGame(1);
  const vote: DecisionOptions = { decide: "vote", threshold: 0 };
  const stranger = createRule({ name: "x", label: "x", patterns: ["x"] });
  assertThrows(() => shareCredit(matches, [...rules, stranger], vote), RangeError, '"x" is not');
  for (const permutations of [1, 2.5, NaN]) {
    assertThrows(
      () => shareCredit(matches, rules, vote, { permutations }),
      RangeError,
      `permutations is ${permutations}, expected a whole number from 2`,
    );
  }
  assertThrows(
    () => shareCredit(matches, rules, vote, { effort: NaN }),
    RangeError,
    "effort is NaN",
  );
  assertThrows(
    () => shareCredit(matches, rules, vote, { examples: [0, 5] }),
    RangeError,
    "There is no example at position 5",
  );
  const unlabelled = shareCredit(createMatches([], LABELS), rules, vote);
  assertEquals(unlabelled.rules.map(({ credit }) => credit), rules.map(() => 0));
});
