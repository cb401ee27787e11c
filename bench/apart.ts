/**
 * Measures a separate process: its time from start to end, and its peak memory.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { codeOf } from "../system/files.ts";

/** Runs a script in a separate process. Returns the JSON it printed, and the milliseconds it took. */
export async function runApart<Output>(
  script: URL | string,
  args: readonly string[],
  // The system tells a process about itself only if all is allowed.
  permissions: readonly string[] = ["-A"],
): Promise<{ output: Output; time: number }> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, "--no-prompt", fileURLToPath(script), ...args],
    cwd: new URL("..", import.meta.url),
  }).output();
  const time = performance.now() - start;
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${script} failed: ${decoder.decode(stderr).trim()}`);
  return { output: JSON.parse(decoder.decode(stdout)) as Output, time };
}

/** Returns the peak memory of this process in bytes; if the system does not tell it, the current one. */
export function peakMemory(): number {
  return peakOf("self") ?? Deno.memoryUsage().rss;
}

/** Returns the peak memory of a process in bytes so far, if the system tells it. */
export function peakOf(process: number | "self"): number | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${process}/status`);
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1_024;
  } catch (error) {
    // A process that has ended has no such file, or cannot be read any more.
    if (error instanceof Deno.errors.NotFound || codeOf(error) === "ESRCH") return undefined;
    throw error;
  }
}
