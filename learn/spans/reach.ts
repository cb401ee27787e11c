/**
 * Reach: at how many places of a text a rule can begin to match, which is what running it costs.
 *
 * @module
 */
import type { Draft } from "./drafts.ts";
import { type Corpus, NUMBER, WORD } from "./tokens.ts";

/** Counts the places of a text, in the mean, where a draft can begin to match. */
export function createReach(corpus: Corpus): (draft: Draft) => number {
  const { kinds, literals, literalNames, words, size, texts, folds } = corpus;
  const counts = new Map<string, number>();
  let names = 0;
  let numbers = 0;
  let smalls = 0;
  for (let token = 0; token < size; token++) {
    const literal = literalNames[literals[token]];
    counts.set(literal, (counts.get(literal) ?? 0) + 1);
    if (kinds[token] === NUMBER) numbers++;
    if (kinds[token] !== WORD) continue;
    if (/^\p{Lu}/u.test(words[token])) names++;
    else smalls++;
  }
  const begin = (source: string): number => {
    if (source.startsWith("^")) return texts;
    if (source.startsWith(String.raw`\p{Lu}`)) return names;
    if (source.startsWith("(?:\\p{Lu}")) return names;
    if (source.startsWith(String.raw`\p`) || source.startsWith(String.raw`\S`)) {
      return folds ? names + smalls : smalls;
    }
    if (source.startsWith(String.raw`\d`) || source.startsWith("(?:19|20)")) return numbers;
    if (source.startsWith("(?:")) {
      const alternatives = source.slice(3, source.indexOf(")")).split("|");
      return alternatives.reduce((sum, one) => sum + begin(one), 0);
    }
    const first = /^(?:\p{IDC}+|\\?.)/u.exec(source)?.[0] ?? "";
    return counts.get(first.replace(/^\\(?=.)/u, "")) ?? 0;
  };
  return ({ left, parts }) => {
    const sources = left.length > 0 ? left : parts[0].options;
    return sources.reduce((sum, source) => sum + begin(source), 0) / Math.max(1, texts);
  };
}
