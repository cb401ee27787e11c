/**
 * Replays the steps of a trace and records the life of each rule: when and why it entered and left the set,
 * and with which weights.
 *
 * @module
 */
import type { Rule } from "../learn/rules/rule.ts";
import type { Cluster } from "../learn/score/scoring.ts";
import { Fold } from "./fold.ts";
import type { KnownScores, Step, StepOf, Trace } from "./schema.ts";

/** The decision on a change, with the scores that it is based on. */
export interface Decision {
  /** `kept` for a prune or a restore, which are not put to a vote. */
  readonly verdict: StepOf<"iteration">["verdict"] | StepOf<"audit">["verdict"];
  /** Why a patch was accepted. */
  readonly clause?: "f1" | "precision";
  /** Whether the run was told the verdict, against what the scores say. */
  readonly forced?: true;
  /** Scores of the rules before the step. */
  readonly before: KnownScores;
  /** Scores with the step's changes. */
  readonly after: KnownScores;
  /**
   * `after.f1 - before.f1`, from -1 to 1: of the whole step, not of this rule alone. Missing if one of
   * them is unknown.
   */
  readonly gain?: number;
}

/** A cluster of failures that a rule was made for. */
export type Cause = Pick<Cluster, "expected" | "predicted" | "count">;

/** Weight and statistics of a rule from a step on. */
export interface RuleWeights {
  /** Index of the step. */
  readonly step: number;
  /** Its vote in log-odds. */
  readonly weight?: number;
  /** Its place in a decision list, higher first. */
  readonly priority: number;
  /** Its precision on the examples it was learned from, 0 to 1. */
  readonly precision?: number;
  /** How many of these examples it matched. */
  readonly support?: number;
}

/** A change to a rule, or one that was proposed and not made. */
export type RuleChange =
  /** The run began with it. */
  | { readonly kind: "started"; readonly scores: KnownScores }
  /** It entered with the first rules or a refit: `scores` are those of the set. */
  | { readonly kind: "synthesized" | "refitted"; readonly scores: KnownScores }
  /** It entered with an accepted patch, in place of the rule `instead` if there is one. */
  | {
    readonly kind: "added";
    readonly instead?: string;
    readonly causes: readonly Cause[];
    readonly decision: Decision;
  }
  /** A patch proposed it and was not accepted. */
  | {
    readonly kind: "rejected";
    readonly instead?: string;
    readonly causes: readonly Cause[];
    readonly decision: Decision;
  }
  /** An audit made it out of the rules `from`. */
  | {
    readonly kind: "created";
    readonly action: "merge" | "tighten";
    readonly from: readonly string[];
    readonly reason: string;
    readonly decision: Decision;
  }
  /** An accepted patch put the rule `by` in its place. */
  | { readonly kind: "replaced"; readonly by: string; readonly decision: Decision }
  /** An audit made it into the rule `into`. */
  | {
    readonly kind: "merged" | "tightened";
    readonly into: string;
    readonly reason: string;
    readonly decision: Decision;
  }
  /** A patch, an audit or a refit removed it. */
  | { readonly kind: "removed"; readonly reason?: string; readonly decision?: Decision }
  /** It was pruned: the rule `by` matches all it matched, or there were too many rules. */
  | {
    readonly kind: "pruned";
    readonly reason: "subsumed" | "budget";
    readonly by?: string;
    readonly decision: Decision;
  }
  /** A change to it was proposed, but rejected, reverted or skipped. */
  | {
    readonly kind: "spared";
    readonly change: "replace" | "remove" | "merge" | "tighten" | "change" | "create";
    readonly outcome: "rejected" | "reverted" | "skipped" | "unknown";
    readonly reason?: string;
    readonly decision: Decision;
  }
  /** It came or went before the step, and the log of an imported run does not say how. */
  | { readonly kind: "unlogged"; readonly change: "came" | "went" }
  /** It came back, as the set after the step `to` was restored. */
  | { readonly kind: "restored"; readonly to: number; readonly decision: Decision }
  /** It went, as the set after the step `to` was restored. */
  | { readonly kind: "undone"; readonly to: number; readonly decision: Decision };

/** One event in the life of a rule. `step` is the index of the step, `type` that step's type. */
export type RuleEvent =
  & { readonly step: number; readonly type: Step["type"]; readonly iteration?: number }
  & RuleChange;

/** The story of one rule. */
export interface RuleStory {
  /** As first proposed. */
  readonly rule: Rule;
  /** In order. */
  readonly events: readonly RuleEvent[];
  /** Its weight and statistics while it was in the set: one item for each change. */
  readonly weights: readonly RuleWeights[];
  /** Whether it is in the set after the last step. */
  readonly final: boolean;
}

/**
 * Returns the story of each rule that a step mentions, by id, in the order of first mention.
 *
 * @param only ids of rules whose stories are wanted; by default, those of all
 * @throws {TraceError} if a step does not fit the set that the steps before it left
 */
export function replayRules(
  { rules, steps }: Pick<Trace, "rules" | "steps">,
  only?: ReadonlySet<string>,
): ReadonlyMap<string, RuleStory> {
  const definitions = new Map(Object.entries(rules));
  const fold = new Fold(definitions);
  const stories = new Map<string, { rule: Rule; events: RuleEvent[]; weights: RuleWeights[] }>();
  for (const step of steps) {
    fold.apply(step);
    const changed = new Set<string>();
    const iteration = step.type === "iteration" ? { iteration: step.iteration } : {};
    for (
      const [id, change] of step.type === "restore" ? readRestore(step, fold) : readChanges(step)
    ) {
      const rule = definitions.get(id);
      // A skipped action of an audit may be about anything.
      if (rule === undefined || only?.has(id) === false) continue;
      const story = stories.get(id) ?? { rule, events: [], weights: [] };
      stories.set(id, story);
      story.events.push({ step: step.index, type: step.type, ...iteration, ...change });
      changed.add(id);
    }
    if (step.type === "restore") {
      for (const [, after] of fold.changes()) if (after !== undefined) changed.add(after.id);
    } else if ("reweighted" in step) {
      for (const { rule } of step.reweighted ?? []) changed.add(rule);
    }
    for (const id of changed) {
      const [story, rule] = [stories.get(id), fold.get(id)];
      if (story !== undefined && rule !== undefined) noteWeights(story.weights, rule, step.index);
    }
  }
  return new Map(
    [...stories].map(([id, story]) => [id, { ...story, final: fold.get(id) !== undefined }]),
  );
}

/**
 * Returns the ids of the rules that a rule was made of or replaced, of those that these were, and so on; the
 * nearest first.
 */
export function findAncestors({ steps }: Pick<Trace, "steps">, id: string): string[] {
  const sources = new Map<string, string[]>();
  for (const step of steps) {
    // A restore makes no rule.
    if (step.type === "restore") continue;
    for (const [made, change] of readChanges(step)) {
      const from = sourcesOf(change);
      if (from.length === 0) continue;
      const known = sources.get(made);
      if (known === undefined) sources.set(made, [...from]);
      else for (const one of from) known.push(one);
    }
  }
  const found = new Set([id]);
  // A Set is walked in order of insertion, with the entries that are added on the way.
  for (const one of found) {
    for (const source of sources.get(one) ?? []) found.add(source);
  }
  found.delete(id);
  return [...found];
}

/** Lists the rules that a rule was made of, or replaced, according to a change. */
export function sourcesOf(change: RuleChange): readonly string[] {
  if (change.kind === "created") return change.from;
  return change.kind === "added" && change.instead !== undefined ? [change.instead] : [];
}

function noteWeights(weights: RuleWeights[], rule: Rule, step: number): void {
  const { weight, priority, precision, support } = rule;
  const last = weights.at(-1);
  if (
    last !== undefined && last.weight === weight && last.priority === priority &&
    last.precision === precision && last.support === support
  ) return;
  weights.push({
    step,
    priority,
    ...(weight !== undefined && { weight }),
    ...(precision !== undefined && { precision }),
    ...(support !== undefined && { support }),
  });
}

type Changes = Generator<readonly [id: string, change: RuleChange]>;

/** Yields the changes of a step that is not a restore, rules that leave before those that enter. */
function* readChanges(step: Step): Changes {
  if ("unlogged" in step) {
    for (const id of step.unlogged?.removed ?? []) yield [id, { kind: "unlogged", change: "went" }];
    for (const id of step.unlogged?.added ?? []) yield [id, { kind: "unlogged", change: "came" }];
  }
  switch (step.type) {
    case "synthesis": {
      const { start = [], added, scores } = step;
      for (const id of start) yield [id, { kind: "started", scores }];
      for (const id of added) yield [id, { kind: "synthesized", scores }];
      return;
    }
    case "iteration":
      return yield* readPatch(step);
    case "audit":
      return yield* readAudit(step);
    case "prune": {
      const decision = decide(step, "kept");
      for (const { rule, reason, by } of step.dropped) {
        yield [rule, { kind: "pruned", reason, ...(by && { by }), decision }];
      }
      return;
    }
    case "refit": {
      const { removed, added, scores } = step;
      for (const id of removed) yield [id, { kind: "removed" }];
      for (const id of added) yield [id, { kind: "refitted", scores }];
      return;
    }
    case "restore":
    case "critique":
    case "final":
    case "failure":
  }
}

/** Yields the changes of a restore that was just folded, rules that leave before those that enter. */
function* readRestore(step: StepOf<"restore">, fold: Fold): Changes {
  const decision = decide(step, "kept");
  const { to } = step;
  for (const [before, after] of fold.changes()) {
    if (before !== undefined && after === undefined) {
      yield [before.id, { kind: "undone", to, decision }];
    }
  }
  for (const [before, after] of fold.changes()) {
    if (before === undefined && after !== undefined) {
      yield [after.id, { kind: "restored", to, decision }];
    }
  }
}

function* readPatch(step: StepOf<"iteration">): Changes {
  const { patch: { removed, replaced, added }, verdict, failures } = step;
  const decision = decide(step, verdict);
  const isAccepted = verdict === "accepted";
  const outcome = verdict === "unknown" ? "unknown" : "rejected";
  const spare = (change: "remove" | "replace") =>
    ({ kind: "spared", change, outcome, decision }) as const;
  for (const id of removed) {
    yield [id, isAccepted ? { kind: "removed", decision } : spare("remove")];
  }
  for (const { from, to: by } of replaced) {
    yield [from, isAccepted ? { kind: "replaced", by, decision } : spare("replace")];
  }
  const causes = new Map<string, Cause[]>();
  for (const { rules, expected, predicted, count } of failures.clusters) {
    const cause = { expected, predicted, count };
    for (const id of rules) {
      const known = causes.get(id);
      if (known === undefined) causes.set(id, [cause]);
      else known.push(cause);
    }
  }
  const kind = isAccepted ? "added" : "rejected";
  for (const { from: instead, to } of replaced) {
    yield [to, { kind, instead, causes: causes.get(to) ?? [], decision }];
  }
  for (const id of added) yield [id, { kind, causes: causes.get(id) ?? [], decision }];
}

function* readAudit(step: StepOf<"audit">): Changes {
  const { actions, verdict } = step;
  const decision = decide(step, verdict);
  for (const { kind, from, to, outcome: actionOutcome, reason } of actions) {
    const sources = new Set(from);
    if (actionOutcome === "skipped" || verdict !== "kept" || kind === "change") {
      const undone = verdict === "unknown" ? "unknown" : "reverted";
      const outcome = actionOutcome === "skipped" ? "skipped" : undone;
      for (const id of sources) {
        yield [id, { kind: "spared", change: kind, outcome, reason, decision }];
      }
      if (to !== undefined && !sources.has(to)) {
        yield [to, { kind: "spared", change: "create", outcome, reason, decision }];
      }
      continue;
    }
    if (to === undefined || kind === "remove") {
      for (const id of sources) yield [id, { kind: "removed", reason, decision }];
      continue;
    }
    // A rule may be merged into itself: it stays.
    const others = from.filter((source) => source !== to);
    const ending = kind === "merge" ? "merged" : "tightened";
    for (const id of new Set(others)) yield [id, { kind: ending, into: to, reason, decision }];
    yield [to, { kind: "created", action: kind, from: others, reason, decision }];
  }
}

function decide(
  { before, after, clause, forced }: Omit<Decision, "verdict">,
  verdict: Decision["verdict"],
): Decision {
  const isKnown = before.f1 !== undefined && after.f1 !== undefined;
  const gain = isKnown ? { gain: after.f1 - before.f1 } : {};
  const why = { ...(clause && { clause }), ...(forced && { forced }) };
  return { verdict, ...why, before, after, ...gain };
}
