/**
 * Summarises a data set.
 *
 * @module
 */
import { basename } from "jsr:@std/path@^1";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { countEach } from "../../../learn/text/maps.ts";
import { VERSION } from "../../../record/schema.ts";
import { countEvidence } from "../../evidence/counting.ts";
import { ROW_KINDS } from "../format.ts";
import { countDuplicates, describeLogging, describeTruncation, measureLengths } from "./biases.ts";
import { countKind, countQuarantine, countRows, listKinds, tracesOf } from "./counting.ts";
import { coverLabels } from "./coverage.ts";
import type { DatasetParts, DatasetSummary, SummaryRun } from "./format.ts";

/**
 * Counts what a data set is made of, what is left out, and how it is biased. The same parts give the same
 * summary, whatever the folder of the runs is called.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { summariseDataset } from "./summarising.ts";
 *
 * const options = { format: "trl", kinds: ["sft"] } as const;
 * const summary = summariseDataset({
 *   ...{ judged: [], skipped: [], rows: [], quarantined: [] },
 *   options,
 * });
 * assertEquals([summary.runs, summary.logging.runs], [[], 0]);
 * ```
 */
export function summariseDataset(parts: DatasetParts): DatasetSummary {
  const { judged, quarantined, rows: split, unwritten = [], options } = parts;
  const skipped = parts.skipped.map((file) => ({ ...file, path: basename(file.path) }))
    .sort((a, b) => compareCodeUnits(a.path, b.path) || compareCodeUnits(a.reason, b.reason));
  const { judge, runs, counts } = countEvidence(judged, skipped);
  const rows = split.map(({ row }) => row);
  const rowsOf = countEach(rows.flatMap(({ sources }) => [...tracesOf(sources)]));
  const reasons = countEach(skipped.map(({ reason }) => reason));
  const taints = countEach(rows.map(({ tainted }) => tainted));
  return {
    version: VERSION,
    judge,
    options,
    runs: runs.map(({ path, trace, ...rest }): SummaryRun => {
      return { file: basename(path), trace, ...rest, rows: rowsOf.get(trace) ?? 0 };
    }).sort((a, b) => compareCodeUnits(a.file, b.file) || compareCodeUnits(a.trace, b.trace)),
    skipped: [...reasons].map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count || compareCodeUnits(a.reason, b.reason)),
    files: skipped,
    evidence: counts,
    kinds: ROW_KINDS.flatMap((kind) => countKind(split, kind)),
    rows: countRows(split),
    taints: [...taints].map(([tainted, count]) => ({ ...(tainted && { tainted }), count }))
      .sort((a, b) => b.count - a.count || compareCodeUnits(a.tainted ?? "", b.tainted ?? "")),
    quarantine: countQuarantine(quarantined),
    unwritten: listKinds(countEach(unwritten.map(({ kind }) => kind))),
    coverage: coverLabels(judged, rows),
    logging: describeLogging(judged, skipped),
    truncation: describeTruncation(judged, rows),
    duplicates: countDuplicates(rows, quarantined),
    lengths: measureLengths(rows),
  };
}
