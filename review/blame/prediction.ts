/**
 * One prediction: since when it is wrong, the rules that made it, and the examples they were learned from.
 *
 * @module
 */
import type { Dataset } from "../../learn/data/dataset.ts";
import { labelsOf } from "../../learn/data/examples.ts";
import { compareRules, MICRO, microVote } from "../../learn/rules/decisions.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { shareCredit } from "../../learn/score/credit.ts";
import { decideAll } from "../../learn/score/deciding.ts";
import { createMatches, type Matches } from "../../learn/score/matches.ts";
import { findOutcomes } from "../../learn/score/outcomes.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import { isSame } from "../../learn/text/json.ts";
import { quote } from "../../learn/text/quoting.ts";
import type { Step } from "../../trace.ts";
import { endRules, findWrongSince, type TestedRun } from "./tested.ts";

/** What was predicted, and what is gold: the label of the example, or one span. */
export interface PredictedOutcome {
  /** The gold label; `null` for a span that is not gold. */
  readonly gold: string | null;
  /** The predicted label; `null` if nothing is predicted. */
  readonly predicted: string | null;
  /** Whether rules predicted it, not the default. */
  readonly isDecided: boolean;
  /** For a span where it begins, in UTF-16 code units: the gold one if there are two. */
  readonly start?: number;
  /** For a span where it ends, in UTF-16 code units. */
  readonly end?: number;
}

/** A step after which the prediction is another than before. */
export interface PredictionStep {
  /** Index of the step; `null` for the prediction without rules. */
  readonly step: number | null;
  /** What kind of step it is; missing without rules. */
  readonly type?: Step["type"];
  /** Whether all of the example is correct after it. */
  readonly isRight: boolean;
  /** The prediction after it. */
  readonly outcomes: readonly PredictedOutcome[];
}

/** The votes for one label. */
export interface LabelVotes {
  /** The label. */
  readonly label: string;
  /** Its sum of weights. */
  readonly votes: number;
}

/** A rule that matches the example. */
export interface FiringRule {
  /** Id of the rule. */
  readonly rule: string;
  /** Its label. */
  readonly label: string;
  /** Its weight, 1 if it has none. */
  readonly weight: number;
  /** Index of the first step after which the rule was there. */
  readonly broughtBy: number;
  /** Its parts in the prediction. */
  readonly credit: PredictionCredit;
}

/** The parts of a rule in one prediction: Shapley values (see `shareCredit`). */
export interface PredictionCredit {
  /**
   * Its part in the example being correct, -1 to 1; 0 for all if no set of these rules makes it so. With spans, in
   * those that are correct, less those that are not.
   */
  readonly correct: number;
  /** Its part in the predicted label, right or wrong: 0 to 1 for rules with that label. Missing for spans. */
  readonly predicted?: number;
  /** The larger standard error of these; 0 if they are exact. */
  readonly error: number;
}

/** An example that was learned from and on which the same rules fire. */
export interface SimilarExample {
  /** Id of the example. */
  readonly id: string;
  /** Its labels: one, or one for each span. */
  readonly labels: readonly string[];
  /** The share of the rules that fire, by weight, that also fires on this one, 0 to 1. */
  readonly share: number;
}

/** One prediction, and where it comes from. No text, and no rule that does not match the example. */
export interface PredictionBlame {
  /** Id of the example. */
  readonly example: string;
  /** Whether all of the example is correct at the end. */
  readonly isRight: boolean;
  /**
   * Index of the first step after which the example never was correct again; `null` if it never was correct;
   * missing if it is correct at the end.
   */
  readonly since?: number | null;
  /** The prediction at the end: one outcome for a label, else one for each span that is gold or predicted. */
  readonly outcomes: readonly PredictedOutcome[];
  /** The prediction without rules, and each that differs from the one before it. */
  readonly path: readonly PredictionStep[];
  /** The votes at the end, most first; empty if rules do not decide by votes. */
  readonly votes: readonly LabelVotes[];
  /** The rules at the end that match the example: by weight if they vote, else in the order they decide in. */
  readonly rules: readonly FiringRule[];
  /** The examples learned from that share most of these rules, most first, 20 at most. */
  readonly similar: readonly SimilarExample[];
}

const MAX_SIMILAR = 20;
/** The most additions for exact credit of one example: a few seconds. */
const EFFORT = 1e8;

/**
 * Explains the prediction of one test example. The examples that share most rules with it are where these rules
 * come from: what to look at first, but no proof that the prediction would be another without them.
 *
 * @param id of a test example
 * @param train the examples that the run learned from
 * @throws {RangeError} if no test example has the id
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset } from "../../learn/data/dataset.ts";
 * import { readTrace } from "../../trace.ts";
 * import { blamePrediction } from "./prediction.ts";
 * import { testRun } from "./tested.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const test = await readDataset("examples/banking_test.jsonl");
 * const train = await readDataset("examples/banking.jsonl");
 * const { isRight, outcomes } = blamePrediction(testRun(trace, test), test.examples[0].id, train);
 * assertEquals(isRight, outcomes.every(({ gold, predicted }) => gold === predicted));
 * ```
 */
export function blamePrediction(run: TestedRun, id: string, train: Dataset): PredictionBlame {
  const { states, matches, decision } = run;
  const position = matches.examples.findIndex((example) => example.id === id);
  if (position === -1) throw new RangeError(`No test example has the id ${quote(id)}`);
  const isFiring = new Set(
    [...run.broughtBy.keys()].filter((rule) => isMatch(matches, rule, position)),
  );
  const outcomesOf = (rules: readonly Rule[]) =>
    predict(run, rules.filter((rule) => isFiring.has(rule.id)), position);
  const [none, ...after] = [[], ...states.map(({ rules }) => rules)].map(outcomesOf);
  const all: PredictionStep[] = [
    { step: null, ...judge(none) },
    ...states.map(({ step: { index, type } }, at) => ({ step: index, type, ...judge(after[at]) })),
  ];
  const end = all[all.length - 1];
  const since = findWrongSince(run, all.map(({ isRight }) => isRight));
  const compare = decision.decide === "vote" && matches.kind === "labels"
    ? (a: Rule, b: Rule) => microVote(b) - microVote(a) || compareRules(a, b)
    : compareRules;
  const rules = endRules(run).filter((rule) => isFiring.has(rule.id)).sort(compare);
  return {
    example: id,
    isRight: end.isRight,
    ...(since === undefined ? {} : { since }),
    outcomes: end.outcomes,
    path: all.filter(({ outcomes }, at) => at === 0 || !isSame(outcomes, all[at - 1].outcomes)),
    votes: compare === compareRules ? [] : countVotes(rules),
    rules: listRules(run, rules, position),
    similar: findSimilar(rules, train, matches.labels),
  };
}

/** Tells whether a rule matches anything in an example. */
function isMatch(matches: Matches, rule: string, position: number): boolean {
  const items = matches.of(rule);
  return matches.kind === "labels"
    ? items.includes(position)
    : items.some((item) => matches.items[item].example === position);
}

/** Predicts one example by rules that match it. */
function predict(
  { matches, decision }: TestedRun,
  rules: readonly Rule[],
  position: number,
): PredictedOutcome[] {
  const nameOf = (label: number) => label === -1 ? null : matches.labels[label];
  return findOutcomes(matches, rules, decision)
    .filter(({ example }) => example === position)
    .map(({ item, gold, predicted, isDecided }) => ({
      gold: nameOf(gold),
      predicted: nameOf(predicted),
      isDecided,
      ...(matches.kind === "labels"
        ? {}
        : { start: matches.items[item].start, end: matches.items[item].end }),
    }));
}

function judge(
  outcomes: readonly PredictedOutcome[],
): Pick<PredictionStep, "isRight" | "outcomes"> {
  return { isRight: outcomes.every(({ gold, predicted }) => gold === predicted), outcomes };
}

function countVotes(rules: readonly Rule[]): LabelVotes[] {
  const byLabel = Map.groupBy(rules, ({ label }) => label);
  return [...byLabel].sort(([a], [b]) => compareCodeUnits(a, b))
    .map(([label, members]) => ({
      label,
      votes: members.reduce((sum, rule) => sum + microVote(rule), 0) / MICRO,
    }))
    .sort((a, b) => b.votes - a.votes);
}

function listRules(run: TestedRun, rules: readonly Rule[], position: number): FiringRule[] {
  const credit = shareParts(run, rules, position);
  return rules.map((rule, at) => ({
    rule: rule.id,
    label: rule.label,
    weight: microVote(rule) / MICRO,
    broughtBy: run.broughtBy.get(rule.id)!,
    credit: credit[at],
  }));
}

/** Shares the credit for one example being correct, and for its predicted label, as if that were gold. */
function shareParts(
  { matches, decision }: TestedRun,
  rules: readonly Rule[],
  position: number,
): PredictionCredit[] {
  const share = (matches: Matches) =>
    shareCredit(matches, rules, decision, { examples: [position], effort: EFFORT }).rules;
  const correct = share(matches);
  if (matches.kind === "spans") {
    return correct.map(({ credit, error }) => ({ correct: credit, error }));
  }
  const { labels } = decideAll(matches, rules, decision);
  const predicted = share({ ...matches, gold: labels });
  return correct.map(({ credit, error }, at) => ({
    correct: credit,
    predicted: predicted[at].credit,
    error: Math.max(error, predicted[at].error),
  }));
}

/** Finds the examples on which rules fire that hold the most of all their weight. */
function findSimilar(
  rules: readonly Rule[],
  train: Dataset,
  labels: readonly string[],
): SimilarExample[] {
  const matches = createMatches(train.examples, [...train.labels, ...labels]);
  matches.add(rules);
  const shared = new Float64Array(train.examples.length);
  let total = 0;
  for (const rule of rules) {
    total += microVote(rule);
    const items = matches.of(rule.id);
    const examples = matches.kind === "labels"
      ? items
      : new Set(Array.from(items, (item) => matches.items[item].example));
    for (const example of examples) shared[example] += microVote(rule);
  }
  return shared.keys().toArray().filter((example) => shared[example] > 0)
    .sort((a, b) => shared[b] - shared[a] || a - b)
    .slice(0, MAX_SIMILAR)
    .map((example) => ({
      id: train.examples[example].id,
      labels: labelsOf(train.examples[example]),
      share: shared[example] / total,
    }));
}
