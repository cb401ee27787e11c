/**
 * One audit: asks for changes to the rules, applies them and decides whether they stay.
 *
 * @module
 */
import type { AuditState, Coordinator } from "../learn/coordinator.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { Scores } from "../learn/score/scoring.ts";
import { judgeAudit } from "../record/protocol.ts";
import type { AuditStep } from "../trace.ts";
import { applyAudit, type ChangeContext, withoutEmpty } from "./changes.ts";
import type { Questions } from "./questions.ts";

/** The part of a run that an audit needs, besides the state that the coordinator sees. */
export interface AuditConditions {
  readonly coordinator: Coordinator;
  readonly questions: Questions;
  readonly changes: ChangeContext;
  /** Scores of the rules before the audit. */
  readonly before: Scores;
  /** Scores rules on the split that decides. */
  readonly evaluate: (rules: readonly Rule[]) => Promise<Scores>;
  /** Returns the verdict that the run was told, or else the one given. */
  readonly overrule: (
    judged: Pick<AuditStep, "verdict">,
  ) => Pick<AuditStep, "verdict" | "forced">;
}

/** The step of an audit, and the rules after it if it is kept. */
export interface AuditedRules {
  readonly step: AuditStep<Scores>;
  readonly rules: readonly Rule[];
  /** The rules that the audit made, whether or not they stay. */
  readonly made: readonly Rule[];
}

/** Asks the coordinator for an audit; nothing if it has nothing to say. */
export async function conductAudit(
  state: AuditState,
  { coordinator, questions, changes, before, evaluate, overrule }: AuditConditions,
): Promise<AuditedRules | undefined> {
  const { phase, rules } = state;
  const asked = await questions.ask(async () => {
    const proposals = await coordinator.audit!(state);
    return proposals ? applyAudit(rules, proposals, changes) : undefined;
  });
  const error = "error" in asked ? asked.error : undefined;
  const audit = "error" in asked ? undefined : asked.answer;
  // An audit that says nothing is recorded only with the exchanges that it took.
  if (audit === undefined && error === undefined && !questions.isPending) return undefined;
  const { rules: next, made = [], actions = [], reweighted = [] } = audit ?? { rules };
  const isApplied = actions.some(({ outcome }) => outcome === "applied");
  const after = isApplied ? await evaluate(next) : before;
  const judgement = overrule({ verdict: judgeAudit(isApplied, before, after) });
  const step = {
    type: "audit",
    phase,
    actions,
    ...judgement,
    before,
    after,
    ...withoutEmpty({ error, reweighted }),
  } as const;
  return { step, rules: next, made };
}
