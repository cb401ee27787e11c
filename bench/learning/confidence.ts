/**
 * Measures how far the confidence of a prediction can be trusted, next to the share of votes.
 *
 *     deno run -A bench/learning/confidence.ts [--quick]
 *
 * @module
 */
import { createClassifier } from "../../learn/rules/classifier.ts";
import { learnRules } from "../../pipeline.ts";
import { rulesOfTrace, withTrace } from "../../trace.ts";
import { type Data, readData } from "../data.ts";
import { type BenchOptions, type BenchResult, formatTable, runBench, skipped } from "../table.ts";

/** The largest expected calibration error, as a mean over seeds. */
const MOST = 0.02;
const SEEDS = 3;
/** Bins of equal width. */
const BINS = 10;
/** From this confidence on, a prediction counts as sure. */
const SURE = 0.95;

const SETS = [
  ["five classes", "banking77", "five_class_full.train", "five_class.test", false],
  ["sms", "sms", "train", "test", true],
  ["snips, small", "snips", "small.train", "test", true],
  ["banking77", "banking77", "train", "test", true],
] as const;

/** Measures on each data set; in a quick run only on five classes of banking77. */
export async function benchConfidence({ quick }: BenchOptions): Promise<BenchResult> {
  const rows: string[][] = [];
  const problems: string[] = [];
  for (const [name, folder, train, test, isHeld] of quick ? SETS.slice(0, 1) : SETS) {
    const data = await readData(folder, train, test, "classification");
    if (data === undefined) return skipped("confidence");
    const measured: Awaited<ReturnType<typeof measure>>[] = [];
    for (let seed = 0; seed < (quick ? 1 : SEEDS); seed++) measured.push(await measure(data, seed));
    const mean = (figure: (one: typeof measured[number]) => number) =>
      measured.reduce((sum, one) => sum + figure(one), 0) / measured.length;
    const error = mean((one) => one.error);
    if (isHeld && !(error <= MOST)) {
      problems.push(`confidence: ${name}: error ${error.toFixed(4)}, expected at most ${MOST}`);
    }
    rows.push([
      name,
      error.toFixed(4),
      measured.map((one) => one.error.toFixed(3)).join(" "),
      mean((one) => one.shareError).toFixed(3),
      (100 * mean((one) => one.sure)).toFixed(1),
      (100 * mean((one) => one.sureCorrect)).toFixed(1),
      isHeld ? String(MOST) : "",
    ]);
  }
  const headings = ["data", "error", "by seed", "of vote share", "sure %", "right %", "at most"];
  const text = formatTable("confidence: expected calibration error on test", headings, rows, [
    `Means over the seeds 0 to ${SEEDS - 1}, with default options; ${BINS} bins of equal width.`,
    `sure: predictions with a confidence of at least ${SURE}; right: how many of these are correct.`,
  ]);
  return { text, problems };
}

async function measure({ train, test }: Data, seed: number) {
  const { trace } = await withTrace(learnRules)(train, { seed });
  const classify = createClassifier(rulesOfTrace(trace));
  const predicted = test.examples.flatMap((example) => {
    const { label, confidence, votes } = classify(example.text);
    if (label === undefined || !("label" in example)) return [];
    const all = votes.reduce((sum, { votes }) => sum + votes, 0);
    const isCorrect = label === example.label;
    return [{ confidence: confidence!, share: votes[0].votes / all, isCorrect }];
  });
  const sure = predicted.filter(({ confidence }) => confidence >= SURE);
  return {
    error: calibrationError(predicted, ({ confidence }) => confidence),
    shareError: calibrationError(predicted, ({ share }) => share),
    sure: sure.length / predicted.length,
    sureCorrect: sure.filter(({ isCorrect }) => isCorrect).length / sure.length,
  };
}

/** Returns the mean distance of confidence and accuracy over bins (Naeini et al. 2015). */
function calibrationError<P extends { readonly isCorrect: boolean }>(
  predicted: readonly P[],
  confidenceOf: (prediction: P) => number,
): number {
  const bins = Array.from({ length: BINS }, () => ({ confidence: 0, correct: 0 }));
  for (const one of predicted) {
    const confidence = confidenceOf(one);
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))];
    bin.confidence += confidence;
    bin.correct += one.isCorrect ? 1 : 0;
  }
  const off = bins.map(({ confidence, correct }) => Math.abs(confidence - correct));
  return off.reduce((sum, one) => sum + one, 0) / predicted.length;
}

if (import.meta.main) await runBench(benchConfidence);
