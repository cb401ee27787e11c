/**
 * Evaluates rules on examples: as a set, by label, and each rule by itself.
 *
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import { type AnswerCoverage, type CoverageOptions, measuringCoverage } from "./coverage.ts";
import { listUnfinished, type Unfinished } from "./label_matches.ts";
import { createMatches, type Match, type Matches } from "./matches.ts";
import type { Rule } from "../rules/rule.ts";
import { requireRules, requireRunnable } from "../rules/running.ts";
import {
  type LabelScores,
  type RuleScores,
  scoreLabels,
  scoreRules,
  type Scores,
  scoring,
} from "./scoring.ts";
import { eachSliced, finish, part, type Sliced } from "../text/slices.ts";

/** Scores of rules on a data set. */
export interface Evaluation {
  /**
   * Scores of the set: one for classification; for spans one by each way to match, the requested one
   * first.
   */
  readonly scores: readonly (Scores & { readonly match?: Match })[];
  /** Scores by label, in code unit order, of all labels that are gold or predicted. */
  readonly labels: readonly LabelScores[];
  /** Scores of each rule, in the order given. */
  readonly rules: readonly RuleScores[];
  /**
   * How many answers stay, and are right, by the trust that is asked for; missing if rules vote, and it is not
   * known what a margin means.
   */
  readonly coverage?: AnswerCoverage;
  /** Rules for which a search was given up before the end of a text; missing if there are none. */
  readonly unfinished?: readonly Unfinished[];
}

/** Options of {@linkcode evaluateRules}: how rules decide, and what makes a predicted span correct. */
export interface EvaluationOptions extends CoverageOptions {
  /**
   * The condition under which a predicted span is correct.
   *
   * @default "exact"
   */
  readonly match?: Match;
}

const MATCHES = ["exact", "text", "partial"] as const;

/**
 * Runs rules on a data set and scores them, as the split `test`. If a rule stands for a label that is
 * not in the data set, what it predicts is wrong.
 *
 * @throws {SyntaxError} if a pattern of a rule is not a regular expression, or no engine can run it in
 * reasonable time
 * @throws {RangeError} if `match` is not one of the ways to match, or the threshold is below 0
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
 */
export function evaluateRules(
  rules: readonly Rule[],
  dataset: Dataset,
  options: EvaluationOptions,
): Evaluation {
  return finish(evaluatingRules(rules, dataset, options));
}

/** Does what {@linkcode evaluateRules} does, with pauses. */
export function* evaluatingRules(
  rules: readonly Rule[],
  dataset: Dataset,
  options: EvaluationOptions,
): Sliced<Evaluation> {
  const { match = "exact", ...decision } = options;
  requireRules(rules);
  const checking = eachSliced(rules, (rule) => requireRunnable([rule]));
  yield* part("checking rules", [0, 0.1], checking);
  const matches = matchRules(rules, dataset, options);
  const matchesBy = (match: Match) => createMatches(dataset.examples, matches.labels, match);
  const isLabelled = dataset.task === "classification";
  const scores = yield* part(
    "scoring",
    [0.1, isLabelled ? 0.9 : 0.4],
    scoring(matches, rules, decision, "test"),
  );
  const others: Evaluation["scores"][number][] = [];
  const left = isLabelled ? [] : MATCHES.filter((other) => other !== match);
  for (const [index, match] of left.entries()) {
    const range = [0.4 + 0.25 * index, 0.65 + 0.25 * index] as const;
    const other = scoring(matchesBy(match), rules, decision, "test");
    others.push({ match, ...yield* part("scoring", range, other) });
  }
  const coverage = yield* part("scoring", [0.9, 1], measuringCoverage(matches, rules, options));
  const unfinished = listUnfinished(rules, [matches]);
  return {
    scores: isLabelled ? [scores] : [{ match, ...scores }, ...others],
    labels: scoreLabels(matches, rules, decision),
    rules: scoreRules(matches, rules, decision),
    ...(coverage && { coverage }),
    ...(unfinished.length === 0 ? {} : { unfinished }),
  };
}

/**
 * Creates matches for rules, which may stand for labels that the data set does not have. Runs no rule.
 *
 * @throws {RangeError} if `match` is not one of the ways to match
 */
export function matchRules(
  rules: readonly Rule[],
  dataset: Dataset,
  { match = "exact", default: fallback }: EvaluationOptions,
): Matches {
  if (!MATCHES.includes(match)) {
    throw new RangeError(`The option match is ${match}, expected one of ${MATCHES.join(", ")}`);
  }
  const labels = [...dataset.labels, ...rules.map(({ label }) => label)];
  if (fallback !== undefined) labels.push(fallback);
  return createMatches(dataset.examples, labels, match);
}
