/**
 * The life of one rule: where it came from, what it gained, what became of it.
 *
 * @module
 */
import type { Cluster } from "../learn/score/scoring.ts";
import { TraceError } from "./error.ts";
import { quote } from "../learn/text/quoting.ts";
import { changeStrengths, type Rule, withoutLabel } from "../learn/rules/rule.ts";
import type { KnownScores, Step, StepOf, Trace } from "./schema.ts";

/** What was decided on a change, and by which scores. */
export interface Decision {
  /** `kept` for a prune or restore, which are not put to a vote. */
  readonly verdict: StepOf<"iteration">["verdict"] | StepOf<"audit">["verdict"];
  /** Why a patch was accepted. */
  readonly clause?: "f1" | "precision";
  readonly before: KnownScores;
  readonly after: KnownScores;
  /**
   * `after.f1 - before.f1`, from -1 to 1: of the whole step, not of this rule alone. Missing where one of
   * them is not known.
   */
  readonly gain?: number;
}

/** A kind of failure that a rule was made for. */
export type Cause = Pick<Cluster, "expected" | "predicted" | "count">;

/** A rule's weight and statistics from a step on. */
export interface RuleWeights {
  readonly step: number;
  readonly weight?: number;
  readonly priority: number;
  readonly precision?: number;
  readonly support?: number;
}

/** One event in the life of a rule. `step` is the index of the step, `type` that step's type. */
export type RuleEvent =
  & { readonly step: number; readonly type: Step["type"]; readonly iteration?: number }
  & (
    /** The run began with it. */
    | { readonly kind: "started"; readonly scores: KnownScores }
    /** It entered with the first rules or a refit: `scores` are those of the set. */
    | { readonly kind: "synthesized" | "refitted"; readonly scores: KnownScores }
    /** It entered with an accepted patch, in the place of the rule `instead`, where there is one. */
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
    /** It was taken out by a patch, an audit or a refit. */
    | { readonly kind: "removed"; readonly reason?: string; readonly decision?: Decision }
    /** It was pruned: the rule `by` matches all it matched, or there were too many. */
    | {
      readonly kind: "pruned";
      readonly reason: "subsumed" | "budget";
      readonly by?: string;
      readonly decision: Decision;
    }
    /** A change to it was meant, but not made: rejected, reverted or skipped. */
    | {
      readonly kind: "spared";
      readonly change: "replace" | "remove" | "merge" | "tighten" | "change" | "create";
      readonly outcome: "rejected" | "reverted" | "skipped" | "unknown";
      readonly reason?: string;
      readonly decision: Decision;
    }
    /** It came or went before the step, and the log of an imported run does not tell how. */
    | { readonly kind: "unlogged"; readonly change: "came" | "went" }
    /** It came back, or went, as the set after the step `to` was taken up again. */
    | { readonly kind: "restored" | "undone"; readonly to: number; readonly decision: Decision }
  );

/** The story of one rule. */
export interface RuleStory {
  /** As first proposed. */
  readonly rule: Rule;
  /** In order. */
  readonly events: readonly RuleEvent[];
  /** Its weight and statistics while it was in the set: one entry for each change. */
  readonly weights: readonly RuleWeights[];
  /** Whether it is in the set after the last step. */
  readonly final: boolean;
}

/** The story of one rule, and of those it came from. */
export interface RuleLife extends RuleStory {
  /** The rules it was made from or took the place of, and theirs in turn; nearest first. */
  readonly ancestors: readonly RuleStory[];
}

/**
 * The life of one rule. The trace must hold (see `verifyTrace`).
 *
 * @param idOrName the rule's id, or its name where no other rule of the trace has it; a name may be as
 * shown: without the label that it begins with, or cut off with `…`
 * @throws {TraceError} where no rule is called so, or several are
 */
export function explainRule(trace: Trace, idOrName: string): RuleLife {
  const rule = findRule(trace, idOrName);
  const story = tell(trace, rule);
  const ancestors = new Map<string, RuleStory>([[rule.id, story]]);
  // A Map is walked in order of insertion, entries that are added on the way included.
  for (const [, { events }] of ancestors) {
    for (const id of events.flatMap(sourcesOf)) {
      const source = ancestors.has(id) ? undefined : trace.rules[id];
      if (source !== undefined) ancestors.set(id, tell(trace, source));
    }
  }
  ancestors.delete(rule.id);
  return { ...story, ancestors: [...ancestors.values()] };
}

function sourcesOf(event: RuleEvent): readonly string[] {
  if (event.kind === "created") return event.from;
  return event.kind === "added" && event.instead !== undefined ? [event.instead] : [];
}

function findRule(trace: Trace, idOrName: string): Rule {
  if (Object.hasOwn(trace.rules, idOrName)) return trace.rules[idOrName];
  const rules = Object.values(trace.rules);
  const named = findNamed(idOrName, rules);
  if (named.length === 1) return named[0];
  if (named.length > 1) {
    const ids = listSome(named.map((rule) => rule.id));
    throw new TraceError(
      `${named.length} rules are named ${quote(idOrName)}: ask for one of ${ids}`,
    );
  }
  const near = findNear(idOrName, rules);
  const advice = near.length === 0
    ? ""
    : `; near it are ${listSome(near.map((name) => quote(name)))}`;
  throw new TraceError(`No rule of the trace has the id or name ${quote(idOrName)}${advice}`);
}

/** Rules of the name; else those that are shown by it: under their label, or cut off. */
function findNamed(asked: string, rules: readonly Rule[]): Rule[] {
  const named = rules.filter(({ name }) => name === asked);
  if (named.length > 0) return named;
  const short = rules.filter((rule) => withoutLabel(rule) === asked);
  const [, start] = /^(.+)…$/su.exec(asked) ?? [];
  if (short.length > 0 || start === undefined) return short;
  return rules.filter((rule) =>
    rule.name.startsWith(start) || withoutLabel(rule).startsWith(start)
  );
}

function listSome(items: readonly string[]): string {
  const more = items.length > 5 ? ` and ${items.length - 5} more` : "";
  return items.slice(0, 5).join(", ") + more;
}

/** Names that hold what was asked for or are held in it, and ids that begin with it. */
function findNear(asked: string, rules: readonly Rule[]): string[] {
  const wanted = asked.toLowerCase();
  if (wanted.length < 2) return [];
  const names = rules.flatMap(({ id, name }) => {
    const known = name.toLowerCase();
    if (known.includes(wanted) || (known.length > 2 && wanted.includes(known))) return [name];
    return id.startsWith(wanted) ? [id] : [];
  });
  return [...new Set(names)];
}

/** What one step says of one rule, from what was true of it before. */
interface Chapter {
  readonly events: readonly RuleEvent[];
  /** The rule as it is after the step; `undefined` while it is not in the set. */
  readonly state: Rule | undefined;
}

function tell(trace: Trace, rule: Rule): RuleStory {
  const events: RuleEvent[] = [];
  const weights: RuleWeights[] = [];
  const states: (Rule | undefined)[] = [];
  let state: Rule | undefined;
  for (const step of trace.steps) {
    const found = tellUnlogged(step, rule);
    if (found !== undefined) {
      events.push(found);
      state = found.change === "came" ? rule : undefined;
    }
    const chapter = tellStep(step, rule, state, states);
    events.push(...chapter.events);
    state = chapter.state;
    states.push(state);
    if (state !== undefined) noteWeights(weights, state, step.index);
  }
  return { rule, events, weights, final: state !== undefined };
}

function tellUnlogged(
  step: Step,
  { id }: Rule,
): Extract<RuleEvent, { kind: "unlogged" }> | undefined {
  if (!("unlogged" in step) || step.unlogged === undefined) return undefined;
  const { added, removed } = step.unlogged;
  const change = added.includes(id) ? "came" : removed.includes(id) ? "went" : undefined;
  const iteration = step.type === "iteration" ? { iteration: step.iteration } : {};
  return change && { step: step.index, type: step.type, ...iteration, kind: "unlogged", change };
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

function tellStep(
  step: Step,
  rule: Rule,
  state: Rule | undefined,
  states: readonly (Rule | undefined)[],
): Chapter {
  const { id } = rule;
  const at = { step: step.index, type: step.type };
  switch (step.type) {
    case "synthesis": {
      const { scores } = step;
      if (step.start?.includes(id)) {
        return entered(step, rule, { ...at, kind: "started", scores });
      }
      if (!step.added.includes(id)) break;
      return entered(step, rule, { ...at, kind: "synthesized", scores });
    }
    case "iteration":
      return tellIteration(step, rule, state);
    case "audit":
      return tellAudit(step, rule, state);
    case "restore": {
      const { to } = step;
      const restored = states[to];
      const decision = decide(step, "kept");
      if ((restored === undefined) === (state === undefined)) {
        return { events: [], state: restored };
      }
      const kind = restored === undefined ? "undone" : "restored";
      return { events: [{ ...at, kind, to, decision }], state: restored };
    }
    case "prune": {
      const dropped = step.dropped.find((one) => one.rule === id);
      if (dropped === undefined) break;
      const { reason, by } = dropped;
      const decision = decide(step, "kept");
      const event = { ...at, kind: "pruned", reason, ...(by && { by }), decision } as const;
      return { events: [event], state: undefined };
    }
    case "refit": {
      const { scores } = step;
      if (step.added.includes(id)) return entered(step, rule, { ...at, kind: "refitted", scores });
      if (!step.removed.includes(id)) break;
      return { events: [{ ...at, kind: "removed" }], state: undefined };
    }
    case "critique":
    case "final":
    case "failure":
      break;
  }
  return { events: [], state: reweigh(step, state) };
}

function tellIteration(step: StepOf<"iteration">, rule: Rule, state: Rule | undefined): Chapter {
  const { id } = rule;
  const { patch, verdict, failures, iteration } = step;
  const at = { step: step.index, type: step.type, iteration };
  const decision = decide(step, verdict, step.clause);
  const accepted = verdict === "accepted";
  const events: RuleEvent[] = [];
  let after = state;
  const leaves = patch.removed.includes(id);
  const by = patch.replaced.find(({ from }) => from === id)?.to;
  const instead = patch.replaced.find(({ to }) => to === id)?.from;
  if (leaves || by !== undefined) {
    after = undefined;
    if (!accepted) {
      const change = leaves ? "remove" : "replace";
      const outcome = verdict === "unknown" ? "unknown" : "rejected";
      events.push({ ...at, kind: "spared", change, outcome, decision });
    } else if (by !== undefined) events.push({ ...at, kind: "replaced", by, decision });
    else events.push({ ...at, kind: "removed", decision });
  }
  if (instead !== undefined || patch.added.includes(id)) {
    after = rule;
    const causes = failures.clusters
      .filter(({ rules }) => rules.includes(id))
      .map(({ expected, predicted, count }) => ({ expected, predicted, count }));
    const kind = accepted ? "added" : "rejected";
    events.push({ ...at, kind, ...(instead && { instead }), causes, decision });
  }
  return { events, state: accepted ? reweigh(step, after) : state };
}

function tellAudit(step: StepOf<"audit">, rule: Rule, state: Rule | undefined): Chapter {
  const { id } = rule;
  const at = { step: step.index, type: step.type };
  const decision = decide(step, step.verdict);
  const events: RuleEvent[] = [];
  let after = state;
  for (const { kind, from, to, outcome, reason } of step.actions) {
    const isSource = from.includes(id);
    if (!isSource && to !== id) continue;
    if (outcome === "skipped" || step.verdict !== "kept") {
      const change = isSource ? kind : "create";
      const undone = step.verdict === "unknown" ? "unknown" : "reverted";
      const why = outcome === "skipped" ? "skipped" : undone;
      events.push({ ...at, kind: "spared", change, outcome: why, reason, decision });
      continue;
    }
    if (isSource && to !== id) {
      after = undefined;
      const ends = kind === "merge" ? "merged" : "tightened";
      if (to === undefined) events.push({ ...at, kind: "removed", reason, decision });
      else events.push({ ...at, kind: ends, into: to, reason, decision });
    }
    if (to === id && kind !== "remove" && kind !== "change") {
      after = rule;
      const others = from.filter((source) => source !== id);
      events.push({ ...at, kind: "created", action: kind, from: others, reason, decision });
    }
  }
  return { events, state: step.verdict === "kept" ? reweigh(step, after) : state };
}

function entered(step: Step, rule: Rule, event: RuleEvent): Chapter {
  return { events: [event], state: reweigh(step, rule) };
}

function reweigh(step: Step, state: Rule | undefined): Rule | undefined {
  if (state === undefined || !("reweighted" in step)) return state;
  let weighed = state;
  for (const { rule, ...changes } of step.reweighted ?? []) {
    if (rule === state.id) weighed = changeStrengths(weighed, changes);
  }
  return weighed;
}

function decide(
  { before, after }: { readonly before: KnownScores; readonly after: KnownScores },
  verdict: Decision["verdict"],
  clause?: Decision["clause"],
): Decision {
  const isKnown = before.f1 !== undefined && after.f1 !== undefined;
  const gain = isKnown ? { gain: after.f1 - before.f1 } : {};
  return { verdict, ...(clause && { clause }), before, after, ...gain };
}
