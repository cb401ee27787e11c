/**
 * Terms without lookarounds, for engines that have none: what is asked of the next character is asked of what
 * reads it. This keeps whether a text matches, but not where.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { settleLookarounds } from "./lookarounds.ts";
 * import { readTerms } from "./terms.ts";
 * import { writeTerm } from "./writing.ts";
 *
 * const universe = [[0, 0x10ffff]] as const;
 * const { term } = readTerms("(?<!-)pay(?![a-z])[!?]*", "u");
 * assertEquals(
 *   writeTerm(settleLookarounds(term, universe), { syntax: "re2", isFolded: false, needsUnits: false }),
 *   String.raw`(?:\A|[^\-])pay(?:[!?][!?]*|\z|[^a-z])`,
 * );
 * ```
 *
 * @module
 */
import type { Range } from "../learn/rules/character_sets.ts";
import { Inexpressible, type PatternTerm, subtract } from "./terms.ts";

/** What may come next in the text. */
interface NextCharacter {
  readonly ranges: readonly Range[];
  /** Whether nothing may come: the end of the text. */
  readonly orEnd: boolean;
}

/** The most terms that are written for one pattern: what follows a choice is written for each alternative. */
const MAX_TERMS = 5_000;
const NEVER: PatternTerm = { kind: "read", ranges: [] };
const ALL: readonly Range[] = [[0, 0x10ffff]];

/**
 * Returns a term that matches the same texts, without the lookarounds that look at one character.
 *
 * @param universe the characters that texts have
 * @throws {Inexpressible} if a lookaround is in a repetition, or what follows it is not clear
 */
export function settleLookarounds(term: PatternTerm, universe: readonly Range[]): PatternTerm {
  if (!hasLooks(term)) return term;
  let written = 0;
  const ahead = settle([splitWords(term)]);
  return reverse(settle([reverse(ahead)]));

  function sequence(...terms: readonly PatternTerm[]): PatternTerm {
    written += terms.length;
    if (written > MAX_TERMS) throw new Inexpressible("its lookarounds take too long to write out");
    const flat = terms.flatMap((one) => one.kind === "sequence" ? one.terms : [one]);
    return flat.length === 1 ? flat[0] : { kind: "sequence", terms: flat };
  }

  /** Settles what looks ahead in a list of terms, which goes on to the end of the pattern. */
  function settle([head, ...rest]: readonly PatternTerm[]): PatternTerm {
    if (head === undefined) return { kind: "sequence", terms: [] };
    if (!hasLooks(head)) return sequence(head, settle(rest));
    switch (head.kind) {
      case "sequence":
        return settle([...head.terms, ...rest]);
      case "choice":
        return { kind: "choice", terms: head.terms.map((one) => settle([one, ...rest])) };
      case "group":
        return settle([head.term, ...rest]);
      case "repeat": {
        const { min, max, term } = head;
        if (max > 1) throw new Inexpressible("has a lookaround in a repetition");
        const once = max === 0 ? [] : [settle([term, ...rest])];
        return { kind: "choice", terms: min === 0 ? [...once, settle(rest)] : once };
      }
      case "look": {
        const next = head.isBehind ? undefined : readNext(head, universe);
        const following = settle(rest);
        return next === undefined ? sequence(head, following) : restrict([following], next);
      }
      default:
        return sequence(head, settle(rest));
    }
  }

  /** Restricts what a list of terms reads first. */
  function restrict([head, ...rest]: readonly PatternTerm[], next: NextCharacter): PatternTerm {
    if (head === undefined) {
      // Nothing else reads the character.
      const read: PatternTerm = { kind: "read", ranges: next.ranges };
      return next.orEnd ? { kind: "choice", terms: [{ kind: "end" }, read] } : read;
    }
    if (isReading(head) && rest.length > 0) return sequence(restrict([head], next), ...rest);
    switch (head.kind) {
      case "read": {
        const others = subtract(ALL, next.ranges);
        return sequence({ kind: "read", ranges: subtract(head.ranges, others) }, ...rest);
      }
      case "sequence":
        return restrict([...head.terms, ...rest], next);
      case "choice":
        return { kind: "choice", terms: head.terms.map((one) => restrict([one, ...rest], next)) };
      case "group":
        return restrict([head.term, ...rest], next);
      case "repeat": {
        const { term, min, max } = head;
        if (max === 0) return restrict(rest, next);
        if (!isReading(term)) {
          throw new Inexpressible("repeats what can be nothing after a lookaround");
        }
        const more: PatternTerm = { ...head, min: Math.max(0, min - 1), max: max - 1 };
        const read = restrict([term, more, ...rest], next);
        return min > 0 ? read : { kind: "choice", terms: [read, restrict(rest, next)] };
      }
      case "end":
        return next.orEnd ? sequence(head, ...rest) : NEVER;
      case "start":
      case "word":
      case "look":
        return sequence(head, restrict(rest, next));
    }
  }
}

/** Reads a lookaround at one character, or an edge of the text; `undefined` for any other. */
function readNext(
  look: PatternTerm & { kind: "look" },
  universe: readonly Range[],
): NextCharacter | undefined {
  const seen = readOne(look.term);
  if (seen === undefined || !look.negate) return seen;
  return { ranges: subtract(universe, seen.ranges), orEnd: !seen.orEnd };
}

function readOne(term: PatternTerm): NextCharacter | undefined {
  switch (term.kind) {
    case "read":
      return { ranges: term.ranges, orEnd: false };
    case "end":
      return { ranges: [], orEnd: true };
    case "group":
      return readOne(term.term);
    case "choice": {
      const all = term.terms.map(readOne);
      if (!all.every((one) => one !== undefined)) return undefined;
      // What is left out of what is left out.
      const others = all.reduce<readonly Range[]>((rest, one) => subtract(rest, one.ranges), ALL);
      return { ranges: subtract(ALL, others), orEnd: all.some(({ orEnd }) => orEnd) };
    }
    default:
      return undefined;
  }
}

/** Writes the edges of words that are not those of ASCII as lookarounds. */
function splitWords(term: PatternTerm): PatternTerm {
  switch (term.kind) {
    case "word": {
      if (isAsciiWord(term)) return term;
      const read: PatternTerm = { kind: "read", ranges: term.ranges };
      const look = (isBehind: boolean, negate: boolean): PatternTerm => {
        return { kind: "look", isBehind, negate, term: read };
      };
      // An edge has a word on one side; what is not an edge, on both or on none.
      const pairs = term.negate ? [[false, false], [true, true]] : [[false, true], [true, false]];
      return {
        kind: "choice",
        terms: pairs.map(([before, after]): PatternTerm => {
          return { kind: "sequence", terms: [look(true, before), look(false, after)] };
        }),
      };
    }
    case "sequence":
    case "choice":
      return { ...term, terms: term.terms.map(splitWords) };
    case "repeat":
    case "group":
    case "look":
      return { ...term, term: splitWords(term.term) };
    default:
      return term;
  }
}

function isAsciiWord({ ranges }: PatternTerm & { kind: "word" }): boolean {
  return ranges.every(([, last]) => last < 0x80);
}

/** Tells whether a term has lookarounds, or edges of words that must become lookarounds. */
function hasLooks(term: PatternTerm): boolean {
  switch (term.kind) {
    case "look":
      return true;
    case "word":
      return !isAsciiWord(term);
    case "sequence":
    case "choice":
      return term.terms.some(hasLooks);
    case "repeat":
    case "group":
      return hasLooks(term.term);
    default:
      return false;
  }
}

/** Tells whether a term always reads a character. */
export function isReading(term: PatternTerm): boolean {
  switch (term.kind) {
    case "read":
      return true;
    case "sequence":
      return term.terms.some(isReading);
    case "choice":
      return term.terms.every(isReading);
    case "group":
      return isReading(term.term);
    case "repeat":
      return term.min > 0 && isReading(term.term);
    default:
      return false;
  }
}

/** Returns the term that reads a text from its end. */
function reverse(term: PatternTerm): PatternTerm {
  switch (term.kind) {
    case "sequence":
      return { ...term, terms: term.terms.map(reverse).reverse() };
    case "choice":
      return { ...term, terms: term.terms.map(reverse) };
    case "repeat":
    case "group":
      return { ...term, term: reverse(term.term) };
    case "look":
      return { ...term, isBehind: !term.isBehind, term: reverse(term.term) };
    case "start":
      return { kind: "end" };
    case "end":
      return { kind: "start" };
    default:
      return term;
  }
}
