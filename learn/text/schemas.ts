/**
 * Schemas that agree with types. A public type is written out, so that a reader and a compiler need not
 * derive it from its schema; the compiler checks that both say the same.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import * as z from "npm:zod@^4";
 * import { schemaOf } from "./schemas.ts";
 *
 * interface Point {
 *   readonly x: number;
 *   readonly label?: string;
 * }
 * const PointSchema = schemaOf<Point>()(z.strictObject({ x: z.number(), label: z.string().optional() }));
 * assertEquals(PointSchema.parse({ x: 1 }), { x: 1 });
 *
 * // @ts-expect-error: the schema does not know the label.
 * schemaOf<Point>()(z.strictObject({ x: z.number() }));
 * ```
 *
 * @module
 */
import type * as z from "npm:zod@^4";
import { cut, escapeControls } from "./quoting.ts";

/** A JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A type without its `readonly`, which schemas do not say. */
type Writable<T> = [z.core.util.JSONType] extends [T] ? Json
  : T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> }
  : T;

/** `unknown` if two types are the same but for `readonly`, else a word that no schema is. */
type Agreement<One, Other> = (<T>() => T extends Writable<One> ? 1 : 2) extends
  (<T>() => T extends Writable<Other> ? 1 : 2) ? unknown
  : "a schema that reads exactly this type";

/**
 * Returns a function that returns its schema as it is. It only compiles if what the schema reads is exactly
 * a `T`, but for `readonly`.
 */
export function schemaOf<T>(): <Schema extends z.ZodType<T>>(
  schema: Schema & Agreement<z.output<Schema>, T>,
) => Schema {
  return (schema) => schema;
}

/**
 * Describes the first problem that a schema found: the field, and what was expected there.
 *
 * @param drop how many parts of the path to leave out
 */
export function describeProblem({ issues: [{ path, message }] }: z.ZodError, drop = 0): string {
  const field = path.slice(drop).map((part, place) =>
    typeof part === "number" ? `[${part}]` : place === 0 ? String(part) : `.${String(part)}`
  ).join("");
  const problem = message.replace(/^Invalid input: /, "");
  return cut(escapeControls(field === "" ? problem : `field ${field}: ${problem}`), 401);
}
