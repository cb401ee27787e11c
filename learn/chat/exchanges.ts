/**
 * The tape: one JSON line for each call of a model, with what was asked, what came back and what came
 * of it, failed calls too.
 *
 *     {"id":"sha256:…","purpose":"patch","prompt":"patch-1","model":"small","messages":[…],
 *      "response":"…","finishReason":"stop","usage":{…},"outcome":"parsed","metadata":{…},
 *      "at":"…","took":812}
 *
 * - The id is the digest of the request: the same request has the same id in every run, and on any
 *   machine. It depends on model, parameters, messages and schema; neither on time nor on order.
 * - The tape holds the texts that were sent and received, a trace does not: it names exchanges by id.
 * - {@linkcode createRecorder} makes exchanges, {@linkcode formatExchange} and {@linkcode parseTape} are
 *   their form in a file, `replayChat` of `exchange_replay.ts` answers from them.
 *
 * What a fine-tuner needs is there: each exchange that was parsed is a conversation in ChatML, and
 * `purpose` and `metadata` say what to pick. A training file is a line for each:
 *
 *     jq -c 'select(.outcome == "parsed")
 *       | {messages: (.messages + [{role: "assistant", content: .response}])}' runs/*.exchanges.jsonl
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRecorder, type Exchange, formatExchange, parseTape } from "./exchanges.ts";
 *
 * // Any chat; `createChat` of chat.ts makes one that asks an endpoint.
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
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { type Chat, Message, plainMessages } from "./client.ts";
import { ChatError, ChatErrorCode, type Reply, Usage } from "./response.ts";
import { schemaName } from "./format.ts";
import { Digest, digest } from "../text/digest.ts";
import { decodeUtf8, parseJson } from "../text/json.ts";
import { escapeControls } from "../text/quoting.ts";

/** What a model was asked for. */
export const Purpose = z.enum(["synthesis", "patch", "guide", "audit", "critique"]);
/** See the schema of the same name. */
export type Purpose = z.infer<typeof Purpose>;

/** One call of a model. Fields that are not named here are passed over. */
export const Exchange = z.object({
  /** See {@linkcode exchangeId}. */
  id: Digest,
  purpose: Purpose,
  /** Name and version of the prompt, such as `patch-1`. */
  prompt: z.string(),
  model: z.string(),
  /** What the request held besides, such as the temperature. */
  parameters: z.record(z.string(), z.json()).optional(),
  messages: z.array(Message),
  /** The schema asked for: its title, or the digest of its JSON schema. */
  schema: z.string().optional(),
  /** The reply's text, where there is one: as it came, whole or cut off. */
  response: z.string().optional(),
  finishReason: z.string().optional(),
  usage: Usage.optional(),
  /**
   * Whether the reply could be used as it was (`parsed`), once mended (`repaired`) or not at all
   * (`refused`), or the call or the reading of its reply threw (`failed`).
   */
  outcome: z.enum(["parsed", "repaired", "refused", "failed"]),
  /** What was mended, or why it was refused or failed. */
  why: z.string().optional(),
  /** What the call threw, also where its reply was cut off and could still be used. */
  error: z.strictObject({
    name: z.string(),
    message: z.string(),
    /** For a `ChatError`. */
    code: ChatErrorCode.optional(),
    status: z.int().optional(),
  }).optional(),
  /** What the caller wants to know later, such as the label that rules were asked for. */
  metadata: z.record(z.string(), z.json()),
  /** When the call began. */
  at: z.iso.datetime().optional(),
  /** Milliseconds from the call to its reply, or to its failure. */
  took: z.number().min(0),
}).refine(
  ({ response, error }) => response !== undefined || error !== undefined,
  "expected a response or an error",
);
/** See the schema of the same name. */
export type Exchange = Readonly<z.infer<typeof Exchange>>;

/** A request, and what it is for. */
export interface ExchangeRequest {
  /** What the model is asked for. */
  readonly purpose: Purpose;
  /** Name and version of the prompt, such as `patch-1`. */
  readonly prompt: string;
  /** The conversation so far. */
  readonly messages: readonly Message[];
  /** Ask for JSON of this schema. A title (`schema.meta({ title })`) keeps the id from version to version. */
  readonly schema?: z.ZodType;
  /** JSON to keep with the exchange. Names from data belong in values, not in keys. */
  readonly metadata?: Exchange["metadata"];
  /** Gives the call up. */
  readonly signal?: AbortSignal;
}

/** What a caller made of a reply. */
export type Reading<T> =
  | { readonly outcome: "parsed"; readonly value: T }
  | { readonly outcome: "repaired"; readonly value: T; readonly why: string }
  | { readonly outcome: "refused"; readonly why: string };

/**
 * Asks, reads the reply and reports the exchange.
 *
 * A reply that was cut off is read like any other: its `finishReason` is `length`. Where the call fails
 * or `read` throws, the exchange is reported as `failed` and the error thrown on;
 * {@linkcode exchangeId} tells the id of the exchange then.
 */
export type Recorder = <T>(
  request: ExchangeRequest,
  read: (reply: Reply) => Reading<T> | Promise<Reading<T>>,
) => Promise<Reading<T> & { readonly id: string }>;

/** What is told of exchanges. What it throws is thrown on to who asked. */
export interface ExchangeSink {
  /** Called with the exchange's id when a call begins. */
  asked(id: string): void;
  /** Called once it is known what came of a call, in the order of their ends. */
  exchanged(exchange: Exchange): void;
}

/**
 * Creates a function that asks a model and reports each exchange.
 *
 * @param sink is told of each exchange; without it, nobody is
 * @param options.now the clock, for `at` and `took`
 */
export function createRecorder(
  chat: Chat,
  sink: ExchangeSink | undefined,
  options: { readonly now?: () => Date } = {},
): Recorder {
  const { now = () => new Date() } = options;
  return async (request, read) => {
    const { purpose, prompt, schema, metadata = {}, signal } = request;
    // A copy: callers go on with a conversation.
    const messages = plainMessages(request.messages);
    const id = exchangeId(chat, { messages, schema });
    sink?.asked(id);
    const started = now();
    const report = (reply: Reply | undefined, took: number, rest: Partial<Exchange>) => {
      const { text: response, finishReason, usage } = reply ?? {};
      const exchange = {
        id,
        purpose,
        prompt,
        model: chat.model,
        parameters: chat.parameters,
        messages,
        schema: schema && schemaName(schema),
        response,
        finishReason,
        usage,
        ...rest,
        metadata,
        at: started.toISOString(),
        took,
      };
      sink?.exchanged(dropUndefined(exchange) as Exchange);
    };
    let reply: Reply | undefined;
    let error: Exchange["error"];
    let took: number | undefined;
    const stopClock = () => took ??= Math.max(0, now().getTime() - started.getTime());
    let reading: Awaited<ReturnType<typeof read>>;
    try {
      try {
        reply = await chat(messages, { schema, signal });
      } catch (thrown) {
        error = describeError(thrown);
        if (!(thrown instanceof ChatError) || thrown.reply === undefined) throw thrown;
        reply = thrown.reply;
      }
      stopClock();
      reading = await read(reply);
    } catch (thrown) {
      const { message: why } = describeError(thrown);
      report(reply, stopClock(), { outcome: "failed", why, error });
      throw thrown;
    }
    const why = reading.outcome === "parsed" ? undefined : reading.why;
    report(reply, stopClock(), { outcome: reading.outcome, why, error });
    return { id, ...reading };
  };
}

/** The id of the exchange that a request makes: the digest of model, parameters, messages and schema. */
export function exchangeId(
  chat: Pick<Chat, "model" | "parameters">,
  request: Pick<ExchangeRequest, "messages" | "schema">,
): string {
  const { model, parameters } = chat;
  const { messages, schema } = request;
  return requestId({ model, parameters, messages, schema: schema && schemaName(schema) });
}

/** What an id depends on. */
export interface IdentifiedRequest extends Pick<Chat, "model" | "parameters"> {
  /** The conversation so far. */
  readonly messages: readonly Message[];
  /** Name of the schema asked for. */
  readonly schema?: string;
}

function requestId({ model, parameters, messages, schema }: IdentifiedRequest): string {
  return digest({ model, parameters, messages: plainMessages(messages), schema });
}

/** An exchange as a line of a tape, with its line feed. */
export function formatExchange(exchange: Exchange): string {
  return `${JSON.stringify(exchange)}\n`;
}

/** The longest line of a tape that is read, in UTF-16 code units. */
const MAX_LINE_LENGTH = 64 * 1024 * 1024;

/**
 * The exchanges of a tape. Blank lines are passed over. A last line that has no line feed and is not
 * JSON, or not UTF-8, was torn by a run that was killed: it is dropped, and counted in `torn`.
 *
 * @param tape the text of the file, or its bytes
 * @param source what errors call it: `Cannot read <source>: line 3: …`
 * @throws {SyntaxError} naming a line that is not JSON or not UTF-8
 * @throws {TypeError} naming a line that is not an exchange, or whose id is not that of its request
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
  const text = decodeUtf8(bytes.subarray(0, end), source);
  try {
    return text + decodeUtf8(bytes.subarray(end), source);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // A last line that was torn within a character is no JSON in any case.
    return `${text}\ufffd`;
  }
}

/**
 * Checks what should be an exchange.
 *
 * @param what how the error begins
 * @throws {TypeError} where it is none, or its id is not that of its request
 */
export function checkExchange(value: unknown, what: string): Exchange {
  const { data, error } = Exchange.safeParse(value);
  if (error !== undefined) {
    const { path, message } = error.issues[0];
    const field = path.length === 0 ? "" : ` ${path.join(".")}:`;
    const said = `${field} ${message.replace(/^Invalid input: /, "")}`;
    throw new TypeError(`${what}:${escapeControls(said).slice(0, 300)}`);
  }
  const id = requestId(data);
  if (id !== data.id) {
    const [found, expected] = [data.id, id].map((id) => id.slice(0, 19));
    throw new TypeError(`${what}: its id is ${found}…, that of its request ${expected}…`);
  }
  return data;
}

/** What was thrown, as far as a tape keeps it. */
function describeError(thrown: unknown): NonNullable<Exchange["error"]> {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown) };
  const { name, message } = thrown;
  if (!(thrown instanceof ChatError)) return { name, message };
  const { code, status } = thrown;
  return status === undefined ? { name, message, code } : { name, message, code, status };
}

function dropUndefined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
