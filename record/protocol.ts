/**
 * The protocol of `learnRules`: what makes a patch stay and an audit, which rules are the best, when a run
 * stops, and which rules are over its budget. A run decides by these functions, and `verifyTrace` asks the
 * same ones whether it did.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { compareRules, type Decide } from "../learn/rules/decisions.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { Scores } from "../learn/score/scoring.ts";
import type { StepOf } from "./schema.ts";

const share = z.number().min(0).max(1);

/** The settings of a run that its decisions depend on, as its `config` has them. */
export const ProtocolConfig = z.object({
  /** Patches at most; missing if there is no limit. */
  maxIterations: z.int().min(0).optional(),
  /** How many patches in a row may not be accepted; missing if there is no limit. */
  patience: z.int().min(1).optional(),
  tolerance: share,
  target: share.optional(),
  margin: z.number().min(0),
  decide: z.enum(["first", "vote"]),
  threshold: z.number().min(0),
  /** The label if no rule decides. */
  default: z.string().optional(),
  match: z.enum(["exact", "text", "partial"]).optional(),
  overlaps: z.enum(["drop", "keep"]).optional(),
  /** Rules at most; missing if there is no limit. */
  maxRules: z.int().min(1).optional(),
  /** Whether the run learns once more on all examples. */
  refit: z.boolean(),
  /** Examples that a word of a pattern must be found in; missing in traces from before there was a least number. */
  minSupport: z.int().min(1).optional(),
  incremental: z.boolean(),
  test: z.object({ examples: z.int().min(1) }).optional(),
});
/** See the schema of the same name. */
export type ProtocolConfig = Readonly<z.infer<typeof ProtocolConfig>>;

/** The decision on a patch, and why it was accepted. */
export type PatchJudgement = Pick<StepOf<"iteration">, "verdict" | "clause" | "forced">;

type Measured = Pick<Scores, "f1" | "precision">;

/** Accepts a patch that raises F1, or that raises precision and keeps F1 within the tolerance. */
export function judgePatch(before: Measured, after: Measured, tolerance: number): PatchJudgement {
  if (after.f1 > before.f1) return { verdict: "accepted", clause: "f1" };
  return after.f1 >= before.f1 - tolerance && after.precision > before.precision
    ? { verdict: "accepted", clause: "precision" }
    : { verdict: "rejected" };
}

/** Keeps an audit that applied something, unless it lowers F1. */
export function judgeAudit(
  isApplied: boolean,
  before: Pick<Scores, "f1">,
  after: Pick<Scores, "f1">,
): StepOf<"audit">["verdict"] {
  if (!isApplied) return "none";
  return after.f1 >= before.f1 ? "kept" : "reverted";
}

/** A set of rules by its F1 on the split that decides, and its size. */
export interface Standing {
  readonly f1: number;
  readonly size: number;
}

/** Tells whether a set is at least as good as the best so far: by F1, then by fewer rules. */
export function isBetter({ f1, size }: Standing, best: Standing): boolean {
  return f1 > best.f1 || f1 === best.f1 && size <= best.size;
}

/** How far the refinement is. */
export interface RefinementState {
  readonly f1: number;
  /** Patches so far. */
  readonly iterations: number;
  /** Patches in a row that were not accepted. */
  readonly stale: number;
}

/** Returns why a run stops if there are failures left to learn from; `undefined` if it goes on. */
export function findStop(
  { f1, iterations, stale }: RefinementState,
  { target, patience = Infinity, maxIterations = Infinity }: Pick<
    ProtocolConfig,
    "target" | "patience" | "maxIterations"
  >,
): "target" | "stale" | "max-iterations" | undefined {
  if (target !== undefined && f1 >= target) return "target";
  if (stale >= patience) return "stale";
  return iterations >= maxIterations ? "max-iterations" : undefined;
}

/** Returns the weakest rules over `maxRules`, the weakest first. Locked rules count, but are never among them. */
export function findOverBudget(
  rules: readonly Rule[],
  { decide, maxRules = Infinity }: Pick<ProtocolConfig, "decide" | "maxRules">,
): Rule[] {
  return weakestFirst(rules.filter(({ locked }) => !locked), decide)
    .slice(0, Math.max(0, rules.length - maxRules));
}

/** Returns rules from the lowest weight to the highest; in a decision list, from the last to the first. */
export function weakestFirst(rules: readonly Rule[], decide: Decide): Rule[] {
  return rules.toSorted((a, b) =>
    decide === "first"
      ? compareRules(b, a)
      : (a.weight ?? 1) - (b.weight ?? 1) || compareRules(b, a)
  );
}
