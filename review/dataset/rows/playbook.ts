/**
 * Rows of what worked (`playbook`): a kind of failure, and the rules that mended it.
 *
 * @module
 */
import type { Rule } from "../../../learn/rules/rule.ts";
import type { Json } from "../../../learn/text/schemas.ts";
import type { JudgedSource, RuleEvidence } from "../../evidence/format.ts";
import type { QuarantinedRow, TrainingRow } from "../format.ts";
import { isTaught, leaveOut, type MadeRows, sourceOfStep, taintOf } from "./lineage.ts";

/**
 * Makes a row for each cluster of failures for which an accepted patch added rules: those of them that may be taught,
 * what F1 gained by the whole patch, the support of the rules, and what they get right and wrong
 * on the held-out examples. It shows no text.
 */
export function makePlaybookRows({ source, evidence }: JudgedSource): MadeRows {
  const { trace } = source;
  const judged = new Map(
    evidence.flatMap((one): [string, RuleEvidence][] =>
      one.kind === "rule" && one.rule !== undefined ? [[`${one.step}:${one.rule}`, one]] : []
    ),
  );
  const rows: TrainingRow[] = [];
  const quarantined: QuarantinedRow[] = [];
  for (const step of trace.steps) {
    if (step.type !== "iteration" || step.verdict !== "accepted") continue;
    const sources = [sourceOfStep(source, step)];
    for (const { expected, predicted, count, rules: ids } of step.failures.clusters) {
      if (ids.length === 0) continue;
      if (trace.run.status !== "completed") {
        quarantined.push(leaveOut("playbook", "run-not-completed", sources));
        continue;
      }
      const all = ids.flatMap((id) => judged.get(`${step.index}:${id}`) ?? []);
      const good = all.filter(isTaught);
      if (good.length === 0) {
        quarantined.push(leaveOut("playbook", "category", sources, "no rule is accepted"));
        continue;
      }
      const { before, after, clause } = step;
      const gain = before.f1 === undefined || after.f1 === undefined
        ? undefined
        : round(after.f1 - before.f1);
      const rules = good.map(({ rule }) => trace.rules[rule!]);
      const sum = (field: "tp" | "fp") =>
        good.reduce((all, { dev }) => all + (dev?.[field] ?? 0), 0);
      rows.push({
        kind: "playbook",
        content: {
          task: trace.run.dataset.task,
          failure: { expected, predicted, count },
          rules: rules.map(describeRule),
          ...(gain !== undefined && { gain }),
          ...(clause && { clause }),
          support: rules.reduce((all, { support = 0 }) => all + support, 0),
          ...(good.some(({ dev }) => dev) && { heldOut: { tp: sum("tp"), fp: sum("fp") } }),
        },
        sources,
        shown: [],
        ...taintOf(source),
      });
    }
  }
  return { rows, quarantined };
}

/** Rounds to a millionth: differences of shares have no more digits that mean anything. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** Describes a rule as a file of rules has it, without its id. */
function describeRule(rule: Rule): Record<string, Json> {
  const { id: _, locked: __, ...rest } = rule;
  return rest as unknown as Record<string, Json>;
}
