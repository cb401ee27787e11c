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
 *   outcomes.map(({ wanted, given }) => [name(wanted), name(given)]),
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
  readonly wanted: number;
  /** Index of the label that was given, the default counted in, or -1 where nothing was. */
  readonly given: number;
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
      return Array.from(labels, (given, example) => ({
        example,
        item: example,
        wanted: matches.gold[example],
        given,
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
export interface Tally {
  readonly right: number;
  readonly given: number;
  readonly wanted: number;
}

function tally(outcomes: readonly Outcome[]): Tally {
  let [right, given, wanted] = [0, 0, 0];
  for (const outcome of outcomes) {
    if (outcome.wanted !== -1) wanted++;
    if (outcome.given !== -1) given++;
    if (outcome.wanted !== -1 && outcome.wanted === outcome.given) right++;
  }
  return { right, given, wanted };
}

/** What rules come to: all of them, one alone, all but one. */
export interface Removals {
  readonly all: Tally;
  alone(rule: Rule): Tally;
  without(rule: Rule): Tally;
}

/** What `rules` come to, and each of them. Only examples that a rule matches are looked at for it. */
export function findRemovals(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): Removals {
  const all = tally(findOutcomes(matches, rules, options));
  return matches.kind === "labels"
    ? removeLabels(matches, rules, options, all)
    : removeSpans(matches, rules, options, all);
}

function removeLabels(
  matches: LabelMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
  all: Tally,
): Removals {
  const ranking = rankAll(matches, rules, options);
  const fallback = options.default === undefined ? -1 : matches.indexOf(options.default);
  const alone = (rule: Rule) => {
    const label = matches.indexOf(rule.label);
    const positions = matches.of(rule.id);
    const right = positions.filter((position) => matches.gold[position] === label).length;
    return { ...all, right, given: positions.length };
  };
  const without = (rule: Rule) => {
    let { right, given } = all;
    for (const position of matches.of(rule.id)) {
      const before = ranking.labels[position];
      const without = ranking.without(rule, position);
      if (without === before) continue;
      const after = without === -1 ? fallback : without;
      if (before === matches.gold[position]) right--;
      if (after === matches.gold[position]) right++;
      if (after === -1) given--;
    }
    return { ...all, right, given };
  };
  return { all, alone, without };
}

function removeSpans(
  matches: SpanMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
  all: Tally,
): Removals {
  const found = findSpans(matches, rules);
  const tallyOf = (example: number, spans: readonly Found[]) =>
    tally(compareSpans(matches, example, spans, options));
  const tallies = found.map((spans, example) => tallyOf(example, spans));
  const examplesOf = (rule: Rule) =>
    new Set(Array.from(matches.of(rule.id), (item) => matches.items[item].example));
  const alone = (rule: Rule) => {
    let [right, given] = [0, 0];
    for (const example of examplesOf(rule)) {
      const own = tallyOf(example, found[example].filter(({ by }) => by === rule));
      right += own.right;
      given += own.given;
    }
    return { ...all, right, given };
  };
  const without = (rule: Rule) => {
    let { right, given } = all;
    for (const example of examplesOf(rule)) {
      const before = tallies[example];
      const after = tallyOf(example, found[example].filter(({ by }) => by !== rule));
      right += after.right - before.right;
      given += after.given - before.given;
    }
    return { ...all, right, given };
  };
  return { all, alone, without };
}

/** A span that a rule found. */
interface Found extends SpanItem {
  readonly item: number;
  readonly by: Rule;
}

/** For each example the spans that the rules find, the earlier rules' first. */
function findSpans(matches: SpanMatches, rules: readonly Rule[]): Found[][] {
  matches.add(rules);
  const found: Found[][] = matches.examples.map(() => []);
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
  found: readonly Found[],
  { overlaps = "drop" }: DecisionOptions,
): Outcome[] {
  const { items } = matches;
  const open = new Set(keepSpans(found, overlaps));
  const given = new Map<number, Found>();
  const wanted = matches.wanted[example];
  /** For each list of items how many of the first are given: that spares starting over. */
  const passed = new Map<readonly number[], number>();
  const pair = (labelOf: (found: Found) => number | undefined) => {
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
      wanted: items[item].label,
      given: given.get(item)?.label ?? -1,
      isDecided: given.has(item),
      margin: given.has(item) ? Infinity : 0,
    })),
    ...Array.from(open, ({ item, label }): Outcome => ({
      example,
      item,
      wanted: -1,
      given: label,
      isDecided: true,
      margin: 0,
    })),
  ];
}
