/**
 * Makes training data of runs, behind a firewall and with receipts, and proves where each row comes from.
 *
 * As a script:
 *
 *     deno run -A review/dataset.ts runs --data train.jsonl --protect test.jsonl --format trl -o out
 *     deno run -A review/dataset.ts --audit out --row sft:12
 *
 * @module
 */
import { runScript } from "../script/script.ts";
import { isScript, readArgs, setExitCode } from "../system/process.ts";
import { runDataset } from "./dataset/script.ts";

export { auditDataset, type DatasetAudit } from "./dataset/auditing.ts";
export {
  type DatasetExport,
  exportDataset,
  type StageDrift,
  type StageStatus,
} from "./dataset/exporting.ts";
export type {
  Lineage,
  LineageSource,
  QuarantinedRow,
  QuarantineReason,
  RowKind,
} from "./dataset/format.ts";
export type { RowFormat } from "./dataset/files/formats.ts";
export type { FileProblem } from "./dataset/making.ts";
export type { DatasetOptions, DatasetPaths } from "./dataset/options.ts";
export { type ProofLink, proveRow, type RowProof } from "./dataset/proving.ts";
export type { DatasetStage } from "./dataset/receipts.ts";
export type { DatasetSummary } from "./dataset/summary/format.ts";

if (isScript("dataset", import.meta.main, import.meta.url)) {
  await runScript("dataset.ts", async () => setExitCode(await runDataset(readArgs())));
}
