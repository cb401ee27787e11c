/**
 * The patterns of a rule set as conditions on columns: each pattern once, and which rules need which.
 *
 * @module
 */
import { requiredLiterals } from "../learn/rules/literals.ts";
import { checkBacktracking } from "../learn/rules/backtracking.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { BOUNDARY } from "../learn/text/folding.ts";
import type { RuleExport, UnsaidRule } from "./unsaid.ts";
import { Inexpressible, readTerms } from "./terms.ts";
import { type EngineSyntax, writeTerm } from "./writing.ts";

/** A pattern as an engine is to run it. */
export interface TextCondition {
  readonly expression: string;
  /** Whether the text is to have lower case for upper case of ASCII. */
  readonly isFolded: boolean;
  /** Whether characters outside the basic plane are to be two each. */
  readonly needsUnits: boolean;
  /** Of these, one is in each text that matches, once folded; empty if nothing is known of the text. */
  readonly literals: readonly string[];
}

/** A rule by the numbers of its conditions. */
export interface ConditionedRule {
  readonly rule: Rule;
  readonly all: readonly number[];
  readonly none: readonly number[];
}

/** The rules that an engine can run, and those that it cannot. */
export interface Conditions {
  readonly conditions: readonly TextCondition[];
  readonly rules: readonly ConditionedRule[];
  readonly refused: RuleExport["refused"];
}

/** Writes the patterns of rules for an engine. A rule with a pattern that it cannot say is refused. */
export function writeConditions(rules: readonly Rule[], syntax: EngineSyntax): Conditions {
  const conditions: TextCondition[] = [];
  const known = new Map<string, number | Inexpressible>();
  const refused: UnsaidRule[] = [];
  const numberOf = (pattern: string, flags: string): number => {
    const key = `${flags}/${pattern}`;
    const number = known.get(key) ?? add(pattern, flags);
    known.set(key, number);
    if (typeof number === "number") return number;
    throw number;
  };
  const said = rules.flatMap((rule): ConditionedRule[] => {
    const { patterns, not = [], flags } = rule;
    try {
      const [all, none] = [patterns, not].map((list) => {
        return [...new Set(list.map((pattern) => numberOf(pattern, flags)))];
      });
      return [{ rule, all, none }];
    } catch (error) {
      if (!(error instanceof Inexpressible)) throw error;
      refused.push({ rule, reason: error.message });
      return [];
    }
  });
  return { conditions, rules: said, refused };

  function add(pattern: string, flags: string): number | Inexpressible {
    try {
      return conditions.push(writeCondition(pattern, flags, syntax)) - 1;
    } catch (error) {
      if (error instanceof Inexpressible) return error;
      if (error instanceof SyntaxError) return new Inexpressible(error.message, { cause: error });
      throw error;
    }
  }
}

/**
 * Writes a pattern as a condition.
 *
 * @throws {Inexpressible} if the engine cannot say it, or could take too long for it
 * @throws {SyntaxError} if the parser does not know its syntax
 */
export function writeCondition(
  pattern: string,
  flags: string,
  syntax: EngineSyntax,
): TextCondition {
  const { term, needsUnits, canFold } = readTerms(pattern, flags);
  const expression = writeTerm(term, { syntax, needsUnits, isFolded: canFold });
  const defect = syntax === "re2" ? undefined : checkBacktracking(pattern, flags);
  if (defect !== undefined) throw new Inexpressible(`could take too long: ${defect}`);
  const literals = findLiterals(pattern, flags);
  return { expression, needsUnits, isFolded: canFold, literals };
}

/** The most literals that a pattern is known by. */
const MAX_LITERALS = 8;

/**
 * Finds literals of lower-case ASCII, of which each text that matches has one once it is folded: ASCII letters
 * in lower case, long s as `s` and kelvin as `k`.
 *
 * @returns an empty list if nothing is known of the text
 */
export function findLiterals(pattern: string, flags: string): readonly string[] {
  const groups = requiredLiterals(pattern, flags).map((literals) => {
    const pieces = literals.map((symbols) => {
      const text = symbols.filter((symbol) => symbol !== BOUNDARY)
        .map((symbol) => symbol < 0x80 ? String.fromCharCode(symbol) : "\n").join("");
      return text.split("\n").reduce((best, one) => one.length > best.length ? one : best);
    });
    return [...new Set(pieces)];
  }).filter((pieces) => pieces.length <= MAX_LITERALS && pieces.every((piece) => piece.length > 1));
  const worth = (pieces: readonly string[]) =>
    Math.min(...pieces.map(({ length }) => length)) - pieces.length;
  return groups.reduce<readonly string[]>(
    (best, one) => best.length === 0 || worth(one) > worth(best) ? one : best,
    [],
  );
}
