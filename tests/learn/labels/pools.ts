/**
 * Pools and ensembles for tests of learning labels.
 *
 * @module
 */
import { syntaxOf } from "../../../learn/labels/atoms.ts";
import { type Feature, indexFeatures } from "../../../learn/labels/features.ts";
import type { Penalty, Weighted } from "../../../learn/labels/fitting.ts";
import { createPool, createWorth, type Pool } from "../../../learn/labels/pool.ts";
import { Votes } from "../../../learn/labels/votes.ts";
import {
  type Ensemble,
  toVotingRule,
  type VotingRule,
} from "../../../learn/labels/voting_rules.ts";
import { finish } from "../../../learn/text/slices.ts";
import type { LabelledExample } from "../../../learn/data/examples.ts";
import { labelsOf, readShipped } from "./corpora.ts";

/** A feature that matches some texts, named after them. */
export function feature(texts: readonly number[], parts?: readonly [number, number]): Feature {
  const name = `t${texts.join("t")}`;
  const written = String.raw`\b${name}\b`;
  return { texts: Int32Array.from(texts), patterns: () => [written], parts };
}

/** A pool of features that match anything, for examples of any label; some are conjunctions. */
export function createRandomPool(random: () => number): Pool {
  const labels = 2 + Math.floor(random() * 5);
  const count = 5 + Math.floor(random() * 60);
  const gold = Int32Array.from({ length: count }, () => Math.floor(random() * labels));
  const features = Array.from({ length: 1 + Math.floor(random() * 30) }, () => {
    const share = random();
    return feature([...gold.keys()].filter(() => random() < share));
  }).filter(({ texts }) => texts.length > 0);
  return finish(createPool(features, gold, labels, () => 1));
}

/** The candidates of examples, and how their patterns are written. */
export function poolOf(
  examples: readonly LabelledExample[],
  minSupport: number,
): Pick<Ensemble, "pool" | "syntax" | "labels"> {
  const labels = labelsOf(examples);
  const gold = Int32Array.from(examples, ({ label }) => labels.indexOf(label));
  const worth = createWorth(gold, labels.length);
  const texts = examples.map(({ text }) => text);
  const { features, syntax } = finish(indexFeatures(texts, { minSupport, worth }));
  return { pool: finish(createPool(features, gold, labels.length, () => 1)), syntax, labels };
}

/** The candidates of the examples that are shipped. */
export function createRealPool(): Pool {
  return poolOf(readShipped("banking.jsonl"), 3).pool;
}

/** The penalty of tests that do not say another. */
export const penalty: Penalty = { weight: 1, match: 0.003 };

/** An ensemble of a pool, with the rules that have begun in it. */
export function createEnsemble(
  pool: Pool,
  rules: readonly VotingRule[] = [],
  others: Partial<Ensemble> = {},
): Ensemble {
  const votes = new Votes(pool.gold, pool.labels);
  for (const rule of rules) votes.move(rule, rule.weight);
  finish(votes.settle());
  const labels = Array.from({ length: pool.labels }, (_, label) => `label${label}`);
  const syntax = syntaxOf("ascii");
  return {
    pool,
    syntax,
    votes,
    penalty,
    rules: [...rules],
    labels,
    unwanted: new Set(),
    ...others,
  };
}

/** Some of the candidates of a pool as rules with weights; some of these are locked or must stay. */
export function pickRules(pool: Pool, random: () => number, share = 0.5): VotingRule[] {
  return pool.candidates.filter(() => random() < share).map((candidate) => ({
    ...toVotingRule(candidate),
    weight: random() < 0.2 ? 0 : random() * 3,
    locked: random() < 0.1,
    isKept: random() < 0.1,
  }));
}

/** The log-likelihood of the gold labels under softmax of the votes of rules, example by example. */
export function likelihood(
  { gold, labels }: Pick<Pool, "gold" | "labels">,
  rules: readonly Weighted[],
): number {
  let sum = 0;
  gold.forEach((label, text) => {
    const votes = new Float64Array(labels);
    for (const rule of rules) if (rule.texts.includes(text)) votes[rule.label] += rule.weight;
    const highest = Math.max(...votes);
    const total = votes.reduce((all, vote) => all + Math.exp(vote - highest), 0);
    sum += votes[label] - highest - Math.log(total);
  });
  return sum;
}

/** The same less the penalty of each weight that can be fitted. */
export function penalised(
  pool: Pick<Pool, "gold" | "labels">,
  rules: readonly Weighted[],
  { weight, match }: Penalty = penalty,
): number {
  return rules.reduce(
    (sum, rule) => sum - (weight + match * rule.texts.length) / 2 * rule.weight ** 2,
    likelihood(pool, rules),
  );
}
