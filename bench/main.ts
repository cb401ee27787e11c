// deno-lint-ignore-file no-console
/**
 * Runs the benches, all or those named, and prints a table for each.
 *
 *     deno run -A bench/main.ts [--quick] [--check] [NAME…]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { benchAccuracy } from "./learning/accuracy.ts";
import { benchBandit } from "./after/bandit.ts";
import { benchExperiment } from "./after/experiment.ts";
import { benchLearningAgain } from "./after/learning_again.ts";
import { benchPlaybook } from "./after/playbook.ts";
import { benchTwoSets } from "./after/two_sets.ts";
import { benchApply } from "./apply.ts";
import { benchBlame } from "./blame.ts";
import { benchChat } from "./chat.ts";
import { benchCredit } from "./credit.ts";
import { benchEngines } from "./engines.ts";
import { benchForks } from "./forks.ts";
import { benchHistory } from "./history.ts";
import { benchEvidence } from "./evidence/evidence.ts";
import { benchNear } from "./evidence/near.ts";
import { benchSuspicious } from "./evidence/suspicious.ts";
import { benchConfidence } from "./learning/confidence.ts";
import { benchGrowth } from "./learning/growth.ts";
import { benchStopping } from "./learning/stopping.ts";
import { benchWarmStart } from "./learning/warm_start.ts";
import { benchPredict } from "./predict.ts";
import { benchReading } from "./reading.ts";
import { benchReport } from "./report.ts";
import { benchRuleChef } from "./rulechef.ts";
import { benchRuleChefLog } from "./rulechef_log.ts";
import { benchSecrets } from "./secrets.ts";
import { benchSpans } from "./learning/spans.ts";
import { benchStart } from "./start.ts";
import type { Bench } from "./table.ts";
import { benchTracing } from "./tracing.ts";

/** The benches in the order they are run: short ones first. */
const benches = new Map<string, Bench>([
  ["apply", benchApply],
  ["predict", benchPredict],
  ["chat", benchChat],
  ["start", benchStart],
  ["rulechef", benchRuleChef],
  ["rulechef_log", benchRuleChefLog],
  ["reading", benchReading],
  ["near", benchNear],
  ["history", benchHistory],
  ["report", benchReport],
  ["credit", benchCredit],
  ["forks", benchForks],
  ["engines", benchEngines],
  ["secrets", benchSecrets],
  ["warm_start", benchWarmStart],
  ["confidence", benchConfidence],
  ["accuracy", benchAccuracy],
  ["spans", benchSpans],
  ["tracing", benchTracing],
  ["stopping", benchStopping],
  ["growth", benchGrowth],
  ["experiment", benchExperiment],
  ["bandit", benchBandit],
  ["two_sets", benchTwoSets],
  ["playbook", benchPlaybook],
  ["learning_again", benchLearningAgain],
  ["suspicious", benchSuspicious],
  ["evidence", benchEvidence],
  ["blame", benchBlame],
]);

const usage = `Measure speed and accuracy, and print tables of medians.

  deno run -A bench/main.ts [--quick] [--check] [NAME…]

NAME is one of ${[...benches.keys()].join(", ")}; without one, all are run.

  --quick   little data and few runs: tells whether the benches work, in seconds
  --check   fail if a figure is not reached, which is so without it too
  --help    this text

Fails if a bench fails, a figure is not a number, or an accuracy is not reached; never for being
slow. Benches without data (../shared/data) are skipped.
`;

function parseArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => !benches.has(name));
  if (unknown !== undefined) {
    const known = [...benches.keys()].join(", ");
    throw new TypeError(`unknown bench ${JSON.stringify(unknown)}, expected one of ${known}`);
  }
  return { ...values, names: positionals.length > 0 ? positionals : [...benches.keys()] };
}

/** Runs benches, and returns the exit code. */
async function main(args: string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArguments(args);
  } catch (error) {
    console.error(`bench/main.ts: ${(error as Error).message} (see --help)`);
    return 2;
  }
  const { quick, help, names } = parsed;
  if (help) {
    console.log(usage.trimEnd());
    return 0;
  }
  const problems: string[] = [];
  for (const name of names) {
    try {
      const result = await benches.get(name)!({ quick });
      console.log(`${result.text}\n`);
      problems.push(...result.problems);
    } catch (error) {
      // The other benches are run all the same.
      problems.push(`${name}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  for (const problem of problems) console.error(problem);
  return problems.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
