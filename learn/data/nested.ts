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
import { getOrCreate } from "../text/maps.ts";
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
      const list = lists.find(Array.isArray) ?? output.spans ?? [];
      return { ...flat, spans: placeSpans(list, text) };
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
  const lengths = texts.map(countCharacters);
  return texts[lengths.reduce((most, length, at) => length > lengths[most] ? at : most, 0)];
}

function idOf({ id }: Readonly<Record<string, unknown>>): { readonly id?: unknown } {
  return id === undefined ? {} : { id };
}

/** Returns spans at their places in UTF-16, with their types. What is no list of objects is left to the check. */
function placeSpans(list: unknown, text: string): unknown {
  if (!Array.isArray(list)) return list;
  const unitOf = createUnits(text);
  const spans = Array.from(list, (span: unknown) => isRecord(span) ? inUnits(span, unitOf) : span);
  const isRight = (span: unknown): span is { readonly start: number } =>
    isRecord(span) && typeof span.text === "string" && isOffset(span.start) &&
    text.startsWith(span.text, span.start) && span.end === span.start + span.text.length;
  const takenBy = new Map<string, TakenPlaces>();
  const takenOf = ({ text, type }: NestedSpan) =>
    getOrCreate(takenBy, JSON.stringify([text, type]), createTaken);
  for (const span of spans.filter(isRight)) take(takenOf(span), span.start);
  return spans.map((span) => {
    if (!isRecord(span) || typeof span.text !== "string" || isRight(span)) return span;
    const { text: part, type } = span;
    const near = typeof span.start === "number" ? span.start : 0;
    const taken = takenOf(span);
    // One too many is given the place of another, which the check names, as it does a text that is nowhere.
    const start = findNearest(text, part, near, taken) ?? findNearest(text, part, near);
    if (start === undefined) return { text: part, type };
    take(taken, start);
    return { start, end: start + part.length, text: part, type };
  });
}

function isOffset(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
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

/** Of places that are taken where to go on looking, before them and after them. */
type TakenPlaces = readonly [before: Map<number, number>, after: Map<number, number>];

function createTaken(): TakenPlaces {
  return [new Map(), new Map()];
}

function take([before, after]: TakenPlaces, start: number): void {
  before.set(start, start - 1);
  after.set(start, start + 1);
}

/** Returns the place of a part of a text that is nearest to an offset, and free; of two as near the earlier. */
function findNearest(
  text: string,
  part: string,
  near: number,
  [before, after] = createTaken(),
): number | undefined {
  if (part === "") return undefined;
  const left = findFree(near, before, (at) => at < 0 ? -1 : text.lastIndexOf(part, at));
  const right = findFree(near, after, (at) => text.indexOf(part, at));
  if (left === undefined || right === undefined) return left ?? right;
  return near - left <= right - near ? left : right;
}

/** Returns the first place that `find` finds from an offset on which is not among those taken. */
function findFree(
  from: number,
  taken: Map<number, number>,
  find: (at: number) => number,
): number | undefined {
  let at = from;
  const passed: number[] = [];
  for (let place = find(at); place !== -1; place = find(at)) {
    const next = taken.get(place);
    if (next === undefined) {
      // Later spans of the same text need not pass them again.
      for (const one of passed) taken.set(one, place);
      return place;
    }
    passed.push(place);
    at = next;
  }
  return undefined;
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
