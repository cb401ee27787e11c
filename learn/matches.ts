/**
 * Which rules match which examples: a rule is run once on each example, and its matches are kept.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createMatches } from "./matches.ts";
 * import { createRule } from "./rules.ts";
 *
 * const examples = [
 *   { id: "a", text: "What rate do I get?", label: "exchange" },
 *   { id: "b", text: "Where is my card?", label: "card" },
 * ];
 * const rule = createRule({ name: "what", label: "exchange", patterns: [String.raw`\bwhat\b`] });
 * const matches = createMatches(examples, ["card", "exchange"]);
 * matches.add([rule]);
 * assertEquals([...matches.of(rule.id)], [0]);
 * ```
 *
 * @module
 */
import type { Example } from "./dataset.ts";
import { quote } from "./quoting.ts";
import { createMatcher } from "./matcher.ts";
import type { Rule } from "./rules.ts";

/** The kept matches of rules on examples. */
export interface Matches {
  readonly examples: readonly Example[];
  /** All labels in code unit order: those given and those of the examples. */
  readonly labels: readonly string[];
  /** For each example the index of its label in `labels`. */
  readonly gold: Int32Array;
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
   * Positions of the examples that a rule matches, ascending.
   *
   * @throws {RangeError} where the rule was never added
   */
  of(id: string): Int32Array;
}

/**
 * Kept matches of no rule yet.
 *
 * @param labels labels that rules may stand for, besides those of the examples
 */
export function createMatches(examples: readonly Example[], labels: readonly string[]): Matches {
  const sorted = [...new Set([...labels, ...examples.map((example) => example.label)])].sort();
  const indexes = new Map(sorted.map((label, index) => [label, index]));
  const kept = new Map<string, Int32Array>();
  const indexOf = (label: string) => {
    const index = indexes.get(label);
    if (index === undefined) throw new RangeError(`${quote(label)} is not among the labels`);
    return index;
  };
  return {
    examples,
    labels: sorted,
    gold: Int32Array.from(examples, (example) => indexOf(example.label)),
    indexOf,
    add(rules) {
      const fresh = new Map<string, Rule>();
      for (const rule of rules) if (!kept.has(rule.id)) fresh.set(rule.id, rule);
      if (fresh.size === 0) return;
      const matcher = createMatcher([...fresh.values()]);
      const found: number[][] = matcher.rules.map(() => []);
      examples.forEach((example, position) => {
        for (const rule of matcher.match(example.text)) found[rule].push(position);
      });
      matcher.rules.forEach((rule, index) => kept.set(rule.id, Int32Array.from(found[index])));
    },
    of(id) {
      const positions = kept.get(id);
      if (positions === undefined) throw new RangeError(`Rule ${id} was not run on the examples`);
      return positions;
    },
  };
}

/** The matches on the examples of `one`, then those of `other`, which must have the same labels. */
export function joinMatches(one: Matches, other: Matches): Matches {
  const offset = one.examples.length;
  return {
    examples: [...one.examples, ...other.examples],
    labels: one.labels,
    gold: Int32Array.from([...one.gold, ...other.gold]),
    indexOf: one.indexOf,
    add(rules) {
      one.add(rules);
      other.add(rules);
    },
    of(id) {
      const [first, second] = [one.of(id), other.of(id)];
      const joined = new Int32Array(first.length + second.length);
      joined.set(first);
      joined.set(second.map((position) => position + offset), first.length);
      return joined;
    },
  };
}
