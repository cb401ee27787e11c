/**
 * One run of learning: its rule set from step to step, and the report of each.
 *
 * @module
 */
import type { AuditState, Guidance } from "../learn/coordinator.ts";
import type { Dataset } from "../learn/dataset.ts";
import type { Example } from "../learn/examples.ts";
import { splitDataset } from "../learn/split.ts";
import { type DecisionOptions, findMajority } from "../learn/decisions.ts";
import { joinMatches, type Matches } from "../learn/matches.ts";
import type { Rule } from "../learn/rules.ts";
import {
  createMatches,
  type Failures,
  findFailures,
  score,
  type Scores,
} from "../learn/scoring.ts";
import type { RefitState, SynthesisTask } from "../learn/synthesizer.ts";
import type { StepBody, StepOf } from "../trace.ts";
import { type Asked, consult } from "./advice.ts";
import { attributeRules } from "./attribution.ts";
import { applyAudit, applyPatch, type Context, countChanges } from "./changes.ts";
import { describeRun } from "./description.ts";
import type { Progress, Settings } from "./options.ts";
import { dropWeakest, prune } from "./prune.ts";
import { Redactor } from "./redacting.ts";
import { findClause, isBetter } from "./verdicts.ts";

type Final = StepOf<"final">;

/** A rule set of the run, and the step it was the set after. */
interface State {
  readonly step: number;
  readonly rules: readonly Rule[];
  readonly scores: Scores;
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
  readonly #context: Context;
  readonly #redactor: Redactor;
  readonly #definitions = new Map<string, Rule>();
  readonly #startedAt: Date;
  #steps = 0;
  #state!: State;
  #best!: State;
  /** Rules that audits and pruning took out. */
  readonly #removed: Rule[] = [];
  #refitted?: Scores;
  #iteration = 0;

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
    this.#task = { name, task, labels, ...this.#options, match, seed, maxRules, signal };
    this.#train = this.#createMatches(train);
    this.#on = dev.length > 0 ? "dev" : "train";
    this.#deciding = dev.length > 0 ? this.#createMatches(dev) : this.#train;
    this.#redactor = new Redactor([...dataset.examples, ...settings.test?.examples ?? []]);
    this.#context = {
      labels: new Set(dataset.labels),
      definitions: this.#definitions,
      rename: (name) => this.#redactor.name(name),
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
      : await this.#require(() => synthesizer.synthesize(this.#task, this.#split.train, start));
    const applied = applyPatch(start, patch, this.#context, []);
    const { added, reweighted, rules } = applied;
    const refused = this.#redactor.refused(applied.refused);
    const scores = this.#evaluate(rules);
    const step = this.#report({
      type: "synthesis",
      ...(start.length > 0 ? { start: start.map(({ id }) => id) } : {}),
      proposed: added.length + refused.length,
      added,
      refused,
      scores,
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
      const advice = await this.#consult(failures);
      if (advice.stop) return "coordinator";
      const { isAccepted, fresh } = await this.#iterate(failures, advice.guidance, rejected);
      if (isAccepted) {
        stale = 0;
        rejected = [];
        await this.audit("refine");
      } else {
        stale++;
        rejected = [...rejected, fresh];
      }
    }
  }

  /** Goes back to the best rules seen: of equally good ones the fewest, of those the last. */
  restore(): void {
    if (this.#best.step === this.#state.step) return;
    const before = this.#state.scores;
    const { step: to, rules, scores: after } = this.#best;
    const step = this.#report({ type: "restore", to, before, after }, rules);
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
    const asked = await this.#ask(async () => {
      const proposals = await coordinator.audit!(state);
      return proposals ? applyAudit(rules, proposals, this.#context) : undefined;
    });
    if ("error" in asked) {
      const { error } = asked;
      const quiet = { actions: [], verdict: "none" as const, before, after: before };
      this.#report({ type: "audit", phase, ...quiet, error }, rules);
      return;
    }
    if (asked.answer === undefined) return;
    const { rules: next, made, actions: all, reweighted } = asked.answer;
    const actions = this.#redactor.actions(all);
    const isApplied = actions.some(({ outcome }) => outcome === "applied");
    const after = isApplied ? this.#evaluate(next) : before;
    const verdict = !isApplied ? "none" : after.f1 >= before.f1 ? "kept" : "reverted";
    const step = this.#report(
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
    const step = this.#report({ type: "prune", dropped, before, after }, pruned.rules);
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
    const patch = await this.#require(() =>
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
    const { rules: next, added, removed, reweighted } = applied;
    const refused = this.#redactor.refused(applied.refused);
    const scores = score(all, next, this.#options, "all");
    const proposed = added.length + refused.length;
    const step = this.#report(
      { type: "refit", proposed, added, removed, refused, scores, ...listed({ reweighted }) },
      next,
    );
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
    const step = this.#report({ type: "prune", dropped, before, after }, next);
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
    this.#report({ type: "final", rules: rules.map(({ id }) => id), scores, stop }, rules);
    const { margin: _, ...decision } = this.#options;
    return { rules: [...rules], scores, decision };
  }

  async #iterate(
    failures: Failures,
    guidance: string | undefined,
    rejected: readonly (readonly Rule[])[],
  ): Promise<{ isAccepted: boolean; fresh: readonly Rule[] }> {
    const { synthesizer, tolerance } = this.#settings;
    const { rules, scores: before } = this.#state;
    const asked = await this.#ask(async () => {
      const patch = await synthesizer.patch({
        task: this.#task,
        iteration: this.#iteration,
        train: this.#split.train,
        rules,
        matches: this.#train,
        failures,
        guidance,
        rejected,
      });
      return applyPatch(rules, patch, this.#context);
    });
    const applied = "error" in asked ? applyPatch(rules, {}, this.#context) : asked.answer;
    const isChanged = countChanges(applied) > 0;
    const after = isChanged ? this.#evaluate(applied.rules) : before;
    const clause = isChanged ? findClause(before, after, tolerance) : undefined;
    const verdict = "error" in asked
      ? "failed"
      : !isChanged
      ? "empty"
      : clause === undefined
      ? "rejected"
      : "accepted";
    const isBest = verdict === "accepted" &&
      isBetter({ scores: after, rules: applied.rules }, this.#best);
    const step = this.#report({
      type: "iteration",
      iteration: this.#iteration,
      failures: {
        count: failures.count,
        clusters: attributeRules(failures, applied, this.#train),
      },
      ...(guidance === undefined ? {} : { guidance: this.#redactor.text(guidance) }),
      patch: {
        added: applied.added,
        replaced: applied.replaced,
        removed: applied.removed,
        refused: this.#redactor.refused(applied.refused),
        ...(applied.reweighted.length > 0 ? { reweighted: applied.reweighted.length } : {}),
      },
      verdict,
      ...(clause === undefined ? {} : { clause }),
      before,
      after,
      best: isBest,
      ...("error" in asked ? { error: asked.error } : {}),
      // A list of weights that were not taken would be long, and change nothing.
      ...listed({ reweighted: verdict === "accepted" ? applied.reweighted : [] }),
    }, applied.rules);
    const isAccepted = verdict === "accepted";
    if (isAccepted) {
      const { added, replaced, reweighted } = applied;
      const done = { added: added.length + replaced.length, reweighted: reweighted.length };
      const accepted = [...this.#state.accepted, done];
      this.#advance({ step, rules: applied.rules, scores: after, accepted });
    }
    const fresh = new Set([...applied.added, ...applied.replaced.map(({ to }) => to)]);
    return { isAccepted, fresh: applied.rules.filter(({ id }) => fresh.has(id)) };
  }

  /** Asks the coordinator what it thinks of the rules, and what it wants next. */
  async #consult(failures: Failures): Promise<Guidance> {
    const { rules, scores } = this.#state;
    const { train } = this.#split;
    const state = { task: this.#task, iteration: this.#iteration, train, rules, failures, scores };
    const ask = <T>(question: () => Promise<T>) => this.#ask(question);
    const { coordinator } = this.#settings;
    return await consult(coordinator, state, this.#redactor, ask, (step) => this.#report(step, []));
  }

  /** What others throw is recorded, and the run goes on, unless it was given up meanwhile. */
  async #ask<T>(question: () => T | Promise<T>): Promise<Asked<T>> {
    try {
      return { answer: await question() };
    } catch (error) {
      this.#settings.signal?.throwIfAborted();
      return { error: this.#redactor.failure(error) };
    }
  }

  /** What the run cannot do without. Its error ends the run, unless it was given up meanwhile. */
  async #require<T>(question: () => T | Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      this.#settings.signal?.throwIfAborted();
      throw error;
    }
  }

  #evaluate(rules: readonly Rule[]): Scores {
    return score(this.#deciding, rules, this.#options, this.#on);
  }

  #createMatches(examples: readonly Example[]): Matches {
    return createMatches(examples, this.#dataset.labels, this.#settings.match);
  }

  /** Reports a step with those of `rules` that were never seen before; returns its index. */
  #report(step: StepBody, rules: readonly Rule[]): number {
    const fresh: Rule[] = [];
    for (const rule of rules) {
      if (this.#definitions.has(rule.id)) continue;
      this.#definitions.set(rule.id, rule);
      fresh.push(rule);
    }
    this.#settings.onStep?.({ step, rules: fresh });
    return this.#steps++;
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

/** Lists that have something in them; empty ones are left out of a step. */
function listed<T extends Record<string, readonly unknown[]>>(lists: T): Partial<T> {
  const full = Object.entries(lists).filter(([, list]) => list.length > 0);
  return Object.fromEntries(full) as Partial<T>;
}
