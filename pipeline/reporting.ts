/**
 * The reports of a run: the run itself, and each step once, with the rules first seen in it and the
 * exchanges with a model that led to it.
 *
 * @module
 */
import { type Dataset, datasetDigest } from "../learn/data/dataset.ts";
import type { Example } from "../learn/data/examples.ts";
import type { Sample } from "../learn/data/sampling.ts";
import { shortenTexts } from "../learn/data/shortening.ts";
import type { DatasetSplit } from "../learn/data/split.ts";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { Beginning } from "../learn/score/beginning.ts";
import { nameRuntime } from "../system/process.ts";
import {
  type CorrectedFields,
  createRedactor,
  type Run,
  type Sinks,
  type StepOf,
  type StepReport,
  VERSION,
} from "../trace.ts";
import { withoutEmpty } from "./changes.ts";
import type { Settings } from "./options.ts";
import type { Questions } from "./questions.ts";
import type { FindQuote } from "../record/quotes.ts";
import { redactStep } from "../record/redact.ts";
import { PROTOCOL } from "../record/schema.ts";
import { readClock } from "../record/time.ts";

/** The result of a run. */
export interface LearnResult {
  /** The rules, in the order of the trace. */
  readonly rules: Rule[];
  /** Their scores: on train, on dev if examples are held out; on both as `all` after a refit. */
  readonly scores: StepOf<"final">["scores"];
  /** How the rules decide, for `createClassifier(rules, decision)` or `createExtractor`. */
  readonly decision: DecisionOptions;
  /** Why the refinement stopped. */
  readonly stop: StepOf<"final">["stop"];
}

/**
 * Describes a run that is about to begin.
 *
 * @param data the data set, the examples that are learned from and decided on, and their split
 * @param fallback the label if no rule decides
 * @throws {RangeError} if the clock gave a time that a trace cannot have
 */
export function describeRun(
  { dataset, sample, split: { train, dev, holdout } }: {
    readonly dataset: Dataset;
    readonly sample: Sample<Example>;
    readonly split: DatasetSplit;
  },
  settings: Settings,
  startedAt: Date,
  fallback?: string,
): Run {
  const { name, task, labels, examples } = dataset;
  const { synthesizer, coordinator, seed, generateId, test, parent } = settings;
  const { corrections, feedback, playbook } = settings;
  readClock(startedAt);
  const { maxIterations, patience, tolerance, target, margin, decide, threshold } = settings;
  const { match, overlaps, maxRules, within, minSupport, refit, incremental } = settings;
  const config = {
    maxIterations: finite(maxIterations),
    patience: finite(patience),
    tolerance,
    target,
    margin,
    decide,
    threshold,
    default: fallback,
    match,
    overlaps,
    maxRules: finite(maxRules),
    within,
    minSupport,
    refit: refit && dev.length > 0,
    incremental,
    synthesizer: settingsOf(synthesizer, playbook),
    coordinator: coordinator.settings,
    sampled: sample.sampled,
    shortened: shortenTexts(sample.examples, sample.examples.length).shortened,
    test: test && { examples: test.examples.length, digest: datasetDigest(test) },
  };
  const models = [synthesizer.model, synthesizer.escalateTo, coordinator.model]
    .filter((model) => model !== undefined);
  return {
    id: generateId?.() ?? createId(startedAt),
    status: "running",
    dataset: {
      name,
      task,
      labels: [...labels],
      examples: examples.length,
      digest: datasetDigest(dataset),
    },
    split: {
      seed,
      holdout,
      train: train.length,
      dev: dev.map(({ id }) => id),
      ...withoutEmpty({ corrections }),
    },
    learner: {
      synthesizer: synthesizer.name,
      coordinator: coordinator.name,
      ...(models.length === 0 ? {} : { model: [...new Set(models)].join(", ") }),
    },
    config: JSON.parse(JSON.stringify(config)),
    ...withoutEmpty({ feedback, playbook, parent }),
    protocol: PROTOCOL,
    software: { ruletrace: VERSION, runtime: nameRuntime() },
    startedAt: startedAt.toISOString(),
  };
}

/** Returns the settings of a synthesizer in a run with this playbook. */
function settingsOf(
  { settings, playbookSettings }: Settings["synthesizer"],
  playbook: Settings["playbook"],
): Readonly<Record<string, unknown>> | undefined {
  const isShown = playbook !== undefined && playbook.entries.length > 0;
  return isShown && playbookSettings ? { ...settings, ...playbookSettings } : settings;
}

/** Leaves out an infinite limit, which JSON does not have. */
function finite(limit: number | undefined): number | undefined {
  return limit === Infinity ? undefined : limit;
}

function createId(at: Date): string {
  const time = at.toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  return `${time}-${crypto.randomUUID().slice(0, 6)}`;
}

/** Adds to what a synthesis says of its proposals what the run took and left of its playbook. */
export function withBegun<
  Said extends Pick<StepOf<"synthesis">, "proposed" | "refused" | "playbook">,
>(
  said: Said,
  { entries, refused }: Beginning,
): Said {
  if (entries === undefined) return said;
  return {
    ...said,
    proposed: said.proposed + refused.length,
    refused: [...refused, ...said.refused],
    playbook: [...new Set([...entries, ...said.playbook ?? []])],
  };
}

/** Steps in which a model may be asked. */
const ASKING: ReadonlySet<StepReport["step"]["type"]> = new Set(
  ["synthesis", "critique", "iteration", "audit", "refit", "failure"] as const,
);

/** Reports the steps of one run. */
export class Reporter {
  readonly #onStep: Sinks["onStep"];
  readonly #questions: Questions;
  readonly #redact: (text: string) => string;
  readonly #definitions: Map<string, Rule>;
  #steps = 0;

  /**
   * A reporter to `onStep` that replaces quotes of `examples` by their ids; all of a text if `findQuote`
   * still finds one in it. Adds every rule to `definitions`, as first seen.
   */
  constructor(
    examples: readonly Example[],
    findQuote: FindQuote | undefined,
    questions: Questions,
    { onStep, definitions }: Pick<Sinks, "onStep"> & { readonly definitions: Map<string, Rule> },
  ) {
    this.#definitions = definitions;
    const redact = createRedactor(examples);
    this.#redact = (text) => {
      const redacted = redact(text);
      const hidden = findQuote?.([redacted]);
      return hidden === undefined ? redacted : `[${hidden}]`;
    };
    this.#questions = questions;
    this.#onStep = onStep;
  }

  /** How many steps were reported: the index of the next one. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Reports a step with those of `rules` that were never seen before; returns its index.
   *
   * @param changed what the step changes for corrections
   */
  report(
    step: StepReport["step"],
    rules: readonly Rule[],
    changed: CorrectedFields = {},
  ): number {
    const fresh: Rule[] = [];
    for (const rule of rules) {
      if (this.#definitions.has(rule.id)) continue;
      this.#definitions.set(rule.id, rule);
      fresh.push(rule);
    }
    const asked = ASKING.has(step.type) ? this.#questions.takeExchanges() : {};
    this.#onStep?.({
      step: { ...redactStep(step, this.#redact), ...changed, ...asked } as StepReport["step"],
      rules: fresh,
    });
    return this.#steps++;
  }
}
