/**
 * Reads the data that benches measure on.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type Dataset, readDataset } from "../learn/data/dataset.ts";
import type { LabelledExample, Task } from "../learn/data/examples.ts";
import { compareCodeUnits } from "../learn/text/folding.ts";

/** A data set to learn from, and one to measure on. */
export interface Data {
  readonly train: Dataset;
  readonly test: Dataset;
}

const SHARED = new URL("../../shared/data/", import.meta.url);

/**
 * Reads `<folder>/<train>.jsonl` and `<folder>/<test>.jsonl` below `root`, by default `../shared/data`.
 *
 * @param task what to read of lines that have a label and entities; by default the label
 * @returns undefined if the folder does not exist
 */
export async function readData(
  folder: string,
  train: string,
  test: string,
  task?: Task,
  root = SHARED,
): Promise<Data | undefined> {
  const read = (name: string) =>
    readDataset(fileURLToPath(new URL(`${folder}/${name}.jsonl`, root)), { task });
  try {
    Deno.statSync(new URL(`${folder}/`, root));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return { train: await read(train), test: await read(test) };
}

/**
 * Draws `size` examples of each label: the first in the order of SHA-256 of `<seed>:<id>`, so that they
 * are the same on any machine.
 */
export function drawExamples(dataset: Dataset, size: number, seed: number): Dataset {
  if (dataset.task !== "classification") throw new TypeError(`${dataset.name} has no labels`);
  const keyed = dataset.examples.map((example) => ({ key: keyOf(example, seed), example }));
  keyed.sort((a, b) => compareCodeUnits(a.key, b.key));
  const examples = dataset.labels.flatMap((label) =>
    keyed.map(({ example }) => example).filter((example) => example.label === label).slice(0, size)
  );
  return { ...dataset, examples };
}

function keyOf({ id }: LabelledExample, seed: number): string {
  return createHash("sha256").update(`${seed}:${id}`, "utf8").digest("hex");
}

/** Calls `use` with a new folder, and removes the folder afterwards. */
export async function inTempFolder<Result>(
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await Deno.makeTempDir();
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
