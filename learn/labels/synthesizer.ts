/**
 * The embedded synthesizer for labels: learns readable patterns from examples, without a model or a
 * network.
 *
 * Rules that vote come from boosting: synthesis runs its first rounds, each patch some more. The
 * rules of a decision list come from covering: synthesis covers all examples, each patch the
 * failures that remain.
 *
 * @module
 */
import { boost, type BoostOptions } from "./boosting.ts";
import { cover } from "./covering.ts";
import { weighCorrections } from "../data/corrections.ts";
import type { Example } from "../data/examples.ts";
import { decideAll } from "../score/deciding.ts";
import { fitWeights } from "./fitting.ts";
import { indexFeatures } from "./features.ts";
import { createMatches, type Matches, requireLabels } from "../score/matches.ts";
import {
  createLabelCandidate,
  createPool,
  createWorth,
  type LabelCandidate,
  type Pool,
} from "./pool.ts";
import { type Proposal, type Reweight, roundWeight, type Rule, ruleId } from "../rules/rule.ts";
import { mustStay } from "../score/staying.ts";
import {
  MIN_SUPPORT,
  type Patch,
  type PatchState,
  type RefitState,
  type SynthesisTask,
  type Synthesizer,
} from "../synthesizer.ts";
import { inSlices, part, type Sliced } from "../text/slices.ts";

/** Rounds of boosting in synthesis. */
const FIRST_ROUNDS = 3;
/** Rounds of boosting in a patch. */
const ROUNDS = 6;
/** Steps of fitting in a patch that fits; more would fit the train examples too closely. */
const FIT_STEPS = 4;
/** Least gain of a candidate in boosting, in nats. */
const MIN_GAIN = 0.3;
/** The same below {@linkcode FEWEST_EXAMPLES}, as no candidate could reach it. */
const MIN_GAIN_OF_FEW = 0.1;
const FEWEST_EXAMPLES = 4;
/** Candidates of a label that gain weight in a round: this times the root of the examples, */
const PACE = 0.4;
/** and at least, at most. */
const PER_LABEL = [4, 30] as const;
/** Most candidates of all labels that gain weight in a round. */
const PER_ROUND = 1_500;
/** Sum of the steps of a label's candidates in a round, and the largest single step. */
const STEPS = 2;
const MAX_STEP = 0.2;
/** Rounds that a small budget of rules should last for, and the largest step then. */
const BUDGET_ROUNDS = 8;
const MAX_BUDGET_STEP = 0.5;
/** Longest name of a rule, in UTF-16 code units. */
const MAX_NAME = 400;
/** Features need a support of 1 below this number of examples, of 2 below the next, else of 3. */
const FEW_EXAMPLES = 100;
const SOME_EXAMPLES = 500;
/** Most features of one text that are joined if there are few: chance joins more than there is to learn. */
const MAX_JOINED_OF_FEW = 4;

/**
 * Creates the embedded synthesizer for labels, which indexes each training set once.
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
 */
export function createPatternSynthesizer(): Synthesizer {
  const indexes = new WeakMap<readonly Example[], LabelIndex>();
  function* indexOnce(task: SynthesisTask, train: readonly Example[]): Sliced<LabelIndex> {
    const index = indexes.get(train) ?? (yield* indexExamples(task, train));
    indexes.set(train, index);
    return index;
  }
  function* synthesize(
    task: SynthesisTask,
    train: readonly Example[],
    start: readonly Rule[],
  ): Sliced<Patch> {
    const matches = createMatches(train, task.labels);
    const index = yield* part("", [0, 0.7], indexOnce(task, train));
    const pool = yield* part(
      "running rules",
      [0.7, 0.75],
      createRulePool(task, index, start, matches),
    );
    return task.decide === "first"
      ? extend(pool, train.keys())
      : yield* part("boosting", [0.75, 1], grow(pool, FIRST_ROUNDS));
  }
  function* patch({ task, train, rules, matches, rejected }: PatchState): Sliced<Patch> {
    const index = yield* part("", [0, 0.2], indexOnce(task, train));
    const pool = yield* part(
      "running rules",
      [0.2, 0.4],
      createRulePool(task, index, rules, matches, rejected.flat()),
    );
    if (task.decide === "first") return extend(pool, findWrong(task, rules, matches));
    // If more rules did not raise F1, better weights may.
    return rejected.length === 0
      ? yield* part("boosting", [0.4, 1], grow(pool, ROUNDS))
      : yield* part("fitting weights", [0.4, 1], fit(pool));
  }
  return {
    name: "patterns",
    mayQuote: true,
    settings: {
      firstRounds: FIRST_ROUNDS,
      rounds: ROUNDS,
      fitSteps: FIT_STEPS,
      minGain: MIN_GAIN,
      pace: PACE,
    },
    synthesize: (task, train, start) => inSlices(synthesize(task, train, start), task.breathe),
    patch: (state) => inSlices(patch(state), state.task.breathe),
    refit: (state) => inSlices(refit(state), state.task.breathe),
  };
}

/** Learns the same structure on all examples. */
function* refit(
  { task, examples, rules, matches, accepted, dropped }: RefitState,
): Sliced<Patch> {
  const index = yield* part("", [0, 0.5], indexExamples(task, examples));
  const pool = yield* part(
    "running rules",
    [0.5, 0.6],
    createRulePool(task, index, rules, matches, dropped),
  );
  if (task.decide === "first") return relist(pool);
  const grown = accepted.filter(({ added }) => added > 0).length;
  // More examples allow for more rounds.
  const rounds = FIRST_ROUNDS + ROUNDS * (grown + 1);
  return yield* part(
    "boosting",
    [0.6, 1],
    regrow(pool, rounds, FIT_STEPS * (accepted.length - grown)),
  );
}

/** The candidates of a training set, before rules are chosen. */
interface LabelIndex {
  readonly flags: string;
  readonly pool: Pool;
  /** How many examples there are; copies of corrections come after them. */
  readonly count: number;
  readonly withCopies: (positions: Int32Array) => Int32Array;
}

function* indexExamples(
  { labels, minSupport: literalSupport = MIN_SUPPORT, corrections }: SynthesisTask,
  originals: readonly Example[],
): Sliced<LabelIndex> {
  const { examples, withCopies } = weighCorrections(originals, corrections);
  const positions = new Map(labels.map((label, position) => [label, position]));
  const gold = Int32Array.from(examples, (one) => positions.get(labelOf(one))!);
  const count = originals.length;
  const minSupport = count < FEW_EXAMPLES ? 1 : count < SOME_EXAMPLES ? 2 : 3;
  const texts = examples.map(({ text }) => text);
  const worth = createWorth(gold, labels.length);
  const maxJoined = count < FEW_EXAMPLES ? MAX_JOINED_OF_FEW : undefined;
  const options = { minSupport, literalSupport, worth, maxJoined };
  const { flags, features } = yield* part("", [0, 0.8], indexFeatures(texts, options));
  const creating = createPool(features, gold, labels.length, minSupport);
  const pool = yield* part("counting labels", [0.8, 1], creating);
  return { flags, pool, count, withCopies };
}

/** Returns the label of an example; throws if it has spans instead. */
function labelOf(example: Example): string {
  if ("label" in example) return example.label;
  throw new TypeError("The examples have spans, expected texts with labels");
}

/** A pool whose first candidates are the present rules. */
interface RulePool extends LabelIndex {
  readonly labels: readonly string[];
  readonly maxRules: number;
  readonly rules: readonly Rule[];
  /** Tells whether a rule must stay: see {@linkcode mustStay}. */
  readonly isKept: (rule: number) => boolean;
}

/**
 * Puts the present rules before the candidates of an index, and leaves out candidates that match
 * the same examples as one of these rules, or as a rule that must not come back.
 */
function* createRulePool(
  { labels, maxRules = Infinity, withheld, given }: SynthesisTask,
  index: LabelIndex,
  rules: readonly Rule[],
  matches: Matches,
  unwanted: readonly Rule[] = [],
): Sliced<RulePool> {
  const { flags, pool, withCopies } = index;
  yield* matches.adding([...rules, ...unwanted]);
  const toCandidate = ({ id, name, patterns, label, locked }: Rule): LabelCandidate => {
    const texts = withCopies(matches.of(id));
    const feature = { texts, patterns: () => [...patterns], name: () => name };
    const candidate = createLabelCandidate(pool, feature, labels.indexOf(label));
    return locked ? { ...candidate, locked } : candidate;
  };
  const present = rules.map(toCandidate);
  const known = new Set([...present, ...unwanted.map(toCandidate)].map(({ key }) => key));
  const isWithheld = ({ feature, label }: LabelCandidate) =>
    withheld!.has(ruleId({ label: labels[label], patterns: feature.patterns(), flags }));
  const others = pool.candidates.filter((candidate) =>
    !known.has(candidate.key) && !(withheld?.size && isWithheld(candidate))
  );
  const isKept = (rule: number) => mustStay(rules[rule], given, matches);
  const candidates = [...present, ...others];
  return { ...index, labels, maxRules, pool: { ...pool, candidates }, rules, isKept };
}

/** A candidate that becomes or stays a rule, and what it decides by. */
type Choice = readonly [
  candidate: number,
  strength: { readonly weight: number } | { readonly priority: number },
];

/** Adds rules to a decision list that cover the examples at `targets`. */
function extend(rulePool: RulePool, targets: Iterable<number>): Patch {
  const { rules, maxRules } = rulePool;
  const excluded = new Set(rules.keys());
  return {
    added: propose(rulePool, chooseList(rulePool, targets, excluded, maxRules - rules.length)),
  };
}

/** Makes a decision list anew. */
function relist(rulePool: RulePool): Patch {
  const { pool, maxRules } = rulePool;
  return rechoose(rulePool, chooseList(rulePool, pool.gold.keys(), new Set(), maxRules));
}

/** Covers examples; the surer a rule, the earlier its place in the list. */
function chooseList(
  { pool }: RulePool,
  targets: Iterable<number>,
  excluded: ReadonlySet<number>,
  maxRules: number,
): Choice[] {
  return cover(pool, targets, excluded, maxRules)
    .map(({ candidate, bound }) => [candidate, { priority: Math.round(bound * 1000) }]);
}

/** Finds the examples for which the present rules do not predict the gold label. */
function findWrong(task: SynthesisTask, rules: readonly Rule[], matches: Matches): number[] {
  const { labels } = decideAll(requireLabels(matches), rules, task);
  return [...labels.keys()].filter((position) => labels[position] !== matches.gold[position]);
}

/** Adds rules that vote, and gives more weight to present ones. */
function* grow(rulePool: RulePool, rounds: number): Sliced<Patch> {
  const { pool, rules, maxRules } = rulePool;
  const weights = weightsOf(rulePool);
  // Rules to which fitting gave the weight 0 count as rules too.
  const idle = rules.filter(({ weight }) => weight === 0).length;
  const pace = choosePace(pool, maxRules);
  yield* boost(pool, weights, { ...pace, rounds, maxRules: maxRules - idle });
  const added = propose(rulePool, chooseWeighted(rulePool, weights));
  return { added, reweighted: findChanges(rules, weights) };
}

/** Fits the weights of the present rules together. */
function* fit(rulePool: RulePool): Sliced<Patch> {
  const weights = weightsOf(rulePool);
  yield* fitWeights(rulePool.pool, weights, FIT_STEPS);
  return { reweighted: findChanges(rulePool.rules, weights) };
}

/** Chooses rules that vote anew. */
function* regrow(rulePool: RulePool, rounds: number, fitSteps: number): Sliced<Patch> {
  const { pool, maxRules, isKept } = rulePool;
  const weights = weightsOf(rulePool).map((weight, one) => weight > 0 && isKept(one) ? weight : 0);
  const pace = { ...choosePace(pool, maxRules), rounds, maxRules };
  yield* part("boosting", [0, 0.8], boost(pool, weights, pace));
  if (fitSteps > 0) yield* part("fitting weights", [0.8, 1], fitWeights(pool, weights, fitSteps));
  return rechoose(rulePool, chooseWeighted(rulePool, weights));
}

/** Returns the weights of the present rules, and 0 for all other candidates. */
function weightsOf({ pool, rules }: RulePool): Float64Array {
  const weights = new Float64Array(pool.candidates.length);
  rules.forEach(({ weight = 1 }, candidate) => weights[candidate] = weight);
  return weights;
}

function findChanges(rules: readonly Rule[], weights: Float64Array): Reweight[] {
  return rules.flatMap(({ id, weight = 1 }, candidate): Reweight[] => {
    const changed = roundWeight(weights[candidate]);
    return changed === weight ? [] : [{ rule: id, weight: changed }];
  });
}

/**
 * Chooses how fast to boost: more examples allow for smaller steps over more candidates. A budget
 * of few rules a label asks for larger steps over fewer candidates, whose rules then differ more.
 */
function choosePace(
  { gold, labels }: Pool,
  maxRules: number,
): Pick<BoostOptions, "perLabel" | "step" | "minGain"> {
  const [least, most] = PER_LABEL;
  const suited = Math.round(PACE * Math.sqrt(gold.length));
  const affordable = Math.max(1, Math.floor(maxRules / labels / BUDGET_ROUNDS));
  const perLabel = Math.min(
    affordable,
    Math.max(least, Math.min(most, Math.floor(PER_ROUND / labels), suited)),
  );
  const largest = affordable < least ? MAX_BUDGET_STEP : MAX_STEP;
  const minGain = gold.length < FEWEST_EXAMPLES ? MIN_GAIN_OF_FEW : MIN_GAIN;
  return { perLabel, step: Math.min(largest, STEPS / perLabel), minGain };
}

/** Chooses all candidates with a weight: present rules, then others, the most telling first. */
function chooseWeighted(
  { pool: { candidates }, rules }: RulePool,
  weights: Float64Array,
): Choice[] {
  const worth = (candidate: number) => weights[candidate] * candidates[candidate].tp;
  const chosen = [...weights.keys()].filter((candidate) => roundWeight(weights[candidate]) > 0);
  const isPresent = (candidate: number) => candidate < rules.length;
  return [
    ...chosen.filter(isPresent),
    ...chosen.filter((candidate) => !isPresent(candidate))
      .sort((a, b) => worth(b) - worth(a) || a - b),
  ].map((candidate) => [candidate, { weight: weights[candidate] }]);
}

/** Proposes those of the chosen candidates that are not rules yet. */
function propose(rulePool: RulePool, choices: readonly Choice[]): Proposal[] {
  const { labels, flags, pool, rules } = rulePool;
  return choices.filter(([position]) => position >= rules.length).map(([position, strength]) => {
    const { feature } = pool.candidates[position];
    const label = labels[pool.candidates[position].label];
    const name = `${label}/${feature.name()}`.slice(0, MAX_NAME).toWellFormed();
    const patterns = feature.patterns();
    return { name, label, patterns, flags, ...strength, ...measure(rulePool, position) };
  });
}

/**
 * Keeps present rules that are chosen again, with their new strength, and those that were given; removes
 * others.
 */
function rechoose(rulePool: RulePool, choices: readonly Choice[]): Patch {
  const { rules } = rulePool;
  const kept = choices.filter(([position]) => position < rules.length);
  const isChosen = new Set(kept.map(([position]) => position));
  return {
    added: propose(rulePool, choices),
    removed: rules.filter((_, position) => !isChosen.has(position) && !rulePool.isKept(position))
      .map(({ id }) => id),
    reweighted: kept.flatMap(([position, strength]): Reweight[] => {
      const rule = rules[position].id;
      const changed = "weight" in strength ? { weight: roundWeight(strength.weight) } : strength;
      if (!rulePool.isKept(position)) return [{ rule, ...changed, ...measure(rulePool, position) }];
      // What a rule that was given is known to be worth was measured on more than these examples.
      return "weight" in changed && !rules[position].locked ? [{ rule, ...changed }] : [];
    }),
  };
}

/** Returns the precision and the support of a candidate on the examples, each of which counts once. */
function measure(
  { pool, count }: RulePool,
  position: number,
): { precision: number; support: number } {
  const { feature, label } = pool.candidates[position];
  const texts = feature.texts.filter((text) => text < count);
  const tp = texts.filter((text) => pool.gold[text] === label).length;
  return { precision: tp / texts.length, support: texts.length };
}
