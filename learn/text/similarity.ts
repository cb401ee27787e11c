/**
 * Finds sets that share most of their members, such as texts by their words or by their character n-grams.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { gramsOf, indexSets } from "./similarity.ts";
 *
 * const texts = ["exchange rate", "lost my card"];
 * const find = indexSets(texts.map((text) => gramsOf(text, 5)), 0.8);
 * assertEquals(find(gramsOf("exchange rates", 5)), [{ position: 0, similarity: 0.9 }]);
 * ```
 *
 * @module
 */
import { fold } from "./tokens.ts";

/** A set of the index that is similar to the one that was looked up. */
export interface SimilarSet {
  /** Its place among those of the index, from 0. */
  readonly position: number;
  /** The share of the members of either that both have (Jaccard), from the threshold to 1. */
  readonly similarity: number;
}

/**
 * Indexes sets, and returns a function that finds those that are similar to another. It finds all of them, and no
 * others; the empty set is similar to none.
 *
 * Sorts the members of all sets from rare to frequent. Two sets that share enough must share one of the first
 * members of each, and only those are looked up (prefix filter); the others are compared up to the member from which
 * on too few are left to share.
 *
 * Chaudhuri, S., Ganti, V. & Kaushik, R. (2006). A primitive operator for similarity joins in data cleaning. ICDE.
 * Bayardo, R. J., Ma, Y. & Srikant, R. (2007). Scaling up all pairs similarity search. WWW.
 *
 * @param sets the members of each set; one that comes more than once counts once
 * @param threshold the least similarity, over 0 and at most 1. Sets that share 4 of 5 members meet 0.8: both are the
 *   same number in floating point
 * @returns finds the similar sets, the most similar first, and of equally similar ones the first of the index
 * @throws {RangeError} if the threshold is out of its range, or there are more different members than a map
 *   holds (2²⁴)
 */
export function indexSets(
  sets: Iterable<Iterable<string>>,
  threshold: number,
): (members: Iterable<string>) => SimilarSet[] {
  if (!(threshold > 0 && threshold <= 1)) {
    throw new RangeError(`threshold is ${threshold}, expected a number over 0 and at most 1`);
  }
  const { ranks, ranked } = rankMembers(sets);
  /** The places of the sets that have a member among those to look up, by its rank. */
  const byRank = new Map<number, number[]>();
  let largest = 0;
  ranked.forEach((set, position) => {
    largest = Math.max(largest, set.length);
    for (const rank of set.subarray(0, countLookedUp(set.length, threshold))) {
      const positions = byRank.get(rank);
      if (positions === undefined) byRank.set(rank, [position]);
      else positions.push(position);
    }
  });
  return (members) => {
    const distinct = new Set<string>();
    for (const member of members) {
      distinct.add(member);
      // So a text of any length costs no more memory than the longest that it could be similar to.
      if (largest / distinct.size < threshold) return [];
    }
    const { size } = distinct;
    const known = knownRanks(distinct, ranks);
    if (known.length / size < threshold) return [];
    known.sort();
    // Members that no set of the index has are the rarest of all: they come first and find nothing.
    const lookedUp = countLookedUp(size, threshold) - (size - known.length);
    const candidates = new Set<number>();
    for (const rank of known.subarray(0, Math.max(0, lookedUp))) {
      for (const position of byRank.get(rank) ?? []) candidates.add(position);
    }
    const similar: SimilarSet[] = [];
    for (const position of candidates) {
      const similarity = compareSets(known, size, ranked[position], threshold);
      if (similarity >= threshold) similar.push({ position, similarity });
    }
    return similar.sort((a, b) => b.similarity - a.similarity || a.position - b.position);
  };
}

/**
 * Cuts a text into its parts of `length` characters (code points), one from each character on. A shorter text is
 * its only part; the empty text has none.
 *
 * @param length from 1
 */
export function* gramsOf(text: string, length: number): Generator<string> {
  const next = (at: number) => at + (text.codePointAt(at)! > 0xffff ? 2 : 1);
  let [start, end] = [0, 0];
  for (let count = 0; count < length && end < text.length; count++) end = next(end);
  if (end > 0) yield text.slice(0, end);
  while (end < text.length) {
    start = next(start);
    end = next(end);
    yield text.slice(start, end);
  }
}

/**
 * Returns the fewest members that a set must share to be similar to one at least as large. The product alone may be
 * rounded past a whole number: 0.28 × 25 is more than 7, and 7 / 25 is 0.28.
 */
function leastShared(size: number, threshold: number): number {
  let least = Math.ceil(size * threshold);
  while ((least - 1) / size >= threshold) least--;
  return least;
}

/** Returns how many of its rarest members tell a set from all that cannot be similar to it. */
function countLookedUp(size: number, threshold: number): number {
  return size === 0 ? 0 : size - leastShared(size, threshold) + 1;
}

/** Numbers members from rare to frequent, and writes each set as their sorted numbers. */
function rankMembers(sets: Iterable<Iterable<string>>): {
  readonly ranks: ReadonlyMap<string, number>;
  readonly ranked: readonly Uint32Array[];
} {
  const ranks = new Map<string, number>();
  const frequencies: number[] = [];
  /** The last set that has a member, from 1. */
  const last: number[] = [];
  const ranked: Uint32Array[] = [];
  for (const set of sets) {
    const ids: number[] = [];
    for (const member of set) {
      let id = ranks.get(member);
      if (id === undefined) {
        if (frequencies.length === MAX_MEMBERS) {
          throw new RangeError(`More than ${MAX_MEMBERS} different members, too many for an index`);
        }
        id = frequencies.length;
        ranks.set(member, id);
        frequencies.push(0);
        last.push(0);
      }
      if (last[id] > ranked.length) continue;
      last[id] = ranked.length + 1;
      frequencies[id]++;
      ids.push(id);
    }
    ranked.push(Uint32Array.from(ids));
  }
  // Among equally frequent ones the first seen is first. Every order finds the same sets.
  const order = Uint32Array.from(frequencies.keys())
    .sort((a, b) => frequencies[a] - frequencies[b] || a - b);
  const rankOf = new Uint32Array(order.length);
  order.forEach((id, rank) => rankOf[id] = rank);
  for (const [member, id] of ranks) ranks.set(member, rankOf[id]);
  for (const set of ranked) {
    set.forEach((id, place) => set[place] = rankOf[id]);
    set.sort();
  }
  return { ranks, ranked };
}

/** How many entries a map can have. */
const MAX_MEMBERS = 2 ** 24;

function knownRanks(members: Iterable<string>, ranks: ReadonlyMap<string, number>): Uint32Array {
  const known: number[] = [];
  for (const member of members) {
    const rank = ranks.get(member);
    if (rank !== undefined) known.push(rank);
  }
  return Uint32Array.from(known);
}

/**
 * Returns the share of members that two sets both have; 0 as soon as it must be below the threshold.
 *
 * @param known the members of one set that the index knows, of `size` in all
 */
function compareSets(
  known: Uint32Array,
  size: number,
  other: Uint32Array,
  threshold: number,
): number {
  const shareOf = (shared: number) => shared / (size + other.length - shared);
  let [shared, at, place] = [0, 0, 0];
  while (at < known.length && place < other.length) {
    if (known[at] === other[place]) {
      shared++;
      at++;
      place++;
      continue;
    }
    const most = shared + Math.min(known.length - at, other.length - place);
    if (shareOf(most) < threshold) return 0;
    if (known[at] < other[place]) at++;
    else place++;
  }
  return shareOf(shared);
}

/** White space, punctuation, accents that stand alone, controls and characters that cannot be seen. */
const SEPARATORS = /[\s\p{P}\p{Sk}\p{Cc}\p{Cf}]+/gu;
/** Characters that cannot be seen. They go before normalisation, which joins what they hold apart. */
const UNSEEN = /[\p{Cs}\p{DI}]+/gu;

/**
 * Returns the words of a text with a space before, between and after them, for comparing it with others: without case,
 * width of letters, punctuation, controls and what cannot be seen. Empty if it has no letters, digits and symbols.
 */
export function normaliseText(text: string): string {
  const spaced = ` ${fold(text.replace(UNSEEN, "").replace(/\p{Sk}/gu, " ").normalize("NFKC"))} `
    .replace(SEPARATORS, " ");
  return spaced === " " ? "" : spaced;
}
