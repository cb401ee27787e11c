/**
 * Samples of data sets as files, each with the examples that rules are measured on later.
 *
 * @module
 */
import { type Dataset, readDataset } from "../../learn/data/dataset.ts";
import { type Data, drawExamples, readData } from "../data.ts";

/** A sample, read from its files. */
export interface Sample extends Data {
  /** The file with the examples to learn from. */
  readonly trainPath: string;
  /** The file with those to measure on. */
  readonly testPath: string;
}

/** What a sample is drawn from, and how. */
interface Drawing {
  readonly folder: string;
  readonly train: string;
  readonly test: string;
  readonly task: "classification" | "ner";
  /** Examples of each label, or of all if they have spans; by default, all that there are. */
  readonly size?: number;
  /** Each so many of the labels, from the first. */
  readonly everyLabel?: number;
  readonly seed?: number;
}

const banking77 = {
  folder: "banking77",
  train: "train",
  test: "test",
  task: "classification",
} as const;
const sms = { folder: "sms", train: "train", test: "test", task: "classification" } as const;
const snips = { folder: "snips", train: "small.train", test: "test" } as const;
const shipped = { folder: "examples" } as const;

/** All samples by name, which is that of their files. */
const DRAWINGS = {
  "banking": { ...shipped, train: "banking", test: "banking_test", task: "classification" },
  "restaurant": { ...shipped, train: "restaurant", test: "restaurant_test", task: "ner" },
  "banking10": { ...banking77, size: 120, everyLabel: 8, seed: 1 },
  "banking19": { ...banking77, size: 40, everyLabel: 4, seed: 2 },
  "banking77-40": { ...banking77, size: 40, seed: 3 },
  "sms-800": { ...sms, size: 400, seed: 5 },
  "sms-1200": { ...sms, size: 600, seed: 6 },
  "sms": sms,
  "snips-700": { ...snips, task: "classification", size: 100, seed: 7 },
  "snips-1050": { ...snips, task: "classification", size: 150, seed: 8 },
  "snips": { ...snips, task: "classification" },
  "snips-entities": { ...snips, task: "ner", size: 420 },
  "tab-60": { folder: "tab", train: "train", test: "test", task: "ner", size: 60 },
} as const satisfies Record<string, Drawing>;

/** The name of a sample. */
export type SampleName = keyof typeof DRAWINGS;

/** Most examples with spans to measure on: some are long. */
const MAX_SPAN_TESTS = 300;

/**
 * Draws a sample, writes `<folder>/<name>.jsonl` and `<folder>/<name>.test.jsonl`, and reads them as a user would.
 *
 * @returns undefined if the data are not there
 */
export async function drawSample(name: SampleName, folder: string): Promise<Sample | undefined> {
  const drawing = DRAWINGS[name] as Drawing;
  const root = drawing.folder === "examples" ? new URL("../../", import.meta.url) : undefined;
  const data = await readData(drawing.folder, drawing.train, drawing.test, drawing.task, root);
  if (data === undefined) return undefined;
  const [trainPath, testPath] = [`${folder}/${name}.jsonl`, `${folder}/${name}.test.jsonl`];
  const train = draw(data.train, drawing);
  const test = data.test.task === "classification"
    ? keepLabels(data.test, train.labels)
    : thin(data.test, MAX_SPAN_TESTS);
  await Deno.writeTextFile(trainPath, formatExamples(train));
  await Deno.writeTextFile(testPath, formatExamples(test));
  const options = { task: drawing.task };
  return {
    trainPath,
    testPath,
    train: await readDataset(trainPath, options),
    test: await readDataset(testPath, options),
  };
}

function draw(dataset: Dataset, { size = Infinity, everyLabel = 1, seed = 0 }: Drawing): Dataset {
  if (size === Infinity) return dataset;
  if (dataset.task !== "classification") return thin(dataset, size);
  const labels = dataset.labels.filter((_, place) => place % everyLabel === 0);
  return drawExamples({ ...keepLabels(dataset, labels), labels } as Dataset, size, seed);
}

function keepLabels(dataset: Dataset, labels: readonly string[]): Dataset {
  if (dataset.task !== "classification") return dataset;
  return { ...dataset, examples: dataset.examples.filter(({ label }) => labels.includes(label)) };
}

/** Keeps `size` examples at equal distances. */
function thin<Set extends Dataset>(dataset: Set, size: number): Set {
  const step = dataset.examples.length / size;
  if (step <= 1) return dataset;
  const examples = Array.from({ length: size }, (_, n) => dataset.examples[Math.floor(n * step)]);
  return { ...dataset, examples };
}

function formatExamples({ examples }: Dataset): string {
  // Without ids, as most files are.
  return examples.map(({ id: _, ...example }) => `${JSON.stringify(example)}\n`).join("");
}
