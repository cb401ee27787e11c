/**
 * Checks of what a run of `learnRules` says of its data and its settings.
 *
 * @module
 */
import { MIN_EXAMPLES } from "../../learn/data/split.ts";
import { ProtocolConfig } from "../protocol.ts";
import type { Run } from "../schema.ts";

/** Returns what is wrong with the sizes of the parts that the examples of a run are split into, if they are known. */
export function findSplitProblem({ dataset, split, config }: Run): string | undefined {
  const { train, dev } = split;
  const { data: sampled } = ProtocolConfig.shape.sampled.safeParse(config.sampled);
  const learned = sampled?.learned ?? dataset.examples;
  if (train === undefined || learned === undefined || train + dev.length === learned) return;
  const parts = `${train} to learn from and ${dev.length} held out`;
  return `splits ${learned} examples into ${parts}`;
}

/** Returns what is wrong with the data and the settings of a run. */
export function findRunProblem(run: Run, config: ProtocolConfig): string | undefined {
  const { dataset: { task, labels, examples = 0 }, split: { dev, holdout, train }, origin } = run;
  if (origin !== undefined) return "was imported, but declares the protocol of another tool";
  const { of, learned = examples } = config.sampled ?? {};
  if (of !== undefined && (of !== examples || learned >= of)) {
    return `draws ${learned} of ${of} examples, expected fewer than its ${examples}`;
  }
  const isLabelled = task === "classification";
  if (labels.length < (isLabelled ? 2 : 1)) return `learns from ${labels.length} labels`;
  if (labels.some((label, place) => place > 0 && label < labels[place - 1])) {
    return "does not have its labels in order";
  }
  if (train === 0) return "learns from no example";
  if (dev.length > 0 && learned < MIN_EXAMPLES) {
    return `holds some of ${learned} examples out, expected none below ${MIN_EXAMPLES}`;
  }
  if ((holdout === 0) !== (dev.length === 0)) {
    return `holds ${dev.length} examples out, but its share of them is ${holdout}`;
  }
  if (config.refit && dev.length === 0) return "is to refit, but holds no example out";
  if (config.default !== undefined && !(isLabelled && labels.includes(config.default))) {
    return "has a default that is not one of its labels";
  }
  const isOfSpans = config.match !== undefined && config.overlaps !== undefined;
  const isOfLabels = config.match === undefined && config.overlaps === undefined;
  if (isLabelled ? !isOfLabels : !isOfSpans || config.decide !== "first") {
    return `has settings of decide, match or overlaps that do not go with ${task}`;
  }
}
