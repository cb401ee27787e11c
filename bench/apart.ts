/**
 * Measuring a process of its own: its time from start to end, and the memory it took at most.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { median } from "./table.ts";

/** Runs a script in a process of its own: the JSON it printed, and the milliseconds it took. */
export async function runApart<Told>(
  script: URL | string,
  args: readonly string[],
  // The system tells a process about itself only where all is allowed.
  permissions: readonly string[] = ["-A"],
): Promise<{ told: Told; time: number }> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, "--no-prompt", fileURLToPath(script), ...args],
    cwd: new URL("..", import.meta.url),
  }).output();
  const time = performance.now() - start;
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${script} failed: ${decoder.decode(stderr).trim()}`);
  return { told: JSON.parse(decoder.decode(stdout)) as Told, time };
}

/** Bytes this process had in memory at most; where the system does not tell, those it has now. */
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

/** The headings of tables of `rangeRow`. */
export const RANGE_HEADINGS = ["what", "median", "least", "most", "unit", "held to"];

/** The row of a table for what was measured several times. */
export function rangeRow(
  what: string,
  values: readonly number[],
  unit: string,
  target = "",
): readonly string[] {
  const range = [median(values), Math.min(...values), Math.max(...values)];
  return [what, ...range.map((value) => value.toFixed(0)), unit, target];
}
