/**
 * Checks that a run went as the protocol of `learnRules` says, if it declares that protocol: its order of
 * steps, its decisions and its end.
 *
 * @module
 */
import type { Rule } from "../../learn/rules/rule.ts";
import type { Scores } from "../../learn/score/scoring.ts";
import { describeProblem, TraceError } from "../error.ts";
import type { BodyOf } from "../fold.ts";
import {
  findOverBudget,
  findStop,
  judgeAudit,
  judgePatch,
  ProtocolConfig,
  standingOf,
  Standings,
} from "../protocol.ts";
import type { Run, StepBody } from "../schema.ts";
import { skipsOf } from "../parent.ts";
import { findForceProblem, findSkipProblem } from "./fork_checks.ts";
import { findPatchProblem, haveSameFailures } from "./rule_checks.ts";
import { findRunProblem } from "./run_checks.ts";
import { findProtocolScoreProblem } from "./score_checks.ts";
import { findStepProblem, scoresAfter } from "./step_checks.ts";

/** The parts of a run, in order. Only the first has more than one step. */
const STAGES = ["refine", "restore", "audit", "prune", "refit", "last prune", "final"] as const;
type Stage = typeof STAGES[number];

/** What is said before a patch: a critique, and an error or the reason to stop. */
const MAX_CRITIQUES = 2;

/** The rules so far, as far as a checker needs them. */
interface RuleState {
  readonly size: number;
  rules(): Rule[];
  get(id: string): Rule | undefined;
}

/** A set of rules, and the step that led to it. */
interface Reached {
  readonly step: number;
  readonly scores: Scores;
}

/**
 * Checks the steps of a run, one after the other. Its methods return what is wrong with a step, to be told
 * after the number of the step.
 */
export class ProtocolChecker {
  readonly #run: Run;
  readonly #config: ProtocolConfig;
  readonly #rules: RuleState;
  readonly #definitions: ReadonlyMap<string, Rule>;
  #index = 0;
  #stage: Stage = "refine";
  #last?: StepBody;
  /** The set now, and the best one so far. */
  #state!: Reached;
  #best!: Reached;
  readonly #standings: Standings<Reached>;
  #iterations = 0;
  #stale = 0;
  /** The last iteration, if the rules are still those whose failures it counts. */
  #failed?: BodyOf<"iteration">;
  /** What the patience, the target and the number of patches give as the reason to stop. */
  #due?: ReturnType<typeof findStop>;
  /** The set that the refinement ended with. */
  #refined?: Reached;
  /** Critiques since the last patch: if there is one, nothing but the coordinator ends the run. */
  #critiques = 0;
  /** How many steps the run was told to leave out, by the index that they would have. */
  readonly #skips: ReadonlyMap<number, number>;
  /** The number of gold spans of each split. */
  readonly #gold = new Map<string, number>();

  /**
   * Checks the settings of a run.
   *
   * @param rules the rules so far, which another checker keeps up to date
   * @throws {TraceError} if no run can have them
   */
  constructor(run: Run, rules: RuleState, definitions: ReadonlyMap<string, Rule>) {
    const { data, error } = ProtocolConfig.safeParse(run.config);
    if (error !== undefined) throw new TraceError(`the run has config: ${describeProblem(error)}`);
    this.#run = run;
    this.#skips = skipsOf(run.parent);
    this.#config = data;
    this.#standings = new Standings(data.within);
    this.#rules = rules;
    this.#definitions = definitions;
    const problem = findRunProblem(run, data);
    if (problem !== undefined) throw new TraceError(`the run ${problem}`);
  }

  /** Returns what is wrong with a step at this place, before the rules are changed by it. */
  findOrderProblem(step: StepBody): string | undefined {
    const problem = findSkipProblem(step, this.#skipped);
    if (problem !== undefined) return problem;
    if (step.type === "synthesis" || step.type === "failure") return undefined;
    const stage = this.#stageOf(step);
    const [from, to] = [STAGES.indexOf(this.#stage), STAGES.indexOf(stage)];
    if (to < from || to === from && stage !== "refine") {
      const what = step.type === "audit" ? `${step.phase} audit` : step.type;
      const after = this.#stage === stage ? `another ${what}` : `the ${this.#stage}`;
      return `is of type ${what}, and no run has that after ${after}`;
    }
    if (stage !== "refine" && this.#stage === "refine") {
      this.#due = this.#findStop();
      this.#refined = this.#state;
    }
    this.#stage = stage;
    return this.#findBestProblem(step, stage) ??
      this.#findRefineProblem(step, stage) ??
      this.#findBudgetProblem(step);
  }

  /** Returns what is wrong with what a step says, after the rules were changed by it. */
  findProblem(step: StepBody): string | undefined {
    const problem = findStepProblem(step) ?? this.#findScoreProblem(step) ??
      this.#findStepProblem(step) ?? this.#findEmptyProblem(step);
    if (problem !== undefined) return problem;
    this.#advance(step);
    this.#last = step;
    this.#index++;
    return undefined;
  }

  /** How many steps the run was told to leave out before this one. */
  get #skipped(): number {
    return this.#skips.get(this.#index) ?? 0;
  }

  #stageOf(step: Exclude<StepBody, { type: "synthesis" | "failure" }>): Stage {
    switch (step.type) {
      case "critique":
      case "iteration":
        return "refine";
      case "audit":
        return step.phase === "refine" ? "refine" : "audit";
      case "prune":
        return STAGES.indexOf(this.#stage) < STAGES.indexOf("refit") ? "prune" : "last prune";
      case "restore":
      case "refit":
      case "final":
        return step.type;
    }
  }

  /** Checks that the best rules are restored if they are not the last. */
  #findBestProblem(step: StepBody, stage: Stage): string | undefined {
    if (stage === "refine") return undefined;
    const [best, now] = [this.#best.step, this.#state.step];
    if (step.type === "restore") {
      if (best === now) return "restores other rules, but the rules were the best so far";
      return step.to === best
        ? undefined
        : `restores step ${step.to}, expected step ${best}, which has the best rules`;
    }
    return best === now
      ? undefined
      : `comes after the refinement, expected a return to the rules of step ${best}, the best`;
  }

  /** Checks that a step of the refinement has a cause, and that it was not at its end. */
  #findRefineProblem(step: StepBody, stage: Stage): string | undefined {
    if (stage !== "refine") return undefined;
    if (step.type === "audit") {
      const isAccepted = this.#last?.type === "iteration" && this.#last.verdict === "accepted";
      return isAccepted
        ? undefined
        : "is of type refine audit, expected only after an accepted patch";
    }
    if (step.type === "critique" && this.#critiques === MAX_CRITIQUES) {
      return `is critique ${MAX_CRITIQUES + 1} before a patch, expected ${MAX_CRITIQUES} at most`;
    }
    const due = this.#findStop();
    return due && `is of type ${step.type}, but the run had to stop before it: ${due}`;
  }

  /** Checks the number of rules where it has to be within the budget, and what a prune drops for it. */
  #findBudgetProblem(step: StepBody): string | undefined {
    const { maxRules = Infinity } = this.#config;
    const isEnd = step.type === "refit" || step.type === "final";
    const excess = isEnd ? findOverBudget(this.#rules.rules(), this.#config) : [];
    if (excess.length > 0 && this.#skipped === 0) {
      return `comes with ${this.#rules.size} rules, but maxRules allows ${maxRules}`;
    }
    if (step.type !== "prune") return undefined;
    const [over, subsumed] = [true, false].map((isOver) =>
      step.dropped.filter(({ reason }) => (reason === "budget") === isOver)
    );
    const gone = new Set(subsumed.map(({ rule }) => rule));
    const left = this.#rules.rules().filter(({ id }) => !gone.has(id));
    const expected = findOverBudget(left, this.#config);
    if (over.map(({ rule }) => rule).join() !== expected.map(({ id }) => id).join()) {
      const weakest = expected.length === 0 ? "none" : `the weakest ${expected.length}`;
      return `drops ${over.length} rules over the budget, expected ${weakest}`;
    }
    if (step.dropped.length === 0) return "drops no rule";
    if (this.#stage === "last prune" && subsumed.length > 0) {
      return "drops a subsumed rule after the refit, expected only rules over the budget";
    }
    if (over.some(({ by }) => by !== undefined)) return "drops a rule over the budget for another";
    const isLike = ({ rule, by }: typeof subsumed[number]) =>
      by !== undefined && this.#rules.get(by)?.label === this.#rules.get(rule)?.label;
    const stray = subsumed.find((one) => !isLike(one));
    return stray && `drops ${stray.rule} as subsumed, expected another rule of its label that is`;
  }

  #findStop(): ReturnType<typeof findStop> {
    const { f1 } = this.#state.scores;
    return findStop({ f1, iterations: this.#iterations, stale: this.#stale }, this.#config);
  }

  #findScoreProblem(step: StepBody): string | undefined {
    const all = [..."before" in step ? [step.before as Scores] : [], ...scoresAfter(step)];
    for (const scores of all) {
      const problem = findProtocolScoreProblem(scores, this.#run, this.#config);
      if (problem !== undefined) return problem;
      const { on, tp, fn } = scores;
      const gold = this.#gold.get(on) ?? tp + fn;
      this.#gold.set(on, gold);
      if (tp + fn !== gold) return `counts ${tp + fn} gold spans on ${on}, after ${gold} before`;
    }
  }

  /** Checks that no rules predict nothing. */
  #findEmptyProblem(step: StepBody): string | undefined {
    const isEmpty = this.#rules.size === 0 && this.#config.default === undefined;
    const all = isEmpty && isOfRules(step) ? scoresAfter(step) : [];
    const some = all.find(({ tp, fp }) => tp + fp > 0);
    return some && `counts tp ${some.tp} and fp ${some.fp}, but there is no rule`;
  }

  #findStepProblem(step: StepBody): string | undefined {
    switch (step.type) {
      case "synthesis":
        return this.#findSynthesisProblem(step);
      case "iteration":
        return this.#findIterationProblem(step);
      case "audit":
        return this.#findAuditProblem(step);
      case "prune": {
        const isSafe = step.dropped.every(({ reason }) => reason === "subsumed");
        const falls = isSafe && step.after.f1! < step.before.f1!;
        return falls ? "drops only subsumed rules, but F1 falls" : undefined;
      }
      case "refit":
        return this.#config.refit ? undefined : "is of type refit, which the settings rule out";
      case "final":
        return this.#findFinalProblem(step);
      case "critique":
      case "restore":
      case "failure":
        return undefined;
    }
  }

  #findSynthesisProblem(
    { start, added, refused, playbook, error, reweighted, exchanges }: BodyOf<"synthesis">,
  ): string | undefined {
    if (!this.#config.incremental) return undefined;
    const made = added.length + (playbook ? 0 : refused.length);
    if (made > 0) return `was proposed ${made} rules, but incremental leaves synthesis out`;
    if (!start && !playbook) return "starts without rules, but incremental goes on from some";
    const isMore = [error, reweighted, exchanges].some((member) => member !== undefined);
    return isMore ? "says more than the start of an incremental run" : undefined;
  }

  #findIterationProblem(step: BodyOf<"iteration">): string | undefined {
    if (step.iteration !== this.#iterations + 1) {
      return `is iteration ${step.iteration}, expected ${this.#iterations + 1}`;
    }
    const { patch: { added, replaced, removed, reweighted = 0 }, verdict } = step;
    const changes = added.length + replaced.length + removed.length + reweighted;
    const [before, after] = [step.before, step.after] as [Scores, Scores];
    const expected = changes > 0
      ? judgePatch(before, after, this.#config.tolerance)
      : { verdict: step.error !== undefined && verdict === "failed" ? "failed" : "empty" };
    const clause = "clause" in expected ? expected.clause : undefined;
    if (step.forced) {
      const problem = findForceProblem(step, expected.verdict);
      if (problem !== undefined) return problem;
    } else if (verdict !== expected.verdict || step.clause !== clause) {
      const because = expected.verdict === "accepted" ? ` by the clause ${clause}` : "";
      const found = step.clause === undefined ? "" : ` by the clause ${step.clause}`;
      return `has the verdict ${verdict}${found}, expected ${expected.verdict}${because} ` +
        `from F1 ${before.f1} to ${after.f1}, precision ${before.precision} to ${after.precision}`;
    }
    const isAccepted = verdict === "accepted";
    const size = this.#rules.size;
    const best = isAccepted && this.#standings.isBetter(standingOf(after, size));
    if (step.best !== best) return `says best ${step.best}, expected ${best}`;
    const listed = step.reweighted?.length ?? 0;
    if (listed !== (isAccepted ? reweighted : 0)) {
      return `lists ${listed} new weights, expected ${isAccepted ? reweighted : "none"}`;
    }
    if (this.#failed !== undefined && !haveSameFailures(step, this.#failed)) {
      return "has other failures than the same rules left before it";
    }
    return findPatchProblem(step, this.#run, this.#config, this.#definitions);
  }

  #findAuditProblem(
    step: BodyOf<"audit">,
  ): string | undefined {
    const { actions, verdict, before, after } = step;
    const applied = actions.filter(({ outcome }) => outcome === "applied");
    const scores = [before, after] as [Scores, Scores];
    const expected = judgeAudit(applied.length > 0, ...scores);
    if (step.forced) {
      const problem = findForceProblem(step, expected);
      if (problem !== undefined) return problem;
    } else if (verdict !== expected) {
      const [from, to] = scores.map(({ f1 }) => f1);
      return `has the verdict ${verdict}, expected ${expected} from F1 ${from} to ${to}`;
    }
    for (const { kind, from, to } of applied) {
      const labels = new Set(
        [...from, to ?? from[0]].map((id) => this.#definitions.get(id)?.label),
      );
      if (kind !== "remove" && labels.size > 1) return `applies a ${kind} across labels`;
    }
  }

  #findFinalProblem({ scores, stop }: BodyOf<"final">): string | undefined {
    const { on } = this.#state.scores;
    const { refit, test } = this.#config;
    // Rules over the budget are what another step was left out for.
    const over = findOverBudget(this.#rules.rules(), this.#config).length;
    if (refit && on !== "all" && this.#skipped < (over > 0 ? 2 : 1)) {
      return "ends the run without the refit that its settings ask for";
    }
    const splits = [...on === "dev" ? ["train"] : [], on, ...test === undefined ? [] : ["test"]];
    const found = Object.keys(scores);
    if (found.length !== splits.length || splits.some((split) => !found.includes(split))) {
      return `has scores on ${found.join(", ")}, expected ${splits.join(", ")}`;
    }
    if (scores.test !== undefined && scores.test.examples !== test!.examples) {
      return `is scored on ${scores.test.examples} examples of test, which has ${test!.examples}`;
    }
    return this.#findStopProblem(stop, scores);
  }

  /** Checks that a run stopped for its reason, as far as the steps tell. */
  #findStopProblem(
    stop: BodyOf<"final">["stop"],
    scores: BodyOf<"final">["scores"],
  ): string | undefined {
    const claim = `stops for ${stop}, but`;
    // If nothing came after the refinement, the final scores on train are its scores.
    const isLast = this.#state === this.#refined;
    const { on, fp, fn } = isLast ? scores.train ?? this.#state.scores : this.#refined!.scores;
    const wrong = fp + fn;
    // On train failures are known: what is wrong, and in classification what leads by too little.
    const isFlawless = on === "train" && wrong === 0 &&
      (this.#config.margin === 0 || this.#run.dataset.task !== "classification");
    if (stop !== "no-failures" && isFlawless) return `${claim} its rules left no failure`;
    if (stop === "no-failures") {
      if (on === "train" && wrong > 0) return `${claim} its rules left ${wrong} errors`;
      if (this.#failed !== undefined) {
        return `${claim} its rules left ${this.#failed.failures.count} failures`;
      }
      return this.#critiques > 0
        ? `${claim} the coordinator was asked for another patch`
        : undefined;
    }
    if (this.#due !== undefined) {
      return stop === this.#due ? undefined : `${claim} had to stop for ${this.#due}`;
    }
    return stop === "coordinator" ? undefined : `${claim} nothing it records is the cause of that`;
  }

  /** Goes on with what a step leaves. */
  #advance(step: StepBody): void {
    if (step.type === "critique") this.#critiques++;
    if (step.type === "iteration") {
      this.#iterations++;
      this.#stale = step.verdict === "accepted" ? 0 : this.#stale + 1;
      this.#failed = step.verdict === "accepted" ? undefined : step;
      this.#critiques = 0;
    }
    const isChanged = isOfRules(step) && !["critique", "final", "failure"].includes(step.type);
    if (!isChanged) return;
    const scores = ("after" in step ? step.after : "scores" in step ? step.scores : {}) as Scores;
    this.#state = { step: this.#index, scores };
    // After the refinement it no longer matters which rules were the best.
    const isLate = step.type !== "synthesis" && this.#stage !== "refine";
    if (!isLate) this.#standings.take(standingOf(scores, this.#rules.size), this.#state);
    this.#best = isLate ? this.#state : this.#standings.best!;
  }
}

/** Tells whether what a step did stays, and so its last scores are of the rules after it. */
function isOfRules(step: StepBody): boolean {
  return !("verdict" in step) || step.verdict === "accepted" || step.verdict === "kept";
}
