/**
 * Tells what of a run is to blame for its predictions: its seed, its steps, its decisions, its rules, its examples.
 *
 * As a script:
 *
 *     deno run --allow-read review/blame.ts runs/x.trace.json --data train.jsonl --test test.jsonl
 *
 * @module
 */
import { runScript } from "../script/script.ts";
import { isScript, readArgs } from "../system/process.ts";
import { main } from "./blame/script.ts";

export {
  type BlameEstimate,
  type BlameGiven,
  type BlameOptions,
  type BlamePlan,
  planBlame,
} from "./blame/blaming.ts";
export type { Blame, ForkBlame, ForkTrial, SeedBlame, SeedRun } from "./blame/format.ts";
export { formatBlame } from "./blame/text.ts";

if (isScript("blame", import.meta.main, import.meta.url)) {
  await runScript("blame.ts", () => main(readArgs()));
}
