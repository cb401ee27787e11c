/**
 * Answers from a tape, so that a run can be repeated without a model: the same requests get the same
 * replies, and the first request that is not on the tape is an error that says where it differs.
 *
 * @module
 */
import type { CallOptions, Chat, Message } from "./client.ts";
import { ChatError, type Reply } from "./response.ts";
import { abbreviate, digest } from "../text/digest.ts";
import { describePlace } from "../text/json.ts";
import { type Exchange, type IdentifiedRequest, identifyRequest } from "./exchanges.ts";
import { quote } from "../text/quoting.ts";

/** Thrown if a request is not on the tape, or is made more often than the tape answers it. */
export class ReplayError extends Error {
  /** Always the name of the class. */
  override readonly name = "ReplayError";
}

/**
 * Creates a chat that answers from a tape.
 *
 * A request that is on the tape several times gets its answers in their order, and an error after the
 * last. A failed call fails again, with the same message, name, code and status; a call that was aborted
 * does only if the tape has no other answer. `usage` is that of the tape, `took` is 0. After a request that
 * is not on the tape, all calls throw the same error, so that a caller that goes on without a reply does
 * not hide it; unless there is a model to ask instead.
 *
 * @param options.model the model that is asked, by default that of the first exchange
 * @param options.parameters other members of requests, by default those of the first exchange with that model
 * @param options.otherwise what to ask if the tape has no answer, or only that of an aborted call; it must
 * ask the same model with the same parameters
 * @throws {RangeError} if the tape is empty and `model` is not given, or `otherwise` asks another one
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "jsr:@std/assert@^1";
 * import { exchangeId, type Exchange } from "./exchanges.ts";
 * import { ReplayError, replayChat } from "./replay.ts";
 *
 * const messages = [{ role: "user" as const, content: "Say yes." }];
 * const exchange: Exchange = {
 *   id: exchangeId({ model: "small" }, { messages }),
 *   purpose: "patch",
 *   prompt: "patch-1",
 *   model: "small",
 *   messages,
 *   response: "yes",
 *   finishReason: "stop",
 *   outcome: "parsed",
 *   metadata: {},
 *   took: 812,
 * };
 * const chat = replayChat([exchange]);
 * assertEquals((await chat(messages)).text, "yes");
 *
 * const other = replayChat([exchange]);
 * await assertRejects(
 *   () => other([{ role: "user", content: "Say no." }]),
 *   ReplayError,
 *   'message 1 (user) differs at line 1, column 5: the tape has "yes.", the request "no."',
 * );
 * ```
 */
export function replayChat(
  exchanges: readonly Exchange[],
  options: Partial<Pick<Chat, "model" | "parameters">> & { readonly otherwise?: Chat } = {},
): Chat {
  const { model = exchanges.at(0)?.model, otherwise } = options;
  const first = exchanges.find((exchange) => exchange.model === model);
  const { parameters } = "parameters" in options ? options : first ?? options;
  if (model === undefined) {
    throw new RangeError("Cannot replay the tape: it is empty, and no model is named");
  }
  const asked = parameters === undefined ? { model } : { model, parameters };
  if (otherwise !== undefined) requireSame(asked, otherwise);
  const answers = groupAnswers(exchanges, { withAborted: otherwise === undefined });
  const used = new Map<string, number>();
  let mismatch: ReplayError | undefined;

  function answer(
    messages: readonly Message[],
    call: CallOptions,
  ): Reply | Promise<Reply> {
    const { schema, signal } = call;
    signal?.throwIfAborted();
    if (mismatch !== undefined) throw mismatch;
    const request = identifyRequest(asked, { messages, schema });
    const id = digest(request);
    const known = answers.get(id) ?? [];
    const place = used.get(id) ?? 0;
    if (place < known.length) {
      used.set(id, place + 1);
      return replay(known[place]);
    }
    if (otherwise !== undefined) return otherwise(messages, call);
    const times = known.length === 1 ? "once" : `${known.length} times`;
    const why = known.length > 0
      ? `the tape answers exchange ${abbreviate(id)} ${times}, and it is asked once more`
      : `it is not on the tape: ${describeNearest(request, exchanges)}`;
    throw mismatch = new ReplayError(`Cannot replay the request: ${why}`);
  }

  // Answers in a later turn, as an endpoint does.
  const chat = async (messages: readonly Message[], call: CallOptions = {}) => {
    await Promise.resolve();
    return answer(messages, call);
  };
  return Object.assign(chat, asked);
}

/** Refuses a model whose replies would be recorded as those of another one. */
function requireSame(
  asked: Pick<Chat, "model" | "parameters">,
  { model, parameters }: Chat,
): void {
  if (model !== asked.model) {
    const names = `${quote(model)}, and the tape ${quote(asked.model)}`;
    throw new RangeError(`Cannot go on from the tape: the model to ask is ${names}`);
  }
  if (digest(parameters ?? {}) === digest(asked.parameters ?? {})) return;
  throw new RangeError("Cannot go on from the tape: it has other parameters than the model to ask");
}

/**
 * Groups exchanges by request. Those that were aborted are left out if there are others, as the run was
 * taken up again since.
 *
 * @param options.withAborted whether to keep them if there are no others
 */
function groupAnswers(
  exchanges: readonly Exchange[],
  { withAborted }: { readonly withAborted: boolean },
): ReadonlyMap<string, readonly Exchange[]> {
  const groups = [...Map.groupBy(exchanges, ({ id }) => id)].map(([id, group]) => {
    const whole = group.filter((exchange) => !isAborted(exchange));
    return [id, whole.length === 0 && withAborted ? group : whole] as const;
  });
  return new Map(groups);
}

/** Tells whether a call ended because its run did. */
export function isAborted({ error }: Exchange): boolean {
  return error !== undefined && error.code === undefined && error.name === "AbortError";
}

function replay({ response, finishReason = "unknown", usage, error }: Exchange): Reply {
  const reply = response === undefined
    ? undefined
    : { text: response, ...(usage === undefined ? {} : { usage }), finishReason, took: 0 };
  if (error !== undefined) throw recreate(error, reply);
  if (reply === undefined) throw new TypeError("Cannot replay: no response and no error");
  return reply;
}

function recreate(
  { name, message, code, status }: NonNullable<Exchange["error"]>,
  reply: Reply | undefined,
): Error {
  if (code !== undefined) return new ChatError(message, code, { status, reply });
  if (name === "AbortError" || name === "TimeoutError") return new DOMException(message, name);
  return Object.assign(new Error(message), { name });
}

function describeNearest(request: IdentifiedRequest, exchanges: readonly Exchange[]): string {
  let nearest = -1;
  let most = -1;
  for (const [place, { messages }] of exchanges.entries()) {
    const shared = countShared(request.messages, messages);
    if (shared > most) [nearest, most] = [place, shared];
  }
  if (nearest === -1) return "the tape is empty";
  const { id, purpose, ...taped } = exchanges[nearest];
  const which = `nearest is number ${nearest + 1} there (${purpose}, ${abbreviate(id)})`;
  return `${which}; ${describeDifference(request, taped)}`;
}

/** Counts the characters and messages that two conversations share from their beginning. */
function countShared(a: readonly Message[], b: readonly Message[]): number {
  let shared = 0;
  for (let place = 0; place < a.length && place < b.length; place++) {
    if (a[place].role !== b[place].role) break;
    const length = commonLength(a[place].content, b[place].content);
    shared += length;
    if (length < Math.max(a[place].content.length, b[place].content.length)) break;
    shared++;
  }
  return shared;
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function describeDifference(request: IdentifiedRequest, taped: IdentifiedRequest): string {
  for (const [place, message] of request.messages.entries()) {
    const other: Message | undefined = taped.messages[place];
    if (other === undefined) break;
    const what = `message ${place + 1} (${message.role})`;
    if (message.role !== other.role) return `${what} has the role ${other.role} on the tape`;
    if (message.content !== other.content) {
      return `${what} differs ${describeTexts(message.content, other.content)}`;
    }
  }
  const differ = (what: string, tape: unknown, now: unknown) =>
    `the ${what} differs: the tape has ${tape}, the request ${now}`;
  const [asked, known] = [request.messages.length, taped.messages.length];
  if (asked !== known) return differ("number of messages", known, asked);
  if (request.model !== taped.model) {
    return differ("model", quote(taped.model), quote(request.model));
  }
  if (request.schema !== taped.schema) {
    const [tape, now] = [taped.schema, request.schema].map((name) =>
      name === undefined ? "none" : quote(name)
    );
    return differ("schema", tape, now);
  }
  const isOther = digest(request.parameters ?? {}) !== digest(taped.parameters ?? {});
  return isOther ? "the parameters differ" : "its id is not that of its request";
}

/**
 * How many characters to show from a difference on: too few to quote an example
 * (20 characters in a row do).
 */
const SHOWN = 16;

function describeTexts(request: string, taped: string): string {
  let at = commonLength(request, taped);
  // Keeps the halves of a character together.
  if (at > 0 && /[\ud800-\udbff]/.test(request[at - 1])) at--;
  const show = (text: string) => at === text.length ? "nothing more" : quote(text.slice(at), SHOWN);
  const place = describePlace(request, at);
  return `at ${place}: the tape has ${show(taped)}, the request ${show(request)}`;
}
