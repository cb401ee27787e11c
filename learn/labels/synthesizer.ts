/**
 * The embedded synthesizer: readable patterns learned from examples, without a model or a network.
 *
 * For rules that vote, synthesis is the first rounds of boosting and each patch some more; for a
 * decision list, synthesis covers all examples and each patch the failures that remain.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createPatternSynthesizer } from "./synthesizer.ts";
 *
 * const train = [
 *   { id: "a", text: "What is the exchange rate?", label: "exchange" },
 *   { id: "b", text: "Which rates do you offer?", label: "exchange" },
 *   { id: "c", text: "My card has not arrived", label: "arrival" },
 *   { id: "d", text: "When does the card arrive?", label: "arrival" },
 * ];
 * const labels = ["arrival", "exchange"];
 * const options = { decide: "vote", threshold: 0, margin: 1, seed: 0 } as const;
 * const task = { name: "x", task: "classification", labels, ...options } as const;
 * const { added = [] } = await createPatternSynthesizer().synthesize(task, train, []);
 * assertEquals(added.some(({ patterns }) => patterns[0] === String.raw`\brates?\b`), true);
 * ```
 *
 * @module
 */
import { boost } from "./boosting.ts";
import { cover } from "./covering.ts";
import type { Example } from "../data/examples.ts";
import { decideAll } from "../score/deciding.ts";
import { fitWeights } from "./fitting.ts";
import { indexFeatures } from "./features.ts";
import { createMatches, type Matches, requireLabels } from "../score/matches.ts";
import { type Candidate, createPool, createWorth, describe, type Pool } from "./pool.ts";
import { type Proposal, type Reweight, roundWeight, type Rule } from "../rules/rule.ts";
import type { Patch, SynthesisTask, Synthesizer } from "../synthesizer.ts";

/** Rounds of boosting in synthesis. */
const FIRST_ROUNDS = 3;
/** Rounds of boosting in a patch. */
const ROUNDS = 6;
/** Steps of fitting in a patch that fits; more would fit the train examples too closely. */
const FIT_STEPS = 4;
/** Gain in nats under which no rule is added or strengthened. */
const MIN_GAIN = 0.3;
/** The same where there are so few examples that no rule could reach it. */
const MIN_GAIN_OF_FEW = 0.1;
const FEWEST_EXAMPLES = 4;
/** Candidates of one label that gain weight in a round: this many times the root of the examples, */
const PACE = 0.4;
/** and at least, at most. */
const PER_LABEL = [4, 30] as const;
/** Candidates of all labels that gain weight in a round, at most. */
const PER_ROUND = 1_500;
/** Sum of the steps that a label's candidates take in a round, and the longest single one. */
const STEPS = 2;
const MAX_STEP = 0.2;
/** Rounds that a budget of rules should last for, and the longest step then. */
const BUDGET_ROUNDS = 8;
const MAX_BUDGET_STEP = 0.5;
/** Longest name of a rule, in UTF-16 code units. */
const MAX_NAME = 400;
/** Examples up to which a rule needs a support of one or two; beyond them it needs three. */
const FEW_EXAMPLES = 100;
const SOME_EXAMPLES = 500;

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
    settings: {
      firstRounds: FIRST_ROUNDS,
      rounds: ROUNDS,
      fitSteps: FIT_STEPS,
      minGain: MIN_GAIN,
      pace: PACE,
    },
    synthesize(task, train, start) {
      const matches = createMatches(train, task.labels);
      const enrolled = enrol(task, indexOnce(task, train), start, matches);
      return task.decide === "first"
        ? extend(task, enrolled, train.map((_, position) => position))
        : grow(task, enrolled, FIRST_ROUNDS);
    },
    patch({ task, train, rules, matches, rejected }) {
      const enrolled = enrol(task, indexOnce(task, train), rules, matches, rejected.flat());
      if (task.decide === "first") return extend(task, enrolled, failing(task, rules, matches));
      // What more rules did not improve, better weights may.
      return rejected.length === 0 ? grow(task, enrolled, ROUNDS) : fit(enrolled);
    },
    refit({ task, examples, rules, matches, accepted, dropped }) {
      const enrolled = enrol(task, index(task, examples), rules, matches, dropped);
      if (task.decide === "first") return relist(task, enrolled);
      const grown = accepted.filter(({ added }) => added > 0).length;
      // More examples bear some more rounds.
      const rounds = FIRST_ROUNDS + ROUNDS * (grown + 1);
      return regrow(task, enrolled, rounds, FIT_STEPS * (accepted.length - grown));
    },
  };
}

/** What is known of a training set before rules are chosen. */
interface Indexed {
  readonly flags: string;
  readonly pool: Pool;
}

function index({ labels }: SynthesisTask, examples: readonly Example[]): Indexed {
  const positions = new Map(labels.map((label, position) => [label, position]));
  const gold = Int32Array.from(examples, (one) => positions.get(labelOf(one))!);
  const count = examples.length;
  const minSupport = count < FEW_EXAMPLES ? 1 : count < SOME_EXAMPLES ? 2 : 3;
  const texts = examples.map(({ text }) => text);
  const worth = createWorth(gold, labels.length);
  const { flags, features } = indexFeatures(texts, { minSupport, worth });
  return { flags, pool: createPool(features, gold, labels.length, minSupport) };
}

/** The label of a text; there is nothing to learn here from spans. */
function labelOf(example: Example): string {
  if ("label" in example) return example.label;
  throw new TypeError("The examples have spans, expected texts with labels");
}

/** A pool whose first candidates are the present rules. */
interface Enrolled {
  readonly flags: string;
  readonly pool: Pool;
  readonly rules: readonly Rule[];
}

/**
 * Puts the present rules before the candidates, and leaves out candidates that match the same examples
 * as one of them, or as a rule that is not wanted.
 */
function enrol(
  { labels }: SynthesisTask,
  { flags, pool }: Indexed,
  rules: readonly Rule[],
  matches: Matches,
  unwanted: readonly Rule[] = [],
): Enrolled {
  matches.add([...rules, ...unwanted]);
  const describeRule = ({ id, name, patterns, label }: Rule) => {
    const feature = { texts: matches.of(id), patterns: () => [...patterns], name: () => name };
    return describe(pool, feature, labels.indexOf(label));
  };
  const present = rules.map(describeRule);
  const known = new Set([...present, ...unwanted.map(describeRule)].map(({ key }) => key));
  const others = pool.candidates.filter(({ key }) => !known.has(key));
  return { flags, pool: { ...pool, candidates: [...present, ...others] }, rules };
}

/** Adds rules to a decision list that cover the examples at `targets`. */
function extend(task: SynthesisTask, enrolled: Enrolled, targets: readonly number[]): Patch {
  const { pool, rules } = enrolled;
  const { maxRules = Infinity } = task;
  const chosen = cover(pool, targets, new Set(rules.keys()), maxRules - rules.length);
  return {
    added: chosen.map(({ candidate, bound }) =>
      propose(task, enrolled, candidate, { priority: toPriority(bound) })
    ),
  };
}

/** Positions of the examples that the present rules leave undecided or get wrong. */
function failing(task: SynthesisTask, rules: readonly Rule[], matches: Matches): number[] {
  const { labels } = decideAll(requireLabels(matches), rules, task);
  return [...labels.keys()].filter((position) => labels[position] !== matches.gold[position]);
}

/** Makes a decision list anew. Of the present rules those stay that are chosen again. */
function relist(task: SynthesisTask, enrolled: Enrolled): Patch {
  const { pool, rules } = enrolled;
  const { maxRules = Infinity } = task;
  const chosen = cover(pool, pool.gold.keys(), new Set(), maxRules);
  const isChosen = new Set(chosen.map(({ candidate }) => candidate));
  const [kept, added] = [
    chosen.filter(({ candidate }) => candidate < rules.length),
    chosen.filter(({ candidate }) => candidate >= rules.length),
  ];
  return {
    added: added.map(({ candidate, bound }) =>
      propose(task, enrolled, candidate, { priority: toPriority(bound) })
    ),
    removed: rules.filter((_, candidate) => !isChosen.has(candidate)).map(({ id }) => id),
    reweighted: kept.map(({ candidate, bound }): Reweight => ({
      rule: rules[candidate].id,
      priority: toPriority(bound),
      ...statistics(pool.candidates[candidate]),
    })),
  };
}

/** Adds rules that vote, and strengthens those that are there. */
function grow(task: SynthesisTask, enrolled: Enrolled, rounds: number): Patch {
  const { pool, rules } = enrolled;
  const { maxRules = Infinity } = task;
  const weights = weightsOf(enrolled);
  // Rules that fitting left without weight are rules all the same.
  const idle = rules.filter(({ weight }) => weight === 0).length;
  boost(pool, weights, { ...pace(pool, maxRules), rounds, maxRules: maxRules - idle });
  return { added: addedByWeight(task, enrolled, weights), reweighted: changes(rules, weights) };
}

/** Fits the weights of the present rules together. */
function fit(enrolled: Enrolled): Patch {
  const weights = weightsOf(enrolled);
  fitWeights(enrolled.pool, weights, FIT_STEPS);
  return { reweighted: changes(enrolled.rules, weights) };
}

/** Chooses rules that vote anew. Of the present ones those stay that get weight again. */
function regrow(task: SynthesisTask, enrolled: Enrolled, rounds: number, fitSteps: number): Patch {
  const { pool, rules } = enrolled;
  const { maxRules = Infinity } = task;
  const weights = new Float64Array(pool.candidates.length);
  boost(pool, weights, { ...pace(pool, maxRules), rounds, maxRules });
  if (fitSteps > 0) fitWeights(pool, weights, fitSteps);
  const isKept = (candidate: number) => roundWeight(weights[candidate]) > 0;
  return {
    added: addedByWeight(task, enrolled, weights),
    removed: rules.filter((_, candidate) => !isKept(candidate)).map(({ id }) => id),
    reweighted: [...rules.keys()].filter(isKept).map((candidate): Reweight => ({
      rule: rules[candidate].id,
      weight: roundWeight(weights[candidate]),
      ...statistics(pool.candidates[candidate]),
    })),
  };
}

/** The weights of the present rules, and 0 for all other candidates. */
function weightsOf({ pool, rules }: Enrolled): Float64Array {
  const weights = new Float64Array(pool.candidates.length);
  rules.forEach(({ weight = 1 }, candidate) => weights[candidate] = weight);
  return weights;
}

function changes(rules: readonly Rule[], weights: Float64Array): Reweight[] {
  return rules.flatMap(({ id, weight = 1 }, candidate): Reweight[] => {
    const changed = roundWeight(weights[candidate]);
    return changed === weight ? [] : [{ rule: id, weight: changed }];
  });
}

/**
 * How fast to boost: in smaller steps over more candidates where there are more examples; in larger
 * ones over fewer where the budget allows few rules a label, which then should not say the same.
 */
function pace(
  { gold, labels }: Pool,
  maxRules: number,
): { perLabel: number; step: number; minGain: number } {
  const [least, most] = PER_LABEL;
  const wanted = Math.round(PACE * Math.sqrt(gold.length));
  const affordable = Math.max(1, Math.floor(maxRules / labels / BUDGET_ROUNDS));
  const perLabel = Math.min(
    affordable,
    Math.max(least, Math.min(most, Math.floor(PER_ROUND / labels), wanted)),
  );
  const longest = affordable < least ? MAX_BUDGET_STEP : MAX_STEP;
  const minGain = gold.length < FEWEST_EXAMPLES ? MIN_GAIN_OF_FEW : MIN_GAIN;
  return { perLabel, step: Math.min(longest, STEPS / perLabel), minGain };
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
  { labels }: SynthesisTask,
  { flags, pool }: Enrolled,
  position: number,
  strength: { weight: number } | { priority: number },
): Proposal {
  const candidate = pool.candidates[position];
  const label = labels[candidate.label];
  const { feature } = candidate;
  const name = `${label}/${feature.name()}`.slice(0, MAX_NAME).toWellFormed();
  const patterns = feature.patterns();
  return { name, label, patterns, flags, ...strength, ...statistics(candidate) };
}

function statistics({ feature, tp }: Candidate): { precision: number; support: number } {
  return { precision: tp / feature.texts.length, support: feature.texts.length };
}

/** The surer a rule, the earlier its place in a decision list. */
function toPriority(bound: number): number {
  return Math.round(bound * 1000);
}
