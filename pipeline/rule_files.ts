/**
 * Rules that are there already: those that a trace ends with, and RuleChef's rule sets.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import type { Task } from "../learn/data/examples.ts";
import { isRecord, parseJson } from "../learn/text/json.ts";
import type { Match } from "../learn/score/matches.ts";
import { readInput } from "../learn/text/reading.ts";
import { parseRuleChef } from "../rulechef/rule_set.ts";
import { type Refusal, requireRunnable, type Rule } from "../learn/rules/rule.ts";
import { isJournal } from "../record/journal.ts";
import { lastRules } from "../record/fold.ts";
import { parseTrace, type Trace } from "../trace.ts";

/** Rules, and how they decide where they come from. */
export interface RuleSet {
  readonly task: Task;
  readonly rules: readonly Rule[];
  readonly decision: DecisionOptions;
  readonly match?: Match;
  /** Rules of the file that cannot run here. */
  readonly refused: readonly Refusal[];
}

/**
 * The rules of a file, or of standard input for the path `-`: of a trace, a journal too, those after
 * its last step; or a rule set of RuleChef.
 *
 * @throws {Error} where the file cannot be read, or holds neither
 * @throws {SyntaxError} where a rule of a trace cannot run
 */
export async function readRuleSet(path: string): Promise<RuleSet> {
  const { text, source } = await readInput(path);
  if (isTrace(text, source)) return rulesOfTrace(parseTrace(text, source), source);
  const { task, rules, refused } = parseRuleChef(text, source);
  const decision = { decide: "first", threshold: 0 } as const;
  return task === "classification"
    ? { task, rules, decision, refused }
    : { task, rules, decision: { ...decision, overlaps: "keep" }, match: "text", refused };
}

function isTrace(text: string, source: string): boolean {
  if (isJournal(text)) return true;
  const document = parseJson(text, source);
  return isRecord(document) && document.format === "ruletrace";
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
