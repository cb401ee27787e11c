/**
 * The path of a run: what each step did to the predictions on test examples, at once.
 *
 * This is the immediate effect. A later step may have repaired what a step broke, or would have done what it
 * did: whether the run ended better or worse for a step takes a run without it.
 *
 * @module
 */
import { countExamples, type ExampleCounts } from "../../learn/score/scoring.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { Step } from "../../trace.ts";
import { findWrongSince, type TestedRun } from "./tested.ts";

/** What a step that changed the rules did to the predictions. */
export interface PathStep {
  /** Index of the step. */
  readonly step: number;
  /** What kind of step it is. */
  readonly type: Step["type"];
  /** The number of its patch, for a patch. */
  readonly iteration?: number;
  /** How many rules there were after it. */
  readonly rules: number;
  /** Micro F1 after it, 0 to 1. */
  readonly f1: number;
  /** F1 less that after the step before it in the path, in percentage points. */
  readonly points: number;
  /** Ids of the examples that are all correct after it, and were not before, in the order of the examples. */
  readonly gained: readonly string[];
  /** Ids of the examples that were all correct before it, and are not after it. */
  readonly lost: readonly string[];
}

/** An example that the rules at the end get wrong. */
export interface WrongExample {
  /** Id of the example. */
  readonly id: string;
  /** Index of the first step after which it never was correct again; `null` if it never was correct. */
  readonly since: number | null;
}

/** The path of a run on test examples. Points add up: from `withoutRules` to the F1 after the last step. */
export interface BlamePath {
  /** How many examples. */
  readonly examples: number;
  /** Micro F1 without rules: of the default alone, 0 to 1. */
  readonly withoutRules: number;
  /** The steps that changed the rules, in order. The first brings the first rules. */
  readonly steps: readonly PathStep[];
  /** The sum of the points of all steps: F1 at the end less that without rules, in percentage points. */
  readonly points: number;
  /** The examples that are not all correct at the end, in their order. */
  readonly wrong: readonly WrongExample[];
}

/**
 * Scores the rules after each step that changed them. The first step is compared with no rules.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "jsr:@std/assert@^1";
 * import { readDataset } from "../../learn/data/dataset.ts";
 * import { readTrace } from "../../trace.ts";
 * import { scorePath } from "./path.ts";
 * import { testRun } from "./tested.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const run = testRun(trace, await readDataset("examples/banking_test.jsonl"));
 * const { steps, points } = scorePath(run);
 * assertAlmostEquals(steps.reduce((sum, step) => sum + step.points, 0), points, 1e-12);
 * ```
 */
export function scorePath(run: TestedRun): BlamePath {
  const { states, matches, decision } = run;
  const ids = matches.examples.map(({ id }) => id);
  const judge = (rules: readonly Rule[]) => {
    const counts = countExamples(matches, rules, decision);
    return { f1: f1Of(counts), isRight: counts.map(({ fp, fn }) => fp + fn === 0) };
  };
  const none = judge([]);
  const after = states.map(({ rules }) => judge(rules));
  const steps = states.map(({ step, rules }, at): PathStep => {
    const [was, is] = [after[at - 1] ?? none, after[at]];
    const { index, type } = step;
    return {
      step: index,
      type,
      ...(type === "iteration" ? { iteration: step.iteration } : {}),
      rules: rules.length,
      f1: is.f1,
      points: 100 * (is.f1 - was.f1),
      gained: ids.filter((_, example) => is.isRight[example] && !was.isRight[example]),
      lost: ids.filter((_, example) => was.isRight[example] && !is.isRight[example]),
    };
  });
  const all = [none, ...after];
  return {
    examples: ids.length,
    withoutRules: none.f1,
    steps,
    points: 100 * (all[all.length - 1].f1 - none.f1),
    wrong: ids.flatMap((id, example) => {
      const since = findWrongSince(run, all.map(({ isRight }) => isRight[example]));
      return since === undefined ? [] : [{ id, since }];
    }),
  };
}

/** Returns the micro F1 of examples, 0 to 1; 0/0 is 0. */
function f1Of(counts: readonly ExampleCounts[]): number {
  let [tp, errors] = [0, 0];
  for (const count of counts) {
    tp += count.tp;
    errors += count.fp + count.fn;
  }
  return tp === 0 ? 0 : 2 * tp / (2 * tp + errors);
}
