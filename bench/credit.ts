/**
 * Measures how long it takes to share credit among rules and to score the path of a run, next to leaving out
 * each rule and to scoring one rule set.
 *
 *     deno run -A bench/credit.ts [--quick]
 *
 * @module
 */
import { requireLabels } from "../learn/score/matches.ts";
import { shareCredit } from "../learn/score/credit.ts";
import { score, scoreRules } from "../learn/score/scoring.ts";
import { learnRules } from "../pipeline.ts";
import { scorePath } from "../review/blame/path.ts";
import { blamePrediction } from "../review/blame/prediction.ts";
import { endRules, testRun } from "../review/blame/tested.ts";
import { withTrace } from "../trace.ts";
import { type Data, readData } from "./data.ts";
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

const RUNS = 5;

/** Times the credit and the path of runs on five classes of Banking77, and on all. */
export async function benchCredit({ quick }: BenchOptions): Promise<BenchResult> {
  const root = new URL("../", import.meta.url);
  const five =
    (quick ? undefined : await readData("banking77", "five_class_full.train", "five_class.test")) ??
      await readData("examples", "banking", "banking_test", "classification", root);
  const all = quick ? undefined : await readData("banking77", "train", "test");
  if (five === undefined) return skipped("credit");
  const measured = [await measure("five classes", five, quick ? 1 : RUNS)];
  if (all !== undefined) measured.push(await measure("banking77", all, quick ? 1 : RUNS));
  const headings = ["on", "rules", "what", "ms", "ratio", "to"];
  const text = formatTable("credit", headings, measured.flatMap(({ rows }) => rows), [
    `Medians of ${quick ? 1 : RUNS} runs. The largest standard error of 500 orders: ${
      measured.map(({ name, error }) => `${name} ${error.toFixed(2)}`).join(", ")
    } examples.`,
    "Held to: 500 orders at most 5 s on banking77, the path at most 50 ms on five classes.",
  ]);
  return toResult(text, measured.flatMap(({ figures }) => figures));
}

async function measure(name: string, { train, test }: Data, runs: number) {
  const { trace } = await withTrace(learnRules)(train);
  const run = testRun(trace, test);
  const rules = endRules(run);
  const matches = requireLabels(run.matches);
  const { decision } = run;
  const wrong = scorePath(run).wrong.at(-1)?.id ?? test.examples[0].id;
  const { rules: shares } = shareCredit(matches, rules, decision, { effort: 0 });
  const tasks: readonly (readonly [what: string, to: string | undefined, run: () => void])[] = [
    ["leaving out each", undefined, () => scoreRules(matches, rules, decision)],
    ["500 orders", "leaving out each", () => shareCredit(matches, rules, decision, { effort: 0 })],
    [
      "exact if quick, else 500 orders",
      "leaving out each",
      () => shareCredit(matches, rules, decision),
    ],
    ["scoring one set", undefined, () => score(matches, rules, decision, "test")],
    ["the path", "scoring one set", () => scorePath(run)],
    ["running the rules", undefined, () => testRun(trace, test)],
    ["one prediction", "running the rules", () => blamePrediction(run, wrong, train)],
  ];
  const times = tasks.map((): number[] => []);
  // In turn, so that what else the machine does falls on all of them.
  for (let left = runs; left > 0; left--) {
    tasks.forEach(([, , task], at) => times[at].push(timeOf(task)));
  }
  const medians = new Map(tasks.map(([what], at) => [what, median(times[at])]));
  const rows = tasks.map(([what, to]) => {
    const own = medians.get(what)!;
    const ratio = to === undefined ? "" : (own / medians.get(to)!).toFixed(1);
    return [name, `${rules.length}`, what, own.toFixed(1), ratio, to ?? ""];
  });
  const error = Math.max(0, ...shares.map(({ error }) => error));
  return { name, rows, error, figures: [...medians.values(), error] };
}

if (import.meta.main) await runBench(benchCredit);
