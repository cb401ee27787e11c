/**
 * What the scripts share: writing, permissions, and errors in one line.
 *
 * @module
 */
import { showText } from "./text.ts";

/** Arguments that are not as expected. */
export class UsageError extends Error {}

/** Writes all of `text`. Where the reader has gone away (`| head`), the rest is dropped. */
export function write(
  text: string,
  to: typeof Deno.stdout | typeof Deno.stderr = Deno.stdout,
): void {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/**
 * Looks whether a file may be read or written before it is, as doing so without permission would stop
 * and ask. The standard input (`-`) needs none.
 *
 * @throws {Deno.errors.NotCapable} naming the flag
 */
export async function requirePermission(name: "read" | "write", path: string): Promise<void> {
  if (path === "-") return;
  const { state } = await Deno.permissions.query({ name, path });
  if (state !== "granted") {
    const message = `Cannot ${name} ${path}: run with --allow-${name}=${path}`;
    throw new Deno.errors.NotCapable(message);
  }
}

/** Runs `parse` on arguments; what it throws is told as bad usage. */
export function parseUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/**
 * Runs a script's `main`. An error is told in one line on the standard error, without its stack; the
 * exit code is then 2 for bad arguments, 1 otherwise.
 */
export async function runScript(name: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof UsageError ? " (--help tells more)" : "";
    write(`${name}: ${showText(message)}${hint}\n`, Deno.stderr);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
