/**
 * What a comparison of two runs says. Plain JSON: ids, names, patterns and numbers, no document text.
 *
 * @module
 */
import type { Task } from "../../learn/data/examples.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { LabelScores, Match, Scores, Split } from "../../learn/score/scoring.ts";
import type { KnownScores, Run, Step } from "../../trace.ts";

/** How bad it is: nothing to see to, worth a look, or a reason to stop. */
export type Severity = "ok" | "warn" | "alert";

/** A value of a configuration. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/** F1 that may be lost, in percentage points. More than that is `warn`, or `alert`. */
export interface Thresholds {
  readonly warnDrop: number;
  readonly alertDrop: number;
}

/** One reason for a severity. */
export interface Finding {
  readonly severity: "warn" | "alert";
  /**
   * `determinism`: the same inputs gave another output. `chance`: they did, where a model was asked or
   * another version learned. `status`: a run did not come to its end. `drop`: F1 fell. `scores`: no F1
   * was measured on the same examples. `data`, `task`: the runs learned from or were tested on other
   * examples, or were about something else.
   */
  readonly code: "determinism" | "chance" | "status" | "drop" | "scores" | "data" | "task";
  readonly text: string;
}

/** One of the two runs. */
export interface RunFacts {
  readonly id: string;
  readonly dataset: string;
  readonly task: Task;
  readonly status: Run["status"];
  readonly startedAt: string;
  /** Digest of the whole trace, and of what was run, on what, with which settings. */
  readonly digest: string;
  readonly inputs: string;
  /** How many. */
  readonly steps: number;
  readonly rules: number;
  readonly software: Run["software"];
  /** What an imported run was made by: its record may lack what it was given. */
  readonly origin?: Run["origin"];
}

/** Something that cannot be compared, and why. */
export interface Incomparable {
  readonly what: string;
  readonly why: string;
}

/** A value that differs; a side without one has no member of its name. */
export interface Difference {
  /** `config.margin`, `data.digest`, `split.seed` … */
  readonly field: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** One side of the step at which runs part. */
export interface PartedStep {
  readonly type: Step["type"];
  readonly iteration?: number;
  /** As the story tells it. */
  readonly phrase: string;
}

/** Why two steps are not the same. */
export interface PartingReason {
  /** What differs: a field of the step or, for `candidates`, the rules that it brings. */
  readonly what:
    | "ended"
    | "type"
    | "failures"
    | "candidates"
    | "strengths"
    | "refused"
    | "actions"
    | "dropped"
    | "verdict"
    | "clause"
    | "scores"
    | "exchanges"
    | "other";
  readonly text: string;
}

/** The first step that is not the same in both runs. */
export interface Parting {
  /** Its index, from 0. */
  readonly step: number;
  readonly before?: PartedStep;
  readonly after?: PartedStep;
  /** At least one; the first in the order in which a step goes comes first. */
  readonly reasons: readonly PartingReason[];
}

/** Two rules that are taken for one. */
export interface RulePair {
  /** What they have in common: the nearest that there is. */
  readonly by: "id" | "matches" | "pattern" | "name";
  readonly before: Rule;
  readonly after: Rule;
  /** Fields of the rule that differ, ids aside. */
  readonly changes: readonly Difference[];
}

/** What became of the rules that the runs ended with. */
export interface RuleComparison {
  /** How many rules each run ends with. */
  readonly before: number;
  readonly after: number;
  /** Whether what rules match on examples was looked at. */
  readonly onData: boolean;
  /** How many are the same in every field. */
  readonly unchanged: number;
  /** Rules that match the same examples for the same label, written in another way. */
  readonly renamed: readonly RulePair[];
  readonly changed: readonly RulePair[];
  readonly lost: readonly Rule[];
  readonly added: readonly Rule[];
}

/** The recorded scores of both runs on one split. */
export interface ScorePair {
  readonly on: Split;
  readonly before?: KnownScores;
  readonly after?: KnownScores;
  /** `after.f1 - before.f1` in percentage points, where both were measured on the same examples. */
  readonly points?: number;
  /** Why there is no such difference. */
  readonly why?: string;
}

/** The scores of both runs on one label or type. A side that has none neither wanted nor gave it. */
export interface LabelPair {
  readonly label: string;
  readonly before?: LabelScores;
  readonly after?: LabelScores;
}

/** An example, without its text. */
export interface ExampleReference {
  readonly id: string;
  /** Where it stands in its file, from 1. */
  readonly line?: number;
}

/** McNemar's test on the examples on which one run is exact and the other is not. */
export interface McNemar {
  readonly gained: number;
  readonly lost: number;
  /** Two-sided, exact, 0 to 1. */
  readonly pValue: number;
}

/** A percentile interval of paired bootstrap resamples, in percentage points. */
export interface Interval {
  readonly points: number;
  readonly low: number;
  readonly high: number;
  /** How much of the resamples lies within. */
  readonly level: number;
  readonly resamples: number;
  readonly seed: number;
}

/** Both rule sets run on the same examples. */
export interface DataComparison {
  readonly name: string;
  readonly digest: string;
  readonly examples: number;
  /** What made a found span right: one way for both sides. */
  readonly match?: Match;
  /** Sides that learned from these very examples. */
  readonly learnedFrom: readonly ("before" | "after")[];
  readonly before: Scores;
  readonly after: Scores;
  readonly labels: readonly LabelPair[];
  /** Examples without a mistake after and with one before, and the other way round. */
  readonly gained: readonly ExampleReference[];
  readonly lost: readonly ExampleReference[];
  readonly mcnemar: McNemar;
  /** Of the difference in micro F1. */
  readonly f1: Interval;
}

/** Two runs side by side. */
export interface Comparison {
  /** The worst of the findings; `ok` where there is none. */
  readonly severity: Severity;
  /** Whether both traces have the same digest: same inputs, same steps, same rules. */
  readonly identical: boolean;
  readonly findings: readonly Finding[];
  readonly thresholds: Thresholds;
  readonly before: RunFacts;
  readonly after: RunFacts;
  readonly incomparable: readonly Incomparable[];
  readonly differences: readonly Difference[];
  readonly parting?: Parting;
  readonly rules?: RuleComparison;
  readonly scores: readonly ScorePair[];
  readonly data?: DataComparison;
}
