/**
 * Spans that lie in each other's way: how much two of them share, and which of many stay.
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
 * What becomes of a span that overlaps one of an earlier rule: it is dropped; or it stays unless it has
 * the same offsets, or the same label and an overlap of more than 0.7, which is RuleChef's way.
 */
export type Overlaps = "drop" | "keep";

/** A span and the index of its label. */
interface Labelled extends Span {
  readonly label: number;
}

/** Overlap of two spans of one label over which the later one goes, with `keep`. */
const MAX_OVERLAP = 0.7;

/** Intersection over union of two spans, 0 to 1; 0/0 is 0. */
export function overlapOf(one: Span, other: Span): number {
  const shared = Math.max(0, Math.min(one.end, other.end) - Math.max(one.start, other.start));
  const union = one.end - one.start + (other.end - other.start) - shared;
  return union > 0 ? shared / union : 0;
}

/** Those spans that stay, in order, where earlier ones go before later ones. */
export function keepSpans<S extends Labelled>(spans: readonly S[], overlaps: Overlaps): S[] {
  switch (overlaps) {
    case "drop":
      return keepDisjoint(keepDistinct(spans));
    case "keep":
      return keepUnlike(keepDistinct(spans));
  }
}

function keepDisjoint<S extends Labelled>(spans: readonly S[]): S[] {
  // One mark for each place of the text: however many spans there are, each is looked at once.
  const taken = new Uint8Array(spans.reduce((most, { end }) => Math.max(most, end), 0));
  return spans.filter(({ start, end }) => {
    for (let at = start; at < end; at++) if (taken[at] === 1) return false;
    taken.fill(1, start, end);
    return true;
  });
}

function keepDistinct<S extends Labelled>(spans: readonly S[]): S[] {
  const known = new Set<string>();
  return spans.filter(({ start, end }) => {
    const key = `${start},${end}`;
    return !known.has(key) && known.add(key);
  });
}

function keepUnlike<S extends Labelled>(spans: readonly S[]): S[] {
  const byLabel = new Map<number, Map<number, S[]>>();
  return spans.filter((span) => {
    const kept = byLabel.get(span.label) ?? new Map<number, S[]>();
    byLabel.set(span.label, kept);
    // A span that shares so much with this one begins less than half its length away.
    const reach = (span.end - span.start) / 2;
    const last = drawerOf(span.start + reach);
    for (let drawer = drawerOf(span.start - reach); drawer <= last; drawer++) {
      for (const other of kept.get(drawer) ?? []) {
        if (overlapOf(other, span) > MAX_OVERLAP) return false;
      }
    }
    const own = kept.get(drawerOf(span.start));
    if (own) own.push(span);
    else kept.set(drawerOf(span.start), [span]);
    return true;
  });
}

/** Spans are filed by where they begin: each drawer holds those of 64 code units. */
function drawerOf(start: number): number {
  return Math.floor(start / 64);
}
