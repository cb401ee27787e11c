/**
 * Digests of JSON values: the same value gives the same digest on any machine.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { digest } from "./digest.ts";
 *
 * assertEquals(digest({ a: 1, b: 2 }), digest({ b: 2, a: 1 }));
 * ```
 *
 * @module
 */
import { createHash } from "node:crypto";
import canonicalize from "npm:canonicalize@^5";
import * as z from "npm:zod@^4";

/** A digest: `sha256:` and 64 hexadecimal digits. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "expected sha256:<64 hex digits>");

/**
 * Returns `sha256:` and the hexadecimal SHA-256 of the UTF-8 of the value's canonical JSON (RFC 8785).
 * Members that are `undefined` do not count.
 *
 * @throws {TypeError} if the value has no JSON form
 */
export function digest(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError(`Cannot digest ${typeof value}: it has no JSON form`);
  return `sha256:${createHash("sha256").update(text, "utf8").digest("hex")}`;
}

/** Returns the {@linkcode digest} of `list.map(toJson)`, without its whole JSON in memory. */
export function digestList<T>(list: readonly T[], toJson: (one: T) => object): string {
  const hash = createHash("sha256");
  list.forEach((one, index) => {
    hash.update(`${index === 0 ? "[" : ","}${canonicalize(toJson(one))}`, "utf8");
  });
  return `sha256:${hash.update(list.length === 0 ? "[]" : "]", "utf8").digest("hex")}`;
}

/** Returns the first `length` hexadecimal digits of {@linkcode digest}, for ids. */
export function shortDigest(value: unknown, length: number): string {
  return digest(value).slice("sha256:".length, "sha256:".length + length);
}

/** Cuts a digest for a message: `sha256:`, its first 12 digits and `…`. */
export function abbreviate(digest: string): string {
  return `${digest.slice(0, "sha256:".length + 12)}…`;
}
