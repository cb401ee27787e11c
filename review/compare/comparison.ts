/**
 * The result of comparing two runs. Plain JSON: ids, names, patterns and numbers, no document text.
 *
 * @module
 */
import type { Task } from "../../learn/data/examples.ts";
import type { Readability } from "../../learn/rules/reading.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { LabelScores, Match, Scores, Split } from "../../learn/score/scoring.ts";
import type { Json } from "../../learn/text/schemas.ts";
import type { KnownScores, Run, Step } from "../../trace.ts";
import type { Interval } from "../significance.ts";

/** How bad a comparison is: nothing to do, worth a look, or a reason to stop. */
export type Severity = "ok" | "warn" | "alert";

/** What a gate makes of a comparison: nothing to stop for, worse, or that it could not be compared. */
export type Gate = "fine" | "worse" | "incomparable";

/** What counts as worse. All numbers are in per cent of F1, or points of these. */
export interface Thresholds {
  /** A greater loss is a warning. */
  readonly warnDrop: number;
  /** A greater loss is an alert. */
  readonly alertDrop: number;
  /** The least severity of a finding that makes the run after worse. */
  readonly failOn: "warn" | "alert" | "never";
  /** The least F1 of the run after, if one was asked for. */
  readonly minF1?: number;
  /** The least F1 of each label or type of the run after, if one was asked for. */
  readonly minLabelF1?: number;
}

/** One reason for a severity. */
export interface Finding {
  /** How bad it is. A `note` counts for nothing: what it says may be chance. */
  readonly severity: "note" | "warn" | "alert";
  /**
   * - `determinism`: the same inputs gave another output
   * - `chance`: they did, but a model was asked or another version learned
   * - `status`: a run did not finish
   * - `drop`: F1 fell
   * - `minimum`: F1 is below a minimum that was asked for
   * - `unmeasured`: whether it is cannot be said
   * - `scores`: no F1 was measured on the same examples, which neither run learned from
   * - `data`: the runs learned from, or were tested on, different examples
   * - `task`: the runs are of different tasks
   */
  readonly code:
    | "determinism"
    | "chance"
    | "status"
    | "drop"
    | "minimum"
    | "unmeasured"
    | "scores"
    | "data"
    | "task";
  /** The reason in words. */
  readonly text: string;
}

/** A label whose F1 is too low. */
export interface LowLabel {
  /** The label or type. */
  readonly label: string;
  /** Its F1, 0 to 1. */
  readonly f1: number;
  /** How many examples or spans have it as their gold label, from 1. */
  readonly support: number;
}

/** Whether the run after reaches a minimum that was asked for. */
export interface MinimumCheck {
  /** What has to reach it: F1 over all labels, or that of each. */
  readonly of: "f1" | "labels";
  /** The minimum, in per cent. */
  readonly least: number;
  /** The examples that decide: those given, or those of a split; missing if there are none. */
  readonly on?: "data" | "test" | "dev";
  /** F1 over all labels on them, 0 to 1; missing if it was not measured, or is that of labels. */
  readonly f1?: number;
  /** The labels below the minimum, the lowest F1 first; only for labels. */
  readonly low?: readonly LowLabel[];
  /** Labels of the rules that no example has, in code unit order: their F1 is not known. Only for labels. */
  readonly unseen?: readonly string[];
  /** Whether the minimum is reached; missing if that cannot be said. */
  readonly reached?: boolean;
  /** Why it cannot be said. */
  readonly why?: string;
}

/** One of the two runs. */
export interface RunFacts {
  /** Id of the run. */
  readonly id: string;
  /** Name of its data set. */
  readonly dataset: string;
  /** What its rules are for. */
  readonly task: Task;
  /** How it ended. */
  readonly status: Run["status"];
  /** ISO 8601. */
  readonly startedAt: string;
  /** Digest of the whole trace. */
  readonly digest: string;
  /** Digest of what was run, on what, with which settings. */
  readonly inputs: string;
  /** Number of steps. */
  readonly steps: number;
  /** Number of rules after the last step. */
  readonly rules: number;
  /** Versions of this package and of what ran it. */
  readonly software: Run["software"];
  /** The tool that made an imported run, whose record may lack what it was given. */
  readonly origin?: Run["origin"];
}

/** Something that cannot be compared, and why. */
export interface Incomparable {
  /** What cannot be compared. */
  readonly what: string;
  /** The reason in words. */
  readonly why: string;
}

/** A value that differs. `before` or `after` is missing if that side has no such value. */
export interface Difference {
  /** `config.margin`, `data.digest`, `split.seed` … */
  readonly field: string;
  /** The value of the run before. */
  readonly before?: Json;
  /** The value of the run after. */
  readonly after?: Json;
}

/** One side of the step at which runs part. */
export interface PartedStep {
  /** What kind of step it is. */
  readonly type: Step["type"];
  /** The number of its patch, for a patch. */
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
  /** The reason in words. */
  readonly text: string;
  /** For `candidates`: ids of the rules that only the step before, and only the step after brings. */
  readonly only?: { readonly before: readonly string[]; readonly after: readonly string[] };
}

/** The first step that is not the same in both runs. */
export interface Parting {
  /** Its index, from 0. */
  readonly step: number;
  /** Missing if the run has no such step. */
  readonly before?: PartedStep;
  /** Missing if the run has no such step. */
  readonly after?: PartedStep;
  /** At least one, in the order in which a step goes. */
  readonly reasons: readonly PartingReason[];
}

/** A rule of each set that are taken for the same. */
export interface RulePair {
  /** The first of these that they have in common. */
  readonly by: "id" | "matches" | "pattern" | "name";
  /** The rule of the set before. */
  readonly before: Rule;
  /** The rule of the set after. */
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
  /** What both sets cost to read. Says nothing of which is better. */
  readonly readability: { readonly before: Readability; readonly after: Readability };
  /** Whether rules were also paired by what they match on examples. */
  readonly onData: boolean;
  /** Number of rules that are the same in every field. */
  readonly unchanged: number;
  /** Rules that match the same examples for the same label, but differ in name or pattern. */
  readonly renamed: readonly RulePair[];
  /** Other rules that were paired and differ. */
  readonly changed: readonly RulePair[];
  /** Rules that only the set before has. */
  readonly lost: readonly Rule[];
  /** Rules that only the set after has. */
  readonly added: readonly Rule[];
}

/** The recorded scores of both runs on one split. */
export interface ScorePair {
  /** The split. */
  readonly on: Split;
  /** The scores of the run before, if it has them. */
  readonly before?: KnownScores;
  /** The scores of the run after, if it has them. */
  readonly after?: KnownScores;
  /** `after.f1 - before.f1` in percentage points, if both were measured on the same examples. */
  readonly points?: number;
  /** Why `points` is missing. */
  readonly why?: string;
}

/** The scores of both runs on one label or type. A side that neither has nor predicts it is missing. */
export interface LabelPair {
  /** The label or type. */
  readonly label: string;
  /** Its scores before. */
  readonly before?: LabelScores;
  /** Its scores after. */
  readonly after?: LabelScores;
}

/** An example, without its text. */
export interface ExampleReference {
  /** Id of the example. */
  readonly id: string;
  /** Its line in its file, from 1. */
  readonly line?: number;
}

/** McNemar's test on the examples that only one run gets exactly. */
export interface McNemar {
  /** How many examples only the run after gets exactly. */
  readonly gained: number;
  /** How many examples only the run before gets exactly. */
  readonly lost: number;
  /** Two-sided, exact, 0 to 1. */
  readonly pValue: number;
}

/** Both rule sets on the same examples. */
export interface DataComparison {
  /** Name of the data set. */
  readonly name: string;
  /** Digest of its examples. */
  readonly digest: string;
  /** How many examples it has. */
  readonly examples: number;
  /** How a predicted span had to match a gold one; the same for both sides. */
  readonly match?: Match;
  /** Sides that learned from these very examples. */
  readonly learnedFrom: readonly ("before" | "after")[];
  /** Scores of the rules before. */
  readonly before: Scores;
  /** Scores of the rules after. */
  readonly after: Scores;
  /** The scores by label. */
  readonly labels: readonly LabelPair[];
  /** Examples without a mistake after, and with one before. */
  readonly gained: readonly ExampleReference[];
  /** Examples without a mistake before, and with one after. */
  readonly lost: readonly ExampleReference[];
  /** Whether the examples gained and lost may be chance. */
  readonly mcnemar: McNemar;
  /** Interval of the difference in micro F1. */
  readonly f1: Interval;
}

/** Two runs side by side. */
export interface Comparison {
  /** The worst of the findings; `ok` if there are none. */
  readonly severity: Severity;
  /** What a gate makes of the findings, and the exit code of the script: 0, 1 or 2. */
  readonly gate: Gate;
  /** Whether both traces have the same digest: same inputs, same steps, same rules. */
  readonly identical: boolean;
  /** The reasons for the severity. */
  readonly findings: readonly Finding[];
  /** What counted as worse. */
  readonly thresholds: Thresholds;
  /** The minimums that were asked for. */
  readonly minimums: readonly MinimumCheck[];
  /** The run before. */
  readonly before: RunFacts;
  /** The run after. */
  readonly after: RunFacts;
  /** What could not be compared. */
  readonly incomparable: readonly Incomparable[];
  /** Inputs, settings and versions that differ. */
  readonly differences: readonly Difference[];
  /** The first step that differs, if one does. */
  readonly parting?: Parting;
  /** How the rules differ, if both runs have some to compare. */
  readonly rules?: RuleComparison;
  /** The recorded scores, by split. */
  readonly scores: readonly ScorePair[];
  /** Both rule sets on a data set, if one was given. */
  readonly data?: DataComparison;
}
