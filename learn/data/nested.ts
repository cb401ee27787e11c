/**
 * Examples of several fields, as RuleChef saves them: an `input`, whose text is the field that its task names or else
 * its longest, and an `expected_output` (or `output`). They become examples as the other formats have them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { flattenExample } from "./nested.ts";
 *
 * const example = {
 *   input: { question: "When?", context: "🏛 Built in 1991" },
 *   expected_output: { spans: [{ text: "1991", start: 11, end: 15 }] },
 * };
 * assertEquals(flattenExample(example, () => "line 1:", { task: "extraction" }), {
 *   text: "🏛 Built in 1991",
 *   spans: [{ start: 12, end: 16, text: "1991", type: undefined }],
 * });
 * ```
 *
 * @module
 */
import type { Task } from "./examples.ts";
import { FIELD_NAMES, listFields, type ReadFields } from "./fields.ts";
import { describeKind, isRecord } from "../text/json.ts";
import { quote } from "../text/quoting.ts";

/** Options of {@linkcode flattenExample}. */
export interface NestedOptions {
  /** The task, if it is known. Without it, all that an output has is taken as it is. */
  readonly task?: Task;
  /** The field of an input that has the text, if the task of the file names one. */
  readonly textField?: unknown;
  /**
   * What the fields with the text and the label are called.
   *
   * @default {the longest text of an input; "label"}
   */
  readonly names?: ReadFields;
}

/** Tells whether a value is an example with fields of its own under `input`. */
export function isNested(
  example: unknown,
  names: ReadFields = FIELD_NAMES,
): example is Record<string, unknown> & { readonly input: Record<string, unknown> } {
  return isRecord(example) && isRecord(example.input) && example[names.text] === undefined;
}

/**
 * Returns an example without its nesting, to be checked, and any other value as it is. Offsets, which Python counts in
 * characters, become those of UTF-16. A span whose text is not at its offsets is where the text is nearest to them; of
 * several with one text each has a place of its own.
 *
 * @param prefix how errors begin: the source and the place in it
 * @throws {TypeError} if the input has no text, or the output is not an object
 */
export function flattenExample(
  example: unknown,
  prefix: () => string,
  options: NestedOptions = {},
): unknown {
  const { task, names = FIELD_NAMES } = options;
  if (!isNested(example, names)) return example;
  const text = textOf(example.input, prefix, options);
  const flat = { ...idOf(example), [names.text]: text };
  const output = outputOf(example);
  if (output === undefined) return flat;
  if (!isRecord(output)) {
    const field = example.expected_output === undefined ? "output" : "expected_output";
    const found = describeKind(output);
    throw new TypeError(`${prefix()} ${quote(field)} is ${found}, expected an object`);
  }
  switch (task) {
    case "classification": {
      const label = output[names.label];
      if (label === undefined) return flat;
      return { ...flat, [names.label]: typeof label === "string" ? label.trim() : label };
    }
    case "ner": {
      const list = ENTITY_FIELDS.map((field) => output[field]).find((one) => one !== undefined);
      return { ...flat, entities: placeSpans(list ?? [], text) };
    }
    case "extraction": {
      const lists = [...SPAN_FIELDS.map((field) => output[field]), ...Object.values(output)];
      return { ...flat, spans: placeSpans(lists.find(Array.isArray) ?? [], text) };
    }
    case undefined:
      return { ...output, ...flat };
  }
}

/**
 * Returns the text of an example without its nesting, to be checked, and any other value as it is.
 *
 * @param prefix how errors begin: the source and the place in it
 * @throws {TypeError} if the input has no text
 */
export function flattenText(
  example: unknown,
  prefix: () => string,
  options: NestedOptions = {},
): unknown {
  const { names = FIELD_NAMES } = options;
  if (!isNested(example, names)) return example;
  return { ...idOf(example), [names.text]: textOf(example.input, prefix, options) };
}

/**
 * Returns the task that the outputs of examples are of, as far as they are nested: the first that any of them tells.
 *
 * @returns undefined if they tell none
 */
export function findNestedTask(
  examples: readonly unknown[],
  names: ReadFields = FIELD_NAMES,
): Task | undefined {
  const outputs = examples.filter((one) => isNested(one, names)).map(outputOf).filter(isRecord);
  if (outputs.some((output) => output[names.label] !== undefined)) return "classification";
  const isTyped = (span: unknown) => isRecord(span) && (span.type ?? span.label) !== undefined;
  if (
    outputs.some(({ entities, ner, spans }) =>
      (entities ?? ner) !== undefined || Array.isArray(spans) && spans.some(isTyped)
    )
  ) return "ner";
  return outputs.some(({ spans }) => spans !== undefined) ? "extraction" : undefined;
}

/** The fields of an output that may have its entities, or its spans; the first counts. */
const ENTITY_FIELDS = ["entities", "spans", "ner"] as const;
const SPAN_FIELDS = ["spans", "entities", "items", "results"] as const;

function outputOf(example: unknown): unknown {
  if (!isRecord(example)) return undefined;
  return example.expected_output === undefined ? example.output : example.expected_output;
}

/** Returns the text of an input: of the field that is named, or else the longest, and of such the first. */
function textOf(
  input: Readonly<Record<string, unknown>>,
  prefix: () => string,
  { textField, names = FIELD_NAMES }: NestedOptions,
): string {
  const field = names.isTextNamed ? names.text : textField;
  const named = typeof field === "string" ? input[field] : undefined;
  if (typeof named === "string") return named;
  const texts = names.isTextNamed
    ? []
    : Object.values(input).filter((value) => typeof value === "string");
  if (texts.length === 0) {
    const expected = names.isTextNamed
      ? `a string as ${quote(names.text)}`
      : "a field with a string";
    throw new TypeError(
      `${prefix()} "input" has no text, expected ${expected}; it has ${listFields(input)}`,
    );
  }
  return texts.reduce((longest, one) =>
    countCharacters(one) > countCharacters(longest) ? one : longest
  );
}

function idOf({ id }: Readonly<Record<string, unknown>>): { readonly id?: unknown } {
  return id === undefined ? {} : { id };
}

/** Returns spans at their places in UTF-16, with their types. What is no list of objects is left to the check. */
function placeSpans(list: unknown, text: string): unknown {
  if (!Array.isArray(list)) return list;
  const unitOf = createUnits(text);
  const spans = Array.from(list, (span: unknown) => isRecord(span) ? inUnits(span, unitOf) : span);
  const isRight = (span: unknown) =>
    isRecord(span) && Number.isInteger(span.start) && Number.isInteger(span.end) &&
    text.slice(Number(span.start), Number(span.end)) === span.text;
  const keyOf = ({ start, text, type }: NestedSpan) => JSON.stringify([start, text, type]);
  const taken = new Set(spans.filter(isRecord).filter(isRight).map(keyOf));
  const known = new Map<string, readonly number[]>();
  return spans.map((span) => {
    if (!isRecord(span) || typeof span.text !== "string" || isRight(span)) return span;
    const { text: part, type } = span;
    const starts = known.get(part) ?? findStarts(text, part);
    known.set(part, starts);
    const near = Number(span.start) || 0;
    const isFree = (start: number) => !taken.has(keyOf({ start, text: part, type }));
    // One too many is given the place of another, which the check names, as it does a text that is nowhere.
    const start = findNearest(starts, near, isFree) ?? findNearest(starts, near, () => true);
    if (start === undefined) return { text: part, type };
    const placed = { start, end: start + part.length, text: part, type };
    taken.add(keyOf(placed));
    return placed;
  });
}

/** A span of an output, whose fields may have any values. */
interface NestedSpan {
  readonly start?: unknown;
  readonly end?: unknown;
  readonly text?: unknown;
  readonly type?: unknown;
}

function inUnits(
  { start, end, text, type, label }: Readonly<Record<string, unknown>>,
  unitOf: (offset: number) => number,
): NestedSpan {
  const place = Number.isInteger(start) && Number.isInteger(end)
    ? { start: unitOf(Number(start)), end: unitOf(Number(end)) }
    : { start, end };
  return { ...place, ...(text != null && { text }), type: type || label };
}

/** Returns where a part of a text begins, ascending. */
function findStarts(text: string, part: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(part); at !== -1 && part !== ""; at = text.indexOf(part, at + 1)) {
    starts.push(at);
  }
  return starts;
}

/** Returns the place of a list that is nearest to an offset and such; of two as near the earlier. */
function findNearest(
  starts: readonly number[],
  near: number,
  isSuch: (start: number) => boolean,
): number | undefined {
  let nearest: number | undefined;
  for (const start of starts) {
    if (nearest !== undefined && Math.abs(start - near) >= Math.abs(nearest - near)) continue;
    if (isSuch(start)) nearest = start;
  }
  return nearest;
}

/** Creates a function that turns offsets in characters into those in UTF-16, outside the text too. */
function createUnits(text: string): (offset: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (offset) => offset;
  const units: number[] = [];
  for (let at = 0; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) units.push(at);
  units.push(text.length);
  return (offset) =>
    units[offset] ?? (offset < 0 ? offset : offset + text.length - units.length + 1);
}

function countCharacters(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}
