/**
 * The errors of traces that do not hold.
 *
 * @module
 */
export { describeProblem } from "../learn/text/schemas.ts";

/** A trace that does not hold. */
export class TraceError extends Error {
  /** Always the name of the class. */
  override readonly name = "TraceError";
  /** Index of the first step that does not hold, if the error is about one. */
  readonly step?: number;

  /** An error about `step`, or about the trace as a whole. */
  constructor(message: string, step?: number, options?: ErrorOptions) {
    super(message, options);
    if (step !== undefined) this.step = step;
  }
}

/** A tape that is not the one of a trace. */
export class TapeError extends Error {
  /** Always the name of the class. */
  override readonly name = "TapeError";
  /** Id of the exchange. */
  readonly exchange: string;
  /** Index of the first step that names it; missing if no step does. */
  readonly step?: number;

  /** An error about an exchange, and the step that names it. */
  constructor(message: string, exchange: string, step?: number) {
    super(message);
    this.exchange = exchange;
    if (step !== undefined) this.step = step;
  }
}

/** Returns an error about a source that cannot be read as a trace. */
export function unreadable(
  source: string,
  problem: string,
  step?: number,
  options?: ErrorOptions,
): TraceError {
  return new TraceError(`Cannot read ${source}: ${problem}`, step, options);
}

/**
 * Returns a digest.
 *
 * @throws {TraceError} if a value cannot be digested, naming the step if one is given
 */
export function digestOrRefuse(compute: () => string, step?: number): string {
  try {
    return compute();
  } catch (cause) {
    const place = step === undefined ? "" : `step ${step}: `;
    throw new TraceError(`${place}no digest: ${(cause as Error).message}`, step, { cause });
  }
}
