/**
 * Decision lists: chooses their rules by covering.
 *
 * @module
 */
import { cover } from "./covering.ts";
import { decideAll } from "../score/deciding.ts";
import { createLabelCandidate, type LabelCandidate, type Pool } from "./pool.ts";
import { describeRule, type LabelIndex, type LearningState, measure } from "./label_index.ts";
import { requireLabels } from "../score/matches.ts";
import { type Proposal, type Reweight, type Rule, ruleId } from "../rules/rule.ts";
import { mustStay } from "../score/staying.ts";
import type { Patch, SynthesisTask } from "../synthesizer.ts";
import type { Sliced } from "../text/slices.ts";

/** A pool whose first candidates are the present rules. */
interface RulePool {
  readonly task: SynthesisTask;
  readonly index: LabelIndex;
  readonly pool: Pool;
  readonly rules: readonly Rule[];
  /** Tells whether a rule must stay: see {@linkcode mustStay}. */
  readonly isKept: (rule: Rule) => boolean;
}

/**
 * Puts the present rules before the candidates of an index, and leaves out candidates that match
 * the same examples as one of these rules, or as a rule that must not come back.
 */
function* createRulePool(
  { task, index, rules, matches, unwanted = [] }: LearningState,
): Sliced<RulePool> {
  const { labels, withheld, given } = task;
  const { syntax: { flags }, pool, withCopies } = index;
  yield* matches.adding([...rules, ...unwanted]);
  const toCandidate = ({ id, patterns, label }: Rule): LabelCandidate => {
    const texts = withCopies(matches.of(id));
    const feature = { texts, patterns: () => [...patterns] };
    return createLabelCandidate(pool, feature, labels.indexOf(label));
  };
  const present = rules.map(toCandidate);
  const known = new Set([...present, ...unwanted.map(toCandidate)].map(({ key }) => key));
  const isWithheld = ({ feature, label }: LabelCandidate) =>
    withheld!.has(ruleId({ label: labels[label], patterns: feature.patterns(), flags }));
  const others = pool.candidates.filter((candidate) =>
    !known.has(candidate.key) && !(withheld?.size && isWithheld(candidate))
  );
  const isKept = (rule: Rule) => mustStay(rule, given, matches);
  const candidates = [...present, ...others];
  return { task, index, pool: { ...pool, candidates }, rules, isKept };
}

/** A candidate that becomes or stays a rule, and its place in the list. */
type Choice = readonly [candidate: number, priority: number];

/** Adds rules to a decision list that cover the examples for which the present ones do not predict the gold label. */
export function* extendList(state: LearningState): Sliced<Patch> {
  const { task, rules, matches } = state;
  const rulePool = yield* createRulePool(state);
  const { labels } = decideAll(requireLabels(matches), rules, task);
  const wrong = [...labels.keys()].filter((place) => labels[place] !== matches.gold[place]);
  const targets = rules.length === 0 ? rulePool.pool.gold.keys() : wrong;
  const excluded = new Set(rules.keys());
  const { maxRules = Infinity } = task;
  const choices = yield* chooseList(rulePool, targets, excluded, maxRules - rules.length);
  return { added: propose(rulePool, choices) };
}

/** Makes a decision list anew. */
export function* relist(state: LearningState): Sliced<Patch> {
  const { task, rules } = state;
  const rulePool = yield* createRulePool(state);
  const { pool, isKept } = rulePool;
  const { maxRules = Infinity } = task;
  const choices = yield* chooseList(rulePool, pool.gold.keys(), new Set(), maxRules);
  const kept = choices.filter(([position]) => position < rules.length);
  const isChosen = new Set(kept.map(([position]) => position));
  return {
    added: propose(rulePool, choices),
    removed: rules.filter((rule, position) => !isChosen.has(position) && !isKept(rule))
      .map(({ id }) => id),
    reweighted: kept.flatMap(([position, priority]): Reweight[] => {
      const rule = rules[position];
      if (rule.locked) return [];
      // What a rule that was given is known to be worth was measured on more than these examples.
      const measured = isKept(rule) ? {} : measure(rulePool.index, pool.candidates[position]);
      return [{ rule: rule.id, priority, ...measured }];
    }),
  };
}

/** Covers examples; the surer a rule, the earlier its place in the list. */
function* chooseList(
  { pool }: RulePool,
  targets: Iterable<number>,
  excluded: ReadonlySet<number>,
  maxRules: number,
): Sliced<Choice[]> {
  const chosen = yield* cover(pool, targets, excluded, maxRules);
  return chosen.map(({ candidate, bound }) => [candidate, Math.round(bound * 1000)]);
}

/** Proposes those of the chosen candidates that are not rules yet. */
function propose({ task, index, pool, rules }: RulePool, choices: readonly Choice[]): Proposal[] {
  return choices.filter(([position]) => position >= rules.length).map(([position, priority]) => {
    const candidate = pool.candidates[position];
    const described = describeRule(task, index, candidate.label, candidate.feature.patterns());
    return { ...described, priority, ...measure(index, candidate) };
  });
}
