// deno-lint-ignore-file no-console
/**
 * Measures how long 3,000 rules take on a short text: the matcher, and a loop over the same compiled
 * rules.
 *
 *     deno run --allow-read bench/apply.ts
 *
 * @module
 */
import { createMatcher } from "../learn/rules/matcher.ts";
import { compileRule, createRule, type Rule } from "../learn/rules/rule.ts";
import type { BenchOptions } from "./table.ts";

const RULES = 3_000;
const RUNS = 7;

/**
 * Times rules as they are learned, made from the texts of one file, on the texts of another.
 *
 * @param options.quick whether to make do with little data and one run
 * @returns the table, or why there is none
 * @throws {Error} where the matcher and the loop do not agree
 */
export function benchApply({ quick }: BenchOptions = { quick: false }): string {
  const read = (large: string, small: string) => {
    return quick ? readExamples(small) : readExamples(large) ?? readExamples(small);
  };
  const train = read("../../shared/data/banking77/train.jsonl", "../examples/banking.jsonl");
  const test = read("../../shared/data/banking77/test.jsonl", "../examples/banking_test.jsonl");
  const runs = quick ? 1 : RUNS;
  if (!train || !test) return "apply: skipped, there is no data to read";
  const rules = makeRules(train, RULES);
  const texts = test.map(({ text }) => text)
    .filter(({ length }) => length >= 40 && length <= 80).slice(0, 1_000);

  const built = time(() => createMatcher(rules));
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
    ours.push(time(() => texts.forEach((text) => matcher.match(text))) / texts.length * 1e3);
    plain.push(time(() => sample.forEach(loop)) / sample.length * 1e3);
  }
  const length = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
  const matches = texts.reduce((sum, text) => sum + matcher.match(text).length, 0) / texts.length;
  return [
    `${rules.length} rules on ${texts.length} texts of ${
      length.toFixed(0)
    } characters on average, ` +
    `${matches.toFixed(1)} rules matching; medians of ${runs} runs`,
    `  matcher            ${median(ours).toFixed(1).padStart(8)} µs a text`,
    `  loop over regexes  ${median(plain).toFixed(1).padStart(8)} µs a text`,
    `  ratio              ${(median(plain) / median(ours)).toFixed(1).padStart(8)}`,
    `  building           ${built.toFixed(1).padStart(8)} ms`,
  ].join("\n");
}

interface Labelled {
  readonly text: string;
  readonly label: string;
}

/**
 * Rules of the shapes that are learned, those whose label is surest by the Wilson lower bound: what a
 * learner would pick from, without its choice among what covers the same examples.
 */
function makeRules(examples: readonly Labelled[], size: number): Rule[] {
  const shapes = [
    { share: 0.25, make: (words: string[]) => words.map((word) => [bounded(word)]) },
    {
      share: 0.05,
      make: (words: string[]) => {
        return words.filter((word) => word.length > 4).map((
          word,
        ) => [`\\b${word.slice(0, -2)}\\w*`]);
      },
    },
    { share: 0.3, make: (words: string[]) => grams(words, 2).map((gram) => [bounded(gram)]) },
    { share: 0.1, make: (words: string[]) => grams(words, 3).map((gram) => [bounded(gram)]) },
    {
      share: 0.02,
      make: (words: string[]) => words.slice(0, 1).map((word) => [`^\\W*${word}\\b`]),
    },
    {
      share: 0.03,
      make: (words: string[]) => {
        return words.slice(2).map((
          word,
          index,
        ) => [`\\b${words[index]}\\W+(?:\\w+\\W+){1,2}${word}\\b`]);
      },
    },
    {
      share: 0.25,
      make: (words: string[]) => {
        const distinct = [...new Set(words)].sort();
        return distinct.flatMap((one, index) => {
          return distinct.slice(index + 1).map((other) => [bounded(one), bounded(other)]);
        });
      },
    },
  ];
  return shapes.flatMap(({ share, make }) => {
    const counts = new Map<string, { patterns: string[]; size: number; labels: Counts }>();
    for (const { text, label } of examples) {
      const words = text.toLowerCase().match(/\w+/g) ?? [];
      const found = new Map(make(words).map((patterns) => [patterns.join(" "), patterns]));
      for (const [key, patterns] of found) {
        const entry = counts.get(key) ?? { patterns, size: 0, labels: new Map() };
        counts.set(key, entry);
        entry.size++;
        entry.labels.set(label, (entry.labels.get(label) ?? 0) + 1);
      }
    }
    return [...counts].map(([name, { patterns, size, labels }]) => {
      const [[label, right]] = [...labels].sort(([, a], [, b]) => b - a);
      return { name, label, patterns, bound: boundOf(right, size) };
    }).sort((a, b) => b.bound - a.bound || (a.name < b.name ? -1 : 1))
      .slice(0, Math.round(share * size))
      .map(({ name, label, patterns }) => createRule({ name, label, patterns }));
  });
}

type Counts = Map<string, number>;

/** The Wilson lower bound of a share, z = 1. */
function boundOf(part: number, whole: number): number {
  const share = part / whole;
  const spread = Math.sqrt(share * (1 - share) / whole + 1 / (4 * whole * whole));
  return (share + 1 / (2 * whole) - spread) / (1 + 1 / whole);
}

function bounded(words: string): string {
  return `\\b${words.replaceAll(" ", "\\W+")}\\b`;
}

function grams(words: readonly string[], size: number): string[] {
  return words.slice(size - 1).map((_, index) => words.slice(index, index + size).join(" "));
}

function readExamples(path: string): Labelled[] | undefined {
  let content;
  try {
    content = Deno.readTextFileSync(new URL(path, import.meta.url));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return content.trim().split("\n").map((line) => JSON.parse(line) as Labelled);
}

/** Milliseconds. */
function time(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

if (import.meta.main) console.log(benchApply());
