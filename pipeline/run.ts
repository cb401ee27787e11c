/**
 * One run of learning: its rule set from step to step, and the report of each.
 *
 * @module
 */
import type { AuditState } from "../learn/coordinator.ts";
import type { Dataset } from "../learn/data/dataset.ts";
import type { Example } from "../learn/data/examples.ts";
import { splitDataset } from "../learn/data/split.ts";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import { findMajority } from "../learn/score/deciding.ts";
import { joinMatches, type Matches } from "../learn/score/matches.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { createMatches, findFailures, score, type Scores } from "../learn/score/scoring.ts";
import type { RefitState, SynthesisTask } from "../learn/synthesizer.ts";
import { createNameRedactor, type StepOf } from "../trace.ts";
import { applyAudit, applyPatch, type ChangeContext } from "./changes.ts";
import { isBetter, iterate, type ScoredRules } from "./iteration.ts";
import type { Progress, Settings } from "./options.ts";
import { dropWeakest, prune } from "./prune.ts";
import { consult, describeError, describePatchError, Questions } from "./questions.ts";
import { describeRun, listed, Reporter } from "./reporting.ts";

type Final = StepOf<"final">;

/** A rule set of the run, and the step it was the set after. */
interface State extends ScoredRules {
  readonly step: number;
  /** What the accepted patches did that led to it. */
  readonly accepted: RefitState["accepted"];
}

/** What a run comes to. */
interface Finished {
  readonly rules: Rule[];
  readonly scores: Final["scores"];
  readonly decision: DecisionOptions;
}

/** A run under way. Its methods are called in the order of the stages. */
export class LearningRun {
  readonly #dataset: Dataset;
  readonly #settings: Settings;
  readonly #task: SynthesisTask;
  readonly #options: DecisionOptions & { margin: number };
  readonly #split: ReturnType<typeof splitDataset>;
  readonly #train: Matches;
  /** The matches on the split that decides, and its name. */
  readonly #deciding: Matches;
  readonly #on: "dev" | "train";
  readonly #context: ChangeContext;
  readonly #questions: Questions;
  readonly #reporter: Reporter;
  readonly #startedAt: Date;
  #state!: State;
  #best!: State;
  /** Rules that audits and pruning took out. */
  readonly #removed: Rule[] = [];
  #refitted?: Scores;
  #iteration = 0;
  /** What the run is at, in words. */
  #stage = "synthesis";

  /** A run on `dataset`, with its examples split, that has reported nothing yet. */
  constructor(dataset: Dataset, settings: Settings) {
    const { decide, threshold, margin, match, overlaps } = settings;
    const { seed, holdout, maxRules, signal } = settings;
    this.#dataset = dataset;
    this.#settings = settings;
    this.#startedAt = settings.now();
    this.#split = splitDataset(dataset, { holdout, seed });
    const { train, dev } = this.#split;
    const { name, task, labels } = dataset;
    // Others are shown these examples: what they do to the list must not change what is scored.
    Object.freeze(train);
    const fallback = settings.default === "majority" ? findMajority(train) : undefined;
    const decision = { decide, threshold, margin, default: fallback };
    this.#options = overlaps === undefined ? decision : { ...decision, overlaps };
    this.#train = this.#createMatches(train);
    this.#on = dev.length > 0 ? "dev" : "train";
    this.#deciding = dev.length > 0 ? this.#createMatches(dev) : this.#train;
    const examples = [...dataset.examples, ...settings.test?.examples ?? []];
    this.#questions = new Questions(settings);
    this.#reporter = new Reporter(examples, this.#questions, settings);
    const { sink: exchanges } = this.#questions;
    this.#task = { name, task, labels, ...this.#options, match, seed, maxRules, signal, exchanges };
    this.#context = {
      labels: new Set(dataset.labels),
      definitions: this.#reporter.definitions,
      rename: createNameRedactor(examples),
    };
  }

  /** Reports the run. */
  begin(): void {
    const { onStart } = this.#settings;
    if (onStart === undefined) return;
    const fallback = this.#options.default;
    onStart(describeRun(this.#dataset, this.#split, this.#settings, this.#startedAt, fallback));
  }

  /** Makes the first rules. */
  async synthesize(start: readonly Rule[]): Promise<void> {
    const { synthesizer, incremental } = this.#settings;
    await this.#breathe("synthesis");
    const patch = incremental
      ? {}
      : await this.#questions.require(() =>
        synthesizer.synthesize(this.#task, this.#split.train, start)
      );
    const applied = applyPatch(start, patch, this.#context, []);
    const { added, refused, reweighted, rules } = applied;
    const scores = this.#evaluate(rules);
    const step = this.#reporter.report({
      type: "synthesis",
      ...(start.length > 0 ? { start: start.map(({ id }) => id) } : {}),
      proposed: added.length + refused.length,
      added,
      refused,
      scores,
      ...describePatchError(patch),
      ...listed({ reweighted }),
    }, [...start, ...rules]);
    this.#best = this.#state = { step, rules, scores, accepted: [] };
  }

  /** Patches the rules until there is a reason to stop. */
  async refine(): Promise<Final["stop"]> {
    const { maxIterations, patience, target } = this.#settings;
    let rejected: (readonly Rule[])[] = [];
    for (let stale = 0; true;) {
      const { rules, scores } = this.#state;
      const failures = findFailures(this.#train, rules, this.#options);
      if (failures.count === 0) return "no-failures";
      if (target !== undefined && scores.f1 >= target) return "target";
      if (stale >= patience) return "stale";
      if (this.#iteration >= maxIterations) return "max-iterations";
      this.#iteration++;
      await this.#breathe("iteration");
      const state = {
        task: this.#task,
        iteration: this.#iteration,
        train: this.#split.train,
        rules,
        matches: this.#train,
        failures,
      };
      const { stop, guidance } = await consult(
        this.#settings.coordinator,
        { ...state, scores },
        this.#questions,
        (step) => this.#reporter.report(step, []),
      );
      if (stop) return "coordinator";
      const next = await iterate({ ...state, guidance, rejected }, {
        settings: this.#settings,
        questions: this.#questions,
        changes: this.#context,
        evaluate: (rules) => this.#evaluate(rules),
        before: scores,
        best: this.#best,
      });
      const step = this.#reporter.report(next.step, next.rules);
      if (next.step.verdict === "accepted") {
        const accepted = [...this.#state.accepted, next.done];
        this.#advance({ step, rules: next.rules, scores: next.scores, accepted });
        stale = 0;
        rejected = [];
        await this.audit("refine");
      } else {
        stale++;
        rejected = [...rejected, next.fresh];
      }
    }
  }

  /** Goes back to the best rules seen: of equally good ones the fewest, of those the last. */
  restore(): void {
    if (this.#best.step === this.#state.step) return;
    const before = this.#state.scores;
    const { step: to, rules, scores: after } = this.#best;
    const step = this.#reporter.report({ type: "restore", to, before, after }, rules);
    this.#state = { ...this.#best, step };
  }

  /** Lets the coordinator look over the rules, and takes back what lowers F1. */
  async audit(phase: AuditState["phase"]): Promise<void> {
    const { coordinator } = this.#settings;
    if (coordinator.audit === undefined) return;
    await this.#breathe("audit");
    const { rules, scores: before } = this.#state;
    const state: AuditState = {
      task: this.#task,
      phase,
      rules,
      matches: this.#train,
      evaluate: (rules) => this.#evaluate(rules),
    };
    const asked = await this.#questions.ask(async () => {
      const proposals = await coordinator.audit!(state);
      return proposals ? applyAudit(rules, proposals, this.#context) : undefined;
    });
    const quiet = { actions: [], verdict: "none" as const, before, after: before };
    if ("error" in asked) {
      this.#reporter.report({ type: "audit", phase, ...quiet, error: asked.error }, rules);
      return;
    }
    if (asked.answer === undefined) {
      if (this.#questions.isPending) {
        this.#reporter.report({ type: "audit", phase, ...quiet }, rules);
      }
      return;
    }
    const { rules: next, made, actions, reweighted } = asked.answer;
    const isApplied = actions.some(({ outcome }) => outcome === "applied");
    const after = isApplied ? this.#evaluate(next) : before;
    const verdict = !isApplied ? "none" : after.f1 >= before.f1 ? "kept" : "reverted";
    const step = this.#reporter.report(
      { type: "audit", phase, actions, verdict, before, after, ...listed({ reweighted }) },
      [...made, ...next],
    );
    if (verdict !== "kept") return;
    this.#remove(rules, next);
    this.#advance({ ...this.#state, step, rules: next, scores: after });
  }

  /** Drops rules that others make superfluous, and those over the budget. */
  prune(): void {
    const { decide, maxRules } = this.#settings;
    const { rules, scores: before } = this.#state;
    const evaluate = (rules: readonly Rule[]) => [
      this.#evaluate(rules).f1,
      -findFailures(this.#train, rules, this.#options).count,
    ];
    const pruned = prune(rules, this.#train, { decide, maxRules, evaluate });
    if (pruned.dropped.length === 0) return;
    const after = this.#evaluate(pruned.rules);
    const { dropped } = pruned;
    const step = this.#reporter.report({ type: "prune", dropped, before, after }, pruned.rules);
    this.#remove(rules, pruned.rules);
    this.#advance({ ...this.#state, step, rules: pruned.rules, scores: after });
  }

  /** Learns the same structure once more on all examples. */
  async refit(): Promise<void> {
    const { refit, synthesizer } = this.#settings;
    const { dev } = this.#split;
    if (!refit || dev.length === 0) return;
    await this.#breathe("refit");
    const { rules } = this.#state;
    const all = joinMatches(this.#train, this.#deciding);
    all.add(rules);
    const patch = await this.#questions.require(() =>
      synthesizer.refit!({
        task: this.#task,
        examples: all.examples,
        rules,
        matches: all,
        accepted: this.#state.accepted,
        dropped: this.#removed.filter(({ id }) => !rules.some((rule) => rule.id === id)),
      })
    );
    const applied = applyPatch(rules, patch, this.#context, ["removed"]);
    const { rules: next, added, removed, refused, reweighted } = applied;
    const scores = score(all, next, this.#options, "all");
    const proposed = added.length + refused.length;
    const step = this.#reporter.report({
      type: "refit",
      proposed,
      added,
      removed,
      refused,
      scores,
      ...describePatchError(patch),
      ...listed({ reweighted }),
    }, next);
    this.#refitted = scores;
    this.#state = { ...this.#state, step, rules: next, scores };
    this.#keepBudget(all);
  }

  /** Drops what a refit has added over the budget. */
  #keepBudget(all: Matches): void {
    const { rules, scores: before } = this.#state;
    const { rules: next, dropped } = dropWeakest(rules, this.#settings);
    if (dropped.length === 0) return;
    const after = score(all, next, this.#options, "all");
    const step = this.#reporter.report({ type: "prune", dropped, before, after }, next);
    this.#refitted = after;
    this.#state = { ...this.#state, step, rules: next, scores: after };
  }

  /** Scores the rules for the last time, and reports them. */
  async finish(stop: Final["stop"]): Promise<Finished> {
    await this.#breathe("final");
    const { test } = this.#settings;
    const { rules, scores: last } = this.#state;
    const learned = this.#refitted !== undefined
      ? { all: this.#refitted }
      : this.#on === "train"
      ? { train: last }
      : { train: score(this.#train, rules, this.#options, "train"), dev: last };
    const scores = test === undefined ? learned : {
      ...learned,
      test: score(this.#createMatches(test.examples), rules, this.#options, "test"),
    };
    this.#reporter.report({ type: "final", rules: rules.map(({ id }) => id), scores, stop }, rules);
    const { margin: _, ...decision } = this.#options;
    return { rules: [...rules], scores, decision };
  }

  /**
   * Reports what ended the run where a model was asked since the last step: whoever records the run
   * cannot tell which exchanges led to the failure.
   */
  fail(error: unknown): void {
    if (!this.#questions.isPending) return;
    this.#reporter.report({
      type: "failure",
      stage: this.#stage,
      error: describeError(error),
    }, []);
  }

  #evaluate(rules: readonly Rule[]): Scores {
    return score(this.#deciding, rules, this.#options, this.#on);
  }

  #createMatches(examples: readonly Example[]): Matches {
    return createMatches(examples, this.#dataset.labels, this.#settings.match);
  }

  #remove(before: readonly Rule[], after: readonly Rule[]): void {
    const left = new Set(after.map(({ id }) => id));
    this.#removed.push(...before.filter(({ id }) => !left.has(id)));
  }

  #advance(state: State): void {
    this.#state = state;
    if (isBetter(state, this.#best)) this.#best = state;
  }

  /** Lets others have their turn, the signal's owner among them, and says where the run is. */
  async #breathe(stage: Progress["stage"]): Promise<void> {
    const { onProgress, now, signal } = this.#settings;
    this.#stage = stage === "iteration" ? `iteration ${this.#iteration}` : stage;
    onProgress?.({
      stage,
      ...(stage === "iteration" ? { iteration: this.#iteration } : {}),
      ...(this.#state === undefined ? {} : { f1: this.#state.scores.f1 }),
      on: this.#on,
      elapsed: now().getTime() - this.#startedAt.getTime(),
    });
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
}
