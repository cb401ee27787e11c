/**
 * Writing, permissions and errors in one line, for all scripts.
 *
 * @module
 */
import { showText } from "../learn/text/quoting.ts";
import { createNotCapable, isPermitted } from "../system/permissions.ts";
import { exit, type OutputStream, writeTo } from "../system/process.ts";

/** An error in the arguments of a script. */
export class UsageError extends Error {}

/** Writes all of `text`. If the reader has gone away (`| head`), the rest is dropped. */
export function write(
  text: string,
  to: OutputStream = "stdout",
): void {
  writeTo(to, new TextEncoder().encode(text));
}

/**
 * Checks the permission to read or write a file, as Deno would otherwise stop and prompt for it. The
 * standard input (`-`) needs no permission.
 *
 * @throws {Deno.errors.NotCapable} if the permission is missing, naming the flag
 */
// deno-lint-ignore require-await -- errors become rejections
export async function requirePermission(name: "read" | "write", path: string): Promise<void> {
  if (path === "-") return;
  if (!isPermitted({ name, path })) {
    throw createNotCapable(`Cannot ${name} ${path}: run with --allow-${name}=${path}`);
  }
}

/**
 * Parses arguments.
 *
 * @throws {UsageError} if `parse` throws, in one sentence
 */
export function parseUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(shortenMessage(error as Error), { cause: error });
  }
}

/** Shortens a message of `parseArgs` that is long, as a dash begins a value. */
function shortenMessage({ message }: Error): string {
  const option = /^Option '(?:-\w, )?(--[\w-]+)(?: <value>)?' argument is ambiguous/.exec(message)
    ?.[1];
  return option === undefined
    ? message
    : `a value that begins with a dash is given as ${option}=-…`;
}

/** An error with notes: lines to print after the message. */
export class NotedError extends Error {
  /** Creates an error with notes. */
  constructor(message: string, readonly notes: readonly string[], options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Runs a script's `main`. Prints an error in one line on the standard error, without its stack, then its
 * notes, if it has any, and exits: with code 2 for an error in the arguments, `failure` otherwise.
 *
 * @param failure is 2 for a script that says something else by exiting with 1
 */
export async function runScript(
  name: string,
  main: () => Promise<void>,
  failure: 1 | 2 = 1,
): Promise<void> {
  try {
    await main();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof UsageError ? " (see --help)" : "";
    const notes = error instanceof NotedError ? error.notes : [];
    write([`${name}: ${showText(message)}${hint}`, ...notes, ""].join("\n"), "stderr");
    exit(error instanceof UsageError ? 2 : failure);
  }
}
