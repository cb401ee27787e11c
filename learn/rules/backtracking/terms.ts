/**
 * Patterns as terms, from which automata are built: groups resolved, small counts written out.
 *
 * @module
 */
import type { AST } from "npm:@eslint-community/regexpp@^4";
import { type CharacterElement, findRanges, holdsStrings, type Range } from "../character_sets.ts";
import { canReadNothing, changeFlags, type FlagState, readFlags } from "../syntax.ts";

/** Thrown if a pattern is too large to be checked; the message says what is too much. */
export class TooComplex extends Error {}

/** How an automaton may differ from its pattern: it has more ways then, never fewer. */
export interface Roughness {
  /** Whether every character and class is taken for any character. */
  readonly isBlind?: boolean;
  /** A count is written out up to this many characters and classes, else taken for a loop. */
  readonly writtenOut: number;
}

/** Limits of one pattern. */
const MAX_POSITIONS = 5_000;
const MAX_TERMS = 20_000;

/** A part of a pattern with groups resolved and small counts written out. */
export type Term =
  | { readonly kind: "position"; readonly position: number }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly Term[] }
  /** Reads nothing; `assertion` is its number, or undefined if it always holds. */
  | { readonly kind: "mark"; readonly position: number; readonly assertion?: number }
  /** `body` over and over, at least `min` times; these first rounds may read nothing. */
  | { readonly kind: "loop"; readonly body: Term; readonly min: number }
  /** Nothing, or a `body` that reads something and then `rest`. */
  | { readonly kind: "optional"; readonly body: Term; readonly rest: Term };

export const NOTHING: Term = { kind: "sequence", parts: [] };

/** Tells whether an assertion holds between two characters; sets are given by number. */
export type Condition = (
  before: number,
  after: number,
  has: (set: number, group: number) => boolean,
) => boolean;

/** A pattern, or the inside of a lookaround, as a term. */
export interface Written {
  readonly term: Term;
  /** For each position the number of the set that it reads, or -1 if it reads nothing. */
  readonly setAt: readonly number[];
  /** For each position the source of the outermost loop around it. */
  readonly loops: readonly (string | undefined)[];
  /** By number of assertion; undefined if more than the characters next to it decides. */
  readonly conditions: readonly (Condition | undefined)[];
  /** The insides of lookarounds without such a condition, by the position of their mark. */
  readonly lookarounds: ReadonlyMap<number, Written>;
  /** Whether it reads from right to left. */
  readonly isBackward: boolean;
}

/** What the terms of one pattern share. */
interface Shared {
  readonly flags: string;
  readonly rough: Roughness;
  readonly hasModifiers: boolean;
  /** The groups of which a copy is being written. */
  readonly copied: Set<AST.CapturingGroup>;
  /** The number of terms so far. */
  terms: number;
  readonly sets: (readonly Range[])[];
}

/**
 * Writes a pattern as a term over numbered sets.
 *
 * A backreference counts as any text that its group can match, or none; a class of strings that only a
 * Unicode property lists as any string of up to 10 characters.
 *
 * @throws {TooComplex} if it would be too large
 */
export function writeTerms(
  pattern: AST.Pattern,
  flags: string,
  rough: Roughness,
): { readonly written: Written; readonly sets: readonly (readonly Range[])[] } {
  const shared: Shared = {
    flags: /[uv]/.exec(flags)?.[0] ?? "",
    hasModifiers: /\(\?[ims-]+:/.test(pattern.raw),
    rough,
    copied: new Set(),
    terms: 0,
    sets: rough.isBlind ? [[[0, Infinity]]] : [],
  };
  const written = writeInside(pattern.alternatives, readFlags(flags), false, shared);
  return { written, sets: shared.sets };
}

/** Writes the alternatives of a pattern, or of a lookaround. */
function writeInside(
  alternatives: readonly AST.Alternative[],
  flags: FlagState,
  isBackward: boolean,
  shared: Shared,
): Written {
  const setAt: number[] = [];
  const loops: (string | undefined)[] = [];
  const conditions: (Condition | undefined)[] = [];
  const lookarounds = new Map<number, Written>();
  let loop: string | undefined;
  const term = sequence([writeChoice(alternatives, flags), mark()]);
  return { term, setAt, loops, conditions, lookarounds, isBackward };

  function addPosition(set: number): number {
    if (setAt.length === MAX_POSITIONS) {
      throw new TooComplex(`over ${MAX_POSITIONS} characters and classes`);
    }
    loops.push(loop);
    return setAt.push(set) - 1;
  }

  function mark(assertion?: number): Term & { kind: "mark" } {
    return { kind: "mark", position: addPosition(-1), assertion };
  }

  function setOf(source: string, { ignoreCase, dotAll }: FlagState): number {
    if (shared.rough.isBlind) return 0;
    const own = shared.flags + (ignoreCase ? "i" : "") + (dotAll && source === "." ? "s" : "");
    const ranges = findRanges(source, own);
    const known = shared.sets.indexOf(ranges);
    return known >= 0 ? known : shared.sets.push(ranges) - 1;
  }

  function sequence(parts: readonly Term[]): Term {
    return { kind: "sequence", parts };
  }

  /** Lookbehinds read what is written last first. */
  function inDirection(parts: readonly Term[]): Term {
    return sequence(isBackward ? parts.toReversed() : parts);
  }

  function writeChoice(list: readonly AST.Alternative[], flags: FlagState): Term {
    const parts = list.map(({ elements }) => inDirection(elements.map((one) => write(one, flags))));
    return parts.length === 1 ? parts[0] : { kind: "choice", parts };
  }

  function write(node: AST.Element, flags: FlagState): Term {
    if (++shared.terms > MAX_TERMS) throw new TooComplex(`over ${MAX_TERMS} parts`);
    switch (node.type) {
      case "Group":
        return writeChoice(node.alternatives, changeFlags(flags, node));
      case "CapturingGroup":
        return writeChoice(node.alternatives, flags);
      case "Assertion":
        return writeAssertion(node, flags);
      case "Backreference": {
        const parts = [node.resolved].flat().map((group) => copy(group, flags));
        return { kind: "optional", body: { kind: "choice", parts }, rest: NOTHING };
      }
      case "Quantifier":
        return writeQuantifier(node, flags);
      default:
        return writeCharacter(node, flags);
    }
  }

  /** If the flags change in the pattern, the group may have others than the reference. */
  function copy(group: AST.CapturingGroup, flags: FlagState): Term {
    if (shared.copied.has(group)) throw new TooComplex("backreferences in a circle");
    shared.copied.add(group);
    const all = shared.hasModifiers ? { ...flags, ignoreCase: true, dotAll: true } : flags;
    const term = writeChoice(group.alternatives, all);
    shared.copied.delete(group);
    return term;
  }

  function writeCharacter(node: CharacterElement, flags: FlagState): Term {
    if (shared.flags === "v" && holdsStrings(node)) return writeStrings(node, flags);
    return { kind: "position", position: addPosition(setOf(node.raw, flags)) };
  }

  function writeStrings(
    node: CharacterElement | AST.CharacterClassElement,
    flags: FlagState,
  ): Term {
    const character = (source: string): Term => {
      return { kind: "position", position: addPosition(setOf(source, flags)) };
    };
    const valueOf = ({ value }: AST.Character) => `\\u{${value.toString(16)}}`;
    if (node.type === "Character") return character(valueOf(node));
    if (node.type === "ClassStringDisjunction") {
      const parts = node.alternatives.map(({ elements }) =>
        inDirection(elements.map((one) => character(valueOf(one))))
      );
      return { kind: "choice", parts };
    }
    if (!holdsStrings(node)) return character(`[${node.raw}]`);
    if (node.type === "CharacterClass") {
      return { kind: "choice", parts: node.elements.map((one) => writeStrings(one, flags)) };
    }
    let rest = NOTHING;
    for (let count = 1; count < 10; count++) {
      rest = { kind: "optional", body: character("[^]"), rest };
    }
    return sequence([character("[^]"), rest]);
  }

  function writeQuantifier({ element, min, max, raw }: AST.Quantifier, flags: FlagState): Term {
    if (max === 0) return NOTHING;
    const outer = loop;
    const from = setAt.length;
    // A loop in a count that is written out is a loop of its own, but is shown with the count.
    if (max > 1) loop ??= raw;
    try {
      const writeBody = () => {
        const body = write(element, flags);
        // V8 gives up on a round that read nothing only at its end.
        return canReadNothing(element) ? sequence([body, mark()]) : body;
      };
      const body = writeBody();
      if (max === 1) return min === 1 ? body : { kind: "optional", body, rest: NOTHING };
      if (max * (setAt.length - from) > shared.rough.writtenOut) {
        return { kind: "loop", body, min };
      }
      let rest = NOTHING;
      for (let count = min; count < max; count++) {
        rest = { kind: "optional", body: count === 0 ? body : writeBody(), rest };
      }
      const required = Array.from({ length: min }, (_, at) => at === 0 ? body : writeBody());
      return sequence([...required, rest]);
    } finally {
      loop = outer;
    }
  }

  function writeAssertion(node: AST.Assertion, flags: FlagState): Term {
    const condition = conditionOf(node, flags);
    const term = mark(conditions.push(condition) - 1);
    if (condition === undefined && "alternatives" in node) {
      const isLookbehind = node.kind === "lookbehind";
      lookarounds.set(
        term.position,
        writeInside(node.alternatives, flags, isLookbehind, shared),
      );
    }
    return term;
  }

  /** Finds whether an assertion depends on the characters next to it alone, and how. */
  function conditionOf(node: AST.Assertion, flags: FlagState): Condition | undefined {
    switch (node.kind) {
      case "word": {
        const word = setOf("\\w", flags);
        return (before, after, has) =>
          (before >= 0 && has(word, before)) !== has(word, after) !== node.negate;
      }
      case "start":
      case "end": {
        if (!flags.multiline) return (before) => node.kind === "start" && before < 0;
        const end = setOf("[\\n\\r\\u2028\\u2029]", flags);
        return node.kind === "end"
          ? (_, after, has) => has(end, after)
          : (before, _, has) => before < 0 || has(end, before);
      }
      case "lookahead":
      case "lookbehind": {
        const parts = node.alternatives.map(({ elements }) =>
          elements.length === 1 ? sideOf(elements[0], node.kind === "lookbehind", flags) : undefined
        );
        if (!parts.every((part) => part !== undefined)) return undefined;
        return (before, after, has) =>
          parts.some((part) => part(before, after, has)) !== node.negate;
      }
    }
  }

  /** Finds what a lookaround of one character or of `^` or `$` asks. */
  function sideOf(node: AST.Element, isBefore: boolean, flags: FlagState): Condition | undefined {
    switch (node.type) {
      case "Assertion":
        return node.kind === "start" || node.kind === "end" ? conditionOf(node, flags) : undefined;
      case "Character":
      case "CharacterSet":
      case "CharacterClass":
      case "ExpressionCharacterClass": {
        if (shared.flags === "v" && holdsStrings(node)) return undefined;
        const set = setOf(node.raw, flags);
        return (before, after, has) => isBefore ? before >= 0 && has(set, before) : has(set, after);
      }
      default:
        return undefined;
    }
  }
}
