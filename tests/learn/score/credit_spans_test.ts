import { assert, assertAlmostEquals, assertEquals } from "jsr:@std/assert@^1";
import type { EntityExample } from "../../../learn/data/examples.ts";
import type { Overlaps } from "../../../learn/rules/overlaps.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import { shareCredit } from "../../../learn/score/credit.ts";
import { createMatches, type Match } from "../../../learn/score/matches.ts";
import { createRandom, generateExamples, generateRules, pairNaively } from "./generate_spans.ts";

/** Shapley values on one example by their definition: spans that are correct, less the spurious ones. */
function enumerateCredit(
  example: EntityExample,
  rules: readonly Rule[],
  overlaps: Overlaps,
  match: Match,
): number[] {
  const size = rules.length;
  const values = Array.from({ length: 2 ** size }, (_, set) => {
    const members = rules.filter((_, at) => (set >> at & 1) === 1);
    const { correct, spurious } = pairNaively(example, members, overlaps, match);
    return correct.length - spurious.length;
  });
  const factorial = (n: number): number => n <= 1 ? 1 : n * factorial(n - 1);
  return rules.map((_, at) => {
    let share = 0;
    for (let set = 0; set < 2 ** size; set++) {
      if ((set >> at & 1) === 1) continue;
      const others = set.toString(2).replaceAll("0", "").length;
      const weight = factorial(others) * factorial(size - 1 - others) / factorial(size);
      share += weight * (values[set | 1 << at] - values[set]);
    }
    return share;
  });
}

Deno.test("the credit of rules for spans is that of all sets of rules, whatever overlaps and matches", () => {
  const random = createRandom(17);
  let [shared, others] = [0, 0];
  for (let round = 0; round < 36; round++) {
    const rules = generateRules(random, 6);
    const examples = generateExamples(random, rules, 4);
    const overlaps = (["drop", "keep"] as const)[round % 2];
    const match = (["exact", "text", "partial"] as const)[round % 3];
    const matches = createMatches(examples, ["X", "Y", "only-rules"], match);
    const options = { decide: "first", threshold: 0, overlaps } as const;
    const effort = { effort: Infinity };
    const expected = examples.map((example) => enumerateCredit(example, rules, overlaps, match));
    const credit = shareCredit(matches, rules, options, effort);
    assertEquals([credit.exact, credit.sampled], [4, 0]);
    credit.rules.forEach(({ helped, harmed, credit, error }, at) => {
      const sum = (pick: (share: number) => number) =>
        expected.reduce((total, shares) => total + pick(shares[at]), 0);
      assertAlmostEquals(helped, sum((share) => Math.max(0, share)), 1e-12, `round ${round}`);
      assertAlmostEquals(harmed, sum((share) => Math.max(0, -share)), 1e-12, `round ${round}`);
      assertAlmostEquals(credit, helped - harmed, 1e-12);
      assertEquals(error, 0);
      if (Number.isInteger(credit)) others++;
      else shared++;
    });
  }
  assert(shared > 50 && others > 20, `${shared} and ${others}`);
});

Deno.test("credit for spans by random orders adds up exactly, and is within a few standard errors", () => {
  const random = createRandom(23);
  const rules = generateRules(random, 14);
  const examples = generateExamples(random, rules, 12);
  const options = { decide: "first", threshold: 0 } as const;
  const matches = createMatches(examples, ["X", "Y", "only-rules"]);
  const exact = shareCredit(matches, rules, options, { effort: Infinity });
  const drawn = shareCredit(matches, rules, options, { effort: 0, permutations: 100 });
  assertEquals(exact.sampled, 0);
  assert(drawn.sampled > 6);
  drawn.rules.forEach(({ credit, error }, at) => {
    assertAlmostEquals(credit, exact.rules[at].credit, 5 * error + 1e-9);
  });
  const sum = ({ rules }: typeof exact) => rules.reduce((total, { credit }) => total + credit, 0);
  assertAlmostEquals(sum(drawn), sum(exact), 1e-9);
  assert(Math.max(...drawn.rules.map(({ error }) => error)) > 0);
});

Deno.test("rules that find spans in other places do not slow each other down", () => {
  // Forty rules in one text: all sets of them could never be tried.
  const words = Array.from({ length: 40 }, (_, at) => `w${at}`);
  const rules = words.map((word) =>
    createRule({ name: word, label: "X", patterns: [`\\b${word}\\b`] })
  );
  const entities = [{ start: 0, end: 2, type: "X" }];
  const matches = createMatches([{ id: "e", text: words.join(" "), entities }], []);
  const credit = shareCredit(matches, rules, { decide: "first", threshold: 0 });
  assertEquals([credit.exact, credit.sampled], [1, 0]);
  assertEquals(credit.rules.map(({ credit }) => credit), words.map((_, at) => at === 0 ? 1 : -1));
});
