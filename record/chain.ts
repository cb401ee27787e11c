/**
 * The chain of digests that makes a trace checkable: each step's digest covers the one before it,
 * and the trace's digest covers the run, the rules and the last step.
 *
 * Clocks and ids stay outside (`at`, `took`, `startedAt`, `finishedAt`, `run.id`, `software`,
 * `status`), so that the same learning gives the same digest on any machine at any time.
 *
 * @module
 */
import { digest } from "../learn/text/digest.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { Run, Step, StepBody } from "./schema.ts";

/** The digest the chain begins with: of what was run, on what, with which settings. */
export function runDigest(run: Run): string {
  const { dataset, split, learner, config, parent } = run;
  return digest({ dataset, split, learner, config, parent });
}

/**
 * The digest of one step.
 *
 * @param previous the digest of the step before, or of the run for the first
 * @param step the step; its `at`, `took` and `digest` do not count
 */
export function stepDigest(previous: string, step: Step | (StepBody & { index: number })): string {
  const bare = { ...step, at: undefined, took: undefined, digest: undefined };
  return digest({ previous, step: bare });
}

/**
 * The digest of a whole trace.
 *
 * @param run the digest of the run
 * @param last the digest of the last step, or of the run where there is no step
 */
export function traceDigest(
  run: string,
  rules: Readonly<Record<string, Rule>>,
  last: string,
): string {
  return digest({ run, rules, last });
}
