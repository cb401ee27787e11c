/**
 * Pruning of drafts by what they would decide on texts they were not learned from.
 *
 * Decisions are simulated on each block of texts with the counts that are left without the block
 * (leave-one-out): what is known from there only finds nothing, and ranks change. A rule that only
 * remembers neither helps nor hurts there, and one that is wrong elsewhere shows it.
 *
 * @module
 */
import type { Calibration } from "./calibration.ts";
import type { Candidate } from "./candidates.ts";
import type { Draft } from "./drafts.ts";
import { createReach } from "./reach.ts";
import { type Corpus, endOf, faultOf, type Place, startOf, WORD } from "./tokens.ts";

/** A match of a draft in a text, in the order in which it decides there. */
interface Match {
  readonly draft: number;
  readonly place: Place;
  readonly rank: number;
  readonly isRight: boolean;
}

/** Texts that are left out together, at most and of how many: pieces of a document lie side by side. */
const BLOCK = 8;
const BLOCKS = 20;
/** Passes over all drafts at most. */
const PASSES = 2;
/**
 * What a draft must add to F1, in right spans: more where it can begin in more places of a text, as it
 * costs more there. Small sets of texts show too little of what a rule is worth.
 */
const MIN_WORTH = 0.4;
const WORTH_BY_REACH = 0.02;
/** F1 that is lost by a draft that does harm, in right spans. */
const MIN_HARM = -0.1;
/** Drafts with so many right matches in each candidate are dropped where nothing changes without them. */
const MIN_IDLE_HITS = 3;
/** The part of those too many that is dropped at once where there is a budget. */
const RATE = 0.25;

/** How drafts are pruned. */
export interface PruningOptions {
  /** Whether a draft must be worth what it costs; else it must only do no harm. */
  readonly isThrifty: boolean;
  readonly maxRules: number;
}

/**
 * Drops drafts that are not worth their cost, or that lower F1 or do nothing; then those that matter
 * least over `maxRules`.
 *
 * @returns the drafts that stay, and the F1 that is simulated for them
 */
export function pruneDrafts(
  corpus: Corpus,
  drafts: readonly Draft[],
  calibration: Calibration,
  { isThrifty, maxRules }: PruningOptions,
): { readonly drafts: Draft[]; readonly f1: number } {
  const matches = collectMatches(corpus, drafts, calibration);
  const textsOf: number[][] = drafts.map(() => []);
  matches.forEach((found, text) => {
    for (const { draft } of found) if (textsOf[draft].at(-1) !== text) textsOf[draft].push(text);
  });
  const isAlive = new Uint8Array(drafts.length).fill(1);
  const taken = new Int32Array(corpus.size);
  let stamp = 0;
  const decide = (text: number, without: number): { right: number; wrong: number } => {
    stamp++;
    let right = 0;
    let wrong = 0;
    for (const { draft, place, isRight } of matches[text]) {
      if (isAlive[draft] === 0 || draft === without) continue;
      const [start, end] = [startOf(place), endOf(place)];
      let isFree = true;
      for (let token = start; token < end; token++) if (taken[token] === stamp) isFree = false;
      if (!isFree) continue;
      taken.fill(stamp, start, end);
      if (isRight) right++;
      else wrong++;
    }
    return { right, wrong };
  };
  const decided = matches.map((_, text) => decide(text, -1));
  const total = decided.reduce(
    (sum, { right, wrong }) => ({ right: sum.right + right, wrong: sum.wrong + wrong }),
    { right: 0, wrong: 0 },
  );
  const wanted = corpus.golds.length + corpus.lost;
  const f1 = (right: number, wrong: number) =>
    right === 0 ? 0 : 2 * right / (right + wrong + wanted);
  /** What changes without a draft. */
  const without = (draft: number) => {
    let right = 0;
    let wrong = 0;
    for (const text of textsOf[draft]) {
      const after = decide(text, draft);
      right += after.right - decided[text].right;
      wrong += after.wrong - decided[text].wrong;
    }
    return { right, wrong };
  };
  const remove = (draft: number) => {
    isAlive[draft] = 0;
    for (const text of textsOf[draft]) {
      const after = decide(text, -1);
      total.right += after.right - decided[text].right;
      total.wrong += after.wrong - decided[text].wrong;
      decided[text] = after;
    }
  };
  const hitsOf = drafts.map(({ members }) =>
    members.reduce((sum, { candidate }) => sum + candidate.hits, 0)
  );
  const leastOf = drafts.map(({ members }) =>
    Math.min(...members.map(({ candidate }) => candidate.hits))
  );
  const reach = createReach(corpus);
  const worthOf = (draft: number) =>
    isThrifty ? MIN_WORTH + WORTH_BY_REACH * reach(drafts[draft]) : MIN_HARM;
  const order = [...drafts.keys()].sort((a, b) => drafts[a].rank - drafts[b].rank || b - a);
  for (let pass = 0; pass < PASSES; pass++) {
    let removed = 0;
    for (const draft of order) {
      if (isAlive[draft] === 0) continue;
      const { right, wrong } = without(draft);
      const gain = f1(total.right + right, total.wrong + wrong) - f1(total.right, total.wrong);
      const isIdle = right === 0 && wrong === 0 && leastOf[draft] >= MIN_IDLE_HITS;
      if (gain * wanted <= -worthOf(draft) && !isIdle) continue;
      remove(draft);
      removed++;
    }
    if (removed === 0) break;
  }
  for (let left = order.filter((draft) => isAlive[draft] === 1); left.length > maxRules;) {
    const losses = left.map((draft) => {
      const { right, wrong } = without(draft);
      // What changes nothing elsewhere is worth what it is right in here.
      const here = f1(total.right + hitsOf[draft] * 1e-3, total.wrong);
      return { draft, loss: here - f1(total.right + right, total.wrong + wrong) };
    });
    losses.sort((a, b) => a.loss - b.loss || b.draft - a.draft);
    const count = Math.ceil((left.length - maxRules) * RATE);
    for (const { draft } of losses.slice(0, count)) remove(draft);
    left = left.filter((draft) => isAlive[draft] === 1);
  }
  return {
    drafts: drafts.filter((_, draft) => isAlive[draft] === 1),
    f1: f1(total.right, total.wrong),
  };
}

/** For each text the matches of all drafts, in the order in which they decide when the block is left out. */
function collectMatches(
  corpus: Corpus,
  drafts: readonly Draft[],
  calibration: Calibration,
): Match[][] {
  const matches: Match[][] = Array.from({ length: corpus.texts }, () => []);
  const block = Math.max(1, Math.min(BLOCK, Math.floor(corpus.texts / BLOCKS)));
  const isKnownElsewhere = findKnownWords(corpus);
  drafts.forEach(({ label, members, rank }, draft) => {
    for (const { candidate, expected } of members) {
      const { family, places, hits, faults } = candidate;
      const blocks = Map.groupBy(
        places,
        (place) => Math.floor(corpus.textOf[startOf(place)] / block),
      );
      for (const found of blocks.values()) {
        const wrong = found.map((place) => faultOf(corpus, place, label));
        const others = {
          hits: hits - wrong.filter((fault) => fault === 0).length,
          faults: Math.max(0, faults - wrong.reduce((sum, fault) => sum + fault, 0)),
        };
        if (others.hits < 1) continue;
        const change = calibration.estimate(label, family, others) - expected;
        found.forEach((place, index) => {
          if (!isKnownElsewhere(candidate, place)) return;
          const isRight = wrong[index] === 0;
          const text = corpus.textOf[startOf(place)];
          matches[text].push({ draft, place, rank: rank + change, isRight });
        });
      }
    }
  });
  for (const found of matches) {
    found.sort((a, b) => b.rank - a.rank || a.draft - b.draft || a.place - b.place);
  }
  return matches;
}

/**
 * Whether the words of a place that a candidate reads as members of classes stand in marked spans of
 * other blocks too: else the classes would not hold them there.
 */
function findKnownWords(
  { golds, kinds, literals, literalNames, textOf }: Corpus,
): (candidate: Candidate, place: Place) => boolean {
  const blockOf = (token: number) => Math.floor(textOf[token] / BLOCK);
  /** For each literal the block that it is in spans of, or -1 where these are several. */
  const onlyBlocks = new Map<number, number>();
  for (const { start, end } of golds) {
    for (let token = start; token < end; token++) {
      if (kinds[token] !== WORD) continue;
      const known = onlyBlocks.get(literals[token]);
      const block = blockOf(token);
      onlyBlocks.set(literals[token], known === undefined || known === block ? block : -1);
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
