/**
 * Checks of what a run says of the run that it was made from: that it did what it was told, and nothing else
 * against its scores.
 *
 * @module
 */
import type { BodyOf, Fold } from "../fold.ts";
import { verdictsOf, withheldBy } from "../parent.ts";
import type { Run, StepBody } from "../schema.ts";

/** Checks the steps of a run against the changes that it was made by, one after the other. */
export class ForkChecker {
  readonly #verdicts: ReturnType<typeof verdictsOf>;
  readonly #withheld: ReadonlySet<string>;
  #index = 0;

  /** A checker of a run, whether or not it has a parent. */
  constructor({ parent }: Pick<Run, "parent">) {
    this.#verdicts = verdictsOf(parent);
    this.#withheld = withheldBy(parent);
  }

  /** Returns what is wrong with the next step; `fold` has the rules after it. */
  findProblem(step: StepBody, fold: Pick<Fold, "isIntroduced">): string | undefined {
    const told = this.#verdicts.get(this.#index++);
    const back = [...this.#withheld].find((id) => fold.isIntroduced(id));
    if (back !== undefined) return `proposes the rule ${back}, which the run is to do without`;
    const refused = refusedBy(step).some(({ code }) => code === "withheld");
    if (refused && this.#withheld.size === 0) {
      return "withholds a rule, but the run was not told to";
    }
    const isForced = "forced" in step && step.forced === true;
    if (!isForced) {
      // The step that is left out has no index: another step may be in its place.
      return told === undefined || told === "skipped" || step.type === "failure"
        ? undefined
        : `is not forced to be ${told}, as the run was told`;
    }
    if (told !== step.verdict) {
      return `is forced to be ${step.verdict}, but the run was not told so`;
    }
  }
}

function refusedBy(step: StepBody): readonly { readonly code: string }[] {
  if (step.type === "iteration") return step.patch.refused;
  return "refused" in step ? step.refused : [];
}

/** Verdicts that one can be told against the scores. */
const TOLD: readonly string[] = ["accepted", "rejected", "kept", "reverted"];

/** Returns what is wrong with a forced verdict, if the scores give the verdict `expected`. */
export function findForceProblem(
  step: BodyOf<"iteration" | "audit">,
  expected: string,
): string | undefined {
  const { verdict } = step;
  if (verdict === expected) return `is forced to be ${verdict}, which it is by its scores`;
  if (!TOLD.includes(verdict) || !TOLD.includes(expected)) {
    return `is forced to be ${verdict}, but by its scores it is ${expected}`;
  }
  if ("clause" in step) return `is forced to be ${verdict}, but has a clause`;
}
