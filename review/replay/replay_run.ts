/**
 * Replaying a run: computing it again, and finding out why it is not the same.
 *
 * @module
 */
import { ReplayError } from "../../learn/chat/replay.ts";
import type { Exchange } from "../../learn/chat/exchanges.ts";
import { createDataset, type Dataset } from "../../learn/data/dataset.ts";
import { abbreviate } from "../../learn/text/digest.ts";
import { quote } from "../../learn/text/quoting.ts";
import type { LearnOptions } from "../../pipeline.ts";
import { describeTaped } from "../../record/verify/tape_proof.ts";
import { nameRuntime } from "../../system/process.ts";
import { runDigest, type Trace, TraceError, verifyTrace, VERSION } from "../../trace.ts";
import { type Attempt, attempt, isOpen, learnedDigest, learnedSteps } from "./attempt.ts";
import { describeRule, describeRuns, describeStep, nameStep } from "./describing.ts";
import { describeOtherData, describeOtherTest } from "./inputs.ts";
import { describeChangedReply, findChangedReply, findMissing, listExchanges } from "./replies.ts";
import type { Receipt, ReplayCause } from "./receipt.ts";
import { type Given, rerunData, RerunError, rerunOptions } from "./rerun.ts";

/** What is wrong with a run, or with what it is to be computed again from. */
export interface Discrepancy {
  /** `unknown` if it cannot be told whether the run is the same. */
  readonly verdict: "different" | "unknown";
  readonly cause: ReplayCause;
  /** The first step that differs. */
  readonly step?: number;
  readonly detail: string;
}

/**
 * Computes a run again and compares it with its record, step by step. Nothing is copied from the record:
 * rules, scores and verdicts are learned from the given examples by the recorded options, and the requests
 * to a model are answered from the tape. A run that differs is computed twice, to tell what is not
 * deterministic.
 *
 * A model that is given is not asked. Takes about as long as the run did, twice as long if it differs.
 *
 * @throws {TypeError | RangeError} if what is given is not a data set of the run's task
 * @throws the reason of `options.signal` if it aborts
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { learnRules, readDataset, withTrace } from "../../mod.ts";
 * import { replayRun } from "./replay_run.ts";
 *
 * const { examples } = await readDataset("examples/banking_test.jsonl");
 * const data = { name: "banking", examples: examples.filter((_, place) => place % 4 === 0) };
 * const { trace } = await withTrace(learnRules)(data);
 * const { verdict, steps } = await replayRun(trace, { data });
 * assertEquals([verdict, steps.same], ["same", steps.of]);
 * ```
 */
export async function replayRun(
  trace: Trace,
  given: Given,
  options: Pick<LearnOptions, "signal" | "onProgress"> = {},
): Promise<Receipt> {
  const { run, digest: recorded } = trace;
  const of = learnedSteps(trace).length;
  const base = { run: { dataset: run.dataset.name, id: run.id }, steps: { same: 0, of } };
  const broken = checkRecord(trace);
  if (broken !== undefined) return { ...base, ...broken, digests: { recorded } };
  const inputs = checkInputs(trace, given);
  if ("verdict" in inputs) return { ...base, ...inputs, digests: { recorded } };
  const { dataset } = inputs;
  const changed = checkReplies(trace, given);
  if (changed !== undefined) return { ...base, ...changed, digests: { recorded } };
  // A model would make up for what the tape lacks.
  const taped = { ...given, chat: undefined, escalateTo: undefined };
  const learnAgain = () => attempt(trace, dataset, { ...rerunOptions(trace, taped), ...options });
  let first: Attempt;
  try {
    first = await learnAgain();
  } catch (error) {
    return { ...base, ...explainRefusal(error), digests: { recorded } };
  }
  const { same, exchanges, parting } = first;
  const asked = learnedSteps(trace).flatMap(listExchanges).length;
  const answered = exchanges.filter(({ error }) => error?.name !== "ReplayError").length;
  const counts = {
    steps: { same, of },
    ...(asked + answered === 0 ? {} : { exchanges: { answered, of: asked } }),
  };
  if (parting === undefined && isOpen(trace)) {
    const digests = { recorded: learnedDigest(trace), replayed: first.digest };
    return { ...base, ...describeOpen(trace), ...counts, digests };
  }
  if (parting === undefined && first.trace?.digest === recorded) {
    const digests = { recorded, replayed: first.trace.digest };
    return { ...base, verdict: "same", detail: "", ...counts, digests };
  }
  const second = await learnAgain();
  return {
    ...base,
    ...explainParting(trace, first, second, given.tape),
    ...counts,
    digests: digestsAt(trace, first),
  };
}

/** Checks the record itself. */
export function checkRecord(trace: Trace): Discrepancy | undefined {
  try {
    verifyTrace(trace);
    return undefined;
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    return explainRecord(error);
  }
}

/** Compares the replies on the tape with those that the trace proves. */
function checkReplies(trace: Trace, { tape }: Given): Discrepancy | undefined {
  const changed = tape && findChangedReply(trace, tape);
  if (changed === undefined) return undefined;
  const detail = `${nameStep(trace.steps[changed.step])}: ${describeTaped(changed)}`;
  return { verdict: "different", cause: "reply-changed", step: changed.step, detail };
}

/** Explains a record that does not hold. */
export function explainRecord({ message, step }: TraceError): Discrepancy {
  const place = step === undefined ? {} : { step };
  return { verdict: "different", cause: "record", ...place, detail: message };
}

/**
 * Compares what is given with what the run had. Returns the examples to learn from, if nothing differs.
 *
 * @throws {TypeError | RangeError} if what is given is not a data set of the run's task
 */
export function checkInputs(
  trace: Trace,
  given: Given,
): Discrepancy | { readonly dataset: Dataset } {
  const { task } = trace.run.dataset;
  const explain = (cause: "data" | "test", detail: string): Discrepancy => ({
    verdict: "different",
    cause,
    detail,
  });
  createDataset({ ...given.data, task });
  let dataset: Dataset;
  try {
    dataset = rerunData(trace, given);
  } catch (error) {
    // The examples that were changed in a run that was made from another are not there.
    if (trace.run.parent?.change === undefined || !(error instanceof RangeError)) throw error;
    return explain("data", error.message);
  }
  if (trace.run.origin === undefined) {
    const data = describeOtherData(trace, dataset, given.tape);
    if (data !== undefined) return explain("data", data);
    const test = given.test && createDataset({ ...given.test, task }, "the test set");
    const other = test && describeOtherTest(trace, test);
    if (other !== undefined) return explain("test", other);
  }
  try {
    rerunOptions(trace, given);
  } catch (error) {
    return explainRefusal(error);
  }
  return { dataset };
}

/** Explains why a run cannot be computed again. */
function explainRefusal(error: unknown): Discrepancy {
  if (error instanceof RerunError) {
    return { verdict: "unknown", cause: error.lacks, detail: error.message };
  }
  // What `learnRules` says of options that it does not take.
  if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
  return { verdict: "unknown", cause: "options", detail: error.message };
}

function describeOpen(trace: Trace): Discrepancy {
  const { length } = learnedSteps(trace);
  const how = trace.run.status === "aborted"
    ? "the run was aborted"
    : "it is going on or was killed";
  const steps = length === 0
    ? "the record has no step"
    : `the record ends after ${nameStep(trace.steps[length - 1])}`;
  return { verdict: "unknown", cause: "interrupted", detail: `${steps}: ${how}` };
}

/** Explains where a run parts from its record, from two replays of it. */
export function explainParting(
  trace: Trace,
  first: Attempt,
  second: Attempt,
  tape: readonly Exchange[] = [],
): Discrepancy {
  const { parting } = first;
  const what = describeParting(trace, first);
  const step = parting === undefined || parting.at === "run" ? {} : { step: parting.index };
  const explain = (cause: ReplayCause, detail: string): Discrepancy => ({
    verdict: "different",
    cause,
    ...step,
    detail,
  });
  if (identify(first) !== identify(second)) {
    const other = describeParting(trace, second);
    return explain("nondeterminism", `two replays differ: ${what}; the other: ${other}`);
  }
  if (parting?.at === "run") {
    const { software, learner } = trace.run;
    if (software.ruletrace !== VERSION) {
      return explain("software", `${phraseSoftware(trace)}: ${what}`);
    }
    const isLearner = runDigest({ ...parting.replayed, learner }) === runDigest(trace.run);
    return explain(isLearner ? "learner" : "options", what);
  }
  const missing = findMissing(trace, first);
  if (missing !== undefined) {
    return explain("reply-missing", `the tape has no answer to exchange ${abbreviate(missing)}`);
  }
  if (trace.run.software.ruletrace !== VERSION) {
    return explain("software", `${phraseSoftware(trace)}: ${what}`);
  }
  const changed = describeChangedReply(trace, first, tape);
  if (changed !== undefined) return explain("reply-changed", `${changed}: ${what}`);
  return trace.run.software.runtime === nameRuntime()
    ? explain("code", `two replays agree: ${what}`)
    : explain("software", `${phraseSoftware(trace)}: ${what}`);
}

function phraseSoftware({ run: { software } }: Trace): string {
  const { ruletrace, runtime } = software;
  return `learned by ruletrace ${quote(ruletrace)} on ${quote(runtime)}, ` +
    `replayed by "${VERSION}" on "${nameRuntime()}"`;
}

/** Describes where a replay parts from the record. */
function describeParting(trace: Trace, { parting, error }: Attempt): string {
  switch (parting?.at) {
    case undefined:
      return "all steps are as recorded";
    case "run":
      return describeRuns(trace.run, parting.replayed);
    case "step": {
      const recorded = trace.steps[parting.index];
      const thrown = error instanceof ReplayError ? `; ${error.message}` : "";
      return `${describeStep(recorded, parting.replayed)}${thrown}`;
    }
    case "rule": {
      const step = nameStep(trace.steps[parting.index]);
      return `${step}: ${describeRule(trace.rules[parting.id], parting.replayed)}`;
    }
  }
}

/** Returns what two replays have in common if they are the same. */
function identify({ same, parting, error }: Attempt): string {
  const found = parting?.at === "step"
    ? parting.replayed.digest
    : parting?.at === "run"
    ? runDigest(parting.replayed)
    : parting && JSON.stringify(parting.replayed);
  return JSON.stringify([same, found, error instanceof Error ? error.message : undefined]);
}

/** Returns the digests of where a replay parts from the record. */
function digestsAt(trace: Trace, { parting, digest }: Attempt): NonNullable<Receipt["digests"]> {
  switch (parting?.at) {
    case "run":
      return { recorded: runDigest(trace.run), replayed: digest };
    case "step":
      return { recorded: trace.steps[parting.index]?.digest ?? trace.digest, replayed: digest };
    default:
      // The chain of digests covers no rules before its end.
      return { recorded: trace.digest };
  }
}
