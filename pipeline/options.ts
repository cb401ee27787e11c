/**
 * Options of a run: their ranges, their defaults, and how a script takes them.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { createSimpleCoordinator } from "../learn/audit/simple.ts";
import type { Coordinator } from "../learn/coordinator.ts";
import { createDataset, type Dataset, type DatasetInput } from "../learn/data/dataset.ts";
import type { Task } from "../learn/data/examples.ts";
import { createPatternSynthesizer } from "../learn/labels/synthesizer.ts";
import type { Decide } from "../learn/rules/decisions.ts";
import type { Overlaps } from "../learn/rules/overlaps.ts";
import { restrictPlaybook, type RunPlaybook, RunPlaybookSchema } from "../learn/rules/playbook.ts";
import type { Proposal, Rule } from "../learn/rules/rule.ts";
import type { Match } from "../learn/score/matches.ts";
import { createSpanSynthesizer } from "../learn/spans/synthesizer.ts";
import {
  type Feedback,
  FeedbackSchema,
  MIN_SUPPORT,
  type Synthesizer,
} from "../learn/synthesizer.ts";
import { describeKind } from "../learn/text/json.ts";
import { quote } from "../learn/text/quoting.ts";
import { type Parent, ParentSchema } from "../record/parent.ts";
import type { Sinks } from "../trace.ts";
import type { Progress } from "./breathing.ts";
import {
  amount,
  callback,
  limit,
  method,
  number,
  oneOf,
  share,
  signal,
  votes,
} from "./options/values.ts";

/** Options of `learnRules`. */
export interface LearnOptions extends Sinks {
  /**
   * Proposes the rules.
   *
   * @default {createPatternSynthesizer()} for classification, else `createSpanSynthesizer()`
   */
  readonly synthesizer?: Synthesizer;
  /**
   * Reviews the rules.
   *
   * @default {createSimpleCoordinator()}
   */
  readonly coordinator?: Coordinator;
  /**
   * Patches at most, a whole number ≥ 0 or `Infinity`.
   *
   * @default 20
   */
  readonly maxIterations?: number;
  /**
   * The run stops after this many patches in a row that are not accepted, a whole number ≥ 1 or
   * `Infinity`.
   *
   * @default 2
   */
  readonly patience?: number;
  /**
   * Share of the examples that are held out to decide by, from 0 to below 1. No example is held out
   * at 0, or with fewer than 10 examples a label on average.
   *
   * @default 0.2
   */
  readonly holdout?: number;
  /**
   * Examples at most to learn from and to decide on, a whole number ≥ 2 or `Infinity`. Of more, so many
   * are drawn, each label by its share. Test sets are scored whole.
   *
   * @default 100_000
   */
  readonly sample?: number;
  /**
   * Seed of the split and of the sample, a whole number.
   *
   * @default 0
   */
  readonly seed?: number;
  /**
   * How much F1 may fall for a patch that raises precision, from 0 to 1.
   *
   * @default 0.005
   */
  readonly tolerance?: number;
  /** The run stops at this F1 on the split that decides, from 0 to 1. By default, it does not. */
  readonly target?: number;
  /**
   * Lead in votes under which a correct decision still is a failure to learn from, ≥ 0.
   *
   * @default 1
   */
  readonly margin?: number;
  /**
   * Whether rules vote by weight, or the first match decides. For spans, the first match decides.
   *
   * @default {"vote"} for classification, else "first"
   */
  readonly decide?: Decide;
  /**
   * Rules abstain unless a label has more votes than this, ≥ 0.
   *
   * @default 0
   */
  readonly threshold?: number;
  /** `majority`: if no rule decides, predict the most frequent label. By default, abstain. */
  readonly default?: "majority";
  /**
   * What makes a predicted span correct besides its label: its offsets, its text, or an intersection
   * over union of 0.5 or more. For spans only.
   *
   * @default "exact"
   */
  readonly match?: Match;
  /**
   * Whether to drop or keep a span that overlaps the span of an earlier rule. For spans only.
   *
   * @default "drop"
   */
  readonly overlaps?: Overlaps;
  /** Rules at most, a whole number ≥ 1 or `Infinity`. By default, as many as help. */
  readonly maxRules?: number;
  /**
   * Learns a set that is as small as it can be: the smallest whose F1 on the split that decides is lower than the highest
   * by no more than this, or than one standard error, if that is more. From 0 to 1. By default, the set with the highest
   * F1 is the best.
   */
  readonly within?: number;
  /**
   * Different examples that a word, or a run of words, must be found in before the embedded
   * synthesizers write it in a pattern, a whole number ≥ 1. From 2 on, no rule holds what only one
   * example says.
   *
   * @default 2
   */
  readonly minSupport?: number;
  /**
   * Whether to learn once more on all examples at the end, held-out ones included.
   *
   * @default {true} if the synthesizer can refit and examples are held out
   */
  readonly refit?: boolean;
  /** Rules to begin with. */
  readonly rules?: readonly (Rule | Proposal)[];
  /**
   * Whether to go on from `rules` alone, without a synthesis.
   *
   * @default false
   */
  readonly incremental?: boolean;
  /** Ids of examples that are corrections, which are never held out and weigh more: see `addCorrections`. */
  readonly corrections?: readonly string[];
  /** What earlier runs proved, to begin with: see `readPlaybook`. A `baseline` is recorded, and does without. */
  readonly playbook?: RunPlaybook;
  /** What people say of rules and labels, for the prompts of a model and the trace. */
  readonly feedback?: readonly Feedback[];
  /**
   * The run that this one is made from, and what is changed about it: the run takes its verdicts and leaves out its
   * steps and rules. Other changes have to be made in data and options, as `forkRun` of `review/fork.ts` does.
   */
  readonly parent?: Parent;
  /** Examples to score the rules on once, at the end. */
  readonly test?: DatasetInput;
  /** Aborts the run: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * The clock for the times in the trace.
   *
   * @default {() => new Date()}
   */
  readonly now?: () => Date;
  /**
   * Makes the id of the run.
   *
   * @default {the time and six random digits, as in `20260131T120000-a1b2c3`}
   */
  readonly generateId?: () => string;
  /**
   * Called as the run goes on: at each stage and iteration, and in long ones several times a second with
   * what is done of them.
   */
  readonly onProgress?: (progress: Progress) => void;
}

/** How the script takes an option. */
export interface Flag {
  /** Placeholder of the value. A flag without a placeholder takes no value: it sets true. */
  readonly value?: string;
  /** Text about the option in `--help`. */
  readonly help: string;
  /** Text about the default, if the schema does not have it. */
  readonly default?: string;
  /** Whether the name of the flag begins with `no-` and it sets false. */
  readonly isNegated?: boolean;
}

/** The flags, by the schemas of their options. */
export const flags: z.core.$ZodRegistry<Flag> = z.registry<Flag>();

/** The options of `learnRules`, each with its default unless that depends on others. */
export const Options = z.object(
  {
    seed: number("a whole number", Number.isSafeInteger).default(0)
      .register(flags, { value: "N", help: "seed of the split, and of the sample" }),
    holdout: number("a number from 0 to below 1", (value) => value >= 0 && value < 1).default(0.2)
      .register(flags, { value: "X", help: "share of the examples held out to decide by" }),
    sample: limit(2).default(100_000)
      .register(flags, { value: "N", help: "learn from at most this many examples" }),
    decide: oneOf("vote", "first").optional().register(flags, {
      value: "HOW",
      help: "vote (by weight) or first (by the first match)",
      default: "vote; spans: first",
    }),
    match: oneOf("exact", "text", "partial").optional().register(flags, {
      value: "HOW",
      help: "what makes a predicted span correct: exact, text or partial",
      default: "exact",
    }),
    overlaps: oneOf("drop", "keep").optional().register(flags, {
      value: "HOW",
      help: "drop or keep a span that overlaps an earlier rule's",
      default: "drop",
    }),
    threshold: votes.default(0)
      .register(flags, { value: "X", help: "abstain unless a label has more votes than this" }),
    default: oneOf("majority").optional().register(flags, {
      value: "majority",
      help: "predict the most frequent label if no rule decides",
      default: "none",
    }),
    maxRules: limit(1).optional().register(flags, {
      value: "N",
      help: "keep at most this many rules",
      default: "as many as help",
    }),
    within: share.optional().register(flags, {
      value: "X",
      help: "keep the smallest rule set within this much of the highest F1",
      default: "none",
    }),
    minSupport: amount.default(MIN_SUPPORT)
      .register(flags, { value: "N", help: "write only words that this many examples share" }),
    maxIterations: limit(0).default(20)
      .register(flags, { value: "N", help: "try at most this many patches" }),
    patience: limit(1).default(3).register(flags, {
      value: "N",
      help: "stop after this many patches in a row that are not accepted",
    }),
    target: share.optional()
      .register(flags, { value: "X", help: "stop at this F1", default: "none" }),
    tolerance: share.default(0.005).register(flags, {
      value: "X",
      help: "how much F1 may fall for a patch that raises precision",
    }),
    margin: votes.default(1).register(flags, {
      value: "X",
      help: "lead in votes under which a correct decision is a failure",
    }),
    refit: oneOf(true, false).optional().register(flags, {
      isNegated: true,
      help: "do not learn once more on all examples at the end",
    }),
    rules: z.array(z.custom<Rule | Proposal>(), { error: "a list of rules" }).default([]),
    incremental: oneOf(true, false).default(false).register(flags, {
      help: "go on from --rules, --lock or --playbook without a synthesis",
    }),
    corrections: z.array(z.string(), { error: "a list of ids" }).default([]),
    playbook: RunPlaybookSchema.optional(),
    feedback: z.array(FeedbackSchema, { error: "a list" }).default([]),
    parent: ParentSchema.optional(),
    test: z.custom<DatasetInput>().optional(),
    synthesizer: z.looseObject(
      { synthesize: method, patch: method, refit: method.optional() },
      { error: "an object" },
    ).optional(),
    coordinator: z.looseObject(
      { critique: method.optional(), guide: method.optional(), audit: method.optional() },
      { error: "an object" },
    ).optional(),
    signal: signal.optional(),
    now: callback<LearnOptions["now"]>().default(() => () => new Date()),
    generateId: callback<LearnOptions["generateId"]>().optional(),
    onStart: callback<Sinks["onStart"]>().optional(),
    onStep: callback<Sinks["onStep"]>().optional(),
    onExchange: callback<Sinks["onExchange"]>().optional(),
    onProgress: callback<LearnOptions["onProgress"]>().optional(),
  } satisfies Record<keyof LearnOptions, z.ZodType>,
);

/** Options with their defaults filled in. */
export interface Settings
  extends
    Readonly<Omit<z.output<typeof Options>, "synthesizer" | "coordinator" | "test" | "playbook">> {
  readonly synthesizer: Synthesizer;
  readonly coordinator: Coordinator;
  readonly decide: Decide;
  readonly refit: boolean;
  readonly test?: Dataset;
  /** With the entries of the task; none if it is a baseline. */
  readonly playbook?: RunPlaybook;
}

/**
 * Checks options and fills in their defaults.
 *
 * @throws {RangeError} naming the option whose value is out of its range
 * @throws {TypeError} naming an option that is unknown, or is not an object, a function or a list as
 * expected; if the test set is not a data set
 */
export function resolveOptions(options: LearnOptions, task: Task): Settings {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(Options.shape, name));
  if (unknown !== undefined) throw new TypeError(`There is no option ${quote(unknown)}`);
  const parsed = Options.safeParse(options);
  if (!parsed.success) throw describeIssue(parsed.error.issues[0], options);
  const { data } = parsed;
  const findsSpans = task !== "classification";
  // The schema returns copies, which have no private members.
  const {
    synthesizer = findsSpans ? createSpanSynthesizer() : createPatternSynthesizer(),
    coordinator = createSimpleCoordinator(),
    test,
  } = options;
  const settings = {
    ...data,
    synthesizer,
    coordinator,
    decide: data.decide ?? (findsSpans ? "first" : "vote"),
    match: data.match ?? (findsSpans ? "exact" : undefined),
    overlaps: data.overlaps ?? (findsSpans ? "drop" : undefined),
    refit: data.refit ?? synthesizer.refit !== undefined,
    test: test === undefined ? undefined : createTestSet(test, task),
    playbook: data.playbook && restrictPlaybook(data.playbook, task),
  };
  checkTask(settings, task);
  if (settings.refit && synthesizer.refit === undefined) {
    throw new RangeError(`The option refit is true, but ${synthesizer.name} cannot refit`);
  }
  return settings;
}

/** Returns the error about an option, or a member of one, that is not as expected. */
function describeIssue({ code, path, message }: z.core.$ZodIssue, options: LearnOptions): Error {
  const value = path.reduce<unknown>((value, key) => Reflect.get(Object(value), key), options);
  const shown = typeof value === "string"
    ? quote(value)
    : Object(value) === value
    ? describeKind(value)
    : String(value);
  const ErrorClass = code === "invalid_type" ? TypeError : RangeError;
  return new ErrorClass(`The option ${path.join(".")} is ${shown}, expected ${message}`);
}

/** Returns the test set, which must be of the task that is learned. */
function createTestSet(input: DatasetInput, task: Task): Dataset {
  const source = "the test set";
  const test = createDataset({ task, ...input } as DatasetInput, source);
  if (test.task === task) return test;
  throw new RangeError(`Cannot score on ${source}: its task is ${test.task}, expected ${task}`);
}

/** Refuses options that mean nothing for the task. */
function checkTask(
  { decide, default: fallback, match, overlaps }: Settings,
  task: Task,
): void {
  if (task !== "classification") {
    if (decide === "first" && fallback === undefined) return;
    const option = decide === "vote" ? "decide is vote" : `default is ${fallback}`;
    throw new RangeError(
      `The option ${option}, which is for classification, and the task is ${task}`,
    );
  }
  const option = match !== undefined ? "match" : overlaps !== undefined ? "overlaps" : undefined;
  if (option === undefined) return;
  throw new RangeError(`The option ${option} is for spans, and the task is classification`);
}
