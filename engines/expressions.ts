/**
 * Writes rules that find spans as JSON with expressions of Python's `re`, for spaCy and other users of Python.
 *
 * @module
 */
import { compareRules } from "../learn/rules/decisions.ts";
import type { Overlaps } from "../learn/rules/overlaps.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { RuleSet } from "../learn/rules/rule_set.ts";
import { escapeControls } from "../learn/text/quoting.ts";
import { writePython } from "./python.ts";
import { Inexpressible } from "./terms.ts";
import type { RuleExport, UnsaidRule } from "./unsaid.ts";

/** Rules as expressions of Python. */
export interface ExpressionFile {
  /** The name of the format. */
  readonly format: "ruletrace-expressions";
  /** The version of the format. */
  readonly version: 1;
  /** What the spans are: `ner` or `extraction`. */
  readonly task: string;
  /** Whether a span goes that overlaps one of an earlier rule; else only if they are much alike. */
  readonly overlaps: Overlaps;
  /** Sets of characters, which expressions name by their places: `{{0}}` stands for the first. */
  readonly sets: readonly string[];
  /** In the order in which they decide. */
  readonly rules: readonly SpanExpression[];
}

/** A rule that finds spans, as expressions of Python. They need no flags. */
export interface SpanExpression {
  /** Id of the rule. */
  readonly id: string;
  /** Its name, for people. */
  readonly name: string;
  /** The type of its spans. */
  readonly label: string;
  /** Each match of it is a span. */
  readonly pattern: string;
  /** The group that is the span; 0 for the match. */
  readonly group: number;
  /** The span is the first place in the match that has the text of the group in any case, or else the match. */
  readonly template: boolean;
  /** Expressions that also match somewhere in the text. */
  readonly all: readonly string[];
  /** Expressions that do not. */
  readonly not: readonly string[];
  /** Whether it runs on the text with two U+FFFF for each character outside the basic plane. */
  readonly units: boolean;
}

/** Writes rules as an {@linkcode ExpressionFile}, a rule a line. */
export function writeExpressions({ task, rules, decision }: RuleSet): RuleExport {
  const refused: UnsaidRule[] = [];
  const sets: string[] = [];
  const nameSet = (set: string) => {
    const known = sets.indexOf(set);
    return `{{${known < 0 ? sets.push(set) - 1 : known}}}`;
  };
  const written = rules.toSorted(compareRules).flatMap((rule): SpanExpression[] => {
    try {
      return [writeRule(rule, nameSet)];
    } catch (error) {
      if (!(error instanceof Inexpressible || error instanceof SyntaxError)) throw error;
      refused.push({ rule, reason: error.message });
      return [];
    }
  });
  const { overlaps = "drop" } = decision;
  const head = JSON.stringify({ format: "ruletrace-expressions", version: 1, task, overlaps });
  const [setLines, ruleLines] = [sets, written].map((list) =>
    `[\n${list.map((one) => escapeControls(JSON.stringify(one))).join(",\n")}\n]`
  );
  const text = `${head.slice(0, -1)},"sets":${setLines},"rules":${ruleLines}}\n`;
  return { text, refused };
}

/**
 * Writes a rule for Python.
 *
 * @throws {Inexpressible} if Python would find other spans
 * @throws {SyntaxError} if the parser does not know the syntax of a pattern
 */
function writeRule(rule: Rule, writeLong: (set: string) => string): SpanExpression {
  const { id, name, label, template } = rule;
  const { patterns, not, group, units } = writePython(rule, { findsPlaces: true, writeLong });
  const [pattern, ...all] = patterns;
  return { id, name, label, pattern, group, template: template !== undefined, all, not, units };
}
