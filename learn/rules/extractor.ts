/**
 * Extracts spans from texts by learned rules: each with its label and the rule that found it.
 *
 * @module
 */
import { compareRules } from "./decisions.ts";
import type { Span } from "../data/examples.ts";
import { createMatcher } from "./matcher.ts";
import { keepSpans, type Overlaps } from "./overlaps.ts";
import type { Rule } from "./rule.ts";
import { isRuleSet, type RuleSet } from "./rule_set.ts";
import { requireRunnable } from "./running.ts";

/** A span that rules find, in UTF-16 code units. */
export interface Extraction extends Span {
  /** The text of the span, as the rule gives it. */
  readonly text: string;
  /** The label of the rule: the entity type. */
  readonly label: string;
  /** The rule that found it. */
  readonly rule: Rule;
}

/** Options of an extractor. By default they are those of the rule set. */
export interface ExtractorOptions {
  /**
   * Whether to drop or keep a span that overlaps the span of an earlier rule.
   *
   * @default "drop"
   */
  readonly overlaps?: Overlaps;
  /** Called with a rule if a search for it was given up before the end of a text, once or several times. */
  readonly onUnfinished?: (rule: Rule) => void;
}

/**
 * Creates a function that finds spans, by start. If spans cannot both stay, that of the rule earlier
 * in the order of `compareRules` does; of one rule, the span that begins earlier.
 *
 * @param rules a rule set, or rules alone
 * @param options how rules decide, if not as the rule set says; should be as the rules were learned
 * @throws {SyntaxError} if a pattern of a rule is not a regular expression, or no engine can run it in
 * reasonable time
 * @throws {RangeError} if `overlaps` is not one of the ways to treat overlaps, or the rules of the set
 * classify
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createExtractor } from "./extractor.ts";
 * import { createRule } from "./rule.ts";
 *
 * const extract = createExtractor([
 *   createRule({
 *     name: "no.",
 *     label: "CODE",
 *     patterns: [String.raw`\bno\. (\d{1,6}\/\d{2})`],
 *     group: 1,
 *   }),
 * ]);
 * const [found] = extract("the application (no. 18403/91) of 1991");
 * assertEquals([found.text, found.label, found.start, found.end], ["18403/91", "CODE", 21, 29]);
 * ```
 */
export function createExtractor(
  rules: readonly Rule[] | RuleSet,
  options: ExtractorOptions = {},
): (text: string) => Extraction[] {
  if (isRuleSet(rules)) {
    if (rules.task === "classification") {
      throw new RangeError("The rules give labels, which createClassifier is for");
    }
    return createExtractor(rules.rules, { ...rules.decision, ...options });
  }
  const { overlaps = "drop", onUnfinished } = options;
  if (overlaps !== "drop" && overlaps !== "keep") {
    throw new RangeError(`The option overlaps is ${overlaps}, expected drop or keep`);
  }
  requireRunnable(rules);
  const matcher = createMatcher(rules.toSorted(compareRules));
  const giveUp = onUnfinished && ((position: number) => onUnfinished(matcher.rules[position]));
  return (text) => {
    const spans = matcher.find(text, giveUp).map(({ rule: position, ...span }) => {
      const rule = matcher.rules[position];
      return { ...span, label: rule.label, rule };
    });
    return keepSpans(spans, overlaps).sort((a, b) => a.start - b.start || a.end - b.end);
  };
}
