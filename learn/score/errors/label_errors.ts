/**
 * What rules get wrong that label texts: the votes for each wrong example, and the rules behind them.
 *
 * @module
 */
import {
  compareRules,
  countVotes,
  type Decide,
  MICRO,
  microThreshold,
  microVote,
} from "../../rules/decisions.ts";
import type { Rule } from "../../rules/rule.ts";
import { compileRule } from "../../rules/running.ts";
import { compareCodeUnits } from "../../text/folding.ts";
import type { ErrorsOptions, LabelError, LabelErrors, MatchedRule } from "../errors.ts";
import type { LabelMatches } from "../label_matches.ts";
import { findOutcomes, type Outcome } from "../outcomes.ts";
import { scoreLabels } from "../scoring.ts";
import { describeLabels, groupPairs, placeRules } from "./grouping.ts";

/**
 * Finds what rules get wrong that label texts.
 *
 * @throws {RangeError} as `findOutcomes` does
 */
export function findLabelErrors(
  matches: LabelMatches,
  rules: readonly Rule[],
  options: ErrorsOptions,
): LabelErrors {
  const { decide, threshold, lineOf, limit = Infinity } = options;
  const outcomes = findOutcomes(matches, rules, options);
  const wrong = outcomes.filter(({ gold, predicted }) => gold !== predicted);
  const groups = groupPairs(wrong).map((members) => ({
    members,
    shown: members.slice(0, limit),
  }));
  const matching = listMatching(matches, rules, groups.flatMap(({ shown }) => shown));
  const describe = describer(matches, rules, decide, threshold);
  return {
    task: "classification",
    decide,
    ...(decide === "vote" ? { threshold } : {}),
    rules: rules.length,
    examples: outcomes.length,
    wrong: wrong.length,
    labels: describeLabels(scoreLabels(matches, rules, options), rules),
    pairs: groups.map(({ members: [{ gold, predicted }, ...others], shown }) => ({
      gold: matches.labels[gold],
      predicted: matches.labels[predicted] ?? null,
      count: others.length + 1,
      examples: shown.map((outcome) => {
        const { id, text } = matches.examples[outcome.example];
        const line = lineOf?.(outcome.example);
        return {
          id,
          ...(line === undefined ? {} : { line }),
          text,
          ...describe(outcome, matching.get(outcome.example) ?? []),
        };
      }),
    })),
  };
}

/** Lists for each of the examples of `outcomes` the rules that match it, in their order. */
function listMatching(
  matches: LabelMatches,
  rules: readonly Rule[],
  outcomes: readonly Outcome[],
): Map<number, Rule[]> {
  const matching = new Map(outcomes.map(({ example }) => [example, [] as Rule[]]));
  for (const rule of rules) {
    for (const example of matches.of(rule.id)) matching.get(example)?.push(rule);
  }
  return matching;
}

/** Returns a function that describes how the rules that match an example decided on it. */
function describer(
  matches: LabelMatches,
  rules: readonly Rule[],
  decide: Decide,
  threshold: number,
): (outcome: Outcome, matching: readonly Rule[]) => Omit<LabelError, "id" | "line" | "text"> {
  const placeOf = decide === "first" ? placeRules(rules) : undefined;
  const least = microThreshold(decide === "vote" ? threshold : 0);
  return ({ example, gold, predicted, isDecided, margin }, matching) => {
    const { text } = matches.examples[example];
    const nameOf = (label: number) => matches.labels[label];
    const describe = (rule: Rule): MatchedRule => ({
      rule: rule.id,
      name: rule.name,
      ...(placeOf === undefined ? { votes: microVote(rule) / MICRO } : { place: placeOf(rule) }),
      at: compileRule(rule).locate(text),
    });
    const of = (label: number) =>
      matching.filter((rule) => rule.label === nameOf(label)).sort((a, b) =>
        decide === "vote"
          ? microVote(b) - microVote(a) || compareCodeUnits(a.id, b.id)
          : compareRules(a, b)
      );
    const decisive = isDecided ? of(predicted) : [];
    const byDefault = isDecided || predicted === -1 ? {} : { isDefault: true as const };
    const needed = of(gold).map(describe);
    if (decide === "first") {
      return { ...byDefault, decidedBy: decisive.slice(0, 1).map(describe), needed };
    }
    const votes = countVotes(matching).filter(({ votes }) => votes > 0);
    const own = votes.find(({ label }) => label === nameOf(gold))?.votes ?? 0;
    const rival = votes.find(({ label }) => label !== nameOf(gold))?.votes ?? 0;
    return {
      ...byDefault,
      votes: votes.map(({ label, votes }) => ({ label, votes: votes / MICRO })),
      margin,
      lacked: (Math.max(rival, least) - own) / MICRO,
      // A rule of weight 0 decides nothing.
      decidedBy: decisive.filter((rule) => microVote(rule) > 0).map(describe),
      needed,
    };
  };
}
