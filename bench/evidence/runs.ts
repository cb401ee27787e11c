// deno-lint-ignore-file no-console
/**
 * A folder of runs to make training data of: some learned by themselves, the others asked a simulated model; one
 * failed, one was aborted. Several asked the same and got other replies.
 *
 *     deno run -A bench/evidence/runs.ts FOLDER [--quick]
 *
 * @module
 */
import { createAgenticCoordinator } from "../../learn/llm/coordinator.ts";
import { createLlmSynthesizer } from "../../learn/llm/synthesizer.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { readTape, readTrace, withTrace } from "../../trace.ts";
import { formatTable } from "../table.ts";
import { createSimulatedModel, type SimulatedOptions } from "./model.ts";
import { drawSample, type Sample, type SampleName } from "./samples.ts";

/** A run to be made. */
interface PlannedRun {
  readonly data: SampleName;
  readonly options?: LearnOptions;
  /** The model that it asks; without it, it learns by itself. */
  readonly model?: SimulatedOptions;
  /** Whether the model reviews the rules too. */
  readonly isReviewed?: boolean;
  /** Whether it may fail: the model may have nothing to say to its only request. */
  readonly mayFail?: boolean;
  /** Aborted after the step of this index. */
  readonly abortAfter?: number;
  /** Whether it is among the few of a quick run: those need no data but what ships. */
  readonly isQuick?: boolean;
}

const noRefit = { refit: false } as const;

/** The runs that learn by themselves. */
const EMBEDDED: readonly PlannedRun[] = [
  { data: "banking", options: { seed: 1 }, isQuick: true },
  { data: "banking", options: { seed: 2, ...noRefit }, isQuick: true },
  { data: "banking", options: { seed: 3, ...noRefit, maxRules: 20 } },
  { data: "banking", options: { seed: 1, holdout: 0 }, isQuick: true },
  { data: "banking", options: { seed: 4, ...noRefit, decide: "first" } },
  { data: "banking10", options: { seed: 1, ...noRefit } },
  { data: "banking10", options: { seed: 2 } },
  { data: "banking19", options: { seed: 1, ...noRefit, maxRules: 150 } },
  { data: "banking77-40", options: { seed: 1, maxRules: 300 } },
  { data: "sms-800", options: { seed: 1 } },
  { data: "sms-1200", options: { seed: 1, ...noRefit } },
  { data: "sms", options: { seed: 2, ...noRefit } },
  { data: "snips-700", options: { seed: 1 } },
  { data: "snips-1050", options: { seed: 2, ...noRefit, holdout: 0.3 } },
  { data: "snips", options: { seed: 1, ...noRefit } },
  { data: "restaurant", options: { seed: 1 }, isQuick: true },
  { data: "restaurant", options: { seed: 2, ...noRefit }, isQuick: true },
  { data: "snips-entities", options: { seed: 1, ...noRefit } },
  { data: "snips-entities", options: { seed: 2, maxRules: 60 } },
  { data: "tab-60", options: { seed: 1, ...noRefit } },
];

/** The runs that ask a model. Those with the same data and seed begin with the same requests. */
const ASKING: readonly PlannedRun[] = [
  ...[0.9, 0.7, 0.5].map((skill, n) => ask("banking", 1, { seed: n, skill }, { isQuick: true })),
  // The same first rules and reviews, and other patches.
  ask("banking", 1, { seed: 0, seeds: { patch: 11 }, skill: 0.9 }, { isQuick: true }),
  ask("banking", 1, { seed: 0, seeds: { patch: 12 }, skill: 0.9 }),
  ask("banking", 2, { seed: 1, skill: 0.8 }, { isReviewed: false }),
  ask("banking", 2, { seed: 2, skill: 0.4 }, { isReviewed: false }),
  ask("banking19", 1, { seed: 1, skill: 0.85 }),
  ask("banking19", 1, { seed: 2, skill: 0.6 }),
  ask("sms-800", 1, { seed: 1, skill: 0.9 }),
  ask("sms-800", 1, { seed: 2, skill: 0.6 }),
  ask("sms-800", 1, { seed: 3, skill: 0.75 }, { isReviewed: false }),
  ask("snips-700", 1, { seed: 1, skill: 0.9 }),
  ask("snips-700", 1, { seed: 2, skill: 0.6 }),
  ask("restaurant", 1, { seed: 1, skill: 0.9 }, { isQuick: true }),
  ask("restaurant", 1, { seed: 2, skill: 0.6 }, { isQuick: true }),
  ask("restaurant", 1, { seed: 3, skill: 0.75 }, { isReviewed: false }),
  ask("banking", 3, { seed: 1, skill: 0.9, diesAt: 0 }, { isQuick: true, mayFail: true }),
  ask("banking", 1, { seed: 5, skill: 0.8 }, { isQuick: true, abortAfter: 2 }),
];

function ask(
  data: SampleName,
  seed: number,
  model: SimulatedOptions,
  more: Partial<PlannedRun> = {},
): PlannedRun {
  return {
    data,
    options: { seed, maxIterations: 6, patience: 4 },
    model,
    isReviewed: true,
    ...more,
  };
}

/** A run that was made. */
export interface MadeRun {
  /** The id of the run. */
  readonly name: string;
  /** The file of its trace. */
  readonly path: string;
  /** The file of its tape, if it asked a model. */
  readonly tape?: string;
  /** What it learned from, and what it is measured on. */
  readonly sample: Sample;
}

/** The clock of all runs stands still: the same folder, the same bytes. */
const now = () => new Date("2026-01-31T12:00:00Z");

/** Runs that only ask for first rules, each of them six times: for pairs. */
const REPEATED: readonly PlannedRun[] =
  (["banking", "banking10", "banking19", "sms-800", "snips-700", "restaurant"] as const)
    .flatMap((data) =>
      [0.95, 0.85, 0.75, 0.6, 0.5, 0.4].map((skill, n) => {
        const options = { seed: 7, maxIterations: 0 };
        const more = { options, isReviewed: false, mayFail: true };
        return ask(data, 7, { seed: 70 + n, skill }, more);
      })
    );

/** Options of {@linkcode makeRuns}. */
export interface MakeOptions {
  /** Whether to make few runs, of the data that ship. */
  readonly quick?: boolean;
  /** Whether to make the runs that ask the same again and again instead. */
  readonly repeated?: boolean;
}

/**
 * Makes the runs, one after the other: samples in `<folder>/data/`, traces and tapes in `<folder>/runs/`.
 *
 * @returns the runs, but for those whose data are not there
 */
export async function makeRuns(
  folder: string,
  { quick = false, repeated = false }: MakeOptions = {},
): Promise<MadeRun[]> {
  const [data, storage] = [`${folder}/data`, `${folder}/runs`];
  for (const path of [data, storage]) await Deno.mkdir(path, { recursive: true });
  const samples = new Map<SampleName, Promise<Sample | undefined>>();
  const made: MadeRun[] = [];
  const all = repeated ? REPEATED : [...EMBEDDED, ...ASKING];
  for (const [place, planned] of all.entries()) {
    if (quick && !planned.isQuick) continue;
    const drawing = samples.get(planned.data) ?? drawSample(planned.data, data);
    samples.set(planned.data, drawing);
    const sample = await drawing;
    if (sample === undefined) continue;
    const name = `${planned.model === undefined ? "embedded" : "asking"}-${place + 1}`;
    const path = `${storage}/${sample.train.name}.${name}`;
    await makeRun(planned, name, sample, storage);
    const tape = planned.model === undefined ? {} : { tape: `${path}.exchanges.jsonl` };
    made.push({ name, path: `${path}.trace.json`, ...tape, sample });
  }
  return made;
}

async function makeRun(
  { options, model, isReviewed, abortAfter, mayFail }: PlannedRun,
  name: string,
  { train }: Sample,
  storage: string,
): Promise<void> {
  const chat = model && createSimulatedModel(model);
  const controller = new AbortController();
  let steps = 0;
  try {
    await withTrace(learnRules, { storage, now, flush: "end", latest: false })(train, {
      ...options,
      // One call at a time, so that the order of the tape is always the same.
      ...(chat && { synthesizer: createLlmSynthesizer({ chat, concurrency: 1, now }) }),
      ...(chat && isReviewed && { coordinator: createAgenticCoordinator({ chat, every: 2, now }) }),
      now,
      generateId: () => name,
      signal: controller.signal,
      onStep: () => {
        if (steps++ === abortAfter) controller.abort();
      },
    });
  } catch (error) {
    if (!mayFail && !controller.signal.aborted) throw error;
  }
}

/** Makes the runs in a folder, and prints what they hold. */
async function main([folder, ...flags]: readonly string[]): Promise<void> {
  const runs = await makeRuns(folder, { quick: flags.includes("--quick") });
  const asked = new Map<string, Set<string>>();
  const rows: string[][] = [];
  for (const { name, path, tape, sample } of runs) {
    const trace = await readTrace(path);
    const exchanges = tape === undefined ? [] : await readTape(tape);
    for (const { id, response = "" } of exchanges) {
      asked.set(id, (asked.get(id) ?? new Set()).add(response));
    }
    const count = (outcome: string) =>
      exchanges.filter((exchange) => exchange.outcome === outcome).length;
    const verdicts = trace.steps.flatMap((step) => "verdict" in step ? step.verdict[0] : []);
    const last = trace.steps.at(-1);
    const left = last?.type === "final" ? last.rules.length : 0;
    const refused = trace.steps.flatMap((step) => [
      ..."refused" in step ? step.refused ?? [] : [],
      ..."patch" in step ? step.patch.refused ?? [] : [],
    ]);
    const proposed = Object.keys(trace.rules).length + refused.length;
    const counts = [trace.steps.length, proposed, refused.length, left, exchanges.length];
    rows.push([
      ...[name, sample.train.name, trace.run.status, verdicts.join("")],
      ...counts.map(String),
      ...["parsed", "repaired", "refused", "failed"].map((outcome) => String(count(outcome))),
    ]);
  }
  const headings =
    "run,data,status,verdicts,steps,proposed,refused,final,replies,parsed,repaired,unread,failed";
  const shared = [...asked.values()].filter(({ size }) => size > 1).length;
  console.log(formatTable(`${runs.length} runs`, headings.split(","), rows, [
    `${asked.size} requests, ${shared} with several replies`,
    `${(performance.now() / 1e3).toFixed(0)} s`,
  ]));
}

if (import.meta.main) await main(Deno.args);
