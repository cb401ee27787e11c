/**
 * Tells whether a line of a log can belong to a run, by what the run had so far.
 *
 * @module
 */
import { comesAfter, countOf, type LogEntry, textOf } from "../entries.ts";
import type { ChefMember } from "../members.ts";
import { mergeOpen } from "../outcome.ts";
import { isDecisionOn } from "../patches.ts";
import { countRules, readRules } from "../prompts.ts";
import { isSeen } from "../recognition.ts";
import type { RunLog } from "../run.ts";

/** Tells whether a line can be the next one of a run. */
export function fits(run: RunLog, entry: LogEntry): boolean {
  const { synthesis, patch, course } = run;
  if (!course.allows(entry)) return false;
  switch (entry.call) {
    case "rule_synthesis":
      return false;
    case "rule_synthesis_per_class": {
      // RuleChef asks for one label after the other, in order.
      const label = textOf(entry, "target_class") ?? "";
      const [size, other] = [entry, run.first].map((one) => countOf(one, "dataset_size"));
      return synthesis !== undefined && comesAfter(label, synthesis.label ?? "") &&
        (size === undefined || other === undefined || size === other);
    }
    case "patch_decision":
      return patch !== undefined && isDecisionOn(patch.proposed, entry);
    case "guide_refinement":
      return true;
    case "rule_patch":
    case "audit_rules":
    case "critique_rules":
      return showsRules(run, entry);
  }
}

/** Tells whether the rules that the prompt of a line shows can be those of a run by then. */
export function showsRules(run: RunLog, entry: LogEntry): boolean {
  const { synthesis, patch, ledger } = run;
  // The first prompt of a run shows the rules that it begins with.
  if (synthesis === undefined && (ledger.drafts.length === 0 || run.isStartOpen)) return true;
  if (run.areRulesLost) return true;
  const current = synthesis?.chefs.map((chef) => ({ chef })) ?? ledger.members;
  const seen = readRules(entry);
  const isShown = (set: readonly ChefMember[]) =>
    seen === undefined
      ? set.length > 0 && set.length === (countRules(entry) ?? set.length)
      : isSeen(seen, set);
  const sets = [current, ...(ledger.audit === undefined ? [] : [ledger.audit.members])];
  if (entry.call === "audit_rules") {
    sets.push(...ledger.snapshots.map(({ members }) => members));
  }
  return sets.some(isShown) || (patch !== undefined && isShown(mergeOpen(patch, ledger).members));
}

/**
 * Tells whether a line that does not fit may still belong to a run, and contradict it. RuleChef has no other
 * rules than those that its lines give, unless `isLossy`: lines before this one are lost.
 */
export function mayFollow(run: RunLog, entry: LogEntry, isLossy: boolean): boolean {
  const { course, ledger: { contradictions } } = run;
  if (entry.call === "patch_decision") return !course.isPast(entry);
  return !entry.call.startsWith("rule_synthesis") && course.allows(entry) &&
    (isLossy || contradictions.length > 0 || entry.call === "guide_refinement");
}
