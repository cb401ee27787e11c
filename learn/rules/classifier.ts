/**
 * Classifies texts by learned rules, and says which rules decided.
 *
 * @module
 */
import { type Confidence, confidenceAt } from "./confidence.ts";
import {
  compareRules,
  countVotes,
  type DecisionOptions,
  MICRO,
  microThreshold,
} from "./decisions.ts";
import { createMatcher } from "./matcher.ts";
import type { Rule } from "./rule.ts";
import { isRuleSet, type RuleSet } from "./rule_set.ts";
import { requireRunnable } from "./running.ts";

/** The decision of rules on a text. */
export interface Classification {
  /** The label; absent if rules do not decide and no default is set. */
  readonly label?: string;
  /** The rules that match, in the order given. */
  readonly rules: readonly Rule[];
  /** For each label of a matching rule the sum of weights, largest first; `vote` only. */
  readonly votes: readonly { readonly label: string; readonly votes: number }[];
  /** How many votes the label has more than the next one; 0 if rules do not decide; `vote` only. */
  readonly margin?: number;
  /**
   * How often a label with such a margin was correct on held-out examples, 0 to 1; only if there is a label, and
   * the rule set has a `confidence`.
   */
  readonly confidence?: number;
  /** The rule that decided; `first` only. */
  readonly by?: Rule;
}

/** Options of a classifier. By default they are those of the rule set. */
export interface ClassifierOptions extends Partial<DecisionOptions> {
  /**
   * Whether rules vote by weight, or the first match decides.
   *
   * @default "vote"
   */
  readonly decide?: DecisionOptions["decide"];
  /**
   * Rules abstain unless a label has more votes than this, ≥ 0.
   *
   * @default 0
   */
  readonly threshold?: number;
  /** Called with a rule if a search for it was given up before the end of a text, once or several times. */
  readonly onUnfinished?: (rule: Rule) => void;
}

/**
 * Creates a function that classifies texts. It decides as scores assume.
 *
 * @param rules a rule set, or rules alone
 * @param options how rules decide, if not as the rule set says; should be as the rules were learned
 * @throws {SyntaxError} if a pattern of a rule is not a regular expression, or no engine can run it in
 * reasonable time
 * @throws {RangeError} if the threshold is below 0, `decide` is not one of the ways to decide, or the rules of
 * the set find spans
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createClassifier } from "./classifier.ts";
 * import { createRule } from "./rule.ts";
 *
 * const classify = createClassifier([
 *   createRule({ name: "fx_rate", label: "exchange", patterns: [String.raw`\brates?\b`] }),
 * ]);
 * const { label, rules } = classify("Which rate do I get?");
 * assertEquals([label, rules[0].name], ["exchange", "fx_rate"]);
 * assertEquals(classify("Hello").label, undefined);
 * ```
 */
export function createClassifier(
  rules: readonly Rule[] | RuleSet,
  options: ClassifierOptions = {},
): (text: string) => Classification {
  if (isRuleSet(rules)) {
    const { task, decision, confidence } = rules;
    if (task !== "classification") {
      throw new RangeError("The rules find spans, which createExtractor is for");
    }
    return classifyBy(rules.rules, { ...decision, ...options }, confidence);
  }
  return classifyBy(rules, options);
}

function classifyBy(
  rules: readonly Rule[],
  { decide = "vote", threshold = 0, default: fallback, onUnfinished }: ClassifierOptions,
  confidence?: Confidence,
): (text: string) => Classification {
  if (decide !== "vote" && decide !== "first") {
    throw new RangeError(`The option decide is ${decide}, expected vote or first`);
  }
  requireRunnable(rules);
  const matcher = createMatcher(rules);
  const least = microThreshold(threshold);
  const giveUp = onUnfinished && ((position: number) => onUnfinished(rules[position]));
  return (text) => {
    const matching = matcher.match(text, giveUp).map((position) => rules[position]);
    switch (decide) {
      case "vote": {
        const votes = countVotes(matching);
        const isDecided = votes.length > 0 && votes[0].votes > least;
        const label = isDecided ? votes[0].label : fallback;
        const lead = isDecided ? votes[0].votes - (votes[1]?.votes ?? 0) : 0;
        const margin = lead / MICRO;
        const isKnown = label !== undefined && confidence !== undefined;
        return {
          ...labelled(label),
          rules: matching,
          votes: votes.map((vote) => ({ ...vote, votes: vote.votes / MICRO })),
          margin,
          ...(isKnown && { confidence: confidenceAt(confidence, margin) }),
        };
      }
      case "first": {
        const by = matching.toSorted(compareRules).at(0);
        const label = by?.label ?? fallback;
        return { ...labelled(label), rules: matching, votes: [], ...(by && { by }) };
      }
    }
  };
}

function labelled(label: string | undefined): { label?: string } {
  return label === undefined ? {} : { label };
}
