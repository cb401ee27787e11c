/**
 * The embedded synthesizer: readable patterns learned from examples, without a model or a network.
 *
 * For rules that vote, synthesis is the first rounds of boosting and each patch some more; for a
 * decision list, synthesis covers all examples and each patch the failures that remain.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createPatternSynthesizer } from "./patterns.ts";
 *
 * const train = [
 *   { id: "a", text: "What is the exchange rate?", label: "exchange" },
 *   { id: "b", text: "Which rates do you offer?", label: "exchange" },
 *   { id: "c", text: "My card has not arrived", label: "arrival" },
 *   { id: "d", text: "When does the card arrive?", label: "arrival" },
 * ];
 * const labels = ["arrival", "exchange"];
 * const task = { name: "x", labels, decide: "vote", threshold: 0, margin: 1, seed: 0 } as const;
 * const { added = [] } = await createPatternSynthesizer().synthesize(task, train, []);
 * assertEquals(added.some(({ patterns }) => patterns[0] === String.raw`\brates?\b`), true);
 * ```
 *
 * @module
 */
import { boost } from "./boosting.ts";
import { cover } from "./covering.ts";
import type { Example } from "./dataset.ts";
import { decideAll } from "./decisions.ts";
import { fitWeights } from "./fitting.ts";
import { indexFeatures } from "./features.ts";
import { createMatches } from "./matches.ts";
import { type Candidate, createPool, createWorth, describe, type Pool } from "./pool.ts";
import { createRule, type Proposal, type Reweight, roundWeight, type Rule } from "./rules.ts";
import type { Patch, SynthesisTask, Synthesizer } from "./synthesizer.ts";

// deno-lint-ignore no-explicit-any
const T = (globalThis as any).TUNE ?? {};
/** Rounds of boosting in synthesis and in each patch. */
const ROUNDS = 10;
/** Gain in nats under which no rule is added or strengthened. */
const MIN_GAIN = 0.3;
/** Candidates of one label that gain weight in a round: at least, at most. */
const PER_LABEL = [4, 30] as const;
/** Sum of the steps that a label's candidates take in a round, and the longest single one. */
const STEPS = 2;
const MAX_STEP = 0.2;
/** Longest name of a rule, in UTF-16 code units. */
const MAX_NAME = 400;
/** Examples under which one example is support enough for a rule; two are needed from there on. */
const FEW_EXAMPLES = 100;

/** Creates the embedded pattern synthesizer. It keeps what it indexed of a training set for patches. */
export function createPatternSynthesizer(): Synthesizer {
  const indexed = new WeakMap<readonly Example[], Indexed>();
  const indexOnce = (task: SynthesisTask, train: readonly Example[]) => {
    const known = indexed.get(train) ?? index(task, train);
    indexed.set(train, known);
    return known;
  };
  return {
    name: "patterns",
    settings: { rounds: ROUNDS, minGain: MIN_GAIN },
    synthesize(task, train, start) {
      const pool = enrol(task, indexOnce(task, train), start, []);
      return learn(task, pool, T.first ?? ROUNDS, train.map((_, position) => position));
    },
    patch({ task, train, rules, rejected }) {
      const known = indexOnce(task, train);
      const pool = enrol(task, known, rules, T.ban ? rejected.flat() : []);
      return learn(
        task,
        pool,
        (T.rounds ?? ROUNDS) * (1 + rejected.length),
        failing(task, train, rules),
      );
    },
    refit({ task, examples, rules, accepted, dropped }) {
      if (T.nodrop) dropped = [];
      const pool = enrol(task, index(task, examples), rules, dropped);
      const grown = accepted.filter(({ added }) => added > 0).length;
      return relearn(
        task,
        pool,
        (T.first ?? ROUNDS) + (T.rounds ?? ROUNDS) * (grown + (T.extra ?? 0)),
        accepted.length > grown,
      );
    },
  };
}

/** What is known of a training set before rules are chosen. */
interface Indexed {
  readonly examples: readonly Example[];
  readonly flags: string;
  readonly pool: Pool;
  /** Candidates that were proposed, by the id of the rule. */
  readonly proposed: Map<string, Candidate>;
}

function index({ labels }: SynthesisTask, examples: readonly Example[]): Indexed {
  const positions = new Map(labels.map((label, position) => [label, position]));
  const gold = Int32Array.from(examples, ({ label }) => positions.get(label)!);
  const minSupport = examples.length < FEW_EXAMPLES ? 1 : 2;
  const texts = examples.map(({ text }) => text);
  const worth = createWorth(gold, labels.length);
  const { flags, features } = indexFeatures(texts, { minSupport, worth });
  const pool = createPool(features, gold, labels.length, minSupport);
  return { examples, flags, pool, proposed: new Map() };
}

/** A pool whose first candidates are the present rules. */
interface Enrolled {
  readonly indexed: Indexed;
  readonly pool: Pool;
  readonly rules: readonly Rule[];
}

/** Puts the present rules before the candidates, and leaves out the candidates that match the same. */
function enrol(
  task: SynthesisTask,
  indexed: Indexed,
  rules: readonly Rule[],
  banned: readonly Rule[],
): Enrolled {
  const { examples, pool, proposed } = indexed;
  const matches = createMatches(examples, task.labels);
  const strangers = [...rules, ...banned].filter((rule) => !proposed.has(rule.id));
  matches.add(strangers);
  const known = new Set<string>();
  const toCandidate = (rule: Rule): Candidate => {
    const candidate = proposed.get(rule.id) ?? describe(pool, {
      texts: matches.of(rule.id),
      patterns: () => [...rule.patterns],
      name: () => rule.name,
    }, task.labels.indexOf(rule.label));
    known.add(candidate.key);
    return candidate;
  };
  banned.forEach(toCandidate);
  const present = rules.map(toCandidate);
  const others = pool.candidates.filter((candidate) => !known.has(candidate.key));
  return { indexed, pool: { ...pool, candidates: [...present, ...others] }, rules };
}

/** Learns on from the present rules; a decision list should cover the examples at `targets`. */
function learn(
  task: SynthesisTask,
  enrolled: Enrolled,
  rounds: number,
  targets: readonly number[],
): Patch {
  const { pool, rules } = enrolled;
  const { maxRules = Infinity } = task;
  if (task.decide === "first") {
    const present = new Set(rules.keys());
    const chosen = cover(pool, targets, present, maxRules - rules.length);
    return {
      added: chosen.map(({ candidate, bound }) =>
        propose(task, enrolled, candidate, { priority: toPriority(bound) })
      ),
    };
  }
  const weights = new Float64Array(pool.candidates.length);
  rules.forEach(({ weight = 1 }, candidate) => weights[candidate] = weight);
  boost(pool, weights, { ...pace(pool), rounds, maxRules });
  return {
    added: addedByWeight(task, enrolled, weights),
    reweighted: changedWeights(rules, weights),
  };
}

function refine({ pool, rules }: Enrolled): Patch {
  const weights = new Float64Array(pool.candidates.length);
  rules.forEach(({ weight = 1 }, candidate) => weights[candidate] = weight);
  fitWeights(pool, weights, FIT);
  return { reweighted: changedWeights(rules, weights) };
}
const FIT = 20;

function changedWeights(rules: readonly Rule[], weights: Float64Array): Reweight[] {
  return rules.flatMap(({ id, weight = 1 }, candidate): Reweight[] => {
    const changed = roundWeight(weights[candidate]);
    return changed === weight ? [] : [{ rule: id, weight: changed }];
  });
}

/** Learns anew on the examples of a refit. Of the present rules those stay that are chosen again. */
function relearn(
  task: SynthesisTask,
  enrolled: Enrolled,
  rounds: number,
  isFitted: boolean,
): Patch {
  const { pool, rules } = enrolled;
  const { maxRules = Infinity } = task;
  if (task.decide === "first") {
    const everything = pool.gold.map((_, position) => position);
    const chosen = cover(pool, everything, new Set(), maxRules);
    const priorities = new Map(
      chosen.map(({ candidate, bound }) => [candidate, toPriority(bound)]),
    );
    return {
      added: chosen.filter(({ candidate }) => candidate >= rules.length).map(
        ({ candidate, bound }) =>
          propose(task, enrolled, candidate, { priority: toPriority(bound) }),
      ),
      removed: rules.filter((_, candidate) => !priorities.has(candidate)).map(({ id }) => id),
      reweighted: rules.flatMap((rule, candidate): Reweight[] => {
        const priority = priorities.get(candidate);
        return priority === undefined
          ? []
          : [{ rule: rule.id, priority, ...statistics(pool.candidates[candidate]) }];
      }),
    };
  }
  const weights = new Float64Array(pool.candidates.length);
  boost(pool, weights, { ...pace(pool), rounds, maxRules });
  if (isFitted || T.fit) fitWeights(pool, weights, FIT);
  return {
    added: addedByWeight(task, enrolled, weights),
    removed: rules.filter((_, candidate) => weights[candidate] === 0).map(({ id }) => id),
    reweighted: rules.flatMap(({ id }, candidate): Reweight[] => {
      const weight = roundWeight(weights[candidate]);
      return weight === 0 ? [] : [{ rule: id, weight, ...statistics(pool.candidates[candidate]) }];
    }),
  };
}

/** How fast to boost: in smaller steps over more candidates where there are more examples a label. */
function pace({ gold }: Pool): { perLabel: number; step: number; minGain: number } {
  const [least, most] = PER_LABEL;
  const wanted = Math.round((T.mul ?? .4) * Math.sqrt(gold.length));
  const perLabel = Math.max(least, Math.min(most, wanted));
  return { perLabel, step: Math.min(MAX_STEP, STEPS / perLabel), minGain: MIN_GAIN };
}

/** Positions of the examples that the present rules leave undecided or get wrong. */
function failing(
  task: SynthesisTask,
  train: readonly Example[],
  rules: readonly Rule[],
): number[] {
  const matches = createMatches(train, task.labels);
  const { labels } = decideAll(matches, rules, task);
  return train.flatMap((_, position) =>
    labels[position] === matches.gold[position] ? [] : position
  );
}

/** Proposals for candidates that are no rules yet and got weight, those that explain most first. */
function addedByWeight(
  task: SynthesisTask,
  enrolled: Enrolled,
  weights: Float64Array,
): Proposal[] {
  const { pool: { candidates }, rules } = enrolled;
  const worth = (candidate: number) => weights[candidate] * candidates[candidate].tp;
  return [...weights.keys()]
    .filter((candidate) => candidate >= rules.length && roundWeight(weights[candidate]) > 0)
    .sort((a, b) => worth(b) - worth(a) || a - b)
    .map((candidate) => propose(task, enrolled, candidate, { weight: weights[candidate] }));
}

function propose(
  task: SynthesisTask,
  { indexed, pool }: Enrolled,
  position: number,
  strength: { weight: number } | { priority: number },
): Proposal {
  const candidate = pool.candidates[position];
  const label = task.labels[candidate.label];
  const proposal = {
    name: `${label}/${candidate.feature.name()}`.slice(0, MAX_NAME),
    label,
    patterns: candidate.feature.patterns(),
    flags: indexed.flags,
    ...strength,
    ...statistics(candidate),
  };
  indexed.proposed.set(createRule(proposal).id, candidate);
  return proposal;
}

function statistics({ feature, tp }: Candidate): { precision: number; support: number } {
  return { precision: tp / feature.texts.length, support: feature.texts.length };
}

/** The surer a rule, the earlier its place in a decision list. */
function toPriority(bound: number): number {
  return Math.round(bound * 1000);
}
