/**
 * Measures how long 3,000 rules of one pattern or two, and 800 rules that are alternations, take on a short
 * text: the matcher, and a loop over the same compiled rules.
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
  formatTable,
  median,
  runBench,
  skipped,
  timeOf,
  toResult,
} from "./table.ts";

const RULES = 3_000;
const ALTERNATIONS = 800;
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
  const examples = data.train.examples as readonly LabelledExample[];
  const runs = quick ? 1 : RUNS;
  const { rules, alternatives } = makeAlternations(examples, ALTERNATIONS);
  const texts = data.test.examples.map(({ text }) => text)
    .filter(({ length }) => length >= 40 && length <= 80).slice(0, 1_000);

  const sets = new Map([
    ["single patterns", makeRules(examples, RULES)],
    ["alternations", rules],
    ["their alternatives", alternatives],
  ]);
  const measured = Array.from(sets, ([name, rules]) => measure(name, rules, texts, runs));
  const length = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
  const headings = "rules,number,matching,matcher µs,loop µs,ratio,building ms".split(",");
  const table = formatTable("apply", headings, measured.map(({ cells }) => cells), [
    `${texts.length} texts of ${length.toFixed(0)} characters on average; medians of ${runs} runs`,
    "alternations: of up to six words or stems, some with a second one that must match as well",
    "their alternatives: each a rule of its own",
  ]);
  return toResult(table, measured.flatMap(({ figures }) => figures));
}

/** Times the matcher and a loop on the same rules. */
function measure(name: string, rules: readonly Rule[], texts: readonly string[], runs: number) {
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
  const matching = texts.reduce((sum, text) => sum + matcher.match(text).length, 0) / texts.length;
  const ratio = median(plain) / median(ours);
  const figures = [matching, median(ours), median(plain), ratio, building];
  const cells = figures.map((figure) => figure.toFixed(1));
  return { figures, cells: [name, String(rules.length), ...cells] };
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

/** The most alternatives of a rule. */
const MOST = 6;

/**
 * Makes rules of the words that are surest of a label, several in each, as a learner of few rules writes
 * them; and rules of each alternative alone.
 */
function makeAlternations(examples: readonly LabelledExample[], size: number) {
  const totals = new Map<string, number>();
  const counts = new Map<string, Map<string, number>>();
  for (const { text, label } of examples) {
    const words = counts.get(label) ?? new Map<string, number>();
    counts.set(label, words);
    for (const word of new Set(text.toLowerCase().match(/\w+/g))) {
      words.set(word, (words.get(word) ?? 0) + 1);
      totals.set(word, (totals.get(word) ?? 0) + 1);
    }
  }
  const rules: Rule[] = [];
  const alternatives: Rule[] = [];
  const each = Math.ceil(size / counts.size);
  for (const [label, words] of [...counts].sort(([a], [b]) => compareCodeUnits(a, b))) {
    const surest = [...words].filter(([word]) => totals.get(word)! <= examples.length / 20)
      .map(([word, n]) => ({
        word,
        bound: wilsonLowerBound(n, totals.get(word)!),
      }))
      .sort((a, b) => b.bound - a.bound || compareCodeUnits(a.word, b.word))
      .slice(0, each * MOST)
      .map(({ word }, index) =>
        word.length > 5 && index % 3 === 0 ? `${word.slice(0, -2)}\\w*` : word
      );
    for (let at = 0; at < each * MOST; at += MOST) {
      const some = surest.slice(at, at + MOST);
      if (some.length === 0) break;
      const anchored = rules.length % 10 === 9;
      const pattern = anchored
        ? `(?:^\\W*${some[0]}\\b|\\b(?:${some.slice(1).join("|") || some[0]})\\b)`
        : `\\b(?:${some.join("|")})\\b`;
      const others = rules.length % 5 === 4 ? surest.slice(0, MOST) : [];
      const second = others.length > 0 ? [`\\b(?:${others.join("|")})\\b`] : [];
      const name = `${label} ${at}`;
      rules.push(createRule({ name, label, patterns: [pattern, ...second] }));
      alternatives.push(
        ...some.map((one) => createRule({ name, label, patterns: [`\\b${one}\\b`] })),
      );
    }
  }
  return { rules: rules.slice(0, size), alternatives };
}

function bounded(words: string): string {
  return `\\b${words.replaceAll(" ", "\\W+")}\\b`;
}

function grams(words: readonly string[], size: number): string[] {
  return words.slice(size - 1).map((_, index) => words.slice(index, index + size).join(" "));
}

if (import.meta.main) await runBench(benchApply);
