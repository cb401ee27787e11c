/**
 * What the rewards would have been if arms had been chosen in another way, from the log alone.
 *
 * A session in which the log happened to choose what the other way would have chosen stands for all those in which it
 * did not: it counts by how much more probable that choice is in the other way (inverse propensity scoring).
 *
 * @module
 */
import { quote } from "../../../learn/text/quoting.ts";
import { count, formatPercent } from "../../../print/phrases.ts";
import { betaQuantile } from "../../beta.ts";
import type { ArmCredit, LoggedChoice } from "../format.ts";
import { type ChoosingOptions, propensitiesOf } from "./choosing.ts";

/** What an estimate needs of a session: how it was chosen, and what came of it. */
export type JudgedChoice = Pick<
  LoggedChoice,
  "context" | "arms" | "chosen" | "propensity" | "inclusion" | "rewards" | "creditsBefore"
>;

/** Another way to choose arms. */
export type TargetPolicy =
  /** Always exactly these arms. */
  | { readonly kind: "always"; readonly arms: readonly string[] }
  /** Never a set without this arm; the others as the log chooses them beside it. */
  | { readonly kind: "with"; readonly arm: string }
  /** Never a set with this arm; the others as the log chooses them without it. */
  | { readonly kind: "without"; readonly arm: string }
  /** By `chooseArms`, as many as the session had, with what was known when it began. */
  | (
    & { readonly kind: "choosing"; readonly credits: readonly ArmCredit[] }
    & Pick<ChoosingOptions, "policy" | "boosted" | "explore" | "draws" | "seed">
  );

/** What the rewards would have been. */
export interface PolicyEstimate {
  /** Tells it from a refusal. */
  readonly kind: "estimate";
  /** The mean reward of sessions, 0 to 1: self-normalised, which varies less. */
  readonly mean: number;
  /** The lower bound of its 95 % interval. */
  readonly low: number;
  /** The upper bound. */
  readonly high: number;
  /** The mean reward by Horvitz and Thompson: right on average, but it varies more, and can be over 1. */
  readonly unbiased: number;
  /** How many sessions of the other way the log is worth. */
  readonly effective: number;
  /** Sessions with a reward. */
  readonly sessions: number;
  /** Those of them that chose what the other way could have chosen. */
  readonly taken: number;
  /** The part of the other way's choices that the log could not have made, which the bounds allow for: up to .01. */
  readonly unreachable: number;
}

/** Why the log cannot tell. */
export interface PolicyRefusal {
  /** Tells it from an estimate. */
  readonly kind: "refused";
  /** A sentence without its full stop. */
  readonly reason: string;
  /** Sessions with a reward. */
  readonly sessions: number;
  /** Those of them that chose what the other way could have chosen. */
  readonly taken: number;
  /** How many sessions of the other way the log is worth. */
  readonly effective: number;
}

/** Below so many effective sessions an interval means little. */
const LEAST_EFFECTIVE = 30;
/** The part of choices that the log could not have made up to which an estimate is given. */
const MOST_UNREACHABLE = 0.01;
/** Standard errors by which the mean weight may differ from 1. */
const MOST_ERRORS = 4;
/** The probability that the bounds leave out on either side. */
const OUT = 0.025;

/** A session that counts: how much, what came of it, and which part of what it could have been is unreachable. */
interface WeightedChoice {
  readonly weight: number;
  readonly reward: number;
  readonly unreachable: number;
}

/**
 * Estimates the mean reward of sessions under another way to choose arms. The reward of a session is the mean of its
 * rewards; sessions without any are left out, which assumes that whether work was judged does not depend on the arms.
 * What is estimated is each choice by itself, after the sessions that there were: not what else would have been
 * learned from other choices.
 *
 * Refused, with the reason, if the log cannot tell: if it could not have made over 1 % of the choices, as with sets
 * chosen without chance; if it made none of them; if weights show that its probabilities do not hold; or if its
 * sessions are worth fewer than 30 of the other way.
 *
 * Horvitz, D. G. & Thompson, D. J. (1952). A generalization of sampling without replacement from a finite universe.
 * Journal of the American Statistical Association 47(260), 663-685.
 * Swaminathan, A. & Joachims, T. (2015). The self-normalized estimator for counterfactual learning. NIPS 28.
 * Kish, L. (1965). Survey Sampling. Wiley (the effective sample size).
 * Korn, E. L. & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
 * counts estimated from survey data. Survey Methodology 24(2), 193-201 (the bounds).
 *
 * @throws {RangeError} if a session has another number of probabilities than of arms, or one that is not in its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { estimatePolicy } from "./what_if.ts";
 *
 * const [arms, creditsBefore] = [["plan", "guess"], 0];
 * const sessions = Array.from({ length: 100 }, (_, place) => {
 *   const chosen = [arms[place % 2]];
 *   const shared = { context: "sql", arms, propensity: 0.5, inclusion: [0.5, 0.5], creditsBefore };
 *   return { ...shared, chosen, rewards: [chosen[0] === "plan" && place % 10 > 0 ? 1 : 0] };
 * });
 * const estimate = estimatePolicy(sessions, { kind: "always", arms: ["plan"] });
 * assertEquals(estimate.kind === "estimate" && [estimate.mean, estimate.effective], [0.8, 50]);
 *
 * const fixed = sessions.map((one) => ({ ...one, chosen: ["guess"], propensity: 1, inclusion: [0, 1] }));
 * assertEquals(estimatePolicy(fixed, { kind: "with", arm: "plan" }).kind, "refused");
 * ```
 */
export function estimatePolicy(
  sessions: readonly JudgedChoice[],
  target: TargetPolicy,
): PolicyEstimate | PolicyRefusal {
  const judged = sessions.filter(({ rewards }) => rewards.length > 0);
  const choices = judged.map((session, place) => weighChoice(session, target, place));
  const weights = choices.map(({ weight }) => weight);
  const taken = weights.filter((weight) => weight > 0).length;
  const all = sumOf(weights);
  const effective = findEffective(weights);
  const facts = { sessions: choices.length, taken, effective };
  const unreachable = meanOf(choices.map((choice) => choice.unreachable));
  const reason = findMismatch(judged, target) ??
    findReason(judged, choices, { ...facts, unreachable });
  if (reason !== undefined) return { kind: "refused", reason, ...facts };
  // Rounding must not lead over 1.
  const mean = Math.min(1, sumOf(choices.map(({ weight, reward }) => weight * reward)) / all);
  const bounds = findBounds(choices, mean, effective);
  // What the log could not have chosen may be worth anything from 0 to 1.
  const reached = 1 - unreachable;
  return {
    kind: "estimate",
    mean,
    low: bounds.low * reached,
    high: bounds.high * reached + unreachable,
    unbiased: meanOf(choices.map(({ weight, reward }) => weight * reward)),
    ...facts,
    unreachable,
  };
}

/** Returns how many equal weights are worth as much as these. Weights too great for their squares are worth one. */
function findEffective(weights: readonly number[]): number {
  const square = sumOf(weights) ** 2;
  if (square === 0) return 0;
  return square === Infinity ? 1 : square / sumOf(weights.map((weight) => weight ** 2));
}

/** Finds what of a policy no session is about, if there is such a thing. */
function findMismatch(judged: readonly JudgedChoice[], target: TargetPolicy): string | undefined {
  if (judged.length === 0) return "no session has a reward";
  if (target.kind === "choosing") return undefined;
  const named = target.kind === "always" ? target.arms : [target.arm];
  const unknown = named.find((arm) => !judged.some(({ arms }) => arms.includes(arm)));
  if (unknown !== undefined) return `no session could choose ${quote(unknown)}`;
  const size = named.length;
  return target.kind !== "always" || judged.some(({ chosen }) => chosen.length === size)
    ? undefined
    : `no session chose ${count(size, "arm")}, and sets of another size do not tell`;
}

/** Finds why the log cannot tell, if it cannot. */
function findReason(
  judged: readonly JudgedChoice[],
  choices: readonly WeightedChoice[],
  { taken, effective, unreachable }: Omit<
    PolicyEstimate,
    "kind" | "mean" | "low" | "high" | "unbiased" | "sessions"
  >,
): string | undefined {
  if (unreachable > MOST_UNREACHABLE) {
    const part = `the log could not have made ${formatPercent(unreachable)} % of these choices`;
    return judged.every(({ propensity }) => propensity === 1)
      ? `${part}, as its sets were chosen without chance`
      : `${part}, expected at most ${formatPercent(MOST_UNREACHABLE)} %`;
  }
  if (taken === 0) return "no session chose what this policy would have chosen";
  if (effective < LEAST_EFFECTIVE) {
    return `${count(taken, "session")} with such choices ${taken === 1 ? "is" : "are"} worth ${
      effective.toFixed(1)
    }, expected at least ${LEAST_EFFECTIVE}`;
  }
  // The weights of choices that are all possible are 1 on average.
  const weights = choices.map(({ weight }) => weight);
  const mean = meanOf(weights);
  const variance = meanOf(weights.map((weight) => (weight - mean) ** 2)) / weights.length;
  if (Math.abs(mean - 1) <= MOST_ERRORS * Math.sqrt(variance) + 1e-9) return undefined;
  return `the weights are ${mean.toFixed(2)} on average, expected 1: ` +
    (mean < 1 ? "some of these sets were not possible" : "the probabilities logged do not hold");
}

/** Weighs a session by how much more probable its choice is under another policy. */
function weighChoice(session: JudgedChoice, target: TargetPolicy, place: number): WeightedChoice {
  const { arms, chosen, propensity, inclusion, rewards } = session;
  if (inclusion.length !== arms.length) {
    throw new RangeError(
      `Session ${place} has ${inclusion.length} probabilities, expected one for each of its ${arms.length} arms`,
    );
  }
  const isShare = (value: number) => value >= 0 && value <= 1;
  if (!(propensity > 0 && propensity <= 1 && inclusion.every(isShare) && rewards.every(isShare))) {
    throw new RangeError(`Session ${place} has a probability or a reward that is not from 0 to 1`);
  }
  const reward = meanOf(rewards);
  const counted = (weight: number, unreachable: number) => ({ weight, reward, unreachable });
  switch (target.kind) {
    case "always": {
      const wanted = new Set(target.arms);
      const isPossible = wanted.size === chosen.length &&
        target.arms.every((arm) => arms.includes(arm));
      const isChosen = isPossible && chosen.every((arm) => wanted.has(arm));
      const shares = arms.map((arm) => wanted.has(arm) ? 1 : 0);
      return counted(
        isChosen ? 1 / propensity : 0,
        isPossible ? sumUnreachable(session, shares) : 1,
      );
    }
    case "with":
    case "without": {
      const isWith = target.kind === "with";
      const among = inclusion[arms.indexOf(target.arm)] ?? 0;
      const share = isWith ? among : 1 - among;
      if (share === 0) return counted(0, 1);
      return counted(chosen.includes(target.arm) === isWith ? 1 / share : 0, 0);
    }
    case "choosing": {
      const { kind: _, credits, seed, ...settings } = target;
      const shares = propensitiesOf({
        ...settings,
        ...{ context: session.context, arms, size: Math.max(1, chosen.length) },
        credits: credits.slice(0, session.creditsBefore),
        seed: seed + place,
      }, chosen);
      return counted(shares.propensity / propensity, sumUnreachable(session, shares.inclusion));
    }
  }
}

/** Returns the most that the choices can come to which have an arm that the log cannot, or lack one that it must. */
function sumUnreachable({ inclusion }: JudgedChoice, shares: readonly number[]): number {
  const parts = inclusion.map((logged, place) =>
    logged === 0 ? shares[place] : logged === 1 ? 1 - shares[place] : 0
  );
  return Math.min(1, sumOf(parts));
}

/**
 * Returns the bounds of a weighted mean: as of so many trials as have its variance, but at most the effective ones, by
 * Clopper and Pearson.
 */
function findBounds(choices: readonly WeightedChoice[], mean: number, effective: number) {
  const all = sumOf(choices.map(({ weight }) => weight));
  const variance = sumOf(
    choices.map(({ weight, reward }) => (weight / all * (reward - mean)) ** 2),
  );
  const trials = variance === 0 ? effective : Math.min(effective, mean * (1 - mean) / variance);
  const [won, lost] = [trials * mean, trials * (1 - mean)];
  return {
    low: won === 0 ? 0 : betaQuantile(OUT, { a: won, b: lost + 1 }),
    high: lost === 0 ? 1 : betaQuantile(1 - OUT, { a: won + 1, b: lost }),
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Returns the mean; of no values 0. */
function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values) / values.length;
}
