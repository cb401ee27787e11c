/**
 * Shortening: cuts long texts, so that learning from any examples fits in memory.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { shortenTexts } from "./shortening.ts";
 *
 * const examples = [
 *   { id: "a", text: "in Oslo, in Rome", spans: [{ start: 3, end: 7 }, { start: 12, end: 16 }] },
 *   { id: "b", text: "in Bonn", spans: [{ start: 3, end: 7 }] },
 * ];
 * const { examples: [first, second], shortened } = shortenTexts(examples, 2, { most: 3 });
 * assertEquals(first, { id: "a", text: "in Oslo,", spans: [{ start: 3, end: 7 }] });
 * assertEquals([second, shortened], [examples[1], { texts: 1, tokens: 3 }]);
 * ```
 *
 * @module
 */
import type { Example, Span } from "./examples.ts";

/** Most tokens of a text that rules are learned from, and of all texts together. */
const MAX_TOKENS = 20_000;
const MAX_ALL_TOKENS = 10_000_000;

/** How many texts were cut, and how many of their first tokens are left. */
export interface Shortened {
  readonly texts: number;
  readonly tokens: number;
}

/** A word, or one character between words. */
const token = /[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu;

/**
 * Cuts the texts that have over 20,000 tokens, with the spans that end after these. In a data set of
 * over 500 texts the limit is lower, so that all together have at most 10 million. Examples with
 * shorter texts stay the same objects.
 *
 * @param size number of examples of the data set
 */
export function shortenTexts(
  examples: readonly Example[],
  size: number,
  { most = MAX_TOKENS, mostOfAll = MAX_ALL_TOKENS } = {},
): { readonly examples: readonly Example[]; readonly shortened?: Shortened } {
  const limit = Math.max(1, Math.min(most, Math.floor(mostOfAll / size)));
  const cut = examples.map((example) => shorten(example, limit));
  const texts = cut.filter((example, index) => example !== examples[index]).length;
  return texts === 0 ? { examples } : { examples: cut, shortened: { texts, tokens: limit } };
}

function shorten(example: Example, limit: number): Example {
  const { text } = example;
  if (text.length <= limit) return example;
  let tokens = 0;
  let end = 0;
  for (const { 0: written, index } of text.matchAll(token)) {
    if (tokens++ === limit) return cutAt(example, end);
    end = index + written.length;
  }
  return example;
}

function cutAt(example: Example, end: number): Example {
  const inside = (span: Span) => span.end <= end;
  const text = example.text.slice(0, end);
  if ("spans" in example) return { ...example, text, spans: example.spans.filter(inside) };
  if ("entities" in example) {
    return { ...example, text, entities: example.entities.filter(inside) };
  }
  return { ...example, text };
}
