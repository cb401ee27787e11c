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

export type { FieldNames } from "../learn/data/fields.ts";
export type { Json } from "../learn/text/schemas.ts";
export { auditDataset, type DatasetAudit } from "./dataset/auditing.ts";
export {
  type DatasetExport,
  exportDataset,
  type StageDrift,
  type StageStatus,
} from "./dataset/exporting.ts";
export { ROW_FORMATS, type RowFormat } from "./dataset/files/formats.ts";
export * from "./dataset/format.ts";
export type { DatasetMakers, FileProblem, WrittenRows } from "./dataset/making.ts";
export type { DatasetOptions, DatasetPaths } from "./dataset/options.ts";
export { type ProofLink, proveRow, type RowProof } from "./dataset/proving.ts";
export { DATASET_STAGES, type DatasetStage } from "./dataset/receipts.ts";
export type { MadeRows } from "./dataset/rows/lineage.ts";
export * from "./dataset/summary/format.ts";
export type { EvidenceCount } from "./evidence/counting.ts";
export * from "./evidence/format.ts";
export type { EvidenceFolder } from "./evidence/sources.ts";

if (isScript("dataset", import.meta.main, import.meta.url)) {
  await runScript("dataset.ts", async () => setExitCode(await runDataset(readArgs())));
}
