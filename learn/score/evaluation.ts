/**
 * How rules do on examples: as a set, on each label, and each rule by itself.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createDataset } from "../data/dataset.ts";
 * import { evaluateRules } from "./evaluation.ts";
 * import { createRule } from "../rules/rule.ts";
 *
 * const dataset = createDataset({
 *   name: "tables",
 *   examples: [{ text: "for 5 in Osage City", entities: [{ start: 4, end: 5, type: "size" }] }],
 * });
 * const rule = createRule({ name: "digits", label: "size", patterns: [String.raw`\d{1,2}`] });
 * const { scores, rules } = evaluateRules([rule], dataset, { decide: "first", threshold: 0 });
 * assertEquals(scores[0].f1, 1);
 * assertEquals(rules[0].tp, 1);
 * ```
 *
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import type { DecisionOptions } from "../rules/decisions.ts";
import { createMatches, type Match } from "./matches.ts";
import { requireRunnable, type Rule } from "../rules/rule.ts";
import {
  type LabelScores,
  type RuleScores,
  score,
  scoreLabels,
  scoreRules,
  type Scores,
} from "./scoring.ts";

/** How rules do on a data set. */
export interface Evaluation {
  /**
   * Scores of the set: one in classification; where spans are looked for one for each way to match,
   * the one that was asked for first.
   */
  readonly scores: readonly (Scores & { readonly match?: Match })[];
  /** By label, in code unit order, of the labels that an example has or was given. */
  readonly labels: readonly LabelScores[];
  /** Of each rule, in the order given. */
  readonly rules: readonly RuleScores[];
}

/** How rules decide, and what makes a found span right. */
export interface EvaluationOptions extends DecisionOptions {
  /**
   * For spans only.
   *
   * @default "exact"
   */
  readonly match?: Match;
}

const MATCHES = ["exact", "text", "partial"] as const;

/**
 * Runs rules on a data set and scores them, as the split `test`. Rules may stand for labels that the
 * data set does not have: what they give is wrong then.
 *
 * @throws {SyntaxError} where a pattern of a rule is no regular expression, or no engine can run it in
 * reasonable time
 * @throws {RangeError} where there is no such way to match
 */
export function evaluateRules(
  rules: readonly Rule[],
  dataset: Dataset,
  options: EvaluationOptions,
): Evaluation {
  const { match = "exact", ...decision } = options;
  if (!MATCHES.includes(match)) {
    throw new RangeError(`The option match is ${match}, expected one of ${MATCHES.join(", ")}`);
  }
  requireRunnable(rules);
  const labels = [...dataset.labels, ...rules.map(({ label }) => label)];
  if (decision.default !== undefined) labels.push(decision.default);
  const matchesBy = (match?: Match) => createMatches(dataset.examples, labels, match);
  const matches = matchesBy(match);
  const scores = score(matches, rules, decision, "test");
  const others = MATCHES.filter((other) => other !== match);
  return {
    scores: dataset.task === "classification" ? [scores] : [
      { match, ...scores },
      ...others.map((match) => ({ match, ...score(matchesBy(match), rules, decision, "test") })),
    ],
    labels: scoreLabels(matches, rules, decision),
    rules: scoreRules(matches, rules, decision),
  };
}
