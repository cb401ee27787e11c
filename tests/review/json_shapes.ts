/**
 * The JSON that scripts print, as schemas: the compiler holds them to the types that docs/json.md names, and a test
 * holds what scripts print to them. None takes a field that it does not know.
 */
import * as z from "npm:zod@^4";
import { RuleSchema } from "../../learn/rules/rule.ts";
import { ScoresSchema } from "../../learn/score/scores.ts";
import { ParentSchema } from "../../record/parent.ts";
import { RunSchema } from "../../record/schema.ts";
import type { Comparison } from "../../review/compare.ts";
import type { FolderReceipts } from "../../review/replay.ts";
import type { History } from "../../review/history.ts";
import type { RuleEvent, RuleLife } from "../../trace.ts";

const { status, origin, software } = RunSchema.shape;
const { task } = RunSchema.shape.dataset.shape;
const index = z.int().min(0);
const share = z.number().min(0).max(1);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const mean = z.number().min(0);
const readability = z.strictObject({
  labels: index,
  rules: mean,
  alternatives: mean,
  characters: mean,
});
const known = ScoresSchema.partial();
const split = ScoresSchema.shape.on;
const side = z.enum(["before", "after"]);

const labelScores = z.strictObject({
  label: z.string(),
  tp: index,
  fp: index,
  fn: index,
  precision: share,
  recall: share,
  f1: share,
});
const difference = z.strictObject({
  field: z.string(),
  before: z.json().optional(),
  after: z.json().optional(),
});
const facts = z.strictObject({
  id: z.string(),
  dataset: z.string(),
  task,
  status,
  startedAt: z.iso.datetime(),
  digest,
  inputs: digest,
  steps: index,
  rules: index,
  software,
  origin,
});
const pair = z.strictObject({
  by: z.enum(["id", "matches", "pattern", "name"]),
  before: RuleSchema,
  after: RuleSchema,
  changes: z.array(difference),
});
const parted = z.strictObject({
  type: z.enum([
    "synthesis",
    "critique",
    "iteration",
    "audit",
    "restore",
    "prune",
    "refit",
    "final",
    "failure",
  ]),
  iteration: index.optional(),
  phrase: z.string(),
});
const example = z.strictObject({ id: z.string(), line: z.int().min(1).optional() });

/** What `compare.ts BEFORE AFTER --json` prints. */
export const ComparisonShape: z.ZodType<Comparison> = z.strictObject({
  severity: z.enum(["ok", "warn", "alert"]),
  gate: z.enum(["fine", "worse", "incomparable"]),
  identical: z.boolean(),
  findings: z.array(z.strictObject({
    severity: z.enum(["note", "warn", "alert"]),
    code: z.enum([
      "determinism",
      "chance",
      "status",
      "drop",
      "minimum",
      "unmeasured",
      "scores",
      "data",
      "task",
    ]),
    text: z.string(),
  })),
  thresholds: z.strictObject({
    warnDrop: z.number(),
    alertDrop: z.number(),
    failOn: z.enum(["warn", "alert", "never"]),
    minF1: z.number().optional(),
    minLabelF1: z.number().optional(),
  }),
  minimums: z.array(z.strictObject({
    of: z.enum(["f1", "labels"]),
    least: z.number(),
    on: z.enum(["data", "test", "dev"]).optional(),
    f1: share.optional(),
    low: z.array(z.strictObject({ label: z.string(), f1: share, support: z.int().min(1) }))
      .optional(),
    unseen: z.array(z.string()).optional(),
    reached: z.boolean().optional(),
    why: z.string().optional(),
  })),
  before: facts,
  after: facts,
  incomparable: z.array(z.strictObject({ what: z.string(), why: z.string() })),
  differences: z.array(difference),
  parting: z.strictObject({
    step: index,
    before: parted.optional(),
    after: parted.optional(),
    reasons: z.array(z.strictObject({
      what: z.enum([
        "ended",
        "type",
        "failures",
        "candidates",
        "strengths",
        "refused",
        "actions",
        "dropped",
        "verdict",
        "clause",
        "scores",
        "exchanges",
        "other",
      ]),
      text: z.string(),
      only: z.strictObject({ before: z.array(z.string()), after: z.array(z.string()) }).optional(),
    })).min(1),
  }).optional(),
  rules: z.strictObject({
    before: index,
    after: index,
    readability: z.strictObject({ before: readability, after: readability }),
    onData: z.boolean(),
    unchanged: index,
    renamed: z.array(pair),
    changed: z.array(pair),
    lost: z.array(RuleSchema),
    added: z.array(RuleSchema),
  }).optional(),
  scores: z.array(z.strictObject({
    on: split,
    before: known.optional(),
    after: known.optional(),
    points: z.number().optional(),
    why: z.string().optional(),
  })),
  data: z.strictObject({
    name: z.string(),
    digest,
    examples: index,
    match: z.enum(["exact", "text", "partial"]).optional(),
    learnedFrom: z.array(side),
    before: ScoresSchema,
    after: ScoresSchema,
    labels: z.array(z.strictObject({
      label: z.string(),
      before: labelScores.optional(),
      after: labelScores.optional(),
    })),
    gained: z.array(example),
    lost: z.array(example),
    mcnemar: z.strictObject({ gained: index, lost: index, pValue: share }),
    f1: z.strictObject({
      points: z.number(),
      low: z.number(),
      high: z.number(),
      level: share,
      resamples: index,
      seed: z.int(),
    }),
  }).optional(),
});

const copies = z.array(z.strictObject({ file: z.string(), of: z.string() }));

/** What `compare.ts FOLDER --json` prints. */
export const HistoryShape: z.ZodType<History> = z.strictObject({
  runs: z.array(z.strictObject({
    file: z.string(),
    dataset: z.string(),
    task,
    run: z.string(),
    digest,
    status,
    startedAt: z.iso.datetime(),
    synthesizer: z.string(),
    coordinator: z.string(),
    model: z.string().optional(),
    rules: index,
    scores: z.partialRecord(split, known),
    parent: ParentSchema.optional(),
    origin,
    change: z.union([
      z.strictObject({ since: z.string(), on: split, points: z.number() }),
      z.strictObject({ since: z.string(), why: z.string() }),
    ]).optional(),
  })),
  problems: z.array(z.strictObject({ file: z.string(), reason: z.string() })),
  copies,
});

const receipt = {
  run: z.strictObject({ dataset: z.string(), id: z.string() }).optional(),
  verdict: z.enum(["same", "different", "unknown"]),
  cause: z.enum([
    "data",
    "test",
    "options",
    "learner",
    "reply-missing",
    "reply-changed",
    "software",
    "code",
    "nondeterminism",
    "record",
    "interrupted",
  ]).optional(),
  step: index.optional(),
  detail: z.string(),
  steps: z.strictObject({ same: index, of: index }),
  exchanges: z.strictObject({ answered: index, of: index }).optional(),
  digests: z.strictObject({ recorded: digest, replayed: digest.optional() }).optional(),
};

/** What `replay.ts FOLDER --json` prints; for one trace it is one of `runs` without its file. */
export const FolderReceiptsShape: z.ZodType<FolderReceipts> = z.strictObject({
  runs: z.array(z.strictObject({ ...receipt, file: z.string() })),
  copies,
  counts: z.strictObject({ same: index, different: index, unknown: index }),
});

const decision = z.strictObject({
  verdict: z.enum([
    "accepted",
    "rejected",
    "empty",
    "failed",
    "unknown",
    "none",
    "reverted",
    "kept",
  ]),
  clause: z.enum(["f1", "precision"]).optional(),
  forced: z.literal(true).optional(),
  before: known,
  after: known,
  gain: z.number().optional(),
});
const id = RuleSchema.shape.id;
const causes = z.array(z.strictObject({
  expected: z.string().nullable(),
  predicted: z.string().nullable(),
  count: index,
}));

/** An event with its step, and the fields of its kind. */
const event = <Kind extends string, Fields extends z.ZodRawShape>(
  kinds: readonly Kind[],
  fields: Fields,
) =>
  z.strictObject({
    step: index,
    type: parted.shape.type,
    iteration: index.optional(),
    kind: z.enum(kinds),
    ...fields,
  });

const RuleEventShape: z.ZodType<RuleEvent> = z.union([
  event(["started"], { scores: known }),
  event(["synthesized", "refitted"], { scores: known }),
  event(["added"], { instead: id.optional(), causes, decision }),
  event(["rejected"], { instead: id.optional(), causes, decision }),
  event(["created"], {
    action: z.enum(["merge", "tighten"]),
    from: z.array(id),
    reason: z.string(),
    decision,
  }),
  event(["replaced"], { by: id, decision }),
  event(["merged", "tightened"], { into: id, reason: z.string(), decision }),
  event(["removed"], { reason: z.string().optional(), decision: decision.optional() }),
  event(["pruned"], { reason: z.enum(["subsumed", "budget"]), by: id.optional(), decision }),
  event(["spared"], {
    change: z.enum(["replace", "remove", "merge", "tighten", "change", "create"]),
    outcome: z.enum(["rejected", "reverted", "skipped", "unknown"]),
    reason: z.string().optional(),
    decision,
  }),
  event(["unlogged"], { change: z.enum(["came", "went"]) }),
  event(["restored"], { to: index, decision }),
  event(["undone"], { to: index, decision }),
]);

const story = {
  rule: RuleSchema,
  events: z.array(RuleEventShape),
  weights: z.array(z.strictObject({
    step: index,
    weight: z.number().optional(),
    priority: z.number(),
    precision: share.optional(),
    support: index.optional(),
  })),
  final: z.boolean(),
};

/** What `print.ts TRACE --why RULE --json` prints. */
export const RuleLifeShape: z.ZodType<RuleLife> = z.strictObject({
  ...story,
  ancestors: z.array(z.strictObject(story)),
  alternatives: z.array(z.strictObject({
    alternatives: z.array(z.string()).min(1),
    step: index,
    type: parted.shape.type,
    iteration: index.optional(),
    rule: z.string(),
    gained: z.strictObject({ right: z.int(), wrong: z.int() }).optional(),
  })).min(1).optional(),
});
