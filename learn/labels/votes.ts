/**
 * Votes on examples, as they add up while rules are learned.
 *
 * @module
 */
import type { Pool } from "./pool.ts";

/** The votes for each label of each example, and the probabilities that they stand for (softmax). */
export class Votes {
  /** By example, then label. */
  readonly probabilities: Float64Array;
  readonly #votes: Float64Array;
  readonly #isChanged: Uint8Array;

  /** The votes of all candidates of the pool, by their weights. */
  constructor(readonly pool: Pool, weights: Float64Array) {
    const { gold, labels } = pool;
    this.#votes = new Float64Array(gold.length * labels);
    this.probabilities = new Float64Array(gold.length * labels).fill(1 / labels);
    this.#isChanged = new Uint8Array(gold.length);
    weights.forEach((weight, candidate) => {
      if (weight > 0) this.add(candidate, weight);
    });
    this.settle();
  }

  /** Adds to the votes of a candidate. The probabilities follow when they are settled. */
  add(candidate: number, weight: number): void {
    const { labels, candidates } = this.pool;
    const { feature: { texts }, label } = candidates[candidate];
    for (const text of texts) {
      this.#votes[text * labels + label] += weight;
      this.#isChanged[text] = 1;
    }
  }

  /** Brings the probabilities up to the votes. */
  settle(): void {
    const { labels } = this.pool;
    for (let text = 0; text < this.#isChanged.length; text++) {
      if (this.#isChanged[text] === 0) continue;
      this.#isChanged[text] = 0;
      const from = text * labels;
      const to = from + labels;
      let highest = 0;
      for (let at = from; at < to; at++) {
        if (this.#votes[at] > highest) highest = this.#votes[at];
      }
      // Most labels have no votes at all, and so the same share.
      const least = Math.exp(-highest);
      let sum = 0;
      for (let at = from; at < to; at++) {
        const votes = this.#votes[at];
        const share = votes === 0 ? least : Math.exp(votes - highest);
        this.probabilities[at] = share;
        sum += share;
      }
      const scale = 1 / sum;
      for (let at = from; at < to; at++) this.probabilities[at] *= scale;
    }
  }
}
