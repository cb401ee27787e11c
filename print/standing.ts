/**
 * The scores of the rule set that stands after a step.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace } from "../trace.ts";
 * import { lastScores, scoresBeforeRefit } from "./standing.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertEquals(lastScores(trace.steps)?.on, "all");
 * assertEquals(scoresBeforeRefit(trace)?.on, "dev");
 * ```
 *
 * @module
 */
import type { KnownScores, Step, StepOf, Trace } from "../record/schema.ts";
import { count } from "./phrases.ts";

/** Returns the scores before the last refit, if the steps before `end` have one: those on held-out examples. */
export function scoresBeforeRefit(
  { steps }: Trace,
  end = steps.length,
): KnownScores | undefined {
  const refit = steps.slice(0, end).findLastIndex(({ type }) => type === "refit");
  return refit < 0 ? undefined : lastScores(steps.slice(0, refit));
}

/** Returns the scores of the rule set that the steps end with, if they are known. */
export function lastScores(steps: readonly Step[]): KnownScores | undefined {
  // Before an unlogged change the set was another one.
  const last = steps.findLast((step) => standing(step) !== undefined || isUnlogged(step));
  return last && standing(last);
}

/** Tells whether an imported run began with rules that its log does not show. */
export function isBeginningLost({ run, steps }: Pick<Trace, "run" | "steps">): boolean {
  const [first, next] = steps;
  // A run that synthesized nothing fails.
  return run.origin !== undefined && first?.type === "synthesis" && first.proposed === 0 &&
    first.start === undefined &&
    next !== undefined && next.type !== "failure";
}

/** Says how many rules were synthesized, if that is known. */
export function phraseSynthesized(trace: Trace, { added }: StepOf<"synthesis">): string {
  if (isBeginningLost(trace)) return "began with unknown rules";
  return `synthesized ${count(added.length, "rule")}`;
}

/** Tells whether rules changed before a step without the log saying how. */
export function isUnlogged(step: Step): boolean {
  return "unlogged" in step && step.unlogged !== undefined;
}

/** Returns the scores of the rule set after a step, if the step has them. */
export function standing(step: Step): KnownScores | undefined {
  switch (step.type) {
    case "synthesis":
    case "refit":
      return step.scores;
    case "iteration":
      return step.verdict === "accepted" ? step.after : step.before;
    case "audit":
      return step.verdict === "reverted" || step.verdict === "unknown" ? step.before : step.after;
    case "restore":
    case "prune":
      return step.after;
    case "critique":
    case "final":
    case "failure":
      return undefined;
  }
}
