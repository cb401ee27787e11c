/**
 * What is in a data set, in numbers.
 *
 * @module
 */
import { compareCodeUnits } from "../../learn/text/folding.ts";
import type { Evidence, SkippedFile } from "../evidence/format.ts";
import type { QuarantinedRow, RowKind } from "./format.ts";
import type { DatasetOptions } from "./options.ts";

/** Amounts by category, in the order of their names. */
export type Tally = Readonly<Record<string, number>>;

/** What is in a data set, and what is not. */
export interface DatasetSummary {
  /** Version of this package. */
  readonly version: string;
  /** How it was made. */
  readonly options: DatasetOptions;
  /** How many runs it is made of. */
  readonly sources: number;
  /** How many rules, and how many replies, by judgement and reason: `rule accepted f1`. */
  readonly evidence: Tally;
  /** How many rows by file, such as `sft` or `sft.train`. */
  readonly rows: Tally;
  /** How many rows by kind and judgement of what they come from, a row of two sources by the first. */
  readonly judgements: Tally;
  /** How many rows were decided on held-out examples. */
  readonly tainted: number;
  /** How many rows are left out, by kind and reason: `sft protected-near`. */
  readonly quarantine: Tally;
  /** How many rows the format has no form for, by kind. */
  readonly unwritten: Tally;
  /** The files of the folder that give no evidence, or less than they could, by their names in it. */
  readonly skipped: readonly SkippedFile[];
}

/** Counts items by category; an item that has none is left out. */
export function tally<T>(
  items: Iterable<T>,
  categoryOf: (item: T) => string | undefined,
): Tally {
  const counts = new Map<string, number>();
  for (const item of items) {
    const category = categoryOf(item);
    if (category !== undefined) counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => compareCodeUnits(a, b)));
}

/** Counts evidence by what was judged, how and why. */
export function tallyEvidence(evidence: readonly Evidence[]): Tally {
  return tally(evidence, ({ kind, judgement, reason }) => `${kind} ${judgement} ${reason}`);
}

/** Counts rows that are left out by kind and reason. */
export function tallyQuarantine(rows: readonly QuarantinedRow[]): Tally {
  return tally(rows, ({ kind, reason }) => `${kind} ${reason}`);
}

/** Returns how many of a summary's rows are of a kind, in all its splits. */
export function rowsOfKind({ rows }: DatasetSummary, kind: RowKind): number {
  const files = Object.entries(rows).filter(([file]) => file.split(".")[0] === kind);
  return files.reduce((sum, [, amount]) => sum + amount, 0);
}
