/**
 * Which arms a session gets: by Thompson sampling, or all sets alike, with the probability of what was chosen.
 *
 * @module
 */
import { createRandom } from "../../../learn/score/random.ts";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { drawShare } from "../../beta.ts";
import type { ArmChoice, ArmCredit, ChoosingPolicy } from "../format.ts";
import { poolCredits } from "./pooling.ts";

/** What arms are chosen from, and by what. */
export interface ChoosingOptions {
  /** The arms that there are, each once, in any order. */
  readonly arms: readonly string[];
  /** What kind of session it is. */
  readonly context: string;
  /** How many arms the session gets, from 1; all of them if there are not more. */
  readonly size: number;
  /** What the sessions before tell. */
  readonly credits: readonly ArmCredit[];
  /** A whole number; its last 32 bits count. Sessions need different ones. */
  readonly seed: number;
  /**
   * Arms that begin with two rewards more.
   *
   * @default []
   */
  readonly boosted?: Iterable<string>;
  /**
   * `thompson` prefers what is probably best, `uniform` has no preference.
   *
   * @default "thompson"
   */
  readonly policy?: ChoosingPolicy;
  /**
   * The part of Thompson sampling's choices that are made without preference instead, from 0 to 1. With more than
   * none, each set of arms remains possible, which `estimatePolicy` needs.
   *
   * @default 0
   */
  readonly explore?: number;
  /**
   * How many sets Thompson sampling draws, of which one is taken: probabilities are multiples of one part of these.
   *
   * @default 500
   */
  readonly draws?: number;
}

/** Sets are drawn by so many samples, unless told otherwise. */
const DRAWS = 500;

/**
 * Chooses arms for a session. Thompson sampling draws a reward for each arm from what is known of it, and takes the
 * arms with the greatest ones: an arm is chosen as often as it is probably among the best. Here it draws 500 such
 * sets and takes one of these, each being as likely: so the probability of the chosen set is exactly how often it is
 * among them. The same options give the same choice, whatever the order of the arms and of the credits.
 *
 * Thompson, W. R. (1933). On the likelihood that one unknown probability exceeds another in view of the evidence of
 * two samples. Biometrika 25(3/4), 285-294.
 * Russo, D. et al. (2018). A tutorial on Thompson sampling. Foundations and Trends in Machine Learning 11(1), 1-96.
 *
 * @returns the chosen arms in the order of their names; without arms, none
 * @throws {RangeError} if an arm is there twice, or an option, a reward or a weight is not in its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { chooseArms } from "./choosing.ts";
 *
 * const credits = Array.from({ length: 100 }, (_, place) => {
 *   const arm = place % 2 === 0 ? "plan" : "guess";
 *   return { context: "sql", arm, reward: arm === "plan" ? 1 : 0, weight: 1 };
 * });
 * const options = { arms: ["guess", "plan"], context: "sql", size: 1, credits, seed: 1 };
 * assertEquals(chooseArms(options), { chosen: ["plan"], propensity: 1, inclusion: [0, 1] });
 * assertEquals(chooseArms({ ...options, policy: "uniform" }).inclusion, [0.5, 0.5]);
 * ```
 */
export function chooseArms(options: ChoosingOptions): ArmChoice {
  const arms = sortArms(options.arms);
  if (arms.length === 0) return { chosen: [], propensity: 1, inclusion: [] };
  const { drawn, taken, isAny, random } = drawLots(arms, options);
  const places = isAny
    ? drawAny(arms.length, sizeOf(options), random)
    : drawn[Math.floor(taken * drawn.length)];
  const chosen = places.map((place) => arms[place]);
  return { chosen, ...propensitiesIn(drawn, arms, chosen, options) };
}

/**
 * Returns the probabilities that arms have to be chosen, which were perhaps chosen in another way. Those of Thompson
 * sampling are of the sets that it draws by the seed, and so right on average; with the options of a choice they are
 * those of that choice.
 *
 * @param chosen as many of the arms as are to be chosen
 * @returns the probability of exactly these arms, from 0, and for each arm of the options that of being chosen
 * @throws {RangeError} as {@linkcode chooseArms} does
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { propensitiesOf } from "./choosing.ts";
 *
 * const options = { arms: ["a", "b", "c"], context: "", size: 2, credits: [], seed: 0 };
 * const { propensity, inclusion } = propensitiesOf({ ...options, policy: "uniform" }, ["a", "c"]);
 * assertEquals([propensity, ...inclusion].map((share) => share.toFixed(2)), [
 *   ...["0.33", "0.67", "0.67", "0.67"],
 * ]);
 * ```
 */
export function propensitiesOf(
  options: ChoosingOptions,
  chosen: readonly string[],
): Omit<ArmChoice, "chosen"> {
  const arms = sortArms(options.arms);
  const { drawn } = drawLots(arms, options);
  return propensitiesIn(drawn, arms, chosen, options);
}

/** Draws all that a choice of sorted arms needs: without preference, no sets. */
function drawLots(arms: readonly string[], options: ChoosingOptions) {
  const { seed, policy = "thompson", explore = 0 } = options;
  if (!(explore >= 0 && explore <= 1)) {
    throw new RangeError(`The part to explore is ${explore}, expected 0 to 1`);
  }
  const random = createRandom(seed);
  // These come first: what is taken must not depend on what is drawn.
  const [taken, chance] = [random(), random()];
  const isAny = policy === "uniform" || chance < explore;
  const isDrawn = policy === "thompson" && arms.length > 0;
  return { taken, isAny, drawn: isDrawn ? drawSets(arms, options, random) : [], random };
}

function sortArms(arms: readonly string[]): readonly string[] {
  const sorted = arms.toSorted(compareCodeUnits);
  if (sorted.some((arm, place) => arm === sorted[place + 1])) {
    throw new RangeError("An arm is there twice, expected each once");
  }
  return sorted;
}

function sizeOf({ arms, size }: ChoosingOptions): number {
  requireWhole(size, "The size");
  return Math.min(size, arms.length);
}

function requireWhole(value: number, name: string): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(`${name} is ${value}, expected a whole number from 1`);
}

/** Draws sets of sorted arms by Thompson sampling, as their places from the least up. */
function drawSets(
  arms: readonly string[],
  options: ChoosingOptions,
  random: () => number,
): number[][] {
  const { context, credits, boosted, draws = DRAWS } = options;
  requireWhole(draws, "The number of draws");
  const pooled = poolCredits(credits, boosted);
  const known = arms.map((arm) => pooled.posteriorOf(context, arm));
  const size = sizeOf(options);
  return Array.from({ length: draws }, () => {
    const shares = known.map((beta) => drawShare(random, beta));
    return findGreatest(shares, size);
  });
}

/** Finds the places of the greatest numbers, from the least up; of equal numbers, the first. */
function findGreatest(values: readonly number[], size: number): number[] {
  const least = Float64Array.from(values).sort()[values.length - size];
  let equal = size - values.filter((value) => value > least).length;
  return [...values.keys()].filter((place) =>
    values[place] > least || values[place] === least && equal-- > 0
  );
}

/**
 * Draws any set, all being as likely: the first places of a shuffle.
 *
 * Durstenfeld, R. (1964). Algorithm 235: Random permutation. Communications of the ACM 7(7), 420.
 */
function drawAny(arms: number, size: number, random: () => number): number[] {
  const places = Array.from({ length: arms }, (_, place) => place);
  for (let place = 0; place < size; place++) {
    const other = place + Math.floor(random() * (arms - place));
    [places[place], places[other]] = [places[other], places[place]];
  }
  return places.slice(0, size).sort((one, other) => one - other);
}

/**
 * Returns the probabilities of choosing one of the drawn sets of sorted arms, each being as likely, or with the part to
 * explore any set at all.
 */
function propensitiesIn(
  drawn: readonly (readonly number[])[],
  arms: readonly string[],
  chosen: readonly string[],
  options: ChoosingOptions,
): Omit<ArmChoice, "chosen"> {
  const size = arms.length === 0 ? 0 : sizeOf(options);
  const explore = drawn.length === 0 ? 1 : options.explore ?? 0;
  // Rounding must not lead over 1.
  const mix = (any: number, times: number) =>
    Math.min(1, explore * any + (times === 0 ? 0 : (1 - explore) * times / drawn.length));
  const wanted = new Set(chosen);
  const times = new Map<string, number>();
  let same = 0;
  for (const set of drawn) {
    if (set.length === wanted.size && set.every((place) => wanted.has(arms[place]))) same++;
    for (const place of set) times.set(arms[place], (times.get(arms[place]) ?? 0) + 1);
  }
  const any = wanted.size === size ? shareOfSet(arms.length, size) : 0;
  return {
    propensity: mix(any, same),
    inclusion: options.arms.map((arm) => mix(size / arms.length, times.get(arm) ?? 0)),
  };
}

/** Returns the probability of a set of arms if all of its size are as likely: over 0, however many these are. */
function shareOfSet(arms: number, size: number): number {
  let share = 1;
  for (let place = 0; place < Math.min(size, arms - size); place++) {
    share *= (place + 1) / (arms - place);
  }
  return Math.max(share, Number.MIN_VALUE);
}
