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

/** The figures of a process that reads a trace that was cut off, time in milliseconds. */
interface Refusal {
  readonly refusing: number;
  /** The peak memory in bytes. */
  readonly memory: number;
}

/** Records a generated run, then reads its trace a few times over, and one that was cut off. */
export function benchReading({ quick }: BenchOptions): Promise<BenchResult> {
  return inTempFolder(async (storage) => {
    const path = await recordRun(storage, quick ? 500 : 10_000);
    const readings: (Reading & { readonly total: number })[] = [];
    for (let run = 0; run < (quick ? 1 : 7); run++) {
      const { output, time } = await runApart<Reading>(import.meta.url, ["--child", path]);
      readings.push({ ...output, total: time });
    }
    const of = (field: keyof typeof readings[number]) => readings.map((reading) => reading[field]);
    const cut = await writeCut(storage, quick ? 40e6 : 200e6);
    const refusals: Refusal[] = [];
    for (let run = 0; run < (quick ? 1 : 3); run++) {
      refusals.push((await runApart<Refusal>(import.meta.url, ["--child", cut])).output);
    }
    const size = `${(Deno.statSync(path).size / 1e6).toFixed(1)} MB`;
    return formatRanges(
      `reading: a trace of ${readings[0].steps} steps, ${size}`,
      [
        ["read and verify", of("reading"), "ms"],
        ["print", of("printing"), "ms"],
        ["the whole process", of("total"), "ms", "under 2000"],
        ["memory at most", of("memory").map((bytes) => bytes / 1e6), "MB", "under 300"],
        [
          `refuse ${quick ? 40 : 200} MB that were cut off`,
          refusals.map(({ refusing }) => refusing),
          "ms",
          "under 5000",
        ],
        ["memory for that", refusals.map(({ memory }) => memory / 1e6), "MB", "under 500"],
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

/** Writes the beginning of a trace, of which each line holds a character of three bytes. */
async function writeCut(storage: string, size: number): Promise<string> {
  const path = `${storage}/cut.trace.json`;
  const line = `{"type":"critique","analysis":"語","advice":[${'{"text":"x"},'.repeat(80)}{}]},\n`;
  const steps = line.repeat(Math.ceil(size / line.length));
  await Deno.writeTextFile(path, `{\n"format":"ruletrace",\n"version":1,\n"steps":[\n${steps}`);
  return path;
}

/** Reads and prints the trace in the separate process. */
async function readHere(path: string): Promise<Reading | Refusal> {
  const start = performance.now();
  if (path.endsWith("cut.trace.json")) {
    const isRefused = await readTrace(path).then(
      () => false,
      (error) => error.name === "SyntaxError",
    );
    if (!isRefused) throw new Error("a trace that was cut off was not refused as one");
    return { refusing: performance.now() - start, memory: peakMemory() };
  }
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
