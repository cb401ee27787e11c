/**
 * What rules that were learned without some of the examples say of these: every example is left out as often as the
 * data are cut.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Dataset } from "../../learn/data/dataset.ts";
import { type Example, labelsOf } from "../../learn/data/examples.ts";
import { createMatches, type Match, type Matches } from "../../learn/score/matches.ts";
import { findOutcomes, type Outcome } from "../../learn/score/outcomes.ts";
import { compareCodeUnits } from "../../learn/text/folding.ts";
import type { LearnedRules, Retraining } from "./retraining.ts";

/** How to cut the data. */
export interface FoldOptions {
  /** Parts to cut the data into, from 2. */
  readonly folds: number;
  /** How often to cut the data, from 1. It learns `folds` times as often. */
  readonly partitions: number;
  /**
   * What makes a predicted span correct.
   *
   * @default "exact"
   */
  readonly match?: Match;
}

/** Examples that were left out together, and what the rules that were learned without them say. */
export interface HeldOutFold {
  /** The examples, in the order of the data. */
  readonly examples: readonly Example[];
  /** What the rules match of them. */
  readonly matches: Matches;
  /** The rules, and how they decide. */
  readonly learned: LearnedRules;
  /** The outcomes of each of them. */
  readonly outcomes: readonly (readonly Outcome[])[];
}

/**
 * Cuts the data into folds several times, and learns without each fold. Equal texts are in one fold, whatever their
 * labels. A fold that was tried before is not tried again.
 *
 * @param dataset what the rules were learned from
 * @throws {RangeError} if `folds` or `partitions` is out of its range
 * @throws what learning again throws
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createDataset } from "../../learn/data/dataset.ts";
 * import { callHeldOut } from "./folds.ts";
 * import { createRetraining } from "./retraining.ts";
 *
 * const examples = ["my rate", "my card"].map((text) => ({ text, label: text.slice(3) }));
 * const decision = { decide: "vote", threshold: 0 } as const;
 * const retraining = createRetraining(() => Promise.resolve({ rules: [], decision }));
 * const cut = { folds: 2, partitions: 1 };
 * const called = await Array.fromAsync(
 *   callHeldOut(createDataset({ name: "tiny", examples }), retraining, cut),
 *   ({ outcomes }) => outcomes.length,
 * );
 * assertEquals(called, [1, 1]);
 * ```
 */
export async function* callHeldOut(
  dataset: Dataset,
  retraining: Retraining,
  { folds, partitions, match }: FoldOptions,
): AsyncGenerator<HeldOutFold> {
  requireWhole("folds", folds, 2);
  requireWhole("partitions", partitions, 1);
  const tried = new Set<string>();
  for (let partition = 0; partition < partitions; partition++) {
    for (const examples of cutFolds(dataset.examples, folds, partition)) {
      const ids = examples.map(({ id }) => id);
      const key = JSON.stringify(ids);
      if (tried.has(key)) continue;
      tried.add(key);
      const learned = await retraining.learn(ids);
      const matches = createMatches(examples, dataset.labels, match);
      const found = findOutcomes(matches, learned.rules, learned.decision);
      const byExample = Map.groupBy(found, ({ example }) => example);
      const outcomes = examples.map((_, position) => byExample.get(position) ?? []);
      yield { examples, matches, learned, outcomes };
    }
  }
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
