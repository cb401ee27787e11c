/**
 * Merging: rules of one label that say the same, or nearly, become one.
 *
 * @module
 */
import type { Matches } from "../score/matches.ts";
import { createRule, MAX_WEIGHT, type Proposal, type Rule } from "../rules/rule.ts";

/** Rules, by id, and the rule that says what all of them say. */
export interface Merge {
  readonly kind: "merge";
  readonly from: readonly string[];
  readonly to: Proposal;
  readonly reason: string;
}

/** Alternatives that one merged rule lists at most, so that it stays readable. */
const MAX_ALTERNATIVES = 6;
/** Rules are merged only where no weight is more than this many times another. */
const MAX_RATIO = 3;
/** Letters that single words must share at their beginning to be listed together. */
const MIN_SHARED = 4;

/**
 * Finds merges, each rule in one at most: first rules that match the same examples, then rules whose
 * patterns differ in one word, stem or list of these (`\bcard\W+declined\b` and
 * `\bpayment\W+declined\b` become `\b(?:card|payment)\W+declined\b`). The merged rule matches what one
 * of the others matches, and is none of the rules that stay. Its weight is the mean of theirs, or the
 * sum where they match the same, as they always spoke together.
 */
export function findMerges(rules: readonly Rule[], matches: Matches): Merge[] {
  matches.add(rules);
  const same = findSame(rules, matches);
  const taken = new Set(same.flatMap(({ from }) => from));
  const alike = findAlike(rules.filter(({ id }) => !taken.has(id)));
  const ids = new Set(rules.map(({ id }) => id));
  const isNew = ({ from, to }: Merge) => {
    const { id } = createRule(to);
    return from.includes(id) || !ids.has(id);
  };
  const merges = [...same, ...alike].filter(isNew);
  const merged = merges.map(({ to }) => createRule(to));
  matches.add(merged);
  return merges.map((merge, index) => {
    const examples = matches.of(merged[index].id);
    const label = matches.indexOf(merged[index].label);
    const tp = examples.filter((example) => matches.gold[example] === label).length;
    const precision = examples.length === 0 ? 0 : tp / examples.length;
    return { ...merge, to: { ...merge.to, precision, support: examples.length } };
  });
}

function findSame(rules: readonly Rule[], matches: Matches): Merge[] {
  const groups = groupBy(rules, (rule) => `${matches.of(rule.id).join()}:${rule.label}`);
  return groups.map((members) => {
    const [shortest] = [...members].sort((a, b) => lengthOf(a) - lengthOf(b));
    const { id: _, ...to } = shortest;
    const sum = sumWeights(members);
    const weight = sum === undefined ? {} : { weight: Math.min(sum, MAX_WEIGHT) };
    return merge(members, { ...to, ...weight }, "same matches");
  });
}

/** The sum of the weights of rules; none where none has a weight, as in a list. */
function sumWeights(rules: readonly Rule[]): number | undefined {
  if (rules.every(({ weight }) => weight === undefined)) return undefined;
  return rules.reduce((sum, { weight = 1 }) => sum + weight, 0);
}

function lengthOf({ patterns, not = [] }: Rule): number {
  return [...patterns, ...not].join("").length;
}

function merge(members: readonly Rule[], to: Proposal, reason: string): Merge {
  const priority = Math.max(...members.map((member) => member.priority));
  return { kind: "merge", from: members.map(({ id }) => id), to: { ...to, priority }, reason };
}

/** A place in a rule's patterns that holds a word, a stem or a list of these. */
interface Slot {
  readonly rule: Rule;
  /** The rule without the slot: rules of the same key differ in the slot only. */
  readonly key: string;
  readonly alternatives: readonly string[];
  /** Whether the slot is all there is to the rule. */
  readonly isAlone: boolean;
  /** The rule's patterns with other alternatives in the slot. */
  fill(alternatives: readonly string[]): string[];
}

function findAlike(rules: readonly Rule[]): Merge[] {
  const merges: Merge[] = [];
  const merged = new Set<Rule>();
  const groups = groupBy(rules.flatMap(findSlots), ({ key }) => key);
  // Large groups first: a rule has a slot at each word, and should join where it finds most company.
  for (const group of groups.sort((a, b) => b.length - a.length)) {
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

function isAlike(members: readonly Slot[], slot: Slot): boolean {
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

function combine(members: readonly Slot[]): Merge {
  const [{ rule: { label, not, flags }, fill }] = members;
  const rules = members.map(({ rule }) => rule);
  const patterns = fill(unite(members.flatMap(({ alternatives }) => alternatives)));
  const sum = sumWeights(rules);
  const weight = sum === undefined ? {} : { weight: sum / rules.length };
  const name = `${label}/${patterns.map(readPattern).join(" + ")}`.slice(0, 400).toWellFormed();
  return merge(rules, { name, label, patterns, not, flags, ...weight }, "one alternation");
}

/** A pattern made of words and edges, in words. */
function readPattern(pattern: string): string {
  return pattern.split(edges).map((part, place) =>
    place % 2 === 0
      ? part.replace(/^\(\?:/, "(").replaceAll("s?", "(s)").replaceAll(/\\w\*|\\p\{IDC\}\*/g, "*")
      : part.includes("{1,2}")
      ? " … "
      : part.startsWith("^")
      ? "^"
      : part.endsWith("+")
      ? " "
      : ""
  ).join("");
}

/** Alternatives sorted, without those that others include: a word and its plural are one. */
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

/** What stands before, between and after the words of a pattern. */
const EDGES = [
  String.raw`\(\?<!\\p\{IDC\}\)`,
  String.raw`\(\?!\\p\{IDC\}\)`,
  String.raw`\\P\{IDC\}\+(?:\(\?:\\p\{IDC\}\+\\P\{IDC\}\+\)\{1,2\})?`,
  String.raw`\\W\+(?:\(\?:\\w\+\\W\+\)\{1,2\})?`,
  String.raw`\^\\W\*`,
  String.raw`\^\\P\{IDC\}\*`,
  String.raw`\\b`,
].join("|");
const edges = new RegExp(`(${EDGES})`);
/** How words are closed, and the contents of slots, with flag `u` and without: as alphabets write them. */
const unicode = {
  close: String.raw`(?!\p{IDC})`,
  content: contentOf(String.raw`\p{IDC}+(?:s\?|\\p\{IDC\}\*)?`),
};
const ascii = { close: String.raw`\b`, content: contentOf(String.raw`\w+(?:s\?|\\w\*)?`) };

function contentOf(word: string): RegExp {
  return new RegExp(`^(?:${word}|\\(\\?:${word}(?:\\|${word})*\\))$`, "u");
}

/** The end of a stem, which runs to the end of the word by itself. */
const openEnd = /(?:\\w|\\p\{IDC\})\*$/;

function isOpen(alternative: string): boolean {
  return openEnd.test(alternative);
}

/** The alternatives that the content of a slot lists. */
function readSlot(content: string): string[] {
  return content.replace(/^\(\?:/, "").replace(/\)$/, "").split("|");
}

/** The slots of a rule; none where a pattern is not made of whole words and edges alone. */
function findSlots(rule: Rule): Slot[] {
  const { label, flags, not = [], patterns, group, template } = rule;
  // Alternatives in a pattern would have to leave its groups as they are.
  if (group !== undefined || template !== undefined) return [];
  const { close, content } = flags.includes("u") ? unicode : ascii;
  return patterns.flatMap((pattern, index): Slot[] => {
    const others = patterns.filter((_, other) => other !== index);
    const parts = pattern.split(edges);
    // Words stand at even places, edges at odd ones.
    const places = [...parts.keys()].filter((place) => place % 2 === 0 && parts[place] !== "");
    if (parts[0] !== "" || !places.every((place) => content.test(parts[place]))) return [];
    const last = places[places.length - 1];
    const end = parts.slice(last + 1).join("");
    // The last word is closed by an edge, or runs to its end by itself; else it may be a part of one.
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

/** Groups of two or more, in the order of their first members. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  return [...Map.groupBy(items, keyOf).values()].filter((group) => group.length > 1);
}
