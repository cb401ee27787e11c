/**
 * Measures how time, memory and accuracy of learning grow with the texts and with the labels, each data set in a process of
 * its own.
 *
 *     deno run -A bench/learning/growth.ts [--quick]
 *
 * The texts are made of those of banking77: the first half of one and the second half of another of the same label, without
 * one word in ten. One label in twenty is wrong in train, none in test. Five labels are the first five; 500 are 77 split by
 * one of seven words, put anywhere into the text. Made from a seed, they are the same each time.
 *
 * @module
 */
import { createDataset, type Dataset } from "../../learn/data/dataset.ts";
import type { LabelledExample } from "../../learn/data/examples.ts";
import { createRandom } from "../../learn/score/random.ts";
import { learnRules } from "../../pipeline.ts";
import { formatCount } from "../../print/phrases.ts";
import { peakMemory, runApart } from "../apart.ts";
import { readData } from "../data.ts";
import { type BenchOptions, type BenchResult, formatTable, runBench, skipped } from "../table.ts";

/** How much to make: texts to learn from, and labels. */
interface Size {
  readonly texts: number;
  readonly labels: number;
}

/** What learning took, and what came of it. */
interface Grown {
  readonly seconds: number;
  /** Peak memory of the process, in bytes. */
  readonly peak: number;
  /** The longest time without a breath, in milliseconds. */
  readonly longest: number;
  readonly rules: number;
  /** On test, with the most frequent label if no rule decides. */
  readonly accuracy: number;
  /** How many texts were learned from or held out. */
  readonly learned: number;
}

const SIZES: readonly Size[] = [
  { texts: 1_000, labels: 5 },
  { texts: 1_000, labels: 77 },
  { texts: 10_000, labels: 5 },
  { texts: 10_000, labels: 77 },
  { texts: 10_000, labels: 500 },
  { texts: 100_000, labels: 5 },
  { texts: 100_000, labels: 77 },
  { texts: 100_000, labels: 500 },
  { texts: 1_000_000, labels: 77 },
];
const QUICK: readonly Size[] = [{ texts: 500, labels: 5 }, { texts: 1_000, labels: 5 }];

/** What the run of one size may take, in seconds and bytes. */
const HELD_TO = { texts: 100_000, labels: 77, seconds: 600, peak: 4 * 2 ** 30 };
const TEST_TEXTS = 2_000;
const DROPPED = 0.1;
const WRONG = 0.05;
/** Words that split a label. */
const WORDS = ["work", "home", "phone", "shop", "train", "school", "garden"];

/** Learns from each size. */
export async function benchGrowth({ quick }: BenchOptions): Promise<BenchResult> {
  if (await readData("banking77", "train", "test") === undefined) return skipped("growth");
  const rows: string[][] = [];
  const problems: string[] = [];
  for (const size of quick ? QUICK : SIZES) {
    const args = ["--child", JSON.stringify(size)];
    const { output } = await runApart<Grown>(new URL(import.meta.url), args);
    const { seconds, peak, longest, rules, accuracy, learned } = output;
    const figures = [seconds, peak, longest, rules, accuracy, learned];
    if (!figures.every(Number.isFinite)) problems.push(`growth: not a number in ${figures}`);
    if (size.texts === HELD_TO.texts && size.labels === HELD_TO.labels) {
      if (seconds > HELD_TO.seconds) problems.push(`growth: ${seconds} s for 100,000 texts`);
      if (peak > HELD_TO.peak) problems.push(`growth: ${peak} bytes for 100,000 texts`);
    }
    rows.push([
      ...[size.texts, size.labels, learned].map(formatCount),
      seconds.toFixed(1),
      (peak / 2 ** 20).toFixed(0),
      longest.toFixed(0),
      formatCount(rules),
      accuracy.toFixed(3),
    ]);
  }
  const headings = [
    "texts",
    "labels",
    "learned",
    "seconds",
    "peak MB",
    "breath",
    "rules",
    "accuracy",
  ];
  const text = formatTable("growth: learning from more texts, and more labels", headings, rows, [
    "texts mixed of those of banking77; one label in twenty is wrong in train, none in test (2,000 others)",
    "learned: texts to learn from and to decide on; of a million, a sample is drawn (--sample)",
    "breath: the longest time without one, in milliseconds; seconds: of the run, with the scores on test",
    "held to, for 100,000 texts of 77 labels: 600 seconds, 4,096 MB",
  ]);
  return { text, problems };
}

/** Learns from one size, given as JSON, in this process. */
async function learnSize(given: string): Promise<Grown> {
  const size: Size = JSON.parse(given);
  const data = (await readData("banking77", "train", "test"))!;
  const train = makeTexts(data.train, size, { seed: 1, wrong: WRONG });
  const test = makeTexts(data.test, { ...size, texts: TEST_TEXTS }, { seed: 2, wrong: 0 });
  const start = performance.now();
  let [longest, last] = [0, start];
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  let learned = size.texts;
  const timer = setInterval(look, 1);
  const { rules, scores } = await learnRules(train, {
    default: "majority",
    test,
    onStart: ({ split }) => {
      learned = split.train! + split.dev.length;
      // What is read and checked before a run begins is not a part of it.
      last = performance.now();
    },
  });
  look();
  clearInterval(timer);
  const seconds = (performance.now() - start) / 1_000;
  const accuracy = scores.test!.exact;
  return { seconds, peak: peakMemory(), longest, rules: rules.length, accuracy, learned };
}

/** Makes texts of those of a data set. */
function makeTexts(
  dataset: Dataset,
  { texts, labels }: Size,
  { seed, wrong }: { readonly seed: number; readonly wrong: number },
): Dataset {
  const random = createRandom(seed);
  const draw = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const given = dataset.examples as readonly LabelledExample[];
  const byLabel = Map.groupBy(given, ({ label }) => label);
  const sources = dataset.labels.slice(0, labels).map((label) => byLabel.get(label)!);
  const kinds = Array.from({ length: labels }, (_, kind) => {
    const source = sources[kind % sources.length];
    const word = labels > sources.length ? WORDS[Math.floor(kind / sources.length)] : undefined;
    return { source, word, label: [source[0].label, word].filter(Boolean).join("_") };
  });
  const examples = Array.from({ length: texts }, (_, index) => {
    const { source, word, label } = kinds[index % labels];
    const [one, other] = [draw(source), draw(source)].map(({ text }) => text.split(" "));
    const words = [...one.slice(0, (one.length + 1) >> 1), ...other.slice(other.length >> 1)]
      .filter(() => random() >= DROPPED);
    if (word !== undefined) words.splice(Math.floor(random() * (words.length + 1)), 0, word);
    const text = words.join(" ") || one.join(" ");
    return { id: String(index), text, label: random() < wrong ? draw(kinds).label : label };
  });
  return createDataset({ name: dataset.name, task: "classification", examples });
}

if (import.meta.main) await runBench(benchGrowth, learnSize);
