/**
 * The simple coordinator: audits by the kept matches, without a model.
 *
 * @module
 */
import type { AuditProposal, AuditState, Coordinator } from "../coordinator.ts";
import { applyByHalves } from "./halving.ts";
import { findingFailures } from "../score/scoring.ts";
import { inSlices, part, type Sliced } from "../text/slices.ts";
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
      return state.phase === "final" ? inSlices(review(state), state.task.breathe) : undefined;
    },
  };
}

/** Proposes to remove useless rules, then to merge others. */
function* review(state: AuditState): Sliced<AuditProposal[]> {
  const finding = keepHarmless(findUseless(state), state.rules, state);
  const removals = yield* part("removing rules", [0, 0.3], finding);
  const useless = new Set(removals.flatMap(({ from }) => from));
  const rules = state.rules.filter(({ id }) => !useless.has(id));
  const open = rules.filter(({ id }) => !isGiven(id, state));
  const merges = yield* part("finding merges", [0.3, 0.6], findMerges(open, state.matches));
  const kept = yield* part("merging rules", [0.6, 1], keepHarmless(merges, rules, state));
  return [...removals, ...kept];
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
function* keepHarmless(
  proposals: readonly AuditProposal[],
  rules: readonly Rule[],
  { task, matches, evaluate }: AuditState,
): Sliced<AuditProposal[]> {
  if (proposals.length === 0) return [];
  function* measure(rules: readonly Rule[]): Sliced<{ f1: number; failures: number }> {
    const { count } = yield* part("", [0, 0.8], findingFailures(matches, rules, task));
    yield 0.8;
    return { f1: evaluate(rules).f1, failures: count };
  }
  let current = rules;
  let best = yield* measure(rules);
  return yield* applyByHalves(proposals, function* (batch) {
    const gone = new Set(batch.flatMap(({ from }) => from));
    const merged = batch.flatMap((proposal) => "to" in proposal ? createRule(proposal.to) : []);
    const next = [...current.filter(({ id }) => !gone.has(id)), ...merged];
    const found = yield* measure(next);
    if (found.f1 < best.f1 || found.failures > best.failures) return false;
    current = next;
    best = found;
    return true;
  });
}
