/**
 * Examples, failures and rules as prompts show them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { showExample } from "./rendering.ts";
 *
 * const entities = [{ start: 14, end: 15, type: "hour" }];
 * assertEquals(showExample({ id: "a", text: "a table for 7 7", entities }), {
 *   text: "a table for 7 7",
 *   spans: [{ text: "7", occurrence: 2, label: "hour" }],
 * });
 * ```
 *
 * @module
 */
import { type Example, type Span, spansOf } from "../data/examples.ts";
import type { FailedExample } from "./failures.ts";
import type { Rule } from "../rules/rule.ts";
import type { Cluster } from "../score/scoring.ts";

/** Longest text that is shown whole, and length of the shown part of a longer one, in code units. */
const MAX_TEXT = 2_000;
/** Code units that are shown before the span that a part of a text is about. */
const BEFORE = 500;

/** A span as a prompt has it. */
export interface ShownSpan {
  readonly text: string;
  /** Whether `text` is only the part of the span within the shown part of the text. */
  readonly cut?: true;
  /** Which occurrence of its words it is, from 1, if the shown text has them more than once. */
  readonly occurrence?: number;
  readonly label?: string;
}

/** An example as a prompt has it. */
export interface ShownExample {
  readonly text: string;
  /** Whether `text` is a part of a longer one. */
  readonly cut?: true;
  readonly label?: string;
  /** The spans within the shown text. */
  readonly spans?: readonly ShownSpan[];
  /** Of a failure, the number of its cluster, from 1. */
  readonly cluster?: number;
  /** The span that a failure is about. */
  readonly span?: ShownSpan;
  /** The rules that are wrong at a failure, as the prompt calls them. */
  readonly misfired?: readonly (string | number)[];
}

/**
 * Shows an example. If it is longer than 2,000 characters, the prompt has its beginning, or 2,000
 * characters around the first of its spans.
 */
export function showExample(example: Example): ShownExample {
  return showPart(example, findPart(example));
}

/**
 * Shows a failure as {@linkcode showExample} does, or around the span that it is about.
 *
 * @param names what the prompt calls rules, by their ids; others are left out
 */
export function showFailure(
  { example, cluster, span, misfired }: FailedExample,
  names: ReadonlyMap<string, string | number>,
): ShownExample {
  const part = findPart(example, span);
  const named = misfired.flatMap((id) => names.get(id) ?? []);
  return {
    ...(cluster === undefined ? {} : { cluster: cluster + 1 }),
    ...(span === undefined ? {} : { span: showSpan(example, span, part) }),
    ...(named.length === 0 ? {} : { misfired: named }),
    ...showPart(example, part),
  };
}

/** Shows the first `count` clusters, and counts the others. */
export function showClusters(clusters: readonly Cluster[], count: number): Record<string, unknown> {
  const rest = clusters.slice(count);
  return {
    clusters: clusters.slice(0, count).map(({ expected, predicted, count }, place) => ({
      cluster: place + 1,
      expected,
      given: predicted,
      failures: count,
    })),
    moreClusters: rest.length === 0 ? undefined : {
      clusters: rest.length,
      failures: rest.reduce((sum, { count }) => sum + count, 0),
    },
  };
}

/** Shows the name of a rule, its label and what it matches. */
export function showRule(rule: Omit<Rule, "id">): Record<string, unknown> {
  const { name, label, patterns, not, flags, group } = rule;
  return { name, label, patterns, not, flags, group };
}

/** Finds the part of a text to show. */
function findPart(example: Example, about?: Span): Span {
  const { length } = example.text;
  if (length <= MAX_TEXT) return { start: 0, end: length };
  const { start: first = 0 } = about ?? spansOf(example)[0] ?? {};
  const start = Math.max(0, first - BEFORE);
  return { start, end: Math.min(length, start + MAX_TEXT) };
}

function showPart(example: Example, part: Span): ShownExample {
  const { text } = example;
  return {
    text: text.slice(part.start, part.end).toWellFormed(),
    ...(part.end - part.start < text.length ? { cut: true } : {}),
    ...("label" in example ? { label: example.label } : {
      spans: spansOf(example)
        .filter(({ start, end }) => start >= part.start && end <= part.end)
        .map(({ label, ...span }) => ({ ...showSpan(example, span, part), label })),
    }),
  };
}

function showSpan({ text }: Example, span: Span, part: Span): ShownSpan {
  const start = Math.max(span.start, part.start);
  const end = Math.min(span.end, part.end);
  const words = text.slice(start, end);
  const shown = text.slice(part.start, part.end);
  let [count, occurrence] = [0, 0];
  for (let at = shown.indexOf(words); words && at >= 0; at = shown.indexOf(words, at + 1)) {
    count++;
    if (part.start + at === start) occurrence = count;
  }
  return {
    text: words.toWellFormed(),
    ...(end - start < span.end - span.start ? { cut: true } : {}),
    ...(count > 1 && occurrence > 0 ? { occurrence } : {}),
  };
}
