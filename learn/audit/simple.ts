/**
 * The simple coordinator: audits by the kept matches, without a model.
 *
 * @module
 */
import type { AuditProposal, AuditState, Coordinator } from "../coordinator.ts";
import { applyByHalves } from "./halving.ts";
import { findFailures } from "../score/scoring.ts";
import { createRule, type Rule } from "../rules/rule.ts";
import { countCorrect, isContradicted } from "../score/staying.ts";
import { findMerges } from "./merging.ts";

/**
 * Creates the simple coordinator, which audits once, at the end: it removes rules without a true
 * positive on train, and merges rules of one label that match the same examples or whose patterns
 * can be written as one readable alternation. It proposes only changes that do not lower F1.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { learnRules } from "../../pipeline.ts";
 * import { createSimpleCoordinator } from "./simple.ts";
 *
 * const examples = ["my card", "a card", "the rate", "a rate"]
 *   .map((text) => ({ text, label: text.endsWith("card") ? "card" : "rate" }));
 * // It is the coordinator that learnRules has by default.
 * const coordinator = createSimpleCoordinator();
 * const { scores } = await learnRules({ name: "tiny", examples }, { coordinator });
 * assertEquals(scores.train?.f1, 1);
 * ```
 */
export function createSimpleCoordinator(): Coordinator {
  return {
    name: "simple",
    mayQuote: true,
    audit(state) {
      if (state.phase !== "final") return undefined;
      const removals = keepHarmless(findUseless(state), state.rules, state);
      const useless = new Set(removals.flatMap(({ from }) => from));
      const rules = state.rules.filter(({ id }) => !useless.has(id));
      const merges = findMerges(rules.filter(({ id }) => !isGiven(id, state)), state.matches);
      return [...removals, ...keepHarmless(merges, rules, state)];
    },
  };
}

/** Proposes to remove the rules without a true positive on train, and those given that it contradicts. */
function findUseless(state: AuditState): AuditProposal[] {
  const { rules, matches } = state;
  matches.add(rules);
  return rules.flatMap((rule): AuditProposal[] => {
    const { id, locked } = rule;
    if (locked) return [];
    const reason = isGiven(id, state)
      ? isContradicted(rule, matches) && "more often wrong than right"
      : countCorrect(rule, matches).tp === 0 && "no true positive";
    return reason ? [{ kind: "remove", from: [id], reason }] : [];
  });
}

function isGiven(id: string, { task }: AuditState): boolean {
  return task.given?.has(id) ?? false;
}

/** Returns those proposals that together neither lower F1 nor leave more failures on train. */
function keepHarmless(
  proposals: readonly AuditProposal[],
  rules: readonly Rule[],
  { task, matches, evaluate }: AuditState,
): AuditProposal[] {
  if (proposals.length === 0) return [];
  const measure = (rules: readonly Rule[]) => ({
    f1: evaluate(rules).f1,
    failures: findFailures(matches, rules, task).count,
  });
  let current = rules;
  let best = measure(rules);
  return applyByHalves(proposals, (batch) => {
    const gone = new Set(batch.flatMap(({ from }) => from));
    const merged = batch.flatMap((proposal) => "to" in proposal ? createRule(proposal.to) : []);
    const next = [...current.filter(({ id }) => !gone.has(id)), ...merged];
    const found = measure(next);
    if (found.f1 < best.f1 || found.failures > best.failures) return false;
    current = next;
    best = found;
    return true;
  });
}
