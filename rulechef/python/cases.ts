/**
 * Writes out what flag `i` of JavaScript does not do as Python does.
 *
 * Python compares by simple case folding, as JavaScript does with flag `u`, but for the letters i: to `regex`,
 * `i` is also İ, and `I` is also ı; to `re`, all four are equal. With flag `a` it ignores the case of the letters of ASCII only.
 *
 * @module
 */
import type { CharacterSet, ClassItem, PatternNode } from "./nodes.ts";

/** The characters whose case is ignored: those of ASCII, or those that an engine takes to be equal. */
export type CaseRule = "ascii" | "regex" | "re";

const DOTTED = 0x130;
const DOTLESS = 0x131;
const SMALL = 0x69;
const CAPITAL = 0x49;
/** From a capital letter of ASCII to the small one. */
const STEP = 0x20;

/** Returns a part that matches what a set matches if case is ignored: with flag `i`, but for the rule `ascii`. */
export function ignoreCase(set: CharacterSet, rule: CaseRule): PatternNode {
  switch (rule) {
    case "re":
      return [SMALL, CAPITAL, DOTTED, DOTLESS].some((letter) => holds(set, letter))
        ? addMissing(set, [SMALL, DOTTED, DOTLESS])
        : set;
    case "ascii":
      return { ...set, items: [...set.items, ...set.items.flatMap(findOtherCase)] };
    case "regex":
      return addLetters(set);
  }
}

/** Finds the letters of ASCII in the other case. */
function findOtherCase(item: ClassItem): ClassItem[] {
  if ("category" in item) return [];
  const shift = (from: number, to: number, by: number): ClassItem[] => {
    const first = Math.max(item.first, from);
    const last = Math.min(item.last, to);
    const isKnown = item.first <= first + by && last + by <= item.last;
    return first > last || isKnown ? [] : [{ first: first + by, last: last + by }];
  };
  return [...shift(0x61, 0x7a, -STEP), ...shift(0x41, 0x5a, STEP)];
}

function holds({ items }: CharacterSet, point: number): boolean {
  return items.some((item) => "first" in item && item.first <= point && point <= item.last);
}

function addMissing(set: CharacterSet, points: readonly number[]): CharacterSet {
  const missing = points.filter((point) => !holds(set, point));
  return {
    ...set,
    items: [...set.items, ...missing.map((point) => ({ first: point, last: point }))],
  };
}

/** Adds the letters i that are equal in `regex` to those that a set holds. */
function addLetters(set: CharacterSet): PatternNode {
  const [small, capital] = [holds(set, SMALL), holds(set, CAPITAL)];
  const [dotted, dotless] = [holds(set, DOTTED), holds(set, DOTLESS)];
  if (small || capital) {
    return addMissing(set, [...small ? [DOTTED] : [], ...capital ? [DOTLESS] : []]);
  }
  if (dotted === dotless) return dotted ? addMissing(set, [SMALL]) : set;
  // With one of the two, one of `i` and `I` matches, and not the other.
  const own = dotted ? SMALL : CAPITAL;
  const letter: PatternNode = {
    type: "group",
    modifiers: "-i",
    body: { type: "set", negate: false, items: [{ first: own, last: own }] },
  };
  const body: PatternNode = set.negate
    ? {
      type: "sequence",
      nodes: [{ type: "look", behind: false, negate: true, body: letter }, set],
    }
    : { type: "choice", alternatives: [set, letter] };
  return { type: "group", body };
}

/**
 * Adds the letters i that are equal in Python to each `i` and `I` of a sequence that stands for itself, if case is
 * ignored. In words of ASCII, such as `limit` or `I'm`, they stay as they are, so that people can
 * read the words: there İ and ı are not found.
 */
export function addToLetters(nodes: readonly PatternNode[], rule: CaseRule): PatternNode[] {
  const isInWord = nodes.map((node) => {
    const one = node.type === "repeat" ? node.body : node;
    if (one.type === "boundary") return true;
    if (one.type !== "set" || one.items.length !== 1) return false;
    const [item] = one.items;
    if ("category" in item) return item.category === "s" && !item.negate;
    return !one.negate && item.first === item.last &&
      /[a-z' ]/i.test(String.fromCodePoint(item.first));
  });
  return nodes.map((node, at) => {
    if (isInWord[at - 1] || isInWord[at + 1]) return node;
    if (node.type === "repeat") return { ...node, body: addToLetter(node.body, rule) };
    if (node.type === "atomic" && node.body.type === "repeat") {
      return { ...node, body: { ...node.body, body: addToLetter(node.body.body, rule) } };
    }
    return addToLetter(node, rule);
  });
}

function addToLetter(node: PatternNode, rule: CaseRule): PatternNode {
  return isLetterI(node) ? ignoreCase(node, rule) : node;
}

/** Tells whether a part is `i` or `I`. */
export function isLetterI(node: PatternNode): node is CharacterSet {
  if (node.type !== "set" || node.negate || node.items.length !== 1) return false;
  const [item] = node.items;
  return "first" in item && item.first === item.last &&
    (item.first === SMALL || item.first === CAPITAL);
}
