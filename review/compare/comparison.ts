/**
 * The result of comparing two runs. Plain JSON: ids, names, patterns and numbers, no document text.
 *
 * @module
 */
import type { Task } from "../../learn/data/examples.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { LabelScores, Match, Scores, Split } from "../../learn/score/scoring.ts";
import type { Json } from "../../learn/text/schemas.ts";
import type { KnownScores, Run, Step } from "../../trace.ts";

/** How bad a comparison is: nothing to do, worth a look, or a reason to stop. */
export type Severity = "ok" | "warn" | "alert";

/** Losses of F1 in percentage points: a greater one is a warning (`warn`), or an alert. */
export interface Thresholds {
  readonly warnDrop: number;
  readonly alertDrop: number;
}

/** One reason for a severity. */
export interface Finding {
  readonly severity: "warn" | "alert";
  /**
   * - `determinism`: the same inputs gave another output
   * - `chance`: they did, but a model was asked or another version learned
   * - `status`: a run did not finish
   * - `drop`: F1 fell
   * - `scores`: no F1 was measured on the same examples
   * - `data`: the runs learned from, or were tested on, different examples
   * - `task`: the runs are of different tasks
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
  /** Digest of the whole trace. */
  readonly digest: string;
  /** Digest of what was run, on what, with which settings. */
  readonly inputs: string;
  /** Number of steps. */
  readonly steps: number;
  /** Number of rules after the last step. */
  readonly rules: number;
  readonly software: Run["software"];
  /** The tool that made an imported run, whose record may lack what it was given. */
  readonly origin?: Run["origin"];
}

/** Something that cannot be compared, and why. */
export interface Incomparable {
  readonly what: string;
  readonly why: string;
}

/** A value that differs. `before` or `after` is missing if that side has no such value. */
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
  /** The step in the words of the story. */
  readonly phrase: string;
}

/** Why two steps are not the same. */
export interface PartingReason {
  /** The field of the step that differs or, for `candidates`, the rules that it brings. */
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
  /** Missing if the run has no such step. */
  readonly before?: PartedStep;
  readonly after?: PartedStep;
  /** At least one, in the order in which a step goes. */
  readonly reasons: readonly PartingReason[];
}

/** A rule of each set that are taken for the same. */
export interface RulePair {
  /** The first of these that they have in common. */
  readonly by: "id" | "matches" | "pattern" | "name";
  readonly before: Rule;
  readonly after: Rule;
  /** Fields of the rule that differ, except the id. */
  readonly changes: readonly Difference[];
}

/** The rules that the runs ended with: how many, and which were lost, added or changed. */
export interface RuleComparison {
  /** Number of rules that the run before ended with. */
  readonly before: number;
  /** Number of rules that the run after ended with. */
  readonly after: number;
  /** Whether rules were also paired by what they match on examples. */
  readonly onData: boolean;
  /** Number of rules that are the same in every field. */
  readonly unchanged: number;
  /** Rules that match the same examples for the same label, but differ in name or pattern. */
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
  /** `after.f1 - before.f1` in percentage points, if both were measured on the same examples. */
  readonly points?: number;
  /** Why `points` is missing. */
  readonly why?: string;
}

/** The scores of both runs on one label or type. A side that neither has nor predicts it is missing. */
export interface LabelPair {
  readonly label: string;
  readonly before?: LabelScores;
  readonly after?: LabelScores;
}

/** An example, without its text. */
export interface ExampleReference {
  readonly id: string;
  /** Its line in its file, from 1. */
  readonly line?: number;
}

/** McNemar's test on the examples that only one run gets exactly. */
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
  /** Share of the resamples that lies within, 0 to 1. */
  readonly level: number;
  readonly resamples: number;
  readonly seed: number;
}

/** Both rule sets on the same examples. */
export interface DataComparison {
  readonly name: string;
  readonly digest: string;
  readonly examples: number;
  /** How a predicted span had to match a gold one; the same for both sides. */
  readonly match?: Match;
  /** Sides that learned from these very examples. */
  readonly learnedFrom: readonly ("before" | "after")[];
  readonly before: Scores;
  readonly after: Scores;
  readonly labels: readonly LabelPair[];
  /** Examples without a mistake after, and with one before. */
  readonly gained: readonly ExampleReference[];
  /** Examples without a mistake before, and with one after. */
  readonly lost: readonly ExampleReference[];
  readonly mcnemar: McNemar;
  /** Interval of the difference in micro F1. */
  readonly f1: Interval;
}

/** Two runs side by side. */
export interface Comparison {
  /** The worst of the findings; `ok` if there are none. */
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
