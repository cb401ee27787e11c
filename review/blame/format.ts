/**
 * What blame says of a run, as a file: `<data set>.<run id>.blame.json`. It holds ids and no texts.
 *
 * @module
 */
import type { Change } from "../../record/parent.ts";
import type { EvidenceRating, Interval, SeedComparison } from "../significance.ts";
import type { ExampleBlame } from "./examples.ts";
import type { Leak } from "./leaks.ts";
import type { BlamePath } from "./path.ts";
import type { PredictionBlame } from "./prediction.ts";
import type { RulesBlame } from "./rules.ts";

/** A run that differs in its seed alone. */
export interface SeedRun {
  /** The seed of the split. */
  readonly seed: number;
  /** Digest of its trace. */
  readonly digest: string;
  /** How many rules it ended with. */
  readonly rules: number;
  /** Micro F1 on the test examples, 0 to 1. */
  readonly f1: number;
}

/** A run among runs with other seeds. */
export interface SeedBlame {
  /** The other runs, by seed. */
  readonly seeds: readonly SeedRun[];
  /** Mean of their F1, 0 to 1. */
  readonly mean: number;
  /** Standard deviation of their F1, 0 to 1. */
  readonly deviation: number;
  /** The place of the run among all of them, from 1 for the highest F1; those with the same F1 share the first. */
  readonly rank: number;
}

/** A fork that takes back one decision. */
export interface ForkTrial {
  /** What was changed: one decision, or one reply. */
  readonly change: Change;
  /** What kind of step it is. */
  readonly type: "iteration" | "audit" | "prune" | "refit" | "reply";
  /** Index of the step. */
  readonly step: number;
  /** Digest of the fork's trace. */
  readonly digest: string;
  /** How many rules it ended with. */
  readonly rules: number;
  /** Micro F1 on the test examples, 0 to 1. */
  readonly f1: number;
  /** How many examples are all correct only in the fork. */
  readonly gained: number;
  /** How many examples are all correct only in the run. */
  readonly lost: number;
  /** What the fork has more than the run: an interval that holds for all trials together. */
  readonly interval: Interval;
  /** What the interval says. */
  readonly evidence: EvidenceRating;
  /** How it compares with other seeds; missing if none were run. */
  readonly luck?: SeedComparison;
  /** Whether there is evidence, and the difference is beyond luck: both are needed to blame the decision. */
  readonly isFinding: boolean;
  /** Whether another trial before it ended with the same predictions. */
  readonly isRepeated?: true;
}

/** The lasting effects of the decisions of a run: each was taken back, and the run went on without it. */
export interface ForkBlame {
  /** In the order of the steps. */
  readonly trials: readonly ForkTrial[];
}

/** What is to blame for the predictions of a run on test examples, in sections that say what they can know. */
export interface Blame {
  /** Tells it from other files. */
  readonly format: "ruletrace-blame";
  /** Version of the format. */
  readonly version: 1;
  /** The run. */
  readonly run: {
    /** Name of its data set. */
    readonly dataset: string;
    /** Its id. */
    readonly id: string;
    /** Digest of its trace. */
    readonly digest: string;
  };
  /** The test examples. */
  readonly on: { readonly name: string; readonly digest: string; readonly examples: number };
  /** Micro F1 of the rules that the run ended with, 0 to 1. */
  readonly f1: number;
  /** The run among its seeds. */
  readonly seeds?: SeedBlame;
  /** What each step did at once. */
  readonly path: BlamePath;
  /** What each decision did in the end. */
  readonly forks?: ForkBlame;
  /** What each rule does. */
  readonly rules: RulesBlame;
  /** Which examples are suspicious. */
  readonly examples?: ExampleBlame;
  /** Test examples whose text, or nearly, was learned from: a check of the data, and no blame. */
  readonly leaks: readonly Leak[];
  /** One prediction. */
  readonly prediction?: PredictionBlame;
  /** What was left out, and why: the budget was used up, or the model could not be asked. */
  readonly left: readonly string[];
}
