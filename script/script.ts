/**
 * What the scripts share: writing, permissions, and errors in one line.
 *
 * @module
 */
import { showText } from "../learn/text/quoting.ts";

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

/** Runs `parse` on arguments; what it throws is told as bad usage, in one sentence. */
export function parseUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(describeMisuse(error as Error), { cause: error });
  }
}

/** What `parseArgs` says goes over lines and sentences, where a dash begins a value or a file's name. */
function describeMisuse({ message }: Error): string {
  const option = /^Option '(?:-\w, )?(--[\w-]+)(?: <value>)?' argument is ambiguous/.exec(message)
    ?.[1];
  if (option !== undefined) return `a value that begins with a dash is given as ${option}=-…`;
  const stray = /^Unknown option '(-[^-'])'/.exec(message)?.[1];
  if (stray !== undefined) {
    return `unknown option ${stray} (a file whose name begins with a dash is given as ./-…)`;
  }
  return message.replace(/\. To specify a positional argument .*$/s, "");
}

/** An error after which there is more to tell: `notes`, a line each. */
export class NotedError extends Error {
  /** Lines that are told after the message. */
  readonly notes: readonly string[];

  /** An error with notes. */
  constructor(message: string, notes: readonly string[], options?: ErrorOptions) {
    super(message, options);
    this.notes = notes;
  }
}

/**
 * Runs a script's `main`. An error is told in one line on the standard error, without its stack, and then
 * its notes, if it has any; the exit code is 2 for bad arguments, 1 otherwise.
 */
export async function runScript(name: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof UsageError ? " (--help tells more)" : "";
    const notes = error instanceof NotedError ? error.notes : [];
    write([`${name}: ${showText(message)}${hint}`, ...notes, ""].join("\n"), Deno.stderr);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
