/**
 * Examples that are probably mislabelled, the most suspicious first: rules that were learned without them give more
 * votes to another label than to theirs.
 *
 * The order is by the ratio of these votes, not by the lead of the label over the next one, whatever that is: of many
 * labels two may be close, and an example of a third be mislabelled all the same. Northcutt, C. G., Jiang, L. &
 * Chuang, I. L. (2021). Confident learning. Journal of Artificial Intelligence Research 70, 1373-1411, ranks by the
 * normalised margin of the given label, out of fold.
 *
 * @module
 */
import { createSimpleCoordinator } from "../../learn/audit/simple.ts";
import type { Dataset } from "../../learn/data/dataset.ts";
import type { Example } from "../../learn/data/examples.ts";
import { createPatternSynthesizer } from "../../learn/labels/synthesizer.ts";
import { countVotes, MICRO } from "../../learn/rules/decisions.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { createSpanSynthesizer } from "../../learn/spans/synthesizer.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import type { Run, Trace } from "../../trace.ts";
import { callHeldOut, type HeldOutFold } from "../blame/folds.ts";
import { createRetraining } from "../blame/retraining.ts";
import { requireOwnData } from "../replay/inputs.ts";
import { correctionsIn, type Given, rerunData, rerunOptions } from "../replay/rerun.ts";

/** An example whose label, or whose spans, rules learned without it doubt. */
export interface SuspiciousExample {
  /** Its id. */
  readonly id: string;
  /** Its label; for labelled texts only, as the next four are. */
  readonly label?: string;
  /** What the rules call it instead, most often. */
  readonly called?: string;
  /** The names of the rules that say so, in the first trial that does. */
  readonly rules?: readonly string[];
  /** The mean number of votes for the best label that is not its own; a decision by first match counts 1. */
  readonly against?: number;
  /** The mean number of votes for its own label. */
  readonly support?: number;
  /** By how many rule sets that were learned without it, it was called. */
  readonly trials: number;
  /** How many of them called it otherwise, or found other spans. */
  readonly otherwise: number;
  /**
   * For labelled texts the mean of `ln((against + 1) / (support + 1))`, where a trial that decides nothing counts
   * 0. For spans, the mean number of spans missed, spurious, or of a wrong type. Over 0.
   */
  readonly doubt: number;
}

/** The examples of a run that are probably mislabelled. */
export interface Suspicions {
  /** The run. */
  readonly run: {
    /** Name of its data set. */
    readonly dataset: string;
    /** Its id. */
    readonly id: string;
    /** Digest of its trace. */
    readonly digest: string;
  };
  /** Who learned: what the run did, or the embedded learner, as the run asked a model or another learner. */
  readonly learner: "run" | "embedded";
  /** Parts that the data are cut into; each is left out once. */
  readonly folds: number;
  /** How often the data were cut. */
  readonly partitions: number;
  /** How many examples were looked at: all of the run. */
  readonly examples: number;
  /** Those in doubt, most first. The others are called as they are labelled, or not at all. */
  readonly suspicious: readonly SuspiciousExample[];
}

/** Options of {@linkcode planSuspicions}. */
export interface SuspicionOptions {
  /**
   * Parts to cut the data into, from 2.
   *
   * @default {5}
   */
  readonly folds?: number;
  /**
   * How often to cut the data, from 1. It learns `folds` times as often.
   *
   * @default {2}
   */
  readonly partitions?: number;
  /** Ends the work. */
  readonly signal?: AbortSignal;
  /** Called before each training with its number, from 1. */
  readonly onTraining?: (number: number) => void;
}

/** Suspicions that are about to be found. */
export interface SuspicionPlan {
  /** How often it learns. */
  readonly trainings: number;
  /** Milliseconds that it takes, by what the run took; missing if another learner takes its place. */
  readonly milliseconds?: number;
  /** See {@linkcode Suspicions}. */
  readonly learner: Suspicions["learner"];
  /**
   * Finds them.
   *
   * @throws {RangeError} if too few examples are left to learn from, or an option is out of its range
   * @throws the reason of the signal
   */
  readonly run: () => Promise<Suspicions>;
}

/** Parts that the data are cut into, and how often, by default. */
const DEFAULTS = { folds: 5, partitions: 2 };

/**
 * Prepares to find the examples of a run that are probably mislabelled: cuts them into folds, learns without each fold
 * as the run did, and asks the rules about it. Rules that the run began with are left out, as they may have been
 * learned from the fold; so are told verdicts. In place of a model, or of a learner that the package does not know,
 * the embedded learner learns.
 *
 * @throws {RangeError} if the data are not those of the run
 * @throws {TypeError} if they are of another task
 * @throws {RerunError} if the run was imported, or its settings are not those of `learnRules`
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createDataset } from "../../learn/data/dataset.ts";
 * import { learnRules, withTrace } from "../../mod.ts";
 * import { planSuspicions } from "./suspicious.ts";
 *
 * const examples = ["rate", "card"].flatMap((label) =>
 *   Array.from({ length: 20 }, (_, n) => ({ id: `${label}${n}`, text: `my ${label} ${n}`, label }))
 * );
 * examples[3].label = "card";
 * const data = createDataset({ name: "tiny", examples });
 * const { trace } = await withTrace(learnRules)(data);
 * const { suspicious } = await planSuspicions(trace, { data }, { partitions: 1 }).run();
 * assertEquals(suspicious.map(({ id, called }) => [id, called]), [["rate3", "rate"]]);
 * ```
 */
export function planSuspicions(
  trace: Trace,
  given: Pick<Given, "data">,
  options: SuspicionOptions = {},
): SuspicionPlan {
  const { folds = DEFAULTS.folds, partitions = DEFAULTS.partitions, signal, onTraining } = options;
  const own = isEmbedded(trace.run);
  const rerun = learnOptions(trace, given);
  const data = rerunData(trace, given);
  requireOwnData(trace, data);
  const trainings = folds * partitions;
  const took = trace.steps.reduce((sum, step) => sum + step.took, 0);
  const learner = own ? "run" : "embedded";
  return {
    trainings,
    ...(own && { milliseconds: trainings * took * (1 - 1 / folds) }),
    learner,
    async run() {
      const retraining = createRetraining((dropped) => {
        const left = withoutExamples(data, new Set(dropped));
        return learnRules(left, { ...rerun, corrections: correctionsIn(trace, left), signal });
      }, onTraining);
      const tallies = new Map<string, DoubtTally>();
      const cut = { folds, partitions, match: rerun.match };
      for await (const fold of callHeldOut(data, retraining, cut)) countFold(tallies, fold);
      const { dataset: { name: dataset }, id } = trace.run;
      return {
        run: { dataset, id, digest: trace.digest },
        learner,
        folds,
        partitions,
        examples: data.examples.length,
        suspicious: rank(data.examples, tallies),
      };
    },
  };
}

/** Tells whether the embedded learner learned, and nobody else. */
function isEmbedded({ learner, dataset }: Run): boolean {
  const embedded = dataset.task === "classification" ? "patterns" : "spans";
  return learner.synthesizer === embedded && learner.coordinator === "simple";
}

/** Returns the options to learn by: without what the run knew of the examples before. */
function learnOptions(trace: Trace, given: Pick<Given, "data">): LearnOptions {
  // A test set is only scored on, so that there is no need to be given one.
  const { test: _, ...config } = trace.run.config;
  const isOfLabels = trace.run.dataset.task === "classification";
  const options = rerunOptions({ ...trace, run: { ...trace.run, config } }, {
    data: given.data,
    learners: () => ({
      synthesizer: isOfLabels ? createPatternSynthesizer() : createSpanSynthesizer(),
      coordinator: createSimpleCoordinator(),
    }),
  });
  const known = { rules: [], playbook: undefined, parent: undefined, feedback: undefined };
  return { ...options, ...known, incremental: false };
}

function withoutExamples(dataset: Dataset, dropped: ReadonlySet<string>): Dataset {
  const examples: readonly Example[] = dataset.examples;
  return { ...dataset, examples: examples.filter(({ id }) => !dropped.has(id)) } as Dataset;
}

/** What the trials of one example add up to. */
interface DoubtTally {
  trials: number;
  otherwise: number;
  doubt: number;
  /** Sums of votes in millionths, for labelled texts. */
  against: number;
  support: number;
  /** For each label that it is called instead: how often, and the rules that said so first. */
  readonly called: Map<string, { times: number; readonly rules: readonly string[] }>;
}

/** Counts the trials of the examples of a fold. */
function countFold(tallies: Map<string, DoubtTally>, fold: HeldOutFold): void {
  const rules = matchingRules(fold);
  fold.examples.forEach((example, position) => {
    const tally = tallies.get(example.id) ??
      { trials: 0, otherwise: 0, doubt: 0, against: 0, support: 0, called: new Map() };
    tallies.set(example.id, tally);
    tally.trials++;
    const outcomes = fold.outcomes[position];
    if ("label" in example) countCall(tally, example.label, outcomes[0], fold, rules[position]);
    else {
      const wrong = outcomes.filter(({ gold, predicted }) => gold !== predicted).length;
      tally.doubt += wrong;
      if (wrong > 0) tally.otherwise++;
    }
  });
}

/** Lists for each labelled text the rules that match it; nothing for texts with spans. */
function matchingRules({ examples, matches, learned }: HeldOutFold): readonly (readonly Rule[])[] {
  const byExample = examples.map((): Rule[] => []);
  if (matches.kind === "spans") return byExample;
  for (const rule of learned.rules) {
    for (const position of matches.of(rule.id)) byExample[position].push(rule);
  }
  return byExample;
}

/** Counts what one rule set says of a labelled text. */
function countCall(
  tally: DoubtTally,
  label: string,
  { gold, predicted, isDecided }: HeldOutFold["outcomes"][number][number],
  { matches, learned }: HeldOutFold,
  matching: readonly Rule[],
): void {
  // Neither no label nor the default says that the label is wrong.
  if (!isDecided) return;
  const votes = learned.decision.decide === "vote"
    ? countVotes(matching)
    : [{ label: matches.labels[predicted], votes: MICRO }];
  const votesFor = (isWanted: (label: string) => boolean) =>
    Math.max(0, votes.find((one) => isWanted(one.label))?.votes ?? 0);
  const against = votesFor((one) => one !== label);
  const support = votesFor((one) => one === label);
  tally.against += against;
  tally.support += support;
  tally.doubt += Math.log((against + MICRO) / (support + MICRO));
  if (predicted === gold) return;
  tally.otherwise++;
  const called = matches.labels[predicted];
  const known = tally.called.get(called);
  if (known !== undefined) known.times++;
  else {
    const rules = matching.filter((rule) => rule.label === called).map(({ name }) => name);
    tally.called.set(called, { times: 1, rules });
  }
}

/** Lists the examples in doubt, most first; of those in equal doubt, the first of the data. */
function rank(
  examples: readonly Example[],
  tallies: ReadonlyMap<string, DoubtTally>,
): SuspiciousExample[] {
  return examples.flatMap((example): SuspiciousExample[] => {
    const { trials, otherwise, doubt, against, support, called } = tallies.get(example.id)!;
    if (otherwise === 0 || !(doubt > 0)) return [];
    const mean = (sum: number) => sum / trials;
    const [most] = [...called].sort(([a, one], [b, other]) =>
      other.times - one.times || compareCodeUnits(a, b)
    );
    return [{
      id: example.id,
      ...("label" in example && {
        label: example.label,
        called: most[0],
        rules: most[1].rules,
        against: mean(against) / MICRO,
        support: mean(support) / MICRO,
      }),
      trials,
      otherwise,
      doubt: mean(doubt),
    }];
  }).sort((a, b) => b.doubt - a.doubt);
}
