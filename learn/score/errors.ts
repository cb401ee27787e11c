/**
 * Finds what rules get wrong on a data set, with the texts, and which rules made it so.
 *
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import type { Span, Task } from "../data/examples.ts";
import type { Decide } from "../rules/decisions.ts";
import type { Rule } from "../rules/rule.ts";
import { requireRunnable } from "../rules/running.ts";
import { findLabelErrors } from "./errors/label_errors.ts";
import { findSpanErrors } from "./errors/span_errors.ts";
import { type EvaluationOptions, matchRules } from "./evaluation.ts";
import type { Match } from "./matches.ts";
import type { LabelScores } from "./scoring.ts";

/** What rules get wrong on a data set: plain data, which can be written as JSON. It holds texts. */
export type RuleErrors = LabelErrors | SpanErrors;

/** What the errors of every task have. */
export interface ErrorFields {
  /** How many rules there are. */
  readonly rules: number;
  /** How many examples there are. */
  readonly examples: number;
  /** On how many of them not all is correct. */
  readonly wrong: number;
  /** All labels that are gold or predicted, in code unit order. */
  readonly labels: readonly LabelFacts[];
}

/** Scores of rules on one label, with how many examples and rules it has. */
export interface LabelFacts extends LabelScores {
  /** How many examples or spans have the label. */
  readonly support: number;
  /** How many rules stand for it. */
  readonly rules: number;
}

/** What rules get wrong that label texts. */
export interface LabelErrors extends ErrorFields {
  /** To label a text. */
  readonly task: "classification";
  /** How the rules decide. */
  readonly decide: Decide;
  /** The votes that a label must exceed; by `vote` only. */
  readonly threshold?: number;
  /** The pairs of labels that are confused: the most frequent first, then in code unit order. */
  readonly pairs: readonly LabelConfusion[];
}

/** The examples with one gold and one other predicted label. */
export interface LabelConfusion {
  /** The gold label. */
  readonly gold: string;
  /** The predicted label; `null` if rules abstain. */
  readonly predicted: string | null;
  /** How many examples. */
  readonly count: number;
  /** They, in the order of the data set; the first of them if there is a `limit`. */
  readonly examples: readonly LabelError[];
}

/** An example whose predicted label is not the gold one. */
export interface LabelError {
  /** Id of the example. */
  readonly id: string;
  /** The line of its file on which it begins, from 1; missing if it is not known. */
  readonly line?: number;
  /** The whole text. */
  readonly text: string;
  /** Set if rules did not decide, and the label is the default. */
  readonly isDefault?: true;
  /** The votes for each label that has any, most first; by `vote` only. */
  readonly votes?: readonly VoteCount[];
  /** The lead in votes of the predicted label over the next one, 0 if rules abstain; by `vote` only. */
  readonly margin?: number;
  /**
   * By how many votes the gold label is behind the best other label and the threshold: it needs more
   * than these. 0 if equal votes were decided by the order of the labels. By `vote` only.
   */
  readonly lacked?: number;
  /** The rules of the predicted label that match, those that decide most first. */
  readonly decidedBy: readonly MatchedRule[];
  /** The rules of the gold label that match but were not enough, heaviest or first in order first. */
  readonly needed: readonly MatchedRule[];
}

/** The votes for a label. */
export interface VoteCount {
  /** The label. */
  readonly label: string;
  /** The sum of the weights of the rules of that label that match. */
  readonly votes: number;
}

/** A rule that matches a text. */
export interface MatchedRule {
  /** Id of the rule. */
  readonly rule: string;
  /** Its name. */
  readonly name: string;
  /** What it adds to the votes for its label; by `vote` only. */
  readonly votes?: number;
  /** Its place in the order in which rules decide, from 1; not by `vote`. */
  readonly place?: number;
  /** The first match of each of its patterns, by start, in the whole text. */
  readonly at: readonly Span[];
}

/** What rules get wrong that find spans. */
export interface SpanErrors extends ErrorFields {
  /** To find spans, or spans of several types. */
  readonly task: Exclude<Task, "classification">;
  /** What makes a span correct. */
  readonly match: Match;
  /** The pairs of types that are confused: the most frequent first, then in code unit order. */
  readonly pairs: readonly SpanConfusion[];
}

/**
 * What is wrong with a span. `missed`: rules find nothing there. `bounds`: they find a span of the same
 * type that overlaps it. `type`: they find it, or a span that overlaps it, with another type.
 * `spurious`: they find a span where none is.
 */
export type SpanErrorKind = "missed" | "bounds" | "type" | "spurious";

/** The spans with one gold and one predicted type. */
export interface SpanConfusion {
  /** What is wrong with them. */
  readonly kind: SpanErrorKind;
  /** The gold type; `null` for spurious spans. */
  readonly gold: string | null;
  /** The predicted type; `null` for missed spans. */
  readonly predicted: string | null;
  /** How many errors: a gold and a predicted span that overlap are one. */
  readonly count: number;
  /** They, in the order of the data set; the first of them if there is a `limit`. */
  readonly examples: readonly SpanError[];
}

/** A span that is not as it should be. Offsets are those of the whole text, in UTF-16 code units. */
export interface SpanError {
  /** Id of the example. */
  readonly id: string;
  /** The line of its file on which it begins, from 1; missing if it is not known. */
  readonly line?: number;
  /** The part of the text with the spans and what stands around them. */
  readonly text: string;
  /** Where this part begins in the whole text, from 0. */
  readonly from: number;
  /** The length of the whole text. */
  readonly length: number;
  /** The gold span; missing if it is spurious. */
  readonly gold?: Span;
  /** The predicted span; missing if there is none. */
  readonly predicted?: Span;
  /** The rule that found the predicted span. */
  readonly decidedBy: readonly MatchedRule[];
  /** The rules of the gold type that find the gold span, but whose span gave way to another. */
  readonly needed: readonly OutrankedRule[];
}

/** A rule whose span was dropped, as it overlaps the span of an earlier rule. */
export interface OutrankedRule extends MatchedRule {
  /** The earlier rule. */
  readonly lostTo: MatchedRule;
}

/** Options of {@linkcode findErrors}. */
export interface ErrorsOptions extends EvaluationOptions {
  /**
   * Returns the line on which the example of an index begins, from 1; `readExamples` tells it.
   *
   * @default {errors name no lines}
   */
  readonly lineOf?: (index: number) => number;
  /**
   * The most examples of a pair, 0 or more.
   *
   * @default Infinity
   */
  readonly limit?: number;
}

/**
 * Finds what rules get wrong on a data set: the scores of each label, the pairs of labels that are
 * confused, and for each example the rules that decided and those that would have been needed.
 *
 * @throws {SyntaxError} if a pattern of a rule is not a regular expression, or no engine can run it in
 * reasonable time
 * @throws {RangeError} if `match` is not one of the ways to match, or the threshold is below 0
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "jsr:@std/assert@^1";
 * import { createDataset } from "../data/dataset.ts";
 * import { createRule } from "../rules/rule.ts";
 * import { findErrors } from "./errors.ts";
 *
 * const dataset = createDataset({
 *   name: "few",
 *   examples: [
 *     { text: "Which rate do I get?", label: "exchange" },
 *     { text: "Do I get a card?", label: "card" },
 *   ],
 * });
 * const rules = [
 *   createRule({ name: "get", label: "exchange", patterns: ["get"], weight: 2 }),
 *   createRule({ name: "card", label: "card", patterns: ["cards?"], weight: 0.5 }),
 * ];
 * const errors = findErrors(rules, dataset, { decide: "vote", threshold: 0 });
 * assert(errors.task === "classification");
 * const [{ gold, predicted, examples: [{ decidedBy, needed, lacked }] }] = errors.pairs;
 * assertEquals([gold, predicted, lacked], ["card", "exchange", 1.5]);
 * assertEquals([decidedBy[0].name, needed[0].name], ["get", "card"]);
 * ```
 */
export function findErrors(
  rules: readonly Rule[],
  dataset: Dataset,
  options: ErrorsOptions,
): RuleErrors {
  requireRunnable(rules);
  const matches = matchRules(rules, dataset, options);
  return matches.kind === "labels"
    ? findLabelErrors(matches, rules, options)
    : findSpanErrors(matches, rules, dataset.task === "ner" ? "ner" : "extraction", options);
}
