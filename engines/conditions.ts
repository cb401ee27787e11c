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
import { Inexpressible, type PatternTerm, readTerms } from "./terms.ts";
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
  const known = new Map<string, Numbers | Inexpressible>();
  const refused: UnsaidRule[] = [];
  const numbersOf = (pattern: string, flags: string): Numbers => {
    const key = `${flags}/${pattern}`;
    const numbers = known.get(key) ?? add(pattern, flags);
    known.set(key, numbers);
    if (numbers instanceof Inexpressible) throw numbers;
    return numbers;
  };
  const said = rules.flatMap((rule): ConditionedRule[] => {
    const { patterns, not = [], flags } = rule;
    try {
      const parts = patterns.map((pattern) => numbersOf(pattern, flags));
      const others = not.map((pattern) => requireOne(numbersOf(pattern, flags)));
      return [{
        rule,
        all: [...new Set(parts.flatMap(({ all }) => all))],
        none: [...new Set([...parts.flatMap(({ none }) => none), ...others])],
      }];
    } catch (error) {
      if (!(error instanceof Inexpressible)) throw error;
      refused.push({ rule, reason: error.message });
      return [];
    }
  });
  return { conditions, rules: said, refused };

  function add(pattern: string, flags: string): Numbers | Inexpressible {
    try {
      const { all, none } = writePattern(pattern, flags, syntax);
      const [numbers, others] = [all, none].map((list) =>
        list.map((condition) => conditions.push(condition) - 1)
      );
      return { all: numbers, none: others };
    } catch (error) {
      if (error instanceof Inexpressible) return error;
      if (error instanceof SyntaxError) return new Inexpressible(error.message, { cause: error });
      throw error;
    }
  }
}

/** A pattern by the numbers of its conditions: all of the first hold, and none of the others. */
type Numbers = Omit<ConditionedRule, "rule">;

/** Returns the condition of a pattern that must not match: it cannot be several. */
function requireOne({ all, none }: Numbers): number {
  if (all.length === 1 && none.length === 0) return all[0];
  throw new Inexpressible("looks ahead at more than one character, and must not match");
}

/** A pattern as conditions: all of the first hold, and none of the others. */
interface PatternConditions {
  readonly all: readonly TextCondition[];
  readonly none: readonly TextCondition[];
}

/**
 * Writes a pattern as conditions: one, or one for each lookahead at the start of the text, as in
 * `^(?=.*a)(?!.*b)`, if the engine cannot look ahead.
 *
 * @throws {Inexpressible} if the engine cannot say it, or could take too long for it
 * @throws {SyntaxError} if the parser does not know its syntax
 */
function writePattern(pattern: string, flags: string, syntax: EngineSyntax): PatternConditions {
  const { term, needsUnits, canFold: isFolded } = readTerms(pattern, flags);
  const literals = findLiterals(pattern, flags);
  const write = (part: PatternTerm, literals: readonly string[]): TextCondition => {
    const expression = writeTerm(part, { syntax, needsUnits, isFolded });
    return { expression, needsUnits, isFolded, literals };
  };
  const defect = syntax === "re2" ? undefined : checkBacktracking(pattern, flags);
  if (defect !== undefined) throw new Inexpressible(`could take too long: ${defect}`);
  try {
    return { all: [write(term, literals)], none: [] };
  } catch (error) {
    const parts = syntax === "re2" ? splitAtStart(term) : undefined;
    if (parts === undefined || !(error instanceof Inexpressible)) throw error;
    return {
      all: parts.all.map((part) => write(part, literals)),
      none: parts.none.map((part) => write(part, [])),
    };
  }
}

/** Splits what begins with the start of the text and lookaheads; `undefined` for any other. */
function splitAtStart(term: PatternTerm): Record<keyof Numbers, PatternTerm[]> | undefined {
  if (term.kind !== "sequence") return undefined;
  const [start, ...rest] = term.terms;
  const at = rest.findIndex((one) => one.kind !== "look" || one.isBehind);
  const looks = rest.slice(0, at < 0 ? rest.length : at).filter(({ kind }) => kind === "look");
  if (start?.kind !== "start" || looks.length === 0) return undefined;
  const parts: Record<keyof Numbers, PatternTerm[]> = { all: [], none: [] };
  for (const look of looks as (PatternTerm & { kind: "look" })[]) {
    const part: PatternTerm = { kind: "sequence", terms: [start, look.term] };
    (look.negate ? parts.none : parts.all).push(part);
  }
  parts.all.push({ kind: "sequence", terms: [start, ...rest.slice(looks.length)] });
  return parts;
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
