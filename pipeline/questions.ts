/**
 * The questions of a run to synthesizer and coordinator, their answers and errors, and the exchanges
 * with a model that led to them.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { ReplayError } from "../learn/chat/replay.ts";
import type { Exchange, ExchangeSink } from "../learn/chat/exchanges.ts";
import { responseDigest } from "../learn/chat/response.ts";
import type { Coordinator, Guidance, ReviewState } from "../learn/coordinator.ts";
import type { AskedFields, CritiqueStep, RecordedError, Sinks } from "../trace.ts";
import { ErrorSchema, parseAnswer } from "./changes.ts";

/** An answer, or the error that came instead. */
export type Asked<T> = { readonly answer: T } | { readonly error: RecordedError };

/** A call of a model that the next step names. */
interface Call {
  readonly id: string;
  /** The digest of its response; `null` if it had none, unset as long as it is under way. */
  response?: string | null;
}

/** The questions of one run. */
export class Questions {
  /** Collects exchanges, and passes them on. */
  readonly sink: ExchangeSink;
  readonly #signal: AbortSignal | undefined;
  #calls: Call[] = [];
  #repaired = 0;
  /** An error that ends the run, even if someone catches it. */
  #broken?: { readonly error: unknown };

  /** Questions of a run that `signal` may abort. */
  constructor(
    { signal, onExchange }: Pick<Sinks, "onExchange"> & { readonly signal?: AbortSignal },
  ) {
    this.#signal = signal;
    this.sink = {
      asked: (id) => this.#calls.push({ id }),
      exchanged: (exchange) => {
        if (exchange.outcome === "repaired") this.#repaired++;
        const { name, message } = exchange.error ?? {};
        // A run that goes on would no longer be the one on the tape.
        if (name === "ReplayError") this.#broken ??= { error: new ReplayError(message) };
        this.call(() => onExchange?.(exchange));
        this.#end(exchange);
      },
    };
  }

  /** Calls a sink or another callback of the run: an error ends the run, even if someone catches it. */
  call(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#broken ??= { error };
      throw error;
    }
  }

  /**
   * Ends a call: of those with the same request, the one that began first, as nobody can tell them apart. What
   * comes of a call after its step was reported belongs to none.
   */
  #end({ id, response }: Exchange): void {
    const call = this.#calls.find((call) => call.id === id && call.response === undefined);
    if (call !== undefined) {
      call.response = response === undefined ? null : responseDigest(response);
    }
  }

  /** Whether a model was asked since the last call of {@linkcode takeExchanges}. */
  get isPending(): boolean {
    return this.#calls.length > 0;
  }

  /**
   * Returns what a step says of the exchanges since the last call: their ids in the order of asking,
   * the digests of their responses, and how many replies had to be repaired; nothing if no model was asked.
   */
  takeExchanges(): AskedFields {
    const [calls, repaired] = [this.#calls, this.#repaired];
    this.#calls = [];
    this.#repaired = 0;
    if (calls.length === 0) return {};
    const exchanges = calls.map(({ id }) => id);
    const responses = calls.map(({ response = null }) => response);
    return { exchanges, responses, ...(repaired > 0 && { repaired }) };
  }

  /**
   * Asks a question that the run can do without: an error is returned, and the run goes on.
   *
   * @throws the reason of the run's signal if it aborts meanwhile; what a sink threw
   * @throws {ReplayError} if the run is not the one on the tape
   */
  async ask<T>(question: () => T | Promise<T>): Promise<Asked<T>> {
    try {
      return { answer: await this.require(question) };
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (this.#broken !== undefined || error instanceof ReplayError) throw error;
      return { error: describeError(error) };
    }
  }

  /** Asks a question that the run needs: an error ends it, or the reason of the signal that aborts. */
  async require<T>(question: () => T | Promise<T>): Promise<T> {
    try {
      const answer = await question();
      if (this.#broken === undefined) return answer;
      throw this.#broken.error;
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw this.#broken === undefined ? error : this.#broken.error;
    }
  }
}

/** Returns name and message of anything that was thrown. */
export function describeError(error: unknown): RecordedError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name: String(name), message: String(message) };
}

const Review = z.object({
  analysis: z.string(),
  advice: z.array(z.object({ rule: z.string().optional(), text: z.string() })),
  error: ErrorSchema.optional(),
});

/**
 * Asks a coordinator for its critique and its guidance.
 *
 * @param report takes each step at once
 * @returns the guidance, empty if the coordinator failed to give it
 * @throws what ends a run, see {@linkcode Questions.ask}
 */
export async function consult(
  coordinator: Coordinator,
  state: ReviewState,
  questions: Questions,
  report: (step: CritiqueStep) => void,
): Promise<Guidance> {
  // Both calls report steps of one type: the message says which one failed.
  const reportError = (call: "critique" | "guidance", { name, message }: RecordedError) => {
    const error = { name, message: `${call}: ${message}` };
    report({ type: "critique", analysis: "", advice: [], error });
  };
  const critique = await questions.ask(async () => {
    const answer = await coordinator.critique?.(state);
    return answer ? parseAnswer(Review, answer, "Not a critique") : undefined;
  });
  if ("error" in critique) reportError("critique", critique.error);
  else if (critique.answer) report({ type: "critique", ...critique.answer });
  const asked = await questions.ask(async () => {
    const answer = await coordinator.guide?.(state) ?? {};
    const { guidance } = answer;
    if (guidance === undefined || typeof guidance === "string") return answer;
    throw new TypeError(`The guidance is ${typeof guidance}, expected text`);
  });
  if ("error" in asked) {
    reportError("guidance", asked.error);
    return {};
  }
  const { stop, guidance = "" } = asked.answer;
  // No iteration follows that could record the guidance.
  if (stop && (guidance !== "" || questions.isPending)) {
    report({ type: "critique", analysis: guidance, advice: [] });
  }
  return asked.answer;
}
