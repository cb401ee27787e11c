/**
 * What looks over the rules as a whole: the interface, and its deterministic form.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Example } from "./data/examples.ts";
import type { Matches } from "./score/matches.ts";
import { type Proposal, type Rule, RuleId } from "./rules/rule.ts";
import type { Failures, Scores } from "./score/scoring.ts";
import type { SynthesisTask } from "./synthesizer.ts";

/** One thing an audit did or meant to do. */
export const AuditAction = z.strictObject({
  /** `change`: anything else that was meant, which is always skipped. */
  kind: z.enum(["merge", "remove", "tighten", "change"]),
  /** Ids of the rules it is about. */
  from: z.array(z.string()),
  /** The rule they became. */
  to: RuleId.optional(),
  outcome: z.enum(["applied", "skipped"]),
  /** Why it was meant, or for a skipped one why not: a code, then `: ` and detail where there is any. */
  reason: z.string(),
}).refine(
  ({ kind, outcome }) => kind !== "change" || outcome === "skipped",
  "expected an action of the kind change to be skipped",
);

/** See the schema of the same name. */
export type AuditAction = Readonly<z.infer<typeof AuditAction>>;

/** What an audit wants done; `from` holds ids of rules in the set. */
export type AuditProposal =
  | {
    readonly kind: "merge" | "tighten";
    readonly from: readonly string[];
    readonly to: Proposal;
    readonly reason: string;
  }
  | { readonly kind: "remove"; readonly from: readonly string[]; readonly reason: string }
  /** What cannot be done, for the record: `reason` says why not, a code first. */
  | { readonly kind: "change"; readonly from: readonly string[]; readonly reason: string };

/** The state of a run when a coordinator is asked. */
export interface ReviewState {
  readonly task: SynthesisTask;
  readonly iteration: number;
  /** The examples rules may be learned from; never the held-out ones. */
  readonly train: readonly Example[];
  readonly rules: readonly Rule[];
  /** The kept matches of `rules` on `train`. */
  readonly matches: Matches;
  /** Failures on `train`. */
  readonly failures: Failures;
  /** Scores of the rules on the split that decides. */
  readonly scores: Scores;
}

/** The state of a run when an audit is asked for. */
export interface AuditState {
  readonly task: SynthesisTask;
  readonly phase: "refine" | "final";
  readonly rules: readonly Rule[];
  /** The matches of the rules on the examples rules may be learned from. */
  readonly matches: Matches;
  /** Scores of any rules on the split that decides, from kept matches. */
  readonly evaluate: (rules: readonly Rule[]) => Scores;
}

/** What a critique says of the rules. */
export interface Critique {
  readonly analysis: string;
  readonly advice: readonly { readonly rule?: string; readonly text: string }[];
  /** What of the critique cannot be given, where the rest of it stands. */
  readonly error?: { readonly name: string; readonly message: string };
}

/** What a coordinator wants of the next patch; `stop` ends the refinement. */
export interface Guidance {
  readonly guidance?: string;
  readonly stop?: boolean;
}

type Maybe<T> = T | undefined | Promise<T | undefined>;

/** Looks over the rules; where a method gives `undefined`, nothing is recorded. */
export interface Coordinator {
  readonly name: string;
  /** Name of the language model that it asks, where it does. */
  readonly model?: string;
  /** Settings that the trace records with the run, as JSON. */
  readonly settings?: Readonly<Record<string, unknown>>;
  critique?(state: ReviewState): Maybe<Critique>;
  guide?(state: ReviewState): Maybe<Guidance>;
  /** Changes to the set as a whole. The run takes them back if F1 on the deciding split falls. */
  audit?(state: AuditState): Maybe<readonly AuditProposal[]>;
}
