/**
 * What the credits of all contexts say of an arm in one of them, so that a new context does not begin cold.
 *
 * The shares of an arm in different contexts are taken as drawn around a mean of its own, as near to it as a
 * strength says: the data choose that, one for all arms. What other contexts say of an arm is its prior in this one.
 * An arm that is new everywhere begins at the mean of the others, with the strength of two trials.
 *
 * Gelman, A. et al. (2013). Bayesian Data Analysis, third edition, 5.1 and 5.3.
 *
 * @module
 */
import { getOrCreate } from "../../../learn/text/maps.ts";
import { type Beta, logGamma } from "../../beta.ts";
import type { ArmCredit } from "../format.ts";

/** What is known of arms by context. */
export interface PooledArms {
  /** The contexts that have credits, in the order of their names. */
  readonly contexts: readonly string[];
  /** Returns what is known of the reward of an arm in a context. */
  posteriorOf(context: string, arm: string): Beta;
  /** Returns how many trials the credits of an arm in a context come to. */
  trialsOf(context: string, arm: string): number;
}

/** Rewards and the rest of trials, added up. */
interface TrialSums {
  readonly won: number;
  readonly lost: number;
}

/** Trials that a prior is worth which nothing is known for: all shares are equally likely. */
const LITTLE = 2;
/** Rewards that an arm begins with more if it is boosted. */
const BOOST = 2;
/** Strengths to choose from: from contexts that tell nothing of each other to contexts that hardly differ. */
const STRENGTHS = [2, 4, 8, 16, 32, 64, 128];
const MEANS = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);
/** Credits are added up in billionths, so that their order does not change the sum. */
const UNIT = 1e9;

const NONE: TrialSums = { won: 0, lost: 0 };

/**
 * Adds up credits, and pools what they say over contexts.
 *
 * @param boosted arms that begin with two rewards more, which own trials outweigh with time
 * @throws {RangeError} if a reward or a weight is not a number from 0 to 1
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { poolCredits } from "./pooling.ts";
 *
 * const credits = [1, 1, 0].map((reward) => ({ context: "sql", arm: "plan", reward, weight: 1 }));
 * // All shares were equally likely before the three trials.
 * assertEquals(poolCredits(credits).posteriorOf("sql", "plan"), { a: 3, b: 2 });
 * ```
 */
export function poolCredits(
  credits: readonly ArmCredit[],
  boosted: Iterable<string> = [],
): PooledArms {
  const byArm = sumCredits(credits);
  const strength = chooseStrength([...byArm.values()].map((sums) => [...sums.values()]));
  const lifted = new Set(boosted);
  /** What is known of each arm over all contexts. */
  const means = new Map([...byArm].map(([arm, sums]) => [arm, meanOf([...sums.values()])]));
  const sumOfMeans = sumInOrder([...means.values()]);

  /** Returns the prior of an arm before any trial of it. */
  const priorOf = (arm: string): Beta => {
    const own = means.get(arm);
    const others = means.size - (own === undefined ? 0 : 1);
    // As if one more arm had a share of one half: so the mean of few arms says little.
    const mean = (0.5 + (sumOfMeans - (own ?? 0))) / (1 + others);
    return { a: LITTLE * mean + (lifted.has(arm) ? BOOST : 0), b: LITTLE * (1 - mean) };
  };
  const sumsOf = (context: string, arm: string) => byArm.get(arm)?.get(context) ?? NONE;
  const contexts = new Set([...byArm.values()].flatMap((sums) => [...sums.keys()]));
  return {
    contexts: [...contexts].sort(),
    posteriorOf: (context, arm) => {
      const others = [...byArm.get(arm) ?? []].filter(([other]) => other !== context);
      const { a, b } = carryOver(priorOf(arm), others.map(([, sums]) => sums), strength);
      const { won, lost } = sumsOf(context, arm);
      return { a: a + won, b: b + lost };
    },
    trialsOf: (context, arm) => {
      const { won, lost } = sumsOf(context, arm);
      return won + lost;
    },
  };
}

/** Adds up credits by arm and context. */
function sumCredits(credits: readonly ArmCredit[]): Map<string, Map<string, TrialSums>> {
  const units = new Map<string, Map<string, { won: number; all: number }>>();
  for (const [place, { context, arm, reward, weight }] of credits.entries()) {
    requireShare(reward, `The reward of credit ${place}`);
    requireShare(weight, `The weight of credit ${place}`);
    const sums = getOrCreate(units, arm, () => new Map<string, { won: number; all: number }>());
    const sum = getOrCreate(sums, context, () => ({ won: 0, all: 0 }));
    sum.won += Math.round(reward * weight * UNIT);
    sum.all += Math.round(weight * UNIT);
  }
  return new Map(
    [...units].map(([arm, sums]) => {
      const trials = [...sums].map(([context, { won, all }]) =>
        [context, { won: won / UNIT, lost: (all - won) / UNIT }] as const
      );
      return [arm, new Map(trials.filter(([, { won, lost }]) => won + lost > 0))] as const;
    }).filter(([, sums]) => sums.size > 0),
  );
}

function requireShare(value: number, name: string): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} is ${value}, expected 0 to 1`);
}

/** Returns the share of rewards, begun at one half with little strength. */
function meanOf(sums: readonly TrialSums[]): number {
  const won = sumInOrder(sums.map(({ won }) => won));
  const lost = sumInOrder(sums.map(({ lost }) => lost));
  return (LITTLE / 2 + won) / (LITTLE + won + lost);
}

/** Adds numbers from the least up: the same whatever the order they come in. */
function sumInOrder(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other).reduce((sum, value) => sum + value, 0);
}

/**
 * Returns the prior of an arm in a context by its trials in others.
 *
 * With a strength k, n trials in a context tell as much of the mean of the arm as n (k + 1) / (n + k) trials of it
 * would, and never more than k + 1. The share in this context then varies as the mean does, and around it: of a
 * Beta distribution with as great a variance the strength is M k / (M + k + 1), if that of the mean is M.
 */
function carryOver(prior: Beta, others: readonly TrialSums[], strength: number): Beta {
  if (others.length === 0) return prior;
  const told = others.map(({ won, lost }) => {
    const trials = won + lost;
    const part = (strength + 1) / (trials + strength);
    return { won: won * part, lost: lost * part };
  });
  const a = prior.a + sumInOrder(told.map(({ won }) => won));
  const b = prior.b + sumInOrder(told.map(({ lost }) => lost));
  const own = (a + b) * strength / (a + b + strength + 1);
  // Other contexts do not leave less known than nothing would.
  const part = Math.max(own, prior.a + prior.b) / (a + b);
  return { a: a * part, b: b * part };
}

/**
 * Chooses how near the shares of an arm in different contexts are to its mean: the geometric mean of the strengths,
 * each weighted by the likelihood of all trials under it, for a mean of each arm that may be anything. Without an arm
 * that was tried in two contexts it is 16.
 *
 * Skellam, J. G. (1948). A probability distribution derived from the binomial distribution by regarding the
 * probability of success as variable between the sets of trials. Journal of the Royal Statistical Society B 10(2).
 *
 * @param arms the trials of each arm, by context
 */
function chooseStrength(arms: readonly (readonly TrialSums[])[]): number {
  const tried = arms.filter((sums) => sums.length > 1);
  const likelihoods = PRIORS.map((priors, place) =>
    sumInOrder(tried.map((sums) => likelihoodOf(sums, STRENGTHS[place], priors)))
  );
  const most = Math.max(...likelihoods);
  const weights = likelihoods.map((likelihood) => Math.exp(likelihood - most));
  const all = weights.reduce((sum, weight) => sum + weight);
  const logs = STRENGTHS.map((strength, place) => weights[place] * Math.log(strength));
  return Math.exp(logs.reduce((sum, log) => sum + log) / all);
}

/** A prior by what its Beta distribution is divided by. */
interface ScaledPrior extends Beta {
  /** The logarithm of the Beta function of both. */
  readonly scale: number;
}

/** Priors with each mean, for each strength. */
const PRIORS: readonly (readonly ScaledPrior[])[] = STRENGTHS.map((strength) =>
  MEANS.map((mean) => {
    const [a, b] = [strength * mean, strength * (1 - mean)];
    return { a, b, scale: logGamma(a) + logGamma(b) - logGamma(strength) };
  })
);

/** Returns the logarithm of the likelihood of trials in several contexts, up to a part that they alone decide. */
function likelihoodOf(
  sums: readonly TrialSums[],
  strength: number,
  priors: readonly ScaledPrior[],
): number {
  const all = sumInOrder(sums.map(({ won, lost }) => logGamma(strength + won + lost)));
  const logs = priors.map(({ a, b, scale }) =>
    sumInOrder(sums.map(({ won, lost }) => logGamma(a + won) + logGamma(b + lost) - scale))
  );
  return logMean(logs) - all;
}

/** Returns the logarithm of the mean of numbers that are given by their logarithms. */
function logMean(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length);
}
