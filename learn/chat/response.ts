/**
 * What comes back from a chat-completions endpoint: a reply, or an error that says why there is none.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "jsr:@std/assert@^1";
 * import { createEndpoint } from "./endpoint.ts";
 * import { ChatError, readReply } from "./response.ts";
 *
 * const endpoint = createEndpoint("https://models.example", "");
 * const response = Response.json({ choices: [] });
 * const error = await assertRejects(() => readReply(response, endpoint), ChatError, "no choices");
 * assertEquals(error.code, "empty");
 * ```
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Endpoint } from "./endpoint.ts";
import { decodeUtf8, describeKind, isRecord, parseJson } from "../text/json.ts";
import { quote } from "../text/quoting.ts";

/** Tokens of one call, as the endpoint counted them. */
export const Usage = z.object({
  promptTokens: z.int().min(0),
  completionTokens: z.int().min(0),
});
/** See the schema of the same name. */
export type Usage = Readonly<z.infer<typeof Usage>>;

/** What a model replied. */
export interface Reply {
  /** Well-formed: lone surrogates are replaced by U+FFFD. */
  readonly text: string;
  /** Left out where the endpoint does not say. */
  readonly usage?: Usage;
  /** Why the model stopped, in the endpoint's words: mostly `stop`; `unknown` where it does not say. */
  readonly finishReason: string;
  /** Milliseconds, from the call to its reply, with all that was tried. */
  readonly took: number;
}

/**
 * Why there is no reply:
 *
 * - `network`: no connection, or one that broke
 * - `timeout`: no whole reply in time
 * - `status`: a status other than 2xx
 * - `content-type`: not JSON, such as an HTML page
 * - `streaming`: server-sent events, though none were asked for
 * - `too-large`: longer than {@linkcode MAX_REPLY_BYTES}
 * - `invalid`: not a chat completion
 * - `empty`: a completion without choices or text
 * - `length`: a text cut off at the endpoint's limit of tokens; `reply` holds what there is
 */
export const ChatErrorCode = z.enum([
  "network",
  "timeout",
  "status",
  "content-type",
  "streaming",
  "too-large",
  "invalid",
  "empty",
  "length",
]);
/** See the schema of the same name. */
export type ChatErrorCode = z.infer<typeof ChatErrorCode>;

/** Thrown where a call gives no whole reply. */
export class ChatError extends Error {
  override readonly name = "ChatError";
  /** See {@linkcode ChatErrorCode}. */
  readonly code: ChatErrorCode;
  /** Status of the HTTP response, where there was one and it is what went wrong. */
  readonly status?: number;
  /** For the code `length`: the text as far as it goes. */
  readonly reply?: Reply;

  /** An error with a code. */
  constructor(
    message: string,
    code: ChatErrorCode,
    details: { readonly status?: number; readonly reply?: Reply; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.status !== undefined) this.status = details.status;
    if (details.reply !== undefined) this.reply = details.reply;
  }
}

/** The longest reply that is read, in bytes: many times what any model writes. */
export const MAX_REPLY_BYTES = 4 * 1024 * 1024;
/** How much of an error page is read, in bytes. */
const MAX_ERROR_BYTES = 64 * 1024;

/** An error about a call to `endpoint`. `cause` is copied without what is secret. */
export function createChatError(
  endpoint: Endpoint,
  code: ChatErrorCode,
  what: string,
  details: { readonly status?: number; readonly cause?: unknown } = {},
): ChatError {
  const { status, cause } = details;
  return new ChatError(`Cannot get a reply from ${endpoint.name}: ${what}`, code, {
    status,
    cause: cause === undefined ? undefined : cleanCause(cause, endpoint, 0),
  });
}

/** The deepest chain of causes that is kept; also where one is its own cause. */
const MAX_CAUSES = 4;

function cleanCause(cause: unknown, endpoint: Endpoint, depth: number): Error {
  if (!(cause instanceof Error)) return new Error(endpoint.clean(String(cause)));
  const inner = cause.cause === undefined || depth >= MAX_CAUSES
    ? undefined
    : { cause: cleanCause(cause.cause, endpoint, depth + 1) };
  const copy = new Error(endpoint.clean(cause.message), inner);
  copy.name = cause.name;
  return copy;
}

/**
 * Reads a response with a status of 2xx.
 *
 * @throws {ChatError} where it is no chat completion
 */
export async function readReply(
  response: Response,
  endpoint: Endpoint,
): Promise<Omit<Reply, "took">> {
  checkContentType(response, endpoint);
  const { bytes, isWhole } = await readBytes(response, MAX_REPLY_BYTES, endpoint);
  if (!isWhole) {
    const bound = `${MAX_REPLY_BYTES / 1024 / 1024} MB`;
    throw createChatError(endpoint, "too-large", `the reply is longer than ${bound}`);
  }
  let body: unknown;
  try {
    const text = decodeUtf8(bytes, "the reply");
    // An event may also begin with a comment, which has no name.
    if (/^\s*(?:data|event|id|retry)?:/.test(text.slice(0, 200))) throw streams(endpoint);
    body = parseJson(text, "the reply");
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const why = cause.message.replace(/^Cannot read the reply: /, "");
    throw createChatError(endpoint, "invalid", `the reply is not JSON: ${why}`, { cause });
  }
  return interpret(body, endpoint);
}

/**
 * Reads a response with any other status.
 *
 * @returns the error, and what the endpoint said, as it said it, as far as it is read
 */
export async function readRefusal(
  response: Response,
  endpoint: Endpoint,
): Promise<{ readonly error: ChatError; readonly said: string }> {
  const { status } = response;
  const refuse = (why: string, cause?: unknown) =>
    createChatError(endpoint, "status", `status ${status}${why}`, { status, cause });
  if (status >= 300 && status < 400) {
    return { error: refuse(": it points elsewhere, which is not followed"), said: "" };
  }
  let page: Awaited<ReturnType<typeof readBytes>>;
  try {
    page = await readBytes(response, MAX_ERROR_BYTES, endpoint);
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    // The status alone says whether to try again, and when.
    return { error: refuse(", and the connection broke", error.cause), said: "" };
  }
  const said = new TextDecoder().decode(page.bytes);
  // Endpoints quote a key that they refuse, some with a part of it masked.
  if (status === 401) {
    return {
      error: refuse(endpoint.hasKey ? ": the API key is refused" : ": no API key was given"),
      said,
    };
  }
  // What is cut off may end within the key.
  const shown = page.isWhole ? said : endpoint.clean(said).slice(0, MAX_ERROR_BYTES / 2);
  return { error: refuse(describeError(shown, endpoint)), said };
}

/** What an error page says, in a few words. */
function describeError(said: string, endpoint: Endpoint): string {
  const text = said.trim();
  if (text === "") return "";
  if (text.startsWith("<")) return ": an HTML page";
  let message: unknown = text;
  try {
    message = findMessage(parseJson(text, "the error")) ?? text;
  } catch (error) {
    // Plain text is as good.
    if (!(error instanceof SyntaxError)) throw error;
  }
  return `: ${quote(endpoint.clean(String(message)), 200)}`;
}

/** The message of an error as endpoints write it: `{error: {message}}`, `{error}`, `{message}`, `{detail}`. */
function findMessage(body: unknown): string | undefined {
  if (!isRecord(body)) return undefined;
  const inner = isRecord(body.error) ? body.error.message : body.error;
  return [inner, body.message, body.detail].find((found) => typeof found === "string");
}

function checkContentType(response: Response, endpoint: Endpoint): void {
  const [type] = (response.headers.get("content-type") ?? "").split(";");
  const found = type.trim().toLowerCase();
  if (found === "text/event-stream") throw streams(endpoint);
  if (/^application\/(?:[\w.+-]+\+)?json$/.test(found)) return;
  const what = found === "text/html" || found === "application/xhtml+xml"
    ? "it answers with an HTML page, expected JSON (is it the right base URL?)"
    : `its content type is ${
      found === "" ? "missing" : quote(endpoint.clean(found))
    }, expected application/json`;
  throw createChatError(endpoint, "content-type", what);
}

function streams(endpoint: Endpoint): ChatError {
  return createChatError(endpoint, "streaming", "it streams its reply, though not asked to");
}

/** The body up to `limit` bytes, and whether that is all of it. */
async function readBytes(
  response: Response,
  limit: number,
  endpoint: Endpoint,
): Promise<{ readonly bytes: Uint8Array; readonly isWhole: boolean }> {
  if (response.body === null) return { bytes: new Uint8Array(), isWhole: true };
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  try {
    while (length <= limit) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
    }
  } catch (cause) {
    throw createChatError(endpoint, "network", "the connection broke within the reply", { cause });
  } finally {
    // Whoever holds the response may then cancel what is left.
    reader.releaseLock();
  }
  const bytes = new Uint8Array(Math.min(length, limit));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk.subarray(0, limit - at), at);
    at = Math.min(limit, at + chunk.length);
  }
  return { bytes, isWhole: length <= limit };
}

function interpret(body: unknown, endpoint: Endpoint): Omit<Reply, "took"> {
  const invalid = (what: string) =>
    createChatError(endpoint, "invalid", `the reply is no chat completion: ${what}`);
  if (!isRecord(body)) throw invalid(`it is ${describeKind(body)}, expected an object`);
  const { choices } = body;
  if (!Array.isArray(choices)) {
    const message = findMessage(body);
    if (message !== undefined) throw invalid(`it says ${quote(endpoint.clean(message), 200)}`);
    throw invalid(`choices is ${describeKind(choices)}, expected an array`);
  }
  if (choices.length === 0) throw createChatError(endpoint, "empty", "the reply has no choices");
  const choice: unknown = choices[0];
  const message = isRecord(choice) ? choice.message : undefined;
  if (!isRecord(choice) || !isRecord(message)) {
    throw invalid(`choices[0].message is ${describeKind(message)}, expected an object`);
  }
  const content = message.content ?? "";
  if (typeof content !== "string") {
    throw invalid(`choices[0].message.content is ${describeKind(content)}, expected a string`);
  }
  const { finish_reason } = choice;
  const finishReason = typeof finish_reason === "string" && finish_reason !== ""
    ? endpoint.conceal(finish_reason).slice(0, 40).toWellFormed()
    : "unknown";
  if (content === "" && finishReason !== "length") {
    const why = typeof message.refusal === "string"
      ? `the model declined: ${quote(endpoint.clean(message.refusal), 200)}`
      : `it stopped for the reason ${quote(finishReason)}`;
    throw createChatError(endpoint, "empty", `the reply has no text: ${why}`);
  }
  const usage = readUsage(body.usage);
  return {
    text: endpoint.conceal(content).toWellFormed(),
    ...(usage === undefined ? {} : { usage }),
    finishReason,
  };
}

/** Counts that are not counts are left out: nothing depends on them. */
function readUsage(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = usage;
  return Usage.safeParse({ promptTokens, completionTokens }).data;
}
