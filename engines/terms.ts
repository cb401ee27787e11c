/**
 * Patterns as terms that other engines can say: every character, case and edge is written out, so that
 * nothing depends on what an engine takes for a letter, a word, a line or the case of a character.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTerms } from "./terms.ts";
 *
 * const { term, needsUnits, canFold } = readTerms("k", "i");
 * assertEquals(term, { kind: "read", ranges: [[0x4b, 0x4b], [0x6b, 0x6b]] });
 * assertEquals([needsUnits, canFold], [false, true]);
 * ```
 *
 * @module
 */
import type { AST } from "npm:@eslint-community/regexpp@^4";
import {
  type CharacterElement,
  findRanges,
  holdsStrings,
  type Range,
} from "../learn/rules/character_sets.ts";
import { changeFlags, type FlagState, parsePattern, readFlags } from "../learn/rules/syntax.ts";

/** A pattern, or a part of one. Characters are given by code point. */
export type PatternTerm =
  /** One character of a set, whose ranges are in order. */
  | { readonly kind: "read"; readonly ranges: readonly Range[] }
  | { readonly kind: "sequence" | "choice"; readonly terms: readonly PatternTerm[] }
  | {
    readonly kind: "repeat";
    readonly term: PatternTerm;
    readonly min: number;
    readonly max: number;
    readonly isGreedy: boolean;
  }
  /** A group that is wanted; others are not kept. */
  | { readonly kind: "group"; readonly term: PatternTerm }
  /** An edge of the text. */
  | { readonly kind: "start" | "end" }
  /** An edge of a word, given the characters of words. */
  | { readonly kind: "word"; readonly ranges: readonly Range[]; readonly negate: boolean }
  | {
    readonly kind: "look";
    readonly isBehind: boolean;
    readonly negate: boolean;
    readonly term: PatternTerm;
  };

/** A pattern as a term, and the form of the text that it is about. */
export interface TermPattern {
  readonly term: PatternTerm;
  /**
   * Whether the pattern reads halves of characters, so that each character outside the basic plane must stand
   * as two {@linkcode PLACEHOLDER}s in the text.
   */
  readonly needsUnits: boolean;
  /** Whether the pattern says characters outside the basic plane as two halves. */
  readonly hasPairs: boolean;
  /** Whether the pattern finds the same in a text whose ASCII letters are in lower case. */
  readonly canFold: boolean;
}

/** Stands for half of a character outside the basic plane. It is not a character itself. */
export const PLACEHOLDER = 0xffff;

/** Says that an engine cannot say a pattern. */
export class Inexpressible extends Error {}

const SURROGATES: Range = [0xd800, 0xdfff];
const HIGH: Range = [0xd800, 0xdbff];
const LOW: Range = [0xdc00, 0xdfff];

/**
 * Reads a pattern as a term. What it matches in valid Unicode is what `new RegExp(pattern, flags)` matches.
 *
 * @param flags any of `i`, `m`, `s` and one of `u`, `v`
 * @param isWanted tells whether a group is wanted, by its number; by default none is
 * @throws {Inexpressible} if the pattern has a back reference, a class of strings, or says half of a
 * character
 * @throws {SyntaxError} if the parser does not know its syntax
 */
export function readTerms(
  pattern: string,
  flags: string,
  isWanted: (group: number) => boolean = () => false,
): TermPattern {
  const mode = /[uv]/.exec(flags)?.[0] ?? "";
  const sets: (readonly Range[])[] = [];
  let groups = 0;
  let hasHalves = false;
  let hasPairs = false;
  const { alternatives } = parsePattern(pattern, flags);
  const term = readChoice(alternatives, readFlags(flags));
  if (hasHalves) {
    if (hasPairs) throw new Inexpressible("reads a character outside the basic plane, and halves");
    // What stands for halves must be read where they are.
    if (sets.some((set) => covers(set, [PLACEHOLDER, PLACEHOLDER]) !== covers(set, SURROGATES))) {
      throw new Inexpressible("tells U+FFFF from halves of characters");
    }
  }
  const withoutHalves = mapRanges(term, (ranges) => subtract(ranges, [SURROGATES]));
  const canFold = sets.every(isClosedUnderCase);
  return { term: withoutHalves, needsUnits: hasHalves, hasPairs, canFold };

  function readChoice(list: readonly AST.Alternative[], flags: FlagState): PatternTerm {
    const terms = list.map(({ elements }) => readSequence(elements, flags));
    return terms.length === 1 ? terms[0] : { kind: "choice", terms };
  }

  function readSequence(elements: readonly AST.Element[], flags: FlagState): PatternTerm {
    const terms: PatternTerm[] = [];
    for (let at = 0; at < elements.length; at++) {
      const pair = mode === "" ? readPair(elements[at], elements[at + 1]) : undefined;
      terms.push(pair ?? readElement(elements[at], flags));
      if (pair !== undefined) at++;
    }
    return terms.length === 1 ? terms[0] : { kind: "sequence", terms };
  }

  /** Reads two halves as the character that they are. */
  function readPair(first: AST.Element, second: AST.Element | undefined): PatternTerm | undefined {
    if (first.type !== "Character" || second?.type !== "Character") return undefined;
    if (!isIn(first.value, HIGH) || !isIn(second.value, LOW)) return undefined;
    hasPairs = true;
    const point = String.fromCharCode(first.value, second.value).codePointAt(0)!;
    return { kind: "read", ranges: [[point, point]] };
  }

  function readElement(node: AST.Element, flags: FlagState): PatternTerm {
    switch (node.type) {
      case "Group":
        return readChoice(node.alternatives, changeFlags(flags, node));
      case "CapturingGroup": {
        const number = ++groups;
        const term = readChoice(node.alternatives, flags);
        return isWanted(number) ? { kind: "group", term } : term;
      }
      case "Quantifier": {
        const { min, max, greedy: isGreedy } = node;
        return { kind: "repeat", term: readElement(node.element, flags), min, max, isGreedy };
      }
      case "Assertion":
        return readAssertion(node, flags);
      case "Backreference":
        throw new Inexpressible("refers back to a group");
      default:
        return { kind: "read", ranges: rangesOf(node, flags) };
    }
  }

  function readAssertion(node: AST.Assertion, flags: FlagState): PatternTerm {
    switch (node.kind) {
      case "start":
      case "end": {
        if (!flags.multiline) return { kind: node.kind };
        noteHalves();
        const term: PatternTerm = {
          kind: "read",
          ranges: findRanges("[\\n\\r\\u2028\\u2029]", mode),
        };
        const isBehind = node.kind === "start";
        const look: PatternTerm = { kind: "look", isBehind, negate: false, term };
        return { kind: "choice", terms: [{ kind: node.kind }, look] };
      }
      case "word": {
        // Between two halves there is no edge of a word.
        if (node.negate) noteHalves();
        const ranges = findRanges("\\w", mode + (flags.ignoreCase ? "i" : ""));
        return { kind: "word", ranges, negate: node.negate };
      }
      case "lookahead":
      case "lookbehind": {
        noteHalves();
        const isBehind = node.kind === "lookbehind";
        const term = readChoice(node.alternatives, flags);
        return { kind: "look", isBehind, negate: node.negate, term };
      }
    }
  }

  function rangesOf(node: CharacterElement, { ignoreCase, dotAll }: FlagState): readonly Range[] {
    if (mode === "v" && holdsStrings(node)) throw new Inexpressible("has a class of strings");
    const dot = dotAll && node.raw === "." ? "s" : "";
    const ranges = findRanges(node.raw, mode + (ignoreCase ? "i" : "") + dot);
    sets.push(ranges);
    if (mode === "" && intersects(ranges, SURROGATES)) {
      if (!covers(ranges, SURROGATES)) throw new Inexpressible("says half of a character");
      noteHalves();
    }
    return ranges;
  }

  /** Notes that the pattern may match between the halves of a character. */
  function noteHalves(): void {
    hasHalves ||= mode === "";
  }
}

/** Replaces the sets of characters in a term. */
export function mapRanges(
  term: PatternTerm,
  change: (ranges: readonly Range[]) => readonly Range[],
): PatternTerm {
  switch (term.kind) {
    case "read":
    case "word":
      return { ...term, ranges: change(term.ranges) };
    case "sequence":
    case "choice":
      return { ...term, terms: term.terms.map((one) => mapRanges(one, change)) };
    case "repeat":
    case "group":
    case "look":
      return { ...term, term: mapRanges(term.term, change) };
    case "start":
    case "end":
      return term;
  }
}

/** Returns the characters of `ranges` that are not in `others`; both are in order. */
export function subtract(ranges: readonly Range[], others: readonly Range[]): Range[] {
  return ranges.flatMap(([first, last]) => {
    const left: Range[] = [];
    let from = first;
    for (const [begin, end] of others) {
      if (end < from || begin > last) continue;
      if (begin > from) left.push([from, begin - 1]);
      from = end + 1;
    }
    if (from <= last) left.push([from, last]);
    return left;
  });
}

function isIn(value: number, [first, last]: Range): boolean {
  return first <= value && value <= last;
}

function covers(ranges: readonly Range[], [first, last]: Range): boolean {
  return ranges.some(([from, to]) => from <= first && last <= to);
}

function intersects(ranges: readonly Range[], [first, last]: Range): boolean {
  return ranges.some(([from, to]) => from <= last && first <= to);
}

/** Tells whether a set has both or none of the upper and the lower case of each ASCII letter. */
function isClosedUnderCase(ranges: readonly Range[]): boolean {
  for (let upper = 0x41; upper <= 0x5a; upper++) {
    const [has, hasLower] = [upper, upper + 0x20].map((value) => covers(ranges, [value, value]));
    if (has !== hasLower) return false;
  }
  return true;
}
