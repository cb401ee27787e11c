/**
 * Judges the replies of a model, by what became of the rules and the advice in them.
 *
 * @module
 */
import type { Exchange } from "../../learn/chat/exchanges.ts";
import { responseDigest } from "../../learn/chat/response.ts";
import { baseId } from "../../learn/rules/rule.ts";
import { lastRules } from "../../record/fold.ts";
import { nameExchanges } from "../../record/verify/tape_proof.ts";
import type { Step, StepOf, Trace } from "../../trace.ts";
import { type ExchangeForm, formOf } from "./forms.ts";
import type { EvidenceSource } from "./format.ts";
import type { Verdict } from "./rules.ts";

/** A reply, and the step that it led to, judged. */
export interface JudgedReply {
  readonly step: Step;
  /** Which exchange of the step it is, from 0. */
  readonly place: number;
  readonly exchange: Exchange;
  readonly isProved: boolean;
  /** As the reply reads; of advice, and of calls that failed, what the tape says. */
  readonly outcome: Exchange["outcome"];
  /** Ids of the rules of the trace that it proposed. */
  readonly rules: readonly string[];
  /** How many of its proposals could not become rules. */
  readonly refused: number;
  readonly survived: readonly string[];
  readonly verdict: Verdict;
}

/** Judges each exchange that a step names and the tape has. */
export function judgeReplies({ trace, tape }: EvidenceSource): JudgedReply[] {
  if (tape.length === 0) return [];
  const final = new Set(lastRules(trace).map(({ id }) => id));
  const form = formOf(trace.run);
  return nameExchanges(trace, tape).flatMap((named): JudgedReply[] => {
    const { step: index, place, exchange, proof } = named;
    if (exchange === undefined) return [];
    const step = trace.steps[index];
    const proposals = readProposals(step, exchange, form);
    const { rules, refused, outcome = exchange.outcome } = proposals ?? NONE;
    const survived = rules.filter((id) => final.has(id));
    const isProved = proof === "proved";
    const reply = { step, place, exchange, isProved, outcome, rules, refused, survived };
    const verdict = proposals === undefined ? UNKNOWN : judgeReply(trace, reply);
    return [{ ...reply, verdict }];
  });
}

/** Returns the digest of a response, if there is one. */
export function digestOfResponse({ response }: Exchange): string | undefined {
  return response === undefined ? undefined : responseDigest(response);
}

/** What a reply proposed, and how it reads. */
type ReadReply = Pick<JudgedReply, "rules" | "refused"> & Partial<Pick<JudgedReply, "outcome">>;

/** A reply that proposes no rule. */
const NONE: ReadReply = { rules: [], refused: 0 };
/** The verdict on a reply to a learner that reads it in a form of its own. */
const UNKNOWN: Verdict = ["needs_human_review", "unlogged"];

/** What a reply proposed, as far as the step took it; `undefined` if that cannot be told. */
function readProposals(
  step: Step,
  exchange: Exchange,
  form: ExchangeForm,
): ReadReply | undefined {
  const { purpose, response, outcome } = exchange;
  if (purpose === "audit" && step.type === "audit") {
    const made = step.actions.flatMap(({ to }) => to ?? []);
    const skipped = step.actions.filter(({ outcome }) => outcome === "skipped");
    return { rules: [...new Set(made)], refused: skipped.length };
  }
  if (purpose !== "synthesis" && purpose !== "patch" || response === undefined) return NONE;
  const reading = form.readReply(response);
  if (reading === undefined) {
    return outcome === "parsed" || outcome === "repaired" ? undefined : NONE;
  }
  const added = isSuperseded(step, exchange) ? [] : listAdded(step);
  const taken = new Map(added.map((id) => [baseId(id), id]));
  const ids = reading.items.map(({ id }) => taken.get(id ?? ""));
  const rules = new Set(ids.flatMap((id) => id ?? []));
  return {
    rules: [...rules],
    refused: ids.filter((id) => id === undefined).length,
    // The trace proves the response, not what the tape says of it.
    ...(outcome !== "failed" && { outcome: reading.outcome }),
  };
}

/** Tells whether a patch was asked of a second model, as this reply would not do: nothing of it is in the step. */
function isSuperseded(step: Step, { purpose, model }: Exchange): boolean {
  const escalated = step.type === "iteration" ? step.escalated ?? [] : [];
  return purpose === "patch" && escalated.some(({ to }) => to !== model);
}

/** Lists the rules that a step added, or would have added. */
function listAdded(step: Step): readonly string[] {
  if (step.type === "synthesis") return step.added;
  if (step.type !== "iteration") return [];
  const { added, replaced } = step.patch;
  return [...added, ...replaced.map(({ to }) => to)];
}

function judgeReply(trace: Trace, reply: Omit<JudgedReply, "verdict">): Verdict {
  const { step, outcome, exchange } = reply;
  const { response, purpose } = exchange;
  if (response === undefined) return ["rejected", "no-response"];
  if (outcome === "refused" || outcome === "failed") return ["rejected", outcome];
  if (isSuperseded(step, exchange)) return ["rejected", "nothing-admitted"];
  const isCompleted = trace.run.status === "completed";
  if (purpose === "critique") return ["needs_human_review", "critique"];
  if (purpose === "guide") return isCompleted ? judgeGuidance(step) : NOT_COMPLETED;
  const decision = step.type === "iteration" || step.type === "audit" ? step : undefined;
  if (decision?.verdict === "rejected") return ["rejected", "patch-rejected"];
  if (decision?.verdict === "reverted") return ["rejected", "audit-reverted"];
  if (!isCompleted) return NOT_COMPLETED;
  if (decision?.verdict === "unknown") return ["needs_human_review", "unknown-verdict"];
  if (decision?.forced) return ["needs_human_review", "told"];
  if (step.type === "audit") return judgeAudit(step, reply);
  if (step.type === "iteration" && step.verdict !== "accepted") {
    return judgeEmpty(trace, step, reply);
  }
  return judgeRulesOf(step, reply);
}

const NOT_COMPLETED: Verdict = ["needs_human_review", "run-not-completed"];

function judgeGuidance(step: Step): Verdict {
  const isFollowed = step.type === "iteration" && step.verdict === "accepted" && !step.forced;
  return isFollowed ? ["partially_accepted", "followed"] : ["needs_human_review", "not-followed"];
}

/** Judges a patch that changes nothing. */
function judgeEmpty(
  { steps }: Trace,
  step: StepOf<"iteration">,
  { refused }: Pick<JudgedReply, "refused">,
): Verdict {
  const isLast = steps.findLast(({ type }) => type === "iteration") === step;
  const isMeant = step.verdict === "empty" && refused + step.patch.refused.length === 0;
  return isLast && isMeant ? ["needs_human_review", "empty"] : ["rejected", "nothing-admitted"];
}

function judgeAudit(step: StepOf<"audit">, reply: Omit<JudgedReply, "verdict">): Verdict {
  const { actions, before, after } = step;
  if (actions.every(({ outcome }) => outcome === "skipped")) return ["rejected", "skipped"];
  const { rules, survived } = reply;
  if (rules.length > 0 && survived.length === 0) return ["rejected", "none-survived"];
  const hasGained = before.f1 !== undefined && after.f1 !== undefined && after.f1 > before.f1;
  return judgeWhole(reply, hasGained ? undefined : "no-gain");
}

function judgeRulesOf(step: Step, reply: Omit<JudgedReply, "verdict">): Verdict {
  const { rules, survived } = reply;
  const removes = step.type === "iteration" && step.patch.removed.length > 0;
  if (rules.length === 0 && !removes) return ["rejected", "nothing-admitted"];
  if (rules.length > 0 && survived.length === 0) return ["rejected", "none-survived"];
  const isForPrecision = step.type === "iteration" && step.clause === "precision";
  return judgeWhole(reply, isForPrecision ? "precision" : undefined);
}

/** Judges a reply of which something is in the set at the end: whether all of it is, as it came. */
function judgeWhole(
  { outcome, rules, refused, survived }: Omit<JudgedReply, "verdict">,
  lack: "precision" | "no-gain" | undefined,
): Verdict {
  const reason = lack ??
    (outcome === "repaired"
      ? "repaired"
      : refused > 0
      ? "some-refused"
      : survived.length < rules.length
      ? "some-gone"
      : undefined);
  return reason === undefined ? ["accepted", "survived"] : ["partially_accepted", reason];
}
