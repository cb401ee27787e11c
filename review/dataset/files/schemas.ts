/**
 * Schemas of what an export writes: lines are checked by them before they are put in place, and again by an audit. For
 * other tools they are written as JSON Schema (draft 2020-12) as well.
 *
 * Members of what a schema returns come in the order of the schema, so that the order of those of a row or of its
 * lineage does not depend on who made it.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { MessageSchema } from "../../../learn/chat/client.ts";
import { PlaybookEntrySchema } from "../../../learn/rules/playbook.ts";
import { Digest } from "../../../learn/text/digest.ts";
import { schemaOf } from "../../../learn/text/schemas.ts";
import { toJson } from "../../../script/terminal.ts";
import type { JudgementReason } from "../../evidence/format.ts";
import {
  type Lineage,
  type LineageSource,
  type QuarantinedRow,
  type QuarantineReason,
  ROW_KINDS,
  type RowKind,
} from "../format.ts";
import type { RowFormat } from "./formats.ts";

const index = z.int().min(0);
/** Codes are words with dashes: their list is a type, and grows with the judge. */
const code = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);

const LineageSourceSchema = schemaOf<LineageSource>()(z.strictObject({
  trace: Digest,
  step: index.optional(),
  stepDigest: Digest.optional(),
  dataset: Digest,
  evidence: z.string().optional(),
  judgement: z.enum(["accepted", "partially_accepted", "rejected", "needs_human_review"])
    .optional(),
  reason: (code as unknown as z.ZodType<JudgementReason>).optional(),
  exchange: Digest.optional(),
  response: Digest.optional(),
}));

/** Reads a {@linkcode Lineage}. */
export const LineageSchema = schemaOf<Lineage>()(z.strictObject({
  row: Digest,
  kind: z.enum(ROW_KINDS),
  variant: z.enum(["verbatim", "curated"]).optional(),
  sources: z.array(LineageSourceSchema).min(1),
  shown: z.array(z.string()),
  tainted: z.string().optional(),
}));

/** Reads a {@linkcode QuarantinedRow}. */
export const QuarantinedSchema = schemaOf<QuarantinedRow>()(z.strictObject({
  kind: z.enum(ROW_KINDS),
  reason: code as unknown as z.ZodType<QuarantineReason>,
  detail: z.string().optional(),
  sources: z.array(LineageSourceSchema),
  shown: z.array(z.string()),
  protected: z.strictObject({
    file: index,
    id: z.string(),
    similarity: z.number().min(0).max(1),
  }).optional(),
}));

const conversation = z.array(MessageSchema).min(1);
const answer = z.array(z.strictObject({ role: z.literal("assistant"), content: z.string() }))
  .length(1);
const messages = z.strictObject({ messages: z.array(MessageSchema).min(2) }).refine(
  ({ messages }) => messages.at(-1)?.role === "assistant",
  "expected an answer of the assistant at the end",
);

const span = z.strictObject({ start: index, end: index });

const weak = z.strictObject({
  id: z.string(),
  text: z.string(),
  label: z.string(),
  confidence: z.number().min(0).max(1),
  rules: z.array(z.string()),
});

const hard = z.strictObject({
  id: z.string(),
  text: z.string(),
  label: z.string().optional(),
  entities: z.array(span.extend({ type: z.string() })).optional(),
  spans: z.array(span).optional(),
  predicted: z.string().nullable().optional(),
  margin: z.number().optional(),
  predictedSpans: z.array(span.extend({ type: z.string().optional() })).optional(),
  wrong: index.optional(),
  split: z.enum(["train", "dev"]),
});

/** Returns the schema of the rows of a kind; `undefined` if the format has no form for them. */
export function rowSchema(kind: RowKind, format: RowFormat): z.ZodType | undefined {
  switch (kind) {
    case "sft":
    case "teacher":
      return messages;
    case "preference":
      return format === "trl"
        ? z.strictObject({ prompt: conversation, chosen: answer, rejected: answer })
        : z.strictObject({
          input: z.strictObject({ messages: conversation }),
          preferred_output: answer,
          non_preferred_output: answer,
        });
    case "unpaired":
      return format === "openai"
        ? undefined
        : z.strictObject({ prompt: conversation, completion: answer, label: z.boolean() });
    case "playbook":
      return PlaybookEntrySchema;
    case "weak":
      return weak;
    case "hard":
      return hard;
  }
}

/** Returns a schema as the text of a file. */
export function renderSchema(schema: z.ZodType, title: string): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12" });
  return toJson({ $schema, title, ...rest });
}
