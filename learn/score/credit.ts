/**
 * The credit of rules: how many examples a set labels correctly because of each of them.
 *
 * Leaving one rule out says nothing of two that stand in for each other: each of them changes nothing.
 * Shapley values share what rules do together: the credit of a rule on an example is what it changes when
 * it joins the rules that came before it, on average over all orders in which they can come. What changes
 * is whether the example is correct, 1 or 0, with the default as rules leave it. Only rules that match
 * the example have a part in it, and their credits add up to 1 if all rules together make it correct, -1 if
 * they spoil it, else 0. A rule for the gold label never harms an example, and one for another label
 * never helps it.
 *
 * Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games II, 307-317.
 *
 * @module
 */
import {
  compareRules,
  type DecisionOptions,
  microThreshold,
  microVote,
} from "../rules/decisions.ts";
import type { Rule } from "../rules/rule.ts";
import { createOrders, type ExampleVotes, workOfOrders } from "./credit_orders.ts";
import { integrateCredit } from "./credit_sums.ts";
import type { LabelMatches } from "./label_matches.ts";

/** The credit of one rule. Amounts are numbers of examples; shares of one are possible. */
export interface RuleCredit {
  /** Id of the rule. */
  readonly rule: string;
  /** How many more examples are correct because of it: `helped - harmed`. */
  readonly credit: number;
  /** Its part in examples that are correct because of rules, 0 or more. */
  readonly helped: number;
  /** Its part in examples that are wrong because of rules, 0 or more. */
  readonly harmed: number;
  /** Standard error of the credit; 0 if it is exact. */
  readonly error: number;
}

/** The credit of all rules of a set. */
export interface Credit {
  /** The credit of each rule, in the order given. */
  readonly rules: readonly RuleCredit[];
  /** On how many examples it is exact. */
  readonly exact: number;
  /** On how many examples it is a mean over random orders. */
  readonly sampled: number;
  /** How many orders were drawn for each of those. */
  readonly permutations: number;
  /** Seed of the orders. */
  readonly seed: number;
}

/** Options of {@linkcode shareCredit}. */
export interface CreditOptions {
  /**
   * How many random orders are drawn for an example that takes longer to compute exactly, from 2.
   *
   * @default 500
   */
  readonly permutations?: number;
  /**
   * Seed of the random orders.
   *
   * @default 1
   */
  readonly seed?: number;
  /**
   * The most additions that are spent on an example to be exact. By default about as many as its random
   * orders take; with `Infinity` all is exact.
   */
  readonly effort?: number;
  /** Positions of the examples that count; all by default. */
  readonly examples?: readonly number[];
}

/**
 * Shares the credit for correct examples among rules. Decision lists have a closed form; with votes, the
 * Shapley values are integrated exactly if an example is small enough, and else are a mean over random orders.
 * Runs those rules first that were not run yet. The same input and seed give the same credit.
 *
 * @param options how the rules decide
 * @returns amounts in examples; over all rules the credits add up to the examples that are correct with all
 * rules, less those that are correct by default without any
 * @throws {RangeError} if the label of a rule or the default is not in `matches`, the threshold is below 0,
 * or `permutations` is not a whole number from 2
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "../rules/rule.ts";
 * import { shareCredit } from "./credit.ts";
 * import { createMatches } from "./matches.ts";
 *
 * const examples = [{ id: "a", text: "What rate do I get?", label: "exchange" }];
 * const rules = ["rate", "what", "get"].map((pattern) =>
 *   createRule({ name: pattern, label: pattern === "get" ? "card" : "exchange", patterns: [pattern] })
 * );
 * const matches = createMatches(examples, ["card", "exchange"]);
 * // Each of the first two makes the example correct if it comes before the other, unless "get" came before:
 * // with equal votes, "card" wins.
 * const { rules: shares } = shareCredit(matches, rules, { decide: "vote", threshold: 0 });
 * assertEquals(shares.map(({ credit }) => credit.toFixed(3)), ["0.667", "0.667", "-0.333"]);
 * ```
 */
export function shareCredit(
  matches: LabelMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
  { permutations = 500, seed = 1, effort, examples }: CreditOptions = {},
): Credit {
  if (!Number.isInteger(permutations) || permutations < 2) {
    throw new RangeError(`permutations is ${permutations}, expected a whole number from 2`);
  }
  matches.add(rules);
  const fallback = options.default === undefined ? -1 : matches.indexOf(options.default);
  const ledger = new CreditLedger(rules.length);
  let sampled = 0;
  const counted = examples ?? matches.examples.keys().toArray();
  switch (options.decide) {
    case "first": {
      // In the order in which they decide, so that the rules of an example are in this order too.
      const order = rules.keys().toArray().sort((a, b) => compareRules(rules[a], rules[b]));
      const labels = order.map((rule) => matches.indexOf(rules[rule].label));
      const lists = listByExample(matches, order.map((rule) => rules[rule]));
      for (const example of counted) {
        const gold = matches.gold[example];
        const list = lists.of(example);
        const right = Array.from(list, (at) => Number(labels[at] === gold));
        shareList(right, Number(fallback === gold))
          .forEach((share, at) => ledger.add(order[list[at]], share));
      }
      break;
    }
    case "vote": {
      const least = microThreshold(options.threshold);
      const votes = rules.map(microVote);
      const labels = rules.map(({ label }) => matches.indexOf(label));
      const lists = listByExample(matches, rules);
      const draw = createOrders(permutations, seed);
      for (const example of counted) {
        const gold = matches.gold[example];
        const cast = findVotes(lists.of(example), votes, labels, gold, fallback, least);
        if (cast === undefined) continue;
        const limit = effort ?? workOfOrders(cast, permutations);
        const shares = integrateCredit(cast, limit);
        if (shares !== undefined) {
          cast.rules.forEach((rule, at) => ledger.add(rule, shares[at]));
          continue;
        }
        sampled++;
        const counts = draw(cast);
        cast.rules.forEach((rule, at) => {
          const share = counts[at] / permutations;
          const variance = Math.abs(share) * (1 - Math.abs(share)) / (permutations - 1);
          ledger.add(rule, share, variance);
        });
      }
    }
  }
  return {
    rules: rules.map(({ id }, rule) => ledger.read(id, rule)),
    exact: counted.length - sampled,
    sampled,
    permutations,
    seed,
  };
}

/** Adds up shares by rule. */
class CreditLedger {
  readonly #helped: Float64Array;
  readonly #harmed: Float64Array;
  readonly #variance: Float64Array;

  constructor(size: number) {
    this.#helped = new Float64Array(size);
    this.#harmed = new Float64Array(size);
    this.#variance = new Float64Array(size);
  }

  add(rule: number, share: number, variance = 0): void {
    if (share > 0) this.#helped[rule] += share;
    else this.#harmed[rule] -= share;
    this.#variance[rule] += variance;
  }

  read(id: string, rule: number): RuleCredit {
    const [helped, harmed] = [this.#helped[rule], this.#harmed[rule]];
    const error = Math.sqrt(this.#variance[rule]);
    return { rule: id, credit: helped - harmed, helped, harmed, error };
  }
}

/** Lists for each example the positions of the rules that match it, ascending. */
function listByExample(
  matches: LabelMatches,
  rules: readonly Rule[],
): { of(example: number): Int32Array } {
  const ends = new Int32Array(matches.examples.length + 1);
  for (const { id } of rules) for (const example of matches.of(id)) ends[example + 1]++;
  for (let at = 1; at < ends.length; at++) ends[at] += ends[at - 1];
  const starts = ends.slice();
  const listed = new Int32Array(ends[ends.length - 1]);
  rules.forEach(({ id }, rule) => {
    for (const example of matches.of(id)) listed[starts[example]++] = rule;
  });
  return { of: (example) => listed.subarray(ends[example], ends[example + 1]) };
}

/**
 * Finds the votes on one example that can change whether it is correct. A label whose votes together do not
 * exceed the threshold never decides, and so its rules change nothing.
 */
function findVotes(
  list: Int32Array,
  votes: readonly number[],
  labels: readonly number[],
  gold: number,
  fallback: number,
  least: number,
): ExampleVotes | undefined {
  const totals = new Map<number, number>();
  for (const rule of list) {
    totals.set(labels[rule], (totals.get(labels[rule]) ?? 0) + votes[rule]);
  }
  if (fallback !== gold && !((totals.get(gold) ?? 0) > least)) return undefined;
  const deciding = [...totals].filter(([, total]) => total > least).sort(([a], [b]) => a - b);
  const places = new Map(deciding.map(([label], place) => [label, place]));
  const rules = Array.from(list).filter((rule) => places.has(labels[rule]) && votes[rule] > 0);
  if (rules.length === 0) return undefined;
  return {
    rules,
    votes: rules.map((rule) => votes[rule]),
    labels: rules.map((rule) => places.get(labels[rule])!),
    totals: deciding.map(([, total]) => total),
    gold: places.get(gold) ?? -1,
    // Without a gold rule that can decide, equal votes cannot make the example correct.
    isRightByDefault: fallback === gold,
    least,
  };
}

/**
 * Shares the credit of a decision list of `m` rules on one example: the first that is there decides. The rule
 * at place `j`, from 1, changes something if none before it is there yet. Of the `l` first rules of the list,
 * it is then the second to come, after that at place `l`, with probability `1 / (l (l - 1))`; it is the
 * first of all with `1 / m`. So its credit is `(c_j - c_0) / m + sum over l > j of (c_j - c_l) / (l (l - 1))`,
 * and as these probabilities add up to `1 / j`, `c_j / j - c_0 / m - sum over l > j of c_l / (l (l - 1))`.
 *
 * @param right 1 for each rule whose label is gold, else 0
 * @param byDefault the same of the default
 */
function shareList(right: readonly number[], byDefault: number): number[] {
  const size = right.length;
  const shares = new Array<number>(size);
  let later = byDefault / size;
  for (let place = size; place >= 1; place--) {
    const own = right[place - 1];
    shares[place - 1] = own / place - later;
    if (place > 1) later += own / (place * (place - 1));
  }
  return shares;
}
