/**
 * The free text of steps, in which quotes of examples are replaced by ids.
 *
 * @module
 */
import type { StepBody } from "../trace.ts";

type Redact = (text: string) => string;

/**
 * Returns a step with its free text redacted: what synthesizers, coordinators and errors say. Ids of
 * rules in the set stay.
 */
export function redactStep(step: StepBody, redact: Redact): StepBody {
  switch (step.type) {
    case "synthesis":
    case "refit":
      return { ...step, refused: redactAll(step.refused, redact), ...redactError(step, redact) };
    case "critique":
      return {
        ...step,
        analysis: redact(step.analysis),
        advice: step.advice.map(({ rule, text }) => ({
          ...(rule === undefined ? {} : { rule: redact(rule) }),
          text: redact(text),
        })),
        ...redactError(step, redact),
      };
    case "iteration":
      return {
        ...step,
        ...(step.guidance === undefined ? {} : { guidance: redact(step.guidance) }),
        ...(step.focus === undefined ? {} : { focus: step.focus.map(redact) }),
        ...(step.prompt === undefined ? {} : { prompt: redact(step.prompt) }),
        patch: { ...step.patch, refused: redactAll(step.patch.refused, redact) },
        ...redactError(step, redact),
      };
    case "audit":
      return {
        ...step,
        actions: step.actions.map((action) => ({
          ...action,
          // A skipped action may name anything.
          from: action.outcome === "applied" ? action.from : action.from.map(redact),
          reason: redact(action.reason),
        })),
        ...redactError(step, redact),
      };
    case "failure":
      return { ...step, ...redactError(step, redact) };
    case "restore":
    case "prune":
    case "final":
      return step;
  }
}

/** Redacts refusals: their names and details repeat what was proposed. */
function redactAll<T extends { name: string; detail: string }>(refused: T[], redact: Redact): T[] {
  return refused.map((one) => ({ ...one, name: redact(one.name), detail: redact(one.detail) }));
}

function redactError<E extends { name: string; message: string }>(
  { error }: { readonly error?: E },
  redact: Redact,
): { error?: { name: string; message: string } } {
  if (error === undefined) return {};
  return { error: { name: redact(error.name), message: redact(error.message) } };
}
