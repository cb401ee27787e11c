/**
 * Extending: gives rules further alternatives.
 *
 * @module
 */
import { fitWeights } from "./fitting.ts";
import type { LabelCandidate, Pool } from "./pool.ts";
import { intersect } from "./postings.ts";
import { getOrCreate } from "../text/maps.ts";
import { part, type Sliced } from "../text/slices.ts";
import {
  type Ensemble,
  isUnwanted,
  keyOfPatterns,
  listParts,
  type VotingRule,
  writePatterns,
} from "./voting_rules.ts";

/** Most alternatives of a rule, so that it stays readable. */
export const MAX_ALTERNATIVES = 6;
/** Sweeps of fitting after a round. */
const SWEEPS = 6;
/** Standard errors by which the gain of an alternative is taken to be smaller than it seems. */
const DOUBT = 0.5;
/** Longest pattern, in UTF-16 code units. */
const MAX_LENGTH = 1_000;
/** Examples after which a candidate that can no longer be the best is given up. */
const TEXTS = 64;
/** Rules, and examples looked at, between two pauses. */
const RULES = 4;
const SEEN = 1 << 17;

/** Candidates that a rule can take as further alternatives, and what it becomes with one. */
interface Extensions {
  readonly candidates: readonly number[];
  readonly extend: (candidate: LabelCandidate) => readonly (readonly string[])[];
}

/**
 * Gives each rule the alternative that gains the most at the rule's weight, if any gains over `minGain` nats: only examples
 * count that the rule does not match yet. A rule of one condition takes a word or phrase; one of two keeps one of its
 * conditions, and takes what stands beside it in another conjunction. All weights are fitted afterwards.
 *
 * @returns how many rules were extended
 */
export function* extend(ensemble: Ensemble, minGain: number): Sliced<number> {
  const { rules, votes, penalty } = ensemble;
  const parts = listParts(ensemble);
  let count = 0;
  for (const [place, rule] of rules.entries()) {
    const done = 0.7 * place / rules.length;
    if (place % RULES === 0) yield done;
    if (rule.isKept || !rule.isPlain || rule.weight <= 0) continue;
    const finding = findExtension(ensemble, rule, parts, minGain);
    const found = yield* part("", [done, done], finding);
    if (found === undefined) continue;
    const { candidate, conditions } = found;
    parts.add(keyOfPatterns(rule.label, candidate.feature.patterns()));
    const had = new Set(rule.texts);
    const texts = candidate.texts.filter((text) => !had.has(text));
    votes.move({ label: rule.label, texts }, rule.weight);
    rule.texts = Int32Array.from([...rule.texts, ...texts]).sort();
    rule.conditions = conditions;
    count++;
  }
  yield* part("", [0.7, 1], fitWeights(votes, rules, SWEEPS, penalty));
  return count;
}

/** An alternative, and what the rule becomes with it. */
interface Extension extends Pick<VotingRule, "conditions"> {
  readonly candidate: LabelCandidate;
}

/** Finds the alternative that gains the most, and what the rule becomes with it. */
function* findExtension(
  ensemble: Ensemble,
  rule: VotingRule,
  parts: ReadonlySet<string>,
  minGain: number,
): Sliced<Extension | undefined> {
  const { pool, syntax } = ensemble;
  const { gold } = pool;
  const all = listExtensions(pool, rule);
  if (all.length === 0) return undefined;
  const gainOf = createGains(ensemble, rule);
  let found: Extension | undefined;
  let most = minGain;
  let seen = 0;
  for (const { candidates, extend } of all) {
    for (const one of candidates) {
      const candidate = pool.candidates[one];
      const { label, texts, tp, feature } = candidate;
      if (seen >= SEEN) {
        yield 1;
        seen = 0;
      }
      let sum = 0;
      let squares = 0;
      // Only examples of the label gain, and none more than the weight.
      let open = tp * rule.weight;
      for (let at = 0; at < texts.length && sum + open > most;) {
        for (const end = Math.min(texts.length, at + TEXTS); at < end; at++) {
          const gain = gainOf(texts[at]);
          sum += gain;
          squares += gain * gain;
          if (gold[texts[at]] === label) open -= rule.weight;
        }
        seen += TEXTS;
      }
      if (sum + open <= most) continue;
      const gain = sum - DOUBT * Math.sqrt(squares);
      if (gain <= most || parts.has(keyOfPatterns(label, feature.patterns()))) continue;
      const conditions = extend(candidate);
      const patterns = writePatterns({ conditions }, syntax);
      if (patterns.some(({ length }) => length > MAX_LENGTH)) continue;
      if (isUnwanted(ensemble, label, patterns)) continue;
      most = gain;
      found = { candidate, conditions };
    }
  }
  return found;
}

/**
 * Creates a function that returns the gain in log-likelihood if an example got the vote of the rule too, in nats; 0 for those
 * that have it. With a vote of w for a label of probability p, the probability of all others falls by the factor
 * 1 + p (e^w - 1). Each gain is computed when it is first asked for: most candidates are given up after a few examples.
 */
function createGains({ votes, pool: { gold } }: Ensemble, rule: VotingRule) {
  const { label, weight, texts } = rule;
  const { shares, sums } = votes;
  const from = label * gold.length;
  const factor = Math.expm1(weight);
  const gains = new Float64Array(gold.length).fill(NaN);
  for (const text of texts) gains[text] = 0;
  return (text: number): number => {
    const known = gains[text];
    if (known === known) return known;
    const probability = shares[from + text] / sums[text];
    return gains[text] = (gold[text] === label ? weight : 0) - Math.log1p(probability * factor);
  };
}

function listExtensions(pool: Pool, { label, conditions }: VotingRule): Extensions[] {
  const isOpen = ({ length }: readonly string[]) => length < MAX_ALTERNATIVES;
  if (conditions.length === 1) {
    const [alternatives] = conditions;
    if (!isOpen(alternatives)) return [];
    const extend = ({ feature, texts }: LabelCandidate) => {
      const isMore = (pattern: string) => !isWithin(pool, label, [pattern], texts);
      return [[...alternatives.filter(isMore), ...feature.patterns()]];
    };
    return [{ candidates: pool.singles[label], extend }];
  }
  if (conditions.length > 2) return [];
  return [0, 1].flatMap((side): Extensions[] => {
    const [kept, open] = [conditions[side], conditions[1 - side]];
    const candidates = kept.length === 1 ? pool.pairsWith(label, kept[0]) : [];
    if (candidates.length === 0 || !isOpen(open)) return [];
    return [{
      candidates,
      extend({ feature, texts }) {
        const other = feature.patterns().filter((pattern) => pattern !== kept[0]);
        const isMore = (one: string) => !isWithin(pool, label, [one, kept[0]], texts);
        const extended = [...open.filter(isMore), ...other];
        return side === 0 ? [kept, extended] : [extended, kept];
      },
    }];
  });
}

/** By pool, then by label, the candidates by their patterns. */
const candidatesOf = new WeakMap<Pool, Map<number, ReadonlyMap<string, LabelCandidate>>>();

/** Tells whether a candidate is known to match only some of the examples at `texts`: beside these it says nothing. */
function isWithin(
  pool: Pool,
  label: number,
  patterns: readonly string[],
  texts: Int32Array,
): boolean {
  const byLabel = getOrCreate(candidatesOf, pool, () => new Map());
  const known = getOrCreate(byLabel, label, () =>
    new Map(
      pool.candidates.filter((one) => one.label === label)
        .map((one) => [keyOfPatterns(label, one.feature.patterns()), one]),
    ));
  const own = known.get(keyOfPatterns(label, patterns))?.texts;
  return own !== undefined && intersect(own, texts).length === own.length;
}
