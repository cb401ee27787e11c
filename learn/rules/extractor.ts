/**
 * Learned rules at work on spans: texts in, spans with their labels out, each with the rule that
 * found it.
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
 *
 * @module
 */
import { compareRules } from "./decisions.ts";
import type { Span } from "../data/examples.ts";
import { createMatcher } from "./matcher.ts";
import { keepSpans, type Overlaps } from "./overlaps.ts";
import { requireRunnable, type Rule } from "./rule.ts";

/** A span that rules find, in UTF-16 code units. */
export interface Extraction extends Span {
  /** What the text holds there, or what the rule says it is. */
  readonly text: string;
  /** The label of the rule: the entity type. */
  readonly label: string;
  /** The rule that found it. */
  readonly rule: Rule;
}

/** How an extractor decides: as the rules were learned to. */
export interface ExtractorOptions {
  /** @default "drop" */
  readonly overlaps?: Overlaps;
}

/**
 * Makes a function that finds spans, by start. Where spans are in each other's way, those of rules that
 * come earlier in the order of `compareRules` stay, and of one rule those that begin earlier.
 *
 * @throws {SyntaxError} where a pattern of a rule is no regular expression, or no engine can run it in
 * reasonable time
 * @throws {RangeError} where there is no such way to treat overlaps
 */
export function createExtractor(
  rules: readonly Rule[],
  options: ExtractorOptions = {},
): (text: string) => Extraction[] {
  const { overlaps = "drop" } = options;
  if (overlaps !== "drop" && overlaps !== "keep") {
    throw new RangeError(`The option overlaps is ${overlaps}, expected drop or keep`);
  }
  requireRunnable(rules);
  const matcher = createMatcher([...rules].sort(compareRules));
  const labels = [...new Set(rules.map(({ label }) => label))];
  const numbers = new Map(labels.map((label, number) => [label, number]));
  return (text) => {
    const found = matcher.find(text).map((span) => {
      const rule = matcher.rules[span.rule];
      return { ...span, rule, label: numbers.get(rule.label)! };
    });
    return keepSpans(found, overlaps)
      .map(({ start, end, text, rule }) => ({ start, end, text, label: rule.label, rule }))
      .sort((a, b) => a.start - b.start || a.end - b.end);
  };
}
