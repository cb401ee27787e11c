/**
 * Which reply of a model is why a replay parts from its record. A trace of version 2 names requests, not
 * replies, so that its tape is proved by what was learned from it.
 *
 * @module
 */
import type { Exchange } from "../../learn/chat/exchanges.ts";
import { abbreviate } from "../../learn/text/digest.ts";
import { count } from "../../print/phrases.ts";
import { type NamedExchange, nameExchanges } from "../../record/verify/tape_proof.ts";
import { FORMAT_VERSION, type Step, type Trace } from "../../trace.ts";
import type { Attempt, ReplayParting } from "./attempt.ts";

/** Returns the ids of the exchanges that led to a step. */
export function listExchanges(step: Step): readonly string[] {
  return "exchanges" in step ? step.exchanges ?? [] : [];
}

/** Returns the first exchange that has another reply on the tape than the trace proves. */
export function findChangedReply(
  trace: Trace,
  tape: readonly Exchange[],
): NamedExchange | undefined {
  return nameExchanges(trace, tape).find(({ proof }) => proof === "changed");
}

/** Returns the request that ended a replay, as the tape does not answer it. */
function findUnanswered({ exchanges }: Attempt): Exchange | undefined {
  return exchanges.find(({ error }) => error?.name === "ReplayError");
}

/** Returns the exchange of the record that the tape does not have, if that ended the replay. */
export function findMissing(trace: Trace, attempt: Attempt): string | undefined {
  const id = findUnanswered(attempt)?.id;
  return id !== undefined && trace.steps.some((step) => listExchanges(step).includes(id))
    ? id
    : undefined;
}

/**
 * Says which reply is not the one that the run got: one of the step that differs, or one before the first
 * request that the run did not make. `undefined` if no reply can be why, or the trace proves all of them.
 */
export function describeChangedReply(
  trace: Trace,
  attempt: Attempt,
  tape: readonly Exchange[],
): string | undefined {
  const { parting, exchanges } = attempt;
  if (parting === undefined || parting.at === "run") return undefined;
  if (trace.version === FORMAT_VERSION) return undefined;
  const unanswered = findUnanswered(attempt);
  const before = unanswered === undefined
    ? exchanges
    : exchanges.slice(0, exchanges.indexOf(unanswered));
  const read = before.find((exchange) => isReadOtherwise(exchange, tape));
  if (read !== undefined) {
    return `the reply of exchange ${abbreviate(read.id)} is now ${read.outcome}`;
  }
  if (unanswered !== undefined) {
    if (before.length === 0) return undefined;
    const other = abbreviate(unanswered.id);
    return `a reply before exchange ${other} is another one, as the run did not make that request`;
  }
  const recorded: Step | undefined = trace.steps[parting.index];
  if (recorded === undefined) return undefined;
  const asked = listExchanges(recorded);
  if (asked.length === 0) return undefined;
  // The calls of a synthesis do not depend on each other; of other steps, each has what came before it.
  const named = recorded.type === "synthesis" && asked.length > 1
    ? findByLabel(before, asked, listLost(trace, parting))
    : asked.at(-1);
  return named === undefined
    ? `one of the replies of ${count(asked.length, "exchange")} is another one`
    : `the reply of exchange ${abbreviate(named)} is another one`;
}

/** Tells whether a reply has another outcome than the tape says it had. */
function isReadOtherwise(exchange: Exchange, tape: readonly Exchange[]): boolean {
  const taped = tape.filter(({ id }) => id === exchange.id);
  return taped.length > 0 && taped.every(({ outcome }) => outcome !== exchange.outcome);
}

/** Returns the only exchange that asked for rules of some labels. */
function findByLabel(
  exchanges: readonly Exchange[],
  asked: readonly string[],
  lost: readonly string[],
): string | undefined {
  const about = exchanges.filter(({ id, metadata: { labels } }) =>
    asked.includes(id) && Array.isArray(labels) && lost.some((label) => labels.includes(label))
  );
  return about.length === 1 ? about[0].id : undefined;
}

/** Returns the labels of the rules that the record has and the replay has not, or not as they were. */
function listLost(
  { rules, steps }: Trace,
  parting: Exclude<ReplayParting, { at: "run" }>,
): string[] {
  if (parting.at === "rule") return [parting.replayed.label];
  const [recorded, { replayed }] = [steps[parting.index], parting];
  if (recorded.type !== "synthesis" || replayed.type !== "synthesis") return [];
  const lost = recorded.added.filter((id) => !replayed.added.includes(id));
  return lost.map((id) => rules[id].label);
}
