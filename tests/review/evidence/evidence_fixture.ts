/**
 * Runs that asked a scripted model, in a folder with their tapes and their data.
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { readTrace, type Trace, withTrace } from "../../../trace.ts";
import { scriptChat } from "../../learn/llm/synthesizer_fixture.ts";
import { many, silent } from "../../pipeline/fixture.ts";

/** The file with the examples of the runs, in their folder. */
export const FIXTURE_DATA = "many.jsonl";

/** A run in a folder. */
export interface RecordedRun {
  readonly path: string;
  readonly trace: Trace;
  readonly tape?: string;
}

/** A rule as a model writes it. */
export function item(label: string, pattern = label): Record<string, unknown> {
  return {
    name: `${label}: ${pattern}`,
    label,
    patterns: [`\\b${pattern}\\b`],
    ...{ not: [], flags: "i" },
  };
}

/** Replies with the right rule for each label, and an empty patch. */
export const RIGHT: readonly unknown[] = [
  ...["card", "fee", "rate"].map((label) => ({ rules: [item(label)] })),
  { rules: [], remove: [] },
];

/** Records a run with these replies, the last of them again and again; it may fail. */
export async function recordRun(
  storage: string,
  id: string,
  replies: readonly unknown[] = RIGHT,
  options: LearnOptions = {},
): Promise<RecordedRun> {
  const lines = many.examples.map((example) => `${JSON.stringify(example)}\n`);
  await Deno.writeTextFile(join(storage, FIXTURE_DATA), lines.join(""));
  const chat = scriptChat((_, index) => {
    const reply = replies[Math.min(index, replies.length - 1)];
    return typeof reply === "string" ? reply : JSON.stringify(reply);
  });
  const own = join(storage, `many.${id}`);
  const learned = withTrace(learnRules, { storage })(many, {
    synthesizer: createLlmSynthesizer({ chat, concurrency: 1 }),
    coordinator: silent(),
    generateId: () => id,
    margin: 100,
    maxIterations: 1,
    ...options,
  });
  await learned.catch(() => {});
  const path = `${own}.trace.json`;
  return { path, trace: await readTrace(path), tape: `${own}.exchanges.jsonl` };
}

/** Copies files of tests/fixtures/ into a folder. */
export async function copyFixtures(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const from = new URL(`../../fixtures/${name}`, import.meta.url);
    await Deno.copyFile(from, join(folder, name));
  }
}
