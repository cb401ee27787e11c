/**
 * Measures how long 3,000 rules take on a short text: the matcher, and a loop over the same compiled
 * rules.
 *
 *     deno run --allow-read bench/apply.ts [--quick]
 *
 * @module
 */
import type { LabelledExample } from "../learn/data/examples.ts";
import { createMatcher } from "../learn/rules/matcher.ts";
import { createRule, type Rule } from "../learn/rules/rule.ts";
import { compileRule } from "../learn/rules/running.ts";
import { wilsonLowerBound } from "../learn/score/wilson.ts";
import { compareCodeUnits } from "../learn/text/folding.ts";
import { readData } from "./data.ts";
import {
  type BenchOptions,
  type BenchResult,
  median,
  runBench,
  skipped,
  timeOf,
  toResult,
} from "./table.ts";

const RULES = 3_000;
const RUNS = 7;

/**
 * Times rules as they are learned, made from the texts of one file, on the texts of another.
 *
 * @throws {Error} if the matcher and the loop do not agree
 */
export async function benchApply({ quick }: BenchOptions): Promise<BenchResult> {
  const root = new URL("../", import.meta.url);
  const data = (quick ? undefined : await readData("banking77", "train", "test")) ??
    await readData("examples", "banking", "banking_test", "classification", root);
  if (data === undefined) return skipped("apply");
  const runs = quick ? 1 : RUNS;
  const rules = makeRules(data.train.examples as readonly LabelledExample[], RULES);
  const texts = data.test.examples.map(({ text }) => text)
    .filter(({ length }) => length >= 40 && length <= 80).slice(0, 1_000);

  const building = timeOf(() => createMatcher(rules));
  const matcher = createMatcher(rules);
  const compiled = rules.map(compileRule);
  const loop = (text: string) => {
    const matched: number[] = [];
    compiled.forEach((rule, position) => rule.test(text) && matched.push(position));
    return matched;
  };
  for (const text of texts) {
    if (matcher.match(text).join() !== loop(text).join()) {
      throw new Error(`The matcher and the loop do not agree on ${JSON.stringify(text)}`);
    }
  }

  // The loop is sampled: it takes most of the time.
  const sample = texts.slice(0, 200);
  const ours: number[] = [];
  const plain: number[] = [];
  for (let run = 0; run < runs; run++) {
    ours.push(timeOf(() => texts.forEach((text) => matcher.match(text))) / texts.length * 1e3);
    plain.push(timeOf(() => sample.forEach(loop)) / sample.length * 1e3);
  }
  const average = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const length = average(texts.map((text) => text.length));
  const matches = average(texts.map((text) => matcher.match(text).length));
  const ratio = median(plain) / median(ours);
  const show = (value: number) => value.toFixed(1).padStart(8);
  const text = [
    `${rules.length} rules on ${texts.length} texts of ${
      length.toFixed(0)
    } characters on average, ` +
    `${matches.toFixed(1)} rules matching; medians of ${runs} runs`,
    `  matcher            ${show(median(ours))} µs a text`,
    `  loop over regexes  ${show(median(plain))} µs a text`,
    `  ratio              ${show(ratio)}`,
    `  building           ${show(building)} ms`,
  ].join("\n");
  return toResult(text, [length, matches, ratio, building]);
}

/** How many of the rules have a shape, and their patterns from the words of a text. */
interface Shape {
  readonly share: number;
  readonly make: (words: readonly string[]) => string[][];
}

const SHAPES: readonly Shape[] = [
  { share: 0.25, make: (words) => words.map((word) => [bounded(word)]) },
  {
    share: 0.05,
    make: (words) =>
      words.filter(({ length }) => length > 4).map((word) => [`\\b${word.slice(0, -2)}\\w*`]),
  },
  { share: 0.3, make: (words) => grams(words, 2).map((gram) => [bounded(gram)]) },
  { share: 0.1, make: (words) => grams(words, 3).map((gram) => [bounded(gram)]) },
  { share: 0.02, make: (words) => words.slice(0, 1).map((word) => [`^\\W*${word}\\b`]) },
  {
    share: 0.03,
    make: (words) =>
      words.slice(2).map((word, index) => [
        `\\b${words[index]}\\W+(?:\\w+\\W+){1,2}${word}\\b`,
      ]),
  },
  {
    share: 0.25,
    make: (words) => {
      const distinct = [...new Set(words)].sort();
      return distinct.flatMap((one, index) =>
        distinct.slice(index + 1).map((other) => [bounded(one), bounded(other)])
      );
    },
  },
];

/**
 * Makes rules of the shapes that are learned, those whose label is surest by the Wilson lower bound:
 * a learner picks from these, but also chooses among rules that cover the same examples.
 */
function makeRules(examples: readonly LabelledExample[], size: number): Rule[] {
  return SHAPES.flatMap(({ share, make }) => {
    const counts = new Map<
      string,
      { patterns: string[]; n: number; labels: Map<string, number> }
    >();
    for (const { text, label } of examples) {
      const words = text.toLowerCase().match(/\w+/g) ?? [];
      const made = new Map(make(words).map((patterns) => [patterns.join(" "), patterns]));
      for (const [key, patterns] of made) {
        const counted = counts.get(key) ?? { patterns, n: 0, labels: new Map() };
        counts.set(key, counted);
        counted.n++;
        counted.labels.set(label, (counted.labels.get(label) ?? 0) + 1);
      }
    }
    return [...counts].map(([name, { patterns, n, labels }]) => {
      const [[label, tp]] = [...labels].sort(([, a], [, b]) => b - a);
      return { name, label, patterns, bound: wilsonLowerBound(tp, n) };
    }).sort((a, b) => b.bound - a.bound || compareCodeUnits(a.name, b.name))
      .slice(0, Math.round(share * size))
      .map(({ name, label, patterns }) => createRule({ name, label, patterns }));
  });
}

function bounded(words: string): string {
  return `\\b${words.replaceAll(" ", "\\W+")}\\b`;
}

function grams(words: readonly string[], size: number): string[] {
  return words.slice(size - 1).map((_, index) => words.slice(index, index + size).join(" "));
}

if (import.meta.main) await runBench(benchApply);
