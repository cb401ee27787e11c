/**
 * Drafts: rules for spans before they are written, and how those that differ in one place become one
 * with an alternation there.
 *
 * @module
 */
import type { Part } from "./bodies.ts";
import type { Candidate } from "./candidates.ts";
import type { Contexts } from "./contexts.ts";
import type { Scored } from "./covering.ts";
import type { Edge } from "./elements.ts";
import { endOf, startOf } from "./tokens.ts";

/** A rule before it is written. */
export interface Draft {
  readonly label: number;
  /** Sources of contexts, one of which must stand on this side; none where anything may. */
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** Whether the contexts begin, or end, with word characters. */
  readonly isLeftWordy: boolean;
  readonly isRightWordy: boolean;
  readonly parts: readonly Part[];
  readonly first: Edge;
  readonly last: Edge;
  readonly cue?: Candidate["cue"];
  /** The candidates that it stands for. */
  readonly members: readonly Scored[];
  /** What its place among the rules goes by: expected precision, more for longer spans. */
  readonly rank: number;
}

/** What a token of a span adds to the rank, up to the second number of tokens. */
const LENGTH = 0.05;
const MAX_LENGTH = 6;
/** Most alternatives in one place, and longest sum of them. */
const MAX_ALTERNATIVES = 40;
const MAX_SOURCES = 700;
/** Rules become one only where their ranks are no further apart. */
const MAX_APART = 0.15;

/** Makes a draft of each candidate. */
export function createDrafts(chosen: readonly Scored[], contexts: Contexts): Draft[] {
  const sourcesOf = (context: number) => context < 0 ? [] : [contexts.sources[context]];
  return chosen.map((scored) => {
    const { label, left, right, body: { parts, first, last }, cue } = scored.candidate;
    return {
      label,
      left: sourcesOf(left),
      right: sourcesOf(right),
      isLeftWordy: left >= 0 && contexts.isWordy[left],
      isRightWordy: right >= 0 && contexts.isWordy[right],
      parts,
      first,
      last,
      ...(cue ? { cue } : {}),
      members: [scored],
      rank: rankOf([scored]),
    };
  });
}

/** The mean rank of candidates, weighted by their right matches. */
function rankOf(members: readonly Scored[]): number {
  let sum = 0;
  let weight = 0;
  for (const { candidate: { hits, places }, expected } of members) {
    const tokens = places.reduce((all, place) => all + endOf(place) - startOf(place), 0);
    const length = Math.min(MAX_LENGTH, tokens / places.length);
    sum += hits * (expected + LENGTH * length);
    weight += hits;
  }
  return Math.round(sum / weight * 1e6) / 1e6;
}

/** A place in which drafts may differ. */
interface Slot {
  readonly key: string;
  readonly options: readonly string[];
  fill(options: readonly string[]): Pick<Draft, "parts" | "left" | "right">;
}

/**
 * Merges drafts that differ in one place only: a literal part of the body, the left context, the right
 * context. Each place is looked at in that order, the largest groups first.
 */
export function mergeDrafts(drafts: readonly Draft[]): Draft[] {
  let merged = [...drafts];
  for (const slotsOf of [literalSlots, leftSlots, rightSlots]) merged = mergeBy(merged, slotsOf);
  return merged;
}

function mergeBy(drafts: readonly Draft[], slotsOf: (draft: Draft) => Slot[]): Draft[] {
  const entries = drafts.flatMap((draft, position) =>
    slotsOf(draft).map((slot) => ({ draft, position, slot }))
  );
  const groups = [...Map.groupBy(entries, ({ slot }) => slot.key).values()];
  // A draft may differ from others in several places, and should join where it finds most company.
  groups.sort((a, b) => b.length - a.length);
  const gone = new Set<number>();
  const replaced = new Map<number, Draft>();
  for (const group of groups) {
    const open = group.filter(({ position }) => !gone.has(position) && !replaced.has(position))
      .sort((a, b) => b.draft.rank - a.draft.rank || a.position - b.position);
    while (open.length > 1) {
      const leader = open[0];
      const joined = [leader];
      const options = new Set(leader.slot.options);
      for (const entry of open.slice(1)) {
        const more = options.union(new Set(entry.slot.options));
        const length = [...more].reduce((sum, one) => sum + one.length, 0);
        if (more.size > MAX_ALTERNATIVES || length > MAX_SOURCES) continue;
        if (leader.draft.rank - entry.draft.rank > MAX_APART) continue;
        joined.push(entry);
        for (const one of entry.slot.options) options.add(one);
      }
      for (const { position } of joined) gone.add(position);
      if (joined.length > 1) {
        const members = joined.flatMap(({ draft }) => draft.members);
        const filled = leader.slot.fill([...options].sort());
        replaced.set(leader.position, {
          ...leader.draft,
          ...filled,
          members,
          rank: rankOf(members),
        });
      } else gone.delete(leader.position);
      open.splice(0, open.length, ...open.filter((entry) => !joined.includes(entry)));
    }
  }
  return drafts.flatMap((draft, position) =>
    replaced.get(position) ?? (gone.has(position) ? [] : draft)
  );
}

function restOf(draft: Draft) {
  const { label, isLeftWordy, isRightWordy, first, last, cue } = draft;
  return [label, isLeftWordy, isRightWordy, first, last, cue?.word ?? "", cue?.isWanted ?? true];
}

function literalSlots(draft: Draft): Slot[] {
  const { parts, left, right } = draft;
  return parts.flatMap((part, index): Slot[] => {
    if (!part.isLiteral) return [];
    const others = parts.map(({ gap, options }, other) =>
      other === index ? [gap] : [gap, ...options]
    );
    return [{
      key: JSON.stringify([restOf(draft), left, right, index, others]),
      options: part.options,
      fill: (options) => ({ parts: parts.with(index, { ...part, options }), left, right }),
    }];
  });
}

function contextKey(draft: Draft, context: readonly string[]): string {
  return JSON.stringify([restOf(draft), context, draft.parts]);
}

function leftSlots(draft: Draft): Slot[] {
  const { parts, left, right } = draft;
  if (left.length === 0) return [];
  return [{
    key: contextKey(draft, right),
    options: left,
    fill: (options) => ({ parts, left: options, right }),
  }];
}

function rightSlots(draft: Draft): Slot[] {
  const { parts, left, right } = draft;
  if (right.length === 0) return [];
  return [{
    key: contextKey(draft, left),
    options: right,
    fill: (options) => ({ parts, left, right: options }),
  }];
}
