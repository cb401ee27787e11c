/**
 * Bounds the steps of V8 by the loops of a pattern: a power of the length of the text.
 *
 * @module
 */
import { type Automaton, countCosts, countWays, type Future, type Futures } from "./automaton.ts";
import { TooComplex } from "./terms.ts";

/** A bound of steps by the length of a text: `factor` times (length + degree) over `degree`. */
export interface Polynomial {
  readonly factor: number;
  readonly degree: number;
}

/** Returns the value of a bound for a text of `length` characters. */
export function evaluate({ factor, degree }: Polynomial, length: number): number {
  let value = factor;
  for (let one = 1; one <= degree; one++) value *= (length + one) / one;
  return value;
}

/** Thrown if a loop can read the same text in exponentially many ways. */
export class Exponential extends Error {
  /** @param loop the source of the loop */
  constructor(readonly loop: string) {
    super();
  }
}

/** The most pairs of positions that are compared. */
const MAX_COMPARISONS = 100_000;

/**
 * Bounds the steps from one start, whatever the text, by going through the automaton from its end.
 *
 * Outside of loops, the steps from a position are those of the positions that can follow it, for the
 * character for which these are most. In a loop, two different paths over one word from a state to a state
 * would be the criterion EDA of Weber and Seidl, "On the degree of ambiguity of finite automata" (1991), and of
 * Weideman et al., "Analyzing matching time behavior of backtracking regular expression matchers by
 * using ambiguity of NFA" (2016). Without, V8 is at no more places of the loop at once than it has, and
 * leaves it from each of them after each character at most: the degree rises by one.
 *
 * @throws {Exponential} if a loop has two such paths
 * @throws {TooComplex} if that would take long to find out
 */
export function boundByLoops(automaton: Automaton): Polynomial {
  const { reads, alphabet } = automaton;
  const futures = automaton.build(automaton.anyContext);
  const costs = countCosts(futures);
  const bounds: Polynomial[] = [];
  const known = new Map<Future, Polynomial>();
  const byGroup = new Float64Array(alphabet.size);
  const overlap = createOverlap(automaton);

  for (const loop of findComponents(futures, reads)) {
    const [position] = loop;
    if (loop.length === 1 && !futures.next[position].has(position)) {
      bounds[position] = add(costs[position], follow(futures.next[position]));
      continue;
    }
    const inside = new Set(loop);
    if (hasTwoPaths(inside, futures, overlap)) {
      throw new Exponential(automaton.loopOf(position) ?? "");
    }
    const exits = [...new Set(loop.map((one) => futures.next[one]))].map((future) =>
      followOutside(future, inside)
    );
    const exit = exits.reduce(larger);
    const cost = loop.reduce((most, one) => Math.max(most, costs[one]), 0);
    const bound = {
      factor: loop.length * (cost + exit.factor),
      degree: exit.degree + 1,
    };
    for (const one of loop) bounds[one] = bound;
  }
  return add(countWays(futures.first), follow(futures.first));

  function follow(future: Future): Polynomial {
    let bound = known.get(future);
    if (bound === undefined) known.set(future, bound = followOutside(future, new Set()));
    return bound;
  }

  function followOutside(future: Future, inside: ReadonlySet<number>): Polynomial {
    let degree = 0;
    byGroup.fill(0);
    for (const [position, ways] of future) {
      if (reads[position].length === 0 || inside.has(position)) continue;
      const bound = bounds[position];
      degree = Math.max(degree, bound.degree);
      for (const group of reads[position]) byGroup[group] += ways * bound.factor;
    }
    return { factor: byGroup.reduce((most, one) => Math.max(most, one), 0), degree };
  }
}

function add(steps: number, { factor, degree }: Polynomial): Polynomial {
  return { factor: steps + factor, degree };
}

function larger(one: Polynomial, other: Polynomial): Polynomial {
  return {
    factor: Math.max(one.factor, other.factor),
    degree: Math.max(one.degree, other.degree),
  };
}

/**
 * Finds the strongly connected components of the positions that read something, those first from which
 * no other can be reached (Tarjan's algorithm, without recursion).
 */
function findComponents({ next }: Futures, reads: Automaton["reads"]): number[][] {
  const components: number[][] = [];
  const order = new Int32Array(next.length);
  const low = new Int32Array(next.length);
  const isOpen = new Uint8Array(next.length);
  const open: number[] = [];
  let count = 0;
  for (let root = 0; root < next.length; root++) {
    if (order[root] > 0 || reads[root].length === 0) continue;
    const path: { at: number; rest: Iterator<number> }[] = [];
    const visit = (at: number) => {
      order[at] = low[at] = ++count;
      isOpen[at] = 1;
      open.push(at);
      path.push({ at, rest: next[at].keys() });
    };
    visit(root);
    while (path.length > 0) {
      const { at, rest } = path[path.length - 1];
      const { value, done } = rest.next();
      if (!done) {
        if (reads[value].length === 0) continue;
        if (order[value] === 0) visit(value);
        else if (isOpen[value] === 1) low[at] = Math.min(low[at], order[value]);
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.at;
      if (parent !== undefined) low[parent] = Math.min(low[parent], low[at]);
      if (low[at] < order[at]) continue;
      const component = open.splice(open.lastIndexOf(at));
      for (const one of component) isOpen[one] = 0;
      components.push(component);
    }
  }
  return components;
}

/** Returns a function that tells whether two positions can read the same character. */
function createOverlap({ reads }: Automaton): (one: number, other: number) => boolean {
  const known = new Map<readonly number[], Map<readonly number[], boolean>>();
  let comparisons = 0;
  return (one, other) => {
    if (++comparisons > MAX_COMPARISONS) throw new TooComplex("too many ways to compare");
    const [a, b] = [reads[one], reads[other]];
    if (a === b) return true;
    let row = known.get(a);
    if (row === undefined) known.set(a, row = new Map());
    let overlap = row.get(b);
    if (overlap === undefined) {
      const groups = new Set(a);
      row.set(b, overlap = b.some((group) => groups.has(group)));
    }
    return overlap;
  };
}

/**
 * Tells whether two paths over one word lead from a position to itself. In a loop each position leads
 * to each other one, so it is enough if two paths part and meet again.
 */
function hasTwoPaths(
  inside: ReadonlySet<number>,
  { next }: Futures,
  overlap: (one: number, other: number) => boolean,
): boolean {
  // Pairs of futures are enough, as positions with the same future do not differ here.
  const ids = new Map<Future, number>();
  const targets: number[][] = [];
  for (const position of inside) {
    const future = next[position];
    if (ids.has(future)) continue;
    const within = [...future].filter(([one]) => inside.has(one));
    if (within.some(([, ways]) => ways > 1)) return true;
    ids.set(future, targets.push(within.map(([one]) => one)) - 1);
  }
  const idOf = (position: number) => ids.get(next[position])!;
  const seen = new Uint8Array(targets.length ** 2);
  const pairs = targets.map((_, id) => ({ one: id, other: id, parted: false }));
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    for (const one of targets[pair.one]) {
      for (const other of targets[pair.other]) {
        if (one === other && pair.parted) return true;
        if (one === other || (!pair.parted && one > other) || !overlap(one, other)) continue;
        const [a, b] = [idOf(one), idOf(other)];
        const key = Math.min(a, b) * targets.length + Math.max(a, b);
        if (seen[key] === 0) pairs.push({ one: a, other: b, parted: true });
        seen[key] = 1;
      }
    }
  }
  return false;
}
