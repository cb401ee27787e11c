/**
 * Learners that ask a chat, for tests of the record.
 *
 * @module
 */
import type { Chat, Message } from "../../learn/chat/client.ts";
import type { Reply } from "../../learn/chat/response.ts";
import { createRecorder, exchangeId, type Purpose } from "../../learn/chat/exchanges.ts";
import type { Coordinator } from "../../learn/coordinator.ts";
import type { Patch, SynthesisTask, Synthesizer } from "../../learn/synthesizer.ts";
import type { LearnOptions } from "../../pipeline.ts";
import { propose, silent } from "../pipeline/fixture.ts";

/** Answers requests by their last message: a text, or an error to be thrown. */
export function answering(answer: (content: string) => string | Error | Promise<string>): Chat {
  const chat = async (messages: readonly Message[]): Promise<Reply> => {
    const text = await answer(messages.at(-1)!.content);
    if (text instanceof Error) throw text;
    return { text, finishReason: "stop", took: 1 };
  };
  return Object.assign(chat, { model: "small" });
}

/** Asks for each of the contents at the same time; the replies, in their order. */
export function askAll(
  chat: Chat,
  task: SynthesisTask,
  purpose: Purpose,
  contents: readonly string[],
): Promise<string[]> {
  const ask = createRecorder(chat, task.exchanges);
  return Promise.all(contents.map(async (content) => {
    const messages: Message[] = [{ role: "user", content }];
    const asked = await ask(
      { purpose, prompt: `${purpose}-1`, messages, signal: task.signal },
      ({ text }) => ({ outcome: "parsed", value: text }),
    );
    return asked.outcome === "refused" ? "" : asked.value;
  }));
}

/** A synthesizer that asks for the rules of each label, and for one patch. */
export function askingSynthesizer(
  chat: Chat,
  settings: { readonly also?: (task: SynthesisTask) => Patch } = {},
): Synthesizer {
  return {
    name: "asking",
    model: chat.model,
    async synthesize(task) {
      const replies = await askAll(chat, task, "synthesis", task.labels);
      const added = replies.map((text) => JSON.parse(text));
      return { added, ...settings.also?.(task) };
    },
    async patch({ task, iteration }) {
      const [reply] = await askAll(chat, task, "patch", [`patch ${iteration}`]);
      return JSON.parse(reply);
    },
  };
}

/** The rule that is named like its label, or an empty patch. */
export const sound = (content: string): string =>
  JSON.stringify(content.startsWith("patch") ? {} : propose(content));
export const chat: Chat = answering(sound);
export const idOf = (content: string): string =>
  exchangeId({ model: "small" }, { messages: [{ role: "user", content }] });
export const base: LearnOptions = { coordinator: silent(), generateId: () => "run-1" };
export const wrong = { synthesizer: askingSynthesizer(chat, { also: () => ({ added: [] }) }) };

/** A coordinator that asks a model before each of the given methods. */
export function asking(
  chat: Chat,
  methods: Pick<Coordinator, "critique" | "guide" | "audit">,
): Coordinator {
  const after = <State extends { readonly task: Parameters<typeof askAll>[1] }, T>(
    purpose: "critique" | "guide" | "audit",
    method: ((state: State) => T) | undefined,
  ) =>
    method && (async (state: State) => {
      await askAll(chat, state.task, purpose, [purpose]);
      return await method(state);
    });
  const { critique, guide, audit } = methods;
  return silent({
    critique: after("critique", critique),
    guide: after("guide", guide),
    audit: after("audit", audit),
  } as Omit<Coordinator, "name">);
}
