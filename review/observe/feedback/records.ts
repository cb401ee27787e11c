/**
 * How often each rule that fired was right, and alarms.
 *
 * @module
 */
import type { Rule } from "../../../learn/rules/rule.ts";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { getOrCreate } from "../../../learn/text/maps.ts";
import { type CredibleInterval, credibleInterval, probabilityBelow } from "../../beta.ts";
import { nameRule } from "./answers.ts";
import type { RuleRecord } from "./format.ts";
import type { AnsweredLine } from "./mistakes.ts";

/** How probable it must be that a rule is more often wrong than right, for an alarm. */
export const ALARM = 0.95;

/** How often a rule was right and wrong. */
interface RuleTally {
  readonly rule: Rule;
  right: number;
  wrong: number;
  misled: number;
}

/**
 * Counts for each rule that fired on reviewed texts how often its label was the right one. If it is only known that the
 * given label is wrong, the rules for that label were wrong, and nothing is known of others. A text counts once, as it
 * was reviewed last.
 *
 * @param lines in the order of the log
 * @returns alarms first, then those that misled most, then those most often wrong
 */
export function recordRules(lines: readonly AnsweredLine[]): RuleRecord[] {
  const last = new Map(
    lines.filter(({ line }) => line.outcome !== undefined).map((one) => [one.line.text, one]),
  );
  const tallies = new Map<string, RuleTally>();
  for (const { line: { outcome, label, given }, answer: { fired, decidedBy } } of last.values()) {
    for (const rule of fired) {
      if (label === undefined && !(outcome === "rejected" && rule.label === given)) continue;
      const tally = getOrCreate(tallies, rule.id, () => ({ rule, right: 0, wrong: 0, misled: 0 }));
      if (rule.label === label) tally.right++;
      else {
        tally.wrong++;
        if (rule === decidedBy) tally.misled++;
      }
    }
  }
  const known = new Map<string, Posterior>();
  return [...tallies.values()].map(({ rule, right, wrong, misled }) => ({
    rule: nameRule(rule),
    label: rule.label,
    right,
    wrong,
    misled,
    ...getOrCreate(known, `${right} ${wrong}`, () => findPosterior(right, wrong)),
  })).sort((a, b) =>
    Number(b.alarm) - Number(a.alarm) || b.misled - a.misled || b.wrong - a.wrong ||
    a.right - b.right ||
    compareCodeUnits(a.rule.id, b.rule.id)
  );
}

/** What is known of the share of right texts. */
type Posterior = CredibleInterval & Pick<RuleRecord, "share" | "doubt" | "alarm">;

function findPosterior(right: number, wrong: number): Posterior {
  const beta = { a: 1 + right, b: 1 + wrong };
  const doubt = probabilityBelow(0.5, beta);
  const share = beta.a / (beta.a + beta.b);
  return { share, ...credibleInterval(beta), doubt, alarm: doubt >= ALARM };
}
