/**
 * The rule set that a trace ends with, and how it decides.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Task } from "../learn/data/examples.ts";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import type { Refusal, Rule } from "../learn/rules/rule.ts";
import { requireRunnable } from "../learn/rules/running.ts";
import type { Match } from "../learn/score/matches.ts";
import { describeProblem } from "./error.ts";
import { lastRules } from "./fold.ts";
import type { Trace } from "./schema.ts";

/** Rules of a file, and how they decide. */
export interface RuleSet {
  readonly task: Task;
  readonly rules: readonly Rule[];
  readonly decision: DecisionOptions;
  readonly match?: Match;
  /** Rules that cannot run here. */
  readonly refused: readonly Refusal[];
}

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
 * @param source its name in errors: `Cannot evaluate <source>: …`
 * @throws {RangeError} if its config says something else of how rules decide
 */
export function rulesOfTrace(trace: Trace, source: string): RuleSet {
  const { config, dataset } = trace.run;
  const { data, error } = Config.safeParse(config);
  if (error) throw new RangeError(`Cannot evaluate ${source}: config: ${describeProblem(error)}`);
  const { match, ...decision } = data;
  const rules = lastRules(trace);
  requireRunnable(rules);
  return { task: dataset.task, rules, decision, match, refused: [] };
}
