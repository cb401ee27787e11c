/**
 * Checks that a trace holds: its order, its digests, its rule sets and its scores.
 *
 * @module
 */
import type { Rule } from "../learn/rules/rule.ts";
import type { Split } from "../learn/score/scoring.ts";
import { quote } from "../learn/text/quoting.ts";
import { runDigest, stepDigest, traceDigest } from "./chain.ts";
import { digestOrRefuse, TraceError } from "./error.ts";
import { Fold } from "./fold.ts";
import { ForkChecker } from "./verify/fork_checks.ts";
import { CorrectionChecker } from "./verify/correction_checks.ts";
import { findLockProblem } from "./verify/lock_checks.ts";
import { PlaybookChecker } from "./verify/playbook_checks.ts";
import { ProtocolChecker } from "./verify/protocol_checks.ts";
import { checkRule } from "./verify/rule_checks.ts";
import { findSplitProblem } from "./verify/run_checks.ts";
import { findRepliesProblem } from "./verify/step_checks.ts";
import type { KnownScores, Run, Step, StepBody, Trace } from "./schema.ts";
import {
  agree,
  findConfidenceProblem,
  findScoreProblem,
  mergeScores,
  sameScores,
} from "./verify/score_checks.ts";

/**
 * Checks that a trace holds:
 *
 * - steps are numbered from 0, come in an order that a run can have, and end as the status says
 * - each step has its digest in the chain, and the trace has the digest of the whole
 * - every rule set follows from the one before; every rule is defined, and mentioned by a step
 * - scores add up, and each step begins with the scores that the step before it left
 * - a step that names exchanges with a model has the digests of their responses, from version 3 on
 * - verdicts fit their scores and patches; clusters can occur, and list no held-out example
 * - everything is known, unless the run was imported (has an `origin`): then what is known has to hold
 *
 * Takes time linear in the length of the trace.
 *
 * @throws {TraceError} if it does not hold, naming the first step that does not
 *
 * @example
 * ```ts
 * import { assertThrows } from "jsr:@std/assert@^1";
 * import { readTrace, TraceError, verifyTrace } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * verifyTrace(trace);
 * assertThrows(() => verifyTrace({ ...trace, steps: trace.steps.slice(1) }), TraceError);
 * ```
 */
export function verifyTrace(trace: Trace): void {
  const { run, rules, steps } = trace;
  const definitions = new Map(Object.entries(rules));
  const checker = new Checker(run, definitions, trace.version);
  for (const [id, rule] of definitions) {
    if (rule.id !== id) throw new TraceError(`rule ${quote(id)} has the id ${rule.id}`);
    checkRule(rule, run);
  }
  const first = digestOrRefuse(() => runDigest(run));
  let last = first;
  steps.forEach((step, place) => {
    if (step.index !== place) {
      const problem = `step ${place} has the index ${step.index}: steps are out of order`;
      throw new TraceError(problem, place);
    }
    if (digestOrRefuse(() => stepDigest(last, step), place) !== step.digest) {
      const suspects = place === 0 ? "it or the run was changed" : "it was changed";
      throw new TraceError(`step ${place} does not fit its digest: ${suspects}`, place);
    }
    last = step.digest;
    checker.check(step);
    if (run.protocol !== undefined) checkTime(step, steps[place - 1]?.at ?? run.startedAt);
  });
  checkStatus(run, steps.at(-1));
  for (const id of definitions.keys()) {
    if (!checker.fold.isIntroduced(id)) {
      throw new TraceError(`rule ${id} is defined, but no step mentions it`);
    }
  }
  if (digestOrRefuse(() => traceDigest(first, rules, last)) !== trace.digest) {
    throw new TraceError("its digest fits other rules or other steps: some were changed or lost");
  }
}

/** Verdicts after which `after` is of a change that was not made. */
const NOT_APPLIED: readonly string[] = ["rejected", "reverted", "unknown"];

/** Checks the steps of a run, one after the other. */
export class Checker {
  readonly fold: Fold;
  readonly #run: Run;
  readonly #version: Trace["version"];
  /** Checks more, if the run declares how it decides. */
  readonly #protocol?: ProtocolChecker;
  readonly #fork: ForkChecker;
  readonly #playbook: PlaybookChecker;
  readonly #corrections: CorrectionChecker;
  readonly #labels: ReadonlySet<string | null>;
  readonly #heldOut: ReadonlySet<string>;
  /** Whether the run may leave things unknown. */
  readonly #isImported: boolean;
  /** The scores of the rule set after each step. */
  readonly #scoresAfter: (KnownScores | undefined)[] = [];
  #scores?: KnownScores;
  /** The scores before an audit that was just kept, in an imported run. */
  #audited?: KnownScores;
  #iteration?: number;
  #last?: StepBody["type"];

  /**
   * Checks a run and creates a checker for its steps.
   *
   * @param definitions every rule of the trace by its id; may grow between steps
   * @param version the version of its format
   * @throws {TraceError} if the run contradicts itself
   */
  constructor(run: Run, definitions: ReadonlyMap<string, Rule>, version: Trace["version"]) {
    const { dataset, split } = run;
    this.#run = run;
    this.#version = version;
    this.#heldOut = new Set(split.dev);
    this.#isImported = run.origin !== undefined;
    this.fold = new Fold(definitions);
    this.#fork = new ForkChecker(run);
    this.#playbook = new PlaybookChecker(run, version);
    this.#corrections = new CorrectionChecker(run);
    this.#labels = new Set([...dataset.labels, null]);
    if (this.#heldOut.size < split.dev.length) {
      throw new TraceError("the run holds an example out twice");
    }
    if (new Set(dataset.labels).size < dataset.labels.length) {
      throw new TraceError("the run lists a label twice");
    }
    const parts = [dataset.digest, dataset.examples, split.seed, split.holdout, split.train];
    if (!this.#isImported && (parts.includes(undefined) || run.status === "unknown")) {
      throw new TraceError("the run leaves things unknown, but was not imported");
    }
    const problem = findSplitProblem(run);
    if (problem !== undefined) throw new TraceError(`the run ${problem}`);
    if (run.protocol !== undefined) {
      this.#protocol = new ProtocolChecker(run, this.fold, definitions);
    }
  }

  /**
   * Checks the next step.
   *
   * @throws {TraceError} if it does not fit the steps before it
   */
  check(step: StepBody): void {
    this.#checkOrder(step.type);
    this.#refuse(findRepliesProblem(step, this.#version) ?? this.#playbook.findProblem(step));
    this.#checkUnknown(step);
    this.#refuse(this.#protocol?.findOrderProblem(step));
    this.fold.apply(step);
    this.#refuse(this.#fork.findProblem(step, this.fold) ?? findLockProblem(step, this.fold));
    switch (step.type) {
      case "synthesis":
        this.#expectCount(step.proposed, step.added.length + step.refused.length);
        this.#expectSplit(
          step.scores,
          this.#isImported ? step.scores.on : this.#heldOut.size > 0 ? "dev" : "train",
        );
        this.#scores = step.scores;
        break;
      case "iteration":
        this.#checkIteration(step);
        this.#compare(step, step.verdict === "accepted", !NOT_APPLIED.includes(step.verdict));
        break;
      case "audit":
        this.#compare(step, step.verdict === "kept", !NOT_APPLIED.includes(step.verdict));
        if (step.verdict === "none" && step.actions.some(({ outcome }) => outcome === "applied")) {
          this.#fail("has the verdict none, but applied an action");
        }
        break;
      case "restore":
        this.#compare(step, true, true);
        if (!sameScores(step.after, this.#scoresAfter[step.to])) {
          this.#fail(`restores step ${step.to}, but not the scores after it`);
        }
        break;
      case "prune":
        this.#compare(step, true, true);
        break;
      case "refit":
        this.#expectCount(step.proposed, step.added.length + step.refused.length);
        this.#expectSplit(step.scores, "all");
        this.#scores = step.scores;
        break;
      case "final":
        this.#checkFinal(step);
        this.#refuse(findConfidenceProblem(step.confidence, this.#run));
        break;
      case "critique":
      case "failure":
        break;
    }
    this.#refuse(this.#protocol?.findProblem(step) ?? this.#corrections.findProblem(step));
    const isKept = step.type === "audit" && step.verdict === "kept";
    this.#audited = this.#isImported && isKept ? step.before : undefined;
    this.#last = step.type;
    this.#scoresAfter.push(this.#scores);
  }

  #checkOrder(type: StepBody["type"]): void {
    const last = this.#last;
    if (last === "failure") this.#fail(`comes after the failure that ended the run`);
    if (type === "failure") return;
    if (last === "final") this.#fail("comes after the final step");
    if ((last === undefined) !== (type === "synthesis")) {
      this.#fail(`is of type ${type}: a run begins with its one synthesis`);
    }
  }

  /** Checks that only an imported run leaves something of a step unknown. */
  #checkUnknown(step: StepBody): void {
    if (this.#isImported) {
      // After an unlogged change the scores are unknown.
      if ("unlogged" in step && step.unlogged !== undefined) this.#scores = {};
      return;
    }
    const marks = [
      ["verdict", "verdict" in step && step.verdict === "unknown"],
      ["stop", step.type === "final" && step.stop === "unknown"],
      ["failures", step.type === "iteration" && step.failures.count === undefined],
      ["best", step.type === "iteration" && step.best === undefined],
      ["change", "unlogged" in step && step.unlogged !== undefined],
    ] as const;
    const mark = marks.find(([, isUnknown]) => isUnknown);
    if (mark !== undefined) this.#fail(`has an unknown ${mark[0]}, but was not imported`);
  }

  #checkIteration(step: Extract<StepBody, { type: "iteration" }>): void {
    const { iteration, failures, patch, verdict, clause, forced, before, after } = step;
    const next = (this.#iteration ?? 0) + 1;
    // The log of an imported run may leave iterations out.
    const isNext = this.#isImported ? iteration >= next : iteration === next;
    if (iteration === 0 && !this.#isImported) this.#fail("is iteration 0, but was not imported");
    // It may not tell their numbers either.
    if (this.#iteration !== undefined && !isNext && iteration > 0) {
      this.#fail(`is iteration ${iteration}, after iteration ${this.#iteration}`);
    }
    this.#iteration = Math.max(iteration, this.#iteration ?? 0);
    const changes = patch.added.length + patch.replaced.length + patch.removed.length +
      Math.max(patch.reweighted ?? 0, step.reweighted?.length ?? 0);
    if ((verdict === "empty" || verdict === "failed") && changes > 0) {
      this.#fail(`has the verdict ${verdict}, but its patch changes rules`);
    }
    if (verdict === "accepted") {
      // Other tools accept patches for other reasons.
      if (changes === 0 && !this.#isImported) this.#fail("accepts a patch that changes nothing");
      if (clause !== undefined) {
        const [from, to] = [before[clause], after[clause]];
        if (from === undefined || to === undefined || to <= from) {
          this.#fail(`accepts its patch by the clause ${clause}, which did not rise`);
        }
      } else if (!this.#isImported && !forced) this.#fail("accepts its patch without a clause");
    } else if (clause !== undefined) this.#fail(`has the verdict ${verdict}, but a clause`);
    const made = new Set([...patch.added, ...patch.replaced.map(({ to }) => to)]);
    let clustered = 0;
    for (const { expected, predicted, count, examples, rules } of failures.clusters) {
      clustered += count;
      this.#checkCluster(expected, predicted);
      if (new Set(examples).size < examples.length) {
        this.#fail("lists an example of a cluster twice");
      }
      if (examples.length > count) {
        this.#fail(`lists ${examples.length} examples in a cluster of ${count}`);
      }
      const leak = examples.find((id) => this.#heldOut.has(id));
      if (leak !== undefined) this.#fail(`shows the held-out example ${quote(leak)} as a failure`);
      const stray = rules.find((id) => !made.has(id));
      if (stray !== undefined) {
        this.#fail(`names ${stray} for a cluster, but its patch does not have it`);
      }
    }
    if (failures.count !== undefined && clustered > failures.count) {
      this.#fail(`has ${failures.count} failures, but ${clustered} in its clusters`);
    }
  }

  /** Checks that the failures of a cluster can occur. */
  #checkCluster(expected: string | null, predicted: string | null): void {
    const unknown = [expected, predicted].find((label) => !this.#labels.has(label));
    // The labels of an imported run are those that its log shows.
    if (unknown !== undefined && !this.#isImported) {
      this.#fail(`has a cluster of failures of the label ${quote(unknown!)}, not of the data set`);
    }
    if (this.#run.dataset.task === "classification") {
      // An example that is correct by too small a margin is a failure too.
      if (expected === null) this.#fail("has a cluster of failures without an expected label");
    } else if (expected === predicted) {
      const what = expected === null ? "expects and predicts nothing" : "predicts what it expects";
      this.#fail(`has a cluster of failures that ${what}`);
    }
  }

  #checkFinal({ rules, scores, unfinished = [] }: Extract<StepBody, { type: "final" }>): void {
    const given = new Set(unfinished.map(({ rule }) => rule));
    if (given.size < unfinished.length) this.#fail("names a rule twice as unfinished");
    const stray = given.difference(new Set(rules)).values().next().value;
    if (stray) this.#fail(`names ${stray} as unfinished, which is not among its rules`);
    const texts = (this.#run.dataset.examples ?? Infinity) + (scores.test?.examples ?? 0);
    const excess = unfinished.find((one) => one.texts > texts);
    if (excess) this.#fail(`gave up on ${excess.texts} of ${texts} texts`);
    for (const [split, scored] of Object.entries(scores)) {
      if (scored !== undefined) this.#expectSplit(scored, split as Split);
    }
    const on = this.#scores?.on;
    // A final step has only whole scores; an imported run may know a part of them.
    const isKnown = on !== undefined && (scores[on] !== undefined || !this.#isImported);
    if (isKnown && !sameScores(scores[on], this.#scores)) {
      this.#fail(`ends with other scores on ${on} than the step before left`);
    }
  }

  /** Checks a pair of scores; `applied` if the change stays, `exact` if `after` is of the rules that stay. */
  #compare(
    { type, before, after }: Extract<StepBody, { readonly before: KnownScores }>,
    applied: boolean,
    exact: boolean,
  ): void {
    this.#expectScores(before);
    this.#expectScores(after);
    // Another tool may begin an iteration with the scores from before its audit.
    const isStale = this.#audited !== undefined && type === "iteration";
    const begins = sameScores(before, this.#scores) ||
      isStale && sameScores(before, this.#audited);
    if (!begins) this.#fail("begins with other scores than the step before left");
    if (!agree(after.on, before.on)) this.#fail(`compares ${before.on} with ${after.on}`);
    if (applied) {
      this.#scores = after;
      return;
    }
    // The known scores of the rules that stay hold for the next steps.
    if (!isStale) this.#scores = mergeScores(this.#scores, before);
    if (exact && !sameScores(after, before)) this.#fail("changes no rule, but its scores");
    if (exact && !isStale) this.#scores = mergeScores(this.#scores, after);
  }

  #expectCount(proposed: number, accounted: number): void {
    if (proposed !== accounted) {
      this.#fail(`was proposed ${proposed} rules, but added and refused ${accounted}`);
    }
  }

  #expectSplit(scores: KnownScores, split: Split | undefined): void {
    if (scores.on !== split) this.#fail(`has scores on ${scores.on}, expected ${split}`);
    this.#expectScores(scores);
  }

  #expectScores(scores: KnownScores): void {
    const problem = findScoreProblem(scores, this.#run);
    if (problem !== undefined) this.#fail(problem);
  }

  #refuse(problem: string | undefined): void {
    if (problem !== undefined) this.#fail(problem);
  }

  #fail(message: string): never {
    const index = this.#scoresAfter.length;
    throw new TraceError(`step ${index} ${message}`, index);
  }
}

/** Checks that time goes on from step to step, as far as a recording can tell. */
function checkTime({ index, at, took }: Step, previous: string): void {
  const passed = Date.parse(at) - Date.parse(previous);
  const before = index === 0 ? "the start of the run" : "the step before";
  if (passed < 0) {
    const problem = `step ${index} is dated before ${before}${index === 0 ? "" : " it"}`;
    throw new TraceError(problem, index);
  }
  // Both times are cut to milliseconds.
  if (took <= passed + 1) return;
  const problem = `step ${index} took ${took} ms, but ended ${passed} ms after ${before}`;
  throw new TraceError(problem, index);
}

/** Checks that the last step fits the status. A killed run has the status running after any step. */
function checkStatus({ status, finishedAt, protocol }: Run, last: Step | undefined): void {
  if (protocol !== undefined && (status === "running") !== (finishedAt === undefined)) {
    const found = finishedAt === undefined ? "has no time" : "has the time";
    throw new TraceError(`the run is ${status}, but ${found} of its end`);
  }
  const isLate = finishedAt !== undefined && Date.parse(last?.at ?? "") > Date.parse(finishedAt);
  if (protocol !== undefined && isLate) {
    throw new TraceError(`step ${last!.index} is dated after the end of the run`, last!.index);
  }
  const expected = status === "completed" ? "final" : "failure";
  if (status === "running" || status === "unknown" || last?.type === expected) return;
  const end = last === undefined ? "has no step" : `ends in a ${last.type} step`;
  throw new TraceError(`the run is ${status}, but ${end}`, last?.index);
}
