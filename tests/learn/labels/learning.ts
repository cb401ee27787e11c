/**
 * Runs of the embedded synthesizer for labels, for tests.
 *
 * @module
 */
import { assert } from "jsr:@std/assert@^1";
import type { LabelledExample } from "../../../learn/data/examples.ts";
import { createPatternSynthesizer } from "../../../learn/labels/synthesizer.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import { createMatches, findFailures, type Matches } from "../../../learn/score/scoring.ts";
import type { Patch, SynthesisTask, Synthesizer } from "../../../learn/synthesizer.ts";
import { labelsOf, readShipped } from "./corpora.ts";

/** The examples that are shipped, and tasks of their labels by vote and by first match. */
export const train = readShipped("banking.jsonl");
export const labels = labelsOf(train);
export const vote: SynthesisTask = {
  name: "x",
  task: "classification",
  labels,
  decide: "vote",
  threshold: 0,
  margin: 1,
  seed: 0,
};
export const first: SynthesisTask = { ...vote, decide: "first" };

/** Returns a rule set after a patch, all changes of which must be possible. */
export function apply(rules: readonly Rule[], patch: Patch): Rule[] {
  const { added = [], replaced = [], removed = [], reweighted = [] } = patch;
  const set = new Map(rules.map((rule) => [rule.id, rule]));
  for (const id of [...removed, ...replaced.map(({ from }) => from)]) {
    assert(set.delete(id), "removes rules of the set");
  }
  for (const rule of [...replaced.map(({ to }) => to), ...added].map(createRule)) {
    assert(!set.has(rule.id), "adds no rule that is there");
    set.set(rule.id, rule);
  }
  for (const { rule, ...change } of reweighted) {
    assert(set.has(rule), "reweights rules of the set");
    set.set(rule, { ...set.get(rule)!, ...change });
  }
  return [...set.values()];
}

/** Runs a synthesizer: synthesis, then a number of patches, all of which are accepted. */
export async function learn(
  task: SynthesisTask,
  examples: readonly LabelledExample[],
  patches: number,
): Promise<{ rules: Rule[]; matches: Matches; sets: Rule[][]; synthesizer: Synthesizer }> {
  const synthesizer = createPatternSynthesizer();
  const matches = createMatches(examples, task.labels);
  let rules = apply([], await synthesizer.synthesize(task, examples, []));
  const sets = [rules];
  for (let iteration = 1; iteration <= patches; iteration++) {
    rules = apply(rules, await patch(synthesizer, task, examples, rules, matches));
    sets.push(rules);
  }
  return { rules, matches, sets, synthesizer };
}

/** Asks for a patch. */
export async function patch(
  synthesizer: Synthesizer,
  task: SynthesisTask,
  examples: readonly LabelledExample[],
  rules: readonly Rule[],
  matches: Matches,
  rejected: readonly (readonly Rule[])[] = [],
): Promise<Patch> {
  const failures = findFailures(matches, rules, task);
  return await synthesizer.patch({
    task,
    iteration: 1,
    train: examples,
    rules,
    matches,
    failures,
    rejected,
  });
}

/** Returns the task of examples. */
export function taskOf(
  examples: readonly LabelledExample[],
  decide: "vote" | "first" = "vote",
): SynthesisTask {
  return { ...vote, decide, labels: labelsOf(examples) };
}
