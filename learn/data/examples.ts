/**
 * Examples: texts with their gold labels or spans, for each of the three tasks.
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
import { compareCodeUnits } from "../text/folding.ts";

/** The task of rules: to label a text, to find spans in it, or to find spans of several types. */
export type Task = "classification" | "extraction" | "ner";

/** The label of every span of the task `extraction`, whose spans have no types. */
export const SPAN_LABEL = "span";

/** What examples of every task have. */
export interface ExampleText {
  /** As given, or `e` and 10 hexadecimal digits of the text's digest, with `-2` … for repeats. */
  readonly id: string;
  /** The text itself. */
  readonly text: string;
}

/** A text with one label: the task `classification`. */
export interface LabelledExample extends ExampleText {
  /** The gold label. */
  readonly label: string;
}

/** A part of a text, in UTF-16 code units: from `start` to before `end`. */
export interface Span {
  /** Where it begins, from 0. */
  readonly start: number;
  /** Where it ends: after its last code unit. */
  readonly end: number;
}

/** A text with spans: the task `extraction`. */
export interface SpanExample extends ExampleText {
  /** By start, then end; each once. */
  readonly spans: readonly Span[];
}

/** A span and its type. */
export interface Entity extends Span {
  /** Such as `city`: the label of rules for it. */
  readonly type: string;
}

/** A text with spans of several types: the task `ner`. */
export interface EntityExample extends ExampleText {
  /** By start, then end, then type; each once. */
  readonly entities: readonly Entity[];
}

/** One example of any task. */
export type Example = LabelledExample | SpanExample | EntityExample;

/** The gold label or the gold spans of an example. */
export type Annotation =
  | Pick<LabelledExample, "label">
  | Pick<SpanExample, "spans">
  | Pick<EntityExample, "entities">;

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

/** A span with the label of the rules for it. */
export interface LabelledSpan extends Span {
  readonly label: string;
}

/** Returns the spans of an example, with their labels. A text with a label has no spans. */
export function spansOf(example: Annotation): LabelledSpan[] {
  if ("entities" in example) {
    return example.entities.map(({ start, end, type }) => ({ start, end, label: type }));
  }
  if (!("spans" in example)) return [];
  return example.spans.map(({ start, end }) => ({ start, end, label: SPAN_LABEL }));
}

/** Returns the labels of an example: one, or one for each of its spans. */
export function labelsOf(example: Annotation): string[] {
  return "label" in example ? [example.label] : spansOf(example).map(({ label }) => label);
}

/** Compares entities of a text: by start, end, then type by code unit. */
export function compareEntities(a: Entity, b: Entity): number {
  return a.start - b.start || a.end - b.end || compareCodeUnits(a.type, b.type);
}
