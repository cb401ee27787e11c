/**
 * Measures how long a run goes without a breath, and how long it takes to end its record once it is aborted.
 *
 *     deno run -A bench/learning/stopping.ts [--quick]
 *
 * @module
 */
import process from "node:process";
import type { Dataset } from "../../learn/data/dataset.ts";
import { learnRules } from "../../pipeline.ts";
import { withTrace } from "../../trace.ts";
import { inTempFolder, readData } from "../data.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatRanges,
  median,
  type RangeRow,
  runBench,
  skipped,
} from "../table.ts";

const RUNS = 3;
/** How often a run is aborted, at moments that are spread over the time that it takes. */
const ABORTS = 5;

/** Learns whole runs with a watch on the event loop, then aborts runs at moments spread over their time. */
export async function benchStopping({ quick }: BenchOptions): Promise<BenchResult> {
  const banking = await readData("banking77", "train", "test");
  const snips = await readData("snips", quick ? "small.train" : "train", "test", "ner");
  if (banking === undefined || snips === undefined) return skipped("stopping");
  const rows: RangeRow[] = [];
  for (const [name, { train }] of Object.entries({ banking77: banking, "snips slots": snips })) {
    const runs: Watched[] = [];
    for (let left = quick ? 1 : RUNS; left > 0; left--) runs.push(await watch(train));
    const total = median(runs.map(({ total }) => total));
    const aborts = Array.from({ length: quick ? 1 : ABORTS }, (_, place) => (place + 0.5) / ABORTS);
    const ends: number[] = [];
    for (const part of aborts) ends.push(await abortAfter(train, part * total));
    rows.push(
      [`${name}: a whole run`, runs.map(({ total }) => total), "ms"],
      [`${name}: longest time without a breath`, runs.map(({ longest }) => longest), "ms", "500"],
      [`${name}: the same in processor time`, runs.map(({ busiest }) => busiest), "ms", "500"],
      [`${name}: longest time without progress`, runs.map(({ silent }) => silent), "ms", "500"],
      [`${name}: from abort to the end of the record`, ends, "ms", "500"],
    );
  }
  return formatRanges("stopping: from Ctrl-C to the end of the record", rows, [
    "The watch is a timer of 1 ms. Aborts are spread evenly over the time of a run.",
  ]);
}

/** The milliseconds of a run, the longest without the event loop, the longest without a word of progress. */
interface Watched {
  readonly total: number;
  readonly longest: number;
  /** The longest in processor time, which other work of the machine does not change. */
  readonly busiest: number;
  readonly silent: number;
}

/** Learns with a record, and watches how long the event loop stands. */
function watch(train: Dataset): Promise<Watched> {
  return inTempFolder(async (storage) => {
    const start = performance.now();
    let [longest, last] = [0, start];
    let [busiest, spent] = [0, processorTime()];
    const look = () => {
      const [now, used] = [performance.now(), processorTime()];
      longest = Math.max(longest, now - last);
      busiest = Math.max(busiest, used - spent);
      [last, spent] = [now, used];
    };
    let [silent, told] = [0, start];
    const onProgress = () => {
      const now = performance.now();
      silent = Math.max(silent, now - told);
      told = now;
    };
    const timer = setInterval(look, 1);
    await withTrace(learnRules, { storage })(train, { onProgress });
    look();
    onProgress();
    clearInterval(timer);
    return { total: performance.now() - start, longest, busiest, silent };
  });
}

/** Returns the milliseconds of all threads of this process. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Aborts a run some milliseconds after its begin; returns how long it then takes to end. */
function abortAfter(train: Dataset, milliseconds: number): Promise<number> {
  return inTempFolder(async (storage) => {
    const controller = new AbortController();
    const due = performance.now() + milliseconds;
    // The moment of Ctrl-C is when it was due, not when the timer is served.
    const timer = setTimeout(() => controller.abort(), milliseconds);
    await withTrace(learnRules, { storage })(train, { signal: controller.signal }).catch(() => {});
    clearTimeout(timer);
    return performance.now() - due;
  });
}

if (import.meta.main) await runBench(benchStopping);
