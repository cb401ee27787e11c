/**
 * The votes of rules on examples, and the probabilities made of them.
 *
 * @module
 */
import type { Sliced } from "../text/slices.ts";

/** What gives votes: a label, to the examples at some positions. */
export interface Voter {
  /** Position of the label. */
  readonly label: number;
  /** Ascending positions of the examples. */
  readonly texts: Int32Array;
}

/** A greater share than this would overflow when others are added, and one that falls to 0 would never rise again. */
const [LEAST, MOST] = [1e-250, 1e250];
/** Votes that are moved at most, so that a share comes back when they are taken back: others may give a rule any weight. */
const MOST_VOTES = 500;
/** Shares that are added up between two pauses. */
const SHARES = 1 << 20;

/**
 * The votes for each label of each example, as shares: e to the power of the votes. A label's probability is its share
 * of the sum (softmax), so that moving the votes of one label costs the same however many labels there are.
 */
export class Votes {
  /** Position of the label of each example. */
  readonly gold: Int32Array;
  readonly #labels: number;
  /** By label, then example, as rules are of one label: only this class changes them, others read. */
  readonly shares: Float64Array;
  /** By example, the sum of its shares. */
  readonly sums: Float64Array;

  /** Without any votes. */
  constructor(gold: Int32Array, labels: number) {
    this.gold = gold;
    this.#labels = labels;
    this.shares = new Float64Array(gold.length * labels).fill(1);
    this.sums = new Float64Array(gold.length).fill(labels);
  }

  /** Adds votes, or takes them back if `by` is negative. */
  move({ label, texts }: Voter, by: number): void {
    const { shares, sums, gold } = this;
    const factor = Math.exp(Math.max(-MOST_VOTES, Math.min(MOST_VOTES, by)));
    const from = label * gold.length;
    for (let at = 0; at < texts.length; at++) {
      const text = texts[at];
      const share = shares[from + text];
      const moved = Math.max(LEAST, Math.min(MOST, share * factor));
      shares[from + text] = moved;
      sums[text] += moved - share;
    }
  }

  /** Adds the sums up anew: taking back large shares leaves their rounding errors. */
  *settle(): Sliced<void> {
    const { shares, sums, gold: { length } } = this;
    sums.fill(0);
    let seen = 0;
    for (let label = 0; label < this.#labels; label++) {
      if ((seen += length) > SHARES) {
        yield label / this.#labels;
        seen = 0;
      }
      const from = label * length;
      for (let text = 0; text < length; text++) sums[text] += shares[from + text];
    }
  }

  /** Returns the probability of a label for each example. */
  probabilitiesOf(label: number): Float64Array {
    const { shares, sums, gold: { length } } = this;
    const from = label * length;
    const probabilities = new Float64Array(length);
    for (let text = 0; text < length; text++) {
      probabilities[text] = shares[from + text] / sums[text];
    }
    return probabilities;
  }
}
