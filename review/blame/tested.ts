/**
 * The rules of a run after each step that changed them, run once on test examples for all that is told of them.
 *
 * @module
 */
import type { Dataset } from "../../learn/data/dataset.ts";
import type { DecisionOptions } from "../../learn/rules/decisions.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { requireRunnable } from "../../learn/rules/running.ts";
import { createMatches, type Matches } from "../../learn/score/matches.ts";
import { Fold } from "../../record/fold.ts";
import { rulesOfTrace } from "../../record/rule_set.ts";
import type { Step, Trace } from "../../trace.ts";

/** The rules after a step that changed them. */
export interface TestedStep {
  /** The step. */
  readonly step: Step;
  /** The rules after it, in order of entry. */
  readonly rules: readonly Rule[];
}

/** A run with the kept matches of its rules on test examples. */
export interface TestedRun {
  /** The rules after each step that changed them. */
  readonly states: readonly TestedStep[];
  /** What any of these rules matches on the test examples. */
  readonly matches: Matches;
  /** How the run's rules decide. */
  readonly decision: DecisionOptions;
  /** For each of these rules, by id, the index of the first step after which it was there. */
  readonly broughtBy: ReadonlyMap<string, number>;
}

/**
 * Runs all rules that a run had after any of its steps on test examples: once, however many steps there are.
 * Predicted spans are matched with gold ones as the run says, or else by offsets and label.
 *
 * @throws {TypeError} if the examples are for another task than the run
 * @throws {TraceError} if a step does not fit the rules before it
 * @throws {SyntaxError} if a rule cannot run
 * @throws {RangeError} if the run's config does not say how rules decide
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset } from "../../learn/data/dataset.ts";
 * import { readTrace } from "../../trace.ts";
 * import { testRun } from "./tested.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const { states } = testRun(trace, await readDataset("examples/banking_test.jsonl"));
 * assertEquals(states[0].step.type, "synthesis");
 * ```
 */
export function testRun(trace: Trace, dataset: Dataset): TestedRun {
  requireTask(trace, dataset);
  const { decision, match } = rulesOfTrace(trace, "the trace");
  const fold = new Fold(new Map(Object.entries(trace.rules)));
  const states: TestedStep[] = [];
  for (const step of trace.steps) {
    fold.apply(step);
    if (!fold.changes().next().done) states.push({ step, rules: fold.rules() });
  }
  const rules = new Map<string, Rule>();
  const broughtBy = new Map<string, number>();
  for (const { step, rules: members } of states) {
    for (const rule of members) {
      if (rules.has(rule.id)) continue;
      rules.set(rule.id, rule);
      broughtBy.set(rule.id, step.index);
    }
  }
  const all = [...rules.values()];
  requireRunnable(all);
  const labels = [...dataset.labels, ...all.map(({ label }) => label)];
  if (decision.default !== undefined) labels.push(decision.default);
  const matches = createMatches(dataset.examples, labels, match);
  matches.add(all);
  return { states, matches, decision, broughtBy };
}

/**
 * Makes sure that examples are for the task of a run.
 *
 * @throws {TypeError} if they are not
 */
export function requireTask({ run }: Trace, { task, name }: Dataset): void {
  if (task === run.dataset.task) return;
  throw new TypeError(
    `The examples of ${name} are for the task ${task}, and the run for ${run.dataset.task}`,
  );
}

/** Returns the rules after the last step. */
export function endRules({ states }: TestedRun): readonly Rule[] {
  return states.at(-1)?.rules ?? [];
}

/**
 * Finds since when an example is wrong: the index of the first step after which it never was correct again; `null`
 * if it never was correct at all, and `undefined` if it is correct at the end.
 *
 * @param isRight whether it is correct without rules, and after each step that changed the rules
 */
export function findWrongSince(
  { states }: TestedRun,
  isRight: readonly boolean[],
): number | null | undefined {
  const last = isRight.lastIndexOf(true);
  if (last === isRight.length - 1) return undefined;
  return last === -1 ? null : states[last].step.index;
}
