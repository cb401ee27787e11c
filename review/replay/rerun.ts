/**
 * The options of a run, rebuilt from its trace, so that it can be computed again.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { createSimpleCoordinator } from "../../learn/audit/simple.ts";
import type { Chat } from "../../learn/chat/client.ts";
import type { Exchange, Purpose } from "../../learn/chat/exchanges.ts";
import { replayChat } from "../../learn/chat/replay.ts";
import type { Coordinator } from "../../learn/coordinator.ts";
import { createDataset, type Dataset, type DatasetInput } from "../../learn/data/dataset.ts";
import { labelsOf } from "../../learn/data/examples.ts";
import { createPatternSynthesizer } from "../../learn/labels/synthesizer.ts";
import { createAgenticCoordinator } from "../../learn/llm/coordinator.ts";
import { createLlmSynthesizer } from "../../learn/llm/synthesizer.ts";
import { createSpanSynthesizer } from "../../learn/spans/synthesizer.ts";
import type { Synthesizer } from "../../learn/synthesizer.ts";
import { quote } from "../../learn/text/quoting.ts";
import type { LearnOptions } from "../../pipeline.ts";
import { describeProblem } from "../../record/error.ts";
import { changeExamples } from "./changed_examples.ts";
import { ProtocolConfig } from "../../record/protocol.ts";
import type { Run, Trace } from "../../trace.ts";

/** What a run is computed again from. */
export interface Given {
  /** The data set of the run, or of the run that it was made from. Its name does not count. */
  readonly data: Dataset | DatasetInput;
  /** The test set of the run, if it had one. */
  readonly test?: DatasetInput;
  /** The exchanges of the run, if it asked a model. */
  readonly tape?: readonly Exchange[];
  /** A model to ask for what the tape does not answer. It must be that of the run. */
  readonly chat?: Chat;
  /** Likewise the second model of the run, if it had one: the setting `escalateTo` of its synthesizer. */
  readonly escalateTo?: Chat;
  /** Creates learners that the package does not know, by the names in the trace. */
  readonly learners?: (
    run: Run,
  ) => Pick<LearnOptions, "synthesizer" | "coordinator"> | undefined;
}

/** Thrown if a run cannot be computed again from what is given. */
export class RerunError extends Error {
  /** Always the name of the class. */
  override readonly name = "RerunError";
  /**
   * What is not known: who learned, by which options, or on which test set; or that the run was imported
   * from the log of another tool (`learner`).
   */
  readonly lacks: "learner" | "options" | "test";

  /** An error about what is not known. */
  constructor(message: string, lacks: RerunError["lacks"], options?: ErrorOptions) {
    super(message, options);
    this.lacks = lacks;
  }
}

/**
 * Rebuilds the options by which `learnRules` learns the same again: seed and share of the split, every
 * setting of the trace's `config`, the rules that the run began with, its playbook, the test set, and the learners by
 * their names and settings. Learners that ask a model are answered from the tape, request by request, and
 * then by `given.chat`; of the second model, by `given.escalateTo`.
 *
 * Sinks, signal, clock and run id are left to the caller. The rules that a run began with are in its first
 * step: one that was killed before it is taken to have begun without any.
 *
 * @throws {RerunError} if a learner is not known or its model cannot be asked, the run was imported, its
 * settings are not those of `learnRules`, or it had a test set and none is given
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { learnRules, readDataset, withTrace } from "../../mod.ts";
 * import { rerunData, rerunOptions } from "./rerun.ts";
 *
 * const { examples } = await readDataset("examples/banking_test.jsonl");
 * const data = { name: "banking", examples: examples.filter((_, place) => place % 4 === 0) };
 * const learn = withTrace(learnRules);
 * const { trace } = await learn(data, { seed: 7 });
 * const again = await learn(rerunData(trace, { data }), rerunOptions(trace, { data }));
 * assertEquals(again.trace.digest, trace.digest);
 * ```
 */
export function rerunOptions(trace: Trace, given: Given): LearnOptions {
  const { run } = trace;
  if (run.origin !== undefined) {
    throw new RerunError(
      `The run was imported from a log of ${
        quote(run.origin.tool)
      }, and only that tool can learn it again`,
      "learner",
    );
  }
  const { data: config, error } = ProtocolConfig.safeParse(run.config);
  if (error !== undefined) {
    const problem = `The run has settings that learnRules does not have: ${describeProblem(error)}`;
    throw new RerunError(problem, "options", { cause: error });
  }
  const {
    maxIterations = Infinity,
    patience = Infinity,
    default: fallback,
    test,
    sampled,
    ...rest
  } = config;
  if (test !== undefined && given.test === undefined) {
    const size = `${test.examples} example${test.examples === 1 ? "" : "s"}`;
    throw new RerunError(`The run has a test set of ${size}, which is not given`, "test");
  }
  return {
    ...rest,
    maxIterations,
    patience,
    seed: run.split.seed,
    holdout: run.split.holdout,
    sample: sampled?.learned ?? Infinity,
    default: fallback === undefined ? undefined : "majority",
    test: test === undefined ? undefined : given.test,
    rules: startOf(trace),
    corrections: run.split.corrections && correctionsIn(trace, rerunData(trace, given)),
    feedback: run.feedback,
    playbook: run.playbook,
    parent: run.parent,
    ...createLearners(run, given),
  };
}

/**
 * Returns the given data under the name and the task of the run, with its labels, some of which no
 * example may have, and with the examples changed if the run was made from another so. Data with labels that the run does not know keep their own.
 *
 * @throws {TypeError | RangeError} if it is not a data set of the run's task
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset, readTrace } from "../../mod.ts";
 * import { rerunData } from "./rerun.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const data = await readDataset("examples/banking.jsonl", { name: "renamed" });
 * assertEquals(rerunData(trace, { data }).name, "banking");
 * ```
 */
export function rerunData({ run }: Trace, { data }: Given): Dataset {
  const { name, task, labels } = run.dataset;
  const given = createDataset({ ...data, name, task });
  const dataset = changeExamples(given, run.parent?.change ?? []);
  const known = new Set(labels);
  const fits = dataset.examples.every((example) =>
    labelsOf(example).every((one) => known.has(one))
  );
  return fits ? { ...dataset, labels: [...labels] } : dataset;
}

/** Returns the corrections of a run that a data set has: a fork may drop some. */
export function correctionsIn(
  { run: { split: { corrections = [] } } }: Trace,
  { examples }: Dataset,
): readonly string[] {
  if (corrections.length === 0) return corrections;
  const ids = new Set(examples.map(({ id }) => id));
  return corrections.filter((id) => ids.has(id));
}

/** Returns the rules that a run began with. */
function startOf({ steps: [first], rules }: Trace): LearnOptions["rules"] {
  return first?.type === "synthesis" ? (first.start ?? []).map((id) => rules[id]) : [];
}

const LlmSettings = z.object({
  every: z.int().min(1).optional(),
  maxExamples: z.int().min(1).optional(),
  maxTokens: z.int().min(1).optional(),
  escalateTo: z.string().optional(),
});

/** Creates the learners that the run names. Those of the caller go first. */
function createLearners(
  run: Run,
  given: Given,
): Required<Pick<LearnOptions, "synthesizer" | "coordinator">> {
  const { synthesizer, coordinator } = given.learners?.(run) ?? {};
  return {
    synthesizer: synthesizer ?? createSynthesizer(run, given),
    coordinator: coordinator ?? createCoordinator(run, given),
  };
}

function createSynthesizer(run: Run, given: Given): Synthesizer {
  const { synthesizer: name } = run.learner;
  if (name === "patterns" && run.dataset.task === "classification") {
    return createPatternSynthesizer();
  }
  if (name === "spans" && run.dataset.task !== "classification") return createSpanSynthesizer();
  if (name !== "llm") throw unknownLearner("synthesizer", name);
  const { maxExamples, maxTokens, escalateTo } = readSettings(run, "synthesizer");
  return createLlmSynthesizer({
    chat: openTape(run, given, "synthesizer"),
    ...(escalateTo !== undefined && {
      escalateTo: openSecond(escalateTo, given),
    }),
    maxExamples,
    maxTokens,
  });
}

function createCoordinator(run: Run, given: Given): Coordinator {
  const { coordinator: name } = run.learner;
  if (name === "simple") return createSimpleCoordinator();
  if (name !== "agentic") throw unknownLearner("coordinator", name);
  const { every, maxExamples, maxTokens } = readSettings(run, "coordinator");
  const chat = openTape(run, given, "coordinator");
  return createAgenticCoordinator({ chat, every, maxExamples, maxTokens });
}

/** Returns the name of the model that a run asked if a reply of the first would not do; nothing if it had none. */
export function secondModel({ config }: Run): string | undefined {
  return LlmSettings.safeParse(config.synthesizer).data?.escalateTo;
}

/** A learner, as `run.learner` and `run.config` name it. */
type Role = "synthesizer" | "coordinator";

function unknownLearner(role: Role, name: string): RerunError {
  return new RerunError(`The ${role} ${quote(name)} is not one of this package`, "learner");
}

function readSettings(run: Run, role: Role): z.infer<typeof LlmSettings> {
  const { data, error } = LlmSettings.safeParse(run.config[role]);
  if (error === undefined) return data;
  const problem = `The settings of the ${role} cannot be read: ${describeProblem(error)}`;
  throw new RerunError(problem, "options", { cause: error });
}

/** What each learner asks a model for. */
const PURPOSES: Readonly<Record<Role, readonly Purpose[]>> = {
  synthesizer: ["synthesis", "patch"],
  coordinator: ["critique", "guide", "audit"],
};

/** Creates a chat that answers a learner from the tape, then from the given model. */
function openTape(run: Run, { tape = [], chat: otherwise }: Given, role: Role): Chat {
  if (tape.length === 0 && otherwise === undefined) {
    throw new RerunError(`The ${role} asks a model, and no tape is given`, "learner");
  }
  const second = role === "synthesizer" ? secondModel(run) : undefined;
  const taped = tape.find(({ purpose, model }) =>
    PURPOSES[role].includes(purpose) && model !== second
  );
  const model = taped?.model ?? otherwise?.model ?? run.learner.model;
  const parameters = taped === undefined ? otherwise?.parameters : taped.parameters;
  return answer(tape, { model, parameters, otherwise });
}

/** Creates a chat that answers as the second model from the tape, then from the given one. */
function openSecond(model: string, { tape = [], escalateTo: otherwise }: Given): Chat {
  const taped = tape.find((one) =>
    PURPOSES.synthesizer.includes(one.purpose) && one.model === model
  );
  const parameters = taped === undefined ? otherwise?.parameters : taped.parameters;
  return answer(tape, { model, parameters, otherwise });
}

/** Creates a chat that answers from a tape. */
function answer(...[tape, options]: Parameters<typeof replayChat>): Chat {
  try {
    return replayChat(tape, options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RerunError(error.message, "learner", { cause: error });
  }
}
