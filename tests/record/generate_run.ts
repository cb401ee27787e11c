/**
 * Random but valid runs, for tests: the reports of a learner, and the rule set after each step as
 * a plain list, kept up without the code under test.
 *
 * @module
 */
import { createRandom } from "../../learn/score/random.ts";
import type { AuditAction } from "../../learn/coordinator.ts";
import { createRule, type Reweight, type Rule } from "../../learn/rules/rule.ts";
import type { Scores, Split } from "../../learn/score/scoring.ts";
import type { Run, Sinks, StepReport } from "../../trace.ts";

/** A run as a learner reports it. */
export interface Script {
  readonly run: Run;
  readonly reports: readonly StepReport[];
  /** The rule set after each step; empty with the option `sets: false`. */
  readonly sets: readonly (readonly Rule[])[];
}

/** Options of a generated run. */
export interface ScriptOptions {
  readonly iterations?: number;
  /** Rules of the first set. */
  readonly rules?: number;
  readonly sets?: boolean;
  /** Share of patches that propose rules; the others only reweight. */
  readonly growth?: number;
  readonly id?: string;
}

export { createRandom };

/** Scores that add up. */
export function createScores(on: Split, tp: number, fp: number, fn: number): Scores {
  const ratio = (part: number, whole: number) => whole === 0 ? 0 : part / whole;
  const examples = tp + fn;
  const f1 = ratio(2 * tp, 2 * tp + fp + fn);
  return {
    on,
    examples,
    tp,
    fp,
    fn,
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1,
    macroF1: f1 / 2,
    exact: ratio(tp, examples),
  };
}

const LABELS = ["__proto__", "card", "constructor", "日本語"];

/** Generates a run from a seed: on labels if it is odd, on spans if it is even. */
export function generateScript(seed: number, options: ScriptOptions = {}): Script {
  const random = createRandom(seed);
  const { rules: first = 3, sets: keepSets = true, growth = 1 } = options;
  const { iterations = 1 + Math.floor(random() * 6) } = options;
  const below = (limit: number) => Math.floor(random() * limit);
  const chance = (share: number) => random() < share;
  const held = chance(0.7) ? 12 : 0;
  const findsSpans = seed % 2 === 0;
  const sizes = { train: 40 - held, dev: held, all: 40, test: 25 };
  const decisionSplit = held > 0 ? "dev" : "train";
  const randomScores = (on: Split) => {
    const tp = below(sizes[on]);
    const fn = sizes[on] - tp;
    return createScores(on, tp, below(fn + 1), fn);
  };

  const reports: StepReport[] = [];
  const sets: (readonly Rule[])[] = [];
  const scoresAfter: Scores[] = [];
  const known = new Map<string, Rule>();
  let set: readonly Rule[] = [];
  let scores = randomScores(decisionSplit);
  let words = 0;

  const propose = (count: number): Rule[] =>
    Array.from({ length: count }, () =>
      createRule({
        name: `rule ${words % 7}`,
        label: LABELS[below(LABELS.length)],
        ...(findsSpans
          ? { patterns: [String.raw`\bin (word${words++})\b`], group: 1 }
          : { patterns: [String.raw`\bword${words++}\b`] }),
        priority: below(5),
        weight: random(),
      }));
  /** New rules, and now and then one that was proposed before and is not in use. */
  const proposeAny = (count: number, taken: readonly Rule[]): Rule[] => {
    const fresh = propose(count);
    if (!chance(0.2)) return fresh;
    const free = without([...known.values()], taken);
    return free.length === 0 ? fresh : [...fresh, free[below(free.length)]];
  };
  const pick = (from: readonly Rule[], count: number): Rule[] => {
    const chosen = new Set<Rule>();
    for (let n = 0; n < count && from.length > 0; n++) chosen.add(from[below(from.length)]);
    return [...chosen];
  };
  const reweigh = (rules: readonly Rule[]): Reweight[] =>
    pick(rules, below(4)).map(({ id }) => ({
      rule: id,
      ...(chance(0.8) && { weight: random() }),
      ...(chance(0.3) && { priority: below(9) }),
      ...(chance(0.3) && { precision: random(), support: below(40) }),
    }));
  const weighed = (rules: readonly Rule[], changes: readonly Reweight[]): Rule[] => {
    const fields = new Map(changes.map(({ rule, ...fields }) => [rule, fields]));
    return rules.map((rule) => fields.has(rule.id) ? { ...rule, ...fields.get(rule.id) } : rule);
  };
  const without = (rules: readonly Rule[], gone: readonly Rule[]): Rule[] => {
    const ids = new Set(gone.map(({ id }) => id));
    return rules.filter(({ id }) => !ids.has(id));
  };
  const report = (step: StepReport["step"], proposed: readonly Rule[] = []) => {
    // A definition that was reported before may come once more.
    const rules = proposed.filter(({ id }) => !known.has(id) || chance(0.5));
    for (const rule of proposed) if (!known.has(rule.id)) known.set(rule.id, rule);
    reports.push({ step, rules });
    if (keepSets) sets.push(set);
    scoresAfter.push(scores);
  };

  const start = chance(0.3) ? propose(2) : [];
  const added = propose(first);
  const refused = {
    name: "too_wide",
    code: "catch-all",
    detail: "matches the empty text",
  } as const;
  const reweighted = reweigh([...start, ...added]);
  set = weighed([...start, ...added], reweighted);
  report({
    type: "synthesis",
    ...(start.length > 0 && { start: start.map(({ id }) => id) }),
    proposed: added.length + 1,
    added: added.map(({ id }) => id),
    refused: [refused],
    scores,
    reweighted,
  }, [...start, ...added]);

  for (let iteration = 1; iteration <= iterations; iteration++) {
    if (chance(0.2)) critique();
    iterate(iteration);
    if (chance(0.3)) audit("refine");
  }
  if (chance(0.4)) restore();
  if (chance(0.6)) audit("final");
  if (chance(0.6)) prune();
  if (chance(0.4)) refit();
  report({
    type: "final",
    rules: set.map(({ id }) => id),
    scores: { [scores.on]: scores, ...(chance(0.5) && { test: randomScores("test") }) },
    stop: "max-iterations",
  });

  function critique(): void {
    const advice = [{ text: "say more", rule: set[0]?.id ?? "none" }];
    report({ type: "critique", analysis: "it abstains too often", advice });
  }

  function iterate(iteration: number): void {
    const before = scores;
    const verdicts = ["rejected", "empty", "failed"] as ("rejected" | "empty" | "failed")[];
    const better = before.fn > 0 && chance(0.6);
    const verdict = better ? "accepted" : verdicts[below(3)];
    const changes = verdict === "accepted" || verdict === "rejected";
    const grows = changes && chance(growth);
    const gone = grows ? pick(set, below(2)) : [];
    const rest = without(set, gone);
    const from = grows ? pick(rest, below(3)) : [];
    const to = propose(from.length);
    const added = grows ? proposeAny(1 + below(3), set) : [];
    let candidate = rest.map((rule) => to[from.indexOf(rule)] ?? rule);
    // Back with the weight it was first proposed with.
    candidate = [...candidate, ...added.map((rule) => known.get(rule.id) ?? rule)];
    const reweighted = !changes
      ? []
      : grows
      ? reweigh(candidate)
      : candidate.slice(0, 1).map(({ id }) => ({ rule: id, weight: random() }));
    candidate = weighed(candidate, reweighted);
    const byPrecision = verdict === "accepted" && before.tp > 0 && before.fp > 0 && chance(0.3);
    const { on, tp, fp, fn } = before;
    const after = verdict === "rejected"
      ? randomScores(on)
      : verdict !== "accepted"
      ? before
      : byPrecision
      ? createScores(on, tp, fp - 1, fn)
      : createScores(on, tp + 1, Math.min(fp, fn - 1), fn - 1);
    if (verdict === "accepted") {
      set = candidate;
      scores = after;
    }
    report({
      type: "iteration",
      iteration,
      failures: {
        count: 5,
        clusters: [{
          ...(chance(0.5)
            ? { expected: LABELS[0], predicted: null }
            : { expected: findsSpans ? null : LABELS[0], predicted: LABELS[1] }),
          count: 3,
          examples: ["train-1", "train-2"],
          rules: added.map(({ id }) => id),
        }],
      },
      patch: {
        added: added.map(({ id }) => id),
        replaced: from.map(({ id }, place) => ({ from: id, to: to[place].id })),
        removed: gone.map(({ id }) => id),
        refused: chance(0.2) ? [refused] : [],
      },
      verdict,
      ...(verdict === "accepted" && { clause: byPrecision ? "precision" : "f1" }),
      ...(verdict === "failed" && { error: { name: "Error", message: "no answer" } }),
      before,
      after,
      best: verdict === "accepted",
      ...(reweighted.length > 0 && { reweighted }),
    }, [...to, ...added]);
  }

  function audit(phase: "refine" | "final"): void {
    const before = scores;
    const verdict = (["kept", "reverted", "none"] as const)[set.length < 4 ? 2 : below(3)];
    const skipped: AuditAction = {
      kind: "merge",
      from: ["no such rule"],
      outcome: "skipped",
      reason: "unknown-rule: it names no rule",
    };
    if (verdict === "none") {
      report({ type: "audit", phase, actions: [skipped], verdict, before, after: before });
      return;
    }
    const [merged, removed] = [set.slice(0, 2), set.slice(2, 3)];
    const [to] = propose(1);
    let candidate: Rule[] = [...without(set, [...merged, ...removed]), to];
    const reweighted = reweigh(candidate);
    candidate = weighed(candidate, reweighted);
    const after = randomScores(before.on);
    if (verdict === "kept") {
      set = candidate;
      scores = after;
    }
    report({
      type: "audit",
      phase,
      actions: [
        skipped,
        {
          kind: "merge",
          from: merged.map(({ id }) => id),
          to: to.id,
          outcome: "applied",
          reason: "alike",
        },
        {
          kind: "remove",
          from: removed.map(({ id }) => id),
          outcome: "applied",
          reason: "no-hit: 0",
        },
      ],
      verdict,
      before,
      after,
      reweighted,
    }, [to]);
  }

  function restore(): void {
    const to = below(reports.length);
    if (!keepSets) return;
    const before = scores;
    scores = scoresAfter[to];
    set = sets[to];
    report({ type: "restore", to, before, after: scores });
  }

  function prune(): void {
    const before = scores;
    const dropped = set.length > 2 ? pick(set.slice(1), 2) : [];
    set = without(set, dropped);
    scores = randomScores(before.on);
    report({
      type: "prune",
      dropped: dropped.map(({ id }, place) =>
        place === 0
          ? { rule: id, reason: "subsumed", by: set[0].id }
          : { rule: id, reason: "budget" }
      ),
      before,
      after: scores,
    });
  }

  function refit(): void {
    const gone = pick(set, 2);
    const added = propose(2);
    const rest = [...without(set, gone), ...added];
    const reweighted = reweigh(rest);
    set = weighed(rest, reweighted);
    scores = randomScores("all");
    report({
      type: "refit",
      proposed: 2,
      added: added.map(({ id }) => id),
      removed: gone.map(({ id }) => id),
      refused: [],
      scores,
      reweighted,
    }, added);
  }

  const run: Run = {
    id: options.id ?? `run-${seed}`,
    status: "running",
    dataset: {
      name: "words",
      task: findsSpans ? "ner" : "classification",
      labels: LABELS,
      examples: 40,
      digest: `sha256:${"0".repeat(64)}`,
    },
    split: {
      seed: 1,
      holdout: held === 0 ? 0 : 0.3,
      train: 40 - held,
      dev: Array.from({ length: held }, (_, place) => `dev-${place}`),
    },
    learner: { synthesizer: "script", coordinator: "script" },
    config: { decide: "vote", threshold: 0, nested: { list: [1, null, "x"] } },
    software: { ruletrace: "0.1.0", runtime: "test" },
    startedAt: "2026-01-02T03:04:05.000Z",
  };
  return { run, reports, sets };
}

/** The options of a {@linkcode scriptedLearner}. */
export interface LearnerOptions extends Sinks {
  readonly signal?: AbortSignal;
}

/** The data of a {@linkcode scriptedLearner}: only the texts of the examples are used. */
export interface LearnerInput {
  readonly examples: readonly { readonly id?: string; readonly text: string }[];
}

/** The result of a {@linkcode scriptedLearner}. */
export interface LearnerResult {
  readonly rules: readonly Rule[];
}

/** A learner that reports a script, and yields to other tasks after each step. */
export function scriptedLearner(
  script: Script,
): (dataset: LearnerInput, options?: LearnerOptions) => Promise<LearnerResult> {
  return async (_dataset, options) => {
    options?.onStart?.(script.run);
    for (const report of script.reports) {
      await Promise.resolve();
      options?.signal?.throwIfAborted();
      options?.onStep?.(report);
    }
    return { rules: script.sets.at(-1) ?? [] };
  };
}

/** A clock that goes on by `stride` milliseconds at each look. */
export function createClock(start = "2026-01-02T03:04:06.000Z", stride = 250): () => Date {
  let time = Date.parse(start);
  return () => new Date(time += stride);
}
