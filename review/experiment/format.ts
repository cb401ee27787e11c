/**
 * The log of an experiment, line by line, and what is made of it.
 *
 *     {"format":"ruletrace experiment","version":1}
 *     {"type":"start","session":"s-…","at":"…","context":"refunds","arms":["a","b"],"chosen":["a"],…}
 *     {"type":"mistake","id":"m-…","session":"s-…","at":"…","class":"tone","description":"…","credit":"shown"}
 *     {"type":"reward","id":"r-…","session":"s-…","at":"…","outcome":"accepted","credit":"shown",…}
 *     {"type":"end","session":"s-…","at":"…"}
 *
 * @module
 */

/** How arms can be chosen: by what is known of them, or all sets alike. */
export const CHOOSING_POLICIES = ["thompson", "uniform"] as const;

/** See {@linkcode CHOOSING_POLICIES}. */
export type ChoosingPolicy = typeof CHOOSING_POLICIES[number];

/**
 * Which arms a mistake or a reward is credited to: those named as having acted, those chosen for the session, or
 * all that there were to choose from.
 */
export const ATTRIBUTIONS = ["fired", "shown", "all"] as const;

/** See {@linkcode ATTRIBUTIONS}. */
export type Attribution = typeof ATTRIBUTIONS[number];

/** What became of a piece of work: taken as it was, after changes, or not. */
export const OUTCOMES = ["accepted", "revision", "rejected"] as const;

/** See {@linkcode OUTCOMES}. */
export type WorkOutcome = typeof OUTCOMES[number];

/** A session began. */
export interface SessionStart {
  /** What the line tells: that a session began. */
  readonly type: "start";
  /** Id of the session. */
  readonly session: string;
  /** When, as an ISO time. */
  readonly at: string;
  /** The class of mistakes that the session aims at: arms are known by it. */
  readonly context: string;
  /** The arms that there were to choose from, each once. */
  readonly arms: readonly string[];
  /** Those of them that began with a better prior. */
  readonly boosted?: readonly string[];
  /** The arms chosen of them. */
  readonly chosen: readonly string[];
  /** The probability that exactly these were chosen, over 0 to 1. */
  readonly propensity: number;
  /** For each of `arms`, the probability that it was among those chosen, 0 to 1. */
  readonly inclusion: readonly number[];
  /** What the choice was drawn by. */
  readonly seed: number;
  /** How the arms were chosen. */
  readonly policy: ChoosingPolicy;
  /** The part of choices that were made without preference, 0 to 1; without it, none. */
  readonly explore?: number;
  /** The rules in force; without it, the arms. */
  readonly rules?: readonly string[];
  /** What to remember. */
  readonly notes?: string;
}

/** A session ended. */
export interface SessionEnd {
  /** What the line tells: that a session ended. */
  readonly type: "end";
  /** Id of the session. */
  readonly session: string;
  /** When, as an ISO time. */
  readonly at: string;
  /** The rules in force. */
  readonly rules?: readonly string[];
  /** A file about the session. */
  readonly entry?: string;
  /** What to remember. */
  readonly notes?: string;
}

/** Something was done wrong in a session. */
export interface MistakeEvent {
  /** What the line tells: that something was done wrong. */
  readonly type: "mistake";
  /** Id of the mistake. */
  readonly id: string;
  /** Id of its session. */
  readonly session: string;
  /** When it was logged, as an ISO time. */
  readonly at: string;
  /** What kind of mistake it is: only mistakes of one class repeat each other. */
  readonly class: string;
  /** What was wrong, in words. */
  readonly description: string;
  /** Which arms are blamed. */
  readonly credit: Attribution;
  /** The arms that acted, for `fired`. */
  readonly arms?: readonly string[];
  /** The arm that put it right, which is not blamed for it. */
  readonly corrected?: string;
  /** Id of an earlier mistake that it repeats, if someone said so. */
  readonly repeats?: string;
  /** What was worked on: it counts once in a session. */
  readonly item?: string;
}

/** Something that was done in a session was judged. */
export interface RewardEvent {
  /** What the line tells: what became of work. */
  readonly type: "reward";
  /** Id of the reward. */
  readonly id: string;
  /** Id of its session. */
  readonly session: string;
  /** When it was logged, as an ISO time. */
  readonly at: string;
  /** What became of the work. */
  readonly outcome: WorkOutcome;
  /** How much of it was changed, 0 to 1; for revisions, and only for them. */
  readonly distance?: number;
  /** Which arms it is credited to. */
  readonly credit: Attribution;
  /** The arms that acted, for `fired`. */
  readonly arms?: readonly string[];
  /** Id of the mistake of the session that was judged: the reward counts in its place. */
  readonly mistake?: string;
  /** What was worked on: it counts once in a session. */
  readonly item?: string;
  /** Who judged. */
  readonly source?: string;
  /** What to remember. */
  readonly notes?: string;
}

/** A line of the log but the first. */
export type ExperimentEvent = SessionStart | SessionEnd | MistakeEvent | RewardEvent;

/** What is known of an arm by one mistake or reward. */
export interface ArmCredit {
  /** The context of its session. */
  readonly context: string;
  /** The arm. */
  readonly arm: string;
  /** What the work came to, 0 (a mistake, or rejected) to 1 (accepted). */
  readonly reward: number;
  /** How much of a case this is for the arm, over 0 to 1. */
  readonly weight: number;
}

/** What is known of an arm in a context, as a Beta distribution of its mean reward. */
export interface ArmPosterior {
  /** The arm. */
  readonly arm: string;
  /** The context that it is known in. */
  readonly context: string;
  /** Grows by the reward of each case; begins with what other contexts and arms say. */
  readonly a: number;
  /** Grows by what the reward of each case lacks to 1. */
  readonly b: number;
  /** The mean of the distribution, 0 to 1. */
  readonly mean: number;
  /** Bounds of the interval that holds the mean reward with 95 %. */
  readonly low: number;
  /** See `low`. */
  readonly high: number;
  /** Cases in this context: the sum of their weights. */
  readonly trials: number;
}

/** Arms that were chosen, and how likely that was. */
export interface ArmChoice {
  /** The arms, each once. */
  readonly chosen: readonly string[];
  /** The probability of exactly this set, over 0 to 1. */
  readonly propensity: number;
  /** For each arm that there was, in order, the probability that it is chosen, 0 to 1. */
  readonly inclusion: readonly number[];
}

/** A choice of the log with what came of it, as off-policy estimates need it. */
export interface LoggedChoice {
  /** Id of the session. */
  readonly session: string;
  /** Its context. */
  readonly context: string;
  /** The arms that there were to choose from. */
  readonly arms: readonly string[];
  /** Those of them that began with a better prior. */
  readonly boosted: readonly string[];
  /** The arms chosen of them. */
  readonly chosen: readonly string[];
  /** The probability that exactly these were chosen, over 0 to 1. */
  readonly propensity: number;
  /** For each of `arms`, the probability that it was among those chosen, 0 to 1. */
  readonly inclusion: readonly number[];
  /** How they were chosen. */
  readonly policy: ChoosingPolicy;
  /** What each piece of work of the session came to, 0 to 1; none if nothing was judged. */
  readonly rewards: readonly number[];
  /** How many of the credits of the log, which are in its order, were known when arms were chosen. */
  readonly creditsBefore: number;
}

/** How often each outcome counts. */
export interface OutcomeTally {
  /** Work that was taken as it was. */
  readonly accepted: number;
  /** Work that was taken after changes. */
  readonly revision: number;
  /** Work that was not taken. */
  readonly rejected: number;
  /** Mistakes without a reward in their place, which count as rejected. */
  readonly mistakes: number;
}

/** Counts of one session, of those in a context, or of all. */
export interface ExperimentMetrics {
  /** Mistakes that were logged. */
  readonly mistakes: number;
  /** Those of them that repeat an earlier one, of this or another session. */
  readonly repeats: number;
  /** The share of mistakes that are repeats, 0 to 1; missing without mistakes. */
  readonly repeatRate?: number;
  /** What counts, each piece of work once. */
  readonly outcomes: OutcomeTally;
  /** Rewards and mistakes that do not count, as a reward came in their place. */
  readonly replaced: number;
  /** The mean reward of what counts with the bounds of its 95 % interval, 0 to 1; missing if nothing counts. */
  readonly reward?: { readonly mean: number; readonly low: number; readonly high: number };
}

/** Rules that were added and removed, as sets, sorted. */
export interface RuleChanges {
  /** Rules that were not there before. */
  readonly added: readonly string[];
  /** Rules that are not there any more. */
  readonly removed: readonly string[];
}

/** Metrics of a session. */
export interface SessionMetrics extends ExperimentMetrics {
  /** Id of the session. */
  readonly session: string;
  /** Its context. */
  readonly context: string;
  /** When it began, as an ISO time. */
  readonly startedAt: string;
  /** Missing while the session is open. */
  readonly endedAt?: string;
  /** From start to end by the recorded times; missing while it is open, or if its end is before its start. */
  readonly milliseconds?: number;
  /** How its arms were chosen. */
  readonly policy: ChoosingPolicy;
  /** How many arms there were to choose from. */
  readonly arms: number;
  /** The arms chosen of them. */
  readonly chosen: readonly string[];
  /** The probability that exactly these were chosen, over 0 to 1. */
  readonly propensity: number;
  /** Missing if the rules at the end are not recorded. */
  readonly rules?: RuleChanges;
  /** Notes of the start and the end, one a line. */
  readonly notes?: string;
  /** A file about the session. */
  readonly entry?: string;
}

/** Metrics of the sessions in a context. */
export interface ContextMetrics extends ExperimentMetrics {
  /** The context. */
  readonly context: string;
  /** How many sessions there are in it. */
  readonly sessions: number;
}

/** Mistakes of a class, over all sessions. */
export interface MistakeClass {
  /** The class. */
  readonly class: string;
  /** How many mistakes are of it. */
  readonly mistakes: number;
  /** How many of them repeat an earlier one. */
  readonly repeats: number;
  /** The mistakes that were repeated most, at most three. */
  readonly repeated: readonly {
    readonly id: string;
    readonly description: string;
    /** How often it was repeated, from 1. */
    readonly repeats: number;
  }[];
}

/** Metrics of all sessions. */
export interface ExperimentTotals extends ExperimentMetrics {
  /** How many sessions began. */
  readonly sessions: number;
  /** Sessions that have not ended. */
  readonly open: number;
  /** From the rules at the start of the first session to those at the end of the last that tells them. */
  readonly rules?: RuleChanges;
}

/** What an experiment came to. */
export interface ExperimentReport {
  /** All sessions in sum. */
  readonly totals: ExperimentTotals;
  /** In the order of the log. */
  readonly sessions: readonly SessionMetrics[];
  /** In the order in which they first came. */
  readonly contexts: readonly ContextMetrics[];
  /** The most frequent first. */
  readonly classes: readonly MistakeClass[];
  /** Each arm in each context in which it could be chosen. */
  readonly arms: readonly ArmPosterior[];
}

/** The first line of a log. */
export interface ExperimentHeader {
  readonly format: typeof EXPERIMENT_FORMAT;
  readonly version: typeof EXPERIMENT_VERSION;
}

/** What the first line of a log says that it is. */
export const EXPERIMENT_FORMAT = "ruletrace experiment";
/** The version of logs that are written. */
export const EXPERIMENT_VERSION = 1;

/** The name of a context that nobody named. */
export const GENERAL = "general";
