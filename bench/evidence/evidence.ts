/**
 * Measures evidence and the training data that is made of it: what the judge is worth on test examples, whether
 * pairs agree with them, whether the firewall holds, and how long an export takes.
 *
 *     deno run -A bench/evidence/evidence.ts [--quick]
 *
 * @module
 */
import { inTempFolder } from "../data.ts";
import { benchJudge, readMade } from "./judge.ts";
import { benchAnswers } from "./answers.ts";
import { benchDrift } from "./drift.ts";
import { benchExports } from "./exports.ts";
import { benchPairs } from "./pairs.ts";
import { makeRuns } from "./runs.ts";
import { type BenchOptions, type BenchResult, runBench } from "../table.ts";

/** Makes runs, 39 of them or in a quick run 13, and measures all on them. */
export async function benchEvidence({ quick }: BenchOptions): Promise<BenchResult> {
  return await inTempFolder(async (folder) => {
    const runs = await makeRuns(folder, { quick });
    const sources = await readMade(runs);
    const more = quick ? [] : await readMade(await makeRuns(`${folder}/more`, { repeated: true }));
    const results = [
      benchJudge(sources),
      benchAnswers(sources),
      benchPairs([...sources, ...more]),
      await benchExports(folder, runs),
      await benchDrift(`${folder}/drift`, quick),
    ];
    return {
      text: results.map(({ text }) => text).join("\n\n"),
      problems: results.flatMap(({ problems }) => problems),
    };
  });
}

if (import.meta.main) await runBench(benchEvidence);
