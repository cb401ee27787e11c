/**
 * The credit of rules: how many examples or spans a set gets right because of each of them.
 *
 * Leaving one rule out says nothing of two that stand in for each other: each of them changes nothing.
 * Shapley values share what rules do together: the credit of a rule on an example is what it changes when
 * it joins the rules that came before it, on average over all orders in which they can come.
 *
 * For labels, what changes is whether the example is correct, 1 or 0, with the default as rules leave it. Only
 * rules that match the example have a part in it, and their credits add up to 1 if all rules together make it
 * correct, -1 if they spoil it, else 0. A rule for the gold label never harms an example, and one for another
 * label never helps it. For spans, it is how many predicted spans are correct, less how many are not.
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
import {
  createOrders,
  type DrawnOrders,
  type ExampleVotes,
  workOfOrders,
} from "./credit_orders.ts";
import { shareSpans } from "./credit_spans.ts";
import { integrateCredit } from "./credit_sums.ts";
import type { LabelMatches, Matches } from "./matches.ts";

/** The credit of one rule. Amounts are numbers of examples, or of spans; shares of one are possible. */
export interface RuleCredit {
  /** Id of the rule. */
  readonly rule: string;
  /** How many more are correct because of it, with spans less those that are not: `helped - harmed`. */
  readonly credit: number;
  /** Its part where it changes them for the better, 0 or more. */
  readonly helped: number;
  /** Its part where it changes them for the worse, 0 or more. */
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

/** The credit of rules on one example, in lists of the same order. */
export interface ExampleCredit {
  /** Positions of the rules; the others have no part in the example. */
  readonly rules: ArrayLike<number>;
  /** Their shares. */
  readonly shares: ArrayLike<number>;
  /** The squares of their standard errors; missing if they are exact. */
  readonly variances?: ArrayLike<number>;
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
   * orders take; with `Infinity` all is exact, which spans of more than 30 rules in one place never are.
   */
  readonly effort?: number;
  /** Positions of the examples that count; all by default. */
  readonly examples?: readonly number[];
}

/**
 * Shares the credit for what is correct among rules. Decision lists have a closed form; with votes, the Shapley
 * values are integrated exactly if an example is small enough, and with spans counted over all sets of rules
 * whose spans meet; else they are a mean over random orders. Runs those rules first that were not run yet. The
 * same input and seed give the same credit.
 *
 * @param options how the rules decide
 * @returns amounts in examples; over all rules the credits add up to the examples that are correct with all
 * rules, less those that are correct by default without any. With spans, amounts are in spans, and add up to
 * the correct ones less the others
 * @throws {RangeError} if the label of a rule or the default is not in `matches`, the threshold or `effort` is
 * below 0, `permutations` is not a whole number from 2, or there is no example at one of the positions
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
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
  { permutations = 500, seed = 1, effort, examples }: CreditOptions = {},
): Credit {
  if (!Number.isInteger(permutations) || permutations < 2) {
    throw new RangeError(`permutations is ${permutations}, expected a whole number from 2`);
  }
  if (effort !== undefined && !(effort >= 0)) {
    throw new RangeError(`effort is ${effort}, expected 0 or more`);
  }
  const absent = examples?.find((position) => matches.examples[position] === undefined);
  if (absent !== undefined) throw new RangeError(`There is no example at position ${absent}`);
  matches.add(rules);
  const drawn = { permutations, seed, effort };
  const share = matches.kind === "spans"
    ? shareSpans(matches, rules, options, drawn)
    : options.decide === "first"
    ? shareLists(matches, rules, options)
    : shareVotes(matches, rules, options, drawn);
  const ledger = new CreditLedger(rules.length);
  const counted = examples ?? matches.examples.keys().toArray();
  let sampled = 0;
  for (const example of counted) {
    const credit = share(example);
    ledger.add(credit);
    if (credit.variances !== undefined) sampled++;
  }
  return {
    rules: rules.map(({ id }, rule) => ledger.read(id, rule)),
    exact: counted.length - sampled,
    sampled,
    permutations,
    seed,
  };
}

function shareVotes(
  matches: LabelMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
  { permutations, seed, effort }: DrawnOrders,
): (example: number) => ExampleCredit {
  const least = microThreshold(options.threshold);
  const fallback = options.default === undefined ? -1 : matches.indexOf(options.default);
  const votes = rules.map(microVote);
  const labels = rules.map(({ label }) => matches.indexOf(label));
  const listed = listByExample(matches, rules);
  const draw = createOrders(permutations, seed);
  return (example) => {
    const gold = matches.gold[example];
    const cast = findVotes(listed(example), votes, labels, gold, fallback, least);
    if (cast === undefined) return { rules: [], shares: [] };
    const exact = integrateCredit(cast, effort ?? workOfOrders(cast, permutations));
    if (exact !== undefined) return { rules: cast.rules, shares: exact };
    const shares = Array.from(draw(cast), (count) => count / permutations);
    const variances = shares.map((share) => {
      // A rule changes an example in one direction only: it does so in an order, or not.
      return Math.abs(share) * (1 - Math.abs(share)) / (permutations - 1);
    });
    return { rules: cast.rules, shares, variances };
  };
}

function shareLists(
  matches: LabelMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
): (example: number) => ExampleCredit {
  const fallback = options.default === undefined ? -1 : matches.indexOf(options.default);
  // In the order in which they decide, so that the rules of an example are in this order too.
  const order = rules.keys().toArray().sort((a, b) => compareRules(rules[a], rules[b]));
  const labels = order.map((rule) => matches.indexOf(rules[rule].label));
  const listed = listByExample(matches, order.map((rule) => rules[rule]));
  return (example) => {
    const gold = matches.gold[example];
    const list = Array.from(listed(example));
    const right = list.map((at) => Number(labels[at] === gold));
    return {
      rules: list.map((at) => order[at]),
      shares: shareList(right, Number(fallback === gold)),
    };
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

  add({ rules, shares, variances }: ExampleCredit): void {
    for (let at = 0; at < rules.length; at++) {
      if (shares[at] > 0) this.#helped[rules[at]] += shares[at];
      else this.#harmed[rules[at]] -= shares[at];
      if (variances !== undefined) this.#variance[rules[at]] += variances[at];
    }
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
): (example: number) => Int32Array {
  const ends = new Int32Array(matches.examples.length + 1);
  for (const { id } of rules) for (const example of matches.of(id)) ends[example + 1]++;
  for (let at = 1; at < ends.length; at++) ends[at] += ends[at - 1];
  const starts = ends.slice();
  const listed = new Int32Array(ends[ends.length - 1]);
  rules.forEach(({ id }, rule) => {
    for (const example of matches.of(id)) listed[starts[example]++] = rule;
  });
  return (example) => listed.subarray(ends[example], ends[example + 1]);
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
