/**
 * Measures how long a folder of 1,000 traces takes to list, each time in a separate process.
 *
 *     deno run -A bench/history.ts [--quick]
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { generateScript, scriptedLearner } from "../tests/record/generate_run.ts";
import { withTrace } from "../trace.ts";
import { runApart } from "./apart.ts";
import { inTempFolder } from "./data.ts";
import { type BenchOptions, type BenchResult, formatRanges, runBench } from "./table.ts";

/** Rules and iterations of the runs, so that traces have 25 to 100 kB. */
const SIZES = [
  { rules: 50, iterations: 8 },
  { rules: 120, iterations: 20 },
  { rules: 200, iterations: 35 },
];

/** Records runs of three sizes into one folder, then lists it a few times over. */
export function benchHistory({ quick }: BenchOptions): Promise<BenchResult> {
  return inTempFolder(async (storage) => {
    const runs = quick ? 30 : 1_000;
    for (let run = 0; run < runs; run++) {
      const size = SIZES[run % SIZES.length];
      const options = { ...size, sets: false, growth: 0.3, id: `run-${run}` };
      const script = generateScript(run + 1, options);
      await withTrace(scriptedLearner(script), { storage, flush: "end" })({ examples: [] });
    }
    const sizes = [...Deno.readDirSync(storage)]
      .map(({ name }) => Deno.statSync(join(storage, name)).size / 1_000);
    const times: number[] = [];
    for (let time = 0; time < (quick ? 1 : 5); time++) times.push(await listApart(storage, runs));
    return formatRanges(
      `history: a folder of ${runs} traces`,
      [["the whole process", times, "ms", "under 5000"], ["a trace", sizes, "kB"]],
      [`each time in a separate process, ${times.length} in all`],
    );
  });
}

/** Returns how many milliseconds the script takes from start to end. */
async function listApart(storage: string, runs: number): Promise<number> {
  const script = new URL("../review/compare.ts", import.meta.url);
  const { output: listed, time } = await runApart<{ runs: unknown[] }>(
    script,
    [storage, "--json"],
    [
      `--allow-read=${storage}`,
    ],
  );
  if (listed.runs.length !== runs) throw new Error(`${listed.runs.length} of ${runs} are listed`);
  return time;
}

if (import.meta.main) await runBench(benchHistory);
