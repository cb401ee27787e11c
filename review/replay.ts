/**
 * Computes recorded runs again, and tells whether they are the same; if not, why.
 *
 * As a script:
 *
 *     deno run --allow-read review/replay.ts runs/banking.trace.json --data train.jsonl
 *
 * @module
 */
import { runScript } from "../script/script.ts";
import { isScript, readArgs, setExitCode } from "../system/process.ts";
import { runReplay } from "./replay/script.ts";

export type { Copy } from "./history/reading.ts";
export type { Receipt, ReplayCause } from "./replay/receipt.ts";
export { replayRun } from "./replay/replay_run.ts";
export { type Given, rerunData, RerunError, rerunOptions } from "./replay/rerun.ts";
export { type ResumeOptions, resumeRun, type Resumption } from "./replay/resume.ts";
export {
  countVerdicts,
  type FiledReceipt,
  type FolderReceipts,
  formatReceipt,
  formatReceipts,
  formatResumption,
  type ReceiptCounts,
} from "./replay/text.ts";

if (isScript("replay", import.meta.main, import.meta.url)) {
  await runScript("replay.ts", async () => setExitCode(await runReplay(readArgs())));
}
