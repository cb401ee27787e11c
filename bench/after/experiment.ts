/**
 * Measures the log of an experiment: how long 1,000 sessions take to read and fold, and whether two processes that log
 * at the same time lose an event.
 *
 *     deno run -A bench/after/experiment.ts [--quick]
 *
 * @module
 */
import { join } from "node:path";
import { createRandom } from "../../learn/score/random.ts";
import { creditsOf } from "../../review/experiment/credits.ts";
import { foldExperiment } from "../../review/experiment/folding.ts";
import {
  EXPERIMENT_FORMAT,
  EXPERIMENT_VERSION,
  type ExperimentEvent,
} from "../../review/experiment/format.ts";
import { parseExperiment, readExperiment } from "../../review/experiment/log.ts";
import { reportExperiment } from "../../review/experiment/metrics.ts";
import { renderExperimentPage } from "../../review/experiment/page.ts";
import { openExperiment } from "../../review/experiment/sessions.ts";
import { runApart } from "../apart.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  timeOf,
} from "../table.ts";

const RUNS = 5;
/** The most milliseconds that reading and folding 1,000 sessions may take. */
const MOST_TIME = 1_000;
const ARMS = Array.from({ length: 20 }, (_, place) => `arm ${place}`);
const CONTEXTS = ["refunds", "billing", "shipping", "accounts", "tone"];
const WORDS =
  "the order was sent twice but only one refund went to the wrong card after a late reply"
    .split(" ");

/** Makes the events of sessions with three mistakes and five rewards each, as several at once would log them. */
function makeEvents(sessions: number): ExperimentEvent[] {
  const random = createRandom(11);
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)];
  return Array.from({ length: sessions }, (_, place): ExperimentEvent[] => {
    const of = { session: `s-${place}`, at: new Date(1.8e12 + 6e5 * place).toISOString() };
    const first = Math.floor(random() * 17);
    const context = pick(CONTEXTS);
    return [
      {
        ...{ ...of, type: "start", context, arms: ARMS, chosen: ARMS.slice(first, first + 3) },
        ...{ propensity: 0.002, inclusion: ARMS.map(() => 0.15), seed: place, policy: "thompson" },
      },
      ...[0, 1, 2].map((mistake): ExperimentEvent => ({
        ...{ ...of, type: "mistake", id: `m-${place}-${mistake}`, class: context, credit: "shown" },
        description: Array.from({ length: 9 }, () => pick(WORDS)).join(" "),
      })),
      ...[0, 1, 2, 3, 4].map((reward): ExperimentEvent => ({
        ...{ ...of, type: "reward", id: `r-${place}-${reward}`, credit: "shown" },
        outcome: pick(["accepted", "accepted", "rejected"]),
      })),
      { ...of, type: "end" },
    ];
  }).flat();
}

/** Logs sessions of ten events to a file that others log to: run in a process of its own. */
async function logSessions(path: string): Promise<number> {
  const [, , sessions = "100"] = Deno.args;
  const experiment = openExperiment(path);
  let logged = 0;
  for (let place = 0; place < Number(sessions); place++) {
    const { session } = await experiment.start({ arms: ARMS, context: CONTEXTS[place % 5] });
    for (const description of ["wrong card", "sent twice", "too late", "not asked"]) {
      await experiment.mistake({ session, description });
      await experiment.reward({ session, outcome: "accepted" });
    }
    await experiment.end({ session });
    logged += 10;
  }
  return logged;
}

/** Lets two processes log at once, and counts what both say that they logged and what is there. */
async function measureTwo(sessions: number) {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "experiment.jsonl");
    const script = new URL(import.meta.url);
    const processes = await Promise.all(
      [0, 1].map(() => runApart<number>(script, ["--child", path, String(sessions)])),
    );
    const { state, torn } = await readExperiment(path);
    const events = state.sessions.map(({ end, mistakes, rewards }) =>
      1 + mistakes.length + rewards.length + (end === undefined ? 0 : 1)
    );
    const lines = (await Deno.readTextFile(path)).split("\n").length - 2;
    return {
      logged: processes.reduce((sum, { output }) => sum + output, 0),
      found: events.reduce((sum, count) => sum + count, 0),
      lines: torn === undefined ? lines : NaN,
      time: Math.max(...processes.map(({ time }) => time)),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Measures the log of an experiment. */
export async function benchExperiment({ quick }: BenchOptions): Promise<BenchResult> {
  const sessions = quick ? 50 : 1_000;
  const events = makeEvents(sessions);
  const header = { format: EXPERIMENT_FORMAT, version: EXPERIMENT_VERSION };
  const text = [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join("");
  const bytes = new TextEncoder().encode(text);
  const measure = (run: () => void) =>
    median(Array.from({ length: quick ? 1 : RUNS }, () => timeOf(run)));
  const state = foldExperiment(events);
  const report = reportExperiment(state);
  const fold = measure(() => foldExperiment(events));
  const read = measure(() => parseExperiment(bytes));
  const rows: readonly (readonly [string, number, string])[] = [
    ["fold", fold, ""],
    ["read and fold", read, `under ${MOST_TIME} ms`],
    ["credits", measure(() => creditsOf(state)), ""],
    ["report", measure(() => reportExperiment(state)), ""],
    ["page", measure(() => renderExperimentPage(report)), ""],
  ];
  const two = await measureTwo(quick ? 3 : 100);
  return {
    text: formatTable(
      `the log of an experiment: ${sessions} sessions, ${events.length} events, ${bytes.length} bytes`,
      ["what", "ms", "held to"],
      rows.map(([name, time, target]) => [name, time.toFixed(1), target]),
      [
        `two processes at once: ${two.logged} events logged, ${two.found} found, in ${
          (two.time / 1_000).toFixed(1)
        } s; held to: none lost`,
      ],
    ),
    problems: [
      ...(quick || read < MOST_TIME ? [] : [`experiment: folding takes ${read.toFixed(0)} ms`]),
      ...(two.logged === two.found && two.logged === two.lines
        ? []
        : [`experiment: of ${two.logged} events ${two.found} are found, in ${two.lines} lines`]),
    ],
  };
}

if (import.meta.main) await runBench(benchExperiment, logSessions);
