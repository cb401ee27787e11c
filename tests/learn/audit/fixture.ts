/**
 * Rules and examples for tests of audits.
 *
 * @module
 */
import type { LabelledExample } from "../../../learn/data/examples.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";

/** A rule for label `a` of one pattern, named like those of the embedded synthesizer. */
export function rule(pattern: string, change: Partial<Proposal> = {}): Rule {
  return createRule({ name: `a/${pattern}`, label: "a", patterns: [pattern], ...change });
}

/** Creates examples of a label, with the label and a number as ids. */
export function examplesOf(texts: readonly string[], label = "a"): LabelledExample[] {
  return texts.map((text, index) => ({ id: `${label}${index}`, text, label }));
}
