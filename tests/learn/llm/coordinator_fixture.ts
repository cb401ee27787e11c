/**
 * Chats that answer a coordinator by a script, and situations that it may look at.
 *
 * @module
 */
import type { CallOptions, Chat, Message } from "../../../learn/chat/client.ts";
import type { Reply } from "../../../learn/chat/response.ts";
import { schemaName } from "../../../learn/chat/format.ts";
import type { AuditState, ReviewState } from "../../../learn/coordinator.ts";
import type { Example, LabelledExample } from "../../../learn/data/examples.ts";
import type { Exchange, ExchangeSink } from "../../../learn/chat/exchanges.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import { createMatches, findFailures, score } from "../../../learn/score/scoring.ts";
import type { SynthesisTask } from "../../../learn/synthesizer.ts";

/** Replies by the title of the schema that is asked for, in turn. */
export type Replies = Readonly<Record<string, readonly unknown[]>>;

/** Replies to each kind of question. */
export const fixture: Replies = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/agentic_replies.json", import.meta.url)),
);

/** One request. */
export interface Sent {
  readonly kind: string;
  readonly messages: readonly Message[];
}

/** A chat that gives the replies to each kind of question in turn, the last again and again. */
export function scripted(replies: Replies): Chat & { readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const counts = new Map<string, number>();
  const chat = (messages: readonly Message[], { schema }: CallOptions = {}): Promise<Reply> => {
    const kind = schema === undefined ? "none" : schemaName(schema);
    sent.push({ kind, messages });
    const place = counts.get(kind) ?? 0;
    counts.set(kind, place + 1);
    const given = replies[kind].at(Math.min(place, replies[kind].length - 1));
    if (given instanceof Error) return Promise.reject(given);
    const text = typeof given === "string" ? given : JSON.stringify(given);
    return Promise.resolve({ text, finishReason: "stop", took: 1 });
  };
  return Object.assign(chat, { model: "small", sent });
}

/** Seven texts of three labels. */
export const labels = ["card", "fee", "rate"];
export const train: readonly LabelledExample[] = [
  ["a1", "Where is my card, it was due on Monday", "card"],
  ["a2", "Still waiting for the parcel with it", "card"],
  ["a3", "The card did not come", "card"],
  ["b1", "Is there a fee for my card?", "fee"],
  ["b2", "What do you charge me for this", "fee"],
  ["c1", "Which rates do you have today?", "rate"],
  ["c2", "Exchange rates, please", "rate"],
].map(([id, text, label]) => ({ id, text, label }));

/** Rules of which the first is wrong once. */
export const proposals: readonly Proposal[] = [
  { name: "any card", label: "card", patterns: [String.raw`\bcard\b`], weight: 2, priority: 3 },
  { name: "waiting", label: "card", patterns: [String.raw`\bwaiting\b`], weight: 1 },
  { name: "rates", label: "rate", patterns: [String.raw`\brates\b`] },
];
export const rules = proposals.map(createRule);

/** What a coordinator may be shown, and the tape of what it asks. */
export interface Situation {
  readonly task: SynthesisTask;
  readonly tape: Exchange[];
  review(iteration: number, more?: Partial<ReviewState>): ReviewState;
  audit(phase: AuditState["phase"], more?: Partial<AuditState>): AuditState;
}

export function createSituation(
  examples: readonly Example[] = train,
  set: readonly Rule[] = rules,
  more: Partial<SynthesisTask> = {},
): Situation {
  const tape: Exchange[] = [];
  const exchanges: ExchangeSink = { asked: () => {}, exchanged: (exchange) => tape.push(exchange) };
  const task: SynthesisTask = {
    name: "x",
    task: "classification",
    labels,
    decide: "vote",
    threshold: 0,
    margin: 1,
    seed: 0,
    exchanges,
    ...more,
  };
  const matches = createMatches(examples, task.labels, task.match);
  const evaluate = (rules: readonly Rule[]) => score(matches, rules, task, "train");
  return {
    task,
    tape,
    review: (iteration, more) => ({
      task,
      iteration,
      train: examples,
      rules: set,
      matches,
      failures: findFailures(matches, set, task),
      scores: evaluate(set),
      ...more,
    }),
    audit: (phase, more) => ({ task, phase, rules: set, matches, evaluate, ...more }),
  };
}

// deno-lint-ignore no-explicit-any -- JSON of any shape
export const dataOf = ({ messages }: Sent): any => JSON.parse(messages[1].content);
