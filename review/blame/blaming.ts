/**
 * Blame: what of a run is to blame for its predictions on test examples.
 *
 * @module
 */
import { createDataset, type Dataset, datasetDigest } from "../../learn/data/dataset.ts";
import { quote } from "../../learn/text/quoting.ts";
import { listFew } from "../../print/phrases.ts";
import type { Trace } from "../../trace.ts";
import { forkRun } from "../fork/forking.ts";
import { type Given, rerunData, RerunError } from "../replay/rerun.ts";
import { blameExamples, countTrainings } from "./examples.ts";
import type { Blame } from "./format.ts";
import { findLeaks } from "./leaks.ts";
import { scorePath } from "./path.ts";
import { blamePrediction } from "./prediction.ts";
import { blameRules } from "./rules.ts";
import type { LearnedRules } from "./retraining.ts";
import { endRules, type TestedRun, testRun } from "./tested.ts";
import {
  judgeTrials,
  listReplies,
  listTrials,
  placeAmongSeeds,
  type PlannedTrial,
  runSeed,
  runTrial,
  testRules,
  type TrialResult,
} from "./trials.ts";

/** What blame is computed from: what the run was learned from, and labelled examples to test it on. */
export interface BlameGiven extends Given {
  /** Examples that the run did not learn from. */
  readonly test: NonNullable<Given["test"]>;
}

/** Sections that take other runs. */
export const BLAME_SECTIONS: readonly BlameSection[] = ["seeds", "forks", "examples"];
/** A section that takes other runs. */
export type BlameSection = "seeds" | "forks" | "examples";

/** Options of {@linkcode planBlame}. */
export interface BlameOptions {
  /**
   * How many other seeds to run, from 0. With fewer than 10, no decision is blamed: luck may do as much.
   *
   * @default {10}
   */
  readonly seeds?: number;
  /**
   * The sections to make other runs for.
   *
   * @default {all of them}
   */
  readonly sections?: readonly BlameSection[];
  /** Id of a test example whose prediction to explain. */
  readonly example?: string;
  /** Milliseconds after which no other run is begun. By default, there is no limit. */
  readonly budget?: number;
  /** The time in milliseconds, for the estimate and the budget. */
  readonly now?: () => number;
  /** Called before each run with its number, from 1. */
  readonly onRun?: (number: number) => void;
}

/** What blame takes: runs, time, and requests to a model. */
export interface BlameEstimate {
  /** Runs with other seeds, forks, and runs without some of the examples. */
  readonly runs: number;
  /** Milliseconds that all of them take, by the time of one. */
  readonly milliseconds: number;
  /** Requests to the model at most; 0 without one. */
  readonly calls: number;
  /** Tokens of these requests and replies, as those on the tape had. */
  readonly tokens: { readonly prompt: number; readonly completion: number };
}

/** Blame that is about to be computed. */
export interface BlamePlan {
  /** What it takes. */
  readonly estimate: BlameEstimate;
  /** What is left out whatever the budget, and why. */
  readonly left: readonly string[];
  /** Computes it. */
  readonly run: () => Promise<Blame>;
}

/**
 * Prepares blame: computes the run again, and estimates what blame takes. What the model would be asked for again
 * without being named is left out; so are all runs if the run cannot be computed again.
 *
 * @throws {TypeError | RangeError} if the test examples are not a data set of the run's task
 * @throws {ForkError} if the run is another when it is computed again
 * @throws {RangeError} if the data are not those of the run, no test example has a label of the run, or none has the id
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { learnRules, readDataset, withTrace } from "../../mod.ts";
 * import { planBlame } from "./blaming.ts";
 *
 * const { examples } = await readDataset("examples/banking_test.jsonl");
 * const [data, test] = ["banking", "banking_test"].map((name, part) => ({
 *   name,
 *   examples: examples.filter((_, place) => place % 4 === part),
 * }));
 * const { trace } = await withTrace(learnRules)(data);
 * const plan = await planBlame(trace, { data, test }, { seeds: 0 });
 * assertEquals(plan.estimate.calls, 0);
 * ```
 */
export async function planBlame(
  trace: Trace,
  given: BlameGiven,
  options: BlameOptions = {},
): Promise<BlamePlan> {
  const { now = () => performance.now() } = options;
  const test = createDataset(given.test, "the test set");
  requireShared(trace, test);
  const tested = testRun(trace, test);
  const { example } = options;
  if (example !== undefined && !test.examples.some(({ id }) => id === example)) {
    throw new RangeError(`No test example has the id ${quote(example)}`);
  }
  const rerun = { ...given, test: trace.run.config.test === undefined ? undefined : given.test };
  const timed = await timeRun(trace, rerun, now);
  if ("left" in timed) {
    return {
      estimate: { runs: 0, milliseconds: 0, calls: 0, tokens: { prompt: 0, completion: 0 } },
      left: [timed.left],
      run: () => Promise.resolve(describe(trace, test, tested, given, options, {}, [timed.left])),
    };
  }
  const work = planWork(trace, { given: rerun, test, tested }, options);
  const runs = work.seeds.length + work.trials.length + work.trainings;
  const estimate = { runs, milliseconds: runs * timed.milliseconds, ...countCalls(work, given) };
  return {
    estimate,
    left: work.left,
    run: () => runAll(trace, { given: rerun, test, tested }, work, timed.milliseconds, options),
  };
}

/** Throws if no test example has a label of the run: nothing could be right. */
function requireShared({ run }: Trace, { labels }: Dataset): void {
  if (labels.length === 0 || labels.some((label) => run.dataset.labels.includes(label))) return;
  throw new RangeError(
    `The test set has no label of the run: it has ${listFew(labels, ", ", quote)}`,
  );
}

/** Computes a run again, and returns how long it takes: if it is short, the least time of several. */
async function timeRun(
  trace: Trace,
  given: Given,
  now: () => number,
): Promise<{ readonly milliseconds: number } | { readonly left: string }> {
  let least = Infinity;
  for (let times = 1;; times++) {
    const begun = now();
    try {
      await forkRun(trace, [], given);
    } catch (error) {
      if (!(error instanceof RerunError)) throw error;
      return { left: `seeds, forks and examples: ${error.message}` };
    }
    least = Math.min(least, now() - begun);
    // A short run is much faster once its code is compiled.
    if (times === TIMES || least > SHORT) return { milliseconds: least };
  }
}

/** Milliseconds up to which a run is timed several times, and how often. */
const SHORT = 2_000;
const TIMES = 3;

/** The runs to make. */
interface BlameWork {
  readonly seeds: readonly number[];
  readonly trials: readonly PlannedTrial[];
  /** Most runs without some of the examples. */
  readonly trainings: number;
  /** What is not done, and why. */
  readonly left: readonly string[];
}

function planWork(
  trace: Trace,
  { given, test, tested }: Ground,
  { seeds = 10, sections = BLAME_SECTIONS }: BlameOptions,
): BlameWork {
  const { seed } = trace.run.split;
  const others = Array.from({ length: seeds + 1 }, (_, at) => at).filter((one) => one !== seed);
  const canAsk = trace.run.learner.model !== undefined && given.chat !== undefined;
  const isOfExamples = sections.includes("examples");
  const isLeft = isOfExamples && isUnasked(trace, given);
  return {
    seeds: sections.includes("seeds") ? others.slice(0, seeds) : [],
    trials: !sections.includes("forks")
      ? []
      : [...listTrials(trace), ...canAsk ? listReplies(trace, given.tape ?? []) : []],
    trainings: isOfExamples && !isLeft
      ? countTrainings(rerunData(trace, given), learnedBy(tested), { test })
      : 0,
    left: [
      ...isLeft ? [`examples: ${NO_MODEL}`] : [],
      ...isUnasked(trace, given) && sections.includes("forks")
        ? [`luck: with other seeds ${NO_MODEL}; so no decision is blamed or credited`]
        : [],
    ],
  };
}

const NO_MODEL = "the model would have to be asked, and none is named";

/**
 * Tells whether a run asked a model that is not named. Other seeds then only decide the recorded patches anew, and
 * say nothing of the luck of its replies.
 */
function isUnasked({ run }: Trace, { chat }: Given): boolean {
  return run.learner.model !== undefined && chat === undefined;
}

/** Counts the requests to a named model: those after the step that a fork is about, else all. */
function countCalls(
  { seeds, trials, trainings }: BlameWork,
  { chat, tape = [] }: Given,
): Pick<BlameEstimate, "calls" | "tokens"> {
  const whole = chat === undefined ? 0 : seeds.length + trainings + trials.length;
  const sum = (of: (usage: NonNullable<typeof tape[number]["usage"]>) => number) =>
    whole * tape.reduce((total, { usage }) => total + (usage === undefined ? 0 : of(usage)), 0);
  return {
    calls: whole * tape.length,
    tokens: {
      prompt: sum(({ promptTokens }) => promptTokens),
      completion: sum(({ completionTokens }) => completionTokens),
    },
  };
}

/** Why runs are left out. */
const NO_BUDGET = "the budget allows no more";

/** What all runs of blame are made from. */
interface Ground {
  readonly given: Given;
  readonly test: Dataset;
  readonly tested: TestedRun;
}

async function runAll(
  trace: Trace,
  { given, test, tested }: Ground,
  work: BlameWork,
  milliseconds: number,
  options: BlameOptions,
): Promise<Blame> {
  const { budget = Infinity, now = () => performance.now(), onRun } = options;
  const begun = now();
  let number = 0;
  const left = [...work.left];
  /** Tells whether so many more runs would end in time if each takes what those so far took on average. */
  const isAffordable = (runs = 1) => {
    const spent = now() - begun;
    const each = number === 0 ? milliseconds : spent / number;
    return spent + runs * each <= budget;
  };
  /** Runs what the budget allows, in order, and notes the rest. */
  const runEach = async <Item, Result>(
    what: string,
    items: readonly Item[],
    each: (item: Item) => Promise<Result | undefined>,
  ) => {
    const results: { readonly item: Item; readonly result: Result }[] = [];
    for (const [place, item] of items.entries()) {
      if (!isAffordable()) {
        left.push(`${what}: ${items.length - place} of ${items.length}; ${NO_BUDGET}`);
        break;
      }
      onRun?.(++number);
      const result = await each(item);
      if (result !== undefined) results.push({ item, result });
    }
    return results;
  };
  const own = testRules(tested, endRules(tested), tested.decision);
  const seeds = await runEach<number, TrialResult>(
    "seeds",
    work.seeds,
    (seed) => runSeed(trace, seed, given, tested),
  );
  const trials = await runEach<PlannedTrial, TrialResult>(
    "forks",
    work.trials,
    (planned) => runTrial(trace, planned, given, tested),
  );
  const among = seeds.map(({ item: seed, result }) => ({ seed, result }));
  const sections = {
    ...(seeds.length === 0 ? {} : { seeds: placeAmongSeeds(own.f1, among) }),
    ...(trials.length === 0 ? {} : {
      forks: judgeTrials(
        own,
        trials.map(({ item: planned, result }) => ({ planned, result })),
        isUnasked(trace, given) ? [] : seeds.map(({ result }) => result),
      ),
    }),
  };
  if (work.trainings === 0) return describe(trace, test, tested, given, options, sections, left);
  if (!isAffordable(work.trainings)) {
    left.push(`examples: all ${work.trainings} runs; ${NO_BUDGET}`);
    return describe(trace, test, tested, given, options, sections, left);
  }
  const data = rerunData(trace, given);
  const examples = await blameExamples(
    data,
    learnedBy(tested),
    (dropped) => forkRun(trace, [{ kind: "examples", dropped, relabelled: [] }], given),
    { test, onTraining: () => onRun?.(++number) },
  );
  return describe(trace, test, tested, given, options, { ...sections, examples }, left);
}

/** Returns the rules that a run ended with, and how they decide. */
function learnedBy(tested: TestedRun): LearnedRules {
  return { rules: [...endRules(tested)], decision: tested.decision };
}

/** Puts all sections together: those that took runs, and those that take none. */
function describe(
  trace: Trace,
  test: Dataset,
  tested: TestedRun,
  given: Given,
  { example }: BlameOptions,
  sections: Pick<Blame, "seeds" | "forks" | "examples">,
  left: readonly string[],
): Blame {
  const { run, digest } = trace;
  const { seeds, forks, examples } = sections;
  const data = rerunData(trace, given);
  return {
    format: "ruletrace-blame",
    version: 1,
    run: { dataset: run.dataset.name, id: run.id, digest },
    on: { name: test.name, digest: datasetDigest(test), examples: test.examples.length },
    f1: testRules(tested, endRules(tested), tested.decision).f1,
    ...(seeds && { seeds }),
    path: scorePath(tested),
    ...(forks && { forks }),
    rules: blameRules(tested),
    ...(examples && { examples }),
    leaks: findLeaks(data.examples, test.examples),
    ...(example === undefined ? {} : { prediction: blamePrediction(tested, example, data) }),
    left,
  };
}
