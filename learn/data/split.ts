/**
 * Splits a data set into examples to learn rules from and examples held out to decide on.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { quote } from "../text/quoting.ts";
import { compareCodeUnits } from "../text/folding.ts";
import { type Example, labelsOf } from "./examples.ts";

/** Nothing is held out of fewer examples, and of fewer a label on average. */
export const MIN_EXAMPLES = 10;

/** The two parts of a data set, each in its order. */
export interface DatasetSplit {
  /** The examples to learn rules from. They have every label that an example or a span has. */
  readonly train: Example[];
  /** The examples held out to decide on. */
  readonly dev: Example[];
  /** The share asked for, or 0 if nothing was held out. */
  readonly holdout: number;
}

/**
 * Splits a data set by label: of the n examples of a label, round(n × `holdout`) are held out, and
 * at most n - 1. For spans, n is how often the label occurs, and texts without any span count as if
 * they had a label for themselves.
 *
 * Takes texts in the order of SHA-256 of `<seed>:<text>`, which is the same on any machine and does not
 * change for the others if an example is added or removed. Keeps equal texts together, whatever their
 * labels, so that nothing held out was learned by heart; if texts are equal, or have several spans, it
 * meets the numbers above as nearly as that order allows. Holds nothing out below 10 examples, or 10
 * examples (or spans) a label on average: a dev score would be noise.
 *
 * @param options.holdout share to hold out, from 0 to below 1
 * @param options.seed any integer
 * @throws {RangeError} if an option is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { splitDataset } from "./split.ts";
 *
 * const examples = Array.from({ length: 40 }, (_, index) => ({
 *   id: `e${index}`,
 *   text: `text ${index}`,
 *   label: index % 2 === 0 ? "even" : "odd",
 * }));
 * const { train, dev } = splitDataset({ examples }, { holdout: 0.25, seed: 42 });
 * assertEquals([train.length, dev.length], [30, 10]);
 * ```
 */
export function splitDataset(
  dataset: { readonly examples: readonly Example[] },
  options: { readonly holdout: number; readonly seed: number },
): DatasetSplit {
  const { holdout, seed } = options;
  if (!Number.isFinite(holdout) || holdout < 0 || holdout >= 1) {
    throw new RangeError(`holdout is ${holdout}, expected a number from 0 to below 1`);
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed is ${seed}, expected an integer`);
  const { examples } = dataset;
  const isTooFew = examples.length < MIN_EXAMPLES ||
    averageOccurrences(examples) < MIN_EXAMPLES;
  const held = holdout === 0 || isTooFew ? new Set() : chooseTexts(examples, holdout, seed);
  if (held.size === 0) return { train: [...examples], dev: [], holdout: 0 };
  return {
    train: examples.filter((example) => !held.has(example.text)),
    dev: examples.filter((example) => held.has(example.text)),
    holdout,
  };
}

/**
 * Is {@linkcode splitDataset} for a data set with examples that are not to be held out. The others are split as
 * if these were not there.
 *
 * @param ids the examples to learn from in any case
 * @throws {RangeError} if no example has one of the ids, or an option is out of its range
 */
export function splitWithout(
  ids: readonly string[],
  dataset: { readonly examples: readonly Example[] },
  options: { readonly holdout: number; readonly seed: number },
): DatasetSplit {
  if (ids.length === 0) return splitDataset(dataset, options);
  const kept = new Set(ids);
  const known = new Set(dataset.examples.map(({ id }) => id));
  const stray = ids.find((id) => !known.has(id));
  if (stray !== undefined) throw new RangeError(`No example has the id ${quote(stray)}`);
  const others = dataset.examples.filter(({ id }) => !kept.has(id));
  const { dev, holdout } = splitDataset({ examples: others }, options);
  const held = new Set(dev);
  return { train: dataset.examples.filter((example) => !held.has(example)), dev, holdout };
}

/** Returns how often a label occurs on average, `Infinity` for examples without labels. */
function averageOccurrences(examples: readonly Example[]): number {
  const labels = examples.flatMap(labelsOf);
  return labels.length === 0 ? Infinity : labels.length / new Set(labels).size;
}

/** Stands for the label of a text without spans: labels are not empty. */
const NO_SPANS = "";

/** Counts how often each label occurs. */
function countLabels(examples: readonly Example[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const example of examples) {
    const labels = labelsOf(example);
    if (labels.length === 0) labels.push(NO_SPANS);
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}

/** Chooses the texts to hold out. */
function chooseTexts(examples: readonly Example[], holdout: number, seed: number): Set<string> {
  const totals = countLabels(examples);
  const ordered = [...Map.groupBy(examples, ({ text }) => text)].map(([text, group]) => ({
    text,
    key: createHash("sha256").update(`${seed}:${text}`, "utf8").digest("hex"),
    counts: countLabels(group),
  })).sort((a, b) => compareCodeUnits(a.key, b.key));

  /** How many examples of a label are still to hold out; below 0 if too many are. */
  const open = new Map([...totals].map(([label, n]) => [label, Math.round(n * holdout)]));
  /** How many more can be held out, so that one is left to learn from. */
  const spare = new Map([...totals].map(([label, n]) => [label, n - 1]));
  const chosen = new Set<string>();
  const choose = (accept: (open: number, count: number, label: string) => number): void => {
    for (const { text, counts } of ordered) {
      if (chosen.has(text)) continue;
      let gain = 0;
      for (const [label, count] of counts) {
        const keepsOne = count <= spare.get(label)!;
        gain += keepsOne ? accept(open.get(label)!, count, label) : -Infinity;
      }
      if (!(gain > LEAST_GAIN)) continue;
      chosen.add(text);
      for (const [label, count] of counts) {
        open.set(label, open.get(label)! - count);
        spare.set(label, spare.get(label)! - count);
      }
    }
  };
  choose((open, count) => count <= open ? count : -Infinity);
  // Each group left is now larger than what is left open: one that is too large may still be nearer.
  const hasSpans = examples.some((example) => !("label" in example));
  choose((open, count, label) => {
    // Without it, a frequent label beside a rare one would decide alone.
    const weight = hasSpans ? 1 / totals.get(label)! : 1;
    return (Math.abs(open) - Math.abs(open - count)) * weight;
  });
  return chosen;
}

/** A smaller sum of shares is a rounding error, which may depend on the order of the examples. */
const LEAST_GAIN = 1e-9;
