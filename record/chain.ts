/**
 * The chain of digests of a trace: the digest of each step covers the one before it, and the digest of
 * the trace covers the run, the rules and the last step.
 *
 * Clocks and ids are left out (`at`, `took`, `startedAt`, `finishedAt`, `run.id`, `software`, `status`), so
 * that the same learning has the same digest on any machine at any time.
 *
 * @module
 */
import { digest } from "../learn/text/digest.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { Run, Step, StepBody } from "./schema.ts";

/**
 * Returns the first digest of the chain: of the data, the split, the learner and the settings.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace, runDigest } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const later = { ...trace.run, id: "later", finishedAt: "2027-01-01T00:00:00.000Z" };
 * assertEquals(runDigest(later), runDigest(trace.run));
 * ```
 */
export function runDigest(run: Run): string {
  const { dataset, split, learner, config, feedback, playbook, parent, protocol } = run;
  return digest({ dataset, split, learner, config, feedback, playbook, parent, protocol });
}

/**
 * Returns the digest of one step.
 *
 * @param previous the digest of the step before, or of the run for the first
 * @param step the step; its `at`, `took` and `digest` do not count
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace, runDigest, stepDigest } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertEquals(stepDigest(runDigest(trace.run), trace.steps[0]), trace.steps[0].digest);
 * ```
 */
export function stepDigest(previous: string, step: Step | (StepBody & { index: number })): string {
  const bare = { ...step, at: undefined, took: undefined, digest: undefined };
  return digest({ previous, step: bare });
}

/**
 * Returns the digest of a whole trace.
 *
 * @param run the digest of the run
 * @param last the digest of the last step, or of the run if it has no step
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace, runDigest, traceDigest } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const last = trace.steps[trace.steps.length - 1];
 * assertEquals(traceDigest(runDigest(trace.run), trace.rules, last.digest), trace.digest);
 * ```
 */
export function traceDigest(
  run: string,
  rules: Readonly<Record<string, Rule>>,
  last: string,
): string {
  return digest({ run, rules, last });
}
