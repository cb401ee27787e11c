/**
 * Patterns that read halves of characters outside the basic plane, but only whole ones: as `\W+` in `my\W+card`. They
 * need no text in which each such character is two.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { joinHalves } from "./halves.ts";
 * import { readTerms } from "./terms.ts";
 *
 * const isWhole = (pattern: string) => joinHalves(readTerms(pattern, "").term) !== undefined;
 * assertEquals(["my\\W+card", "a.*b", "a.{3}b", "a."].map(isWhole), [true, true, false, false]);
 * ```
 *
 * @module
 */
import type { Range } from "../learn/rules/character_sets.ts";
import { type PatternTerm, PLACEHOLDER } from "./terms.ts";

const OUTSIDE: Range = [0x10000, 0x10ffff];

/**
 * Returns the term that matches in a text what a term of `needsUnits` matches in the text of
 * {@linkcode PLACEHOLDER}s, at the same places.
 *
 * @returns undefined if it may tell halves from characters
 */
export function joinHalves(term: PatternTerm): PatternTerm | undefined {
  return isWhole(term, false, false) ? widen(term) : undefined;
}

/** Tells whether a set holds halves. */
function holdsHalves(ranges: readonly Range[]): boolean {
  return ranges.some(([first, last]) => first <= PLACEHOLDER && PLACEHOLDER <= last);
}

/**
 * Tells whether all places within a term are between characters whenever it matches.
 *
 * @param before whether the place before it is between characters
 * @param after whether that after it is
 */
function isWhole(term: PatternTerm, before: boolean, after: boolean): boolean {
  switch (term.kind) {
    case "read":
      // Of what begins and ends between characters, one half alone is none outside the basic plane.
      return !holdsHalves(term.ranges) || before && after;
    case "start":
    case "end":
      return true;
    case "word":
      return !term.negate || before || after;
    case "group":
      return isWhole(term.term, before, after);
    case "choice":
      return term.terms.every((one) => isWhole(one, before, after));
    case "sequence": {
      const places = findPlaces(term.terms, before, after);
      return term.terms.every((one, at) => isWhole(one, places[at], places[at + 1]));
    }
    case "look":
      return (before || after) && isWhole(term.term, !term.isBehind, term.isBehind);
    case "repeat": {
      const { term: part, min, max } = term;
      if (part.kind === "read" && holdsHalves(part.ranges)) {
        return before && after && min <= 1 && (max === Infinity || max <= 1);
      }
      const between = max <= 1 || isEdge(part, "first") || isEdge(part, "last");
      return isWhole(part, before && between, after && between);
    }
  }
}

/** Tells which places of a sequence, from that before it to that after it, are between characters. */
function findPlaces(terms: readonly PatternTerm[], before: boolean, after: boolean): boolean[] {
  const places = [before, ...terms.map((_, at) => at === terms.length - 1 && after)];
  terms.forEach((term, at) => {
    places[at] ||= isEdge(term, "first");
    places[at + 1] ||= isEdge(term, "last");
  });
  for (let at = 0; at < terms.length; at++) {
    if (canPass(terms[at], "last")) places[at + 1] ||= places[at];
  }
  for (let at = terms.length - 1; at >= 0; at--) {
    if (canPass(terms[at], "first")) places[at] ||= places[at + 1];
  }
  return places;
}

/** Tells whether the place on one side of a term is between characters if that on its other side is. */
function canPass(term: PatternTerm, side: "first" | "last"): boolean {
  switch (term.kind) {
    case "start":
    case "end":
    case "word":
    case "look":
      return true;
    case "repeat":
      return isEdge(term.term, side);
    default:
      return false;
  }
}

/** Tells whether the first or the last place of a term is between characters whenever it matches. */
function isEdge(term: PatternTerm, side: "first" | "last"): boolean {
  switch (term.kind) {
    case "read":
      return !holdsHalves(term.ranges);
    case "start":
    case "end":
      return true;
    case "word":
      return !term.negate;
    case "look":
      return !term.negate && isEdge(term.term, term.isBehind ? "last" : "first");
    case "group":
      return isEdge(term.term, side);
    case "choice":
      return term.terms.every((one) => isEdge(one, side));
    case "sequence": {
      const inOrder = side === "first" ? term.terms : term.terms.toReversed();
      const at = inOrder.findIndex((one) => isEdge(one, side) || !canPass(one, side));
      return at >= 0 && isEdge(inOrder[at], side);
    }
    case "repeat":
      return term.min > 0 && isEdge(term.term, side);
  }
}

/** Adds the characters outside the basic plane to repeated sets with halves. */
function widen(term: PatternTerm): PatternTerm {
  switch (term.kind) {
    case "sequence":
    case "choice":
      return { ...term, terms: term.terms.map(widen) };
    case "group":
    case "look":
      return { ...term, term: widen(term.term) };
    case "repeat": {
      const { term: part, max } = term;
      if (part.kind !== "read" || !holdsHalves(part.ranges) || max !== Infinity) {
        return { ...term, term: widen(part) };
      }
      return { ...term, term: { ...part, ranges: [...part.ranges, OUTSIDE] } };
    }
    default:
      return term;
  }
}
