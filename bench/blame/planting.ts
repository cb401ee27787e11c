/**
 * Plants faults in data: examples that are labelled wrongly, test texts that are learned from.
 *
 * @module
 */
import type { LabelledDataset } from "../../learn/data/dataset.ts";
import type { LabelledExample } from "../../learn/data/examples.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import { createRandom } from "../../tests/record/generate_run.ts";

/** Data with a fault, and what is wrong in it. */
export interface PlantedData {
  /** The data with the fault. */
  readonly dataset: LabelledDataset;
  /** Ids of the faulty examples. */
  readonly faulty: ReadonlySet<string>;
}

/** Examples of a planted cluster, at least and at most. */
const CLUSTER_SIZE = [12, 40];
/** Share of a label's examples that a planted cluster may have. */
const MOST_OF_LABEL = 0.4;

/** Draws `size` labels of a data set, and the examples that have them. */
export function drawLabels(dataset: LabelledDataset, size: number, seed: number): LabelledDataset {
  const labels = shuffle(dataset.labels, seed).slice(0, size).sort();
  return keepLabels(dataset, labels);
}

/** Keeps the examples that have one of some labels. */
export function keepLabels(dataset: LabelledDataset, labels: readonly string[]): LabelledDataset {
  const examples = dataset.examples.filter(({ label }) => labels.includes(label));
  return { ...dataset, labels, examples };
}

/** Leaves out examples. */
export function dropExamples(dataset: LabelledDataset, ids: Iterable<string>): LabelledDataset {
  const dropped = new Set(ids);
  return { ...dataset, examples: dataset.examples.filter(({ id }) => !dropped.has(id)) };
}

/** Gives the examples of one label that have one word another label. */
export function mislabelWord(dataset: LabelledDataset, seed: number): PlantedData {
  for (let attempt = 0;; attempt++) {
    const [from, to] = shuffle(dataset.labels, seed * 100 + attempt);
    const members = dataset.examples.filter(({ label }) => label === from);
    const words = members.map(({ text }) => wordsOf(text));
    const counts = countWords(words);
    const [least, most] = CLUSTER_SIZE;
    const limit = Math.min(most, members.length * MOST_OF_LABEL);
    const fitting = [...counts].filter(([, count]) => count >= least && count <= limit)
      .map(([word]) => word);
    if (fitting.length === 0) continue;
    const [word] = shuffle(fitting.sort(), seed);
    return relabel(dataset, members.filter((_, place) => words[place].has(word)), () => to);
  }
}

/** Gives an example and those that are most like it, by tf-idf of words, another label. */
export function mislabelNeighbours(dataset: LabelledDataset, seed: number): PlantedData {
  const [from, to] = shuffle(dataset.labels, seed * 100);
  const members = dataset.examples.filter(({ label }) => label === from);
  const counts = countWords(dataset.examples.map(({ text }) => wordsOf(text)));
  const weigh = (words: Iterable<string>) =>
    [...words].reduce(
      (sum, word) => sum + Math.log(dataset.examples.length / counts.get(word)!) ** 2,
      0,
    );
  const [center] = shuffle(members, seed);
  const words = wordsOf(center.text);
  const near = members.map((example) => {
    const others = wordsOf(example.text);
    const norm = Math.sqrt(weigh(words) * weigh(others));
    return { example, similarity: norm === 0 ? 0 : weigh(words.intersection(others)) / norm };
  }).sort((a, b) => b.similarity - a.similarity || compareCodeUnits(a.example.id, b.example.id));
  const [least, most] = CLUSTER_SIZE;
  const size = least + Math.floor(createRandom(seed)() * (most - least + 1));
  const kept = near.slice(0, Math.min(size, Math.floor(members.length * MOST_OF_LABEL)));
  return relabel(dataset, kept.map(({ example }) => example), () => to);
}

/** Gives a share of the examples, at random, any other label. */
export function mislabelRandomly(
  dataset: LabelledDataset,
  share: number,
  seed: number,
): PlantedData {
  const chosen = shuffle(dataset.examples, seed)
    .slice(0, Math.round(share * dataset.examples.length));
  const random = createRandom(seed + 1);
  return relabel(dataset, chosen, ({ label }) => {
    const others = dataset.labels.filter((other) => other !== label);
    return others[Math.floor(random() * others.length)];
  });
}

/** Adds test examples to the data, every other one with a word more. Those of four words or more only. */
export function leakTest(
  dataset: LabelledDataset,
  test: LabelledDataset,
  size: number,
  seed: number,
): { readonly dataset: LabelledDataset; readonly leaked: readonly string[] } {
  const long = test.examples.filter(({ text }) => wordsOf(text).size >= 4);
  const leaked = shuffle(long, seed).slice(0, size);
  const added = leaked.map(({ id, text, label }, place) => {
    return { id: `leak-${id}`, text: place % 2 === 0 ? text : `Hello ${text}`, label };
  });
  return {
    dataset: { ...dataset, examples: [...dataset.examples, ...added] },
    leaked: leaked.map(({ id }) => id),
  };
}

/** Gives some examples other labels. */
function relabel(
  dataset: LabelledDataset,
  examples: readonly LabelledExample[],
  labelOf: (example: LabelledExample) => string,
): PlantedData {
  const labels = new Map(examples.map((example) => [example.id, labelOf(example)]));
  return {
    dataset: {
      ...dataset,
      examples: dataset.examples.map((example) => {
        return { ...example, label: labels.get(example.id) ?? example.label };
      }),
    },
    faulty: new Set(labels.keys()),
  };
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/\w+/g) ?? []);
}

function countWords(texts: readonly ReadonlySet<string>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const words of texts) {
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** Returns the values in random order. */
function shuffle<Value>(values: readonly Value[], seed: number): Value[] {
  const random = createRandom(seed);
  const keyed = values.map((value) => ({ value, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
}
