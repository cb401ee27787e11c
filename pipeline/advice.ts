/**
 * What a coordinator says between iterations.
 *
 * @module
 */
import type { Coordinator, Guidance, ReviewState } from "../learn/coordinator.ts";
import type { StepBody } from "../trace.ts";
import type { Questions } from "./questions.ts";
import type { Failure, Redactor } from "./redacting.ts";

/**
 * Asks a coordinator what it thinks of the rules, and what it wants next.
 *
 * @param report takes each step as soon as there is one
 * @returns the guidance: none where asking for it failed
 * @throws what ends a run whoever is asked, see {@linkcode Questions.ask}
 */
export async function consult(
  coordinator: Coordinator,
  state: ReviewState,
  redactor: Redactor,
  questions: Questions,
  report: (step: StepBody) => void,
): Promise<Guidance> {
  // A step of one type stands for both calls: the message says which one failed.
  const noteError = (call: "critique" | "guidance", { name, message }: Failure) => {
    const error = { name, message: `${call}: ${message}` };
    report({ type: "critique", analysis: "", advice: [], error });
  };
  const critique = await questions.ask(async () => {
    const answer = await coordinator.critique?.(state);
    return answer ? redactor.critique(answer) : undefined;
  });
  if ("error" in critique) noteError("critique", critique.error);
  else if (critique.answer) report({ type: "critique", ...critique.answer });
  const guidance = await questions.ask(async () => {
    const answer = await coordinator.guide?.(state) ?? {};
    // What is no text has no place in the record, and is no guidance.
    const recorded = answer.guidance === undefined ? "" : redactor.text(answer.guidance);
    return { answer, recorded };
  });
  if ("error" in guidance) {
    noteError("guidance", guidance.error);
    return {};
  }
  const { answer, recorded } = guidance.answer;
  // No iteration comes that could say it.
  if (answer.stop && (recorded !== "" || questions.isPending)) {
    report({ type: "critique", analysis: recorded, advice: [] });
  }
  return answer;
}
