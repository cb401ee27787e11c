/**
 * Fitting: adjusts the weights of all rules to each other.
 *
 * @module
 */
import type { Sliced } from "../text/slices.ts";
import type { Voter, Votes } from "./votes.ts";

/** A rule whose weight can be fitted. */
export interface Weighted extends Voter {
  /** ≥ 0. */
  weight: number;
  /** The weight that is expected before any example is seen; by default 0. */
  readonly expected?: number;
  /** Whether the weight must stay as it is. */
  readonly locked?: boolean;
}

/** What weights cost that are far from those expected, so that they need evidence. */
export interface Penalty {
  /** On half the square of the difference. */
  readonly weight: number;
  /** The same for each example that the rule matches. */
  readonly match: number;
}

/** The most that a weight moves at once, in log-odds. */
const MAX_STEP = 1;
/** A smaller step is not worth the time. */
const MIN_STEP = 1e-4;
/** Sweeps after which the sums of votes are added up anew: with many labels, that takes longer than a sweep. */
const SETTLED = 4;
/** Examples between two pauses. */
const TEXTS = 1 << 18;

/**
 * Moves the weights of `rules`, and their votes, towards the largest likelihood of the gold labels less the penalty
 * (multinomial logistic regression with a ridge penalty), one weight after the other by Newton steps with the others held
 * (coordinate descent: Genkin, Lewis & Madigan 2007). No weight falls below 0. Ends before all `sweeps` if nothing moves.
 */
export function* fitWeights(
  votes: Votes,
  rules: readonly Weighted[],
  sweeps: number,
  penalty: Penalty,
): Sliced<void> {
  let seen = 0;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    if (sweep % SETTLED === 0) yield* votes.settle();
    let isMoved = false;
    for (let place = 0; place < rules.length; place++) {
      const rule = rules[place];
      // That no example is matched says nothing of a weight.
      if (rule.locked || rule.texts.length === 0) continue;
      if ((seen += rule.texts.length + 1) > TEXTS) {
        yield (sweep + place / rules.length) / sweeps;
        seen = 0;
      }
      const moved = Math.max(0, rule.weight + findStep(votes, rule, penalty));
      const step = moved - rule.weight;
      if (Math.abs(step) < MIN_STEP) continue;
      votes.move(rule, step);
      rule.weight = moved;
      isMoved = true;
    }
    if (!isMoved) break;
  }
  yield* votes.settle();
}

function findStep(
  votes: Votes,
  { label, texts, weight, expected = 0 }: Weighted,
  penalty: Penalty,
): number {
  const { gold, shares, sums } = votes;
  const from = label * gold.length;
  const decay = penalty.weight + penalty.match * texts.length;
  let gradient = decay * (expected - weight);
  let curvature = decay;
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at];
    const probability = shares[from + text] / sums[text];
    gradient -= probability;
    curvature += probability * (1 - probability);
    if (gold[text] === label) gradient++;
  }
  if (curvature === 0) return 0;
  return Math.min(MAX_STEP, Math.max(-MAX_STEP, gradient / curvature));
}
