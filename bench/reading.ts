/**
 * Measures the time and the memory to read, verify and print a trace of 10,000 steps, each time in a
 * separate process.
 *
 *     deno run -A bench/reading.ts [--quick]
 *
 * @module
 */
import { formatTrace } from "../print.ts";
import { generateScript, scriptedLearner } from "../tests/record/generate_run.ts";
import { readTrace, withTrace } from "../trace.ts";
import { peakMemory, runApart } from "./apart.ts";
import { inTempFolder } from "./data.ts";
import { type BenchOptions, type BenchResult, formatRanges, runBench } from "./table.ts";

/** The figures of one process, times in milliseconds. */
interface Reading {
  readonly reading: number;
  readonly printing: number;
  /** The peak memory in bytes. */
  readonly memory: number;
  readonly steps: number;
}

/** Records a generated run, then reads its trace a few times over. */
export function benchReading({ quick }: BenchOptions): Promise<BenchResult> {
  return inTempFolder(async (storage) => {
    const path = await recordRun(storage, quick ? 500 : 10_000);
    const readings: (Reading & { readonly total: number })[] = [];
    for (let run = 0; run < (quick ? 1 : 7); run++) {
      const { output, time } = await runApart<Reading>(import.meta.url, ["--child", path]);
      readings.push({ ...output, total: time });
    }
    const of = (field: keyof typeof readings[number]) => readings.map((reading) => reading[field]);
    const size = `${(Deno.statSync(path).size / 1e6).toFixed(1)} MB`;
    return formatRanges(
      `reading: a trace of ${readings[0].steps} steps, ${size}`,
      [
        ["read and verify", of("reading"), "ms"],
        ["print", of("printing"), "ms"],
        ["the whole process", of("total"), "ms", "under 2000"],
        ["memory at most", of("memory").map((bytes) => bytes / 1e6), "MB", "under 300"],
      ],
      [`each time in a separate process, ${readings.length} in all`],
    );
  });
}

/** Records a run of at least `steps` steps and about a third as many rules. */
async function recordRun(storage: string, steps: number): Promise<string> {
  const options = { rules: Math.round(steps / 4), sets: false, growth: 0.05 };
  // An iteration has a step; the seed decides which ones have a critique or an audit besides.
  const { reports } = generateScript(1, { ...options, iterations: steps });
  const iterations = reports.slice(0, steps).filter(({ step }) => step.type === "iteration").length;
  const script = generateScript(1, { ...options, iterations });
  const { path } = await withTrace(scriptedLearner(script), { storage })({ examples: [] });
  return path;
}

/** Reads and prints the trace in the separate process. */
async function readHere(path: string): Promise<Reading> {
  const start = performance.now();
  const trace = await readTrace(path);
  const between = performance.now();
  formatTrace(trace, { width: 100 });
  const end = performance.now();
  return {
    reading: between - start,
    printing: end - between,
    memory: peakMemory(),
    steps: trace.steps.length,
  };
}

if (import.meta.main) await runBench(benchReading, readHere);
