/**
 * The interface of a synthesizer, which proposes rules. The embedded ones implement it, and yours
 * may.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Example, Task } from "./data/examples.ts";
import type { Decide } from "./rules/decisions.ts";
import type { ExchangeSink } from "./chat/exchanges.ts";
import type { Match, Matches } from "./score/matches.ts";
import type { Overlaps } from "./rules/overlaps.ts";
import type { PlaybookEntry } from "./rules/playbook.ts";
import type { Proposal, Refusal, Reweight, Rule } from "./rules/rule.ts";
import type { Failures } from "./score/scoring.ts";
import { schemaOf } from "./text/schemas.ts";
import type { Breathe } from "./text/slices.ts";

/**
 * The number of different examples that a word, or a run of words, must be found in to be written in
 * a pattern, unless the option `minSupport` says another.
 */
export const MIN_SUPPORT = 2;

/** What a person says of a rule, of a label or of all, for a model that writes rules. */
export interface Feedback {
  /** The words. */
  readonly text: string;
  /** The label that they are about. */
  readonly label?: string;
  /** Id or name of the rule that they are about. */
  readonly rule?: string;
}

/** Reads a {@linkcode Feedback}. */
export const FeedbackSchema = schemaOf<Feedback>()(z.strictObject({
  text: z.string().min(1).max(4_000),
  label: z.string().min(1).optional(),
  rule: z.string().min(1).optional(),
}));

/** A request that went to a second model, as the reply of the first would not do. */
export interface Escalation {
  /**
   * What was wrong with the reply: there was none that could be read (`failed`), or nothing of it passed the gate, as
   * its rules may not run or the examples contradict them (`gate`). Or the patch before was not accepted, so that the
   * first model was not asked (`rejected`).
   */
  readonly reason: "failed" | "gate" | "rejected";
  /** The model that was asked instead. */
  readonly to: string;
  /** The label whose first rules were asked for, if it was one. */
  readonly label?: string;
}

/** Reads an {@linkcode Escalation}. */
export const EscalationSchema = schemaOf<Escalation>()(z.strictObject({
  reason: z.enum(["failed", "gate", "rejected"]),
  to: z.string(),
  label: z.string().optional(),
}));

/** The data set and the options of a run, as far as synthesizers need them. */
export interface SynthesisTask {
  /** Name of the data set. */
  readonly name: string;
  /** What the rules are for. */
  readonly task: Task;
  /** Labels of the data set, sorted. */
  readonly labels: readonly string[];
  /** How rules decide. */
  readonly decide: Decide;
  /** When a predicted span is correct; not given in classification. */
  readonly match?: Match;
  /** Which of the predicted spans that overlap stay; not given in classification. */
  readonly overlaps?: Overlaps;
  /** A label is predicted if it has more votes than this, ≥ 0. */
  readonly threshold: number;
  /** The label that is predicted if no rule decides. */
  readonly default?: string;
  /** A correct decision with a smaller lead in votes is still a failure to learn from, ≥ 0. */
  readonly margin: number;
  /** Seed of any random choice. */
  readonly seed: number;
  /** Most rules of the set. */
  readonly maxRules?: number;
  /** Small sets are looked for: the smallest whose F1 is lower than the highest by no more than this, 0 to 1. */
  readonly within?: number;
  /**
   * Least number of different examples that a word, or a run of words, must be found in to be
   * written in a pattern, ≥ 1. By default, 2.
   */
  readonly minSupport?: number;
  /**
   * Ids of rules that the run is to do without: it refuses them. A synthesizer that leaves them out itself can
   * propose others in their place.
   */
  readonly withheld?: ReadonlySet<string>;
  /**
   * Ids of the rules that the run began with. They should go only if the examples contradict them: that they do
   * not occur here says nothing.
   */
  readonly given?: ReadonlySet<string>;
  /** Ids of examples that are corrections: they should weigh more than others. */
  readonly corrections?: ReadonlySet<string>;
  /** What people said of rules and labels. */
  readonly feedback?: readonly Feedback[];
  /** What earlier runs proved: kinds of failures, and rules that mended them. */
  readonly playbook?: readonly PlaybookEntry[];
  /** Aborts when the run is given up. */
  readonly signal?: AbortSignal;
  /**
   * Says how far the work of a method is, from 0 to 1, and what it does now, and lets the terminal and
   * Ctrl-C be served: `await task.breathe?.(done / all, "reading texts")`. Work that takes over 0.1 s should
   * call it that often or more often: it looks at the clock, and mostly does nothing. The promise rejects
   * if the run is given up.
   */
  readonly breathe?: Breathe;
  /**
   * Takes the exchanges with a model, for the tape and for the step that they lead to. Calls must
   * begin in the same order in every run, as the step names them in that order.
   */
  readonly exchanges?: ExchangeSink;
}

/** The state of a run when a patch is asked for. */
export interface PatchState {
  /** What is learned, and with which options. */
  readonly task: SynthesisTask;
  /** From 1. */
  readonly iteration: number;
  /** The examples that rules may be learned from, which are never held out. */
  readonly train: readonly Example[];
  /** The rules of the set. */
  readonly rules: readonly Rule[];
  /** The kept matches of `rules` on `train`. */
  readonly matches: Matches;
  /** Failures of `rules` on `train`. */
  readonly failures: Failures;
  /** Advice of the coordinator, if any. */
  readonly guidance?: string;
  /** For each patch that was rejected since the last accepted one, its rules. */
  readonly rejected: readonly (readonly Rule[])[];
}

/** The state of a run when a refit is asked for: the learned rules, and how they were learned. */
export interface RefitState {
  /** What is learned, and with which options. */
  readonly task: SynthesisTask;
  /** All examples, also those that were held out. */
  readonly examples: readonly Example[];
  /** The rules of the set. */
  readonly rules: readonly Rule[];
  /** The kept matches of `rules` on `examples`. */
  readonly matches: Matches;
  /** For each accepted patch, how many rules it added or replaced, and how many it reweighted. */
  readonly accepted: readonly { readonly added: number; readonly reweighted: number }[];
  /** Rules that the audit or pruning removed; they should not come back. */
  readonly dropped: readonly Rule[];
}

/**
 * A change to the rule set. Every proposal is checked before it becomes a rule. Other members than
 * these are an error.
 */
export interface Patch {
  /** New rules. */
  readonly added?: readonly Proposal[];
  /** Ids of rules, and what takes their place. */
  readonly replaced?: readonly { readonly from: string; readonly to: Proposal }[];
  /** Ids of rules to remove. */
  readonly removed?: readonly string[];
  /** New weights, priorities or statistics of rules that stay. */
  readonly reweighted?: readonly Reweight[];
  /** Proposals that the synthesizer refused itself, for the record. */
  readonly refused?: readonly Refusal[];
  /** Ids of the entries of the playbook that a model was shown; empty if no entry is near. */
  readonly playbook?: readonly string[];
  /** Requests that went to a second model. */
  readonly escalated?: readonly Escalation[];
  /** Why a part of the patch is missing. */
  readonly error?: { readonly name: string; readonly message: string };
}

/** Proposes rules for examples. Methods may return a promise. */
export interface Synthesizer {
  /** Name for the trace. */
  readonly name: string;
  /** Name of the language model that it asks, if any. */
  readonly model?: string;
  /** Name of a second model, which it asks if a reply of the first will not do. */
  readonly escalateTo?: string;
  /** Settings that the trace records with the run; must be JSON. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Settings that take the place of those of the same names if the run has a playbook with entries. */
  readonly playbookSettings?: Readonly<Record<string, unknown>>;
  /**
   * Whether its rules may hold 20 characters of an example in a row, as those of the embedded ones may,
   * whose literals have the support of several examples. Such rules of others are refused as `quote`.
   *
   * @default false
   */
  readonly mayQuote?: boolean;
  /** Proposes the first rules. `start` are the rules that the run begins with. */
  synthesize(
    task: SynthesisTask,
    train: readonly Example[],
    start: readonly Rule[],
  ): Patch | Promise<Patch>;
  /** Proposes changes that fix failures. An empty patch says that no change would help. */
  patch(state: PatchState): Patch | Promise<Patch>;
  /** Learns once more, on all examples. */
  refit?(state: RefitState): Patch | Promise<Patch>;
}
