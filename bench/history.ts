// deno-lint-ignore-file no-console
/**
 * Measures how long a folder of 1,000 traces takes to list, each time in a process of its own.
 *
 *     deno run -A bench/history.ts [--quick]
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { generateScript, scriptedLearner } from "../tests/record/generate_run.ts";
import { withTrace } from "../trace.ts";
import { RANGE_HEADINGS, rangeRow, runApart } from "./apart.ts";
import { type BenchOptions, type BenchResult, formatTable } from "./table.ts";

/** Rules and iterations of the runs, so that traces have 25 to 100 kB. */
const SIZES = [
  { rules: 50, iterations: 8 },
  { rules: 120, iterations: 20 },
  { rules: 200, iterations: 35 },
];

/** Records runs of three sizes into one folder, then lists it a few times over. */
export async function benchHistory({ quick }: BenchOptions): Promise<BenchResult> {
  const storage = await Deno.makeTempDir();
  try {
    const runs = quick ? 30 : 1_000;
    for (let run = 0; run < runs; run++) {
      const size = SIZES[run % SIZES.length];
      const script = generateScript(run + 1, {
        ...size,
        sets: false,
        growth: 0.3,
        id: `run-${run}`,
      });
      await withTrace(scriptedLearner(script), { storage })({ examples: [] });
    }
    const sizes = [...Deno.readDirSync(storage)]
      .map(({ name }) => Deno.statSync(join(storage, name)).size / 1_000);
    const times = [];
    for (let time = 0; time < (quick ? 1 : 5); time++) times.push(await listApart(storage, runs));
    return describe(runs, times, sizes);
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
}

/** Milliseconds that the script takes from start to end. */
async function listApart(storage: string, runs: number): Promise<number> {
  const script = new URL("../review/compare.ts", import.meta.url);
  const { told: listed, time } = await runApart<{ runs: unknown[] }>(script, [storage, "--json"], [
    `--allow-read=${storage}`,
  ]);
  if (listed.runs.length !== runs) throw new Error(`${listed.runs.length} of ${runs} are listed`);
  return time;
}

function describe(runs: number, times: readonly number[], sizes: readonly number[]): BenchResult {
  const text = formatTable(
    `history: a folder of ${runs} traces`,
    RANGE_HEADINGS,
    [
      rangeRow("the whole process", times, "ms", "under 5000"),
      rangeRow("a trace", sizes, "kB"),
    ],
    [`each time in a process of its own, ${times.length} in all`],
  );
  return { text, faults: times.every(Number.isFinite) ? [] : ["history: a time is no number"] };
}

if (import.meta.main) {
  const { text, faults } = await benchHistory({ quick: Deno.args.includes("--quick") });
  console.log([text, ...faults].join("\n"));
}
