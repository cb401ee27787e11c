/**
 * What a log of feedback holds, and what is observed in it.
 *
 * @module
 */
import type { ReviewOutcome } from "../../../learn/data/fields.ts";
import type { Drift } from "../../drift.ts";

/** A line of a log of feedback: a text, what rules said of it, and what a person made of that. */
export interface FeedbackLine {
  /** Its line in the file, from 1. */
  readonly line: number;
  /** The id of the text, if it has one. */
  readonly id?: string;
  /** The text. */
  readonly text: string;
  /** The label that the rules gave; `null` if they abstained. */
  readonly given: string | null;
  /** What a person made of it; missing if nobody reviewed it. */
  readonly outcome?: ReviewOutcome;
  /** The right label; missing if it is not known. */
  readonly label?: string;
  /** The digest of the trace whose rules answered, if the line names it. */
  readonly set?: string;
  /** When that was, in whatever form. */
  readonly at?: string;
}

/** A rule, by its id and name. */
export interface ObservedRule {
  /** Its id in the trace. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
}

/** Mistakes with the same right label, the same label given, and the same rule that decided. */
export interface MistakeKind {
  /** The right label; `null` if a person only said that the given one is wrong. */
  readonly wanted: string | null;
  /** The label given; `null` if the rules abstained. */
  readonly given: string | null;
  /** The rule that decided; `null` if none did: the rules abstained, or gave their default. */
  readonly rule: ObservedRule | null;
  /** The lines of the mistakes, ascending: all but the first are repeats. */
  readonly lines: readonly number[];
  /** The mistakes whose text is, or nearly is, that of an earlier one. */
  readonly near: readonly NearRepeat[];
  /** The text of the last mistake. */
  readonly text: string;
  /** When the last one was, if its line says so. */
  readonly at?: string;
}

/** A mistake whose text came before. */
export interface NearRepeat {
  /** Its line. */
  readonly line: number;
  /** The line of the first mistake whose text it repeats. */
  readonly of: number;
  /** How near the texts are (Jaccard of character 5-grams), 0.6 to 1. */
  readonly similarity: number;
}

/** How often a rule was right on reviewed texts on which it fired. */
export interface RuleRecord {
  /** The rule. */
  readonly rule: ObservedRule;
  /** Its label. */
  readonly label: string;
  /** Texts with its label. */
  readonly right: number;
  /** Texts with another one. */
  readonly wrong: number;
  /** Of the latter, those on which it decided, so that the answer was wrong. */
  readonly misled: number;
  /** The mean of the posterior share of right texts, 0 to 1. */
  readonly share: number;
  /** Where the interval begins that holds the share with 95 %. */
  readonly low: number;
  /** Where it ends. */
  readonly high: number;
  /** How probable it is that the rule is more often wrong than right, 0 to 1. */
  readonly doubt: number;
  /** Whether that is at least 95 %. */
  readonly alarm: boolean;
}

/** Why a text is worth a review. */
export type ReviewReason =
  /** The rule that decides has an alarm. */
  | "alarm"
  /** The rules abstain. */
  | "abstained"
  /** The answer is not sure: its margin is small, or little is known of the rule that decides. */
  | "unsure";

/** A text that is worth a review. */
export interface ReviewCandidate {
  /** Its line in the log, or its place among the texts given, from 1. */
  readonly place: number;
  /** The id of the text, if it has one. */
  readonly id?: string;
  /** The text. */
  readonly text: string;
  /** What the rules say of it. */
  readonly given: string | null;
  /** The rule that decides; `null` if none does. */
  readonly rule: ObservedRule | null;
  /** Why it is worth a review. */
  readonly reason: ReviewReason;
  /** How probable it is that the answer is wrong, as far as that is known, 0 to 1; 1 if there is none. */
  readonly doubt: number;
}

/** A text to choose from for a review. */
export interface UnreviewedText {
  /** Its id, if it has one. */
  readonly id?: string;
  /** The text. */
  readonly text: string;
}

/** Why to learn again. */
export type LearnReason =
  /** So many texts were reviewed that what they correct pays. */
  | "reviewed"
  /** The mix of labels is another. */
  | "drift";

/** What the mix of labels is compared with. */
export type DriftBaseline =
  /** The labels of texts that were reviewed before the rules were learned. */
  | "log"
  /** The labels of the data learned from. */
  | "data"
  /** What the rules gave in the first half of the log, compared with the second. */
  | "given";

/** Whether to learn again. */
export interface Recommendation {
  /** Whether it pays. */
  readonly learn: boolean;
  /** Why; empty if not. */
  readonly reasons: readonly LearnReason[];
  /** Texts that were reviewed since the rules were learned. */
  readonly reviewed: number;
  /** After how many it pays to learn again. */
  readonly pace: number;
  /** Corrected texts that the rules were not learned from. */
  readonly corrections: number;
  /** How the mix of labels differs; missing if that cannot be told. */
  readonly drift?: Drift & { readonly from: DriftBaseline };
  /** Labels that corrections want and no rule has, the most frequent first. */
  readonly unknown: readonly { readonly label: string; readonly texts: number }[];
}

/** How many lines of a log are of which kind. */
export interface FeedbackCounts {
  /** All lines. */
  readonly all: number;
  /** Those that these rules answered: they name the trace, or name nothing and the rules say what was given. */
  readonly own: number;
  /** Of the own ones, those whose answer is right. */
  readonly accepted: number;
  /** Own ones for which something else is right. */
  readonly corrected: number;
  /** Own ones whose answer is only known to be wrong. */
  readonly rejected: number;
  /** Own ones that nobody reviewed. */
  readonly unreviewed: number;
  /** Those of other rule sets: they give credit to no rule. */
  readonly others: number;
  /** Those that name the trace, but its rules say something else: they give credit to no rule either. */
  readonly contradicting: number;
  /** Corrected lines that are not own ones. */
  readonly otherCorrected: number;
  /** Of these, those for which the rules now give the right label. */
  readonly otherMended: number;
}

/** The run whose rules are observed. */
export interface ObservedRun {
  /** The name of its data set. */
  readonly dataset: string;
  /** Its id. */
  readonly id: string;
  /** The digest of its trace: the `set` of its lines. */
  readonly digest: string;
}

/** What a log of feedback tells of the rules of a trace. */
export interface Observation {
  /** The run whose rules are observed. */
  readonly run: ObservedRun;
  /** How many lines of the log are of which kind. */
  readonly lines: FeedbackCounts;
  /** Kinds of mistakes of these rules, the most frequent first. */
  readonly mistakes: readonly MistakeKind[];
  /** The rules that fired on reviewed texts: alarms first, then those that misled most. */
  readonly rules: readonly RuleRecord[];
  /** What to review next, what tells most first. */
  readonly review: readonly ReviewCandidate[];
  /** Whether to learn again. */
  readonly recommendation: Recommendation;
}

/** What `--feedback --json` prints. */
export interface ObservationOutput extends Observation {
  /** The command that learns again, whether that is recommended or not. */
  readonly command: string;
}
