/**
 * Measures what learning on from rules of other examples is worth, and what corrections mend.
 *
 *     deno run -A bench/learning/warm_start.ts [--quick]
 *
 * @module
 */
import { addCorrections } from "../../learn/data/corrections.ts";
import type { Dataset } from "../../learn/data/dataset.ts";
import { createClassifier } from "../../learn/rules/classifier.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { type Data, drawExamples, readData } from "../data.ts";
import { type BenchOptions, type BenchResult, formatTable, runBench, skipped } from "../table.ts";

/** Labels that are learned, and examples of each that the rules to begin with are learned from. */
const LABELS = 20;
const BASE = 80;
/** Examples a label to learn on from, and the least mean F1 on test. */
const SIZES = [[5, 0.90], [10, undefined], [20, 0.915], [40, undefined]] as const;
/** The most corrections of what rules get wrong. */
const CORRECTIONS = 40;

/** Measures on draws of 20 labels of banking77. */
export async function benchWarmStart({ quick }: BenchOptions): Promise<BenchResult> {
  const data = await readData("banking77", "train", "test");
  if (data === undefined) return skipped("warm_start");
  const draws = quick ? 1 : 5;
  const sizes = quick ? SIZES.slice(0, 1) : SIZES;
  const figures = new Map<string, number[]>();
  const note = (what: string, figure: number) => {
    figures.set(what, [...figures.get(what) ?? [], figure]);
  };
  for (let draw = 0; draw < draws; draw++) await measureDraw(draw, data, sizes, note);
  const problems: string[] = [];
  const mean = (what: string) => average(figures.get(what)!);
  const show = (what: string) => {
    const found = figures.get(what)!;
    const deviation = Math.sqrt(average(found.map((figure) => (figure - average(found)) ** 2)));
    return `${average(found).toFixed(3)} ± ${deviation.toFixed(3)}`;
  };
  const rows = sizes.map(([size, least]) => {
    const reached = mean(`warm ${size}`);
    if (least !== undefined && !(reached >= least)) {
      problems.push(`warm_start: ${size} a label: F1 ${reached.toFixed(4)}, expected ${least}`);
    }
    return [
      String(size),
      show("start"),
      show(`warm ${size}`),
      show(`cold ${size}`),
      least?.toFixed(3) ?? "",
    ];
  });
  const corrected = ["plain", "corrections"].map((what) => [
    what,
    ...["mended", "f1"].map((figure) => show(`${what} ${figure}`)),
  ]);
  const text = [
    formatTable(
      "learning on from the rules of other examples: F1 on test",
      ["a label", "rules to begin with", "learned on", "without them", "at least"],
      rows,
      [
        `${draws} draws of ${LABELS} labels of banking77; the rules to begin with are learned from ${BASE} other examples a label.`,
        "Mean ± one standard deviation over draws.",
      ],
    ),
    formatTable(
      `what ${CORRECTIONS} corrections mend, learned on from the rules that were wrong`,
      ["the examples are", "share mended", "F1 on test"],
      corrected,
      ["Corrections are of examples that are neither learned from nor tested on."],
    ),
  ].join("\n\n");
  return { text, problems };
}

async function measureDraw(
  draw: number,
  { train, test }: Data,
  sizes: typeof SIZES[number][] | typeof SIZES,
  note: (what: string, figure: number) => void,
): Promise<void> {
  const wanted = BASE + Math.max(...SIZES.map(([size]) => size));
  const drawn = drawExamples(train, wanted, draw);
  const labels = drawn.labels.filter((label) => of(drawn, label).length === wanted)
    .slice(0, LABELS);
  const take = (from: number, to: number): Dataset => {
    const examples = labels.flatMap((label) => of(drawn, label).slice(from, to));
    return { name: "drawn", task: "classification", labels, examples } as Dataset;
  };
  const tests = {
    ...test,
    labels,
    examples: labels.flatMap((label) => of(test, label)),
  } as Dataset;
  const learn = async (dataset: Dataset, options: LearnOptions = {}) => {
    const { rules, decision, scores } = await learnRules(dataset, { ...options, test: tests });
    return { rules, f1: scores.test!.f1, classify: createClassifier(rules, decision) };
  };
  const start = await learn(take(0, BASE));
  note("start", start.f1);
  for (const [size] of sizes) {
    const own = take(BASE, BASE + size);
    note(`warm ${size}`, (await learn(own, { rules: start.rules })).f1);
    note(`cold ${size}`, (await learn(own)).f1);
  }
  const few = take(0, 20);
  const first = await learn(few);
  const wrong = take(20, wanted).examples.filter((one) =>
    "label" in one && first.classify(one.text).label !== one.label
  ).slice(0, CORRECTIONS);
  const given: readonly Rule[] = first.rules;
  const { dataset, corrections } = addCorrections(few, { ...few, examples: wrong } as Dataset);
  for (const what of ["plain", "corrections"]) {
    const options = what === "plain" ? { rules: given } : { rules: given, corrections };
    const { classify, f1 } = await learn(dataset, options);
    const mended = wrong.filter((one) => "label" in one && classify(one.text).label === one.label);
    note(`${what} mended`, mended.length / wrong.length);
    note(`${what} f1`, f1);
  }
}

function of({ examples }: Dataset, label: string) {
  return examples.filter((one) => "label" in one && one.label === label);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

if (import.meta.main) await runBench(benchWarmStart);
