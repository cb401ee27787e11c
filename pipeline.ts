/**
 * Learns readable rules from labelled texts or marked spans, and reports every step on the way.
 *
 * As a script:
 *
 *     deno run -A pipeline.ts train.jsonl --test test.jsonl --storage runs --seed 42
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { learnRules } from "./pipeline.ts";
 *
 * const texts = { rate: ["What is the rate?", "Which rates?"], card: ["Lost my card", "A new card"] };
 * const examples = Object.entries(texts).flatMap(([label, texts]) =>
 *   texts.map((text) => ({ text, label }))
 * );
 * const { rules, scores } = await learnRules({ name: "tiny", examples });
 * assertEquals(scores.train?.f1, 1);
 * assertEquals(rules.some(({ patterns }) => patterns[0] === String.raw`\brates?\b`), true);
 * ```
 *
 * @module
 */
import { createDataset, type DatasetInput, requireLearnable } from "./learn/data/dataset.ts";
import type { DecisionOptions } from "./learn/rules/decisions.ts";
import type { Rule } from "./learn/rules/rule.ts";
import { startRules } from "./pipeline/changes.ts";
import { type LearnOptions, resolveOptions } from "./pipeline/options.ts";
import { LearningRun } from "./pipeline/run.ts";
import { runPipeline } from "./pipeline/script.ts";
import { runScript } from "./script/script.ts";
import type { StepOf } from "./trace.ts";

export type { LearnOptions, Progress } from "./pipeline/options.ts";

/** What a run comes to. */
export interface LearnResult {
  /** The rules, in the order of the trace. */
  readonly rules: Rule[];
  /** Their scores. After a refit no example is held out any more: `all` stands for train and dev. */
  readonly scores: StepOf<"final">["scores"];
  /** How they decide, for `createClassifier(rules, decision)`, or `createExtractor` to find spans. */
  readonly decision: DecisionOptions;
  /** Why the refinement stopped. */
  readonly stop: StepOf<"final">["stop"];
}

/**
 * Learns rules from a data set. Examples are held out before anything is learned, and what is held
 * out decides which changes stay.
 *
 * @throws {TypeError | RangeError} where the data set or an option is not as expected, all examples
 * have one label, or no span is marked in any
 * @throws what the synthesizer's `synthesize` or `refit` throws; the signal's reason when it aborts
 * @throws {ReplayError} where a model's replies come from a tape, and the run is another than the one on it
 */
export async function learnRules(
  input: DatasetInput,
  options: LearnOptions = {},
): Promise<LearnResult> {
  const dataset = createDataset(input);
  const settings = resolveOptions(options, dataset.task);
  requireLearnable(dataset);
  const start = startRules(settings.rules, new Set(dataset.labels));
  const run = new LearningRun(dataset, settings);
  run.begin();
  try {
    await run.synthesize(start);
    const stop = await run.refine();
    run.restore();
    await run.audit("final");
    run.prune();
    await run.refit();
    return { ...await run.finish(stop), stop };
  } catch (error) {
    try {
      run.fail(error);
    } catch {
      // That the end could not be reported must not hide what ended the run.
    }
    throw error;
  }
}

if (import.meta.main) {
  await runScript("pipeline.ts", () => runPipeline(Deno.args, learnRules));
}
