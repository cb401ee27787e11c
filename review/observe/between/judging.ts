/**
 * What reviews tell of two rule sets: a Bayes factor that may be looked at after any review, and the difference in
 * accuracy.
 *
 * Only texts that exactly one set gets right say which is better. If neither is, each set is the right one with a
 * probability of ½; if one is, the probability is taken from Beta(5, 5), which is between .21 and .79 with 95 %. The
 * Bayes factor says how much likelier the reviews are in the second case; from 20 on, that is strong evidence.
 *
 * If neither set is better, the Bayes factor is after each further review expected to be what it is (a martingale), or
 * less if texts are drawn without replacement. So it comes to 20 in at most 1 of 20 cases, however often and long one
 * looks (Ville). In at most half of these it tells for one set; and that is the most often that a set that is worse can
 * be told better, as each review in which it is not the right one only delays that. The odds P(p > ½) / P(p < ½) of the
 * posterior have no such bound: if neither set is better, they come to 20 sooner or later.
 *
 * Kass, R. E. & Raftery, A. E. (1995). Bayes factors. Journal of the American Statistical Association 90(430), 773-795.
 * Ville, J. (1939). Étude critique de la notion de collectif. Gauthier-Villars.
 *
 * @module
 */
import { createRandom } from "../../../learn/score/random.ts";
import { drawShare, logBeta } from "../../beta.ts";
import type { AccuracyDifference, ReviewCounts, SetJudgement } from "./format.ts";

/** The Bayes factor that decides: strong evidence (Kass & Raftery). */
export const DECISIVE_FACTOR = 20;

/** Both numbers of the Beta distribution of how often the new set is the right one, if one is better. */
const PRIOR = 5;

/**
 * Returns how much likelier reviews are if one of two sets is better than if none is, in closed form:
 * 2ⁿ B(5 + new, 5 + old) / B(5, 5).
 *
 * @returns over 0; over 1 speaks for a difference
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { bayesFactorOf } from "../../observe.ts";
 *
 * assertEquals(bayesFactorOf({ newOnly: 0, oldOnly: 0, neither: 3 }).toFixed(2), "1.00");
 * assertEquals(bayesFactorOf({ newOnly: 40, oldOnly: 17, neither: 30 }).toFixed(1), "22.7");
 * ```
 */
export function bayesFactorOf({ newOnly, oldOnly }: ReviewCounts): number {
  const log = logBeta(PRIOR + newOnly, PRIOR + oldOnly) - logBeta(PRIOR, PRIOR) +
    (newOnly + oldOnly) * Math.LN2;
  return Math.exp(log);
}

/** What is known of the texts without reviews. */
export interface JudgedTexts {
  /** How many there are. */
  readonly texts: number;
  /** On how many the sets differ. */
  readonly differing: number;
}

/**
 * Tells which of two rule sets is better by reviews of texts on which they differ, drawn at random.
 *
 * The difference in accuracy is that on these texts. What is not reviewed is drawn from what is (Dirichlet-multinomial):
 * how often exactly one set is right, from Beta(1, 1) on; how often it is the new one, from Beta(5, 5) on. Once all is
 * reviewed, it is known.
 *
 * @param options.seed of the draws that the interval is of
 * @throws {RangeError} if counts are not whole numbers from 0, or come to more than the texts that differ
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { judgeReviews } from "../../observe.ts";
 *
 * const counts = { newOnly: 40, oldOnly: 17, neither: 30 };
 * const { verdict, difference } = judgeReviews(counts, { texts: 3_000, differing: 320 });
 * assertEquals([verdict, difference.points.toFixed(1), difference.low > 0], ["new", "2.5", true]);
 * ```
 */
export function judgeReviews(
  counts: ReviewCounts,
  of: JudgedTexts,
  { seed = 0 }: { readonly seed?: number } = {},
): SetJudgement {
  const left = requireCounts(counts, of);
  const bayesFactor = bayesFactorOf(counts);
  const ahead = counts.newOnly - counts.oldOnly;
  const isExact = left === 0;
  const isDecided = isExact || bayesFactor >= DECISIVE_FACTOR;
  const verdict = !isDecided ? "undecided" : ahead > 0 ? "new" : ahead < 0 ? "old" : "same";
  const random = createRandom(seed);
  const difference = estimate(counts, left, of.texts, random);
  const more = isDecided ? undefined : forecast(counts, left, random);
  return { verdict, bayesFactor, difference, isExact, ...(more !== undefined && { more }) };
}

/** Returns how many texts are not reviewed. */
function requireCounts(
  { newOnly, oldOnly, neither }: ReviewCounts,
  { texts, differing }: JudgedTexts,
): number {
  const all = Object.entries({ newOnly, oldOnly, neither, texts, differing });
  const [name, value] = all.find(([, value]) => !Number.isSafeInteger(value) || value < 0) ?? [];
  if (name !== undefined) {
    throw new RangeError(`${name} is ${value}, expected a whole number from 0`);
  }
  if (differing > texts) {
    throw new RangeError(`differing is ${differing}, expected at most ${texts}, of all texts`);
  }
  const reviewed = newOnly + oldOnly + neither;
  if (reviewed <= differing) return differing - reviewed;
  throw new RangeError(`${reviewed} texts are counted, expected at most ${differing}`);
}

/** How many differences the interval is of. */
const DRAWS = 4_000;

function estimate(
  { newOnly, oldOnly, neither }: ReviewCounts,
  left: number,
  texts: number,
  random: () => number,
): AccuracyDifference {
  const known = newOnly - oldOnly;
  const toPoints = (ahead: number) => texts === 0 ? 0 : 100 * ahead / texts;
  if (left === 0) return { points: toPoints(known), low: toPoints(known), high: toPoints(known) };
  const one = newOnly + oldOnly;
  const told = { a: one + 1, b: neither + 1 };
  const ofNew = { a: newOnly + PRIOR, b: oldOnly + PRIOR };
  const mean = told.a / (told.a + told.b) * (ofNew.a - ofNew.b) / (ofNew.a + ofNew.b);
  const drawn = new Float64Array(DRAWS);
  for (let draw = 0; draw < DRAWS; draw++) {
    const right = drawCount(random, left, drawShare(random, told));
    const rightNew = drawCount(random, right, drawShare(random, ofNew));
    drawn[draw] = known + 2 * rightNew - right;
  }
  drawn.sort();
  const out = 0.025 * DRAWS;
  return {
    points: toPoints(known + left * mean),
    low: toPoints(drawn[out]),
    high: toPoints(drawn[DRAWS - 1 - out]),
  };
}

/** From so few on, a count is drawn one by one. */
const FEW = 16;

/**
 * Draws how many of `n` things have what each has with probability `p`: halves them by drawing the middle one of as many
 * numbers from 0 to 1.
 *
 * Relles, D. A. (1972). A simple algorithm for generating binomial random variables when N is large. Journal of the
 * American Statistical Association 67(339), 612-613.
 */
function drawCount(random: () => number, n: number, p: number): number {
  let [count, left, share] = [0, n, p];
  while (left > FEW) {
    const middle = Math.floor((left + 1) / 2);
    const at = drawShare(random, { a: middle, b: left + 1 - middle });
    if (at <= share) {
      count += middle;
      left -= middle;
      share = at < 1 ? (share - at) / (1 - at) : 0;
    } else {
      left = middle - 1;
      share /= at;
    }
  }
  for (; left > 0; left--) if (random() < share) count++;
  return count;
}

/** How many courses of further reviews are drawn. */
const COURSES = 200;
/** How many further reviews one is followed for. */
const MOST_REVIEWS = 10_000;

/** Returns after how many more reviews half of the courses drawn from what is known are decided. */
function forecast(counts: ReviewCounts, left: number, random: () => number): number | undefined {
  const most = Math.min(left, MOST_REVIEWS);
  const found = new Float64Array(COURSES);
  const now = bayesFactorOf(counts);
  for (let course = 0; course < COURSES; course++) {
    let { newOnly, oldOnly, neither } = counts;
    let [factor, more] = [now, 0];
    while (factor < DECISIVE_FACTOR && more <= most) {
      more++;
      const told = newOnly + oldOnly;
      if (random() * (told + neither + 2) >= told + 1) {
        neither++;
        continue;
      }
      const share = (newOnly + PRIOR) / (told + 2 * PRIOR);
      const isNew = random() < share;
      factor *= 2 * (isNew ? share : 1 - share);
      if (isNew) newOnly++;
      else oldOnly++;
    }
    found[course] = more;
  }
  const half = found.sort()[COURSES / 2];
  // Once all are reviewed, it is known.
  return half <= most ? half : left === most ? left : undefined;
}
