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
import { isBound } from "./candidates.ts";
import type { SpanDraft } from "./drafts.ts";
import { areShared, endOf, fpWeight, type Place, type SpanCorpus, startOf } from "./tokens.ts";
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
/** Most gain in F1 without a draft, in true positives, with which it stays: a little harm is tolerated. */
const MAX_HARM = 0.1;
/** Least true positives of each candidate of a draft that is dropped if it changes nothing. */
const MIN_IDLE_TP = 3;
/** The part of the drafts over the budget that is dropped before the others are looked at again. */
const RATE = 0.25;
/** By how much the rank of a draft may change, the least gain in F1 by that, in true positives, and least texts. */
const SHIFTS = [-0.6, -0.3, -0.15, -0.05, 0.05, 0.15, 0.3, 0.6];
const MIN_GAIN = 2;
const MIN_TEXTS = 5;

/**
 * Drops drafts that lower F1 or change nothing; then those that matter least until at most `maxRules`
 * are left. Moves those that stay up or down in the order of decisions if that raises F1.
 *
 * @returns the drafts that stay, some with another rank
 */
export function* pruneDrafts(
  corpus: SpanCorpus,
  drafts: readonly SpanDraft[],
  calibration: Calibration,
  maxRules: number,
): Sliced<SpanDraft[]> {
  const collecting = collectMatches(corpus, drafts, calibration);
  const matches = yield* part("", [0, 0.5], collecting);
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
  const byRank = [...drafts.keys()].sort((a, b) => drafts[a].rank - drafts[b].rank || b - a);
  for (let pass = 0; pass < PASSES; pass++) {
    let removed = 0;
    for (const [index, draft] of byRank.entries()) {
      yield 0.5 + 0.2 * (pass + index / byRank.length) / PASSES;
      if (isAlive[draft] === 0) continue;
      const { tp, fp } = changeWithout(draft);
      const gain = f1(total.tp + tp, total.fp + fp) - f1(total.tp, total.fp);
      const isIdle = tp === 0 && fp === 0 && Math.min(...tpsOf[draft]) >= MIN_IDLE_TP;
      if (gain * gold <= MAX_HARM && !isIdle) continue;
      remove(draft);
      removed++;
    }
    if (removed === 0) break;
  }
  for (let left = byRank.filter((draft) => isAlive[draft] === 1); left.length > maxRules;) {
    const losses: { readonly draft: number; readonly loss: number }[] = [];
    for (const draft of left) {
      yield 0.7;
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
  const shifts = new Float64Array(drafts.length);
  for (const [text, found] of matches.entries()) {
    matches[text] = found.filter(({ draft }) => isAlive[draft] === 1);
  }
  const sort = (text: number) =>
    sortMatches(matches[text], ({ draft, rank }) => rank + shifts[draft]);
  const bySize = byRank.filter((draft) => isAlive[draft] === 1 && textsOf[draft].size >= MIN_TEXTS)
    .sort((a, b) => textsOf[b].size - textsOf[a].size || a - b);
  for (const [index, draft] of bySize.entries()) {
    const texts = [...textsOf[draft]].filter((text) => matches[text].length > 1);
    const change = (shift: number): MatchCounts => {
      shifts[draft] = shift;
      let tp = 0;
      let fp = 0;
      for (const text of texts) {
        sort(text);
        const after = decide(text);
        tp += after.tp - decided[text].tp;
        fp += after.fp - decided[text].fp;
      }
      return { tp, fp };
    };
    let best = 0;
    let most = f1(total.tp, total.fp) + MIN_GAIN / gold;
    for (const shift of SHIFTS) {
      yield 0.7 + 0.3 * index / bySize.length;
      const { tp, fp } = change(shift);
      const after = f1(total.tp + tp, total.fp + fp);
      if (after > most) [best, most] = [shift, after];
    }
    const { tp, fp } = change(best);
    total.tp += tp;
    total.fp += fp;
    for (const text of texts) decided[text] = decide(text);
  }
  return drafts.map((draft, index) => ({ ...draft, rank: draft.rank + shifts[index] }))
    .filter((_, draft) => isAlive[draft] === 1);
}

/** Sorts the matches of a text in the order in which they decide. */
function sortMatches(found: DraftMatch[], rankOf: (match: DraftMatch) => number): void {
  found.sort((a, b) => rankOf(b) - rankOf(a) || a.draft - b.draft || a.place - b.place);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

/** Collects for each text the matches of all drafts, in the order in which they decide. */
function* collectMatches(
  corpus: SpanCorpus,
  drafts: readonly SpanDraft[],
  calibration: Calibration,
): Sliced<DraftMatch[][]> {
  const { texts, textOf } = corpus;
  const matches: DraftMatch[][] = Array.from({ length: texts }, () => []);
  const size = Math.max(1, Math.min(BLOCK, Math.floor(texts / BLOCKS)));
  const blockOf = (place: Place) => Math.floor(textOf[startOf(place)] / size);
  for (const [draft, { label, members, rank }] of drafts.entries()) {
    for (const { candidate, estimate } of members) {
      yield draft / drafts.length;
      const { stratum, places, taken = [], tp, fp } = candidate;
      for (const place of taken) {
        const isCorrect = fpWeight(corpus, place, label) === 0;
        matches[textOf[startOf(place)]].push({ draft, place, rank, isCorrect });
      }
      for (const [block, found] of Map.groupBy(places, blockOf)) {
        // If single texts count, too few other texts would have its words without the block.
        const elsewhere = places.values().filter((place) => blockOf(place) !== block).map(startOf);
        if (isBound(candidate) && !areShared(corpus, elsewhere)) continue;
        const weights = found.map((place) => fpWeight(corpus, place, label));
        const others = {
          tp: tp - weights.filter((weight) => weight === 0).length,
          fp: Math.max(0, fp - sumOf(weights)),
        };
        if (others.tp < 1) continue;
        const change = calibration.estimate(label, stratum, others) - estimate;
        found.forEach((place, index) => {
          const isCorrect = weights[index] === 0;
          matches[textOf[startOf(place)]].push({ draft, place, rank: rank + change, isCorrect });
        });
      }
    }
  }
  for (const found of matches) sortMatches(found, ({ rank }) => rank);
  return matches;
}
