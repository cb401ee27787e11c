/**
 * What rules get wrong that find spans: missed and spurious ones, wrong bounds, wrong types.
 *
 * @module
 */
import type { Span } from "../../data/examples.ts";
import { keepSpans, overlapOf, type Overlaps } from "../../rules/overlaps.ts";
import type { Rule } from "../../rules/rule.ts";
import { compileRule } from "../../rules/running.ts";
import type {
  ErrorsOptions,
  MatchedRule,
  OutrankedRule,
  SpanError,
  SpanErrorKind,
  SpanErrors,
} from "../errors.ts";
import { pairSpans, type PredictedSpan, predictSpans, type SpanPairing } from "../outcomes.ts";
import { findFirst, type SpanMatches } from "../span_matches.ts";
import { scoreLabels } from "../scoring.ts";
import { describeLabels, groupPairs, placeRules } from "./grouping.ts";

/** How much of the text around spans is shown on each side, in UTF-16 code units. */
const AROUND = 120;
/** The most that is shown of long spans. */
const MOST = 1_000;

/** A gold span, or one that rules predict, or one of each that belong together. */
interface WrongSpan {
  readonly example: number;
  /** Index of the gold type, or -1. */
  readonly gold: number;
  /** Index of the predicted type, or -1. */
  readonly predicted: number;
  /** Number of the gold item. */
  readonly item?: number;
  readonly found?: PredictedSpan;
}

/** Finds what rules get wrong that find spans. */
export function findSpanErrors(
  matches: SpanMatches,
  rules: readonly Rule[],
  task: SpanErrors["task"],
  options: ErrorsOptions,
): SpanErrors {
  const { limit = Infinity } = options;
  const spans = predictSpans(matches, rules);
  const wrong = spans.map((found, example) =>
    joinWrong(matches, example, pairSpans(matches, example, found, options))
  );
  const describe = describer(matches, rules, spans, options);
  return {
    task,
    match: matches.match,
    rules: rules.length,
    examples: matches.examples.length,
    wrong: wrong.filter((errors) => errors.length > 0).length,
    labels: describeLabels(scoreLabels(matches, rules, options), rules),
    pairs: groupPairs(wrong.flat()).map((members) => {
      const [{ gold, predicted }] = members;
      return {
        kind: kindOf(gold, predicted),
        gold: matches.labels[gold] ?? null,
        predicted: matches.labels[predicted] ?? null,
        count: members.length,
        examples: members.slice(0, limit).map(describe),
      };
    }),
  };
}

function kindOf(gold: number, predicted: number): SpanErrorKind {
  if (gold === -1) return "spurious";
  if (predicted === -1) return "missed";
  return gold === predicted ? "bounds" : "type";
}

/** Lists what is wrong in an example: missed and spurious spans that overlap become one error. */
function joinWrong(
  { items }: SpanMatches,
  example: number,
  { gold, unpaired }: SpanPairing,
): WrongSpan[] {
  const joined = new Map<number, PredictedSpan>();
  const taken = new Set<PredictedSpan>();
  const findOverlapping = searchOverlaps(unpaired);
  const missed = gold.filter(({ predicted }) => predicted === undefined).map(({ item }) => item);
  const overlapping = missed.flatMap((item) =>
    findOverlapping(items[item]).map((found) => {
      return { item, found, overlap: overlapOf(items[item], found) };
    })
  );
  const isAlike = ({ item, found }: typeof overlapping[number]) =>
    Number(items[item].label === found.label);
  overlapping.sort((a, b) => isAlike(b) - isAlike(a) || b.overlap - a.overlap);
  for (const { item, found } of overlapping) {
    if (joined.has(item) || taken.has(found)) continue;
    joined.set(item, found);
    taken.add(found);
  }
  return [
    ...gold.map(({ item, predicted }): WrongSpan => {
      const found = predicted ?? joined.get(item);
      return { example, gold: items[item].label, predicted: found?.label ?? -1, item, found };
    }).filter(({ item, gold, predicted }) => gold !== predicted || joined.has(item!)),
    ...unpaired.filter((found) => !taken.has(found)).map((found): WrongSpan => {
      return { example, gold: -1, predicted: found.label, found };
    }),
  ];
}

/** Returns a function that lists those of `spans` that overlap a span: of many, it looks at few. */
function searchOverlaps<S extends Span>(spans: readonly S[]): (span: Span) => S[] {
  const ordered = spans.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let most = 0;
  /** For each span how far it and those before it reach. */
  const reach = ordered.map(({ end }) => most = Math.max(most, end));
  return ({ start, end }) => {
    const found: S[] = [];
    let at = findFirst(ordered.length, (index) => ordered[index].start >= end) - 1;
    for (; at >= 0 && reach[at] > start; at--) {
      if (ordered[at].end > start) found.push(ordered[at]);
    }
    return found;
  };
}

/** Returns a function that describes an error with its text and the rules behind it. */
function describer(
  matches: SpanMatches,
  rules: readonly Rule[],
  spans: readonly (readonly PredictedSpan[])[],
  { overlaps = "drop", lineOf }: ErrorsOptions,
): (wrong: WrongSpan) => SpanError {
  const placeOf = placeRules(rules);
  /** What is known of the example that was described last: errors of one often follow each other. */
  let last: ReturnType<typeof createDescription> | undefined;
  return ({ example, item, found }) => {
    if (last?.example !== example) {
      last = createDescription(matches, example, spans[example], overlaps, placeOf);
    }
    const { describe, findOutranked } = last;
    const { id, text } = matches.examples[example];
    const gold = item === undefined ? undefined : matches.items[item];
    const line = lineOf?.(example);
    return {
      id,
      ...(line === undefined ? {} : { line }),
      ...cutAround(text, [gold, found].filter((span) => span !== undefined)),
      ...(gold === undefined ? {} : { gold: offsetsOf(gold) }),
      ...(found === undefined ? {} : { predicted: offsetsOf(found) }),
      decidedBy: found === undefined ? [] : [describe(found)],
      needed: item === undefined ? [] : findOutranked(item),
    };
  };
}

/** Prepares to describe what rules found in one example, and what of it was dropped. */
function createDescription(
  matches: SpanMatches,
  example: number,
  spans: readonly PredictedSpan[],
  overlaps: Overlaps,
  placeOf: (rule: Rule) => number,
) {
  const { text } = matches.examples[example];
  const kept = new Set(keepSpans(spans, overlaps));
  const findKept = searchOverlaps([...kept]);
  const orderOf = new Map(spans.map((span, index) => [span, index]));
  /** For each gold item the spans of its type that were dropped, in the order of the rules. */
  const dropped = Map.groupBy(
    spans.filter((span) => !kept.has(span))
      .flatMap((span) => matches.alike(span, span.label).map((item) => ({ item, span }))),
    ({ item }) => item,
  );
  const located = new Map<string, readonly Span[]>();
  const describe = ({ by, ...span }: PredictedSpan): MatchedRule => {
    // The first pattern finds the span; the others are conditions on the text.
    const places = located.get(by.id) ??
      (by.patterns.length === 1 ? [] : compileRule(by).locate(text));
    located.set(by.id, places);
    const others = places.filter(({ start, end }) => end <= span.start || start >= span.end);
    const at = [offsetsOf(span), ...others].sort((a, b) => a.start - b.start || a.end - b.end);
    return { rule: by.id, name: by.name, place: placeOf(by), at };
  };
  /** Returns the span that stayed in the place of a dropped one. */
  const findWinner = (span: PredictedSpan) => {
    const earlier = findKept(span).filter((one) => orderOf.get(one)! < orderOf.get(span)!);
    return earlier.sort((a, b) => overlapOf(b, span) - overlapOf(a, span)).at(0);
  };
  return {
    example,
    describe,
    findOutranked(item: number): OutrankedRule[] {
      const lost = new Map<string, PredictedSpan>();
      for (const { span } of dropped.get(item) ?? []) {
        if (!lost.has(span.by.id)) lost.set(span.by.id, span);
      }
      return [...lost.values()].flatMap((span) => {
        const winner = findWinner(span);
        return winner === undefined ? [] : [{ ...describe(span), lostTo: describe(winner) }];
      });
    },
  };
}

function offsetsOf({ start, end }: Span): Span {
  return { start, end };
}

/** Cuts out the part of a text around spans. Cuts no character in two. */
function cutAround(
  text: string,
  spans: readonly Span[],
): Pick<SpanError, "text" | "from" | "length"> {
  const start = Math.min(...spans.map(({ start }) => start));
  const end = Math.min(start + MOST, Math.max(...spans.map(({ end }) => end)));
  const isLow = (at: number) => /[\udc00-\udfff]/.test(text.charAt(at));
  const place = (at: number) => at > 0 && at < text.length && isLow(at) ? at - 1 : at;
  const from = place(Math.max(0, start - AROUND));
  return { text: text.slice(from, place(end + AROUND)), from, length: text.length };
}
