/**
 * Faults of decisions: patches and merges that stay though they harm, patches that do not though they help,
 * replies of a model that someone spoilt, and none.
 *
 * @module
 */
import { createSimpleCoordinator } from "../../learn/audit/simple.ts";
import type { Chat, Message } from "../../learn/chat/client.ts";
import { type Exchange, exchangeId } from "../../learn/chat/exchanges.ts";
import { schemaName } from "../../learn/chat/format.ts";
import type { Coordinator } from "../../learn/coordinator.ts";
import { createPatternSynthesizer } from "../../learn/labels/synthesizer.ts";
import { createAgenticCoordinator } from "../../learn/llm/coordinator.ts";
import { createLlmSynthesizer } from "../../learn/llm/synthesizer.ts";
import type { LabelledDataset } from "../../learn/data/dataset.ts";
import type { Synthesizer } from "../../learn/synthesizer.ts";
import { digest } from "../../learn/text/digest.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { OverruleError } from "../../pipeline/overrules.ts";
import type { VerdictChange } from "../../record/parent.ts";
import { scorePath } from "../../review/blame/path.ts";
import { endRules, testRun } from "../../review/blame/tested.ts";
import {
  judgeTrials,
  listReplies,
  listTrials,
  type PlannedTrial,
  runSeed,
  runTrial,
  testRules,
} from "../../review/blame/trials.ts";
import type { ForkTrial } from "../../review/blame/format.ts";
import { forkRun } from "../../review/fork.ts";
import type { Given } from "../../review/replay/rerun.ts";
import { banking as script } from "../../tests/learn/llm/scripted_model.ts";
import { createRandom } from "../../tests/record/generate_run.ts";
import { type Trace, withTrace } from "../../trace.ts";
import { readData } from "../data.ts";
import type { FaultClass, Judgement } from "./faults.ts";

/** Labelled texts to learn from, and to measure on. */
interface Texts {
  readonly train: LabelledDataset;
  readonly test: LabelledDataset;
}

const FIVE = "five labels";
/** Other seeds that a finding is compared with. */
const SEEDS = 10;
/** How often to try to plant a fault that the scores would not let pass. */
const ATTEMPTS = 60;

/** Added to each seed: the severity of the faults was chosen on others. */
const FIRST_SEED = 2_000;

/** Lists the faults of decisions on all data sets that are there. */
export async function listDecisionFaults(): Promise<FaultClass[]> {
  const examples = new URL("../../examples/", import.meta.url);
  const [five, sms] = await Promise.all([
    readTexts("banking", "banking_test", examples),
    readTexts("train", "test", undefined, "sms"),
  ]);
  const faults: FaultClass[] = [];
  if (five !== undefined) {
    const held = { first: 0.95 };
    faults.push(
      {
        ...{ name: "bad patch accepted", data: FIVE, runs: 20, quickRuns: 2, held },
        run: (seed) => judgePath(five, plantPatch(five.train, seed)),
      },
      {
        ...{ name: "broken merge kept", data: FIVE, runs: 20, quickRuns: 2, held },
        run: (seed) => judgePath(five, plantMerge(five.train, seed)),
      },
      {
        ...{ name: "spoilt reply, asked again", data: FIVE, runs: 16, quickRuns: 1 },
        held: { first: 15 / 16, falseFlags: 0 },
        run: (seed) => judgeReply(five, seed, 0),
      },
      {
        ...{ name: "the same, replies vary", data: FIVE, runs: 16, quickRuns: 0 },
        run: (seed) => judgeReply(five, seed, 1),
      },
      {
        ...{ name: "no bad decision", data: FIVE, runs: 30, quickRuns: 1 },
        held: { falseFlags: 0 },
        run: async (seed) => await judgeForks(five, await record(five.train, { seed })),
      },
    );
  }
  if (sms !== undefined) {
    faults.push({
      ...{ name: "good patch rejected", data: "sms", runs: 4, quickRuns: 0 },
      run: (seed) => judgeRejection(sms, seed),
    });
  }
  return faults.map((fault) => ({ ...fault, run: (seed) => fault.run(seed + FIRST_SEED) }));
}

async function readTexts(
  train: string,
  test: string,
  from: URL | undefined,
  folder = ".",
): Promise<Texts | undefined> {
  const data = await readData(folder, train, test, undefined, from);
  if (data === undefined) return undefined;
  if (data.train.task === "classification" && data.test.task === "classification") {
    return { train: data.train, test: data.test };
  }
  throw new TypeError(`${data.train.name} has no labels`);
}

async function record(data: LabelledDataset, options: LearnOptions): Promise<Trace> {
  return (await withTrace(learnRules)(data, options)).trace;
}

/** A parent that does not exist, to tell a run a verdict. */
function tell(step: number, to: VerdictChange["to"]): LearnOptions["parent"] {
  return { digest: `sha256:${"0".repeat(64)}`, change: [{ kind: "verdict", step, to }] };
}

/** A run with a fault, and the step that has it. */
type Planted = Promise<{ readonly trace: Trace; readonly step: number }>;

/** Makes a run whose first patch brings rules for frequent words, each with a label drawn at random, and stays. */
async function plantPatch(data: LabelledDataset, seed: number): Planted {
  const synthesizer = createPatternSynthesizer();
  const words = listWords(data);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const random = createRandom(1_000 * seed + attempt);
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)];
    // If five words do no harm, more will.
    const size = 5 + Math.floor(attempt / 10);
    const added = Array.from({ length: size }, () => {
      const [word, label] = [pick(words), pick(data.labels)];
      return { name: `${label}/${word}`, label, patterns: [`\\b${word}\\b`], weight: 3 };
    });
    const spoilt: Synthesizer = {
      ...synthesizer,
      patch: (state) => state.iteration === 1 ? { added } : synthesizer.patch(state),
    };
    try {
      const options = { seed, synthesizer: spoilt, parent: tell(1, "accepted") };
      const trace = await record(data, options);
      const patch = trace.steps[1];
      if (patch.type === "iteration" && patch.before.f1! - patch.after.f1! >= HARM) {
        return { trace, step: 1 };
      }
    } catch (error) {
      if (!(error instanceof OverruleError)) throw error;
    }
  }
  throw new Error(`No bad patch in ${ATTEMPTS} attempts with seed ${seed}`);
}

/** Lists the words of 5 to 30 % of the texts. */
function listWords({ examples }: LabelledDataset): string[] {
  const counts = new Map<string, number>();
  for (const { text } of examples) {
    for (const word of new Set(text.toLowerCase().match(/[a-z]{2,}/g))) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts].filter(([, n]) => n >= 0.05 * examples.length && n <= 0.3 * examples.length)
    .map(([word]) => word).sort();
}

/** Makes a run whose final audit merges the rules of a label into one that needs the two strongest, and stays. */
async function plantMerge(data: LabelledDataset, seed: number): Planted {
  for (const place of data.labels.keys()) {
    const label = data.labels[(seed + place) % data.labels.length];
    const coordinator: Coordinator = {
      ...createSimpleCoordinator(),
      audit: ({ phase, rules }) => {
        const worth = ({ weight = 1, support = 0 }: typeof rules[number]) => weight * support;
        const strong = rules.filter((rule) => rule.label === label)
          .sort((a, b) => worth(b) - worth(a));
        if (phase === "refine" || strong.length < 2) return undefined;
        const [{ id: _, ...merged }, other] = strong;
        const patterns = [...merged.patterns, ...other.patterns];
        const to = { ...merged, name: `${label}/merged`, patterns };
        return [{ kind: "merge", from: strong.map(({ id }) => id), to, reason: "alike" }];
      },
    };
    const options = { seed, coordinator };
    const { steps } = await record(data, options);
    const step = steps.findIndex((one) =>
      one.type === "audit" && one.verdict === "reverted" && one.before.f1! - one.after.f1! >= HARM
    );
    if (step === -1) continue;
    return { trace: await record(data, { ...options, parent: tell(step, "kept") }), step };
  }
  throw new Error(`No broken merge with seed ${seed}`);
}

/** F1 that a fault costs on the examples that decide, at least: 0 to 1. Others are planted anew. */
const HARM = 0.05;

/** Judges whether the path says that the step with the fault lost most. */
async function judgePath({ test }: Texts, planted: Planted): Promise<Judgement> {
  const { trace, step } = await planted;
  const { steps } = scorePath(testRun(trace, test));
  const [worst] = steps.slice(1).sort((a, b) => a.points - b.points);
  return { isFirst: worst?.step === step && worst.points < 0, trainings: 1 };
}

/** Takes back the decisions of a run; returns them with the greatest gain first. */
async function takeBack(
  { train, test }: Texts,
  trace: Trace,
  { planned, ...given }: Partial<Given> & { readonly planned?: readonly PlannedTrial[] } = {},
): Promise<{ readonly trials: readonly ForkTrial[]; readonly trainings: number }> {
  const run = testRun(trace, test);
  const all = { data: train, ...given };
  const seeds = [];
  for (let seed = 1; seed <= SEEDS && planned === undefined; seed++) {
    const other = trace.run.split.seed! + seed;
    const result = await runSeed(trace, other, all, run);
    if (result !== undefined) seeds.push(result);
  }
  const results = [];
  for (const one of planned ?? listTrials(trace)) {
    const result = await runTrial(trace, one, all, run);
    if (result !== undefined) results.push({ planned: one, result });
  }
  const own = testRules(run, endRules(run), run.decision);
  const { trials } = judgeTrials(own, results, seeds);
  return {
    trials: trials.toSorted((a, b) => b.interval.points - a.interval.points),
    trainings: seeds.length + results.length,
  };
}

/** Judges a run without a fault: no decision may be blamed. */
async function judgeForks(data: Texts, trace: Trace): Promise<Judgement> {
  const { trials, trainings } = await takeBack(data, trace);
  return { isFalse: trials.some(isBlamed), trainings };
}

function isBlamed({ isFinding, interval }: ForkTrial): boolean {
  return isFinding && interval.points > 0;
}

/** Rejects the patch that gains most, and judges whether it, or the verdict after it, comes first. */
async function judgeRejection(data: Texts, seed: number): Promise<Judgement> {
  const free = await record(data.train, { seed });
  const gains = free.steps.flatMap((step) =>
    step.type === "iteration" && step.verdict === "accepted"
      ? [{ step: step.index, gain: step.after.f1! - step.before.f1! }]
      : []
  );
  const [{ step }] = gains.sort((a, b) => b.gain - a.gain);
  const change = { kind: "verdict", step, to: "rejected" } as const;
  const { trace } = await forkRun(free, [change], { data: data.train });
  const { trials, trainings } = await takeBack(data, trace);
  const isPlanted = (trial: ForkTrial) => trial.step === step || trial.step === step + 1;
  return {
    isFirst: isPlanted(trials[0]),
    isFlagged: trials.some((trial) => isPlanted(trial) && isBlamed(trial)),
    isFalse: trials.some((trial) => !isPlanted(trial) && isBlamed(trial)),
    trainings,
  };
}

/**
 * A chat whose replies follow from the request and a variant: in another variant, as if asked once more, it leaves a
 * rule out now and then.
 */
function createTeacher(variant: number): Chat {
  const chat = (messages: readonly Message[], { schema }: Parameters<Chat>[1] = {}) => {
    const title = schema === undefined ? "" : schemaName(schema);
    const purpose = title.startsWith("rules") ? "synthesis" : title.replace(/-\d+$/, "");
    const key = purpose === "guidance" ? "guide" : purpose as "patch" | "critique" | "audit";
    const replies = purpose === "synthesis" ? [] : script[key];
    const asked = digest([variant, ...messages.map(({ content }) => content)]);
    const place = parseInt(asked.slice(7, 13), 16);
    const content = messages[messages.length - 1].content;
    const reply = purpose === "synthesis"
      ? leaveOut(script.synthesis[JSON.parse(content).wantedLabels[0]], place)
      : replies[place % replies.length];
    return Promise.resolve({ text: JSON.stringify(reply), finishReason: "stop", took: 0 });
  };
  return Object.assign(chat, { model: "teacher" });
}

/** Leaves one rule out of a reply of three or more. */
function leaveOut(reply: unknown, place: number): unknown {
  const { rules = [] } = (reply ?? {}) as { readonly rules?: readonly unknown[] };
  return { rules: rules.length < 3 ? rules : rules.toSpliced(place % rules.length, 1) };
}

/** A run that asked a model, with its tape. */
interface AskingRun {
  readonly trace: Trace;
  readonly tape: readonly Exchange[];
}

async function recordAsking(data: LabelledDataset, seed: number, chat: Chat): Promise<AskingRun> {
  const tape: Exchange[] = [];
  const trace = await record(data, {
    seed,
    synthesizer: createLlmSynthesizer({ chat }),
    coordinator: createAgenticCoordinator({ chat }),
    maxIterations: 3,
    onExchange: (exchange) => void tape.push(exchange),
  });
  return { trace, tape };
}

/** Makes a run in which the rules of one reply were replaced by rules for frequent words, all with one label. */
async function plantReply(
  data: LabelledDataset,
  seed: number,
): Promise<AskingRun & { readonly target: string }> {
  const chat = createTeacher(0);
  const clean = await recordAsking(data, seed, chat);
  const targets = clean.tape.filter(({ purpose }) => purpose === "synthesis");
  const words = listWords(data);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const random = createRandom(1_000 * seed + attempt);
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)];
    const [target, label] = [pick(targets), pick(data.labels)];
    const rules = Array.from({ length: 4 }, () => {
      const word = pick(words);
      return { name: word, label, patterns: [`\\b${word}\\b`], not: [], flags: "i" };
    });
    const spoil = async (messages: readonly Message[], call: Parameters<Chat>[1] = {}) => {
      const reply = await chat(messages, call);
      const id = exchangeId(chat, { messages, schema: call.schema });
      return id === target.id ? { ...reply, text: JSON.stringify({ rules }) } : reply;
    };
    const spoilt = await recordAsking(data, seed, Object.assign(spoil, { model: chat.model }));
    const [was, is] = [clean, spoilt].map(({ trace }) => lastF1(trace));
    if (was - is >= HARM) return { ...spoilt, target: target.id };
  }
  throw new Error(`No harmful reply in ${ATTEMPTS} attempts with seed ${seed}`);
}

/** Returns the F1 that a run ended with on the examples that decide. */
function lastF1({ steps }: Trace): number {
  const final = steps[steps.length - 1];
  return final.type === "final" ? (final.scores.dev ?? final.scores.train)!.f1 : 0;
}

/** Judges whether the spoilt reply comes first if the model is asked again for each. */
async function judgeReply(data: Texts, seed: number, variant: number): Promise<Judgement> {
  const { trace, tape, target } = await plantReply(data.train, seed);
  const planned = listReplies(trace, tape);
  const again = { planned, tape, chat: createTeacher(variant) };
  const { trials, trainings } = await takeBack(data, trace, again);
  const isTarget = ({ change }: ForkTrial) => change.kind === "reply" && change.exchange === target;
  const [first] = trials;
  return {
    isFirst: first !== undefined && isTarget(first) && first.interval.points > 0,
    isFalse: trials.some((trial) =>
      !isTarget(trial) && trial.evidence !== "no evidence" && trial.interval.points > 0
    ),
    trainings,
  };
}
