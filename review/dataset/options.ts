/**
 * What a data set is made of, and how.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { FieldNames } from "../../learn/data/fields.ts";
import { schemaOf } from "../../learn/text/schemas.ts";
import { ROW_KINDS, type RowKind } from "./format.ts";
import { ROW_FORMATS, type RowFormat } from "./files/formats.ts";

/** The files that a data set is made of. */
export interface DatasetPaths {
  /** The folder of the runs: their traces and tapes. */
  readonly folder: string;
  /** Examples that they learned from. */
  readonly data: readonly string[];
  /** Corrections of the runs that had some. */
  readonly corrections?: string;
  /** Texts that no row may show. */
  readonly protect: readonly string[];
  /** Texts without labels, for weak labels. */
  readonly texts?: string;
}

/** Returns all paths but that of the folder of the runs. */
export function listFiles({ data, corrections, protect, texts }: DatasetPaths): string[] {
  return [...data, corrections, ...protect, texts].filter((path) => path !== undefined);
}

/** How a data set is made. */
export interface DatasetOptions {
  /** Whose trainer is to read the rows. */
  readonly format: RowFormat;
  /** The kinds of rows to make, in the order of {@linkcode ROW_KINDS}. */
  readonly kinds: readonly RowKind[];
  /** Which share of the sources is for training, above 0 and below 1, and by which seed; missing for no split. */
  readonly split?: { readonly share: number; readonly seed: number };
  /** The most rows of one request; missing for as many as there are. */
  readonly cap?: number;
  /** Name of the licence, for the card. */
  readonly license?: string;
  /** Whether to write a page of the data set. */
  readonly html?: boolean;
  /** What the fields of examples are called. */
  readonly fields?: FieldNames;
}

/** Reads {@linkcode DatasetOptions}. */
export const OptionsSchema = schemaOf<DatasetOptions>()(z.strictObject({
  format: z.enum(ROW_FORMATS),
  kinds: z.array(z.enum(ROW_KINDS)),
  split: z.strictObject({
    share: z.number().gt(0).lt(1),
    seed: z.int().min(0),
  }).optional(),
  cap: z.int().min(1).optional(),
  license: z.string().optional(),
  html: z.boolean().optional(),
  fields: z.strictObject({ text: z.string().optional(), label: z.string().optional() }).optional(),
}));
