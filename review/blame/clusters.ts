/**
 * Which groups of examples are to blame: those that rules learned without them call otherwise than they are
 * labelled.
 *
 * A group is the support of rules, as the examples of a fault that was made many times share what a rule can
 * say. It is left out as a whole: left out one by one, its examples still speak for each other.
 *
 * @module
 */
import type { LabelledDataset } from "../../learn/data/dataset.ts";
import { decideAll } from "../../learn/score/deciding.ts";
import { createMatches, type LabelMatches } from "../../learn/score/matches.ts";
import { boundShare, type EvidenceRating } from "../significance.ts";
import {
  type CandidateList,
  type ClusterCandidate,
  countOtherwise,
  listCandidates,
} from "./candidates.ts";
import type { LearnedRules, Retraining } from "./retraining.ts";

/** A group of examples that was left out, and what became of it. */
export interface BlamedCluster {
  /** The label of all its examples. */
  readonly label: string;
  /** What the rules learned without them call most of those that they call otherwise; absent if none. */
  readonly called?: string;
  /** Ids of the rules of the run that match the examples. */
  readonly rules: readonly string[];
  /** Ids of the examples, in the order of the data. */
  readonly examples: readonly string[];
  /** How many of them the rules learned without them call otherwise, by the margin. */
  readonly otherwise: number;
  /** Lower bound of that share, 0 to 1: one-sided, 95 %, corrected for all groups considered. */
  readonly low: number;
  /** How many of them the run's own rules call otherwise, without those that rest on the group. */
  readonly without: number;
  /** What the test set says; absent without one. */
  readonly onTest?: ClusterOnTest;
  /**
   * `no evidence` if the bound is not over half the threshold, or the test set speaks for the labels: more is lost
   * than gained. `decisive` if it is over the threshold, and there is a test set that could have spoken: at least
   * 2 examples of the group's kind are expected there. Else `suggestive`.
   */
  readonly evidence: EvidenceRating;
}

/** What a test set says about a group. It has to be labelled rightly: it may not share the fault. */
export interface ClusterOnTest {
  /** How many test examples of the group's label its rules match. */
  readonly found: number;
  /** How many these would be if they were as frequent there as in the data. */
  readonly expected: number;
  /** How many test examples that were wrongly given the group's label are right without the group. */
  readonly gained: number;
  /** How many test examples that rightly had the group's label are wrong without it. */
  readonly lost: number;
}

/** The groups that were left out. */
export interface ClusterBlame {
  /** How many groups there were to choose from: all that share support. */
  readonly considered: number;
  /** What the bound must exceed: see {@linkcode BlamedCluster.evidence}. */
  readonly threshold: number;
  /** Lead in votes from which on an example counts as called otherwise. */
  readonly margin: number;
  /** Each group that was left out, by its bound, highest first; last those whose labels the test set speaks for. */
  readonly clusters: readonly BlamedCluster[];
}

/** Options of {@linkcode blameClusters}. */
export interface ClusterOptions {
  /** Examples that nothing was learned from, to tell a fault from what defines a label. */
  readonly test?: LabelledDataset;
  /**
   * Groups to leave out at most: as many times it learns again.
   *
   * @default {CLUSTERS}
   */
  readonly most?: number;
}

/** How many groups are left out at most, by default. */
export const CLUSTERS = 12;
/** Share of a group that rules learned without it call otherwise if it is mislabelled, at the least. */
export const CLUSTER_THRESHOLD = 0.3;
/** With fewer test examples of a group's kind to be expected, that none is found says little. */
const LEAST_EXPECTED = 2;
/** Lead in votes by which a decision counts. */
export const CALLED_MARGIN = 1;

/**
 * Leaves out groups of examples that share support, one after the other, learns again, and tells what the rules
 * learned without a group call its examples.
 *
 * Of a label that is defined by a word, the examples with that word are also called otherwise once they are left out.
 * A test set tells these from a fault: its examples with that word have the same label, and are lost.
 *
 * @param dataset what the rules were learned from
 * @param learned the rules of the run
 * @throws what learning again throws
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createDataset } from "../../learn/data/dataset.ts";
 * import { learnRules } from "../../pipeline.ts";
 * import { blameClusters } from "./clusters.ts";
 * import { createRetraining } from "./retraining.ts";
 *
 * const examples = ["rate", "card"].flatMap((label) =>
 *   Array.from({ length: 20 }, (_, n) => ({ id: `${label}${n}`, text: `my ${label} ${n}`, label }))
 * );
 * const dataset = createDataset({ name: "tiny", examples });
 * if (dataset.task !== "classification") throw new TypeError();
 * const retraining = createRetraining((dropped) =>
 *   learnRules({ ...dataset, examples: examples.filter(({ id }) => !dropped.includes(id)) })
 * );
 * const { clusters } = await blameClusters(dataset, await learnRules(dataset), retraining);
 * assertEquals(clusters, []);
 * ```
 */
export async function blameClusters(
  dataset: LabelledDataset,
  learned: LearnedRules,
  retraining: Retraining,
  options: ClusterOptions = {},
): Promise<ClusterBlame> {
  const { examples } = dataset;
  const { matches, test, candidates, considered } = findCandidates(dataset, learned, options);
  const clusters: BlamedCluster[] = [];
  for (const candidate of candidates) {
    const members = candidate.examples.map((position) => examples[position]);
    const again = await retraining.learn(members.map(({ id }) => id));
    const left = createMatches(members, matches.labels);
    const { otherwise, called } = countOtherwise(left, again.rules, again.decision, CALLED_MARGIN);
    const low = boundShare(otherwise, members.length, considered);
    const onTest = test && {
      ...candidate.onTest!,
      ...countChanges(test, candidate, learned, again),
    };
    clusters.push({
      label: matches.labels[candidate.label],
      ...(called === -1 ? {} : { called: matches.labels[called] }),
      rules: candidate.rules.map(({ id }) => id),
      examples: members.map(({ id }) => id),
      otherwise,
      low,
      without: candidate.otherwise,
      ...(onTest && { onTest }),
      evidence: rateCluster(low, onTest),
    });
  }
  // Sorting keeps the order of the candidates among equals.
  clusters.sort((a, b) =>
    Number(isRefuted(a.onTest)) - Number(isRefuted(b.onTest)) || b.low - a.low
  );
  return { considered, threshold: CLUSTER_THRESHOLD, margin: CALLED_MARGIN, clusters };
}

/** Counts the groups that {@linkcode blameClusters} leaves out. */
export function countClusters(
  dataset: LabelledDataset,
  learned: LearnedRules,
  options: ClusterOptions = {},
): number {
  return findCandidates(dataset, learned, options).candidates.length;
}

/** Finds the groups to leave out, with the kept matches on the data and on the test set. */
function findCandidates(
  { labels, examples }: LabelledDataset,
  { rules, decision }: LearnedRules,
  { test: testSet, most = CLUSTERS }: ClusterOptions,
): CandidateList & { readonly matches: LabelMatches; readonly test?: LabelMatches } {
  const matches = createMatches(examples, [...labels, ...testSet?.labels ?? []]);
  const test = testSet && createMatches(testSet.examples, matches.labels);
  const list = { most, margin: CALLED_MARGIN, test };
  return { ...listCandidates(matches, rules, decision, list), matches, ...(test && { test }) };
}

/** Counts the changes on test that concern the label of a group. */
function countChanges(
  test: LabelMatches,
  { label }: ClusterCandidate,
  before: LearnedRules,
  after: LearnedRules,
): Pick<ClusterOnTest, "gained" | "lost"> {
  const was = decideAll(test, before.rules, before.decision).labels;
  const is = decideAll(test, after.rules, after.decision).labels;
  let [gained, lost] = [0, 0];
  test.gold.forEach((gold, position) => {
    if (was[position] !== label || is[position] === label) return;
    if (gold === label) lost++;
    else if (is[position] === gold) gained++;
  });
  return { gained, lost };
}

/** Tells whether the test set speaks for the labels of a group. */
function isRefuted(onTest: ClusterOnTest | undefined): boolean {
  return onTest !== undefined && onTest.lost > onTest.gained;
}

function rateCluster(low: number, onTest: ClusterOnTest | undefined): EvidenceRating {
  if (isRefuted(onTest) || low <= CLUSTER_THRESHOLD / 2) return "no evidence";
  const isTold = onTest !== undefined && onTest.expected >= LEAST_EXPECTED;
  return low > CLUSTER_THRESHOLD && isTold ? "decisive" : "suggestive";
}
