/**
 * Follows how far a run of RuleChef has come, and tells which of its lines can be next.
 *
 * A run begins with a synthesis, or with a patch of the rules that it was given. Each of its iterations then
 * leaves, in this order, a critique, an audit (from the second iteration on), guidance, a patch and the
 * decision on it. A last audit ends the run. Any of these may be missing, as a call that fails leaves no line.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import type { LogEntry } from "../entries.ts";
 * import { Course } from "./course.ts";
 *
 * const guide = (iteration: number): LogEntry => (
 *   { line: 1, call: "guide_refinement", metadata: { iteration, max_iterations: 3 }, prompt: "", reply: "" }
 * );
 * const course = new Course();
 * course.add(guide(2));
 * assertEquals([1, 2, 3, 4].map((number) => course.allows(guide(number))), [false, false, true, false]);
 * ```
 *
 * @module
 */
import { countOf, isStop, type LogEntry, shareOf } from "../entries.ts";
import { isGuidedBy, readManner } from "../manner.ts";

/** The lines of an iteration, in their order. */
const STAGES: readonly LogEntry["call"][] = [
  "critique_rules",
  "audit_rules",
  "guide_refinement",
  "rule_patch",
  "patch_decision",
];
const PATCHED = STAGES.indexOf("rule_patch");

/** How far a run has come. */
export class Course {
  readonly #at = {
    /** The number of the last iteration, or at least what it must be. */
    iteration: 0,
    /** Whether it is that number. */
    isExact: true,
    /** The stage of its last line. */
    stage: STAGES.length,
    /** Whether the version of RuleChef audits nothing but the rules that it returns. */
    auditsOnce: false,
    /** The last guidance. */
    guide: undefined as LogEntry | undefined,
    isOver: false,
    stop: undefined as "coordinator" | "no-failures" | undefined,
    maxIterations: undefined as number | undefined,
  };

  /** How many iterations the run has at most, if a line tells. */
  get maxIterations(): number | undefined {
    return this.#at.maxIterations;
  }

  /** Whether the run has had its last line. */
  get isOver(): boolean {
    return this.#at.isOver;
  }

  /** Why the refinement ended before its last iteration, if a line tells. */
  get stop(): "coordinator" | "no-failures" | undefined {
    return this.#at.stop;
  }

  /** Whether the last iteration that the run may have came to a patch, which may have left no line. */
  get isThrough(): boolean {
    const { iteration, stage, maxIterations, guide } = this.#at;
    return iteration === maxIterations && (stage >= PATCHED || guide !== undefined);
  }

  /** Returns a copy. */
  clone(): Course {
    const copy = new Course();
    Object.assign(copy.#at, this.#at);
    return copy;
  }

  /** Returns the number of the iteration that a line belongs to, or at least what it must be. */
  #leastOf(entry: LogEntry): number {
    const { iteration, stage } = this.#at;
    const isNext = STAGES.indexOf(entry.call) <= stage || this.skipsGuided(entry);
    const least = iteration + (isNext ? 1 : 0);
    // The first iteration has no audit.
    return entry.call === "audit_rules" ? Math.max(least, 2) : least;
  }

  /** Tells whether a patch that comes next is not the one that the last guidance was for. */
  skipsGuided(entry: LogEntry): boolean {
    const { guide, stage } = this.#at;
    return entry.call === "rule_patch" && guide !== undefined && stage < PATCHED &&
      isGuidedBy(entry, guide) === false;
  }

  #mayHave(number: number): boolean {
    const { stop, maxIterations = Infinity } = this.#at;
    return stop === undefined && number <= maxIterations;
  }

  /** Tells whether an audit that comes next must be the one that ends the run. */
  isLastAudit(entry: LogEntry): boolean {
    return this.#at.auditsOnce || !this.#mayHave(this.#leastOf(entry));
  }

  /** Tells whether a line counts an iteration that the run is past. */
  isPast(entry: LogEntry): boolean {
    const { iteration, stage } = this.#at;
    const number = countOf(entry, "iteration") ?? Infinity;
    return number < iteration || number === iteration && STAGES.indexOf(entry.call) <= stage;
  }

  /** Tells whether a line can be the next one. */
  allows(entry: LogEntry): boolean {
    const { iteration, isExact, stage, isOver, maxIterations } = this.#at;
    const number = countOf(entry, "iteration");
    switch (entry.call) {
      case "rule_synthesis":
      case "rule_synthesis_per_class":
        return iteration === 0;
      case "patch_decision":
        return !isOver && stage === PATCHED && (number ?? iteration) >= iteration &&
          (!isExact || (number ?? iteration) === iteration);
      case "audit_rules":
        return !isOver;
      case "guide_refinement":
      case "critique_rules":
      case "rule_patch": {
        if (entry.call === "rule_patch" && readManner(entry).isStart === true) return false;
        const least = this.#leastOf(entry);
        const most = countOf(entry, "max_iterations") ?? maxIterations;
        return !isOver && (number ?? least) >= least &&
          this.#mayHave(number ?? least) && most === (maxIterations ?? most);
      }
    }
  }

  /** Goes on with a line. */
  add(entry: LogEntry): void {
    const at = this.#at;
    const stage = STAGES.indexOf(entry.call);
    if (entry.call === "rule_patch") {
      const { deletes, isStart } = readManner(entry);
      at.auditsOnce = !deletes;
      if (isStart === true) return;
    }
    if (stage === -1) return;
    if (entry.call === "audit_rules" && this.isLastAudit(entry)) at.isOver = true;
    if (at.isOver) return;
    const number = countOf(entry, "iteration");
    const least = this.#leastOf(entry);
    // If nothing tells that a patch was guided, its guidance may have been for the iteration before.
    const isSame = at.isExact && least === at.iteration &&
      (entry.call !== "rule_patch" || at.guide === undefined ||
        isGuidedBy(entry, at.guide) === true);
    at.isExact = number !== undefined || isSame;
    at.iteration = Math.max(least, number ?? 0);
    at.stage = stage;
    at.guide = entry.call === "guide_refinement" ? entry : undefined;
    if (at.guide === undefined) return;
    at.maxIterations ??= countOf(entry, "max_iterations");
    if (isStop(entry)) at.stop = "coordinator";
    // Nothing is left to patch if all examples come out right.
    else if (shareOf(entry, "exact_match") === 1) at.stop = "no-failures";
  }
}
