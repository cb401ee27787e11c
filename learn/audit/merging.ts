/**
 * Merging: joins rules of one label that match the same, or nearly the same.
 *
 * @module
 */
import type { AuditProposal } from "../coordinator.ts";
import { type Syntax, syntaxOf } from "../labels/atoms.ts";
import { MAX_ALTERNATIVES } from "../labels/extending.ts";
import { escapeLiteral } from "../spans/elements.ts";
import { type Matches, SAME_MATCHES } from "../score/matches.ts";
import { nameRule } from "../rules/reading.ts";
import { createRule, MAX_WEIGHT, type Proposal, type Rule } from "../rules/rule.ts";
import { eachSliced, part, type Sliced } from "../text/slices.ts";

/** A proposal to replace rules by one that matches what any of them matches. */
export type Merge = Extract<AuditProposal, { readonly to: Proposal }>;

/** Rules are merged only if no weight is more than this many times another. */
const MAX_RATIO = 3;
/** Rules between two pauses. */
const RULES = 64;
/** Least number of first letters that rules of a single word must share. */
const MIN_SHARED = 4;

/**
 * Finds merges, with each rule in at most one of them: first rules that match the same examples,
 * then rules whose patterns differ in one word, stem or list of these (`\bcard\W+declined\b` and
 * `\bpayment\W+declined\b` become `\b(?:card|payment)\W+declined\b`). The merged rule matches what
 * any of the others matches, and differs from all rules that stay. Its weight is the mean of their
 * weights, or the sum if they match the same examples, as they always voted together.
 */
export function* findMerges(rules: readonly Rule[], matches: Matches): Sliced<Merge[]> {
  yield* part("", [0, 0.4], matches.adding(rules));
  const same = findSame(rules, matches);
  const taken = new Set(same.flatMap(({ from }) => from));
  const others = rules.filter(({ id }) => !taken.has(id));
  const alike = yield* part("", [0.4, 0.6], findAlike(others));
  const ids = new Set(rules.map(({ id }) => id));
  const isNew = ({ from, to }: Merge) => {
    const { id } = createRule(to);
    return from.includes(id) || !ids.has(id);
  };
  const merges: Merge[] = [];
  const merged: Rule[] = [];
  yield* part(
    "",
    [0.6, 0.7],
    eachSliced([...same, ...alike], (merge) => {
      if (!isNew(merge)) return;
      merges.push(merge);
      merged.push(createRule(merge.to));
    }, RULES),
  );
  yield* part("", [0.7, 1], matches.adding(merged));
  return merges.map((merge, index) => {
    const examples = matches.of(merged[index].id);
    const label = matches.indexOf(merged[index].label);
    const tp = examples.filter((example) => matches.gold[example] === label).length;
    const precision = examples.length === 0 ? 0 : tp / examples.length;
    return { ...merge, to: { ...merge.to, precision, support: examples.length } };
  });
}

/** Merges rules that match the same examples into the shortest of them. */
function findSame(rules: readonly Rule[], matches: Matches): Merge[] {
  const known = rules.filter(({ id }) => matches.of(id).length >= SAME_MATCHES);
  const groups = groupBy(known, (rule) => `${matches.of(rule.id).join()}:${rule.label}`);
  return groups.map((members) => {
    const [shortest] = [...members].sort((a, b) => lengthOf(a) - lengthOf(b));
    const { id: _, ...to } = shortest;
    const weight = combineWeights(members, (sum) => Math.min(sum, MAX_WEIGHT));
    return merge(members, { ...to, ...weight }, "same matches");
  });
}

/** Returns a weight from the sum of those of rules, unless no rule has one (decision list). */
function combineWeights(
  rules: readonly Rule[],
  toWeight: (sum: number) => number,
): Pick<Proposal, "weight"> {
  if (rules.every(({ weight }) => weight === undefined)) return {};
  return { weight: toWeight(rules.reduce((sum, { weight = 1 }) => sum + weight, 0)) };
}

function lengthOf({ patterns, not = [] }: Rule): number {
  return [...patterns, ...not].join("").length;
}

function merge(members: readonly Rule[], to: Proposal, reason: string): Merge {
  const priority = Math.max(...members.map((member) => member.priority));
  return { kind: "merge", from: members.map(({ id }) => id), to: { ...to, priority }, reason };
}

/** A word, a stem or a list of these in the patterns of a rule. */
interface PatternSlot {
  readonly rule: Rule;
  /** The rule without the slot: rules with equal keys differ in the slot only. */
  readonly key: string;
  readonly alternatives: readonly string[];
  /** Whether the rule consists of the slot only. */
  readonly isAlone: boolean;
  /** Returns the patterns of the rule with other alternatives in the slot. */
  fill(alternatives: readonly string[]): string[];
}

/** Merges rules that differ in one slot. */
function* findAlike(rules: readonly Rule[]): Sliced<Merge[]> {
  const merges: Merge[] = [];
  const merged = new Set<Rule>();
  const slots: PatternSlot[] = [];
  const collect = (rule: Rule) => void slots.push(...findSlots(rule));
  yield* part("", [0, 0.6], eachSliced(rules, collect, RULES));
  yield 0.6;
  const groups = groupBy(slots, ({ key }) => key);
  // Large groups first: a rule has a slot at each word, and should become part of the largest.
  for (const group of groups.sort((a, b) => b.length - a.length)) {
    yield 0.8;
    for (const [index, leader] of group.entries()) {
      if (merged.has(leader.rule)) continue;
      const members = [leader];
      for (const slot of group.slice(index + 1)) {
        if (!merged.has(slot.rule) && isAlike(members, slot)) members.push(slot);
      }
      if (members.length < 2) continue;
      for (const { rule } of members) merged.add(rule);
      merges.push(combine(members));
    }
  }
  return merges;
}

function isAlike(members: readonly PatternSlot[], slot: PatternSlot): boolean {
  const [{ rule: { weight = 1 }, isAlone, alternatives }] = members;
  const other = slot.rule.weight ?? 1;
  if (members.some(({ rule }) => rule === slot.rule)) return false;
  if (Math.max(weight, other) > MAX_RATIO * Math.min(weight, other)) return false;
  if (isAlone) {
    const beginning = alternatives[0].slice(0, MIN_SHARED);
    if (beginning.length < MIN_SHARED || !slot.alternatives[0].startsWith(beginning)) return false;
  }
  const all = [...members, slot].flatMap(({ alternatives }) => alternatives);
  return unite(all).length <= MAX_ALTERNATIVES;
}

function combine(members: readonly PatternSlot[]): Merge {
  const [{ rule: { label, not, flags }, fill }] = members;
  const rules = members.map(({ rule }) => rule);
  const patterns = fill(unite(members.flatMap(({ alternatives }) => alternatives)));
  const weight = combineWeights(rules, (sum) => sum / rules.length);
  const name = nameRule({ label, patterns, not });
  return merge(rules, { name, label, patterns, not, flags, ...weight }, "one alternation");
}

/** Sorts alternatives, and drops those that others include: a word and its plural become one. */
function unite(alternatives: readonly string[]): string[] {
  const all = new Set(alternatives);
  for (const word of alternatives) {
    if (all.has(word) && all.has(`${word}s`) || all.has(`${word}s?`)) {
      all.delete(word);
      all.delete(`${word}s`);
      all.add(`${word}s?`);
    }
  }
  const stems = alternatives.filter(isOpen).map((stem) => [stem, stem.replace(openEnd, "")]);
  return [...all].filter((word) =>
    !stems.some(([stem, prefix]) => stem !== word && word.replace(/s\?$/, "").startsWith(prefix))
  ).sort();
}

/** Returns the edges of a syntax: the sources before, between and after the words of a pattern. */
function edgesOf({ left, right, word, other }: Syntax): string[] {
  return [left, right, `^${other}*`, `${other}+(?:${word}+${other}+){1,2}`, `${other}+`];
}

/** Returns an expression for the content of a slot: words, plurals and stems. */
function contentOf({ word }: Syntax): RegExp {
  const atom = String.raw`${word}+(?:s\?|${escapeLiteral(word)}\*)?`;
  return new RegExp(String.raw`^(?:${atom}|\(\?:${atom}(?:\|${atom})*\))$`, "u");
}

const [unicode, ascii] = (["unicode", "ascii"] as const).map(syntaxOf)
  .map((syntax) => ({ edges: edgesOf(syntax), close: syntax.right, content: contentOf(syntax) }));
const edges = new RegExp(`(${[...unicode.edges, ...ascii.edges].map(escapeLiteral).join("|")})`);

/** The end of a stem, which matches to the end of the word without an edge. */
const openEnd = /(?:\\w|\\p\{IDC\})\*$/;

function isOpen(alternative: string): boolean {
  return openEnd.test(alternative);
}

/** Returns the alternatives that the content of a slot lists. */
function readSlot(content: string): string[] {
  return content.replace(/^\(\?:/, "").replace(/\)$/, "").split("|");
}

/** Finds the slots of a rule, in those patterns that are made of whole words and edges only. */
function findSlots(rule: Rule): PatternSlot[] {
  const { label, flags, not = [], patterns, group, template } = rule;
  // Merging would renumber the groups of a pattern.
  if (group !== undefined || template !== undefined) return [];
  const { close, content } = flags.includes("u") ? unicode : ascii;
  return patterns.flatMap((pattern, index): PatternSlot[] => {
    const others = patterns.filter((_, other) => other !== index);
    const parts = pattern.split(edges);
    // Splitting by edges puts words at even places, edges at odd ones.
    const places = [...parts.keys()].filter((place) => place % 2 === 0 && parts[place] !== "");
    if (parts[0] !== "" || !places.every((place) => content.test(parts[place]))) return [];
    const last = places[places.length - 1];
    const end = parts.slice(last + 1).join("");
    // Without an edge after it, only a stem is whole; a word could be the beginning of another one.
    if (end !== close && (end !== "" || !readSlot(parts[last] ?? "").every(isOpen))) return [];
    return places.map((place) => {
      const isLast = place === last;
      const before = parts.slice(0, place).join("");
      const after = isLast ? "" : parts.slice(place + 1).join("");
      return {
        rule,
        key: JSON.stringify([label, flags, not, [...others].sort(), before, after, isLast]),
        alternatives: readSlot(parts[place]),
        isAlone: places.length === 1 && patterns.length === 1,
        fill(alternatives) {
          const filling = alternatives.length === 1
            ? alternatives[0]
            : `(?:${alternatives.join("|")})`;
          const end = isLast && !alternatives.every(isOpen) ? close : after;
          return patterns.with(index, before + filling + end);
        },
      };
    });
  });
}

/** Returns the groups of two or more, in the order of their first members. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  return [...Map.groupBy(items, keyOf).values()].filter((group) => group.length > 1);
}
