/**
 * Records of learning runs. Any learner that reports its steps gets a trace: a file that can be read and
 * verified, and that tells why a rule is there.
 *
 * @module
 */
import type { Scores } from "./learn/score/scoring.ts";
import { describeKind } from "./learn/text/json.ts";
import { quote } from "./learn/text/quoting.ts";
import { Recording, saveRecording } from "./record/recording.ts";
import { describeThrown } from "./record/redact.ts";
import type { Sinks, Trace } from "./record/format.ts";

export { runDigest, stepDigest, traceDigest } from "./record/chain.ts";
export { TapeError, TraceError } from "./record/error.ts";
export { explainRule } from "./record/explain.ts";
export type { AlternativeOrigin, RuleLife } from "./record/explain.ts";
export { parseTrace, readTrace, renderTrace, writeTrace } from "./record/files.ts";
export { Fold, foldSteps, rulesAt } from "./record/fold.ts";
export { rulesOfTrace } from "./record/rule_set.ts";
export { createNameRedactor, createRedactor, type Quotable, redact } from "./record/redact.ts";
export type {
  Cause,
  Decision,
  RuleChange,
  RuleEvent,
  RuleStory,
  RuleWeights,
} from "./record/replay.ts";
export {
  type AskedFields,
  type AuditStep,
  type ComparedFields,
  type CorrectedFields,
  type CritiqueStep,
  type FailureStep,
  type FinalStep,
  FORMAT_VERSION,
  type IterationStep,
  type KnownScores,
  type ProposedFields,
  type PruneStep,
  type RecordedError,
  type RecordedPatch,
  type RefitStep,
  type RestoreStep,
  type ReweightedFields,
  type Run,
  type RunData,
  type RunSplit,
  type Sinks,
  type Step,
  type StepBody,
  type StepEnvelope,
  type StepOf,
  type StepReport,
  type SynthesisStep,
  type Trace,
  type UnloggedFields,
  VERSION,
} from "./record/format.ts";
export type {
  Change,
  ExamplesChange,
  OptionChange,
  Parent,
  RebaseChange,
  ReplyChange,
  VerdictChange,
  WithoutChange,
} from "./record/parent.ts";
export { readTape } from "./record/tape.ts";
export { verifyTrace } from "./record/verify.ts";
export { type TapeProof, verifyTape } from "./record/verify/tape_proof.ts";

/** Options of {@linkcode withTrace}. */
export interface TraceOptions {
  /**
   * The folder for traces; created if it is missing. Without it, the trace is kept in memory: nothing is
   * written, and no permission is needed.
   */
  readonly storage?: string;
  /**
   * The clock for `at`, `took` and `finishedAt`.
   *
   * @default {() => new Date()}
   */
  readonly now?: () => Date;
  /**
   * When the journal and the tape are flushed to the disk (`fsync`): `step`, each line at once, so that a crash
   * of the whole machine loses no step that was reported; or `end`, with the trace. A run that is only killed
   * loses no step with either.
   *
   * @default {"step"}
   */
  readonly flush?: "step" | "end";
  /**
   * Whether `<data set>.trace.json` becomes a copy of the trace.
   *
   * @default {true}
   */
  readonly latest?: boolean;
}

/** The record of a run, returned with the result of the learner. */
export interface Recorded {
  /** The whole record. Unlike those of imported runs, its scores are all known. */
  readonly trace: Trace<Scores>;
  /** The file of this trace, which no later run overwrites. */
  readonly path: string;
  /** The file with the exchanges, if a model was asked. */
  readonly tape?: string;
}

/**
 * The record of a run could not be written. Nothing learned is lost: `result` is the result of the learner,
 * `trace` the whole record, `cause` the error of writing.
 */
export class TraceWriteError extends Error {
  /** Always the name of the class. */
  override readonly name = "TraceWriteError";
  /** The result of the learner; `undefined` if it threw. */
  readonly result: unknown;
  /** The whole record. */
  readonly trace: Trace<Scores>;
  /** The file of the trace, if it could be written, and something else could not. */
  readonly path?: string;
  /** The file of the journal, if it is what is left of the record. */
  readonly journal?: string;

  /** An error with the message of `cause`, which names what is left of the record as well. */
  constructor(
    result: unknown,
    trace: Trace<Scores>,
    cause: unknown,
    { path, journal }: { readonly path?: string; readonly journal?: string } = {},
  ) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const left = path !== undefined
      ? `; the trace ${quote(path, Infinity)} is written`
      : journal !== undefined
      ? `; the journal ${quote(journal, Infinity)} stays`
      : "";
    super(message + left, { cause });
    this.result = result;
    this.trace = trace;
    if (path !== undefined) this.path = path;
    if (journal !== undefined) this.journal = journal;
  }
}

/**
 * Records the runs of a learner. Returns a function of the same arguments, whose result also has the
 * `trace` and the `path` of its file.
 *
 * The learner reports through `onStart`, `onStep` and `onExchange` of its options; the caller's own sinks
 * get each report after it is recorded. During the run, `<storage>/<data set>.<run id>.trace.jsonl` grows by
 * a line for each step. At its end `<data set>.<run id>.trace.json` replaces the journal, and a copy of it
 * replaces `<data set>.trace.json` (unless `latest` is false). A learner that throws leaves a trace that ends in a `failure` step, with
 * the status `aborted` if the `signal` of its options is aborted; its error is thrown on as it is.
 *
 * Exchanges with a language model go to `<data set>.<run id>.exchanges.jsonl`, a line each as soon as it
 * ends; {@linkcode readTape} reads them. A run without exchanges has no such file.
 *
 * Without `storage`, no file is written: the result has the `trace`, but no `path` and no `tape`. Exchanges
 * then only reach the caller's own `onExchange`.
 *
 * A report that no reader would accept is refused: `onStep` throws, and so does the run.
 *
 * @throws {TypeError} at once, if an option of the recording is unknown, or `storage` is not the name of a
 * folder
 * @throws {Error} before learning, if the journal cannot be written; if the learner reports no run
 * @throws {TypeError | TraceError} if the reports of the learner are not the record of a run
 * @throws {TraceWriteError} after learning, if the record could not be written. If the learner threw as
 * well, its own error is thrown, with the write error as its member `suppressed`
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { learnRules, withTrace } from "./mod.ts";
 *
 * const examples = ["my card", "a card", "the rate", "a rate"]
 *   .map((text) => ({ text, label: text.endsWith("card") ? "card" : "rate" }));
 * // With { storage: "runs" }, the trace is written to that folder, and the result has its path.
 * const { rules, trace } = await withTrace(learnRules)({ name: "tiny", examples });
 * assertEquals(trace.steps[0].type, "synthesis");
 * assertEquals(rules.every(({ id }) => id in trace.rules), true);
 * ```
 */
export function withTrace<Dataset, Options extends Sinks, Result extends object>(
  learn: (dataset: Dataset, options?: Options) => Result | Promise<Result>,
  recorded: TraceOptions & { readonly storage: string },
): (dataset: Dataset, options?: Options) => Promise<Result & Recorded>;
/** Keeps the trace in memory. */
export function withTrace<Dataset, Options extends Sinks, Result extends object>(
  learn: (dataset: Dataset, options?: Options) => Result | Promise<Result>,
  recorded?: TraceOptions,
): (dataset: Dataset, options?: Options) => Promise<Result & Pick<Recorded, "trace">>;
export function withTrace<Dataset, Options extends Sinks, Result extends object>(
  learn: (dataset: Dataset, options?: Options) => Result | Promise<Result>,
  recorded: TraceOptions = {},
): (dataset: Dataset, options?: Options) => Promise<Result & Partial<Recorded>> {
  const { storage, now = () => new Date(), flush = "step", latest = true, ...others } = recorded;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new TypeError(`There is no option ${quote(unknown)} of a trace`);
  if (storage !== undefined && (typeof storage !== "string" || storage === "")) {
    const value = storage === "" ? "empty" : describeKind(storage);
    throw new TypeError(`The option storage is ${value}, expected the folder for traces`);
  }
  if (flush !== "step" && flush !== "end") {
    const value = typeof flush === "string" ? quote(flush) : describeKind(flush);
    throw new TypeError(`The option flush is ${value}, expected step or end`);
  }
  return async (dataset, options) => {
    const recording = new Recording(storage, now, flush);
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
    let ending: Ending<Result>;
    try {
      ending = { result: await learn(dataset, { ...options, ...sinks } as Options) };
    } catch (error) {
      ending = { error };
    }
    // A learner that caught the error of a refused report has no record to return.
    if (!("error" in ending) && recording.refused) ending = recording.refused;
    if (!recording.isStarted) {
      recording.close();
      if ("error" in ending) throw ending.error;
      throw new Error("The learner reported no run: it never called onStart");
    }
    ending = checkEnd(ending, recording);
    if ("error" in ending) {
      const { test } = (options ?? {}) as { readonly test?: unknown };
      recording.fail(describeThrown(ending.error, [dataset, test]));
    }
    const status = statusOf(recording, ending, options);
    const saved = saveRecording(recording, status, storage, latest);
    const { trace, writeError, left, ...files } = saved;
    if ("error" in ending) {
      if (writeError === undefined) throw ending.error;
      throw suppress(ending.error, new TraceWriteError(undefined, trace, writeError, left));
    }
    if (writeError !== undefined) {
      throw new TraceWriteError(ending.result, trace, writeError, left);
    }
    return { ...ending.result, trace, ...files };
  };
}

/** How a learner ended: with a result or an error. */
type Ending<Result> = { readonly result: Result } | { readonly error: unknown };

/** Makes a run that returned without a final step a failure. */
function checkEnd<Result>(ending: Ending<Result>, recording: Recording): Ending<Result> {
  const last = recording.lastStep?.type;
  if ("error" in ending || last === "final" || last === "failure") return ending;
  return { error: new TypeError("The learner returned without having reported a final step") };
}

function statusOf(
  recording: Recording,
  ending: Ending<unknown>,
  options: unknown,
): "completed" | "failed" | "aborted" {
  if (recording.lastStep?.type === "final") return "completed";
  if (!("error" in ending)) return "failed";
  const { signal } = (options ?? {}) as { readonly signal?: Partial<AbortSignal> };
  if (signal?.aborted !== true) return "failed";
  const { error } = ending;
  const isAbort = error === signal.reason ||
    (error instanceof Error && error.name === "AbortError");
  return isAbort ? "aborted" : "failed";
}

/** Returns the error of the learner, with the error of writing as a member if it can have one. */
function suppress(error: unknown, writeError: TraceWriteError): unknown {
  if (typeof error === "object" && error !== null && Object.isExtensible(error)) {
    Object.defineProperty(error, "suppressed", { value: writeError, configurable: true });
    return error;
  }
  const message = `${writeError.message}; learning failed too`;
  // Node has this error from version 24 on.
  return typeof SuppressedError === "function"
    ? new SuppressedError(error, writeError, message)
    : Object.assign(new Error(message), {
      name: "SuppressedError",
      error,
      suppressed: writeError,
    });
}
