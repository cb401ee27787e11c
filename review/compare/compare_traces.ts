/**
 * Comparing two traces.
 *
 * @module
 */
import { runDigest } from "../../record/chain.ts";
import { lastRules } from "../../record/fold.ts";
import type { Trace } from "../../trace.ts";
import { alignRules } from "./alignment.ts";
import type { Comparison, Incomparable, RunFacts, Thresholds } from "./comparison.ts";
import { diffRuns } from "./differences.ts";
import { type ComparedData, judge } from "./examples.ts";
import { findParting } from "./divergence.ts";
import { pairScores } from "./scores.ts";
import { checkMinimums, judgeGate, judgeMinimums } from "./gate.ts";
import { judgeSeverity, sortFindings, worstOf } from "./severity.ts";

/** Options of a comparison: examples, and thresholds. */
export interface CompareOptions {
  /** Examples to run both rule sets on, and their lines. */
  readonly data?: ComparedData;
  /**
   * A loss of F1 over this is a warning; in percentage points, from 0 to 100.
   *
   * @default 0.5
   */
  readonly warnDrop?: number;
  /**
   * A loss of F1 over this is an alert; in percentage points, from 0 to 100.
   *
   * @default 2
   */
  readonly alertDrop?: number;
  /**
   * The least severity that makes the run after worse.
   *
   * @default "alert"
   */
  readonly failOn?: Thresholds["failOn"];
  /**
   * The least F1 of the run after, in per cent, from 0 to 100: on `data`, else on test, else on dev.
   *
   * @default none
   */
  readonly minF1?: number;
  /**
   * The least F1 of each label of the run after on `data`, in per cent, from 0 to 100.
   *
   * @default none
   */
  readonly minLabelF1?: number;
}

/** What counts as worse, if nothing else is asked for. */
export const THRESHOLDS: Thresholds = { warnDrop: 0.5, alertDrop: 2, failOn: "alert" };

/**
 * Compares two runs: what they were given, the first step at which they part and why, the rules that
 * they ended with, their scores, and with `data` what became of each example. For runs of different
 * tasks, only what they were given is compared. Both traces must hold (see `verifyTrace`).
 *
 * @throws {RangeError} if a threshold or a minimum is not from 0 to 100
 * @throws {TypeError} if `data` is of another task than both runs
 * @throws {SyntaxError} if a rule cannot run on `data`
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../trace.ts";
 * import { compareTraces } from "../compare.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const { identical, severity } = compareTraces(trace, trace);
 * assertEquals([identical, severity], [true, "ok"]);
 * ```
 */
export function compareTraces(
  before: Trace,
  after: Trace,
  options: CompareOptions = {},
): Comparison {
  const { data } = options;
  const thresholds = readThresholds(options);
  const facts = {
    identical: before.digest === after.digest,
    before: factsOf(before),
    after: factsOf(after),
  };
  const results = facts.before.task === facts.after.task
    ? compareResults(before, after, data)
    : { scores: [] };
  const minimums = checkMinimums(after, results, thresholds);
  const findings = sortFindings([
    ...judgeSeverity(before, after, { ...facts, ...results }, thresholds),
    ...judgeMinimums(minimums, results.data),
  ]);
  return {
    severity: worstOf(findings),
    gate: judgeGate(findings, thresholds.failOn),
    identical: facts.identical,
    findings,
    thresholds,
    minimums,
    before: facts.before,
    after: facts.after,
    incomparable: facts.identical ? [] : listIncomparable(facts.before, facts.after, results),
    differences: diffRuns(before.run, after.run),
    ...results,
  };
}

/** Takes what counts as worse from the options; a number is left out if it is not asked for. */
function readThresholds(options: CompareOptions): Thresholds {
  const { failOn = THRESHOLDS.failOn, minF1, minLabelF1 } = options;
  const { warnDrop = THRESHOLDS.warnDrop, alertDrop = THRESHOLDS.alertDrop } = options;
  for (const [name, value] of Object.entries({ warnDrop, alertDrop, minF1, minLabelF1 })) {
    if (value === undefined || value >= 0 && value <= 100) continue;
    const unit = name.startsWith("min") ? "per cent" : "percentage points";
    throw new RangeError(`The option ${name} is ${value}, expected 0 to 100 ${unit}`);
  }
  return {
    warnDrop,
    alertDrop,
    failOn,
    ...(minF1 !== undefined && { minF1 }),
    ...(minLabelF1 !== undefined && { minLabelF1 }),
  };
}

type ComparedResults = Pick<Comparison, "parting" | "rules" | "scores" | "data">;

/** Compares the results of two runs of one task. */
function compareResults(
  before: Trace,
  after: Trace,
  data: ComparedData | undefined,
): ComparedResults {
  const { task } = before.run.dataset;
  if (data !== undefined && data.dataset.task !== task) {
    throw new TypeError(
      `The examples are for the task ${data.dataset.task}, and both runs for ${task}`,
    );
  }
  const parting = findParting(before, after);
  const judged = data && judge(before, after, data);
  return {
    ...(parting && { parting }),
    rules: alignRules(lastRules(before), lastRules(after), judged?.matchesOf),
    scores: pairScores(before, after),
    ...(judged && { data: judged.comparison }),
  };
}

function factsOf(trace: Trace): RunFacts {
  const { run, steps, digest } = trace;
  const { id, dataset: { name: dataset, task }, status, startedAt, software, origin } = run;
  const inputs = runDigest(run);
  const amounts = { steps: steps.length, rules: lastRules(trace).length };
  const facts = { id, dataset, task, status, startedAt, digest, inputs, ...amounts, software };
  return origin === undefined ? facts : { ...facts, origin };
}

function listIncomparable(
  { task, software }: RunFacts,
  after: RunFacts,
  { scores, data }: ComparedResults,
): Incomparable[] {
  if (task !== after.task) {
    const why = `one run is ${task}, the other ${after.task}: their rules do different things`;
    return [{ what: "steps, rules and scores", why }];
  }
  const incomparable: Incomparable[] = [];
  const [one, other] = [software.ruletrace, after.software.ruletrace];
  if (one !== other) {
    const why = `the traces were written by ruletrace ${one} and ${other}`;
    incomparable.push({ what: "whether the learner is deterministic", why });
  }
  for (const { on, why } of scores) {
    if (why !== undefined) incomparable.push({ what: `F1 on ${on}`, why });
  }
  if (data === undefined) {
    const why = "traces hold no texts, and no examples were given to run the rules on";
    incomparable.push({ what: "labels and single examples", why });
  }
  return incomparable;
}
