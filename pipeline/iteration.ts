/**
 * What decides whether a change to the rules stays.
 *
 * @module
 */
import type { Rule } from "../learn/rules/rule.ts";
import type { Scores } from "../learn/score/scoring.ts";
import type { StepOf } from "../trace.ts";

/** Why a change is accepted: F1 rises, or stays within the tolerance while precision rises. */
function findClause(
  before: Scores,
  after: Scores,
  tolerance: number,
): "f1" | "precision" | undefined {
  if (after.f1 > before.f1) return "f1";
  const isClose = after.f1 >= before.f1 - tolerance;
  return isClose && after.precision > before.precision ? "precision" : undefined;
}

/** What is decided on a patch, and by which clause it is accepted. */
export function judge(
  { failed, isChanged, before, after, tolerance }: {
    readonly failed: boolean;
    readonly isChanged: boolean;
    readonly before: Scores;
    readonly after: Scores;
    readonly tolerance: number;
  },
): Pick<StepOf<"iteration">, "verdict" | "clause"> {
  if (failed) return { verdict: "failed" };
  if (!isChanged) return { verdict: "empty" };
  const clause = findClause(before, after, tolerance);
  return clause === undefined ? { verdict: "rejected" } : { verdict: "accepted", clause };
}

/** Rules and their scores on the split that decides. */
export interface Ranked {
  readonly rules: readonly Rule[];
  readonly scores: Scores;
}

/** Whether a set is at least as good as the best so far: by F1, of equal F1 by fewer rules. */
export function isBetter({ rules, scores }: Ranked, best: Ranked): boolean {
  return scores.f1 > best.scores.f1 ||
    scores.f1 === best.scores.f1 && rules.length <= best.rules.length;
}
