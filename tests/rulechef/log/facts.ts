/**
 * Compares the traces of a log with what RuleChef did in the runs.
 *
 * Every statement of a trace that the record can judge is a fact: it holds, or else it is listed. What a trace
 * leaves open is not a fact.
 */
import type { ImportedLog, ImportedRun } from "../../../rulechef/log/import.ts";
import { type KnownScores, rulesAt, type Step, type StepOf, type Trace } from "../../../trace.ts";
import {
  keyOf,
  linesOf,
  partsOf,
  type TrueEvent,
  type TrueIteration,
  type TruePart,
  type TrueRules,
  type TrueRun,
  type TrueScores,
} from "./truth.ts";

/** What a comparison found. */
export interface Facts {
  /** How many statements hold, by kind. */
  readonly held: Map<string, number>;
  /** Statements that the record contradicts. */
  readonly untrue: string[];
}

/** Compares a log that was imported with the record of its runs, and adds what is found to `facts`. */
export function compareWithTruth(log: ImportedLog, truth: readonly TrueRun[], facts: Facts): void {
  const told = truth.map((run) => ({ run, lines: linesOf(run).length }))
    .filter(({ lines }) => lines > 0);
  judge(facts, "runs", log.runs.map(({ lines }) => lines), told.map(({ lines }) => lines));
  for (const { reason } of log.refused) facts.untrue.push(`refused: ${reason}`);
  const starts = new Map<string, TrueRun>();
  let line = 0;
  for (const { run, lines } of told) {
    starts.set(`${line} ${lines}`, run);
    line += lines;
  }
  line = 0;
  for (const imported of log.runs) {
    const run = starts.get(`${line} ${imported.lines}`);
    line += imported.lines;
    if (run !== undefined) new RunCheck(imported, run, facts).run();
  }
}

function judge(facts: Facts, kind: string, claimed: unknown, actual: unknown): void {
  const [one, other] = [claimed, actual].map((value) => JSON.stringify(value));
  if (one === other) facts.held.set(kind, (facts.held.get(kind) ?? 0) + 1);
  else facts.untrue.push(`${kind}: it says ${one}, and it was ${other}`);
}

const round = (share: number) => Math.round(share * 1e4) / 1e4;

/** Compares one run. */
class RunCheck {
  readonly #imported: ImportedRun;
  readonly #trace: Trace;
  readonly #run: TrueRun;
  readonly #facts: Facts;
  readonly #type: string;
  readonly #on: "dev" | "train";
  /** The scores of rule sets, by their rules. */
  readonly #scores = new Map<string, TrueScores>();
  /** Decisions after which the rules were the best so far. */
  readonly #best = new Set<TrueEvent | undefined>();

  constructor(imported: ImportedRun, run: TrueRun, facts: Facts) {
    [this.#imported, this.#trace, this.#run, this.#facts] = [imported, imported.trace, run, facts];
    this.#type = this.#event("begin")!.type;
    this.#on = /Refinement loop .*dev=/.test(run.printed) ? "dev" : "train";
  }

  #event<K extends TrueEvent["k"]>(k: K): Extract<TrueEvent, { k: K }> | undefined {
    return this.#run.events.find((event): event is Extract<TrueEvent, { k: K }> => event.k === k);
  }

  #judge(kind: string, claimed: unknown, actual: unknown): void {
    judge(this.#facts, kind, claimed, actual);
  }

  #setOf(rules: TrueRules): string[] {
    return rules.flatMap((rule) => keyOf(rule, this.#type) ?? []).sort();
  }

  /** Returns the rules after a step. */
  #rulesAt(index: number): string[] {
    return rulesAt(this.#trace, index)
      .map(({ name, id, priority }) => JSON.stringify([name, id.replace(/-.*/, ""), priority]))
      .sort();
  }

  run(): void {
    const parts = partsOf(this.#run);
    this.#collectScores(parts);
    const steps = this.#trace.steps.filter(({ type }) =>
      !["synthesis", "restore", "final", "failure"].includes(type)
    );
    const label = (part: TruePart) => part.part === "stop" ? "critique" : part.part;
    this.#judge("order", steps.map(({ type }) => type), parts.map(label));
    this.#checkRun();
    this.#checkSynthesis(this.#trace.steps[0] as StepOf<"synthesis">);
    if (steps.length !== parts.length) return;
    steps.forEach((step, place) => this.#checkStep(step, parts[place]));
    this.#checkEnd();
  }

  #collectScores(parts: readonly TruePart[]): void {
    const note = (rules: TrueRules, scores: TrueScores) =>
      this.#scores.set(JSON.stringify(this.#setOf(rules)), scores);
    let best = 0;
    for (const event of this.#run.events) {
      if (event.k === "iter") {
        note(event.rules, event.eval);
        best = Math.max(best, event.eval.f1);
      } else if (event.k === "decision" && event.accepted && event.cand.f1 > best) {
        this.#best.add(event);
        best = event.cand.f1;
      }
    }
    for (const part of parts) {
      if (part.part !== "iteration" || part.decision === undefined) continue;
      note(part.candidate!, part.decision.cand);
      if (!part.isAudited) note(part.rules, part.decision.prev);
    }
  }

  #checkScores(kind: string, claimed: KnownScores, actual: TrueScores | undefined): void {
    if (claimed.f1 === undefined && claimed.precision === undefined) return;
    const { on, f1, precision } = claimed;
    const wanted = actual &&
      { on: this.#on, f1: round(actual.f1), precision: round(actual.precision) };
    this.#judge(kind, { on, f1, precision }, wanted);
  }

  /** Checks the scores of a set of rules at a step. */
  #checkSetScores(kind: string, claimed: KnownScores, set: readonly string[]): void {
    this.#checkScores(kind, claimed, this.#scores.get(JSON.stringify(set)));
  }

  #checkRun(): void {
    const { run: { status, config }, steps } = this.#trace;
    const returned = this.#event("end")?.returned;
    if (status !== "unknown") {
      this.#judge("status", status, returned === null ? "failed" : "completed");
    }
    const most = /Refinement loop \(max (\d+)/.exec(this.#run.printed)?.[1];
    if (config.maxIterations !== undefined) {
      this.#judge("most iterations", config.maxIterations, Number(most));
    }
    const last = steps.at(-1)!;
    if (last.type === "final" && last.stop !== "unknown") {
      this.#judge("stop", last.stop, this.#stop());
    }
  }

  #stop(): string | undefined {
    const { printed } = this.#run;
    if (printed.includes("Achieved 90%")) return "target";
    if (printed.includes("Coordinator: stop refining")) return "coordinator";
    if (printed.includes("No failures to fix")) return "no-failures";
    return printed.includes("Refinement loop") ? "max-iterations" : undefined;
  }

  #checkSynthesis(step: StepOf<"synthesis">): void {
    const begun = this.#event("begin")!.rules;
    const isIncremental = !linesOf(this.#run).some((type) => type.startsWith("rule_synthesis"));
    if (step.start !== undefined) {
      this.#judge("start", isIncremental, true);
      this.#judge("start rules", this.#rulesAt(0), this.#setOf(begun));
    } else if (step.proposed > 0 || !isIncremental) {
      const { rules } = this.#event("synth") ?? { rules: [] };
      this.#judge("synthesized", this.#rulesAt(0), this.#setOf(rules));
      const held = step.refused.filter(({ detail }) => detail.startsWith("RuleChef took it"));
      this.#judge("taken", step.added.length + held.length, rules.length);
      this.#judge("proposed", step.proposed, step.added.length + step.refused.length);
    }
    this.#checkSetScores("synthesis scores", step.scores, this.#rulesAt(0));
  }

  #checkStep(step: Step, part: TruePart): void {
    if (step.type === "iteration" && part.part === "iteration") this.#checkIteration(step, part);
    if (step.type === "audit" && part.part === "audit") {
      this.#checkAudit(step, part);
      if (this.#imported.trace.steps[step.index - 1].type !== "restore") return;
      const { best } = this.#event("refine_end") ?? { best: [] };
      this.#judge("restored", this.#rulesAt(step.index - 1), this.#setOf(best));
    }
    if (step.type === "critique") {
      const isStop = step.advice.length === 1 && step.advice[0].text === "stop refining";
      this.#judge("stop asked", isStop, part.part === "stop");
    }
  }

  #checkIteration(step: StepOf<"iteration">, part: TrueIteration): void {
    const { patch, rules, candidate, decision } = part;
    if (step.iteration > 0 || part.number === 0) {
      this.#judge("iteration", step.iteration, part.number);
    }
    const set = this.#rulesAt(step.index);
    const before = this.#setOf(rules);
    if (step.verdict !== "unknown") {
      // A patch before the iterations can change rules without proposing any.
      const isMade = (patch?.rules.length ?? 0) + (patch?.deleted.length ?? 0) > 0 ||
        part.number === 0 && candidate?.length !== rules.length;
      const verdict = !isMade ? "empty" : (decision?.accepted ?? true) ? "accepted" : "rejected";
      this.#judge("verdict", step.verdict, verdict);
      const after = candidate;
      const left = verdict !== "accepted" ? before : after && this.#setOf(after);
      if (left !== undefined) this.#judge("rules after", set, left);
    } else if (part.hasPatch) this.#judge("rules before", set, before);
    if (step.best !== undefined) this.#judge("best", step.best, this.#best.has(decision));
    if (step.clause !== undefined && decision !== undefined) {
      const { cand, prev } = decision;
      this.#judge("clause", step.clause, cand.f1 > prev.f1 ? "f1" : "precision");
    }
    if (step.failures.count !== undefined) {
      this.#judge("failures", step.failures.count, patch?.failures);
    }
    if (candidate !== undefined) this.#checkPatch(step, before, this.#setOf(candidate));
    if (patch !== undefined && part.hasPatch) {
      const names = new Set(rules.map(({ name }) => name));
      const missed = step.patch.refused.filter(({ code }) => code === "unknown-rule");
      const asked = patch.deleted.filter((name) => !names.has(name));
      this.#judge("deleted in vain", missed.map(({ name }) => name).sort(), asked.sort());
    }
    const scoresOf = (set: readonly string[]) => this.#scores.get(JSON.stringify(set));
    this.#checkScores("scores before", step.before, decision?.prev ?? scoresOf(before));
    this.#checkScores("scores after", step.after, decision?.cand ?? scoresOf(set));
    if (step.train?.f1 !== undefined && this.#on === "train" && part.scores !== undefined) {
      const { f1, macroF1, exact } = part.scores;
      this.#judge("train", [step.train.f1, step.train.macroF1, step.train.exact], [
        f1,
        macroF1,
        exact,
      ]);
    }
  }

  /** Checks that the changes of a patch make the rules that RuleChef tried. */
  #checkPatch(step: StepOf<"iteration">, before: readonly string[], candidate: string[]): void {
    const { added, replaced, removed } = step.patch;
    const keyOfId = (id: string) => {
      const { name, priority } = this.#trace.rules[id];
      return JSON.stringify([name, id.replace(/-.*/, ""), priority]);
    };
    if ((step.patch.reweighted ?? 0) > 0) return;
    const gone = [...removed, ...replaced.map(({ from }) => from)].map(keyOfId);
    const come = [...added, ...replaced.map(({ to }) => to)].map(keyOfId);
    // The priority of a rule may have changed since it was defined.
    const bare = (key: string) => JSON.stringify(JSON.parse(key).slice(0, 2));
    const left = before.map(bare);
    for (const key of gone) {
      const place = left.indexOf(bare(key));
      if (place === -1) this.#facts.untrue.push(`patch: it removes ${key}, which was not there`);
      else left.splice(place, 1);
    }
    this.#judge("patch", [...left, ...come.map(bare)].sort(), candidate.map(bare).sort());
  }

  #checkAudit(step: StepOf<"audit">, part: Extract<TruePart, { part: "audit" }>): void {
    const [before, after] = [part.before, part.after].map((rules) => this.#setOf(rules));
    const set = this.#rulesAt(step.index);
    this.#judge("phase", step.phase, part.phase);
    if (step.verdict === "unknown") return this.#judge("audited", set, before);
    this.#judge("audit", set, after);
    const isSame = JSON.stringify(part.before.map(({ id }) => id).sort()) ===
      JSON.stringify(part.after.map(({ id }) => id).sort());
    const isDone = step.actions.some(({ outcome }) => outcome === "applied");
    this.#judge("audit verdict", step.verdict, isSame ? isDone ? "reverted" : "none" : "kept");
    if (step.verdict !== "kept") this.#checkSetScores("audit scores", step.after, set);
  }

  #checkEnd(): void {
    const last = this.#trace.steps.at(-1)!;
    if (last.type !== "final") return;
    const returned = this.#event("end")?.returned ?? [];
    this.#judge("final rules", this.#rulesAt(last.index), this.#setOf(returned));
    const previous = this.#trace.steps.at(-2)!;
    if (previous.type !== "restore") return;
    this.#checkSetScores("restored scores", previous.after, this.#rulesAt(previous.index));
    const best = this.#event("refine_end")?.best;
    this.#judge("restored", this.#rulesAt(previous.index), best && this.#setOf(best));
  }
}
