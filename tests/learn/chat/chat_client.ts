/**
 * Creates chats with a server on loopback, and returns their replies, errors and waits.
 *
 * @module
 */
import { assertRejects } from "jsr:@std/assert@^1";
import { type Chat, type ChatOptions, createChat } from "../../../learn/chat/client.ts";
import { ChatError } from "../../../learn/chat/response.ts";
import { type Answer, type ChatServer, serveChat } from "./chat_server.ts";

/** A conversation. */
export const messages = [{ role: "user" as const, content: "Which rules?" }];

/** A key with other forms in JSON and in a URL. */
export const key = "sk-test/0123456789+abc";

/** Options of a chat, and its address. */
export interface Asking extends Partial<ChatOptions> {
  /** Changes the base URL of the server. */
  readonly address?: (baseUrl: string) => string;
}

/** Calls `run` with a chat with a server that gives these answers; records waits without waiting. */
export async function withChat(
  answers: readonly Answer[],
  options: Asking,
  run: (chat: Chat, server: ChatServer, waits: number[]) => Promise<void>,
): Promise<void> {
  await using server = serveChat(...answers);
  await run(...connect(server, options));
}

/** Creates a chat with a server; returns it with the server and the waits so far. */
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

/** Returns the error of a call to a server that gives these answers. */
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

/** Shows everything in an error, causes included. */
export const show = (error: unknown): string =>
  Deno.inspect(error, { depth: 20, showHidden: true });
