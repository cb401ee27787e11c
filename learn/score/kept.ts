/**
 * What is kept of rules that were run on examples, whatever the task.
 *
 * @module
 */
import type { Example } from "../data/examples.ts";
import { quote } from "../text/quoting.ts";
import type { Rule } from "../rules/rule.ts";

/**
 * The kept matches of rules on examples, as numbered items: in classification an item is an example,
 * where spans are looked for it is a span of an example with a label.
 */
export interface KeptMatches {
  readonly examples: readonly Example[];
  /** All labels in code unit order: those given and those of the examples. */
  readonly labels: readonly string[];
  /** For each item the index in `labels` of the label that is right for it, or -1 for none. */
  readonly gold: ArrayLike<number>;
  /**
   * The index of a label in `labels`.
   *
   * @throws {RangeError} where it is not among them
   */
  indexOf(label: string): number;
  /**
   * Runs those rules that were not run yet, told apart by id, on all examples. New weights or
   * priorities of a rule do not change what it matches, and run nothing.
   */
  add(rules: readonly Rule[]): void;
  /**
   * The items that a rule matches, ascending.
   *
   * @throws {RangeError} where the rule was never added
   */
  of(id: string): Int32Array;
}

/** Labels, distinct and in code unit order, and their indexes. */
export function indexLabels(labels: Iterable<string>): Pick<KeptMatches, "labels" | "indexOf"> {
  const sorted = [...new Set(labels)].sort();
  const indexes = new Map(sorted.map((label, index) => [label, index]));
  return {
    labels: sorted,
    indexOf(label) {
      const index = indexes.get(label);
      if (index === undefined) throw new RangeError(`${quote(label)} is not among the labels`);
      return index;
    },
  };
}
