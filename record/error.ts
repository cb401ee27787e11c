/**
 * What is thrown for a trace that does not hold, and how its messages quote what was found.
 *
 * @module
 */
import type * as z from "npm:zod@^4";
import { escapeControls } from "../learn/text/quoting.ts";

/** A trace that does not hold. `step` is the index of the first step at fault, where there is one. */
export class TraceError extends Error {
  override readonly name = "TraceError";
  /** Index of the step at fault. */
  readonly step?: number;

  /** An error about `step`, or about the trace as a whole. */
  constructor(message: string, step?: number, options?: ErrorOptions) {
    super(message, options);
    if (step !== undefined) this.step = step;
  }
}

/** The first fault that a schema found, as a field and what was expected there. */
export function describeFault(
  error: z.ZodError,
  drop = 0,
): { path: readonly PropertyKey[]; text: string } {
  const { path, message } = error.issues[0];
  const field = path.slice(drop).map((part, place) =>
    typeof part === "number" ? `[${part}]` : place === 0 ? String(part) : `.${String(part)}`
  ).join("");
  const said = message.replace(/^Invalid input: /, "");
  const text = escapeControls(field === "" ? said : `field ${field}: ${said}`);
  return { path, text: text.length > 400 ? `${text.slice(0, 400)}…` : text };
}
