/**
 * Fitting the weights of rules together, once they are chosen.
 *
 * @module
 */
import type { Pool } from "./pool.ts";
import { Votes } from "./votes.ts";

/** How far a step goes towards the maximum that it sees; without it, rules that overlap overshoot. */
const DAMPING = 0.1;
/** Longest step, in log-odds. */
const MAX_STEP = 0.5;
/** Penalty on the square of a weight, for each example that the rule matches. */
const DECAY = 0.003;

/**
 * Moves `weights`, one for each candidate of the pool, towards the largest likelihood of the examples'
 * labels (multinomial logistic regression), by `steps` damped Newton steps on the diagonal. Those that
 * are 0 stay so, and none falls below it. Few steps are wanted: stopping early keeps the weights near
 * those that boosting gave. Changes `weights` in place.
 */
export function fitWeights(pool: Pool, weights: Float64Array, steps: number): void {
  const { candidates, labels } = pool;
  const chosen = [...weights.keys()].filter((candidate) => weights[candidate] > 0);
  for (let step = 0; step < steps; step++) {
    const { probabilities } = new Votes(pool, weights);
    for (const candidate of chosen) {
      const { feature: { texts }, label, tp } = candidates[candidate];
      let gradient = tp - DECAY * texts.length * weights[candidate];
      // One more than the curvature, for rules whose examples are all decided.
      let curvature = 1;
      for (const text of texts) {
        const probability = probabilities[text * labels + label];
        gradient -= probability;
        curvature += probability * (1 - probability);
      }
      const wanted = DAMPING * gradient / curvature;
      const taken = Math.max(-MAX_STEP, Math.min(MAX_STEP, wanted));
      weights[candidate] = Math.max(0, weights[candidate] + taken);
    }
  }
}
