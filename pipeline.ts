/**
 * Learns readable rules from labelled texts or marked spans, and reports every step on the way.
 *
 * As a script:
 *
 *     deno run -A pipeline.ts train.jsonl --test test.jsonl --storage runs --seed 42
 *
 * @module
 */
import { createDataset, type DatasetInput, requireLearnable } from "./learn/data/dataset.ts";
import { startRules } from "./pipeline/changes.ts";
import { type LearnOptions, resolveOptions } from "./pipeline/options.ts";
import type { LearnResult } from "./pipeline/reporting.ts";
import { LearningRun } from "./pipeline/run.ts";
import { runPipeline } from "./pipeline/script.ts";
import { runScript } from "./script/script.ts";
import { withheldBy } from "./record/parent.ts";
import { isScript, readArgs } from "./system/process.ts";

export type { Progress } from "./pipeline/breathing.ts";
export type { LearnOptions } from "./pipeline/options.ts";
export type { LearnResult } from "./pipeline/reporting.ts";

/**
 * Learns rules from a data set. Holds examples out before it learns; these decide which changes stay.
 *
 * @throws {TypeError | RangeError} if the data set or an option is not as expected, if all examples
 * have one label, or if none has a span
 * @throws what the synthesizer's `synthesize` or `refit` throws; the signal's reason if it aborts
 * @throws {ReplayError} if the run asks a tape for replies that it does not have
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
 */
export async function learnRules(
  input: DatasetInput,
  options: LearnOptions = {},
): Promise<LearnResult> {
  const dataset = createDataset(input);
  const settings = resolveOptions(options, dataset.task);
  requireLearnable(dataset);
  const withheld = withheldBy(settings.parent);
  const start = startRules(settings.rules, new Set(dataset.labels), withheld);
  const isAlone = settings.playbook === undefined || settings.playbook.baseline;
  if (settings.incremental && start.length === 0 && isAlone) {
    throw new RangeError("The option incremental is true, but there are no rules to go on from");
  }
  const run = new LearningRun(dataset, settings, start);
  run.begin();
  try {
    await run.synthesize();
    const stop = await run.refine();
    run.restore();
    await run.audit("final");
    await run.prune();
    await run.refit();
    return await run.finish(stop);
  } catch (error) {
    try {
      run.fail(error);
    } catch {
      // An error of the report must not hide the error that ended the run.
    }
    throw error;
  }
}

if (isScript("pipeline", import.meta.main, import.meta.url)) {
  await runScript("pipeline.ts", () => runPipeline(readArgs(), learnRules));
}
