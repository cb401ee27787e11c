/**
 * Which few examples a model is shown: chosen by seed, balanced over labels.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createSampler } from "./sampling.ts";
 *
 * const train = ["a", "b", "c"].flatMap((label) =>
 *   [1, 2, 3, 4].map((n) => ({ id: `${label}${n}`, text: `text ${label} ${n}`, label }))
 * );
 * const sampler = createSampler(train, 0);
 * const labels = sampler.around("b", 4).map((position) => train[position].label);
 * assertEquals(labels, ["b", "a", "b", "c"]);
 * ```
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Example, labelsOf } from "../data/examples.ts";
import { chooseAlphabet, tokenize } from "../text/tokens.ts";

/** Chooses examples to show, by their positions. Any beginning of what it gives is balanced too. */
export interface Sampler {
  /** Of each label in turn, texts without any label counting as one more. */
  balanced(labels: readonly string[], count: number): number[];
  /**
   * Of a label and of others in turn. Of the others those come first whose words are most like those
   * of the label; among the five of a label that are, the seed chooses.
   */
  around(label: string, count: number): number[];
}

/** Most confusable examples of a label that the seed chooses among. */
const SHORTLIST = 5;
/** Stands for the label of a text without spans: no label is empty. */
const NO_LABEL = "";

/**
 * The order in which the seed takes texts: that of SHA-256 of `<seed>:<text>`, as for the split. Equal
 * texts are in the order of their positions.
 */
export function orderBySeed(
  examples: readonly Pick<Example, "text">[],
  seed: string | number,
): number[] {
  const keys = examples.map(({ text }) =>
    createHash("sha256").update(`${seed}:${text}`, "utf8").digest("hex")
  );
  return [...examples.keys()].sort((a, b) =>
    keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b
  );
}

/** Creates a sampler of `train`. A text that occurs several times is shown once. */
export function createSampler(train: readonly Example[], seed: number): Sampler {
  const seen = new Set<string>();
  const order = orderBySeed(train, seed).filter((position) => {
    const { text } = train[position];
    return !seen.has(text) && seen.add(text);
  });
  const ranks = new Map(order.map((position, rank) => [position, rank]));
  const labels = train.map((example) => {
    const found = labelsOf(example);
    return found.length === 0 ? [NO_LABEL] : found;
  });
  let words: Words | undefined;
  return {
    balanced(wanted, count) {
      const groups = [...wanted, NO_LABEL].map((label) =>
        order.filter((position) => labels[position].includes(label))
      );
      return takeInTurn(groups).slice(0, count);
    },
    around(label, count) {
      const own = order.filter((position) => labels[position].includes(label));
      const others = order.filter((position) => !labels[position].includes(label));
      words ??= countWords(train);
      const likeness = measureLikeness(words, own, others);
      const byLikeness = (a: number, b: number) => likeness[b] - likeness[a];
      // Sorting is stable: what is equally like stays in the order of the seed.
      const ranked = [
        ...Map.groupBy([...others].sort(byLikeness), (one) => labels[one][0]).values(),
      ];
      const groups = ranked.map((group) => {
        const shortlist = group.slice(0, SHORTLIST).sort((a, b) => ranks.get(a)! - ranks.get(b)!);
        return [...shortlist, ...group.slice(SHORTLIST)];
      });
      return takeInTurn([own, takeInTurn(groups)]).slice(0, count);
    },
  };
}

/** The first of each list, then the second of each …, each once. */
export function takeInTurn<T>(lists: readonly (readonly T[])[]): T[] {
  const taken = new Set<T>();
  const longest = lists.reduce((most, { length }) => Math.max(most, length), 0);
  for (let place = 0; place < longest; place++) {
    for (const list of lists) if (place < list.length) taken.add(list[place]);
  }
  return [...taken];
}

/** The distinct words of each text, and how many texts have each. */
interface Words {
  readonly byText: readonly (readonly string[])[];
  readonly counts: ReadonlyMap<string, number>;
}

function countWords(examples: readonly Example[]): Words {
  const alphabet = chooseAlphabet(examples.map(({ text }) => text));
  const byText = examples.map(({ text }) => {
    const { words, runs } = tokenize(text, alphabet);
    // Runs of unspaced scripts are sentences: their characters stand for words.
    return [...new Set([...words, ...runs.flatMap((run) => [...run])])];
  });
  return { byText, counts: countTexts(byText) };
}

function countTexts(texts: readonly (readonly string[])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const words of texts) {
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/**
 * How like the texts at `own` those at `others` are: the mean, over the words of a text, of the
 * logarithm of a word's share in `own` over its share in all texts.
 */
function measureLikeness(
  { byText, counts }: Words,
  own: readonly number[],
  others: readonly number[],
): Float64Array {
  const ownCounts = countTexts(own.map((position) => byText[position]));
  const scale = Math.log((byText.length + 1) / (own.length + 1));
  const worth = new Map<string, number>();
  for (const [word, count] of counts) {
    worth.set(word, Math.log(((ownCounts.get(word) ?? 0) + 0.5) / (count + 0.5)) + scale);
  }
  const likeness = new Float64Array(byText.length);
  for (const position of others) {
    const words = byText[position];
    let sum = 0;
    for (const word of words) sum += worth.get(word)!;
    // Nothing is less like a text than one without words.
    likeness[position] = words.length === 0 ? -Number.MAX_VALUE : sum / words.length;
  }
  return likeness;
}
