/**
 * The votes of rules on one example, and what each rule changes when rules come in random orders.
 *
 * @module
 */
import { createRandom } from "./random.ts";

/** The random orders to draw for an example, and when to do without. */
export interface DrawnOrders {
  /** How many orders. */
  readonly permutations: number;
  /** Seed of the orders. */
  readonly seed: number;
  /** The most additions for an exact result; by default about as many as the orders take. */
  readonly effort?: number;
}

/** The votes on one example that can change whether it is correct: three lists with one entry for each rule. */
export interface ExampleVotes {
  /** Positions of the rules. */
  readonly rules: readonly number[];
  /** Their votes in millionths, above 0. */
  readonly votes: readonly number[];
  /** The place of each rule's label among those voted for; of equal sums the lower place decides. */
  readonly labels: readonly number[];
  /** For each place the sum of its votes, which is above `least`. */
  readonly totals: readonly number[];
  /** The place of the gold label, or -1 if no sum of votes for it decides. */
  readonly gold: number;
  /** Whether the example is correct if rules do not decide. */
  readonly isRightByDefault: boolean;
  /** The sum that votes must exceed to decide, in millionths. */
  readonly least: number;
}

/**
 * Returns the sums from which on nothing changes any more: the gold label has more than any other can get,
 * or another has more than the gold one can get.
 */
export function findEnds({ totals, gold, least }: ExampleVotes): { gold: number; others: number } {
  const others = totals.filter((_, place) => place !== gold);
  return {
    gold: Math.max(least, ...others) + 1,
    others: Math.max(least, totals[gold] ?? 0) + 1,
  };
}

/**
 * Returns about how many additions as in `integrateCredit` take as long as the random orders of an example: each
 * rule of each order takes a random number.
 */
export function workOfOrders({ rules }: ExampleVotes, permutations: number): number {
  return 4 * permutations * rules.length;
}

/**
 * Draws random orders of the rules of one example after another. The function returns for each rule in how
 * many orders it made the example correct, or, below 0, wrong.
 *
 * Castro, J., Gómez, D. & Tejada, J. (2009). Polynomial calculation of the Shapley value based on sampling.
 * Computers & Operations Research 36(5), 1726-1730. The orders are shuffled by Fisher and Yates' method
 * (Durstenfeld 1964), as far as they are needed.
 */
export function createOrders(
  permutations: number,
  seed: number,
): (example: ExampleVotes) => Int32Array {
  const random = createRandom(seed);
  return (example) => {
    const { rules, gold, isRightByDefault, least } = example;
    const size = rules.length;
    const votes = Float64Array.from(example.votes);
    const labels = Int32Array.from(example.labels);
    const ends = findEnds(example);
    const order = Int32Array.from(rules.keys());
    const sums = new Float64Array(example.totals.length);
    const counts = new Int32Array(size);
    for (let left = permutations; left > 0; left--) {
      sums.fill(0);
      // No label leads at first; one with no more than `least` cannot.
      let [leader, most, isRight] = [-1, least, isRightByDefault];
      for (let at = 0; at < size; at++) {
        const drawn = at + Math.floor(random() * (size - at));
        const rule = order[drawn];
        order[drawn] = order[at];
        order[at] = rule;
        const label = labels[rule];
        const sum = sums[label] += votes[rule];
        if (sum < most || sum === most && label > leader) continue;
        most = sum;
        if (label !== leader) {
          leader = label;
          if ((label === gold) !== isRight) {
            isRight = !isRight;
            counts[rule] += isRight ? 1 : -1;
          }
        }
        if (sum >= (label === gold ? ends.gold : ends.others)) break;
      }
    }
    return counts;
  };
}
