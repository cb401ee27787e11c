/**
 * Fitting the weights of rules together, once they are chosen.
 *
 * @module
 */
import type { Pool } from "./pool.ts";
import { Votes } from "./votes.ts";

/** Curvature that any rule has at least, for those whose examples are all decided. */
const FLATNESS = 3;
/** Penalty on the square of a weight, for each example that the rule matches. */
const DECAY = 0.003;

/**
 * Moves `weights`, one for each candidate of the pool, towards the largest likelihood of the examples'
 * labels (multinomial logistic regression), by a number of steps. Those that are 0 stay so, and none
 * falls below it. All weights move at once, each by a Newton step whose curvature counts the rules that
 * move the same votes, so that together they do not overshoot (a separable bound on the likelihood:
 * Böhning & Lindsay 1988). Few steps are wanted: stopping early keeps the weights near those that
 * boosting gave. Changes `weights` in place.
 */
export function fitWeights(pool: Pool, weights: Float64Array, steps: number): void {
  const { candidates, gold, labels } = pool;
  const chosen = [...weights.keys()].filter((candidate) => weights[candidate] > 0);
  /** How many rules vote for a label on an example. */
  const overlap = new Uint32Array(gold.length * labels);
  for (const candidate of chosen) {
    const { feature: { texts }, label } = candidates[candidate];
    for (const text of texts) overlap[text * labels + label]++;
  }
  const votes = new Votes(pool, weights);
  const { probabilities } = votes;
  for (let step = 0; step < steps; step++) {
    for (const candidate of chosen) {
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
      const changed = Math.max(0, weights[candidate] + gradient / curvature);
      votes.add(candidate, changed - weights[candidate]);
      weights[candidate] = changed;
    }
    votes.settle();
  }
}
