/**
 * The rule set that a trace ends with, and how it decides.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { RuleSet } from "../learn/rules/rule_set.ts";
import { requireRunnable } from "../learn/rules/running.ts";
import { describeProblem } from "./error.ts";
import { lastRules } from "./fold.ts";
import type { Trace } from "./schema.ts";

/** The part of a run's config about how its rules decide. Other learners may leave it out. */
const Config = z.object({
  decide: z.enum(["first", "vote"]).default("vote"),
  threshold: z.number().min(0).default(0),
  default: z.string().optional(),
  overlaps: z.enum(["drop", "keep"]).optional(),
  match: z.enum(["exact", "text", "partial"]).optional(),
});

/**
 * Returns the rules that a trace ends with, and how its run decided.
 *
 * @param source its name in errors: `Cannot read <source>: …`
 * @throws {RangeError} if its config says something else of how rules decide
 * @throws {SyntaxError} if a rule cannot run
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createClassifier, readTrace, rulesOfTrace } from "../mod.ts";
 *
 * const rules = rulesOfTrace(await readTrace("examples/banking.trace.json"));
 * assertEquals(createClassifier(rules)("Which rate do I get?").label, "exchange_rate");
 * ```
 */
export function rulesOfTrace(trace: Trace, source = "the trace"): RuleSet {
  const { dataset, id } = trace.run;
  const { decision, match } = decisionOfTrace(trace, source);
  const rules = lastRules(trace);
  requireRunnable(rules);
  const { task, labels } = dataset;
  const final = trace.steps.findLast((step) => step.type === "final");
  const confidence = final?.confidence;
  return {
    task,
    labels: [...new Set([...labels, ...rules.map(({ label }) => label)])].sort(),
    rules,
    decision,
    ...(match && { match }),
    refused: [],
    trace: { digest: trace.digest, run: id },
    ...(confidence && { confidence }),
  };
}

/**
 * Returns how the rules of a trace decide, without looking at the rules.
 *
 * @param source its name in errors: `Cannot read <source>: …`
 * @throws {RangeError} if its config says something else of how rules decide
 */
export function decisionOfTrace(
  { run: { config, dataset: { task } } }: Pick<Trace, "run">,
  source = "the trace",
): Pick<RuleSet, "decision" | "match"> {
  const { data, error } = Config.safeParse(config);
  if (error) throw new RangeError(`Cannot read ${source}: config: ${describeProblem(error)}`);
  const { match, ...decision } = data;
  return {
    decision: task === "classification" ? decision : { ...decision, decide: "first" },
    ...(match && { match }),
  };
}
