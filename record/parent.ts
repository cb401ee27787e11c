/**
 * What a run was made from: another run, and what was changed about it.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { RuleId } from "../learn/rules/rule.ts";
import { Digest } from "../learn/text/digest.ts";
import { type Json, schemaOf } from "../learn/text/schemas.ts";

/** A decision of a step that is taken another way: a verdict on a patch or an audit, or leaving a step out. */
export interface VerdictChange {
  /** Tells it from other changes. */
  readonly kind: "verdict";
  /** Index of the step in the run that is made; up to the first change, the parent's steps have the same. */
  readonly step: number;
  /**
   * The verdict of an iteration (`accepted`, `rejected`) or an audit (`kept`, `reverted`); `skipped` leaves out
   * the prune or the refit that would come as this step. Told twice of one step, it leaves out both.
   */
  readonly to: "accepted" | "rejected" | "kept" | "reverted" | "skipped";
}

/** Rules that may not become rules of the run. */
export interface WithoutChange {
  /** Tells it from other changes. */
  readonly kind: "without";
  /** Their ids. */
  readonly rules: readonly string[];
}

/** Another reply of the model. */
export interface ReplyChange {
  /** Tells it from other changes. */
  readonly kind: "reply";
  /** Id of the exchange. */
  readonly exchange: string;
  /** Digest of the reply's text, which is on the tape of the run. */
  readonly response: string;
}

/** Another option. */
export interface OptionChange {
  /** Tells it from other changes. */
  readonly kind: "option";
  /** Name of an option of `learnRules`, such as `seed`. */
  readonly name: string;
  /** The new value; `null` is no limit, as JSON has no infinity. */
  readonly value: Json;
}

/** Other examples. */
export interface ExamplesChange {
  /** Tells it from other changes. */
  readonly kind: "examples";
  /** Ids of examples that are left out. */
  readonly dropped: readonly string[];
  /** Examples with another gold label. */
  readonly relabelled: readonly { readonly id: string; readonly label: string }[];
}

/** The recorded patches and audits, proposed and decided anew: nobody is asked. */
export interface RebaseChange {
  /** Tells it from other changes. */
  readonly kind: "rebase";
}

/** Something that was changed about a run to make another. */
export type Change =
  | VerdictChange
  | WithoutChange
  | ReplyChange
  | OptionChange
  | ExamplesChange
  | RebaseChange;

/** The run that another was made from. */
export interface Parent {
  /** Digest of its trace. */
  readonly digest: string;
  /** Index of the last step that both have; missing if they have none in common. */
  readonly step?: number;
  /** What was changed, in this order. A trace of format version 1 does not have it. */
  readonly change?: readonly Change[];
}

const index = z.int().min(0);

/** Reads a {@linkcode Change}. */
export const ChangeSchema = schemaOf<Change>()(z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("verdict"),
    step: index,
    to: z.enum(["accepted", "rejected", "kept", "reverted", "skipped"]),
  }),
  z.strictObject({ kind: z.literal("without"), rules: z.array(RuleId).min(1) }),
  z.strictObject({ kind: z.literal("reply"), exchange: Digest, response: Digest }),
  z.strictObject({ kind: z.literal("option"), name: z.string(), value: z.json() }),
  z.strictObject({
    kind: z.literal("examples"),
    dropped: z.array(z.string()),
    relabelled: z.array(z.strictObject({ id: z.string(), label: z.string() })),
  }),
  z.strictObject({ kind: z.literal("rebase") }),
]));

/** Reads a {@linkcode Parent}. */
export const ParentSchema = schemaOf<Parent>()(z.strictObject({
  digest: Digest,
  step: index.optional(),
  change: z.array(ChangeSchema).min(1).optional(),
}));

/** Returns the verdicts that a run was told on patches and audits, by the index of their step. */
export function verdictsOf(parent: Parent | undefined): Map<number, VerdictChange["to"]> {
  return new Map(
    verdictChangesOf(parent).filter(({ to }) => to !== "skipped").map(({ step, to }) => [step, to]),
  );
}

/** Returns how many steps a run was told to leave out, by the index that they would have. */
export function skipsOf(parent: Parent | undefined): Map<number, number> {
  const skips = new Map<number, number>();
  for (const { step, to } of verdictChangesOf(parent)) {
    if (to === "skipped") skips.set(step, (skips.get(step) ?? 0) + 1);
  }
  return skips;
}

/** Returns the verdicts among the changes by which a run was made. */
export function verdictChangesOf(parent: Parent | undefined): VerdictChange[] {
  return (parent?.change ?? []).filter((one) => one.kind === "verdict");
}

/** Returns the ids of the rules that a run was told to do without. */
export function withheldBy(parent: Parent | undefined): Set<string> {
  return new Set((parent?.change ?? []).flatMap((one) => one.kind === "without" ? one.rules : []));
}
