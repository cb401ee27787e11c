/**
 * Learn readable text rules from labelled examples, and keep one ordered record of how every rule came
 * to be.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createClassifier, learnRules, printTrace, withTrace } from "./mod.ts";
 *
 * const examples = [
 *   { text: "What is the exchange rate?", label: "exchange" },
 *   { text: "Which rates do you offer?", label: "exchange" },
 *   { text: "My card has not arrived", label: "arrival" },
 *   { text: "When does the card arrive?", label: "arrival" },
 * ];
 * // With { storage: "runs" }, the trace is written to that folder.
 * const learn = withTrace(learnRules);
 * const { rules, decision, trace } = await learn({ name: "intents", examples });
 * printTrace(trace);
 * assertEquals(createClassifier(rules, decision)("Is my card here?").label, "arrival");
 * ```
 *
 * @module
 */
export {
  type AgenticCoordinatorOptions,
  createAgenticCoordinator,
} from "./learn/llm/coordinator.ts";
export {
  type CallOptions,
  type Chat,
  type ChatOptions,
  createChat,
  type Message,
  type ReplySchema,
} from "./learn/chat/client.ts";
export { ChatError, type ChatErrorCode, type Reply, type Usage } from "./learn/chat/response.ts";
export {
  type Classification,
  type ClassifierOptions,
  createClassifier,
} from "./learn/rules/classifier.ts";
export {
  type AuditAction,
  type AuditProposal,
  type AuditState,
  type Coordinator,
  type Critique,
  type Guidance,
  type ReviewState,
} from "./learn/coordinator.ts";
export { createSimpleCoordinator } from "./learn/audit/simple.ts";
export type { UnlabelledText } from "./learn/data/checks.ts";
export { addCorrections, type CorrectedDataset } from "./learn/data/corrections.ts";
export {
  createDataset,
  type Dataset,
  datasetDigest,
  type DatasetFields,
  type DatasetInput,
  type EntityDataset,
  type LabelledDataset,
  parseDataset,
  readDataset,
  type ReadOptions,
  type SpanDataset,
} from "./learn/data/dataset.ts";
export type { FieldNames } from "./learn/data/fields.ts";
export type { DatasetFormat } from "./learn/data/formats.ts";
export { readTexts, type TextOptions } from "./learn/data/texts.ts";
export type {
  Entity,
  EntityExample,
  Example,
  ExampleInput,
  ExampleText,
  LabelledExample,
  Span,
  SpanExample,
  SpanInput,
  Task,
} from "./learn/data/examples.ts";
export {
  evaluateRules,
  type Evaluation,
  type EvaluationOptions,
} from "./learn/score/evaluation.ts";
export {
  type AnswerCoverage,
  type CoverageOptions,
  type CoveragePoint,
  type TrustBasis,
  trustOf,
} from "./learn/score/coverage.ts";
export {
  type ErrorFields,
  type ErrorsOptions,
  findErrors,
  type LabelConfusion,
  type LabelError,
  type LabelErrors,
  type LabelFacts,
  type MatchedRule,
  type OutrankedRule,
  type RuleErrors,
  type SpanConfusion,
  type SpanError,
  type SpanErrorKind,
  type SpanErrors,
  type VoteCount,
} from "./learn/score/errors.ts";
export { replayChat, ReplayError } from "./learn/chat/replay.ts";
export {
  createRecorder,
  type Exchange,
  type ExchangeError,
  exchangeId,
  type ExchangeRequest,
  type ExchangeSink,
  formatExchange,
  parseTape,
  type Purpose,
  type Reading,
  type Recorder,
} from "./learn/chat/exchanges.ts";
export {
  createExtractor,
  type Extraction,
  type ExtractorOptions,
} from "./learn/rules/extractor.ts";
export { createSpanSynthesizer } from "./learn/spans/synthesizer.ts";
export { type DatasetSplit, splitDataset } from "./learn/data/split.ts";
export { createLlmSynthesizer, type LlmSynthesizerOptions } from "./learn/llm/synthesizer.ts";
export { createPatternSynthesizer } from "./learn/labels/synthesizer.ts";
export type { Confidence, ConfidencePoint } from "./learn/rules/confidence.ts";
export type { Decide } from "./learn/rules/decisions.ts";
export type { Overlaps } from "./learn/rules/overlaps.ts";
export { createPlaybook, type PlaybookEntry, type RunPlaybook } from "./learn/rules/playbook.ts";
export {
  createRule,
  type Proposal,
  type Refusal,
  type RefusalCode,
  type Reweight,
  type Rule,
} from "./learn/rules/rule.ts";
export {
  listAlternatives,
  measureReadability,
  type Readability,
  sayRule,
} from "./learn/rules/reading.ts";
export { parseRules, renderRules, type RuleSet, type RulesOrigin } from "./learn/rules/rule_set.ts";
export type { KeptMatches, LabelMatches, Unfinished } from "./learn/score/label_matches.ts";
export type { SpanItem, SpanMatches } from "./learn/score/span_matches.ts";
export {
  type Cluster,
  createMatches,
  type DecisionOptions,
  type Failures,
  findFailures,
  type LabelScores,
  type Match,
  type Matches,
  type RuleScores,
  score,
  scoreLabels,
  scoreRules,
  type Scores,
  type Split,
} from "./learn/score/scoring.ts";
export type { Json } from "./learn/text/schemas.ts";
export type { Breathe, Doing, Sliced } from "./learn/text/slices.ts";
export type {
  Escalation,
  Feedback,
  Patch,
  PatchState,
  RefitState,
  SynthesisTask,
  Synthesizer,
} from "./learn/synthesizer.ts";
export { type LearnOptions, type LearnResult, learnRules, type Progress } from "./pipeline.ts";
export {
  createPredictor,
  type FoundSpan,
  type LabelPrediction,
  type Prediction,
  type PredictorOptions,
  type SpanPrediction,
} from "./pipeline/predicting.ts";
export type { EvaluationJson, NamedRuleScores } from "./pipeline/evaluating.ts";
export { readPlaybook, readRules, writeRules } from "./pipeline/rule_files.ts";
export {
  type Evaluated,
  formatEvaluation,
  formatMarkdown,
  type FormatOptions,
  formatRuleLife,
  formatRules,
  formatTrace,
  printEvaluation,
  printTrace,
} from "./print.ts";
export {
  type AskedFields,
  type AuditStep,
  type Cause,
  type Change,
  type ComparedFields,
  type CorrectedFields,
  type CritiqueStep,
  type Decision,
  type ExamplesChange,
  explainRule,
  type FailureStep,
  type FinalStep,
  FORMAT_VERSION,
  type IterationStep,
  type KnownScores,
  type OptionChange,
  type Parent,
  parseTrace,
  type ProposedFields,
  type PruneStep,
  readTape,
  readTrace,
  type RebaseChange,
  type Recorded,
  type RecordedError,
  type RecordedPatch,
  type RefitStep,
  type ReplyChange,
  type RestoreStep,
  type ReweightedFields,
  type RuleChange,
  type RuleEvent,
  type RuleLife,
  rulesAt,
  rulesOfTrace,
  type RuleStory,
  type RuleWeights,
  type Run,
  type RunData,
  type RunSplit,
  type Sinks,
  type Step,
  type StepBody,
  type StepEnvelope,
  type StepOf,
  type StepReport,
  type SynthesisStep,
  type Trace,
  TraceError,
  type TraceOptions,
  TraceWriteError,
  type UnloggedFields,
  type VerdictChange,
  verifyTape,
  verifyTrace,
  VERSION,
  type WithoutChange,
  withTrace,
  writeTrace,
} from "./trace.ts";
