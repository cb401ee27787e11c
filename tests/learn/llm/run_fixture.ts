/**
 * Runs that learn from a part of the banking data with a model behind a server on loopback.
 *
 * @module
 */
import { assertEquals } from "jsr:@std/assert@^1";
import { type Chat, type ChatOptions, createChat } from "../../../learn/chat/client.ts";
import { replayChat } from "../../../learn/chat/replay.ts";
import { createSimpleCoordinator } from "../../../learn/audit/simple.ts";
import { type Dataset, parseDataset } from "../../../learn/data/dataset.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { type LearnOptions, type LearnResult, learnRules } from "../../../pipeline.ts";
import { readTape, type Recorded, withTrace } from "../../../trace.ts";
import type { Answer, ChatServer } from "../chat/chat_server.ts";
import { KEY } from "./laws.ts";
import { createScripted } from "./scripted_model.ts";

/** All labels of the banking data. */
export const { labels } = readBanking(1);
/** Every sixth of the examples. */
export const few = readBanking(6);

/** Reads every n-th of the examples. */
function readBanking(every: number): Dataset {
  const text = Deno.readTextFileSync(new URL("../../../examples/banking.jsonl", import.meta.url));
  const lines = text.trimEnd().split("\n").filter((_, place) => place % every === 0);
  return parseDataset(lines.join("\n"), { name: "banking", format: "jsonl" });
}

/** Creates a chat that retries without delay. */
export function chatWith(
  { baseUrl }: ChatServer,
  { timeout = 400 }: Pick<ChatOptions, "timeout"> = {},
): Chat {
  const delay = () => Promise.resolve();
  return createChat({ baseUrl, model: "scripted", apiKey: KEY, timeout, delay });
}

/** A run and its record. */
export type Learned = LearnResult & Recorded;

/** Learns from {@linkcode few} with a model, by default one call at a time. */
export function learn(
  storage: string,
  chat: Chat,
  options: LearnOptions = {},
  concurrency = 1,
): Promise<Learned> {
  return withTrace(learnRules, { storage })(few, {
    synthesizer: createLlmSynthesizer({ chat, concurrency }),
    coordinator: createSimpleCoordinator(),
    maxIterations: 4,
    ...options,
  });
}

/** Learns once more from the tape, without a server, and checks that the digest is the same. */
export async function checkReplay(
  storage: string,
  first: Learned,
  options: LearnOptions = {},
): Promise<void> {
  const tape = await readTape(first.tape!);
  const again = await learn(storage, replayChat(tape), options, 3);
  assertEquals(again.trace.digest, first.trace.digest);
}

/** Answers the request with this number by `error`, and all others by the script. */
export function failOnce(number: number, error: Answer): Answer {
  const scripted = createScripted();
  let count = 0;
  return (received, closing) => (count++ === number ? error : scripted)(received, closing);
}
