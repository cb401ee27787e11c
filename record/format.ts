/**
 * The record of a learning run: its format, version 3, as types. `schema.ts` reads it.
 *
 * @module
 */
import type { Exchange } from "../learn/chat/exchanges.ts";
import type { AuditAction } from "../learn/coordinator.ts";
import type { Task } from "../learn/data/examples.ts";
import type { Escalation, Feedback } from "../learn/synthesizer.ts";
import type { Confidence } from "../learn/rules/confidence.ts";
import type { RunPlaybook } from "../learn/rules/playbook.ts";
import type { Refusal, Reweight, Rule } from "../learn/rules/rule.ts";
import type { Unfinished } from "../learn/score/label_matches.ts";
import type { Parent } from "./parent.ts";
import type { Cluster, Scores, Split } from "../learn/score/scoring.ts";
import type { Json } from "../learn/text/schemas.ts";

/** Version of this package. */
export const VERSION = "0.1.0";
/** Version of the trace format that this package writes, and the newest that it reads. */
export const FORMAT_VERSION = 3;
/** The protocol by which `learnRules` decides. Another set of decisions gets another name. */
export const PROTOCOL = "ruletrace-1";

/** A run: its data, split, learner and settings. */
export interface Run {
  /** 1 to 100 letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  /** `unknown` if the log of an imported run does not say how it ended. */
  readonly status: "running" | "completed" | "failed" | "aborted" | "unknown";
  /** What was learned from. */
  readonly dataset: RunData;
  /** How the examples were split. For an imported run only the facts of its log. */
  readonly split: RunSplit;
  /** Names of what learned: the synthesizer, the coordinator, and the model if one was asked. */
  readonly learner: {
    readonly synthesizer: string;
    readonly coordinator: string;
    readonly model?: string;
  };
  /** The resolved options that are JSON. */
  readonly config: Readonly<Record<string, Json>>;
  /** What people said of rules and labels, for a model; missing if nothing was. */
  readonly feedback?: readonly Feedback[];
  /** What earlier runs proved, for this one to begin with; missing if it was given nothing. */
  readonly playbook?: RunPlaybook;
  /** The run that this one was made from, by changing something about it. */
  readonly parent?: Parent;
  /**
   * The tool whose log the run was imported from. An imported run may leave out what its log does not say,
   * or call it `unknown`: scores, the split, verdicts, the end.
   */
  readonly origin?: { readonly tool: string; readonly version: string };
  /**
   * The protocol by which the run decided, if it declares one: `ruletrace-1` is that of `learnRules`, see
   * docs/trace.md. A reader holds the run to it.
   */
  readonly protocol?: "ruletrace-1";
  /** Versions of this package and of what ran it. */
  readonly software: { readonly ruletrace: string; readonly runtime: string };
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601; missing while the run goes on. */
  readonly finishedAt?: string;
}

/** The data set of a run. Its texts are not recorded. */
export interface RunData {
  /** 1 to 100 letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /** What the rules are for. */
  readonly task: Task;
  /** All labels, or types of entities. */
  readonly labels: readonly string[];
  /** The number of examples; an imported run may not know it. */
  readonly examples?: number;
  /** Digest of the examples; missing in an imported run. */
  readonly digest?: string;
}

/** How the examples of a run were split. */
export interface RunSplit {
  /** Seed of the split. */
  readonly seed?: number;
  /** Share held out, from 0 to below 1; 0 if nothing was. */
  readonly holdout?: number;
  /** The number of examples that were learned from. */
  readonly train?: number;
  /** Ids of the held-out examples, as far as they are known. */
  readonly dev: readonly string[];
  /** Ids of the examples that are corrections, which are never held out; missing if there are none. */
  readonly corrections?: readonly string[];
}

/** Scores as far as they are known: all of them, unless the run was imported. */
export type KnownScores = Partial<Scores>;

/** An error of a run, without texts of examples. */
export interface RecordedError {
  /** Name of its class. */
  readonly name: string;
  /** Its message. */
  readonly message: string;
}

/** Fields of steps that may ask a model. */
export interface AskedFields {
  /** Ids of exchanges on the tape, in the order of asking. */
  readonly exchanges?: readonly string[];
  /**
   * The digest of the response of each of these exchanges, `null` if it had none; see `responseDigest`. Missing
   * in traces of version 2.
   */
  readonly responses?: readonly (string | null)[];
  /** How many of the replies had to be repaired (cut off, fenced, with words around them). */
  readonly repaired?: number;
}

/** Fields of steps for which rules are proposed. */
export interface ProposedFields extends AskedFields {
  /** Ids of the entries of the playbook that the step began with, or that a model was shown. */
  readonly playbook?: readonly string[];
  /** Requests that went to a second model, in the order of asking. */
  readonly escalated?: readonly Escalation[];
}

/** Fields of steps that may change the strengths of rules. */
export interface ReweightedFields {
  /** Rules that stay, with other strengths. */
  readonly reweighted?: readonly Reweight[];
}

/** Fields of steps that may change what is predicted. */
export interface CorrectedFields {
  /** Ids of corrections that the rules get right from this step on, and did not before. */
  readonly mended?: readonly string[];
  /** Ids of corrections that the rules get wrong from this step on, and did not before. */
  readonly broken?: readonly string[];
}

/** Fields of steps that are judged by scores. */
export interface ComparedFields<S extends KnownScores = KnownScores> {
  /** Scores of the rules before the step. */
  readonly before: S;
  /** Scores with the step's changes, whether or not they stay. */
  readonly after: S;
}

/** Fields of steps before which an imported run may have changed rules. */
export interface UnloggedFields {
  /**
   * Changes to the rules before this step that the log does not explain. Both lists are empty if only the
   * scores are known to have changed.
   */
  readonly unlogged?: { readonly added: readonly string[]; readonly removed: readonly string[] };
}

/** The first rules. */
export interface SynthesisStep<S extends KnownScores = KnownScores>
  extends CorrectedFields, ReweightedFields, ProposedFields {
  /** Tells it from other steps. */
  readonly type: "synthesis";
  /** Rules the run began with. */
  readonly start?: readonly string[];
  /** How many rules were proposed. */
  readonly proposed: number;
  /** Ids of the rules that were added. */
  readonly added: readonly string[];
  /** Proposals that cannot become rules. */
  readonly refused: readonly Refusal[];
  /** Scores of the rules on the split that decides. */
  readonly scores: S;
  /** The error of a part of the step, if the rest of it holds. */
  readonly error?: RecordedError;
}

/** A review in words. */
export interface CritiqueStep extends AskedFields {
  /** Tells it from other steps. */
  readonly type: "critique";
  /** What the coordinator says of the rules. */
  readonly analysis: string;
  /** What it advises, on a rule or on all. */
  readonly advice: readonly { readonly rule?: string; readonly text: string }[];
  /** The error of a part of the step, if the rest of it holds. */
  readonly error?: RecordedError;
}

/** A patch for failures, and whether it was accepted. */
export interface IterationStep<S extends KnownScores = KnownScores>
  extends CorrectedFields, ComparedFields<S>, UnloggedFields, ReweightedFields, ProposedFields {
  /** Tells it from other steps. */
  readonly type: "iteration";
  /**
   * From 1; 0 for a patch of an imported run before its iterations, or for one of whose iteration the log does
   * not tell the number.
   */
  readonly iteration: number;
  /** The failures to learn from. An imported run may not know the count. */
  readonly failures: { readonly count?: number; readonly clusters: readonly Cluster[] };
  /** What the coordinator asked for. */
  readonly guidance?: string;
  /** Labels that an imported run asked to look to first. */
  readonly focus?: readonly string[];
  /** The name of the prompt that an imported run asked with. */
  readonly prompt?: string;
  /** Scores on train, which an imported run may have. */
  readonly train?: S;
  /** The changes that were proposed. */
  readonly patch: RecordedPatch;
  /** `unknown` if the log of an imported run does not say it; the rules stay as they were. */
  readonly verdict: "accepted" | "rejected" | "empty" | "failed" | "unknown";
  /**
   * Why it was accepted: F1 rose, or stayed within the tolerance while precision rose. An imported run may
   * have accepted a patch for neither.
   */
  readonly clause?: "f1" | "precision";
  /** Whether the verdict is the one that the run was told, against what the scores say. */
  readonly forced?: true;
  /** Whether the set after this step is the best so far. Missing if the log of an imported run does not tell. */
  readonly best?: boolean;
  /** The error of a part of the step, if the rest of it holds. */
  readonly error?: RecordedError;
}

/** A patch by the ids of its rules. */
export interface RecordedPatch {
  /** Ids of rules that it adds. */
  readonly added: readonly string[];
  /** Ids of rules that it replaces, and of those that take their place. */
  readonly replaced: readonly { readonly from: string; readonly to: string }[];
  /** Ids of rules that it removes. */
  readonly removed: readonly string[];
  /** Proposals that cannot become rules. */
  readonly refused: readonly Refusal[];
  /** How many rules it reweighted. They are listed only if it was accepted. */
  readonly reweighted?: number;
}

/** A review of the whole set. */
export interface AuditStep<S extends KnownScores = KnownScores>
  extends CorrectedFields, ComparedFields<S>, UnloggedFields, ReweightedFields, AskedFields {
  /** Tells it from other steps. */
  readonly type: "audit";
  /** Between the patches, or after them. */
  readonly phase: "refine" | "final";
  /** What it did, or proposed and did not do. */
  readonly actions: readonly AuditAction[];
  /** `unknown` if the log of an imported run does not say it; the rules stay as they were. */
  readonly verdict: "kept" | "reverted" | "none" | "unknown";
  /** Whether the verdict is the one that the run was told, against what the scores say. */
  readonly forced?: true;
  /** The error of a part of the step, if the rest of it holds. */
  readonly error?: RecordedError;
}

/** The return to the best set. */
export interface RestoreStep<S extends KnownScores = KnownScores>
  extends CorrectedFields, ComparedFields<S> {
  /** Tells it from other steps. */
  readonly type: "restore";
  /** Index of the step whose rules are restored. */
  readonly to: number;
}

/** The removal of rules that are not needed. */
export interface PruneStep<S extends KnownScores = KnownScores>
  extends CorrectedFields, ComparedFields<S>, ReweightedFields {
  /** Tells it from other steps. */
  readonly type: "prune";
  /** The rules that were dropped, and why. `by` is the rule that matches all that a dropped one matched. */
  readonly dropped: readonly {
    readonly rule: string;
    readonly reason: "subsumed" | "budget";
    readonly by?: string;
  }[];
}

/** Learning once more, on train and dev. */
export interface RefitStep<S extends KnownScores = KnownScores>
  extends CorrectedFields, ReweightedFields, AskedFields {
  /** Tells it from other steps. */
  readonly type: "refit";
  /** How many rules were proposed. */
  readonly proposed: number;
  /** Ids of the rules that were added. */
  readonly added: readonly string[];
  /** Ids of the rules that were removed. */
  readonly removed: readonly string[];
  /** Proposals that cannot become rules. */
  readonly refused: readonly Refusal[];
  /** Scores of the rules on all examples. */
  readonly scores: S;
  /** The error of a part of the step, if the rest of it holds. */
  readonly error?: RecordedError;
}

/** The end of a run. */
export interface FinalStep extends UnloggedFields, ReweightedFields {
  /** Tells it from other steps. */
  readonly type: "final";
  /** Ids of the rules, in their order. */
  readonly rules: readonly string[];
  /** Their scores: on train, on dev if examples are held out, on `all` after a refit, on any test set. */
  readonly scores: { readonly [On in Split]?: Scores };
  /** Why the refinement stopped. */
  readonly stop: "no-failures" | "target" | "max-iterations" | "coordinator" | "stale" | "unknown";
  /** Rules for which a search was given up before the end of a text; missing if there are none. */
  readonly unfinished?: readonly Unfinished[];
  /**
   * How often labels were correct on dev by their margin, before any refit; missing unless rules vote and
   * examples were held out.
   */
  readonly confidence?: Confidence;
  /** Ids of the corrections that the rules at the end get wrong; missing if the run has no corrections. */
  readonly wrong?: readonly string[];
}

/** The end of a run that threw. */
export interface FailureStep extends AskedFields {
  /** Tells it from other steps. */
  readonly type: "failure";
  /** Where in the run it happened. */
  readonly stage: string;
  /** What was thrown. */
  readonly error: RecordedError;
}

/** A step as a learner reports it. */
export type StepBody<S extends KnownScores = KnownScores> =
  | SynthesisStep<S>
  | CritiqueStep
  | IterationStep<S>
  | AuditStep<S>
  | RestoreStep<S>
  | PruneStep<S>
  | RefitStep<S>
  | FinalStep
  | FailureStep;

/** Fields that the recording adds to a step. */
export interface StepEnvelope {
  /** Its place in the trace, from 0. */
  readonly index: number;
  /** The time at which it was reported, ISO 8601. */
  readonly at: string;
  /** Milliseconds since the step before it. */
  readonly took: number;
  /** Digest of the chain up to this step. */
  readonly digest: string;
}

/** A step in a trace. */
export type Step<S extends KnownScores = KnownScores> = StepEnvelope & StepBody<S>;

/** A step of one type. */
export type StepOf<T extends Step["type"], S extends KnownScores = KnownScores> = Extract<
  Step<S>,
  { readonly type: T }
>;

/** A whole trace. `S` is {@linkcode Scores} if all are known, as in the record of a run that was not imported. */
export interface Trace<S extends KnownScores = KnownScores> {
  /** Tells it from other files. */
  readonly format: "ruletrace";
  /** Version of the format. Nobody can prove the replies of version 2 later, so that it stays what it is. */
  readonly version: 2 | typeof FORMAT_VERSION;
  /** The run's data, split, learner and settings. */
  readonly run: Run;
  /** Every rule that was proposed, once, as first proposed, by its id. */
  readonly rules: Readonly<Record<string, Rule>>;
  /** What happened, in order. */
  readonly steps: readonly Step<S>[];
  /** Digest of the trace. */
  readonly digest: string;
}

/** A report of a learner: a step, and the rules first seen in it. */
export interface StepReport {
  /** The step. Its scores are all known. */
  readonly step: StepBody<Scores>;
  /** The rules first seen in it. */
  readonly rules: readonly Rule[];
}

/** Sinks to which a learner reports; all are called synchronously. */
export interface Sinks {
  /** Called once, before learning. */
  onStart?(run: Run): void;
  /** Called after each step. */
  onStep?(report: StepReport): void;
  /** Called after each exchange with a model, even a failed one, and before the step that it led to. */
  onExchange?(exchange: Exchange): void;
}
