/**
 * Measures the accuracy of learned rules on text they were not learned from, next to that of other
 * learners, and what a budget of rules costs.
 *
 *     deno run -A bench/learning/accuracy.ts [--quick]
 *
 * @module
 */
import { measureReadability, type Readability } from "../../learn/rules/reading.ts";
import { learnRules } from "../../pipeline.ts";
import { type Data, drawExamples, readData } from "../data.ts";
import { count } from "../../print/phrases.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  skipped,
} from "../table.ts";

/** The figures of one run on one data set. */
interface Measured {
  readonly f1: number;
  readonly accuracy: number;
  readonly rules: number;
  /** What the rules cost to read, a label. */
  readonly readability: Readability;
  /** The time of learning, without scoring on test. */
  readonly seconds: number;
}

interface Options {
  readonly default?: "majority";
  readonly maxRules?: number;
  readonly within?: number;
  readonly seed?: number;
}

/** A figure of another learner: `published`, or measured `elsewhere` on a machine like this. */
interface Peer {
  readonly name: string;
  readonly measure?: string;
  readonly figure: number;
  readonly rules?: number;
  readonly seconds?: number;
  readonly source: "published" | "elsewhere";
}

const F1 = "F1, abstaining";
const RIPPER = { name: "JRip (RIPPER)", source: "elsewhere" } as const;
const TREE = { name: "decision tree", source: "elsewhere" } as const;
const REGRESSION = { name: "logistic regression", source: "elsewhere" } as const;

/** The figures of other learners: accuracy unless a measure is named. */
const PEERS = {
  fewShot: [
    {
      name: "RuleChef",
      measure: F1,
      figure: 0.751,
      rules: 126,
      seconds: 175,
      source: "published",
    },
    { ...RIPPER, figure: 0.695 },
  ],
  fiveClasses: [
    { ...RIPPER, figure: 0.960, rules: 14, seconds: 7 },
    { ...TREE, figure: 0.940 },
    { ...REGRESSION, figure: 0.990 },
  ],
  allLabels: [
    { ...RIPPER, figure: 0.703, rules: 541, seconds: 664 },
    { ...TREE, name: "decision tree (CART)", figure: 0.760 },
    { ...REGRESSION, figure: 0.894, seconds: 102 },
  ],
  sms: [
    { ...RIPPER, figure: 0.974, rules: 28, seconds: 26 },
    { ...TREE, figure: 0.979 },
    { ...REGRESSION, figure: 0.988 },
  ],
  snips: [
    { ...RIPPER, figure: 0.949, rules: 39, seconds: 6 },
    { ...TREE, figure: 0.951 },
    { ...REGRESSION, figure: 0.991 },
  ],
} satisfies Record<string, readonly Peer[]>;

/** A budget, the accuracy that it is held to, and that of a decision tree (CART) with as many leaves. */
interface Budget {
  readonly size: number;
  readonly target: number;
  readonly tree?: number;
}

/** A data set, the budgets to measure on it, and the figures without a budget. */
interface Budgets {
  readonly name: string;
  readonly data: Data;
  readonly sizes: readonly Budget[];
  readonly unbounded: Measured;
}

const majority = { default: "majority" } as const;

/** Measures on each data set; in a quick run only on the five classes of banking77. */
export async function benchAccuracy({ quick }: BenchOptions): Promise<BenchResult> {
  const fewShot = await readData("banking77", "five_class_5shot.train", "five_class.test");
  const fiveClasses = await readData("banking77", "five_class_full.train", "five_class.test");
  if (!fewShot || !fiveClasses) return skipped("accuracy");
  const runs = quick ? 1 : 3;
  const table = new Comparison();

  const few = await repeat(fewShot, {}, runs);
  table.ours("five classes, 5 shots", F1, few.f1, few, 0.83);
  const decided = await repeat(fewShot, majority, runs);
  table.ours("five classes, 5 shots", "accuracy", decided.accuracy, decided, 0.83);
  table.peers(PEERS.fewShot);

  const draws: Measured[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    const train = drawExamples(fiveClasses.train, 5, seed);
    draws.push(await measure({ train, test: fiveClasses.test }, {}));
  }
  const mean = average(draws.map(({ f1 }) => f1));
  const deviation = deviationOf(draws.map(({ f1 }) => f1));
  table.ours("five classes, 20 draws", `mean ${F1}`, mean, medians(draws), 0.84);

  const compare = async (name: string, data: Data, target: number, peers: readonly Peer[]) => {
    const measured = await repeat(data, majority, runs);
    table.ours(name, "accuracy", measured.accuracy, measured, target);
    table.peers(peers);
    return measured;
  };
  const budgets: Budgets[] = [];
  const full = "five classes, full";
  const unbounded = await compare(full, fiveClasses, 0.965, PEERS.fiveClasses);
  const seeds: number[] = [];
  for (let seed = 0; seed < 10; seed++) {
    seeds.push((await measure(fiveClasses, { ...majority, seed })).accuracy);
  }
  table.ours(full, "mean of 10 seeds", average(seeds), unbounded, 0.972);
  const ofFive = [[5, 0.955], [15, 0.955], [25, 0.97]].map(([size, target]) => ({ size, target }));
  budgets.push({ name: full, data: fiveClasses, sizes: ofFive, unbounded });
  if (!quick) {
    const sms = await readData("sms", "train", "test");
    if (sms) {
      const unbounded = await compare("sms", sms, 0.991, PEERS.sms);
      budgets.push({ name: "sms", data: sms, sizes: [{ size: 20, target: 0.975 }], unbounded });
    }
    const snips = await readData("snips", "small.train", "test");
    if (snips) {
      const unbounded = await compare("snips, small", snips, 0.982, PEERS.snips);
      const sizes = [{ size: 15, target: 0.955 }, { size: 40, target: 0.975 }];
      budgets.push({ name: "snips, small", data: snips, sizes, unbounded });
    }
    const all = await readData("banking77", "train", "test");
    if (all) {
      const unbounded = await compare("77 labels", all, 0.885, PEERS.allLabels);
      const sizes = [[77, 0.58, 0.465], [231, 0.81, 0.663], [770, 0.855, 0.748]]
        .map(([size, target, tree]) => ({ size, target, tree }));
      budgets.push({ name: "77 labels", data: all, sizes, unbounded });
      for (const [size, target] of [[1, 0.15], [5, 0.52], [10, 0.645], [20, 0.75]]) {
        const drawn = await measureDraws(all, size);
        const mean = average(drawn.map(({ accuracy }) => accuracy));
        const spread = deviationOf(drawn.map(({ accuracy }) => accuracy));
        const name = `77 labels, ${size} a label`;
        table.ours(name, `mean of 5 draws ± ${spread.toFixed(3)}`, mean, medians(drawn), target);
      }
    }
  }
  const costs = await measureBudgets(budgets, table.problems);
  const text = table.format([
    "five classes, 77 labels: of banking77. Accuracy: the most frequent label where no rule decides",
    `seconds: to learn, without scoring on test; median of ${count(runs, "run")} in one process`,
    `20 draws: 5 examples a label; F1 is ± ${deviation.toFixed(3)} (one standard deviation)`,
    "published: RuleChef with a large language model, refined on 666 more examples",
    "elsewhere: measured on a machine like this, not in this run. Logistic regression: tf-idf, no rules",
  ]);
  return { text: `${text}\n\n${costs}`, problems: table.problems };
}

/** The rows of the comparison, and which of them fall short. */
class Comparison {
  readonly problems: string[] = [];
  readonly #rows: string[][] = [];
  /** The data set of the last row. */
  #data?: string;

  /** Adds a figure that was measured here. */
  ours(
    data: string,
    measure: string,
    figure: number,
    measured: Pick<Measured, "rules" | "seconds">,
    target: number,
  ): void {
    const { rules, seconds } = measured;
    if (![figure, rules, seconds].every(Number.isFinite)) {
      this.problems.push(`accuracy: ${data}: ${measure} ${figure}, ${rules} rules, ${seconds} s`);
    } else if (figure < target) {
      const found = `${figure.toFixed(4)}, expected at least ${target}`;
      this.problems.push(`accuracy: ${data}: ${measure} is ${found}`);
    }
    this.#rows.push([
      data === this.#data ? "" : data,
      "ruletrace",
      measure,
      figure.toFixed(3),
      String(rules),
      seconds.toFixed(2),
      target.toFixed(3),
      "here",
    ]);
    this.#data = data;
  }

  /** Adds the figures of others on the same data. */
  peers(peers: readonly Peer[]): void {
    for (const { name, measure = "accuracy", figure, rules, seconds, source } of peers) {
      const numbers = [figure.toFixed(3), String(rules ?? ""), String(seconds ?? ""), ""];
      this.#rows.push(["", name, measure, ...numbers, source]);
    }
  }

  /** Formats the table. */
  format(notes: readonly string[]): string {
    const headings = "data,learner,measure,reached,rules,seconds,at least,from".split(",");
    return formatTable("accuracy: on test, with default options", headings, this.#rows, notes);
  }
}

async function measureBudgets(budgets: readonly Budgets[], problems: string[]): Promise<string> {
  const rows: string[][] = [];
  for (const { name, data, sizes, unbounded } of budgets) {
    const measured: [string, Measured, Budget?][] = [];
    for (const budget of sizes) {
      const one = await measure(data, { ...majority, maxRules: budget.size });
      measured.push([String(budget.size), one, budget]);
      if (one.accuracy < budget.target) {
        problems.push(`accuracy: ${name}, ${budget.size} rules: ${one.accuracy.toFixed(4)}`);
      }
    }
    measured.push(["within .01", await measure(data, { ...majority, within: 0.01 })]);
    measured.push(["none", unbounded]);
    rows.push(
      ...measured.map(([budget, { rules, accuracy, seconds, readability }, held], place) => [
        place === 0 ? name : "",
        budget,
        String(rules),
        accuracy.toFixed(3),
        held?.target.toFixed(3) ?? "",
        held?.tree?.toFixed(3) ?? "",
        readability.alternatives.toFixed(1),
        readability.characters.toFixed(0),
        seconds.toFixed(2),
      ]),
    );
  }
  const headings = "data,budget,rules,accuracy,at least,CART,alternatives,characters,seconds"
    .split(",");
  return formatTable("what a budget of rules costs (maxRules, within)", headings, rows, [
    "alternatives, characters: to read, a label. CART: a decision tree with as many leaves, elsewhere",
  ]);
}

/** Learns from five draws of so many examples a label. */
async function measureDraws({ train, test }: Data, size: number): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let seed = 1; seed <= 5; seed++) {
    measured.push(await measure({ train: drawExamples(train, size, seed), test }, majority));
  }
  return measured;
}

/** Learns, and scores on test. */
async function measure({ train, test }: Data, options: Options): Promise<Measured> {
  const start = performance.now();
  let learned = NaN;
  const { rules, scores } = await learnRules(train, {
    ...options,
    test,
    // Only scoring is left then.
    onProgress: ({ stage }) => {
      if (stage === "final") learned = performance.now();
    },
  });
  const { f1, exact } = scores.test!;
  const readability = measureReadability(rules);
  return {
    f1,
    accuracy: exact,
    rules: rules.length,
    readability,
    seconds: (learned - start) / 1e3,
  };
}

/** Repeats a run, which gives the same figures but for the time; returns its median. */
async function repeat(data: Data, options: Options, runs: number): Promise<Measured> {
  const measured: Measured[] = [];
  for (let run = 0; run < runs; run++) measured.push(await measure(data, options));
  return { ...measured[0], seconds: median(measured.map(({ seconds }) => seconds)) };
}

function medians(measured: readonly Measured[]): Pick<Measured, "rules" | "seconds"> {
  return {
    rules: median(measured.map(({ rules }) => rules)),
    seconds: median(measured.map(({ seconds }) => seconds)),
  };
}

function deviationOf(values: readonly number[]): number {
  const mean = average(values);
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

if (import.meta.main) await runBench(benchAccuracy);
