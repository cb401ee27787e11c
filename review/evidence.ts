/**
 * Judges what the runs of a folder proposed: each rule and each reply of a model is a piece of evidence, accepted or
 * not, with a reason. What training data, playbooks and feedback are made of.
 *
 *     deno run --allow-read review/evidence.ts runs/ --data train.jsonl
 *
 * @module
 */
import { runScript } from "../script/script.ts";
import { isScript, readArgs } from "../system/process.ts";
import { main } from "./evidence/script.ts";

export { countEvidence, type EvidenceCount, type EvidenceIndex } from "./evidence/counting.ts";
export { type FolderData, type JudgedFolder, judgeFolder } from "./evidence/folder.ts";
export * from "./evidence/format.ts";
export { judge, judgeAll } from "./evidence/judging.ts";
export type { SourceOptions } from "./evidence/sources.ts";
export { formatIndex } from "./evidence/text.ts";

if (isScript("evidence", import.meta.main, import.meta.url)) {
  await runScript("evidence.ts", () => main(readArgs()));
}
