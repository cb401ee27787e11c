/**
 * The interface of a coordinator, which reviews the rules as a whole.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Matches } from "./score/matches.ts";
import { type Proposal, type Rule, RuleId } from "./rules/rule.ts";
import type { Scores } from "./score/scoring.ts";
import type { PatchState, SynthesisTask, Synthesizer } from "./synthesizer.ts";
import { schemaOf } from "./text/schemas.ts";

/** One thing that an audit did, or proposed and did not do. */
export interface AuditAction {
  /** `change` is any other proposal, which is always skipped. */
  readonly kind: "merge" | "remove" | "tighten" | "change";
  /** Ids of the rules that it is about. */
  readonly from: readonly string[];
  /** Id of the rule that replaces them. */
  readonly to?: string;
  /** Whether it was done. */
  readonly outcome: "applied" | "skipped";
  /** Why it was proposed, or why it was skipped: a code, then `: ` and any details. */
  readonly reason: string;
}

/** Reads an {@linkcode AuditAction}. */
export const AuditActionSchema = schemaOf<AuditAction>()(
  z.strictObject({
    kind: z.enum(["merge", "remove", "tighten", "change"]),
    from: z.array(z.string()),
    to: RuleId.optional(),
    outcome: z.enum(["applied", "skipped"]),
    reason: z.string(),
  }).refine(
    ({ kind, outcome }) => kind !== "change" || outcome === "skipped",
    "expected an action of the kind change to be skipped",
  ),
);

/** A change that an audit proposes; `from` holds ids of rules in the set. */
export type AuditProposal =
  | {
    readonly kind: "merge" | "tighten";
    readonly from: readonly string[];
    readonly to: Proposal;
    readonly reason: string;
  }
  | { readonly kind: "remove"; readonly from: readonly string[]; readonly reason: string }
  /** A change that cannot be made, for the record: `reason` says why, a code first. */
  | { readonly kind: "change"; readonly from: readonly string[]; readonly reason: string };

/** The state of a run when a coordinator is asked for a critique or for guidance. */
export interface ReviewState extends Omit<PatchState, "guidance" | "rejected"> {
  /** Scores of the rules on the split that decides. */
  readonly scores: Scores;
}

/** The state of a run when an audit is asked for. */
export interface AuditState {
  /** What is learned, and with which options. */
  readonly task: SynthesisTask;
  /** Between the patches, or after them. */
  readonly phase: "refine" | "final";
  /** The rules of the set. */
  readonly rules: readonly Rule[];
  /** The kept matches of the rules on the examples that rules may be learned from. */
  readonly matches: Matches;
  /** Scores any rules on the split that decides, from kept matches. */
  readonly evaluate: (rules: readonly Rule[]) => Scores;
}

/** A review of the rules in words. */
export interface Critique {
  /** What there is to say of the set. */
  readonly analysis: string;
  /** Advice on a rule, by its id or name, or on all. */
  readonly advice: readonly { readonly rule?: string; readonly text: string }[];
  /** Why a part of the critique is missing. */
  readonly error?: { readonly name: string; readonly message: string };
}

/** Advice for the next patch, in words; `stop` ends the refinement. */
export interface Guidance {
  /** What the next patch should look to. */
  readonly guidance?: string;
  /** Whether to patch no more. */
  readonly stop?: boolean;
}

/** Reviews the rules. If a method returns `undefined`, nothing is recorded. */
export interface Coordinator extends Pick<Synthesizer, "name" | "model" | "settings" | "mayQuote"> {
  /** Reviews the first rules. */
  critique?(state: ReviewState): Critique | undefined | Promise<Critique | undefined>;
  /** Advises the next patch. */
  guide?(state: ReviewState): Guidance | undefined | Promise<Guidance | undefined>;
  /** Proposes changes to the set, which the run reverts if F1 falls on the split that decides. */
  audit?(
    state: AuditState,
  ): readonly AuditProposal[] | undefined | Promise<readonly AuditProposal[] | undefined>;
}
