/**
 * Checks whether a pattern can take V8 exponential time, without running it.
 *
 * V8 matches by backtracking: before it gives up on a text it tries every way in which the pattern
 * can read it. The number of ways grows exponentially with the text if a loop can read the same text in
 * two ways and be back where it was, as `(a+)+` reads `aa` in one round or in two.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { checkBacktracking } from "./backtracking.ts";
 *
 * assertEquals(checkBacktracking(String.raw`(?:\w+\s+)*rates?\b`, "i"), undefined);
 * assertEquals(
 *   checkBacktracking(String.raw`(?:\w+\s?)*rates?\b`, "i"),
 *   String.raw`"(?:\w+\s?)*" can read the same text in exponentially many ways`,
 * );
 * ```
 *
 * @module
 */
import type { AST } from "npm:@eslint-community/regexpp@^4";
import type { CharSet, JS } from "npm:refa@^0.12";
import {
  hasStrings,
  type ReadonlyFlags,
  toUnicodeSet,
  type ToUnicodeSetElement,
} from "npm:regexp-ast-analysis@^0.7";
import { cut } from "../text/quoting.ts";
import { parsePattern } from "./syntax.ts";

/**
 * A group that repeats more often than this (nested counts multiplied) counts as repeating without
 * bound. `(?:\w+\s?){0,n}x` on one word of 60 letters takes V8 half a second for n = 5, four for 6,
 * half a minute for 7.
 */
const MAX_COUNTED_REPEATS = 5;

/** Inside a loop, counts up to this (nested counts multiplied) are written out, and so exact. */
const MAX_COPIES = 64;

/** Limits on one pattern; see {@linkcode checkBacktracking}. */
const MAX_LENGTH = 2_000;
const MAX_PROPERTIES = 50;
const MAX_POSITIONS = 2_000;
const MAX_TERMS = 10_000;
const MAX_COMPARISONS = 100_000;

/**
 * Returns why `pattern` can backtrack exponentially in V8, in a few words, or `undefined` if it cannot.
 *
 * Nothing is run. Each loop (a group repeated without bound, or more than 5 times) becomes the
 * position automaton of its body, every edge weighted with the number of ways to take it; the loop
 * is refused if a state leads back to itself over one word by two paths. This is the criterion EDA of Weber and Seidl, "On the degree of ambiguity of finite automata" (1991), and of Weideman et
 * al., "Analyzing matching time behavior of backtracking regular expression matchers by using
 * ambiguity of NFA" (2016). As V8 does, a loop gives up on a round that reads nothing.
 *
 * The answer errs to one side: an accepted pattern is not exponential (as far as the Unicode tables of
 * refa know the characters), while some harmless patterns are refused. Assertions inside a loop
 * (`\b`, lookarounds) count as always true, a backreference as any text its group can match or as
 * nothing, sets as with and without case if a modifier `(?i:…)` or `(?-i:…)` occurs; and the check does
 * not ask whether the rest of the pattern can fail. Bodies of lookarounds are checked by themselves.
 *
 * Patterns are refused as too complex to check, so that none takes over about 100 ms, if they have over
 * 2,000 characters, 50 of `\p{…}`, or, in loops with counts written out, 2,000 characters and classes,
 * 10,000 terms, 100,000 comparisons.
 *
 * Polynomial backtracking is accepted, of any degree: `.*.*.*x` takes time cubic in the text, and a
 * chain of n optional parts (`a?a?a?…`) up to 2^n, however short the text.
 *
 * @param pattern a pattern that `new RegExp(pattern, flags)` accepts
 * @param flags any of `i`, `m`, `s`, `u`, `v`
 */
export function checkBacktracking(pattern: string, flags: string): string | undefined {
  // Only a repeated group can loop in two ways; under `v` so can a class, as it may hold strings.
  const maybe = /\)[*+{]/.test(pattern) || (flags.includes("v") && /\\[pq]/.test(pattern));
  if (!maybe) return undefined;
  if (pattern.length > MAX_LENGTH) return tooComplex(`over ${MAX_LENGTH} characters`);
  if (pattern.split(/\\p/i).length - 1 > MAX_PROPERTIES) return tooComplex("too many \\p{…}");
  try {
    const loop = findExponentialLoop(pattern, flags);
    return loop &&
      `"${cut(loop.toWellFormed(), 60)}" can read the same text in exponentially many ways`;
  } catch (error) {
    if (error instanceof TooComplex) return tooComplex(error.message);
    // The parser does not know all that V8 does, and its depth is bounded by the stack.
    if (error instanceof SyntaxError) return tooComplex("syntax that the check does not know");
    if (error instanceof RangeError) return tooComplex("too deeply nested");
    throw error;
  }
}

class TooComplex extends Error {}

function tooComplex(why: string): string {
  return `too complex to check for exponential backtracking: ${why}`;
}

/** Returns the source of the first loop in `pattern` that is exponentially ambiguous. */
function findExponentialLoop(pattern: string, flags: string): string | undefined {
  const ast = parsePattern(pattern, flags);
  // Modifiers count everywhere: with `(?s:` a dot is any character, with `(?i:` or `(?-i:` a set is what
  // it is in either case. That gives more overlap, never less.
  const dotAll = flags.includes("s") || /\(\?[im]*s/.test(pattern);
  const withCase = { dotAll, unicode: flags.includes("u"), unicodeSets: flags.includes("v") };
  const withoutCase = { ...withCase, ignoreCase: true };
  const readings = /\(\?[ms]*-?[ms]*i/.test(pattern)
    ? [withCase, withoutCase]
    : [flags.includes("i") ? withoutCase : withCase];
  const builder = createBuilder(readings);
  for (const loop of outermostLoops(ast, 1, readings[0])) {
    const body = builder.build(loop.element, 1);
    // A required round may be empty, which gives the next one another way to begin.
    const again = loop.min > MAX_COUNTED_REPEATS ? 1 + body.empty : 1;
    const follow = followers(body, again, builder.positions());
    if (hasTwoPaths(follow, builder.overlap)) return loop.raw;
  }
  return undefined;
}

/** Yields the outermost loops of a pattern and of each lookaround; `node` may run `repeats` times. */
function* outermostLoops(
  node: AST.Node,
  repeats: number,
  flags: ReadonlyFlags,
): Generator<AST.Quantifier> {
  switch (node.type) {
    case "Pattern":
    case "Group":
    case "CapturingGroup":
    case "Assertion": {
      if (!("alternatives" in node)) return;
      // V8 never goes back into a lookaround that has matched.
      const times = node.type === "Assertion" ? 1 : repeats;
      for (const one of node.alternatives) yield* outermostLoops(one, times, flags);
      return;
    }
    case "Alternative":
      for (const one of node.elements) yield* outermostLoops(one, repeats, flags);
      return;
    case "Quantifier": {
      const { element, max } = node;
      // A repeated backreference or character reads a text in one way.
      if (max === 0 || element.type === "Backreference") return;
      if (!("alternatives" in element) && !hasStrings(element, flags)) return;
      const isLoop = max > 1 && repeats * max > MAX_COUNTED_REPEATS;
      if (isLoop && repeats !== Infinity) yield node;
      // Inside a loop, only lookarounds have loops of their own.
      yield* outermostLoops(element, isLoop ? Infinity : repeats * max, flags);
    }
  }
}

/** A loop's body with groups resolved and counts written out. `empty`: the ways to read nothing. */
type Term =
  & { readonly empty: number }
  & (
    | { readonly kind: "character"; readonly position: number }
    | { readonly kind: "sequence" | "choice"; readonly parts: readonly Term[] }
    /** `body` over and over, with `entries` ways to come to the first round that reads something. */
    | { readonly kind: "loop"; readonly body: Term; readonly entries: number }
    /** Nothing, or a `body` that reads something and then `rest`. */
    | { readonly kind: "optional"; readonly body: Term; readonly rest: Term }
  );

/** Caps a number of ways: only zero, one and more make a difference. */
function atMostTwo(ways: number): number {
  return Math.min(ways, 2);
}

function sequence(parts: readonly Term[]): Term {
  const empty = parts.reduce((all, part) => atMostTwo(all * part.empty), 1);
  return { kind: "sequence", parts, empty };
}

function choice(parts: readonly Term[]): Term {
  const empty = parts.reduce((all, part) => atMostTwo(all + part.empty), 0);
  return { kind: "choice", parts, empty };
}

const NOTHING = sequence([]);

function optional(body: Term, rest: Term): Term {
  return { kind: "optional", body, rest, empty: 1 };
}

/** Creates a builder of terms; a character or class is read under each of `flags`. */
function createBuilder(flags: readonly ReadonlyFlags[]) {
  const known = new Map<string, JS.UnicodeSet>();
  const ids = new Map<CharSet, number>();
  const sets: CharSet[] = [];
  const setAt: number[] = [];
  const overlaps: Uint8Array[] = [];
  const open = new Set<AST.CapturingGroup>();
  let terms = 0;
  let comparisons = 0;

  function setOf(node: ToUnicodeSetElement): JS.UnicodeSet {
    let set = known.get(node.raw);
    if (set === undefined) {
      const [first, ...others] = flags.map((one) => toUnicodeSet(node, one));
      // The strings of a class differ with case, and refa cannot unite sets with strings.
      const areStrings = others.length > 0 && !first.accept.isEmpty;
      if (areStrings) throw new TooComplex("a class with strings where the case varies");
      set = others.reduce((all, one) => all.union(one), first);
      known.set(node.raw, set);
    }
    return set;
  }

  function character(set: CharSet): Term {
    if (set.isEmpty) return choice([]);
    if (setAt.length === MAX_POSITIONS) {
      throw new TooComplex(`over ${MAX_POSITIONS} characters and classes in loops`);
    }
    if (!ids.has(set)) ids.set(set, sets.push(set) - 1);
    return { kind: "character", position: setAt.push(ids.get(set)!) - 1, empty: 0 };
  }

  /** Builds the term of a node of which `copies` are written out. */
  function build(node: AST.Element | AST.Alternative, copies: number): Term {
    if (++terms > MAX_TERMS) throw new TooComplex("too many terms");
    switch (node.type) {
      case "Alternative":
        return sequence(node.elements.map((one) => build(one, copies)));
      case "Group":
      case "CapturingGroup":
        return choice(node.alternatives.map((one) => build(one, copies)));
      case "Assertion":
        return NOTHING;
      case "Backreference":
        // Its text is one that the group can match, or nothing if the group took no part.
        return optional(choice([node.resolved].flat().map((one) => copy(one, copies))), NOTHING);
      case "Quantifier":
        return repeat(node, copies);
      case "Character":
      case "CharacterSet":
      case "CharacterClass":
      case "ExpressionCharacterClass": {
        const { chars, accept } = setOf(node);
        const strings = accept.wordSets.map((word) => sequence(word.map(character)));
        return choice([character(chars), ...strings]);
      }
    }
  }

  function copy(group: AST.CapturingGroup, copies: number): Term {
    if (open.has(group)) throw new TooComplex("backreferences in a circle");
    open.add(group);
    const term = build(group, copies);
    open.delete(group);
    return term;
  }

  function repeat({ element, min, max }: AST.Quantifier, copies: number): Term {
    const total = copies * max;
    if (total > MAX_COPIES) {
      const body = build(element, copies);
      if (min === 0) return { kind: "loop", body, entries: 1, empty: 1 };
      return { kind: "loop", body, entries: atMostTwo(1 + body.empty), empty: body.empty };
    }
    let rest = NOTHING;
    for (let count = min; count < max; count++) rest = optional(build(element, total), rest);
    const required = Array.from({ length: min }, () => build(element, total));
    return sequence([...required, rest]);
  }

  function overlap(one: number, other: number): boolean {
    if (++comparisons > MAX_COMPARISONS) throw new TooComplex("too many ways to compare");
    const [a, b] = [setAt[one], setAt[other]];
    if (a === b) return true;
    const row = overlaps[a] ??= new Uint8Array(MAX_POSITIONS);
    row[b] ||= sets[a].isDisjointWith(sets[b]) ? 1 : 2;
    return row[b] === 2;
  }

  return { build, positions: () => setAt.length, overlap };
}

/** For each position the number of ways (0, 1, or 2 for more) to go there. */
type WayCounts = Uint8Array;

/**
 * Finds where each position of `body` leads when `body` is repeated: Glushkov's construction with
 * numbers of ways instead of sets. Positions with the same future share one array.
 */
function followers(body: Term, again: number, positions: number): Map<number, WayCounts> {
  const nowhere: WayCounts = new Uint8Array(positions);
  const known = new Map<Term, WayCounts>();
  const follow = new Map<number, WayCounts>();
  arrange(body, plus(nowhere, firsts(body), again));
  return follow;

  function plus(one: WayCounts, other: WayCounts, times: number): WayCounts {
    if (times === 0 || other === nowhere) return one;
    if (one === nowhere && times === 1) return other;
    const sum = one.slice();
    for (let position = 0; position < positions; position++) {
      if (other[position] > 0) sum[position] = atMostTwo(sum[position] + other[position] * times);
    }
    return sum;
  }

  /** Finds where `term` can begin to read. */
  function firsts(term: Term): WayCounts {
    let ways = known.get(term);
    if (ways === undefined) known.set(term, ways = findFirsts(term));
    return ways;
  }

  function findFirsts(term: Term): WayCounts {
    switch (term.kind) {
      case "character":
        return new Uint8Array(positions).fill(1, term.position, term.position + 1);
      case "sequence":
        return term.parts.reduceRight((after, part) => enter(part, after), nowhere);
      case "choice":
        return term.parts.reduce((all, part) => plus(all, firsts(part), 1), nowhere);
      case "loop":
        return plus(nowhere, firsts(term.body), term.entries);
      case "optional":
        return firsts(term.body);
    }
  }

  /** Finds where reading goes on from just before `term`, if `after` follows it. */
  function enter(term: Term, after: WayCounts): WayCounts {
    return plus(firsts(term), after, term.empty);
  }

  function arrange(term: Term, after: WayCounts): void {
    switch (term.kind) {
      case "character":
        follow.set(term.position, after);
        return;
      case "sequence":
        term.parts.reduceRight((next, part) => {
          arrange(part, next);
          return enter(part, next);
        }, after);
        return;
      case "choice":
        for (const part of term.parts) arrange(part, after);
        return;
      case "loop":
        return arrange(term.body, plus(after, firsts(term.body), 1));
      case "optional":
        arrange(term.rest, after);
        return arrange(term.body, enter(term.rest, after));
    }
  }
}

function positionsOf(ways: WayCounts): number[] {
  const positions: number[] = [];
  for (let at = ways.indexOf(1); at >= 0; at = ways.indexOf(1, at + 1)) positions.push(at);
  return positions;
}

/**
 * Tells whether two paths over one word lead from a position to itself. In a loop each position leads
 * to each other one, so it is enough if two paths part and meet again.
 */
function hasTwoPaths(
  follow: ReadonlyMap<number, WayCounts>,
  overlap: (one: number, other: number) => boolean,
): boolean {
  // Pairs of futures are enough, as positions with the same future do not differ here.
  const ids = new Map<WayCounts, number>();
  const futures: number[][] = [];
  for (const ways of follow.values()) {
    if (ids.has(ways)) continue;
    if (ways.includes(2)) return true;
    ids.set(ways, futures.length);
    futures.push(positionsOf(ways));
  }
  const futureOf = new Map([...follow].map(([position, ways]) => [position, ids.get(ways)!]));

  const seen = new Uint8Array(futures.length ** 2);
  const pairs = futures.map((_, id) => ({ one: id, other: id, parted: false }));
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    for (const one of futures[pair.one]) {
      for (const other of futures[pair.other]) {
        if (one === other && pair.parted) return true;
        if (one === other || (!pair.parted && one > other) || !overlap(one, other)) continue;
        const [a, b] = [futureOf.get(one)!, futureOf.get(other)!];
        const key = Math.min(a, b) * futures.length + Math.max(a, b);
        if (seen[key] === 0) pairs.push({ one: a, other: b, parted: true });
        seen[key] = 1;
      }
    }
  }
  return false;
}
