/**
 * The record of learning runs: any learner that reports its steps gets one, as a file that can be
 * read, checked and asked why a rule is there.
 *
 * @example
 * ```ts ignore
 * import { explainRule, readTrace, withTrace } from "./trace.ts";
 * import { learnRules } from "./pipeline.ts";
 *
 * const learn = withTrace(learnRules, { storage: "runs" });
 * const { rules, path } = await learn({ name: "intents", task: "classification", examples });
 * const trace = await readTrace(path);
 * console.log(explainRule(trace, rules[0].id));
 * ```
 *
 * @module
 */
import { fileError } from "./learn/text/reading.ts";
import { quote } from "./learn/text/quoting.ts";
import { replaceFile } from "./record/files.ts";
import { recordPaths } from "./record/journal.ts";
import { Recording } from "./record/recording.ts";
import { type Quotable, redact } from "./record/redact.ts";
import type { Sinks, Trace } from "./record/schema.ts";

export { runDigest, stepDigest, traceDigest } from "./record/chain.ts";
export { TraceError } from "./record/error.ts";
export { explainRule } from "./record/explain.ts";
export type { RuleLife } from "./record/explain.ts";
export { parseTrace, readTrace, renderTrace, writeTrace } from "./record/files.ts";
export { Fold, foldSteps, rulesAt } from "./record/fold.ts";
export { createNameRedactor, createRedactor, redact } from "./record/redact.ts";
export type { Decision, RuleEvent, RuleStory, RuleWeights } from "./record/replay.ts";
export {
  FORMAT_VERSION,
  KnownScores,
  Run,
  type Sinks,
  Step,
  StepBody,
  type StepOf,
  type StepReport,
  Trace,
  VERSION,
} from "./record/schema.ts";
export { readTape } from "./record/tape.ts";
export { verifyTrace } from "./record/verify.ts";

/** Where and how {@linkcode withTrace} records. */
export interface TraceOptions {
  /** The folder for traces; made where it is missing. */
  readonly storage: string;
  /**
   * The clock for `at`, `took` and `finishedAt`.
   *
   * @default {() => new Date()}
   */
  readonly now?: () => Date;
}

/** What a recorded run returns besides the result of the learner. */
export interface Recorded {
  readonly trace: Trace;
  /** The file that holds this trace, and will hold it whatever is run later. */
  readonly path: string;
  /** The file with the exchanges, where a model was asked. */
  readonly tape?: string;
}

/**
 * Thrown where learning succeeded, but its record could not be written. Nothing learned is lost:
 * `result` is what the learner returned, `trace` the whole record, `cause` what writing failed with.
 */
export class TraceWriteError extends Error {
  override readonly name = "TraceWriteError";
  /** What the learner returned, or `undefined` where it threw. */
  readonly result: unknown;
  readonly trace: Trace;

  /** An error whose message is that of `cause`. */
  constructor(result: unknown, trace: Trace, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.result = result;
    this.trace = trace;
  }
}

/**
 * Records the runs of a learner. Returns a function of the same arguments, whose result also has the
 * `trace` and the `path` of its file.
 *
 * The learner reports through `onStart`, `onStep` and `onExchange` of its options; the caller's own
 * sinks get each report once it is recorded. While it learns, `<storage>/<data set>.<run id>.trace.jsonl` grows by a
 * line a step. At its end `<data set>.<run id>.trace.json` takes the journal's place, and a copy of
 * it replaces `<data set>.trace.json`. A learner that throws leaves a trace that ends in a `failure`
 * step, `aborted` where the `signal` of its options is: its error is thrown on as it is.
 *
 * Exchanges with a language model go to `<data set>.<run id>.exchanges.jsonl`, a line each as it ends;
 * {@linkcode readTape} reads them. A run without any has no such file.
 *
 * A report that no reader would accept is refused: `onStep` throws, and so does the run.
 *
 * @throws {TypeError} at once, where an option of the recording is unknown, or its folder is not named
 * @throws {Error} where the journal cannot be opened, before learning; where the learner reports no run
 * @throws {TypeError | TraceError} where the learner's reports are no record of a run
 * @throws {TraceWriteError} after learning, where its record could not be written. Where the learner
 * threw as well, its own error is thrown, and has the write error as its member `suppressed`
 */
export function withTrace<Dataset, Options extends Sinks, Result extends object>(
  learn: (dataset: Dataset, options?: Options) => Promise<Result>,
  recorded: TraceOptions,
): (dataset: Dataset, options?: Options) => Promise<Result & Recorded> {
  const { storage, now = () => new Date(), ...others } = recorded;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new TypeError(`There is no option ${quote(unknown)} of a trace`);
  if (typeof storage !== "string" || storage === "") {
    throw new TypeError("The option storage is missing, expected the folder for traces");
  }
  return async (dataset, options) => {
    const recording = new Recording(storage, now);
    const sinks: Required<Sinks> = {
      onStart(run) {
        recording.start(run);
        options?.onStart?.(run);
      },
      onStep(report) {
        recording.step(report);
        options?.onStep?.(report);
      },
      onExchange(exchange) {
        recording.exchange(exchange);
        options?.onExchange?.(exchange);
      },
    };
    let outcome: Outcome<Result>;
    try {
      outcome = { result: await learn(dataset, { ...options, ...sinks } as Options) };
    } catch (error) {
      outcome = { error };
    }
    // A learner that caught what its report was refused with has no record to return.
    if (!("error" in outcome) && recording.refused) outcome = recording.refused;
    if (!recording.isStarted) {
      recording.close();
      if ("error" in outcome) throw outcome.error;
      throw new Error("The learner reported no run: it never called onStart");
    }
    outcome = checkEnd(outcome, recording);
    if ("error" in outcome) {
      recording.fail(describeError(outcome.error, [dataset, testOf(options)]));
    }
    const status = statusOf(recording, outcome, options);
    const { trace, path, tape, writeError } = save(recording, status, storage);
    if ("error" in outcome) {
      if (writeError === undefined) throw outcome.error;
      throw suppress(outcome.error, new TraceWriteError(undefined, trace, writeError));
    }
    if (writeError !== undefined) throw new TraceWriteError(outcome.result, trace, writeError);
    return { ...outcome.result, trace, path, ...(tape === undefined ? {} : { tape }) };
  };
}

type Outcome<Result> = { readonly result: Result } | { readonly error: unknown };

/** A run that returns without an end is as much a failure as one that throws. */
function checkEnd<Result>(outcome: Outcome<Result>, recording: Recording): Outcome<Result> {
  const last = recording.lastStep?.type;
  if ("error" in outcome || last === "final" || last === "failure") return outcome;
  return { error: new TypeError("The learner returned without having reported a final step") };
}

function statusOf(
  recording: Recording,
  outcome: Outcome<unknown>,
  options: unknown,
): "completed" | "failed" | "aborted" {
  if (recording.lastStep?.type === "final") return "completed";
  if (!("error" in outcome)) return "failed";
  const { signal } = (options ?? {}) as { readonly signal?: Partial<AbortSignal> };
  if (signal?.aborted !== true) return "failed";
  const { error } = outcome;
  const isAbort = error === signal.reason ||
    (error instanceof Error && error.name === "AbortError");
  return isAbort ? "aborted" : "failed";
}

/** Writes the trace and takes the journal away; the first error of writing is returned. */
function save(
  recording: Recording,
  status: "completed" | "failed" | "aborted",
  storage: string,
): Recorded & { readonly writeError?: unknown } {
  const { trace, text, journal } = recording.finish(status);
  const { trace: path, latest } = recordPaths(storage, trace.run);
  let writeError = recording.writeError;
  try {
    const bytes = new TextEncoder().encode(text);
    replaceFile(path, trace, bytes);
    try {
      replaceFile(latest, trace, bytes);
    } finally {
      removeJournal(journal);
    }
  } catch (error) {
    writeError ??= error;
  }
  return { trace, path, tape: recording.tape, writeError };
}

function removeJournal(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw fileError(`Cannot remove the journal ${path}`, error);
    }
  }
}

/** The learner's error, with the error of writing on it where it can carry one. */
function suppress(error: unknown, writeError: TraceWriteError): unknown {
  if (typeof error === "object" && error !== null && Object.isExtensible(error)) {
    Object.defineProperty(error, "suppressed", { value: writeError, configurable: true });
    return error;
  }
  return new SuppressedError(error, writeError, `${writeError.message}; learning failed too`);
}

const MAX_MESSAGE_LENGTH = 2_000;

/** An error as the record has it: without the texts of `datasets`. */
function describeError(
  error: unknown,
  datasets: readonly unknown[],
): { name: string; message: string } {
  try {
    const { name, message } = error instanceof Error
      ? error
      : { name: typeof error, message: String(error) };
    const examples = datasets.flatMap(examplesOf);
    const safe = (text: unknown) =>
      redact(String(text), examples).slice(0, MAX_MESSAGE_LENGTH).toWellFormed();
    return { name: safe(name), message: safe(message) };
  } catch {
    // Values whose members throw: without them it cannot be told what the message quotes.
    return { name: "Error", message: "(withheld: the error or the data set could not be read)" };
  }
}

/** The examples of what may be a data set. */
function examplesOf(dataset: unknown): Quotable[] {
  const examples = (dataset as { readonly examples?: unknown } | null | undefined)?.examples;
  if (!Array.isArray(examples)) return [];
  return examples.filter((example) => typeof example?.text === "string");
}

function testOf(options: unknown): unknown {
  return (options as { readonly test?: unknown } | null | undefined)?.test;
}
