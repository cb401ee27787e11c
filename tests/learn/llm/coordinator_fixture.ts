/**
 * Scripted chats for a coordinator, and states of runs for it to review.
 *
 * @module
 */
import type { AuditState, ReviewState } from "../../../learn/coordinator.ts";
import type { Example, LabelledExample } from "../../../learn/data/examples.ts";
import type { Exchange, ExchangeSink } from "../../../learn/chat/exchanges.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import { createMatches, findFailures, score } from "../../../learn/score/scoring.ts";
import type { SynthesisTask } from "../../../learn/synthesizer.ts";
import { scriptChat, type ScriptedChat } from "./synthesizer_fixture.ts";

/** Replies in turn, by the title of the requested schema. */
export type Replies = Readonly<Record<string, readonly unknown[]>>;

/** Replies for each schema. */
export const fixture: Replies = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/agentic_replies.json", import.meta.url)),
);

/** Creates a chat that gives the replies for each schema in turn, the last again and again. */
export function scripted(replies: Replies): ScriptedChat {
  const counts = new Map<string, number>();
  return scriptChat(({ title = "none" }) => {
    const place = counts.get(title) ?? 0;
    counts.set(title, place + 1);
    const reply = replies[title].at(Math.min(place, replies[title].length - 1));
    if (reply instanceof Error) throw reply;
    return typeof reply === "string" ? reply : JSON.stringify(reply);
  });
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

/** Proposals; the first matches one text of another label. */
export const proposals: readonly Proposal[] = [
  { name: "any card", label: "card", patterns: [String.raw`\bcard\b`], weight: 2, priority: 3 },
  { name: "waiting", label: "card", patterns: [String.raw`\bwaiting\b`], weight: 1 },
  { name: "rates", label: "rate", patterns: [String.raw`\brates\b`] },
];
/** The rules of {@linkcode proposals}. */
export const rules = proposals.map(createRule);

/** States for a coordinator to review, and the tape of its requests. */
export interface Situation {
  readonly task: SynthesisTask;
  readonly tape: Exchange[];
  review(iteration: number, more?: Partial<ReviewState>): ReviewState;
  audit(phase: AuditState["phase"], more?: Partial<AuditState>): AuditState;
}

/** Creates the situation of a run with these rules on these examples. */
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
