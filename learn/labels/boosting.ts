/**
 * Boosting of rules: rounds of small steps, each towards the rules that explain best what the votes
 * so far leave unexplained.
 *
 * The votes of an example are turned into probabilities of its labels (softmax). In a round each
 * candidate is valued by the likelihood ratio between its label's share of the examples it matches
 * and the share that the votes expect (Dunning 1993), and the best of each label gain weight by a
 * fraction of the difference in log-odds (shrinkage: Friedman 2001). Weights never fall below zero,
 * so that a rule only ever speaks for its label.
 *
 * @module
 */
import type { Pool } from "./pool.ts";
import { Votes } from "./votes.ts";

/** Options of {@linkcode boost}. */
export interface BoostOptions {
  /** Rounds at most. */
  readonly rounds: number;
  /** Candidates of one label that gain weight in a round, at most. */
  readonly perLabel: number;
  /** Fraction of the difference in log-odds that a step takes, in (0, 1]. */
  readonly step: number;
  /** Gain in nats under which a candidate is left alone. */
  readonly minGain: number;
  /** Candidates with weight at most. */
  readonly maxRules: number;
}

/** Added to both sides of each count (Krichevsky–Trofimov), so that no odds are infinite. */
const SMOOTHING = 0.5;
/** Longest step, in log-odds. */
const MAX_STEP = 1;
/** Rounds after which all candidates are valued again; between them only the best are. */
const REFRESH = 4;
/** Best candidates of a label, as a multiple of `perLabel`, that are valued in each round. */
const SHORTLIST = 10;

interface Valued {
  readonly candidate: number;
  readonly gain: number;
  readonly step: number;
}

/**
 * Runs rounds of boosting on `weights`, one for each candidate of the pool, 0 for those that are no
 * rules yet. Changes `weights` in place and returns how many rounds found something to do.
 */
export function boost(pool: Pool, weights: Float64Array, options: BoostOptions): number {
  const { candidates, labels } = pool;
  const { rounds, perLabel, minGain, maxRules } = options;
  const votes = new Votes(pool, weights);
  let count = weights.reduce((sum, weight) => sum + (weight > 0 ? 1 : 0), 0);
  const everything = candidates.map((_, candidate) => candidate);
  let considered = everything;
  let useful = 0;
  for (let round = 0; round < rounds; round++) {
    const isFull = round % REFRESH === 0;
    const isSpent = count >= maxRules;
    // Once the budget is spent, what there is can still gain weight.
    if (isFull) considered = isSpent ? everything.filter((one) => weights[one] > 0) : everything;
    const best: Valued[][] = Array.from({ length: labels }, () => []);
    const kept = isFull ? perLabel * SHORTLIST : perLabel;
    for (const candidate of considered) {
      const valued = value(pool, candidate, votes.probabilities);
      if (valued.gain >= minGain) insert(best[candidates[candidate].label], valued, kept);
    }
    if (isFull) considered = best.flatMap((list) => list.map(({ candidate }) => candidate));
    let changed = 0;
    const chosen = best.flatMap((list) => list.slice(0, perLabel));
    // Where not all can be taken, the labels compete.
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
    // The shortlist has run dry: value everything in the next round.
    if (changed === 0) round += REFRESH - 1 - (round % REFRESH);
  }
  return useful;
}

function value(
  { candidates, labels }: Pool,
  candidate: number,
  probabilities: Float64Array,
): Valued {
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

/** Keeps `list` the best `size` by gain, of equal gain the first that came. */
function insert(list: Valued[], valued: Valued, size: number): void {
  if (list.length === size && valued.gain <= list[size - 1].gain) return;
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].gain >= valued.gain) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, valued);
  if (list.length > size) list.pop();
}
