/**
 * Scripted chats that keep their requests, and small tasks, for tests of the LLM synthesizer.
 *
 * @module
 */
import type { CallOptions, Chat, Message } from "../../../learn/chat/client.ts";
import { schemaName } from "../../../learn/chat/format.ts";
import type { Exchange, ExchangeSink } from "../../../learn/chat/exchanges.ts";
import type { Example } from "../../../learn/data/examples.ts";
import { createMatches } from "../../../learn/score/matches.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import { findFailures } from "../../../learn/score/scoring.ts";
import type { PatchState, SynthesisTask } from "../../../learn/synthesizer.ts";

/** Replies as models write them, by name. */
export const replies: Readonly<Record<string, string>> = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/llm_replies.json", import.meta.url)),
);

/** One request, with the title of its schema and the data of its prompt. */
export interface ScriptedRequest {
  readonly messages: readonly Message[];
  readonly schema?: CallOptions["schema"];
  readonly title?: string;
  // deno-lint-ignore no-explicit-any -- JSON of any shape
  readonly data: any;
}

/** A chat that keeps its requests. */
export type ScriptedChat = Chat & { readonly requests: ScriptedRequest[] };

/** Creates a scripted chat: `answer` returns the text of a reply, or throws. */
export function scriptChat(
  answer: (request: ScriptedRequest, index: number) => string | Promise<string>,
): ScriptedChat {
  const requests: ScriptedRequest[] = [];
  const chat = async (messages: readonly Message[], { schema }: CallOptions = {}) => {
    const data = JSON.parse(messages[1].content);
    const request = { messages, schema, title: schema && schemaName(schema), data };
    const text = await answer(request, requests.push(request) - 1);
    return { text, finishReason: "stop", took: 0 };
  };
  return Object.assign(chat, { model: "scripted", requests });
}

/** Creates a sink that keeps ids and exchanges. */
export function createTape(): ExchangeSink & { readonly ids: string[]; readonly tape: Exchange[] } {
  const ids: string[] = [];
  const tape: Exchange[] = [];
  return {
    ids,
    tape,
    asked: (id) => ids.push(id),
    exchanged: (exchange) => tape.push(exchange),
  };
}

/** Twelve texts of three labels. */
export const train: readonly Example[] = ["card", "fee", "rate"].flatMap((label) =>
  ["one", "two", "three", "four"].map((word) => ({
    id: `${label}-${word}`,
    text: `${label} ${word}`,
    label,
  }))
);

/** The task of {@linkcode train}. */
export const task: SynthesisTask = {
  name: "few",
  task: "classification",
  labels: ["card", "fee", "rate"],
  decide: "vote",
  threshold: 0,
  margin: 1,
  seed: 0,
};

/** Texts with spans of three types. */
export const places: readonly Example[] = [
  ["in Boston, MA since 1999", [[3, 9, "city"], [11, 13, "state"], [20, 24, "year"]]],
  ["in Denver since 2005", [[3, 9, "city"], [16, 20, "year"]]],
  ["in Austin, TX", [[3, 9, "city"], [11, 13, "state"]]],
  ["nothing to see", []],
].map(([text, spans], index) => ({
  id: `p${index}`,
  text: text as string,
  entities: (spans as [number, number, string][])
    .map(([start, end, type]) => ({ start, end, type })),
}));

/** The task of {@linkcode places}. */
export const placesTask: SynthesisTask = {
  ...task,
  task: "ner",
  labels: ["city", "state", "year"],
  decide: "first",
  match: "exact",
  overlaps: "drop",
};

/** Creates the state of a run with these rules. */
export function stateOf(
  rules: readonly Rule[],
  changes: Partial<PatchState> = {},
  examples: readonly Example[] = train,
): PatchState {
  const { task: ownTask = task } = changes;
  const matches = createMatches(examples, ownTask.labels, ownTask.match);
  return {
    task: ownTask,
    iteration: 1,
    train: examples,
    rules,
    matches,
    failures: findFailures(matches, rules, ownTask),
    rejected: [],
    ...changes,
  };
}

/** Replies with one rule for each requested label: the pattern is the label itself. */
export function ruleForEach({ data }: ScriptedRequest): string {
  const rules = data.wantedLabels.map((label: string) => ({
    name: label,
    label,
    patterns: [label],
    not: [],
    flags: "i",
  }));
  return JSON.stringify({ rules });
}

/** A rule for each label of {@linkcode train}. */
export const [card, fee, rate] = ["card", "fee", "rate"].map((label) =>
  createRule({ name: `${label}s`, label, patterns: [label], weight: 2 })
);
/** A rule for cards that matches all texts about fees. */
export const wrong = createRule({
  name: "wrong",
  label: "card",
  patterns: ["fee|card one"],
  weight: 3,
});

/** Data of ten labels, one text each. */
export const labels = Array.from({ length: 10 }, (_, index) => `label${index}`);
export const tenLabels = labels.map((label) => ({ id: label, text: `${label} text`, label }));
