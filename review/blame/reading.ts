/**
 * Reads blame files, which may come from anywhere: each field is checked.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { RuleId } from "../../learn/rules/rule.ts";
import { Digest } from "../../learn/text/digest.ts";
import { isRecord, parseJson } from "../../learn/text/json.ts";
import { schemaOf } from "../../learn/text/schemas.ts";
import { describeProblem } from "../../record/error.ts";
import { ChangeSchema } from "../../record/parent.ts";
import { FileName, type Step } from "../../record/schema.ts";
import type { EvidenceRating, Interval } from "../significance.ts";
import type { ExampleBlame } from "./examples.ts";
import type { Blame, ForkBlame, SeedBlame } from "./format.ts";
import type { BlamePath } from "./path.ts";
import type { PredictionBlame } from "./prediction.ts";
import type { RulesBlame } from "./rules.ts";

/** The longest blame file that is read, in UTF-16 code units: some 50 MB. */
const MAX_LENGTH = 50_000_000;

const text = z.string();
const texts = z.array(text);
const index = z.int().min(0);
const amount = z.int().min(0);
const share = z.number().min(0).max(1);
const points = z.number().min(-100).max(100);
/** A sum of weights, credits or the like. */
const value = z.number().min(-1e12).max(1e12);
const isTrue = z.literal(true).optional();

const stepType = schemaOf<Step["type"]>()(z.enum([
  "synthesis",
  "critique",
  "iteration",
  "audit",
  "prune",
  "refit",
  "restore",
  "final",
  "failure",
]));
const evidence = schemaOf<EvidenceRating>()(z.enum(["decisive", "suggestive", "no evidence"]));
const interval = schemaOf<Interval>()(z.strictObject({
  points,
  low: value,
  high: value,
  level: share,
  resamples: amount,
  seed: z.int(),
}));

const seeds = schemaOf<SeedBlame>()(z.strictObject({
  seeds: z.array(z.strictObject({ seed: z.int(), digest: Digest, rules: amount, f1: share })).min(
    1,
  ),
  mean: share,
  deviation: share,
  rank: z.int().min(1),
}));

const path = schemaOf<BlamePath>()(z.strictObject({
  examples: amount,
  withoutRules: share,
  steps: z.array(z.strictObject({
    step: index,
    type: stepType,
    iteration: index.optional(),
    rules: amount,
    f1: share,
    points,
    gained: texts,
    lost: texts,
  })),
  points,
  wrong: z.array(z.strictObject({ id: text, since: index.nullable() })),
}));

const forks = schemaOf<ForkBlame>()(z.strictObject({
  trials: z.array(z.strictObject({
    change: ChangeSchema,
    type: z.enum(["iteration", "audit", "prune", "refit", "reply"]),
    step: index,
    digest: Digest,
    rules: amount,
    f1: share,
    gained: amount,
    lost: amount,
    interval,
    evidence,
    luck: z.strictObject({
      seeds: amount,
      results: amount,
      asMuch: amount,
      isBeyondLuck: z.boolean(),
    }).optional(),
    isFinding: z.boolean(),
    isRepeated: isTrue,
  })),
}));

const counted = z.strictObject({ count: amount, examples: texts });
const rules = schemaOf<RulesBlame>()(z.strictObject({
  rules: z.array(z.strictObject({
    rule: RuleId,
    label: text,
    broughtBy: index,
    right: counted,
    wrong: counted,
    without: points,
    credit: z.strictObject({ credit: value, helped: value, harmed: value, error: value }),
  })),
  shared: z.strictObject({ exact: amount, sampled: amount, permutations: amount, seed: z.int() }),
}));

const examples = schemaOf<ExampleBlame>()(z.strictObject({
  clusters: z.strictObject({
    considered: amount,
    threshold: share,
    margin: value,
    clusters: z.array(z.strictObject({
      label: text,
      called: text.optional(),
      rules: z.array(RuleId),
      examples: texts,
      otherwise: amount,
      low: share,
      without: amount,
      onTest: z.strictObject({ found: amount, expected: value, gained: amount, lost: amount })
        .optional(),
      evidence,
    })),
  }).optional(),
  mislabels: z.strictObject({
    folds: amount,
    partitions: amount,
    margin: value,
    examples: z.array(z.strictObject({
      example: text,
      called: text.optional(),
      trials: amount,
      otherwise: amount,
      clearly: amount,
      lead: value,
      evidence,
    })),
  }),
  trainings: amount,
}));

const outcomes = z.array(z.strictObject({
  gold: text.nullable(),
  predicted: text.nullable(),
  isDecided: z.boolean(),
  start: index.optional(),
  end: index.optional(),
}));
const prediction = schemaOf<PredictionBlame>()(z.strictObject({
  example: text,
  isRight: z.boolean(),
  since: index.nullable().optional(),
  outcomes,
  path: z.array(z.strictObject({
    step: index.nullable(),
    type: stepType.optional(),
    isRight: z.boolean(),
    outcomes,
  })),
  votes: z.array(z.strictObject({ label: text, votes: value })),
  rules: z.array(z.strictObject({
    rule: RuleId,
    label: text,
    weight: value,
    broughtBy: index,
    credit: z.strictObject({ correct: value, predicted: value.optional(), error: value }),
  })),
  similar: z.array(z.strictObject({ id: text, labels: texts, share })),
}));

const BlameSchema = schemaOf<Blame>()(z.strictObject({
  format: z.literal("ruletrace-blame"),
  version: z.literal(1),
  run: z.strictObject({ dataset: FileName, id: FileName, digest: Digest }),
  on: z.strictObject({ name: text, digest: text, examples: amount }),
  f1: share,
  seeds: seeds.optional(),
  path,
  forks: forks.optional(),
  rules,
  examples: examples.optional(),
  leaks: z.array(
    z.strictObject({ test: text, example: text, isEqual: z.boolean(), similarity: share }),
  ),
  prediction: prediction.optional(),
  left: texts,
}));

/**
 * Reads what blame says of a run from the text of its file.
 *
 * @param source what errors call the text: `Cannot read <source>: …`
 * @throws {SyntaxError} if it is not JSON, too deep or too long
 * @throws {TypeError} if it is not a blame file, or a field is not as it should be, naming the field
 *
 * @example
 * ```ts
 * import { assertThrows } from "jsr:@std/assert@^1";
 * import { parseBlame } from "./reading.ts";
 *
 * assertThrows(() => parseBlame("{}", "it"), TypeError, "Cannot read it: it is not a blame file");
 * ```
 */
export function parseBlame(text: string, source: string): Blame {
  const document = parseJson(text, source, { maxLength: MAX_LENGTH });
  const refuse = (problem: string) => new TypeError(`Cannot read ${source}: ${problem}`);
  if (!isRecord(document) || document.format !== "ruletrace-blame") {
    throw refuse('it is not a blame file: expected "format": "ruletrace-blame"');
  }
  const parsed = BlameSchema.safeParse(document);
  if (!parsed.success) throw refuse(describeProblem(parsed.error));
  return parsed.data;
}
