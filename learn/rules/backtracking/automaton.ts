/**
 * Patterns as automata that count in how many ways V8 can go on: the position automaton of Glushkov,
 * every edge weighted with the number of ways to take it.
 *
 * A position is a character or class of the pattern; its future says where reading can go on after it.
 * Some positions read nothing: they stand for what V8 has to try and what then ends there (an
 * assertion, a round of a loop that read nothing, the end of the pattern), so that a future counts all
 * that V8 tries.
 *
 * @module
 */
import type { AST } from "npm:@eslint-community/regexpp@^4";
import { type CharacterGroups, createGroups } from "../character_sets.ts";
import { type Roughness, type Term, TooComplex, writeTerms, type Written } from "./terms.ts";

/** A pattern, or the inside of a lookaround, which V8 runs by itself. */
export interface Automaton {
  /** For each position the groups of the alphabet that it reads; none if it reads nothing. */
  readonly reads: readonly (readonly number[])[];
  readonly alphabet: CharacterGroups;
  /** The source of the outermost loop around a position. */
  loopOf(position: number): string | undefined;
  /**
   * Tells which assertions hold between two characters, as a key for `build`; an assertion that is
   * not decided by these two holds. Characters are given by group.
   *
   * @param before -1 for the start of the text
   */
  contextOf(before: number, after: number): string;
  /** The context in which all assertions hold. */
  readonly anyContext: string;
  /** Finds where reading begins and goes on in a context. */
  build(context: string): Futures;
  /** The insides of lookarounds that look at more than one character, by the position that tries them. */
  readonly lookarounds: ReadonlyMap<number, Automaton>;
  readonly isBackward: boolean;
}

/** For each position that can come next the number of ways to it. */
export type Future = ReadonlyMap<number, number>;

/** Where reading begins, and goes on after each position. */
export interface Futures {
  readonly first: Future;
  /** By position; positions with the same future share one map. */
  readonly next: readonly Future[];
}

/** Limits of one pattern. */
const MAX_EDGES = 200_000;
const MAX_GROUPS_READ = 500_000;

/**
 * Creates the automaton of a pattern.
 *
 * @throws {TooComplex} if it would be too large
 */
export function createAutomaton(
  pattern: AST.Pattern,
  flags: string,
  rough: Roughness,
): Automaton {
  const { written, sets } = writeTerms(pattern, flags, rough);
  const alphabet = createGroups(sets);
  const read = alphabet.members.reduce((sum, groups) => sum + groups.length, 0);
  if (read > MAX_GROUPS_READ) throw new TooComplex("too many characters to tell apart");
  const memberships = alphabet.members.map((groups) => new Set(groups));
  const has = (set: number, group: number) => memberships[set].has(group);
  return complete(written);

  function complete(
    { term, setAt, loops, conditions, lookarounds, isBackward }: Written,
  ): Automaton {
    return {
      reads: setAt.map((set) => set < 0 ? [] : alphabet.members[set]),
      alphabet,
      loopOf: (position) => loops[position],
      contextOf: (before, after) =>
        conditions.map((holds) => holds === undefined || holds(before, after, has) ? "1" : "0")
          .join(""),
      anyContext: "1".repeat(conditions.length),
      build: (context) => findFutures(term, setAt.length, context),
      lookarounds: new Map(
        [...lookarounds].map(([position, inside]) => [position, complete(inside)]),
      ),
      isBackward,
    };
  }
}

/** Finds the futures of all positions of a term in a context. */
function findFutures(term: Term, positions: number, context: string): Futures {
  const nowhere: Future = new Map();
  const knownFirsts = new Map<Term, Future>();
  const knownEmpty = new Map<Term, number>();
  const next: Future[] = new Array(positions).fill(nowhere);
  let edges = 0;
  arrange(term, nowhere);
  return { first: firsts(term), next };

  function plus(one: Future, other: Future, times: number): Future {
    if (times === 0 || other.size === 0) return one;
    if (one.size === 0 && times === 1) return other;
    const sum = new Map(one);
    for (const [position, ways] of other) {
      sum.set(position, (sum.get(position) ?? 0) + ways * times);
    }
    if ((edges += sum.size) > MAX_EDGES) throw new TooComplex("too many ways to go on");
    return sum;
  }

  /** Counts the ways in which a term can read nothing. */
  function emptyWays(term: Term): number {
    let ways = knownEmpty.get(term);
    if (ways === undefined) knownEmpty.set(term, ways = countEmptyWays(term));
    return ways;
  }

  function countEmptyWays(term: Term): number {
    switch (term.kind) {
      case "position":
        return 0;
      case "mark":
        return term.assertion === undefined || context[term.assertion] === "1" ? 1 : 0;
      case "sequence":
        return term.parts.reduce((all, part) => all * emptyWays(part), 1);
      case "choice":
        return term.parts.reduce((all, part) => all + emptyWays(part), 0);
      case "loop":
        return term.min > 0 ? emptyWays(term.body) : 1;
      case "optional":
        return 1;
    }
  }

  /** Finds where `term` can begin. */
  function firsts(term: Term): Future {
    let future = knownFirsts.get(term);
    if (future === undefined) knownFirsts.set(term, future = findFirsts(term));
    return future;
  }

  function findFirsts(term: Term): Future {
    switch (term.kind) {
      case "position":
      case "mark":
        return new Map([[term.position, 1]]);
      case "sequence":
        return term.parts.reduceRight((after, part) => enter(part, after), nowhere);
      case "choice":
        return term.parts.reduce((all, part) => plus(all, firsts(part), 1), nowhere);
      case "loop":
        return plus(nowhere, firsts(term.body), entriesOf(term.body, term.min));
      case "optional":
        return firsts(term.body);
    }
  }

  /** Counts the ways to a round that reads something, if `rounds` before it may read nothing. */
  function entriesOf(body: Term, rounds: number): number {
    return rounds > 0 ? 1 + emptyWays(body) : 1;
  }

  /** Finds where reading goes on from just before `term`, if `after` follows it. */
  function enter(term: Term, after: Future): Future {
    return plus(firsts(term), after, emptyWays(term));
  }

  function arrange(term: Term, after: Future): void {
    switch (term.kind) {
      case "position":
        next[term.position] = after;
        return;
      case "mark":
        return;
      case "sequence":
        term.parts.reduceRight((following, part) => {
          arrange(part, following);
          return enter(part, following);
        }, after);
        return;
      case "choice":
        for (const part of term.parts) arrange(part, after);
        return;
      case "loop":
        return arrange(
          term.body,
          plus(after, firsts(term.body), entriesOf(term.body, term.min - 1)),
        );
      case "optional":
        arrange(term.rest, after);
        return arrange(term.body, enter(term.rest, after));
    }
  }
}

/** Returns what V8 does at each position: a step for the character, and one for each way to go on. */
export function countCosts({ next }: Futures): number[] {
  const known = new Map<Future, number>();
  return next.map((future) => {
    let cost = known.get(future);
    if (cost === undefined) known.set(future, cost = 1 + countWays(future));
    return cost;
  });
}

/** Counts all ways to go on. */
export function countWays(future: Future): number {
  let all = 0;
  for (const ways of future.values()) all += ways;
  return all;
}
