/**
 * Pruning: drops rules that others make superfluous, and rules over the budget.
 *
 * @module
 */
import type { Decide } from "../learn/rules/decisions.ts";
import { applyByHalves } from "../learn/audit/halving.ts";
import type { Matches } from "../learn/score/matches.ts";
import { findingFailures, type Scores } from "../learn/score/scoring.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { SAME_MATCHES } from "../learn/score/matches.ts";
import { eachSliced, part, type Sliced } from "../learn/text/slices.ts";
import { findOverBudget, weakestFirst } from "../record/protocol.ts";
import type { StepOf } from "../trace.ts";

type Dropped = StepOf<"prune">["dropped"];

/** Rules that pruning leaves, and those that it drops with the reasons. */
export interface Pruned {
  readonly rules: readonly Rule[];
  readonly dropped: Dropped;
}

/** Options of {@linkcode prune}. */
export interface PruneOptions {
  readonly decide: Decide;
  readonly maxRules?: number;
  /** Ids of rules that go only for the budget. By default, none. */
  readonly given?: ReadonlySet<string>;
  /** Returns numbers that must not fall. */
  readonly evaluate: (rules: readonly Rule[]) => Sliced<readonly number[]>;
}

/** Measures rules by numbers that must not fall: F1 by `evaluate`, and how few failures they leave. */
export function measureBy(
  evaluate: (rules: readonly Rule[]) => Sliced<Scores>,
  matches: Matches,
  options: Parameters<typeof findingFailures>[2],
): PruneOptions["evaluate"] {
  return function* (rules) {
    const { f1 } = yield* part("", [0, 0.2], evaluate(rules));
    const { count } = yield* part("", [0.2, 1], findingFailures(matches, rules, options));
    return [f1, -count];
  };
}

/**
 * Drops rules whose matches on train another rule of their label has too, if no number falls; then
 * the weakest rules over `maxRules`: the lowest weights, or the last in a decision list.
 */
export function* prune(
  rules: readonly Rule[],
  matches: Matches,
  { decide, maxRules, given, evaluate }: PruneOptions,
): Sliced<Pruned> {
  let current = rules;
  let values = yield* part("", [0, 0.1], evaluate(rules));
  // The weakest rules go first.
  const finding = findSubsumed(rules, matches, weakestFirst(rules, decide));
  const subsumed = (yield* part("", [0.1, 0.2], finding)).filter(({ rule }) => !given?.has(rule));
  const applying = applyByHalves(subsumed, function* (batch) {
    const gone = new Set(batch.map(({ rule }) => rule));
    const next = current.filter(({ id }) => !gone.has(id));
    const after = yield* evaluate(next);
    if (after.some((value, index) => value < values[index])) return false;
    current = next;
    values = after;
    return true;
  });
  const dropped = yield* part("", [0.2, 1], applying);
  const left = dropWeakest(current, { decide, maxRules });
  return { rules: left.rules, dropped: [...dropped, ...left.dropped] };
}

/** Drops the weakest rules over `maxRules`. */
export function dropWeakest(
  rules: readonly Rule[],
  budget: Pick<PruneOptions, "decide" | "maxRules">,
): Pruned {
  const over = findOverBudget(rules, budget);
  const gone = new Set(over);
  return {
    rules: rules.filter((rule) => !gone.has(rule)),
    dropped: over.map(({ id }) => ({ rule: id, reason: "budget" })),
  };
}

/** Finds rules whose matches, if they are enough to tell, a stronger rule of their label has too. */
function* findSubsumed(
  rules: readonly Rule[],
  matches: Matches,
  weakest: readonly Rule[],
): Sliced<Dropped> {
  yield* part("", [0, 0.4], matches.adding(rules));
  /** For each item, the rules that match it, strongest first. */
  const matching: Rule[][] = Array.from(matches.gold, () => []);
  const rank = new Map(weakest.map((rule, index) => [rule, index]));
  for (const rule of weakest.toReversed()) {
    for (const item of matches.of(rule.id)) matching[item].push(rule);
  }
  const dropped: Dropped[number][] = [];
  yield* part(
    "",
    [0.4, 1],
    eachSliced(weakest, (rule) => {
      const items = matches.of(rule.id);
      if (items.length < SAME_MATCHES) return;
      const by = matching[items[0]].find((other) =>
        other.label === rule.label && rank.get(other)! > rank.get(rule)! &&
        includesAll(matches.of(other.id), items)
      );
      if (by !== undefined) dropped.push({ rule: rule.id, reason: "subsumed", by: by.id });
    }, RULES),
  );
  return dropped;
}

/** Rules between two pauses. */
const RULES = 64;

/** Tells whether an ascending list holds all of another. */
function includesAll(list: Int32Array, others: Int32Array): boolean {
  if (others.length > list.length) return false;
  let at = 0;
  for (const other of others) {
    while (at < list.length && list[at] < other) at++;
    if (list[at] !== other) return false;
  }
  return true;
}
