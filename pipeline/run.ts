/**
 * One run of learning: its rule set from step to step, and the report of each.
 *
 * @module
 */
import type { AuditState } from "../learn/coordinator.ts";
import type { Dataset } from "../learn/data/dataset.ts";
import type { Example } from "../learn/data/examples.ts";
import { shortenTexts } from "../learn/data/shortening.ts";
import { type Sample, sampleExamples } from "../learn/data/sampling.ts";
import { type DatasetSplit, splitWithout } from "../learn/data/split.ts";
import type { Confidence } from "../learn/rules/confidence.ts";
import type { DecisionOptions } from "../learn/rules/decisions.ts";
import { findMajority } from "../learn/score/deciding.ts";
import { begin } from "../learn/score/beginning.ts";
import { calibrateOn } from "../learn/score/calibrating.ts";
import { listUnfinished } from "../learn/score/label_matches.ts";
import { joinMatches, type Matches } from "../learn/score/matches.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { createMatches, findingFailures, type Scores, scoring } from "../learn/score/scoring.ts";
import type { SynthesisTask } from "../learn/synthesizer.ts";
import { finish, type Sliced } from "../learn/text/slices.ts";
import { findStop, standingOf, Standings } from "../record/protocol.ts";
import type { StepOf } from "../trace.ts";
import { conductAudit } from "./auditing.ts";
import { createContexts, describeTask, type RunContexts } from "./contexts.ts";
import { applyingPatch, describeAsking, describeProposed, withoutEmpty } from "./changes.ts";
import { Breathing, type Progress } from "./breathing.ts";
import { iterate, type State } from "./iteration.ts";
import { Corrections } from "./corrections.ts";
import type { Settings } from "./options.ts";
import { dropWeakest, measureBy, prune, type Pruned } from "./prune.ts";
import { Overrules } from "./overrules.ts";
import { consult, describeError, Questions } from "./questions.ts";
import { describeRun, type LearnResult, Reporter, withBegun } from "./reporting.ts";

type Final = StepOf<"final">;

/** A run that is going on. Call its methods in the order of the stages. */
export class LearningRun {
  readonly #dataset: Dataset;
  readonly #settings: Settings;
  /** The rules to begin with, without those of a playbook. */
  readonly #start: readonly Rule[];
  /** Ids of all rules to begin with, known when the synthesis begins. */
  readonly #given = new Set<string>();
  readonly #task: SynthesisTask;
  readonly #options: DecisionOptions & { margin: number };
  readonly #sample: Sample<Example>;
  readonly #split: DatasetSplit;
  /** The train examples as they are learned from: with long texts cut. */
  readonly #learned: readonly Example[];
  readonly #train: Matches;
  /** The matches on the split that decides, and the split's name. */
  readonly #deciding: Matches;
  readonly #on: "dev" | "train";
  #all?: Matches;
  readonly #contexts: RunContexts;
  readonly #questions: Questions;
  readonly #reporter: Reporter;
  readonly #overrules: Overrules;
  readonly #corrections: Corrections;
  readonly #breathing: Breathing;
  readonly #startedAt: Date;
  #confidence?: Confidence;
  #state!: State;
  readonly #standings: Standings<State>;
  /** Scores rules on the split that decides. */
  readonly #evaluate = (rules: readonly Rule[]): Sliced<Scores> =>
    scoring(this.#deciding, rules, this.#options, this.#on);
  /** Rules that audits and pruning took out. */
  readonly #removed: Rule[] = [];
  #iteration = 0;
  /** The stage for the report of a failure. */
  #stage = "synthesis";

  /** Splits the examples of `dataset`. Reports nothing. */
  constructor(dataset: Dataset, settings: Settings, start: readonly Rule[]) {
    const { decide, threshold, margin, overlaps, corrections } = settings;
    this.#dataset = dataset;
    this.#settings = settings;
    this.#standings = new Standings(settings.within);
    this.#startedAt = settings.now();
    this.#sample = sampleExamples<Example>(dataset.examples, settings);
    this.#split = splitWithout(corrections, this.#sample, settings);
    const { train, dev } = this.#split;
    // Synthesizers and coordinators see this list: they must not change what is scored.
    Object.freeze(train);
    this.#learned = Object.freeze(this.#shorten(train));
    const fallback = settings.default === "majority" ? findMajority(train) : undefined;
    this.#options = { decide, threshold, margin, default: fallback, ...withoutEmpty({ overlaps }) };
    this.#train = this.#createMatches(train);
    this.#on = dev.length > 0 ? "dev" : "train";
    this.#deciding = dev.length > 0 ? this.#createMatches(dev) : this.#train;
    this.#questions = new Questions(settings);
    this.#overrules = new Overrules(settings.parent);
    this.#corrections = new Corrections(settings.corrections, this.#train, this.#options);
    this.#start = start;
    const { withheld } = this.#overrules;
    const definitions = new Map<string, Rule>();
    // What nobody is shown is not quoted, and an index of a million texts takes long.
    const shown = { labels: dataset.labels, examples: this.#sample.examples };
    this.#contexts = createContexts(shown, settings, definitions, withheld);
    this.#reporter = new Reporter(
      [...shown.examples, ...settings.test?.examples ?? []],
      this.#contexts.findQuote,
      this.#questions,
      {
        definitions,
        onStep: (report) => {
          this.#overrules.requireFit(this.#reporter.steps, report.step.type);
          settings.onStep?.(report);
        },
      },
    );
    const { now, onProgress, signal } = settings;
    this.#breathing = new Breathing({
      signal,
      report: (progress) => this.#questions.call(() => onProgress?.(progress)),
      elapsed: () => now().getTime() - this.#startedAt.getTime(),
    });
    const sinks = { breathe: this.#breathing.breathe, exchanges: this.#questions.sink };
    const around = { given: this.#given, withheld, ...sinks };
    this.#task = describeTask(dataset, settings, this.#options, around);
  }

  /** Reports the run. */
  begin(): void {
    const { onStart } = this.#settings;
    const data = { dataset: this.#dataset, sample: this.#sample, split: this.#split };
    onStart?.(describeRun(data, this.#settings, this.#startedAt, this.#options.default));
  }

  /** Makes the first rules. */
  async synthesize(): Promise<void> {
    const { synthesizer, incremental, playbook, decide, maxRules } = this.#settings;
    await this.#breathe("synthesis");
    const context = { ...this.#contexts.patches, decide, maxRules };
    const beginning = begin(playbook, this.#start, this.#train, context);
    const begun = await this.#breathing.work("checking the playbook", [0, 0.1], beginning);
    const { start } = begun;
    for (const { id } of start) this.#given.add(id);
    this.#breathing.enter(0.1, 0.7);
    const patch = incremental
      ? {}
      : await this.#questions.require(() =>
        synthesizer.synthesize(this.#task, this.#learned, start)
      );
    const applying = applyingPatch(start, patch, this.#contexts.patches, []);
    const applied = await this.#breathing.work("checking rules", [0.7, 0.8], applying);
    const { rules } = applied;
    const scores = await this.#breathing.work("scoring", [0.8, 0.85], this.#evaluate(rules));
    const step = this.#reporter.report(
      {
        type: "synthesis",
        ...withoutEmpty({ start: start.map(({ id }) => id) }),
        ...withBegun({ ...describeProposed(applied), ...describeAsking(applied) }, begun),
        scores,
      },
      [...start, ...rules],
      this.#corrections.advance(rules),
    );
    this.#advance({ step, rules, scores, accepted: [] });
  }

  /** Patches the rules until there is a reason to stop. */
  async refine(): Promise<Final["stop"]> {
    let rejected: (readonly Rule[])[] = [];
    for (let stale = 0; true;) {
      const { rules, scores } = this.#state;
      const finding = findingFailures(this.#train, rules, this.#options);
      const failures = await this.#breathing.work("finding failures", [0.85, 1], finding);
      if (failures.count === 0) return "no-failures";
      const progress = { f1: scores.f1, iterations: this.#iteration, stale };
      const due = findStop(progress, this.#settings);
      if (due !== undefined) return due;
      this.#iteration++;
      await this.#breathe("iteration");
      this.#breathing.enter(0, 0.7);
      const state = {
        task: this.#task,
        iteration: this.#iteration,
        train: this.#learned,
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
        changes: this.#contexts.patches,
        overrule: (judgement) =>
          this.#overrules.judge(this.#reporter.steps, judgement, ["accepted", "rejected"]),
        evaluate: this.#evaluate,
        breathing: this.#breathing,
        before: scores,
        standings: this.#standings,
      });
      const isAccepted = next.step.verdict === "accepted";
      const changed = isAccepted ? this.#corrections.advance(next.rules) : {};
      const step = this.#reporter.report(next.step, next.rules, changed);
      if (isAccepted) {
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

  /** Goes back to the best rules so far. */
  restore(): void {
    const best = this.#standings.best!;
    if (best.step === this.#state.step) return;
    const before = this.#state.scores;
    const { step: to, rules, scores: after } = best;
    const step = this.#reporter.report(
      { type: "restore", to, before, after },
      rules,
      this.#corrections.advance(rules),
    );
    this.#state = { ...best, step };
  }

  /** Lets the coordinator audit the rules, and reverts an audit that lowers F1. */
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
      evaluate: (rules) => finish(this.#evaluate(rules)),
    };
    const audited = await conductAudit(state, {
      coordinator,
      questions: this.#questions,
      changes: this.#contexts.audits,
      before,
      evaluate: (next) => this.#breathing.work("scoring", [0.9, 1], this.#evaluate(next)),
      overrule: (judged) =>
        this.#overrules.judge(this.#reporter.steps, judged, ["kept", "reverted"]),
    });
    if (audited === undefined) return;
    const { step: body, rules: next, made } = audited;
    const isKept = body.verdict === "kept";
    const changed = isKept ? this.#corrections.advance(next) : {};
    const step = this.#reporter.report(body, [...made, ...next], changed);
    if (isKept) this.#reduce(step, next, body.after);
  }

  /** Drops rules that others make superfluous, and those over the budget. */
  async prune(): Promise<void> {
    await this.#breathe("prune");
    const { decide, maxRules } = this.#settings;
    const { rules } = this.#state;
    const evaluate = measureBy(this.#evaluate, this.#train, this.#options);
    const pruning = prune(rules, this.#train, { decide, maxRules, given: this.#given, evaluate });
    const pruned = await this.#breathing.work("trying without rules", [0, 0.95], pruning);
    await this.#drop(pruned, this.#evaluate);
  }

  /** Reports rules that are pruned, if any, and goes on with the others. */
  async #drop(
    { rules, dropped }: Pruned,
    evaluate: (rules: readonly Rule[]) => Sliced<Scores>,
  ): Promise<void> {
    if (dropped.length === 0 || this.#overrules.skips(this.#reporter.steps)) return;
    const before = this.#state.scores;
    const after = await this.#breathing.work("scoring", [0.95, 1], evaluate(rules));
    const step = this.#reporter.report(
      { type: "prune", dropped, before, after },
      rules,
      this.#corrections.advance(rules),
    );
    this.#reduce(step, rules, after);
  }

  /** Learns the same structure once more on all examples. */
  async refit(): Promise<void> {
    const { rules } = this.#state;
    if (this.#on === "dev") this.#confidence = calibrateOn(this.#deciding, rules, this.#options);
    const { refit, synthesizer } = this.#settings;
    const { dev } = this.#split;
    if (!refit || dev.length === 0 || this.#overrules.skips(this.#reporter.steps)) return;
    await this.#breathe("refit");
    const all = joinMatches(this.#train, this.#deciding);
    await this.#breathing.work("running rules", [0, 0.1], all.adding(rules));
    this.#all = all;
    this.#breathing.enter(0.1, 0.75);
    const patch = await this.#questions.require(() =>
      synthesizer.refit!({
        task: this.#task,
        examples: this.#shorten(all.examples),
        rules,
        matches: all,
        accepted: this.#state.accepted,
        dropped: this.#removed.filter(({ id }) => !rules.some((rule) => rule.id === id)),
      })
    );
    const applying = applyingPatch(rules, patch, this.#contexts.patches, ["removed"]);
    const applied = await this.#breathing.work("checking rules", [0.75, 0.8], applying);
    const { rules: next, removed } = applied;
    const evaluate = (rules: readonly Rule[]) => scoring(all, rules, this.#options, "all");
    const scores = await this.#breathing.work("scoring", [0.8, 0.95], evaluate(next));
    const step = this.#reporter.report(
      {
        type: "refit",
        ...describeProposed(applied),
        removed,
        scores,
      },
      next,
      this.#corrections.advance(next),
    );
    this.#advance({ step, rules: next, scores });
    await this.#drop(dropWeakest(next, this.#settings), evaluate);
  }

  /** Scores the rules for the last time, and reports them. */
  async finish(stop: Final["stop"]): Promise<LearnResult> {
    await this.#breathe("final");
    this.#overrules.requireDone();
    const tests = this.#settings.test && this.#createMatches(this.#settings.test.examples);
    const { rules, scores: last } = this.#state;
    const scoreOn = (on: "train" | "test", matches: Matches, range: readonly [number, number]) =>
      this.#breathing.work("scoring", range, scoring(matches, rules, this.#options, on));
    const scores: Final["scores"] = {
      ...(last.on === "dev" ? { train: await scoreOn("train", this.#train, [0, 0.5]) } : {}),
      [last.on]: last,
      ...(tests === undefined ? {} : { test: await scoreOn("test", tests, [0.5, 1]) }),
    };
    const matches = last.on === "all" ? [this.#all!] : [...new Set([this.#train, this.#deciding])];
    const unfinished = listUnfinished(rules, tests === undefined ? matches : [...matches, tests]);
    this.#reporter.report({
      type: "final",
      rules: rules.map(({ id }) => id),
      scores,
      stop,
      ...(unfinished.length === 0 ? {} : { unfinished }),
      ...withoutEmpty({ confidence: this.#confidence }),
      ...this.#corrections.findWrong(),
    }, rules);
    const { margin: _, ...decision } = this.#options;
    return { rules: [...rules], scores, decision, stop };
  }

  /** Reports the error that ended the run, if a model was asked since the last step. */
  fail(error: unknown): void {
    if (!this.#questions.isPending) return;
    this.#reporter.report({ type: "failure", stage: this.#stage, error: describeError(error) }, []);
  }

  #shorten(examples: readonly Example[]): readonly Example[] {
    return shortenTexts(examples, this.#sample.examples.length).examples;
  }

  #createMatches(examples: readonly Example[]): Matches {
    return createMatches(examples, this.#dataset.labels, this.#settings.match);
  }

  /** Goes on with the rules that an audit or pruning has left. */
  #reduce(step: number, rules: readonly Rule[], scores: Scores): void {
    const left = new Set(rules.map(({ id }) => id));
    for (const rule of this.#state.rules) if (!left.has(rule.id)) this.#removed.push(rule);
    this.#advance({ step, rules, scores });
  }

  /** Goes on with the rules after a step. */
  #advance(next: Omit<State, "accepted"> & Partial<State>): void {
    this.#state = { ...this.#state, ...next };
    const { scores, rules } = next;
    this.#standings.take(standingOf(scores, rules.length), this.#state);
  }

  /** Reports progress and lets other tasks run, such as the one that aborts the signal. */
  async #breathe(stage: Progress["stage"]): Promise<void> {
    this.#stage = stage === "iteration" ? `iteration ${this.#iteration}` : stage;
    await this.#breathing.begin({
      stage,
      ...(stage === "iteration" ? { iteration: this.#iteration } : {}),
      ...(this.#state === undefined ? {} : { f1: this.#state.scores.f1 }),
      on: this.#on,
    });
  }
}
