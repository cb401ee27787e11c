/**
 * Measures whether the test for drift tells wrong labels from another seed: on evidence of runs that learned from the
 * same examples by other seeds, and from such of which some have another label.
 *
 * @module
 */
import { learnRules } from "../../pipeline.ts";
import type { LabelledDataset } from "../../learn/data/dataset.ts";
import { type CategoryCounts, compareCounts } from "../../review/drift.ts";
import type { Evidence } from "../../review/evidence/format.ts";
import { classOfPrecision } from "../../review/evidence/counting.ts";
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
const FALSE_ALARMS = 0.25;

/** By what evidence is counted, and whether that is held to the shares above. */
const CATEGORIES: readonly {
  readonly name: string;
  readonly isHeld: boolean;
  readonly of: (one: Evidence) => string | undefined;
}[] = [
  // A verdict on a patch decides on many rules at once, so that chance differs by more than the test assumes.
  { name: "judgement", isHeld: false, of: ({ kind, judgement }) => `${kind} ${judgement}` },
  { name: "reason", isHeld: false, of: ({ kind, reason }) => `${kind} ${reason}` },
  {
    name: "precision on held-out examples",
    isHeld: true,
    of: (one) => one.kind === "rule" ? classOfPrecision(one) : undefined,
  },
];

/** Counts evidence by category; what has none is left out. */
function countCategories(
  evidence: readonly Evidence[],
  of: (one: Evidence) => string | undefined,
): CategoryCounts {
  const names = evidence.flatMap((one) => of(one) ?? []);
  return Object.fromEntries(
    [...Map.groupBy(names, (name) => name)].map(([name, { length }]) => [name, length]),
  );
}

/** Learns by several seeds, from right and from partly wrong labels, and compares the evidence of each two. */
export async function benchDrift(folder: string, quick: boolean): Promise<BenchResult> {
  const names: readonly SampleName[] = quick ? ["banking"] : ["banking", "snips-700", "sms-1200"];
  const seeds = Array.from({ length: quick ? 2 : 10 }, (_, n) => n + 1);
  const rows: string[][] = [];
  const problems: string[] = [];
  await Deno.mkdir(folder, { recursive: true });
  for (const name of names) {
    const sample = await drawSample(name, folder);
    if (sample?.train.task !== "classification") continue;
    const { train } = sample;
    const clean = await collect(seeds, (seed) => judgeRun(train, seed));
    const flipped = await collect(seeds, (seed) => judgeRun(flip(train, seed), seed + 100));
    for (const { name: counted, isHeld, of } of CATEGORIES) {
      const [right, wrong] = [clean, flipped].map((runs) =>
        runs.map((run) => countCategories(run, of))
      );
      const reseeds = right.flatMap((one, place) =>
        right.slice(place + 1).map((other) => isDrift(one, other))
      );
      const faults = right.flatMap((one) => wrong.map((other) => isDrift(one, other)));
      const [alarms, found] = [reseeds, faults].map((all) =>
        all.filter(Boolean).length / all.length
      );
      const isReached = found >= FOUND && alarms <= FALSE_ALARMS;
      if (isHeld && !isReached) {
        const told = `${percent(alarms)} of reseeds told, ${percent(found)} of flipped labels`;
        problems.push(`drift: ${name}: ${told}`);
      }
      rows.push([
        ...[name, counted, String(reseeds.length), percent(alarms)],
        ...[String(faults.length), percent(found)],
        isHeld ? `≤ ${percent(FALSE_ALARMS)}, ≥ ${percent(FOUND)}` : "",
      ]);
    }
  }
  const headings = ["data", "rules by", "reseeds", "told", "flipped", "told", "held to"];
  const text = formatTable("evidence: drift", headings, rows, [
    `flipped: ${percent(FLIPPED)} of the labels, and another seed`,
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

async function judgeRun(data: LabelledDataset, seed: number): Promise<Evidence[]> {
  const { trace } = await withTrace(learnRules)(data, { seed });
  return judge({ path: "", trace, data, tape: [] });
}

function isDrift(before: CategoryCounts, after: CategoryCounts): boolean {
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
