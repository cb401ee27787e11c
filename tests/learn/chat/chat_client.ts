/**
 * Chats with a server on loopback: what they are called with, and what comes of it.
 *
 * @module
 */
import { assertRejects } from "jsr:@std/assert@^1";
import { type Chat, type ChatOptions, createChat } from "../../../learn/chat/client.ts";
import { ChatError } from "../../../learn/chat/response.ts";
import { type Answer, type ChatServer, serveChat } from "./chat_server.ts";

/** A conversation. */
export const messages = [{ role: "user" as const, content: "Which rules?" }];

/** A key that is written otherwise in JSON and in a URL. */
export const key = "sk-test/0123456789+abc";

/** Options of a chat, and its address. */
export interface Asking extends Partial<ChatOptions> {
  /** What the base URL of the server becomes. */
  readonly address?: (baseUrl: string) => string;
}

/** Calls a chat with a server that gives these answers; waits are recorded, not waited for. */
export async function withChat(
  answers: readonly Answer[],
  options: Asking,
  run: (chat: Chat, server: ChatServer, waits: number[]) => Promise<void>,
): Promise<void> {
  await using server = serveChat(...answers);
  await run(...connect(server, options));
}

/** A chat with a server, the server, and the waits so far. */
export function connect(
  server: ChatServer,
  { address, ...options }: Asking,
): readonly [chat: Chat, server: ChatServer, waits: number[]] {
  const waits: number[] = [];
  const chat = createChat({
    baseUrl: address?.(server.baseUrl) ?? server.baseUrl,
    model: "small",
    delay: (milliseconds) => {
      waits.push(milliseconds);
      return Promise.resolve();
    },
    ...options,
  });
  return [chat, server, waits];
}

/** The error of a call to a server that gives these answers. */
export async function failure(
  answers: readonly Answer[],
  options: Asking = {},
): Promise<ChatError> {
  let error: ChatError | undefined;
  await withChat(answers, options, async (chat) => {
    error = await assertRejects(() => chat(messages), ChatError);
  });
  return error!;
}

/** All that an error shows, causes included. */
export const show = (error: unknown): string =>
  Deno.inspect(error, { depth: 20, showHidden: true });
