/**
 * Scores of rule sets and clusters of failures, as a trace holds them.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { RuleId } from "../rules/rule.ts";
import { schemaOf } from "../text/schemas.ts";

/** The part of the examples a score is of: `all` is train and dev together, after a refit. */
export type Split = "train" | "dev" | "test" | "all";

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** The most examples that a cluster names. */
export const MAX_CLUSTER_EXAMPLES = 20;

/**
 * Scores of a rule set. An abstention and a missed span are a false negative, a spurious span a false
 * positive, a wrong label or type both. 0/0 is 0.
 */
export interface Scores {
  /** What the scores are of. */
  readonly on: Split;
  /** How many examples that is. */
  readonly examples: number;
  /** True positives: examples or spans with the right label. */
  readonly tp: number;
  /** False positives. */
  readonly fp: number;
  /** False negatives. */
  readonly fn: number;
  /** Micro-averaged over labels, 0 to 1. */
  readonly precision: number;
  /** Micro-averaged over labels, 0 to 1. */
  readonly recall: number;
  /** Micro-averaged over labels, 0 to 1. */
  readonly f1: number;
  /** The mean of F1 over labels, 0 to 1. */
  readonly macroF1: number;
  /** The share of examples in which all is correct, 0 to 1. */
  readonly exact: number;
}

/** Reads {@linkcode Scores}. */
export const ScoresSchema = schemaOf<Scores>()(z.strictObject({
  on: z.enum(["train", "dev", "test", "all"]),
  examples: count,
  tp: count,
  fp: count,
  fn: count,
  precision: share,
  recall: share,
  f1: share,
  macroF1: share,
  exact: share,
}));

/** The failures with one gold and one predicted label. */
export interface Cluster {
  /** The gold label, `null` for spurious spans. */
  readonly expected: string | null;
  /** The predicted label, `null` if rules abstained or missed a span. */
  readonly predicted: string | null;
  /** How many: examples in classification, else spans. */
  readonly count: number;
  /** Ids of the first examples of the cluster, 20 at most. */
  readonly examples: readonly string[];
  /** Ids of the rules that were added for it. */
  readonly rules: readonly string[];
}

/** Reads a {@linkcode Cluster}. */
export const ClusterSchema = schemaOf<Cluster>()(z.strictObject({
  expected: z.string().nullable(),
  predicted: z.string().nullable(),
  count: z.int().min(1),
  examples: z.array(z.string()).max(MAX_CLUSTER_EXAMPLES),
  rules: z.array(RuleId),
}));
