/**
 * Growing: adds the rules that explain the most of what the present ones do not.
 *
 * @module
 */
import { fitWeights } from "./fitting.ts";
import { part, type Sliced, sortSliced } from "../text/slices.ts";
import type { Votes } from "./votes.ts";
import {
  type Ensemble,
  isUnwanted,
  keyOfPatterns,
  listParts,
  toVotingRule,
  type VotingRule,
} from "./voting_rules.ts";
import type { Pool } from "./pool.ts";

/** Added to each count (Krichevsky–Trofimov), so that no odds are infinite. */
const SMOOTHING = 0.5;
/** Share of a candidate's correct examples that others of its batch may have. */
const MAX_SHARED = 0.5;
/** Sweeps of fitting after each batch. */
const SWEEPS = 6;
/** A weight to begin with: fitting skips no rule for it. */
const FIRST_WEIGHT = 1e-3;
/** Examples, and candidates, between two pauses. */
const TEXTS = 1 << 18;
const CANDIDATES = 1_024;

/**
 * Adds rules until there are `size`, in so many batches: those candidates that gain the most, no two of a batch for mostly
 * the same examples, as the second would gain little after the first. All weights are fitted after each batch.
 *
 * @param minGain least gain of a candidate, in nats
 * @returns how many rules came
 */
export function* grow(
  ensemble: Ensemble,
  size: number,
  batches: number,
  minGain: number,
): Sliced<number> {
  const { pool, rules, votes, penalty } = ensemble;
  const before = rules.length;
  const parts = listParts(ensemble);
  /** For each example, the batch in which a candidate for its label was chosen. */
  const batchOf = new Int32Array(pool.gold.length).fill(-1);
  for (let batch = 0; batch < batches && rules.length < size; batch++) {
    const range = (from: number, to: number) =>
      [(batch + from) / batches, (batch + to) / batches] as const;
    const gains = yield* part("", range(0, 0.5), computeGains(pool, votes));
    const found = [...gains.keys()].filter((one) => gains[one] >= minGain);
    const order = (a: number, b: number) => gains[b] - gains[a] || a - b;
    const ranked = yield* part("", range(0.5, 0.5), sortSliced(found, order));
    const wanted = Math.ceil((size - rules.length) / (batches - batch));
    const fresh: VotingRule[] = [];
    for (const [place, one] of ranked.entries()) {
      if (fresh.length === wanted) break;
      if (place % CANDIDATES === 0) yield (batch + 0.5) / batches;
      const candidate = pool.candidates[one];
      const { label, texts, tp, feature } = candidate;
      let shared = 0;
      for (const text of texts) {
        if (pool.gold[text] === label && batchOf[text] === batch) shared++;
      }
      if (shared > MAX_SHARED * tp) continue;
      const patterns = feature.patterns();
      const key = keyOfPatterns(label, patterns);
      if (parts.has(key) || isUnwanted(ensemble, label, patterns)) continue;
      parts.add(key);
      for (const text of texts) if (pool.gold[text] === label) batchOf[text] = batch;
      fresh.push({ ...toVotingRule(candidate), weight: FIRST_WEIGHT });
    }
    if (fresh.length === 0) break;
    for (const rule of fresh) votes.move(rule, rule.weight);
    for (const rule of fresh) rules.push(rule);
    yield* part("", range(0.5, 1), fitWeights(votes, rules, SWEEPS, penalty));
  }
  return rules.length - before;
}

/**
 * Computes for each candidate of a pool the gain in nats (log-likelihood ratio), 0 if its label is not likelier than the
 * votes predict.
 */
export function* computeGains({ candidates, labels }: Pool, votes: Votes): Sliced<Float64Array> {
  const gains = new Float64Array(candidates.length);
  const probabilities = Array.from({ length: labels }, (): Float64Array | undefined => undefined);
  let seen = 0;
  for (const [place, { label, texts, tp, ease }] of candidates.entries()) {
    if ((seen += texts.length) > TEXTS) {
      yield place / candidates.length;
      seen = 0;
    }
    const ofLabel = probabilities[label] ??= votes.probabilitiesOf(label);
    let expected = SMOOTHING;
    for (let at = 0; at < texts.length; at++) expected += ofLabel[texts[at]];
    const observed = tp + SMOOTHING;
    const total = texts.length + 2 * SMOOTHING;
    if (observed <= expected) continue;
    gains[place] = ease * (observed * Math.log(observed / expected) +
      (total - observed) * Math.log((total - observed) / (total - expected)));
  }
  return gains;
}
