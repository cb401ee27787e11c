/**
 * The record of a learning run: its shape, format version 1.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Exchange } from "../learn/chat/exchanges.ts";
import { AuditAction } from "../learn/coordinator.ts";
import { DatasetName } from "../learn/data/dataset.ts";
import { Refusal, Reweight, Rule, RuleId } from "../learn/rules/rule.ts";
import { Cluster, Scores } from "../learn/score/scoring.ts";
import { Digest } from "../learn/text/digest.ts";

/** Version of this package. */
export const VERSION = "0.1.0";
/** Version of the trace format that this package writes, and the newest that it reads. */
export const FORMAT_VERSION = 1;

const text = z.string();
const index = z.int().min(0);
const ids = z.array(RuleId);

/** The deepest nesting of a value of `config`. */
const MAX_DEPTH = 32;

/** Refuses deep nesting, and members named `__proto__`, which a record would silently lose. */
function refuseHidden(value: unknown, context: z.RefinementCtx): void {
  const message = findHidden(value, 0);
  if (message !== undefined) context.addIssue({ code: "custom", message });
}

function findHidden(value: unknown, depth: number): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, "__proto__")) return "a member may not be named __proto__";
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`;
  for (const member of Object.values(value)) {
    const message = findHidden(member, depth + 1);
    if (message !== undefined) return message;
  }
  return undefined;
}

/** A name that becomes a part of file names: of a run or a data set. */
export const FileName = DatasetName;

/** A run: its data, split, learner and settings. */
export const Run = z.strictObject({
  id: FileName,
  /** `unknown` if the log of an imported run does not say how it ended. */
  status: z.enum(["running", "completed", "failed", "aborted", "unknown"]),
  dataset: z.strictObject({
    name: FileName,
    task: z.enum(["classification", "extraction", "ner"]),
    labels: z.array(text),
    /** The number of examples; an imported run may not know it. */
    examples: index.optional(),
    /** Missing in an imported run. */
    digest: Digest.optional(),
  }),
  /** For an imported run only the facts of its log, mostly just an empty `dev`. */
  split: z.strictObject({
    seed: z.int().optional(),
    /** Share held out, from 0 to below 1; 0 if nothing was. */
    holdout: z.number().min(0).lt(1).optional(),
    train: index.optional(),
    /** Ids of the held-out examples, as far as they are known. */
    dev: z.array(text),
  }),
  learner: z.strictObject({ synthesizer: text, coordinator: text, model: text.optional() }),
  /** The resolved options that are JSON. */
  config: z.unknown().superRefine(refuseHidden).pipe(z.record(text, z.json())),
  /** The step of another trace that this run continues. */
  parent: z.strictObject({ digest: Digest, step: index }).optional(),
  /**
   * The tool whose log the run was imported from. An imported run may leave out what its log does not say,
   * or call it `unknown`: scores, the split, verdicts, the end.
   */
  origin: z.strictObject({ tool: text, version: text }).optional(),
  software: z.strictObject({ ruletrace: text, runtime: text }),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
});
/** See the schema of the same name. */
export type Run = Readonly<z.infer<typeof Run>>;

const failure = z.strictObject({ name: text, message: text });

/** Fields of any step that changes rules. */
const changes = { reweighted: z.array(Reweight).optional() };
/**
 * Fields of any step that asked a model: ids of exchanges on the tape, in the order of asking, and how many
 * of the replies had to be repaired (cut off, fenced, with words around them).
 */
const asked = { exchanges: z.array(text).optional(), repaired: z.int().min(1).optional() };

/** Scores as far as they are known: all of them, unless the run was imported. */
export const KnownScores = Scores.partial();
/** See the schema of the same name. */
export type KnownScores = Readonly<z.infer<typeof KnownScores>>;

const compared = { before: KnownScores, after: KnownScores };

/**
 * Changes to the rules before this step that the log of an imported run does not explain. Both lists are
 * empty if only the scores are known to have changed.
 */
const unlogged = { unlogged: z.strictObject({ added: ids, removed: ids }).optional() };
/** The error of a part of a step, if the rest of it holds. */
const failed = { error: failure.optional() };

const bodies = {
  synthesis: {
    type: z.literal("synthesis"),
    /** Rules the run began with. */
    start: ids.optional(),
    proposed: index,
    added: ids,
    refused: z.array(Refusal),
    scores: KnownScores,
    ...failed,
    ...changes,
    ...asked,
  },
  critique: {
    type: z.literal("critique"),
    analysis: text,
    advice: z.array(z.strictObject({ rule: text.optional(), text })),
    ...failed,
    ...asked,
  },
  iteration: {
    type: z.literal("iteration"),
    /** From 1; 0 for a patch of an imported run before its iterations. */
    iteration: z.int().min(0),
    /** An imported run may not know the count. */
    failures: z.strictObject({ count: index.optional(), clusters: z.array(Cluster) }),
    guidance: text.optional(),
    /** Labels that an imported run asked to look to first. */
    focus: z.array(text).optional(),
    /** The name of the prompt that an imported run asked with. */
    prompt: text.optional(),
    /** Scores on train, which an imported run may have. */
    train: KnownScores.optional(),
    patch: z.strictObject({
      added: ids,
      replaced: z.array(z.strictObject({ from: RuleId, to: RuleId })),
      removed: ids,
      refused: z.array(Refusal),
      /** How many rules it reweighted. They are listed only if it was accepted. */
      reweighted: index.optional(),
    }),
    /** `unknown` if the log of an imported run does not say it; the rules stay as they were. */
    verdict: z.enum(["accepted", "rejected", "empty", "failed", "unknown"]),
    /**
     * Why it was accepted: F1 rose, or stayed within the tolerance while precision rose. An imported run
     * may have accepted a patch for neither.
     */
    clause: z.enum(["f1", "precision"]).optional(),
    ...compared,
    /** Whether the set after this step is the best so far. */
    best: z.boolean(),
    ...failed,
    ...unlogged,
    ...changes,
    ...asked,
  },
  audit: {
    type: z.literal("audit"),
    phase: z.enum(["refine", "final"]),
    actions: z.array(AuditAction),
    /** `unknown` as for an iteration. */
    verdict: z.enum(["kept", "reverted", "none", "unknown"]),
    ...compared,
    ...failed,
    ...unlogged,
    ...changes,
    ...asked,
  },
  restore: {
    type: z.literal("restore"),
    /** The step whose rules are restored. */
    to: index,
    ...compared,
  },
  prune: {
    type: z.literal("prune"),
    dropped: z.array(z.strictObject({
      rule: RuleId,
      reason: z.enum(["subsumed", "budget"]),
      /** The rule that matches all it matched. */
      by: RuleId.optional(),
    })),
    ...compared,
    ...changes,
  },
  refit: {
    type: z.literal("refit"),
    proposed: index,
    added: ids,
    removed: ids,
    refused: z.array(Refusal),
    scores: KnownScores,
    ...failed,
    ...changes,
    ...asked,
  },
  final: {
    type: z.literal("final"),
    rules: ids,
    scores: z.strictObject({
      train: Scores.optional(),
      dev: Scores.optional(),
      all: Scores.optional(),
      test: Scores.optional(),
    }),
    stop: z.enum(["no-failures", "target", "max-iterations", "coordinator", "stale", "unknown"]),
    ...unlogged,
    ...changes,
  },
  failure: {
    type: z.literal("failure"),
    /** Where in the run it happened. */
    stage: text,
    error: failure,
    ...asked,
  },
};

/** A step as a learner reports it. */
export const StepBody = z.discriminatedUnion("type", [
  z.strictObject(bodies.synthesis),
  z.strictObject(bodies.critique),
  z.strictObject(bodies.iteration),
  z.strictObject(bodies.audit),
  z.strictObject(bodies.restore),
  z.strictObject(bodies.prune),
  z.strictObject(bodies.refit),
  z.strictObject(bodies.final),
  z.strictObject(bodies.failure),
]);
/** See the schema of the same name. */
export type StepBody = Readonly<z.infer<typeof StepBody>>;

/**
 * Fields that the recording adds: index, time (ISO 8601), duration (milliseconds), digest of the chain. The
 * `type` is here so that it is the second member of each step.
 */
const envelope = {
  index,
  type: text,
  at: z.iso.datetime(),
  took: z.number().min(0),
  digest: Digest,
};

/** A step in a trace. */
export const Step = z.discriminatedUnion("type", [
  z.strictObject({ ...envelope, ...bodies.synthesis }),
  z.strictObject({ ...envelope, ...bodies.critique }),
  z.strictObject({ ...envelope, ...bodies.iteration }),
  z.strictObject({ ...envelope, ...bodies.audit }),
  z.strictObject({ ...envelope, ...bodies.restore }),
  z.strictObject({ ...envelope, ...bodies.prune }),
  z.strictObject({ ...envelope, ...bodies.refit }),
  z.strictObject({ ...envelope, ...bodies.final }),
  z.strictObject({ ...envelope, ...bodies.failure }),
]);
/** See the schema of the same name. */
export type Step = Readonly<z.infer<typeof Step>>;

/** A step of one type. */
export type StepOf<T extends Step["type"]> = Extract<Step, { type: T }>;

/** A whole trace. */
export const Trace = z.strictObject({
  format: z.literal("ruletrace"),
  version: z.literal(FORMAT_VERSION),
  run: Run,
  /** Every rule that was proposed, once, as first proposed. */
  rules: z.unknown().superRefine(refuseHidden).pipe(z.record(RuleId, Rule)),
  steps: z.array(Step),
  digest: Digest,
});
/** See the schema of the same name. */
export type Trace = Readonly<z.infer<typeof Trace>>;

/** A report of a learner: a step, and the rules first seen in it. */
export interface StepReport {
  readonly step: StepBody;
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
