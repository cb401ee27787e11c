/**
 * Makes runs from a run by changing something about it: what if a patch had been rejected, a rule had not been
 * there, the examples had been others?
 *
 * As a script:
 *
 *     deno run --allow-read --allow-write=runs review/fork.ts runs/x.trace.json --data train.jsonl --verdict 2=rejected
 *
 * @module
 */
import { runScript } from "../script/script.ts";
import { isScript, readArgs } from "../system/process.ts";
import { main } from "./fork/script.ts";

export type { ForkOutput } from "./fork/script.ts";
export type { DataComparison } from "./compare/comparison.ts";

export type {
  Change,
  ExamplesChange,
  OptionChange,
  Parent,
  RebaseChange,
  ReplyChange,
  VerdictChange,
  WithoutChange,
} from "../trace.ts";
export type { ChangeRequest, ReplyRequest } from "./fork/changes.ts";
export { ForkError, type ForkOptions, forkRun } from "./fork/forking.ts";
export { createRecorded } from "./fork/recorded.ts";
export { type Given, rerunData, RerunError, rerunOptions } from "./replay/rerun.ts";

if (isScript("fork", import.meta.main, import.meta.url)) {
  await runScript("fork.ts", () => main(readArgs()));
}
