/**
 * The rules that a run ended with: what each of them does for the predictions on test examples.
 *
 * @module
 */
import type { Rule } from "../../learn/rules/rule.ts";
import {
  type Credit,
  type CreditOptions,
  type RuleCredit,
  shareCredit,
} from "../../learn/score/credit.ts";
import type { Matches } from "../../learn/score/matches.ts";
import { MAX_CLUSTER_EXAMPLES, scoreRules } from "../../learn/score/scoring.ts";
import { endRules, type TestedRun } from "./tested.ts";

/** Examples without their texts: how many, and the first of them. */
export interface CountedExamples {
  /** How many. */
  readonly count: number;
  /** Ids of the first, 20 at most, in the order of the examples. */
  readonly examples: readonly string[];
}

/** What one rule does for the predictions. */
export interface RuleBlame {
  /** Id of the rule. */
  readonly rule: string;
  /** Its label. */
  readonly label: string;
  /** Index of the first step after which the rule was there. */
  readonly broughtBy: number;
  /** Examples in which it matches what is gold: its label, or a span with it. */
  readonly right: CountedExamples;
  /** Examples in which it matches what is not gold. With spans, an example may be in both. */
  readonly wrong: CountedExamples;
  /**
   * Change of the set's micro F1 if this rule alone is left out, in percentage points: exact, below 0 if the rule
   * helps, and 0 for each of two rules that stand in for each other.
   */
  readonly without: number;
  /** Its part in the examples that are correct, or in the spans that are, less those that are not. */
  readonly credit: Omit<RuleCredit, "rule">;
}

/** What the rules at the end of a run do for the predictions. */
export interface RulesBlame {
  /** The rules in order of entry. */
  readonly rules: readonly RuleBlame[];
  /** How the credit was shared. */
  readonly shared: Omit<Credit, "rules">;
}

/**
 * Tells of each rule at the end of a run what it does for the predictions on test examples: exactly if it is left
 * out alone, and its Shapley value (see `shareCredit`).
 *
 * @throws {RangeError} if `permutations` is not a whole number from 2, or `effort` is below 0
 *
 * @example
 * ```ts
 * import { assert } from "jsr:@std/assert@^1";
 * import { readDataset } from "../../learn/data/dataset.ts";
 * import { readTrace } from "../../trace.ts";
 * import { blameRules } from "./rules.ts";
 * import { testRun } from "./tested.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const { rules } = blameRules(testRun(trace, await readDataset("examples/banking_test.jsonl")));
 * const sum = rules.reduce((total, { credit }) => total + credit.credit, 0);
 * assert(sum > 100 && sum < 200);
 * ```
 */
export function blameRules(
  run: TestedRun,
  options: Omit<CreditOptions, "examples"> = {},
): RulesBlame {
  const { matches, decision, broughtBy } = run;
  const rules = endRules(run);
  const scores = scoreRules(matches, rules, decision);
  const { rules: shares, ...shared } = shareCredit(matches, rules, decision, options);
  return {
    rules: rules.map((rule, at) => {
      const { rule: id, ...credit } = shares[at];
      return {
        rule: id,
        label: rule.label,
        broughtBy: broughtBy.get(id)!,
        ...judgeMatches(matches, rule),
        without: 100 * scores[at].marginal,
        credit,
      };
    }),
    shared,
  };
}

/** Finds the examples in which a rule matches what is gold, and what is not. */
function judgeMatches(matches: Matches, { id, label }: Rule): Pick<RuleBlame, "right" | "wrong"> {
  const own = matches.indexOf(label);
  const [right, wrong] = [new Set<number>(), new Set<number>()];
  for (const item of matches.of(id)) {
    (matches.gold[item] === own ? right : wrong)
      .add(matches.kind === "labels" ? item : matches.items[item].example);
  }
  const listed = (examples: Set<number>): CountedExamples => ({
    count: examples.size,
    examples: [...examples].sort((a, b) => a - b).slice(0, MAX_CLUSTER_EXAMPLES)
      .map((example) => matches.examples[example].id),
  });
  return { right: listed(right), wrong: listed(wrong) };
}
