/**
 * The errors of traces that do not hold.
 *
 * @module
 */
import type * as z from "npm:zod@^4";
import { cut, escapeControls } from "../learn/text/quoting.ts";

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
 * Describes the first problem that a schema found: the field, and what was expected there.
 *
 * @param drop how many parts of the path to leave out
 */
export function describeProblem({ issues: [{ path, message }] }: z.ZodError, drop = 0): string {
  const field = path.slice(drop).map((part, place) =>
    typeof part === "number" ? `[${part}]` : place === 0 ? String(part) : `.${String(part)}`
  ).join("");
  const problem = message.replace(/^Invalid input: /, "");
  return cut(escapeControls(field === "" ? problem : `field ${field}: ${problem}`), 401);
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
