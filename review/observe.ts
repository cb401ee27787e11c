/**
 * Observes rules after their run: what people made of their answers, and which of two sets is better.
 *
 * As a script:
 *
 *     deno run --allow-read review/observe.ts runs/x.trace.json --feedback feedback.jsonl
 *     deno run -A review/observe.ts old.trace.json new.trace.json --texts log.jsonl --review queue.jsonl
 *
 * @module
 */
import { runScript } from "../script/script.ts";
import { isScript, readArgs } from "../system/process.ts";
import { main } from "./observe/script.ts";

export type { ReviewOutcome } from "../learn/data/fields.ts";
export type { Drift } from "./drift.ts";
export { type AnsweringOptions, compareAnswers } from "./observe/between/answering.ts";
export type {
  AccuracyDifference,
  AnswerComparison,
  AnsweredSpan,
  BetweenOutput,
  ComparedSet,
  DifferingText,
  ReviewCounts,
  ReviewProgress,
  RightSet,
  SetAnswer,
  SetJudgement,
} from "./observe/between/format.ts";
export { bayesFactorOf, type JudgedTexts, judgeReviews } from "./observe/between/judging.ts";
export {
  type CountedReviews,
  countReviews,
  extendQueue,
  readReviews,
  type ReviewQueue,
} from "./observe/between/queue.ts";
export { formatBetween } from "./observe/between/text.ts";
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
