/**
 * Checks of the rules of a run, and of what its iterations say of the failures that they were made for.
 *
 * @module
 */
import { findFormDefect } from "../../learn/rules/form.ts";
import { baseId, roundWeight, type Rule, ruleId } from "../../learn/rules/rule.ts";
import { type Cluster, MAX_CLUSTER_EXAMPLES, type Scores } from "../../learn/score/scores.ts";
import { isSame } from "../../learn/text/json.ts";
import { quote } from "../../learn/text/quoting.ts";
import { digestOrRefuse, TraceError } from "../error.ts";
import type { ProtocolConfig } from "../protocol.ts";
import type { Run, StepOf } from "../schema.ts";

type Iteration = Pick<
  StepOf<"iteration">,
  "failures" | "before" | "focus" | "prompt" | "train"
>;

/**
 * Returns what is wrong with the failures and the new rules of an iteration of `learnRules`; `undefined` if
 * nothing is.
 *
 * @param config the settings of the run
 */
export function findPatchProblem(
  step: Iteration,
  { dataset, split }: Run,
  config: Pick<ProtocolConfig, "margin" | "default">,
  definitions: ReadonlyMap<string, Rule>,
): string | undefined {
  const foreign = (["focus", "prompt", "train"] as const).find((name) => step[name] !== undefined);
  if (foreign !== undefined) return `has a ${foreign}, which only imported runs have`;
  const { count = 0, clusters } = step.failures;
  const clustered = clusters.reduce((sum, cluster) => sum + cluster.count, 0);
  if (count === 0 || clustered !== count) {
    return `has ${count} failures and ${clustered} in its clusters, expected as many, and some`;
  }
  if (clusters.some((cluster, place) => cluster.count > clusters[Math.max(0, place - 1)].count)) {
    return "lists a larger cluster after a smaller one";
  }
  const kinds = new Set(
    clusters.map(({ expected, predicted }) => JSON.stringify([expected, predicted])),
  );
  if (kinds.size < clusters.length) return "has two clusters of the same labels";
  const named = clusters.flatMap(({ rules }) => rules);
  if (new Set(named).size < named.length) return "names a rule for two clusters";
  for (const { expected, rules } of clusters) {
    const stray = rules.find((id) => definitions.get(id)?.label !== expected);
    if (stray !== undefined) return `names ${stray} for a cluster of another label`;
  }
  const isLabelled = dataset.task === "classification";
  return isLabelled ? findLabelProblem(step, split.train!, config) : findSpanProblem(step);
}

/** Returns what is wrong with failures in classification, each of which is an example. */
function findLabelProblem(
  { failures: { count = 0, clusters }, before }: Iteration,
  train: number,
  { margin, default: fallback }: Pick<ProtocolConfig, "margin" | "default">,
): string | undefined {
  if (count > train) return `has ${count} failures among ${train} examples`;
  const { on, tp, fp, fn } = before as Scores;
  if (on === "train") {
    if (count < fn) return `has ${count} failures, but ${fn} examples are wrong`;
    if (margin === 0 && count > fn) {
      return `has ${count} failures without a margin, but ${fn} examples are wrong`;
    }
    // What is predicted by default is in the cluster of what rules abstain from.
    const abstained = countWhere(clusters, ({ predicted }) => predicted === null);
    if (fallback === undefined && abstained !== train - tp - fp) {
      return `has ${abstained} failures without a prediction, expected ${train - tp - fp}`;
    }
  }
  const examples = clusters.flatMap(({ examples }) => examples);
  if (new Set(examples).size < examples.length) return "lists an example in two clusters";
  for (const { expected, predicted, count, examples } of clusters) {
    const listed = Math.min(MAX_CLUSTER_EXAMPLES, count);
    if (examples.length !== listed) {
      return `lists ${examples.length} examples in a cluster of ${count}, expected ${listed}`;
    }
    if (expected === predicted && margin === 0) {
      return "has a cluster of failures that predicts what it expects, but the margin is 0";
    }
  }
}

/** Returns what is wrong with failures that are spans, of which an example can have several. */
function findSpanProblem(
  { failures: { count, clusters }, before }: Iteration,
): string | undefined {
  const { on, fp, fn } = before as Scores;
  // A span of the wrong type is both.
  const missed = countWhere(clusters, ({ expected }) => expected !== null);
  const spurious = countWhere(clusters, ({ predicted }) => predicted !== null);
  if (on === "train" && (missed !== fn || spurious !== fp)) {
    return `has ${count} failures, but ${fn} spans are missed and ${fp} spurious`;
  }
  const bare = clusters.find(({ examples }) => examples.length === 0);
  return bare && `lists no example in a cluster of ${bare.count}`;
}

function countWhere(clusters: readonly Cluster[], meets: (cluster: Cluster) => boolean): number {
  return clusters.reduce((sum, cluster) => meets(cluster) ? sum + cluster.count : sum, 0);
}

type Failed = Pick<StepOf<"iteration">, "failures">;

/** Tells whether two iterations have the same failures, whatever rules were made for them. */
export function haveSameFailures(one: Failed, other: Failed): boolean {
  const bare = ({ failures: { count, clusters } }: Failed) => ({
    count,
    clusters: clusters.map((cluster) => ({ ...cluster, rules: [] })),
  });
  return isSame(bare(one), bare(other));
}

/**
 * Checks that a rule fits its id, that its label is one of the data set, and that a run of the protocol that
 * this one declares can have made it.
 *
 * @throws {TraceError} if not
 */
export function checkRule(rule: Rule, { dataset, protocol }: Run): void {
  if (baseId(rule.id) !== digestOrRefuse(() => ruleId(rule))) {
    throw new TraceError(`rule ${rule.id} does not fit its id: it was changed`);
  }
  if (!dataset.labels.includes(rule.label)) {
    const label = quote(rule.label);
    throw new TraceError(`rule ${rule.id} has the label ${label}, which is not in the data set`);
  }
  if (protocol === undefined) return;
  const problem = findFormProblem(rule);
  if (problem !== undefined) throw new TraceError(`rule ${rule.id} ${problem}`);
}

/** Returns why no run can have made a rule, as far as a look at it tells without running it. */
function findFormProblem(rule: Rule): string | undefined {
  const defect = findFormDefect(rule);
  if (defect !== undefined) return `cannot have been made: ${defect.code}: ${defect.detail}`;
  const { patterns, not = [], flags, weight } = rule;
  if (weight !== undefined && weight !== roundWeight(weight)) {
    return `has the weight ${weight}, expected whole millionths`;
  }
  // Without groups a pattern ends at once on the empty text.
  const all = [...patterns, ...not];
  if (all.some((pattern) => pattern.includes("("))) return undefined;
  const matchesEmpty = (pattern: string) => new RegExp(pattern, flags).test("");
  const isCatchAll = patterns.every(matchesEmpty) && !not.some(matchesEmpty);
  return isCatchAll ? "cannot have been made: catch-all: matches the empty text" : undefined;
}
