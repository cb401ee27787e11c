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
import { judgeSeverity, worstOf } from "./severity.ts";

/** What traces are compared on, and what counts as bad. */
export interface CompareOptions {
  /** Examples to run both rule sets on, and their lines. */
  readonly data?: ComparedData;
  /**
   * Percentage points of F1 over which a loss is a warning, from 0 to 100.
   *
   * @default 0.5
   */
  readonly warnDrop?: number;
  /**
   * Percentage points of F1 over which a loss is an alert, from 0 to 100.
   *
   * @default 2
   */
  readonly alertDrop?: number;
}

/** Losses of F1 that are a warning and an alert, in percentage points. */
export const THRESHOLDS: Thresholds = { warnDrop: 0.5, alertDrop: 2 };

/**
 * Two runs side by side: what they were given, the first step at which they part and why, the rules
 * that they ended with, their scores, and with `data` what became of each example. Runs of different
 * tasks are compared in what they were given only. Both traces must hold (see `verifyTrace`).
 *
 * @throws {RangeError} where a threshold is not from 0 to 100
 * @throws {TypeError} where `data` is of another task than both runs
 * @throws {SyntaxError} where a rule cannot run on `data`
 */
export function compareTraces(
  before: Trace,
  after: Trace,
  options: CompareOptions = {},
): Comparison {
  const { data, warnDrop = THRESHOLDS.warnDrop, alertDrop = THRESHOLDS.alertDrop } = options;
  const thresholds = { warnDrop, alertDrop };
  for (const [name, value] of Object.entries(thresholds)) {
    if (!(value >= 0 && value <= 100)) {
      throw new RangeError(`The option ${name} is ${value}, expected 0 to 100 percentage points`);
    }
  }
  const identical = before.digest === after.digest;
  const facts = { identical, before: factsOf(before), after: factsOf(after) };
  const differences = diffRuns(before.run, after.run);
  if (before.run.dataset.task !== after.run.dataset.task) {
    const scores: Comparison["scores"] = [];
    const findings = judgeSeverity(before, after, { ...facts, scores }, thresholds);
    const incomparable = ofDifferentTasks(before, after);
    const severity = worstOf(findings);
    return { severity, ...facts, findings, thresholds, incomparable, differences, scores };
  }
  const { task } = before.run.dataset;
  if (data !== undefined && data.dataset.task !== task) {
    const found = data.dataset.task;
    throw new TypeError(`The examples are for the task ${found}, and both runs for ${task}`);
  }
  const parting = findParting(before, after);
  const judged = data === undefined ? undefined : judge(before, after, data);
  const scores = pairScores(before, after);
  const found = {
    ...facts,
    ...(parting && { parting }),
    rules: alignRules(lastRules(before), lastRules(after), judged?.matchesOf),
    scores,
    ...(judged && { data: judged.comparison }),
  };
  const findings = judgeSeverity(before, after, found, thresholds);
  return {
    severity: worstOf(findings),
    identical,
    findings,
    thresholds,
    before: facts.before,
    after: facts.after,
    incomparable: listIncomparable(before, after, found),
    differences,
    ...(parting && { parting }),
    rules: found.rules,
    scores,
    ...(judged && { data: judged.comparison }),
  };
}

function factsOf(trace: Trace): RunFacts {
  const { run, steps, digest } = trace;
  return {
    id: run.id,
    dataset: run.dataset.name,
    task: run.dataset.task,
    status: run.status,
    startedAt: run.startedAt,
    digest,
    inputs: runDigest(run),
    steps: steps.length,
    rules: lastRules(trace).length,
    software: run.software,
    ...(run.origin && { origin: run.origin }),
  };
}

function ofDifferentTasks(before: Trace, after: Trace): Incomparable[] {
  const [one, other] = [before, after].map(({ run }) => run.dataset.task);
  return [{
    what: "steps, rules and scores",
    why: `one run is ${one}, the other ${other}: their rules do different things`,
  }];
}

function listIncomparable(
  before: Trace,
  after: Trace,
  { identical, scores, data }: Pick<Comparison, "identical" | "scores" | "data">,
): Incomparable[] {
  if (identical) return [];
  const [one, other] = [before, after].map(({ run }) => run.software.ruletrace);
  return [
    ...one === other ? [] : [{
      what: "whether the learner is deterministic",
      why: `the traces were written by ruletrace ${one} and ${other}`,
    }],
    ...scores.flatMap(({ on, why }) => why === undefined ? [] : [{ what: `F1 on ${on}`, why }]),
    ...data === undefined
      ? [{
        what: "labels and single examples",
        why: "traces hold no texts; --data FILE runs the rules on some",
      }]
      : [],
  ];
}
