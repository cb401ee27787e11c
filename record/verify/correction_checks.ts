/**
 * Checks of what a run says of its corrections.
 *
 * @module
 */
import { quote } from "../../learn/text/quoting.ts";
import { TraceError } from "../error.ts";
import type { Run, StepBody } from "../schema.ts";

/** Checks the corrections of a run from step to step. */
export class CorrectionChecker {
  readonly #ids: ReadonlySet<string>;
  readonly #right = new Set<string>();

  /**
   * Checks that corrections are learned from.
   *
   * @throws {TraceError} if one is held out or named twice
   */
  constructor({ split: { corrections = [], dev } }: Pick<Run, "split">) {
    this.#ids = new Set(corrections);
    if (this.#ids.size < corrections.length) {
      throw new TraceError("the run names a correction twice");
    }
    const held = dev.find((id) => this.#ids.has(id));
    if (held !== undefined) throw new TraceError(`the run holds out the correction ${quote(held)}`);
  }

  /** Returns what is wrong with what a step says of corrections. */
  findProblem(step: StepBody): string | undefined {
    if ("mended" in step || "broken" in step) {
      const { mended = [], broken = [] } = step;
      const isUndone = "verdict" in step && !["accepted", "kept"].includes(step.verdict);
      if (isUndone) return "changes corrections, but its changes do not stay";
      const again = mended.find((id) => !this.#ids.has(id) || this.#right.has(id));
      if (again !== undefined) {
        return `mends ${quote(again)}, which is not a correction that was wrong`;
      }
      const lost = broken.find((id) => !this.#right.has(id));
      if (lost !== undefined) {
        return `breaks ${quote(lost)}, which is not a correction that was right`;
      }
      for (const id of mended) this.#right.add(id);
      for (const id of broken) this.#right.delete(id);
    }
    if (step.type !== "final") return undefined;
    const left = [...this.#ids].filter((id) => !this.#right.has(id));
    const { wrong = [] } = step;
    if ((step.wrong === undefined) !== (this.#ids.size === 0)) {
      return this.#ids.size === 0
        ? "says which corrections are wrong, but the run has none"
        : "does not say which corrections are wrong";
    }
    const isSame = wrong.length === left.length && wrong.every((id, place) => id === left[place]);
    return isSame ? undefined : `has ${wrong.length} corrections wrong, expected ${left.length}`;
  }
}
