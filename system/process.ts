/**
 * The process: arguments, streams, signals and permissions, on Deno, Node and Bun.
 *
 * @module
 */
import fs from "node:fs";
import { basename } from "jsr:@std/path@^1";
import process from "node:process";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";
import { codeOf, writeAll } from "./files.ts";
import { isPermitted } from "./permissions.ts";

/** A stream that a process writes to. */
export type OutputStream = "stdout" | "stderr";

const descriptors = { stdout: 1, stderr: 2 } as const;

/** The namespace of Deno, if this is Deno. */
const deno = globalThis.Deno as typeof Deno | undefined;

/** Returns the runtime and its version, such as `deno 2.9.6`, `node 22.1.0` or `bun 1.2.0`. */
export function nameRuntime(): string {
  if (deno !== undefined) return `deno ${deno.version.deno}`;
  const { bun, node } = process.versions;
  return bun === undefined ? `node ${node}` : `bun ${bun}`;
}

/**
 * Tells whether a module is the one that was started, and so is to run as a script.
 *
 * Bundlers other than Deno's leave `import.meta` as it is in all modules of a bundle, and before version
 * 24.2 Node does not tell `main`. So other runtimes start a file only under the name of its script.
 *
 * @param name the name of the script without its ending
 * @param main `import.meta.main` of the module
 * @param url `import.meta.url` of the module
 */
export function isScript(name: string, main: boolean | undefined, url: string): boolean {
  if (deno !== undefined || main === false) return main === true;
  const started = process.argv[1];
  if (started === undefined || basename(started).replace(/\.[cm]?[jt]s$/, "") !== name) {
    return false;
  }
  return main ?? fs.realpathSync(started) === fs.realpathSync(fileURLToPath(url));
}

/** Returns the arguments after the name of the script. */
export function readArgs(): string[] {
  return process.argv.slice(2);
}

/** Ends the process. */
export function exit(code: number): never {
  process.exit(code);
}

/** Sets the code that the process ends with. */
export function setExitCode(code: number): void {
  process.exitCode = code;
}

/** Returns the bytes of the standard input as they come. */
export function streamInput(): AsyncIterable<Uint8Array> {
  return process.stdin;
}

/**
 * Writes all bytes to a stream, which may wait until it can take more. If the reader has gone away (`| head`),
 * the rest is dropped.
 *
 * @returns whether there is still a reader
 */
export function writeTo(stream: OutputStream, bytes: Uint8Array): boolean {
  try {
    writeAll(descriptors[stream], bytes);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EPIPE") throw error;
    return false;
  }
}

/** Tells whether a stream goes to a terminal. */
export function isTerminal(stream: OutputStream): boolean {
  return isatty(descriptors[stream]);
}

/** Returns the columns of the terminal on a stream, by default the standard output; 0 if they are not known. */
export function terminalColumns(stream: OutputStream = "stdout"): number {
  return process[stream].columns ?? 0;
}

/** Tells whether the environment asks for no colours, by `NO_COLOR`. Needs no permission. */
export function wantsNoColor(): boolean {
  return deno?.noColor ?? (process.env.NO_COLOR ?? "") !== "";
}

/** Returns a variable of the environment, if it is set and may be read. */
export function readVariable(name: string): string | undefined {
  return isPermitted({ name: "env", variable: name }) ? process.env[name] : undefined;
}

/** Calls `listener` at each Ctrl-C, which then does not end the process. Returns how to stop that. */
export function onInterrupt(listener: () => void): () => void {
  process.on("SIGINT", listener);
  return () => void process.off("SIGINT", listener);
}
