/**
 * The pool that rules are chosen from: features paired with labels.
 *
 * @module
 */
import { wilsonLowerBound } from "../score/wilson.ts";
import type { Feature } from "./features.ts";
import { getOrCreate } from "../text/maps.ts";
import type { Sliced } from "../text/slices.ts";
import type { Voter } from "./votes.ts";

/** A feature that can vote for a label, and the examples that it matches. */
export interface LabelCandidate extends Voter {
  readonly feature: Feature;
  /** How many of the feature's examples have the label. */
  readonly tp: number;
  /** How easy it is to read and to believe, over 0 to 1: gains are worth so much of themselves. */
  readonly ease: number;
  /** Equal for candidates that match the same examples for the same label. */
  readonly key: string;
}

/** All candidates, and the labels of the examples that they were found in. */
export interface Pool {
  readonly candidates: readonly LabelCandidate[];
  /** Position of the label of each example. */
  readonly gold: Int32Array;
  /** Number of labels. */
  readonly labels: number;
  /** For each label the positions of the candidates that are not conjunctions. */
  readonly singles: readonly (readonly number[])[];
  /** Returns the positions of the conjunctions for a label that have a pattern as one of their two. */
  readonly pairsWith: (label: number, pattern: string) => readonly number[];
}

/** Most labels that one feature is paired with. */
const LABELS_PER_FEATURE = 4;
/** Features, and candidates, between two pauses. */
const FEATURES = 256;
const CANDIDATES = 4_096;

/** Counts the labels of some examples into `counts`, and returns it. */
function countLabels(texts: Int32Array, gold: Int32Array, counts: Int32Array): Int32Array {
  counts.fill(0);
  for (let at = 0; at < texts.length; at++) counts[gold[texts[at]]]++;
  return counts;
}

/**
 * Creates a function that measures how much some examples tell about labels: the largest gain in
 * log-likelihood, over labels, of their share here over their share in all examples, in nats.
 */
export function createWorth(gold: Int32Array, labels: number): (texts: Int32Array) => number {
  const all = countLabels(Int32Array.from(gold.keys()), gold, new Int32Array(labels));
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
  supportOf: (label: number) => number,
): Sliced<Pool> {
  const all = countLabels(Int32Array.from(gold.keys()), gold, new Int32Array(labels));
  const counts = new Int32Array(labels);
  /** For each feature that is a part of others, how many of its examples have each label. */
  const partCounts = new Map<number, Int32Array>();
  const boundOfPart = (part: number, label: number) => {
    const { texts } = features[part];
    const count = () => countLabels(texts, gold, new Int32Array(labels));
    return wilsonLowerBound(getOrCreate(partCounts, part, count)[label], texts.length);
  };
  const easeOf = ({ parts, texts }: Feature, tp: number) => {
    const isFrequent = parts === undefined && texts.length > FREQUENT * gold.length;
    return isFrequent && 2 * tp < texts.length ? EASE_OF_COMMON : 1;
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
      if (counts[label] >= supportOf(label) && isLikelier) likelier.push(label);
    }
    likelier.sort((a, b) => counts[b] - counts[a] || a - b);
    for (const label of likelier.slice(0, LABELS_PER_FEATURE)) {
      const tp = counts[label];
      const bound = wilsonLowerBound(tp, texts.length);
      if (parts?.some((part) => boundOfPart(part, label) >= bound)) continue;
      candidates.push({
        feature,
        texts,
        label,
        tp,
        ease: easeOf(feature, tp),
        key: `${label}:${key}`,
      });
    }
  }
  const parts = yield* indexParts(features, candidates, labels);
  return { candidates, gold, labels, ...parts };
}

/** Indexes candidates by what they are made of. */
function* indexParts(
  features: readonly Feature[],
  candidates: readonly LabelCandidate[],
  labels: number,
): Sliced<Pick<Pool, "singles" | "pairsWith">> {
  const singles = Array.from({ length: labels }, (): number[] => []);
  const used = new Set<number>();
  /** By part, then label. */
  const pairs = new Map<number, number[]>();
  for (const [place, { feature: { parts }, label }] of candidates.entries()) {
    if (place % CANDIDATES === 0) yield 1;
    if (parts === undefined) singles[label].push(place);
    for (const one of parts ?? []) {
      used.add(one);
      getOrCreate(pairs, one * labels + label, () => []).push(place);
    }
  }
  /** By pattern, the position of the feature. */
  const units = new Map<string, number>();
  for (const unit of used) units.set(features[unit].patterns()[0], unit);
  const pairsWith = (label: number, pattern: string) =>
    pairs.get((units.get(pattern) ?? NaN) * labels + label) ?? [];
  return { singles, pairsWith };
}

/** Share of the texts from which on a word is frequent. */
const FREQUENT = 0.05;
/** How easy it is to believe a frequent word that is mostly found with other labels. */
const EASE_OF_COMMON = 0.8;

/** Returns the candidate that pairs a feature with a label. */
export function createLabelCandidate(
  { gold }: Pool,
  feature: Feature,
  label: number,
): LabelCandidate {
  const tp = feature.texts.reduce((sum, text) => sum + (gold[text] === label ? 1 : 0), 0);
  return {
    feature,
    texts: feature.texts,
    label,
    tp,
    ease: 1,
    key: `${label}:${keyOfTexts(feature.texts)}`,
  };
}

/** Hashes a list into its length and two independent 32-bit hashes, which collide once in 2^64. */
function keyOfTexts(texts: Int32Array): string {
  let one = 0;
  let other = 17;
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at];
    one = (Math.imul(one ^ text, 0x01000193) + 7) | 0;
    other = Math.imul(other + text, 0x9e3779b1) ^ (other >>> 13);
  }
  return `${texts.length}:${one}:${other}`;
}
