/**
 * Outcomes: pairs the gold label of each item with the one that rules predict. In classification an
 * example has one outcome; with spans each span has one that is gold or that rules predict.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createMatches } from "./matches.ts";
 * import { findOutcomes } from "./outcomes.ts";
 * import { createRule } from "../rules/rule.ts";
 *
 * const text = "Osage City, for 5";
 * const examples = [{ id: "a", text, entities: [{ start: 0, end: 10, type: "city" }] }];
 * const rules = [createRule({ name: "digit", label: "number", patterns: [String.raw`\d`] })];
 * const matches = createMatches(examples, ["number"]);
 * const outcomes = findOutcomes(matches, rules, { decide: "first", threshold: 0 });
 * const name = (label: number) => matches.labels[label];
 * assertEquals(
 *   outcomes.map(({ gold, predicted }) => [name(gold), name(predicted)]),
 *   [["city", undefined], [undefined, "number"]],
 * );
 * ```
 *
 * @module
 */
import { compareRules, type DecisionOptions } from "../rules/decisions.ts";
import { keepSpans, overlapOf } from "../rules/overlaps.ts";
import type { Rule } from "../rules/rule.ts";
import { eachSliced, finish, part, type Sliced } from "../text/slices.ts";
import { decideAll, rankAll } from "./deciding.ts";
import type { LabelMatches } from "./label_matches.ts";
import type { Matches } from "./matches.ts";
import type { SpanItem, SpanMatches } from "./span_matches.ts";

/** The gold and the predicted label of one item, of which one may be missing. */
export interface Outcome {
  /** Position of the example. */
  readonly example: number;
  /** Number of the item: of the gold one if there are two. */
  readonly item: number;
  /** Index of the gold label, or -1 for a span that is not gold. */
  readonly gold: number;
  /** Index of the predicted label, which may be the default, or -1 if nothing is predicted. */
  readonly predicted: number;
  /** Whether the label was predicted by rules, not by default. */
  readonly isDecided: boolean;
  /** Lead of the label in votes: see `Decisions`. */
  readonly margin: number;
}

/**
 * Finds the outcomes of `rules` on every example. Runs those rules first that were not run yet.
 *
 * @throws {RangeError} if the label of a rule or the default is not in `matches`, or the threshold is
 * below 0
 */
export function findOutcomes(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Outcome[] {
  return finish(findingOutcomes(matches, rules, options));
}

/** Rules, and texts, between two pauses. */
const RULES = 256;
const TEXTS = 256;

/** Does what {@linkcode findOutcomes} does, with pauses. */
export function* findingOutcomes(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Sliced<Outcome[]> {
  yield* part("running rules", [0, 0.8], matches.adding(rules));
  yield { done: 0.8, doing: "scoring" };
  switch (matches.kind) {
    case "labels": {
      const { labels, decided, margins } = decideAll(matches, rules, options);
      return Array.from(labels, (predicted, example) => ({
        example,
        item: example,
        gold: matches.gold[example],
        predicted,
        isDecided: decided[example] === 1,
        margin: margins[example],
      }));
    }
    case "spans": {
      const spans = yield* part("scoring", [0.8, 0.9], predictingSpans(matches, rules));
      const outcomes: Outcome[] = [];
      const compare = (found: readonly PredictedSpan[], example: number) =>
        void outcomes.push(...compareSpans(matches, example, found, options));
      yield* part("scoring", [0.9, 1], eachSliced(spans, compare, TEXTS));
      return outcomes;
    }
  }
}

/** Counts of outcomes: the correct ones, those with a predicted label, those with a gold one. */
export interface OutcomeCounts {
  readonly tp: number;
  readonly predicted: number;
  readonly gold: number;
}

/** Counts outcomes. */
export function countOutcomes(outcomes: readonly Outcome[]): OutcomeCounts {
  let [tp, predicted, gold] = [0, 0, 0];
  for (const outcome of outcomes) {
    if (outcome.gold !== -1) gold++;
    if (outcome.predicted !== -1) predicted++;
    if (outcome.gold === outcome.predicted) tp++;
  }
  return { tp, predicted, gold };
}

/** Counts of outcomes of a set of rules: all of them, one alone, all but one. */
export interface Ablations {
  readonly all: OutcomeCounts;
  alone(rule: Rule): OutcomeCounts;
  without(rule: Rule): OutcomeCounts;
}

/** Counts the outcomes of `rules` and of each rule, which only looks at the examples it matches. */
export function countAblations(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Ablations {
  return matches.kind === "labels"
    ? ablateLabels(matches, rules, options)
    : ablateSpans(matches, rules, options);
}

function ablateLabels(
  matches: LabelMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Ablations {
  const all = countOutcomes(findOutcomes(matches, rules, options));
  const ranking = rankAll(matches, rules, options);
  const fallback = options.default === undefined ? -1 : matches.indexOf(options.default);
  return {
    all,
    alone({ id, label: name }) {
      const label = matches.indexOf(name);
      const items = matches.of(id);
      const tp = items.filter((item) => matches.gold[item] === label).length;
      return { ...all, tp, predicted: items.length };
    },
    without(rule) {
      let { tp, predicted } = all;
      for (const item of matches.of(rule.id)) {
        const before = ranking.labels[item];
        const without = ranking.without(rule, item);
        if (without === before) continue;
        const after = without === -1 ? fallback : without;
        if (before === matches.gold[item]) tp--;
        if (after === matches.gold[item]) tp++;
        if (after === -1) predicted--;
      }
      return { ...all, tp, predicted };
    },
  };
}

function ablateSpans(
  matches: SpanMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Ablations {
  const spans = predictSpans(matches, rules);
  const countIn = (example: number, isKept: (span: PredictedSpan) => boolean) =>
    countOutcomes(compareSpans(matches, example, spans[example].filter(isKept), options));
  const counts = spans.map((_, example) => countIn(example, () => true));
  const sum = (field: keyof OutcomeCounts) => counts.reduce((all, one) => all + one[field], 0);
  const all = { tp: sum("tp"), predicted: sum("predicted"), gold: sum("gold") };
  const examplesOf = ({ id }: Rule) =>
    new Set(Array.from(matches.of(id), (item) => matches.items[item].example));
  return {
    all,
    alone(rule) {
      let [tp, predicted] = [0, 0];
      for (const example of examplesOf(rule)) {
        const alone = countIn(example, ({ by }) => by === rule);
        tp += alone.tp;
        predicted += alone.predicted;
      }
      return { ...all, tp, predicted };
    },
    without(rule) {
      let { tp, predicted } = all;
      for (const example of examplesOf(rule)) {
        const after = countIn(example, ({ by }) => by !== rule);
        tp += after.tp - counts[example].tp;
        predicted += after.predicted - counts[example].predicted;
      }
      return { ...all, tp, predicted };
    },
  };
}

/** A span that a rule found. */
export interface PredictedSpan extends SpanItem {
  /** Number of the item. */
  readonly item: number;
  /** The rule. */
  readonly by: Rule;
}

/** Lists for each example the spans that the rules find, those of earlier rules first. */
export function predictSpans(matches: SpanMatches, rules: readonly Rule[]): PredictedSpan[][] {
  return finish(predictingSpans(matches, rules));
}

/** Does what {@linkcode predictSpans} does, with pauses. */
function* predictingSpans(matches: SpanMatches, rules: readonly Rule[]): Sliced<PredictedSpan[][]> {
  yield* part("", [0, 0.5], matches.adding(rules));
  const spans: PredictedSpan[][] = matches.examples.map(() => []);
  const add = (by: Rule) => {
    for (const item of matches.inOrder(by.id)) {
      const span = matches.items[item];
      spans[span.example].push({ ...span, item, by });
    }
  };
  yield* part("", [0.5, 1], eachSliced(rules.toSorted(compareRules), add, RULES));
  return spans;
}

/** The gold spans of one example, each with the predicted span that it is paired with, and the others. */
export interface SpanPairing {
  /** The gold spans, by start. */
  readonly gold: readonly {
    /** Number of the item. */
    readonly item: number;
    /** The predicted span; missing if there is none. */
    readonly predicted?: PredictedSpan;
  }[];
  /** Predicted spans without a gold one, in the order of the rules. */
  readonly unpaired: readonly PredictedSpan[];
}

/**
 * Pairs the gold spans of one example with those of the predicted ones that stay: by `partial` those first that
 * overlap most, else and of equal overlaps in the order of the rules, then by start of the gold span.
 */
export function pairSpans(
  matches: SpanMatches,
  example: number,
  spans: readonly PredictedSpan[],
  { overlaps = "drop" }: DecisionOptions,
): SpanPairing {
  const unpaired = new Set(keepSpans(spans, overlaps));
  const predictions = new Map<number, PredictedSpan>();
  type LabelOf = (span: PredictedSpan) => number | undefined;
  const pairBest = (labelOf: LabelOf) => {
    const pairs = Array.from(unpaired, (span) =>
      matches.alike(span, labelOf(span)).map((item) => {
        return { span, item, overlap: overlapOf(span, matches.items[item]) };
      })).flat();
    for (const { span, item } of pairs.sort((a, b) => b.overlap - a.overlap)) {
      if (predictions.has(item) || !unpaired.has(span)) continue;
      predictions.set(item, span);
      unpaired.delete(span);
    }
  };
  /** For each list of gold items how many of the first are paired: spares starting over. */
  const passed = new Map<readonly number[], number>();
  const pairFirst = (labelOf: LabelOf) => {
    for (const span of unpaired) {
      const alike = matches.alike(span, labelOf(span));
      let at = passed.get(alike) ?? 0;
      while (at < alike.length && predictions.has(alike[at])) at++;
      passed.set(alike, at);
      if (at === alike.length) continue;
      predictions.set(alike[at], span);
      unpaired.delete(span);
    }
  };
  const pair = matches.match === "partial" ? pairBest : pairFirst;
  // A gold span is paired with one of its label, if there is one, before a span of another label.
  pair(({ label }) => label);
  pair(() => undefined);
  const gold = matches.goldItems[example].map((item) => {
    return { item, predicted: predictions.get(item) };
  });
  return { gold, unpaired: [...unpaired] };
}

/** Compares the gold spans of one example with the predicted ones: outcomes of gold spans come first. */
export function compareSpans(
  matches: SpanMatches,
  example: number,
  spans: readonly PredictedSpan[],
  options: DecisionOptions,
): Outcome[] {
  const { gold, unpaired } = pairSpans(matches, example, spans, options);
  return [
    ...gold.map(({ item, predicted }): Outcome => {
      const isDecided = predicted !== undefined;
      const margin = isDecided ? Infinity : 0;
      const label = matches.items[item].label;
      return { example, item, gold: label, predicted: predicted?.label ?? -1, isDecided, margin };
    }),
    ...unpaired.map(({ item, label }): Outcome => {
      return { example, item, gold: -1, predicted: label, isDecided: true, margin: 0 };
    }),
  ];
}
