/**
 * Labels texts by the rules of a run, as far as they are sure, and finds examples that are probably mislabelled.
 *
 * As a script:
 *
 *     deno run --allow-read review/label.ts runs/x.trace.json --data train.jsonl --texts new.jsonl
 *     deno run --allow-read review/label.ts runs/x.trace.json --data train.jsonl --suspicious
 *
 * @module
 */
import { runScript } from "../script/script.ts";
import { isScript, readArgs } from "../system/process.ts";
import { main } from "./label/script.ts";

export {
  planSuspicions,
  type SuspicionOptions,
  type SuspicionPlan,
  type Suspicions,
  type SuspiciousExample,
} from "./label/suspicious.ts";
export { formatSuspicions, type ListedSuspicion, type SuspicionsOutput } from "./label/text.ts";
export {
  createLabeller,
  explainUnsure,
  type Labelling,
  type LabelOptions,
  type UnlabelledReason,
  type WeakLabel,
} from "./label/weak.ts";

if (isScript("label", import.meta.main, import.meta.url)) {
  await runScript("label.ts", () => main(readArgs()));
}
