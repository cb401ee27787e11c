/**
 * Reads responses of a chat-completions endpoint: a reply, or an error that says why the call failed.
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
import { Buffer } from "node:buffer";
import * as z from "npm:zod@^4";
import type { Endpoint } from "./endpoint.ts";
import { digest } from "../text/digest.ts";
import { decodeUtf8, describeKind, isRecord, parseJson } from "../text/json.ts";
import { cut, quote } from "../text/quoting.ts";
import { schemaOf } from "../text/schemas.ts";

/** Tokens of one call, as counted by the endpoint. */
export interface Usage {
  /** Tokens of the messages that were sent. */
  readonly promptTokens: number;
  /** Tokens of the reply. */
  readonly completionTokens: number;
}

/** Reads a {@linkcode Usage}. */
export const UsageSchema = schemaOf<Usage>()(z.object({
  promptTokens: z.int().min(0),
  completionTokens: z.int().min(0),
}));

/** A reply of a model. */
export interface Reply {
  /** Well-formed: lone surrogates are replaced by U+FFFD. */
  readonly text: string;
  /** Left out if the endpoint does not say. */
  readonly usage?: Usage;
  /** Why the model stopped, in the endpoint's words: mostly `stop`; `unknown` if it does not say. */
  readonly finishReason: string;
  /** Milliseconds from the call to its reply, retries included. */
  readonly took: number;
}

/**
 * Why a call gave no whole reply:
 *
 * - `network`: the connection failed or broke
 * - `timeout`: no whole reply in time
 * - `status`: a status other than 2xx
 * - `content-type`: not JSON, such as an HTML page
 * - `streaming`: server-sent events, which were not asked for
 * - `too-large`: longer than 4 MB
 * - `invalid`: not a chat completion
 * - `empty`: a completion without choices or text
 * - `length`: a text cut off at the endpoint's limit of tokens; `reply` has its beginning
 */
export type ChatErrorCode =
  | "network"
  | "timeout"
  | "status"
  | "content-type"
  | "streaming"
  | "too-large"
  | "invalid"
  | "empty"
  | "length";

/** Reads a {@linkcode ChatErrorCode}. */
export const ChatErrorCodeSchema = schemaOf<ChatErrorCode>()(z.enum([
  "network",
  "timeout",
  "status",
  "content-type",
  "streaming",
  "too-large",
  "invalid",
  "empty",
  "length",
]));

/** Thrown if a call gives no whole reply. */
export class ChatError extends Error {
  /** Always the name of the class. */
  override readonly name = "ChatError";
  /** See {@linkcode ChatErrorCode}. */
  readonly code: ChatErrorCode;
  /** For the code `status`: the status of the HTTP response. */
  readonly status?: number;
  /** For the code `length`: the beginning of the reply. */
  readonly reply?: Reply;

  /** Creates an error with a code. */
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

/** The longest reply that is read, in bytes: many times as long as models write. */
export const MAX_REPLY_BYTES = 4 * 1024 * 1024;
/** The longest part of an error page that is read, in bytes. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Creates an error about a call to `endpoint`. Copies `cause` without secrets. */
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

/** The longest chain of causes that is kept; a cause may be its own cause. */
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
 * @throws {ChatError} if it is not a chat completion
 */
export async function readReply(
  response: Response,
  endpoint: Endpoint,
): Promise<Omit<Reply, "took">> {
  checkContentType(response, endpoint);
  const { bytes, isWhole } = await readBody(response, MAX_REPLY_BYTES, endpoint);
  if (!isWhole) {
    const bound = `${MAX_REPLY_BYTES / 1024 / 1024} MB`;
    throw createChatError(endpoint, "too-large", `the reply is longer than ${bound}`);
  }
  let body: unknown;
  try {
    const text = decodeUtf8(bytes, "the reply");
    // An event may also begin with a comment, which is a line without a name.
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
 * @returns the error, and the beginning of the response's text as it came
 */
export async function readRefusal(
  response: Response,
  endpoint: Endpoint,
): Promise<{ readonly error: ChatError; readonly text: string }> {
  const { status } = response;
  const refuse = (why: string, cause?: unknown) =>
    createChatError(endpoint, "status", `status ${status}${why}`, { status, cause });
  if (status >= 300 && status < 400) {
    return { error: refuse(": it redirects, and redirects are not followed"), text: "" };
  }
  let page: Awaited<ReturnType<typeof readBody>>;
  try {
    page = await readBody(response, MAX_ERROR_BYTES, endpoint);
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    // The status alone says whether and when to retry.
    return { error: refuse(", and the connection broke", error.cause), text: "" };
  }
  const text = new TextDecoder().decode(page.bytes);
  // Not quoted: endpoints repeat a key that they refuse, some with a part of it masked.
  if (status === 401) {
    const why = endpoint.hasKey ? ": the API key is refused" : ": no API key was given";
    return { error: refuse(why), text };
  }
  // A page that is cut off may end within the key.
  const shown = page.isWhole ? text : endpoint.clean(text).slice(0, MAX_ERROR_BYTES / 2);
  return { error: refuse(describeError(shown.trim(), endpoint)), text };
}

/** Describes an error page in a few words. */
function describeError(text: string, endpoint: Endpoint): string {
  if (text === "") return "";
  if (text.startsWith("<")) return ": an HTML page";
  let message: string | undefined;
  try {
    message = findMessage(parseJson(text, "the error"));
  } catch (error) {
    // Plain text will do.
    if (!(error instanceof SyntaxError)) throw error;
  }
  return `: ${quote(endpoint.clean(message ?? text), 200)}`;
}

/** Finds the message in an error of an endpoint: `{error: {message}}`, `{error}`, `{message}`, `{detail}`. */
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
    : `its content type is ${found && quote(endpoint.clean(found)) || "missing"}, ` +
      "expected application/json";
  throw createChatError(endpoint, "content-type", what);
}

function streams(endpoint: Endpoint): ChatError {
  return createChatError(endpoint, "streaming", "it streams its reply, which was not asked for");
}

/** Reads a body up to `limit` bytes, and whether these are all of it. */
async function readBody(
  response: Response,
  limit: number,
  endpoint: Endpoint,
): Promise<{ readonly bytes: Uint8Array; readonly isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // Not cancelled here: the caller cancels the rest.
    for await (const chunk of response.body?.values({ preventCancel: true }) ?? []) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > limit) break;
    }
  } catch (cause) {
    throw createChatError(endpoint, "network", "the connection broke within the reply", { cause });
  }
  return { bytes: Buffer.concat(chunks).subarray(0, limit), isWhole: length <= limit };
}

function interpret(body: unknown, endpoint: Endpoint): Omit<Reply, "took"> {
  const invalid = (what: string) =>
    createChatError(endpoint, "invalid", `the reply is not a chat completion: ${what}`);
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
    ? cut(endpoint.conceal(finish_reason), 40, "").toWellFormed()
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

/** Reads the counts of tokens, or nothing if they are not counts: nothing depends on them. */
function readUsage(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = usage;
  return UsageSchema.safeParse({ promptTokens, completionTokens }).data;
}

/**
 * Returns the digest of the text of a response, by which a trace proves it.
 *
 * @example
 * ```ts
 * import { assertNotEquals } from "jsr:@std/assert@^1";
 * import { responseDigest } from "./response.ts";
 *
 * assertNotEquals(responseDigest('{"rules": []}'), responseDigest('{"rules":[]}'));
 * ```
 */
export function responseDigest(response: string): string {
  // The UTF-8 that a digest is of has no lone surrogates; JSON has escapes for them.
  return digest(response.isWellFormed() ? response : [JSON.stringify(response)]);
}
