/**
 * Many calls of a model: a few at a time, with results in a fixed order, and failures told apart from
 * what has to end a run.
 *
 * @module
 */
import { ReplayError } from "../chat/replay.ts";
import type { Reading } from "../chat/exchanges.ts";
import { quote } from "../text/quoting.ts";

/** Thrown where there is a reply, but none that can be used. */
export class RefusedReply extends Error {
  override readonly name = "RefusedReply";
}

/** What a reply was read as. @throws {RefusedReply} where it cannot be used */
export function requireValue<T>(reading: Reading<T>): T {
  if (reading.outcome !== "refused") return reading.value;
  throw new RefusedReply(`The reply was refused: ${reading.why}`);
}

/** What came of one call. */
export type Result<T> = { readonly value: T } | { readonly error: Error };

/** Options of {@linkcode callAll}. */
export interface CallAllOptions {
  /** Calls under way at a time. */
  readonly concurrency: number;
  /** Gives all calls up. */
  readonly signal?: AbortSignal;
}

/** First calls that, where none of them brings a reply, are the last. */
const FIRST_CALLS = 4;
/** Failed calls that an error names. */
const MAX_NAMED = 5;

/**
 * Makes `count` calls, which begin in order, and returns what came of each, in order. What comes of them
 * does not depend on which is faster: before the fifth begins, the first four have ended.
 *
 * @throws the reason of a signal that aborts
 * @throws {ReplayError | Deno.errors.NotCapable} from the first call that throws one
 * @throws {Error} where all calls fail, or each of the first four without a reply; the error of the call
 *   where it was the only one
 */
export async function callAll<T>(
  count: number,
  call: (index: number) => Promise<T>,
  { concurrency, signal }: CallAllOptions,
): Promise<Result<T>[]> {
  const attempt = async (index: number): Promise<Result<T>> => {
    try {
      return { value: await call(index) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ReplayError || error instanceof Deno.errors.NotCapable) throw error;
      return { error: error instanceof Error ? error : new Error(String(error)) };
    }
  };
  const first = Math.min(FIRST_CALLS, count);
  const tried = await runInOrder(first, concurrency, attempt);
  if (count > first) {
    // Where nobody answers, trying all might take hours.
    const isDead = tried.every((one) => "error" in one && !(one.error instanceof RefusedReply));
    if (isDead) throw summarize(tried, count);
    tried.push(...await runInOrder(count - first, concurrency, (index) => attempt(first + index)));
  }
  if (tried.every((one) => "error" in one)) throw summarize(tried, count);
  return tried;
}

function summarize(results: readonly Result<unknown>[], count: number): Error {
  const [error] = results.flatMap((one) => "error" in one ? one.error : []);
  if (count === 1) return error;
  const which = results.length === count
    ? `All ${count} calls for rules failed`
    : `The first ${results.length} of ${count} calls for rules failed, and no more were made`;
  return new Error(`${which}; the first with: ${error.message}`, { cause: error });
}

/**
 * What failed, where some calls did.
 *
 * @param names what each call was for
 */
export function describeFailed(
  results: readonly Result<unknown>[],
  names: readonly string[],
): { readonly name: string; readonly message: string } | undefined {
  const failed = results.flatMap((one, index) =>
    "error" in one ? { error: one.error, what: names[index] } : []
  );
  if (failed.length === 0) return undefined;
  const parts = [
    ...failed.slice(0, MAX_NAMED).map(({ error, what }) => `for ${quote(what)}: ${error.message}`),
    ...failed.length > MAX_NAMED ? [`and ${failed.length - MAX_NAMED} more`] : [],
  ];
  const message = `${failed.length} of ${results.length} calls for rules failed: ${
    parts.join("; ")
  }`;
  return { name: failed[0].error.name, message };
}

/**
 * Runs jobs that begin in order, at most `concurrency` at a time. After one that throws none begins any
 * more, and what it threw is thrown once the others have ended.
 */
async function runInOrder<T>(
  count: number,
  concurrency: number,
  run: (index: number) => Promise<T>,
): Promise<T[]> {
  const results = new Array<T>(count);
  const thrown: unknown[] = [];
  let next = 0;
  const work = async () => {
    while (next < count && thrown.length === 0) {
      const index = next++;
      try {
        results[index] = await run(index);
      } catch (error) {
        thrown.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, work));
  if (thrown.length > 0) throw thrown[0];
  return results;
}
