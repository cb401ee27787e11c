/**
 * The candidates of a training set, before rules are chosen.
 *
 * @module
 */
import type { Syntax } from "./atoms.ts";
import { weighCorrections } from "../data/corrections.ts";
import type { Example } from "../data/examples.ts";
import { indexFeatures } from "./features.ts";
import { createPool, createWorth, type Pool } from "./pool.ts";
import { nameRule } from "../rules/reading.ts";
import type { Proposal, Rule } from "../rules/rule.ts";
import type { Matches } from "../score/matches.ts";
import { MIN_SUPPORT, type SynthesisTask } from "../synthesizer.ts";
import { countEach } from "../text/maps.ts";
import { part, type Sliced } from "../text/slices.ts";
import type { Voter } from "./votes.ts";

/** The candidates of a training set. */
export interface LabelIndex {
  readonly syntax: Syntax;
  readonly pool: Pool;
  /** How many examples there are; copies of corrections come after them. */
  readonly count: number;
  readonly withCopies: (positions: Int32Array) => Int32Array;
}

/** What rules are learned from, and the present ones. */
export interface LearningState {
  readonly task: SynthesisTask;
  readonly index: LabelIndex;
  readonly rules: readonly Rule[];
  readonly matches: Matches;
  /** Rules that must not come back. */
  readonly unwanted?: readonly Rule[];
}

/** Most features of one text that are joined if there are few texts: chance joins more than there is to learn. */
const MAX_JOINED_OF_FEW = 4;
const FEW_EXAMPLES = 100;
/** A candidate needs one example of a label that has fewer than this, two if fewer than the next, else three. */
const FEW_OF_LABEL = 25;
const MANY_OF_LABEL = 500;

/** Finds the candidates of a training set. */
export function* indexExamples(
  { labels, minSupport: literalSupport = MIN_SUPPORT, corrections }: SynthesisTask,
  originals: readonly Example[],
): Sliced<LabelIndex> {
  const { examples, withCopies } = weighCorrections(originals, corrections);
  const positions = new Map(labels.map((label, position) => [label, position]));
  const gold = Int32Array.from(examples, (one) => positions.get(labelOf(one))!);
  const count = originals.length;
  const sizes = countEach(gold);
  const minSupport = supportOf(count / labels.length);
  const texts = examples.map(({ text }) => text);
  const worth = createWorth(gold, labels.length);
  const maxJoined = count < FEW_EXAMPLES ? MAX_JOINED_OF_FEW : undefined;
  const options = { minSupport, literalSupport, worth, maxJoined };
  const { syntax, features } = yield* part("", [0, 0.8], indexFeatures(texts, options));
  const creating = createPool(
    features,
    gold,
    labels.length,
    (label) => supportOf(sizes.get(label) ?? 0),
  );
  const pool = yield* part("counting labels", [0.8, 1], creating);
  return { syntax, pool, count, withCopies };
}

/** Returns how many of a label's examples a candidate needs, given how many there are. */
export function supportOf(size: number): number {
  return size < FEW_OF_LABEL ? 1 : size < MANY_OF_LABEL ? 2 : 3;
}

/** Returns the label of an example; throws if it has spans instead. */
function labelOf(example: Example): string {
  if ("label" in example) return example.label;
  throw new TypeError("The examples have spans, expected texts with labels");
}

/** Returns what a rule is called and what it matches. */
export function describeRule(
  { labels }: SynthesisTask,
  { syntax: { flags } }: LabelIndex,
  position: number,
  patterns: readonly string[],
): Pick<Proposal, "name" | "label" | "patterns" | "flags"> {
  const label = labels[position];
  return { name: nameRule({ label, patterns }), label, patterns, flags };
}

/** Returns the precision and the support of a rule on the examples, each of which counts once. */
export function measure(
  { pool: { gold }, count }: LabelIndex,
  { label, texts: all }: Voter,
): { precision: number; support: number } {
  const texts = all.filter((text) => text < count);
  const tp = texts.filter((text) => gold[text] === label).length;
  return { precision: texts.length === 0 ? 0 : tp / texts.length, support: texts.length };
}
