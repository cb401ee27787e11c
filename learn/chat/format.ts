/**
 * How a model is asked for JSON: the `response_format` of a request, made from a zod schema.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import * as z from "npm:zod@^4";
 * import { createFormats, schemaName } from "./format.ts";
 *
 * const schema = z.strictObject({ stop: z.boolean() }).meta({ title: "guidance-1" });
 * assertEquals(schemaName(schema), "guidance-1");
 * assertEquals(createFormats(schema).map((format) => format?.type), [
 *   "json_schema",
 *   "json_object",
 *   undefined,
 * ]);
 * ```
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { digest } from "../text/digest.ts";
import { isRecord } from "../text/json.ts";

/** The `response_format` of a request. */
export type ResponseFormat =
  | {
    readonly type: "json_schema";
    readonly json_schema: {
      readonly name: string;
      readonly strict?: true;
      readonly schema: Readonly<Record<string, unknown>>;
    };
  }
  | { readonly type: "json_object" };

/** What a schema comes to. Deriving it takes a tenth of a millisecond, so it is kept. */
const derived = new WeakMap<z.ZodType, { name: string; formats: (ResponseFormat | undefined)[] }>();

/**
 * The ways to ask for replies of a schema, the most exact first: the JSON schema that zod derives
 * (of what the schema reads, before its transforms), any JSON object, and nothing. Those after the
 * first are for endpoints that refuse the one before.
 *
 * `strict` is set where the schema keeps to what OpenAI's strict mode accepts: closed objects with no
 * optional member, and only keywords that it has always accepted
 * (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
 *
 * @throws {Error} from zod, where the schema has no JSON schema
 */
export function createFormats(schema: z.ZodType): readonly (ResponseFormat | undefined)[] {
  return derive(schema).formats;
}

/**
 * What identifies a schema on a tape: its `title` (`schema.meta({ title: "rules-1" })`), or the digest
 * of its JSON schema where it has none. The derived JSON schema may differ from one version of zod to
 * the next; a title stays.
 */
export function schemaName(schema: z.ZodType): string {
  return derive(schema).name;
}

/** What the endpoints accept as a name. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

function derive(schema: z.ZodType) {
  const known = derived.get(schema);
  if (known !== undefined) return known;
  // Some endpoints refuse `$schema`.
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
  const plain = JSON.parse(JSON.stringify(json)) as Record<string, unknown>;
  const title = typeof plain.title === "string" && plain.title !== "" ? plain.title : undefined;
  const json_schema = {
    name: title !== undefined && NAME.test(title) ? title : "reply",
    ...(plain.type === "object" && isStrict(plain) ? { strict: true as const } : {}),
    schema: plain,
  };
  const found = {
    name: title ?? digest(plain),
    formats: [{ type: "json_schema", json_schema }, { type: "json_object" }, undefined] as (
      | ResponseFormat
      | undefined
    )[],
  };
  derived.set(schema, found);
  return found;
}

/** Keywords that OpenAI's strict mode has always accepted. */
const STRICT_KEYWORDS: ReadonlySet<string> = new Set([
  "$defs",
  "$ref",
  "additionalProperties",
  "anyOf",
  "const",
  "description",
  "enum",
  "items",
  "properties",
  "required",
  "title",
  "type",
]);

function isStrict(schema: unknown): boolean {
  if (!isRecord(schema) || !Object.keys(schema).every((key) => STRICT_KEYWORDS.has(key))) {
    return false;
  }
  const { properties = {}, required = [], $defs = {}, anyOf = [], items } = schema;
  const names = Object.keys(properties as object);
  if (schema.type === "object") {
    if (schema.additionalProperties !== false) return false;
    if (names.length !== (required as unknown[]).length) return false;
  }
  const inner = [
    ...Object.values(properties as object),
    ...Object.values($defs as object),
    ...anyOf as unknown[],
    ...(items === undefined ? [] : [items]),
  ];
  return inner.every(isStrict);
}
