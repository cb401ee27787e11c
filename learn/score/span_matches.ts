/**
 * Which rules find which spans of which texts, and which of these spans are right.
 *
 * @module
 */
import { type Span, spansOf } from "../data/examples.ts";
import type { EntityExample, SpanExample } from "../data/examples.ts";
import { indexLabels, type KeptMatches } from "./kept.ts";
import { createMatcher } from "../rules/matcher.ts";
import { overlapOf } from "../rules/overlaps.ts";
import type { Rule } from "../rules/rule.ts";

/**
 * What makes a found span right, besides the label: the offsets (`exact`), the text, wherever it
 * stands (`text`), or an intersection over union of at least 0.5 (`partial`).
 */
export type Match = "exact" | "text" | "partial";

/** A span with a label that an example has or that a rule found. */
export interface SpanItem extends Span {
  /** Position of the example. */
  readonly example: number;
  /** Index of the label. */
  readonly label: number;
  /** What the rule says the text of the span is. */
  readonly text: string;
}

/** The kept matches of rules on texts with spans. Spans that rules find become items as they come. */
export interface SpanMatches extends KeptMatches {
  readonly kind: "spans";
  readonly examples: readonly (SpanExample | EntityExample)[];
  readonly match: Match;
  readonly items: readonly SpanItem[];
  /** For each example the numbers of the items that it has, by start. */
  readonly goldItems: readonly (readonly number[])[];
  /**
   * Of the items that its example has, those that a span is as good as, by start: those of a label, or
   * whatever their labels. The same list for spans that are as good as the same items, but by `partial`.
   */
  alike(span: SpanItem, label?: number): readonly number[];
  /** The items that a rule finds, example by example, in each from left to right. */
  inOrder(id: string): Int32Array;
}

/** Kept matches of no rule yet. `labels`: see `createMatches`. */
export function createSpanMatches(
  examples: readonly (SpanExample | EntityExample)[],
  labels: readonly string[],
  match: Match,
): SpanMatches {
  const goldSpans = examples.map(spansOf);
  const named = indexLabels([
    ...labels,
    ...goldSpans.flatMap((spans) => spans.map(({ label }) => label)),
  ]);
  const items: SpanItem[] = [];
  const gold: number[] = [];
  /** For each example the items by offsets, label and text. */
  const numbers: Map<string, number>[] = examples.map(() => new Map());
  const kept = new Map<string, Int32Array>();

  const enter = (item: SpanItem): number => {
    const { example, start, end, label, text } = item;
    const isPart = examples[example].text.startsWith(text, start) && text.length === end - start;
    const key = `${start},${end},${label}${isPart ? "" : `,${text}`}`;
    let number = numbers[example].get(key);
    if (number === undefined) {
      number = items.push(item) - 1;
      numbers[example].set(key, number);
      gold.push(alike(item, label).length > 0 ? label : -1);
    }
    return number;
  };
  const goldItems: number[][] = examples.map(() => []);
  goldSpans.forEach((spans, example) => {
    for (const { start, end, label } of spans) {
      const text = examples[example].text.slice(start, end);
      const item = { example, start, end, label: named.indexOf(label), text };
      const number = items.push(item) - 1;
      numbers[example].set(`${start},${end},${item.label}`, number);
      gold.push(item.label);
      goldItems[example].push(number);
    }
  });
  const lookups = goldItems.map((numbers) => createLookup(items, numbers, match));
  const alike = (span: SpanItem, label?: number) => lookups[span.example](span, label);
  return {
    kind: "spans",
    examples,
    ...named,
    match,
    items,
    goldItems,
    alike,
    gold,
    add(rules) {
      const fresh = new Map<string, Rule>();
      for (const rule of rules) if (!kept.has(rule.id)) fresh.set(rule.id, rule);
      if (fresh.size === 0) return;
      const matcher = createMatcher([...fresh.values()]);
      const labels = matcher.rules.map(({ label }) => named.indexOf(label));
      const found: number[][] = matcher.rules.map(() => []);
      examples.forEach(({ text }, example) => {
        for (const { rule, ...span } of matcher.find(text)) {
          found[rule].push(enter({ example, label: labels[rule], ...span }));
        }
      });
      matcher.rules.forEach((rule, index) => kept.set(rule.id, Int32Array.from(found[index])));
    },
    inOrder(id) {
      const found = kept.get(id);
      if (found === undefined) throw new RangeError(`Rule ${id} was not run on the examples`);
      return found;
    },
    of(id) {
      // Matches that lie apart can have the same group: `(?=.*(x))`.
      return Int32Array.from(new Set(this.inOrder(id))).sort();
    },
  };
}

/** Finds those of some spans that a span is as good as, of a label or of any, in their order. */
type Lookup = (span: SpanItem, label?: number) => readonly number[];

/** What spares comparing each span with each. `numbers`: those of `items` to look among, by start. */
function createLookup(
  items: readonly SpanItem[],
  numbers: readonly number[],
  match: Match,
): Lookup {
  switch (match) {
    case "exact":
      return lookUpKeys(items, numbers, ({ start, end, text }) => `${start},${end},${text}`);
    case "text":
      return lookUpKeys(items, numbers, ({ text }) => text);
    case "partial":
      return lookUpOverlaps(items, numbers);
  }
}

function lookUpKeys(
  items: readonly SpanItem[],
  numbers: readonly number[],
  keyOf: (span: SpanItem) => string,
): Lookup {
  const none: readonly number[] = [];
  const byKey = Map.groupBy(numbers, (number) => keyOf(items[number]));
  const byLabel = Map.groupBy(
    numbers,
    (number) => `${items[number].label}:${keyOf(items[number])}`,
  );
  return (span, label) => {
    const key = keyOf(span);
    return (label === undefined ? byKey.get(key) : byLabel.get(`${label}:${key}`)) ?? none;
  };
}

/** The least overlap of a span that is right by `partial`. */
const LEAST_OVERLAP = 0.5;

function lookUpOverlaps(items: readonly SpanItem[], numbers: readonly number[]): Lookup {
  return (span, label) => {
    const found: number[] = [];
    const length = span.end - span.start;
    // What shares half with a span begins at most its length before it, and half of it after.
    const [least, most] = [span.start - length, span.start + length / 2];
    let at = findFirst(numbers.length, (index) => items[numbers[index]].start >= least);
    for (; at < numbers.length && items[numbers[at]].start <= most; at++) {
      const other = items[numbers[at]];
      if (label !== undefined && label !== other.label) continue;
      if (overlapOf(span, other) >= LEAST_OVERLAP) found.push(numbers[at]);
    }
    return found;
  };
}

/** The first of `length` indexes for which `holds`, which does so for all that follow; else `length`. */
function findFirst(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
