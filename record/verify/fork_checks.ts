/**
 * Checks of what a run says of the run that it was made from: that it did what it was told, and nothing else
 * against its scores.
 *
 * @module
 */
import { isSame, own } from "../../learn/text/json.ts";
import { quote } from "../../learn/text/quoting.ts";
import { TraceError } from "../error.ts";
import type { BodyOf, Fold } from "../fold.ts";
import { type Parent, verdictChangesOf, verdictsOf, withheldBy } from "../parent.ts";
import type { Run, StepBody } from "../schema.ts";

/** Checks the steps of a run against the changes that it was made by, one after the other. */
export class ForkChecker {
  readonly #verdicts: ReturnType<typeof verdictsOf>;
  readonly #withheld: ReadonlySet<string>;
  /** The last step that the run was told to decide or to leave out, or says to share with its parent. */
  readonly #last: number;
  #index = 0;

  /**
   * A checker of a run, whether or not it has a parent.
   *
   * @throws {TraceError} if what is said of the parent contradicts itself
   */
  constructor(run: Run) {
    const { parent } = run;
    this.#verdicts = verdictsOf(parent);
    this.#withheld = withheldBy(parent);
    const problem = findParentProblem(run) ?? findVerdictProblem(parent) ?? findOptionProblem(run);
    if (problem !== undefined) throw new TraceError(`the run ${problem}`);
    const shared = parent?.change === undefined ? -1 : parent.step ?? -1;
    this.#last = verdictChangesOf(parent).reduce((last, { step }) => Math.max(last, step), shared);
  }

  /** Returns what is wrong with the next step; `fold` has the rules after it. */
  findProblem(step: StepBody, fold: Pick<Fold, "findIntroduced">): string | undefined {
    const index = this.#index++;
    const told = this.#verdicts.get(index);
    if (step.type === "final" && this.#last > index) {
      return `ends the run, but its parent and changes name step ${this.#last}`;
    }
    const back = fold.findIntroduced(this.#withheld);
    if (back !== undefined) return `proposes the rule ${back}, which the run is to do without`;
    const refused = refusedBy(step).some(({ code }) => code === "withheld");
    if (refused && this.#withheld.size === 0) {
      return "withholds a rule, but the run was not told to";
    }
    const isForced = "forced" in step && step.forced === true;
    if (!isForced) {
      return told === undefined || step.type === "failure"
        ? undefined
        : `is not forced to be ${told}, as the run was told`;
    }
    if (told !== step.verdict) {
      return `is forced to be ${step.verdict}, but the run was not told so`;
    }
  }
}

/** Returns what is wrong with a run that has a parent. */
function findParentProblem({ parent, origin }: Run): string | undefined {
  return origin !== undefined && parent?.change !== undefined
    ? "was imported, but is said to be made by changes"
    : undefined;
}

/** Returns what is wrong with the verdicts that a run was told. */
function findVerdictProblem(parent: Parent | undefined): string | undefined {
  const told = new Map<number, string>();
  for (const { step, to } of verdictChangesOf(parent)) {
    const other = told.get(step);
    if (other !== undefined && (other !== "skipped" || to !== "skipped")) {
      return `was told that step ${step} is ${other}, and once more that it is ${to}`;
    }
    told.set(step, to);
    const { step: shared = -1 } = parent!;
    if (step <= shared) return `was told another step ${step}, but shares step ${shared}`;
  }
}

/** Returns what is wrong with the options that a run of the protocol was made with. */
function findOptionProblem({ parent, config, split, protocol }: Run): string | undefined {
  if (protocol === undefined) return undefined;
  const options = (parent?.change ?? []).filter((one) => one.kind === "option");
  const values = new Map(options.map(({ name, value }) => [name, value]));
  // No example may be held out of few, and then nothing is learned once more; a default is a label in the end.
  const isNone = split.dev.length === 0;
  for (const [name, value] of values) {
    const found = name === "seed" || name === "holdout" ? split[name] : own(config, name);
    const isSo = name === "default"
      ? value === "majority" && found !== undefined
      : isSame(found, value ?? undefined);
    if (isSo || isNone && (name === "holdout" || name === "refit" && found === false)) continue;
    return `was made with another ${quote(name)}, but does not have it`;
  }
}

/** The steps that come right after one that is left out, and how many can be left out before them. */
const AFTER_SKIPS: Partial<Record<StepBody["type"], number>> = { refit: 1, final: 2, failure: 2 };

/**
 * Returns what is wrong with a step before which a run was told to leave out some: a prune, a refit, or the one
 * and then the other.
 */
export function findSkipProblem({ type }: StepBody, skipped: number): string | undefined {
  return skipped > (AFTER_SKIPS[type] ?? 0)
    ? `is of type ${type}, where the run was told to leave out ${skipped} of prune and refit`
    : undefined;
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
