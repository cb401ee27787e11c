/**
 * Rules as expressions of Python, which its `re` and the package `regex` read alike.
 *
 * @module
 */
import { checkBacktracking } from "../learn/rules/backtracking.ts";
import { groupOf } from "../learn/rules/form.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { quote } from "../learn/text/quoting.ts";
import { joinHalves } from "./halves.ts";
import { Inexpressible, type PatternTerm, readTerms } from "./terms.ts";
import { writeTerm, type WritingOptions } from "./writing.ts";

/** A rule as expressions of Python. */
export interface PythonRule {
  /** All match. The first finds spans, if the rule does. */
  readonly patterns: readonly string[];
  /** None matches. */
  readonly not: readonly string[];
  /** The group of the first expression that is the span; 0 for the match, and for templates of several groups. */
  readonly group: 0 | 1;
  /** What stands before each expression: `(?a)`, `(?ai)` or nothing. */
  readonly flags: string;
  /** Whether it runs on the text with two U+FFFF for each character outside the basic plane. */
  readonly units: boolean;
}

/** Options of {@linkcode writePython}. */
export interface PythonOptions {
  /** Whether it counts where the first pattern matches, and not only whether. */
  readonly findsPlaces: boolean;
  /**
   * Whether expressions may need flags: they are shorter with them.
   *
   * @default false
   */
  readonly takesFlags?: boolean;
  /**
   * Whether a template may be more than a group: the first expression then has the groups that it may name.
   *
   * @default false
   */
  readonly takesTemplates?: boolean;
  /** Writes a set of characters that is long, see `WritingOptions`; by default as it is. */
  readonly writeLong?: WritingOptions["writeLong"];
}

/**
 * Writes a rule for Python.
 *
 * @throws {Inexpressible} if Python would find something else
 * @throws {SyntaxError} if the parser does not know the syntax of a pattern
 */
export function writePython(rule: Rule, options: PythonOptions): PythonRule {
  const { patterns, not = [], flags, template } = rule;
  const { findsPlaces, takesFlags = false, takesTemplates = false, writeLong } = options;
  const spanGroup = template === undefined ? rule.group ?? 0 : groupOf(template);
  const named = template?.groups;
  // Groups keep their order, and so their numbers in a template only if these are in order.
  const isInOrder = named?.every((one, at) => at === 0 || named[at - 1] < one) ?? true;
  const isKnown = spanGroup !== undefined || takesTemplates && isInOrder;
  if (template !== undefined && (!isKnown || template.span !== undefined)) {
    throw new Inexpressible(`has the template ${quote(template.text)}, expected a group`);
  }
  const group = findsPlaces ? spanGroup ?? 0 : 0;
  const isWanted = (number: number) =>
    spanGroup === undefined ? named?.includes(number) ?? true : number === group;
  const all = [...patterns, ...not];
  for (const pattern of all) {
    const defect = checkBacktracking(pattern, flags);
    if (defect !== undefined) throw new Inexpressible(`could take too long: ${defect}`);
  }
  const read = all.map((pattern, at) => {
    const one = readTerms(pattern, flags, at === 0 ? isWanted : undefined);
    const joined = takesFlags && one.needsUnits ? joinHalves(one.term) : undefined;
    return { ...one, joined, needsUnits: one.needsUnits && joined === undefined };
  });
  const units = read.some(({ needsUnits }) => needsUnits);
  if (findsPlaces) requireSamePlaces(read[0].term);
  const isFolded = takesFlags && read.every(({ canFold }) => canFold);
  const written = read.map(({ term, joined, needsUnits, hasPairs }) => {
    if (units && !needsUnits && hasPairs) {
      throw new Inexpressible("reads a character outside the basic plane, and halves");
    }
    return writeTerm(units ? term : joined ?? term, {
      syntax: "python",
      isFolded,
      needsUnits: units,
      hasAsciiEdges: takesFlags,
      writeLong,
    });
  });
  return {
    patterns: written.slice(0, patterns.length),
    not: written.slice(patterns.length),
    group: group === 0 ? 0 : 1,
    flags: !takesFlags ? "" : isFolded ? "(?ai)" : "(?a)",
    units,
  };
}

/**
 * Throws if JavaScript and Python may find a pattern in different places.
 *
 * @throws {Inexpressible} if so
 */
function requireSamePlaces(term: PatternTerm): void {
  if (canBeEmpty(term)) {
    throw new Inexpressible("can match nothing, after which Python goes on elsewhere");
  }
  const visit = (part: PatternTerm, isRepeated: boolean): void => {
    switch (part.kind) {
      case "sequence":
      case "choice":
        return part.terms.forEach((one) => visit(one, isRepeated));
      case "group":
        if (isRepeated) throw new Inexpressible("has its group in a repetition or a lookaround");
        return visit(part.term, isRepeated);
      case "look":
        return visit(part.term, true);
      case "repeat":
        if (part.max > 1 && canBeEmpty(part.term)) {
          throw new Inexpressible("repeats what can be nothing, which Python does in another way");
        }
        return visit(part.term, isRepeated || part.max !== 1);
    }
  };
  visit(term, false);
}

function canBeEmpty(term: PatternTerm): boolean {
  switch (term.kind) {
    case "read":
      return false;
    case "sequence":
      return term.terms.every(canBeEmpty);
    case "choice":
      return term.terms.some(canBeEmpty);
    case "group":
      return canBeEmpty(term.term);
    case "repeat":
      return term.min === 0 || canBeEmpty(term.term);
    default:
      return true;
  }
}
