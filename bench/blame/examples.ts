/**
 * Faults of examples: groups and single ones that are labelled wrongly, test texts that are learned from, and none.
 *
 * @module
 */
import type { LabelledDataset } from "../../learn/data/dataset.ts";
import { learnRules } from "../../pipeline.ts";
import { blameClusters } from "../../review/blame/clusters.ts";
import { findLeaks } from "../../review/blame/leaks.ts";
import { blameLabels } from "../../review/blame/mislabels.ts";
import { createRetraining, type Retraining } from "../../review/blame/retraining.ts";
import { type Data, readData } from "../data.ts";
import { createFault, type FaultClass, type FaultTargets, type Judgement } from "./faults.ts";
import {
  drawLabels,
  dropExamples,
  keepLabels,
  leakTest,
  mislabelNeighbours,
  mislabelRandomly,
  mislabelWord,
  type PlantedData,
} from "./planting.ts";

/** Labelled texts to learn from, and to measure on. */
interface LabelledData {
  readonly train: LabelledDataset;
  readonly test: LabelledDataset;
}

/** Data with a fault, and the test set for it. */
interface PlantedRun extends PlantedData {
  readonly test: LabelledDataset;
}

/** A data set, or one that is drawn anew for each seed; and how often each kind of fault is planted. */
interface Source {
  readonly name: string;
  readonly draw: (seed: number) => LabelledData;
  readonly clusters: number;
  readonly clean: number;
  readonly singles: number;
  readonly leaks: number;
  /** Whether the thresholds hold for it; on the others, the figures are only told. */
  readonly isHeld: boolean;
}

const FIRST: FaultTargets = { first: 0.9, flagged: 0.7, falseFlags: 0 };
const CLEAN: FaultTargets = { falseFlags: 0 };
const SINGLES: FaultTargets = { precision: 0.9 };
const LEAKS: FaultTargets = { listed: 1 };
/** Share of the examples that are mislabelled at random. */
const NOISE = 0.05;
const LEAKED = 60;

/** Lists the faults of examples on all data sets that are there. */
export async function listExampleFaults(): Promise<FaultClass[]> {
  return (await readSources()).flatMap((source) => {
    const { name, draw, clusters, clean, singles, leaks, isHeld } = source;
    const shared = (runs: number, held: FaultTargets) => {
      return {
        data: name,
        runs,
        quickRuns: name === FIVE ? Math.ceil(runs / 4) : 0,
        ...(isHeld && { held }),
      };
    };
    const plantWith =
      (mislabel: (dataset: LabelledDataset, seed: number) => PlantedData) =>
      (seed: number): PlantedRun => {
        const { train, test } = draw(seed);
        return { ...mislabel(train, seed), test };
      };
    return [
      createFault({
        name: "cluster, by a word",
        ...shared(clusters, FIRST),
        plant: plantWith(mislabelWord),
        judge: judgeClusters,
      }),
      createFault({
        name: "cluster, by neighbours",
        ...shared(clusters, FIRST),
        plant: plantWith(mislabelNeighbours),
        judge: judgeClusters,
      }),
      createFault({
        name: "no cluster",
        ...shared(clean, CLEAN),
        plant: plantWith((dataset) => ({ dataset, faulty: new Set() })),
        judge: async (planted: PlantedRun, seed) => {
          const { isFalse, trainings } = await judgeClusters(planted, seed);
          return { isFalse, trainings };
        },
      }),
      createFault({
        name: "5 % at random",
        ...shared(singles, SINGLES),
        plant: plantWith((dataset, seed) => mislabelRandomly(dataset, NOISE, seed)),
        judge: judgeSingles,
      }),
      createFault({
        name: `${LEAKED} test texts`,
        ...shared(leaks, LEAKS),
        plant: (seed) => {
          const { train, test } = draw(seed);
          return { ...leakTest(train, test, LEAKED, seed), test };
        },
        judge: ({ dataset, leaked, test }) => {
          const found = new Set(
            findLeaks(dataset.examples, test.examples).map(({ test }) => test),
          );
          const right = leaked.filter((id) => found.has(id)).length;
          return { listed: { right, all: leaked.length }, trainings: 0 };
        },
      }),
    ].filter(({ runs }) => runs > 0);
  });
}

const FIVE = "five labels";

async function readSources(): Promise<Source[]> {
  const examples = new URL("../../examples/", import.meta.url);
  const five = requireLabels(await readData(".", "banking", "banking_test", undefined, examples));
  const all = requireLabels(await readData("banking77", "train", "test"));
  const sms = requireLabels(await readData("sms", "train", "test"));
  const draw = (data: LabelledData, size: number) => (seed: number): LabelledData => {
    const train = drawLabels(data.train, size, seed);
    return { train, test: keepLabels(data.test, train.labels) };
  };
  const once = { isHeld: false, leaks: 0 };
  return [
    ...(five
      ? [{
        name: FIVE,
        draw: () => five,
        clusters: 24,
        clean: 24,
        singles: 8,
        leaks: 4,
        isHeld: true,
      }]
      : []),
    ...(all
      ? [
        {
          ...once,
          name: "5 of 77 labels",
          draw: draw(all, 5),
          clusters: 12,
          clean: 24,
          singles: 4,
        },
        {
          ...once,
          name: "20 of 77 labels",
          draw: draw(all, 20),
          clusters: 6,
          clean: 6,
          singles: 1,
        },
      ]
      : []),
    ...(sms ? [{ ...once, name: "sms", draw: () => sms, clusters: 4, clean: 3, singles: 1 }] : []),
  ];
}

function requireLabels(data: Data | undefined): LabelledData | undefined {
  if (data === undefined) return undefined;
  const { train, test } = data;
  if (train.task === "classification" && test.task === "classification") return { train, test };
  throw new TypeError(`${train.name} has no labels`);
}

function retrain(dataset: LabelledDataset, seed: number): Retraining {
  return createRetraining((dropped) => learnRules(dropExamples(dataset, dropped), { seed }));
}

/** Judges the groups that are blamed: at least half of the examples of the first one should be faulty. */
async function judgeClusters(
  { dataset, faulty, test }: PlantedRun,
  seed: number,
): Promise<Judgement> {
  const retraining = retrain(dataset, seed);
  const learned = await learnRules(dataset, { seed });
  const { clusters } = await blameClusters(dataset, learned, retraining, { test });
  const isFaulty = ({ examples }: (typeof clusters)[number]) =>
    examples.filter((id) => faulty.has(id)).length * 2 >= examples.length;
  const [first] = clusters;
  const isFirst = first !== undefined && isFaulty(first);
  return {
    isFirst,
    isFlagged: isFirst && first.evidence === "decisive",
    isFalse: clusters.some((one) => one.evidence === "decisive" && !isFaulty(one)),
    trainings: retraining.trainings,
  };
}

/** Judges the single examples that are blamed. */
async function judgeSingles(
  { dataset, faulty }: PlantedRun,
  seed: number,
): Promise<Judgement> {
  const retraining = retrain(dataset, seed);
  const { examples } = await blameLabels(dataset, retraining);
  const countFaulty = (ones: typeof examples) =>
    ones.filter(({ example }) => faulty.has(example)).length;
  const suggested = examples.filter(({ evidence }) => evidence === "suggestive");
  return {
    precision: countFaulty(examples.slice(0, faulty.size)) / faulty.size,
    listed: { right: countFaulty(suggested), all: suggested.length },
    trainings: retraining.trainings,
  };
}
