/**
 * Spans beside each other: when two agree, how much they share, and which of many stay.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { keepSpans, overlapOf } from "./overlaps.ts";
 *
 * const [date, year] = [{ start: 0, end: 11, label: 0 }, { start: 7, end: 11, label: 0 }];
 * assertEquals(overlapOf(date, year).toFixed(2), "0.36");
 * assertEquals(keepSpans([date, year], "drop"), [date]);
 * assertEquals(keepSpans([date, year], "keep"), [date, year]);
 * ```
 *
 * @module
 */
import type { Span } from "../data/examples.ts";

/**
 * The treatment of a span that overlaps one of an earlier rule. `drop`: it is dropped. `keep`: it stays
 * unless it has the same offsets, or the same label and an overlap of more than 0.7, as in RuleChef (which counts
 * an emoji once, and not twice as UTF-16 does).
 */
export type Overlaps = "drop" | "keep";

/**
 * The condition, besides an equal label, under which a predicted span matches a gold one and so is
 * correct: equal offsets (`exact`), an equal text, wherever it stands (`text`), or an intersection over
 * union of at least 0.5 (`partial`).
 */
export type Match = "exact" | "text" | "partial";

/** A span and its label, by name or index. */
type SpanWithLabel = Span & { readonly label: string | number };

/** The most that two spans of one label may overlap with `keep`; else the later one is dropped. */
const MAX_OVERLAP = 0.7;

/** Returns the intersection over union of two spans, 0 to 1; 0/0 is 0. */
export function overlapOf(one: Span, other: Span): number {
  const shared = Math.max(0, Math.min(one.end, other.end) - Math.max(one.start, other.start));
  const union = one.end - one.start + (other.end - other.start) - shared;
  return union > 0 ? shared / union : 0;
}

/** Returns the spans that stay, in order. Of two that cannot both stay, the earlier in the list does. */
export function keepSpans<S extends SpanWithLabel>(spans: readonly S[], overlaps: Overlaps): S[] {
  switch (overlaps) {
    case "drop":
      return keepDisjoint(keepDistinct(spans));
    case "keep":
      return keepUnlike(keepDistinct(spans));
  }
}

function keepDisjoint<S extends SpanWithLabel>(spans: readonly S[]): S[] {
  // One mark for each place of the text, so that each span is looked at once.
  const taken = new Uint8Array(spans.reduce((most, { end }) => Math.max(most, end), 0));
  return spans.filter(({ start, end }) => {
    for (let at = start; at < end; at++) if (taken[at] === 1) return false;
    taken.fill(1, start, end);
    return true;
  });
}

function keepDistinct<S extends SpanWithLabel>(spans: readonly S[]): S[] {
  const known = new Set<number>();
  const width = 1 + spans.reduce((most, { end }) => Math.max(most, end), 0);
  return spans.filter(({ start, end }) => {
    const key = start * width + end;
    return !known.has(key) && known.add(key);
  });
}

function keepUnlike<S extends SpanWithLabel>(spans: readonly S[]): S[] {
  /** Kept spans by label and by the block of 64 code units in which they begin. */
  const kept = new Map<string | number, Map<number, S[]>>();
  const blockOf = (start: number) => Math.floor(start / 64);
  return spans.filter((span) => {
    const { start, end, label } = span;
    const blocks = kept.get(label) ?? new Map<number, S[]>();
    kept.set(label, blocks);
    // A span that shares so much with this one begins less than half its length away.
    const reach = (end - start) / 2;
    for (let block = blockOf(start - reach); block <= blockOf(start + reach); block++) {
      for (const other of blocks.get(block) ?? []) {
        if (overlapOf(other, span) > MAX_OVERLAP) return false;
      }
    }
    blocks.set(blockOf(start), [...blocks.get(blockOf(start)) ?? [], span]);
    return true;
  });
}
