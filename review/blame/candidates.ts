/**
 * Which groups of examples are worth learning again without: cheap to tell, from kept matches alone.
 *
 * @module
 */
import type { DecisionOptions } from "../../learn/rules/decisions.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { decideAll } from "../../learn/score/deciding.ts";
import type { LabelMatches } from "../../learn/score/label_matches.ts";
import { wilsonLowerBound } from "../../learn/score/wilson.ts";

/** Examples of one label that share support: what one or more rules for that label rest on. */
export interface ClusterCandidate {
  /** Index of the label of all the examples. */
  readonly label: number;
  /** The rules that match them, in the order of the set. */
  readonly rules: readonly Rule[];
  /** Positions of the examples, ascending. */
  readonly examples: readonly number[];
  /** How many of them the other rules call otherwise, once those that rest on the cluster are withheld. */
  readonly otherwise: number;
  /** What the other rules call most of these: index of a label, or -1. */
  readonly called: number;
  /** How the support is found on test; absent without a test set. */
  readonly onTest?: {
    /** How many examples of the label the rules match there. */
    readonly found: number;
    /** How many these would be if they were as frequent among those of the label as in the data. */
    readonly expected: number;
  };
}

/** What to list candidates by. */
export interface CandidateOptions {
  /** Candidates at most. */
  readonly most: number;
  /** Lead in votes from which on a decision counts. */
  readonly margin: number;
  /** The matches on examples that nothing was learned from, with the same labels. */
  readonly test?: LabelMatches;
}

/** The candidates to learn again without, and how many there were to choose from. */
export interface CandidateList {
  readonly candidates: readonly ClusterCandidate[];
  readonly considered: number;
}

/** Fewer examples cannot speak for themselves: the bound on their share would be below any threshold. */
const LEAST_EXAMPLES = 6;
/** Without more than this share of its examples, rules for a label are another task's. */
const MOST_OF_LABEL = 0.6;
/** A rule rests on a cluster that has at least this share of its support. */
const RESTS_ON = 0.5;
/** Supports that are called the same by at least this share are also considered together. */
const JOINED = 0.5;
/** Candidates that share this much (Jaccard) are one question; only the first of them is asked. */
const SAME = 0.5;

/**
 * Lists the groups of examples that may be mislabelled together. Each is the support of a rule: the examples of
 * its label that it matches. Supports of one label that the other rules call by one other label are also
 * taken together.
 *
 * A group that the test set confirms is left out: there the same rules match as many examples with this
 * label. So is one that the other rules call as it is labelled. The rest come by the share that
 * the other rules call otherwise (its lower bound), highest first, of groups that overlap only the first.
 */
export function listCandidates(
  matches: LabelMatches,
  rules: readonly Rule[],
  decision: DecisionOptions,
  options: CandidateOptions,
): CandidateList {
  const { most, margin, test } = options;
  const index = new SupportIndex(matches, rules);
  test?.add(rules);
  const seen = new Set<string>();
  /** Returns the candidate, unless something speaks for its labels. */
  const consider = (label: number, rules: readonly Rule[]): ClusterCandidate | undefined => {
    const examples = [...new Set(rules.flatMap((rule) => index.supportOf(rule)))]
      .sort((a, b) => a - b);
    const key = `${label} ${examples.join(" ")}`;
    const { length } = examples;
    if (length < LEAST_EXAMPLES || length > MOST_OF_LABEL * index.sizes[label]) return undefined;
    if (seen.has(key)) return undefined;
    seen.add(key);
    const onTest = test && findOnTest(test, label, rules, length / index.sizes[label]);
    if (onTest !== undefined && onTest.found * 2 > onTest.expected) return undefined;
    const { otherwise, called } = callWithout(matches, index, examples, decision, margin);
    if (otherwise === 0) return undefined;
    return { label, rules, examples, otherwise, called, ...(onTest && { onTest }) };
  };
  const single = rules.flatMap((rule) => consider(matches.indexOf(rule.label), [rule]) ?? []);
  const joined = [
    ...Map.groupBy(
      single.filter(({ otherwise, examples }) => otherwise >= JOINED * examples.length),
      ({ label, called }) => `${label} ${called}`,
    ).values(),
  ].flatMap((group) => consider(group[0].label, group.flatMap(({ rules }) => rules)) ?? []);
  const bound = ({ otherwise, examples }: ClusterCandidate) =>
    wilsonLowerBound(otherwise, examples.length);
  // Sorting keeps the order of the rules among equals.
  const ordered = [...joined, ...single].sort((a, b) => bound(b) - bound(a));
  const candidates: ClusterCandidate[] = [];
  for (const candidate of ordered) {
    if (candidates.length === most) break;
    if (!candidates.some((other) => overlap(candidate, other) >= SAME)) candidates.push(candidate);
  }
  return { candidates, considered: seen.size };
}

/** What each rule rests on, and by which rules each example is matched. */
class SupportIndex {
  /** For each label how many examples have it. */
  readonly sizes: Int32Array;
  /** For each example the rules that match it. */
  readonly byExample: readonly (readonly Rule[])[];
  readonly #supports = new Map<Rule, number[]>();

  constructor(matches: LabelMatches, rules: readonly Rule[]) {
    matches.add(rules);
    this.sizes = new Int32Array(matches.labels.length);
    for (const label of matches.gold) this.sizes[label]++;
    const byExample = matches.examples.map((): Rule[] => []);
    for (const rule of rules) {
      const label = matches.indexOf(rule.label);
      const items = [...matches.of(rule.id)];
      for (const position of items) byExample[position].push(rule);
      this.#supports.set(rule, items.filter((position) => matches.gold[position] === label));
    }
    this.byExample = byExample;
  }

  /** The examples of the rule's label that it matches, ascending. */
  supportOf(rule: Rule): readonly number[] {
    return this.#supports.get(rule)!;
  }

  /** The rules that rest on examples: at least half of their support is among them. */
  restingOn(examples: readonly number[]): Set<Rule> {
    const inside = new Set(examples);
    const rules = new Set(examples.flatMap((position) => this.byExample[position]));
    return new Set([...rules].filter((rule) => {
      const support = this.supportOf(rule);
      const shared = support.filter((position) => inside.has(position)).length;
      return shared > 0 && shared >= RESTS_ON * support.length;
    }));
  }
}

/** Decides on examples without the rules that rest on them. */
function callWithout(
  matches: LabelMatches,
  index: SupportIndex,
  examples: readonly number[],
  decision: DecisionOptions,
  margin: number,
): Pick<ClusterCandidate, "otherwise" | "called"> {
  const withheld = index.restingOn(examples);
  const items = new Map<Rule, number[]>();
  examples.forEach((position, at) => {
    for (const rule of index.byExample[position]) {
      if (withheld.has(rule)) continue;
      const list = items.get(rule);
      if (list === undefined) items.set(rule, [at]);
      else list.push(at);
    }
  });
  const byId = new Map([...items].map(([{ id }, list]) => [id, Int32Array.from(list)]));
  // The rules were all run before: the view only has what they match among these examples.
  const view: LabelMatches = {
    ...matches,
    examples: examples.map((position) => matches.examples[position]),
    gold: Int32Array.from(examples, (position) => matches.gold[position]),
    add() {},
    of: (id) => byId.get(id)!,
  };
  return countOtherwise(view, [...items.keys()], decision, margin);
}

/**
 * Counts the examples that rules call otherwise than they are labelled, by at least `margin` votes.
 *
 * @returns how many, and what most of them are called: the first in code unit order if several labels tie,
 * -1 if there are none
 */
export function countOtherwise(
  matches: LabelMatches,
  rules: readonly Rule[],
  decision: DecisionOptions,
  margin: number,
): Pick<ClusterCandidate, "otherwise" | "called"> {
  const { labels, decided, margins } = decideAll(matches, rules, decision);
  const counts = new Int32Array(matches.labels.length);
  labels.forEach((label, at) => {
    const isCalled = decided[at] === 1 && margins[at] >= margin;
    if (isCalled && label !== matches.gold[at]) counts[label]++;
  });
  const otherwise = counts.reduce((sum, count) => sum + count, 0);
  return { otherwise, called: otherwise === 0 ? -1 : counts.indexOf(Math.max(...counts)) };
}

/** Finds the support of rules on test, and what it would be at the same rate as in the data. */
function findOnTest(
  test: LabelMatches,
  label: number,
  rules: readonly Rule[],
  rate: number,
): NonNullable<ClusterCandidate["onTest"]> {
  const matched = new Set(rules.flatMap(({ id }) => [...test.of(id)]));
  const found = [...matched].filter((position) => test.gold[position] === label).length;
  const size = test.gold.filter((gold) => gold === label).length;
  return { found, expected: rate * size };
}

/** Returns the share of two candidates' examples that they have in common (Jaccard). */
function overlap(one: ClusterCandidate, other: ClusterCandidate): number {
  const examples = new Set(one.examples);
  const shared = other.examples.filter((position) => examples.has(position)).length;
  return shared / (examples.size + other.examples.length - shared);
}
