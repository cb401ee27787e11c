/**
 * Which single examples may be mislabelled: those that rules learned without them call otherwise, again and again.
 *
 * Brodley, C. E. & Friedl, M. A. (1999). Identifying mislabeled training data. Journal of Artificial Intelligence
 * Research 11, 131-167: out-of-fold calls as a filter. Here, over several partitions and by the lead in votes.
 *
 * @module
 */
import type { Dataset } from "../../learn/data/dataset.ts";
import type { Example } from "../../learn/data/examples.ts";
import type { Outcome } from "../../learn/score/outcomes.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import type { EvidenceRating } from "../significance.ts";
import { CALLED_MARGIN } from "./clusters.ts";
import { callHeldOut, type FoldOptions } from "./folds.ts";
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
 * @param options how to cut the data: by default, into {@linkcode FOLDS} parts, {@linkcode PARTITIONS} times
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
  options: Partial<FoldOptions> = {},
): Promise<MislabelBlame> {
  const { folds = FOLDS, partitions = PARTITIONS, match } = options;
  const examples: readonly Example[] = dataset.examples;
  const tallies = new Map(examples.map(({ id }): [string, Tally] => {
    return [id, { trials: 0, otherwise: 0, clearly: 0, lead: 0, called: new Map() }];
  }));
  let names: readonly string[] = [];
  for await (const fold of callHeldOut(dataset, retraining, { folds, partitions, match })) {
    names = fold.matches.labels;
    fold.examples.forEach(({ id }, position) => {
      count(tallies.get(id)!, fold.outcomes[position], fold.matches.kind === "spans");
    });
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
