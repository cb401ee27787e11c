/**
 * Exact Shapley values of votes on one example.
 *
 * If each rule is there with probability `q`, independently of the others, the credit of a rule is the
 * integral over `q` from 0 to 1 of what it then changes on average (Owen 1972). The sums of votes of different
 * labels are independent, so that it takes the distribution of each sum, not all sets of rules. What a rule
 * changes is a polynomial in `q` whose degree is below the number of rules, which Gauss-Legendre quadrature
 * integrates without error with half as many nodes.
 *
 * Owen, G. (1972). Multilinear extensions of games. Management Science 18(5), 64-79.
 *
 * @module
 */
import { type ExampleVotes, findEnds } from "./credit_orders.ts";

/** Rules with equal votes for one label. */
interface EqualVotes {
  readonly vote: number;
  /** Their places among the rules of the example. */
  readonly members: readonly number[];
  /** For each sum the place of that with one more such vote; -1 if no rules have it. */
  readonly next: Int32Array;
}

/** The sums that votes for one label can have. */
interface LabelSums {
  readonly label: number;
  /** Ascending; the last stands for all from which on nothing changes. */
  readonly sums: Float64Array;
  readonly groups: readonly EqualVotes[];
}

/**
 * Computes the credit of each rule on one example.
 *
 * @param effort the most additions to spend
 * @returns a share for each rule, from -1 to 1; `undefined` if it takes more than `effort`
 */
export function integrateCredit(example: ExampleVotes, effort: number): Float64Array | undefined {
  const size = example.rules.length;
  const nodes = Math.ceil(size / 2);
  const all = listSums(example, effort / nodes);
  if (all === undefined) return undefined;
  const gold = all.find(({ label }) => label === example.gold) ?? NO_VOTES;
  const others = all.filter((one) => one !== gold);
  const shares = new Float64Array(size);
  for (const { at: presence, weight } of legendreNodes(nodes)) {
    const chances = new Chances(example, gold, others, presence);
    const credit = (sums: LabelSums, right: Float64Array) =>
      leaveOut(sums, presence, (group, distribution) => {
        let change = 0;
        for (let place = 0; place < distribution.length; place++) {
          const chance = distribution[place];
          if (chance > 0) change += chance * (right[group.next[place]] - right[place]);
        }
        for (const member of group.members) shares[member] += weight * change;
      });
    if (gold !== NO_VOTES) credit(gold, chances.byGold());
    others.forEach((sums, place) => credit(sums, chances.byOther(place)));
  }
  return shares;
}

/** The sum of a label that no rule votes for. */
const NO_VOTES: LabelSums = { label: -1, sums: Float64Array.of(0), groups: [] };

/** Lists the sums of each label; `undefined` if one node takes more than `effort` additions. */
function listSums(example: ExampleVotes, effort: number): LabelSums[] | undefined {
  const { votes, labels, totals, gold } = example;
  const ends = findEnds(example);
  let left = effort;
  const all: LabelSums[] = [];
  for (const label of totals.keys()) {
    const end = label === gold ? ends.gold : ends.others;
    const places = votes.keys().toArray().filter((place) => labels[place] === label);
    const byVote = [...Map.groupBy(places, (place) => votes[place])].sort(([a], [b]) => a - b);
    // Each rule is added once for the whole sum, and once for each halving of the groups.
    const rounds = places.length * (2 + Math.ceil(Math.log2(byVote.length))) + 3 * totals.length;
    const sums = addSums(byVote, end, left / rounds);
    if (sums === undefined) return undefined;
    left -= sums.length * rounds;
    const index = new Map(Array.from(sums, (sum, place) => [sum, place]));
    const groups = byVote.map(([vote, members]) => {
      const next = sums.map((sum) => index.get(Math.min(sum + vote, end)) ?? -1);
      return { vote, members, next: Int32Array.from(next) };
    });
    all.push({ label, sums, groups });
  }
  return all;
}

/** Lists the sums of all sets of votes, those from `end` on as one; `undefined` if there are over `most`. */
function addSums(
  byVote: readonly (readonly [vote: number, members: readonly number[]])[],
  end: number,
  most: number,
): Float64Array | undefined {
  const sums = new Set([0]);
  for (const [vote, members] of byVote) {
    for (const _ of members) {
      for (const sum of [...sums]) sums.add(Math.min(sum + vote, end));
      if (sums.size > most) return undefined;
    }
  }
  return Float64Array.from(sums).sort();
}

/** Adds to a sum, in place, one vote of a group whose rules are there with the probability `presence`. */
function addVote(distribution: Float64Array, { next }: EqualVotes, presence: number): void {
  // From the largest sum down: what is moved up is not moved again.
  for (let place = distribution.length - 1; place >= 0; place--) {
    const chance = distribution[place];
    const to = next[place];
    if (chance === 0 || to === place) continue;
    distribution[to] += presence * chance;
    distribution[place] = chance - presence * chance;
  }
}

/** The distribution of a sum without votes. */
function nothing({ sums }: LabelSums): Float64Array {
  const distribution = new Float64Array(sums.length);
  distribution[0] = 1;
  return distribution;
}

/**
 * Visits each group with the distribution of the sum of all other rules, which lack one rule of the group. Adds
 * one half of the groups before it goes on to the other: sums only grow, so nothing is rounded away.
 */
function leaveOut(
  sums: LabelSums,
  presence: number,
  visit: (group: EqualVotes, distribution: Float64Array) => void,
): void {
  const { groups } = sums;
  const descend = (from: number, to: number, distribution: Float64Array): void => {
    if (to - from === 1) {
      const group = groups[from];
      for (let more = group.members.length - 1; more > 0; more--) {
        addVote(distribution, group, presence);
      }
      return visit(group, distribution);
    }
    const middle = (from + to) >> 1;
    const added = (from: number, to: number, distribution: Float64Array) => {
      for (const group of groups.slice(from, to)) {
        for (const _ of group.members) addVote(distribution, group, presence);
      }
      return distribution;
    };
    descend(from, middle, added(middle, to, distribution.slice()));
    descend(middle, to, added(from, middle, distribution));
  };
  descend(0, groups.length, nothing(sums));
}

/** How likely an example is correct if each rule is there with one probability. */
class Chances {
  readonly #example: ExampleVotes;
  readonly #gold: LabelSums;
  readonly #others: readonly LabelSums[];
  /** The distribution of the gold label's sum. */
  readonly #own: Float64Array;
  /** For each gold sum and other label how likely that label loses to it; 0 if the sum does not decide. */
  readonly #losing: readonly Float64Array[];
  /** For each other label how likely it does not decide. */
  readonly #undecided: readonly number[];
  /** How likely the gold label does not decide. */
  readonly #ownUndecided: number;

  constructor(
    example: ExampleVotes,
    gold: LabelSums,
    others: readonly LabelSums[],
    presence: number,
  ) {
    this.#example = example;
    this.#gold = gold;
    this.#others = others;
    const distribute = (sums: LabelSums) => {
      const distribution = nothing(sums);
      for (const group of sums.groups) {
        for (const _ of group.members) addVote(distribution, group, presence);
      }
      return distribution;
    };
    const countUndecided = ({ sums }: LabelSums, distribution: Float64Array) =>
      distribution.reduce(
        (sum, chance, place) => sums[place] > example.least ? sum : sum + chance,
        0,
      );
    this.#own = distribute(gold);
    this.#ownUndecided = countUndecided(gold, this.#own);
    const distributions = others.map(distribute);
    this.#undecided = others.map((sums, place) => countUndecided(sums, distributions[place]));
    this.#losing = others.map((other, at) => {
      const losing = new Float64Array(gold.sums.length);
      let [sum, place] = [0, 0];
      gold.sums.forEach((own, to) => {
        while (place < other.sums.length && this.#loses(other, place, own)) {
          sum += distributions[at][place++];
        }
        if (own > example.least) losing[to] = sum;
      });
      return losing;
    });
  }

  /** Tells whether a sum of another label loses to a sum of the gold one that decides. */
  #loses({ label, sums }: LabelSums, place: number, own: number): boolean {
    return sums[place] < own || sums[place] === own && this.#example.gold < label;
  }

  /** Returns for each sum of the gold label how likely the example is correct with it. */
  byGold(): Float64Array {
    const { least, isRightByDefault } = this.#example;
    const byDefault = isRightByDefault ? multiply(this.#undecided) : 0;
    return this.#gold.sums.map((sum, place) =>
      sum > least ? multiply(this.#losing.map((losing) => losing[place])) : byDefault
    );
  }

  /** Returns for each sum of another label how likely the example is correct with it. */
  byOther(place: number): Float64Array {
    const { least, isRightByDefault } = this.#example;
    const other = this.#others[place];
    const isRest = (_: unknown, one: number) => one !== place;
    const rest = this.#losing.filter(isRest);
    const byDefault = isRightByDefault
      ? this.#ownUndecided * multiply(this.#undecided.filter(isRest))
      : 0;
    const right = new Float64Array(other.sums.length);
    let own = this.#own.length;
    let winning = 0;
    for (let at = right.length - 1; at >= 0; at--) {
      while (
        own > 0 && this.#gold.sums[own - 1] > least &&
        this.#loses(other, at, this.#gold.sums[own - 1])
      ) {
        own--;
        winning += this.#own[own] * multiply(rest.map((losing) => losing[own]));
      }
      right[at] = winning + (other.sums[at] > least ? 0 : byDefault);
    }
    return right;
  }
}

function multiply(factors: readonly number[]): number {
  return factors.reduce((product, factor) => product * factor, 1);
}

/** A place from 0 to 1, and its weight in a sum that stands for an integral. */
interface QuadratureNode {
  readonly at: number;
  readonly weight: number;
}

const nodesByCount = new Map<number, readonly QuadratureNode[]>();

/**
 * Returns the nodes of Gauss-Legendre quadrature on 0 to 1: the zeros of the Legendre polynomial, found by
 * Newton's method, and weights that integrate polynomials of a degree below `2 count` exactly.
 *
 * Abramowitz, M. & Stegun, I. A. (1964). Handbook of Mathematical Functions, 25.4.29, 22.7.10 and 22.16.6.
 */
function legendreNodes(count: number): readonly QuadratureNode[] {
  const known = nodesByCount.get(count);
  if (known !== undefined) return known;
  const nodes = Array.from({ length: count }, (_, place) => {
    let zero = Math.cos(Math.PI * (place + 0.75) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 10; step++) {
      let [before, value] = [0, 1];
      for (let degree = 0; degree < count; degree++) {
        const after = ((2 * degree + 1) * zero * value - degree * before) / (degree + 1);
        [before, value] = [value, after];
      }
      slope = count * (zero * value - before) / (zero * zero - 1);
      const change = value / slope;
      zero -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    return { at: (1 + zero) / 2, weight: 1 / ((1 - zero * zero) * slope * slope) };
  });
  nodesByCount.set(count, nodes);
  return nodes;
}
