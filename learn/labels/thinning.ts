/**
 * Thinning: drops the rules that are missed the least.
 *
 * @module
 */
import { fitWeights, type Penalty } from "./fitting.ts";
import { part, type Sliced, sortSliced } from "../text/slices.ts";
import {
  type Ensemble,
  isUnwanted,
  keyOfPatterns,
  listParts,
  setRules,
  toVotingRule,
  type VotingRule,
} from "./voting_rules.ts";
import type { Votes } from "./votes.ts";

/** Sweeps of fitting after rules went. */
const SWEEPS = 3;
/** Share of the rules that go at most before all others are fitted again. */
const MAX_SHARE = 0.4;
/** Examples between two pauses. */
const TEXTS = 1 << 18;

/** Until when rules are dropped. */
export interface ThinningLimits {
  /** There are no more rules than this, */
  readonly size: number;
  /** and none without which the log-likelihood falls by less than this, in nats. */
  readonly minLoss?: number;
}

/**
 * Drops rules, two fifths at once at most: those without which the log-likelihood of the gold labels falls the least, computed
 * exactly with all other weights as they are (backward elimination). All weights are fitted after that.
 */
export function* thin(
  ensemble: Ensemble,
  { size, minLoss = 0, penalty = ensemble.penalty }: ThinningLimits & {
    readonly penalty?: Penalty;
  },
): Sliced<void> {
  const { rules, votes } = ensemble;
  for (;;) {
    const losses = yield* part("", [0, 0.2], computeLosses(votes, rules));
    const droppable = [...rules.keys()]
      .filter((one) => !rules[one].isKept && !rules[one].locked);
    const order = (a: number, b: number) => losses[a] - losses[b] || b - a;
    const open = yield* part("", [0.2, 0.2], sortSliced(droppable, order));
    const over = Math.max(rules.length - size, open.filter((one) => losses[one] < minLoss).length);
    const dropped = new Set(open.slice(0, Math.min(over, Math.ceil(rules.length * MAX_SHARE))));
    if (dropped.size === 0) return;
    for (const one of dropped) votes.move(rules[one], -rules[one].weight);
    const left = rules.filter((_, place) => !dropped.has(place));
    setRules(ensemble, left);
    yield* part("", [0.2, 1], fitWeights(votes, rules, SWEEPS, penalty));
  }
}

/** A product of shares is taken as a logarithm before it gets so small that digits are lost. */
const LEAST_PRODUCT = 1e-200;

/** Computes for each rule how much the log-likelihood of the gold labels falls without its votes, in nats. */
function* computeLosses(votes: Votes, rules: readonly VotingRule[]): Sliced<Float64Array> {
  const { gold, shares, sums } = votes;
  const losses = new Float64Array(rules.length);
  let seen = 0;
  for (const [place, { label, texts, weight }] of rules.entries()) {
    if ((seen += texts.length) > TEXTS) {
      yield place / rules.length;
      seen = 0;
    }
    const from = label * gold.length;
    const factor = Math.expm1(-weight);
    let loss = 0;
    // The logarithm of a product is their sum, and takes most of the time.
    let product = 1;
    for (let at = 0; at < texts.length; at++) {
      const text = texts[at];
      if (gold[text] === label) loss += weight;
      const left = 1 + shares[from + text] / sums[text] * factor;
      if (product * left > LEAST_PRODUCT) product *= left;
      else {
        loss += Math.log(product) + Math.log(left);
        product = 1;
      }
    }
    losses[place] = loss + Math.log(product);
  }
  return losses;
}

/** Candidates that become rules between two pauses. */
const CANDIDATES = 1_024;
/** Sweeps of fitting all candidates together. */
const ALL_SWEEPS = 6;
/** A smaller weight decides nothing. */
const MIN_WEIGHT = 1e-4;

/**
 * Adds all candidates that are left, fits their weights together, and thins them out.
 */
export function* broaden(
  ensemble: Ensemble,
  penalty: Penalty,
  limits: ThinningLimits,
): Sliced<void> {
  const { pool, rules, votes } = ensemble;
  const parts = listParts(ensemble);
  for (const [place, candidate] of pool.candidates.entries()) {
    if (place % CANDIDATES === 0) yield 0.1 * place / pool.candidates.length;
    const { label, feature } = candidate;
    const patterns = feature.patterns();
    if (parts.has(keyOfPatterns(label, patterns))) continue;
    if (!isUnwanted(ensemble, label, patterns)) rules.push(toVotingRule(candidate));
  }
  yield* part("", [0.1, 0.6], fitWeights(votes, rules, ALL_SWEEPS, penalty));
  const useful = rules.filter(({ weight, isKept, locked }) =>
    weight > MIN_WEIGHT || isKept || locked
  );
  setRules(ensemble, useful);
  yield* part("", [0.6, 1], thin(ensemble, { ...limits, penalty }));
}
