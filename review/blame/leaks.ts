/**
 * Test texts that rules were learned from: what makes scores on test better than on other texts.
 *
 * @module
 */
import type { Example } from "../../learn/data/examples.ts";
import { indexSets } from "../../learn/text/similarity.ts";
import { chooseAlphabet, tokenize } from "../../learn/text/tokens.ts";

/** A test example whose text is, or nearly is, that of an example to learn from. */
export interface Leak {
  /** Id of the test example. */
  readonly test: string;
  /** Id of the example that is most like it; of equally like ones the first in the data. */
  readonly example: string;
  /** Whether the texts are equal, character by character. */
  readonly isEqual: boolean;
  /** Share of their words that both have (Jaccard), 0 to 1. */
  readonly similarity: number;
}

/** Share of words from which on texts are near-duplicates. */
export const LEAK_SIMILARITY = 0.8;

/**
 * Finds the test examples whose text is in the data, or shares at least 80 % of its words with one that is. Many of the
 * latter are no leak, but what people often ask: to be looked at, not to be blamed.
 *
 * @param examples what rules are learned from
 * @param test what they are scored on
 * @returns in the order of the test set
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { findLeaks } from "./leaks.ts";
 *
 * const examples = [{ id: "a", text: "Where is my new card?", label: "card" }];
 * const test = [
 *   { id: "b", text: "where is my new card", label: "card" },
 *   { id: "c", text: "Where is my pin?", label: "pin" },
 * ];
 * assertEquals(findLeaks(examples, test), [
 *   { test: "b", example: "a", isEqual: false, similarity: 1 },
 * ]);
 * ```
 */
export function findLeaks(examples: readonly Example[], test: readonly Example[]): Leak[] {
  const alphabet = chooseAlphabet([...examples, ...test].map(({ text }) => text));
  const wordsOf = ({ text }: Example) => {
    const { words, runs } = tokenize(text, alphabet);
    // Scripts without spaces: each character counts as a word.
    return new Set([...words, ...runs.flatMap((run) => [...run])]);
  };
  const findSimilar = indexSets(examples.values().map(wordsOf), LEAK_SIMILARITY);
  const byText = new Map<string, number>();
  examples.forEach(({ text }, position) => {
    if (!byText.has(text)) byText.set(text, position);
  });
  return test.flatMap((example): Leak[] => {
    const equal = byText.get(example.text);
    if (equal !== undefined) {
      return [{ test: example.id, example: examples[equal].id, isEqual: true, similarity: 1 }];
    }
    const [most] = findSimilar(wordsOf(example));
    if (most === undefined) return [];
    const { position, similarity } = most;
    return [{ test: example.id, example: examples[position].id, isEqual: false, similarity }];
  });
}
