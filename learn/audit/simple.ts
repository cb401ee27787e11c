/**
 * The simple coordinator: it audits by what the matches say, without a model.
 *
 * @module
 */

import type { AuditProposal, AuditState, Coordinator } from "../coordinator.ts";
import { applyByHalves } from "./halving.ts";
import { findFailures } from "../score/scoring.ts";
import { createRule, type Rule } from "../rules/rule.ts";
import { findMerges } from "./merging.ts";

/**
 * Creates the simple coordinator, which audits once, at the end: it removes rules that match no
 * example of their label, and merges rules of one label that match the same examples or whose
 * patterns combine into one readable alternation. It proposes only what leaves F1 where it was.
 */
export function createSimpleCoordinator(): Coordinator {
  return {
    name: "simple",
    audit(state) {
      if (state.phase !== "final") return undefined;
      const removals = keepHarmless(findUseless(state), state.rules, state);
      const useless = new Set(removals.flatMap(({ from }) => from));
      const rules = state.rules.filter(({ id }) => !useless.has(id));
      const merges = findMerges(rules, state.matches);
      return [...removals, ...keepHarmless(merges, rules, state)];
    },
  };
}

/** Removals of the rules that match no example of their label, as far as train can tell. */
export function findUseless({ rules, matches }: AuditState): AuditProposal[] {
  matches.add(rules);
  return rules.filter(({ id, label }) => {
    const position = matches.indexOf(label);
    return !matches.of(id).some((example) => matches.gold[example] === position);
  }).map(({ id }) => ({ kind: "remove", from: [id], reason: "no true positive" }));
}

/** Those actions that together neither lower F1 nor leave more failures on train. */
export function keepHarmless<Action extends AuditProposal>(
  actions: readonly Action[],
  rules: readonly Rule[],
  { task, matches, evaluate }: AuditState,
): Action[] {
  if (actions.length === 0) return [];
  const measure = (rules: readonly Rule[]) => ({
    f1: evaluate(rules).f1,
    failures: findFailures(matches, rules, task).count,
  });
  let current = rules;
  let best = measure(rules);
  return applyByHalves(actions, (batch) => {
    const gone = new Set(batch.flatMap(({ from }) => from));
    const merged = batch.flatMap((action) => "to" in action ? createRule(action.to) : []);
    const next = [...current.filter(({ id }) => !gone.has(id)), ...merged];
    const found = measure(next);
    if (found.f1 < best.f1 || found.failures > best.failures) return false;
    current = next;
    best = found;
    return true;
  });
}
