/**
 * What a model is shown of failures: all counted, some as cases, and the rules that went wrong there.
 *
 * @module
 */
import type { ReviewState } from "../coordinator.ts";
import type { Example, Span } from "../data/examples.ts";
import { orderBySeed } from "./sampling.ts";
import type { Matches } from "../score/matches.ts";
import type { Rule } from "../rules/rule.ts";
import type { Cluster, Failures } from "../score/scoring.ts";
import type { PatchState } from "../synthesizer.ts";

/** One failure to show. */
export interface Case {
  /** Place of its cluster. */
  readonly cluster: number;
  readonly example: Example;
  /** The span that was missed or should not be there, where spans are looked for. */
  readonly span?: Span;
  /** Ids of the rules that are wrong there. */
  readonly misfired: readonly string[];
}

/** A rule to show, and how it does on the examples that rules are learned from. */
export interface ListedRule {
  readonly rule: Rule;
  /** Examples or spans of its label that it matches, and others. */
  readonly right: number;
  readonly wrong: number;
  /** Whether it is of a patch that was rejected, and so not in the set. */
  readonly isRejected: boolean;
}

/** The failures of a state. */
export interface GatheredFailures {
  readonly count: number;
  /** All of them, largest first. */
  readonly clusters: readonly Cluster[];
  /** In the order in which they should be shown. */
  readonly cases: readonly Case[];
  /**
   * Those that misfire first, the one most often wrong before the others; then those of rejected
   * patches, the last patch's first; then those for what was expected.
   */
  readonly rules: readonly ListedRule[];
}

/** Most clusters, rules in the set and rejected rules that are shown; all clusters are counted. */
const MAX_CLUSTERS = 40;
const MAX_RULES = 40;
const MAX_REJECTED = 20;

/**
 * Gathers what there is to show of the failures of a state.
 *
 * @param maxExamples how many cases there are at most
 */
export function gatherFailures(state: PatchState, maxExamples: number): GatheredFailures {
  const { matches, rules, failures, rejected } = state;
  const { count, clusters } = failures;
  const misfires = findMisfires(matches, rules, failures);
  const cases = findCases(state, failures, misfires, maxExamples);
  return { count, clusters, cases, rules: listRules(matches, rules, rejected, clusters, misfires) };
}

/** The failures of a state that should be shown, in order, as those of {@linkcode gatherFailures}. */
export function chooseCases(state: ReviewState, maxExamples: number): Case[] {
  const { matches, rules, failures } = state;
  return findCases(state, failures, findMisfires(matches, rules, failures), maxExamples);
}

/**
 * Cases are spread over the clusters in proportion to their size (Sainte-Laguë: the next case goes to
 * the cluster with the largest count / (2 × cases so far + 1)). Within a cluster the order is that of
 * the seed and the iteration, so that another iteration shows others.
 */
function findCases(
  { task, iteration, matches }: Pick<PatchState, "task" | "iteration" | "matches">,
  { members }: Failures,
  misfires: Misfires,
  maxExamples: number,
): Case[] {
  const shuffled = members.slice(0, MAX_CLUSTERS).map((items) => {
    const examples = items.map((item) => matches.examples[placeOf(matches, item)]);
    return orderBySeed(examples, `${task.seed}:${iteration}`).map((place) => items[place]);
  });
  return spread(shuffled.map(({ length }) => length), maxExamples).map(([cluster, place]): Case => {
    const item = shuffled[cluster][place];
    return {
      cluster,
      example: matches.examples[placeOf(matches, item)],
      ...(matches.kind === "spans" ? { span: matches.items[item] } : {}),
      misfired: misfires.byItem(item).map(({ id }) => id),
    };
  });
}

/** How many clusters of those that were gathered may be shown. */
export function countShowable({ clusters }: Pick<GatheredFailures, "clusters">): number {
  return Math.min(clusters.length, MAX_CLUSTERS);
}

/** Places in lists of these lengths, in the order in which seats go to them by Sainte-Laguë. */
function spread(lengths: readonly number[], count: number): [list: number, place: number][] {
  const given = lengths.map(() => 0);
  const places: [number, number][] = [];
  while (places.length < count) {
    let best = -1;
    let most = 0;
    for (const [list, length] of lengths.entries()) {
      if (given[list] === length) continue;
      const claim = length / (2 * given[list] + 1);
      if (claim > most) [best, most] = [list, claim];
    }
    if (best === -1) break;
    places.push([best, given[best]++]);
  }
  return places;
}

/** The position of the example that an item is of. */
export function placeOf(matches: Matches, item: number): number {
  return matches.kind === "labels" ? item : matches.items[item].example;
}

/** Which rules are wrong where rules as a whole are. */
interface Misfires {
  /** How many failures each rule had a part in, by its id; only those that had. */
  readonly counts: ReadonlyMap<string, number>;
  byItem(item: number): readonly Rule[];
}

function findMisfires(matches: Matches, rules: readonly Rule[], { members }: Failures): Misfires {
  matches.add(rules);
  const failed = new Set(members.flat().map((item) => placeOf(matches, item)));
  const byExample = new Map<number, { rule: Rule; item: number }[]>();
  for (const rule of rules) {
    for (const item of findWrong(matches, rule)) {
      const example = placeOf(matches, item);
      if (!failed.has(example)) continue;
      const known = byExample.get(example);
      if (known === undefined) byExample.set(example, [{ rule, item }]);
      else known.push({ rule, item });
    }
  }
  const byItem = (item: number) => {
    const wrong = (byExample.get(placeOf(matches, item)) ?? [])
      .filter((match) => touches(matches, item, match.item));
    return [...new Set(wrong.map(({ rule }) => rule))];
  };
  const counts = new Map<string, number>();
  for (const { id } of members.flat().flatMap(byItem)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return { counts, byItem };
}

/** The items that a rule matches and that do not have its label. */
export function findWrong(matches: Matches, { id, label }: Rule): number[] {
  const own = matches.indexOf(label);
  return [...matches.of(id)].filter((item) => matches.gold[item] !== own);
}

/** Whether two items of one example are about the same place. */
function touches(matches: Matches, one: number, other: number): boolean {
  if (matches.kind === "labels") return true;
  const [a, b] = [matches.items[one], matches.items[other]];
  return a.start < b.end && b.start < a.end;
}

function listRules(
  matches: Matches,
  rules: readonly Rule[],
  rejected: PatchState["rejected"],
  clusters: readonly Cluster[],
  { counts }: Misfires,
): ListedRule[] {
  const misfiring = rules.filter(({ id }) => counts.has(id))
    .sort((a, b) => counts.get(b.id)! - counts.get(a.id)!);
  const expected = new Set(clusters.map(({ expected }) => expected));
  const helping = [...expected].flatMap((label) =>
    rules.filter((rule) => rule.label === label && !counts.has(rule.id))
  );
  const shown = [...misfiring, ...helping].slice(0, MAX_RULES);
  const present = new Set(rules.map(({ id }) => id));
  const unwanted = new Map(
    rejected.toReversed().flat().filter(({ id }) => !present.has(id)).map((
      rule,
    ) => [rule.id, rule]),
  );
  const list = (isRejected: boolean) => (rule: Rule) => describe(matches, rule, isRejected);
  return [
    ...shown.filter(({ id }) => counts.has(id)).map(list(false)),
    ...[...unwanted.values()].slice(0, MAX_REJECTED).map(list(true)),
    ...shown.filter(({ id }) => !counts.has(id)).map(list(false)),
  ];
}

function describe(matches: Matches, rule: Rule, isRejected: boolean): ListedRule {
  return { rule, ...countMatches(matches, rule), isRejected };
}

/** How much of what a rule matches has its label, and how much has not. */
export function countMatches(matches: Matches, rule: Rule): { right: number; wrong: number } {
  matches.add([rule]);
  const wrong = findWrong(matches, rule).length;
  return { right: matches.of(rule.id).length - wrong, wrong };
}
