/**
 * Which rules match which labelled texts.
 *
 * @module
 */
import type { LabelledExample } from "../data/examples.ts";
import { indexLabels, type KeptMatches } from "./kept.ts";
import { createMatcher } from "../rules/matcher.ts";
import type { Rule } from "../rules/rule.ts";

/** The kept matches of rules on labelled texts: the items are the positions of the examples. */
export interface LabelMatches extends KeptMatches {
  readonly kind: "labels";
  readonly examples: readonly LabelledExample[];
  readonly gold: Int32Array;
}

/** Kept matches of no rule yet. `labels`: see `createMatches`. */
export function createLabelMatches(
  examples: readonly LabelledExample[],
  labels: readonly string[],
): LabelMatches {
  const kept = new Map<string, Int32Array>();
  const named = indexLabels([...labels, ...examples.map((example) => example.label)]);
  return {
    kind: "labels",
    examples,
    ...named,
    gold: Int32Array.from(examples, (example) => named.indexOf(example.label)),
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
export function joinLabelMatches(one: LabelMatches, other: LabelMatches): LabelMatches {
  const offset = one.examples.length;
  return {
    kind: "labels",
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
