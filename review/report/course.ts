/**
 * The scores of a run over its steps, and those of a fork from where it parts from the run.
 *
 * @module
 */
import { isLearnedFrom } from "../../print/phrases.ts";
import { isUnlogged, standing } from "../../print/standing.ts";
import type { KnownScores, Step, Trace } from "../../record/schema.ts";
import { groundsOf, whyIncomparable } from "../scores.ts";
import type { ForkNode } from "./forks.ts";

/** The scores of the rule set from a step on. */
export interface Point {
  readonly step: number;
  readonly scores: KnownScores & { readonly f1: number };
}

/** The same, or a step after which the rule set is another one, without a known score. */
export type CoursePoint = Point | { readonly step: number; readonly scores?: undefined };

/** The F1 of a fork on one split, from the last step on that it has from the run. */
export interface Branch {
  readonly number: number;
  readonly course: readonly Point[];
  /** Where it ends on the axis, in steps. */
  readonly end: number;
}

/** Returns the scores of the rule set from each step on that changed them. */
export function courseOf(steps: readonly Step[]): CoursePoint[] {
  return steps.flatMap((step): CoursePoint[] => {
    const { f1, ...scores } = standing(step) ?? {};
    if (f1 !== undefined) return [{ step: step.index, scores: { ...scores, f1 } }];
    return isUnlogged(step) ? [{ step: step.index }] : [];
  });
}

/**
 * Leaves out scores on examples that rules were learned from, unless all are: beside those on examples that
 * were held out, they would look like a gain.
 */
export function keepMeasures(course: readonly CoursePoint[]): readonly CoursePoint[] {
  const isMeasured = course.some(({ scores }) => scores !== undefined && !isLearnedFrom(scores.on));
  if (!isMeasured) return course;
  return course.map((point) =>
    point.scores !== undefined && isLearnedFrom(point.scores.on) ? { step: point.step } : point
  );
}

/** Returns the branch of a fork whose scores are of the same examples as those of the run, if it has any. */
export function branchOf({ run }: Trace, { trace: fork, number }: ForkNode): Branch[] {
  if (fork === undefined) return [];
  if (whyIncomparable("dev", groundsOf(run), groundsOf(fork.run)) !== undefined) return [];
  const shared = fork.run.parent?.step ?? -1;
  const all = courseOf(fork.steps);
  const before = all.findLast(({ step }) => step <= shared);
  const course = [
    ...(before === undefined ? [] : [{ ...before, step: shared }]),
    ...all.filter(({ step }) => step > shared),
  ];
  const on = course[0]?.scores?.on;
  // A refit is scored on examples that it learned from: beside the F1 before, that would look like a gain.
  const next = course.findIndex(({ scores }) => scores === undefined || scores.on !== on);
  const drawn = course.slice(0, next === -1 ? course.length : next)
    .filter((point) => point.scores !== undefined);
  if (drawn.length === 0) return [];
  const end = next === -1 ? fork.steps.length : course[next].step + 0.5;
  return [{ number, course: drawn, end }];
}
