/**
 * The pool that rules are chosen from: features paired with the labels they speak for.
 *
 * @module
 */
import { wilsonLowerBound } from "../score/wilson.ts";
import type { Feature } from "./features.ts";

/** A feature that speaks for a label. */
export interface Candidate {
  readonly feature: Feature;
  /** Position of the label. */
  readonly label: number;
  /** How many of the feature's examples have the label. */
  readonly tp: number;
  /** The same for candidates that match the same examples for the same label. */
  readonly key: string;
}

/** All candidates, and the labels of the examples they were found in. */
export interface Pool {
  readonly candidates: readonly Candidate[];
  /** Position of the label of each example. */
  readonly gold: Int32Array;
  /** How many labels there are. */
  readonly labels: number;
}

/** Labels that one feature may speak for at most. */
const LABELS_PER_FEATURE = 4;

/** Counts the labels of some examples into `counts`. */
function countLabels(texts: Int32Array, gold: Int32Array, counts: Int32Array): Int32Array {
  counts.fill(0);
  for (const text of texts) counts[gold[text]]++;
  return counts;
}

/**
 * How much some examples tell about labels: the largest gain in log-likelihood, over labels, of their
 * share here over their share overall, in nats.
 */
export function createWorth(gold: Int32Array, labels: number): (texts: Int32Array) => number {
  const all = new Int32Array(labels);
  for (const label of gold) all[label]++;
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
 * Pairs each feature with the labels that it makes likelier, the most frequent ones first. Of features
 * that match the same examples only the first stays; a conjunction stays only for labels where its
 * Wilson bound beats those of both its parts.
 */
export function createPool(
  features: readonly Feature[],
  gold: Int32Array,
  labels: number,
  minSupport: number,
): Pool {
  const all = new Int32Array(labels);
  for (const label of gold) all[label]++;
  const counts = new Int32Array(labels);
  /** By feature that is a part of others, how many of its examples have each label. */
  const partCounts = new Map<number, Int32Array>();
  const bound = (part: number, label: number) => {
    const { texts } = features[part];
    const known = partCounts.get(part) ?? countLabels(texts, gold, new Int32Array(labels));
    partCounts.set(part, known);
    return wilsonLowerBound(known[label], texts.length);
  };
  const seen = new Set<string>();
  const candidates: Candidate[] = [];
  for (const feature of features) {
    const { texts, parts } = feature;
    const key = keyOfTexts(texts);
    if (seen.has(key)) continue;
    seen.add(key);
    countLabels(texts, gold, counts);
    const likelier: number[] = [];
    for (let label = 0; label < labels; label++) {
      const lifted = counts[label] * gold.length > all[label] * texts.length;
      if (counts[label] >= minSupport && lifted) likelier.push(label);
    }
    likelier.sort((a, b) => counts[b] - counts[a] || a - b);
    for (const label of likelier.slice(0, LABELS_PER_FEATURE)) {
      const tp = counts[label];
      const own = wilsonLowerBound(tp, texts.length);
      if (parts?.some((part) => bound(part, label) >= own)) continue;
      candidates.push({ feature, label, tp, key: `${label}:${key}` });
    }
  }
  return { candidates, gold, labels };
}

/** The candidate that a feature makes for a label. */
export function describe({ gold }: Pool, feature: Feature, label: number): Candidate {
  const tp = feature.texts.reduce((sum, text) => sum + (gold[text] === label ? 1 : 0), 0);
  return { feature, label, tp, key: `${label}:${keyOfTexts(feature.texts)}` };
}

/** Two independent 32-bit hashes and the length: equal for equal lists only, but for one in 2^64. */
function keyOfTexts(texts: Int32Array): string {
  let one = 0;
  let other = 17;
  for (const text of texts) {
    one = (Math.imul(one ^ text, 0x01000193) + 7) | 0;
    other = Math.imul(other + text, 0x9e3779b1) ^ (other >>> 13);
  }
  return `${texts.length}:${one}:${other}`;
}
