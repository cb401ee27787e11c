/**
 * Fitting: adjusts the weights of the chosen rules to each other.
 *
 * @module
 */
import type { Sliced } from "../text/slices.ts";
import { type Pool, Votes } from "./pool.ts";

/** Least curvature of a rule: that of a rule whose examples are all certain would be near 0. */
const FLATNESS = 3;
/** Penalty on half the square of a weight, for each example that the rule matches. */
const DECAY = 0.003;
/** How often a step is halved at most; the last time it is taken back. */
const MAX_HALVINGS = 20;

/**
 * Moves `weights`, one for each candidate of the pool, in `steps` steps towards the largest
 * likelihood of the gold labels (multinomial logistic regression with a penalty on large weights).
 * Weights of 0 and of locked candidates stay, and no weight falls below 0. All weights move at once, each by a Newton step
 * whose curvature counts the rules that move the same votes, so that together they seldom overshoot
 * (after the separable bounds of Böhning & Lindsay 1988). A step that would lower the likelihood is
 * halved until it does not. Few steps keep the weights near those of boosting. Changes `weights` in
 * place.
 */
export function* fitWeights(pool: Pool, weights: Float64Array, steps: number): Sliced<void> {
  const { candidates, gold, labels } = pool;
  const chosen = [...weights.keys()].filter((candidate) =>
    weights[candidate] > 0 && !candidates[candidate].locked
  );
  /** By example, then label: how many rules vote for the label. */
  const overlap = new Uint32Array(gold.length * labels);
  for (const candidate of chosen) {
    const { feature: { texts }, label } = candidates[candidate];
    for (const text of texts) overlap[text * labels + label]++;
  }
  const votes = new Votes(pool, weights);
  const { probabilities } = votes;
  /** Changes all weights at once, and returns the likelihood that this leads to. */
  const change = (changed: (candidate: number) => number): number => {
    for (const candidate of chosen) {
      const weight = changed(candidate);
      votes.add(candidate, weight - weights[candidate]);
      weights[candidate] = weight;
    }
    votes.settle();
    return likelihood(pool, weights, chosen, votes);
  };
  const takeStep = (candidate: number): number => {
    const { feature: { texts }, label, tp } = candidates[candidate];
    const decay = DECAY * texts.length;
    let gradient = tp - decay * weights[candidate];
    let curvature = FLATNESS + decay;
    for (let at = 0; at < texts.length; at++) {
      const place = texts[at] * labels + label;
      const probability = probabilities[place];
      gradient -= probability;
      curvature += probability * (1 - probability) * overlap[place];
    }
    return Math.max(0, weights[candidate] + gradient / curvature);
  };
  let reached = likelihood(pool, weights, chosen, votes);
  for (let step = 0; step < steps; step++) {
    yield step / steps;
    const before = weights.slice();
    let found = change(takeStep);
    for (let halving = 1; found < reached && halving <= MAX_HALVINGS; halving++) {
      yield step / steps;
      const isLast = halving === MAX_HALVINGS;
      found = change((one) => isLast ? before[one] : (before[one] + weights[one]) / 2);
    }
    reached = found;
  }
}

/** Returns the log-likelihood of the gold labels, less the penalty on weights. */
function likelihood(
  { candidates, gold, labels }: Pool,
  weights: Float64Array,
  chosen: readonly number[],
  { probabilities }: Votes,
): number {
  let sum = 0;
  for (let at = 0; at < gold.length; at++) sum += Math.log(probabilities[at * labels + gold[at]]);
  for (const candidate of chosen) {
    sum -= DECAY / 2 * candidates[candidate].feature.texts.length * weights[candidate] ** 2;
  }
  return sum;
}
