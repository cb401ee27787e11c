/**
 * What two rule sets say of texts, and what reviews of it tell, as data.
 *
 * @module
 */
import type { Span, Task } from "../../../learn/data/examples.ts";

/** A span that a rule set finds, in UTF-16 code units. */
export interface AnsweredSpan extends Span {
  /** Its type; not for the task `extraction`. */
  readonly type?: string;
}

/** What a rule set says of a text: a label, `null` if it abstains, or spans by start, end and type. */
export type SetAnswer = string | null | readonly AnsweredSpan[];

/** A text on which two rule sets differ. */
export interface DifferingText {
  /** The id of the text, if it has one. */
  readonly id?: string;
  /** The text. */
  readonly text: string;
  /** What the two sets say, in an order that does not tell which of them says it. */
  readonly answers: readonly [SetAnswer, SetAnswer];
  /** Which of the answers is that of the new set. */
  readonly ofNew: 0 | 1;
  /** How often the text comes, from 1. */
  readonly count: number;
}

/** What two rule sets say of the same texts. */
export interface AnswerComparison {
  /** 12 hexadecimal digits, the same for the same texts, answers and seed; also if the sets change places. */
  readonly id: string;
  /** What both sets are for. */
  readonly task: Task;
  /** The labels, or types of spans, of both sets, by code unit. */
  readonly labels: readonly string[];
  /** How many texts there are; a text counts as often as it comes, here and below. */
  readonly texts: number;
  /** To how many texts the old set says something: it does not abstain, or finds a span. */
  readonly answeredByOld: number;
  /** The same of the new set. */
  readonly answeredByNew: number;
  /** On how many texts they differ. */
  readonly differing: number;
  /** These texts, each once, in the order in which they are to be reviewed. */
  readonly queue: readonly DifferingText[];
  /**
   * The same as often as they come, in random order: positions in `queue`. A text takes its place in the queue by
   * where it first comes here.
   */
  readonly drawn: Int32Array;
}

/** Which of two different answers is right; of spans, which is better. */
export type RightSet = "new" | "old" | "neither";

/** How many texts on which two sets differ were found so; a text counts as often as it comes. */
export interface ReviewCounts {
  /** The new set is right, the old one is not. */
  readonly newOnly: number;
  /** The old set is right, the new one is not. */
  readonly oldOnly: number;
  /** Both are wrong. */
  readonly neither: number;
}

/**
 * A difference in accuracy, in percentage points, with the interval that holds it with 95 %. Of rules that find spans: on
 * which share of the texts the new set is better, less that on which the old one is.
 */
export interface AccuracyDifference {
  /** The expected value: over 0 if the new set is more often right. */
  readonly points: number;
  /** The end of the interval that is less, or further below 0. */
  readonly low: number;
  /** The other end. */
  readonly high: number;
}

/** What reviews tell of two sets. */
export interface SetJudgement {
  /**
   * Which set is better: told by a Bayes factor of 20, or as all texts on which they differ are reviewed, after which
   * they can also be the `same`.
   */
  readonly verdict: "new" | "old" | "same" | "undecided";
  /** How much likelier the reviews are if one set is better than if none is; 1 without reviews. */
  readonly bayesFactor: number;
  /** The new accuracy less the old one, on these texts. */
  readonly difference: AccuracyDifference;
  /** Whether all texts on which they differ are reviewed, so that the difference is known. */
  readonly isExact: boolean;
  /**
   * With how many more reviews of texts on which they differ chances are even that it is decided, as it looks by now;
   * all that are left, if it takes these. Only if undecided; missing if it takes over 10,000.
   */
  readonly more?: number;
}

/** A rule set that was compared, as `--json` prints it. */
export interface ComparedSet {
  /** Its file, as given. */
  readonly path: string;
  /** How many rules it has. */
  readonly rules: number;
  /** To how many texts it says something. */
  readonly answered: number;
}

/** What `--json` prints: two rule sets, what is reviewed by now, and what it tells. */
export interface BetweenOutput extends SetJudgement {
  /** What the rules of both are for. */
  readonly task: Task;
  /** The set that was named first. */
  readonly old: ComparedSet;
  /** The set that was named second. */
  readonly new: ComparedSet;
  /** How many texts there are; a text counts as often as it comes, but for `distinct` and in `review`. */
  readonly texts: number;
  /** On how many texts the sets differ. */
  readonly differing: number;
  /** The same, each text once. */
  readonly distinct: number;
  /** What was found of those that are reviewed. */
  readonly counts: ReviewCounts;
  /** How far the queue is. */
  readonly review: ReviewProgress;
}

/** How far a queue of reviews is. */
export interface ReviewProgress {
  /** Its file, as given. */
  readonly path: string;
  /** How many texts are reviewed, and count. */
  readonly reviewed: number;
  /** How many are reviewed, but come after one that is not, and do not count before that is. */
  readonly held: number;
  /** How many wait for a review; 0 once it is decided. */
  readonly waiting: number;
  /** The number of the first line that waits, from 1; missing if none does. */
  readonly line?: number;
  /** The most texts to review. */
  readonly budget: number;
}
