/**
 * Kept matches, whatever the task; and those of rules on labelled texts.
 *
 * @module
 */
import type { Example, LabelledExample } from "../data/examples.ts";
import { creatingMatcher, type Matcher } from "../rules/matcher.ts";
import type { Rule } from "../rules/rule.ts";
import { quote } from "../text/quoting.ts";
import { finish, part, type Sliced } from "../text/slices.ts";

/**
 * The kept matches of rules on examples, as numbered items: an item is an example in classification,
 * else a span of an example with a label.
 */
export interface KeptMatches {
  /** The examples that rules run on. */
  readonly examples: readonly Example[];
  /** All labels in code unit order: those given and those of the examples. */
  readonly labels: readonly string[];
  /** For each item the index in `labels` of its gold label, or -1 if it has none. */
  readonly gold: ArrayLike<number>;
  /**
   * Returns the index of a label in `labels`.
   *
   * @throws {RangeError} if it is not among them
   */
  indexOf(label: string): number;
  /**
   * Runs those rules on all examples that were not run yet. Rules are told apart by id: new weights
   * or priorities of a rule do not change what it matches, and run nothing.
   */
  add(rules: readonly Rule[]): void;
  /** Does what `add` does, with pauses. */
  adding(rules: readonly Rule[]): Sliced<void>;
  /**
   * Returns the items that a rule matches, ascending.
   *
   * @throws {RangeError} if the rule was never added
   */
  of(id: string): Int32Array;
  /** Returns on how many examples a search for a rule was given up before the end of the text. */
  unfinished(id: string): number;
}

/** A rule, and on how many texts a search for it was given up before the end. */
export interface Unfinished {
  /** Id of the rule. */
  readonly rule: string;
  /** How many texts, from 1. */
  readonly texts: number;
}

/** Lists those rules for which a search was given up on an example, in their order. */
export function listUnfinished(
  rules: readonly Rule[],
  matches: readonly KeptMatches[],
): Unfinished[] {
  return rules.map(({ id }) => {
    return { rule: id, texts: matches.reduce((sum, one) => sum + one.unfinished(id), 0) };
  }).filter(({ texts }) => texts > 0);
}

/** Indexes labels: each once, in code unit order. */
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

/** Texts that many rules run on between two pauses: few, as a rule is compiled when it first runs. */
const TEXTS = 2;

/**
 * Keeps the items of each rule in the order in which they are found.
 *
 * @param begin takes new rules, and returns a function that runs them on the example at a position; it calls
 * `keep` with the position of a rule and an item, and `giveUp` with the position of a rule
 */
export function keepItems(
  examples: readonly Example[],
  begin: (matcher: Matcher) => (
    example: number,
    keep: (rule: number, item: number) => void,
    giveUp: (rule: number) => void,
  ) => void,
): Pick<KeptMatches, "add" | "adding" | "of" | "unfinished"> {
  const kept = new Map<string, Int32Array>();
  const givenUp = new Map<string, Set<number>>();
  function* adding(rules: readonly Rule[]): Sliced<void> {
    const added = rules.filter(({ id }) => !kept.has(id));
    if (added.length === 0) return;
    const unique = [...new Map(added.map((rule) => [rule.id, rule])).values()];
    const matcher = yield* part("reading rules", [0, 0.1], creatingMatcher(unique));
    const run = begin(matcher);
    const items = matcher.rules.map((): number[] => []);
    for (let example = 0; example < examples.length; example++) {
      if (example % TEXTS === 0) yield 0.1 + 0.9 * example / examples.length;
      run(example, (rule, item) => items[rule].push(item), (rule) => {
        const { id } = matcher.rules[rule];
        const found = givenUp.get(id) ?? new Set();
        givenUp.set(id, found.add(example));
      });
    }
    matcher.rules.forEach(({ id }, rule) => kept.set(id, Int32Array.from(items[rule])));
  }
  return {
    add: (rules) => finish(adding(rules)),
    adding,
    of(id) {
      const items = kept.get(id);
      if (items === undefined) throw new RangeError(`Rule ${id} was not run on the examples`);
      return items;
    },
    unfinished: (id) => givenUp.get(id)?.size ?? 0,
  };
}

/** The kept matches of rules on labelled texts: the items are the positions of the examples. */
export interface LabelMatches extends KeptMatches {
  /** What the items are: examples. */
  readonly kind: "labels";
  /** The labelled texts that rules run on. */
  readonly examples: readonly LabelledExample[];
  /** For each example the index in `labels` of its label. */
  readonly gold: Int32Array;
}

/** Creates matches that no rule has run on yet. `labels`: see `createMatches`. */
export function createLabelMatches(
  examples: readonly LabelledExample[],
  labels: readonly string[],
): LabelMatches {
  const index = indexLabels([...labels, ...examples.map(({ label }) => label)]);
  return {
    kind: "labels",
    examples,
    ...index,
    gold: Int32Array.from(examples, ({ label }) => index.indexOf(label)),
    ...keepItems(examples, (matcher) => (position, keep, giveUp) => {
      for (const rule of matcher.match(examples[position].text, giveUp)) keep(rule, position);
    }),
  };
}

/** Joins the matches on the examples of `one` and of `other`, which must have the same labels. */
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
    *adding(rules) {
      const share = offset / (offset + other.examples.length);
      yield* part("", [0, share], one.adding(rules));
      yield* part("", [share, 1], other.adding(rules));
    },
    of: (id) =>
      Int32Array.from([...one.of(id), ...other.of(id).map((position) => position + offset)]),
    unfinished: (id) => one.unfinished(id) + other.unfinished(id),
  };
}
