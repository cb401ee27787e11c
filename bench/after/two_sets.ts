/**
 * Measures how many reviews it takes to tell which of two rule sets is better, and how often the answer is wrong: by
 * reviews of where they differ, and as one would otherwise do it.
 *
 *     deno run -A bench/after/two_sets.ts [--quick]
 *
 * @module
 */
import type { LabelledExample } from "../../learn/data/examples.ts";
import { createClassifier } from "../../learn/rules/classifier.ts";
import type { RuleSet } from "../../learn/rules/rule_set.ts";
import { createRandom } from "../../learn/score/random.ts";
import { normalQuantile } from "../../learn/score/wilson.ts";
import { learnRules } from "../../pipeline.ts";
import { rulesOfTrace } from "../../record/rule_set.ts";
import { drawShare, probabilityBelow } from "../../review/beta.ts";
import type { ReviewCounts, RightSet } from "../../review/observe/between/format.ts";
import {
  bayesFactorOf,
  DECISIVE_FACTOR,
  judgeReviews,
} from "../../review/observe/between/judging.ts";
import { withTrace } from "../../trace.ts";
import { type Data, drawExamples, readData } from "../data.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  skipped,
} from "../table.ts";

/** Examples a label of the better set; of the other, the number whose accuracy is nearer to two points less. */
const SIZES = { better: 40, worse: [30, 33] };
const SEEDS = 6;
const STREAMS = 300;
const BUDGET = 300;
const BATCH = 20;
/** Points of accuracy between the sets. */
const APART = 2;
/** Of so many streams, one is judged in full, as intervals take time. */
const JUDGED = 6;

/** What is right on a text: both, one set, or neither. */
type TextOutcome = RightSet | "both";

/** Two rule sets on all texts. */
interface Pair {
  /** What is right on each text, and whether the sets differ on it. */
  readonly texts: readonly { readonly outcome: TextOutcome; readonly isDiffering: boolean }[];
  /** Accuracy in per cent. */
  readonly accuracies: readonly [old: number, new: number];
}

/** How a stream of texts ended. */
interface StreamEnd {
  readonly reviewed: number;
  readonly better?: "new" | "old";
}

/** A way to find the better set, on texts in random order. */
type Method = (texts: Pair["texts"], random: () => number) => StreamEnd;

/** Learns pairs of rule sets, and tells their sets apart on many orders of the texts. */
export async function benchTwoSets({ quick }: BenchOptions): Promise<BenchResult> {
  const data = quick
    ? await readData("examples", "banking", "banking_test", "classification", ROOT)
    : await readData("banking77", "train", "test");
  if (data === undefined) return skipped("two sets");
  const pairs: Pair[] = [];
  for (let seed = 0; seed < (quick ? 1 : SEEDS); seed++) {
    pairs.push(await learnPair(data, seed, quick));
  }
  const streams = quick ? 20 : STREAMS;
  const ends = METHODS.map(([name, method]) => [name, runStreams(pairs, method, streams)] as const);
  const differing = pairs.map(({ texts }) => texts.filter(({ isDiffering }) => isDiffering).length);
  const range = (values: readonly number[], digits: number) =>
    [Math.min(...values), median(values), Math.max(...values)]
      .map((value) => value.toFixed(digits)).join(" / ");
  const apart = pairs.map(({ accuracies: [old, now] }) => now - old);
  const text = formatTable(
    "two sets: which is better?",
    ["method", "reviewed", "9 of 10", "% wrong", "% undecided"],
    ends.map(([name, found]) => [
      name,
      String(quantile(found, 0.5)),
      String(quantile(found, 0.9)),
      percent(found, ({ better }) => better === "old"),
      percent(found, ({ better }) => better === undefined),
    ]),
    [
      `held to: the first at most 250 reviews (median) and 1 % wrong`,
      `${pairs.length === 1 ? "1 pair" : `${pairs.length} pairs`}, ${streams} orders each of ${
        pairs[0].texts.length
      } texts; least / median / most:`,
      `old set ${range(pairs.map(({ accuracies: [old] }) => old), 1)} %, ` +
      `new one ${range(apart, 1)} points better, differing on ${range(differing, 0)} texts`,
      describeIntervals(pairs, quick ? 1 : streams / JUDGED),
    ],
  );
  const [, ours] = ends[0];
  const wrong = ours.filter(({ better }) => better === "old").length / ours.length;
  const problems = [
    ...quick || quantile(ours, 0.5) <= 250
      ? []
      : [`${quantile(ours, 0.5)} reviews, expected at most 250`],
    ...quick || wrong <= 0.01 ? [] : [`${(100 * wrong).toFixed(1)} % wrong, expected at most 1 %`],
    ...ours.some(({ better }) => better === "new") ? [] : ["no stream found the better set"],
  ];
  return { text: `${text}\n\n${tabulateCourses()}`, problems };
}

const ROOT = new URL("../../", import.meta.url);

async function learnPair(data: Data, seed: number, quick: boolean): Promise<Pair> {
  const learn = async (size: number) => {
    const { trace } = await withTrace(learnRules)(drawExamples(data.train, size, seed), { seed });
    return rulesOfTrace(trace);
  };
  const better = await learn(SIZES.better);
  const pairs: Pair[] = [];
  for (const size of quick ? [5] : SIZES.worse) pairs.push(pairUp(await learn(size), better, data));
  const missOf = ({ accuracies: [old, now] }: Pair) => Math.abs(now - old - APART);
  return pairs.reduce((best, pair) => missOf(pair) < missOf(best) ? pair : best);
}

function pairUp(old: RuleSet, now: RuleSet, { test }: Data): Pair {
  const [classifyOld, classifyNew] = [old, now].map((set) => createClassifier(set));
  const texts = (test.examples as readonly LabelledExample[]).map(({ text, label }) => {
    const [byOld, byNew] = [classifyOld(text).label, classifyNew(text).label];
    const [isOldRight, isNewRight] = [byOld === label, byNew === label];
    const outcome = isOldRight ? isNewRight ? "both" : "old" : isNewRight ? "new" : "neither";
    return { outcome, isDiffering: byOld !== byNew } as const;
  });
  const accuracyOf = (side: "new" | "old") =>
    100 * texts.filter(({ outcome }) => isRight(outcome, side)).length / texts.length;
  return { texts, accuracies: [accuracyOf("old"), accuracyOf("new")] };
}

function isRight(outcome: TextOutcome, side: "new" | "old"): boolean {
  return outcome === "both" || outcome === side;
}

/** Ends each of several orders of the texts of each pair. */
function runStreams(pairs: readonly Pair[], method: Method, streams: number): StreamEnd[] {
  return pairs.flatMap(({ texts }, pair) =>
    Array.from({ length: streams }, (_, stream) => {
      const random = createRandom(1_000 * pair + stream);
      return method(shuffled(texts, random), random);
    })
  );
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const at = Math.floor(random() * (last + 1));
    [order[last], order[at]] = [order[at], order[last]];
  }
  return order;
}

/**
 * Reviews texts until the counts decide: all, or only those on which the sets differ.
 *
 * @param options.decides tells whether they do
 * @param options.batch how many are reviewed before each look
 */
function review(
  { decides, onlyDiffering, batch = 1, budget = Infinity }: {
    readonly decides: (counts: ReviewCounts) => boolean;
    readonly onlyDiffering: boolean;
    readonly batch?: number;
    readonly budget?: number;
  },
): Method {
  return (texts) => {
    const { reviewed, counts, isDecided } = count(
      onlyDiffering ? texts.filter(({ isDiffering }) => isDiffering) : texts,
      { decides, batch, budget },
    );
    const better = counts.newOnly > counts.oldOnly ? "new" : "old";
    return { reviewed, ...(isDecided && { better }) };
  };
}

function count(
  texts: Pair["texts"],
  { decides, batch, budget }: {
    readonly decides: (counts: ReviewCounts) => boolean;
    readonly batch: number;
    readonly budget: number;
  },
) {
  const counts = { newOnly: 0, oldOnly: 0, neither: 0 };
  const most = Math.min(budget, texts.length);
  for (let reviewed = 1; reviewed <= most; reviewed++) {
    const { outcome } = texts[reviewed - 1];
    if (outcome === "new") counts.newOnly++;
    else if (outcome === "old") counts.oldOnly++;
    else counts.neither++;
    const isLook = reviewed % batch === 0 || reviewed === most;
    if (isLook && decides(counts)) return { reviewed, counts, isDecided: true };
  }
  // Once all are reviewed, it is known.
  return { reviewed: most, counts, isDecided: most === texts.length };
}

const byFactor = (counts: ReviewCounts) => bayesFactorOf(counts) >= DECISIVE_FACTOR;

/** Decides by the odds of which set is more often the right one, from equally likely shares on. */
function byOdds({ newOnly, oldOnly }: ReviewCounts): boolean {
  const below = probabilityBelow(0.5, { a: newOnly + 1, b: oldOnly + 1 });
  return Math.max(below, 1 - below) >= DECISIVE_FACTOR / (DECISIVE_FACTOR + 1);
}

/** Reviews what one of the sets says of each text, until the odds that one is more accurate are 20. */
function reviewOne(choose: (sides: readonly SideCounts[], random: () => number) => number): Method {
  const far = normalQuantile(DECISIVE_FACTOR / (DECISIVE_FACTOR + 1));
  return (texts, random) => {
    const sides = [{ a: 1, b: 1 }, { a: 1, b: 1 }];
    for (const [at, { outcome }] of texts.entries()) {
      const side = choose(sides, random);
      if (isRight(outcome, side === 0 ? "old" : "new")) sides[side].a++;
      else sides[side].b++;
      const [old, now] = sides.map(({ a, b }) => ({ mean: a / (a + b), n: a + b }));
      const variance = [old, now].reduce(
        (sum, { mean, n }) => sum + mean * (1 - mean) / (n + 1),
        0,
      );
      const apart = (now.mean - old.mean) / Math.sqrt(variance);
      if (Math.min(old.n, now.n) < LEAST_OF_EACH || Math.abs(apart) < far) continue;
      return { reviewed: at + 1, better: apart > 0 ? "new" : "old" };
    }
    return { reviewed: texts.length };
  };
}

/** How often a set was right and wrong, each and one. */
interface SideCounts {
  readonly a: number;
  readonly b: number;
}

/** Before so many of each, the normal distribution that stands for the posterior is too far from it. */
const LEAST_OF_EACH = 20;

/** The ways to compare, ours first. */
const METHODS: readonly (readonly [string, Method])[] = [
  [
    "where they differ, Bayes factor 20",
    review({ decides: byFactor, onlyDiffering: true, budget: BUDGET }),
  ],
  [
    `the same, a look every ${BATCH} reviews`,
    review({ decides: byFactor, onlyDiffering: true, budget: BUDGET, batch: BATCH }),
  ],
  [
    "where they differ, odds of 20",
    review({ decides: byOdds, onlyDiffering: true, budget: BUDGET }),
  ],
  ["all texts, Bayes factor 20", review({ decides: byFactor, onlyDiffering: false })],
  ["even split, odds of 20", reviewOne((_, random) => random() < 0.5 ? 0 : 1)],
  [
    "Thompson sampling, odds of 20",
    reviewOne(([old, now], random) => drawShare(random, old) > drawShare(random, now) ? 0 : 1),
  ],
];

function quantile(ends: readonly StreamEnd[], share: number): number {
  const sorted = ends.map(({ reviewed }) => reviewed).sort((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)];
}

function percent(ends: readonly StreamEnd[], is: (end: StreamEnd) => boolean): string {
  return (100 * ends.filter(is).length / ends.length).toFixed(1);
}

/** Says how the differences that are told at the end compare with the true ones. */
function describeIntervals(pairs: readonly Pair[], streams: number): string {
  const found = pairs.flatMap(({ texts, accuracies: [old, now] }, pair) =>
    Array.from({ length: streams }, (_, stream) => {
      const order = shuffled(texts, createRandom(1_000 * pair + stream))
        .filter(({ isDiffering }) => isDiffering);
      const { counts } = count(order, { decides: byFactor, batch: 1, budget: BUDGET });
      const of = { texts: texts.length, differing: order.length };
      const { points, low, high } = judgeReviews(counts, of).difference;
      const raw = 100 * order.length / texts.length * (counts.newOnly - counts.oldOnly) /
        (counts.newOnly + counts.oldOnly + counts.neither);
      const truth = now - old;
      const reach = 1e-9;
      return {
        over: points - truth,
        overRaw: raw - truth,
        isIn: low <= truth + reach && truth <= high + reach,
      };
    })
  );
  const mean = (values: readonly number[]) =>
    (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2);
  const held = 100 * found.filter(({ isIn }) => isIn).length / found.length;
  return `differences told: ${mean(found.map(({ over }) => over))} points too large on average, ` +
    `${
      mean(found.map(({ overRaw }) => overRaw))
    } without the prior; the interval holds the true one ` +
    `in ${held.toFixed(0)} % of ${found.length} orders`;
}

/** Computes exactly how often which set is told, by how often the new one is the right one of two. */
function tabulateCourses(): string {
  const rows = [0.5, 0.52, 0.55, 0.6, 0.65, 0.7].map((share) => {
    const cells = [byFactor, byOdds].flatMap((decides) => {
      const { right, wrong } = followCourses(share, COURSE, decides);
      return [right, wrong].map((value) => (100 * value).toFixed(1));
    });
    return [share.toFixed(2), ...cells];
  });
  return formatTable(
    `two sets: told better by ${COURSE} texts that one of them gets right, with a look after each`,
    ["new is right", "% new", "% old", "% new, by odds", "% old, by odds"],
    rows,
    ["exact; at 0.50 neither is better"],
  );
}

/** How many texts that exactly one set gets right are followed. */
const COURSE = 300;

/** Follows all courses of reviews at once, by their counts. */
function followCourses(share: number, reviews: number, decides: (counts: ReviewCounts) => boolean) {
  let [right, wrong] = [0, 0];
  /** The probability of each count of the new set, undecided. */
  let open = new Float64Array(reviews + 1);
  open[0] = 1;
  for (let done = 1; done <= reviews; done++) {
    const next = new Float64Array(reviews + 1);
    for (let newOnly = 0; newOnly <= done; newOnly++) {
      const before = open[newOnly] * (1 - share) + (newOnly > 0 ? open[newOnly - 1] * share : 0);
      if (before === 0) continue;
      if (!decides({ newOnly, oldOnly: done - newOnly, neither: 0 })) next[newOnly] = before;
      else if (2 * newOnly > done) right += before;
      else wrong += before;
    }
    open = next;
  }
  return { right, wrong };
}

if (import.meta.main) await runBench(benchTwoSets);
