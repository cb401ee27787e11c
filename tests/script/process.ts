/** Runs programs and scripts, for tests. */
import fs from "node:fs";

/** How a process ended, and what it wrote. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end.
 *
 * @param options.env variables besides those of the tests; by default `NO_COLOR`
 * @param options.input the standard input, by default empty
 */
export async function execute(
  command: string,
  args: readonly string[],
  cwd: string,
  { input, env = { NO_COLOR: "1" } }: {
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Output> {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { ...env },
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    // A program that does not read its input may have ended.
    await writer.write(new TextEncoder().encode(input)).catch(() => {});
    await writer.close().catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs a script of this repository with flags of Deno, by default `-A`. */
export function executeScript(
  script: string,
  args: readonly string[],
  cwd: string,
  { flags = ["-A"], ...options }: {
    readonly flags?: readonly string[];
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Output> {
  const { pathname: root } = new URL("../..", import.meta.url);
  const deno = ["run", "--no-check", "--no-prompt", `--config=${root}deno.json`, ...flags];
  return execute(Deno.execPath(), [...deno, `${root}${script}`, ...args], cwd, options);
}

/** Calls what a script calls, in this process; returns what it wrote. */
export async function capture(run: () => Promise<void>): Promise<Omit<Output, "code">> {
  const { writeSync } = fs;
  const written: Record<number, string> = { 1: "", 2: "" };
  const decoder = new TextDecoder();
  fs.writeSync = ((file: number, bytes: Uint8Array, ...others: []) => {
    if (!(file in written)) return writeSync(file, bytes, ...others);
    written[file] += decoder.decode(bytes);
    return bytes.length;
  }) as typeof writeSync;
  try {
    await run();
  } finally {
    fs.writeSync = writeSync;
  }
  return { stdout: written[1], stderr: written[2] };
}
