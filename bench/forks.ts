/**
 * Measures how long forty forks of a run take, next to learning the run as often.
 *
 *     deno run -A bench/forks.ts [--quick]
 *
 * @module
 */
import { learnRules } from "../pipeline.ts";
import { type ChangeRequest, forkRun } from "../review/fork.ts";
import { withTrace } from "../trace.ts";
import { readData } from "./data.ts";
import { type BenchOptions, type BenchResult, formatRanges, runBench, skipped } from "./table.ts";

const RUNS = 5;
const FORKS = 40;

/** Times forks of a run on the five classes of the repository: verdicts, rules, seeds and examples in turn. */
export async function benchForks({ quick }: BenchOptions): Promise<BenchResult> {
  const root = new URL("../", import.meta.url);
  const data = await readData("examples", "banking", "banking_test", "classification", root);
  if (data === undefined) return skipped("forks");
  const given = { data: data.train, test: data.test };
  const learn = () => withTrace(learnRules)(data.train, { test: data.test, maxRules: 50 });
  const { trace } = await learn();
  const rules = Object.keys(trace.rules);
  const ids = data.train.examples.map(({ id }) => id);
  const changes = Array.from({ length: quick ? 4 : FORKS }, (_, n): ChangeRequest => {
    switch (n % 4) {
      case 0:
        return { kind: "option", name: "seed", value: n + 1 };
      case 1:
        return { kind: "verdict", step: 1, to: "rejected" };
      case 2:
        return { kind: "without", rules: [rules[n % rules.length]] };
      default:
        return { kind: "examples", dropped: ids.slice(n, n + 20), relabelled: [] };
    }
  });
  const [forked, learned]: number[][] = [[], []];
  // In turn, so that what else the machine does falls on both.
  for (let left = quick ? 1 : RUNS; left > 0; left--) {
    forked.push(await timeEach(changes, (change) => forkRun(trace, [change], given)));
    learned.push(await timeEach(changes, learn));
  }
  const ratios = forked.map((time, at) => time / learned[at]);
  return formatRanges(
    "forks on five classes",
    [
      [`${changes.length} forks`, forked, "s", quick ? undefined : "15"],
      [`learning ${changes.length} times`, learned, "s"],
      ["ratio", ratios, ""],
    ],
    ["A fork learns from the start, and compares what comes before its change."],
    2,
  );
}

/** Returns the seconds that a task takes for all items, one after the other. */
async function timeEach<Item>(
  items: readonly Item[],
  task: (item: Item) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  for (const item of items) await task(item);
  return (performance.now() - start) / 1e3;
}

if (import.meta.main) await runBench(benchForks);
