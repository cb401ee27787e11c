/**
 * What the rules of a trace say of a text, and which rule decides.
 *
 * @module
 */
import { createClassifier } from "../../../learn/rules/classifier.ts";
import { compareRules, microVote } from "../../../learn/rules/decisions.ts";
import type { Rule } from "../../../learn/rules/rule.ts";
import type { RuleSet } from "../../../learn/rules/rule_set.ts";
import type { ObservedRule } from "./format.ts";

/** What rules say of a text. */
export interface RuleAnswer {
  /** The label; `null` if they abstain. */
  readonly label: string | null;
  /** The rules that fired. */
  readonly fired: readonly Rule[];
  /**
   * The rule that decided: by `first` the one that did, by `vote` the one with the most weight of those for the label.
   * Missing if none did.
   */
  readonly decidedBy?: Rule;
  /**
   * How sure the label is, 0 to 1: how often labels with such a margin were correct on held-out examples, or if that
   * is not known, the share of the votes for it that no other label has. 1 if rules do not vote.
   */
  readonly sureness: number;
}

/**
 * Creates a function that asks rules, and remembers what they said.
 *
 * @throws {RangeError} if the rules find spans
 */
export function createAnswerer(set: RuleSet): (text: string) => RuleAnswer {
  const classify = createClassifier(set);
  const known = new Map<string, RuleAnswer>();
  const answer = (text: string): RuleAnswer => {
    const { label = null, rules, votes, margin, confidence, by } = classify(text);
    const decidedBy = by ?? findStrongest(rules.filter((rule) => rule.label === label));
    const share = margin === undefined || votes.length === 0 ? undefined : margin / votes[0].votes;
    return {
      label,
      fired: rules,
      ...(decidedBy && { decidedBy }),
      sureness: confidence ?? share ?? (label === null || by === undefined ? 0 : 1),
    };
  };
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = answer(text);
    known.set(text, made);
    return made;
  };
}

/** Returns the rule with the most weight; of equal ones that which comes first as the first match decides. */
function findStrongest(rules: readonly Rule[]): Rule | undefined {
  return rules.toSorted((a, b) => microVote(b) - microVote(a) || compareRules(a, b)).at(0);
}

/** Returns id and name of a rule. */
export function nameRule({ id, name }: Rule): ObservedRule {
  return { id, name };
}
