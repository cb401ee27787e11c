/**
 * The record of a learning run: its types, which `format.ts` writes out with what each field is, and the
 * schemas that read them.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { AuditActionSchema } from "../learn/coordinator.ts";
import { DatasetName } from "../learn/data/names.ts";
import { ConfidenceSchema } from "../learn/rules/confidence.ts";
import { RunPlaybookSchema } from "../learn/rules/playbook.ts";
import { RefusalSchema, ReweightSchema, RuleId, RuleSchema } from "../learn/rules/rule.ts";
import { EscalationSchema, FeedbackSchema } from "../learn/synthesizer.ts";
import { ClusterSchema, ScoresSchema } from "../learn/score/scores.ts";
import { Digest } from "../learn/text/digest.ts";
import { schemaOf } from "../learn/text/schemas.ts";
import {
  FORMAT_VERSION,
  PROTOCOL,
  type Run,
  type Step,
  type StepBody,
  type Trace,
} from "./format.ts";
import { ParentSchema } from "./parent.ts";

export * from "./format.ts";

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

/** Reads a {@linkcode Run}. */
export const RunSchema = schemaOf<Run>()(z.strictObject({
  id: FileName,
  status: z.enum(["running", "completed", "failed", "aborted", "unknown"]),
  dataset: z.strictObject({
    name: FileName,
    task: z.enum(["classification", "extraction", "ner"]),
    labels: z.array(text),
    examples: index.optional(),
    digest: Digest.optional(),
  }),
  split: z.strictObject({
    seed: z.int().optional(),
    holdout: z.number().min(0).lt(1).optional(),
    train: index.optional(),
    dev: z.array(text),
    corrections: z.array(text).min(1).optional(),
  }),
  learner: z.strictObject({ synthesizer: text, coordinator: text, model: text.optional() }),
  config: z.unknown().superRefine(refuseHidden).pipe(z.record(text, z.json())),
  feedback: z.array(FeedbackSchema).min(1).optional(),
  playbook: RunPlaybookSchema.optional(),
  parent: ParentSchema.optional(),
  origin: z.strictObject({ tool: text, version: text }).optional(),
  protocol: z.literal(PROTOCOL).optional(),
  software: z.strictObject({ ruletrace: text, runtime: text }),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
}));

const failure = z.strictObject({ name: text, message: text });

const changes = { reweighted: z.array(ReweightSchema).optional() };
const asked = {
  exchanges: z.array(text).optional(),
  responses: z.array(Digest.nullable()).optional(),
  repaired: z.int().min(1).optional(),
};
const proposed = {
  ...asked,
  playbook: z.array(text).optional(),
  escalated: z.array(EscalationSchema).min(1).optional(),
};
const knownScores = ScoresSchema.partial();
const corrected = {
  mended: z.array(text).min(1).optional(),
  broken: z.array(text).min(1).optional(),
};
const compared = { before: knownScores, after: knownScores };
const unlogged = { unlogged: z.strictObject({ added: ids, removed: ids }).optional() };
const failed = { error: failure.optional() };

const bodies = {
  synthesis: {
    type: z.literal("synthesis"),
    start: ids.optional(),
    proposed: index,
    added: ids,
    refused: z.array(RefusalSchema),
    scores: knownScores,
    ...failed,
    ...corrected,
    ...changes,
    ...proposed,
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
    iteration: z.int().min(0),
    failures: z.strictObject({ count: index.optional(), clusters: z.array(ClusterSchema) }),
    guidance: text.optional(),
    focus: z.array(text).optional(),
    prompt: text.optional(),
    train: knownScores.optional(),
    patch: z.strictObject({
      added: ids,
      replaced: z.array(z.strictObject({ from: RuleId, to: RuleId })),
      removed: ids,
      refused: z.array(RefusalSchema),
      reweighted: index.optional(),
    }),
    verdict: z.enum(["accepted", "rejected", "empty", "failed", "unknown"]),
    clause: z.enum(["f1", "precision"]).optional(),
    forced: z.literal(true).optional(),
    ...compared,
    best: z.boolean().optional(),
    ...failed,
    ...corrected,
    ...unlogged,
    ...changes,
    ...proposed,
  },
  audit: {
    type: z.literal("audit"),
    phase: z.enum(["refine", "final"]),
    actions: z.array(AuditActionSchema),
    verdict: z.enum(["kept", "reverted", "none", "unknown"]),
    forced: z.literal(true).optional(),
    ...compared,
    ...failed,
    ...corrected,
    ...unlogged,
    ...changes,
    ...asked,
  },
  restore: {
    type: z.literal("restore"),
    to: index,
    ...compared,
    ...corrected,
  },
  prune: {
    type: z.literal("prune"),
    dropped: z.array(z.strictObject({
      rule: RuleId,
      reason: z.enum(["subsumed", "budget"]),
      by: RuleId.optional(),
    })),
    ...compared,
    ...corrected,
    ...changes,
  },
  refit: {
    type: z.literal("refit"),
    proposed: index,
    added: ids,
    removed: ids,
    refused: z.array(RefusalSchema),
    scores: knownScores,
    ...failed,
    ...corrected,
    ...changes,
    ...asked,
  },
  final: {
    type: z.literal("final"),
    rules: ids,
    scores: z.strictObject({
      train: ScoresSchema.optional(),
      dev: ScoresSchema.optional(),
      all: ScoresSchema.optional(),
      test: ScoresSchema.optional(),
    }),
    stop: z.enum(["no-failures", "target", "max-iterations", "coordinator", "stale", "unknown"]),
    unfinished: z.array(z.strictObject({ rule: RuleId, texts: z.int().min(1) })).min(1).optional(),
    confidence: ConfidenceSchema.optional(),
    wrong: z.array(text).optional(),
    ...unlogged,
    ...changes,
  },
  failure: {
    type: z.literal("failure"),
    stage: text,
    error: failure,
    ...asked,
  },
};

/** Reads a {@linkcode StepBody}. */
export const StepBodySchema = schemaOf<StepBody>()(z.discriminatedUnion("type", [
  z.strictObject(bodies.synthesis),
  z.strictObject(bodies.critique),
  z.strictObject(bodies.iteration),
  z.strictObject(bodies.audit),
  z.strictObject(bodies.restore),
  z.strictObject(bodies.prune),
  z.strictObject(bodies.refit),
  z.strictObject(bodies.final),
  z.strictObject(bodies.failure),
]));

/** Fields that the recording adds. The `type` is here so that it is the second member of each step. */
const envelope = {
  index,
  type: text,
  at: z.iso.datetime(),
  took: z.number().min(0),
  digest: Digest,
};

/** Reads a {@linkcode Step}. */
export const StepSchema = schemaOf<Step>()(z.discriminatedUnion("type", [
  z.strictObject({ ...envelope, ...bodies.synthesis }),
  z.strictObject({ ...envelope, ...bodies.critique }),
  z.strictObject({ ...envelope, ...bodies.iteration }),
  z.strictObject({ ...envelope, ...bodies.audit }),
  z.strictObject({ ...envelope, ...bodies.restore }),
  z.strictObject({ ...envelope, ...bodies.prune }),
  z.strictObject({ ...envelope, ...bodies.refit }),
  z.strictObject({ ...envelope, ...bodies.final }),
  z.strictObject({ ...envelope, ...bodies.failure }),
]));

/** Reads a {@linkcode Trace}. */
export const TraceSchema = schemaOf<Trace>()(z.strictObject({
  format: z.literal("ruletrace"),
  version: z.union([z.literal(2), z.literal(FORMAT_VERSION)]),
  run: RunSchema,
  rules: z.unknown().superRefine(refuseHidden).pipe(z.record(RuleId, RuleSchema)),
  steps: z.array(StepSchema),
  digest: Digest,
}));
