/**
 * Asks for rules: a model, and a second one if the replies of the first will not do.
 *
 * @module
 */
import type { Chat } from "../chat/client.ts";
import type { ExchangeRequest } from "../chat/exchanges.ts";
import { readReply } from "../chat/structured.ts";
import type { Rule } from "../rules/rule.ts";
import type { Matches } from "../score/matches.ts";
import type { Escalation, SynthesisTask } from "../synthesizer.ts";
import type { FittedPrompt } from "./budget.ts";
import { askModel, callEach, type CallLimits, type CallResult, summarizeFailed } from "./calls.ts";
import { applyGate, type GatedReply } from "./gate.ts";
import { type ReadRules, readRules, RulesReply, strengthenAll } from "./replies.ts";

/** A request for rules. */
export interface RulesRequest extends Pick<ExchangeRequest, "purpose" | "prompt"> {
  /** What is kept on the tape with it. */
  readonly metadata: NonNullable<ExchangeRequest["metadata"]>;
  /** Its prompt, or why there can be none. */
  readonly fitted: FittedPrompt | Error;
  /** The labels that first rules are asked for. */
  readonly labels?: readonly string[];
  /** Ids of the entries of the playbook that it shows; missing if the run has no playbook. */
  readonly entries?: readonly string[];
  /** The rules that the prompt numbers; without it, all rules of a reply are new. */
  readonly listed?: readonly Rule[];
}

/** Whom to ask, and what replies are held to. */
export interface Asking {
  readonly task: SynthesisTask;
  readonly chat: Chat;
  /** The model to ask if a reply of the first will not do. */
  readonly escalateTo?: Chat;
  /** Whether to ask that one at once, as the patch before was not accepted. */
  readonly isRejected?: boolean;
  /** The clock, for the times on the tape. */
  readonly now?: () => Date;
  readonly concurrency: number;
  /** The rules of the set. */
  readonly rules: readonly Rule[];
  /** The kept matches on the examples that rules may be learned from. */
  readonly matches: Matches;
  /** Whether rules must pass the gate. */
  readonly isGated: boolean;
}

/** What came of requests for rules. */
export interface Answers {
  /** What each request brought, in order; of two replies, all of the first is refused. */
  readonly replies: readonly (readonly ReadRules[])[];
  /** The error of each request, in order, that the model asked last did not answer. */
  readonly errors: readonly (Error | undefined)[];
  /** Requests that went to the second model, in the order of asking. */
  readonly escalated: readonly Escalation[];
  /** Why nothing can be used, if no request was answered. */
  readonly failure?: Error;
}

/** A request that goes to the second model. */
interface EscalatedRequest {
  readonly place: number;
  readonly reason: Escalation["reason"];
}

/**
 * Asks for rules, and reads the replies. A request whose reply cannot be read, or does not pass the gate, is asked
 * once more of the second model, if there is one: after all requests to the first have ended, so that calls begin in
 * the same order however many are under way at a time.
 *
 * @throws what ends a run, see {@linkcode callEach}
 */
export async function askForRules(
  requests: readonly RulesRequest[],
  asking: Asking,
): Promise<Answers> {
  const { task, chat, escalateTo, isRejected = false, concurrency } = asking;
  const limits: CallLimits = { concurrency, signal: task.signal };
  const first = isRejected
    ? []
    : await callEach(requests, (request) => ask(chat, request, asking), limits);
  const replies = review(first, asking);
  const escalating = escalateTo === undefined ? [] : requests.flatMap(
    ({ fitted }, place): EscalatedRequest[] => {
      // What nobody can be asked is not asked of another.
      if (fitted instanceof Error || replies[place]?.passes) return [];
      const isRead = replies[place] !== undefined;
      return [{ place, reason: isRejected ? "rejected" : isRead ? "gate" : "failed" }];
    },
  );
  const second = await callEach(
    escalating,
    ({ place, reason }) => ask(escalateTo!, requests[place], asking, reason),
    limits,
  );
  const better = review(second, asking);
  const asked = new Map(escalating.map(({ place }, index) => [place, index]));
  const read = requests.map((_, place) =>
    [replies[place], better[asked.get(place) ?? -1]].flatMap((reply) => reply?.patch ?? [])
  );
  const last = requests.map((_, place): CallResult<ReadRules> | undefined => {
    const index = asked.get(place);
    return index === undefined ? first[place] : second[index];
  });
  const failed = last.flatMap((result) =>
    result !== undefined && "error" in result ? result.error : []
  );
  return {
    replies: read,
    errors: last.map((result) => {
      if (result === undefined) return new Error("not asked, as no call before it was answered");
      return "error" in result ? result.error : undefined;
    }),
    escalated: escalating.slice(0, second.length).map(({ place, reason }) => {
      const { labels = [] } = requests[place];
      return { reason, to: escalateTo!.model, ...(labels.length === 1 && { label: labels[0] }) };
    }),
    ...(read.every(({ length }) => length === 0) && {
      failure: summarizeFailed(
        failed,
        requests.length,
        second.length > 0 ? escalateTo?.model : undefined,
      ),
    }),
  };
}

async function ask(
  chat: Chat,
  { purpose, prompt, fitted, metadata, entries, listed }: RulesRequest,
  { task, now }: Asking,
  escalated?: Escalation["reason"],
): Promise<ReadRules> {
  if (fitted instanceof Error) throw fitted;
  const reply = await askModel({ chat, now }, {
    purpose,
    prompt,
    task,
    fitted,
    metadata: {
      ...metadata,
      ...(entries && { playbook: [...entries] }),
      ...(escalated && { escalated }),
    },
    read: (reply) => readReply(RulesReply, reply),
  });
  const read = readRules(reply, listed);
  // First rules take the place of none.
  return listed === undefined ? { ...read, removed: [] } : read;
}

/** Gives the rules of replies their strengths, and applies the gate if there is one. */
function review(
  results: readonly CallResult<ReadRules>[],
  { task, rules, matches, isGated }: Asking,
): (GatedReply | undefined)[] {
  const read = results.flatMap((result) => "value" in result ? result.value : []);
  const strong = strengthenAll(read, task, matches).values();
  return results.map((result) => {
    if ("error" in result) return undefined;
    const patch = strong.next().value!;
    return isGated
      ? applyGate(patch, { rules, labels: task.labels, matches })
      : { patch, passes: true };
  });
}
