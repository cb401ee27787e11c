/**
 * Measures the search for near twins beside comparing each text with every other in the same run, checks that both
 * find the same, and tells how many test texts have one among the texts to learn from.
 *
 *     deno run -A bench/evidence/near.ts [--quick]
 *
 * @module
 */
import type { Example, Task } from "../../learn/data/examples.ts";
import { gramsOf, indexSets } from "../../learn/text/similarity.ts";
import { createProtection, NEAR_SIMILARITY } from "../../review/dataset/protecting.ts";
import { readData } from "../data.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  timeOf,
} from "../table.ts";

const RUNS = 5;
/** Every so many test texts are compared with all texts to learn from. */
const STRIDE = 10;

/** The data sets: a folder, a file of texts to protect, one of texts to check, and the share found before. */
const SETS: readonly (readonly [string, string, string, Task, number])[] = [
  ["examples", "restaurant", "restaurant_test", "ner", 2.0],
  ["snips", "train", "test", "classification", 3.9],
  ["sms", "train", "test", "classification", 14.9],
  ["tab", "train", "test", "ner", 1.4],
  ["banking77", "train", "test", "classification", 4.4],
];

/** Protects the texts to learn from of each data set, and checks its test texts. */
export async function benchNear({ quick }: BenchOptions): Promise<BenchResult> {
  const rows: string[][] = [];
  const problems: string[] = [];
  for (const [place, train, test, task, share] of SETS.slice(0, quick ? 1 : SETS.length)) {
    const root = place === "examples" ? new URL("../", import.meta.url) : undefined;
    const data = await readData(place, train, test, task, root);
    if (data === undefined) continue;
    const name = `${place}/${train}`;
    const [texts, checked] = [data.train.examples, data.test.examples];
    const times = { protect: [] as number[], check: [] as number[] };
    let found: boolean[] = [];
    for (let run = 0; run < (quick ? 1 : RUNS); run++) {
      let protection = createProtection([]);
      const protect = timeOf(() => protection = createProtection([{ texts }]));
      const check = timeOf(() => {
        found = checked.map(({ text }) => protection.check(text) !== undefined);
      });
      times.protect.push(protect);
      times.check.push(check);
    }
    const sample = checked.filter((_, place) => place % STRIDE === 0);
    const readParts = createReader();
    let [all, some]: TextParts[][] = [];
    let compared: boolean[] = [];
    const reading = timeOf(() => all = texts.map(readParts)) +
      timeOf(() => some = sample.map(readParts)) * STRIDE;
    const brute = reading + timeOf(() => compared = some.map(compareWith(all))) * STRIDE;
    const joined = median(times.protect) + median(times.check);
    const missed = compared.filter((isTwin, place) => isTwin !== found[place * STRIDE]);
    if (missed.length > 0) problems.push(`near: ${name}: ${missed.length} differ from brute force`);
    const twins = found.filter(Boolean).length;
    const bySpaced = countSpaced(texts, checked);
    const percent = (count: number) => (100 * count / checked.length).toFixed(1);
    if (Math.abs(Number(percent(bySpaced)) - share) > 0.051) {
      problems.push(`near: ${name}: ${percent(bySpaced)} % have a twin, expected ${share} %`);
    }
    rows.push([
      name,
      ...[texts.length, checked.length].map(String),
      ...[median(times.protect), median(times.check), brute].map((time) => time.toFixed(0)),
      `${(brute / joined).toFixed(0)}`,
      String(twins),
      percent(twins),
      percent(bySpaced),
    ]);
  }
  const headings = "data,texts,checked,protect ms,check ms,brute force ms,ratio,twins,%,% by words"
    .split(",");
  const text = formatTable("near: test texts with a twin to learn from", headings, rows, [
    `medians of ${
      quick ? 1 : RUNS
    }; brute force on every ${STRIDE}th checked text, times ${STRIDE}`,
    "ratio: brute force to protect and check; % by words: not counting words written together",
  ]);
  return { text, problems };
}

/** The parts of five characters of both forms of a text, as sorted numbers. */
type TextParts = readonly Uint32Array[];

/** Returns a function that reads the parts of texts: the same part has the same number in all of them. */
function createReader(): (example: Example) => TextParts {
  const numbers = new Map<string, number>();
  return ({ text }) =>
    readForms(text).map((form) => {
      const parts = form === "" ? [] : [form.slice(0, 5)];
      for (let end = 6; end <= form.length; end++) parts.push(form.slice(end - 5, end));
      const distinct = new Set(parts).values().map((part) => {
        const number = numbers.get(part) ?? numbers.size;
        numbers.set(part, number);
        return number;
      });
      return Uint32Array.from(distinct).sort();
    });
}

/** Returns a function that tells whether a text has a twin, by comparing it with every one. */
function compareWith(all: readonly TextParts[]): (forms: TextParts) => boolean {
  return (forms) =>
    all.some((other) =>
      forms.some((parts, form) => shareOf(parts, other[form]) >= NEAR_SIMILARITY)
    );
}

/** Returns the share of numbers of two sorted lists that are in both. */
function shareOf(one: Uint32Array, other: Uint32Array): number {
  let [shared, at, place] = [0, 0, 0];
  while (at < one.length && place < other.length) {
    const difference = one[at] - other[place];
    if (difference === 0) shared++;
    if (difference <= 0) at++;
    if (difference >= 0) place++;
  }
  return shared / (one.length + other.length - shared);
}

/** Counts the checked texts that have a twin by their words as they are. */
function countSpaced(texts: readonly Example[], checked: readonly Example[]): number {
  const partsOf = ({ text }: Example) => gramsOf(readForms(text)[0], 5);
  const find = indexSets(texts.values().map(partsOf), NEAR_SIMILARITY);
  return checked.filter((example) => find(partsOf(example)).length > 0).length;
}

/** Reads a text without case and punctuation: its words with spaces around them, and written together. */
function readForms(text: string): readonly [spaced: string, joined: string] {
  const words = text.replace(/[\p{Cs}\p{DI}]+/gu, "").replace(/\p{Sk}/gu, " ").normalize("NFKC")
    .toLowerCase().split(/[\p{P}\s\p{Cc}\p{Cf}]+/u)
    .filter(Boolean);
  return [words.length === 0 ? "" : ` ${words.join(" ")} `, words.join("")];
}

if (import.meta.main) await runBench(benchNear);
