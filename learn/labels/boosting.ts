/**
 * Boosting: gives weights to candidates in rounds of small steps, each towards the labels that the
 * votes do not yet explain.
 *
 * The votes of an example are turned into probabilities of its labels (softmax). In each round the
 * gain of a candidate is the likelihood ratio between the share of its label in the examples that
 * it matches and the share that the votes predict (Dunning 1993). The best candidates of each label
 * gain weight by a fraction of the difference in log-odds (shrinkage: Friedman 2001). Weights never
 * fall below zero, so that a rule never votes against its label.
 *
 * @module
 */
import type { Sliced } from "../text/slices.ts";
import { type Pool, Votes } from "./pool.ts";

/** Options of {@linkcode boost}. */
export interface BoostOptions {
  /** Most rounds. */
  readonly rounds: number;
  /** Most candidates of one label that gain weight in a round. */
  readonly perLabel: number;
  /** The part of the difference in log-odds that is added to a weight, in (0, 1]. */
  readonly step: number;
  /** Least gain of a candidate, in nats. */
  readonly minGain: number;
  /** Most candidates with a weight. */
  readonly maxRules: number;
}

/** Added to each count (Krichevsky–Trofimov), so that no odds are infinite. */
const SMOOTHING = 0.5;
/** The most that a weight gains in a round, in log-odds. */
const MAX_STEP = 1;
/** All candidates are looked at every so many rounds, a shortlist of them in the others. */
const REFRESH = 4;
/** Candidates between two pauses. */
const CANDIDATES = 1_024;
/** Length of the shortlist of a label, as a multiple of `perLabel`. */
const SHORTLIST = 10;

/** The gain of a candidate in nats, and the difference in log-odds. */
interface CandidateGain {
  readonly candidate: number;
  readonly gain: number;
  readonly step: number;
}

/**
 * Runs rounds of boosting on `weights`, which holds a weight for each candidate of the pool, 0 for
 * those that are not rules yet. Changes `weights` in place and returns in how many rounds a weight
 * changed.
 */
export function* boost(
  pool: Pool,
  weights: Float64Array,
  options: BoostOptions,
): Sliced<number> {
  const { candidates, labels } = pool;
  const { rounds, perLabel, minGain, maxRules } = options;
  const votes = new Votes(pool, weights);
  let count = weights.reduce((sum, weight) => sum + (weight > 0 ? 1 : 0), 0);
  const everything = [...candidates.keys()].filter((one) => !candidates[one].locked);
  let considered = everything;
  let useful = 0;
  for (let round = 0; round < rounds; round++) {
    const isFull = round % REFRESH === 0;
    const isSpent = count >= maxRules;
    // Once the budget is spent, rules can still gain weight.
    if (isFull) considered = isSpent ? everything.filter((one) => weights[one] > 0) : everything;
    const best: CandidateGain[][] = Array.from({ length: labels }, () => []);
    const kept = isFull ? perLabel * SHORTLIST : perLabel;
    for (const [place, candidate] of considered.entries()) {
      if (place % CANDIDATES === 0) yield (round + place / considered.length) / rounds;
      const gain = computeGain(pool, candidate, votes.probabilities);
      if (gain.gain >= minGain) insert(best[candidates[candidate].label], gain, kept);
    }
    if (isFull) considered = best.flatMap((list) => list.map(({ candidate }) => candidate));
    let changed = 0;
    const chosen = best.flatMap((list) => list.slice(0, perLabel));
    // If the budget is too small for all of them, the labels compete.
    if (count + chosen.length > maxRules) chosen.sort((a, b) => b.gain - a.gain);
    for (const { candidate, step } of chosen) {
      if (weights[candidate] === 0 && count >= maxRules) continue;
      if (weights[candidate] === 0) count++;
      changed++;
      const taken = Math.min(options.step * step, MAX_STEP);
      weights[candidate] += taken;
      votes.add(candidate, taken);
    }
    votes.settle();
    if (changed > 0) useful++;
    else if (isFull) break;
    // The shortlist is exhausted: the next round looks at all candidates.
    if (changed === 0) round += REFRESH - 1 - (round % REFRESH);
  }
  return useful;
}

/** Computes the gain of a candidate, 0 if its label is not likelier than the votes predict. */
function computeGain(
  { candidates, labels }: Pool,
  candidate: number,
  probabilities: Float64Array,
): CandidateGain {
  const { feature: { texts }, label, tp } = candidates[candidate];
  let expected = SMOOTHING;
  for (let at = 0; at < texts.length; at++) expected += probabilities[texts[at] * labels + label];
  const observed = tp + SMOOTHING;
  const total = texts.length + 2 * SMOOTHING;
  if (observed <= expected) return { candidate, gain: 0, step: 0 };
  const inside = Math.log(observed / expected);
  const outside = Math.log((total - observed) / (total - expected));
  return {
    candidate,
    gain: observed * inside + (total - observed) * outside,
    step: inside - outside,
  };
}

/** Inserts into `list`, the best `size` by gain; of equal gains the first stays first. */
function insert(list: CandidateGain[], one: CandidateGain, size: number): void {
  if (list.length === size && one.gain <= list[size - 1].gain) return;
  list.splice(list.findLastIndex(({ gain }) => gain >= one.gain) + 1, 0, one);
  if (list.length > size) list.pop();
}
