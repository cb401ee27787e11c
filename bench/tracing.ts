// deno-lint-ignore-file no-console
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
import { readData } from "./data.ts";
import { type BenchOptions, type BenchResult, formatTable, median, skipped } from "./table.ts";

/** Milliseconds by the clock, and of all processors: what else the machine does is only in the first. */
interface Time {
  readonly elapsed: number;
  readonly processor: number;
}

interface Pair {
  readonly plain: Time;
  readonly traced: Time;
  /** Of `traced`, the milliseconds spent on the record: reports taken, files written. */
  readonly recording: number;
}

/** Learns all of banking77 with and without a trace; in a quick run its five classes. */
export async function benchTracing({ quick }: BenchOptions): Promise<BenchResult> {
  const [train, test] = quick ? ["five_class_full.train", "five_class.test"] : ["train", "test"];
  const data = await readData("banking77", train, test);
  if (!data) return skipped("tracing");
  const storage = await Deno.makeTempDir();
  const pairs: Pair[] = [];
  let size = "";
  try {
    const plain = () => time(() => learnRules(data.train));
    const traced = async () => {
      const clock = new Stopwatch();
      const learn = withTrace(clock.around(learnRules), { storage });
      const traced = await time(async () => {
        const { trace, path } = await learn(data.train);
        size = `${trace.steps.length} steps, ${(Deno.statSync(path).size / 1e6).toFixed(1)} MB`;
      });
      return { traced, recording: traced.elapsed - clock.learning };
    };
    // The first run is slower, whichever it is.
    await plain();
    for (let pair = 0; pair < (quick ? 3 : 7); pair++) {
      // What comes second in a pair meets a fuller heap: each is second in turn.
      if (pair % 2 === 0) {
        const first = await plain();
        pairs.push({ plain: first, ...await traced() });
      } else {
        const first = await traced();
        pairs.push({ plain: await plain(), ...first });
      }
    }
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
  return describe(data.train, pairs, size);
}

function describe(dataset: Dataset, pairs: readonly Pair[], size: string): BenchResult {
  const more = (field: keyof Time) => {
    return pairs.map(({ plain, traced }) => 100 * (traced[field] / plain[field] - 1));
  };
  const shares = pairs.map(({ traced, recording }) => {
    return 100 * recording / (traced.elapsed - recording);
  });
  const rows = [
    ["without a trace", ...summary(pairs.map(({ plain }) => plain.elapsed / 1e3)), "s"],
    ["with a trace", ...summary(pairs.map(({ traced }) => traced.elapsed / 1e3)), "s"],
    ["more in a pair", ...summary(more("elapsed")), "%"],
    ["more processor time in a pair", ...summary(more("processor")), "%"],
    ["time in the recorder", ...summary(shares), "%"],
  ];
  const { length } = dataset.examples;
  const text = formatTable(
    `tracing: runs of learning on ${length} examples with ${dataset.labels.length} labels`,
    ["what", "median", "least", "most", "unit"],
    rows,
    [
      `${pairs.length} pairs, in alternating order; the trace has ${size}`,
      "held to: under 2 % more. Pairs differ by what else the machine does, the recorder's time hardly",
    ],
  );
  const isNumber = [...more("elapsed"), ...more("processor"), ...shares].every(Number.isFinite);
  return { text, faults: isNumber ? [] : ["tracing: a ratio of times is no number"] };
}

function summary(values: readonly number[]): string[] {
  return [median(values), Math.min(...values), Math.max(...values)]
    .map((value) => value.toFixed(2));
}

/** Tells the time a learner takes from the time that those it reports to take. */
class Stopwatch {
  /** Milliseconds in the learner alone. */
  learning = 0;

  /** The same learner, timed. */
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

if (import.meta.main) {
  const { text, faults } = await benchTracing({ quick: Deno.args.includes("--quick") });
  console.log([text, ...faults].join("\n"));
}
