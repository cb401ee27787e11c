/**
 * Measures what a trace costs a run of learning: runs with and without `withTrace`, in pairs.
 *
 *     deno run -A bench/tracing.ts [--quick]
 *
 * @module
 */
import process from "node:process";
import type { Dataset } from "../learn/data/dataset.ts";
import { type LearnOptions, learnRules } from "../pipeline.ts";
import { withTrace } from "../trace.ts";
import { inTempFolder, readData } from "./data.ts";
import { type BenchOptions, type BenchResult, formatRanges, runBench, skipped } from "./table.ts";

/** Milliseconds by the clock, and of all processors; other work of the machine is only in the first. */
interface Time {
  readonly elapsed: number;
  readonly processor: number;
}

interface Pair {
  readonly plain: Time;
  readonly traced: Time;
  /** Of `traced`, the milliseconds spent on the record: reports taken, files written. */
  readonly recording: number;
  /** The same if the journal is flushed to the disk once. */
  readonly flushedOnce: number;
  readonly steps: number;
}

/** Learns all of banking77 with and without a trace; in a quick run its five classes. */
export async function benchTracing({ quick }: BenchOptions): Promise<BenchResult> {
  const [train, test] = quick ? ["five_class_full.train", "five_class.test"] : ["train", "test"];
  const data = await readData("banking77", train, test);
  if (!data) return skipped("tracing");
  const pairs: Pair[] = [];
  let size = "";
  await inTempFolder(async (storage) => {
    const plain = () => time(() => learnRules(data.train));
    const record = async (flush: "step" | "end") => {
      const clock = new Stopwatch();
      const learn = withTrace(clock.around(learnRules), { storage, flush });
      let steps = 0;
      const traced = await time(async () => {
        const { trace, path } = await learn(data.train);
        steps = trace.steps.length;
        size = `${steps} steps, ${(Deno.statSync(path).size / 1e6).toFixed(1)} MB`;
      });
      return { traced, recording: traced.elapsed - clock.learning, steps };
    };
    const traced = async () => {
      const { recording: flushedOnce } = await record("end");
      return { ...await record("step"), flushedOnce };
    };
    // The first run is slower, whichever it is.
    await plain();
    for (let pair = 0; pair < (quick ? 3 : 7); pair++) {
      // The second run of a pair has a fuller heap, so each is second in turn.
      if (pair % 2 === 0) {
        const first = await plain();
        pairs.push({ plain: first, ...await traced() });
      } else {
        const first = await traced();
        pairs.push({ plain: await plain(), ...first });
      }
    }
  });
  return describe(data.train, pairs, size);
}

function describe(dataset: Dataset, pairs: readonly Pair[], size: string): BenchResult {
  const more = (field: keyof Time) =>
    pairs.map(({ plain, traced }) => 100 * (traced[field] / plain[field] - 1));
  const shares = pairs.map(({ traced, recording }) =>
    100 * recording / (traced.elapsed - recording)
  );
  const once = pairs.map(({ traced, recording, flushedOnce }) =>
    100 * flushedOnce / (traced.elapsed - recording)
  );
  const flushes = pairs.map(({ recording, flushedOnce, steps }) =>
    (recording - flushedOnce) / steps
  );
  const seconds = (which: "plain" | "traced") => pairs.map((pair) => pair[which].elapsed / 1e3);
  const { examples, labels } = dataset;
  return formatRanges(
    `tracing: runs of learning on ${examples.length} examples with ${labels.length} labels`,
    [
      ["without a trace", seconds("plain"), "s"],
      ["with a trace", seconds("traced"), "s"],
      ["more in a pair", more("elapsed"), "%", "under 2"],
      ["more processor time in a pair", more("processor"), "%"],
      ["time in the recorder", shares, "%"],
      ['with flush: "end"', once, "%"],
      ["flushing a step", flushes, "ms"],
    ],
    [
      `${pairs.length} pairs, in alternating order; the trace has ${size}`,
      "pairs differ by other work of the machine, the time in the recorder hardly does",
    ],
    2,
  );
}

/** Measures the time of a learner without the time of the functions that it reports to. */
class Stopwatch {
  /** Milliseconds in the learner alone. */
  learning = 0;

  /** Returns the learner with its time measured. */
  around(learn: typeof learnRules): typeof learnRules {
    return async (dataset, options) => {
      const start = performance.now();
      let reporting = 0;
      const timed = <Report>(sink?: (report: Report) => void) => (report: Report) => {
        const start = performance.now();
        sink?.(report);
        reporting += performance.now() - start;
      };
      const sinks: LearnOptions = {
        onStart: timed(options?.onStart),
        onStep: timed(options?.onStep),
      };
      const result = await learn(dataset, { ...options, ...sinks });
      this.learning = performance.now() - start - reporting;
      return result;
    };
  }
}

async function time(run: () => Promise<unknown>): Promise<Time> {
  const start = performance.now();
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return { elapsed: performance.now() - start, processor: (user + system) / 1e3 };
}

if (import.meta.main) await runBench(benchTracing);
