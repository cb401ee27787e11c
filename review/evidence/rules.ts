/**
 * Judges the rules that a run proposed, by what became of them and by the examples that it held out.
 *
 * @module
 */
import { countMatches } from "../../learn/llm/failures.ts";
import type { Refusal, Rule } from "../../learn/rules/rule.ts";
import { createMatches } from "../../learn/score/matches.ts";
import { scoreRules } from "../../learn/score/scoring.ts";
import { replayRules, type RuleEvent, type RuleStory } from "../../record/replay.ts";
import { lastRules } from "../../record/fold.ts";
import { decisionOfTrace } from "../../record/rule_set.ts";
import type { Step, Trace } from "../../trace.ts";
import type { EvidenceCounts, EvidenceSource, Judgement, JudgementReason } from "./format.ts";

/** A verdict on a proposal, with its reason. */
export type Verdict = readonly [Judgement, JudgementReason];

/** A rule as a step proposed it, judged. */
export interface JudgedRule {
  readonly step: Step;
  readonly rule: Rule;
  readonly verdict: Verdict;
  readonly dev?: EvidenceCounts;
}

/** A proposal that could not become a rule. */
export interface JudgedRefusal {
  readonly step: Step;
  readonly refusal: Refusal;
}

/** What the held-out examples say of rules. */
interface HeldOut {
  readonly counts: ReadonlyMap<string, EvidenceCounts>;
  /** Rules of the set at the end without which F1 on the held-out examples is higher. */
  readonly harmful: ReadonlySet<string>;
}

/** Events by which a proposal comes into the record. What a run began with is not a proposal of it. */
const PROPOSING: readonly RuleEvent["kind"][] = [
  "synthesized",
  "refitted",
  "added",
  "rejected",
  "created",
];

/** Judges each proposal of a rule: a rule that was proposed in two steps is judged twice. */
export function judgeRules(source: EvidenceSource): JudgedRule[] {
  const { trace } = source;
  const heldOut = testHeldOut(source);
  const isCompleted = trace.run.status === "completed";
  return [...replayRules(trace).values()].flatMap((story) =>
    splitStory(story).map(({ proposed, then }): JudgedRule => {
      const { rule } = story;
      const dev = heldOut?.counts.get(rule.id);
      const verdict = judgeProposal(proposed, then, isCompleted, rule.id, heldOut);
      return { step: trace.steps[proposed.step], rule, verdict, ...(dev && { dev }) };
    })
  );
}

/** Lists the proposals that could not become rules. References to rules that are not there are none. */
export function listRefused({ steps }: Trace): JudgedRefusal[] {
  return steps.flatMap((step) => {
    const refused = step.type === "iteration"
      ? step.patch.refused
      : step.type === "synthesis" || step.type === "refit"
      ? step.refused
      : [];
    return refused.filter(({ code }) => code !== "unknown-rule")
      .map((refusal) => ({ step, refusal }));
  });
}

/** Cuts the story of a rule where it is proposed anew. */
function splitStory({ events }: RuleStory): { proposed: RuleEvent; then: RuleEvent[] }[] {
  const parts: { proposed: RuleEvent; then: RuleEvent[] }[] = [];
  for (const event of events) {
    if (isProposal(event)) parts.push({ proposed: event, then: [] });
    else parts.at(-1)?.then.push(event);
  }
  return parts;
}

function isProposal(event: RuleEvent): boolean {
  return PROPOSING.includes(event.kind) ||
    event.kind === "spared" && event.change === "create" ||
    event.kind === "unlogged" && event.change === "came";
}

function judgeProposal(
  proposed: RuleEvent,
  then: readonly RuleEvent[],
  isCompleted: boolean,
  id: string,
  heldOut: HeldOut | undefined,
): Verdict {
  const undone = judgeUndone(proposed);
  if (undone !== undefined) return undone;
  if (!isCompleted) return ["needs_human_review", "run-not-completed"];
  const moves = then.filter(({ kind }) => kind !== "spared");
  if ([proposed, ...moves].some(({ kind }) => kind === "unlogged")) {
    return ["needs_human_review", "unlogged"];
  }
  const last = moves.at(-1);
  const { tp, fp } = heldOut?.counts.get(id) ?? { tp: 0, fp: 0 };
  if (last === undefined || last.kind === "restored") {
    if ("decision" in proposed && proposed.decision?.forced) return ["needs_human_review", "told"];
    if (heldOut === undefined) return ["partially_accepted", "not-held-out"];
    if (fp > tp) return ["needs_human_review", "wrong-at-the-end"];
    if (heldOut.harmful.has(id)) return ["needs_human_review", "harmful"];
    if (proposed.kind === "refitted") return ["partially_accepted", "refit"];
    if ("decision" in proposed && proposed.decision?.clause === "precision") {
      return ["partially_accepted", "precision"];
    }
    if (tp === 0) return ["partially_accepted", "no-true-positive"];
    return ["accepted", "decision" in proposed ? "f1" : "first"];
  }
  if (last.kind === "undone") return ["rejected", "undone"];
  if (last.kind === "removed" && last.type !== "refit") return ["rejected", "removed"];
  if (fp > tp) return ["rejected", "wrong"];
  const gone = last.kind === "removed" ? "dropped" : last.kind as JudgementReason;
  return ["partially_accepted", gone];
}

/** Judges a proposal that never came into the set. */
function judgeUndone(proposed: RuleEvent): Verdict | undefined {
  if (proposed.kind === "rejected") {
    return proposed.decision.verdict === "unknown"
      ? ["needs_human_review", "unknown-verdict"]
      : ["rejected", "patch-rejected"];
  }
  if (proposed.kind !== "spared") return undefined;
  switch (proposed.outcome) {
    case "unknown":
      return ["needs_human_review", "unknown-verdict"];
    case "skipped":
      return ["rejected", "skipped"];
    default:
      return ["rejected", "audit-reverted"];
  }
}

/** Runs the rules of a trace on the examples that its run held out; `undefined` if it held out none. */
function testHeldOut({ trace, data }: EvidenceSource): HeldOut | undefined {
  const ids = new Set(trace.run.split.dev);
  const dev = data.examples.filter(({ id }) => ids.has(id));
  if (dev.length === 0) return undefined;
  const all = Object.values(trace.rules);
  const { decision, match } = decisionOfTrace(trace);
  const { labels } = trace.run.dataset;
  const matches = createMatches(dev, [...labels, ...all.map(({ label }) => label)], match);
  matches.add(all);
  const counts = new Map(all.map((rule) => [rule.id, countMatches(matches, rule)]));
  const harmful = scoreRules(matches, lastRules(trace), decision).filter(({ marginal }) =>
    marginal > 0
  ).map((
    { rule },
  ) => rule);
  return { counts, harmful: new Set(harmful) };
}
