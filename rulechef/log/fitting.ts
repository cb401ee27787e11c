/**
 * Tells whether a line of a log can belong to a run, by what the run had so far.
 *
 * @module
 */
import { comesAfter, countOf, type LogEntry, textOf } from "./entries.ts";
import { isDecisionOn } from "./patches.ts";
import { readRules } from "./prompts.ts";
import { isSeen } from "./recognition.ts";
import type { RunLog } from "./run.ts";

/** Tells whether a line can be the next one of a run. */
export function fits(run: RunLog, entry: LogEntry): boolean {
  const { synthesis, patch, guide, ledger } = run;
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
    case "patch_decision": {
      const iteration = countOf(entry, "iteration") ?? run.iteration + 1;
      // Guidance after a patch is for the next one.
      return patch !== undefined && guide === undefined && iteration > run.iteration &&
        isDecisionOn(patch.proposed, entry);
    }
    case "guide_refinement":
      return guide === undefined &&
        (countOf(entry, "iteration") ?? run.iteration + 1) > lastIterationOf(run);
    case "rule_patch":
    case "audit_rules":
    case "critique_rules": {
      // The first prompt of a run shows the rules that it begins with.
      if (ledger.drafts.length === 0 && synthesis === undefined) return true;
      const current = synthesis?.chefs.map((chef) => ({ chef })) ?? ledger.members;
      const seen = readRules(entry);
      if (seen === undefined) return current.length > 0;
      const sets = [current, ...(ledger.audit === undefined ? [] : [ledger.audit.members])];
      if (entry.call === "audit_rules") {
        sets.push(...ledger.snapshots.map(({ members }) => members));
      }
      return sets.some((set) => isSeen(seen, set)) ||
        (patch !== undefined && isSeen(seen, run.merge(patch.proposed, patch.deleted).members));
    }
  }
}

/** Tells whether a line counts an iteration that a run is past. */
export function isBefore(run: RunLog, entry: LogEntry): boolean {
  const iteration = countOf(entry, "iteration");
  return iteration !== undefined && iteration <= run.iteration;
}

/** Returns the number of the last iteration that a line of a run mentions. */
function lastIterationOf({ iteration, patch, guide }: RunLog): number {
  const guided = guide ?? patch?.guide;
  const open = guided === undefined ? undefined : countOf(guided, "iteration");
  return Math.max(iteration + (patch === undefined ? 0 : 1), open ?? 0);
}
