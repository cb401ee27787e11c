/**
 * The pool that rules are chosen from: features paired with labels, and the votes of those that
 * have a weight.
 *
 * @module
 */
import { wilsonLowerBound } from "../score/wilson.ts";
import type { Feature } from "./features.ts";
import { getOrCreate } from "../text/maps.ts";
import type { Sliced } from "../text/slices.ts";

/** A feature that votes for a label. */
export interface LabelCandidate {
  readonly feature: Feature;
  /** Position of the label. */
  readonly label: number;
  /** How many of the feature's examples have the label. */
  readonly tp: number;
  /** Equal for candidates that match the same examples for the same label. */
  readonly key: string;
  /** Whether its weight must stay as it is. */
  readonly locked?: true;
}

/** All candidates, and the labels of the examples that they were found in. */
export interface Pool {
  readonly candidates: readonly LabelCandidate[];
  /** Position of the label of each example. */
  readonly gold: Int32Array;
  /** Number of labels. */
  readonly labels: number;
}

/** Most labels that one feature is paired with. */
const LABELS_PER_FEATURE = 4;
/** Features between two pauses. */
const FEATURES = 256;

/** Counts the labels of some examples into `counts`, and returns it. */
function countLabels(texts: Iterable<number>, gold: Int32Array, counts: Int32Array): Int32Array {
  counts.fill(0);
  for (const text of texts) counts[gold[text]]++;
  return counts;
}

/**
 * Creates a function that measures how much some examples tell about labels: the largest gain in
 * log-likelihood, over labels, of their share here over their share in all examples, in nats.
 */
export function createWorth(gold: Int32Array, labels: number): (texts: Int32Array) => number {
  const all = countLabels(gold.keys(), gold, new Int32Array(labels));
  const counts = new Int32Array(labels);
  return (texts) => {
    countLabels(texts, gold, counts);
    let worth = 0;
    for (let label = 0; label < labels; label++) {
      if (counts[label] === 0) continue;
      const lift = (counts[label] / texts.length) / (all[label] / gold.length);
      worth = Math.max(worth, counts[label] * Math.log(lift));
    }
    return worth;
  };
}

/**
 * Pairs each feature with the labels that it makes likelier, the most frequent ones first. Of
 * features that match the same examples only the first stays. A conjunction is paired with a label
 * only if its Wilson bound is higher than those of both its parts.
 */
export function* createPool(
  features: readonly Feature[],
  gold: Int32Array,
  labels: number,
  minSupport: number,
): Sliced<Pool> {
  const all = countLabels(gold.keys(), gold, new Int32Array(labels));
  const counts = new Int32Array(labels);
  /** For each feature that is a part of others, how many of its examples have each label. */
  const partCounts = new Map<number, Int32Array>();
  const boundOfPart = (part: number, label: number) => {
    const { texts } = features[part];
    const known = getOrCreate(
      partCounts,
      part,
      () => countLabels(texts, gold, new Int32Array(labels)),
    );
    return wilsonLowerBound(known[label], texts.length);
  };
  const seen = new Set<string>();
  const candidates: LabelCandidate[] = [];
  for (const [index, feature] of features.entries()) {
    if (index % FEATURES === 0) yield index / features.length;
    const { texts, parts } = feature;
    const key = keyOfTexts(texts);
    if (seen.has(key)) continue;
    seen.add(key);
    countLabels(texts, gold, counts);
    const likelier: number[] = [];
    for (let label = 0; label < labels; label++) {
      const isLikelier = counts[label] * gold.length > all[label] * texts.length;
      if (counts[label] >= minSupport && isLikelier) likelier.push(label);
    }
    likelier.sort((a, b) => counts[b] - counts[a] || a - b);
    for (const label of likelier.slice(0, LABELS_PER_FEATURE)) {
      const tp = counts[label];
      const bound = wilsonLowerBound(tp, texts.length);
      if (parts?.some((part) => boundOfPart(part, label) >= bound)) continue;
      candidates.push({ feature, label, tp, key: `${label}:${key}` });
    }
  }
  return { candidates, gold, labels };
}

/** Returns the candidate that pairs a feature with a label. */
export function createLabelCandidate(
  { gold }: Pool,
  feature: Feature,
  label: number,
): LabelCandidate {
  const tp = feature.texts.reduce((sum, text) => sum + (gold[text] === label ? 1 : 0), 0);
  return { feature, label, tp, key: `${label}:${keyOfTexts(feature.texts)}` };
}

/** Hashes a list into its length and two independent 32-bit hashes, which collide once in 2^64. */
function keyOfTexts(texts: Int32Array): string {
  let one = 0;
  let other = 17;
  for (const text of texts) {
    one = (Math.imul(one ^ text, 0x01000193) + 7) | 0;
    other = Math.imul(other + text, 0x9e3779b1) ^ (other >>> 13);
  }
  return `${texts.length}:${one}:${other}`;
}

/** The votes for each label of each example, and the probabilities made of them (softmax). */
export class Votes {
  /** By example, then label. */
  readonly probabilities: Float64Array;
  readonly #votes: Float64Array;
  readonly #isChanged: Uint8Array;

  /** Adds up the votes of all candidates of the pool, each with its weight. */
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

  /** Adds to the votes of a candidate. The probabilities change when `settle` is called. */
  add(candidate: number, weight: number): void {
    const { labels, candidates } = this.pool;
    const { feature: { texts }, label } = candidates[candidate];
    for (const text of texts) {
      this.#votes[text * labels + label] += weight;
      this.#isChanged[text] = 1;
    }
  }

  /** Computes the probabilities from the votes. */
  settle(): void {
    const { labels } = this.pool;
    for (let text = 0; text < this.#isChanged.length; text++) {
      if (this.#isChanged[text] === 0) continue;
      this.#isChanged[text] = 0;
      const from = text * labels;
      const to = from + labels;
      let highest = 0;
      for (let at = from; at < to; at++) highest = Math.max(highest, this.#votes[at]);
      // Most labels have no votes, and so the same share.
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
