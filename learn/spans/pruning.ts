/**
 * Pruning: drops drafts by what they would decide on texts that they were not learned from.
 *
 * Each block of texts is decided with the counts of all other blocks (leave-one-out), so that a
 * draft whose true positives are all in one block matches nothing there, and ranks change. A draft
 * that only remembers its texts changes nothing then, and one that is wrong elsewhere does harm.
 *
 * @module
 */
import type { Calibration, MatchCounts } from "./calibration.ts";
import { isBound, type SpanCandidate } from "./candidates.ts";
import type { SpanDraft } from "./drafts.ts";
import {
  areShared,
  endOf,
  fpWeight,
  NUMBER,
  type Place,
  type SpanCorpus,
  startOf,
  WORD,
} from "./tokens.ts";
import { getOrCreate } from "../text/maps.ts";
import { part, type Sliced } from "../text/slices.ts";

/** A match of a draft. */
interface DraftMatch {
  readonly draft: number;
  readonly place: Place;
  /** The rank of the draft if the block is left out. */
  readonly rank: number;
  readonly isCorrect: boolean;
}

/** Most texts of a block, and the least number of blocks: parts of a document are side by side. */
const BLOCK = 8;
const BLOCKS = 20;
/** Most passes over all drafts. */
const PASSES = 2;
/**
 * Least gain in F1 by a draft, in true positives, and the same for each place of a text where it can
 * begin, as it costs more there. Few texts show too little of what a rule is worth.
 */
const MIN_WORTH = 0.4;
const WORTH_BY_REACH = 0.02;
/** The same for a draft that must only do no harm: below 0, as a little harm is tolerated. */
const MIN_HARM = -0.1;
/** Least true positives of each candidate of a draft that is dropped if it changes nothing. */
const MIN_IDLE_TP = 3;
/** The part of the drafts over the budget that is dropped before the others are looked at again. */
const RATE = 0.25;

/**
 * Drops drafts that are not worth their cost, lower F1 or change nothing; then those that matter
 * least until at most `maxRules` are left. If not `isThrifty`, a draft must only do no harm.
 *
 * @returns the drafts that stay
 */
export function* pruneDrafts(
  corpus: SpanCorpus,
  drafts: readonly SpanDraft[],
  calibration: Calibration,
  { isThrifty, maxRules }: { readonly isThrifty: boolean; readonly maxRules: number },
): Sliced<SpanDraft[]> {
  const collecting = collectMatches(corpus, drafts, calibration, isThrifty);
  const matches = yield* part("", [0, 0.6], collecting);
  const textsOf = drafts.map(() => new Set<number>());
  matches.forEach((found, text) => found.forEach(({ draft }) => textsOf[draft].add(text)));
  const isAlive = new Uint8Array(drafts.length).fill(1);
  const taken = new Int32Array(corpus.size);
  let stamp = 0;
  const decide = (text: number, without = -1): MatchCounts => {
    stamp++;
    let tp = 0;
    let fp = 0;
    for (const { draft, place, isCorrect } of matches[text]) {
      if (isAlive[draft] === 0 || draft === without) continue;
      const [start, end] = [startOf(place), endOf(place)];
      let isFree = true;
      for (let token = start; token < end; token++) if (taken[token] === stamp) isFree = false;
      if (!isFree) continue;
      taken.fill(stamp, start, end);
      if (isCorrect) tp++;
      else fp++;
    }
    return { tp, fp };
  };
  const decided = matches.map((_, text) => decide(text));
  const total = { tp: sumOf(decided.map(({ tp }) => tp)), fp: sumOf(decided.map(({ fp }) => fp)) };
  const gold = corpus.golds.length + corpus.lost;
  const f1 = (tp: number, fp: number) => tp === 0 ? 0 : 2 * tp / (tp + fp + gold);
  /** Returns what changes without a draft. */
  const changeWithout = (draft: number): MatchCounts => {
    let tp = 0;
    let fp = 0;
    for (const text of textsOf[draft]) {
      const after = decide(text, draft);
      tp += after.tp - decided[text].tp;
      fp += after.fp - decided[text].fp;
    }
    return { tp, fp };
  };
  const remove = (draft: number) => {
    isAlive[draft] = 0;
    for (const text of textsOf[draft]) {
      const after = decide(text);
      total.tp += after.tp - decided[text].tp;
      total.fp += after.fp - decided[text].fp;
      decided[text] = after;
    }
  };
  const tpsOf = drafts.map(({ members }) => members.map(({ candidate }) => candidate.tp));
  const reach = createReach(corpus);
  const worthOf = (draft: number) =>
    isThrifty ? MIN_WORTH + WORTH_BY_REACH * reach(drafts[draft]) : MIN_HARM;
  /** Drops drafts that gain too little, or that change nothing; returns how many. */
  function* sweep(
    order: readonly number[],
    worthOf: (draft: number) => number,
    minIdleTp: number,
  ): Sliced<number> {
    let removed = 0;
    for (const [index, draft] of order.entries()) {
      yield index / order.length;
      if (isAlive[draft] === 0) continue;
      const { tp, fp } = changeWithout(draft);
      const gain = f1(total.tp + tp, total.fp + fp) - f1(total.tp, total.fp);
      const isIdle = tp === 0 && fp === 0 && Math.min(...tpsOf[draft]) >= minIdleTp;
      if (gain * gold <= -worthOf(draft) && !isIdle) continue;
      remove(draft);
      removed++;
    }
    return removed;
  }
  const byRank = [...drafts.keys()].sort((a, b) => drafts[a].rank - drafts[b].rank || b - a);
  if (isThrifty) {
    // First what does harm, then what others do too: the narrow ones first, so that the general one stays.
    yield* part("", [0.6, 0.7], sweep(byRank, () => 0, Infinity));
    const support = tpsOf.map(sumOf);
    const bySupport = byRank.toSorted((a, b) => support[a] - support[b]);
    yield* part("", [0.7, 0.8], sweep(bySupport, () => -Infinity, 1));
  }
  for (let pass = 0; pass < PASSES; pass++) {
    const range = [0.8 + 0.2 * pass / PASSES, 0.8 + 0.2 * (pass + 1) / PASSES] as const;
    if ((yield* part("", range, sweep(byRank, worthOf, MIN_IDLE_TP))) === 0) break;
  }
  for (let left = byRank.filter((draft) => isAlive[draft] === 1); left.length > maxRules;) {
    const losses: { readonly draft: number; readonly loss: number }[] = [];
    for (const draft of left) {
      yield 1;
      const { tp, fp } = changeWithout(draft);
      // A draft that changes nothing elsewhere is worth its true positives here.
      const here = f1(total.tp + sumOf(tpsOf[draft]) * 1e-3, total.fp);
      losses.push({ draft, loss: here - f1(total.tp + tp, total.fp + fp) });
    }
    losses.sort((a, b) => a.loss - b.loss || b.draft - a.draft);
    const count = Math.ceil((left.length - maxRules) * RATE);
    for (const { draft } of losses.slice(0, count)) remove(draft);
    left = left.filter((draft) => isAlive[draft] === 1);
  }
  return drafts.filter((_, draft) => isAlive[draft] === 1);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

/** Collects for each text the matches of all drafts, in the order in which they decide. */
function* collectMatches(
  corpus: SpanCorpus,
  drafts: readonly SpanDraft[],
  calibration: Calibration,
  isThrifty: boolean,
): Sliced<DraftMatch[][]> {
  const { texts, textOf } = corpus;
  const matches: DraftMatch[][] = Array.from({ length: texts }, () => []);
  const size = Math.max(1, Math.min(BLOCK, Math.floor(texts / BLOCKS)));
  const blockOf = (place: Place) => Math.floor(textOf[startOf(place)] / size);
  const isKnownElsewhere = findKnownWords(corpus);
  for (const [draft, { label, members, rank }] of drafts.entries()) {
    for (const { candidate, estimate } of members) {
      yield draft / drafts.length;
      const { stratum, places, tp, fp } = candidate;
      for (const [block, found] of Map.groupBy(places, blockOf)) {
        // If single texts count, too few other texts would have its words without the block.
        const elsewhere = places.values().filter((place) => blockOf(place) !== block).map(startOf);
        if (!isThrifty && isBound(candidate) && !areShared(corpus, elsewhere)) continue;
        const weights = found.map((place) => fpWeight(corpus, place, label));
        const others = {
          tp: tp - weights.filter((weight) => weight === 0).length,
          fp: Math.max(0, fp - sumOf(weights)),
        };
        if (others.tp < 1) continue;
        const change = calibration.estimate(label, stratum, others) - estimate;
        found.forEach((place, index) => {
          if (!isKnownElsewhere(candidate, place)) return;
          const isCorrect = weights[index] === 0;
          matches[textOf[startOf(place)]].push({ draft, place, rank: rank + change, isCorrect });
        });
      }
    }
  }
  for (const found of matches) {
    found.sort((a, b) => b.rank - a.rank || a.draft - b.draft || a.place - b.place);
  }
  return matches;
}

/**
 * Creates a function that tells whether the words of a place which a candidate reads as members of
 * classes are in gold spans of other blocks too; else they would not be members without the block.
 */
function findKnownWords(
  { golds, kinds, literals, literalNames, textOf }: SpanCorpus,
): (candidate: SpanCandidate, place: Place) => boolean {
  const blockOf = (token: number) => Math.floor(textOf[token] / BLOCK);
  /** For each literal the only block with gold spans that hold it, or -1 if there are several. */
  const onlyBlocks = new Map<number, number>();
  for (const { start, end } of golds) {
    for (let token = start; token < end; token++) {
      if (kinds[token] !== WORD) continue;
      const block = blockOf(token);
      if (getOrCreate(onlyBlocks, literals[token], () => block) !== block) {
        onlyBlocks.set(literals[token], -1);
      }
    }
  }
  return ({ body: { parts } }, place) => {
    const classes = parts.flatMap(({ members }) => members ?? []);
    if (classes.length === 0) return true;
    for (let token = startOf(place); token < endOf(place); token++) {
      if (onlyBlocks.get(literals[token]) !== blockOf(token)) continue;
      const literal = literalNames[literals[token]];
      if (classes.some((members) => members.has(literal))) return false;
    }
    return true;
  };
}

/**
 * Creates a function that returns the reach of a draft: the mean number of places of a text where
 * it can begin to match, which is what running it costs.
 */
function createReach(corpus: SpanCorpus): (draft: SpanDraft) => number {
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
  const countStarts = (source: string): number => {
    if (source.startsWith("^")) return texts;
    if (/^(?:\(\?:)?\\p\{Lu\}/.test(source)) return names;
    if (/^\\[pS]/.test(source)) return folds ? names + smalls : smalls;
    if (source.startsWith(String.raw`\d`) || source.startsWith("(?:19|20)")) return numbers;
    if (source.startsWith("(?:")) {
      return sumOf(source.slice(3, source.indexOf(")")).split("|").map(countStarts));
    }
    const first = /^(?:\p{IDC}+|\\?.)/u.exec(source)?.[0] ?? "";
    return counts.get(first.replace(/^\\(?=.)/u, "")) ?? 0;
  };
  return ({ left, parts }) => {
    const sources = left.length > 0 ? left : parts[0].options;
    return sumOf(sources.map(countStarts)) / Math.max(1, texts);
  };
}
