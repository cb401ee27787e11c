/**
 * Chooses the few examples that a model is shown: by seed, balanced over labels.
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
import { compareCodeUnits } from "../text/folding.ts";
import { chooseAlphabet, tokenize } from "../text/tokens.ts";

/** Chooses examples to show, by their positions. Any beginning of a result is balanced too. */
export interface Sampler {
  /** Chooses from each label in turn; texts without a label count as one more. */
  balanced(labels: readonly string[], count: number): number[];
  /**
   * Chooses from a label and from others in turn. From the others, those come first whose words are
   * most like those of the label; the seed chooses among the five most similar ones of each label.
   */
  around(label: string, count: number): number[];
}

/** Most confusable examples of a label that the seed chooses among. */
const SHORTLIST = 5;
/** Stands for the label of a text without spans: no label is empty. */
const NO_LABEL = "";

/**
 * Sorts items by the SHA-256 of `<seed>:<text>`, as the split does. Items with equal texts keep their
 * order.
 */
export function sortBySeed<T>(
  items: readonly T[],
  exampleOf: (item: T) => Pick<Example, "text">,
  seed: string | number,
): T[] {
  const keyed = items.map((item) => {
    const text = `${seed}:${exampleOf(item).text}`;
    return { item, key: createHash("sha256").update(text, "utf8").digest("hex") };
  });
  return keyed.sort((a, b) => compareCodeUnits(a.key, b.key)).map(({ item }) => item);
}

/** Puts corrections before other items; otherwise the order stays. */
export function putCorrectionsFirst<T>(
  items: readonly T[],
  exampleOf: (item: T) => Pick<Example, "id">,
  corrections: ReadonlySet<string> = new Set(),
): T[] {
  const rank = (item: T) => corrections.has(exampleOf(item).id) ? 0 : 1;
  return items.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * Creates a sampler of `train`. A text that occurs several times is shown once.
 *
 * @param corrections ids of examples to show before others of their label
 */
export function createSampler(
  train: readonly Example[],
  seed: number,
  corrections?: ReadonlySet<string>,
): Sampler {
  const exampleAt = (position: number) => train[position];
  const sorted = putCorrectionsFirst(
    sortBySeed([...train.keys()], exampleAt, seed),
    exampleAt,
    corrections,
  );
  const byText = Map.groupBy(sorted, (position) => train[position].text);
  const order = [...byText.values()].map(([first]) => first);
  const ranks = new Map(order.map((position, rank) => [position, rank]));
  const labels = train.map((example) => {
    const own = labelsOf(example);
    return own.length === 0 ? [NO_LABEL] : own;
  });
  const having = (label: string) => order.filter((position) => labels[position].includes(label));
  let words: Words | undefined;
  return {
    balanced: (chosen, count) => takeInTurn([...chosen, NO_LABEL].map(having)).slice(0, count),
    around(label, count) {
      const own = having(label);
      const others = order.filter((position) => !labels[position].includes(label));
      words ??= countWords(train);
      const similarity = measureSimilarity(words, own, others);
      // Sorting is stable: equally similar texts stay in the order of the seed.
      const ranked = others.toSorted((a, b) => similarity[b] - similarity[a]);
      const groups = [...Map.groupBy(ranked, (position) => labels[position][0]).values()];
      const shortlisted = groups.map((group) => [
        ...group.slice(0, SHORTLIST).sort((a, b) => ranks.get(a)! - ranks.get(b)!),
        ...group.slice(SHORTLIST),
      ]);
      return takeInTurn([own, takeInTurn(shortlisted)]).slice(0, count);
    },
  };
}

/** Takes the first of each list, then the second of each …, each item once. */
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
 * Measures how similar the texts at `others` are to those at `own`: the mean, over the words of a text,
 * of the logarithm of a word's share in `own` over its share in all texts.
 */
function measureSimilarity(
  { byText, counts }: Words,
  own: readonly number[],
  others: readonly number[],
): Float64Array {
  const ownCounts = countTexts(own.map((position) => byText[position]));
  const scale = Math.log((byText.length + 1) / (own.length + 1));
  const scores = new Map<string, number>();
  for (const [word, count] of counts) {
    scores.set(word, Math.log(((ownCounts.get(word) ?? 0) + 0.5) / (count + 0.5)) + scale);
  }
  const similarity = new Float64Array(byText.length);
  for (const position of others) {
    const words = byText[position];
    let sum = 0;
    for (const word of words) sum += scores.get(word)!;
    // A text without words is the least similar of all.
    similarity[position] = words.length === 0 ? -Number.MAX_VALUE : sum / words.length;
  }
  return similarity;
}
