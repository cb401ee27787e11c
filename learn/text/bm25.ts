/**
 * Ranks documents by the words that they share with a query: Okapi BM25.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { finish } from "./slices.ts";
 * import { indexingDocuments } from "./bm25.ts";
 *
 * const rank = finish(indexingDocuments([["card", "lost"], ["exchange", "rate"], ["card", "rate"]]));
 * assertEquals(rank(["card", "stolen", "lost"]).map(({ position }) => position), [0, 2]);
 * ```
 *
 * @module
 */
import type { Sliced } from "./slices.ts";

/** A document that shares words with a query. */
export interface RankedDocument {
  /** Its place among the documents, from 0. */
  readonly position: number;
  /** Its score, over 0. */
  readonly score: number;
}

/** How soon it matters little that a word comes once more. */
const K1 = 1.2;
/** How much the length of a document counts, 0 to 1. */
const B = 0.75;

/**
 * Indexes documents, and returns a function that ranks those that share a word with a query, the best first; of
 * equally good ones the first of the index.
 *
 * The score is the sum, over the different words of the query, of idf · tf / (tf + k₁ · (1 − b + b · length / mean
 * length)), with k₁ = 1.2 and b = 0.75. The idf is ln(1 + (N − n + ½) / (n + ½)), for n of N documents with the word:
 * with the 1, a word that most documents have still counts a little, and a few documents can be ranked at all.
 *
 * Robertson, S. & Zaragoza, H. (2009). The probabilistic relevance framework: BM25 and beyond. Foundations and Trends
 * in Information Retrieval 3(4).
 *
 * @param documents the words of each, as often as they count
 */
export function* indexingDocuments(
  documents: readonly (readonly string[])[],
): Sliced<(query: Iterable<string>) => RankedDocument[]> {
  const postings = new Map<string, Map<number, number>>();
  let words = 0;
  for (const [position, document] of documents.entries()) {
    yield position / documents.length;
    words += document.length;
    for (const word of document) {
      const counts = postings.get(word) ?? new Map<number, number>();
      counts.set(position, (counts.get(position) ?? 0) + 1);
      postings.set(word, counts);
    }
  }
  const mean = words / documents.length;
  return (query) => {
    const scores = new Map<number, number>();
    for (const word of new Set(query)) {
      const counts = postings.get(word);
      if (counts === undefined) continue;
      const idf = Math.log(1 + (documents.length - counts.size + 0.5) / (counts.size + 0.5));
      for (const [position, count] of counts) {
        const length = 1 - B + B * documents[position].length / mean;
        const score = idf * count / (count + K1 * length);
        scores.set(position, (scores.get(position) ?? 0) + score);
      }
    }
    return [...scores].map(([position, score]) => ({ position, score }))
      .sort((one, other) => other.score - one.score || one.position - other.position);
  };
}
