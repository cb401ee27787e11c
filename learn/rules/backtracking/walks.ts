/**
 * Bounds the steps of V8 for each character of a text, by following in how many ways it can be where.
 *
 * @module
 */
import { type Automaton, countCosts, countWays, type Future, type Futures } from "./automaton.ts";

/** The most work for a walk, or for several that share it; past it, they are given up. */
const MAX_WORK = 300_000;

/** The most steps for a character; past them, a walk is given up. */
const MAX_NORM = 1e6;

/** What is left of the work that walks share. */
export interface Work {
  left: number;
}

/** Returns the work that a walk may take, or several together. */
export function createWork(): Work {
  return { left: MAX_WORK };
}

/** The most steps for a character, and how many lookarounds are among them. */
export interface Rate {
  readonly steps: number;
  readonly looks: number;
}

/** For each position where V8 can be the number of ways in which it can have come there. */
type Ways = ReadonlyMap<number, number>;

/**
 * Bounds the steps for each character of a text, by following in how many ways V8 can be where after
 * any text; `undefined` if these do not turn out to be bounded.
 *
 * @param isSearch whether the ways from all starts count together, else only those from one
 */
export function boundByWalk(
  automaton: Automaton,
  isSearch: boolean,
  work: Work,
): Rate | undefined {
  const { reads, lookarounds } = automaton;
  const contexts = createContexts(automaton);
  const any = contexts.futures(automaton.anyContext);
  const costs = countCosts(any);
  const looks = any.next.map((future) => countLooks(future, lookarounds));
  const explored: Ways[][] = [];
  const open: { readonly row: Row; readonly ways: Ways }[] = [];
  let steps = 0;
  let most = 0;

  // The first character may come after any other, if only one start counts.
  const begin: Row = isSearch
    ? contexts.rowAfter(-1)
    : { id: -1, byContext: new Map([[automaton.anyContext, undefined]]) };
  if (!explore(begin, new Map(), true)) return undefined;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    // Others that were found since can do all that this one can.
    const { row, ways } = state;
    if (explored[row.id].some((other) => other !== ways && isCovered(ways, other))) continue;
    if (!explore(row, ways, isSearch)) return undefined;
  }
  return {
    steps: steps + countWays(any.first),
    looks: most + countLooks(any.first, lookarounds),
  };

  /** Follows all characters from a state; returns false if this becomes too much. */
  function explore({ byContext }: Row, ways: Ways, isStart: boolean): boolean {
    const found = new Map<number, Map<number, number>>();
    for (const [context, groups] of byContext) {
      const { next, first } = contexts.futures(context);
      if (isStart) follow(first, 1, groups);
      for (const [position, count] of ways) follow(next[position], count, groups);
    }
    const states = Array.from(found, ([group, ways]) => {
      const norm = ways.entries().reduce((all, [one, count]) => all + count * costs[one], 0);
      return { group, ways, norm };
    });
    // What can go on in the most ways comes first, as it covers others.
    for (const { group, ways, norm } of states.sort((a, b) => a.norm - b.norm)) {
      steps = Math.max(steps, norm);
      if (lookarounds.size > 0) {
        most = Math.max(most, ways.entries().reduce((all, [one, n]) => all + n * looks[one], 0));
      }
      if (norm > MAX_NORM) return false;
      const row = contexts.rowAfter(group);
      const others = explored[row.id] ??= [];
      if (others.some((other) => isCovered(ways, other))) continue;
      explored[row.id] = [...others.filter((other) => !isCovered(other, ways)), ways];
      open.push({ row, ways });
    }
    return work.left >= 0;

    function follow(future: Future, count: number, groups: ReadonlySet<number> | undefined): void {
      for (const [position, times] of future) {
        for (const group of reads[position]) {
          work.left--;
          if (groups !== undefined && !groups.has(group)) continue;
          let reached = found.get(group);
          if (reached === undefined) found.set(group, reached = new Map());
          reached.set(position, (reached.get(position) ?? 0) + count * times);
        }
      }
    }
  }

  function isCovered(ways: Ways, other: Ways): boolean {
    work.left--;
    for (const [position, count] of ways) {
      work.left--;
      if (count > (other.get(position) ?? 0)) return false;
    }
    return true;
  }
}

/** Counts the ways to a lookaround. */
function countLooks(future: Future, lookarounds: Automaton["lookarounds"]): number {
  if (lookarounds.size === 0) return 0;
  let all = 0;
  for (const [position, ways] of future) if (lookarounds.has(position)) all += ways;
  return all;
}

/** The characters that can come after another, by the context between them. */
interface Row {
  /** Equal for characters after which assertions decide the same. */
  readonly id: number;
  /** For each context the groups of the characters; undefined if all. */
  readonly byContext: ReadonlyMap<string, ReadonlySet<number> | undefined>;
}

function createContexts(automaton: Automaton) {
  const { alphabet, anyContext, lookarounds } = automaton;
  const known = new Map<string, Futures>();
  const rows: Row[] = [];
  const ids = new Map<string, Row>();
  // Without assertions that depend on the characters next to them there is one context.
  const isPlain = anyContext.length === lookarounds.size;
  const plain: Row = { id: 0, byContext: new Map([[anyContext, undefined]]) };

  function rowAfter(before: number): Row {
    if (isPlain) return plain;
    return rows[before + 1] ??= findRow(before);
  }

  function findRow(before: number): Row {
    const byContext = new Map<string, Set<number>>();
    const keys: string[] = [];
    for (let after = 0; after < alphabet.size; after++) {
      const context = automaton.contextOf(before, after);
      keys.push(context);
      const groups = byContext.get(context);
      if (groups === undefined) byContext.set(context, new Set([after]));
      else groups.add(after);
    }
    const key = keys.join();
    let row = ids.get(key);
    if (row === undefined) ids.set(key, row = { id: ids.size, byContext });
    return row;
  }

  return {
    rowAfter,
    futures(context: string): Futures {
      let futures = known.get(context);
      if (futures === undefined) known.set(context, futures = automaton.build(context));
      return futures;
    },
  };
}
