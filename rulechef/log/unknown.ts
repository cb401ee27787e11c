/**
 * Lists what a trace leaves open, as one does whose log does not tell everything.
 *
 * @module
 */
import { isBeginningLost } from "../../print/standing.ts";
import type { KnownScores, Step, Trace } from "../../trace.ts";

/** A gap in what is known of a step. */
export interface Unknown {
  /** Index of the step. */
  readonly step: number;
  /** What is not known, in words. */
  readonly what: string;
}

/**
 * Lists what is left open, in the order of the steps. The end of a run belongs to its last step.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../trace.ts";
 * import { findUnknown } from "./unknown.ts";
 *
 * // The record of a run that was not imported has no gaps.
 * assertEquals(findUnknown(await readTrace("examples/banking.trace.json")), []);
 * ```
 */
export function findUnknown({ run, steps }: Pick<Trace, "run" | "steps">): Unknown[] {
  const unknown = steps.flatMap((step) =>
    describeGaps(step).map((what): Unknown => ({ step: step.index, what }))
  );
  if (isBeginningLost({ run, steps })) {
    unknown.unshift({ step: 0, what: "which rules it began with" });
  }
  if (run.status !== "unknown") return unknown;
  const end = { step: steps.length - 1, what: "which rules were returned" };
  return [...unknown, end];
}

function describeGaps(step: Step): string[] {
  const bridged = "unlogged" in step && step.unlogged !== undefined;
  const changed = bridged ? ["how the rules changed before it"] : [];
  switch (step.type) {
    case "synthesis":
    case "refit":
      return missing(step.scores, "the F1 of its rules");
    case "iteration": {
      const { verdict, before } = step;
      const f1 = missing(before, "the F1 it began with");
      return [...changed, ...verdict === "unknown" ? ["what came of it"] : [], ...f1];
    }
    case "audit": {
      const { verdict, after } = step;
      if (verdict === "unknown") return [...changed, "whether it was kept"];
      return [...changed, ...verdict === "kept" ? missing(after, "the F1 of its rules") : []];
    }
    case "restore":
    case "prune":
      return missing(step.after, "the F1 of its rules");
    case "final":
      return [...changed, ...step.stop === "unknown" ? ["why the run stopped"] : []];
    case "critique":
    case "failure":
      return [];
  }
}

function missing({ f1 }: KnownScores, what: string): string[] {
  return f1 === undefined ? [what] : [];
}
