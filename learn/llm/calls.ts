/**
 * Calls of a model: one with its reply read, or many, a few at a time, with results in a fixed order.
 *
 * @module
 */
import { isNotCapable } from "../../system/permissions.ts";
import type { Chat } from "../chat/client.ts";
import type { Reply } from "../chat/response.ts";
import { createRecorder, type ExchangeRequest, type Reading } from "../chat/exchanges.ts";
import { ReplayError } from "../chat/replay.ts";
import type { SynthesisTask } from "../synthesizer.ts";
import { quote } from "../text/quoting.ts";
import type { FittedPrompt } from "./budget.ts";
import { schemaFor } from "./schemas.ts";

/** Thrown if a model replied, but the reply cannot be used. */
export class RefusedReply extends Error {
  override readonly name = "RefusedReply";
}

/** A request to a model, and how to read the reply. */
export interface Question<T> extends Pick<ExchangeRequest, "purpose" | "prompt"> {
  readonly task: SynthesisTask;
  readonly fitted: FittedPrompt;
  /** Kept on the tape, between the task and the budget. */
  readonly metadata: NonNullable<ExchangeRequest["metadata"]>;
  readonly read: (reply: Reply) => Reading<T>;
}

/**
 * Asks a model, reports the exchange to the task, and reads the reply.
 *
 * @param model.now the clock, for the times on the tape
 * @throws {RefusedReply} if the reply cannot be used
 */
export async function askModel<T>(
  model: { readonly chat: Chat; readonly now?: () => Date },
  { purpose, prompt, task, fitted, metadata, read }: Question<T>,
): Promise<T> {
  const { messages, budget } = fitted;
  const reading = await createRecorder(model.chat, task.exchanges, model)({
    purpose,
    prompt,
    messages,
    schema: schemaFor(purpose, task),
    metadata: { task: task.task, ...metadata, budget },
    signal: task.signal,
  }, read);
  if (reading.outcome !== "refused") return reading.value;
  throw new RefusedReply(`The reply was refused: ${reading.why}`);
}

/** The value of a call, or its error. */
export type CallResult<T> = { readonly value: T } | { readonly error: Error };

/** If none of so many first calls brings a reply, no more are made. */
const FIRST_CALLS = 4;
/** Failed calls that an error names. */
const MAX_NAMED = 5;

/** How many calls are made at a time, and what ends them. */
export interface CallLimits {
  /** Most calls under way at a time. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
}

/**
 * Makes a call for each item, beginning in order, and returns the results in order. Results do not
 * depend on which call is faster: the fifth begins after the first four have ended.
 *
 * @returns the results of the first four calls only, if there are more and none of these brings a reply
 * @throws the reason of a signal that aborts
 * @throws {ReplayError | Deno.errors.NotCapable} from the first call that throws one
 */
export async function callEach<Item, T>(
  items: readonly Item[],
  call: (item: Item) => Promise<T>,
  { concurrency, signal }: CallLimits,
): Promise<CallResult<T>[]> {
  const attempt = async (item: Item): Promise<CallResult<T>> => {
    try {
      return { value: await call(item) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ReplayError || isNotCapable(error)) throw error;
      return { error: error instanceof Error ? error : new Error(String(error)) };
    }
  };
  const first = await runInOrder(items.slice(0, FIRST_CALLS), concurrency, attempt);
  const rest = items.slice(FIRST_CALLS);
  // If nobody answers, trying all might take hours.
  const isDead = rest.length > 0 &&
    first.every((result) => "error" in result && !(result.error instanceof RefusedReply));
  return isDead ? first : [...first, ...await runInOrder(rest, concurrency, attempt)];
}

/**
 * Returns the error of calls all of which failed: for a single call its own.
 *
 * @param errors those of the calls that were made, at least one
 * @param count how many calls were to be made
 * @param second the model that was asked after the first, if one was
 */
export function summarizeFailed(errors: readonly Error[], count: number, second?: string): Error {
  const [error] = errors;
  if (count === 1) return error;
  const which = errors.length === count
    ? `All ${count} calls for rules failed`
    : `The first ${errors.length} of ${count} calls for rules failed, and no more were made`;
  const too = second === undefined ? "" : `, with the second model ${quote(second)} too`;
  return new Error(`${which}${too}; the first with: ${error.message}`, { cause: error });
}

/**
 * Describes the calls that failed, if any did.
 *
 * @param errors the error of each call; nothing if it brought a reply
 * @param names the label that each call was for
 */
export function describeFailed(
  errors: readonly (Error | undefined)[],
  names: readonly string[],
): { readonly name: string; readonly message: string } | undefined {
  const failed = errors.flatMap((error, index) =>
    error === undefined ? [] : { error, name: names[index] }
  );
  if (failed.length === 0) return undefined;
  const parts = failed.slice(0, MAX_NAMED)
    .map(({ error, name }) => `for ${quote(name)}: ${error.message}`);
  if (failed.length > MAX_NAMED) parts.push(`and ${failed.length - MAX_NAMED} more`);
  const counts = `${failed.length} of ${errors.length} calls for rules failed`;
  return { name: failed[0].error.name, message: `${counts}: ${parts.join("; ")}` };
}

/**
 * Runs a job for each item, beginning in order, at most `concurrency` at a time. After one throws, no
 * more begin, and its error is thrown once the others have ended.
 */
async function runInOrder<Item, T>(
  items: readonly Item[],
  concurrency: number,
  run: (item: Item) => Promise<T>,
): Promise<T[]> {
  const results = new Array<T>(items.length);
  const thrown: unknown[] = [];
  // All workers take from the same iterator.
  const entries = items.entries();
  const work = async () => {
    for (const [index, item] of entries) {
      try {
        results[index] = await run(item);
      } catch (error) {
        thrown.push(error);
      }
      if (thrown.length > 0) break;
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  if (thrown.length > 0) throw thrown[0];
  return results;
}
