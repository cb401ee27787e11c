/**
 * Runs that are made from a run by changing something about it.
 *
 * @module
 */
import { ReplayError } from "../../learn/chat/replay.ts";
import { responseDigest } from "../../learn/chat/response.ts";
import { createDataset, type Dataset, datasetDigest } from "../../learn/data/dataset.ts";
import { abbreviate } from "../../learn/text/digest.ts";
import { isSame } from "../../learn/text/json.ts";
import { type LearnOptions, type LearnResult, learnRules } from "../../pipeline.ts";
import { type Change, type Parent, skipsOf } from "../../record/parent.ts";
import {
  type AskedFields,
  type Recorded,
  type StepReport,
  type Trace,
  withTrace,
} from "../../trace.ts";
import { requireOwnData } from "../replay/inputs.ts";
import { changeExamples } from "../replay/changed_examples.ts";
import {
  changeOptions,
  type ChangeRequest,
  changeTape,
  checkChanges,
  findShared,
} from "./changes.ts";
import { createRecorded } from "./recorded.ts";
import { correctionsIn, type Given, rerunData, RerunError, rerunOptions } from "../replay/rerun.ts";

/** Options of {@linkcode forkRun}: a folder for the trace, and sinks and clock of the run. */
export interface ForkOptions
  extends
    Pick<LearnOptions, "now" | "generateId" | "signal" | "onProgress" | "onStart" | "onExchange"> {
  /** The folder for the trace. Without it, the trace is kept in memory. */
  readonly storage?: string;
}

/** Thrown if the steps before a change are not those of the run that is forked. Replay says why. */
export class ForkError extends Error {
  /** Always the name of the class. */
  override readonly name = "ForkError";
  /** Index of the step that differs. */
  readonly step: number;

  /** An error about a step. */
  constructor(step: number) {
    super(`Step ${step} is not the one of the parent: a replay of the parent says why`);
    this.step = step;
  }
}

/**
 * Makes a run from another one by changing something about it. Learns from the start; steps before the change
 * are compared with those of the parent. The trace is an ordinary one, whose `run.parent` names the parent and
 * what was changed. Without a change, it is the parent's again, with its digest; but if a model was asked, a
 * parent of format version 2 proves no replies, and its fork does.
 *
 * Replies of a model come from the tape, by request; then from `given.chat`. If there is none and a reply is
 * missing, nobody is asked: the recorded patches and audits are decided anew (the change `rebase`).
 *
 * A fork of a fork has the parent of that fork, and the changes of both; but to take back a verdict that the fork
 * was told is to make the parent again.
 *
 * @param requests what to change; a verdict counts the steps of the new run, which are the parent's up to the
 * first change
 * @param given the data and the test set of the run that was made from no other; with `rebase`, the data may be
 * others. The tape is that of `parent`, with the replies that were changed
 * @throws {RangeError} if the run has nothing that a request names, if the data are not those of the run, or if
 * a step of the new run cannot have the verdict that it is told
 * @throws {ForkError} if a step before the change is not the parent's
 * @throws {RerunError} if the run cannot be computed again
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { learnRules, readDataset, withTrace } from "../../mod.ts";
 * import { forkRun } from "./forking.ts";
 *
 * const { examples } = await readDataset("examples/banking_test.jsonl");
 * const data = { name: "banking", examples: examples.filter((_, place) => place % 4 === 0) };
 * const { trace: parent } = await withTrace(learnRules)(data);
 * const step = parent.steps.findIndex(({ type }) => type === "audit");
 * const change = { kind: "verdict", step, to: "reverted" } as const;
 * const { trace } = await forkRun(parent, [change], { data });
 * assertEquals(trace.run.parent, { digest: parent.digest, step: step - 1, change: [change] });
 * ```
 */
export async function forkRun(
  parent: Trace,
  requests: readonly ChangeRequest[],
  given: Given,
  options: ForkOptions = {},
): Promise<LearnResult & Pick<Recorded, "trace"> & Partial<Recorded>> {
  const changes = checkChanges(parent, requests, given.tape);
  const isRebase = changes.some(({ kind }) => kind === "rebase");
  const mayFail = isAsking(parent) && !isRebase && changes.length > 0 && given.chat === undefined;
  // Of an imported run, not even the data can be compared: what it lacks comes first.
  if (parent.run.origin !== undefined) rerunOptions(parent, given);
  try {
    // A fork that the tape does not answer would leave the record of a run that failed.
    if (mayFail && options.storage !== undefined) {
      await forkOnce(parent, requests, changes, given, { signal: options.signal });
    }
    return await forkOnce(parent, requests, changes, given, options);
  } catch (error) {
    const isUnanswered = error instanceof ReplayError ||
      error instanceof RerunError && error.lacks === "learner";
    if (!mayFail || !isUnanswered) throw error;
    return await forkOnce(parent, requests, [...changes, { kind: "rebase" }], given, options);
  }
}

/** Tells whether a run asked a model. */
function isAsking({ run }: Trace): boolean {
  return run.learner.model !== undefined;
}

async function forkOnce(
  trace: Trace,
  requests: readonly ChangeRequest[],
  changes: readonly Change[],
  given: Given,
  { storage, ...sinks }: ForkOptions,
): Promise<LearnResult & Pick<Recorded, "trace"> & Partial<Recorded>> {
  const isRebase = changes.some(({ kind }) => kind === "rebase");
  const data = isRebase ? rebaseData(trace, given) : rerunData(trace, given);
  const isSameData = datasetDigest(data) === trace.run.dataset.digest;
  if (!isRebase) {
    requireOwnData(trace, data, given.tape);
    requireReplies(trace, given);
  }
  const tape = given.tape && changeTape(given.tape, requests);
  const learners = isRebase ? () => createRecordedAgain(trace) : given.learners;
  const rerun = rerunOptions(trace, { ...given, tape, learners });
  const refit = isRebase ? hasRefit(trace) || skipsRefit(trace) : rerun.refit;
  const shared = isRebase ? -1 : findShared(trace, changes);
  const { now } = sinks;
  const record = withTrace(learnRules, {
    ...(storage === undefined ? {} : { storage, latest: false }),
    ...(now === undefined ? {} : { now }),
  });
  let place = 0;
  const changed = changeExamples(data, changes);
  return await record(changed, {
    ...changeOptions({ ...rerun, refit }, changes),
    corrections: correctionsIn(trace, changed),
    ...sinks,
    parent: nameParent(isSameData ? trace : withoutExamples(trace), changes, shared),
    onStep(report) {
      const at = place++;
      if (at <= shared && !isSameReport(trace, at, report)) throw new ForkError(at);
    },
  });
}

/** Returns the data to decide recorded patches on: with the examples of the run, if they are given, else as given. */
function rebaseData(trace: Trace, given: Given): Dataset {
  const data = createDataset(given.data);
  const isOfExamples = trace.run.parent?.change?.some(({ kind }) => kind === "examples");
  if (!isOfExamples || data.task !== trace.run.dataset.task) return data;
  try {
    const changed = rerunData(trace, given);
    const isSame = datasetDigest(changed) === trace.run.dataset.digest;
    return isSame ? { ...changed, name: data.name } : data;
  } catch (error) {
    // Other data do not have the examples that were changed.
    if (error instanceof RangeError) return data;
    throw error;
  }
}

function hasRefit({ steps }: Trace): boolean {
  return steps.some(({ type }) => type === "refit");
}

/** Tells whether a run was told to leave out its refit, and so to end in its place. */
function skipsRefit(trace: Trace): boolean {
  const { run, steps } = trace;
  const isSkipped = skipsOf(run.parent).has(steps.length - 1);
  return run.config.refit === true && !hasRefit(trace) && isSkipped;
}

/** Creates learners that propose what a run records, with a refit to leave out if the run left one out. */
function createRecordedAgain(trace: Trace): ReturnType<typeof createRecorded> {
  const { synthesizer, coordinator } = createRecorded(trace);
  const refit = () => ({});
  return { synthesizer: skipsRefit(trace) ? { ...synthesizer, refit } : synthesizer, coordinator };
}

/** Returns a run without the changes of its examples, which other data do not have. */
function withoutExamples({ run, ...trace }: Trace): Trace {
  const change = run.parent?.change?.filter(({ kind }) => kind !== "examples");
  if (change === undefined) return { ...trace, run };
  const { digest } = run.parent!;
  return { ...trace, run: { ...run, parent: { digest, ...(change.length > 0 && { change }) } } };
}

/**
 * Checks that the tape has the other replies that a run was made with.
 *
 * @throws {RangeError} if it does not
 */
function requireReplies({ run }: Trace, { tape }: Given): void {
  const replies = (run.parent?.change ?? []).filter((one) => one.kind === "reply");
  const lost = tape &&
    replies.find(({ exchange, response }) =>
      !tape.some((one) =>
        one.id === exchange && one.response !== undefined &&
        responseDigest(one.response) === response
      )
    );
  if (lost === undefined) return;
  throw new RangeError(
    `The tape does not have the reply to exchange ${
      abbreviate(lost.exchange)
    } that the run was made with`,
  );
}

/** Names the run that no other was made from, and all changes since; nothing if none is left. */
function nameParent(
  { digest, run, steps }: Trace,
  changes: readonly Change[],
  shared: number,
): Parent | undefined {
  if (changes.length === 0) return run.parent;
  const known = run.parent?.change === undefined ? undefined : run.parent;
  const isAgain = (one: Change) => changes.some((other) => isInstead(other, one));
  // Another verdict than a forced one is what the scores give.
  const isNatural = (one: Change) => {
    if (one.kind !== "verdict") return false;
    const step = steps.at(one.step);
    return step !== undefined && "forced" in step && step.forced === true;
  };
  const change = [
    ...(known?.change ?? []).filter((one) => !isAgain(one)),
    ...changes.filter((one) => !isNatural(one)),
  ];
  if (change.length === 0) return undefined;
  const step = known === undefined ? shared : Math.min(known.step ?? -1, shared);
  return { digest: known?.digest ?? digest, ...(step < 0 ? {} : { step }), change };
}

/** Tells whether a change takes the place of one that a run was made by. */
function isInstead(change: Change, known: Change): boolean {
  switch (change.kind) {
    case "verdict":
      return known.kind === "verdict" && known.to !== "skipped" && known.step === change.step;
    case "reply":
      return known.kind === "reply" && known.exchange === change.exchange;
    case "option":
      return known.kind === "option" && known.name === change.name;
    case "rebase":
      return known.kind === "rebase";
    case "without":
    case "examples":
      return false;
  }
}

/** Tells whether a step and its rules are recorded as they are reported. */
function isSameReport(
  { steps, rules, version }: Trace,
  place: number,
  report: StepReport,
): boolean {
  const { index: _, at: __, took: ___, digest: ____, ...body } = steps[place];
  const { responses, ...reported } = report.step as StepReport["step"] & AskedFields;
  // Steps of version 2 have no digests of responses.
  const known = version === 2 || responses === undefined ? reported : { ...reported, responses };
  return isSame(body, known) && report.rules.every((rule) => isSame(rules[rule.id], rule));
}
