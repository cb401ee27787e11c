/**
 * Kept matches of rules on texts with spans: the spans that rules find, and which of them are gold.
 *
 * @module
 */
import { type EntityExample, type Span, type SpanExample, spansOf } from "../data/examples.ts";
import { type Match, overlapOf } from "../rules/overlaps.ts";
import { indexLabels, keepItems, type KeptMatches } from "./label_matches.ts";

/** A span with a label: a gold one, or one that a rule found. */
export interface SpanItem extends Span {
  /** Position of the example. */
  readonly example: number;
  /** Index of the label. */
  readonly label: number;
  /** The text of the span, as the rule gives it. */
  readonly text: string;
}

/** The kept matches of rules on texts with spans. A span becomes an item when a rule first finds it. */
export interface SpanMatches extends KeptMatches {
  /** What the items are: spans. */
  readonly kind: "spans";
  /** The texts with spans that rules run on. */
  readonly examples: readonly (SpanExample | EntityExample)[];
  /** What makes a predicted span correct. */
  readonly match: Match;
  /** The gold spans, then those that rules found. */
  readonly items: readonly SpanItem[];
  /** For each example the numbers of its gold items, by start. */
  readonly goldItems: readonly (readonly number[])[];
  /**
   * Returns the gold items of the same example that `span` matches, by start: those of `label`, or of
   * any label. Spans that match the same items get the same list, except by `partial`.
   */
  alike(span: SpanItem, label?: number): readonly number[];
  /**
   * Returns the items that a rule finds, example by example, in each from left to right.
   *
   * @throws {RangeError} if the rule was never added
   */
  inOrder(id: string): Int32Array;
}

/** Creates matches that no rule has run on yet. `labels`: see `createMatches`. */
export function createSpanMatches(
  examples: readonly (SpanExample | EntityExample)[],
  labels: readonly string[],
  match: Match,
): SpanMatches {
  const goldSpans = examples.map(spansOf);
  const index = indexLabels([...labels, ...goldSpans.flat().map(({ label }) => label)]);
  const items: SpanItem[] = [];
  const gold: number[] = [];
  /** For each example the items by offsets, label and text. */
  const numbers: Map<string, number>[] = examples.map(() => new Map());
  const goldItems = goldSpans.map((spans, example) =>
    spans.map(({ start, end, label: name }) => {
      const text = examples[example].text.slice(start, end);
      const label = index.indexOf(name);
      const number = items.push({ example, start, end, label, text }) - 1;
      numbers[example].set(`${start},${end},${label}`, number);
      gold.push(label);
      return number;
    })
  );
  const lookups = goldItems.map((numbers) =>
    match === "partial" ? lookUpOverlaps(items, numbers) : lookUpKeys(items, numbers, KEY_OF[match])
  );
  const alike = (span: SpanItem, label?: number) => lookups[span.example](span, label);
  /** Returns the number of an item, which is a new one if no rule found it before. */
  const numberOf = (item: SpanItem): number => {
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
  const { add, adding, of: inOrder, unfinished } = keepItems(examples, (matcher) => {
    const labels = matcher.rules.map(({ label }) => index.indexOf(label));
    return (example, keep, giveUp) => {
      for (const { rule, ...span } of matcher.find(examples[example].text, giveUp)) {
        keep(rule, numberOf({ example, label: labels[rule], ...span }));
      }
    };
  });
  return {
    kind: "spans",
    examples,
    ...index,
    match,
    items,
    goldItems,
    alike,
    gold,
    add,
    adding,
    inOrder,
    unfinished,
    // A rule can find a span twice: `(?=.*(x))` has the same group in matches that lie apart.
    of: (id) => Int32Array.from(new Set(inOrder(id))).sort(),
  };
}

/** Finds the gold items of one example that a span matches, of a label or of any, in their order. */
type Lookup = (span: SpanItem, label?: number) => readonly number[];

/** Spans match if their keys are equal. */
const KEY_OF: Readonly<Record<Exclude<Match, "partial">, (span: SpanItem) => string>> = {
  exact: ({ start, end, text }) => `${start},${end},${text}`,
  text: ({ text }) => text,
};

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

/** The least overlap of a span that is correct by `partial`. */
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

/** Returns the first of `length` indexes for which `holds`, as it does for all after it; else `length`. */
export function findFirst(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
