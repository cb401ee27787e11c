/**
 * Wildcards: candidates that say nothing about the inside of a span, only what stands on both sides.
 *
 * @module
 */
import type { Body } from "./bodies.ts";
import { type Calibration, isFirstHalf } from "./calibration.ts";
import { type Candidate, createCandidate, familyOf, Tally } from "./candidates.ts";
import type { Contexts } from "./contexts.ts";
import { type Corpus, END, faultOf, NUMBER, type Place, placeOf, startOf } from "./tokens.ts";

/** Most words, and most tokens, that a wildcard stands for. */
const MAX_WORDS = 8;
const MAX_TOKENS = 20;
/** Spans that both contexts must stand around. */
const MIN_HITS = 2;
/** Kinds of contexts that are tried: one to three tokens, and with classes. */
const LEFT_KINDS = [0, 1, 2, 3, 4];
const RIGHT_KINDS = [0, 1, 3, 4];

/** Up to eight words, as few as will do. */
export const WILDCARD: Body = {
  parts: [{
    gap: "",
    options: [String.raw`\S{1,40}(?: \S{1,40}){0,7}?`],
    isLiteral: false,
    isCased: false,
  }],
  first: "none",
  last: "none",
  level: 4,
  places: [],
};

/** Finds pairs of contexts that spans of a label stand between, and what else stands there. */
export function findWildcards(
  corpus: Corpus,
  contexts: Contexts,
  calibration: Calibration,
  minTexts: number,
): Candidate[] {
  const scale = contexts.sources.length;
  const { golds, kinds, gaps, gapNames, size, textOf, texts } = corpus;
  /** For each pair of contexts the number of spans by label. */
  const pairs = new Map<number, Map<number, number>>();
  for (const { start, end, label } of golds) {
    for (const left of at(contexts.left, LEFT_KINDS, start)) {
      for (const right of at(contexts.right, RIGHT_KINDS, end)) {
        const key = left * scale + right;
        const counts = pairs.get(key) ?? new Map<number, number>();
        pairs.set(key, counts.set(label, (counts.get(label) ?? 0) + 1));
      }
    }
  }
  const found = new Map<number, Place[]>();
  const lefts = new Set<number>();
  for (const [key, counts] of pairs) {
    if (Math.max(...counts.values()) < MIN_HITS) continue;
    lefts.add(Math.floor(key / scale));
    found.set(key, []);
  }
  const space = gapNames.indexOf(" ");
  for (let start = 0; start < size; start++) {
    if (kinds[start] < NUMBER) continue;
    for (const left of at(contexts.left, LEFT_KINDS, start)) {
      if (!lefts.has(left)) continue;
      const seen = new Set<number>();
      let words = 1;
      for (let end = start + 1; end - start < MAX_TOKENS; end++) {
        const last = end - 1;
        if (
          last > start && gapNames[gaps[last]] !== "" &&
          (gaps[last] !== space || ++words > MAX_WORDS)
        ) {
          break;
        }
        // Only the first place counts where the right context follows: wildcards are lazy.
        for (const right of at(contexts.right, RIGHT_KINDS, end)) {
          if (seen.has(right)) continue;
          const places = found.get(left * scale + right);
          if (places === undefined) continue;
          seen.add(right);
          places.push(placeOf(start, end));
        }
        if (kinds[end] === END) break;
      }
    }
  }
  const candidates: Candidate[] = [];
  const family = familyOf(WILDCARD.level, 0, 0);
  for (const [key, places] of found) {
    for (const [label, hits] of pairs.get(key)!) {
      const tally = new Tally();
      for (const place of places) {
        const isFirst = isFirstHalf(textOf[startOf(place)], texts);
        tally.add(faultOf(corpus, place, label), isFirst);
      }
      calibration.note(label, family, tally.first, tally.second);
      if (hits < MIN_HITS) continue;
      const [left, right] = [Math.floor(key / scale), key % scale];
      const from = { label, body: WILDCARD, left, right, family };
      const candidate = createCandidate(corpus, from, places, minTexts);
      if (candidate) candidates.push(candidate);
    }
  }
  return candidates;
}

/** The contexts of some kinds at a token, each once. */
function at(columns: readonly Int32Array[], kinds: readonly number[], token: number): Set<number> {
  const found = new Set<number>();
  for (const kind of kinds) if (columns[kind][token] >= 0) found.add(columns[kind][token]);
  return found;
}
