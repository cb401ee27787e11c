/**
 * One iteration: asks for a patch, applies it and decides whether it stays.
 *
 * @module
 */
import type { Matches } from "../learn/score/matches.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { Failures, Scores } from "../learn/score/scoring.ts";
import type { PatchState, RefitState } from "../learn/synthesizer.ts";
import type { Sliced } from "../learn/text/slices.ts";
import { judgePatch, type PatchJudgement, standingOf, type Standings } from "../record/protocol.ts";
import type { IterationStep } from "../trace.ts";
import {
  applyingPatch,
  applyPatch,
  type ChangeContext,
  countChanges,
  describeAsking,
  describePatch,
  withoutEmpty,
} from "./changes.ts";
import type { Breathing } from "./breathing.ts";
import type { Settings } from "./options.ts";
import type { Questions } from "./questions.ts";

/** The part of a run that an iteration needs, besides the state that the synthesizer sees. */
export interface IterationContext {
  readonly settings: Pick<Settings, "synthesizer" | "tolerance">;
  readonly questions: Questions;
  readonly changes: ChangeContext;
  /** Returns the verdict that the run was told, or else the one given. */
  readonly overrule: (judgement: PatchJudgement) => PatchJudgement;
  /** Scores rules on the split that decides. */
  readonly evaluate: (rules: readonly Rule[]) => Sliced<Scores>;
  /** Takes the breath of the iteration. */
  readonly breathing: Breathing;
  /** Scores of the rules before the patch. */
  readonly before: Scores;
  /** The rule sets so far. */
  readonly standings: Standings<State>;
}

/** The step of an iteration, and the rules after its patch. */
export interface Iterated extends ScoredRules {
  readonly step: IterationStep<Scores>;
  /** The rules that the patch added, replacements included. */
  readonly fresh: readonly Rule[];
  /** Counts of the patch's changes, for a refit. */
  readonly done: RefitState["accepted"][number];
}

/** Asks the synthesizer for a patch, applies it and decides whether it stays. */
export async function iterate(
  state: PatchState,
  { settings, questions, changes, overrule, evaluate, breathing, before, standings }:
    IterationContext,
): Promise<Iterated> {
  const { iteration, rules, matches, failures, guidance } = state;
  const asked = await questions.ask(async () => {
    const patch = await settings.synthesizer.patch(state);
    return await breathing.work("checking rules", [0.7, 0.8], applyingPatch(rules, patch, changes));
  });
  const applied = "error" in asked
    ? applyPatch(rules, { error: asked.error }, changes)
    : asked.answer;
  const isChanged = countChanges(applied) > 0;
  const after = isChanged
    ? await breathing.work("scoring", [0.8, 0.9], evaluate(applied.rules))
    : before;
  const judgement = overrule(
    isChanged
      ? judgePatch(before, after, settings.tolerance)
      : { verdict: applied.error === undefined ? "empty" : "failed" },
  );
  const isAccepted = judgement.verdict === "accepted";
  const { added, replaced, reweighted, error } = applied;
  const fresh = [...added, ...replaced.map(({ to }) => to)];
  await breathing.work("running rules", [0.9, 1], matches.adding(applied.rules));
  return {
    step: {
      type: "iteration",
      iteration,
      failures: {
        count: failures.count,
        clusters: attributeRules(failures, applied.rules, fresh, matches),
      },
      ...withoutEmpty({ guidance }),
      patch: describePatch(applied),
      ...judgement,
      before,
      after,
      best: isAccepted &&
        standings.isBetter(standingOf(after, applied.rules.length)),
      // The weights of a rejected patch would be a long list of what did not change.
      ...withoutEmpty({ error, reweighted: isAccepted ? reweighted : [] }),
      ...describeAsking(applied),
    },
    rules: applied.rules,
    scores: after,
    fresh: applied.rules.filter(({ id }) => fresh.includes(id)),
    done: { added: fresh.length, reweighted: reweighted.length },
  };
}

/** Rules and their scores on the split that decides. */
export interface ScoredRules {
  readonly rules: readonly Rule[];
  readonly scores: Scores;
}

/** A rule set of the run, and the step that led to it. */
export interface State extends ScoredRules {
  readonly step: number;
  /** Counts of the changes by each accepted patch before it. */
  readonly accepted: RefitState["accepted"];
}

/** Returns the clusters, each with the fresh rules that predict more of it than of any other. */
function attributeRules(
  { clusters, members }: Failures,
  rules: readonly Rule[],
  fresh: readonly string[],
  matches: Matches,
): Failures["clusters"] {
  // A rule that predicts more cannot correct a false positive.
  const clusterOf = new Map(
    members.flatMap((members, cluster) =>
      clusters[cluster].expected === null
        ? []
        : members.map((item): [number, number] => [item, cluster])
    ),
  );
  const rulesOf: string[][] = clusters.map(() => []);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  matches.add(rules);
  for (const id of fresh) {
    const rule = byId.get(id)!;
    const counts = new Map<number, number>();
    for (const item of predictedBy(rule, matches)) {
      const cluster = clusterOf.get(item);
      if (cluster === undefined || clusters[cluster].expected !== rule.label) continue;
      counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
    }
    const [most] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    if (most !== undefined) rulesOf[most[0]].push(id);
  }
  return clusters.map((cluster, index) => ({ ...cluster, rules: rulesOf[index] }));
}

/** Returns the items that a rule matches; for spans, the gold ones that agree with its matches. */
function predictedBy({ id, label }: Rule, matches: Matches): Iterable<number> {
  if (matches.kind === "labels") return matches.of(id);
  const index = matches.indexOf(label);
  const found = new Set<number>();
  for (const item of matches.of(id)) {
    for (const one of matches.alike(matches.items[item], index)) found.add(one);
  }
  return found;
}
