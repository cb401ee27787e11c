/**
 * One generated run that the tests of recordings share, and learners that fail.
 *
 * @module
 */
import { generateScript, type LearnerOptions } from "./generate_run.ts";

export const script = generateScript(11);
export const dataset = { examples: [{ id: "e1", text: "my card has not arrived yet" }] };
export const own = "words.run-11.trace.json";
export const journal = "words.run-11.trace.jsonl";

/** Lists the names of a folder's files in order. */
export const listed = (folder: string): string[] =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** A learner that reports as `script` says, then throws `error` after `count` steps. */
export function failing(
  count: number,
  error: unknown,
): (dataset: unknown, options?: LearnerOptions) => Promise<{ rules: [] }> {
  return (_dataset: unknown, options?: LearnerOptions): Promise<{ rules: [] }> => {
    options?.onStart?.(script.run);
    for (const report of script.reports.slice(0, count)) options?.onStep?.(report);
    return Promise.reject(error);
  };
}
