/**
 * Calls a language model over HTTP, by the chat-completions protocol that OpenAI, Groq, Together,
 * Ollama, vLLM and llama.cpp share. Contacts no address but the endpoint's.
 *
 * - **Address.** `/chat/completions` is added to the base URL, whether or not it ends in `/`;
 *   `/v1/chat/completions` if it has no path. A URL that ends in `/chat/completions` stays as it is. A
 *   query (`?api-version=…`) is kept. Redirects are not followed.
 * - **Retries.** A status of 429 or 5xx, a network error and a time-out are retried, up to `retries`
 *   times: after 0.5 s, then 1, 2, 4 … s, or as `Retry-After` says (seconds or a date), at most 60 s.
 *   Other errors would occur again, and are not retried.
 * - **JSON.** With a schema, the endpoint is asked for its JSON schema. An endpoint that refuses that
 *   (status 400 or 422, speaking of `response_format`) is asked for any JSON object, then for plain text.
 *   After a reply, it is not asked again for what it refused. JSON objects need a prompt that says JSON.
 *   The text is returned as it came: the caller checks it against the schema.
 * - **Secrets.** The key is sent in the `Authorization` header. Nothing that is returned or thrown has
 *   it: if the endpoint or the model repeats it, in whatever form `secrets.ts` knows, `[key]` takes its
 *   place, and `[query]` that of the values of the URL's query. Those shorter than 8 characters (`ollama`,
 *   `none`) count as placeholders and are not searched for. URLs in errors have no query.
 *
 * ```ts ignore
 * import { createChat } from "./client.ts";
 *
 * const chat = createChat({ baseUrl: "http://localhost:11434/v1", model: "qwen3:8b" });
 * const { text } = await chat([{ role: "user", content: "Say yes." }]);
 * ```
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "npm:zod@^4";
import { isNotCapable } from "../../system/permissions.ts";
import { createFormats, type ReplySchema } from "./format.ts";
import { createEndpoint, readRetryAfter } from "./endpoint.ts";
import { ChatError, createChatError, readRefusal, readReply, type Reply } from "./response.ts";
import { schemaOf } from "../text/schemas.ts";

export type { ReplySchema } from "./format.ts";

/** One message of a conversation. */
export interface Message {
  /** Who says it. */
  readonly role: "system" | "user" | "assistant";
  /** What is said. */
  readonly content: string;
}

/** Reads a {@linkcode Message}. */
export const MessageSchema = schemaOf<Message>()(z.strictObject({
  role: z.enum(["system", "user", "assistant"]),
  content: z.string(),
}));

/** Copies messages as they are sent: well-formed (lone surrogates become U+FFFD), without other members. */
export function plainMessages(messages: readonly Message[]): Message[] {
  return messages.map(({ role, content }) => ({ role, content: content.toWellFormed() }));
}

/** Options of one call. */
export interface CallOptions {
  /** Ask for JSON of this schema. */
  readonly schema?: ReplySchema;
  /** Aborts the call, also between two tries. */
  readonly signal?: AbortSignal;
}

/** Asks a model for the next message of a conversation. */
export interface Chat {
  /**
   * @throws {ChatError} if the call gives no whole reply
   * @throws the reason of a signal that aborts
   * @throws {Deno.errors.NotCapable} if the permission is missing
   */
  (messages: readonly Message[], options?: CallOptions): Promise<Reply>;
  /** Name of the model, as the endpoint knows it. */
  readonly model: string;
  /** See {@linkcode ChatOptions.parameters}. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Options of {@linkcode createChat}. */
export interface ChatOptions {
  /** Address of the endpoint, such as `https://api.openai.com/v1` or `http://localhost:11434/v1`. */
  readonly baseUrl: string;
  /** Name of the model, as the endpoint knows it. */
  readonly model: string;
  /** Sent as a bearer token, unless it is empty. */
  readonly apiKey?: string;
  /**
   * JSON members to add to each request, such as `{ temperature: 0 }` or, to bound a reply,
   * `{ max_completion_tokens: 4000 }` (older endpoints: `max_tokens`). None is sent by default, as
   * endpoints refuse parameters that a model does not have.
   *
   * @default {none}
   */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /**
   * Milliseconds for one try, from sending it to the last byte of its reply.
   *
   * @default {120000}
   */
  readonly timeout?: number;
  /**
   * How often a call is retried.
   *
   * @default {3}
   */
  readonly retries?: number;
  /** Aborts all calls. */
  readonly signal?: AbortSignal;
  /**
   * Sends the requests.
   *
   * @default {globalThis.fetch}
   */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** The clock, for `took` and for dates in `Retry-After`. */
  readonly now?: () => Date;
  /** Waits before a retry, until `signal` aborts. */
  readonly delay?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 60_000;
/** The longest time of a timer, in milliseconds. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;
const RESERVED = ["model", "messages", "response_format", "stream"];

/** The result of one try. */
type Try =
  | { readonly reply: Omit<Reply, "took"> }
  | {
    readonly error: ChatError;
    readonly isTransient: boolean;
    /** Milliseconds to wait, as the endpoint asks. */
    readonly wait?: number;
    readonly refusesFormat?: boolean;
  };

/**
 * Creates a chat with one model at one endpoint. Nothing is sent before it is called.
 *
 * @throws {TypeError | RangeError} if an option has a value that cannot be used
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createChat } from "./client.ts";
 *
 * const chat = createChat({
 *   baseUrl: "https://models.example",
 *   model: "small",
 *   fetch: () =>
 *     Promise.resolve(Response.json({
 *       choices: [{ message: { role: "assistant", content: "yes" }, finish_reason: "stop" }],
 *     })),
 * });
 * const { text } = await chat([{ role: "user", content: "Say yes." }]);
 * assertEquals(text, "yes");
 * ```
 */
export function createChat(options: ChatOptions): Chat {
  const { model, apiKey = "", timeout = 120_000, retries = 3, signal } = options;
  const { fetch = globalThis.fetch, now = () => new Date() } = options;
  const { delay = (milliseconds, signal) => sleep(milliseconds, undefined, { signal }) } = options;
  checkOptions(model, apiKey, options.parameters, timeout, retries);
  // A copy as it is sent: without members that are undefined.
  const parameters = options.parameters &&
    JSON.parse(JSON.stringify(options.parameters)) as Record<string, unknown>;
  const endpoint = createEndpoint(options.baseUrl, apiKey);
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json",
    ...(apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  /** Index of the first format that the endpoint is not known to refuse. */
  let accepted = 0;

  async function attempt(body: string, signal: AbortSignal): Promise<Try> {
    let response: Response;
    try {
      response = await fetch(endpoint.url, {
        method: "POST",
        headers,
        body,
        redirect: "manual",
        signal,
      });
    } catch (cause) {
      if (isNotCapable(cause)) throw cause;
      const error = createChatError(endpoint, "network", "the connection failed", { cause });
      return { error, isTransient: true };
    }
    try {
      if (response.ok) return { reply: await readReply(response, endpoint) };
      const { status } = response;
      const { error, text } = await readRefusal(response, endpoint);
      return {
        error,
        isTransient: status === 429 || status >= 500,
        wait: readRetryAfter(response.headers.get("retry-after"), now),
        refusesFormat: (status === 400 || status === 422) &&
          /response[ _]?format|json[ _](?:schema|object)/i.test(text),
      };
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      return { error, isTransient: error.code === "network" };
    } finally {
      // An unread rest would keep the connection open. Nothing depends on how that ends.
      response.body?.cancel().catch(() => {});
    }
  }

  async function tryOnce(body: string, signals: readonly AbortSignal[]): Promise<Try> {
    try {
      return await untilAborted(signals, (signal) => attempt(body, signal), timeout);
    } catch (cause) {
      if (!(cause instanceof TimedOut)) throw cause;
      const error = createChatError(endpoint, "timeout", `no whole reply within ${timeout} ms`);
      return { error, isTransient: true };
    }
  }

  async function chat(messages: readonly Message[], call: CallOptions = {}): Promise<Reply> {
    const started = now().getTime();
    const signals = [signal, call.signal].filter((one) => one !== undefined);
    const formats = call.schema === undefined ? [undefined] : createFormats(call.schema);
    const plain = plainMessages(messages);
    let asked = Math.min(accepted, formats.length - 1);
    for (let failures = 0;;) {
      const body = JSON.stringify({
        ...parameters,
        model,
        messages: plain,
        response_format: formats[asked],
        stream: false,
      });
      const tried = await tryOnce(body, signals);
      if ("reply" in tried) {
        // Known by the reply only: a refusal may speak of the format and mean something else.
        accepted = Math.max(accepted, asked);
        const reply = { ...tried.reply, took: Math.max(0, now().getTime() - started) };
        if (reply.finishReason !== "length") return reply;
        const message = `The reply from ${endpoint.name} was cut off at its limit of tokens`;
        throw new ChatError(message, "length", { reply });
      }
      const { error, isTransient, refusesFormat } = tried;
      if (refusesFormat && asked < formats.length - 1) {
        asked++;
        continue;
      }
      if (!isTransient || failures >= retries) {
        throw failures === 0 ? error : countTries(error, failures + 1);
      }
      const pause = Math.min(tried.wait ?? FIRST_WAIT * 2 ** failures, LONGEST_WAIT);
      await untilAborted(signals, (signal) => delay(pause, signal));
      failures++;
    }
  }

  return Object.assign(chat, parameters === undefined ? { model } : { model, parameters });
}

function countTries({ message, code, status, cause }: ChatError, tries: number): ChatError {
  return new ChatError(`${message} (tried ${tries} times)`, code, { status, cause });
}

function checkOptions(
  model: unknown,
  apiKey: unknown,
  parameters: Readonly<Record<string, unknown>> = {},
  timeout: number,
  retries: number,
): void {
  const what = "Cannot create a chat";
  if (typeof model !== "string" || model.trim() === "") {
    throw new TypeError(`${what}: model is missing, expected its name`);
  }
  // `Headers` would quote the key in its error.
  if (typeof apiKey !== "string" || !/^[\x21-\x7e]*$/.test(apiKey)) {
    throw new TypeError(`${what}: the API key has spaces, line ends or characters outside ASCII`);
  }
  for (const name of RESERVED) {
    if (!Object.hasOwn(parameters, name)) continue;
    throw new TypeError(`${what}: parameters may not hold ${name}`);
  }
  if (!(timeout > 0 && timeout <= LONGEST_TIMEOUT)) {
    throw new RangeError(`${what}: timeout is ${timeout}, expected milliseconds above 0`);
  }
  if (!Number.isInteger(retries) || retries < 0) {
    throw new RangeError(`${what}: retries is ${retries}, expected a whole number from 0`);
  }
}

/** Thrown by {@linkcode untilAborted}. */
class TimedOut extends Error {}

/**
 * Runs `run` until it is done, one of `signals` aborts or the time is up. Its own signal aborts at the
 * end in any case, which ends what it left running.
 */
async function untilAborted<T>(
  signals: readonly AbortSignal[],
  run: (signal: AbortSignal) => Promise<T>,
  timeout = LONGEST_TIMEOUT,
): Promise<T> {
  for (const signal of signals) signal.throwIfAborted();
  const controller = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  for (const signal of signals) {
    signal.addEventListener("abort", () => reject(signal.reason), { signal: controller.signal });
  }
  const timer = setTimeout(() => reject(new TimedOut()), timeout);
  try {
    return await Promise.race([run(controller.signal), stopped]);
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}
