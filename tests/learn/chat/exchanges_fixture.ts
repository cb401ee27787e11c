/**
 * Requests, tapes, and recorders of chats with a server on loopback.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { createChat, type Message } from "../../../learn/chat/client.ts";
import {
  createRecorder,
  type Exchange,
  exchangeId,
  type ExchangeRequest,
  type ExchangeSink,
  type Reading,
  type Recorder,
} from "../../../learn/chat/exchanges.ts";
import type { Reply } from "../../../learn/chat/response.ts";
import { type Answer, serveChat } from "./chat_server.ts";

/** A schema to ask for. */
export const schema = z.strictObject({ stop: z.boolean() }).meta({ title: "guidance-1" });
/** A request that is on no tape of {@linkcode tapeOf}. */
export const request: ExchangeRequest = {
  purpose: "guide",
  prompt: "guide-1",
  messages: [
    { role: "system", content: "You watch over rules." },
    { role: "user", content: "F1 is 0.8.\nWhat next?" },
  ],
  metadata: { label: "__proto__" },
};

/** Reads any reply as JSON. */
export const parse = ({ text }: Reply): Reading<unknown> => ({
  outcome: "parsed",
  value: JSON.parse(text),
});

/** Creates a clock that advances by 5 ms at each call. */
function clock(): () => Date {
  let time = Date.parse("2026-01-01T00:00:00Z");
  return () => new Date(time += 5);
}

/** Creates a sink that adds exchanges to a tape. */
export function sinkTo(tape: Exchange[]): ExchangeSink {
  return { asked: () => {}, exchanged: (exchange) => tape.push(exchange) };
}

/** Calls `run` with a recorder of a chat with a server that gives these answers; returns the tape. */
export async function record(
  answers: readonly Answer[],
  run: (ask: Recorder) => Promise<void>,
): Promise<Exchange[]> {
  const tape: Exchange[] = [];
  await using server = serveChat(...answers);
  const chat = createChat({
    baseUrl: server.baseUrl,
    model: "small",
    apiKey: "sk-0123456789",
    retries: 0,
  });
  await run(createRecorder(chat, sinkTo(tape), { now: clock() }));
  return tape;
}

/** Creates a tape of exchanges with one user message each, and their responses. */
export function tapeOf(
  ...pairs: readonly (readonly [content: string, response: string])[]
): Exchange[] {
  return pairs.map(([content, response]) => {
    const messages: Message[] = [{ role: "user", content }];
    return {
      id: exchangeId({ model: "small" }, { messages }),
      purpose: "patch",
      prompt: "patch-1",
      model: "small",
      messages,
      response,
      finishReason: "stop",
      outcome: "parsed",
      metadata: {},
      took: 1,
    };
  });
}

/** A conversation of one user message. */
export const say = (content: string): Message[] => [{ role: "user", content }];
