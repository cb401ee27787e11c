/**
 * A set of rules that is there already, and how it decides: the one that a trace ends with.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Task } from "../learn/data/examples.ts";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import { type Refusal, requireRunnable, type Rule } from "../learn/rules/rule.ts";
import type { Match } from "../learn/score/matches.ts";
import { lastRules } from "./fold.ts";
import type { Trace } from "./schema.ts";

/** Rules, and how they decide where they come from. */
export interface RuleSet {
  readonly task: Task;
  readonly rules: readonly Rule[];
  readonly decision: DecisionOptions;
  readonly match?: Match;
  /** Rules of the file that cannot run here. */
  readonly refused: readonly Refusal[];
}

/** What the config of a run says of how its rules decide. Learners of other makes may not say. */
const Config = z.object({
  decide: z.enum(["first", "vote"]).default("vote"),
  threshold: z.number().min(0).default(0),
  default: z.string().optional(),
  overlaps: z.enum(["drop", "keep"]).optional(),
  match: z.enum(["exact", "text", "partial"]).optional(),
});

/** The rules that a trace ends with, and how its run decided. `source` is what errors call it. */
export function rulesOfTrace(trace: Trace, source: string): RuleSet {
  const { config, dataset } = trace.run;
  const parsed = Config.safeParse(config);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new RangeError(
      `Cannot evaluate ${source}: its config has "${String(path[0])}": ${message}`,
    );
  }
  const { match, ...decision } = parsed.data;
  const rules = lastRules(trace);
  requireRunnable(rules);
  return { task: dataset.task, rules, decision, match, refused: [] };
}
