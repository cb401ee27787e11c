/**
 * Measures how many of 5 % flipped labels are found within the first tenth of the examples, next to what the hard
 * examples of one run find.
 *
 *     deno run -A bench/evidence/suspicious.ts [--quick]
 *
 * @module
 */
import type { Dataset } from "../../learn/data/dataset.ts";
import { learnRules } from "../../pipeline.ts";
import { makeHardRows } from "../../review/label/hard.ts";
import { planSuspicions } from "../../review/label/suspicious.ts";
import { withTrace } from "../../trace.ts";
import { mislabelRandomly } from "../blame/planting.ts";
import { drawExamples, readData } from "../data.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  skipped,
} from "../table.ts";

/** Share of the examples whose label is flipped. */
const FLIPPED = 0.05;
/** Share of the examples that are looked at. */
const LOOKED_AT = 0.1;
/** The least share of flipped labels among these, with every seed. */
const LEAST = 0.85;
const FIRST_SEED = 2001;

/** A data set: its name, its folder and file, examples of each label (all without), and seeds. */
const SETS = [
  ["five classes", "banking77", "five_class_full.train", undefined, 5],
  ["sms", "sms", "train", undefined, 3],
  ["snips, small", "snips", "small.train", undefined, 3],
  ["banking77, 26 a label", "banking77", "train", 26, 5],
  ["banking77", "banking77", "train", undefined, 1],
] as const;

/** Measures on each data set; in a quick run with one seed on five classes of banking77. */
export async function benchSuspicious({ quick }: BenchOptions): Promise<BenchResult> {
  const rows: string[][] = [];
  const problems: string[] = [];
  for (const [name, folder, file, size, seeds] of quick ? SETS.slice(0, 1) : SETS) {
    const data = await readData(folder, file, file, "classification");
    if (data === undefined) return skipped("suspicious");
    const measured: Figures[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + (quick ? 1 : seeds); seed++) {
      measured.push(
        await measure(
          size === undefined ? data.train : drawExamples(data.train, size, seed),
          seed,
        ),
      );
    }
    const values = (figure: keyof Figures) => measured.map((one) => one[figure]);
    const least = Math.min(...values("tenth"));
    if (!(least >= LEAST)) {
      const found = (100 * least).toFixed(1);
      problems.push(`suspicious: ${name}: found ${found} %, expected at least ${100 * LEAST} %`);
    }
    const percent = (share: number) => (100 * share).toFixed(1);
    rows.push([
      name,
      String(median(values("examples"))),
      String(measured.length),
      percent(median(values("twentieth"))),
      percent(median(values("tenth"))),
      percent(least),
      percent(median(values("hard"))),
      median(values("seconds")).toFixed(1),
    ]);
  }
  const headings = ["data", "examples", "seeds", "in 5 %", "in 10 %", "least", "hard", "seconds"];
  const text = formatTable("suspicious: 5 % flipped labels that are found, in %", headings, rows, [
    `Medians over the seeds from ${FIRST_SEED}, with default options; held to ${
      100 * LEAST
    } % in 10 %, each.`,
    "in 5 %, in 10 %: among so many of the most suspicious examples; least: of all seeds, in 10 %.",
    "hard: among the first 10 % of the hard examples of one run, which take no other run.",
  ]);
  return { text, problems };
}

/** What is found with one seed, as shares of the flipped labels. */
interface Figures {
  readonly examples: number;
  readonly twentieth: number;
  readonly tenth: number;
  readonly hard: number;
  readonly seconds: number;
}

async function measure(train: Dataset, seed: number): Promise<Figures> {
  if (train.task !== "classification") throw new TypeError(`${train.name} has no labels`);
  const { dataset, faulty } = mislabelRandomly(train, FLIPPED, seed);
  const { trace } = await withTrace(learnRules)(dataset);
  const began = performance.now();
  const { suspicious } = await planSuspicions(trace, { data: dataset }).run();
  const seconds = (performance.now() - began) / 1000;
  const size = dataset.examples.length;
  const shareOf = (ids: readonly string[], share: number) =>
    ids.slice(0, Math.round(share * size)).filter((id) => faulty.has(id)).length / faulty.size;
  const ids = suspicious.map(({ id }) => id);
  const { rows } = makeHardRows({ path: "", trace, data: dataset, tape: [] });
  const hard = rows.map(({ shown: [{ id }] }) => id);
  return {
    examples: size,
    twentieth: shareOf(ids, FLIPPED),
    tenth: shareOf(ids, LOOKED_AT),
    hard: shareOf(hard, LOOKED_AT),
    seconds,
  };
}

if (import.meta.main) await runBench(benchSuspicious);
