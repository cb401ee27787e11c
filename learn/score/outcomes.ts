/**
 * What comes of rules on examples: for each thing that was wanted or given, what was wanted there and
 * what was given. In classification that is one outcome an example; where spans are looked for, one
 * for each span that an example has or that the rules find.
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
import { rankAll } from "./deciding.ts";
import { decideAll } from "./deciding.ts";
import type { LabelMatches } from "./label_matches.ts";
import type { Matches } from "./matches.ts";
import { keepSpans } from "../rules/overlaps.ts";
import type { Rule } from "../rules/rule.ts";
import type { SpanItem, SpanMatches } from "./span_matches.ts";

/** One thing that was wanted, given, or both. */
export interface Outcome {
  /** Position of the example. */
  readonly example: number;
  /** The item of the matches: the one that was wanted, else the one that was given. */
  readonly item: number;
  /** Index of the label that was wanted, or -1 where nothing was. */
  readonly gold: number;
  /** Index of the label that was given, the default counted in, or -1 where nothing was. */
  readonly predicted: number;
  /** Whether rules gave it, and not the default. */
  readonly isDecided: boolean;
  /** Its lead in votes: see `Decisions`. */
  readonly margin: number;
}

/**
 * What comes of `rules` on every example. Rules that were not run yet are run first.
 *
 * @throws {RangeError} where a rule or the default stands for a label that `matches` does not have
 */
export function findOutcomes(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Outcome[] {
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
      const found = findSpans(matches, rules);
      return found.flatMap((items, example) => compareSpans(matches, example, items, options));
    }
  }
}

/** How many outcomes are right, have something given, have something wanted. */
export interface OutcomeCounts {
  readonly tp: number;
  readonly predicted: number;
  readonly gold: number;
}

function countOutcomes(outcomes: readonly Outcome[]): OutcomeCounts {
  let [tp, predicted, gold] = [0, 0, 0];
  for (const outcome of outcomes) {
    if (outcome.gold !== -1) gold++;
    if (outcome.predicted !== -1) predicted++;
    if (outcome.gold !== -1 && outcome.gold === outcome.predicted) tp++;
  }
  return { tp, predicted, gold };
}

/** What rules come to: all of them, one alone, all but one. */
export interface Ablations {
  readonly all: OutcomeCounts;
  alone(rule: Rule): OutcomeCounts;
  without(rule: Rule): OutcomeCounts;
}

/** What `rules` come to, and each of them. Only examples that a rule matches are looked at for it. */
export function countAblations(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Ablations {
  const all = countOutcomes(findOutcomes(matches, rules, options));
  return matches.kind === "labels"
    ? ablateLabels(matches, rules, options, all)
    : ablateSpans(matches, rules, options, all);
}

function ablateLabels(
  matches: LabelMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
  all: OutcomeCounts,
): Ablations {
  const ranking = rankAll(matches, rules, options);
  const fallback = options.default === undefined ? -1 : matches.indexOf(options.default);
  const alone = (rule: Rule) => {
    const label = matches.indexOf(rule.label);
    const positions = matches.of(rule.id);
    const tp = positions.filter((position) => matches.gold[position] === label).length;
    return { ...all, tp, predicted: positions.length };
  };
  const without = (rule: Rule) => {
    let { tp, predicted } = all;
    for (const position of matches.of(rule.id)) {
      const before = ranking.labels[position];
      const without = ranking.without(rule, position);
      if (without === before) continue;
      const after = without === -1 ? fallback : without;
      if (before === matches.gold[position]) tp--;
      if (after === matches.gold[position]) tp++;
      if (after === -1) predicted--;
    }
    return { ...all, tp, predicted };
  };
  return { all, alone, without };
}

function ablateSpans(
  matches: SpanMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
  all: OutcomeCounts,
): Ablations {
  const found = findSpans(matches, rules);
  const tallyOf = (example: number, spans: readonly PredictedSpan[]) =>
    countOutcomes(compareSpans(matches, example, spans, options));
  const tallies = found.map((spans, example) => tallyOf(example, spans));
  const examplesOf = (rule: Rule) =>
    new Set(Array.from(matches.of(rule.id), (item) => matches.items[item].example));
  const alone = (rule: Rule) => {
    let [tp, predicted] = [0, 0];
    for (const example of examplesOf(rule)) {
      const own = tallyOf(example, found[example].filter(({ by }) => by === rule));
      tp += own.tp;
      predicted += own.predicted;
    }
    return { ...all, tp, predicted };
  };
  const without = (rule: Rule) => {
    let { tp, predicted } = all;
    for (const example of examplesOf(rule)) {
      const before = tallies[example];
      const after = tallyOf(example, found[example].filter(({ by }) => by !== rule));
      tp += after.tp - before.tp;
      predicted += after.predicted - before.predicted;
    }
    return { ...all, tp, predicted };
  };
  return { all, alone, without };
}

/** A span that a rule found. */
interface PredictedSpan extends SpanItem {
  readonly item: number;
  readonly by: Rule;
}

/** For each example the spans that the rules find, the earlier rules' first. */
function findSpans(matches: SpanMatches, rules: readonly Rule[]): PredictedSpan[][] {
  matches.add(rules);
  const found: PredictedSpan[][] = matches.examples.map(() => []);
  for (const by of [...rules].sort(compareRules)) {
    for (const item of matches.inOrder(by.id)) {
      const span = matches.items[item];
      found[span.example].push({ ...span, item, by });
    }
  }
  return found;
}

/** What comes of the spans found in one example: what was wanted first, then what was not. */
function compareSpans(
  matches: SpanMatches,
  example: number,
  found: readonly PredictedSpan[],
  { overlaps = "drop" }: DecisionOptions,
): Outcome[] {
  const { items } = matches;
  const open = new Set(keepSpans(found, overlaps));
  const given = new Map<number, PredictedSpan>();
  const wanted = matches.goldItems[example];
  /** For each list of items how many of the first are given: that spares starting over. */
  const passed = new Map<readonly number[], number>();
  const pair = (labelOf: (found: PredictedSpan) => number | undefined) => {
    for (const span of open) {
      const alike = matches.alike(span, labelOf(span));
      let at = passed.get(alike) ?? 0;
      while (at < alike.length && given.has(alike[at])) at++;
      passed.set(alike, at);
      if (at === alike.length) continue;
      given.set(alike[at], span);
      open.delete(span);
    }
  };
  pair(({ label }) => label);
  pair(() => undefined);
  return [
    ...wanted.map((item): Outcome => ({
      example,
      item,
      gold: items[item].label,
      predicted: given.get(item)?.label ?? -1,
      isDecided: given.has(item),
      margin: given.has(item) ? Infinity : 0,
    })),
    ...Array.from(open, ({ item, label }): Outcome => ({
      example,
      item,
      gold: -1,
      predicted: label,
      isDecided: true,
      margin: 0,
    })),
  ];
}
