/**
 * Which single examples may be mislabelled: those that rules learned without them call otherwise, again and again.
 *
 * Brodley, C. E. & Friedl, M. A. (1999). Identifying mislabeled training data. Journal of Artificial Intelligence
 * Research 11, 131-167: out-of-fold calls as a filter. Here, over several partitions and by the lead in votes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Dataset } from "../../learn/data/dataset.ts";
import { type Example, labelsOf } from "../../learn/data/examples.ts";
import { createMatches, type Match } from "../../learn/score/matches.ts";
import { findOutcomes, type Outcome } from "../../learn/score/outcomes.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import type { EvidenceRating } from "../significance.ts";
import { CALLED_MARGIN } from "./clusters.ts";
import type { Retraining } from "./retraining.ts";

/** An example that rules learned without it call otherwise than it is labelled. */
export interface SuspectExample {
  /** Its id. */
  readonly example: string;
  /** What it is called most often when it is called otherwise; for labelled texts only. */
  readonly called?: string;
  /** By how many different rule sets, learned without it, it was called. */
  readonly trials: number;
  /** How many of them called it otherwise, or found other spans. */
  readonly otherwise: number;
  /** How many of them did so by the margin. */
  readonly clearly: number;
  /**
   * For labelled texts the mean lead in votes of what it was called, counted below 0 if that is its label; a
   * decision by first match counts 1. For spans, the mean number of spans missed, spurious, or of a wrong type.
   */
  readonly lead: number;
  /**
   * `suggestive` if all of two or more trials called it otherwise by the margin, else `no evidence`. Never more:
   * the rule sets were learned from nearly the same examples. With spans always `no evidence`.
   */
  readonly evidence: EvidenceRating;
}

/** The examples called otherwise, and how they were found. */
export interface MislabelBlame {
  /** Parts that the data are cut into; each is left out once. */
  readonly folds: number;
  /** How often the data were cut. */
  readonly partitions: number;
  /** Lead in votes from which on a call is clear. */
  readonly margin: number;
  /** Those with a lead over 0, largest first; the others are called as they are labelled more clearly. */
  readonly examples: readonly SuspectExample[];
}

/** Options of {@linkcode blameLabels}. */
export interface MislabelOptions {
  /**
   * Parts to cut the data into, from 2.
   *
   * @default {FOLDS}
   */
  readonly folds?: number;
  /**
   * How often to cut the data, from 1. It learns `folds` times as often.
   *
   * @default {PARTITIONS}
   */
  readonly partitions?: number;
  /**
   * What makes a predicted span correct.
   *
   * @default "exact"
   */
  readonly match?: Match;
}

/** Parts that the data are cut into, by default. */
export const FOLDS = 5;
/** How often the data are cut, by default. */
export const PARTITIONS = 4;

/** What the trials of one example add up to. */
interface Tally {
  trials: number;
  otherwise: number;
  clearly: number;
  lead: number;
  readonly called: Map<number, number>;
}

/**
 * Cuts the data into folds several times, learns without each fold, and tells what the rules call the examples of the
 * fold. Equal texts are in one fold, whatever their labels.
 *
 * @param dataset what the rules were learned from
 * @throws {RangeError} if `folds` or `partitions` is out of its range
 * @throws what learning again throws
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createDataset } from "../../learn/data/dataset.ts";
 * import { learnRules } from "../../pipeline.ts";
 * import { blameLabels } from "./mislabels.ts";
 * import { createRetraining } from "./retraining.ts";
 *
 * const examples = ["rate", "card"].flatMap((label) =>
 *   Array.from({ length: 20 }, (_, n) => ({ id: `${label}${n}`, text: `my ${label} ${n}`, label }))
 * );
 * examples[3].label = "card";
 * const dataset = createDataset({ name: "tiny", examples });
 * const retraining = createRetraining((dropped) =>
 *   learnRules({ ...dataset, examples: examples.filter(({ id }) => !dropped.includes(id)) })
 * );
 * const blame = await blameLabels(dataset, retraining, { folds: 2, partitions: 2 });
 * assertEquals(blame.examples.map(({ example }) => example), ["rate3"]);
 * ```
 */
export async function blameLabels(
  dataset: Dataset,
  retraining: Retraining,
  options: MislabelOptions = {},
): Promise<MislabelBlame> {
  const { folds = FOLDS, partitions = PARTITIONS, match } = options;
  requireWhole("folds", folds, 2);
  requireWhole("partitions", partitions, 1);
  const examples: readonly Example[] = dataset.examples;
  const tallies = new Map(examples.map(({ id }): [string, Tally] => {
    return [id, { trials: 0, otherwise: 0, clearly: 0, lead: 0, called: new Map() }];
  }));
  const tried = new Set<string>();
  let names: readonly string[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    for (const fold of cutFolds(examples, folds, partition)) {
      const ids = fold.map(({ id }) => id);
      const key = JSON.stringify(ids);
      if (tried.has(key)) continue;
      tried.add(key);
      const { rules, decision } = await retraining.learn(ids);
      const matches = createMatches(fold, dataset.labels, match);
      names = matches.labels;
      const outcomes = Map.groupBy(
        findOutcomes(matches, rules, decision),
        ({ example }) => example,
      );
      fold.forEach(({ id }, position) => {
        count(tallies.get(id)!, outcomes.get(position) ?? [], matches.kind === "spans");
      });
    }
  }
  const suspects = [...tallies].filter(([, { lead }]) => lead > 0)
    .map(([id, tally]) => describe(id, tally, names))
    .sort((a, b) => b.lead - a.lead || compareCodeUnits(a.example, b.example));
  return { folds, partitions, margin: CALLED_MARGIN, examples: suspects };
}

/** Counts one trial of an example. */
function count(tally: Tally, outcomes: readonly Outcome[], findsSpans: boolean): void {
  tally.trials++;
  const wrong = outcomes.filter(({ gold, predicted }) => gold !== predicted);
  if (findsSpans) {
    if (wrong.length > 0) tally.otherwise++;
    tally.lead += wrong.length;
    return;
  }
  const [{ predicted, isDecided, margin }] = outcomes;
  // Neither no label nor the default says that the label is wrong.
  if (!isDecided) return;
  const lead = Number.isFinite(margin) ? margin : 1;
  if (wrong.length === 0) tally.lead -= lead;
  else {
    tally.lead += lead;
    tally.otherwise++;
    if (lead >= CALLED_MARGIN) tally.clearly++;
    tally.called.set(predicted, (tally.called.get(predicted) ?? 0) + 1);
  }
}

function describe(id: string, tally: Tally, names: readonly string[]): SuspectExample {
  const { trials, otherwise, clearly, lead, called } = tally;
  const [most] = [...called].sort(([a, m], [b, n]) => n - m || a - b);
  return {
    example: id,
    ...(most === undefined ? {} : { called: names[most[0]] }),
    trials,
    otherwise,
    clearly,
    lead: lead / trials,
    evidence: trials > 1 && clearly === trials ? "suggestive" : "no evidence",
  };
}

/**
 * Cuts examples into folds, each in the order of the data; empty ones are left out. The examples of a label are
 * dealt out in the order of SHA-256 of `<partition>:<text>`, equal texts together, one fold after the other.
 */
function cutFolds(examples: readonly Example[], folds: number, partition: number): Example[][] {
  const groups = [...Map.groupBy(examples, ({ text }) => text)].map(([text, members]) => ({
    label: labelsOf(members[0])[0] ?? "",
    key: createHash("sha256").update(`${partition}:${text}`, "utf8").digest("hex"),
    text,
  })).sort((a, b) => compareCodeUnits(a.label, b.label) || compareCodeUnits(a.key, b.key));
  const foldOf = new Map(groups.map(({ text }, place) => [text, place % folds]));
  const dealt = Array.from({ length: folds }, (): Example[] => []);
  for (const example of examples) dealt[foldOf.get(example.text)!].push(example);
  return dealt.filter(({ length }) => length > 0);
}

function requireWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${name} is ${value}, expected a whole number of ${least} or more`);
}
