/**
 * What makes rules: the interface that the embedded pattern synthesizer implements, and yours may.
 *
 * @module
 */
import type { Example, Task } from "./data/examples.ts";
import type { Decide } from "./rules/decisions.ts";
import type { ExchangeSink } from "./chat/exchanges.ts";
import type { Match, Matches } from "./score/matches.ts";
import type { Overlaps } from "./rules/overlaps.ts";
import type { Proposal, Refusal, Reweight, Rule } from "./rules/rule.ts";
import type { Failures } from "./score/scoring.ts";

/** What a synthesizer is told about the run. */
export interface SynthesisTask {
  /** Name of the data set. */
  readonly name: string;
  readonly task: Task;
  /** Labels of the data set, sorted. */
  readonly labels: readonly string[];
  readonly decide: Decide;
  /** What makes a found span right; none in classification. */
  readonly match?: Match;
  /** What becomes of spans that overlap; none in classification. */
  readonly overlaps?: Overlaps;
  /** Votes that a label needs more than to be given, ≥ 0. */
  readonly threshold: number;
  /** The label where no rule decides, if there is one. */
  readonly default?: string;
  /** Lead in votes under which a right decision still counts as a failure to learn from, ≥ 0. */
  readonly margin: number;
  readonly seed: number;
  /** At most this many rules are wanted, where given. */
  readonly maxRules?: number;
  /** Aborts when the run is given up. Long work should look at it now and then. */
  readonly signal?: AbortSignal;
  /**
   * Takes the exchanges with a model, for the tape and for the step that they led to. Calls must begin
   * in the same order in every run, as the step names them in that order.
   */
  readonly exchanges?: ExchangeSink;
}

/** The state of a run when a patch is asked for. */
export interface PatchState {
  readonly task: SynthesisTask;
  readonly iteration: number;
  /** The examples rules may be learned from; never the held-out ones. */
  readonly train: readonly Example[];
  readonly rules: readonly Rule[];
  /** The kept matches of `rules` on `train`. */
  readonly matches: Matches;
  /** Failures of `rules` on `train`. */
  readonly failures: Failures;
  /** What the coordinator advises, where it does. */
  readonly guidance?: string;
  /** The rules of each patch that was rejected since the last accepted one. */
  readonly rejected: readonly (readonly Rule[])[];
}

/** What a refit is told: the rules as they came out of learning, and how they came to be. */
export interface RefitState {
  readonly task: SynthesisTask;
  /** All examples, those held out included. */
  readonly examples: readonly Example[];
  readonly rules: readonly Rule[];
  /** The kept matches of `rules` on `examples`. */
  readonly matches: Matches;
  /** What each accepted patch did: how many rules it added, replaced ones included, and reweighted. */
  readonly accepted: readonly { readonly added: number; readonly reweighted: number }[];
  /** Rules that the audit or pruning took out; they should not come back. */
  readonly dropped: readonly Rule[];
}

/**
 * A change to the rule set. Every proposal is checked before it becomes a rule. A patch with other members
 * than these is an error.
 */
export interface Patch {
  readonly added?: readonly Proposal[];
  readonly replaced?: readonly { readonly from: string; readonly to: Proposal }[];
  /** Ids of rules to remove. */
  readonly removed?: readonly string[];
  /** New weights, priorities or statistics of rules that stay. */
  readonly reweighted?: readonly Reweight[];
  /** What was proposed and is refused already, for the record. */
  readonly refused?: readonly Refusal[];
  /** What of the patch could not be made, where the rest of it stands. */
  readonly error?: { readonly name: string; readonly message: string };
}

/** Makes rules from examples. May be synchronous or not. */
export interface Synthesizer {
  readonly name: string;
  /** Name of the language model that it asks, where it does. */
  readonly model?: string;
  /** Settings that the trace records with the run, as JSON. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The first rules. `start` are rules the run began with. */
  synthesize(
    task: SynthesisTask,
    train: readonly Example[],
    start: readonly Rule[],
  ): Patch | Promise<Patch>;
  /** Rules against the failures that remain. An empty patch says that there is nothing to add. */
  patch(state: PatchState): Patch | Promise<Patch>;
  /** The same structure learned once more on all examples. */
  refit?(state: RefitState): Patch | Promise<Patch>;
}
