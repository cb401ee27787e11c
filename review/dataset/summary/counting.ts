/**
 * Counts rows by what they are.
 *
 * @module
 */
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { JUDGEMENTS } from "../../evidence/counting.ts";
import { type QuarantinedRow, ROW_KINDS, type RowKind } from "../format.ts";
import type { DatasetSummary, KindSummary, QuarantineCount, RowCount, SplitRow } from "./format.ts";

/** Lists amounts by kind. */
export function listKinds(counts: ReadonlyMap<RowKind, number>): DatasetSummary["unwritten"] {
  return ROW_KINDS.flatMap((kind) => {
    const count = counts.get(kind);
    return count === undefined ? [] : [{ kind, count }];
  });
}

/** Returns the traces that a row comes from. */
export function tracesOf(sources: SplitRow["row"]["sources"]): Set<string> {
  return new Set(sources.map(({ trace }) => trace));
}

/** Counts the rows of a kind; nothing if there are none. */
export function countKind(split: readonly SplitRow[], kind: RowKind): KindSummary[] {
  const of = split.filter(({ row }) => row.kind === kind);
  if (of.length === 0) return [];
  const amount = (side: SplitRow["split"]) => of.filter(({ split }) => split === side).length;
  return [{
    kind,
    rows: of.length,
    ...(amount(undefined) < of.length && { train: amount("train"), test: amount("test") }),
    tainted: of.filter(({ row }) => row.tainted !== undefined).length,
    runs: new Set(of.flatMap(({ row }) => [...tracesOf(row.sources)])).size,
  }];
}

/** Counts rows that are alike. */
export function countRows(split: readonly SplitRow[]): RowCount[] {
  const described = split.map(({ row: { kind, variant, sources }, split }) => ({
    kind,
    ...(variant && { variant }),
    ...(split && { split }),
    ...(sources[0].judgement && { judgement: sources[0].judgement }),
  }));
  const counts = [...Map.groupBy(described, (one) => JSON.stringify(one)).values()]
    .map((alike): RowCount => ({ ...alike[0], count: alike.length }));
  const place = ({ kind, judgement }: RowCount) =>
    ROW_KINDS.indexOf(kind) * (JUDGEMENTS.length + 1) +
    (judgement === undefined ? JUDGEMENTS.length : JUDGEMENTS.indexOf(judgement));
  const name = ({ variant, split }: RowCount) => `${variant ?? ""} ${split ?? ""}`;
  return counts.sort((a, b) => place(a) - place(b) || compareCodeUnits(name(a), name(b)));
}

/** Counts rows that are left out. */
export function countQuarantine(quarantined: readonly QuarantinedRow[]): QuarantineCount[] {
  const groups = Map.groupBy(quarantined, ({ kind, reason }) => `${kind} ${reason}`);
  return [...groups.values()]
    .map((group) => ({ kind: group[0].kind, reason: group[0].reason, count: group.length }))
    .sort((a, b) =>
      ROW_KINDS.indexOf(a.kind) - ROW_KINDS.indexOf(b.kind) || b.count - a.count ||
      compareCodeUnits(a.reason, b.reason)
    );
}
