/**
 * Permissions, which only Deno has.
 *
 * @module
 */

/** The namespace of Deno, if this is Deno. */
const deno = globalThis.Deno as typeof Deno | undefined;

/** Something that Deno asks for. */
export type Permission =
  | { readonly name: "read" | "write"; readonly path: string }
  | { readonly name: "net"; readonly host: string }
  | { readonly name: "env"; readonly variable: string };

/** Tells whether Deno would not stop and ask for a permission. Other runtimes never ask. */
export function isPermitted(permission: Permission): boolean {
  return deno === undefined || deno.permissions.querySync(permission).state === "granted";
}

/** Creates the error of a permission that is missing. */
export function createNotCapable(message: string): Error {
  return deno === undefined ? new Error(message) : new deno.errors.NotCapable(message);
}

/** Tells whether an error says that a permission is missing. Its message names the flag. */
export function isNotCapable(error: unknown): error is Error {
  return error instanceof Error && error.name === "NotCapable";
}
