/**
 * The options of scripts that name the fields of examples, in JSON as in CSV.
 *
 * @module
 */
import { type FieldNames, nameFields } from "../learn/data/fields.ts";

/** The options, for `parseArgs`. */
export const fieldOptions = {
  "text-column": { type: "string" },
  "label-column": { type: "string" },
  field: { type: "string" },
} as const;

/** The lines of `--help` about {@linkcode fieldOptions}. */
export const fieldUsage =
  `  --text-column NAME  the column of CSV, or field of JSON, with the text (default: text); also
                      written --field NAME
  --label-column NAME the one with the label (default: label)
`;

/**
 * Returns the names that options give; nothing if they give none.
 *
 * @throws {TypeError} if two of them do not go together, or a name is empty
 */
export function parseFields(
  { "text-column": column, field, "label-column": label }: Readonly<
    Partial<Record<keyof typeof fieldOptions, string>>
  >,
): { fields?: FieldNames } {
  if (column !== undefined && field !== undefined && column !== field) {
    throw new TypeError(`--text-column is ${column} and --field is ${field}: they mean the same`);
  }
  const text = column ?? field;
  if (text === undefined && label === undefined) return {};
  nameFields({ text, label });
  return { fields: { ...(text !== undefined && { text }), ...(label !== undefined && { label }) } };
}
