/**
 * What a run asks of others: their answers and errors, and the exchanges with a model on the way.
 *
 * @module
 */
import { ReplayError } from "../learn/chat/replay.ts";
import type { ExchangeSink } from "../learn/chat/exchanges.ts";
import type { Sinks } from "../trace.ts";
import type { Failure, Redactor } from "./redacting.ts";

/** An answer, or the error that came instead. */
export type Asked<T> = { readonly answer: T } | { readonly error: Failure };

/** The questions of one run. */
export class Questions {
  /** Collects exchanges, and passes them on. */
  readonly sink: ExchangeSink;
  readonly #redactor: Redactor;
  readonly #signal: AbortSignal | undefined;
  #exchanges: string[] = [];
  #repaired = 0;
  /** What ends the run, whoever catches it. */
  #broken?: { readonly error: unknown };

  /** Questions whose errors are recorded by way of `redactor`. */
  constructor(
    redactor: Redactor,
    { signal, onExchange }: Pick<Sinks, "onExchange"> & { readonly signal?: AbortSignal },
  ) {
    this.#redactor = redactor;
    this.#signal = signal;
    this.sink = {
      asked: (id) => this.#exchanges.push(id),
      exchanged: (exchange) => {
        if (exchange.outcome === "repaired") this.#repaired++;
        const { name, message } = exchange.error ?? {};
        // A run that goes on would no longer be the one on the tape.
        if (name === "ReplayError") this.#broken ??= { error: new ReplayError(message) };
        try {
          onExchange?.(exchange);
        } catch (error) {
          this.#broken ??= { error };
          throw error;
        }
      },
    };
  }

  /** Whether a model was asked since {@linkcode takeExchanges} was called last. */
  get isPending(): boolean {
    return this.#exchanges.length > 0;
  }

  /**
   * What a step says of the exchanges since the last time: their ids in the order of asking, and how
   * many replies had to be repaired. Nothing where there was none.
   */
  takeExchanges(): { exchanges?: string[]; repaired?: number } {
    const [exchanges, repaired] = [this.#exchanges, this.#repaired];
    this.#exchanges = [];
    this.#repaired = 0;
    if (exchanges.length === 0) return {};
    return repaired === 0 ? { exchanges } : { exchanges, repaired };
  }

  /**
   * Asks what the run can do without: what is thrown is recorded, and the run goes on.
   *
   * @throws the reason of the run's signal, where it was given up meanwhile; what a sink threw
   * @throws {ReplayError} where the run is not the one on the tape
   */
  async ask<T>(question: () => T | Promise<T>): Promise<Asked<T>> {
    try {
      const answer = await question();
      this.#check();
      return { answer };
    } catch (error) {
      this.#signal?.throwIfAborted();
      this.#check();
      if (error instanceof ReplayError) throw error;
      return { error: this.#redactor.failure(error) };
    }
  }

  /** Asks what the run cannot do without: what is thrown ends it, unless it was given up meanwhile. */
  async require<T>(question: () => T | Promise<T>): Promise<T> {
    try {
      const answer = await question();
      this.#check();
      return answer;
    } catch (error) {
      this.#signal?.throwIfAborted();
      this.#check();
      throw error;
    }
  }

  #check(): void {
    if (this.#broken !== undefined) throw this.#broken.error;
  }
}
