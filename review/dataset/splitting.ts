/**
 * Splits rows into those to train on and those to test on, such that no row has a relative on the other side.
 *
 * @module
 */
import { sortBySeed } from "../../learn/llm/sampling.ts";
import type { TrainingRow } from "./format.ts";
import { countEach } from "../../learn/text/maps.ts";

/** Options of a split. */
export interface RowSplitOptions {
  /** The share of the rows to train on, 0 to 1. */
  readonly share: number;
  /** Any integer. */
  readonly seed: number;
  /**
   * Returns the digest of the trace that a run was made from, by that of its own.
   *
   * @default {none}
   */
  readonly parentOf?: (trace: string) => string | undefined;
}

/**
 * Splits rows by where they come from. Rows of one trace are one group, as are those of traces that share an exchange,
 * of a trace and one that was made from it, and of those that a row has as its sources; and so on. Groups are taken to
 * test on in the order of the SHA-256 of `<seed>:<smallest digest of its traces>`, unless there would be more rows to
 * test on than asked for; if all groups are larger than that, the smallest one is, but not the only one.
 *
 * @returns the side of each row
 * @throws {RangeError} if an option is out of its range, or a row has no source
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { splitRows } from "./splitting.ts";
 *
 * const rows = ["a", "b", "c", "b"].map((trace) => ({ sources: [{ trace, dataset: "d" }] }));
 * const parentOf = (trace: string) => trace === "c" ? "a" : undefined;
 * const sides = splitRows(rows, { share: 0.5, seed: 5, parentOf });
 * assertEquals(sides, ["train", "test", "train", "test"]);
 * ```
 */
export function splitRows(
  rows: readonly Pick<TrainingRow, "sources">[],
  options: RowSplitOptions,
): ("train" | "test")[] {
  const { share, seed, parentOf = () => undefined } = options;
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`share is ${share}, expected a number from 0 to 1`);
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed is ${seed}, expected an integer`);
  const groups = createGroups();
  const firstWith = new Map<string, string>();
  rows.forEach(({ sources }, place) => {
    if (sources.length === 0) throw new RangeError(`Row ${place} has no source, expected one`);
    for (const { trace, exchange } of sources) {
      groups.join(trace, sources[0].trace);
      if (exchange === undefined) continue;
      groups.join(trace, firstWith.get(exchange) ?? trace);
      firstWith.set(exchange, trace);
    }
  });
  // A parent without a row of its own still joins those that were made from it. The set grows as it is read.
  const traces = new Set(rows.flatMap(({ sources }) => sources.map(({ trace }) => trace)));
  for (const trace of traces) {
    const parent = parentOf(trace);
    if (parent === undefined) continue;
    groups.join(trace, parent);
    traces.add(parent);
  }
  const names = rows.map(({ sources: [{ trace }] }) => groups.find(trace));
  const sizes = countEach(names);
  const tested = chooseTested(sizes, rows.length * (1 - share), seed);
  return names.map((name) => tested.has(name) ? "test" : "train");
}

/**
 * Chooses the groups to test on.
 *
 * @param sizes how many rows each group has
 * @param most how many rows there may be
 */
function chooseTested(
  sizes: ReadonlyMap<string, number>,
  most: number,
  seed: number,
): ReadonlySet<string> {
  const ordered = sortBySeed([...sizes], ([name]) => ({ text: name }), seed);
  const tested = new Set<string>();
  let count = 0;
  for (const [name, size] of ordered) {
    // A sum that is rounded must not lose a row.
    if (count + size > most + 1e-9) continue;
    count += size;
    tested.add(name);
  }
  if (tested.size === 0 && ordered.length > 1 && most > 0) {
    tested.add(ordered.reduce((least, one) => one[1] < least[1] ? one : least)[0]);
  }
  return tested;
}

/** Groups of names that are joined two by two. */
interface Groups {
  /** Makes one group of those of two names. */
  readonly join: (one: string, other: string) => void;
  /** Returns the name of a group by one of its members: the smallest of these, by code units. */
  readonly find: (name: string) => string;
}

/**
 * Creates groups of one name each.
 *
 * Tarjan, R. E. & van Leeuwen, J. (1984). Worst-case analysis of set union algorithms. Journal of the ACM 31(2),
 * 245-281: path halving.
 */
function createGroups(): Groups {
  const above = new Map<string, string>();
  const find = (name: string) => {
    for (let next = above.get(name); next !== undefined; next = above.get(name)) {
      const beyond = above.get(next);
      if (beyond !== undefined) above.set(name, beyond);
      name = next;
    }
    return name;
  };
  const join = (one: string, other: string) => {
    const [a, b] = [find(one), find(other)];
    if (a < b) above.set(b, a);
    else if (b < a) above.set(a, b);
  };
  return { join, find };
}
