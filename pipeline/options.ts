/**
 * What a run can be told, and what it makes of it.
 *
 * @module
 */
import type { Coordinator } from "../learn/coordinator.ts";
import { createSimpleCoordinator } from "../learn/audit/simple.ts";
import { createDataset, type Dataset, type DatasetInput } from "../learn/data/dataset.ts";
import type { Task } from "../learn/data/examples.ts";
import type { Match } from "../learn/score/matches.ts";
import type { Overlaps } from "../learn/rules/overlaps.ts";
import { createPatternSynthesizer } from "../learn/labels/synthesizer.ts";
import { quote } from "../learn/text/quoting.ts";
import type { Proposal, Rule } from "../learn/rules/rule.ts";
import type { Decide } from "../learn/rules/decisions.ts";
import { createSpanSynthesizer } from "../learn/spans/synthesizer.ts";
import type { Synthesizer } from "../learn/synthesizer.ts";
import type { Sinks } from "../trace.ts";

/** How far a run is. */
export interface Progress {
  readonly stage: "synthesis" | "iteration" | "audit" | "prune" | "refit" | "final";
  readonly iteration?: number;
  /** F1 of the rules so far on the split that decides, 0 to 1. */
  readonly f1?: number;
  /** The split that decides: held-out examples, or where there are none those learned from. */
  readonly on: "dev" | "train";
  /** Milliseconds since the run began. */
  readonly elapsed: number;
}

/** Options of `learnRules`. */
export interface LearnOptions extends Sinks {
  /** @default {createPatternSynthesizer()} in classification, else `createSpanSynthesizer()` */
  readonly synthesizer?: Synthesizer;
  /** @default {createSimpleCoordinator()} */
  readonly coordinator?: Coordinator;
  /**
   * Patches asked for at most, ≥ 0.
   *
   * @default 20
   */
  readonly maxIterations?: number;
  /**
   * Patches in a row that may fail to be accepted before the run stops, ≥ 1.
   *
   * @default 2
   */
  readonly patience?: number;
  /**
   * Share of the examples held out to decide by, from 0 to below 1. Nothing is held out at 0, or
   * where there are under 10 examples a label.
   *
   * @default 0.2
   */
  readonly holdout?: number;
  /**
   * Seed of the split, a whole number.
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
  /** F1 on the split that decides at which the run stops, from 0 to 1. Without it, none. */
  readonly target?: number;
  /**
   * Lead in votes under which a right decision still counts as a failure to learn from, ≥ 0.
   *
   * @default 1
   */
  readonly margin?: number;
  /**
   * Whether rules vote by weight, or the first match decides. Rules that find spans decide by the
   * first.
   *
   * @default {"vote"} in classification, else "first"
   */
  readonly decide?: Decide;
  /**
   * Votes that a label needs more than, else the rules abstain, ≥ 0.
   *
   * @default 0
   */
  readonly threshold?: number;
  /** The label where no rule decides: none, or the most frequent one. */
  readonly default?: "majority";
  /**
   * What makes a found span right besides its label: its offsets, its text, or an intersection over
   * union of 0.5 or more. For spans only.
   *
   * @default "exact"
   */
  readonly match?: Match;
  /**
   * What becomes of a span that overlaps one of an earlier rule. For spans only.
   *
   * @default "drop"
   */
  readonly overlaps?: Overlaps;
  /** Rules at most, ≥ 1. Without it, as many as help. */
  readonly maxRules?: number;
  /**
   * Whether to learn once more on all examples, held-out ones included, when all is decided.
   *
   * @default {true} where the synthesizer can and examples were held out
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
  /** Examples that rules are scored on once, at the end. */
  readonly test?: DatasetInput;
  /** Gives the run up: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** @default {() => new Date()} */
  readonly now?: () => Date;
  /** @default the time and six random digits, as in `20260131T120000-a1b2c3` */
  readonly generateId?: () => string;
  /** Called as the run goes on, at each stage and iteration. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Options with their defaults filled in. */
export interface Settings extends Sinks {
  readonly synthesizer: Synthesizer;
  readonly coordinator: Coordinator;
  readonly maxIterations: number;
  readonly patience: number;
  readonly holdout: number;
  readonly seed: number;
  readonly tolerance: number;
  readonly target?: number;
  readonly margin: number;
  readonly decide: Decide;
  readonly threshold: number;
  readonly default?: "majority";
  readonly match?: Match;
  readonly overlaps?: Overlaps;
  readonly maxRules?: number;
  readonly refit: boolean;
  readonly rules: readonly (Rule | Proposal)[];
  readonly incremental: boolean;
  readonly test?: Dataset;
  readonly signal?: AbortSignal;
  readonly now: () => Date;
  readonly generateId?: () => string;
  readonly onProgress?: (progress: Progress) => void;
}

/** Every option: the compiler finds what is missing. */
const NAMES: Readonly<Record<keyof LearnOptions, true>> = {
  synthesizer: true,
  coordinator: true,
  maxIterations: true,
  patience: true,
  holdout: true,
  seed: true,
  tolerance: true,
  target: true,
  margin: true,
  decide: true,
  threshold: true,
  default: true,
  match: true,
  overlaps: true,
  maxRules: true,
  refit: true,
  rules: true,
  incremental: true,
  test: true,
  signal: true,
  now: true,
  generateId: true,
  onStart: true,
  onStep: true,
  onExchange: true,
  onProgress: true,
};

/**
 * Fills in defaults.
 *
 * @throws {RangeError} naming the option whose value is out of its range
 * @throws {TypeError} naming an option that there is not; where the test set or the rules are none
 */
export function resolveOptions(options: LearnOptions, task: Task): Settings {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(NAMES, name));
  if (unknown !== undefined) throw new TypeError(`There is no option ${quote(unknown)}`);
  const findsSpans = task !== "classification";
  const synthesizer = options.synthesizer ??
    (findsSpans ? createSpanSynthesizer() : createPatternSynthesizer());
  checkFunctions("synthesizer", synthesizer, ["synthesize", "patch"], ["refit"]);
  const settings: Settings = {
    coordinator: createSimpleCoordinator(),
    maxIterations: 20,
    patience: 2,
    holdout: 0.2,
    seed: 0,
    tolerance: 0.005,
    margin: 1,
    decide: findsSpans ? "first" : "vote",
    threshold: 0,
    ...(findsSpans ? { match: "exact", overlaps: "drop" } : {}),
    refit: synthesizer.refit !== undefined,
    rules: [],
    incremental: false,
    now: () => new Date(),
    ...withoutUndefined(options),
    synthesizer,
    test: options.test === undefined ? undefined : createTestSet(options.test, task),
  };
  const { maxIterations, patience, tolerance, target, margin, threshold, maxRules } = settings;
  const { seed, holdout } = settings;
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`The option seed is ${seed}, expected a whole number`);
  }
  if (typeof holdout !== "number" || !(holdout >= 0 && holdout < 1)) {
    throw new RangeError(`The option holdout is ${holdout}, expected a number from 0 to below 1`);
  }
  check("maxIterations", maxIterations, 0, Infinity, true);
  check("patience", patience, 1, Infinity, true);
  check("tolerance", tolerance, 0, 1);
  if (target !== undefined) check("target", target, 0, 1);
  check("margin", margin, 0, Number.MAX_VALUE);
  check("threshold", threshold, 0, Number.MAX_VALUE);
  if (maxRules !== undefined) check("maxRules", maxRules, 1, Infinity, true);
  checkFunctions("coordinator", settings.coordinator, [], ["critique", "guide", "audit"]);
  checkFunctions(undefined, settings, ["now"], [
    "generateId",
    "onStart",
    "onStep",
    "onExchange",
    "onProgress",
  ]);
  const { signal } = settings;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError("The option signal is no AbortSignal");
  }
  checkOneOf("refit", settings.refit, [true, false]);
  checkOneOf("incremental", settings.incremental, [true, false]);
  checkOneOf("decide", settings.decide, ["first", "vote"]);
  checkOneOf("default", settings.default, [undefined, "majority"]);
  checkOneOf("match", settings.match, [undefined, "exact", "text", "partial"]);
  checkOneOf("overlaps", settings.overlaps, [undefined, "drop", "keep"]);
  checkTask(settings, task);
  if (!Array.isArray(settings.rules)) {
    throw new TypeError(`The option rules is ${settings.rules}, expected a list of rules`);
  }
  if (settings.refit && synthesizer.refit === undefined) {
    throw new RangeError(`The option refit is true, but ${synthesizer.name} cannot refit`);
  }
  if (settings.incremental && settings.rules.length === 0) {
    throw new RangeError("The option incremental is true, but there are no rules to go on from");
  }
  return settings;
}

/** A test set is of the task that is learned. */
function createTestSet(input: DatasetInput, task: Task): Dataset {
  const source = "the test set";
  const test = createDataset({ task, ...input } as DatasetInput, source);
  if (test.task === task) return test;
  throw new RangeError(`Cannot score on ${source}: its task is ${test.task}, expected ${task}`);
}

/** Refuses options that mean nothing for the task. */
function checkTask({ decide, default: fallback, match, overlaps }: Settings, task: Task): void {
  if (task !== "classification") {
    if (decide === "first" && fallback === undefined) return;
    const found = decide === "vote" ? "decide is vote" : `default is ${fallback}`;
    throw new RangeError(
      `The option ${found}, which is for classification, and the task is ${task}`,
    );
  }
  const name = match !== undefined ? "match" : overlaps !== undefined ? "overlaps" : undefined;
  if (name === undefined) return;
  throw new RangeError(`The option ${name} is for spans, and the task is classification`);
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<T>;
}

function check(name: string, value: unknown, low: number, high: number, whole = false): void {
  const isWhole = !whole || Number.isInteger(value) || value === Infinity;
  if (typeof value === "number" && value >= low && value <= high && isWhole) return;
  const kind = whole ? "a whole number" : "a number";
  const range = high === 1 ? `from ${low} to 1` : `of ${low} or more`;
  throw new RangeError(`The option ${name} is ${value}, expected ${kind} ${range}`);
}

/** Checks members that must be functions, and those that may be missing. */
function checkFunctions(
  option: string | undefined,
  value: unknown,
  required: readonly string[],
  optional: readonly string[],
): void {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`The option ${option} is ${value}, expected an object`);
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const name of [...required, ...optional]) {
    const isMissing = members[name] === undefined && optional.includes(name);
    if (isMissing || typeof members[name] === "function") continue;
    const called = option === undefined ? name : `${option}.${name}`;
    throw new TypeError(`The option ${called} is ${typeof members[name]}, expected a function`);
  }
}

function checkOneOf<T>(name: string, value: T, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  const expected = allowed.filter((one) => one !== undefined).join(" or ");
  throw new RangeError(`The option ${name} is ${JSON.stringify(value)}, expected ${expected}`);
}
