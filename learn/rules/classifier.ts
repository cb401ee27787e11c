/**
 * Learned rules at work: texts in, labels out, with the rules that said so.
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
 *
 * @module
 */
import {
  compareRules,
  type DecisionOptions,
  MICRO,
  microThreshold,
  microVote,
} from "./decisions.ts";
import { compareCodeUnits } from "../text/folding.ts";
import { createMatcher } from "./matcher.ts";
import { requireRunnable, type Rule } from "./rule.ts";

/** What rules say about a text. */
export interface Classification {
  /** The label; none where rules do not decide and there is no default. */
  readonly label?: string;
  /** The rules that match, in the order they were given. */
  readonly rules: readonly Rule[];
  /** The sum of weights of each label that a matching rule stands for, most first; `vote` only. */
  readonly votes: readonly { readonly label: string; readonly votes: number }[];
  /** The rule that decided; `first` only. */
  readonly by?: Rule;
}

/** How a classifier decides: as the rules were learned to. */
export interface ClassifierOptions extends Partial<DecisionOptions> {
  /** @default "vote" */
  readonly decide?: DecisionOptions["decide"];
  /** @default 0 */
  readonly threshold?: number;
}

/**
 * Makes a function that classifies texts. It decides as {@linkcode decideAll} does.
 *
 * @throws {SyntaxError} where a pattern of a rule is no regular expression, or no engine can run it in
 * reasonable time
 * @throws {RangeError} where the threshold is below 0
 */
export function createClassifier(
  rules: readonly Rule[],
  options: ClassifierOptions = {},
): (text: string) => Classification {
  const { decide = "vote", threshold = 0, default: fallback } = options;
  if (decide !== "vote" && decide !== "first") {
    throw new RangeError(`The option decide is ${decide}, expected vote or first`);
  }
  requireRunnable(rules);
  const matcher = createMatcher(rules);
  const least = microThreshold(threshold);
  return (text) => {
    const matching = matcher.match(text).map((position) => rules[position]);
    switch (decide) {
      case "vote": {
        const votes = countVotes(matching);
        const isDecided = votes.length > 0 && votes[0].votes > least;
        return {
          ...labelled(isDecided ? votes[0].label : fallback),
          rules: matching,
          votes: votes.map((vote) => ({ ...vote, votes: vote.votes / MICRO })),
        };
      }
      case "first": {
        if (matching.length === 0) return { ...labelled(fallback), rules: matching, votes: [] };
        const by = matching.reduce((best, rule) => compareRules(rule, best) < 0 ? rule : best);
        return { label: by.label, rules: matching, votes: [], by };
      }
    }
  };
}

/** Votes in millionths, most first; of equal labels the first in code unit order. */
function countVotes(rules: readonly Rule[]): { label: string; votes: number }[] {
  const sums = new Map<string, number>();
  for (const rule of rules) sums.set(rule.label, (sums.get(rule.label) ?? 0) + microVote(rule));
  return [...sums].map(([label, votes]) => ({ label, votes }))
    .sort((a, b) => b.votes - a.votes || compareCodeUnits(a.label, b.label));
}

function labelled(label: string | undefined): { label?: string } {
  return label === undefined ? {} : { label };
}
