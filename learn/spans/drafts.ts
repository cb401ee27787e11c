/**
 * Drafts: rules for spans before they are written, each of one candidate, or of several that differ
 * in one slot only: a literal part of the body, the left context or the right context.
 *
 * @module
 */
import type { BodyPart } from "./bodies.ts";
import type { Contexts } from "./contexts.ts";
import type { EstimatedCandidate } from "./covering.ts";
import type { Edge } from "./elements.ts";
import { eachSliced, part, type Sliced } from "../text/slices.ts";
import { endOf, startOf } from "./tokens.ts";

/** A rule for spans before it is written. */
export interface SpanDraft {
  readonly label: number;
  /** Sources of contexts, one of which must match before the span; empty if anything may. */
  readonly left: readonly string[];
  /** The same after the span. */
  readonly right: readonly string[];
  /** Whether the left contexts begin with a word character. */
  readonly isLeftWordy: boolean;
  /** Whether the right contexts end with a word character. */
  readonly isRightWordy: boolean;
  readonly parts: readonly BodyPart[];
  readonly first: Edge;
  readonly last: Edge;
  /** The candidates that it is made of. */
  readonly members: readonly EstimatedCandidate[];
  /** The highest rank decides first: estimated precision, and more for longer spans. */
  readonly rank: number;
}

/** Drafts between two pauses. */
const DRAFTS = 256;
/** Addition to the rank for each token of a span, up to the second number of tokens. */
const LENGTH = 0.05;
const MAX_LENGTH = 6;
/** Most alternatives in one slot, and their greatest length together. */
const MAX_ALTERNATIVES = 40;
const MAX_SOURCES = 700;
/** Greatest difference of the ranks of drafts that are merged. */
const MAX_APART = 0.15;

/** Creates a draft of each candidate. */
export function createDrafts(
  chosen: readonly EstimatedCandidate[],
  contexts: Contexts,
): SpanDraft[] {
  const sourcesOf = (context: number) => context < 0 ? [] : [contexts.sources[context]];
  return chosen.map((member) => {
    const { label, left, right, body: { parts, first, last } } = member.candidate;
    return {
      label,
      left: sourcesOf(left),
      right: sourcesOf(right),
      isLeftWordy: left >= 0 && contexts.isWordy[left],
      isRightWordy: right >= 0 && contexts.isWordy[right],
      parts,
      first,
      last,
      members: [member],
      rank: rankOf([member]),
    };
  });
}

/** Returns the mean rank of candidates, weighted by their true positives. */
function rankOf(members: readonly EstimatedCandidate[]): number {
  let sum = 0;
  let weight = 0;
  for (const { candidate: { tp, places }, estimate } of members) {
    const tokens = places.reduce((all, place) => all + endOf(place) - startOf(place), 0);
    const length = Math.min(MAX_LENGTH, tokens / places.length);
    sum += tp * (estimate + LENGTH * length);
    weight += tp;
  }
  return Math.round(sum / weight * 1e6) / 1e6;
}

/** A part of a draft in which it may differ from others of the same key. */
interface DraftSlot {
  readonly key: string;
  readonly options: readonly string[];
  /** Returns the changes that put other options into the slot. */
  fill(options: readonly string[]): Partial<SpanDraft>;
}

/** Merges drafts that differ in one slot only: a literal, then a left, then a right context. */
export function* mergeDrafts(drafts: readonly SpanDraft[]): Sliced<readonly SpanDraft[]> {
  let merged = drafts;
  for (const [index, slotsOf] of [literalSlots, leftSlots, rightSlots].entries()) {
    merged = yield* part("", [index / 3, (index + 1) / 3], mergeBy(merged, slotsOf));
  }
  return merged;
}

function* mergeBy(
  drafts: readonly SpanDraft[],
  slotsOf: (draft: SpanDraft) => DraftSlot[],
): Sliced<SpanDraft[]> {
  const entries: { draft: SpanDraft; position: number; slot: DraftSlot }[] = [];
  yield* eachSliced(drafts, (draft, position) => {
    for (const slot of slotsOf(draft)) entries.push({ draft, position, slot });
  }, DRAFTS);
  const groups = [...Map.groupBy(entries, ({ slot }) => slot.key).values()];
  // Large groups first: a draft that fits several should become part of the largest.
  groups.sort((a, b) => b.length - a.length);
  const gone = new Set<number>();
  const merged = new Map<number, SpanDraft>();
  for (const group of groups) {
    yield 1;
    let open = group.filter(({ position }) => !gone.has(position))
      .sort((a, b) => b.draft.rank - a.draft.rank || a.position - b.position);
    while (open.length > 1) {
      const [leader, ...others] = open;
      const joined = [leader];
      const options = new Set(leader.slot.options);
      for (const entry of others) {
        const more = options.union(new Set(entry.slot.options));
        const length = [...more].reduce((sum, one) => sum + one.length, 0);
        if (more.size > MAX_ALTERNATIVES || length > MAX_SOURCES) continue;
        if (leader.draft.rank - entry.draft.rank > MAX_APART) continue;
        joined.push(entry);
        for (const one of entry.slot.options) options.add(one);
      }
      if (joined.length > 1) {
        for (const { position } of joined) gone.add(position);
        const members = joined.flatMap(({ draft }) => draft.members);
        const filled = leader.slot.fill([...options].sort());
        merged.set(leader.position, { ...leader.draft, ...filled, members, rank: rankOf(members) });
      }
      open = open.filter((entry) => !joined.includes(entry));
    }
  }
  return drafts.flatMap((draft, position) =>
    merged.get(position) ?? (gone.has(position) ? [] : draft)
  );
}

/** Returns a key for what must be the same besides the parts and contexts. */
function restOf({ label, isLeftWordy, isRightWordy, first, last }: SpanDraft): unknown[] {
  return [label, isLeftWordy, isRightWordy, first, last];
}

function literalSlots(draft: SpanDraft): DraftSlot[] {
  const { parts, left, right } = draft;
  return parts.flatMap((part, index): DraftSlot[] => {
    if (!part.isLiteral) return [];
    const others = parts.map(({ gap, options }, other) =>
      other === index ? [gap] : [gap, ...options]
    );
    return [{
      key: JSON.stringify([restOf(draft), left, right, index, others]),
      options: part.options,
      fill: (options) => ({ parts: parts.with(index, { ...part, options }) }),
    }];
  });
}

function leftSlots(draft: SpanDraft): DraftSlot[] {
  const { parts, left, right } = draft;
  const key = JSON.stringify([restOf(draft), right, parts]);
  return left.length === 0 ? [] : [{ key, options: left, fill: (left) => ({ left }) }];
}

function rightSlots(draft: SpanDraft): DraftSlot[] {
  const { parts, left, right } = draft;
  const key = JSON.stringify([restOf(draft), left, parts]);
  return right.length === 0 ? [] : [{ key, options: right, fill: (right) => ({ right }) }];
}
