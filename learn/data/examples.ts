/**
 * Examples: texts with what rules should say of them, for each of the three tasks.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { labelsOf, spansOf } from "./examples.ts";
 *
 * const example = { id: "a", text: "a table in Osage City", entities: [{ start: 11, end: 21, type: "city" }] };
 * assertEquals(spansOf(example), [{ start: 11, end: 21, label: "city" }]);
 * assertEquals(labelsOf(example), ["city"]);
 * ```
 *
 * @module
 */

/** What rules do with a text: give it a label, find spans in it, find spans of several types. */
export type Task = "classification" | "extraction" | "ner";

/** The label of every span of an extraction, whose spans have no types. */
export const SPAN_LABEL = "span";

interface Text {
  /** As given, or `e` and 10 hexadecimal digits of the text's digest, with `-2` … for repeats. */
  readonly id: string;
  readonly text: string;
}

/** A text that has one label: the task `classification`. */
export interface LabelledExample extends Text {
  readonly label: string;
}

/** A part of a text, in UTF-16 code units: from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A text in which spans are marked: the task `extraction`. */
export interface SpanExample extends Text {
  /** By start, then end; each once. */
  readonly spans: readonly Span[];
}

/** A span and its type. */
export interface Entity extends Span {
  readonly type: string;
}

/** A text in which spans of several types are marked: the task `ner`. */
export interface EntityExample extends Text {
  /** By start, then end, then type; each once. */
  readonly entities: readonly Entity[];
}

/** One example of any task. */
export type Example = LabelledExample | SpanExample | EntityExample;

/** A span to be checked: by its offsets, or as the first occurrence of its text. Both must agree. */
export type SpanInput = Span & { readonly text?: string } | { readonly text: string };

/** An example to be checked, of one of the tasks. Its id is by default derived from the text. */
export type ExampleInput =
  & { readonly text: string; readonly id?: string }
  & (
    | { readonly label: string }
    | { readonly spans: readonly SpanInput[] }
    | { readonly entities: readonly (SpanInput & { readonly type: string })[] }
  );

/** A span with the label that rules for it have. */
export interface LabelledSpan extends Span {
  readonly label: string;
}

/** The spans of an example, of which a text with a label has none. */
export function spansOf(example: Example): LabelledSpan[] {
  if ("entities" in example) {
    return example.entities.map(({ start, end, type }) => ({ start, end, label: type }));
  }
  if (!("spans" in example)) return [];
  return example.spans.map(({ start, end }) => ({ start, end, label: SPAN_LABEL }));
}

/** The labels of an example: one, or one for each of its spans. */
export function labelsOf(example: Example): string[] {
  return "label" in example ? [example.label] : spansOf(example).map(({ label }) => label);
}

/** The order of entities in a text: by start, end, then type by code unit. */
export function compareEntities(a: Entity, b: Entity): number {
  return a.start - b.start || a.end - b.end || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0);
}
