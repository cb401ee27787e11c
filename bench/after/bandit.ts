/**
 * Measures what choosing arms costs before the best is known, against a reference written here on its own; what pooling
 * saves in a new context; and whether intervals, probabilities and what-if estimates hold.
 *
 *     deno run -A bench/after/bandit.ts [--quick]
 *
 * @module
 */
import { createRandom } from "../../learn/score/random.ts";
import { chooseArms } from "../../review/experiment/bandit/choosing.ts";
import { posteriorsOf } from "../../review/experiment/bandit/posteriors.ts";
import {
  estimatePolicy,
  type JudgedChoice,
  type TargetPolicy,
} from "../../review/experiment/bandit/what_if.ts";
import type { ArmCredit } from "../../review/experiment/format.ts";
import { type BenchOptions, type BenchResult, formatTable, median, runBench } from "../table.ts";

/** Ten arms, from 30 to 70 % of sessions that go well. */
const ARMS = Array.from({ length: 10 }, (_, place) => `arm ${place}`);
const SHARES = ARMS.map((_, place) => 0.3 + 0.4 * place / (ARMS.length - 1));
/** How much more than the reference's our regret may be. */
const MOST_REGRET = 1.1;
/** The least part of what-if intervals that must hold the truth: 95 % less three standard errors of 200 logs. */
const LEAST_COVERED = 0.9;
/** The least part of logs that must be answered for the estimates to be held to be right on average. */
const LEAST_ANSWERED = 0.95;

/** Rewards and the rest of trials, and the bounds of the interval by mpmath 1.2.1 with 40 digits. */
const INTERVALS: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 0.025, 0.975],
  [8, 2, 0.482244147639827291, 0.939782265827093362],
  [0, 7, 0.00315972353125190637, 0.369416647552819285],
  [40, 0, 0.913956163705971562, 0.999382683106713481],
  [3, 300, 0.00359640808864810714, 0.028567279683698869],
  [150, 150, 0.443741017175643967, 0.556258982824356033],
  [1200, 800, 0.578352847177478493, 0.621258295954250016],
];

/** A way to choose one of the arms: told the reward of its choice, it is asked again. */
interface Chooser {
  readonly choose: () => number;
  readonly learn: (arm: number, reward: number) => void;
}

/** Chooses by ours, from the credits so far; `known` come before. */
function ourChooser(
  seed: number,
  { draws, context = "", known = [] }: {
    readonly draws?: number;
    readonly context?: string;
    readonly known?: readonly ArmCredit[];
  } = {},
): Chooser {
  const credits = [...known];
  const own = known.length;
  return {
    choose: () => {
      const seedOfStep = seed * 1_000_003 + credits.length - own;
      const shared = { arms: ARMS, context, size: 1, credits };
      const { chosen } = chooseArms({ ...shared, seed: seedOfStep, ...(draws && { draws }) });
      return ARMS.indexOf(chosen[0]);
    },
    learn: (arm, reward) => credits.push({ context, arm: ARMS[arm], reward, weight: 1 }),
  };
}

/**
 * The reference: from Beta(1, 1), by whole numbers alone. The a-th least of a + b - 1 uniform numbers has the
 * distribution Beta(a, b), and is the part of a + b exponential numbers that the first a of them come to (David &
 * Nagaraja, Order Statistics, third edition, 2.5).
 */
function referenceChooser(seed: number): Chooser {
  const random = createRandom(seed ^ 0x5f3759df);
  const won = ARMS.map(() => 1);
  const lost = ARMS.map(() => 1);
  const drawWaits = (count: number) => {
    // The sum of exponential numbers, eight logarithms at once.
    let sum = 0;
    for (let left = count; left > 0; left -= 8) {
      let product = 1;
      for (let factor = Math.min(8, left); factor > 0; factor--) product *= 1 - random();
      sum -= Math.log(product);
    }
    return sum;
  };
  return {
    choose: () => {
      let [best, most] = [0, -1];
      for (const arm of ARMS.keys()) {
        const first = drawWaits(won[arm]);
        const share = first / (first + drawWaits(lost[arm]));
        if (share > most) [best, most] = [arm, share];
      }
      return best;
    },
    learn: (arm, reward) => (reward === 1 ? won : lost)[arm]++,
  };
}

function uniformChooser(seed: number): Chooser {
  const random = createRandom(seed);
  return { choose: () => Math.floor(random() * ARMS.length), learn: () => {} };
}

/** Returns by how much the arms chosen in so many steps are worse than the best. */
function regretOf(
  chooser: Chooser,
  steps: number,
  seed: number,
  shares: readonly number[] = SHARES,
): number {
  const world = createRandom(seed * 7_919 + 13);
  const best = Math.max(...shares);
  let regret = 0;
  for (let step = 0; step < steps; step++) {
    const arm = chooser.choose();
    regret += best - shares[arm];
    chooser.learn(arm, world() < shares[arm] ? 1 : 0);
  }
  return regret;
}

/** Measures regrets, and tells whether ours are near those of the reference. */
function measureRegret(quick: boolean): { rows: string[][]; problems: string[] } {
  const [runs, few, steps] = quick ? [8, 2, 300] : [240, 6, 2_000];
  const measure = (amount: number, make: (seed: number) => Chooser) =>
    Array.from({ length: amount }, (_, run) => regretOf(make(run), steps, run));
  // Which of the drawn sets is taken does not depend on how many are drawn: one is enough for the many runs.
  const ours = measure(runs, (seed) => ourChooser(seed, { draws: 1 }));
  const full = measure(few, (seed) => ourChooser(seed));
  const reference = measure(runs, referenceChooser);
  const uniform = measure(few, uniformChooser);
  const [ratio, ratioOfMeans] = [median, meanOf].map((of) => of(ours) / of(reference));
  const row = (name: string, regrets: readonly number[]) => [
    name,
    String(regrets.length),
    median(regrets).toFixed(1),
    meanOf(regrets).toFixed(1),
    (median(regrets) / median(reference)).toFixed(3),
    (meanOf(regrets) / meanOf(reference)).toFixed(3),
  ];
  return {
    rows: [
      row("Thompson sampling", ours),
      // Too few for a ratio.
      [...row("with 500 draws a choice", full).slice(0, 4), "", ""],
      row("reference", reference),
      row("uniform", uniform),
    ],
    problems: !quick && Math.max(ratio, ratioOfMeans) > MOST_REGRET
      ? [`bandit: regret is ${ratio.toFixed(3)} of the reference's, held to ${MOST_REGRET}`]
      : [],
  };
}

/** Measures regrets in a new context, after others that are like it or not. */
function measurePooling(quick: boolean): string[][] {
  const [runs, steps, before] = quick ? [2, 20, 100] : [40, 100, 300];
  return [["alike", 30], ["hardly alike", 4], ["unrelated", 0]].map(([name, strength]) => {
    const regrets = Array.from({ length: runs }, (_, run) => {
      const random = createRandom(run + 77);
      const contexts = Array.from({ length: 5 }, () => makeShares(Number(strength), random));
      const known = contexts.slice(1).flatMap((shares, place) =>
        Array.from({ length: before }, (): ArmCredit => {
          const arm = Math.floor(random() * ARMS.length);
          const reward = random() < shares[arm] ? 1 : 0;
          return { context: `context ${place}`, arm: ARMS[arm], reward, weight: 1 };
        })
      );
      return [known, []].map((known) =>
        regretOf(ourChooser(run, { draws: 1, context: "new", known }), steps, run, contexts[0])
      );
    });
    const [pooled, cold] = [0, 1].map((side) => median(regrets.map((pair) => pair[side])));
    return [String(name), pooled.toFixed(1), cold.toFixed(1), (pooled / cold).toFixed(2)];
  });
}

/** Makes the shares of a context: those of all, moved as a strength says; of 0, shuffled. */
function makeShares(strength: number, random: () => number): number[] {
  if (strength === 0) {
    return SHARES.map((share) => ({ share, at: random() })).sort((a, b) => a.at - b.at)
      .map(({ share }) => share);
  }
  return SHARES.map((share) => {
    // As many uniform numbers as the strength says: the share of them below is binomial, near enough.
    const below = Array.from({ length: strength }, () => random() < share ? 1 : 0);
    return (meanOf(below) * strength + share) / (strength + 1);
  });
}

/** Compares intervals with the constants, and returns the greatest difference. */
function compareIntervals(): number {
  const differences = INTERVALS.flatMap(([won, lost, low, high]) => {
    const credits = Array.from({ length: won + lost }, (_, place): ArmCredit => ({
      ...{ context: "", arm: "a", weight: 1 },
      reward: place < won ? 1 : 0,
    }));
    const [posterior] = posteriorsOf(credits, { arms: ["a"], contexts: [""] });
    return [Math.abs(posterior.low - low), Math.abs(posterior.high - high)];
  });
  return Math.max(...differences);
}

/** Counts choices that are others when made again from the same log, told in another order. */
function countChanged(quick: boolean): number {
  const random = createRandom(5);
  const credits = Array.from({ length: 600 }, (): ArmCredit => ({
    ...{ context: `context ${Math.floor(random() * 3)}`, arm: ARMS[Math.floor(random() * 10)] },
    ...{ reward: random(), weight: random() },
  }));
  const seeds = Array.from({ length: quick ? 5 : 100 }, (_, seed) => seed);
  return seeds.filter((seed) => {
    const options = { context: "context 1", size: 1 + seed % 4, seed, explore: 0.1 };
    const first = chooseArms({ ...options, arms: ARMS, credits });
    const again = chooseArms({
      ...options,
      arms: ARMS.toReversed(),
      credits: credits.toReversed(),
    });
    const same = { ...again, inclusion: again.inclusion.toReversed() };
    return JSON.stringify(first) !== JSON.stringify(same);
  }).length;
}

/** Asks logs, which learned while they were written, what other policies would have come to. */
function measureWhatIf(quick: boolean): { rows: string[][]; problems: string[] } {
  const [logs, sessions] = quick ? [3, 150] : [200, 300];
  const arms = ["a", "b", "c", "d"];
  const worth = [0.25, 0.35, 0.1, 0.05];
  /** How often a session goes well with a set of arms. */
  const shareOf = (chosen: readonly string[]) =>
    0.1 + chosen.reduce((sum, arm) => sum + worth[arms.indexOf(arm)], 0);
  const pairs = arms.flatMap((one, place) => arms.slice(place + 1).map((other) => [one, other]));
  const targets: readonly [string, number, TargetPolicy, number][] = [
    ["always the best of four", 1, { kind: "always", arms: ["b"] }, shareOf(["b"])],
    ["always the second", 1, { kind: "always", arms: ["a"] }, shareOf(["a"])],
    ["uniform", 1, choosing, meanOf(arms.map((arm) => shareOf([arm])))],
    ["always the best pair", 2, { kind: "always", arms: ["a", "b"] }, shareOf(["a", "b"])],
    ["uniform pairs", 2, choosing, meanOf(pairs.map(shareOf))],
  ];
  const written = new Map([1, 2].map((size) => [
    size,
    Array.from({ length: logs }, (_, log) => writeLog(arms, size, shareOf, sessions, log)),
  ]));
  const measured = targets.map(([name, size, target, truth]) => {
    const estimates = written.get(size)!.map((log) => estimatePolicy(log, target))
      .filter((estimate) => estimate.kind === "estimate");
    const covered = estimates.filter(({ low, high }) => low <= truth && truth <= high).length /
      estimates.length;
    const errors = (values: readonly number[]) => values.map((value) => value - truth);
    const unbiased = errors(estimates.map((estimate) => estimate.unbiased));
    const mean = errors(estimates.map((estimate) => estimate.mean));
    const spread = Math.sqrt(meanOf(mean.map((error) => error ** 2)));
    const row = [
      name,
      truth.toFixed(3),
      `${meanOf(unbiased).toFixed(3)} ± ${
        (1.96 * deviationOf(unbiased) / Math.sqrt(estimates.length)).toFixed(3)
      }`,
      `${meanOf(mean).toFixed(3)}`,
      spread.toFixed(3),
      (100 * covered).toFixed(1),
      String(logs - estimates.length),
    ];
    const isBiased =
      Math.abs(meanOf(unbiased)) > 4 * deviationOf(unbiased) / Math.sqrt(estimates.length);
    // In a log that learns, a choice that went well is made more often: which logs can tell depends on what they tell.
    const isAnswered = estimates.length > LEAST_ANSWERED * logs;
    const problems = [
      ...(covered < LEAST_COVERED
        ? [`bandit: ${name}: intervals hold the truth in ${covered}`]
        : []),
      ...(isBiased && isAnswered ? [`bandit: ${name}: off by ${meanOf(unbiased)} on average`] : []),
    ];
    return { row, problems: quick ? [] : problems };
  });
  return {
    rows: measured.map(({ row }) => row),
    problems: measured.flatMap(({ problems }) => problems),
  };
}

const choosing: TargetPolicy = { kind: "choosing", policy: "uniform", credits: [], seed: 0 };

function writeLog(
  arms: readonly string[],
  size: number,
  shareOf: (chosen: readonly string[]) => number,
  sessions: number,
  seed: number,
): JudgedChoice[] {
  const world = createRandom(seed * 31 + 7);
  const credits: ArmCredit[] = [];
  return Array.from({ length: sessions }, (_, session) => {
    const shared = { arms, context: "", size, credits, explore: 0.2, draws: 100 };
    const choice = chooseArms({ ...shared, seed: seed * sessions + session });
    const creditsBefore = credits.length;
    const reward = world() < shareOf(choice.chosen) ? 1 : 0;
    credits.push(...choice.chosen.map((arm) => ({ context: "", arm, reward, weight: 1 })));
    return { context: "", arms, ...choice, rewards: [reward], creditsBefore };
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

/** Measures choices of arms: regret, pooling, intervals, replay and what-if. */
export function benchBandit({ quick }: BenchOptions): BenchResult {
  const regret = measureRegret(quick);
  const whatIf = measureWhatIf(quick);
  const difference = compareIntervals();
  const changed = countChanged(quick);
  const steps = quick ? 300 : 2_000;
  const text = [
    formatTable(
      `regret in ${steps} steps, ten arms with shares of .3 to .7, one chosen`,
      ["", "runs", "median", "mean", "of reference's median", "of its mean"],
      regret.rows,
      [`held to: at most ${MOST_REGRET} of the reference, by medians and means`],
    ),
    formatTable(
      `regret in a new context, after four others`,
      ["contexts", "pooled", "alone", "ratio"],
      measurePooling(quick),
    ),
    formatTable(
      "what if: logs of Thompson sampling with a fifth explored",
      ["policy", "truth", "error, unbiased", "error", "root mean square", "held, %", "refused"],
      whatIf.rows,
      [
        `held to: ${
          100 * LEAST_COVERED
        } % of intervals hold the truth, and no bias beyond chance if at most ${
          Math.round(100 * (1 - LEAST_ANSWERED))
        } % of logs are refused`,
      ],
    ),
    `intervals differ from the reference by at most ${difference.toExponential(1)}, held to 1e-9`,
    `choices that change when made again: ${changed}, held to 0`,
  ].join("\n\n");
  return {
    text,
    problems: [
      ...regret.problems,
      ...whatIf.problems,
      ...(difference <= 1e-9 ? [] : [`bandit: intervals differ by ${difference}`]),
      ...(changed === 0 ? [] : [`bandit: ${changed} choices change when made again`]),
    ],
  };
}

if (import.meta.main) await runBench(benchBandit);
