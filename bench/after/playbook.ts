/**
 * Measures what a run on few examples gains from the playbook of an earlier run on others.
 *
 *     deno run -A bench/after/playbook.ts [--quick]
 *
 * @module
 */
import type { Dataset } from "../../learn/data/dataset.ts";
import type { LabelledExample } from "../../learn/data/examples.ts";
import { createPlaybook, type PlaybookEntry } from "../../learn/rules/playbook.ts";
import { createRandom } from "../../learn/score/random.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { readPlaybook } from "../../pipeline/rule_files.ts";
import { exportDataset } from "../../review/dataset.ts";
import { withTrace } from "../../trace.ts";
import { type Data, drawExamples, inTempFolder, readData } from "../data.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  skipped,
} from "../table.ts";

/** Examples of a label that an earlier run learns from, at most, and that are kept for the run that begins with its playbook. */
const EARLIER = 80;
const KEPT = 40;
/** Examples of a label to learn from, and the least that a playbook adds to F1 on test. */
const SIZES = [[5, 0.20], [10, undefined], [20, 0.04], [40, undefined]] as const;
/** Sizes at which a part of the playbook is mislabelled, or of other labels. */
const WRONG_SIZES: readonly number[] = [5, 20];
/** The most F1 that it may cost if a third of a playbook is mislabelled. */
const MOST_LOST = 0.01;
const DRAWS = 6;
/** Draws for the sizes that are held to nothing. */
const OTHER_DRAWS = 3;
/** Labels of the quick check. */
const FEW = 6;

type Note = (size: number, what: string, f1: number) => void;

/** Measures on draws of banking77. */
export async function benchPlaybook({ quick }: BenchOptions): Promise<BenchResult> {
  const data = await readData("banking77", "train", "test");
  if (data === undefined) return skipped("playbook");
  const draws = quick ? 1 : DRAWS;
  const sizes = quick ? SIZES.slice(0, 1) : SIZES;
  const figures = new Map<string, number[]>();
  const note: Note = (size, what, f1) => {
    const key = `${what} ${size}`;
    figures.set(key, [...figures.get(key) ?? [], f1]);
  };
  const changed: string[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const labels = quick ? data.train.labels.slice(0, FEW) : data.train.labels;
    const measured = sizes.filter(([, least]) => least !== undefined || draw < OTHER_DRAWS)
      .map(([size]) => size);
    changed.push(...await measureDraw(draw, restrict(data, labels), measured, note));
  }
  const of = (what: string, size: number) => figures.get(`${what} ${size}`) ?? [];
  const f1 = (what: string, size: number) => median(of(what, size));
  /** Returns the median over draws of what `what` has more than `than`. */
  const more = (what: string, than: string, size: number) =>
    median(of(what, size).map((figure, draw) => figure - of(than, size)[draw]));
  const problems = changed.map((size) =>
    `playbook: entries about other labels changed what was learned from ${size} examples a label`
  );
  for (const [size, least] of sizes) {
    const gained = more("warm", "cold", size);
    if (!quick && least !== undefined && !(gained >= least)) {
      problems.push(`playbook: ${size} a label: adds ${points(gained)}, expected ${points(least)}`);
    }
    if (!WRONG_SIZES.includes(size)) continue;
    for (const than of quick ? ["cold"] : ["cold", "good"]) {
      const lost = -more("mislabelled", than, size);
      if (lost <= MOST_LOST) continue;
      problems.push(`playbook: ${size} a label, a third mislabelled: ${points(-lost)} to ${than}`);
    }
  }
  const wrong = sizes.filter(([size]) => WRONG_SIZES.includes(size));
  const show = (what: string, size: number) => f1(what, size).toFixed(3);
  const notes = [
    `Medians of ${draws} draws of ${
      quick ? FEW : "all"
    } labels of banking77 (${OTHER_DRAWS} where nothing is expected).`,
    "Differences are medians of the differences.",
    `The playbook is of a run on up to ${EARLIER} other examples a label, as review/dataset.ts writes it.`,
  ];
  const text = [
    formatTable(
      "few examples with the playbook of an earlier run: F1 on test",
      ["a label", "alone", "with it", "adds", "at least"],
      sizes.map(([size, least]) => [
        String(size),
        show("cold", size),
        show("warm", size),
        points(more("warm", "cold", size)),
        least === undefined ? "" : points(least),
      ]),
      notes,
    ),
    formatTable(
      "with the labels of a third of its rules permuted",
      ["a label", "F1", "than alone", "than all of it", "than its other two thirds"],
      wrong.map(([size]) => [
        String(size),
        show("mislabelled", size),
        ...["cold", "warm", "good"].map((than) => points(more("mislabelled", than, size))),
      ]),
      ["Held to: costs at most 1 point, to learning alone and to the other two thirds."],
    ),
  ].join("\n\n");
  return { text, problems };
}

/** Measures one draw; returns the sizes at which entries about other labels changed a run. */
async function measureDraw(
  draw: number,
  { train, test }: Data,
  sizes: readonly number[],
  note: Note,
): Promise<string[]> {
  const drawn = drawExamples(train, KEPT + EARLIER, draw);
  const kept = take(drawn, 0, KEPT);
  const entries = await learnPlaybook(take(drawn, KEPT, KEPT + EARLIER), test);
  const learn = async (dataset: Dataset, options: LearnOptions = {}) => {
    const { rules, scores } = await learnRules(dataset, { ...options, test });
    return { rules, f1: scores.test!.f1 };
  };
  const changed: string[] = [];
  for (const size of sizes) {
    const own = take(kept, 0, size);
    const begin = (some: readonly PlaybookEntry[]) =>
      learn(own, { playbook: createPlaybook(some) });
    const cold = await learn(own);
    note(size, "cold", cold.f1);
    note(size, "warm", (await begin(entries)).f1);
    if (!WRONG_SIZES.includes(size)) continue;
    const { good, wrong } = mislabel(entries, draw);
    note(size, "good", (await begin(good)).f1);
    note(size, "mislabelled", (await begin([...good, ...wrong])).f1);
    if (size !== sizes[0]) continue;
    const others = await begin(entries.map(renameLabel));
    if (JSON.stringify(others.rules) !== JSON.stringify(cold.rules)) changed.push(String(size));
  }
  return changed;
}

/** Learns from examples, and exports the run as a user does; returns the playbook. */
function learnPlaybook(dataset: Dataset, test: Dataset): Promise<readonly PlaybookEntry[]> {
  return inTempFolder(async (folder) => {
    const write = (name: string, { examples }: Dataset) => {
      const lines = (examples as readonly LabelledExample[]).map((one) =>
        `${JSON.stringify(one)}\n`
      );
      Deno.writeTextFileSync(`${folder}/${name}`, lines.join(""));
      return `${folder}/${name}`;
    };
    const data = [write("earlier.jsonl", dataset)];
    const protect = [write("test.jsonl", test)];
    await withTrace(learnRules, { storage: `${folder}/runs` })(dataset);
    const paths = { folder: `${folder}/runs`, data, protect };
    await exportDataset(`${folder}/out`, paths, { format: "trl", kinds: ["playbook"] });
    return (await readPlaybook(`${folder}/out/playbook.jsonl`)).entries;
  });
}

/** Permutes the labels of a third of the rules: returns entries without these rules, and with these rules. */
function mislabel(
  entries: readonly PlaybookEntry[],
  seed: number,
): { good: PlaybookEntry[]; wrong: PlaybookEntry[] } {
  const random = createRandom(seed);
  const drawn = entries.flatMap(({ rules }) => rules).map((rule) => ({ key: random(), rule }))
    .sort((a, b) => a.key - b.key).map(({ rule }) => rule);
  const third = drawn.slice(0, Math.floor(drawn.length / 3));
  const isOfThird = new Set(third);
  const good = entries.flatMap((entry) => {
    const rules = entry.rules.filter((rule) => !isOfThird.has(rule));
    return rules.length === 0 ? [] : [{ ...entry, rules }];
  });
  const wrong = third.map((rule, place): PlaybookEntry => {
    const other = [...third.slice(place + 1), ...third].find(({ label }) => label !== rule.label)!;
    const { label } = other;
    return {
      task: "classification",
      failure: { expected: label, predicted: null, count: 0 },
      rules: [{ ...rule, label }],
      support: rule.support ?? 0,
    };
  });
  return { good, wrong };
}

/** Returns an entry about a label that the data do not have. */
function renameLabel({ failure, rules, ...entry }: PlaybookEntry): PlaybookEntry {
  const rename = (label: string) => `other ${label}`;
  return {
    ...entry,
    failure: { ...failure, expected: rename(failure.expected!) },
    rules: rules.map((rule) => ({ ...rule, label: rename(rule.label) })),
  };
}

function take(dataset: Dataset, from: number, to: number): Dataset {
  const byLabel = Map.groupBy(dataset.examples as readonly LabelledExample[], ({ label }) => label);
  const examples = [...byLabel.values()].flatMap((some) => some.slice(from, to));
  return { ...dataset, name: "drawn", examples } as Dataset;
}

function restrict({ train, test }: Data, labels: readonly string[]): Data {
  const known = new Set(labels);
  const only = (dataset: Dataset) => ({
    ...dataset,
    labels,
    examples: (dataset.examples as readonly LabelledExample[]).filter(({ label }) =>
      known.has(label)
    ),
  } as Dataset);
  return { train: only(train), test: only(test) };
}

function points(share: number): string {
  const shown = (100 * share).toFixed(1);
  return share > 0 ? `+${shown}` : shown;
}

if (import.meta.main) await runBench(benchPlaybook);
