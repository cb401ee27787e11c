/**
 * Asks a model for JSON: makes the `response_format` of a request from a schema.
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
import { digest } from "../text/digest.ts";
import { isRecord } from "../text/json.ts";

/** A schema for replies: one of `npm:zod@^4`, or any other object that tells its JSON schema. */
export interface ReplySchema {
  /** Returns the JSON schema of what is to be replied, before any transforms. */
  toJSONSchema(options: { readonly io: "input" }): object;
}

/** The `response_format` of a request, `undefined` for plain text. */
type ResponseFormat =
  | {
    readonly type: "json_schema";
    readonly json_schema: {
      readonly name: string;
      readonly strict?: true;
      readonly schema: Readonly<Record<string, unknown>>;
    };
  }
  | { readonly type: "json_object" }
  | undefined;

/** Names and formats of schemas: deriving them takes a tenth of a millisecond. */
const derived = new WeakMap<ReplySchema, { name: string; formats: readonly ResponseFormat[] }>();

/**
 * Returns the formats to ask for replies of a schema, the most exact first: its JSON schema (of its
 * input, before its transforms), any JSON object, and plain text. Each is for
 * endpoints that refuse the one before.
 *
 * `strict` is set if OpenAI's strict mode accepts the schema: closed objects without optional members,
 * and only keywords that it has always accepted
 * (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
 *
 * @throws {Error} from the schema, if it has no JSON schema
 */
export function createFormats(schema: ReplySchema): readonly ResponseFormat[] {
  return derive(schema).formats;
}

/**
 * Returns the name of a schema on a tape: its `title` (`schema.meta({ title: "rules-1" })`), or the
 * digest of its JSON schema. The derived JSON schema may differ from one version of zod to the next; a
 * title stays.
 */
export function schemaName(schema: ReplySchema): string {
  return derive(schema).name;
}

/** A name that endpoints accept. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

function derive(schema: ReplySchema) {
  const known = derived.get(schema);
  if (known !== undefined) return known;
  // Some endpoints refuse `$schema`.
  const { $schema: _, ...json } = schema.toJSONSchema({ io: "input" }) as { $schema?: unknown };
  const plain = JSON.parse(JSON.stringify(json)) as Record<string, unknown>;
  const title = typeof plain.title === "string" && plain.title !== "" ? plain.title : undefined;
  const json_schema = {
    name: title !== undefined && NAME.test(title) ? title : "reply",
    ...(plain.type === "object" && isStrict(plain) ? { strict: true as const } : {}),
    schema: plain,
  };
  const formats = [
    { type: "json_schema", json_schema },
    { type: "json_object" },
    undefined,
  ] as const;
  const result = { name: title ?? digest(plain), formats };
  derived.set(schema, result);
  return result;
}

/** Keywords that OpenAI's strict mode has always accepted. */
const STRICT_KEYWORDS = new Set(
  "$defs $ref additionalProperties anyOf const description enum items properties required title type"
    .split(" "),
);

function isStrict(schema: unknown): boolean {
  if (!isRecord(schema) || !Object.keys(schema).every((key) => STRICT_KEYWORDS.has(key))) {
    return false;
  }
  const { properties = {}, required = [], $defs = {}, anyOf = [], items } = schema;
  if (schema.type === "object") {
    if (schema.additionalProperties !== false) return false;
    if (Object.keys(properties as object).length !== (required as unknown[]).length) return false;
  }
  const inner = [
    ...Object.values(properties as object),
    ...Object.values($defs as object),
    ...anyOf as unknown[],
    ...(items === undefined ? [] : [items]),
  ];
  return inner.every(isStrict);
}
