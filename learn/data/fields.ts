/**
 * Which fields of an example in a file hold its text and its label, and how errors list those that are there.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
 * import { listFields, nameFields } from "./fields.ts";
 *
 * assertEquals(nameFields({ label: "intent" }), { text: "text", label: "intent" });
 * assertThrows(() => nameFields({ text: "a", label: "a" }), TypeError);
 * assertEquals(listFields({ message: "hi", class: "greeting" }), '"message" and "class"');
 * ```
 *
 * @module
 */
import { isRecord, isSame } from "../text/json.ts";
import { quote } from "../text/quoting.ts";

/** Names of fields of JSON, or of columns of CSV. */
export interface FieldNames {
  /**
   * The field with the text.
   *
   * @default "text"
   */
  readonly text?: string;
  /**
   * The field with the label.
   *
   * @default "label"
   */
  readonly label?: string;
}

/** Names of fields to read by. */
export interface ReadFields extends Required<FieldNames> {
  /** Whether that of the text was given; otherwise inputs of several fields tell theirs. */
  readonly isTextNamed?: boolean;
}

/** The names of fields if none are given. */
export const FIELD_NAMES: ReadFields = { text: "text", label: "label" };

/**
 * Fills in names that are not given.
 *
 * @throws {TypeError} if text and label have the same name, or a name is empty
 */
export function nameFields({ text, label }: FieldNames = {}): ReadFields {
  const names = {
    text: text ?? FIELD_NAMES.text,
    label: label ?? FIELD_NAMES.label,
    ...(text !== undefined && { isTextNamed: true }),
  };
  if (names.text === "" || names.label === "") {
    throw new TypeError("the name of a field is empty, expected some text");
  }
  if (names.text === names.label) {
    throw new TypeError(`${quote(names.text)} cannot be both the text and the label`);
  }
  return names;
}

/** Fields that hold spans. */
const SPAN_FIELDS = ["entities", "spans"] as const;

/**
 * What a person made of what was given for a text: it is right; something else is; or it is wrong, and what would be
 * right is not said.
 */
export type ReviewOutcome = "accepted" | "corrected" | "rejected";

/** All outcomes. */
export const OUTCOMES: readonly ReviewOutcome[] = ["accepted", "corrected", "rejected"];

/**
 * Returns what a person made of what was `given` for an example: what its `outcome` says, or else what its label or its
 * spans say. Others than those given are a correction, and a label that was taken away (`null`) is a rejection.
 *
 * @returns undefined if it does not say what was given, or nobody reviewed it: it has no label, or the one given
 */
export function outcomeOf(
  example: unknown,
  names: Required<FieldNames>,
): ReviewOutcome | undefined {
  if (!isRecord(example) || example.given === undefined) return undefined;
  const told = OUTCOMES.find((outcome) => outcome === example.outcome);
  if (told !== undefined) return told;
  const field = SPAN_FIELDS.find((field) => Array.isArray(example[field]));
  if (field === undefined) {
    const label = example[names.label];
    if (label === undefined || label === example.given) return undefined;
    return label === null ? "rejected" : "corrected";
  }
  const outline = (spans: unknown) =>
    Array.isArray(spans)
      ? spans.map((span) => isRecord(span) && [span.start, span.end, span.type])
      : spans;
  return isSame(outline(example[field]), outline(example.given)) ? undefined : "corrected";
}

/** The most names that an error lists, and the most characters of each. */
const LISTED = 8;
const LISTED_LENGTH = 40;

/** Lists names in quotes: `"a", "b" and 3 more`. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map((name) => quote(name, LISTED_LENGTH));
  const more = names.length - shown.length;
  const items = more > 0 ? [...shown, `${more} more`] : shown;
  const last = items.pop() ?? "nothing";
  return items.length === 0 ? last : `${items.join(", ")} and ${last}`;
}

/** Lists the names of the fields of an object: `"a", "b" and 3 more`. */
export function listFields(example: Readonly<Record<string, unknown>>): string {
  return listNames(Object.keys(example));
}
