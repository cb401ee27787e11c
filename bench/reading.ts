// deno-lint-ignore-file no-console
/**
 * Measures how long a trace of 10,000 steps takes to read, verify and print, and in how much memory:
 * each time in a process of its own.
 *
 *     deno run -A bench/reading.ts [--quick]
 *
 * @module
 */
import { formatTrace } from "../print.ts";
import { generateScript, scriptedLearner } from "../tests/record/generate_run.ts";
import { readTrace, withTrace } from "../trace.ts";
import { peakMemory, RANGE_HEADINGS, rangeRow, runApart } from "./apart.ts";
import { type BenchOptions, type BenchResult, formatTable } from "./table.ts";

/** What one process tells. Times in milliseconds. */
interface Reading {
  readonly reading: number;
  readonly printing: number;
  /** Bytes at most in memory. */
  readonly memory: number;
  readonly steps: number;
}

/** Records a generated run, then reads its trace a few times over. */
export async function benchReading({ quick }: BenchOptions): Promise<BenchResult> {
  const storage = await Deno.makeTempDir();
  try {
    const path = await recordRun(storage, quick ? 500 : 10_000);
    const readings: (Reading & { readonly total: number })[] = [];
    for (let run = 0; run < (quick ? 1 : 7); run++) {
      const { told, time } = await runApart<Reading>(import.meta.url, ["--child", path]);
      readings.push({ ...told, total: time });
    }
    return describe(readings, Deno.statSync(path).size);
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
}

/** Records a run of at least `steps` steps and about a third as many rules. */
async function recordRun(storage: string, steps: number): Promise<string> {
  const options = { rules: Math.round(steps / 4), sets: false, growth: 0.05 };
  // An iteration has a step, and some have a critique or an audit besides: which ones, the seed says.
  const { reports } = generateScript(1, { ...options, iterations: steps });
  const iterations = reports.slice(0, steps).filter(({ step }) => step.type === "iteration").length;
  const script = generateScript(1, { ...options, iterations });
  const { path } = await withTrace(scriptedLearner(script), { storage })({ examples: [] });
  return path;
}

/** What that process does. */
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

function describe(
  readings: readonly (Reading & { readonly total: number })[],
  size: number,
): BenchResult {
  const of = (field: keyof typeof readings[number]) => readings.map((reading) => reading[field]);
  const [{ steps }] = readings;
  const text = formatTable(
    `reading: a trace of ${steps} steps, ${(size / 1e6).toFixed(1)} MB`,
    RANGE_HEADINGS,
    [
      rangeRow("read and verify", of("reading"), "ms"),
      rangeRow("print", of("printing"), "ms"),
      rangeRow("the whole process", of("total"), "ms", "under 2000"),
      rangeRow("memory at most", of("memory").map((bytes) => bytes / 1e6), "MB", "under 300"),
    ],
    [`each time in a process of its own, ${readings.length} in all`],
  );
  const isNumber = readings.every((reading) => Object.values(reading).every(Number.isFinite));
  return { text, faults: isNumber ? [] : ["reading: a time or the memory is no number"] };
}

if (import.meta.main) {
  const [flag, path] = Deno.args;
  if (flag === "--child") console.log(JSON.stringify(await readHere(path)));
  else {
    const { text, faults } = await benchReading({ quick: Deno.args.includes("--quick") });
    console.log([text, ...faults].join("\n"));
  }
}
