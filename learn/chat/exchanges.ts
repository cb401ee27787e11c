/**
 * The tape: one JSON line for each call of a model, failed calls included, with the request, the reply
 * and the outcome.
 *
 *     {"id":"sha256:…","purpose":"patch","prompt":"patch-1","model":"small","messages":[…],
 *      "response":"…","finishReason":"stop","usage":{…},"outcome":"parsed","metadata":{…},
 *      "at":"…","took":812}
 *
 * - The id is the digest of model, parameters, messages and schema: the same request has the same id in
 *   every run and on any machine, at any time and in any order.
 * - The tape holds the texts that were sent and received, a trace does not: it names exchanges by id.
 * - {@linkcode createRecorder} makes exchanges, {@linkcode formatExchange} writes them to a file,
 *   {@linkcode parseTape} reads them, and `replayChat` of `replay.ts` answers from them.
 *
 * A tape has what fine-tuning needs: `review/dataset.ts` makes training data of tapes and their traces.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import * as z from "npm:zod@^4";
import { type Chat, type Message, MessageSchema, plainMessages } from "./client.ts";
import {
  ChatError,
  type ChatErrorCode,
  ChatErrorCodeSchema,
  type Reply,
  type Usage,
  UsageSchema,
} from "./response.ts";
import { type ReplySchema, schemaName } from "./format.ts";
import { abbreviate, Digest, digest } from "../text/digest.ts";
import { decodeUtf8, parseJson } from "../text/json.ts";
import { cut, escapeControls } from "../text/quoting.ts";
import { type Json, schemaOf } from "../text/schemas.ts";

/** The purpose of a request. */
export type Purpose = "synthesis" | "patch" | "guide" | "audit" | "critique";

/** One call of a model. */
export interface Exchange {
  /** See {@linkcode exchangeId}. */
  readonly id: string;
  /** What the model was asked for. */
  readonly purpose: Purpose;
  /** Name and version of the prompt, such as `patch-1`. */
  readonly prompt: string;
  /** Name of the model, as the endpoint knows it. */
  readonly model: string;
  /** Other members of the request, such as the temperature. */
  readonly parameters?: Readonly<Record<string, Json>>;
  /** The conversation that was sent. */
  readonly messages: readonly Message[];
  /** The schema of the reply: its title, or the digest of its JSON schema. */
  readonly schema?: string;
  /** The reply's text as it came, whole or cut off. */
  readonly response?: string;
  /** Why the model stopped, in the endpoint's words. */
  readonly finishReason?: string;
  /** Left out if the endpoint did not say. */
  readonly usage?: Usage;
  /**
   * Whether the reply was used as it came (`parsed`), used after repairs (`repaired`) or not used
   * (`refused`), or the call or the reading of its reply threw (`failed`).
   */
  readonly outcome: "parsed" | "repaired" | "refused" | "failed";
  /** The repairs, or why it was refused or failed. */
  readonly why?: string;
  /** The error that the call threw, also if its reply was cut off and could still be used. */
  readonly error?: ExchangeError;
  /** Notes of the caller, such as the label that rules were asked for. */
  readonly metadata: Readonly<Record<string, Json>>;
  /** The time at which the call began. */
  readonly at?: string;
  /** Milliseconds from the call to its reply, or to its failure. */
  readonly took: number;
}

/** The error of a call, as a tape keeps it. */
export interface ExchangeError {
  /** Name of its class. */
  readonly name: string;
  /** Its message. */
  readonly message: string;
  /** For a `ChatError`. */
  readonly code?: ChatErrorCode;
  /** For a `ChatError` with the code `status`: the status of the HTTP response. */
  readonly status?: number;
}

/** Reads an {@linkcode Exchange}. Ignores other members. */
export const ExchangeSchema = schemaOf<Exchange>()(
  z.object({
    id: Digest,
    purpose: z.enum(["synthesis", "patch", "guide", "audit", "critique"]),
    prompt: z.string(),
    model: z.string(),
    parameters: z.record(z.string(), z.json()).optional(),
    messages: z.array(MessageSchema),
    schema: z.string().optional(),
    response: z.string().optional(),
    finishReason: z.string().optional(),
    usage: UsageSchema.optional(),
    outcome: z.enum(["parsed", "repaired", "refused", "failed"]),
    why: z.string().optional(),
    error: z.strictObject({
      name: z.string(),
      message: z.string(),
      code: ChatErrorCodeSchema.optional(),
      status: z.int().optional(),
    }).optional(),
    metadata: z.record(z.string(), z.json()),
    at: z.iso.datetime().optional(),
    took: z.number().min(0),
  }).refine(
    ({ response, error }) => response !== undefined || error !== undefined,
    "expected a response or an error",
  ),
);

/** A request and its purpose. */
export interface ExchangeRequest {
  /** What the model is asked for. */
  readonly purpose: Purpose;
  /** Name and version of the prompt, such as `patch-1`. */
  readonly prompt: string;
  /** The conversation so far. */
  readonly messages: readonly Message[];
  /** Ask for JSON of this schema. A title (`schema.meta({ title })`) keeps the id from version to version. */
  readonly schema?: ReplySchema;
  /** JSON to keep with the exchange. Names from data belong in values, not in keys. */
  readonly metadata?: Exchange["metadata"];
  /** Aborts the call. */
  readonly signal?: AbortSignal;
}

/** The result of reading a reply. */
export type Reading<T> =
  | { readonly outcome: "parsed"; readonly value: T }
  | { readonly outcome: "repaired"; readonly value: T; readonly why: string }
  | { readonly outcome: "refused"; readonly why: string };

/**
 * Asks, reads the reply and reports the exchange.
 *
 * Reads a reply that was cut off like any other: its `finishReason` is `length`. If the call fails or
 * `read` throws, reports the exchange as `failed` and throws the error; {@linkcode exchangeId} returns
 * the id of that exchange.
 */
export type Recorder = <T>(
  request: ExchangeRequest,
  read: (reply: Reply) => Reading<T> | Promise<Reading<T>>,
) => Promise<Reading<T> & { readonly id: string }>;

/**
 * Receives exchanges. The caller of the recorder gets the errors that it throws. A call should end before its
 * caller returns: one that is still under way counts as one without a response.
 */
export interface ExchangeSink {
  /** Called with the exchange's id when a call begins. */
  asked(id: string): void;
  /** Called when the outcome of a call is known, in the order in which calls end. */
  exchanged(exchange: Exchange): void;
}

/**
 * Creates a function that asks a model and reports each exchange.
 *
 * @param sink receives the exchanges
 * @param options.now the clock, for `at` and `took`
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRecorder, type Exchange, formatExchange, parseTape } from "./exchanges.ts";
 *
 * // Any chat; `createChat` of client.ts makes one that asks an endpoint.
 * const chat = Object.assign(
 *   () => Promise.resolve({ text: "[]", finishReason: "stop", took: 3 }),
 *   { model: "small" },
 * );
 * const tape: Exchange[] = [];
 * const ask = createRecorder(chat, { asked: () => {}, exchanged: (exchange) => tape.push(exchange) });
 *
 * const asked = await ask(
 *   { purpose: "patch", prompt: "patch-1", messages: [{ role: "user", content: "More rules?" }] },
 *   ({ text }) => ({ outcome: "parsed", value: JSON.parse(text) }),
 * );
 * assertEquals(asked, { id: tape[0].id, outcome: "parsed", value: [] });
 * assertEquals(parseTape(tape.map(formatExchange).join(""), "the tape").exchanges, tape);
 *
 * const training = tape.filter(({ outcome }) => outcome === "parsed").map(
 *   ({ messages, response }) => ({ messages: [...messages, { role: "assistant", content: response }] }),
 * );
 * assertEquals(training[0].messages.length, 2);
 * ```
 */
export function createRecorder(
  chat: Chat,
  sink: ExchangeSink | undefined,
  options: { readonly now?: () => Date } = {},
): Recorder {
  const { now = () => new Date() } = options;
  return async (request, read) => {
    const { purpose, prompt, schema, metadata = {}, signal } = request;
    // A copy, as callers go on with a conversation.
    const identified = identifyRequest(chat, request);
    const id = digest(identified);
    sink?.asked(id);
    const started = now();
    const elapsed = () => Math.max(0, now().getTime() - started.getTime());
    let reply: Reply | undefined;
    let error: ExchangeError | undefined;
    let took: number | undefined;
    const report = (outcome: Exchange["outcome"], why?: string) => {
      const exchange = {
        id,
        purpose,
        prompt,
        ...identified,
        response: reply?.text,
        finishReason: reply?.finishReason,
        usage: reply?.usage,
        outcome,
        why,
        error,
        metadata,
        at: started.toISOString(),
        took: took ?? elapsed(),
      };
      const members = Object.entries(exchange).filter(([, value]) => value !== undefined);
      sink?.exchanged(Object.fromEntries(members) as unknown as Exchange);
    };
    let reading: Awaited<ReturnType<typeof read>>;
    try {
      try {
        reply = await chat(identified.messages, { schema, signal });
      } catch (thrown) {
        error = describeError(thrown);
        if (!(thrown instanceof ChatError) || thrown.reply === undefined) throw thrown;
        reply = thrown.reply;
      }
      took = elapsed();
      reading = await read(reply);
    } catch (thrown) {
      report("failed", describeError(thrown).message);
      throw thrown;
    }
    report(reading.outcome, reading.outcome === "parsed" ? undefined : reading.why);
    return { id, ...reading };
  };
}

/**
 * Returns the id of a request's exchange: the digest of model, parameters, messages and schema.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { exchangeId } from "./exchanges.ts";
 *
 * const request = { messages: [{ role: "user" as const, content: "Say yes." }] };
 * const ids = ["small", "small", "large"].map((model) => exchangeId({ model }, request));
 * assertEquals([ids[0] === ids[1], ids[0] === ids[2]], [true, false]);
 * ```
 */
export function exchangeId(
  chat: Pick<Chat, "model" | "parameters">,
  request: Pick<ExchangeRequest, "messages" | "schema">,
): string {
  return digest(identifyRequest(chat, request));
}

/** Returns the id that an exchange must have: the digest of its request. */
export function requestDigest({ model, parameters, messages, schema }: Exchange): string {
  return digest({ model, parameters, messages: plainMessages(messages), schema });
}

/** The members of an exchange that its id depends on. */
export interface IdentifiedRequest extends Pick<Chat, "model" | "parameters"> {
  /** The conversation so far. */
  readonly messages: readonly Message[];
  /** Name of the schema asked for. */
  readonly schema?: string;
}

/** Returns a copy of the members that the id of a request's exchange depends on. */
export function identifyRequest(
  { model, parameters }: Pick<Chat, "model" | "parameters">,
  { messages, schema }: Pick<ExchangeRequest, "messages" | "schema">,
): IdentifiedRequest {
  const name = schema && schemaName(schema);
  return { model, parameters, messages: plainMessages(messages), schema: name };
}

/**
 * Formats an exchange as a line of a tape, with its line feed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { type Exchange, exchangeId, formatExchange } from "./exchanges.ts";
 *
 * const asked = { model: "small", messages: [{ role: "user" as const, content: "Say yes." }] };
 * const answer = { response: "yes", outcome: "parsed" as const, metadata: {}, took: 812 };
 * const named = { id: exchangeId(asked, asked), purpose: "patch" as const, prompt: "patch-1" };
 * const exchange: Exchange = { ...named, ...asked, ...answer };
 * assertEquals(formatExchange(exchange).endsWith('"metadata":{},"took":812}\n'), true);
 * ```
 */
export function formatExchange(exchange: Exchange): string {
  return `${JSON.stringify(exchange)}\n`;
}

/** The longest line of a tape that is read, in UTF-16 code units. */
const MAX_LINE_LENGTH = 64 * 1024 * 1024;

/**
 * Parses a tape. Skips blank lines. A killed run may leave an incomplete last line, without a line feed,
 * that is not JSON or not UTF-8: drops it, and counts it in `torn`.
 *
 * @param tape the text of the file, or its bytes
 * @param source what errors call it: `Cannot read <source>: line 3: …`
 * @throws {SyntaxError} if a line is not JSON or not UTF-8, naming it
 * @throws {TypeError} if a line is not an exchange, or its id is not that of its request, naming it
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseTape } from "./exchanges.ts";
 *
 * // A killed run may leave a line that was not finished.
 * assertEquals(parseTape('\n{"id":"sha2', "the tape"), { exchanges: [], torn: 1 });
 * ```
 */
export function parseTape(
  tape: string | Uint8Array,
  source: string,
): { readonly exchanges: Exchange[]; readonly torn: 0 | 1 } {
  const text = typeof tape === "string" ? tape : decode(tape, source);
  const lines = text.split("\n");
  const exchanges: Exchange[] = [];
  for (const [place, line] of lines.entries()) {
    if (line.trim() === "") continue;
    let value: unknown;
    try {
      value = parseJson(line, source, { firstLine: place + 1, maxLength: MAX_LINE_LENGTH });
    } catch (error) {
      if (place < lines.length - 1 || !(error instanceof SyntaxError)) throw error;
      return { exchanges, torn: 1 };
    }
    exchanges.push(checkExchange(value, `Cannot read ${source}: line ${place + 1}`));
  }
  return { exchanges, torn: 0 };
}

function decode(bytes: Uint8Array, source: string): string {
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (isUtf8(bytes.subarray(end))) return decodeUtf8(bytes, source);
  // A last line that was torn within a character is not JSON either.
  return `${decodeUtf8(bytes.subarray(0, end), source)}\ufffd`;
}

/**
 * Checks an exchange.
 *
 * @param what how the error begins
 * @throws {TypeError} if it is not an exchange, or its id is not that of its request
 */
export function checkExchange(value: unknown, what: string): Exchange {
  const { data, error } = ExchangeSchema.safeParse(value);
  if (error !== undefined) {
    const { path, message } = error.issues[0];
    const field = path.length === 0 ? "" : ` ${path.join(".")}:`;
    const problem = `${field} ${message.replace(/^Invalid input: /, "")}`;
    throw new TypeError(`${what}:${cut(escapeControls(problem), 300)}`);
  }
  const id = requestDigest(data);
  if (id !== data.id) {
    const [found, expected] = [data.id, id].map(abbreviate);
    throw new TypeError(`${what}: its id is ${found}, that of its request ${expected}`);
  }
  return data;
}

/** Returns the members of an error that a tape keeps. */
function describeError(thrown: unknown): ExchangeError {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown) };
  const { name, message } = thrown;
  if (!(thrown instanceof ChatError)) return { name, message };
  const { code, status } = thrown;
  return status === undefined ? { name, message, code } : { name, message, code, status };
}
