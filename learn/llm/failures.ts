/**
 * The part of the failures that a model is shown: all counted, some as examples, and the rules that are
 * wrong there.
 *
 * @module
 */
import type { ReviewState } from "../coordinator.ts";
import type { Example, Span } from "../data/examples.ts";
import { putCorrectionsFirst, sortBySeed } from "./sampling.ts";
import type { Matches } from "../score/matches.ts";
import type { Rule } from "../rules/rule.ts";
import { countCorrect } from "../score/staying.ts";
import type { Cluster, Failures, RuleScores } from "../score/scoring.ts";
import type { PatchState } from "../synthesizer.ts";
import type { Amounts } from "./budget.ts";

/** An example on which rules fail. */
export interface FailedExample {
  readonly example: Example;
  /** Index of the cluster of the failure; audits have no clusters. */
  readonly cluster?: number;
  /** The span that was missed or should not be there, if rules find spans. */
  readonly span?: Span;
  /** Ids of the rules that are wrong there. */
  readonly misfired: readonly string[];
}

/** How many true and false positives a rule has on the examples that rules are learned from. */
export type RuleCounts = Pick<RuleScores, "tp" | "fp">;

/** A rule to show, with its counts. */
export interface ListedRule extends RuleCounts {
  readonly rule: Rule;
  /** Whether it is from a patch that was rejected, and so not in the set. */
  readonly isRejected: boolean;
}

/** The failures of a state, with what to show of them. */
export interface GatheredFailures {
  readonly count: number;
  /** All of them, largest first. */
  readonly clusters: readonly Cluster[];
  /** In the order in which they should be shown. */
  readonly examples: readonly FailedExample[];
  /**
   * First the rules that misfire, most often wrong first; then those of rejected patches, the last
   * patch first; then those for the gold labels of the clusters.
   */
  readonly rules: readonly ListedRule[];
}

/** Most clusters, rules in the set and rejected rules that are shown; all clusters are counted. */
const MAX_CLUSTERS = 40;
const MAX_RULES = 40;
const MAX_REJECTED = 20;

/** Gathers what a prompt for a patch may show: at most `maxExamples` examples. */
export function gatherFailures(state: PatchState, maxExamples: number): GatheredFailures {
  const { matches, rules, failures } = state;
  const misfires = findMisfires(matches, rules, failures);
  return {
    ...failures,
    examples: chooseExamples(state, maxExamples, misfires),
    rules: listRules(state, misfires),
  };
}

/**
 * Chooses examples of failures, in the order in which they should be shown. They are spread over the
 * clusters in proportion to their size (Sainte-Laguë: the next example is from the cluster with the
 * largest count / (2 × examples so far + 1)). Within a cluster the order depends on the seed and the
 * iteration, so that another iteration shows others.
 */
export function chooseExamples(
  state: ReviewState | PatchState,
  count: number,
  misfires = findMisfires(state.matches, state.rules, state.failures),
): FailedExample[] {
  const { task, iteration, matches, failures } = state;
  const seed = `${task.seed}:${iteration}`;
  const shuffled = failures.members.slice(0, MAX_CLUSTERS)
    .map((items) => {
      const exampleAt = (item: number) => exampleOf(matches, item);
      return putCorrectionsFirst(sortBySeed(items, exampleAt, seed), exampleAt, task.corrections);
    });
  return spread(shuffled.map(({ length }) => length), count).map(([cluster, place]) => {
    const item = shuffled[cluster][place];
    return {
      cluster,
      example: exampleOf(matches, item),
      ...(matches.kind === "spans" ? { span: matches.items[item] } : {}),
      misfired: misfires.byItem(item).map(({ id }) => id),
    };
  });
}

/** Counts the clusters that may be shown. */
export function countShowable(clusters: readonly Cluster[]): number {
  return Math.min(clusters.length, MAX_CLUSTERS);
}

/** Selects the examples that a prompt of these amounts shows: those of the clusters it shows. */
export function selectShown(
  examples: readonly FailedExample[],
  shown: Amounts,
): readonly FailedExample[] {
  return examples.filter(({ cluster = 0 }) => cluster < shown.clusters).slice(0, shown.examples);
}

/** Places in lists of these lengths, in the order in which seats go to the lists by Sainte-Laguë. */
function spread(lengths: readonly number[], count: number): [list: number, place: number][] {
  const taken = lengths.map(() => 0);
  const places: [number, number][] = [];
  while (places.length < count) {
    let best = -1;
    let most = 0;
    for (const [list, length] of lengths.entries()) {
      if (taken[list] === length) continue;
      const claim = length / (2 * taken[list] + 1);
      if (claim > most) [best, most] = [list, claim];
    }
    if (best === -1) break;
    places.push([best, taken[best]++]);
  }
  return places;
}

/** Returns the position of the example that an item belongs to. */
export function positionOf(matches: Matches, item: number): number {
  return matches.kind === "labels" ? item : matches.items[item].example;
}

function exampleOf(matches: Matches, item: number): Example {
  return matches.examples[positionOf(matches, item)];
}

/** The rules that are wrong at failures of the whole set. */
interface Misfires {
  /** How many failures each rule had a part in, by its id; only those that had. */
  readonly counts: ReadonlyMap<string, number>;
  byItem(item: number): readonly Rule[];
}

function findMisfires(matches: Matches, rules: readonly Rule[], { members }: Failures): Misfires {
  matches.add(rules);
  const failed = new Set(members.flat().map((item) => positionOf(matches, item)));
  const falsePositives = rules.flatMap((rule) =>
    findFalsePositives(matches, rule).map((item) => ({ rule, item }))
  ).filter(({ item }) => failed.has(positionOf(matches, item)));
  const byExample = Map.groupBy(falsePositives, ({ item }) => positionOf(matches, item));
  const byItem = (item: number) => {
    const touching = (byExample.get(positionOf(matches, item)) ?? [])
      .filter((match) => touches(matches, item, match.item));
    return [...new Set(touching.map(({ rule }) => rule))];
  };
  const counts = new Map<string, number>();
  for (const { id } of members.flat().flatMap(byItem)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return { counts, byItem };
}

/** Finds the items that a rule matches and that do not have its label. */
export function findFalsePositives(matches: Matches, { id, label }: Rule): number[] {
  const index = matches.indexOf(label);
  return [...matches.of(id)].filter((item) => matches.gold[item] !== index);
}

/** Tells whether two items of one example overlap; in classification they always do. */
function touches(matches: Matches, one: number, other: number): boolean {
  if (matches.kind === "labels") return true;
  const [a, b] = [matches.items[one], matches.items[other]];
  return a.start < b.end && b.start < a.end;
}

function listRules(
  { matches, rules, rejected, failures: { clusters } }: PatchState,
  { counts }: Misfires,
): ListedRule[] {
  const misfiring = rules.filter(({ id }) => counts.has(id))
    .sort((a, b) => counts.get(b.id)! - counts.get(a.id)!).slice(0, MAX_RULES);
  const others = rules.filter(({ id }) => !counts.has(id));
  const helping = [...new Set(clusters.map(({ expected }) => expected))]
    .flatMap((label) => others.filter((rule) => rule.label === label))
    .slice(0, MAX_RULES - misfiring.length);
  const present = new Set(rules.map(({ id }) => id));
  const absent = rejected.toReversed().flat().filter(({ id }) => !present.has(id));
  const unwanted = [...new Map(absent.map((rule) => [rule.id, rule])).values()];
  const list = (isRejected: boolean) => (rule: Rule) => ({
    rule,
    ...countMatches(matches, rule),
    isRejected,
  });
  return [
    ...misfiring.map(list(false)),
    ...unwanted.slice(0, MAX_REJECTED).map(list(true)),
    ...helping.map(list(false)),
  ];
}

/** Counts the true and the false positives of a rule. */
export function countMatches(matches: Matches, rule: Rule): RuleCounts {
  const { tp, support } = countCorrect(rule, matches);
  return { tp, fp: support - tp };
}
