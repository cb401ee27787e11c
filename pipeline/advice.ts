/**
 * What a coordinator says between iterations.
 *
 * @module
 */
import type { Coordinator, Guidance, ReviewState } from "../learn/coordinator.ts";
import type { StepBody } from "../trace.ts";
import type { Failure, Redactor } from "./redacting.ts";

/** An answer, or the error that came instead. */
export type Asked<T> = { readonly answer: T } | { readonly error: Failure };

/**
 * Asks a coordinator what it thinks of the rules, and what it wants next.
 *
 * @param ask asks a question, and records what is thrown
 * @param report takes each step as soon as there is one
 * @returns the guidance: none where asking for it failed
 */
export async function consult(
  coordinator: Coordinator,
  state: ReviewState,
  redactor: Redactor,
  ask: <T>(question: () => Promise<T>) => Promise<Asked<T>>,
  report: (step: StepBody) => void,
): Promise<Guidance> {
  const noteError = (error: Failure) =>
    report({ type: "critique", analysis: "", advice: [], error });
  const critique = await ask(async () => {
    const answer = await coordinator.critique?.(state);
    return answer ? redactor.critique(answer) : undefined;
  });
  if ("error" in critique) noteError(critique.error);
  else if (critique.answer) report({ type: "critique", ...critique.answer });
  const guidance = await ask(async () => {
    const answer = await coordinator.guide?.(state) ?? {};
    // What is no text has no place in the record, and is no guidance.
    if (answer.guidance !== undefined) redactor.text(answer.guidance);
    return answer;
  });
  if ("error" in guidance) noteError(guidance.error);
  return "error" in guidance ? {} : guidance.answer;
}
