/**
 * Measures whether the test for drift tells wrong labels from another seed: on evidence of runs that learned from the
 * same examples by other seeds, and from such of which some have another label.
 *
 * @module
 */
import { learnRules } from "../../pipeline.ts";
import type { LabelledDataset } from "../../learn/data/dataset.ts";
import { compareCounts } from "../../review/dataset/drift.ts";
import { type Tally, tallyEvidence } from "../../review/dataset/summary.ts";
import { judge } from "../../review/evidence/judging.ts";
import { withTrace } from "../../trace.ts";
import { type BenchResult, formatTable } from "../table.ts";
import { pick } from "./guessing.ts";
import { seedRandom } from "./model.ts";
import { drawSample, type SampleName } from "./samples.ts";

/** Share of the examples that get another label. */
const FLIPPED = 0.15;
/** Share of comparisons with flipped labels that are told as drift, at least, and of those without, at most. */
const FOUND = 0.9;
const FALSE_ALARMS = 0.3;

/** Learns by several seeds, from right and from partly wrong labels, and compares the evidence of each two. */
export async function benchDrift(folder: string, quick: boolean): Promise<BenchResult> {
  const names: readonly SampleName[] = quick ? ["banking"] : ["banking", "snips-700", "sms-1200"];
  const seeds = Array.from({ length: quick ? 3 : 10 }, (_, n) => n + 1);
  const rows: string[][] = [];
  const problems: string[] = [];
  await Deno.mkdir(folder, { recursive: true });
  for (const name of names) {
    const sample = await drawSample(name, folder);
    if (sample?.train.task !== "classification") continue;
    const { train } = sample;
    const clean = await collect(seeds, (seed) => tallyRun(train, seed));
    const flipped = await collect(seeds, (seed) => tallyRun(flip(train, seed), seed + 100));
    const reseeds = clean.flatMap((one, place) =>
      clean.slice(place + 1).map((other) => isDrift(one, other))
    );
    const faults = clean.flatMap((one) => flipped.map((other) => isDrift(one, other)));
    const [alarms, found] = [reseeds, faults].map((all) => all.filter(Boolean).length / all.length);
    if (found < FOUND) problems.push(`drift: ${name}: ${percent(found)} of flipped labels found`);
    if (alarms > FALSE_ALARMS) problems.push(`drift: ${name}: ${percent(alarms)} false alarms`);
    rows.push([
      name,
      String(reseeds.length),
      percent(alarms),
      String(faults.length),
      percent(found),
    ]);
  }
  const headings = ["data", "reseeded", "told", "flipped", "told"];
  const text = formatTable("evidence: drift", headings, rows, [
    `flipped: ${percent(FLIPPED)} of the labels; held to: at least ${
      percent(FOUND)
    } told of flipped`,
    `ones, at most ${percent(FALSE_ALARMS)} of those that differ by the seed alone`,
  ]);
  return { text, problems: quick ? [] : problems };
}

async function collect<T>(
  seeds: readonly number[],
  make: (seed: number) => Promise<T>,
): Promise<T[]> {
  const all: T[] = [];
  for (const seed of seeds) all.push(await make(seed));
  return all;
}

async function tallyRun(data: LabelledDataset, seed: number): Promise<Tally> {
  const { trace } = await withTrace(learnRules)(data, { seed });
  return tallyEvidence(judge({ path: "", trace, data, tape: [] }));
}

function isDrift(before: Tally, after: Tally): boolean {
  return compareCounts(before, after)?.isDrift ?? false;
}

/** Gives some of the examples another label. */
function flip(data: LabelledDataset, seed: number): LabelledDataset {
  const random = seedRandom(["flip", seed]);
  const examples = data.examples.map((example) =>
    random() >= FLIPPED
      ? example
      : { ...example, label: pick(data.labels.filter((label) => label !== example.label), random) }
  );
  return { ...data, examples };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
