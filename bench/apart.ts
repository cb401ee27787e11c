/**
 * Measures a separate process: its time from start to end, and its peak memory.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

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
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
    if (kibibytes !== undefined) return Number(kibibytes) * 1_024;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return Deno.memoryUsage().rss;
}
