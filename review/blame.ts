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
  type BlameSection,
  planBlame,
} from "./blame/blaming.ts";
export type { BlamedCluster, ClusterBlame, ClusterOnTest } from "./blame/clusters.ts";
export type { ExampleBlame } from "./blame/examples.ts";
export type { Blame, ForkBlame, ForkTrial, SeedBlame, SeedRun } from "./blame/format.ts";
export type { Leak } from "./blame/leaks.ts";
export type { MislabelBlame, SuspectExample } from "./blame/mislabels.ts";
export type { BlamePath, PathStep, WrongExample } from "./blame/path.ts";
export type {
  FiringRule,
  LabelVotes,
  PredictedOutcome,
  PredictionBlame,
  PredictionCredit,
  PredictionStep,
  SimilarExample,
} from "./blame/prediction.ts";
export type { CountedExamples, RuleBlame, RulesBlame } from "./blame/rules.ts";
export type { Credit, RuleCredit } from "../learn/score/credit.ts";
export type { EvidenceRating, Interval, SeedComparison } from "./significance.ts";
export { formatBlame } from "./blame/text.ts";

if (isScript("blame", import.meta.main, import.meta.url)) {
  await runScript("blame.ts", () => main(readArgs()));
}
