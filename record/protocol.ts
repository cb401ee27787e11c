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
  /** How much lower F1 may be for a smaller set; missing if the best set is the one with the highest F1. */
  within: share.optional(),
  /** Whether the run learns once more on all examples. */
  refit: z.boolean(),
  /** Examples that a word of a pattern must be found in; missing in traces from before there was a least number. */
  minSupport: z.int().min(1).optional(),
  incremental: z.boolean(),
  /** How many examples were drawn to learn from and to decide on; missing if all were taken. */
  sampled: z.object({ of: z.int().min(1), learned: z.int().min(1) }).optional(),
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
  /** How many gold items the F1 is of. */
  readonly items: number;
}

/** Returns the standing of a set by its scores. */
export function standingOf(
  { f1, tp, fn }: Pick<Scores, "f1" | "tp" | "fn">,
  size: number,
): Standing {
  return { f1, size, items: tp + fn };
}

/**
 * Ranks the sets of a run: the best has the highest F1, and of sets with that F1 it is the smallest, of these the last. With
 * `within`, it is the smallest of all whose F1 is lower by no more than that, or than one standard error of the highest,
 * if that is more (one-standard-error rule: Breiman et al. 1984), as such a difference can be chance.
 */
export class Standings<RuleSet> {
  readonly #within?: number;
  /** The sets that are the best, or will be if a higher F1 makes those before them too low. */
  #kept: readonly (readonly [Standing, RuleSet])[] = [];

  constructor(within: number | undefined) {
    this.#within = within;
  }

  /** The best set of those that were taken; `undefined` before the first. */
  get best(): RuleSet | undefined {
    return this.#choose(this.#kept)?.[1];
  }

  /** Tells whether a set would be the best. */
  isBetter(standing: Standing): boolean {
    return this.#choose([...this.#kept, [standing, undefined]])?.[0] === standing;
  }

  /** Takes a set into account. */
  take(standing: Standing, set: RuleSet): void {
    const { f1, size } = standing;
    const isBehind = ([one]: readonly [Standing, RuleSet]) => one.f1 <= f1 && one.size >= size;
    const isNever = this.#kept.some((one) =>
      one[0].f1 >= f1 && one[0].size <= size && !isBehind(one)
    );
    if (isNever) return;
    this.#kept = [...this.#kept.filter((one) => !isBehind(one)), [standing, set]];
  }

  #choose<One extends readonly [Standing, unknown]>(sets: readonly One[]): One | undefined {
    const highest = Math.max(0, ...sets.map(([{ f1 }]) => f1));
    return sets.filter(([{ f1, items }]) => {
      const error = items === 0 ? 0 : Math.sqrt(highest * (1 - highest) / items);
      return f1 >= highest - (this.#within === undefined ? 0 : Math.max(this.#within, error));
    }).toSorted(([a], [b]) => b.size - a.size || a.f1 - b.f1).at(-1);
  }
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
