/**
 * Learning rules that vote, in stages: few rules first, then twice as many, each stage drops what is missed the least, grows
 * and extends the others, and fits all weights together.
 *
 * @module
 */
import { extend } from "./extending.ts";
import { fitWeights } from "./fitting.ts";
import { grow } from "./growing.ts";
import { describeRule, type LearningState, measure, supportOf } from "./label_index.ts";
import { type Proposal, type Reweight, roundWeight, type Rule, ruleId } from "../rules/rule.ts";
import { mustStay } from "../score/staying.ts";
import type { Patch, PatchState, SynthesisTask } from "../synthesizer.ts";
import { part, type Sliced } from "../text/slices.ts";
import { broaden, thin } from "./thinning.ts";
import { Votes } from "./votes.ts";
import { type Ensemble, readConditions, type VotingRule, writePatterns } from "./voting_rules.ts";

/** Batches of candidates in synthesis, and in each stage after it. */
const FIRST_BATCHES = 8;
const BATCHES = 4;
/** Rounds of extending in a stage. */
const ROUNDS = 3;
/** Stages of a refit. */
const REFIT_STAGES = 3;
/** Share of the rules that a stage drops before it grows others. */
const DROPPED = 0.25;
/** How many times as many rules a stage has as the one before, and after a rejected patch. Then it has all that help. */
const GROWTHS = [2, 8] as const;
/** Least loss of a rule of all candidates together, in nats: of the first rules, and in the end. */
const FIRST_LOSS = 0.4;
const MIN_LOSS = 0.1;
/** Most rules without a budget. */
const MOST_RULES = 20_000;
/** Least gain of a candidate, and of an alternative, in nats. */
const MIN_GAIN = 0.3;
/** Sweeps of fitting in a patch that does nothing else, and at the end. */
const LAST_SWEEPS = 20;
/** Penalty on half the square of a weight. */
const WEIGHT_PENALTY = 1;
/** The same for all candidates together. */
const WEIGHT_PENALTY_OF_ALL = 0.3;
/** Least and greatest penalty for each example that a rule matches: one over the examples of a label. */
const MATCH_PENALTY = [0.003, 0.1] as const;
/** Least one for all candidates together. */
const MATCH_PENALTY_OF_ALL = 0.03;

/** The settings that the trace records. */
export const votingSettings = {
  firstBatches: FIRST_BATCHES,
  batches: BATCHES,
  rounds: ROUNDS,
  dropped: DROPPED,
  growths: GROWTHS,
  minGain: MIN_GAIN,
};

/**
 * Learns the first rules. If they are to be few, that is one a label on average, besides those that the run begins with;
 * else all that are missed much.
 */
export function* beginVoting(state: LearningState): Sliced<Patch> {
  const ensemble = yield* part("running rules", [0, 0.1], createEnsemble(state, () => true));
  const { maxRules = Infinity, labels } = state.task;
  if (!isToBeSmall(state.task)) {
    // Few examples cannot decide how many rules are best, and rules that make up for each other are.
    const minLoss = supportOf(state.index.count / labels.length) === 1 ? MIN_LOSS : FIRST_LOSS;
    yield* part("weighing all candidates", [0.1, 1], weighAll(ensemble, Infinity, minLoss));
  } else {
    const size = Math.min(maxRules, state.rules.length + labels.length);
    yield* part("growing rules", [0.1, 0.5], grow(ensemble, size, FIRST_BATCHES, MIN_GAIN));
    yield* part("extending rules", [0.5, 1], extendAll(ensemble));
  }
  const { added, reweighted } = toPatch(state, ensemble);
  return { added, reweighted };
}

/**
 * Learns more rules, or others if there are as many as there may be. Each rejected patch since the last accepted one
 * makes the next one go further.
 */
export function* patchVoting(
  state: LearningState,
  { rejected }: Pick<PatchState, "rejected">,
): Sliced<Patch> {
  const { task: { maxRules = Infinity }, rules } = state;
  const isSmall = isToBeSmall(state.task);
  // All candidates were weighed, and those that would be missed were fewer than there could be.
  if (!isSmall && rejected.length > 0 && rejected.at(-1)!.length < rules.length) return {};
  const ensemble = yield* part("running rules", [0, 0.1], createEnsemble(state));
  const size = rules.length * (GROWTHS[rejected.length] ?? Infinity);
  /** How many times as many rules the patch before was for. */
  const reached = GROWTHS[rejected.length - 1] ?? Infinity;
  if (!isSmall) {
    yield* part("weighing all candidates", [0.1, 1], weighAll(ensemble, size, MIN_LOSS));
  } else if (rejected.length > 0 && rules.length * reached >= maxRules) {
    yield* part("fitting weights", [0.1, 1], refine(ensemble, rejected.length));
  } else {
    yield* part("", [0.1, 1], runStage(ensemble, Math.min(maxRules, size)));
    const patch = toPatch(state, ensemble);
    // With nothing left to grow, going further leads to the rules that were rejected already.
    return rejected.some((rules) => bringsOnly(rules, patch, ensemble)) ? {} : patch;
  }
  return toPatch(state, ensemble);
}

/** Tells whether a patch brings rules, and these are the given ones. */
function bringsOnly(
  rules: readonly Rule[],
  { added = [], replaced = [] }: Patch,
  { syntax: { flags } }: Ensemble,
): boolean {
  const known = new Set(rules.map(({ id }) => id));
  const brought = [...added, ...replaced.map(({ to }) => to)];
  return known.size > 0 && brought.length === known.size &&
    brought.every((rule) => known.has(ruleId({ ...rule, flags })));
}

/** Learns the same structure on all examples, from the present rules on. */
export function* refitVoting(state: LearningState): Sliced<Patch> {
  const ensemble = yield* part("running rules", [0, 0.1], createEnsemble(state));
  const { task, rules: { length } } = state;
  if (!isToBeSmall(task)) {
    yield* part("weighing all candidates", [0.1, 0.9], weighAll(ensemble, Infinity, MIN_LOSS));
  } else {
    for (let stage = 0; stage < REFIT_STAGES; stage++) {
      const [from, to] = [stage, stage + 1].map((at) => 0.1 + 0.8 * at / REFIT_STAGES);
      yield* part("", [from, to], runStage(ensemble, length));
    }
  }
  const { votes, rules, penalty } = ensemble;
  yield* part("fitting weights", [0.9, 1], fitWeights(votes, rules, LAST_SWEEPS, penalty));
  const { added = [], replaced = [], removed = [], reweighted } = toPatch(state, ensemble, true);
  // The step of a refit does not name what a rule takes the place of.
  return {
    added: [...replaced.map(({ to }) => to), ...added],
    removed: [...replaced.map(({ from }) => from), ...removed],
    reweighted,
  };
}

/** Tells whether rules are to be few, and so worth their alternatives. */
function isToBeSmall({ maxRules = Infinity, within }: SynthesisTask): boolean {
  return maxRules < Infinity || within !== undefined;
}

/** One stage on the way to a small set: drops the rules that are missed the least, grows others and extends all. */
function* runStage(ensemble: Ensemble, size: number): Sliced<void> {
  const left = Math.round(ensemble.rules.length * (1 - DROPPED));
  yield* part("dropping rules", [0, 0.1], thin(ensemble, { size: left }));
  yield* part("growing rules", [0.1, 0.4], grow(ensemble, size, BATCHES, MIN_GAIN));
  yield* part("extending rules", [0.4, 1], extendAll(ensemble));
}

/** Fits the weights of all candidates together, and keeps those that would be missed. */
function* weighAll(ensemble: Ensemble, size: number, minLoss: number): Sliced<void> {
  const match = Math.max(MATCH_PENALTY_OF_ALL, ensemble.penalty.match);
  const penalty = { weight: WEIGHT_PENALTY_OF_ALL, match };
  yield* broaden(ensemble, penalty, { size: Math.min(size, MOST_RULES), minLoss });
}

function* extendAll(ensemble: Ensemble): Sliced<void> {
  for (let round = 0; round < ROUNDS; round++) {
    yield* part("", [round / ROUNDS, (round + 1) / ROUNDS], extend(ensemble, MIN_GAIN));
  }
}

/** Changes a set that is as large as it may be: alternatives and weights first, then weights alone. */
function* refine(ensemble: Ensemble, rejected: number): Sliced<void> {
  const { votes, rules, penalty } = ensemble;
  if (rejected === 1) yield* part("extending rules", [0, 0.5], extendAll(ensemble));
  yield* part("fitting weights", [0.5, 1], fitWeights(votes, rules, LAST_SWEEPS, penalty));
}

/** @param isStaying by default tells whether a rule must stay: see {@linkcode mustStay} */
function* createEnsemble(
  { task, index, rules, matches, unwanted = [] }: LearningState,
  isStaying: (rule: Rule) => boolean = (rule) => mustStay(rule, task.given, matches),
): Sliced<Ensemble> {
  const { labels, withheld = new Set() } = task;
  const { pool, syntax, withCopies, count } = index;
  yield* matches.adding([...rules, ...unwanted]);
  const [least, most] = MATCH_PENALTY;
  const match = Math.min(most, Math.max(least, labels.length / count));
  const votes = new Votes(pool.gold, labels.length);
  const present = rules.map((rule): VotingRule => {
    const { id, label, weight = 1, locked = false, flags, not, group, template } = rule;
    const isPlain = flags === syntax.flags && (not ?? group ?? template) === undefined;
    const conditions = isPlain ? readConditions(rule, syntax) : rule.patterns.map((one) => [one]);
    const texts = withCopies(matches.of(id));
    const isKept = isStaying(rule);
    return {
      label: labels.indexOf(label),
      texts,
      weight,
      // What a rule that was given is known to be worth was measured on more than these examples.
      expected: isKept ? weight : 0,
      locked,
      conditions,
      rule,
      isKept,
      isPlain,
    };
  });
  for (const rule of present) votes.move(rule, rule.weight);
  yield* votes.settle();
  const penalty = { weight: WEIGHT_PENALTY, match };
  const refused = new Set([...withheld, ...unwanted.map(({ id }) => id)]);
  return { pool, syntax, votes, penalty, rules: present, labels, unwanted: refused };
}

/** Returns the change from the present rules to those of an ensemble. */
function toPatch(
  { task, index, rules }: LearningState,
  ensemble: Ensemble,
  isMeasured = false,
): Patch {
  const { syntax } = ensemble;
  const added: Proposal[] = [];
  const replaced: { from: string; to: Proposal }[] = [];
  const reweighted: Reweight[] = [];
  const gone = new Map(rules.map((rule) => [rule.id, rule]));
  const kept: (readonly [VotingRule, Rule])[] = [];
  const fresh: VotingRule[] = [];
  for (const one of ensemble.rules) {
    const { rule, isKept } = one;
    const isIdle = roundWeight(one.weight) === 0 && !isKept;
    if (isIdle) continue;
    const patterns = writePatterns(one, syntax);
    const isSame = rule !== undefined && (!one.isPlain || isEqual(patterns, rule.patterns));
    if (isSame) kept.push([one, rule]);
    else fresh.push(one);
    if (rule !== undefined) gone.delete(rule.id);
  }
  for (const one of fresh) {
    const described = describeRule(task, index, one.label, writePatterns(one, syntax));
    const to = { ...described, weight: roundWeight(one.weight), ...measure(index, one) };
    // A rule that was dropped may have come again, or another may have become what it was.
    const again = gone.get(ruleId({ ...to, flags: syntax.flags }));
    if (again !== undefined) {
      kept.push([one, again]);
      gone.delete(again.id);
      if (one.rule !== undefined) gone.set(one.rule.id, one.rule);
    } else if (one.rule !== undefined) replaced.push({ from: one.rule.id, to });
    else added.push(to);
  }
  for (const [one, rule] of kept) {
    const weight = roundWeight(one.weight);
    if (rule.locked) continue;
    const isChanged = weight !== (rule.weight ?? 1);
    // What a rule that was given is known to be worth was measured on more than these examples.
    const measured = isMeasured && !one.isKept ? measure(index, one) : {};
    if (isChanged || Object.keys(measured).length > 0) {
      reweighted.push({ rule: rule.id, weight, ...measured });
    }
  }
  return { added, replaced, removed: [...gone.keys()], reweighted };
}

function isEqual(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, place) => one === others[place]);
}
