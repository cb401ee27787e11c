/**
 * What a run is told to do in another way than it would: verdicts, steps that it leaves out, rules that it goes
 * without.
 *
 * @module
 */
import {
  type Parent,
  skipsOf,
  type VerdictChange,
  verdictsOf,
  withheldBy,
} from "../record/parent.ts";

/** Thrown if a run is told a decision that it cannot take, or takes anyway. */
export class OverruleError extends RangeError {
  /** Always the name of the class. */
  override readonly name = "OverruleError";
  /** Index of the step. */
  readonly step: number;
  /** Whether it takes that decision without being told. */
  readonly isAlready: boolean;

  /** An error about a step, and why it cannot be so. */
  constructor(step: number, told: string, reason: string, isAlready = false) {
    super(`Cannot make step ${step} ${told}: ${reason}`);
    this.step = step;
    this.isAlready = isAlready;
  }
}

/** The decisions of a run that it is told. */
export class Overrules {
  /** Ids of rules that may not enter. */
  readonly withheld: ReadonlySet<string>;
  /** The verdicts that were not given yet, by the index of their step. */
  readonly #due: Map<number, VerdictChange["to"]>;
  /** How many steps are still to be left out, by the index that they would have. */
  readonly #skips: Map<number, number>;

  /** What `parent` says was changed. */
  constructor(parent: Parent | undefined) {
    this.#due = verdictsOf(parent);
    this.#skips = skipsOf(parent);
    this.withheld = withheldBy(parent);
  }

  /**
   * Returns the judgement of a patch or an audit: the one given, unless the run was told another for this step.
   *
   * @throws {OverruleError} if the step cannot have the verdict that it was told, or has it anyway
   */
  judge<Judged extends { readonly verdict: string }>(
    step: number,
    judged: Judged,
    choices: readonly [Judged["verdict"], Judged["verdict"]],
  ): Judged | { readonly verdict: Judged["verdict"]; readonly forced: true } {
    const told = this.#due.get(step);
    if (told === undefined) return judged;
    this.#due.delete(step);
    if (told === judged.verdict) {
      throw new OverruleError(step, told, `it is ${told} without being told`, true);
    }
    if (![told, judged.verdict].every((verdict) => choices.includes(verdict))) {
      throw new OverruleError(step, told, `it is ${judged.verdict}`);
    }
    return { verdict: told, forced: true };
  }

  /** Tells whether the run leaves out the prune or the refit that would be the next step. */
  skips(step: number): boolean {
    const left = this.#skips.get(step) ?? 0;
    if (left === 0) return false;
    if (left === 1) this.#skips.delete(step);
    else this.#skips.set(step, left - 1);
    return true;
  }

  /**
   * Checks that the next step is not one that the run was told to decide or to leave out.
   *
   * @throws {OverruleError} if its type has nothing to do with what the run was told
   */
  requireFit(step: number, type: string): void {
    if (type === "failure") return;
    const told = this.#due.get(step) ?? (this.#skips.has(step) ? "skipped" : undefined);
    if (told !== undefined) throw new OverruleError(step, told, `its type is ${type}`);
  }

  /**
   * Checks at the end that the run did all that it was told.
   *
   * @throws {OverruleError} naming the first step that never came to it
   */
  requireDone(): void {
    const [first] = this.#due;
    const [step, to] = first ?? [this.#skips.keys().next().value, "skipped"];
    if (step === undefined) return;
    throw new OverruleError(step, to, "the run has no such decision there");
  }
}
