/**
 * Tells what a part of a pattern can begin with.
 *
 * @module
 */
import { findRanges, type Range } from "../../learn/rules/character_sets.ts";
import { kindOfSet } from "./edges.ts";
import {
  type CharacterSet,
  childrenOf,
  type PatternNode,
  type PythonEngine,
  widthOf,
} from "./nodes.ts";
import { writeSet } from "./sets.ts";

/** A set, and whether case is ignored there. */
export interface FoldedSet {
  readonly set: CharacterSet;
  readonly isFolded: boolean;
}

/** The most sets of a pattern whose characters are looked up, which takes milliseconds each. */
const MAX_SETS = 40;

/** Compares the sets of a pattern. */
export class Firsts {
  readonly #engine: PythonEngine;
  readonly #ranges = new Map<string, readonly Range[]>();

  /** Creates one for a pattern of an engine. */
  constructor(engine: PythonEngine) {
    this.#engine = engine;
  }

  /**
   * Tells whether a part can match at a place before a character of a set: by reading it, or without reading
   * any. Errs to what can be.
   *
   * @param isAfter whether a character of the set is before the place as well
   */
  starts(
    node: PatternNode,
    from: FoldedSet,
    isFolded: boolean,
    isAfter: boolean,
  ): { readonly reads: boolean; readonly passes: boolean } {
    const again = (one: PatternNode, folded = isFolded) => this.starts(one, from, folded, isAfter);
    switch (node.type) {
      case "set":
        return { reads: this.#meet({ set: node, isFolded }, from), passes: false };
      case "sequence": {
        let reads = false;
        for (const one of node.nodes) {
          const start = again(one);
          reads ||= start.reads;
          if (!start.passes) return { reads, passes: false };
        }
        return { reads, passes: true };
      }
      case "choice":
      case "condition": {
        const all = childrenOf(node).map((one) => again(one));
        return { reads: all.some(({ reads }) => reads), passes: all.some(({ passes }) => passes) };
      }
      case "group":
        return again(node.body, node.modifiers === undefined ? isFolded : node.modifiers === "i");
      case "atomic":
        return again(node.body);
      case "repeat": {
        if (node.max === 0) return { reads: false, passes: true };
        const { reads, passes } = again(node.body);
        return { reads, passes: passes || node.min === 0 };
      }
      case "look": {
        if (node.behind) return { reads: false, passes: true };
        if (!node.negate) {
          const { reads, passes } = again(node.body);
          return { reads: false, passes: reads || passes };
        }
        const inner = unwrap(node.body);
        const isRuledOut = inner.type === "set" && this.#isWithin(from, { set: inner, isFolded });
        return { reads: false, passes: !isRuledOut };
      }
      case "boundary": {
        const isSame = isAfter && node.scope === this.#engine &&
          kindOfSet(from.set, this.#engine) !== undefined;
        return { reads: false, passes: !isSame || node.negate };
      }
      case "anchor":
        return { reads: false, passes: this.#canHold(node.at, from) };
      case "reference":
        return { reads: true, passes: true };
    }
  }

  /** Tells whether all that a part matches begins with another character than all that another matches. */
  areApart(one: PatternNode, other: PatternNode, isFolded: boolean): boolean {
    const { sets, passes, isKnown } = findFirstSets(one, isFolded);
    if (passes || !isKnown || widthOf(other).min === 0) return false;
    return sets.every((set) => {
      const { reads, passes } = this.starts(other, set, isFolded, false);
      return !reads && !passes;
    });
  }

  #canHold(at: string, from: FoldedSet): boolean {
    if (at === "text-end") return false;
    const lineFeed: CharacterSet = { type: "set", negate: false, items: [{ first: 10, last: 10 }] };
    if (at === "end" || at === "line-end") {
      return this.#meet({ set: lineFeed, isFolded: false }, from);
    }
    return true;
  }

  #meet(one: FoldedSet, other: FoldedSet): boolean {
    const [a, b] = [this.#find(one), this.#find(other)];
    if (a === undefined || b === undefined) return true;
    let [i, j] = [0, 0];
    while (i < a.length && j < b.length) {
      if (a[i][1] < b[j][0]) i++;
      else if (b[j][1] < a[i][0]) j++;
      else return true;
    }
    return false;
  }

  #isWithin(inner: FoldedSet, outer: FoldedSet): boolean {
    const [a, b] = [this.#find(inner), this.#find(outer)];
    if (a === undefined || b === undefined) return false;
    return a.every(([first, last]) => b.some((range) => range[0] <= first && last <= range[1]));
  }

  #find({ set, isFolded }: FoldedSet): readonly Range[] | undefined {
    const source = writeSet(set, { dotAll: false, sets: true });
    const key = `${isFolded}/${source}`;
    const known = this.#ranges.get(key);
    if (known !== undefined) return known;
    if (this.#ranges.size >= MAX_SETS) return undefined;
    const ranges = findRanges(source, isFolded ? "iv" : "v");
    this.#ranges.set(key, ranges);
    return ranges;
  }
}

/** Returns a part without the groups around it that do nothing else. */
export function unwrap(node: PatternNode): PatternNode {
  if (node.type === "sequence" && node.nodes.length === 1) return unwrap(node.nodes[0]);
  const isPlain = node.type === "group" && node.number === undefined && !node.modifiers;
  return isPlain ? unwrap(node.body) : node;
}

/** What a part can begin with. */
export interface FirstSets {
  readonly sets: readonly FoldedSet[];
  /** Whether it can match without reading a character. */
  readonly passes: boolean;
  /** Whether these sets are all that it can begin with. */
  readonly isKnown: boolean;
}

/** Returns the sets whose characters a part can begin with. */
export function findFirstSets(node: PatternNode, isFolded: boolean): FirstSets {
  switch (node.type) {
    case "set":
      return { sets: [{ set: node, isFolded }], passes: false, isKnown: true };
    case "sequence": {
      const read: FirstSets[] = [];
      for (const one of node.nodes) {
        read.push(findFirstSets(one, isFolded));
        if (!read.at(-1)!.passes) break;
      }
      return { ...join(read), passes: read.every(({ passes }) => passes) };
    }
    case "choice":
    case "condition":
      return join(childrenOf(node).map((one) => findFirstSets(one, isFolded)));
    case "group": {
      const isInside = node.modifiers === undefined ? isFolded : node.modifiers === "i";
      return findFirstSets(node.body, isInside);
    }
    case "atomic":
      return findFirstSets(node.body, isFolded);
    case "repeat": {
      if (node.max === 0) return { sets: [], passes: true, isKnown: true };
      const inner = findFirstSets(node.body, isFolded);
      return { ...inner, passes: inner.passes || node.min === 0 };
    }
    case "look":
    case "boundary":
    case "anchor":
      return { sets: [], passes: true, isKnown: true };
    case "reference":
      return { sets: [], passes: true, isKnown: false };
  }
}

function join(all: readonly FirstSets[]): FirstSets {
  return {
    sets: all.flatMap(({ sets }) => sets),
    passes: all.some(({ passes }) => passes),
    isKnown: all.every(({ isKnown }) => isKnown),
  };
}

/**
 * Tells whether `regex` may overlook matches of a pattern. Before it tries to match, it looks for a character
 * with which a match can begin, and takes case to be ignored for all of these if it is for some: `(?i:x)|[^a]`
 * does not find an `A`.
 */
export function mayBeOverlooked(body: PatternNode, isFolded: boolean): boolean {
  const { sets } = findFirstSets(body, isFolded);
  return sets.some((one) => one.isFolded) &&
    sets.some(({ set, isFolded }) =>
      !isFolded && set.negate && set.items.some((item) => "first" in item && isCased(item))
    );
}

/** Tells whether a character of a range may have another case. */
function isCased({ first, last }: { readonly first: number; readonly last: number }): boolean {
  if (last - first > 0x100) return true;
  const points = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  const text = String.fromCodePoint(...points);
  return text.toLowerCase() !== text.toUpperCase();
}
