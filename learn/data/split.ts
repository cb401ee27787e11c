/**
 * Splits a data set into what rules are learned from and what is held out to decide on.
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
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Example, labelsOf } from "./examples.ts";

/** The two parts of a data set, each in its order. */
export interface DatasetSplit {
  /** What rules are learned from: has every label that an example or a span has. */
  readonly train: Example[];
  /** What is held out to decide on. */
  readonly dev: Example[];
  /** The share asked for, or 0 where nothing was held out. */
  readonly holdout: number;
}

/**
 * Splits a data set by label: of the n examples of a label, round(n × `holdout`) are held out, and
 * at most n - 1. Where spans are marked, n is how often the label occurs, and texts without any span
 * count as if they had a label of their own.
 *
 * Texts are taken in the order of SHA-256 of `<seed>:<text>`, which is the same on any machine and
 * which an example more or less does not change for the others. Equal texts stay together, whatever
 * their labels, so that nothing held out was learned by heart; where there are such, or several spans
 * in a text, the numbers above are met as nearly as that order allows. Nothing is held out under 10
 * examples, or spans, a label on average, nor under 10 examples, where a dev score would be noise.
 *
 * @param options.holdout share to hold out, from 0 to below 1
 * @param options.seed any integer
 * @throws {RangeError} where an option is out of its range
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
  const isTooFew = examples.length < 10 || averageOccurrences(examples) < 10;
  const held = holdout === 0 || isTooFew ? new Set() : chooseTexts(examples, holdout, seed);
  if (held.size === 0) return { train: [...examples], dev: [], holdout: 0 };
  return {
    train: examples.filter((example) => !held.has(example.text)),
    dev: examples.filter((example) => held.has(example.text)),
    holdout,
  };
}

/** How often a label occurs on average; without any label, as often as can be. */
function averageOccurrences(examples: readonly Example[]): number {
  const labels = examples.flatMap(labelsOf);
  return labels.length === 0 ? Infinity : labels.length / new Set(labels).size;
}

/** Stands for the label of a text without spans: no label is empty. */
const NO_SPANS = "";

/** What is counted of an example. */
function strataOf(example: Example): string[] {
  const labels = labelsOf(example);
  return labels.length === 0 ? [NO_SPANS] : labels;
}

/** The texts to hold out. */
function chooseTexts(examples: readonly Example[], holdout: number, seed: number): Set<string> {
  const totals = new Map<string, number>();
  const groups = new Map<string, { key: string; text: string; counts: Map<string, number> }>();
  for (const example of examples) {
    const { text } = example;
    let group = groups.get(text);
    if (!group) {
      const key = createHash("sha256").update(`${seed}:${text}`, "utf8").digest("hex");
      group = { key, text, counts: new Map() };
      groups.set(text, group);
    }
    for (const label of strataOf(example)) {
      totals.set(label, (totals.get(label) ?? 0) + 1);
      group.counts.set(label, (group.counts.get(label) ?? 0) + 1);
    }
  }
  const ordered = [...groups.values()].sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

  /** How many examples of a label are still to be held out; below 0 where too many are. */
  const open = new Map<string, number>();
  for (const [label, n] of totals) open.set(label, Math.round(n * holdout));
  /** How many more may be held out, so that one is left to learn from. */
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
  // What then is left open is less than any group of equal texts: one too large may still be nearer.
  const hasSpans = examples.some((example) => !("label" in example));
  choose((open, count, label) => {
    // A frequent label beside a rare one would else decide alone.
    const weight = hasSpans ? 1 / totals.get(label)! : 1;
    return (Math.abs(open) - Math.abs(open - count)) * weight;
  });
  return chosen;
}

/** Below it, a sum of shares is rounding, which may depend on the order of the examples. */
const LEAST_GAIN = 1e-9;
