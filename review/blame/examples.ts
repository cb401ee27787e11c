/**
 * Which examples are to blame: groups that may be mislabelled together, and single ones.
 *
 * Neither way finds what the other does: left out with a fifth of the data, most of a mislabelled group still speaks
 * for its label, and a single example is no group.
 *
 * @module
 */
import type { Dataset } from "../../learn/data/dataset.ts";
import {
  blameClusters,
  type ClusterBlame,
  type ClusterOptions,
  countClusters,
} from "./clusters.ts";
import type { FoldOptions } from "./folds.ts";
import { blameLabels, FOLDS, type MislabelBlame, PARTITIONS } from "./mislabels.ts";
import { createRetraining, type LearnedRules, type LearnWithout } from "./retraining.ts";

/** What is told of the examples that rules were learned from: ids, without a text. */
export interface ExampleBlame {
  /** Groups of examples. Absent if the rules find spans: an example then has no single label to be wrong. */
  readonly clusters?: ClusterBlame;
  /** Single examples. */
  readonly mislabels: MislabelBlame;
  /** How many times it learned: equal trials are counted once. */
  readonly trainings: number;
}

/** Options of {@linkcode blameExamples}. */
export interface ExampleOptions extends Omit<ClusterOptions, "test">, Partial<FoldOptions> {
  /** Examples that nothing was learned from, to tell a fault from what defines a label. */
  readonly test?: Dataset;
  /** Called before each training with its number, from 1, and how many there are at most. */
  readonly onTraining?: (number: number, most: number) => void;
}

/** Returns how many times {@linkcode blameExamples} learns, but for equal trials, which count once. */
export function countTrainings(
  dataset: Dataset,
  learned: LearnedRules,
  { test, folds = FOLDS, partitions = PARTITIONS, ...rest }: ExampleOptions = {},
): number {
  const groups = dataset.task === "classification"
    ? countClusters(dataset, learned, { ...rest, ...onlyLabelled(test) })
    : 0;
  return groups + folds * partitions;
}

/** Returns a test set if it has labels. */
function onlyLabelled(test: Dataset | undefined): Pick<ClusterOptions, "test"> {
  return test?.task === "classification" ? { test } : {};
}

/**
 * Finds examples that may be mislabelled, by learning again without them.
 *
 * @param dataset what the rules were learned from
 * @param learned the rules of the run
 * @param learn learns what the run learned without some of the examples
 * @throws {RangeError} if an option is out of its range
 * @throws {TypeError} if the test set is for another task
 * @throws what `learn` throws
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createDataset } from "../../learn/data/dataset.ts";
 * import { learnRules } from "../../pipeline.ts";
 * import { blameExamples } from "./examples.ts";
 *
 * const examples = ["rate", "card"].flatMap((label) =>
 *   Array.from({ length: 20 }, (_, n) => ({ id: `${label}${n}`, text: `my ${label} ${n}`, label }))
 * );
 * examples[3].label = "card";
 * const dataset = createDataset({ name: "tiny", examples });
 * const { mislabels } = await blameExamples(dataset, await learnRules(dataset), (dropped) =>
 *   learnRules({ ...dataset, examples: examples.filter(({ id }) => !dropped.includes(id)) })
 * );
 * assertEquals(mislabels.examples.map(({ example, called }) => [example, called]), [["rate3", "rate"]]);
 * ```
 */
export async function blameExamples(
  dataset: Dataset,
  learned: LearnedRules,
  learn: LearnWithout,
  options: ExampleOptions = {},
): Promise<ExampleBlame> {
  const { test, onTraining, ...rest } = options;
  if (test !== undefined && test.task !== dataset.task) {
    throw new TypeError(`The test set is for ${test.task}, expected ${dataset.task}`);
  }
  const most = countTrainings(dataset, learned, options);
  const retraining = createRetraining(learn, (number) => onTraining?.(number, most));
  const clusters = dataset.task === "classification"
    ? await blameClusters(dataset, learned, retraining, {
      ...rest,
      ...onlyLabelled(test),
    })
    : undefined;
  const mislabels = await blameLabels(dataset, retraining, rest);
  return { ...(clusters && { clusters }), mislabels, trainings: retraining.trainings };
}
