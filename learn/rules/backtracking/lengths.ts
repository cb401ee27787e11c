/**
 * Bounds the steps of V8 for short texts, one length after the other.
 *
 * @module
 */
import { type Automaton, countWays } from "./automaton.ts";

/** The most work for one pattern. */
const MAX_WORK = 5_000_000;

/** A position that reads something, as one future leads to it. */
interface Target {
  readonly ways: number;
  /** The groups of characters that it reads. */
  readonly groups: readonly number[];
  /** The future after it. */
  readonly id: number;
}

/**
 * Bounds the steps from one start for texts of each length up to `length`, if at each character those
 * count that take the most steps, for each way by itself.
 *
 * @param most bounds over this become Infinity
 * @param inside the steps of each lookaround, by its position and the length of the text it reads
 * @returns the bounds by length; undefined if they would take long to find
 */
export function boundByLength(
  automaton: Automaton,
  length: number,
  most: number,
  inside: (position: number, length: number) => number,
): Float64Array | undefined {
  const { reads, alphabet, lookarounds } = automaton;
  const { first, next } = automaton.build(automaton.anyContext);
  const futures = [...new Set([first, ...next])];
  const ids = new Map(futures.map((future, id) => [future, id]));
  const idOf = next.map((future) => ids.get(future)!);
  const tried = futures.map((future) => [...future.keys()].filter((one) => lookarounds.has(one)));
  const targets = futures.map((future) =>
    Array.from(future, ([one, ways]): Target => ({ ways, groups: reads[one], id: idOf[one] }))
      .filter(({ groups }) => groups.length > 0)
  );
  const work = targets.flat().reduce((all, { groups }) => all + groups.length, futures.length);
  if (work * length > MAX_WORK) return undefined;

  const plain = futures.map(countWays);
  const byGroup = new Float64Array(alphabet.size);
  const bounds = new Float64Array(length + 1).fill(Infinity);
  let before = new Float64Array(futures.length);
  let now = new Float64Array(futures.length);
  for (let rest = 0; rest <= length; rest++) {
    for (let id = 0; id < futures.length; id++) {
      let steps = plain[id];
      for (const one of tried[id]) steps += futures[id].get(one)! * inside(one, rest);
      now[id] = steps + (rest === 0 ? 0 : followMost(targets[id], before));
    }
    if (now[0] > most) break;
    bounds[rest] = now[0];
    [before, now] = [now, before];
  }
  return bounds;

  function followMost(list: readonly Target[], before: Float64Array): number {
    if (list.length === 0) return 0;
    if (list.length === 1) return list[0].ways * (1 + before[list[0].id]);
    for (let group = 0; group < byGroup.length; group++) byGroup[group] = 0;
    let all = 0;
    for (let index = 0; index < list.length; index++) {
      const { ways, groups, id } = list[index];
      const steps = ways * (1 + before[id]);
      for (let at = 0; at < groups.length; at++) {
        const sum = byGroup[groups[at]] += steps;
        if (sum > all) all = sum;
      }
    }
    return all;
  }
}
