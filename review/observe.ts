/**
 * Observes rules after their run: what people made of their answers.
 *
 * As a script:
 *
 *     deno run --allow-read review/observe.ts runs/x.trace.json --feedback feedback.jsonl
 *
 * @module
 */
import { runScript } from "../script/script.ts";
import { isScript, readArgs } from "../system/process.ts";
import { main } from "./observe/script.ts";

export type { ReviewOutcome } from "../learn/data/fields.ts";
export { commandToLearn, type ObservedFiles } from "./observe/feedback/command.ts";
export type {
  DriftBaseline,
  FeedbackCounts,
  FeedbackLine,
  LearnReason,
  MistakeKind,
  NearRepeat,
  Observation,
  ObservationOutput,
  ObservedRule,
  ObservedRun,
  Recommendation,
  ReviewCandidate,
  ReviewReason,
  RuleRecord,
  UnreviewedText,
} from "./observe/feedback/format.ts";
export { type FeedbackOptions, parseFeedback, readFeedbackLog } from "./observe/feedback/log.ts";
export { observe, type ObserveOptions } from "./observe/feedback/observing.ts";
export { formatObservation, type ObservationFormat } from "./observe/feedback/text.ts";

if (isScript("observe", import.meta.main, import.meta.url)) {
  await runScript("observe.ts", () => main(readArgs()));
}
