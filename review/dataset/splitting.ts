/**
 * Splits rows into those to train on and those to test on, such that no row has a relative on the other side.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { TrainingRow } from "./format.ts";

/** Options of a split. */
export interface RowSplitOptions {
  /** The share of the groups to train on, 0 to 1. */
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

/** Which rows are for what. */
export interface RowSplit {
  /** The side of each row. */
  readonly sides: readonly ("train" | "test")[];
  /** The share of the rows that are to train on, 0 to 1; as groups differ in size, not the share asked for. */
  readonly share: number;
  /** How many groups of rows there are. With few, the shares can be far apart. */
  readonly groups: number;
}

/**
 * Splits rows by where they come from. Rows of one trace are one group, as are those of traces that share an exchange,
 * of a trace and one that was made from it, and of those that a row has as its sources; and so on. A group is to train
 * on if the SHA-256 of `<seed>:<smallest digest of its traces>`, as a number from 0 to below 1, is below the share:
 * runs that are no relatives do not change its side.
 *
 * @throws {RangeError} if an option is out of its range, or a row has no source
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { splitRows } from "./splitting.ts";
 *
 * const rows = ["a", "b", "c", "b"].map((trace) => ({ sources: [{ trace, dataset: "d" }] }));
 * const parentOf = (trace: string) => trace === "c" ? "a" : undefined;
 * assertEquals(splitRows(rows, { share: 0.5, seed: 5, parentOf }), {
 *   sides: ["test", "train", "test", "train"],
 *   share: 0.5,
 *   groups: 2,
 * });
 * ```
 */
export function splitRows(
  rows: readonly Pick<TrainingRow, "sources">[],
  options: RowSplitOptions,
): RowSplit {
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
  const distinct = new Set(names);
  const trained = new Set(distinct.values().filter((name) => toNumber(`${seed}:${name}`) < share));
  const sides = names.map((name) => trained.has(name) ? "train" : "test");
  const count = sides.filter((side) => side === "train").length;
  return { sides, share: rows.length === 0 ? 0 : count / rows.length, groups: distinct.size };
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

/** Returns the first 52 bits of the SHA-256 of a text as a number from 0 to below 1. */
function toNumber(text: string): number {
  const hex = createHash("sha256").update(text, "utf8").digest("hex");
  return parseInt(hex.slice(0, 13), 16) / 2 ** 52;
}
