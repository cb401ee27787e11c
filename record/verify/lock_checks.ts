/**
 * Checks of locked rules: a run begins with them, and nothing changes them.
 *
 * @module
 */
import { differingStrengths } from "../../learn/rules/rule.ts";
import type { Fold } from "../fold.ts";
import type { StepBody } from "../schema.ts";

/** Returns what is wrong with what a step did to locked rules; `fold` has the rules after it. */
export function findLockProblem(step: StepBody, fold: Pick<Fold, "changes">): string | undefined {
  for (const [before, after] of fold.changes()) {
    if (before?.locked && after === undefined) return `removes ${before.id}, which is locked`;
    if (before?.locked && differingStrengths(before, after!).length > 0) {
      return `changes the strengths of ${before.id}, which is locked`;
    }
    const isGiven = step.type === "synthesis" && step.start?.includes(after!.id);
    if (before === undefined && after?.locked && !isGiven) {
      return `brings in ${after.id}, which is locked, but the run did not begin with it`;
    }
  }
  return undefined;
}
