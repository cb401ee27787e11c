/**
 * Measures evidence and the training data that is made of it: what the judge is worth on test examples, whether
 * pairs agree with them, whether the firewall holds, and how long an export takes.
 *
 *     deno run -A bench/evidence.ts [--quick]
 *
 * @module
 */
import { inTempFolder } from "./data.ts";
import { benchJudge, readMade } from "./evidence/judge.ts";
import { benchAnswers } from "./evidence/answers.ts";
import { benchDrift } from "./evidence/drift.ts";
import { benchExports } from "./evidence/exports.ts";
import { benchPairs } from "./evidence/pairs.ts";
import { makeRuns } from "./evidence/runs.ts";
import { type BenchOptions, type BenchResult, runBench } from "./table.ts";

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
